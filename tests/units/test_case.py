"""One request, decision by decision. How the dates themselves come about is in test_timetable.py."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from forthwith.deadlines.period import Period
from forthwith.request.actions import Close, DraftSubpoena, SendLetter, Wait
from forthwith.request.backoff import DATES, DRAFT
from forthwith.request.deliveries import DEFERRALS_BEFORE_ATTENTION, DOUBTS_BEFORE_HOLD
from forthwith.request.events import ResponseRecorded
from forthwith.request.timetable import StepKind
from forthwith.request.vocabulary import MAX_MESSAGES, Attention, Status, Who
from tests.units.cases import OPERATOR, REVIEWER, SUPERVISOR, Desk, campaign, draft, receipt, without

DUE = datetime(2018, 2, 24, 6, tzinfo=UTC)
"""The end of February 23 in Chicago."""

UNTIL_OVERDUE = ["demand", "acknowledgment", "reminder-1", "reminder-2"]
REVIEWED = campaign(completeness="reviewed")
PHASES: dict[Status, Callable[[Desk], Desk]] = {
    Status.AWAITING_RESPONSE: lambda desk: desk.go(days=1),
    Status.OVERDUE: Desk.to_overdue,
    Status.AWAITING_REVIEW: Desk.to_review,
    Status.AWAITING_ISSUANCE: Desk.to_issuance,
}
"""How to come to each phase in which the clock has started."""


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2018, month, day, hour, minute, tzinfo=UTC)


def days(count: int) -> Period:
    return Period(unit="days", count=count)


def refusing(*steps: str) -> Callable[[Desk], Callable[[SendLetter], bool]]:
    """A mail server that refuses these letters for good."""

    def on(desk: Desk) -> Callable[[SendLetter], bool]:
        def refuse(letter: SendLetter) -> bool:
            if letter.step.id in steps:
                desk.request.letter_refused(letter.step, "550 no such user", desk.now)
            return letter.step.id in steps

        return refuse

    return on


def at_letter(desk: Desk) -> SendLetter:
    """The letter that is to be sent now."""
    action = desk.next()
    assert isinstance(action, SendLetter)
    return action


def at_draft(desk: Desk) -> DraftSubpoena:
    """Lives on until a draft is to be drawn up, and leaves it at that."""
    desk.to_overdue()
    while not isinstance(action := desk.next(), DraftSubpoena):
        assert isinstance(action, Wait)
        desk.now = action.until
    return action


# A life that nobody troubles.


def test_the_clock_starts_when_the_demand_is_accepted():
    desk = Desk()
    assert desk.request.response_due is None
    desk.settle()
    assert desk.state.status is Status.AWAITING_RESPONSE
    assert desk.request.response_due == DUE


def test_silence_leads_to_a_draft_on_the_reviewers_desk():
    desk = Desk().to_review()
    assert desk.sent == [*UNTIL_OVERDUE, "final-notice", "review-1"]
    assert desk.state.status is Status.AWAITING_REVIEW


def test_an_unanswered_review_goes_to_the_reviewer_again_and_then_to_the_supervisor_until_decided():
    desk = Desk().to_review().go(days=20)
    asked = [(letter.step, letter.to) for letter in desk.state.deliveries.letters[6:9]]
    assert asked == [
        ("review-1-chase-1", "reviewer"),
        ("review-1-chase-2", "supervisor"),
        ("review-1-chase-3", "supervisor"),
    ]
    assert Attention.REVIEW_LATE in desk.state.attention.reasons


def test_without_a_final_notice_the_draft_follows_the_deadline():
    desk = Desk(campaign(ladder=without("final_notice"))).go(DUE)
    assert isinstance(desk.next(), Wait)
    assert desk.state.status is Status.AWAITING_REVIEW
    assert "final-notice" not in desk.sent


def test_without_an_acknowledgment_rung_nobody_asks_for_one():
    assert Desk(campaign(ladder=without("acknowledgment"))).to_review().sent[:2] == ["demand", "reminder-1"]


def test_an_issuance_without_a_rung_is_not_forgotten():
    desk = Desk(campaign(ladder=without("issuance"))).to_issuance().go(days=5)
    assert desk.sent[-3:] == ["issuance-1-chase-1", "issuance-1-chase-2", "issuance-1-chase-3"]


def test_issuance_is_chased_over_and_over():
    desk = Desk().to_issuance().go(days=20)
    assert desk.sent[-2:] == ["issuance-1-chase-1", "issuance-1-chase-2"]
    assert Attention.ISSUANCE_LATE in desk.state.attention.reasons


def test_an_acknowledgment_saves_the_chase_for_one():
    desk = Desk().go(days=1)
    desk.say(desk.acknowledgment())
    assert "acknowledgment" not in desk.go(days=12).sent


def test_a_reminder_that_lies_before_its_demand_is_not_sent():
    desk = Desk(campaign(clock={"response": {"within": {"days": 10}}}))  # reminder-1 is 14 days before the deadline
    assert "reminder-1" not in desk.go(days=9).sent


# Responses.


@pytest.mark.parametrize("phase", PHASES)
def test_a_complete_response_ends_the_request_in_every_phase(phase: Status):
    desk = PHASES[phase](Desk())
    assert desk.state.status is phase
    letters = len(desk.sent)
    desk.say(desk.response())
    assert desk.state.status is Status.COMPLIED
    assert desk.next() == Close()
    assert len(desk.sent) == letters


@pytest.mark.parametrize(
    ("received", "on_time"),
    [(DUE - timedelta(microseconds=1), True), (DUE, False), (DUE + timedelta(hours=1), False)],
)
def test_the_instant_of_receipt_decides_on_time_or_late_not_the_moment_of_the_report(received: datetime, on_time: bool):
    desk = Desk().go(DUE + timedelta(hours=2))
    assert desk.state.status is Status.OVERDUE
    desk.say(desk.response(at=received))
    assert desk.request.ending.on_time is on_time


def test_a_late_letter_about_something_else_makes_no_response_late():
    desk = Desk().go(days=1)
    desk.say(desk.response(a1="produced"))
    desk.go(DUE + timedelta(hours=1))
    desk.say(desk.response(kind="other"))
    desk.say(desk.response(a2="produced", at=DUE - timedelta(hours=3)))
    assert desk.request.ending.on_time is True


def test_a_partial_response_leaves_the_rest_outstanding_and_the_ladder_running():
    desk = Desk().go(days=1)
    answer = desk.say(desk.response(a1="produced"))
    assert answer.outstanding == ("A-2",)
    assert "final-notice" in desk.to_overdue().sent


@pytest.mark.parametrize(
    ("disposition", "outstanding"),
    [("produced", False), ("none_found", False), ("withdrawn", False), ("objected", True)],
)
def test_what_settles_an_item(disposition: str, outstanding: bool):
    desk = Desk().go(days=1)
    answer = desk.say(desk.response(a1=disposition))
    assert ("A-1" in answer.outstanding) is outstanding
    assert (Attention.OBJECTION in answer.attention) is (disposition == "objected")


@pytest.mark.parametrize(
    ("kind", "attention"), [("refusal", Attention.REFUSAL), ("extension_request", Attention.EXTENSION_REQUESTED)]
)
def test_a_response_that_settles_nothing_asks_for_attention(kind: str, attention: Attention):
    desk = Desk().go(days=1)
    answer = desk.say(desk.response(kind=kind))
    assert answer.outstanding == ("A-1", "A-2")
    assert answer.attention == (attention,)


def test_no_records_settles_what_was_not_reported_yet():
    desk = Desk().go(days=1)
    desk.say(desk.response(a1="produced"))
    desk.say(desk.response(kind="no_records"))
    assert [state.disposition for state in desk.state.items.states] == ["produced", "none_found"]
    assert desk.state.status is Status.COMPLIED


@pytest.mark.parametrize("phase", [Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE])
def test_a_partial_production_has_the_draft_drawn_anew_even_after_approval(phase: Status):
    desk = PHASES[phase](Desk())
    desk.say(desk.response(a1="produced"))
    assert (desk.state.status, desk.state.process.draft, desk.state.process.approved_by) == (
        Status.DRAFTING,
        None,
        None,
    )
    desk.settle()
    assert desk.state.process.draft == draft(2)


def test_a_refusal_has_the_draft_drawn_anew_because_it_states_it():
    desk = Desk().to_review()
    desk.say(desk.response(kind="refusal"))
    desk.settle()
    assert desk.state.process.draft == draft(2)


@pytest.mark.parametrize("kind", ["other", "extension_request"])
def test_a_letter_about_no_item_leaves_the_draft_alone(kind: str):
    desk = Desk().to_issuance()
    desk.say(desk.response(kind=kind))
    assert desk.state.status is Status.AWAITING_ISSUANCE


def test_the_same_items_reported_again_leave_an_approval_alone():
    desk = Desk().go(days=1)
    desk.say(desk.response(a1="produced"))
    desk.to_issuance()
    desk.say(desk.response(a1="produced"))
    assert desk.state.process.approved_by == REVIEWER


def test_a_production_while_the_draft_is_drawn_up_makes_that_version_moot():
    desk = Desk()
    drawing = at_draft(desk)
    desk.say(desk.response(a1="produced"))
    assert not desk.request.still_wants(drawing)
    desk.request.draft_finished(draft(drawing.version), desk.now)
    assert desk.state.process.draft is None
    assert desk.next() == DraftSubpoena(2)


# Responses that a person must accept.


def test_what_is_claimed_is_outstanding_until_accepted():
    desk = Desk(REVIEWED).go(days=1)
    assert desk.say(desk.response(a1="produced")).outstanding == ("A-1", "A-2")
    assert desk.say(desk.acceptance("A-1")).outstanding == ("A-2",)


def test_while_everything_is_claimed_the_request_waits_for_us_and_not_for_the_recipient():
    desk = Desk(REVIEWED).go(days=1)
    desk.say(desk.response())
    assert desk.state.status is Status.ON_HOLD
    sent = desk.go(days=40).state.deliveries.letters
    assert {letter.to for letter in sent[1:]} == {"operator"}
    desk.say(desk.acceptance())
    assert desk.state.status is Status.COMPLIED
    assert desk.request.ending.on_time is True  # by when it was received, not by when somebody read it


def test_a_claim_that_is_not_true_is_resolved_and_the_ladder_goes_on():
    desk = Desk(REVIEWED).go(days=1)
    desk.say(desk.response())
    desk.say(desk.resolution(Attention.ON_HOLD))
    assert "final-notice" in desk.to_overdue().sent


def test_a_claim_that_is_taken_back_ends_the_hold():
    desk = Desk(REVIEWED).go(days=1)
    desk.say(desk.response())
    desk.say(desk.response(a2="objected"))
    assert desk.state.status is Status.AWAITING_RESPONSE


def test_nothing_is_accepted_where_reports_are_taken_as_they_come():
    desk = Desk().go(days=1)
    assert "nothing to accept" in desk.refuses(desk.acceptance())


# What is refused, by name.


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"items": ()}, "items: a production says which items it answers"),
        ({"a9": "produced"}, "items: the demand has no A-9; it has A-1, A-2"),
        ({"kind": "refusal", "items": [{"id": "A-1", "disposition": "objected"}]}, "items: a refusal speaks of every"),
        ({"kind": "other", "items": "all"}, "items: only a production says"),
        (
            {"items": [{"id": "A-1", "disposition": "produced"}, {"id": "A-1", "disposition": "objected"}]},
            "items: A-1 stands more than once",
        ),
        ({"at": utc(1, 24, 14)}, "received_at: 2018-01-24T14:00:00+00:00 is before the request was started"),
        ({"at": utc(3, 24)}, "received_at: 2018-03-24T00:00:00+00:00 is in the future"),
    ],
)
def test_a_response_is_refused_by_name_and_leaves_nothing(said: dict[str, Any], why: str):
    desk = Desk().go(days=1)
    entries = list(desk.request.timeline)
    assert desk.refuses(desk.response(**said)).startswith(why)
    assert desk.request.timeline == entries


def test_a_report_about_a_letter_that_was_never_sent_is_refused():
    desk = Desk().go(days=1)
    assert "sent were demand" in desk.refuses(desk.report("reminder-1"))


def test_the_same_event_again_changes_nothing_and_is_answered_by_what_it_recorded():
    desk = Desk().go(days=1)
    response = desk.response(a1="produced")
    first = desk.say(response)
    desk.go(days=40)
    before, again = desk.state, desk.say(response)
    assert (again.recorded, again.text) == (first.recorded, first.text)
    assert again.status is desk.state.status  # where the request stands by then
    assert desk.state == before
    assert desk.said.count("response_recorded") == 1


def test_another_message_under_a_used_event_id_is_refused():
    desk = Desk().go(days=1)
    note = desk.note()
    desk.say(note)
    assert desk.refuses(note.model_copy(update={"note": "something else"})).startswith("event_id: ")


def test_the_event_id_of_a_refused_message_is_still_free():
    desk = Desk().go(days=1)
    wrong = desk.response(a9="produced")
    desk.refuses(wrong)
    desk.say(desk.response().model_copy(update={"event_id": wrong.event_id}))


def test_an_ended_request_refuses_what_is_new_and_repeats_what_it_answered():
    desk = Desk().go(days=1)
    response = desk.response()
    answer = desk.say(response)
    assert desk.refuses(desk.note()) == "the request has ended as Complied"
    assert desk.say(response) == answer


def test_beyond_the_cap_updates_are_refused_but_people_can_still_end_the_request():
    desk = Desk().go(days=1)
    for _ in range(MAX_MESSAGES):
        desk.say(desk.note())
    assert str(MAX_MESSAGES) in desk.refuses(desk.note())
    desk.say(desk.withdrawal())
    assert desk.state.status is Status.WITHDRAWN


def test_signals_beyond_the_cap_are_flagged_once_and_the_hold_can_be_resolved():
    desk = Desk().go(days=1)
    for _ in range(MAX_MESSAGES):
        desk.say(desk.note())
    entries = len(desk.request.timeline)
    for _ in range(50):
        desk.garble()
    assert desk.said[entries:] == ["message_unreadable", "attention_raised"]
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert desk.state.status is Status.AWAITING_RESPONSE


def test_the_answer_names_the_entry_that_holds_the_message():
    desk = Desk().go(days=1)
    response = desk.response()
    answer = desk.say(response)
    event = desk.request.timeline[answer.recorded - 1].event
    assert isinstance(event, ResponseRecorded)
    assert event.event_id == response.event_id


def test_the_answer_says_what_comes_next():
    desk = Desk().go(days=1)
    assert desk.say(desk.note()).next_action_at == utc(2, 1, 14)


# Rung by what became of its letter.


@pytest.mark.parametrize(
    ("step", "holds", "status", "goes_on_with"),
    [
        ("demand", True, Status.SENDING, None),
        ("acknowledgment", False, Status.AWAITING_RESPONSE, "reminder-1"),
        ("reminder-1", False, Status.AWAITING_RESPONSE, "reminder-2"),
        ("final-notice", True, Status.ON_HOLD, None),
        ("review-1", False, Status.AWAITING_REVIEW, "review-1-chase-1"),
    ],
)
def test_a_refused_letter_stops_the_ladder_where_it_had_to_be_given(
    step: str, holds: bool, status: Status, goes_on_with: str | None
):
    desk = Desk()
    desk.on_letter = refusing(step)(desk)
    while Attention.UNDELIVERABLE not in desk.state.attention.reasons:
        rest = desk.settle()
        assert isinstance(rest, Wait)
        if Attention.UNDELIVERABLE not in desk.state.attention.reasons:
            desk.now = rest.until
    assert bool(desk.state.attention.holds) is holds
    assert desk.state.status is status
    desk.go(days=20)
    if goes_on_with:
        assert goes_on_with in desk.sent
    else:
        assert desk.state.status is status
        assert desk.sent[-1].startswith("hold-1-chase-")


@pytest.mark.parametrize("step", ["demand", "final-notice"])
def test_a_refused_letter_is_sent_again_once_resolved(step: str):
    desk = Desk()
    desk.on_letter = refusing(step)(desk)
    desk.go(days=40)
    desk.on_letter = lambda _: False
    desk.say(desk.resolution(Attention.UNDELIVERABLE))
    desk.go(days=3)
    assert step in desk.sent
    assert not desk.state.attention.holds


def test_a_demand_sent_again_states_dates_from_the_new_day():
    desk = Desk()
    desk.on_letter = refusing("demand")(desk)
    desk.go(days=9)
    desk.on_letter = lambda _: False
    desk.say(desk.resolution(Attention.UNDELIVERABLE))
    at_letter(desk)
    assert desk.request.dates
    stated = desk.request.dates.deadline
    desk.settle()
    assert desk.request.dates.deadline == stated
    assert stated.trigger == date(2018, 2, 2)


def test_only_an_undeliverable_demand_can_end_as_unserviceable():
    desk = Desk()
    desk.on_letter = refusing("demand")(desk)
    desk.settle()
    desk.say(desk.resolution(Attention.UNDELIVERABLE, "unserviceable"))
    assert desk.state.status is Status.UNSERVICEABLE

    other = Desk().go(days=1)
    other.say(other.response(kind="refusal"))
    assert other.refuses(other.resolution(Attention.REFUSAL, "unserviceable")).startswith("outcome: ")


def test_a_reviewer_who_cannot_be_reached_is_replaced_at_once():
    desk = Desk()
    desk.on_letter = refusing("review-1")(desk)
    desk.to_review()
    assert [(letter.step, letter.to) for letter in desk.state.deliveries.letters[-1:]] == [
        ("review-1-chase-1", "supervisor")
    ]
    assert Attention.REVIEW_LATE not in desk.state.attention.reasons


def test_when_nobody_can_be_reached_the_next_try_is_a_period_later():
    desk = Desk()
    tried: list[tuple[datetime, str]] = []

    def refuse(letter: SendLetter) -> bool:
        if letter.step.to == "recipient":
            return False
        tried.append((desk.now, letter.step.to))
        desk.request.letter_refused(letter.step, "550", desk.now)
        return True

    desk.on_letter = refuse
    desk.to_review().go(days=9)
    assert tried == [
        (utc(3, 7, 13), "reviewer"),
        (utc(3, 7, 13), "supervisor"),
        (utc(3, 13, 12), "supervisor"),
    ]


def test_a_hold_goes_to_somebody_else_when_the_operator_cannot_be_reached():
    desk = Desk().go(days=1)
    desk.garble()
    desk.on_letter = refusing("hold-1-chase-1")(desk)
    desk.go(days=1)
    assert [(letter.step, letter.to) for letter in desk.state.deliveries.letters[-1:]] == [
        ("hold-1-chase-2", "supervisor")
    ]


def test_a_bounced_request_for_review_goes_to_the_supervisor():
    desk = Desk().to_review()
    desk.say(desk.report("review-1"))
    desk.settle()
    assert desk.state.deliveries.letters[-1].to == "supervisor"


def test_a_deferred_letter_is_tried_again_as_another_attempt():
    desk = Desk()
    letter = at_letter(desk)
    desk.request.letter_deferred(letter.step, "421", retry_after=timedelta(minutes=2), now=desk.now)
    rest = desk.next()
    assert rest == Wait(desk.now + timedelta(minutes=2), "demand to the recipient")
    desk.now += timedelta(minutes=2)
    assert at_letter(desk).attempt == 2


def test_letters_deferred_over_and_over_ask_for_attention_also_the_demand():
    desk = Desk()
    for _ in range(DEFERRALS_BEFORE_ATTENTION):
        letter = at_letter(desk)
        desk.request.letter_deferred(letter.step, "421", retry_after=timedelta(seconds=5), now=desk.now)
        desk.now = desk.settle().until  # pyright: ignore[reportAttributeAccessIssue] - it waits
    assert Attention.MAIL_DELAYED in desk.state.attention.reasons
    desk.settle()
    assert Attention.MAIL_DELAYED not in desk.state.attention.reasons


def test_a_deferred_reminder_hides_no_deadline():
    desk = Desk().go(utc(2, 20, 13))
    desk.now = utc(2, 20, 14)
    letter = at_letter(desk)
    assert letter.step.kind is StepKind.REMINDER
    desk.request.letter_deferred(letter.step, "421", retry_after=timedelta(days=9), now=desk.now)
    assert desk.settle() == Wait(DUE, "the response is overdue")


def test_a_final_notice_that_does_not_go_out_leaves_the_time_to_cure_closed():
    desk = Desk()

    def defer(letter: SendLetter) -> bool:
        if letter.step.kind is StepKind.FINAL_NOTICE:
            desk.request.letter_deferred(letter.step, "421", retry_after=timedelta(hours=5), now=desk.now)
        return letter.step.kind is StepKind.FINAL_NOTICE

    desk.on_letter = defer
    desk.go(days=80)
    assert desk.state.status is Status.OVERDUE
    assert Attention.MAIL_DELAYED in desk.state.attention.reasons
    desk.on_letter = lambda _: False
    desk.go(days=1)
    assert desk.state.status is Status.OVERDUE
    desk.go(days=9)
    assert desk.state.status is Status.AWAITING_REVIEW


def test_a_lost_sender_is_asked_again_under_the_same_attempt():
    desk = Desk()
    letter = at_letter(desk)
    desk.request.sender_lost(letter.step, desk.now)
    assert at_letter(desk) == letter


def test_a_letter_that_kills_its_sender_over_and_over_is_not_sent_without_pause():
    desk = Desk()
    for _ in range(3):
        desk.request.sender_lost(at_letter(desk).step, desk.now)
    assert desk.next() == Wait(desk.now + timedelta(seconds=30), "demand to the recipient")


def test_a_letter_that_cannot_be_set_is_tried_again_and_a_person_is_told():
    desk = Desk()
    desk.request.work_failed(at_letter(desk).step.id, Attention.LETTER_FAILED, "no font", desk.now)
    assert isinstance(desk.next(), Wait)
    assert Attention.LETTER_FAILED in desk.state.attention.reasons
    desk.go(minutes=1)
    assert desk.sent == ["demand"]
    assert Attention.LETTER_FAILED not in desk.state.attention.reasons


def test_a_letter_in_doubt_is_sent_again_and_says_so():
    desk = Desk()
    desk.request.letter_unconfirmed(at_letter(desk).step, "time-out", desk.now)
    again = at_letter(desk)
    assert (again.attempt, again.possible_copy) == (2, True)
    desk.settle()
    assert desk.state.deliveries.letters[0].possible_copy


def test_a_letter_in_doubt_is_held_where_the_policy_says_so():
    desk = Desk(campaign(mail={"when_unknown": "hold"}))
    desk.request.letter_unconfirmed(at_letter(desk).step, "time-out", desk.now)
    assert desk.state.status is Status.ON_HOLD
    assert desk.go(days=3).sent == ["hold-1-chase-1", "hold-1-chase-2"]
    desk.say(desk.resolution(Attention.UNKNOWN_SEND))
    assert at_letter(desk).possible_copy


def test_a_letter_always_in_doubt_is_held_also_where_the_policy_is_to_resend():
    desk = Desk()
    for _ in range(DOUBTS_BEFORE_HOLD):
        while isinstance(action := desk.next(), Wait):
            desk.now = action.until
        desk.request.letter_unconfirmed(at_letter(desk).step, "time-out", desk.now)
    assert Attention.UNKNOWN_SEND in desk.state.attention.holds


def in_doubt(*, starts: str = "accepted") -> Desk:
    """A request whose demand was handed over and whose answer was lost, under the policy to hold."""
    desk = Desk(campaign(mail={"when_unknown": "hold"}, clock={"response": {"within": {"days": 30}}, "starts": starts}))
    desk.request.letter_unconfirmed(at_letter(desk).step, "time-out", desk.now)
    return desk


@pytest.mark.parametrize("starts", ["accepted", "delivered"])
def test_a_demand_in_doubt_that_arrived_starts_the_clock_and_is_not_sent_again(starts: str):
    desk = in_doubt(starts=starts)
    arrived = desk.now
    desk.go(days=1)
    desk.say(desk.report("demand", "delivered", at=arrived))
    settling = at_letter(desk)
    assert (settling.attempt, settling.known and settling.known.at) == (1, arrived)
    desk.settle()
    assert desk.state.status is Status.AWAITING_RESPONSE
    assert Attention.UNKNOWN_SEND not in desk.state.attention.reasons
    assert desk.state.clock.facts.clock_from == arrived
    assert [
        (letter.step, letter.delivered) for letter in desk.state.deliveries.letters if letter.to == "recipient"
    ] == [("demand", "yes")]


def test_a_demand_in_doubt_that_came_back_cannot_be_delivered_and_waits_for_a_person():
    desk = in_doubt()
    desk.say(desk.report("demand", "failed"))
    assert set(desk.state.attention.reasons) == {Attention.UNDELIVERABLE}
    assert not desk.state.clock.runs
    assert isinstance(desk.next(), Wait)
    desk.say(desk.report("demand", "delivered"))  # by a courier
    desk.settle()
    assert desk.state.status is Status.AWAITING_RESPONSE
    assert not desk.state.attention.reasons


def test_a_reminder_in_doubt_that_came_back_is_dropped_and_the_ladder_goes_on():
    desk = Desk(campaign(mail={"when_unknown": "hold"})).go(days=1)
    while isinstance(action := desk.next(), Wait):
        desk.now = action.until
    step = at_letter(desk).step
    desk.request.letter_unconfirmed(step, "time-out", desk.now)
    desk.say(desk.report(step.id, "failed"))
    assert not desk.state.attention.holds
    assert Attention.UNDELIVERABLE in desk.state.attention.reasons
    assert isinstance(desk.next(), Wait)


def test_that_a_letter_in_doubt_is_delayed_settles_nothing():
    desk = in_doubt()
    desk.say(desk.report("demand", "delayed"))
    assert Attention.UNKNOWN_SEND in desk.state.attention.holds


def test_a_doubt_about_a_letter_to_our_own_people_holds_nothing():
    desk = Desk(campaign(mail={"when_unknown": "hold"}))
    at_draft(desk)
    desk.request.draft_finished(draft(1), desk.now)
    desk.go(utc(3, 7, 12))
    desk.now = utc(3, 7, 13)
    desk.request.letter_unconfirmed(at_letter(desk).step, "time-out", desk.now)
    assert not desk.state.attention.holds
    assert at_letter(desk).possible_copy


# Delivery.


def test_a_demand_starts_the_clock_at_delivery_where_the_campaign_says_so():
    desk = Desk(campaign(clock={"starts": "delivered"})).go(days=7)
    assert desk.state.status is Status.SENDING
    assert desk.sent[:2] == ["demand", "delivery-1-chase-1"]
    assert Attention.ON_HOLD in desk.state.attention.reasons
    desk.say(desk.report("demand", "delivered", at=utc(1, 29, 16)))
    assert desk.state.status is Status.AWAITING_RESPONSE
    assert not desk.state.attention.reasons
    desk.next()
    assert desk.request.dates
    assert desk.request.dates.deadline.trigger == date(2018, 1, 29)


def test_nobody_has_a_letter_before_it_was_accepted():
    desk = Desk(campaign(clock={"starts": "delivered"}))
    letter, accepted = at_letter(desk), desk.now + timedelta(minutes=5)
    desk.now += timedelta(hours=1)
    desk.request.letter_accepted(letter.step, receipt(accepted), possible_copy=False, now=desk.now)
    desk.say(desk.report("demand", "delivered", at=accepted - timedelta(minutes=1)))
    assert desk.state.clock.facts.clock_from == accepted


@pytest.mark.parametrize("phase", PHASES)
def test_a_bounced_demand_stops_the_clock_in_every_phase(phase: Status):
    desk = PHASES[phase](Desk())
    desk.say(desk.report("demand"))
    assert desk.state.status is Status.SENDING
    assert desk.request.response_due is None
    assert desk.state.process.draft is None
    assert desk.go(days=2).sent[-1].startswith("hold-1-chase-")
    desk.say(desk.resolution(Attention.UNDELIVERABLE))
    desk.settle()
    assert desk.sent[-1] == "demand-series-2"
    assert desk.state.status is Status.AWAITING_RESPONSE
    assert desk.request.response_due
    assert desk.request.response_due > desk.now + timedelta(days=29)
    assert "reminder-1-series-2" in desk.go(days=25).sent


def test_a_second_bounce_of_the_old_demand_does_not_stop_the_new_one():
    desk = Desk().go(days=1)
    desk.say(desk.report("demand"))
    desk.say(desk.resolution(Attention.UNDELIVERABLE))
    desk.go(days=2)
    desk.say(desk.report("demand"))
    assert desk.state.status is Status.AWAITING_RESPONSE


def test_what_becomes_of_a_demand_that_was_replaced_is_noted_and_changes_nothing():
    desk = Desk().go(days=1)
    desk.say(desk.report("demand"))
    desk.say(desk.resolution(Attention.UNDELIVERABLE))
    desk.go(days=2)
    for outcome in ("delivered", "failed"):
        desk.say(desk.report("demand", outcome))
        assert desk.state.status is Status.AWAITING_RESPONSE
    desk.say(desk.report("demand-series-2"))
    desk.say(desk.report("demand", "delivered"))
    assert desk.state.status is Status.SENDING


def test_a_courier_can_deliver_what_the_mail_could_not():
    desk = Desk().go(days=1)
    desk.say(desk.report("demand"))
    desk.go(days=2)
    desk.say(desk.report("demand", "delivered"))
    assert (desk.state.status, desk.state.attention.holds) == (Status.AWAITING_RESPONSE, {})


def test_a_delayed_letter_changes_nothing():
    desk = Desk().go(days=1)
    desk.say(desk.report("demand", "delayed"))
    assert (desk.state.status, desk.request.response_due) == (Status.AWAITING_RESPONSE, DUE)


@pytest.mark.parametrize("phase", [Status.OVERDUE, Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE])
def test_a_bounced_final_notice_was_never_given_however_far_the_draft_has_come(phase: Status):
    desk = PHASES[phase](Desk())
    desk.say(desk.report("final-notice"))
    assert (desk.state.status, desk.state.process.draft) == (Status.ON_HOLD, None)
    desk.say(desk.resolution(Attention.UNDELIVERABLE))
    desk.settle()
    assert (desk.state.status, desk.sent[-1]) == (Status.OVERDUE, "final-notice-series-2")
    desk.go(days=5)
    assert desk.state.status is Status.OVERDUE
    desk.go(days=5)
    assert desk.state.status is Status.AWAITING_REVIEW


def test_the_final_notice_of_an_old_date_may_bounce_without_harm():
    desk = Desk().to_overdue()
    desk.say(desk.extension(to=date(2018, 3, 20)))
    desk.say(desk.report("final-notice"))
    assert desk.state.status is Status.AWAITING_RESPONSE


def test_a_bounced_reminder_is_told_and_holds_nothing():
    desk = Desk().go(utc(2, 10))
    desk.say(desk.report("reminder-1"))
    assert Attention.UNDELIVERABLE in desk.state.attention.reasons
    assert "reminder-2" in desk.go(utc(2, 22)).sent


# Extensions.


@pytest.mark.parametrize("phase", PHASES)
def test_an_extension_begins_a_new_series_in_every_phase(phase: Status):
    desk = PHASES[phase](Desk())
    desk.say(desk.extension(to=date(2018, 4, 13)))
    desk.settle()
    assert desk.state.status is Status.AWAITING_RESPONSE
    assert (desk.state.process.draft, desk.state.process.approved_by) == (None, None)
    assert desk.request.response_due == utc(4, 14, 5)
    desk.go(utc(4, 30))
    of_the_new_series = [step for step in desk.sent if step.endswith("-series-2")]
    assert of_the_new_series == ["reminder-1-series-2", "reminder-2-series-2", "final-notice-series-2"]
    assert desk.state.status is Status.AWAITING_REVIEW


def test_an_extension_to_a_date_and_one_by_a_period_add_up():
    desk = Desk().go(days=1)
    desk.say(desk.extension(to=date(2018, 3, 1)))
    desk.settle()
    desk.say(desk.extension(period=days(7)))
    desk.settle()
    assert desk.request.response_due == utc(3, 9, 6)


def test_reminders_whose_day_had_passed_when_more_time_was_granted_are_not_sent_late():
    desk = Desk().go(utc(2, 21, 20))
    desk.say(desk.extension(period=days(7)))  # Friday, March 2; two weeks before is February 16
    desk.go(utc(2, 24))
    assert desk.sent == UNTIL_OVERDUE


def test_an_extension_asks_for_no_second_acknowledgment():
    desk = Desk().go(utc(2, 2))
    desk.say(desk.extension(period=days(30)))
    desk.go(days=20)
    assert desk.sent.count("acknowledgment") == 1
    assert "acknowledgment-series-2" not in desk.sent


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"to": date(2018, 2, 23)}, "to: 2018-02-23 is not after 2018-02-23"),
        ({"to": date(2081, 2, 23)}, "to: 2081-02-23 is more than a year away"),
        ({"period": Period(unit="hours", count=5)}, "period: an extension of a deadline in days"),
        ({"period": days(900)}, "period: 900 days from 2018-02-23 end more than a year from now"),
    ],
)
def test_an_extension_that_makes_no_sense_is_refused(more: dict[str, Any], why: str):
    desk = Desk().go(days=1)
    assert desk.refuses(desk.extension(**more)).startswith(why)


def test_more_time_that_is_over_already_is_no_more_time():
    desk = Desk().to_review()
    assert desk.refuses(desk.extension(to=date(2018, 3, 1))) == "to: 2018-03-01 is in the past"
    assert desk.refuses(desk.extension(period=days(2))).startswith("period: 2 days from 2018-02-23 are over already")


def test_there_is_no_time_to_extend_before_the_demand_was_accepted():
    desk = Desk()
    desk.on_letter = refusing("demand")(desk)
    desk.settle()
    assert "clock does not run" in desk.refuses(desk.extension(period=days(5)))


def test_a_demand_does_not_go_out_after_its_own_date_certain():
    by = campaign(clock={"response": {"by": "2018-02-01"}})
    desk = Desk(by)
    desk.on_letter = refusing("demand")(desk)
    desk.go(days=10)
    desk.on_letter = lambda _: False
    desk.say(desk.resolution(Attention.UNDELIVERABLE))
    desk.settle()
    assert "demand" not in desk.sent
    assert "extend or withdraw" in desk.state.attention.reasons[Attention.ON_HOLD]
    desk.say(desk.extension(to=date(2018, 3, 1)))
    desk.settle()
    assert (desk.state.status, desk.request.response_due) == (Status.AWAITING_RESPONSE, utc(3, 2, 6))


def test_an_extension_while_a_reminder_is_under_way_calls_it_back():
    desk = Desk().go(utc(2, 9, 13))
    desk.now = utc(2, 9, 14)
    letter = at_letter(desk)
    desk.say(desk.extension(period=days(30)))
    assert not desk.request.still_wants(letter)


def test_a_final_notice_that_was_overtaken_by_an_extension_leaves_no_time_to_cure_behind():
    desk = Desk().go(utc(2, 26, 13))
    desk.now = utc(2, 26, 14)
    letter = at_letter(desk)
    desk.say(desk.extension(to=date(2018, 3, 20)))
    desk.accept(letter)
    assert desk.state.status is Status.AWAITING_RESPONSE
    desk.go(utc(3, 22, 14))
    assert desk.sent[-1] == "final-notice-series-2"
    assert desk.state.status is Status.OVERDUE


# Escalation.


def test_escalating_closes_the_response_time_then_the_time_to_cure_then_asks_the_next_person():
    desk = Desk().go(days=1)
    desk.say(desk.escalation())
    desk.settle()
    assert (desk.state.status, desk.sent[-1]) == (Status.OVERDUE, "final-notice")
    desk.say(desk.escalation())
    desk.settle()
    assert desk.state.status is Status.AWAITING_REVIEW
    desk.say(desk.escalation())
    desk.settle()
    assert desk.sent[-2:] == ["review-1", "review-1-chase-1"]
    assert desk.state.deliveries.letters[-1].to == "supervisor"
    assert Attention.REVIEW_LATE not in desk.state.attention.reasons


def test_a_response_within_the_original_time_is_on_time_although_it_was_closed_early():
    desk = Desk().go(days=1)
    desk.say(desk.escalation())
    desk.go(days=2)
    desk.say(desk.response())
    assert desk.request.ending.on_time is True


def test_escalating_twice_before_the_final_notice_could_go_skips_it():
    desk = Desk().go(utc(1, 27, 15))  # a Saturday
    desk.say(desk.escalation())
    assert isinstance(desk.settle(), Wait)
    desk.say(desk.escalation())
    desk.settle()
    assert desk.state.status is Status.AWAITING_REVIEW
    assert "without a final notice" in next(
        e.text for e in reversed(desk.request.timeline) if e.event.kind == "escalated"
    )


def test_escalating_at_night_asks_the_reviewer_and_then_the_supervisor():
    desk = Desk()
    at_draft(desk)
    desk.request.draft_finished(draft(1), desk.now)
    desk.settle()
    assert desk.now == utc(3, 7, 6)  # nobody was asked yet
    desk.say(desk.escalation())
    desk.go(utc(3, 7, 14))
    assert [letter.to for letter in desk.state.deliveries.letters[-2:]] == ["reviewer", "supervisor"]


@pytest.mark.parametrize("phase", PHASES)
def test_nothing_is_escalated_on_hold(phase: Status):
    desk = PHASES[phase](Desk())
    desk.garble()
    assert "resolve that first" in desk.refuses(desk.escalation())


# Holds.


@pytest.mark.parametrize("phase", PHASES)
def test_an_unreadable_message_holds_the_ladder_in_every_phase_until_a_person_has_looked(phase: Status):
    desk = PHASES[phase](Desk())
    before = len(desk.sent)
    desk.garble()
    assert desk.state.status is Status.ON_HOLD
    desk.go(days=45)
    assert {letter.to for letter in desk.state.deliveries.letters[before:]} == {"operator"}
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert desk.state.status is phase
    desk.go(days=30)
    assert desk.state.status in (Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE)


def test_a_hold_is_chased_every_business_day_for_as_long_as_it_takes():
    desk = Desk().go(days=1)
    desk.garble()
    desk.go(days=28)
    chases = [letter.receipt.accepted_at.date() for letter in desk.state.deliveries.letters if letter.to == "operator"]
    assert len(chases) == 19  # four weeks without Presidents' Day
    assert len(set(chases)) == len(chases)


def test_two_holds_end_with_the_second():
    desk = Desk(campaign(mail={"when_unknown": "hold"})).go(utc(2, 1, 13))
    desk.now = utc(2, 1, 14)
    desk.request.letter_unconfirmed(at_letter(desk).step, "time-out", desk.now)
    desk.garble()
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert desk.state.status is Status.ON_HOLD
    desk.say(desk.resolution(Attention.UNKNOWN_SEND))
    assert desk.state.status is Status.AWAITING_RESPONSE


def test_the_recipients_time_runs_on_while_we_hold():
    desk = Desk().go(utc(2, 20, 15))
    desk.garble()
    desk.go(utc(3, 1, 15))
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    desk.settle()
    assert (desk.state.status, desk.sent[-1]) == (Status.OVERDUE, "final-notice")


def test_a_reviewer_has_the_whole_period_again_after_a_hold():
    desk = Desk().to_review()
    desk.garble()
    desk.go(utc(3, 20, 15))
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    rest = desk.settle()
    assert rest == Wait(utc(3, 26, 12), "review-1-chase-1 to the reviewer")


def test_a_letter_to_the_reviewer_under_way_when_a_hold_begins_is_counted():
    desk = Desk()
    at_draft(desk)
    desk.request.draft_finished(draft(1), desk.now)
    desk.go(utc(3, 7, 12))
    desk.now = utc(3, 7, 13)
    letter = at_letter(desk)
    desk.garble()
    desk.accept(letter)
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert desk.settle() == Wait(utc(3, 13, 12), "review-1-chase-1 to the reviewer")


def test_a_demand_under_way_when_a_hold_begins_starts_the_clock():
    desk = Desk()
    letter = at_letter(desk)
    desk.garble()
    desk.accept(letter)
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert desk.state.status is Status.AWAITING_RESPONSE


def test_what_is_not_open_cannot_be_resolved():
    desk = Desk().go(days=1)
    assert desk.refuses(desk.resolution(Attention.OBJECTION)) == "attention: objection is not open; open are none"


# Review.


@pytest.mark.parametrize(
    ("by", "taken"),
    [
        (REVIEWER, True),
        (SUPERVISOR, True),
        (OPERATOR, False),
        (Who(name=REVIEWER.name, role="supervisor"), False),
        (Who(name="Somebody Else", role="reviewer"), False),
    ],
)
def test_only_the_named_reviewer_or_supervisor_decides_in_that_role(by: Who, taken: bool):
    desk = Desk().to_review()
    if taken:
        desk.say(desk.review("approve", by=by))
        assert desk.state.process.approved_by == by
    else:
        assert desk.refuses(desk.review("approve", by=by)).startswith("by: only ")


def test_an_approval_names_the_draft_that_was_read():
    desk = Desk().to_review()
    assert desk.refuses(desk.review("approve", sha256="e" * 64)).startswith("sha256: eeeeeeeeeeee… is not draft 1")


def test_a_draft_with_an_empty_field_is_not_approved():
    desk = Desk()
    desk.missing = ("relevance",)
    desk.to_review()
    assert "empty fields: relevance" in desk.refuses(desk.review("approve"))


def test_nothing_is_approved_on_hold():
    desk = Desk().to_review()
    desk.garble()
    assert "on hold (unreadable_message)" in desk.refuses(desk.review("approve"))


def test_a_revision_makes_the_next_version_and_the_old_one_can_no_longer_be_approved():
    desk = Desk().to_review()
    old = desk.review("approve")
    desk.say(desk.review("revise", fields={"relevance": "It is."}))
    desk.settle()
    assert (desk.state.process.draft, desk.state.process.fields) == (draft(2), {"relevance": "It is."})
    assert desk.sent[-1] == "review-2"
    assert desk.refuses(old).startswith("sha256: ")


def test_a_revision_of_a_field_that_does_not_exist_is_refused():
    desk = Desk().to_review()
    assert desk.refuses(desk.review("revise", fields={"nonsense": "x"})).startswith("fields: no field nonsense")


def test_a_rejected_draft_waits_for_a_person_and_is_then_drawn_anew():
    desk = Desk().to_review()
    desk.say(desk.review("reject"))
    assert desk.state.attention.reasons == {Attention.DRAFT_REJECTED: "wrong authority"}
    desk.go(days=3)
    desk.say(desk.resolution(Attention.DRAFT_REJECTED))
    desk.settle()
    assert desk.state.process.draft == draft(2)


def test_a_revision_answers_a_rejection():
    desk = Desk().to_review()
    desk.say(desk.review("reject"))
    desk.say(desk.review("revise", notes="cite the award", by=SUPERVISOR))
    desk.settle()
    assert (desk.state.status, desk.state.process.draft) == (Status.AWAITING_REVIEW, draft(2))


@pytest.mark.parametrize("moot", ["extension", "bounce"])
def test_a_rejection_is_moot_once_its_draft_is(moot: str):
    desk = Desk().to_review()
    desk.say(desk.review("reject"))
    desk.say(desk.extension(to=date(2018, 4, 13)) if moot == "extension" else desk.report("demand"))
    assert Attention.DRAFT_REJECTED not in desk.state.attention.reasons
    assert Attention.DRAFT_REJECTED not in desk.state.attention.holds


def test_a_draft_that_fails_is_tried_again_and_a_person_is_told():
    desk = Desk()
    assert at_draft(desk) == DraftSubpoena(1)
    desk.request.work_failed(DRAFT, Attention.DRAFT_FAILED, "no font", desk.now)
    assert desk.next() == Wait(desk.now + timedelta(seconds=30), "another try: draft")
    assert desk.state.status is Status.DRAFTING
    desk.go(minutes=1)
    assert desk.state.process.draft == draft(1)
    assert Attention.DRAFT_FAILED not in desk.state.attention.reasons


def test_a_failure_to_draft_is_forgotten_when_no_draft_is_wanted():
    desk = Desk()
    at_draft(desk)
    desk.request.work_failed(DRAFT, Attention.DRAFT_FAILED, "no font", desk.now)
    desk.say(desk.extension(to=date(2018, 4, 13)))
    assert not desk.state.attention.reasons


# Outages.


@pytest.mark.parametrize(
    ("policy", "sent"),
    [
        ("latest", ["demand", "reminder-2"]),
        ("all", ["demand", "acknowledgment", "reminder-1", "reminder-2"]),
        ("none", ["demand"]),
    ],
)
def test_after_an_outage_the_policy_decides_which_missed_letters_go(policy: str, sent: list[str]):
    desk = Desk(campaign(mail={"catch_up": policy, "minimum_gap": {"hours": 1}})).go(days=1)
    desk.now = utc(2, 20, 16)  # after the chase for an acknowledgment and both reminders
    desk.go(utc(2, 22))
    assert desk.sent == sent


def test_after_an_outage_over_the_deadline_no_reminder_goes():
    desk = Desk(campaign(mail={"catch_up": "all"})).go(days=1)
    desk.now = utc(2, 28, 16)
    desk.settle()
    assert desk.sent == ["demand", "final-notice"]
    assert "This was noted 4 days, 10:00:00 later." in next(
        entry.text for entry in desk.request.timeline if entry.event.kind == "deadline_passed"
    )
    assert desk.state.deliveries.letters[-1].late_by_seconds == 2 * 86400 + 2 * 3600


def test_an_outage_over_the_final_notice_leaves_the_whole_time_to_cure():
    desk = Desk().go(days=1)
    desk.now = utc(4, 2, 16)
    desk.settle()
    assert desk.state.status is Status.OVERDUE
    rest = desk.settle()
    assert isinstance(rest, Wait)
    assert rest.until == utc(4, 10, 5)


def test_a_letter_whose_day_is_over_waits_for_the_office_to_open():
    desk = Desk().go(days=1)
    desk.now = utc(2, 10, 5)  # 23:00 on Friday
    rest = desk.settle()
    assert isinstance(rest, Wait)
    assert rest.until == utc(2, 13, 14)


def test_a_reminder_that_the_server_put_off_was_not_missed():
    desk = Desk(campaign(mail={"catch_up": "none"})).go(utc(2, 9, 13))
    desk.now = utc(2, 9, 14)
    desk.request.letter_deferred(at_letter(desk).step, "421", retry_after=timedelta(hours=3), now=desk.now)
    assert "reminder-1" in desk.go(hours=4).sent


def test_two_letters_to_the_recipient_keep_their_distance():
    ladder = ({"remind": {"before_due": {"days": 2}}}, {"remind": {"before_due": {"days": 1}}}, *without("remind"))
    ordered = (ladder[2], ladder[0], ladder[1], *ladder[3:])
    desk = Desk(campaign(ladder=ordered, mail={"minimum_gap": {"hours": 26}}))
    desk.go(utc(2, 23))
    accepted = [
        letter.receipt.accepted_at for letter in desk.state.deliveries.letters if letter.kind is StepKind.REMINDER
    ]
    assert accepted == [utc(2, 21, 14), utc(2, 22, 16)]


def test_a_failure_to_compute_dates_is_tried_again():
    desk = Desk()
    desk.request.work_failed(DATES, Attention.DATES_FAILED, "disk", desk.now)
    assert desk.request.proceed(desk.now) == Wait(desk.now + timedelta(seconds=30), "another try: dates")
    desk.go(minutes=1)
    assert desk.sent == ["demand"]
    assert not desk.state.attention.reasons


# The record.


def test_a_record_that_cannot_be_filed_is_offered_again_and_hides_no_deadline():
    desk = Desk().go(days=1)
    desk.request.not_filed("no space left", desk.now)
    assert desk.request.to_file(desk.now) == ()
    assert desk.next() == Wait(desk.now + timedelta(minutes=1), "another try to file the record")
    desk.now += timedelta(minutes=1)
    assert desk.next() == Wait(utc(2, 1, 14), "acknowledgment to the recipient")  # who waits files first
    entries = desk.request.to_file(desk.now)
    assert entries == tuple(desk.request.timeline)
    desk.request.filed(len(entries), desk.now)
    assert not desk.state.attention.reasons
    (recovered,) = desk.request.to_file(desk.now)
    assert recovered.event.kind == "filing_recovered"
    desk.request.filed(1, desk.now)
    assert desk.request.is_all_filed


def test_a_letter_that_could_not_be_called_back_after_the_end_is_on_record():
    desk = Desk().go(utc(2, 9, 13))
    desk.now = utc(2, 9, 14)
    letter = at_letter(desk)
    desk.say(desk.withdrawal())
    assert not desk.request.still_wants(letter)
    desk.request.letter_accepted(letter.step, receipt(desk.now), possible_copy=False, now=desk.now)
    assert desk.state.status is Status.WITHDRAWN
    assert desk.request.ending.letters_sent == 3
    assert desk.request.ending.head == desk.request.head


def test_a_signal_after_the_end_is_kept():
    desk = Desk().go(days=1)
    desk.say(desk.withdrawal())
    desk.garble()
    assert desk.said[-1] == "message_unreadable"
    assert (desk.state.status, desk.state.attention.reasons) == (Status.WITHDRAWN, {})


def test_a_cancelled_workflow_is_a_withdrawal():
    desk = Desk().go(days=1)
    desk.request.cancelled("by the Web UI", desk.now)
    assert desk.state.status is Status.WITHDRAWN
    assert desk.next() == Close()
