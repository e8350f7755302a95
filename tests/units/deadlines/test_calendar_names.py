"""Calendars as people name them: alone, by a state, by an ISO code, corrected by an overlay; and what is refused."""

from datetime import date
from pathlib import Path

import pytest

from forthwith.campaign.calendar_names import YEARS_AFTER, calendar_named
from forthwith.deadlines.calendar_builder import UnknownCalendar, build_calendar, shipped_overlays
from forthwith.deadlines.period import MAX_DAYS
from forthwith.request.clock_changes import MAX_EXTENSION
from tests.units.deadlines.test_calendars import calendar, closed_on

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "calendars.md"
PARADE = "add:\n  - {day: 2018-02-20, name: Parade, citation: order of the mayor}\n"


def overlay(folder: Path, name: str, text: str = PARADE) -> Path:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("names", "state", "name"),
    [
        ([], None, "us-federal"),
        ([], "IL", "us-federal + state IL"),
        (["us-federal"], "il", "us-federal + state IL"),
        (["state", "us-federal"], "IL", "state IL + us-federal"),
        (["GB-ENG"], None, "GB-ENG"),
        (["GB-ENG"], "IL", "us-federal + state IL + GB-ENG"),
        (["us-federal", "state", "california-courts"], "CA", "us-federal + state CA + california-courts"),
        (["california-courts"], "CA", "us-federal + state CA + california-courts"),
    ],
)
def test_names_are_layers_and_a_state_is_short_for_federal_and_its_own(
    names: list[str], state: str | None, name: str
) -> None:
    calendar = calendar_named(names, state=state, year=2018)
    assert calendar.name == name
    assert (calendar.first_year, calendar.last_year) == (2017, 2040)


@pytest.mark.parametrize("name", ["parade", "overlays/parade.yaml"])
def test_an_overlay_beside_the_campaign_goes_by_name_or_path(tmp_path: Path, name: str) -> None:
    overlay(tmp_path, "overlays/parade.yaml")
    calendar = calendar_named([name], state="IL", year=2018, beside=tmp_path)
    assert calendar.name == "us-federal + state IL + parade"
    assert calendar.why_closed(date(2018, 2, 20)) == "Parade (parade)"
    assert not calendar.is_open(date(2018, 2, 20), "backward")


def test_an_overlay_alone_corrects_the_federal_calendar(tmp_path: Path) -> None:
    overlay(tmp_path, "parade.yaml")
    assert calendar_named(["parade.yaml"], year=2018, beside=tmp_path).name == "us-federal + parade"


def test_an_overlay_that_is_called_as_a_calendar_is_refused(tmp_path: Path) -> None:
    overlay(tmp_path, "overlays/us-ma.yaml")
    with pytest.raises(UnknownCalendar, match=r"'us-ma' is a calendar and also your file overlays/us-ma\.yaml"):
        calendar_named(["us-ma"], year=2018, beside=tmp_path)


def test_every_problem_of_an_overlay_is_reported_with_its_line_and_field(tmp_path: Path) -> None:
    text = """\
add:
  - {day: 2018-02-20, name: Parade}
  - {every: 5th monday of may, name: Parade, citation: order}
  - {every: 12-24, from_year: 2020, to_year: 2019, name: Eve, citation: order}
remvoe: []
"""
    overlay(tmp_path, "overlays/parade.yaml", text)
    with pytest.raises(UnknownCalendar) as refusal:
        calendar_named(["parade"], year=2018, beside=tmp_path)
    assert str(refusal.value).splitlines() == [
        "overlays/parade.yaml:2: add.1.citation: is missing",
        "overlays/parade.yaml:3: add.2.every: '5th monday of may' is no day; write 12-24, 4th friday of september, or "
        "easter - 2",
        "overlays/parade.yaml:4: add.3: holds from 2020 to 2019, which is no year at all",
        "overlays/parade.yaml:5: remvoe: unknown key 'remvoe', did you mean 'remove'? Known here: remove, dispute, "
        "settle, add",
    ]


def test_an_overlay_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownCalendar, match=r"the file nowhere\.yaml cannot be read: there is no such file"):
        calendar_named(["nowhere.yaml"], year=2018, beside=tmp_path)
    with pytest.raises(UnknownCalendar, match="no calendar is called 'nowhere'"):
        calendar_named(["nowhere"], year=2018, beside=tmp_path)


def test_a_calendar_reaches_past_the_longest_period_and_extension_and_ten_years_of_chasing() -> None:
    assert MAX_DAYS + MAX_EXTENSION.days + 10 * 365 < YEARS_AFTER * 365


def test_a_day_beyond_the_calendar_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="2041-01-02 lies outside the years 2017-2040 of the calendar us-federal"):
        calendar_named(year=2018).is_open(date(2041, 1, 2))


def test_the_overlay_in_the_documentation_does_what_it_says(tmp_path: Path) -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    overlay(tmp_path, "overlays/county.yaml", text)
    county = calendar_named(["county"], state="IL", year=2026, beside=tmp_path)
    assert county.why_closed(date(2026, 5, 11)) == "Courthouse move (county)"
    assert county.why_closed(date(2026, 11, 27)) == "Day after Thanksgiving (county)"
    assert county.is_open(date(2026, 10, 12))
    assert county.is_open(date(2028, 11, 10), disputed_open=True)


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


def test_an_overlay_file_adds_removes_and_disputes_days_of_the_calendars_before_it(tmp_path: Path) -> None:
    office_file = overlay(
        tmp_path,
        "office.yaml",
        """
        remove: [{name: Columbus Day, from_year: 2020, citation: office rule 1}]
        dispute: [{day: 2019-10-14, disputed: open_in_practice, citation: office rule 2}]
        add:
          - {day: 2024-05-10, name: Office move, citation: notice of 2024-05-01}
          - {every: 07-05, from_year: 2022, to_year: 2024, name: Day after, citation: office rule 3}
        """,
    )
    office = calendar("us-federal", str(office_file))
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
    with pytest.raises(UnknownCalendar, match=message):
        calendar("us-federal", str(overlay(tmp_path, "office.yaml", text)))


@pytest.mark.parametrize("name", sorted(shipped_overlays()))
def test_every_overlay_of_ours_can_be_named(name: str) -> None:
    assert calendar("US-CA", name).name == f"state CA + {name}"
