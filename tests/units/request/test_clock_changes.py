"""What moves the recipient's time: extensions, pauses, other calendars: forthwith/request/clock_changes.py."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from forthwith.deadlines.period import Period
from forthwith.request.actions import DraftReferral
from forthwith.request.events import DeadlineComputed
from forthwith.request.vocabulary import Attention, Message, Status
from tests.units.cases import (
    BEFORE_ISSUANCE,
    DECLARED,
    DUE,
    OPENED,
    Desk,
    Refusal,
    Situation,
    campaign,
    check_refusal,
    days,
    plan,
    utc,
)

RUNNING = Status.AWAITING_RESPONSE
REVIEW = Status.AWAITING_REVIEW
BY_DATE = campaign(clock={"response": {"by": "2018-02-23"}})
UNTIL_OVERDUE = ["demand", "acknowledgment", "reminder-1", "reminder-2"]
FRIDAY, MONDAYS, LATE_IN_THE_WEEK = DECLARED


def hours(count: int) -> Period:
    return Period(unit="hours", count=count)


# Extensions.


@pytest.mark.parametrize("phase", [*BEFORE_ISSUANCE, Status.DRAFTING])
def test_an_extension_begins_a_new_series_in_every_phase_before_issuance(phase: Status):
    desk = Desk().to(phase)
    desk.say_and_settle(desk.extension(to=date(2018, 4, 13)))
    assert (desk.status, desk.drafted, desk.state.process.approved_by) == (Status.AWAITING_RESPONSE, None, None)
    assert desk.request.response_due == utc(4, 14, 5)
    desk.go(utc(4, 30))
    of_the_new_series = [step for step in desk.sent if step.endswith("-series-2")]
    assert of_the_new_series == ["reminder-1-series-2", "reminder-2-series-2", "final-notice-series-2"]
    assert desk.status is Status.AWAITING_REVIEW


def test_an_extension_to_a_date_and_one_by_a_period_add_up():
    desk = Desk().to(RUNNING)
    desk.say_and_settle(desk.extension(to=date(2018, 3, 1)))
    desk.say_and_settle(desk.extension(period=days(7)))
    assert desk.request.response_due == utc(3, 9, 6)


def test_an_extension_is_what_the_recipient_asked_for():
    desk = Desk().to(RUNNING)
    desk.say(desk.response(kind="extension_request"))
    desk.say(desk.extension(period=days(7)))
    assert not desk.reasons


def test_reminders_whose_day_had_passed_when_more_time_was_granted_are_not_sent_late():
    desk = Desk().go(utc(2, 21, 20))
    desk.say(desk.extension(period=days(7)))  # Friday, March 2; two weeks before is February 16
    assert desk.go(utc(2, 24)).sent == UNTIL_OVERDUE


def test_an_extension_asks_for_no_second_acknowledgment():
    desk = Desk().go(utc(2, 2))
    desk.say(desk.extension(period=days(30)))
    assert [step for step in desk.go(days=20).sent if "acknowledgment" in step] == ["acknowledgment"]


@pytest.mark.parametrize("moot", ["extension", "bounce"])
def test_a_rejection_is_moot_once_its_draft_is(moot: str):
    desk = Desk().to_review()
    desk.say(desk.review("reject"))
    desk.say(desk.extension(to=date(2018, 4, 13)) if moot == "extension" else desk.report("demand"))
    assert Attention.DRAFT_REJECTED not in desk.reasons | desk.holds


def test_a_demand_does_not_go_out_after_its_own_date_certain_until_that_is_extended():
    desk = Desk(campaign(clock={"response": {"by": "2018-02-01"}})).mail_refuses("demand").go(days=10)
    desk.mail_works()
    desk.say_and_settle(desk.resolution(Attention.UNDELIVERABLE))
    assert "demand" not in desk.sent
    assert "extend or withdraw" in desk.state.attention.reasons[Attention.ON_HOLD]
    desk.say_and_settle(desk.extension(to=date(2018, 3, 1)))
    assert (desk.status, desk.request.response_due) == (Status.AWAITING_RESPONSE, utc(3, 2, 6))


def test_more_time_to_return_moves_the_return_date_from_its_base():
    desk = Desk().to_return()
    desk.say(desk.extension(period=days(7)))
    desk.say_and_settle(desk.extension(period=days(7)))
    assert (desk.status, desk.return_due.due) == (Status.AWAITING_RETURN, date(2018, 4, 11))


def test_more_time_to_return_puts_off_a_referral():
    desk = Desk().to_return().go(utc(3, 29, 9))
    assert desk.state.process.memo
    desk.say(desk.extension(to=date(2018, 4, 13)))
    assert (desk.state.process.refers, desk.state.process.memo) == (False, None)
    assert desk.go(utc(4, 13)).status is Status.AWAITING_RETURN
    assert desk.go(utc(4, 17)).status is Status.REFERRED_FOR_ENFORCEMENT


# The clock is paused and resumed.


@pytest.mark.parametrize(
    ("period", "due"),
    [
        pytest.param({"days": 7}, utc(3, 3, 6), id="a week"),  # Friday, March 2, in Chicago
        pytest.param({"hours": 2}, DUE, id="within a day"),
    ],
)
def test_a_pause_moves_the_date_by_every_day_that_ended_in_it(period: dict[str, float], due: datetime):
    desk = Desk().go(days=5)
    desk.say(desk.pause())
    assert (desk.status, desk.reasons) == (Status.ON_HOLD, {Attention.CLOCK_PAUSED})
    assert desk.request.response_due is None
    desk.go(**period).say_and_settle(desk.resumption())
    assert (desk.status, desk.reasons) == (Status.AWAITING_RESPONSE, set())
    assert desk.request.response_due == due


def test_a_reminder_that_was_sent_is_not_sent_again_after_a_pause_and_the_others_are_later():
    desk = Desk().go(days=20)
    desk.say(desk.pause())
    desk.go(days=30).say(desk.resumption())
    assert [step for step in desk.go(days=9).sent if step.startswith("reminder")] == ["reminder-1", "reminder-2"]


def test_what_was_escalated_by_an_operator_stays_escalated_whatever_was_paused_before():
    desk = Desk().go(days=5)
    desk.say(desk.escalation())
    desk.go(days=3).say(desk.pause())
    assert desk.state.phase is Status.OVERDUE
    desk.go(days=3).say_and_settle(desk.resumption())
    assert desk.status is Status.OVERDUE


@pytest.mark.parametrize("since", [utc(2, 20), utc(2, 24, 5)])
def test_a_pause_of_before_the_deadline_that_is_recorded_after_it_reopens_the_response_time(since: datetime):
    desk = Desk().go(utc(2, 24, 15))
    assert desk.status is Status.OVERDUE
    desk.say(desk.pause(since))
    desk.say_and_settle(desk.resumption())
    assert desk.state.phase is Status.AWAITING_RESPONSE
    assert "response_period_reopened" in desk.said


def test_the_time_to_cure_stands_still_as_well():
    desk = Desk().to_overdue()
    assert desk.dates.cure
    before = desk.dates.cure.due
    desk.say(desk.pause())
    desk.go(days=10).say_and_settle(desk.resumption())
    assert desk.dates.cure
    assert desk.dates.cure.due > before
    assert desk.status is Status.OVERDUE


@pytest.mark.parametrize(
    "response", [{"within": {"days": 30}}, {"within": {"business_days": 21}}, {"by": "2018-02-23"}]
)
def test_pauses_and_extensions_are_recorded_in_any_order(response: dict[str, Any]):
    """On the 18th day somebody enters what the file says: two pauses, and three times that more time was given."""

    def paused(first: int, last: int) -> Callable[[Desk], object]:
        def record(desk: Desk) -> None:
            desk.say(desk.pause(OPENED + timedelta(days=first)))
            desk.say(desk.resumption(OPENED + timedelta(days=last)))

        return record

    def granted(period: dict[str, int]) -> Callable[[Desk], object]:
        return lambda desk: desk.say(desk.extension(period=Period.model_validate(period)))

    entries = [
        paused(3, 5),
        paused(9, 16),
        granted({"days": 1}),
        granted({"business_days": 2}),
        granted({"days": 3}),
    ]
    dues: set[datetime | None] = set()
    for order in list(permutations(entries))[::7]:
        desk = Desk(campaign(clock={"response": response})).go(days=18)
        for record in order:
            record(desk)
            desk.settle()
        dues.add(desk.request.response_due)
    assert len(dues) == 1
    assert None not in dues


def test_a_date_named_during_a_pause_moves_only_by_what_is_still_to_come_of_it():
    desk = Desk(BY_DATE).go(days=5)
    desk.say(desk.pause())  # on Monday, January 29
    desk.go(days=3).say(desk.extension(to=date(2018, 3, 1)))  # on Thursday, February 1
    desk.go(days=2).say_and_settle(desk.resumption())  # on Saturday, February 3: two more days have ended
    assert desk.request.response_due == utc(3, 4, 6)


def test_other_holds_stay_when_the_clock_runs_again():
    desk = Desk().go(days=5)
    desk.say(desk.pause())
    desk.garble()
    desk.say(desk.resumption())
    assert desk.holds == {Attention.UNREADABLE_MESSAGE}


def test_the_return_date_stands_still_as_well():
    desk = Desk().to_return()
    before = desk.return_due.due
    desk.say(desk.pause())
    assert desk.status is Status.ON_HOLD
    desk.go(days=60).say_and_settle(desk.resumption())
    assert desk.status is Status.AWAITING_RETURN
    assert (desk.return_due.due - before).days in range(60, 64)


# A holiday is declared: the dates are computed with other calendars from then on.


def test_a_declared_holiday_moves_the_date_and_the_reminders_that_have_not_gone():
    desk = Desk().go(utc(2, 10))
    assert desk.sent == ["demand", "acknowledgment", "reminder-1"]
    desk.say_and_settle(desk.recomputation(FRIDAY))
    assert desk.request.response_due == utc(2, 27, 6)  # the 23rd is closed: Monday, February 26
    assert desk.step("reminder-2").why == "3 business days before the response is due on Monday, February 26, 2018"
    assert desk.go(days=30).sent.count("reminder-1") == 1
    assert [
        entry.event.due.closes_at.isoformat()
        for entry in desk.request.timeline
        if isinstance(entry.event, DeadlineComputed)
    ] == ["2018-02-24T00:00:00-06:00", "2018-02-27T00:00:00-06:00"]


def test_a_deadline_that_had_passed_by_the_old_calendar_has_not_and_its_final_notice_does_not_count():
    desk = Desk().go(utc(2, 24, 15))
    assert desk.status is Status.OVERDUE
    desk.say_and_settle(desk.recomputation(FRIDAY))
    assert desk.status is Status.AWAITING_RESPONSE
    assert "response_period_reopened" in desk.said
    assert "final-notice-series-2" in desk.go(days=5).sent


@pytest.mark.parametrize(
    ("phase", "calendar"), [*((phase, FRIDAY) for phase in BEFORE_ISSUANCE[1:]), (Status.OVERDUE, LATE_IN_THE_WEEK)]
)
def test_a_final_notice_given_too_early_does_not_count_and_a_draft_that_rests_on_it_is_withdrawn(
    phase: Status, calendar: str
):
    """It went out on Monday, February 26, which is the last day by these calendars."""
    desk = Desk().to(phase)
    desk.say_and_settle(desk.recomputation(calendar))
    assert (desk.drafted, desk.status, desk.sent[-1]) == (None, Status.OVERDUE, "final-notice-series-2")


def test_a_draft_whose_time_to_cure_goes_on_by_the_new_calendar_is_withdrawn():
    desk = Desk(plan(state="")).go(utc(3, 6, 15))
    assert desk.status is Status.AWAITING_REVIEW
    desk.say_and_settle(desk.recomputation(MONDAYS))
    assert (desk.drafted, desk.status, desk.said[-1]) == (None, Status.OVERDUE, "cure_period_resumed")
    assert desk.go(days=1).drafted == 2


def test_dates_that_move_what_a_draft_states_have_it_drawn_anew():
    """The time to cure ended on a Tuesday, and on another day by the other calendar; it is over by both."""
    desk = Desk(plan(state="")).to_review()
    assert desk.drafted == 1
    desk.say_and_settle(desk.recomputation(MONDAYS))
    assert (desk.drafted, desk.status) == (2, Status.AWAITING_REVIEW)


def test_the_return_date_moves_and_what_was_issued_stands():
    desk = Desk().to_return()
    before = desk.return_due.due
    desk.say_and_settle(desk.recomputation(LATE_IN_THE_WEEK))  # it was due on a Wednesday
    assert desk.return_due.due > before
    assert (desk.status, desk.drafted) == (Status.AWAITING_RETURN, 1)


def test_a_referral_after_a_return_date_that_moved_is_not_made():
    desk = Desk().to_return()
    desk.until(DraftReferral)
    desk.say_and_settle(desk.recomputation(LATE_IN_THE_WEEK))
    assert not desk.state.process.refers
    assert desk.now < desk.return_due.closes_at


def test_no_holiday_moves_a_date_certain():
    desk = Desk(BY_DATE).go(days=5)
    before = desk.request.response_due
    desk.say_and_settle(desk.recomputation(FRIDAY))
    assert desk.request.response_due == before


# What is refused.


def undelivered() -> Desk:
    desk = Desk().mail_refuses("demand")
    desk.settle()
    return desk


def paused() -> Desk:
    desk = Desk().go(days=5)
    desk.say(desk.pause())
    return desk


def recomputed() -> Desk:
    desk = Desk().to(RUNNING)
    desk.say(desk.recomputation(FRIDAY))
    return desk


def just_overdue() -> Desk:
    """No final notice has given time to cure yet."""
    return Desk().go(utc(2, 24, 15))


def sent_late() -> Desk:
    return Desk(campaign(demand={"send_on": "2018-01-26"})).go(days=5)


def given_two_days() -> Desk:
    """They are over."""
    return Desk(campaign(clock={"response": {"within": {"hours": 48}}})).go(days=7)


def to(month: int, day: int, year: int = 2018) -> Callable[[Desk], Message]:
    return lambda desk: desk.extension(to=date(year, month, day))


def by(period: Period) -> Callable[[Desk], Message]:
    return lambda desk: desk.extension(period=period)


REFUSALS: list[Refusal] = [
    (RUNNING, to(2, 23), "to: 2018-02-23 is not after 2018-02-23, when the response is due already"),
    (RUNNING, to(2, 23, 2081), "to: 2081-02-23 is more than a year away"),
    (REVIEW, to(3, 1), "to: 2018-03-01 is in the past"),
    (RUNNING, by(hours(5)), "period: an extension of a deadline in days is given in days or business_days"),
    (RUNNING, by(days(900)), "period: 900 days from 2018-02-23 end more than a year from now"),
    (REVIEW, by(days(2)), "period: 2 days from 2018-02-23 are over already; give a date (to) instead"),
    (given_two_days, by(hours(5)), "period: 5 hours from 2018-01-26 are over already; give a date (to) instead"),
    (undelivered, by(days(5)), "the clock does not run yet; there is no deadline to extend"),
    (Status.AWAITING_SERVICE, to(5, 1), "the subpoena was issued; its return date is counted from service, and can be"),
    (undelivered, Desk.pause, "the clock does not run yet; there is nothing to pause"),
    (paused, Desk.pause, "the clock stands still since 2018-01-29T15:00:00+00:00 already; resume it first"),
    (RUNNING, lambda desk: desk.pause(utc(1, 26)), "at: 2018-01-26T00:00:00+00:00 is in the future"),
    (sent_late, lambda desk: desk.pause(OPENED), "at: 2018-01-24T15:00:00+00:00 is before the clock began to run"),
    (just_overdue, lambda desk: desk.pause(DUE), "at: the time was over at 2018-02-24T00:00:00-06:00; a pause"),
    (REVIEW, Desk.pause, "no time of the recipient runs that could be paused; the request is AwaitingReview"),
    (Status.AWAITING_RETURN, lambda desk: desk.pause(utc(3, 1)), "at: 2018-03-01T00:00:00+00:00 is before the"),
    (RUNNING, Desk.resumption, "the clock does not stand still; there is nothing to resume"),
    (paused, lambda desk: desk.resumption(utc(1, 28)), "at: 2018-01-28T00:00:00+00:00 is before the clock was paused"),
    (paused, lambda desk: desk.resumption(utc(1, 30)), "at: 2018-01-30T00:00:00+00:00 is in the future"),
    (RUNNING, lambda desk: desk.recomputation("1" * 64), "the dates are computed with these calendars already"),
    (recomputed, lambda desk: desk.recomputation(FRIDAY), "the dates are computed with these calendars already"),
]


@pytest.mark.parametrize(("when", "message", "because"), REFUSALS, ids=[because for *_, because in REFUSALS])
def test_what_is_refused_and_why(when: Situation, message: Callable[[Desk], Message], because: str):
    check_refusal(when, message, because)
