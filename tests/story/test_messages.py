"""Messages that nobody can read, that come twice, or at the same moment."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from forthwith.request.events import MessageUnreadable
from forthwith.request.vocabulary import MAX_MESSAGES, Attention, Status
from tests import messages
from tests.story.harness import Demand, Office, acknowledgment_chase, hold_chase, letter, reminder


async def payload(demand: Demand, **changes: Any) -> dict[str, Any]:
    """A response as a stranger's system writes it."""
    good: dict[str, Any] = {
        "event_id": "portal-7",
        "by": {"name": "Document portal", "role": "system"},
        "received_at": (await demand.now()).isoformat(),
        "from": "City of Chicago",
        "kind": "production",
        "items": [{"id": "A-1", "disposition": "produced"}],
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


MALFORMED = {
    "missing": {"received_at": None},
    "misspelt": {"recieved_at": "2026-01-01T00:00:00Z"},
    "wrong-type": {"items": 7},
    "unknown-item": {"items": [{"id": "Z-9", "disposition": "produced"}]},
    "unknown-kind": {"kind": "poem"},
    "naive": {"received_at": "2026-01-01T00:00:00"},
    "future": {"received_at": "2999-01-01T00:00:00Z"},
}
NAMED = {
    "missing": "received_at",
    "misspelt": "recieved_at",
    "wrong-type": "items",
    "unknown-item": "Z-9",
    "unknown-kind": "kind",
    "naive": "received_at",
    "future": "received_at",
}


@pytest.mark.fault(6, 13)
@pytest.mark.parametrize("fault", MALFORMED)
async def test_a_malformed_update_is_refused_by_name_and_leaves_nothing(office: Office, fault: str) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    refusal = await demand.refuses(("record_response", await payload(demand, **MALFORMED[fault])))
    assert NAMED[fault] in refusal
    await demand.expect_status(Status.AWAITING_RESPONSE)
    assert "portal-7" not in str(await demand.timeline())


@pytest.mark.fault(6)
@pytest.mark.parametrize("fault", MALFORMED)
async def test_a_malformed_signal_is_kept_and_holds_the_ladder(office: Office, fault: str) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.signal("response_received", await payload(demand, **MALFORMED[fault]))
    view = await demand.expect_status(Status.ON_HOLD, Attention.UNREADABLE_MESSAGE)
    assert NAMED[fault] in view.attention[Attention.UNREADABLE_MESSAGE]
    (kept,) = await demand.events(MessageUnreadable)
    assert "portal-7" in kept.content


@pytest.mark.parametrize(
    ("name", "payloads"),
    [
        ("response_received", ()),
        ("response_received", ({}, {})),
        ("respnse_received", ({},)),
        ("response_received", ("just text",)),
        ("response_received", (b"\x00\xff\xfe",)),
        ("response_received", ([[]] * 3,)),
    ],
    ids=["no-input", "two-inputs", "unknown-name", "text", "bytes", "lists"],
)
async def test_whatever_is_signalled_is_kept(office: Office, name: str, payloads: tuple[Any, ...]) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.signal(name, *payloads)
    await demand.expect_status(Status.ON_HOLD, Attention.UNREADABLE_MESSAGE)
    assert (await demand.kinds()).count("message_unreadable") == 1


async def test_an_unreadable_message_holds_escalation_and_is_chased_until_a_person_has_looked(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=29)
    demand.seen = len(demand.mail())
    await demand.signal("response_received", await payload(demand, kind="poem"))
    await demand.advance_past_next_action()
    demand.expect(hold_chase(1))
    await demand.advance(days=10)
    assert all(mail.to != (demand.address,) for mail in demand.mail()[demand.seen :]), "held letters went out"
    demand.seen = len(demand.mail())
    await demand.expect_status(Status.ON_HOLD, Attention.UNREADABLE_MESSAGE)
    await demand.resolve(Attention.UNREADABLE_MESSAGE)
    demand.expect(letter("final-notice"))
    await demand.expect_status(Status.OVERDUE)


async def test_a_readable_signal_is_a_response(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.signal("response_received", await payload(demand, items="all"))
    await demand.expect_end(Status.COMPLIED)


@pytest.mark.fault(5)
async def test_an_event_that_is_reported_twice_counts_once(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    message = await demand.response({"A-1": "produced"})
    first = await demand.send(message)
    events = (await demand.handle.describe()).history_length
    assert await demand.send(message) == first
    assert (await demand.handle.describe()).history_length == events, "the server answers from the first"
    await demand.signal("response_received", message)
    assert (await demand.kinds()).count("response_recorded") == 1
    await demand.expect_status(Status.AWAITING_RESPONSE)


async def test_an_event_id_is_not_used_for_two_messages(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.send(messages.note("called the clerk", event_id="note-1"))
    other = messages.note("called the mayor", event_id="note-1")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await demand.handle.execute_update("add_note", other)
    assert "note-1" in str(refused.value.cause)


@pytest.mark.fault(7)
async def test_a_request_that_has_ended_takes_no_message(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.withdraw()
    await demand.expect_end(Status.WITHDRAWN)
    with pytest.raises(RPCError, match="already completed"):
        await demand.send(messages.withdrawal(reason="again"))


async def test_messages_at_the_same_moment_are_all_taken(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    notes = [messages.note(f"note {n}") for n in range(8)]
    answers = await asyncio.gather(*map(demand.send, notes))
    assert sorted(answer.text for answer in answers) == sorted(note.note for note in notes)
    assert (await demand.kinds()).count("note_added") == 8
    await demand.advance(days=16)
    demand.expect(acknowledgment_chase(), reminder(1))


async def test_a_response_before_the_demand_was_sent_is_refused_by_name(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    long_ago = await demand.now() - timedelta(days=400)
    refusal = await demand.refuses(await demand.response("all", received_at=long_ago))
    assert refusal.startswith("received_at:")


@pytest.mark.fault(34)
@pytest.mark.prove
async def test_a_request_takes_as_many_messages_as_it_says_and_goes_on(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    for _ in range(MAX_MESSAGES):
        await demand.deliver(messages.note("once more"))
    await demand.settle()
    refusal = await demand.refuses(messages.note("once more"))
    assert str(MAX_MESSAGES) in refusal
    await demand.advance(days=5)
    demand.expect(acknowledgment_chase())
    await demand.signal("response_received", await payload(demand, items="all"))
    view = await demand.expect_status(Status.ON_HOLD, Attention.UNREADABLE_MESSAGE)
    assert view.outstanding, "kept, and a person looks"
