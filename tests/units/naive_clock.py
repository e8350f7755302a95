"""Counting days the slow way, one at a time, as a second opinion on forthwith/domain/clock.py.

It shares nothing with the real clock but the standard library: closed days come as plain sets, a rule as plain
values, a day's end is found by looking at the clock every quarter of an hour. Where the real clock computes, this one
walks; where the real one asks a calendar, this one asks "is it in the set?".
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]
"""A pause: from its first instant until the first instant after it."""


def naive_due(trigger: date, days: int, rule: str, closed: frozenset[date]) -> date:
    """The last day, walking a wall calendar from ``trigger``; ``closed`` are the holidays of that direction."""
    one = 1 if days > 0 else -1
    day = trigger
    counted = 0
    while counted != days:
        day = step(day, one)
        if rule != "business_days" or naive_is_open(day, closed):
            counted += one
    while rule == "frcp6" and not naive_is_open(day, closed):
        day = step(day, one)
    return day


def naive_is_open(day: date, closed: frozenset[date]) -> bool:
    return day.isoweekday() not in (6, 7) and day not in closed


def step(day: date, one: int = 1) -> date:
    return date.fromordinal(day.toordinal() + one)


class NaivePlace(NamedTuple):
    """Where a period is counted: the days that are closed there, and when a day is over."""

    zone: str
    closed: frozenset[date]
    disputed: frozenset[date] = frozenset()
    """Closed days that another reader takes as open."""
    inaccessible: frozenset[date] = frozenset()
    """Days on which the office could not be reached, FRCP 6(a)(3)."""
    closes: time | None = None

    def is_open(self, day: date, *, lenient: bool) -> bool:
        """``lenient`` takes the disputed days as open."""
        return day.isoweekday() < 6 and (day not in self.closed or (lenient and day in self.disputed))

    def ends(self, day: date) -> datetime:
        """The first instant that is no longer in time, in UTC."""
        return naive_midnight(day, self.zone) if self.closes is None else naive_wall(day, self.closes, self.zone)


@cache
def naive_midnight(day: date, zone: str) -> datetime:
    """The first quarter of an hour at which the wall calendar of ``zone`` shows a day after ``day``."""
    here = ZoneInfo(zone)
    look = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=9)  # no zone is further ahead than 15 h
    while look.astimezone(here).date() <= day:
        look += timedelta(minutes=15)
    return look


@cache
def naive_wall(day: date, wall: time, zone: str) -> datetime:
    """The last instant at which the clock of ``zone`` shows ``wall``; where it never does, what the old offset says."""
    here = ZoneInfo(zone)
    shown = datetime.combine(day, wall, UTC)
    offsets = {(shown + timedelta(hours=h)).astimezone(here).utcoffset() or timedelta() for h in (-26, 26)}
    instants = [shown - offset for offset in offsets]
    right = [at for at in instants if at.astimezone(here).replace(tzinfo=UTC) == shown]
    return max(right or instants)


class NaiveRule(NamedTuple):
    """A rule as plain values: ``unit`` is ``days`` or ``business_days``."""

    roll: str = "forward"
    starts: str = "day_after"
    cut_off: time | None = None
    mail_days: int = 0


class NaiveCount(NamedTuple):
    """Where a count ended, and the day to which that was moved."""

    last_counted: date
    due: date


def naive_count(
    place: NaivePlace,
    moment: datetime,
    count: int,
    unit: str,
    rule: NaiveRule,
    pauses: Sequence[Span] = (),
    *,
    lenient: bool = False,
) -> NaiveCount:
    """``count`` days of ``unit`` after ``moment``, under one reading of the disputed days."""
    paused = naive_paused(place, pauses)
    day_one = naive_first_day(place, moment, rule, lenient=lenient)
    counted = walk(place, step(day_one, -1), count, unit, paused, lenient=lenient)
    return finish(place, counted, rule, paused, lenient=lenient)


def naive_first_day(place: NaivePlace, moment: datetime, rule: NaiveRule, *, lenient: bool) -> date:
    """The day that counts as the first, if it is open where only open days count."""
    wall = moment.astimezone(ZoneInfo(place.zone))
    received = wall.date()
    if rule.cut_off is not None:
        if wall.time() >= rule.cut_off:
            received = step(received)
        while not place.is_open(received, lenient=lenient):
            received = step(received)
    if rule.starts == "event_day":
        return received
    first = step(received)
    while rule.starts == "next_business_day" and not place.is_open(first, lenient=lenient):
        first = step(first)
    return first


def walk(place: NaivePlace, day: date, count: int, unit: str, paused: frozenset[date], *, lenient: bool) -> date:
    """``count`` days after ``day``: each that is not paused, and open where only open days count."""
    while count:
        day = step(day)
        if day not in paused and (unit == "days" or place.is_open(day, lenient=lenient)):
            count -= 1
    return day


def finish(place: NaivePlace, counted: date, rule: NaiveRule, paused: frozenset[date], *, lenient: bool) -> NaiveCount:
    """The last day made out of where the count ended: rolled, lengthened for mail, rolled again."""
    due = naive_roll(place, counted, rule.roll, paused, lenient=lenient)
    if rule.mail_days:
        due = walk(place, due, rule.mail_days, "days", paused, lenient=lenient)
        due = naive_roll(place, due, rule.roll, paused, lenient=lenient)
    return NaiveCount(counted, due)


def naive_roll(place: NaivePlace, day: date, roll: str, paused: frozenset[date], *, lenient: bool) -> date:
    if roll == "none":
        while day in paused:
            day = step(day)
        return day
    one = -1 if roll == "backward" else 1
    while not place.is_open(day, lenient=lenient) or day in paused:
        day = step(day, one)
    while day in place.inaccessible or not place.is_open(day, lenient=lenient) or day in paused:
        day = step(day)
    return day


def naive_paused(place: NaivePlace, pauses: Sequence[Span]) -> frozenset[date]:
    """The days whose end falls into a pause: nobody could have been late on them."""
    days: set[date] = set()
    for since, until in pauses:
        day = step(since.astimezone(UTC).date(), -2)
        while (end := place.ends(day)) <= until:
            if since < end:
                days.add(day)
            day = step(day)
    return frozenset(days)


def naive_certain(place: NaivePlace, day: date, pauses: Sequence[Span] = ()) -> date:
    """A named day, a day later for each paused day until it; never moved for a weekend or a holiday."""
    paused = naive_paused(place, pauses)
    look, due = min(paused, default=day), day
    while look <= due:
        if look in paused:
            due = step(due)
        look = step(look)
    return due


def naive_elapsed(moment: datetime, length: timedelta, pauses: Sequence[Span] = ()) -> datetime:
    """``length`` of running time after ``moment``: from one pause to the next, spending what runs between them."""
    now, left = moment.astimezone(UTC), length
    for since, until in sorted(pauses):
        if now + left <= since:
            break
        if until > now:
            left -= max(since - now, timedelta())
            now = until.astimezone(UTC)
    return now + left
