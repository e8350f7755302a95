"""Calendars: which days the law closes, where the package is corrected, and what is refused by name."""

from datetime import date
from pathlib import Path

import holidays
import pytest

from forthwith.deadlines.calendar import Calendar, ClosedDay
from forthwith.deadlines.calendar_builder import CORRECTIONS, UnknownCalendar, build_calendar, shipped_overlays

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


def test_juneteenth_is_a_holiday_since_2021() -> None:
    federal = calendar("us-federal")
    assert closed_on(federal, "2020-06-19") is None
    assert closed_on(federal, "2023-06-19")


def test_presidential_closings_are_closed_and_disputed() -> None:
    closing = closed_on(calendar("us-federal"), "2025-12-26")
    assert closing
    assert (closing.citation, closing.disputed) == ("Executive Order 14371", "presidential_closing")


@pytest.mark.parametrize("half_day", ["2002-12-24", "2009-12-24", "2015-12-24"])
def test_half_day_closings_close_nothing(half_day: str) -> None:
    assert closed_on(calendar("us-federal"), half_day) is None


def test_the_friday_before_a_saturday_holiday_is_disputed_and_the_monday_after_a_sunday_is_not() -> None:
    federal = calendar("us-federal")
    friday, monday = closed_on(federal, "2026-07-03"), closed_on(federal, "2022-06-20")
    assert friday
    assert friday.disputed == "saturday_holiday_friday_observed"
    assert monday
    assert monday.disputed == ""


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


@pytest.mark.parametrize(
    ("code", "day", "reason"),
    [
        ("US-MA", "2008-04-21", "Patriots' Day (state MA)"),
        ("us-ma", "2008-04-21", "Patriots' Day (state MA)"),
        ("GB-ENG", "2026-04-06", "Easter Monday (GB-ENG)"),
        ("DE-BY", "2026-06-04", "Corpus Christi (DE-BY)"),
        ("FR", "2026-07-14", "National Day (FR)"),
    ],
)
def test_an_iso_code_names_a_calendar(code: str, day: str, reason: str) -> None:
    assert calendar(code).why_closed(date.fromisoformat(day)) == reason


def test_another_country_closes_its_days_in_both_directions() -> None:
    assert not calendar("GB-ENG").is_open(date(2026, 4, 6), "backward")


@pytest.mark.parametrize(
    ("names", "state", "message"),
    [
        (["us-fedral"], None, r"no calendar is called 'us-fedral'; did you mean us-federal\?$"),
        (["narnia"], None, "no calendar is called 'narnia'; write us-federal, state, an ISO code"),
        (["US"], None, "write us-federal, or a state's such as US-MA"),
        (["state"], None, "needs to know which state"),
        (["Massachusets"], None, r"'Massachusets'; did you mean US-MA\?$"),
        (["england"], None, r"'england'; did you mean GB-ENG"),
        (["UK"], None, r"'UK'; did you mean GB"),
        (["GB-EN"], None, r"'GB-EN'; did you mean GB-ENG"),
        (["california-court"], None, r"did you mean california-courts"),
        (["FR-XX-YY"], None, "known for FR: FR-57"),
        (["state"], "ZZ", "no calendar is called 'US-ZZ'; known for US: us-federal, US-AK, US-AL"),
        (["DE-XX"], None, "no calendar is called 'DE-XX'; known for DE: DE-BB"),
        (["IL"], None, "its weekend is not always Saturday and Sunday"),
        (["nowhere.yaml"], None, r"the overlay nowhere\.yaml cannot be read"),
        ([], None, "no calendar is named"),
    ],
)
def test_an_unknown_calendar_is_refused_with_what_would_be_right(
    names: list[str], state: str | None, message: str
) -> None:
    with pytest.raises(UnknownCalendar, match=message):
        build_calendar(names, state=state, first_year=2018, last_year=2020)


def test_years_are_refused_where_nothing_is_known() -> None:
    with pytest.raises(UnknownCalendar, match="from an earlier to a later year"):
        build_calendar(["us-federal"], state=None, first_year=2020, last_year=2018)
    with pytest.raises(UnknownCalendar, match="us-federal is known for 1777-2100"):
        build_calendar(["us-federal"], state=None, first_year=2090, last_year=2101)


def test_the_version_names_the_package_and_the_overlays() -> None:
    assert calendar("us-federal").version.startswith("holidays 0.109 + overlays ")
    assert calendar("GB-ENG").version == "holidays 0.109"


def test_the_same_names_give_the_same_snapshot() -> None:
    one, other = (calendar("us-federal", "state", state="NY") for _ in range(2))
    assert one.sha256 == other.sha256
    assert one.sha256 != calendar("us-federal", "state", state="IL").sha256


def test_an_overlay_file_adds_removes_and_disputes_days_of_the_calendars_before_it(tmp_path: Path) -> None:
    overlay = tmp_path / "office.yaml"
    overlay.write_text(
        """
        remove: [{name: Columbus Day, from_year: 2020, citation: office rule 1}]
        dispute: [{day: 2019-10-14, disputed: open_in_practice, citation: office rule 2}]
        add:
          - {day: 2024-05-10, name: Office move, citation: notice of 2024-05-01}
          - {every: 07-05, from_year: 2022, to_year: 2024, name: Day after, citation: office rule 3}
        """,
        encoding="utf-8",
    )
    office = calendar("us-federal", str(overlay))
    assert office.name == "us-federal + office"
    assert closed_on(office, "2020-10-12") is None
    assert [closed.disputed for closed in office.disputes(date(2019, 10, 1), date(2019, 10, 31))] == [
        "open_in_practice"
    ]
    assert office.why_closed(date(2024, 5, 10)) == "Office move (office)"
    assert [year for year in range(2021, 2026) if closed_on(office, f"{year}-07-05")] == [2021, 2022, 2023, 2024]
    assert office.version != calendar("us-federal").version


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("add: [{day: 2024-05-10, name: Office move}]", "citation"),
        ("add: [{name: Office move, citation: notice}]", "either `day"),
        ("add: [{every: 13-01, name: Office move, citation: notice}]", "add.0"),
        ("remove: [{citation: notice}]", "say which days"),
        ("ad: []", "ad"),
        ("add: [", "line 1"),
        ("- 1", "Overlay"),
    ],
)
def test_an_overlay_that_is_not_valid_is_refused(tmp_path: Path, text: str, message: str) -> None:
    overlay = tmp_path / "office.yaml"
    overlay.write_text(text, encoding="utf-8")
    with pytest.raises(UnknownCalendar, match=message):
        calendar("us-federal", str(overlay))


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


@pytest.mark.parametrize("overlay", sorted(shipped_overlays()))
def test_every_overlay_of_ours_can_be_named(overlay: str) -> None:
    assert calendar("US-CA", overlay).name == f"state CA + {overlay}"


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
