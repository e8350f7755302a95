"""When each letter goes, and why then: the ladder laid along the facts of one request."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from forthwith.campaign.models import Campaign, Jurisdiction, RequestPlan
from forthwith.cli.commands.recompute_deadlines import moved_dates
from forthwith.deadlines.pause import Pause
from forthwith.deadlines.period import Period
from forthwith.request.timetable import Chase, Extension, Facts, Step, Timetable
from tests.units.cases import OPENED, campaign, dates, plan, without
from tests.units.matter import COURT

EXAMPLE = Path(__file__).parents[2] / "examples/1373-2018"


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2018, month, day, hour, minute, tzinfo=UTC)


def days(count: int) -> Extension:
    return Extension(period=Period(unit="days", count=count))


def laid(of: RequestPlan | None = None, **facts: Any) -> Timetable:
    facts = {"opened_at": OPENED, "clock_from": OPENED} | facts
    return dates(of or plan(), Facts(**facts))


def step(name: str, of: RequestPlan | None = None, **facts: Any) -> Step:
    return next(step for step in laid(of, **facts).steps if step.id == name)


@pytest.fixture(scope="module")
def demands_of_2018() -> dict[str, RequestPlan]:
    """The 23 requests of the campaign that comes with Forthwith."""
    raw = YAML(typ="safe", pure=True).load(EXAMPLE / "campaign.yaml")
    chosen = Campaign.model_validate(raw)
    with (EXAMPLE / "jurisdictions.csv").open(encoding="utf-8", newline="") as rows:
        recipients = [Jurisdiction.model_validate(row) for row in csv.DictReader(rows)]
    pinned = {"templates": "0" * 64, "recipient_calendar": "1" * 64, "issuer_calendar": "2" * 64}
    return {r.id: RequestPlan.model_validate({"campaign": chosen, "jurisdiction": r} | pinned) for r in recipients}


# The first campaign, by hand. Eight in the morning is 13:00Z in New York and Louisville, 14:00Z in Chicago, 16:00Z in
# Los Angeles, until summer time begins on March 11. Presidents' Day is February 19. January 30 is Franklin D. Roosevelt
# Day in Kentucky (KRS 2.110). No other holiday is counted across.

BY_HAND = {
    # who: eight o'clock in UTC, the end of the day in UTC, the fifth business day
    "chicago-il": (14, 6, date(2018, 1, 31)),
    "new-york-city-ny": (13, 5, date(2018, 1, 31)),
    "los-angeles-ca": (16, 8, date(2018, 1, 31)),
    "louisville-metro-ky": (13, 5, date(2018, 2, 1)),
}


@pytest.mark.parametrize("who", BY_HAND)
def test_the_dates_of_2018(demands_of_2018: dict[str, RequestPlan], who: str) -> None:
    opens, ends, acknowledged = BY_HAND[who]
    asked_again = acknowledged + timedelta(days=1)
    got = laid(demands_of_2018[who])
    assert got.deadline.due == date(2018, 2, 23)
    assert got.deadline.closes_at == utc(2, 24, ends)
    assert got.acknowledge_by
    assert got.acknowledge_by.due == acknowledged
    assert [(step.id, step.at) for step in got.steps] == [
        ("demand", OPENED),
        ("acknowledgment", utc(asked_again.month, asked_again.day, opens)),
        ("reminder-1", utc(2, 9, opens)),
        ("reminder-2", utc(2, 20, opens)),
        ("reminder-3", utc(2, 22, opens)),
        ("final-notice", utc(2, 26, opens)),
    ]
    noticed = laid(demands_of_2018[who], final_notice_at=utc(2, 26, opens))
    assert noticed.cure


@pytest.mark.parametrize(
    ("who", "cure_ends"),
    [
        ("chicago-il", utc(3, 7, 6)),  # Pulaski Day, Monday March 5, is a holiday of Illinois
        ("new-york-city-ny", utc(3, 6, 5)),
        ("los-angeles-ca", utc(3, 6, 8)),
        ("louisville-metro-ky", utc(3, 6, 5)),
    ],
)
def test_the_time_to_cure_of_2018(demands_of_2018: dict[str, RequestPlan], who: str, cure_ends: datetime) -> None:
    got = laid(demands_of_2018[who], final_notice_at=utc(2, 26, 16))
    assert got.cure
    assert got.cure.closes_at == cure_ends


def test_all_of_2018_are_due_on_the_same_friday(demands_of_2018: dict[str, RequestPlan]) -> None:
    assert len(demands_of_2018) == 23
    assert {laid(of).deadline.due for of in demands_of_2018.values()} == {date(2018, 2, 23)}


# The clock.


def test_before_acceptance_dates_are_those_expected_from_the_demand() -> None:
    of = plan(campaign(demand={"send_on": "2018-02-01"}))
    got = laid(of, clock_from=None)
    assert got.steps[0].at == utc(2, 1, 14)
    assert got.deadline.trigger == date(2018, 2, 1)
    assert got.deadline.due == date(2018, 3, 6)  # day 30 is a Saturday, and Monday is Pulaski Day


def test_a_demand_that_was_put_off_moves_what_is_expected() -> None:
    assert laid(clock_from=None, not_before=utc(1, 29, 15)).deadline.trigger == date(2018, 1, 29)


def test_a_date_certain_is_not_rolled() -> None:
    of = plan(campaign(clock={"response": {"by": "2018-02-18"}}))  # a Sunday before a holiday
    assert laid(of).deadline.closes_at == utc(2, 19, 6)


def test_a_closing_time_ends_the_last_day() -> None:
    of = plan(campaign(clock={"closes": "17:00"}))
    assert laid(of).deadline.closes_at == utc(2, 23, 23)


# Extensions.


def test_one_and_one_day_are_two_days() -> None:
    # Friday and one day is Saturday, rolled to Monday; a second day counts from the Saturday.
    assert laid(extensions=(days(1),)).deadline.due == date(2018, 2, 26)
    assert laid(extensions=(days(1), days(1))).deadline.due == laid(extensions=(days(2),)).deadline.due


def test_an_extension_that_ends_on_a_weekend_counts_as_well() -> None:
    """One more than Friday, February 23, is a Saturday, two are a Sunday: both move to Monday, the fourth does not."""
    dues = [laid(extensions=(days(1),) * count).deadline.due.day for count in range(6)]
    assert dues == [23, 26, 26, 26, 27, 28]


def test_an_extension_counts_from_the_date_before_the_roll() -> None:
    of = plan(campaign(clock={"response": {"within": {"days": 31}}}))  # Saturday, rolled to Monday
    assert laid(of).deadline.due == date(2018, 2, 26)
    assert laid(of, extensions=(days(3),)).deadline.due == date(2018, 2, 27)


def test_an_extension_in_business_days_counts_open_days() -> None:
    more = Extension(period=Period(unit="business_days", count=6))
    assert laid(extensions=(more,)).deadline.due == date(2018, 3, 6)  # over Pulaski Day


def test_a_date_that_was_granted_is_not_rolled() -> None:
    assert laid(extensions=(Extension(to=date(2018, 3, 4)),)).deadline.due == date(2018, 3, 4)


def test_a_period_after_a_date_that_was_granted_counts_from_it() -> None:
    assert laid(extensions=(Extension(to=date(2018, 3, 4)), days(4))).deadline.due == date(2018, 3, 8)


GRANTS = st.lists(
    st.builds(Period, unit=st.sampled_from(["days", "business_days"]), count=st.integers(1, 20)).map(
        lambda period: Extension(period=period)
    ),
    max_size=4,
)
PAUSES = st.lists(
    st.tuples(st.integers(0, 24 * 60), st.integers(0, 24 * 15)).map(
        lambda hours: Pause(
            since=OPENED + timedelta(hours=hours[0]), until=OPENED + timedelta(hours=hours[0] + hours[1])
        )
    ),
    max_size=3,
)
RESPONSES = st.sampled_from([{"within": {"days": 30}}, {"within": {"business_days": 10}}, {"by": "2018-02-23"}])


@settings(deadline=None, max_examples=80)
@given(RESPONSES, GRANTS, PAUSES, st.randoms(use_true_random=False))
def test_the_same_pauses_and_extensions_told_in_any_order_give_the_same_date(
    response: dict[str, Any], grants: list[Extension], pauses: list[Pause], lots: Random
) -> None:
    of = plan(campaign(clock={"response": response}))

    def deadline() -> tuple[date, datetime, date]:
        due = laid(of, extensions=tuple(grants), pauses=tuple(pauses)).deadline
        return due.due, due.closes_at, due.last_counted

    told = deadline()
    lots.shuffle(grants)
    lots.shuffle(pauses)
    assert deadline() == told


@settings(deadline=None, max_examples=80)
@given(RESPONSES, GRANTS, PAUSES, st.integers(0, 24 * 10), st.integers(0, 24 * 20))
def test_a_pause_after_all_that_was_granted_gives_no_fresh_days(
    response: dict[str, Any], grants: list[Extension], pauses: list[Pause], after: int, length: int
) -> None:
    of = plan(campaign(clock={"response": response}))
    told = laid(of, extensions=tuple(grants), pauses=tuple(pauses)).deadline
    begins = told.closes_at + timedelta(hours=after)
    too_late = Pause(since=begins, until=begins + timedelta(hours=length))
    assert laid(of, extensions=tuple(grants), pauses=(*pauses, too_late)).deadline.due == told.due


def test_no_extension_shortens_the_time() -> None:
    # Granted under a demand that came back; the new one went out in May.
    got = laid(clock_from=utc(5, 1, 15), extensions=(Extension(to=date(2018, 3, 15)),))
    assert got.deadline.due == date(2018, 5, 31)


def test_an_elapsed_deadline_is_extended_by_elapsed_time() -> None:
    of = plan(campaign(clock={"response": {"within": {"seconds": 90}}}))
    more = Extension(period=Period(unit="seconds", count=45))
    assert laid(of, extensions=(more,)).deadline.closes_at == OPENED + timedelta(seconds=135)


# Names.


def test_letters_of_a_new_series_are_other_letters() -> None:
    names = {step.id for step in laid(series=1).steps}
    assert names >= {"reminder-1-series-2", "reminder-2-series-2", "final-notice-series-2"}


def test_an_extension_asks_for_no_second_acknowledgment() -> None:
    names = {step.id for step in laid(series=1).steps}
    assert names >= {"demand", "acknowledgment"}


def test_a_demand_after_one_that_came_back_is_another_letter_and_so_is_its_acknowledgment() -> None:
    names = {step.id for step in laid(series=1, demands=1).steps}
    assert names >= {"demand-series-2", "acknowledgment-series-2"}


# When letters go.


def test_a_rung_that_names_a_day_falls_at_the_start_of_office_hours() -> None:
    assert step("reminder-1").at == utc(2, 9, 14)
    assert step("reminder-1").until == utc(2, 10, 0)


def test_a_reminder_for_a_closed_day_goes_on_the_open_day_before() -> None:
    of = plan(campaign(ladder=({"remind": {"before_due": {"days": 4}}}, *without("remind", "acknowledgment"))))
    assert step("reminder-1", of).at == utc(2, 16, 14)  # Monday is Presidents' Day


def test_a_reminder_may_fall_before_its_demand() -> None:
    of = plan(campaign(clock={"response": {"within": {"days": 10}}}))
    assert step("reminder-1", of).planned_at < OPENED  # the request does not send it


def test_nothing_goes_before_we_came_back() -> None:
    assert step("reminder-1", not_before=utc(2, 10, 3)).at == utc(2, 13, 14)  # Saturday; Monday is Lincoln's birthday
    assert step("reminder-1", not_before=utc(2, 9, 20)).at == utc(2, 9, 20)


def test_the_gap_holds_for_the_recipient_only() -> None:
    chase = Chase(topic="hold", name="hold-1", since=OPENED)
    got = laid(gap_until=utc(2, 9, 17), chase=chase)
    assert [s.at for s in got.steps if s.id == "reminder-1"] == [utc(2, 9, 17)]
    assert [s.at for s in got.steps if s.id == "hold-1-chase-1"] == [utc(1, 25, 13)]


def test_the_plan_keeps_its_date_when_the_letter_moves() -> None:
    assert step("reminder-1", not_before=utc(2, 13, 3)).planned_at == utc(2, 9, 14)


def test_elapsed_rungs_ignore_office_hours() -> None:
    ladder = (
        {"acknowledgment": {"within": {"seconds": 5}}},
        {"remind": {"before_due": {"seconds": 10}}},
        {"final_notice": {"after_due": {"seconds": 2}, "cure": {"seconds": 8}}},
        *without("acknowledgment", "remind", "final_notice"),
    )
    of = plan(campaign(ladder=ladder, clock={"response": {"within": {"seconds": 30}}}))
    night = utc(2, 11, 8)  # 2:00 on a Sunday
    got = laid(of, opened_at=night, clock_from=night)
    assert [(s.id, (s.at - night).total_seconds(), s.until) for s in got.steps] == [
        ("demand", 0, None),
        ("acknowledgment", 5, None),
        ("reminder-1", 20, None),
        ("final-notice", 32, None),
    ]
    assert got.cure
    assert got.cure.closes_at == night + timedelta(seconds=40)


HOURS = {"response": {"within": {"hours": 48}}}


@pytest.mark.parametrize(
    ("clock", "closes_at"),
    [
        (HOURS, utc(2, 20, 16)),  # Saturday 10:00; Monday is Presidents' Day
        (HOURS | {"rule": "calendar"}, utc(2, 17, 16)),
        ({"response": {"within": {"minutes": 48 * 60}}}, utc(2, 17, 16)),
    ],
)
def test_only_a_response_time_in_hours_moves_off_closed_days(clock: dict[str, Any], closes_at: datetime) -> None:
    thursday = utc(2, 15, 16)
    assert laid(plan(campaign(clock=clock)), clock_from=thursday).deadline.closes_at == closes_at


def test_more_hours_count_on_from_before_any_move() -> None:
    of, day = plan(campaign(clock=HOURS)), Extension(period=Period(unit="hours", count=24))
    assert laid(of, clock_from=utc(2, 15, 16), extensions=(day,) * 3).deadline.closes_at == utc(2, 20, 16)
    assert laid(of, clock_from=utc(2, 15, 16), extensions=(day,) * 4).deadline.closes_at == utc(2, 21, 16)


def test_the_periods_of_rungs_in_hours_are_elapsed_time() -> None:
    ladder = (
        {"acknowledgment": {"within": {"hours": 48}}},
        {"deficiency": {"cure": {"hours": 48}}},
        {"final_notice": {"after_due": {"hours": 1}, "cure": {"hours": 48}}},
        {"subpoena": {"form": "administrative", "return_within": {"hours": 48}}},
        {"review": {"within": {"hours": 48}}},
    )
    thursday, saturday = utc(2, 15, 16), utc(2, 17, 16)
    got = laid(
        plan(campaign(ladder=ladder)),
        clock_from=thursday,
        final_notice_at=thursday,
        deficiencies=1,
        deficiency_from=thursday,
        deficiency_at=thursday,
        served_at=thursday,
        chase=Chase(topic="review", name="review-1", since=thursday),
    )
    within = (got.acknowledge_by, got.cure, got.deficiency_cure, got.return_due, got.chase_due)
    assert [due.closes_at for due in within if due] == [saturday] * 5


def test_an_escalated_final_notice_goes_as_soon_as_the_office_is_open() -> None:
    assert step("final-notice", overdue_from=utc(2, 1, 20)).at == utc(2, 1, 20)
    assert step("final-notice", overdue_from=utc(2, 3, 20)).at == utc(2, 5, 14)


# Our own people, by the calendar and the hours of the issuing office.


@pytest.mark.parametrize(
    ("chase", "name", "to", "at"),
    [
        # Asked at once, chased when the period is over, and then whoever the ladder names.
        ({}, "review-1", "reviewer", utc(3, 7, 13)),
        ({"sent": 1}, "review-1-chase-1", "reviewer", utc(3, 13, 12)),
        ({"sent": 2}, "review-1-chase-2", "supervisor", utc(3, 13, 12)),
        ({"sent": 1, "urged": True}, "review-1-chase-1", "supervisor", utc(3, 7, 13)),
        # Whoever cannot be reached is replaced.
        ({"sent": 1, "unreachable": ("reviewer",)}, "review-1-chase-1", "supervisor", utc(3, 13, 12)),
        ({"sent": 2, "unreachable": ("supervisor",)}, "review-1-chase-2", "reviewer", utc(3, 13, 12)),
        ({"sent": 2, "unreachable": ("supervisor", "reviewer")}, "review-1-chase-2", "supervisor", utc(3, 13, 12)),
    ],
)
def test_a_review_is_chased(chase: dict[str, Any], name: str, to: str, at: datetime) -> None:
    asked = Chase(topic="review", name="review-1", since=utc(3, 7, 6), **chase)
    got = step(name, chase=asked)
    assert (got.to, got.at) == (to, at)


def test_a_hold_is_chased_at_the_start_of_every_business_day() -> None:
    since, mornings = utc(2, 15, 15), list[datetime]()
    for sent in range(4):
        chased = step(f"hold-1-chase-{sent + 1}", chase=Chase(topic="hold", name="hold-1", since=since, sent=sent))
        since = chased.at
        mornings.append(since)
    # Thursday; Friday, then over a weekend and Presidents' Day.
    assert mornings == [utc(2, 16, 13), utc(2, 20, 13), utc(2, 21, 13), utc(2, 22, 13)]


def test_an_issuance_without_a_rung_is_chased_every_business_day() -> None:
    of = plan(campaign(ladder=without("issuance")))
    chased = step("issuance-1-chase-1", of, chase=Chase(topic="issuance", name="issuance-1", since=utc(3, 7, 15)))
    assert (chased.to, chased.at) == ("supervisor", utc(3, 8, 13))


# After service: the return date, and when an objection is late.


def test_an_objection_under_rule_45_is_due_fourteen_days_after_service_or_by_an_earlier_return() -> None:
    def objection_due(days: int, form: str, *pauses: Pause) -> date:
        subpoena: dict[str, Any] = {"form": form, "return_within": {"days": days}}
        if form == "court_rule45":
            subpoena |= {"court": COURT}
        of = plan(campaign(ladder=(*without("subpoena")[:4], {"subpoena": subpoena}, *without("subpoena")[4:])))
        got = laid(of, served_at=utc(4, 2, 16), pauses=pauses).objection_due
        assert got
        return got.due

    paused = Pause(since=utc(4, 5, 16), until=utc(4, 10, 16))  # five days end in it
    assert objection_due(21, "court_rule45") == date(2018, 4, 16)
    assert objection_due(21, "court_rule45", paused) == date(2018, 4, 23)  # the 21st is a Saturday
    assert objection_due(7, "court_rule45", paused) == date(2018, 4, 16)  # the return date: the 14th is a Saturday
    assert objection_due(21, "administrative", paused) == date(2018, 4, 30)  # the return date: the 28th is a Saturday


def test_a_holiday_between_moves_the_objection_date_alone_and_recomputing_says_so() -> None:
    subpoena = {"subpoena": {"form": "court_rule45", "return_within": {"days": 21}, "court": COURT}}
    of = plan(campaign(ladder=(*without("subpoena")[:4], subpoena, *without("subpoena")[4:])))
    before, after = (
        laid(of, served_at=utc(2, 9, 16), recipient_calendar=calendar)  # the 14th day is February 23
        for calendar in (None, "4" * 64)
    )
    moved = {date.date: date.new for date in moved_dates(before, after, utc(2, 10), sent=())}
    assert moved["objection_due"] == utc(2, 27, 6)
    assert "return_date" not in moved
