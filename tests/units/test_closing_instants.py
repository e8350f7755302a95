"""When a day ends, in every zone of the United States and the odd ones elsewhere, around every change of clocks."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forthwith.deadlines.calendar import Calendar
from forthwith.deadlines.clock import Clock
from tests.units.naive_clock import NaivePlace

CALENDAR = Calendar(name="no holidays", version="1", first_year=1990, last_year=2100, closed=())
ONE_DAY = timedelta(days=1)

ODD_ZONES = (
    "Africa/Cairo",  # changes at midnight, and on Thursdays
    "Africa/Casablanca",  # clocks go back for Ramadan
    "America/Asuncion",  # changed at midnight
    "America/Havana",  # 00:00 left out in spring, twice in autumn
    "America/Nuuk",  # changes on the evening before
    "America/Santiago",  # 24:00 of a Saturday
    "America/St_Johns",  # 3:30, and until 2011 a minute after midnight
    "Antarctica/Troll",  # two hours at once
    "Asia/Beirut",  # changes at midnight
    "Asia/Gaza",
    "Asia/Kathmandu",  # 5:45
    "Asia/Tehran",  # 3:30, changed at midnight until 2022
    "Atlantic/Azores",  # changes at midnight and an hour after
    "Australia/Lord_Howe",  # half an hour
    "Europe/London",
    "Pacific/Apia",  # the other side of the date line since December 30, 2011
    "Pacific/Chatham",  # 12:45, changes at 2:45
    "Pacific/Kiritimati",  # 14 hours ahead
    "Pacific/Norfolk",
)
CLOSINGS = (None, time(17), time(16, 30), time(23, 59, 59), time(0, 30), time(1, 30), time(2), time(2, 30), time(3))


def zones_of_the_united_states() -> tuple[str, ...]:
    """Those that the tz database gives to the country or its territories."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return tuple(sorted(row[2] for row in rows if row[0] in {"US", "PR", "VI", "GU", "MP", "AS"}))


ZONES = (*zones_of_the_united_states(), *ODD_ZONES)


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
