"""Counting days the slow way, one at a time, as a second opinion on forthwith/deadlines/clock.py.

It shares nothing with the real clock but the standard library: closed days come as plain sets, a rule as plain
values, a day's end is found by looking at the clock every quarter of an hour. Where the real clock computes, this one
walks; where the real one asks a calendar, this one asks "is it in the set?".
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]
"""A pause: from its first instant until the first instant after it."""


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
    """A rule as plain values."""

    roll: str = "forward"
    starts: str = "day_after"
    cut_off: time | None = None
    mail_days: int = 0


class NaiveStage(NamedTuple):
    """One of several deadlines in a row; periods are a number and ``days`` or ``business_days``."""

    within: tuple[int, str]
    after: int | None = None
    """The number of the earlier stage from whose due date it counts; from the event where there is none."""
    extension: tuple[int, str] | None = None
    cap: tuple[int, str] | None = None


class NaiveCount(NamedTuple):
    """Where a count ended, and the day to which that was moved."""

    last_counted: date
    due: date


class NaiveClock(NamedTuple):
    """One reading of one rule in one place, with the days on which the clock stands still."""

    place: NaivePlace
    rule: NaiveRule
    pauses: Sequence[frozenset[date]] = ()
    """The paused days of each pause, in the order in which the pauses begin."""
    lenient: bool = False
    """Takes the disputed days as open."""
    paused: frozenset[date] = frozenset()
    """Those that this count has met."""

    def within(self, moment: datetime, count: int, unit: str) -> NaiveCount:
        """``count`` days of ``unit`` after ``moment``."""
        return self.after(step(self.first_day(moment), -1), count, unit)

    def longer(self, base: NaiveCount, count: int, unit: str) -> NaiveCount:
        """As many days more, from where the count had ended before it was moved."""
        return self.after(base.last_counted, count, unit)

    def after(self, day: date, count: int, unit: str) -> NaiveCount:
        """The count again for each pause that begins before it is over; the others have nothing left to stop."""
        running = self
        end = running.last_day(running.walk(day, count, unit))
        for days in self.pauses:
            if min(days) > end.due:
                break
            running = running._replace(paused=running.paused | days)
            end = running.last_day(running.walk(day, count, unit))
        return end

    def staged(
        self, moment: datetime, stages: Sequence[NaiveStage], *, extended: bool, more: Sequence[tuple[int, str]] = ()
    ) -> list[NaiveCount]:
        """Every stage's last day; the last one's with what was granted beyond the rule, within its longest time."""
        ends: list[NaiveCount] = []
        for stage in stages:
            counting = self
            if stage.after is None:
                end = self.within(moment, *stage.within)
            else:
                counting = self._replace(rule=self.rule._replace(mail_days=0))  # whoever was served by mail was so once
                end = counting.after(ends[stage.after].due, *stage.within)
            if extended and stage.extension:
                end = counting.longer(end, *stage.extension)
            if len(ends) == len(stages) - 1:
                for count, unit in more:
                    end = counting.longer(end, count, unit)
            if stage.cap:
                longest = self.within(moment, *stage.cap)
                end = NaiveCount(end.last_counted, min(end.due, longest.due))
            ends.append(end)
        return ends

    def first_day(self, moment: datetime) -> date:
        """The day that counts as the first, if it is open where only open days count."""
        wall = moment.astimezone(ZoneInfo(self.place.zone))
        received = wall.date()
        if self.rule.cut_off is not None:
            if wall.time() >= self.rule.cut_off:
                received = step(received)
            while not self.is_open(received):
                received = step(received)
        if self.rule.starts == "event_day":
            return received
        first = step(received)
        while self.rule.starts == "next_business_day" and not self.is_open(first):
            first = step(first)
        return first

    def walk(self, day: date, count: int, unit: str) -> date:
        """``count`` days on from ``day``: each that is not paused, and open where only open days count."""
        while count:
            day = step(day)
            if day not in self.paused and (unit == "days" or self.is_reachable(day)):
                count -= 1
        return day

    def last_day(self, counted: date) -> NaiveCount:
        """The last day made out of where the count ended: rolled, lengthened for mail, rolled again."""
        due = self.roll(counted)
        if self.rule.mail_days:
            due = self.roll(self.walk(due, self.rule.mail_days, "days"))
        return NaiveCount(counted, due)

    def roll(self, day: date) -> date:
        if self.rule.roll == "none":
            return self.on(day, lambda look: look not in self.paused)
        if self.rule.roll == "backward":
            before = day
            while not self.is_open(before):
                before = step(before, -1)
            if before not in self.paused and before not in self.place.inaccessible:
                return before
        return self.on(day, lambda look: look not in self.paused and self.is_reachable(look))

    def on(self, day: date, is_last: Callable[[date], bool]) -> date:
        while not is_last(day):
            day = step(day)
        return day

    def is_open(self, day: date) -> bool:
        return self.place.is_open(day, lenient=self.lenient)

    def is_reachable(self, day: date) -> bool:
        return self.is_open(day) and day not in self.place.inaccessible


def naive_back(place: NaivePlace, day: date, count: int, unit: str, rule: NaiveRule, *, lenient: bool) -> NaiveCount:
    """``count`` days before ``day``; ``place.closed`` must lack the days that are closed for forward counts only."""
    first = day if rule.starts == "event_day" else step(day, -1)
    while rule.starts == "next_business_day" and not place.is_open(first, lenient=lenient):
        first = step(first, -1)
    day = step(first)
    while count:
        day = step(day, -1)
        if unit == "days" or (place.is_open(day, lenient=lenient) and day not in place.inaccessible):
            count -= 1
    due = day
    if rule.roll != "none":
        while not place.is_open(due, lenient=lenient):
            due = step(due, -1)
        while due in place.inaccessible or not place.is_open(due, lenient=lenient):
            due = step(due)  # FRCP 6(a)(3) knows no way back
    return NaiveCount(day, due)


def naive_paused(place: NaivePlace, pauses: Sequence[Span]) -> list[frozenset[date]]:
    """Of each pause the days whose end falls into it, on which nobody could be late; without those that have none."""
    paused: list[frozenset[date]] = []
    for since, until in sorted(pauses):
        days: set[date] = set()
        day = step(since.astimezone(UTC).date(), -2)
        while (end := place.ends(day)) <= until:
            if since < end:
                days.add(day)
            day = step(day)
        if days:
            paused.append(frozenset(days))
    return paused


def naive_certain(place: NaivePlace, day: date, pauses: Sequence[Span] = ()) -> date:
    """A named day, a day later for each paused day until it; never moved for a weekend or a holiday."""
    paused = frozenset[date]().union(*naive_paused(place, pauses))
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


class NaiveHours(NamedTuple):
    """A count of hours: when they were up, and where a closed day moved that."""

    up: datetime
    end: datetime


def naive_hours(
    place: NaivePlace, moment: datetime, length: timedelta, roll: str, pauses: Sequence[Span] = (), *, lenient: bool
) -> NaiveHours:
    """``length`` of running time, then the same time on another day if that one is closed.

    The count again for each pause that begins before it is over, as for days.
    """
    met: list[Span] = []
    hours = _moved(place, moment, length, roll, met, lenient=lenient)
    for since, until in sorted(pauses):
        stands_still = any(until_then >= since for _, until_then in met)  # one pause goes over into the next
        if since >= hours.end and not stands_still:
            break
        met.append((since, until))
        hours = _moved(place, moment, length, roll, met, lenient=lenient)
    return hours


def _moved(
    place: NaivePlace, moment: datetime, length: timedelta, roll: str, pauses: Sequence[Span], *, lenient: bool
) -> NaiveHours:
    up = naive_elapsed(moment, length, pauses) if length > timedelta() else moment + length
    shown = up.astimezone(ZoneInfo(place.zone))

    def at(day: date) -> datetime:
        return up if day == shown.date() else naive_wall(day, shown.time().replace(fold=0), place.zone)

    def is_reachable(day: date) -> bool:
        runs = day == shown.date() or not any(since < at(day) <= until for since, until in pauses)
        return place.is_open(day, lenient=lenient) and day not in place.inaccessible and runs

    day = shown.date()
    if roll != "none":
        if roll == "backward" or length < timedelta():
            while not place.is_open(day, lenient=lenient):
                day = step(day, -1)
        if not is_reachable(day) and length > timedelta():
            day = shown.date()
        while not is_reachable(day):
            day = step(day)
    return NaiveHours(up, at(day))
