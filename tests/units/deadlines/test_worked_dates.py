"""Dates worked out by hand from the statute and a wall calendar, one a line in data/worked_dates.csv.

None was taken from the engine. ``from`` is wall-clock time of the zone (noon where only a day is given), ``due``
carries its weekday, ``closes_at`` is in UTC, ``other`` is the last day under the reading that is not enforced.
``tests/data/deadline_examples.csv`` has the examples that the project began with.
"""

import csv
from collections import defaultdict
from datetime import date, datetime, time
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from forthwith.deadlines.calendar_builder import build_calendar
from forthwith.deadlines.clock import Clock
from forthwith.deadlines.computation import Computation
from forthwith.deadlines.counting import Inaccessible
from forthwith.deadlines.pause import Pause
from forthwith.deadlines.period import Period
from forthwith.deadlines.rule import Reading, Rule
from forthwith.deadlines.rule_files import read_rule
from tests.units.deadlines.strategies import (
    CHICAGO,
    SEVEN_OF_FOURTEEN,
    Place,
    noon,
    period,
)

WORKED = Path(__file__).parent / "data" / "worked_dates.csv"
EXAMPLES = Path(__file__).parents[2] / "data" / "deadline_examples.csv"


def read_worked(file: Path = WORKED) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def local(written: str, zone: str) -> datetime:
    """``2024-12-31T23:59`` on the wall of ``zone``; noon for a day alone; an offset, where given, is kept."""
    moment = datetime.fromisoformat(written if "T" in written else f"{written}T12:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def compute(worked: dict[str, str]) -> Computation:
    """The engine's answer. ``besides`` lists what else matters, such as ``closes 17:00; extend 14 days``."""
    zone, moment = worked["zone"], local(worked["from"], worked["zone"])
    settings: dict[str, list[str]] = defaultdict(list)
    for setting in filter(None, worked["besides"].split("; ")):
        name, _, value = setting.partition(" ")
        settings[name].append(value)
    (closes,) = settings["closes"] or [""]
    (reading,) = settings["reading"] or ["later"]
    clock = Clock(
        calendar=build_calendar(
            worked["place"].split(), state=None, first_year=moment.year - 1, last_year=min(moment.year + 2, 2100)
        ),
        zone=zone,
        closes=time.fromisoformat(closes) if closes else None,
        reading=cast("Reading", reading),
        inaccessible=tuple(
            Inaccessible(day=date.fromisoformat(day), reason="snow") for day in settings["office_closed"]
        ),
    )
    pauses = tuple(paused(written, zone) for written in settings["pause"])
    if worked["period"] == "by":
        return clock.by(moment.date(), pauses=pauses)
    rule = changed(worked["rule"], settings)
    if not worked["period"]:
        return clock.staged(moment, rule, extended="extended" in settings, pauses=pauses)
    count, unit = worked["period"].split()
    if int(count) < 0 and unit == "hours":
        return clock.hours(moment, int(count), rule)
    if int(count) < 0:
        return clock.counted(moment.date(), int(count), rule=rule)
    computed = clock.within(moment, Period.model_validate({unit: int(count)}), rule, pauses=pauses)
    for count, unit in (written.split() for written in settings["extend"]):
        computed = clock.extended(computed, Period.model_validate({unit: int(count)}), rule, pauses=pauses)
    return computed


def paused(written: str, zone: str) -> Pause:
    since, until = written.split("/")
    return Pause(since=local(since, zone), until=local(until, zone))


def changed(name: str, settings: dict[str, list[str]]) -> Rule:
    """The rule of that name, with what a row says to be otherwise."""
    rule = read_rule(name)
    written = {setting: settings[setting][0] for setting in ("roll", "starts", "cut_off") if setting in settings}
    if "mail" in settings:
        written |= {"mail_days": int(settings["mail"][0])}
    if not written:
        return rule
    editions = [edition.model_dump(by_alias=True) | written for edition in rule.editions]
    return Rule.model_validate(rule.model_dump(by_alias=True) | {"editions": editions})


@pytest.mark.parametrize("worked", read_worked(), ids=lambda w: f"{w['from']} {w['period']} {w['why'][:40]}")
def test_a_date_worked_by_hand(worked: dict[str, str]) -> None:
    computed = compute(worked)
    assert f"{computed.due:%a %Y-%m-%d}" == worked["due"], worked["why"]
    assert computed.closes_at == datetime.fromisoformat(worked["closes_at"]), worked["why"]
    others = [date.fromisoformat(worked["other"])] if worked["other"] else []
    assert [other.due for other in computed.alternatives] == others, worked["why"]


@pytest.mark.parametrize("example", read_worked(EXAMPLES), ids=lambda e: f"{e['n']} {e['description']}")
def test_worked_example(example: dict[str, str]) -> None:
    computed = Place(example["district_state"]).clock.counted(
        date.fromisoformat(example["event_date"]), int(example["days"])
    )
    assert computed.due.isoformat() == example["expected"]
    assert f"{computed.due:%a}" == example["weekday"]
    disputed = [(example["alternative"], example["ambiguity"])] if example["ambiguity"] else []
    assert [(other.due.isoformat(), other.reason) for other in computed.alternatives] == disputed


def test_a_backward_count_keeps_going_backward_off_a_closed_day() -> None:
    """FRCP 6(a)(5) and its committee note: ten days before Wednesday, 2007-09-12 is a Sunday; Friday is next."""
    computed = Place("IL", CHICAGO).clock.counted(date(2007, 9, 12), -10)
    assert (computed.last_counted, computed.due) == (date(2007, 9, 2), date(2007, 8, 31))
    assert computed.citation == "FRCP 6(a)(1), 6(a)(5)"


def test_counting_backward_a_disputed_day_is_kept_because_it_is_the_later_one() -> None:
    """The day after Christmas 2025, closed by the President."""
    computed = Place("IL", CHICAGO).clock.counted(date(2026, 1, 9), -14)
    assert (computed.due, computed.skipped) == (date(2025, 12, 26), ())
    assert [(str(other.due), other.reason) for other in computed.alternatives] == [
        ("2025-12-23", "presidential_closing")
    ]


def test_an_extension_counts_on_in_each_reading_from_where_that_reading_ended() -> None:
    """Three business days from June 30, 2026: July 3 is disputed. Two more follow on from July 6, or from July 3."""
    chicago = Place(zone=CHICAGO).clock
    base = chicago.within(noon("2026-06-30"), period(business_days=3), "business_days")
    assert (base.due, [other.due for other in base.alternatives]) == (date(2026, 7, 6), [date(2026, 7, 3)])
    extended = chicago.extended(base, period(business_days=2), "business_days")
    assert (extended.due, [other.due for other in extended.alternatives]) == (date(2026, 7, 8), [date(2026, 7, 7)])
    assert extended.alternatives[0].reason == base.alternatives[0].reason
    again = chicago.extended(extended, period(business_days=1), "business_days")
    assert (again.due, [other.due for other in again.alternatives]) == (date(2026, 7, 9), [date(2026, 7, 8)])


@pytest.mark.parametrize(("more", "due"), [(6, date(2018, 2, 21)), (7, date(2018, 2, 22)), (8, date(2018, 2, 22))])
def test_an_extension_never_passes_the_cap_of_the_rule(more: int, due: date) -> None:
    """Seven business days from February 1, 2018 are February 12; fourteen are the 22nd, over Washington's Birthday."""
    chicago = Place(zone=CHICAGO).clock
    base = chicago.staged(noon("2018-02-01"), SEVEN_OF_FOURTEEN)
    assert base.due == date(2018, 2, 12)
    at_once = chicago.extended(base, period(business_days=more), SEVEN_OF_FOURTEEN)
    assert (at_once.due, [stage.due for stage in at_once.stages]) == (due, [due])
    one_by_one = base
    for _ in range(more):
        one_by_one = chicago.extended(one_by_one, period(business_days=1), SEVEN_OF_FOURTEEN)
    assert one_by_one.due == due
