"""The federal calendar against the law itself: 5 U.S.C. § 6103 worked out anew, and the days it gave, year by year.

``data/federal_holidays.csv`` has the weekday on which each holiday is observed, as the Office of Personnel
Management lists them: 2016 to 2022 were compared with a copy of its lists, which lacks Veterans Day 2020 by mistake.
"""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from forthwith.deadlines.calendar_builder import build_calendar

FIRST, LAST = 1990, 2045
LISTED = Path(__file__).parent / "data" / "federal_holidays.csv"
FEDERAL = build_calendar(["us-federal"], state=None, first_year=FIRST, last_year=LAST)
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6


def weekday_of(year: int, month: int, weekday: int, number: int) -> date:
    """The first day of the month that is such a weekday, and ``number`` - 1 weeks on."""
    days = (date(year, month, 1) + timedelta(days=offset) for offset in range(7))
    return next(day for day in days if day.weekday() == weekday) + timedelta(weeks=number - 1)


def set_aside(year: int) -> Iterator[date]:
    """5 U.S.C. § 6103(a) as it stood on each day; FRCP 6(a)(6)(A) names the same."""
    yield date(year, 1, 1)
    yield weekday_of(year, 1, MONDAY, 3)
    yield weekday_of(year, 2, MONDAY, 3)
    yield max(
        weekday_of(year, 5, MONDAY, number) for number in (4, 5) if weekday_of(year, 5, MONDAY, number).month == 5
    )
    if year >= 2021:  # Public Law 117-17 of June 17, 2021
        yield date(year, 6, 19)
    yield date(year, 7, 4)
    yield weekday_of(year, 9, MONDAY, 1)
    yield weekday_of(year, 10, MONDAY, 2)
    yield date(year, 11, 11)
    yield weekday_of(year, 11, THURSDAY, 4)
    yield date(year, 12, 25)


HOLIDAYS = [day for year in range(FIRST - 1, LAST + 2) for day in set_aside(year)]
FRIDAYS = {day - timedelta(days=1) for day in HOLIDAYS if day.weekday() == SATURDAY}
"""5 U.S.C. § 6103(b)(1): for those who do not work on Saturdays."""
MONDAYS = {day + timedelta(days=1) for day in HOLIDAYS if day.weekday() == SUNDAY}
"""Executive Order 11582, § 3(a)."""


@pytest.mark.parametrize("year", range(FIRST, LAST + 1))
def test_the_calendar_closes_what_the_statute_sets_aside_and_nothing_else(year: int) -> None:
    undisputed = {day for day in (*HOLIDAYS, *MONDAYS) if day.year == year and day.weekday() < SATURDAY}
    fridays = {day for day in FRIDAYS if day.year == year}
    closed = {c.day: c for c in FEDERAL.closed if c.day.year == year and c.disputed != "presidential_closing"}
    assert {day for day, c in closed.items() if not c.disputed} == undisputed
    assert {day for day, c in closed.items() if c.disputed == "saturday_holiday_friday_observed"} == fridays
    assert len(closed) == len(undisputed) + len(fridays)


def listed() -> list[tuple[int, list[date]]]:
    with LISTED.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return [(int(year), [date.fromisoformat(day) for day in days if day]) for year, *days in rows]


@pytest.mark.parametrize(("year", "days"), listed())
def test_the_calendar_is_the_list_of_the_year(year: int, days: list[date]) -> None:
    closed = [c.day for c in FEDERAL.closed if c.disputed != "presidential_closing"]
    assert [day for day in closed if days[0] <= day <= days[-1]] == days
    assert days[0].year in (year, year - 1)


@pytest.mark.parametrize("year", range(1993, LAST + 1, 4))
def test_inauguration_day_is_no_federal_holiday_beyond_the_capital(year: int) -> None:
    """5 U.S.C. § 6103(c) gives it to employees around D.C.; FRCP 6(a)(6)(A) does not name it."""
    for day in (date(year, 1, 20), date(year, 1, 21)):
        is_king = day == weekday_of(year, 1, MONDAY, 3)
        assert FEDERAL.is_open(day) is (day.weekday() < SATURDAY and not is_king)


def test_presidential_closings_name_their_order() -> None:
    closings = [c for c in FEDERAL.closed if c.disputed == "presidential_closing"]
    assert closings
    assert all(c.citation.startswith("Executive Order 1") and not c.forward_only for c in closings)
