"""What the record keeps and what is answered: filing, idempotency, the cap, and that a refusal leaves nothing:
forthwith/request/request.py and messages.py."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from forthwith.request import messages
from forthwith.request.actions import Wait
from forthwith.request.decision import Decision
from forthwith.request.events import ResponseRecorded
from forthwith.request.messages import HANDLERS, UPDATE_OF
from forthwith.request.vocabulary import MAX_MESSAGES, Attention, Message, Status
from tests import messages as build
from tests.units.cases import COME_TO, Desk, utc


def running() -> Desk:
    return Desk().to(Status.AWAITING_RESPONSE)


# Refusals.

REFUSED: Mapping[str, tuple[Status | None, Callable[[Desk], Message]]] = {
    "record_response": (Status.AWAITING_RESPONSE, lambda desk: desk.response(a9="produced")),
    "accept_response": (Status.AWAITING_RESPONSE, lambda desk: desk.acceptance()),
    "acknowledge": (
        Status.AWAITING_RESPONSE,
        lambda desk: desk.acknowledgment().model_copy(update={"received_at": desk.now + timedelta(days=1)}),
    ),
    "record_delivery": (Status.AWAITING_RESPONSE, lambda desk: desk.report("reminder-1")),
    "correct_recipient": (
        Status.AWAITING_RESPONSE,
        lambda desk: desk.correction(email=desk.plan.jurisdiction.email),
    ),
    "resend_letter": (Status.AWAITING_RESPONSE, lambda desk: desk.resending("reminder-1", restarts_clock=False)),
    "extend_deadline": (Status.AWAITING_SERVICE, lambda desk: desk.extension(to=desk.now.date())),
    "pause_clock": (Status.AWAITING_REVIEW, lambda desk: desk.pause()),
    "resume_clock": (Status.AWAITING_RESPONSE, lambda desk: desk.resumption()),
    "recompute_deadlines": (Status.AWAITING_RESPONSE, lambda desk: desk.recomputation("1" * 64)),
    "review_subpoena": (Status.AWAITING_REVIEW, lambda desk: desk.review("approve", sha256="e" * 64)),
    "record_issuance": (Status.AWAITING_ISSUANCE, lambda desk: desk.issuance(draft="e" * 64)),
    "record_service": (Status.AWAITING_SERVICE, lambda desk: desk.service(at=desk.now + timedelta(days=1))),
    "record_objection": (Status.AWAITING_RESPONSE, lambda desk: desk.objection("A-9")),
    "escalate_now": (Status.DRAFTING, lambda desk: desk.escalation()),
    "resolve_attention": (Status.AWAITING_RESPONSE, lambda desk: desk.resolution(Attention.REFUSAL)),
    "withdraw": (None, lambda desk: desk.withdrawal()),
    "add_note": (None, lambda desk: desk.note()),
}
"""Of every update a message that is refused, and in which phase; the last two only once the request has ended."""


def test_every_update_is_refused_in_some_situation():
    assert REFUSED.keys() == HANDLERS.keys()


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (lambda: build.extension(), "give either to"),
        (lambda: build.extension(to="2018-03-01", period={"days": 1}), "give either to"),
        (lambda: build.recomputation("1" * 64, recipient_calendar=None), "give recipient_calendar, issuer_calendar"),
        (lambda: build.correction(), "give what is to be corrected"),
        (lambda: build.review("revise", "1" * 64), "a revision gives fields to change or notes"),
        (lambda: build.review("reject", "1" * 64, reason=""), "a rejection gives its reason"),
        (lambda: build.review("approve", "1" * 64, fields={"relevance": "x"}), "only a revision changes fields"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_message_that_leaves_out_what_it_is_about_is_none(message: Callable[[], Message], why: str):
    with pytest.raises(ValidationError, match=why):
        message()


@pytest.mark.parametrize("update", HANDLERS)
def test_a_refused_message_is_not_decided_on_and_leaves_nothing(update: str, monkeypatch: pytest.MonkeyPatch):
    phase, message_of = REFUSED[update]
    desk = Desk().to(phase or Status.AWAITING_RESPONSE)
    if phase is None:
        desk.say(desk.withdrawal())
    message = message_of(desk)
    assert UPDATE_OF[type(message)] == update

    def reached(*_: object) -> None:
        raise AssertionError(f"{update} was refused, and decided on")

    with monkeypatch.context() as patch:
        patch.setattr(messages, "HANDLERS", {**HANDLERS, update: replace(HANDLERS[update], decide=reached)})
        state, entries = desk.state, [*desk.request.timeline]
        decision = Decision(desk.state, desk.request.dates, desk.now)
        refused = messages.refusal(decision, message)
        assert refused == desk.refuses(message)
        assert len(refused.split()) > 4, "a refusal is a sentence"
        assert (decision.events, decision.state) == ([], state)
    assert desk.state is state
    assert desk.request.timeline == entries
    assert message.event_id not in desk.state.record.answers


def test_the_event_id_of_a_refused_message_is_still_free():
    desk = running()
    wrong = desk.response(a9="produced")
    desk.refuses(wrong)
    desk.say(desk.response().model_copy(update={"event_id": wrong.event_id}))


# Answers.


def test_the_answer_names_the_entry_that_holds_the_message():
    desk = running()
    response = desk.response()
    entry = desk.request.timeline[desk.say(response).recorded - 1]
    assert isinstance(entry.event, ResponseRecorded)
    assert (entry.event.event_id, entry.by) == (response.event_id, response.by)


def test_the_answer_says_what_comes_next():
    desk = running()
    assert desk.say(desk.note()).next_action_at == utc(2, 1, 14)


def test_what_follows_from_a_message_is_ours_and_not_its_senders():
    desk = running()
    desk.say(desk.response(a1="objected"))
    assert [(entry.event.kind, entry.by.role) for entry in desk.request.timeline[-2:]] == [
        ("response_recorded", "system"),
        ("attention_raised", "system"),
    ]
    desk.say(desk.withdrawal())
    assert [(entry.event.kind, entry.by.name) for entry in desk.request.timeline[-2:]] == [
        ("withdrawn", "Olga Operator"),
        ("request_closed", "Forthwith"),
    ]


@pytest.mark.parametrize("phase", COME_TO)
def test_the_same_event_again_changes_nothing_and_is_answered_by_what_it_recorded(phase: Status):
    desk = Desk().to(phase)
    response = desk.response(kind="other")
    first = desk.say(response)
    desk.go(days=40)
    before, again = desk.state, desk.say(response)
    assert (again.recorded, again.text) == (first.recorded, first.text)
    assert again.status is desk.status, "where the request stands by then"
    assert desk.state is before
    assert desk.said.count("response_recorded") == 1


def test_another_message_under_a_used_event_id_is_refused():
    desk = running()
    note = desk.note()
    desk.say(note)
    refused = desk.refuses(note.model_copy(update={"note": "something else"}))
    assert refused == f"event_id: {note.event_id} was already used for another message"


def test_an_ended_request_refuses_what_is_new_and_repeats_what_it_answered():
    desk = running()
    response = desk.response()
    answer = desk.say(response)
    assert desk.refuses(desk.note()) == "the request has ended as Complied"
    assert desk.say(response) == answer


# The cap.


def flooded() -> Desk:
    desk = running()
    for _ in range(MAX_MESSAGES):
        desk.say(desk.note())
    return desk


@pytest.mark.fault(34)
def test_beyond_the_cap_updates_are_refused_but_people_can_still_end_the_request():
    desk = flooded()
    refused = desk.refuses(desk.note())
    assert refused == f"the request already took {MAX_MESSAGES} messages, the most that one request takes"
    desk.say(desk.withdrawal())
    assert desk.status is Status.WITHDRAWN


def test_a_pause_ends_beyond_the_cap_and_no_other_begins():
    desk = running()
    desk.say(desk.pause())
    for _ in range(MAX_MESSAGES - 1):
        desk.say(desk.note())
    desk.say(desk.resumption())
    assert desk.state.clock.paused_since is None
    assert "already took" in desk.refuses(desk.pause())


@pytest.mark.fault(34)
def test_signals_beyond_the_cap_are_flagged_once_and_the_hold_can_be_resolved():
    desk = flooded()
    entries = len(desk.request.timeline)
    for _ in range(50):
        desk.garble()
    assert desk.said[entries:] == ["message_unreadable", "attention_raised"]
    assert desk.state.record.unreadable == (), "no content is kept"
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert desk.status is Status.AWAITING_RESPONSE


# Filing.


def test_a_record_that_cannot_be_filed_is_offered_again_and_hides_no_deadline():
    desk = running()
    for _ in range(2):
        desk.request.not_filed("no space left", desk.now)
    assert desk.said.count("filing_failed") == 1
    assert desk.reasons == {Attention.DOSSIER_UNWRITABLE}
    assert desk.request.to_file(desk.now) == ()
    assert desk.next() == Wait(desk.now + timedelta(minutes=2), "another try to file the record")
    desk.now += timedelta(minutes=2)
    assert desk.next() == Wait(utc(2, 1, 14), "acknowledgment to the recipient"), "who waits files first"
    entries = desk.request.to_file(desk.now)
    assert entries == tuple(desk.request.timeline)
    desk.request.filed(len(entries), desk.now)
    assert not desk.reasons
    (recovered,) = desk.request.to_file(desk.now)
    assert recovered.event.kind == "filing_recovered"
    desk.request.filed(1, desk.now)
    assert desk.request.is_all_filed


def test_a_filing_that_is_taken_in_part_goes_on_with_the_rest():
    desk = running()
    desk.request.filed(2, desk.now)
    assert not desk.request.is_all_filed
    assert desk.request.to_file(desk.now) == tuple(desk.request.timeline[2:])


def test_what_follows_an_entry_is_chained_to_it_as_it_was_filed():
    """An earlier release worded the entry otherwise, so that it has another hash."""
    desk = running()
    desk.request.filed(len(desk.request.timeline), desk.now, head="9" * 64)
    desk.say(desk.note())
    desk.say(desk.note())
    first, second = desk.request.to_file(desk.now)
    assert (first.previous, second.previous, desk.request.head) == ("9" * 64, first.head, second.head)


def test_a_request_that_is_open_has_no_ending():
    with pytest.raises(ValueError, match="test/somewhere has not ended"):
        _ = running().request.ending
