"""Which days the law closes: the federal statute worked out anew, the states, and a snapshot against surprises.

``data/federal_holidays.csv`` has the weekday on which each holiday is observed, as the Office of Personnel
Management lists them: 2016 to 2022 were compared with a copy of its lists, which lacks Veterans Day 2020 by mistake.
"""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import holidays
import pytest

from forthwith.deadlines.calendar import Calendar, ClosedDay
from forthwith.deadlines.calendar_builder import CORRECTIONS, build_calendar
from tests.units.deadlines.calendar_snapshot import FILE, as_text, changes, kept, now

STATUTORY = {
    "New Year's Day",
    "Birthday of Martin Luther King, Jr.",
    "Washington's Birthday",
    "Memorial Day",
    "Juneteenth National Independence Day",
    "Independence Day",
    "Labor Day",
    "Columbus Day",
    "Veterans Day",
    "Thanksgiving Day",
    "Christmas Day",
}


def calendar(*names: str, state: str | None = None) -> Calendar:
    return build_calendar(names, state=state, first_year=2000, last_year=2040)


def closed_on(calendar: Calendar, day: str) -> ClosedDay | None:
    found = [closed for closed in calendar.closed if closed.day == date.fromisoformat(day)]
    assert len(found) <= 1, "a day is kept once"
    return found[0] if found else None


def test_every_undisputed_federal_holiday_is_statutory() -> None:
    """5 U.S.C. § 6103(a). One more presidential closing in a new release fails here: add it to the overlay."""
    federal = calendar("us-federal")
    assert {closed.name.removesuffix(" (observed)") for closed in federal.closed if not closed.disputed} == STATUTORY
    assert not any(closed.forward_only for closed in federal.closed)
    assert all(closed.citation for closed in federal.closed)


def test_presidential_closings_are_closed_and_disputed() -> None:
    closing = closed_on(calendar("us-federal"), "2025-12-26")
    assert closing
    assert (closing.citation, closing.disputed) == ("Executive Order 14371", "presidential_closing")


@pytest.mark.parametrize("half_day", ["2002-12-24", "2009-12-24", "2015-12-24"])
def test_half_day_closings_close_nothing(half_day: str) -> None:
    assert closed_on(calendar("us-federal"), half_day) is None


def test_state_holidays_close_a_day_only_forward() -> None:
    illinois = calendar("us-federal", "state", state="IL")
    assert illinois.why_closed(date(2025, 2, 12)) == "Lincoln's Birthday (state IL)"
    assert illinois.is_open(date(2025, 2, 12), "backward")


@pytest.mark.parametrize("names", [("us-federal", "state"), ("state", "us-federal")])
def test_a_day_that_federal_and_state_law_close_is_kept_once_as_federal(names: tuple[str, str]) -> None:
    christmas = closed_on(calendar(*names, state="IL"), "2025-12-25")
    assert christmas
    assert (christmas.source, christmas.forward_only) == ("us-federal", False)


def test_new_york_moves_sunday_holidays_and_leaves_saturday_ones() -> None:
    """General Construction Law § 24."""
    new_york = calendar("state", state="NY")
    assert closed_on(new_york, "2022-02-11") is None  # Lincoln's Birthday was a Saturday
    assert closed_on(new_york, "2023-02-13")  # and a Sunday
    assert closed_on(new_york, "2024-02-15") is None  # Susan B. Anthony Day is an observance
    assert closed_on(new_york, "2018-11-06")  # each general election day


def test_california_keeps_lincoln_day() -> None:
    """Government Code §§ 6700 and 6701."""
    california = calendar("us-federal", "state", state="CA")
    assert california.why_closed(date(2025, 2, 12)) == "Lincoln Day (state CA)"
    assert closed_on(california, "2017-02-13")  # from Sunday to Monday
    assert closed_on(california, "2024-02-15") is None


def test_the_district_of_columbia_is_a_state() -> None:
    capital = calendar("us-federal", "state", state="DC")
    assert capital.why_closed(date(2021, 1, 20)) == "Inauguration Day (state DC)"
    assert capital.is_open(date(2021, 1, 20), "backward")


def test_another_country_closes_its_days_in_both_directions() -> None:
    assert not calendar("GB-ENG").is_open(date(2026, 4, 6), "backward")


def test_the_version_names_the_package_and_the_overlays() -> None:
    assert calendar("us-federal").version.startswith("holidays 0.109 + overlays ")
    assert calendar("GB-ENG").version == "holidays 0.109"


def test_the_same_names_give_the_same_snapshot() -> None:
    one, other = (calendar("us-federal", "state", state="NY") for _ in range(2))
    assert one.sha256 == other.sha256
    assert one.sha256 != calendar("us-federal", "state", state="IL").sha256


STATES = sorted(
    overlay.name.removesuffix(".yaml").removeprefix("us-").upper()
    for overlay in CORRECTIONS.iterdir()
    if overlay.name not in ("us-federal.yaml", "us-states.yaml")
)


@pytest.mark.parametrize("state", STATES)
def test_every_correction_is_of_a_state_and_changes_its_calendar(state: str) -> None:
    citations = {closed.citation for closed in calendar("state", state=state).closed} - {"", "FRCP 6(a)(6)(C)"}
    source = {(day, names) for day, names in holidays.US(subdiv=state, years=range(2000, 2041)).items()}
    assert citations or source - {(closed.day, closed.name) for closed in calendar("state", state=state).closed}


