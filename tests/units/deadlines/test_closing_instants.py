"""When a day ends, in every zone of the United States and the odd ones elsewhere, around every change of clocks."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forthwith.deadlines.calendar import Calendar
from forthwith.deadlines.clock import Clock, Computation
from tests.units.deadlines.naive_clock import NaivePlace
from tests.units.deadlines.strategies import (
    ANY_ZONE,
    CHICAGO,
    DAYS,
    ONE_DAY,
    ZONES,
    Place,
    unhurried,
    zones_of_the_united_states,
)

CALENDAR = Calendar(name="no holidays", version="1", first_year=1990, last_year=2100, closed=())

CLOSINGS = (None, time(17), time(16, 30), time(23, 59, 59), time(0, 30), time(1, 30), time(2), time(2, 30), time(3))


@cache
def days_of_changed_clocks(zone: str, first_year: int, last_year: int) -> frozenset[date]:
    """The days next to which the offset of ``zone`` changes."""

    def changed() -> Iterator[date]:
        here = ZoneInfo(zone)
        at, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year, 12, 31, tzinfo=UTC)
        before = at.astimezone(here).utcoffset()
        while at < end:
            at += ONE_DAY
            if (now := at.astimezone(here).utcoffset()) != before:
                yield from (at.date() + n * ONE_DAY for n in range(-3, 3))
            before = now

    return frozenset(changed())


def test_every_state_has_its_zones() -> None:
    ours = zones_of_the_united_states()
    assert len(ours) >= 34
    assert {"America/Kentucky/Louisville", "America/Phoenix", "America/Indiana/Indianapolis", "Pacific/Honolulu"} <= {
        *ours
    }


@pytest.mark.fault(13)
@pytest.mark.parametrize("zone", ZONES)
def test_a_day_ends_where_the_second_clock_says_around_every_change(zone: str) -> None:
    for closes in CLOSINGS:
        clock = Clock(calendar=CALENDAR, zone=zone, closes=closes)
        naive = NaivePlace(zone=zone, closed=frozenset(), closes=closes)
        for day in sorted(days_of_changed_clocks(zone, 2020, 2028)):
            assert clock.closing(day).astimezone(UTC) == naive.ends(day), (zone, day, closes)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("closes", [None, time(17)])
def test_a_later_day_ends_later(zone: str, closes: time | None) -> None:
    """Strictly, but for the one day that a place at the date line left out altogether."""
    clock = Clock(calendar=CALENDAR, zone=zone, closes=closes)
    ends = [(day, clock.closing(day).astimezone(UTC)) for day in sorted(days_of_changed_clocks(zone, 2004, 2028))]
    for (earlier, ends_first), (later, ends_then) in pairwise(ends):
        left_out = zone == "Pacific/Apia" and date(2011, 12, 30) in (earlier, later)
        assert ends_first < ends_then or left_out, (earlier, later)


@settings(deadline=None)
@given(st.dates(date(1996, 1, 1), date(2090, 12, 31)), st.sampled_from(ZONES), st.sampled_from(CLOSINGS))
def test_a_day_takes_about_a_day(day: date, zone: str, closes: time | None) -> None:
    """Between 22 and 26 hours: a clock changes by two hours at most, but for the one that left out a day."""
    clock = Clock(calendar=CALENDAR, zone=zone, closes=closes)
    lasted = clock.closing(day + ONE_DAY).astimezone(UTC) - clock.closing(day).astimezone(UTC)
    if (zone, day.year) != ("Pacific/Apia", 2011):
        assert timedelta(hours=22) <= lasted <= timedelta(hours=26)


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
    assert Place(zone=zone).clock.closing(date.fromisoformat(day)) == datetime.fromisoformat(ends)


def test_a_closing_time_that_does_not_exist_or_comes_twice_is_the_later_instant() -> None:
    half_past_two = Place(zone=CHICAGO, closes=time(2, 30)).clock.closing(date(2026, 3, 8))
    assert half_past_two.isoformat() == "2026-03-08T03:30:00-05:00"
    half_past_one = Place(zone=CHICAGO, closes=time(1, 30)).clock.closing(date(2026, 11, 1))
    assert half_past_one.isoformat() == "2026-11-01T01:30:00-06:00"


@unhurried
@given(DAYS, ANY_ZONE, st.none() | st.times(min_value=time(0, 1)))
def test_a_closing_instant_exists_and_belongs_to_its_day(day: date, zone: str, closes: time | None) -> None:
    place = Place(zone=zone, closes=closes).clock
    closing = place.closing(day)
    assert closing.astimezone(UTC).astimezone(ZoneInfo(zone)).isoformat() == closing.isoformat()
    assert place.closing(day - timedelta(days=1)).astimezone(UTC) <= closing.astimezone(UTC)
    if closes is None:
        last_moment = closing.astimezone(UTC) - timedelta.resolution
        assert place.local_day(closing) > day
        assert place.local_day(last_moment) <= day


@pytest.mark.parametrize(
    ("zone", "day", "closes"),
    [
        ("America/Chicago", "2018-02-23", None),
        ("America/Chicago", "2026-11-01", time(1, 30)),
        ("America/Havana", "2024-11-02", None),
    ],
)
def test_a_computation_survives_being_written_down(zone: str, day: str, closes: time | None) -> None:
    computed = Place(zone=zone, closes=closes).clock.by(date.fromisoformat(day))
    read_back = Computation.model_validate_json(computed.model_dump_json())
    assert read_back == computed
    assert (read_back.in_words(), read_back.explain()) == (computed.in_words(), computed.explain())
