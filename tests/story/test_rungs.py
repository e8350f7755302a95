"""Every message at every rung, on the real server: what docs/rungs.md says becomes of it is what becomes of it.

A request that has ended takes nothing: tests/console/test_wire.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.client import WorkflowUpdateFailedError

from forthwith.request.clock_changes import RecomputeDeadlines
from forthwith.request.deliveries import CorrectRecipient
from forthwith.request.vocabulary import Attention, Message, Status
from forthwith.views.status import RequestStatus
from tests.story.harness import Demand, Office, jurisdiction, places
from tests.units.cases import Desk
from tests.units.rungs import REFUSED, REVIEWED, RUNGS, SAID, outcome

SILENT_UNTIL_REVIEW = 36
"""Days of the stories' ladder."""


class Sender(Desk):
    """Builds the messages that a desk would, about a request on a server."""

    def __init__(self, view: RequestStatus, now: datetime) -> None:
        self.now, self.first = now, list[Message]()
        process, attention = SimpleNamespace(draft=view.draft), SimpleNamespace(reasons=view.attention)
        state = SimpleNamespace(process=process, attention=attention)
        self.request = cast("Any", SimpleNamespace(state=state, refusal=_nothing))

    def say(self, message: Message) -> Any:
        self.first.append(message)

    def settle(self) -> Any:
        """It rests already."""


def _nothing(*_: object) -> str:
    return ""


async def _undelivered(demand: Demand) -> None:
    await demand.expect_status(Status.SENDING, Attention.UNDELIVERABLE)


async def _with_nowhere_to_draft(demand: Demand) -> None:
    (demand.folder / "drafts").touch()
    await demand.advance(days=SILENT_UNTIL_REVIEW)
    await demand.expect_status(Status.DRAFTING, Attention.DRAFT_FAILED)


async def _with_every_field_filled(demand: Demand) -> None:
    await demand.advance(days=SILENT_UNTIL_REVIEW)
    await demand.fill_in_everything()


async def _garbled(demand: Demand) -> None:
    await demand.advance(days=1)
    await demand.signal("respons_received", {})


COME_TO: Mapping[str, Callable[[Demand], Awaitable[Any]]] = {
    "Sending": _undelivered,
    "AwaitingResponse": lambda demand: demand.advance(days=1),
    "Overdue": lambda demand: demand.advance(days=32),
    "Drafting": _with_nowhere_to_draft,
    "AwaitingReview": _with_every_field_filled,
    "AwaitingIssuance": Demand.to_issuance,
    "AwaitingService": Demand.to_service,
    "AwaitingReturn": Demand.to_return,
    "OnHold": _garbled,
}


LATE = ("Overdue", "Drafting", "AwaitingReview", "AwaitingIssuance", "AwaitingService", "AwaitingReturn")
"""A dozen requests at each of these take a quarter of a minute: too long for every change."""


def test_every_rung_is_come_to() -> None:
    assert [*COME_TO, "ended"] == list(RUNGS)


@pytest.mark.parametrize("rung", [pytest.param(rung, marks=[pytest.mark.prove] * (rung in LATE)) for rung in COME_TO])
async def test_every_message_at(office: Office, rung: str) -> None:
    """Each message that is taken goes to a request of its own; those that are refused leave nothing behind."""
    expected = {said: outcome(rung, said) for said in SAID}
    refused = [said for said, found in expected.items() if found.startswith(REFUSED)]
    histories = [[said] for said in SAID if said not in refused or said in REVIEWED]
    histories.append([said for said in refused if said not in REVIEWED])
    assert len(histories) <= len(places())
    if rung == "Sending":
        office.faults.refuse |= {jurisdiction(place, office.name).email for place in places()}
    office.expect_log("draft_subpoena|respons_received")

    async def play(place: str, lines: list[str]) -> None:
        completeness = "reviewed" if lines[0] in REVIEWED else "reported"
        demand = await office.demand(place, completeness=completeness)
        await COME_TO[rung](demand)
        await demand.expect_status(Status(rung), *(await demand.view()).attention)
        office.faults.refuse.discard(demand.address)
        if rung == "Drafting":
            (demand.folder / "drafts").unlink()
        for said in lines:
            await hold_to(expected[said], demand, said)
        demand.expect_any()

    await asyncio.gather(*(play(place, lines) for place, lines in zip(places(), histories, strict=False)))


async def hold_to(expected: str, demand: Demand, said: str) -> None:
    before = await demand.view()
    sender = Sender(before, await demand.now())
    message = SAID[said][1](sender)
    try:
        for one in (*sender.first, message):
            await demand.send(for_the_story(one, demand))
    except WorkflowUpdateFailedError:
        assert expected.startswith(REFUSED), f"{said} was refused"
        expected = before.status
    assert (await demand.view()).status == expected, said


def for_the_story(message: Message, demand: Demand) -> Message:
    """The same to an address whose mail is looked at, by a calendar that there is."""
    if isinstance(message, CorrectRecipient):
        demand.corrected.append(str(message.email))
    if isinstance(message, RecomputeDeadlines):
        return message.model_copy(update={"recipient_calendar": demand.planned.plan.issuer_calendar})
    return message
