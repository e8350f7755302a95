"""Computing time: worked examples from the rules and committee notes, then properties that hold for every date."""

import csv
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from forthwith.deadlines.calendar import Calendar, ClosedDay
from forthwith.deadlines.calendar_builder import build_calendar
from forthwith.deadlines.clock import Clock, Computation
from forthwith.deadlines.office_hours import OfficeHours
from forthwith.deadlines.period import Period
from forthwith.deadlines.rule import Rule
from tests.units.naive_clock import naive_due

EXAMPLES = Path(__file__).parents[1] / "data" / "deadline_examples.csv"
DOCUMENTED_STATES = ("IL", "NY", "CA", "MA", "TX", "DC")


def clock(state: str | None = None, zone: str = "America/Chicago", closes: time | None = None) -> Clock:
    names = ["us-federal", "state"] if state else ["us-federal"]
    calendar = build_calendar(names, state=state, first_year=2000, last_year=2045)
    return Clock(calendar=calendar, zone=zone, closes=closes)


def noon(day: str, zone: str = "America/Chicago") -> datetime:
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone))


def period(**written: int) -> Period:
    return Period.model_validate(written)


def read_examples() -> list[dict[str, str]]:
    with EXAMPLES.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


# Worked examples


@pytest.mark.parametrize("example", read_examples(), ids=lambda e: f"{e['n']} {e['description']}")
def test_worked_example(example: dict[str, str]) -> None:
    computed = clock(example["district_state"]).counted(date.fromisoformat(example["event_date"]), int(example["days"]))
    assert computed.due.isoformat() == example["expected"]
    assert f"{computed.due:%a}" == example["weekday"]
    disputed = [(example["alternative"], example["ambiguity"])] if example["ambiguity"] else []
    assert [(other.due.isoformat(), other.reason) for other in computed.alternatives] == disputed


@pytest.mark.parametrize(
    ("zone", "ends"),
    [
        ("America/New_York", "2018-02-24T05:00+00:00"),
        ("America/Chicago", "2018-02-24T06:00+00:00"),
        ("America/Denver", "2018-02-24T07:00+00:00"),
        ("America/Los_Angeles", "2018-02-24T08:00+00:00"),
    ],
)
def test_the_same_day_ends_at_another_instant_in_every_zone(zone: str, ends: str) -> None:
    computed = clock("IL", zone).within(noon("2018-01-24", zone), period(days=30), "frcp6")
    assert computed.due == date(2018, 2, 23)
    assert computed.closes_at == datetime.fromisoformat(ends)


@pytest.mark.parametrize(
    ("state", "length", "rule", "due"),
    [
        (None, {"business_days": 20}, "business_days", "2026-07-17"),  # federal FOIA
        ("CA", {"days": 10}, "frcp6", "2026-06-29"),  # California PRA: Saturday, June 27, rolls
        ("IL", {"business_days": 5}, "frcp6", "2026-06-25"),
        ("TX", {"business_days": 10}, "calendar", "2026-07-02"),
        ("CA", {"days": 10}, "calendar", "2026-06-27"),
    ],
)
def test_response_periods_of_a_request_received_on_june_17_2026(
    state: str | None, length: dict[str, int], rule: str, due: str
) -> None:
    assert clock(state).within(noon("2026-06-17"), period(**length), rule).due.isoformat() == due


def test_a_state_holiday_closes_no_day_for_a_backward_count() -> None:
    """FRCP 6(a)(6)(C) and its committee note: 14 days before May 5, 2008 is Patriots' Day, and stays there."""
    massachusetts = clock("MA", "America/New_York")
    assert massachusetts.counted(date(2008, 5, 5), -14).due == date(2008, 4, 21)
    assert massachusetts.counted(date(2008, 4, 7), 14).due == date(2008, 4, 22)


def test_a_backward_count_keeps_going_backward_off_a_closed_day() -> None:
    """FRCP 6(a)(5) and its committee note: ten days before Wednesday, 2007-09-12 is a Sunday; Friday is next."""
    computed = clock("IL").counted(date(2007, 9, 12), -10)
    assert (computed.last_counted, computed.due) == (date(2007, 9, 2), date(2007, 8, 31))
    assert computed.citation == "FRCP 6(a)(1), 6(a)(5)"


