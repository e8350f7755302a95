"""What needs a person, what holds the ladder meanwhile, and what people decide about it:
forthwith/request/attention.py."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from forthwith.request.actions import Close, ComputeDates, CopyIssued, DraftReferral, DraftSubpoena, SendLetter, Wait
from forthwith.request.backoff import COPY, DATES, DRAFT, MAX_ALIKE, MEMO
from forthwith.request.timetable import StepKind
from forthwith.request.vocabulary import Attention, Message, Status
from tests.units.cases import BEFORE_ISSUANCE, COME_TO, Desk, Refusal, Situation, campaign, check_refusal, days, utc
from tests.units.cases import draft as draft_of

RUNNING = Status.AWAITING_RESPONSE


def undelivered() -> Desk:
    desk = Desk().mail_refuses("demand")
    desk.settle()
    return desk


def held(phase: Status) -> Desk:
    desk = Desk().to(phase)
    desk.garble()
    return desk


# Holds.


@pytest.mark.parametrize("phase", BEFORE_ISSUANCE)
def test_an_unreadable_message_holds_the_ladder_in_every_phase_until_a_person_has_looked(phase: Status):
    desk = Desk().to(phase)
    before = len(desk.sent)
    desk.garble()
    assert (desk.status, desk.holds) == (Status.ON_HOLD, {Attention.UNREADABLE_MESSAGE})
    assert desk.state.record.unreadable == ("{}",)
    desk.go(days=45)
    assert {letter.to for letter in desk.letters[before:]} == {"operator"}
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert desk.status is phase
    assert desk.go(days=30).status in (Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE)


def test_a_hold_is_chased_every_business_day_for_as_long_as_it_takes():
    desk = held(Status.AWAITING_RESPONSE).go(days=28)
    chases = [letter.receipt.accepted_at.date() for letter in desk.letters if letter.to == "operator"]
    assert len(chases) == 19, "four weeks without Presidents' Day"
    assert len(set(chases)) == len(chases)


def test_two_holds_end_with_the_second():
    desk = Desk(campaign(mail={"when_unknown": "hold"}))
    desk.lose_answer(desk.letter("acknowledgment"))
    desk.garble()
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert (desk.status, desk.holds) == (Status.ON_HOLD, {Attention.UNKNOWN_SEND})
    desk.say(desk.resolution(Attention.UNKNOWN_SEND))
    assert (desk.status, desk.holds) == (Status.AWAITING_RESPONSE, set())


def test_the_recipients_time_runs_on_while_we_hold():
    desk = Desk().go(utc(2, 20, 15))
    desk.garble()
    desk.go(utc(3, 1, 15))
    assert desk.state.phase is Status.AWAITING_RESPONSE
    desk.say_and_settle(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert (desk.status, desk.sent[-1]) == (Status.OVERDUE, "final-notice")


def test_a_reviewer_has_the_whole_period_again_after_a_hold():
    desk = held(Status.AWAITING_REVIEW).go(utc(3, 20, 15))
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert desk.settle() == Wait(utc(3, 26, 12), "review-1-chase-1 to the reviewer")


@pytest.mark.parametrize("step", ["demand", "review-1"])
def test_a_letter_under_way_when_a_hold_begins_is_counted(step: str):
    desk = Desk()
    letter = desk.letter(step)
    desk.garble()
    desk.accept(letter)
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    rest = desk.settle()
    if step == "demand":
        assert desk.status is Status.AWAITING_RESPONSE
    else:
        assert rest == Wait(utc(3, 13, 12), "review-1-chase-1 to the reviewer")


def test_a_question_under_way_when_its_hold_is_resolved_raises_nothing():
    desk = held(RUNNING)
    letter = desk.letter("hold-1-chase-1")
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert not desk.request.still_wants(letter)
    desk.accept(letter)
    assert (desk.sent[-1], desk.status, desk.reasons) == ("hold-1-chase-1", Status.AWAITING_RESPONSE, set())


# Resolution.


def test_an_undeliverable_demand_can_end_as_unserviceable():
    desk = undelivered()
    desk.say(desk.resolution(Attention.UNDELIVERABLE, "unserviceable"))
    assert (desk.status, desk.next()) == (Status.UNSERVICEABLE, Close())


@pytest.mark.parametrize(("reason", "at_once"), [(Attention.UNREADABLE_MESSAGE, False), (Attention.DRAFT_FAILED, True)])
def test_what_failed_is_tried_again_at_once_when_a_person_says_that_it_works_and_not_otherwise(
    reason: Attention, at_once: bool
):
    desk = Desk()
    desk.until(DraftSubpoena)
    desk.request.work_failed(DRAFT, Attention.DRAFT_FAILED, "no font", desk.now)
    desk.garble()
    if reason is not Attention.UNREADABLE_MESSAGE:
        desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
        assert isinstance(desk.next(), Wait)
    desk.say(desk.resolution(reason))
    assert isinstance(desk.next(), DraftSubpoena) is at_once


# Escalation.


def test_escalating_closes_the_response_time_then_the_time_to_cure_then_asks_the_next_person():
    desk = Desk().to(RUNNING)
    desk.say_and_settle(desk.escalation())
    assert (desk.status, desk.sent[-1]) == (Status.OVERDUE, "final-notice")
    desk.say_and_settle(desk.escalation())
    assert desk.status is Status.AWAITING_REVIEW
    desk.say_and_settle(desk.escalation())
    assert desk.sent[-2:] == ["review-1", "review-1-chase-1"]
    assert desk.letters[-1].to == "supervisor"
    assert not desk.reasons, "the review is not late"


@pytest.mark.parametrize(
    ("phase", "step", "to"),
    [
        (Status.AWAITING_ISSUANCE, "issuance-1-chase-1", "supervisor"),
        (Status.AWAITING_SERVICE, "service-1-chase-1", "reviewer"),
    ],
)
def test_escalating_what_our_own_people_owe_asks_them_at_once(phase: Status, step: str, to: str):
    desk = Desk().to(phase)
    desk.say_and_settle(desk.escalation())
    assert (desk.letters[-1].step, desk.letters[-1].to, desk.reasons) == (step, to, set())


def test_escalating_when_the_deadline_has_just_passed_does_not_wait_for_the_day_of_the_final_notice():
    desk = Desk().go(utc(2, 24, 15))  # a Saturday; the notice is due on Monday
    assert desk.state.awaits_final_notice
    desk.say(desk.escalation())
    assert desk.step("final-notice").why == "escalated by an operator"


def test_an_operator_who_escalates_does_not_wait_for_the_return_date():
    desk = Desk().to_return()
    desk.say(desk.escalation())
    assert isinstance(desk.next(), DraftReferral)
    assert desk.state.process.refers_early


def test_a_response_within_the_original_time_is_on_time_although_it_was_closed_early():
    desk = Desk().to(RUNNING)
    desk.say(desk.escalation())
    desk.go(days=2).say(desk.response())
    assert desk.request.ending.on_time is True


def test_escalating_twice_before_the_final_notice_could_go_skips_it():
    desk = Desk().go(utc(1, 27, 15))  # a Saturday
    desk.say(desk.escalation())
    assert isinstance(desk.settle(), Wait)
    answer = desk.say(desk.escalation())
    assert "without a final notice" in answer.text
    desk.settle()
    assert desk.status is Status.AWAITING_REVIEW


def test_escalating_at_night_asks_the_reviewer_and_then_the_supervisor():
    desk = Desk()
    drawing = desk.until(DraftSubpoena)
    desk.request.draft_finished(draft_of(drawing.version), desk.now)
    desk.settle()
    assert desk.now == utc(3, 7, 6), "nobody was asked yet"
    desk.say(desk.escalation())
    assert [letter.to for letter in desk.go(utc(3, 7, 14)).letters[-2:]] == ["reviewer", "supervisor"]


# Withdrawal.


@pytest.mark.parametrize("phase", COME_TO)
@pytest.mark.parametrize("how", ["withdraw", "cancel the workflow"])
def test_a_withdrawal_ends_it_in_every_phase_and_so_does_a_cancelled_workflow(phase: Status, how: str):
    desk = Desk().to(phase)
    desk.garble()
    if how == "withdraw":
        desk.say(desk.withdrawal())
    else:
        desk.request.cancelled("by the Web UI", desk.now)
    assert (desk.status, desk.reasons, desk.next()) == (Status.WITHDRAWN, set(), Close())


def test_a_workflow_that_is_cancelled_after_the_end_changes_nothing():
    desk = Desk().to(RUNNING)
    desk.say(desk.response())
    before = desk.state
    desk.request.cancelled("by the Web UI", desk.now)
    assert desk.state is before


def test_a_signal_after_the_end_is_kept():
    desk = Desk().to(RUNNING)
    desk.say(desk.withdrawal())
    desk.garble()
    assert (desk.said[-1], desk.status, desk.reasons) == ("message_unreadable", Status.WITHDRAWN, set())


# What of ours failed.


@pytest.mark.fault(29)
@pytest.mark.parametrize(
    ("work", "attention", "kind"),
    [
        (DATES, Attention.DATES_FAILED, ComputeDates),
        ("demand", Attention.LETTER_FAILED, SendLetter),
        (DRAFT, Attention.DRAFT_FAILED, DraftSubpoena),
        (MEMO, Attention.DRAFT_FAILED, DraftReferral),
        (COPY, Attention.DRAFT_FAILED, CopyIssued),
    ],
)
def test_work_that_fails_needs_a_person_once_until_it_succeeds(
    work: str,
    attention: Attention,
    kind: type[ComputeDates] | type[SendLetter] | type[DraftSubpoena] | type[DraftReferral] | type[CopyIssued],
):
    desk = Desk()
    if kind in (DraftReferral, CopyIssued):
        desk.to_issuance().say(desk.issuance())
    if kind is DraftReferral:
        desk.say(desk.service())
    if kind is not ComputeDates:
        desk.until(kind)
    for _ in range(2):
        desk.request.work_failed(work, attention, "no font", desk.now)
    assert (desk.state.attention.reasons, desk.holds) == ({attention: "no font"}, set())
    assert desk.said.count("work_failed") == 1
    desk.go(minutes=2)
    assert not desk.reasons


FAILS_ALIKE = pytest.mark.parametrize(
    ("work", "attention", "kind"),
    [
        ("demand", Attention.LETTER_FAILED, SendLetter),
        (DRAFT, Attention.DRAFT_FAILED, DraftSubpoena),
        (MEMO, Attention.DRAFT_FAILED, DraftReferral),
        (COPY, Attention.DRAFT_FAILED, CopyIssued),
    ],
)


def fail_alike(desk: Desk, work: str, attention: Attention, kind: type[Any]) -> None:
    """As often as it is tried."""
    for _ in range(MAX_ALIKE):
        desk.until(kind)
        desk.request.work_failed(work, attention, "subpoena.typ: took too long", desk.now, alike=True)


def wanting(kind: type[Any]) -> Desk:
    desk = Desk()
    if kind in (DraftReferral, CopyIssued):
        desk.to_issuance().say(desk.issuance())
    if kind is DraftReferral:
        desk.say(desk.service())
    return desk


@pytest.mark.fault(29, 44)
@FAILS_ALIKE
def test_a_document_that_fails_alike_is_not_tried_again_until_a_person_says_so(
    work: str, attention: Attention, kind: type[Any]
):
    desk = wanting(kind)
    fail_alike(desk, work, attention, kind)
    assert (desk.status, desk.holds) == (Status.ON_HOLD, {attention})
    assert desk.said.count("work_failed") == 1
    assert "it is not tried again until this is resolved" in desk.request.timeline[-1].text
    for _ in range(100):
        action = desk.next()
        if not (isinstance(action, SendLetter) and action.step.kind is StepKind.HOLD_CHASE):
            assert not isinstance(action, kind)
        desk.do(action)
    assert desk.status is Status.ON_HOLD
    assert {letter.to for letter in desk.letters[-10:]} == {"operator"}


@FAILS_ALIKE
def test_a_document_is_tried_again_once_a_person_says_so(work: str, attention: Attention, kind: type[Any]):
    desk = wanting(kind)
    fail_alike(desk, work, attention, kind)
    desk.say(desk.resolution(attention))
    desk.until(kind)
    assert desk.reasons == set()


def test_a_letter_that_asks_for_help_and_cannot_be_made_is_tried_once_a_day():
    desk = Desk().to(RUNNING)
    desk.garble()
    tries: list[datetime] = []
    while len(tries) < 6:
        desk.until(SendLetter)
        tries.append(desk.now)
        desk.request.work_failed(desk.letter().step.id, Attention.LETTER_FAILED, "loops", desk.now, alike=True)
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
    assert waits[:2] == [30, 60]
    assert all(wait >= 86_400 for wait in waits[2:])


def test_a_failure_to_draft_is_forgotten_when_no_draft_is_wanted():
    desk = Desk()
    desk.until(DraftSubpoena)
    desk.request.work_failed(DRAFT, Attention.DRAFT_FAILED, "no font", desk.now)
    desk.say(desk.extension(period=days(30)))
    assert not desk.reasons


def test_what_fails_after_the_end_needs_nobody():
    desk = Desk().to(RUNNING)
    desk.say(desk.withdrawal())
    before = desk.state
    desk.request.work_failed(DRAFT, Attention.DRAFT_FAILED, "no font", desk.now)
    assert desk.state is before


# What is refused.


def paused() -> Desk:
    desk = Desk().to(RUNNING)
    desk.say(desk.pause())
    return desk


def referring() -> Desk:
    desk = Desk().to_return()
    desk.say(desk.escalation())
    return desk


def refused_by_recipient() -> Desk:
    desk = Desk().to(RUNNING)
    desk.say(desk.response(kind="refusal"))
    return desk


def reminder_refused() -> Desk:
    return Desk().mail_refuses("reminder-1").go(utc(2, 10))


def resolving(attention: Attention, outcome: str = "continue") -> Callable[[Desk], Message]:
    return lambda desk: desk.resolution(attention, outcome)


ONLY_DEMAND = "outcome: only a request whose demand is undeliverable can end as unserviceable"

REFUSALS: list[Refusal] = [
    (RUNNING, resolving(Attention.OBJECTION), "attention: objection is not open; open are none"),
    (paused, resolving(Attention.CLOCK_PAUSED), "attention: clock_paused ends with resume_clock, which says from when"),
    (refused_by_recipient, resolving(Attention.REFUSAL, "unserviceable"), ONLY_DEMAND),
    (reminder_refused, resolving(Attention.UNDELIVERABLE, "unserviceable"), ONLY_DEMAND),
    *((partial(held, phase), Desk.escalation, "the request is on hold (unreadable_message);") for phase in COME_TO),
    (Status.SENDING, Desk.escalation, "there is nothing to escalate while the request is Sending"),
    (Status.DRAFTING, Desk.escalation, "there is nothing to escalate while the request is Drafting"),
    (referring, Desk.escalation, "the matter is being referred already"),
]


@pytest.mark.parametrize(("when", "message", "because"), REFUSALS, ids=[because for *_, because in REFUSALS])
def test_what_is_refused_and_why(when: Situation, message: Callable[[Desk], Message], because: str):
    check_refusal(when, message, because)
