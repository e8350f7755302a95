"""Calendars: which days the law closes, where the package is corrected, and what is refused by name."""

from datetime import date
from pathlib import Path

import pytest

from activities.calendars import CORRECTIONS, UnknownCalendar, build_calendar
from forthwith.domain.calendar import Calendar, ClosedDay

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
        (["us-fedral"], None, r"no calendar is called 'US-FEDRAL'; did you mean us-federal\?$"),
        (["narnia"], None, "no calendar is called 'NARNIA'; write us-federal, state, an ISO code"),
        (["US"], None, "write us-federal, or a state's such as US-MA"),
        (["state"], None, "needs to know which state"),
        (["Massachusets"], None, r"'MASSACHUSETS'; did you mean US-MA\?$"),
        (["england"], None, r"'ENGLAND'; did you mean GB-ENG"),
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


def test_every_shipped_overlay_corrects_a_calendar_that_exists() -> None:
    assert sorted(overlay.name for overlay in CORRECTIONS.iterdir()) == [
        "us-ca.yaml",
        "us-federal.yaml",
        "us-ny.yaml",
        "us-states.yaml",
    ]