def test_three_more_days_for_mail_are_added_to_the_rolled_day_and_roll_again() -> None:
    """FRCP 6(d): 14 days from Friday, June 20, 2025 are July 4, so Monday, July 7; three more are Thursday."""
    first = clock("IL").counted(date(2025, 6, 20), 14)
    assert first.due == date(2025, 7, 7)
    assert clock("IL").counted(first.due, 3).due == date(2025, 7, 10)


def test_inauguration_day_is_a_holiday_in_the_capital_and_forward_only() -> None:
    assert clock("DC", "America/New_York").counted(date(2021, 1, 6), 14).due == date(2021, 1, 21)
    assert clock("DC", "America/New_York").counted(date(2021, 2, 3), -14).due == date(2021, 1, 20)


# Date certain, elapsed time, closing hours


def test_a_date_certain_is_never_moved_and_says_so() -> None:
    saturday = clock("IL").by(date(2018, 2, 24))
    assert (saturday.due, saturday.rule, saturday.period, saturday.skipped) == (
        date(2018, 2, 24),
        "date_certain",
        "",
        (),
    )
    assert "A date certain is not moved for a weekend or a holiday." in saturday.explain()


def test_hours_are_elapsed_time_across_a_change_of_clocks() -> None:
    """72 hours from Friday 10:23 EDT end on Monday 9:23 EST: the night clocks go back is an hour longer."""
    new_york = clock("NY", "America/New_York")
    friday = datetime(2007, 11, 2, 10, 23, tzinfo=ZoneInfo("America/New_York"))
    computed = new_york.within(friday, period(hours=72), "frcp6")
    assert computed.closes_at.isoformat() == "2007-11-05T09:23:00-05:00"
    assert computed.in_words() == "Monday, November 5, 2007, by 9:23 a.m., New York time (EST)"
    assert computed.rule == "elapsed"


@pytest.mark.parametrize(
    ("zone", "event", "hours", "words"),
    [
        ("America/New_York", "2026-03-07T02:00-05:00", 24, "Sunday, March 8, 2026, by 3:00 a.m., New York time (EDT)"),
        (
            "America/New_York",
            "2026-10-31T01:00-04:00",
            25,
            "Sunday, November 1, 2026, by 1:00 a.m., New York time (EST)",
        ),
        (
            "America/Sao_Paulo",
            "2018-11-03T12:00-03:00",
            12,
            "Sunday, November 4, 2018, by 1:00 a.m., Sao Paulo time (UTC-02)",
        ),
    ],
)
def test_a_time_at_which_clocks_change_is_said_as_it_is_then(zone: str, event: str, hours: int, words: str) -> None:
    computed = clock(zone=zone).within(datetime.fromisoformat(event), period(hours=hours), "calendar")
    assert computed.in_words() == words
    assert words.rpartition(", ")[2] in computed.explain()[-1]


def test_elapsed_time_ends_on_a_holiday_if_that_is_when_it_ends() -> None:
    computed = clock("IL").within(noon("2025-12-24"), period(minutes=24 * 60), "frcp6")
    assert computed.closes_at == noon("2025-12-25")


def test_a_trigger_late_in_the_evening_is_that_day_in_the_recipients_zone() -> None:
    evening_in_chicago = datetime(2018, 1, 25, 3, 0, tzinfo=UTC)
    computed = clock("IL").within(evening_in_chicago, period(days=30), "frcp6")
    assert (computed.trigger, computed.due) == (date(2018, 1, 24), date(2018, 2, 23))


def test_an_office_may_close_its_day_in_the_afternoon() -> None:
    computed = clock("IL", closes=time(17)).counted(date(2018, 1, 24), 30)
    assert computed.closes_at.isoformat() == "2018-02-23T17:00:00-06:00"
    assert computed.in_words() == "Friday, February 23, 2018, by 5:00 p.m., Chicago time (CST)"


@pytest.mark.parametrize("count", [{"days": -10}, {"hours": -72}])
def test_a_backward_count_is_not_extended(count: dict[str, int]) -> None:
    chicago, days = clock("IL"), count.get("days")
    base = chicago.counted(date(2018, 1, 24), days) if days else chicago.hours(noon("2018-01-24"), count["hours"])
    with pytest.raises(ValueError, match="only a count that runs forward from an event can be extended"):
        chicago.extended(base, period(days=5), "frcp6")


