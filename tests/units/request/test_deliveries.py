"""What becomes of a letter, what is reported of it later, to whom it goes, and which go out again:
forthwith/request/deliveries.py."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from forthwith.request.actions import SendLetter, Wait
from forthwith.request.deliveries import DEFERRALS_BEFORE_ATTENTION, DOUBTS_BEFORE_HOLD
from forthwith.request.vocabulary import Attention, Message, Status
from tests.units.cases import (
    BEFORE_ISSUANCE,
    DUE,
    LADDER,
    Desk,
    Refusal,
    Situation,
    campaign,
    check_refusal,
    days,
    receipt,
    utc,
)

RUNNING = Status.AWAITING_RESPONSE
REVIEW = Status.AWAITING_REVIEW
OLD, OURS = "records@somewhere.example", "reviewer@office.example"
HOLDING = campaign(mail={"when_unknown": "hold"})
AT_DELIVERY = campaign(clock={"starts": "delivered"})
BY_DATE = campaign(clock={"response": {"by": "2018-02-23"}})
NEW = "clerk@somewhere.example"


def returned() -> Desk:
    """The demand came back."""
    desk = Desk().to(RUNNING)
    return desk.say_and_settle(desk.report("demand"))


def unconfirmed(*, starts: str = "accepted") -> Desk:
    """The demand was handed over and the answer was lost, under the policy to hold."""
    desk = Desk(campaign(mail={"when_unknown": "hold"}, clock={"response": {"within": {"days": 30}}, "starts": starts}))
    desk.lose_answer(desk.letter())
    return desk


# Accepted.


def test_the_clock_starts_when_the_demand_is_accepted():
    desk = Desk()
    assert desk.request.response_due is None
    desk.settle()
    assert (desk.status, desk.request.response_due) == (Status.AWAITING_RESPONSE, DUE)


def test_a_letter_that_could_not_be_called_back_after_the_end_is_on_record():
    desk = Desk()
    letter = desk.letter("reminder-1")
    desk.say(desk.withdrawal())
    assert not desk.request.still_wants(letter)
    desk.accept(letter)
    assert (desk.status, desk.request.ending.letters_sent) == (Status.WITHDRAWN, 3)
    assert desk.request.ending.head == desk.request.head


def test_an_extension_while_a_reminder_is_under_way_calls_it_back():
    desk = Desk()
    letter = desk.letter("reminder-1")
    desk.say(desk.extension(period=days(30)))
    assert not desk.request.still_wants(letter)
    before = desk.state
    desk.request.letter_called_back(letter.step, desk.now)
    assert desk.state.deliveries == before.deliveries, "it was not sent"


def test_a_final_notice_that_was_overtaken_by_an_extension_leaves_no_time_to_cure_behind():
    desk = Desk()
    letter = desk.letter("final-notice")
    desk.say(desk.extension(to=date(2018, 3, 20)))
    desk.accept(letter)
    assert desk.status is Status.AWAITING_RESPONSE
    desk.go(utc(3, 22, 14))
    assert (desk.sent[-1], desk.status) == ("final-notice-series-2", Status.OVERDUE)


def test_a_deficiency_letter_whose_answer_came_late_starts_one_time_to_cure():
    desk = Desk(campaign(ladder=(*LADDER[:3], {"deficiency": {"cure": {"days": 10}}}, *LADDER[3:]))).go(utc(2, 5, 16))
    desk.say_and_settle(desk.response(a1="produced"))
    again = desk.step("deficiency-1")
    desk.request.letter_accepted(again, receipt(desk.now), possible_copy=True, now=desk.now)
    assert desk.go(days=1).sent.count("deficiency-1") == 2
    assert isinstance(desk.next(), Wait)


# Refused for good.


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
    desk.letter(step)
    desk.mail_refuses(step).settle()
    assert desk.reasons >= {Attention.UNDELIVERABLE}
    assert (bool(desk.holds), desk.status) == (holds, status)
    desk.go(days=20)
    if goes_on_with:
        assert goes_on_with in desk.sent
        return
    assert desk.status is status
    assert desk.sent[-1].startswith("hold-1-chase-")
    desk.mail_works()
    desk.say(desk.resolution(Attention.UNDELIVERABLE))
    desk.go(days=3)
    assert (step in desk.sent, desk.holds) == (True, set()), "sent again once a person has looked"


def test_a_demand_sent_again_states_dates_from_the_new_day():
    desk = Desk().mail_refuses("demand").go(days=9)
    desk.mail_works()
    desk.say(desk.resolution(Attention.UNDELIVERABLE))
    stated = desk.dates.deadline
    desk.settle()
    assert desk.dates.deadline == stated
    assert stated.trigger == date(2018, 2, 2)


@pytest.mark.parametrize("said", ["refused", "bounced"])
def test_a_reviewer_who_cannot_be_reached_is_replaced_at_once(said: str):
    desk = Desk()
    if said == "refused":
        desk.mail_refuses("review-1")
    desk.to_review()
    if said == "bounced":
        desk.say_and_settle(desk.report("review-1"))
    assert (desk.letters[-1].step, desk.letters[-1].to) == ("review-1-chase-1", "supervisor")
    assert desk.reasons == {Attention.UNDELIVERABLE}, "the review is not late"


def test_a_hold_goes_to_somebody_else_when_the_operator_cannot_be_reached():
    desk = Desk().to(RUNNING)
    desk.garble()
    desk.mail_refuses("hold-1-chase-1").go(days=1)
    assert (desk.letters[-1].step, desk.letters[-1].to) == ("hold-1-chase-2", "supervisor")


def test_a_referral_that_the_supervisor_cannot_get_goes_to_somebody_else():
    desk = Desk().to_return().mail_refuses("referral-1").go(days=30)
    assert (desk.letters[-1].to, desk.status) == ("reviewer", Status.REFERRED_FOR_ENFORCEMENT)


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
    assert tried == [(utc(3, 7, 13), "reviewer"), (utc(3, 7, 13), "supervisor"), (utc(3, 13, 12), "supervisor")]


# Put off, lost, or not to be made.


def test_a_deferred_letter_is_tried_again_as_another_attempt():
    desk = Desk()
    desk.defer(desk.letter(), minutes=2)
    assert desk.next() == Wait(desk.now + timedelta(minutes=2), "demand to the recipient")
    assert desk.letter().attempt == 2


def test_letters_deferred_over_and_over_ask_for_attention_also_the_demand():
    desk = Desk()
    for time in range(1, DEFERRALS_BEFORE_ATTENTION + 1):
        desk.defer(desk.letter(), seconds=5)
        assert (Attention.MAIL_DELAYED in desk.reasons) is (time == DEFERRALS_BEFORE_ATTENTION)
    desk.go(minutes=2)
    assert (desk.sent, desk.reasons) == (["demand"], set())


def test_a_lost_sender_is_asked_again_under_the_same_attempt():
    desk = Desk()
    letter = desk.letter()
    desk.request.sender_lost(letter.step, desk.now)
    assert desk.next() == letter


def test_a_letter_that_kills_its_sender_over_and_over_is_not_sent_without_pause():
    desk = Desk()
    for _ in range(3):
        desk.request.sender_lost(desk.letter().step, desk.now)
    assert desk.next() == Wait(desk.now + timedelta(seconds=30), "demand to the recipient")


# Unconfirmed.


def test_an_unconfirmed_letter_is_sent_again_and_says_so():
    desk = Desk()
    desk.lose_answer(desk.letter())
    again = desk.letter()
    assert (again.attempt, again.possible_copy) == (2, True)
    desk.settle()
    assert desk.letters[0].possible_copy


def test_an_unconfirmed_letter_is_held_where_the_policy_says_so():
    desk = unconfirmed()
    assert desk.status is Status.ON_HOLD
    assert desk.go(days=3).sent == ["hold-1-chase-1", "hold-1-chase-2"]
    desk.say(desk.resolution(Attention.UNKNOWN_SEND))
    assert desk.letter().possible_copy


def test_a_letter_always_unconfirmed_is_held_also_where_the_policy_is_to_resend():
    desk = Desk()
    for time in range(1, DOUBTS_BEFORE_HOLD + 1):
        desk.lose_answer(desk.letter())
        assert (Attention.UNKNOWN_SEND in desk.holds) is (time == DOUBTS_BEFORE_HOLD)


def test_an_unconfirmed_letter_to_our_own_people_holds_nothing():
    desk = Desk(HOLDING)
    desk.lose_answer(desk.letter("review-1"))
    assert not desk.holds
    assert desk.letter().possible_copy


@pytest.mark.parametrize("starts", ["accepted", "delivered"])
def test_an_unconfirmed_demand_that_arrived_starts_the_clock_and_is_not_sent_again(starts: str):
    desk = unconfirmed(starts=starts)
    arrived = desk.now
    desk.go(days=1)
    desk.say(desk.report("demand", "delivered", at=arrived))
    known = desk.letter()
    assert (known.attempt, known.known and known.known.at) == (1, arrived)
    assert desk.request.still_wants(known)
    desk.settle()
    assert not desk.request.still_wants(known)
    assert (desk.status, desk.reasons) == (Status.AWAITING_RESPONSE, set())
    assert desk.state.clock.facts.clock_from == arrived
    assert [(letter.step, letter.delivered) for letter in desk.letters if letter.to == "recipient"] == [
        ("demand", "yes")
    ]


def test_an_unconfirmed_demand_that_came_back_cannot_be_delivered_and_waits_for_a_person():
    desk = unconfirmed()
    desk.say(desk.report("demand", "failed"))
    assert desk.reasons == {Attention.UNDELIVERABLE}
    assert not desk.state.clock.runs
    assert isinstance(desk.next(), Wait)
    desk.say_and_settle(desk.report("demand", "delivered"))  # by a courier
    assert (desk.status, desk.reasons) == (Status.AWAITING_RESPONSE, set())


def test_an_unconfirmed_reminder_that_came_back_is_dropped_and_the_ladder_goes_on():
    desk = Desk(HOLDING)
    desk.lose_answer(desk.letter("reminder-1"))
    desk.say(desk.report("reminder-1", "failed"))
    assert (desk.reasons, desk.holds) == ({Attention.UNDELIVERABLE}, set())
    assert desk.letter().step.id == "reminder-2"


def test_that_an_unconfirmed_letter_is_delayed_settles_nothing():
    desk = unconfirmed()
    desk.say(desk.report("demand", "delayed"))
    assert Attention.UNKNOWN_SEND in desk.holds


# Delivered, delayed, returned.


def test_a_demand_starts_the_clock_at_delivery_where_the_campaign_says_so():
    desk = Desk(AT_DELIVERY).go(days=7)
    assert (desk.status, desk.sent[:2]) == (Status.SENDING, ["demand", "delivery-1-chase-1"])
    assert (desk.reasons, desk.holds) == ({Attention.ON_HOLD}, set())
    desk.say(desk.report("demand", "delivered", at=utc(1, 29, 16)))
    assert (desk.status, desk.reasons) == (Status.AWAITING_RESPONSE, set())
    assert desk.dates.deadline.trigger == date(2018, 1, 29)


def test_a_delivery_starts_the_clock_and_leaves_everything_that_is_claimed_to_be_accepted():
    desk = Desk(campaign(clock={"starts": "delivered"}, completeness="reviewed"))
    desk.settle()
    desk.say(desk.response())
    desk.say(desk.report("demand", "delivered"))
    assert desk.state.clock.runs
    assert desk.holds == {Attention.ON_HOLD}


def test_nobody_has_a_letter_before_it_was_accepted():
    desk = Desk(AT_DELIVERY)
    letter, accepted = desk.letter(), desk.now + timedelta(minutes=5)
    desk.now += timedelta(hours=1)
    desk.request.letter_accepted(letter.step, receipt(accepted), possible_copy=False, now=desk.now)
    desk.say(desk.report("demand", "delivered", at=accepted - timedelta(minutes=1)))
    assert desk.state.clock.facts.clock_from == accepted


@pytest.mark.parametrize("phase", BEFORE_ISSUANCE)
def test_a_demand_that_comes_back_stops_the_clock_in_every_phase_before_issuance(phase: Status):
    desk = Desk().to(phase)
    desk.say(desk.report("demand"))
    assert (desk.status, desk.request.response_due, desk.drafted) == (Status.SENDING, None, None)
    assert desk.go(days=2).sent[-1].startswith("hold-1-chase-")
    desk.say_and_settle(desk.resolution(Attention.UNDELIVERABLE))
    assert (desk.sent[-1], desk.status) == ("demand-series-2", Status.AWAITING_RESPONSE)
    assert desk.request.response_due
    assert desk.request.response_due > desk.now + timedelta(days=29)
    assert "reminder-1-series-2" in desk.go(days=25).sent


@pytest.mark.parametrize("phase", [Status.AWAITING_SERVICE, Status.AWAITING_RETURN])
@pytest.mark.parametrize("letter", ["demand", "final-notice"])
def test_a_letter_that_comes_back_after_issuance_is_for_a_person_to_judge(phase: Status, letter: str):
    desk = Desk().to(phase)
    desk.say(desk.report(letter))
    assert (desk.status, desk.reasons, desk.holds) == (phase, {Attention.UNDELIVERABLE}, set())


def test_what_becomes_of_a_demand_that_was_replaced_is_noted_and_changes_nothing():
    desk = returned()
    desk.say(desk.resolution(Attention.UNDELIVERABLE))
    desk.go(days=2)
    for outcome in ("failed", "delivered", "failed"):
        desk.say(desk.report("demand", outcome))
        assert desk.status is Status.AWAITING_RESPONSE
    desk.say(desk.report("demand-series-2"))
    desk.say(desk.report("demand", "delivered"))
    assert desk.status is Status.SENDING


@pytest.mark.parametrize(
    ("phase", "letter", "after"),
    [
        (Status.AWAITING_RESPONSE, "demand", Status.AWAITING_RESPONSE),
        (Status.OVERDUE, "final-notice", Status.OVERDUE),
    ],
)
def test_a_courier_can_deliver_what_the_mail_could_not(phase: Status, letter: str, after: Status):
    desk = Desk().to(phase)
    desk.say(desk.report(letter))
    desk.go(days=2)
    desk.say(desk.report(letter, "delivered"))
    assert (desk.status, desk.holds) == (after, set())
    assert desk.state.clock.facts.final_notice_at == (desk.now if letter == "final-notice" else None)


def test_a_delayed_letter_changes_nothing():
    desk = Desk().to(RUNNING)
    desk.say(desk.report("demand", "delayed"))
    assert (desk.status, desk.request.response_due) == (Status.AWAITING_RESPONSE, DUE)
    assert desk.letters[0].delivered == "unknown"


@pytest.mark.parametrize("phase", BEFORE_ISSUANCE[1:])
def test_a_final_notice_that_comes_back_was_never_given_however_far_the_draft_has_come(phase: Status):
    desk = Desk().to(phase)
    desk.say(desk.report("final-notice"))
    assert (desk.status, desk.drafted) == (Status.ON_HOLD, None)
    desk.say_and_settle(desk.resolution(Attention.UNDELIVERABLE))
    assert (desk.status, desk.sent[-1]) == (Status.OVERDUE, "final-notice-series-2")
    assert desk.go(days=5).status is Status.OVERDUE
    assert desk.go(days=5).status is Status.AWAITING_REVIEW


def test_the_final_notice_of_an_old_date_may_come_back_without_harm():
    desk = Desk().to_overdue()
    desk.say(desk.extension(to=date(2018, 3, 20)))
    desk.say(desk.report("final-notice"))
    assert (desk.status, desk.holds) == (Status.AWAITING_RESPONSE, set())


def test_a_reminder_that_comes_back_is_recorded_and_holds_nothing():
    desk = Desk().go(utc(2, 10))
    desk.say(desk.report("reminder-1"))
    desk.say(desk.report("reminder-1"))  # and again
    assert (desk.reasons, desk.holds) == ({Attention.UNDELIVERABLE}, set())
    assert "reminder-2" in desk.go(utc(2, 22)).sent


# The recipient is corrected.


def test_a_letter_under_way_to_the_old_address_is_no_longer_wanted():
    desk = Desk()
    demand = desk.letter()
    desk.say(desk.correction(email=NEW))
    assert not desk.request.still_wants(demand)
    assert desk.letter().address == NEW
    assert desk.request.still_wants(desk.letter())


@pytest.mark.parametrize(("outcome", "addresses"), [("accepted", ["records@somewhere.example", NEW]), ("not", [NEW])])
def test_what_becomes_of_the_demand_at_the_old_address_starts_no_clock_and_says_nothing_about_the_new_one(
    outcome: str, addresses: list[str]
):
    desk = Desk()
    demand = desk.letter()
    desk.say(desk.correction(email=NEW))
    assert desk.request.is_superseded(demand)
    if outcome == "accepted":
        desk.accept(demand)
    else:
        desk.request.letter_superseded(demand.step, "550 no such user", desk.now)
    assert (desk.request.response_due, desk.reasons) == (None, set())
    desk.settle()
    assert [letter.receipt.recipient for letter in desk.letters] == addresses
    assert desk.status is Status.AWAITING_RESPONSE


def test_a_demand_that_went_to_the_old_address_comes_back_and_needs_nobody():
    desk = Desk().to(RUNNING)
    desk.say(desk.correction(email=NEW))
    desk.say_and_settle(desk.report("demand"))
    assert desk.reasons == set()
    assert (desk.letters[-1].step, desk.letters[-1].receipt.recipient) == ("demand-series-2", NEW)


@pytest.mark.parametrize(("back", "possible_copy"), [(False, False), (True, True)])
def test_a_letter_says_that_it_may_be_a_second_copy_only_to_an_address_that_may_have_the_first(
    back: bool, possible_copy: bool
):
    desk = Desk()
    demand = desk.letter()
    desk.lose_answer(demand)
    desk.say(desk.correction(email=NEW))
    if back:
        desk.say(desk.correction(email=demand.address))
    assert desk.letter().possible_copy is possible_copy


@pytest.mark.parametrize(
    ("corrected", "holds"), [({"attention": "The Clerk"}, {Attention.UNDELIVERABLE}), ({"email": NEW}, set())]
)
def test_only_another_address_resolves_that_nothing_could_be_delivered(
    corrected: dict[str, str], holds: set[Attention]
):
    desk = Desk().mail_refuses("demand")
    desk.settle()
    desk.say(desk.correction(**corrected))
    assert desk.holds == holds


def test_a_corrected_address_says_nothing_about_the_mailbox_of_our_own_people():
    desk = Desk().mail_refuses("review-1").to_review()
    desk.say(desk.correction(email=NEW))
    assert Attention.UNDELIVERABLE in desk.reasons


@pytest.mark.parametrize("phase", [Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE])
def test_a_draft_names_the_corrected_recipient(phase: Status):
    desk = Desk().to(phase)
    assert desk.say_and_settle(desk.correction(name="County of Somewhere")).drafted == 2


def test_a_correction_after_issuance_leaves_the_subpoena_as_it_is():
    desk = Desk().to_service()
    desk.say_and_settle(desk.correction(name="County of Somewhere"))
    assert (desk.status, desk.drafted) == (Status.AWAITING_SERVICE, 1)


# A letter is sent again.


def test_a_copy_goes_out_in_office_hours_on_an_open_day_and_leaves_the_clock_alone():
    desk = Desk().go(utc(1, 27, 3))  # Friday evening in Chicago
    desk.say(desk.resending("demand", restarts_clock=False))
    assert "demand-copy-1" not in desk.go(days=2).sent
    assert "demand-copy-1" in desk.go(utc(1, 29, 14)).sent
    assert desk.request.response_due == DUE
    desk.say(desk.resending("demand", restarts_clock=False))
    assert "demand-copy-2" in desk.go(days=2).sent


def test_a_copy_goes_out_beside_whatever_our_own_people_are_asked():
    desk = Desk().to_review()
    desk.say(desk.resending("final-notice", restarts_clock=False))
    desk.go(hours=2)
    assert (desk.sent[-1], desk.status) == ("final-notice-copy-1", Status.AWAITING_REVIEW)


def test_a_copy_that_is_refused_by_the_mail_server_holds_nothing():
    desk = Desk().go(days=5).mail_refuses("demand-copy-1")
    desk.say_and_settle(desk.resending("demand", restarts_clock=False))
    assert (desk.status, desk.reasons) == (Status.AWAITING_RESPONSE, {Attention.UNDELIVERABLE})


def test_a_new_demand_starts_the_clock_anew():
    desk = Desk().go(days=5)
    desk.say_and_settle(desk.resending("demand", restarts_clock=True))
    assert (desk.sent[-1], desk.status) == ("demand-series-2", Status.AWAITING_RESPONSE)
    assert desk.request.response_due == DUE + timedelta(days=5)


def test_a_new_demand_ends_a_pause_and_keeps_what_was_paused_before():
    desk = Desk().go(days=5)
    desk.say(desk.pause())
    desk.go(days=1).say(desk.resending("demand", restarts_clock=True))
    assert desk.state.clock.paused_since is None
    (pause,) = desk.state.clock.facts.pauses
    assert pause.until - pause.since == timedelta(days=1)
    desk.settle()
    assert (desk.status, desk.reasons) == (Status.AWAITING_RESPONSE, set())


# What is refused.


def with_copy() -> Desk:
    desk = Desk().go(days=5)
    desk.say(desk.resending("demand", restarts_clock=False))
    return desk.go(days=1)


def on_hold() -> Desk:
    desk = Desk().to(RUNNING)
    desk.garble()
    return desk


def being_replaced() -> Desk:
    """A new demand is to go out."""
    desk = Desk().go(days=5)
    desk.say(desk.resending("demand", restarts_clock=True))
    return desk


def replaced() -> Desk:
    return being_replaced().go(hours=1)


def copy(letter: str) -> Callable[[Desk], Message]:
    return lambda desk: desk.resending(letter, restarts_clock=False)


def anew(letter: str) -> Callable[[Desk], Message]:
    return lambda desk: desk.resending(letter, restarts_clock=True)


REFUSALS: list[Refusal] = [
    (RUNNING, lambda desk: desk.report("reminder-1"), "letter: no 'reminder-1' was sent; sent were demand"),
    (RUNNING, lambda desk: desk.report("demand", at=utc(3, 24)), "at: 2018-03-24T00:00:00+00:00 is in the future"),
    (RUNNING, lambda desk: desk.correction(email=OLD), "nothing is different: the letters go to Somewhere, Office of"),
    (RUNNING, lambda desk: desk.correction(email=OURS), f"email: {OURS} is our own address; letters would come back"),
    (REVIEW, copy("review-1"), "letter: no 'review-1' went to the recipient; there went demand, acknowledgment,"),
    (with_copy, copy("demand-copy-1"), "letter: demand-copy-1 is a copy; name the letter that it is a copy of"),
    (on_hold, copy("demand"), "no letter goes to the recipient while the request is on hold (unreadable_message); end"),
    (REVIEW, anew("reminder-1"), "restarts_clock: only a demand starts the clock; reminder-1 can be sent again"),
    (replaced, anew("demand"), "letter: the demand that counts is demand-series-2"),
    (being_replaced, anew("demand"), "letter: the demand that counts is demand-series-2, and it is still to go out"),
    (Status.AWAITING_SERVICE, anew("demand"), "restarts_clock: a subpoena was issued on this demand; it can be sent"),
    (lambda: Desk(BY_DATE).go(days=5), anew("demand"), "restarts_clock: the response is due on a date that no demand"),
]


@pytest.mark.parametrize(("when", "message", "because"), REFUSALS, ids=[because for *_, because in REFUSALS])
def test_what_is_refused_and_why(when: Situation, message: Callable[[Desk], Message], because: str):
    check_refusal(when, message, because)