@pytest.mark.parametrize(
    ("state", "day", "closing"),
    [
        # The source lacks it.
        ("AR", "2026-12-24", "Christmas Eve"),
        ("HI", "2026-04-03", "Good Friday"),
        ("ND", "2026-04-03", "Good Friday"),
        ("NE", "2026-11-27", "Day After Thanksgiving"),
        ("SC", "2026-12-24", "Christmas Eve"),
        ("SC", "2027-05-10", "Confederate Memorial Day"),
        ("MO", "2027-02-12", "Lincoln Day"),
        ("KY", "2028-11-07", "Presidential Election Day"),
        ("NJ", "2025-11-04", "Election Day"),
        ("NJ", "2026-06-19", "Juneteenth Day"),
        ("NJ", "2024-06-21", "Juneteenth Day"),
        ("UT", "2024-06-17", "Juneteenth National Freedom Day"),
        ("RI", "2026-07-06", "Independence Day (observed)"),
        ("WV", "2026-05-12", "Primary Election Day"),
        # The source has it and the law has not.
        ("SC", "2027-04-26", ""),
        ("KY", "2026-04-03", ""),
        ("TX", "2026-04-03", ""),
        ("TX", "2026-03-31", ""),
        ("TX", "2026-07-03", ""),
        ("CO", "2026-03-31", ""),
        ("WI", "2027-02-15", "Washington's Birthday"),
        ("WI", "2026-07-03", ""),
        ("UT", "2024-06-19", ""),
        ("IL", "2022-06-20", ""),
        ("CA", "2026-07-03", ""),
        ("MD", "2021-01-20", ""),
        ("WY", "2026-06-19", ""),
        # The law moves it to Friday.
        ("CA", "2023-11-10", "Veterans Day (observed)"),
        ("VA", "2026-07-03", "Independence Day (observed)"),
        ("DC", "2022-04-15", "Emancipation Day (observed)"),
        ("HI", "2022-06-10", "Kamehameha Day (observed)"),
        # The law says it, and the offices do otherwise.
        ("TX", "2027-03-02", "Texas Independence Day (declared_but_offices_open)"),
        ("CA", "2026-09-09", "Admission Day (declared_but_offices_open)"),
        ("IL", "2026-04-03", "Good Friday (declared_but_offices_open)"),
        ("FL", "2027-04-26", "Confederate Memorial Day (declared_but_offices_open)"),
        ("OR", "2026-11-27", "Day After Thanksgiving (closed_but_not_declared)"),
        ("GA", "2026-04-03", "State Holiday (declared_yearly)"),
        ("AK", "2025-10-17", "Alaska Day (observed) (saturday_holiday_friday_observed)"),
        ("PA", "2026-04-03", "Good Friday (declared_but_offices_open)"),
        ("CO", "2027-06-18", "Juneteenth National Independence Day (observed) (unverified)"),
        ("CT", "2027-06-18", "Juneteenth National Independence Day (observed)"),
        ("AL", "2027-06-18", "Juneteenth National Independence Day (observed) (unverified)"),
    ],
)
def test_a_state_is_closed_as_its_law_says(state: str, day: str, closing: str) -> None:
    closed = closed_on(calendar("state", state=state), day)
    found = f"{closed.name} ({closed.disputed})" if closed and closed.disputed else closed.name if closed else ""
    assert found == closing


def test_what_state_law_settles_closes_a_disputed_federal_day_forward_only() -> None:
    """The Friday before Independence Day 2026: disputed as a federal holiday, set by Virginia's statute."""
    friday, virginia = date(2026, 7, 3), calendar("us-federal", "state", state="VA")
    assert not virginia.is_open(friday, disputed_open=True)
    assert virginia.is_open(friday, "backward", disputed_open=True)
    assert not virginia.is_open(friday, "backward")
    new_york = calendar("us-federal", "state", state="NY")
    assert new_york.is_open(friday, disputed_open=True)


def test_two_holidays_on_one_day_are_disputed_only_if_both_are() -> None:
    """Good Friday 2016 was Greek Independence Day, on which the offices of North Carolina are open."""
    closed = closed_on(calendar("state", state="NC"), "2016-03-25")
    assert closed
    assert (closed.name, closed.disputed) == ("Good Friday; Greek Independence Day", "")


def test_the_courts_of_california_keep_other_days_than_its_offices() -> None:
    courts = calendar("US-CA", "california-courts")
    assert closed_on(courts, "2026-09-09") is None
    assert closed_on(courts, "2026-10-12") is None
    assert closed_on(courts, "2026-09-25")


# The federal calendar, from the statute


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


# The snapshot


def test_the_calendars_are_those_that_were_accepted() -> None:
    found = changes(kept(), now())
    assert not found, "\n".join(
        [
            f"With holidays {version('holidays')} and these overlays, {len(found)} days of the calendars change:",
            *found,
            "Read them against the law of the place (docs/calendars.md). What is wrong is put right in an overlay; "
            "the rest is accepted with: python -m tests.units.deadlines.calendar_snapshot --write",
        ]
    )


def test_the_file_is_written_as_it_is_read() -> None:
    assert as_text(kept()) == FILE.read_text(encoding="utf-8")


def test_a_change_names_its_calendar_and_its_day() -> None:
    pulaski, jacinto = ("US-IL", "2027-03-01", "Casimir Pulaski Day"), ("US-TX", "2027-04-21", "San Jacinto Day", "")
    before = frozenset({(*pulaski, ""), jacinto})
    after = frozenset({(*pulaski, "unverified"), ("US-NE", "2027-04-30", "Arbor Day", "")})
    assert changes(before, after) == [
        "US-IL 2027-03-01 Casimir Pulaski Day is now Casimir Pulaski Day (disputed: unverified)",
        "US-NE 2027-04-30 closed now: Arbor Day",
        "US-TX 2027-04-21 open now: was San Jacinto Day",
    ]