def test_a_naive_instant_is_refused() -> None:
    naive = datetime(2018, 1, 24, 12)  # noqa: DTZ001 - the mistake under test
    with pytest.raises(ValueError, match="no time zone"):
        clock().within(naive, period(days=30), "frcp6")
    with pytest.raises(ValueError, match="no time zone"):
        clock().within(naive, period(hours=3), "frcp6")
    with pytest.raises(ValueError, match="no time zone"):
        clock().office_window(naive, OfficeHours(opens=time(8), closes=time(18)))


def test_a_count_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        clock().counted(date(2018, 1, 24), 0)


def test_a_count_that_leaves_the_calendar_is_refused_rather_than_taken_as_open() -> None:
    with pytest.raises(ValueError, match="outside the years 2000-2045 of the calendar us-federal"):
        clock().counted(date(2045, 12, 20), 30)


@pytest.mark.parametrize("zone", ["Chicago", "America", "", "../etc/passwd", "EST5"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="no time zone is called"):
        clock(zone=zone)


@pytest.mark.parametrize("closes", [time(0), time(17, tzinfo=UTC)])
def test_a_closing_time_is_a_wall_clock_time_within_the_day(closes: time) -> None:
    with pytest.raises(ValidationError, match="closes at a wall-clock time"):
        clock(closes=closes)


# Where clocks change


@pytest.mark.parametrize(
    ("zone", "day", "ends"),
    [
        ("America/Chicago", "2026-03-07", "2026-03-08T06:00+00:00"),  # the day before a 23-hour day
        ("America/Chicago", "2026-03-08", "2026-03-09T05:00+00:00"),  # the 23-hour day itself
        ("America/Chicago", "2026-11-01", "2026-11-02T06:00+00:00"),  # a 25-hour day
        ("America/Havana", "2024-03-09", "2024-03-10T05:00+00:00"),  # 00:00 does not exist: the day ends at the change
        ("America/Havana", "2024-11-02", "2024-11-03T04:00+00:00"),  # 00:00 comes twice: the first
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00+00:00"),  # the next day was left out altogether
    ],
)
def test_a_day_ends_when_the_next_one_begins(zone: str, day: str, ends: str) -> None:
    assert clock(zone=zone).closing(date.fromisoformat(day)) == datetime.fromisoformat(ends)


def test_a_closing_time_that_does_not_exist_or_comes_twice_is_the_later_instant() -> None:
    half_past_two = clock(closes=time(2, 30)).closing(date(2026, 3, 8))
    assert half_past_two.isoformat() == "2026-03-08T03:30:00-05:00"
    half_past_one = clock(closes=time(1, 30)).closing(date(2026, 11, 1))
    assert half_past_one.isoformat() == "2026-11-01T01:30:00-06:00"


@pytest.mark.parametrize(
    ("zone", "day", "words"),
    [
        ("America/Chicago", "2018-02-23", "Friday, February 23, 2018, by the end of the day, Chicago time (CST)"),
        ("America/New_York", "2026-07-06", "Monday, July 6, 2026, by the end of the day, New York time (EDT)"),
        (
            "America/Kentucky/Louisville",
            "2018-05-01",
            "Tuesday, May 1, 2018, by the end of the day, Louisville time (EDT)",
        ),
        ("America/Chicago", "2018-11-04", "Sunday, November 4, 2018, by the end of the day, Chicago time (CST)"),
        ("America/Havana", "2024-03-09", "Saturday, March 9, 2024, by the end of the day, Havana time (CST)"),
        ("America/Sao_Paulo", "2026-05-04", "Monday, May 4, 2026, by the end of the day, Sao Paulo time (UTC-03)"),
    ],
)
def test_a_deadline_in_words(zone: str, day: str, words: str) -> None:
    assert clock(zone=zone).by(date.fromisoformat(day)).in_words() == words


@pytest.mark.parametrize(
    ("zone", "day", "closes"),
    [
        ("America/Chicago", "2018-02-23", None),
        ("America/Chicago", "2026-11-01", time(1, 30)),
        ("America/Havana", "2024-11-02", None),
    ],
)
def test_a_computation_survives_being_written_down(zone: str, day: str, closes: time | None) -> None:
    computed = clock(zone=zone, closes=closes).by(date.fromisoformat(day))
    read_back = Computation.model_validate_json(computed.model_dump_json())
    assert read_back == computed
    assert (read_back.in_words(), read_back.explain()) == (computed.in_words(), computed.explain())


# The explanation


def test_the_explanation_can_be_followed_on_a_wall_calendar() -> None:
    computed = clock("IL").counted(date(2026, 6, 3), 30)
    *sentences, calendar = computed.explain()
    assert sentences == [
        "The day of the event, Wednesday, June 3, 2026, is not counted (FRCP 6(a)(1)).",
        "Counting every day for 30 days ends on Friday, July 3, 2026.",
        "Friday, July 3, 2026 is skipped: Independence Day (observed) (us-federal).",
        "Saturdays and Sundays skipped: 2.",
        "It moves to the next open day, Monday, July 6, 2026.",
        "Time is up when Monday, July 6, 2026 ends at midnight, Chicago time (CDT).",
        "A stricter reading ends on Friday, July 3, 2026 (saturday holiday friday observed).",
    ]
    assert calendar.startswith("Calendar: us-federal + state IL; holidays 0.109 + overlays ")
    assert computed.calendar_sha256[:12] in calendar


def test_business_days_name_every_closed_day_passed_over() -> None:
    computed = clock("IL").within(noon("2026-06-17"), period(business_days=5), "frcp6")
    assert computed.period == "5 business days"
    assert [(str(skipped.day), skipped.reason) for skipped in computed.skipped] == [
        ("2026-06-19", "Juneteenth National Independence Day (us-federal)"),
        ("2026-06-20", "Saturday"),
        ("2026-06-21", "Sunday"),
    ]


def test_counting_backward_a_disputed_day_is_kept_because_it_is_the_later_one() -> None:
    computed = clock("IL").counted(date(2026, 1, 9), -14)  # the day after Christmas, closed by the President
    assert (computed.due, computed.skipped) == (date(2025, 12, 26), ())
    assert [(str(other.due), other.reason) for other in computed.alternatives] == [
        ("2025-12-23", "presidential_closing")
    ]


# More time, with two readings and with a longest time


def test_more_time_goes_on_in_each_reading_from_where_that_reading_ended() -> None:
    """Three business days from June 30, 2026: July 3 is disputed. Two more follow on from July 6, or from July 3."""
    base = clock().within(noon("2026-06-30"), period(business_days=3), "business_days")
    assert (base.due, [other.due for other in base.alternatives]) == (date(2026, 7, 6), [date(2026, 7, 3)])
    extended = clock().extended(base, period(business_days=2), "business_days")
    assert (extended.due, [other.due for other in extended.alternatives]) == (date(2026, 7, 8), [date(2026, 7, 7)])
    assert extended.alternatives[0].reason == base.alternatives[0].reason
    again = clock().extended(extended, period(business_days=1), "business_days")
    assert (again.due, [other.due for other in again.alternatives]) == (date(2026, 7, 9), [date(2026, 7, 8)])


def never_past_fourteen() -> Rule:
    stage = {"name": "production", "within": {"business_days": 7}, "cap": {"business_days": 14}}
    edition = {"effective": "2000-01-01", "stages": [stage]}
    return Rule.model_validate({"name": "never-past", "title": "the Act", "editions": [edition]})


@pytest.mark.parametrize(("more", "due"), [(6, date(2018, 2, 21)), (7, date(2018, 2, 22)), (8, date(2018, 2, 22))])
def test_more_time_never_passes_the_longest_that_the_rule_allows(more: int, due: date) -> None:
    """Seven business days from February 1, 2018 are February 12; fourteen are the 22nd, over Washington's Birthday."""
    base = clock().staged(noon("2018-02-01"), never_past_fourteen())
    assert base.due == date(2018, 2, 12)
    at_once = clock().extended(base, period(business_days=more), never_past_fourteen())
    assert (at_once.due, [stage.due for stage in at_once.stages]) == (due, [due])
    one_by_one = base
    for _ in range(more):
        one_by_one = clock().extended(one_by_one, period(business_days=1), never_past_fourteen())
    assert one_by_one.due == due


def test_a_date_that_was_held_back_says_by_what() -> None:
    base = clock().staged(noon("2018-02-01"), never_past_fourteen())
    held = clock().extended(base, period(days=20), never_past_fourteen()).explain()
    assert held[held.index("Counting every day for 20 days ends on Sunday, March 4, 2018.") :][:8] == (
        "Counting every day for 20 days ends on Sunday, March 4, 2018.",
        "Saturdays and Sundays skipped: 1.",
        "It moves to the next open day, Monday, March 5, 2018.",
        "The rule allows no more than 14 business days from Thursday, February 1, 2018.",
        "Counting open days only for 14 business days ends on Thursday, February 22, 2018.",
        "Monday, February 19, 2018 is skipped: Washington's Birthday (us-federal).",
        "Saturdays and Sundays skipped: 6.",
        "So it ends on Thursday, February 22, 2018.",
    )


# Steps of the ladder and office hours


def test_a_reminder_lands_on_an_open_day_further_from_the_deadline() -> None:
    chicago = clock("IL")
    due = date(2018, 2, 26)
    assert chicago.offset(due, period(days=14), "backward") == date(2018, 2, 9)  # the 12th is Lincoln's Birthday
    assert chicago.offset(due, period(business_days=5), "backward") == date(2018, 2, 16)  # over Washington's Birthday
    assert chicago.offset(date(2018, 2, 23), period(business_days=1), "forward") == date(2018, 2, 26)
    assert chicago.offset(date(2018, 2, 16), period(days=1), "forward") == date(2018, 2, 20)


def test_a_ladder_step_in_hours_is_refused() -> None:
    with pytest.raises(ValueError, match="20 hours cannot be counted from a day"):
        clock().offset(date(2018, 2, 23), period(hours=20), "forward")


@pytest.mark.parametrize(
    ("at", "opens", "closes"),
    [
        ("2018-02-23T10:30-06:00", "2018-02-23T16:30Z", "2018-02-24T00:00Z"),  # open: at once
        ("2018-02-23T07:59-06:00", "2018-02-23T14:00Z", "2018-02-24T00:00Z"),  # early: at eight
        ("2018-02-23T18:00-06:00", "2018-02-26T14:00Z", "2018-02-27T00:00Z"),  # closing is exclusive: Monday
        ("2018-02-17T12:00-06:00", "2018-02-20T14:00Z", "2018-02-21T00:00Z"),  # Washington's Birthday follows
        ("2026-03-06T19:00-06:00", "2026-03-09T13:00Z", "2026-03-09T23:00Z"),  # clocks went forward meanwhile
    ],
)
def test_letters_wait_for_office_hours(at: str, opens: str, closes: str) -> None:
    hours = OfficeHours(opens=time(8), closes=time(18))
    window = clock("IL").office_window(datetime.fromisoformat(at), hours)
    assert window == (datetime.fromisoformat(opens), datetime.fromisoformat(closes))
    assert all(instant.tzinfo is UTC for instant in window)


def test_office_hours_that_the_change_of_clocks_swallows_are_passed_over() -> None:
    """In Cairo clocks go from 00:00 to 01:00 on Friday, April 24, 2026, so 00:30 is 01:30, after closing."""
    opens, _ = clock(zone="Africa/Cairo").office_window(
        datetime(2026, 4, 23, 12, tzinfo=UTC), OfficeHours(opens=time(0, 30), closes=time(1, 15))
    )
    assert opens == datetime(2026, 4, 27, 0, 30, tzinfo=ZoneInfo("Africa/Cairo"))


@pytest.mark.parametrize(
    ("opens", "closes"), [(time(18), time(8)), (time(8), time(8)), (time(8, tzinfo=UTC), time(18))]
)
def test_office_hours_open_before_they_close(opens: time, closes: time) -> None:
    with pytest.raises(ValidationError):
        OfficeHours(opens=opens, closes=closes)


# Properties

unhurried = settings(deadline=None)  # the first example of each state loads its calendar

DAYS = st.dates(date(2002, 1, 1), date(2040, 12, 31))
COUNTS = st.integers(1, 400)
SIGNED = COUNTS | COUNTS.map(lambda n: -n)
RULES: st.SearchStrategy[str] = st.sampled_from(["frcp6", "calendar", "business_days"])
STATES = st.sampled_from(DOCUMENTED_STATES)
ZONES = st.sampled_from(sorted(zone for zone in available_timezones() if "/" in zone))


@unhurried
@given(DAYS, DAYS, COUNTS, RULES, STATES)
def test_a_later_trigger_never_ends_earlier(one: date, other: date, days: int, rule: str, state: str) -> None:
    earlier, later = sorted((one, other))
    assert clock(state).counted(earlier, days, rule=rule).due <= clock(state).counted(later, days, rule=rule).due


@unhurried
@given(DAYS, COUNTS, COUNTS, RULES, STATES)
def test_a_longer_period_never_ends_earlier(trigger: date, one: int, other: int, rule: str, state: str) -> None:
    shorter, longer = sorted((one, other))
    assert clock(state).counted(trigger, shorter, rule=rule).due <= clock(state).counted(trigger, longer, rule=rule).due


@unhurried
@given(DAYS, SIGNED, st.sampled_from(["frcp6", "business_days"]), STATES)
def test_the_last_day_is_never_closed(trigger: date, days: int, rule: str, state: str) -> None:
    place = clock(state)
    computed = place.counted(trigger, days, rule=rule)
    direction = "forward" if days > 0 else "backward"
    assert place.calendar.is_open(computed.due, direction, disputed_open=bool(computed.alternatives))
    assert all(not place.calendar.is_open(skipped.day, direction) for skipped in computed.skipped)
    assert all(other.due < computed.due for other in computed.alternatives)


@unhurried
@given(DAYS, COUNTS, STATES)
def test_an_open_last_day_is_not_moved_again(trigger: date, days: int, state: str) -> None:
    computed = clock(state).counted(trigger, days)
    again = clock(state).counted(computed.due - timedelta(days=1), 1)
    assert (again.due, again.skipped) == (computed.due, ())


@unhurried
@given(DAYS, SIGNED, RULES, ZONES, ZONES)
def test_the_dates_do_not_depend_on_the_zone(trigger: date, days: int, rule: str, here: str, there: str) -> None:
    ours, theirs = (clock("IL", zone).counted(trigger, days, rule=rule) for zone in (here, there))
    assert (ours.due, ours.skipped, ours.alternatives) == (theirs.due, theirs.skipped, theirs.alternatives)


@unhurried
@given(DAYS, ZONES, st.none() | st.times(min_value=time(0, 1)))
def test_a_closing_instant_exists_and_belongs_to_its_day(day: date, zone: str, closes: time | None) -> None:
    place = clock(zone=zone, closes=closes)
    closing = place.closing(day)
    assert closing.astimezone(UTC).astimezone(ZoneInfo(zone)).isoformat() == closing.isoformat()
    assert place.closing(day - timedelta(days=1)).astimezone(UTC) <= closing.astimezone(UTC)
    if closes is None:
        last_moment = closing.astimezone(UTC) - timedelta.resolution
        assert place.local_day(closing) > day
        assert place.local_day(last_moment) <= day


@unhurried
@given(DAYS, st.integers(0, 86_399), ZONES)
def test_an_office_window_is_open_and_not_in_the_past(day: date, second: int, zone: str) -> None:
    place = clock("IL", zone)
    at = datetime.combine(day, time.min, UTC) + timedelta(seconds=second)
    opens, closes = place.office_window(at, OfficeHours(opens=time(8), closes=time(18)))
    assert at <= opens < closes
    assert place.calendar.is_open(place.local_day(opens))
    assert place.office_window(opens, OfficeHours(opens=time(8), closes=time(18))) == (opens, closes)


@settings(unhurried, max_examples=200)
@given(DAYS, SIGNED, RULES, STATES)
def test_the_naive_clock_agrees(trigger: date, days: int, rule: str, state: str) -> None:
    place = clock(state)
    closed = [c for c in place.calendar.closed if days > 0 or not c.forward_only]
    if_closed = naive_due(trigger, days, rule, frozenset(c.day for c in closed))
    if_open = naive_due(trigger, days, rule, frozenset(c.day for c in closed if not c.disputed))
    computed = place.counted(trigger, days, rule=rule)
    assert computed.due == max(if_closed, if_open)
    assert [other.due for other in computed.alternatives] == ([min(if_closed, if_open)] if if_closed != if_open else [])


@unhurried
@given(st.sets(DAYS, max_size=30), DAYS, SIGNED, RULES)
def test_the_naive_clock_agrees_on_invented_calendars(holidays: set[date], trigger: date, days: int, rule: str) -> None:
    calendar = Calendar(
        name="invented",
        version="1",
        first_year=1999,
        last_year=2045,
        closed=tuple(ClosedDay(day=day, name="Closed", source="invented") for day in sorted(holidays)),
    )
    computed = Clock(calendar=calendar, zone="UTC").counted(trigger, days, rule=rule)
    assert computed.due == naive_due(trigger, days, rule, frozenset(holidays))
