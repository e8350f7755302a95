"""When the office is at work: the days on which steps of the ladder fall, and the hours in which letters go out."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from forthwith.deadlines.clock import OfficeHours
from tests.units.deadlines.strategies import (
    ANY_ZONE,
    CHICAGO,
    DAYS,
    Place,
    period,
    unhurried,
)


def test_a_reminder_lands_on_an_open_day_further_from_the_deadline() -> None:
    chicago = Place("IL", CHICAGO).clock
    due = date(2018, 2, 26)
    assert chicago.offset(due, period(days=14), "backward") == date(2018, 2, 9)  # the 12th is Lincoln's Birthday
    assert chicago.offset(due, period(business_days=5), "backward") == date(2018, 2, 16)  # over Washington's Birthday
    assert chicago.offset(date(2018, 2, 23), period(business_days=1), "forward") == date(2018, 2, 26)
    assert chicago.offset(date(2018, 2, 16), period(days=1), "forward") == date(2018, 2, 20)


def test_a_ladder_step_in_hours_is_refused() -> None:
    with pytest.raises(ValueError, match="20 hours cannot be counted from a day"):
        Place(zone=CHICAGO).clock.offset(date(2018, 2, 23), period(hours=20), "forward")


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
    window = Place("IL", CHICAGO).clock.office_window(datetime.fromisoformat(at), hours)
    assert window == (datetime.fromisoformat(opens), datetime.fromisoformat(closes))
    assert all(instant.tzinfo is UTC for instant in window)


def test_office_hours_that_the_change_of_clocks_swallows_are_passed_over() -> None:
    """In Cairo clocks go from 00:00 to 01:00 on Friday, April 24, 2026, so 00:30 is 01:30, after closing."""
    opens, _ = Place(zone="Africa/Cairo").clock.office_window(
        datetime(2026, 4, 23, 12, tzinfo=UTC), OfficeHours(opens=time(0, 30), closes=time(1, 15))
    )
    assert opens == datetime(2026, 4, 27, 0, 30, tzinfo=ZoneInfo("Africa/Cairo"))


@pytest.mark.parametrize(
    ("opens", "closes"), [(time(18), time(8)), (time(8), time(8)), (time(8, tzinfo=UTC), time(18))]
)
def test_office_hours_open_before_they_close(opens: time, closes: time) -> None:
    with pytest.raises(ValidationError):
        OfficeHours(opens=opens, closes=closes)


@unhurried
@given(DAYS, st.integers(0, 86_399), ANY_ZONE)
def test_an_office_window_is_open_and_not_in_the_past(day: date, second: int, zone: str) -> None:
    place = Place("IL", zone).clock
    at = datetime.combine(day, time.min, UTC) + timedelta(seconds=second)
    opens, closes = place.office_window(at, OfficeHours(opens=time(8), closes=time(18)))
    assert at <= opens < closes
    assert place.calendar.is_open(place.local_day(opens))
    assert place.office_window(opens, OfficeHours(opens=time(8), closes=time(18))) == (opens, closes)
