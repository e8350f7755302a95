"""A request that is moved while it runs, decision by decision."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from forthwith.deadlines.period import Period
from forthwith.request.actions import DraftReferral, SendLetter
from forthwith.request.events import DeadlineComputed
from forthwith.request.vocabulary import Attention, Status
from tests.units.cases import DECLARED, OPENED, Desk, campaign, receipt

NEW = "clerk@somewhere.example"


def at_demand() -> tuple[Desk, SendLetter]:
    desk = Desk()
    action = desk.next()
    assert isinstance(action, SendLetter)
    return desk, action


def test_a_letter_under_way_to_the_old_address_is_no_longer_wanted():
    desk, demand = at_demand()
    desk.say(desk.correction(email=NEW))
    assert not desk.request.still_wants(demand)
    again = desk.next()
    assert isinstance(again, SendLetter)
    assert again.address == NEW
    assert desk.request.still_wants(again)


def test_a_demand_that_was_accepted_at_the_old_address_after_all_starts_no_clock():
    desk, demand = at_demand()
    desk.say(desk.correction(email=NEW))
    desk.request.letter_accepted(demand.step, receipt(desk.now, demand.address), possible_copy=False, now=desk.now)
    assert desk.request.response_due is None
    desk.settle()
    assert [sent.receipt.recipient for sent in desk.state.deliveries.letters] == [
        "records@somewhere.example",
        NEW,
    ]
    assert desk.state.status is Status.AWAITING_RESPONSE


def test_a_refusal_of_the_old_address_says_nothing_about_the_new_one():
    desk, demand = at_demand()
    desk.say(desk.correction(email=NEW))
    assert desk.request.is_superseded(demand)
    desk.request.letter_superseded(demand.step, "550 no such user", desk.now)
    assert not desk.state.attention.reasons
    desk.settle()
    assert desk.state.status is Status.AWAITING_RESPONSE


def test_a_letter_in_doubt_at_the_old_address_is_no_second_copy_at_the_new_one():
    desk, demand = at_demand()
    desk.request.letter_unconfirmed(demand.step, "time-out", desk.now)
    desk.say(desk.correction(email=NEW))
    again = desk.next()
    assert isinstance(again, SendLetter)
    assert not again.possible_copy


def test_corrected_back_to_an_address_that_may_have_it_the_letter_says_so():
    desk, demand = at_demand()
    desk.request.letter_unconfirmed(demand.step, "time-out", desk.now)
    desk.say(desk.correction(email=NEW))
    desk.say(desk.correction(email=demand.address))
    again = desk.next()
    assert isinstance(again, SendLetter)
    assert again.possible_copy


def test_a_corrected_name_alone_sends_nothing_again_and_resolves_nothing():
    desk, demand = at_demand()
    desk.request.letter_refused(demand.step, "550 no such user", desk.now)
    desk.say(desk.correction(attention="The Clerk"))
    assert desk.state.attention.holds.keys() == {Attention.UNDELIVERABLE}


def test_a_draft_names_the_corrected_recipient():
    desk = Desk().to_review()
    desk.say(desk.correction(name="County of Somewhere"))
    desk.settle()
    assert desk.state.process.draft
    assert desk.state.process.draft.version == 2


def test_what_is_so_already_is_no_correction():
    desk = Desk().go(days=1)
    assert "nothing is different" in desk.refuses(desk.correction(email="records@somewhere.example"))


# The clock is paused and resumed.


def test_the_date_moves_by_every_day_that_ended_in_the_pause():
    desk = Desk().go(days=5)
    desk.say(desk.pause())
    assert desk.request.response_due is None
    desk.go(days=7)
    desk.say(desk.resumption())
    desk.settle()
    assert desk.request.response_due == datetime(2018, 3, 3, 6, tzinfo=UTC)  # Friday, March 2, in Chicago


def test_pausing_and_resuming_within_a_day_changes_nothing():
    desk = Desk().go(days=5)
    before = desk.request.response_due
    desk.say(desk.pause())
    desk.go(hours=2)
    desk.say(desk.resumption())
    desk.settle()
    assert desk.request.response_due == before


def test_a_reminder_that_was_sent_is_not_sent_again_after_a_pause_and_the_others_are_later():
    desk = Desk().go(days=20)
    assert "reminder-1" in desk.sent
    desk.say(desk.pause())
    desk.go(days=30)
    desk.say(desk.resumption())
    desk.go(days=9)
    assert [step for step in desk.sent if step.startswith("reminder")] == ["reminder-1", "reminder-2"]


def test_what_was_escalated_by_an_operator_stays_escalated_whatever_was_paused_before():
    desk = Desk().go(days=5)
    desk.say(desk.escalation())
    desk.go(days=3)
    assert desk.state.status is Status.OVERDUE
    desk.say(desk.pause())
    desk.go(days=3)
    desk.say(desk.resumption())
    desk.settle()
    assert desk.state.phase is Status.OVERDUE


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
    desk = Desk(campaign(clock={"response": {"by": "2018-02-23"}})).go(days=5)
    desk.say(desk.pause())  # on Monday, January 29
    desk.go(days=3)
    desk.say(desk.extension(to=date(2018, 3, 1)))  # on Thursday, February 1
    desk.go(days=2)
    desk.say(desk.resumption())  # on Saturday, February 3: two more days have ended
    desk.settle()
    assert desk.request.response_due == datetime(2018, 3, 4, 6, tzinfo=UTC)


def test_other_holds_stay_when_the_clock_runs_again():
    desk = Desk().go(days=5)
    desk.say(desk.pause())
    desk.garble()
    desk.say(desk.resumption())
    assert set(desk.state.attention.holds) == {Attention.UNREADABLE_MESSAGE}


def test_a_draft_on_a_desk_is_no_time_of_the_recipient():
    desk = Desk().to_review()
    assert "no time of the recipient runs" in desk.refuses(desk.pause())


def test_the_end_of_a_pause_is_neither_before_it_nor_in_the_future():
    desk = Desk().go(days=5)
    desk.say(desk.pause())
    assert desk.refuses(desk.resumption(desk.now - timedelta(days=1))).startswith("at:")
    assert desk.refuses(desk.resumption(desk.now + timedelta(days=1))).startswith("at:")


def test_the_return_date_stands_still_as_well():
    desk = Desk().to_return()
    assert desk.request.dates
    assert desk.request.dates.return_due
    before = desk.request.dates.return_due.due
    desk.say(desk.pause())
    assert desk.state.status is Status.ON_HOLD
    desk.go(days=60)
    desk.say(desk.resumption())
    desk.settle()
    assert desk.state.status is Status.AWAITING_RETURN
    assert (desk.request.dates.return_due.due - before).days in range(60, 64)


# A letter is sent again.


def test_a_copy_goes_out_in_office_hours_on_an_open_day():
    desk = Desk().go(datetime(2018, 1, 27, 3, tzinfo=UTC))  # Friday evening in Chicago
    desk.say(desk.resending("demand", restarts_clock=False))
    assert "demand-copy-1" not in desk.go(days=2).sent
    assert "demand-copy-1" in desk.go(datetime(2018, 1, 29, 14, tzinfo=UTC)).sent


def test_a_copy_goes_out_beside_whatever_our_own_people_are_asked():
    desk = Desk().to_review()
    desk.say(desk.resending("final-notice", restarts_clock=False))
    desk.go(hours=2)
    assert desk.sent[-1] == "final-notice-copy-1"
    assert desk.state.status is Status.AWAITING_REVIEW


def test_a_copy_that_is_refused_by_the_mail_server_holds_nothing():
    desk = Desk().go(days=5)

    def refuse(letter: SendLetter) -> bool:
        desk.request.letter_refused(letter.step, "550 no such user", desk.now)
        return True

    desk.on_letter = refuse
    desk.say(desk.resending("demand", restarts_clock=False))
    desk.settle()
    assert desk.state.status is Status.AWAITING_RESPONSE
    assert desk.state.attention.reasons.keys() == {Attention.UNDELIVERABLE}


def test_a_date_certain_is_moved_by_no_demand():
    desk = Desk(campaign(clock={"response": {"by": "2018-02-23"}})).go(days=5)
    assert "on a date that no demand moves" in desk.refuses(desk.resending("demand", restarts_clock=True))


def test_a_new_demand_ends_a_pause_and_keeps_what_was_paused_before():
    desk = Desk().go(days=5)
    desk.say(desk.pause())
    desk.say(desk.resending("demand", restarts_clock=True))
    assert desk.state.clock.paused_since is None
    desk.settle()
    assert desk.state.status is Status.AWAITING_RESPONSE


def test_only_the_latest_demand_is_replaced():
    desk = Desk().go(days=5)
    desk.say(desk.resending("demand", restarts_clock=True))
    desk.settle()
    assert "the demand that counts is demand-series-2" in desk.refuses(desk.resending("demand", restarts_clock=True))


# A holiday is declared: the dates are computed with other calendars from then on.

FRIDAY, MONDAYS, LATE_IN_THE_WEEK = DECLARED


def test_a_declared_holiday_moves_the_date_and_the_reminders_that_have_not_gone():
    desk = Desk().go(datetime(2018, 2, 10, tzinfo=UTC))
    assert desk.sent == ["demand", "acknowledgment", "reminder-1"]
    desk.say(desk.recomputation(FRIDAY))
    desk.settle()
    assert desk.request.response_due == datetime(2018, 2, 27, 6, tzinfo=UTC)  # the 23rd is closed: Monday, February 26
    assert desk.step("reminder-2").why == "3 business days before the response is due on Monday, February 26, 2018"
    assert desk.go(days=30).sent.count("reminder-1") == 1
    assert [
        entry.event.due.closes_at.isoformat()
        for entry in desk.request.timeline
        if isinstance(entry.event, DeadlineComputed)
    ] == ["2018-02-24T00:00:00-06:00", "2018-02-27T00:00:00-06:00"]


def test_the_same_calendars_move_nothing_and_are_refused():
    desk = Desk().go(days=5)
    desk.say(desk.recomputation(FRIDAY))
    assert "with these calendars already" in desk.refuses(desk.recomputation(FRIDAY))
    assert "with these calendars already" in Desk().go(days=5).refuses(desk.recomputation("1" * 64))


def test_a_deadline_that_had_passed_by_the_old_calendar_has_not_and_its_final_notice_does_not_count():
    desk = Desk().to_overdue()
    assert "final-notice" in desk.sent
    desk.say(desk.recomputation(LATE_IN_THE_WEEK))  # and Lincoln's birthday: due on Monday, the 26th, still past
    desk.settle()
    assert desk.state.phase is Status.OVERDUE
    desk = Desk().go(datetime(2018, 2, 24, 15, tzinfo=UTC))
    assert desk.state.phase is Status.OVERDUE
    desk.say(desk.recomputation(FRIDAY))
    desk.settle()
    assert desk.state.phase is Status.AWAITING_RESPONSE
    assert "response_period_reopened" in desk.said
    assert "final-notice-series-2" in desk.go(days=5).sent


def test_a_draft_that_rests_on_a_final_notice_given_too_early_is_withdrawn():
    desk = Desk().to_review()
    desk.say(desk.recomputation(FRIDAY))  # the notice went out on Monday, February 26, the new last day
    desk.settle()
    assert desk.state.process.draft is None
    assert desk.state.phase is Status.OVERDUE
    assert desk.sent[-1] == "final-notice-series-2"


def test_the_return_date_moves_and_what_was_issued_stands():
    desk = Desk().to_return()
    assert desk.request.dates
    assert desk.request.dates.return_due
    before = desk.request.dates.return_due.due
    moved = MONDAYS if before.weekday() == 0 else LATE_IN_THE_WEEK
    desk.say(desk.recomputation(moved))
    desk.settle()
    assert desk.request.dates.return_due.due > before
    assert desk.state.process.issued
    assert desk.state.phase is Status.AWAITING_RETURN


def test_a_referral_after_a_return_date_that_moved_is_not_made():
    desk = Desk().to_return()
    assert desk.request.dates
    assert desk.request.dates.return_due
    assert desk.request.dates.refer_at
    moved = MONDAYS if desk.request.dates.return_due.due.weekday() == 0 else LATE_IN_THE_WEEK
    desk.now = desk.request.dates.refer_at
    assert isinstance(desk.next(), DraftReferral)
    desk.say(desk.recomputation(moved))
    desk.settle()
    assert not desk.state.process.refers
    assert desk.now < desk.request.dates.return_due.closes_at


def test_no_holiday_moves_a_date_certain():
    desk = Desk(campaign(clock={"response": {"by": "2018-02-23"}})).go(days=5)
    before = desk.request.response_due
    desk.say(desk.recomputation(FRIDAY))
    desk.settle()
    assert desk.request.response_due == before


def test_a_request_that_has_ended_has_no_dates_to_compute():
    desk = Desk().go(days=5)
    desk.say(desk.response())
    desk.settle()
    assert "ended" in desk.refuses(desk.recomputation(FRIDAY))
