"""A computed deadline: the last day, the instant at which it ends, and the sentences that explain both."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from forthwith.base import Model
from forthwith.deadlines.calendar import SATURDAY, day_in_words
from forthwith.deadlines.due_date import DueDate, clock_time, zone_abbreviation
from forthwith.deadlines.pause import Pause
from forthwith.deadlines.rule import Starts

PAUSED = "the clock was paused"
"""Why a paused day is skipped."""

_ONE_DAY = timedelta(days=1)

Passing = Literal["start", "count", "roll", "mail", "mail_roll"]
"""The step in which a day was passed over: before day 1, in the count, in the move of the last day, among the days for
mail, and in the move after them."""


class Skipped(Model):
    """A day that was passed over, and why."""

    day: date
    reason: str
    passing: Passing = "count"


class Alternative(Model):
    """The last day under the other reading of the law: shown, never enforced."""

    due: date
    reason: str


class Longest(Model):
    """The longest time from the event that a rule allows: its cap."""

    period: str
    due: date
    explanation: tuple[str, ...]


class Base(Model):
    """Where an extension counts on from under one reading of which days are closed, and the cap on it."""

    last_counted: date
    longest: Longest | None = None


class StageDate(Model):
    """When one stage of a rule is due."""

    name: str
    due: date
    closes_at: AwareDatetime
    explanation: tuple[str, ...]


class Computation(Model):
    """A last day, the instant at which it ends, and everything needed to check both by hand."""

    due: date
    closes_at: AwareDatetime
    """The first instant that is too late, at the UTC offset that ``zone`` has then.

    The offset is fixed because datetimes of one ``ZoneInfo`` compare and subtract by wall clock, which errs
    in the night that clocks change.
    """
    zone: str
    rule: str
    """The rule's name; ``business_days`` for a period in them under another built-in rule; ``elapsed`` for hours
    and less; ``date_certain`` for a named day."""
    citation: str
    trigger: date
    """The day of the event that starts the count, in ``zone``. For a date certain, the named day; for a stage that
    counts from another, the day that one is due; for an extension, the day it counts on from."""
    period: str
    """In words, ``30 days``; empty for a date certain."""
    last_counted: date
    """The day on which the count ended, before any move. An extension counts on from it."""
    skipped: tuple[Skipped, ...] = ()
    """Every day passed over: closed days in a count of open days, those that moved the last day, paused days."""
    alternatives: tuple[Alternative, ...] = ()
    calendar: str
    calendar_version: str
    calendar_sha256: str
    rule_title: str = ""
    """The title of a rule from a file. Empty for the built-in ones."""
    edition: date | None = None
    """The day from which the edition of that rule is in force."""
    open_days: bool = False
    """Whether only open days were counted. Computations recorded before rules were data show it by ``rule`` alone."""
    starts: Starts = "day_after"
    cut_off: time | None = None
    received: date | None = None
    """The day on which the event counts as received, where the cut-off moved it."""
    day_one: date | None = None
    """The first day that could count, where it is not the day after the event."""
    starts_at: AwareDatetime | None = None
    """The instant from which hours or less run, at the UTC offset that ``zone`` has then."""
    before_move: AwareDatetime | None = None
    """For hours under a rule that moves a closed last day: when they ended, before any move."""
    paused_seconds: int = 0
    """How many seconds pauses added to a period of hours or less."""
    stood_still: tuple[Pause, ...] = ()
    """Each pause within a period of hours or less, at the UTC offset that ``zone`` has then. Earlier records have only
    their sum, in ``paused_seconds``."""
    mail_days: int = 0
    before_mail: date | None = None
    """The last day before the days for service by mail were added."""
    cap: str = ""
    """The cap in words, ``14 business days``, where it held the due date back."""
    longest: Longest | None = None
    before_cap: date | None = None
    """The last day before the cap held it back."""
    disputed: str = ""
    """Why the two readings differ, also where both end on the same day."""
    bases: tuple[Base, ...] = ()
    """Where an extension counts on from with the disputed days closed, then with them open. Empty where both count on
    from ``last_counted`` and there is no cap."""
    after_stage: str = ""
    """The earlier stage from whose due date the days are counted."""
    extends: tuple[str, ...] = ()
    """For an extension: the sentences on the time that it extends."""
    stages: tuple[StageDate, ...] = ()

    @property
    def is_backward(self) -> bool:
        """Whether the time was counted back from its event."""
        if self.starts_at:
            return (self.before_move or self.closes_at) < self.starts_at
        return self.last_counted < self.trigger

    def in_words(self) -> str:
        """``Friday, February 23, 2018, by the end of the day, Chicago time (CST)``, as a letter says it."""
        return self.due_date.in_words()

    @property
    def due_date(self) -> DueDate:
        """The last day and its closing instant alone."""
        return DueDate(day=self.due, closes_at=self.closes_at, zone=self.zone)

    def explain(self) -> tuple[str, ...]:
        """Short sentences with which a person can repeat the count on a wall calendar."""
        staged = tuple(sentence for stage in self.stages for sentence in stage.explanation)
        return (*self._which_rule(), *(staged or self.reckoning()), *self._other_readings(), *self._source())

    def reckoning(self) -> tuple[str, ...]:
        """The sentences on this one count, from its event to its closing instant."""
        return (
            *self.until_counted(),
            *self._how_moved(),
            *self._how_mail_adds(),
            *self._how_capped(),
            self._when_closed(),
        )

    def until_counted(self) -> tuple[str, ...]:
        """The sentences up to the last day counted, before any move, from which an extension counts on."""
        return (*self.extends, *self._how_started(), *self._how_counted())

    def as_longest(self) -> tuple[str, ...]:
        """The sentences on this count where it is the cap of another."""
        since = f"The rule allows no more than {self.period} from {day_in_words(self.received or self.trigger)}."
        return (since, *self._how_counted(), *self._until_due())

    def base(self, *, disputed_open: bool) -> Base:
        """Where an extension counts on from under that reading."""
        return self.bases[disputed_open] if self.bases else Base(last_counted=self.last_counted)

    def _which_rule(self) -> Iterator[str]:
        if self.rule_title:
            yield f"The rule is {self.rule_title}, as in force since {day_in_words(self.edition or self.trigger)}."

    def _how_started(self) -> Iterator[str]:
        trigger = day_in_words(self.trigger)
        cited = f" ({self.citation})" if self.citation else ""
        if self.rule == "date_certain":
            return
        if self.extends:
            since = self._moment(self.starts_at) if self.starts_at else trigger
            more = f"The time is extended by {self.period}"
            if self.citation.startswith("FRCP 6(a)"):  # it governs counting, and grants no extension
                yield f"{more}, counted on from {since}, before any move, as {self.citation} counts."
            else:
                yield f"{more}{cited}, counted on from {since}, before any move."
        elif self.after_stage:
            yield f"The days count from when the stage {self.after_stage} is due, {trigger}; it is not counted{cited}."
        elif self.rule == "elapsed":
            yield f"The clock starts at once, {self._at(self.starts_at) if self.starts_at else f'on {trigger}'}{cited}."
        else:
            yield from self._how_day_one(cited)

    def _how_day_one(self, cited: str) -> Iterator[str]:
        event = f"The day of the event, {day_in_words(self.trigger)},"
        passed = self._passed("start")
        if self.received and self.cut_off:
            is_closed = any(skipped.day == self.trigger for skipped in passed)
            why = "a closed day" if is_closed else f"at {clock_time(self.cut_off)} or later"
            received = day_in_words(self.received)
            yield f"The event came on {day_in_words(self.trigger)}, {why}, so it counts as received on {received}."
            yield from _in_words(skipped for skipped in passed if skipped.day < self.received)
            passed = [skipped for skipped in passed if skipped.day > self.received]
            event = f"The day on which it counts as received, {received},"
        first = self.day_one or self.received or self.trigger
        is_passed = any(skipped.day == first for skipped in self._passed("count"))
        match self.starts:
            case "event_day" if is_passed:
                yield f"{event} would be day 1{cited}, but it is passed over."
            case "event_day":
                yield f"{event} is day 1{cited}."
            case "next_business_day" if self.day_one:
                open_day = f"the next open day, {day_in_words(self.day_one)}"
                day_one = f"would be {open_day}, but it is passed over" if is_passed else f"is {open_day}"
                yield f"{event} is not counted{cited}; day 1 {day_one}."
            case _:
                yield f"{event} is not counted{cited}."
        yield from _in_words(passed)

    def _how_counted(self) -> Iterator[str]:
        last, passed = day_in_words(self.last_counted), self._passed("count")
        if self.rule == "date_certain":
            yield f"The last day is named: {day_in_words(self.trigger)}."
            yield from _in_words(passed)
            if self.last_counted != self.trigger:
                yield f"Each paused day moves it by one, to {last}."
            yield "A date certain is not moved for a weekend or a holiday."
        elif self.rule == "elapsed":
            for pause in self.stood_still:
                length = _length(int((pause.until - pause.since).total_seconds())) or "less than a second"
                since, until = self._moment(pause.since), self._moment(pause.until)
                yield f"The clock was paused from {since} to {until}, for {length}."
            if self.paused_seconds and not self.stood_still:
                yield f"The clock was paused for {_length(self.paused_seconds)} in that time."
            is_paused = self.paused_seconds or self.stood_still
            which = "without that in which the clock was paused, " if is_paused else ""
            counting = f"Counting{self._back()} all the time that passes, nights and holidays too, {which}"
            yield f"{counting}for {self.period} ends {self._at(self.before_move or self.closes_at)}."
        else:
            which = "open days only" if self._counts_open_days() else "every day"
            if any(skipped.reason == PAUSED for skipped in passed):
                which += ", without those on which the clock was paused,"
            yield f"Counting{self._back()} {which} for {self.period} ends on {last}."
            yield from _in_words(passed)

    def _until_due(self) -> Iterator[str]:
        yield from self._how_moved()
        yield from self._how_mail_adds()

    def _how_moved(self) -> Iterator[str]:
        if self.rule == "date_certain":
            return
        moved_to = self.before_mail or self._uncapped()
        yield from _in_words(self._passed("roll"))
        if moved_to != self.last_counted:
            which = "the open day before" if moved_to < self.last_counted else "the next open day"
            if self.before_move:
                yield f"It moves to the same time on {which}, {day_in_words(moved_to)}."
            else:
                yield f"It moves to {which}, {day_in_words(moved_to)}."

    def _how_mail_adds(self) -> Iterator[str]:
        if self.before_mail is None:
            return
        passed, due = self._passed("mail"), self._uncapped()
        end = self.before_mail + (self.mail_days + len(passed)) * _ONE_DAY
        added = "1 day is" if self.mail_days == 1 else f"{self.mail_days} days are"
        cited = "" if self.rule_title else " (FRCP 6(d))"
        yield f"Then {added} added for service by mail{cited}, to {day_in_words(end)}."
        yield from _in_words(passed)
        yield from _in_words(self._passed("mail_roll"))
        if due != end:
            which = "the open day before" if due < end else "the next open day"
            yield f"It moves to {which}, {day_in_words(due)}."

    def _how_capped(self) -> Iterator[str]:
        if self.before_cap and self.longest:
            yield from self.longest.explanation
            yield f"So it ends on {day_in_words(self.due)}."

    def _when_closed(self) -> str:
        zone = self.due_date.zone_in_words()
        if closing_time := self.due_date.closing_time:
            return f"Time is up at {closing_time} on {day_in_words(self.due)}, {zone}."
        return f"Time is up when {day_in_words(self.due)} ends at midnight, {zone}."

    def _other_readings(self) -> Iterator[str]:
        for other in self.alternatives:
            kind = "stricter" if other.due < self.due else "later"
            yield f"A {kind} reading ends on {day_in_words(other.due)} ({other.reason.replace('_', ' ')})."

    def _source(self) -> Iterator[str]:
        asks_no_calendar = self.rule in ("calendar", "date_certain") or (self.rule == "elapsed" and not self.citation)
        if not asks_no_calendar or self.before_move or self.received or self.day_one:
            yield f"Calendar: {self.calendar}; {self.calendar_version}; sha256 {self.calendar_sha256[:12]}."

    def _uncapped(self) -> date:
        return self.before_cap or self.due

    def _back(self) -> str:
        return " back" if self.is_backward else ""

    def _at(self, at: datetime) -> str:
        return f"at {self._moment(at)}"

    def _moment(self, at: datetime) -> str:
        """``10:23 a.m. (EDT) on Friday, November 2, 2007``."""
        local = at.astimezone(ZoneInfo(self.zone))
        return f"{clock_time(local)} ({zone_abbreviation(local)}) on {day_in_words(local.date())}"

    def _counts_open_days(self) -> bool:
        return self.open_days or self.rule == "business_days"

    def _passed(self, passing: Passing) -> list[Skipped]:
        return [skipped for skipped in self.skipped if skipped.passing == passing]


def _length(seconds: int) -> str:
    """``2 days 3 hours``."""
    units = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
    parts: list[str] = []
    for unit, length in units:
        count, seconds = divmod(seconds, length)
        parts += [f"{count} {unit}{'s' * (count != 1)}"] * bool(count)
    return " ".join(parts)


def _in_words(passed: Iterable[Skipped]) -> Iterator[str]:
    """Sentences on days passed over: paused days by run, holidays by name, weekends by number."""
    skipped = tuple(passed)
    paused = [s.day for s in skipped if s.reason == PAUSED]
    closed = [s for s in skipped if s.reason != PAUSED]
    for _, run in groupby(enumerate(paused), key=lambda numbered: numbered[1] - numbered[0] * _ONE_DAY):
        days = [day for _, day in run]
        if len(days) == 1:
            yield f"{day_in_words(days[0])} is not counted: {PAUSED}."
        else:
            first, last = day_in_words(days[0]), day_in_words(days[-1])
            yield f"The clock was paused from {first} to {last}; days not counted: {len(days)}."
    yield from (f"{day_in_words(s.day)} is skipped: {s.reason}." for s in closed if s.day.weekday() < SATURDAY)
    weekends = sum(s.day.weekday() >= SATURDAY for s in closed)
    if weekends:
        yield f"Saturdays and Sundays skipped: {weekends}."
