"""The worker is down while dates pass. On the real clock, with a ladder that counts in seconds."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from forthwith.campaign.models import Campaign
from forthwith.request import time_passing
from forthwith.request.vocabulary import Status
from tests.story.harness import (
    Demand,
    Expected,
    Office,
    final_notice,
    letter,
    reminder,
    replayed,
    review_request,
    story_campaign,
)


def seconds(count: int) -> dict[str, int]:
    return {"seconds": count}


def brisk(name: str, *, due: int, reminders: Sequence[int], catch_up: str = "latest") -> Campaign:
    """Reminders so many seconds before the response is due; final notice a second after, a second to cure."""
    ladder: list[dict[str, Any]] = [{"remind": {"before_due": seconds(before)}} for before in reminders]
    ladder += [
        {"final_notice": {"after_due": seconds(1), "cure": seconds(1)}},
        {"subpoena": {"form": "administrative", "return_within": {"days": 21}}},
        {"review": {"within": {"hours": 72}, "then_chase": "supervisor"}},
    ]
    changes = {"mail__catch_up": catch_up, "mail__minimum_gap": seconds(1), "ladder": ladder}
    return story_campaign(name, clock__response={"within": seconds(due)}, **changes)


@pytest.fixture
def _missed_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outage of hours, as far as these seconds are concerned."""
    monkeypatch.setattr(time_passing, "MISSED_AFTER", timedelta(seconds=1))


@pytest.mark.fault(9)
@pytest.mark.usefixtures("_missed_after_a_second")
async def test_after_an_outage_missed_reminders_follow_the_campaigns_policy(office: Office) -> None:
    expected: dict[str, tuple[Expected, ...]] = {
        "latest": (reminder(3),),
        "all": (reminder(1), reminder(2), reminder(3)),
        "none": (),
    }
    demands: dict[str, Demand] = {}
    for policy in expected:
        campaign = brisk(f"{office.name}-{policy}", due=12, reminders=(10, 9, 8), catch_up=policy)
        demands[policy] = await office.demand(campaign=campaign, real_clock=True)
        demands[policy].expect(letter("demand"))
    await office.stop_worker()
    await asyncio.sleep(6)  # all three are missed, the last of them by two seconds
    await office.start_worker()
    await asyncio.sleep(4)  # long enough for three at the minimum gap, and the response is not yet due
    for policy, letters in expected.items():
        await demands[policy].settle()
        assert [demands[policy].named(mail) for mail in demands[policy].expect_any()] == list(letters), policy
        said = await demands[policy].kinds()
        assert said.count("letter_dropped") == 3 - len(letters)
    late = [letter.late_by_seconds for letter in (await demands["all"].view()).letters]
    assert len(late) == 4


@pytest.mark.fault(9)
async def test_after_an_outage_over_the_deadline_the_ladder_goes_on_where_it_should_be(office: Office) -> None:
    demand = await office.demand(campaign=brisk(office.name, due=3, reminders=(2, 1)), real_clock=True)
    demand.expect(letter("demand"))
    await office.stop_worker()
    await asyncio.sleep(4)
    await office.start_worker()
    await demand.wait_for(Status.AWAITING_REVIEW)
    demand.expect(final_notice(), review_request())


@pytest.mark.fault(10)
@pytest.mark.parametrize(("received", "on_time"), [(-1, True), (1, False)], ids=["before", "after"])
async def test_a_response_reported_while_the_worker_is_down_counts_from_its_receipt(
    office: Office, received: int, on_time: bool
) -> None:
    demand = await office.demand(campaign=brisk(office.name, due=2, reminders=()), real_clock=True)
    demand.expect(letter("demand"))
    due = (await demand.view()).response_due
    assert due
    await office.stop_worker()
    await asyncio.sleep(3.2)
    response = await demand.response("all", received_at=due.closes_at + timedelta(seconds=received))
    await demand.handle.signal("response_received", response)
    await office.start_worker()
    assert (await demand.expect_end(Status.COMPLIED)).on_time is on_time
    demand.expect_nothing()


async def test_queries_that_waited_for_a_worker_leave_a_request_that_replays(office: Office) -> None:
    """They bring the next worker the events of a task that has not begun, with the time of the task before."""
    demands = [
        await office.demand(campaign=brisk(f"{office.name}-{number}", due=4, reminders=()), real_clock=True)
        for number in range(8)
    ]
    for demand in demands:
        demand.expect(letter("demand"))
    await office.stop_worker()
    asked = [asyncio.create_task(demand.view()) for demand in demands]
    await asyncio.sleep(5)  # the response is due meanwhile
    await office.start_worker()
    await asyncio.gather(*asked)
    for demand in demands:
        await demand.wait_for(Status.AWAITING_REVIEW)
        await demand.settle()
        demand.expect(final_notice(), review_request())
        await replayed(demand.handle)
