"""What was previewed is what happens: the same letters, to the same people, in the same order, at the same moments."""

from datetime import UTC, datetime, timedelta
from typing import Any

from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.planning import plan_requests
from forthwith.campaign.starting import Starter
from forthwith.casefile.store import Dossier
from forthwith.devstack.virtual_clock import VirtualClock
from tests.console.conftest import CampaignWriter, Terminal, until
from workflows.jurisdiction_request import JurisdictionRequest

THREE = ("chicago-il", "new-york-city-ny", "king-county-wa")
UNTIL_THE_SUPERVISOR_IS_ASKED = "review-1-chase-2"


def in_seconds(content: dict[str, Any]) -> None:
    """The example's ladder, every period a matter of seconds."""
    content["clock"]["response"] = {"within": {"seconds": 8}}
    content["ladder"] = [
        {"acknowledgment": {"within": {"seconds": 1}}},
        {"remind": {"before_due": {"seconds": 5}}},
        {"remind": {"before_due": {"seconds": 2}, "copy": ["supervisor"]}},
        {"final_notice": {"after_due": {"seconds": 1}, "cure": {"seconds": 1}}},
        {"subpoena": {"form": "administrative", "return_within": {"days": 21}}},
        {"review": {"within": {"seconds": 1}, "then_chase": "supervisor"}},
    ]
    content["mail"]["minimum_gap"] = {"seconds": 1}


async def test_on_the_real_clock_the_letters_come_as_previewed(terminal: Terminal, campaign: CampaignWriter):
    file = str(campaign(*THREE, change=in_seconds))
    preview = (await terminal("preview", file, "--dates-only", "--json")).json
    started = (await terminal("start", file, "--json")).json
    for jurisdiction, request in zip(THREE, [one["request"] for one in started], strict=True):
        foreseen = [
            (step["step"], step["to"])
            for step in preview
            if step["jurisdiction"] == jurisdiction and step["kind"] == "letter"
        ]
        handle = terminal.stack.server.client.get_workflow_handle_for(JurisdictionRequest.run, request)

        async def the_supervisor_was_asked() -> bool:
            status = await handle.query(JurisdictionRequest.status)  # noqa: B023 - awaited before the next one
            return any(letter.step == UNTIL_THE_SUPERVISOR_IS_ASKED for letter in status.letters)

        await until(the_supervisor_was_asked, within=60)
        status = await handle.query(JurisdictionRequest.status)
        happened = [(letter.step, letter.to) for letter in status.letters]
        assert happened[: len(foreseen)] == foreseen
        assert foreseen[-1][0] == UNTIL_THE_SUPERVISOR_IS_ASKED
        await handle.cancel()


async def test_on_the_virtual_clock_the_moments_are_those_previewed(terminal: Terminal, campaign: CampaignWriter):
    file = read_campaign(campaign(*THREE))
    opened_at = datetime.now(UTC)
    planned = plan_requests(file, opened_at=opened_at)
    clock = VirtualClock(terminal.stack.server.client)
    starter = Starter(clock.client, Dossier(terminal.stack.dossier), started_by="a test", now=opened_at)
    await starter.start(planned)
    for request in planned:
        foreseen = [step for step in request.forecast(opened_at) if step.what == "letter"]
        handle = clock.client.get_workflow_handle_for(JurisdictionRequest.run, request.plan.workflow_id)
        await clock.move_to(handle, foreseen[-1].at + timedelta(minutes=10))
        happened = (await handle.query(JurisdictionRequest.status)).letters
        assert [letter.step for letter in happened] == [step.step for step in foreseen]
        apart = [abs(sent.receipt.accepted_at - step.at) for sent, step in zip(happened, foreseen, strict=True)]
        # A chase counts from when the letter before it was accepted, and the demand from when the worker came to it.
        assert max(apart) < timedelta(seconds=30)
