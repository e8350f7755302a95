"""Dates worked out by hand from the statute and a wall calendar, one a line in data/worked_dates.csv.

None was taken from the engine. ``from`` is wall-clock time of the zone (noon where only a day is given), ``due``
carries its weekday, ``closes_at`` is in UTC, ``stricter`` the earlier day to which another reader may hold.
"""

import csv
from datetime import date, datetime, time
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from activities.calendars import build_calendar
from forthwith.domain.clock import Clock, Computation, Rule
from forthwith.domain.period import Period

WORKED = Path(__file__).parent / "data" / "worked_dates.csv"


def read_worked() -> list[dict[str, str]]:
    with WORKED.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def local(written: str, zone: str) -> datetime:
    """``2024-12-31T23:59`` on the wall of ``zone``; noon for a day alone; an offset, where given, is kept."""
    moment = datetime.fromisoformat(written if "T" in written else f"{written}T12:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def compute(worked: dict[str, str]) -> Computation:
    zone, period = worked["zone"], worked["period"]
    closes: time | None = None
    for setting in filter(None, worked["besides"].split("; ")):
        what, _, value = setting.partition(" ")
        if what == "closes":
            closes = time.fromisoformat(value)
    moment = local(worked["from"], zone)
    calendar = build_calendar(
        worked["place"].split(), state=None, first_year=moment.year - 1, last_year=min(moment.year + 2, 2100)
    )
    clock = Clock(calendar=calendar, zone=zone, closes=closes)
    if period == "by":
        return clock.by(moment.date())
    count, unit = period.split()
    rule = cast("Rule", worked["rule"])
    if int(count) < 0:
        return clock.counted(moment.date(), int(count), rule=rule)
    return clock.within(moment, Period.model_validate({unit: int(count)}), rule)


@pytest.mark.parametrize("worked", read_worked(), ids=lambda w: f"{w['from']} {w['period']} {w['why'][:40]}")
def test_a_date_worked_by_hand(worked: dict[str, str]) -> None:
    computed = compute(worked)
    assert f"{computed.due:%a %Y-%m-%d}" == worked["due"], worked["why"]
    assert computed.closes_at == datetime.fromisoformat(worked["closes_at"]), worked["why"]
    stricter = [date.fromisoformat(worked["stricter"])] if worked["stricter"] else []
    assert [other.due for other in computed.alternatives] == stricter, worked["why"]
