"""Dates worked out by hand from the statute and a wall calendar, one a line in data/worked_dates.csv.

None was taken from the engine. ``from`` is wall-clock time of the zone (noon where only a day is given), ``due``
carries its weekday, ``closes_at`` is in UTC, ``other`` is the last day under the reading that is not enforced.
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

WORKED = Path(__file__).parent / "data" / "worked_dates.csv"


def read_worked() -> list[dict[str, str]]:
    with WORKED.open(encoding="utf-8") as lines:
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
