"""The ladder of 2018 as it is: days, holidays, zones and office hours. What happens is what was foreseen."""

import asyncio
from datetime import datetime, timedelta

import pytest

from forthwith.campaign.models import Campaign
from tests.story.harness import Demand, Office, example

RECIPIENTS = ("chicago-il", "new-york-city-ny", "state-of-california", "louisville-metro-ky")


@pytest.mark.fault(13)
async def test_letters_go_when_and_as_it_was_foreseen(office: Office) -> None:
    campaign = Campaign.model_validate(example() | {"campaign": office.name})
    demands = [await office.demand(recipient, campaign=campaign) for recipient in RECIPIENTS]
    await asyncio.gather(*map(live_as_foreseen, demands))


async def live_as_foreseen(demand: Demand) -> None:
    accepted_at = (await demand.view()).letters[0].receipt.accepted_at
    foreseen = [step for step in demand.planned.forecast(accepted_at) if step.what == "letter"]
    await demand.advance_to(foreseen[-1].at + timedelta(minutes=5))
    sent = (await demand.view()).letters
    assert [letter.step for letter in sent] == [step.step for step in foreseen], demand.id
    for letter, step in zip(sent, foreseen, strict=True):
        assert abs(letter.receipt.accepted_at - step.at) < timedelta(minutes=1), f"{demand.id} {letter.step}"
    assert all(in_office_hours(demand, letter.receipt.accepted_at, letter.to) for letter in sent[1:])
    demand.expect_any()


def in_office_hours(demand: Demand, moment: datetime, to: str) -> bool:
    clock = demand.planned.recipient if to == "recipient" else demand.planned.issuer
    opens, closes = clock.office_window(moment, demand.planned.plan.campaign.mail.send_between)
    return opens <= moment < closes
