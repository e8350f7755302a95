"""When a period ends, and why: counting days the way a court does, in one place's time zone.

Everything here is arithmetic on a calendar that was pinned beforehand. Two rules never mix: a *period*
("within 30 days") moves off weekends and holidays, a *date certain* ("by February 23") does not.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, field_validator, model_validator

from forthwith.domain.calendar import SATURDAY, Calendar, Direction, day_in_words
from forthwith.domain.model import Model
from forthwith.domain.period import Period

Rule = Literal["frcp6", "calendar", "business_days"]

_ONE_DAY = timedelta(days=1)
_SHORTEST = timedelta.resolution


class OfficeHours(Model):
    """The wall-clock hours, on an open day, in which an office reads its mail."""

    opens: time
    closes: time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("office hours are wall-clock times without a zone, such as 08:00")
        if self.closes <= self.opens:
            raise ValueError(f"an office that opens at {self.opens:%H:%M} cannot close at {self.closes:%H:%M}")
        return self


class Skipped(Model):
    """A closed day that the count passed over, and why it is closed."""

    day: date
    reason: str


class Alternative(Model):
    """An earlier last day that a stricter reader may hold to. It is shown, never enforced."""

    due: date
    reason: str


class Computation(Model):
    """A last day, the instant it ends, and everything needed to check both by hand."""

    due: date
    closes_at: AwareDatetime
    """The first instant that is too late, at the UTC offset that ``zone`` has then.

    The offset is fixed because datetimes of one ``ZoneInfo`` compare and subtract by wall clock, which errs
    in the night that clocks change.
    """
    zone: str
    rule: str
    """``frcp6``, ``calendar``, ``business_days``; ``elapsed`` for hours and less; ``date_certain`` for a named day."""
    citation: str
    trigger: date
    """The day of the event that starts the count, in ``zone``; the named day itself for a date certain."""
    period: str
    """In words, ``30 days``; empty for a date certain."""
    last_counted: date
    """Where the count ended, before any roll."""
    skipped: tuple[Skipped, ...] = ()
    """``business_days``: every closed day passed over; ``frcp6``: the closed days at the end that moved it."""
    alternatives: tuple[Alternative, ...] = ()
    calendar: str
    calendar_version: str
    calendar_sha256: str

    def in_words(self) -> str:
        """``Friday, February 23, 2018, by the end of the day, Chicago time (CST)``, as a letter says it."""
        by = self._closing_time() or "the end of the day"
        return f"{day_in_words(self.due)}, by {by}, {self._zone_in_words()}"

    def explain(self) -> tuple[str, ...]:
        """Short sentences that a person can follow with a finger on a wall calendar."""
        return (*self._how_counted(), *self._how_moved(), self._when_closed(), *self._other_readings(), *self._source())

    def _how_counted(self) -> tuple[str, ...]:
        if self.rule == "date_certain":
            return (
                f"The last day is named: {day_in_words(self.due)}.",
                "A date certain is not moved for a weekend or a holiday.",
            )
        trigger, last = day_in_words(self.trigger), day_in_words(self.last_counted)
        if self.rule == "elapsed":
            return (
                f"The clock starts at once, on {trigger}.",
                f"Counting all the time that passes, nights and holidays too, for {self.period} ends on {last}.",
            )
        which = "open days only" if self.rule == "business_days" else "every day"
        backward = " back" if self.last_counted < self.trigger else ""
        cited = f" ({self.citation})" if self.citation else ""
        return (
            f"The day of the event, {trigger}, is not counted{cited}.",
            f"Counting {which}{backward} for {self.period} ends on {last}.",
        )

    def _how_moved(self) -> tuple[str, ...]:
        weekends = sum(s.day.weekday() >= SATURDAY for s in self.skipped)
        skipped = [f"{day_in_words(s.day)} is skipped: {s.reason}." for s in self.skipped if s.day.weekday() < SATURDAY]
        if weekends:
            skipped.append(f"Saturdays and Sundays skipped: {weekends}.")
        if self.due == self.last_counted:
            return tuple(skipped)
        before = " before" if self.due < self.last_counted else ""
        return (*skipped, f"The next open day{before} is {day_in_words(self.due)}.")

    def _when_closed(self) -> str:
        zone = self._zone_in_words()
        if closing_time := self._closing_time():
            return f"Time is up at {closing_time} on {day_in_words(self.due)}, {zone}."
        return f"Time is up when {day_in_words(self.due)} ends at midnight, {zone}."

    def _other_readings(self) -> tuple[str, ...]:
        return tuple(
            f"A stricter reading ends on {day_in_words(other.due)} ({other.reason.replace('_', ' ')})."
            for other in self.alternatives
        )

    def _source(self) -> tuple[str, ...]:
        if self.rule not in ("frcp6", "business_days"):
            return ()
        return (f"Calendar: {self.calendar}; {self.calendar_version}; sha256 {self.calendar_sha256[:12]}.",)

    def _closing_time(self) -> str:
        """``5:00 p.m.``, or empty when the day runs to its end."""
        local = self.closes_at.astimezone(ZoneInfo(self.zone))
        if local.date() > self.due:
            return ""
        seconds = f":{local.second:02}" if local.second else ""
        return f"{local.hour % 12 or 12}:{local.minute:02}{seconds} {'a.m.' if local.hour < 12 else 'p.m.'}"

    def _zone_in_words(self) -> str:
        """``Chicago time (CST)``, in the abbreviation of the last moment that is still in time."""
        last_moment = self.closes_at.astimezone(UTC) - _SHORTEST
        abbreviation = last_moment.astimezone(ZoneInfo(self.zone)).tzname() or ""
        if abbreviation.startswith(("+", "-")):  # zones without letters of their own, such as America/Sao_Paulo
            abbreviation = f"UTC{abbreviation}"
        return f"{self.zone.rpartition('/')[2].replace('_', ' ')} time ({abbreviation})"


class _Reading(NamedTuple):
    """One way to count, with every disputed day closed or every one open."""

    last_counted: date
    due: date
    passed: list[date]


class Clock(Model):
    """One place's clock: which days are closed there, in which time zone, and when a day is over."""

    calendar: Calendar
    zone: str
    """An IANA name, such as ``America/Kentucky/Louisville``."""
    closes: time | None = None
    """The wall-clock time at which the last day ends; ``None`` is midnight, FRCP 6(a)(4)(A)."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):  # OSError: "America" names a folder of zones
            raise ValueError(f"no time zone is called {zone!r}; write an IANA name such as America/Chicago") from None
        return zone

    @field_validator("closes")
    @classmethod
    def _within_the_day(cls, closes: time | None) -> time | None:
        if closes is not None and (closes.tzinfo or closes == time.min):
            raise ValueError("a day closes at a wall-clock time after 00:00 without a zone; leave it out for midnight")
        return closes

    def within(self, trigger: datetime, period: Period, rule: Rule) -> Computation:
        """The end of ``period`` after ``trigger``, an aware instant.

        ``frcp6`` counts every day and rolls forward off a closed one (FRCP 6(a)(1)); ``calendar`` is the same
        count without the roll; ``business_days``, and any period written in business days, counts open days
        only. Hours, minutes and seconds are elapsed time from the instant, whatever the rule.

        Raises ``ValueError`` for a naive trigger, and where the count leaves the years of the calendar.
        """
        if period.is_elapsed:
            return self._elapsed(trigger, period)
        if period.unit == "business_days":
            rule = "business_days"
        return self._counted(self.local_day(trigger), period.count, rule, str(period))

    def counted(self, trigger: date, days: int, *, rule: Rule = "frcp6") -> Computation:
        """The day ``days`` after ``trigger``, or before it where ``days`` is negative.

        Counting backward keeps going backward off a closed day, FRCP 6(a)(5), and state holidays close no
        day then, FRCP 6(a)(6)(C). Raises ``ValueError`` for a count of zero.
        """
        if days == 0:
            raise ValueError("a count of days is at least 1, or at most -1 to count backward")
        period = Period(unit="business_days" if rule == "business_days" else "days", count=abs(days))
        return self._counted(trigger, days, rule, str(period))

    def by(self, day: date) -> Computation:
        """A date certain: ``day`` itself, also when it is a Sunday. Rule 6 moves periods, not named dates."""
        return self._computation(due=day, rule="date_certain", trigger=day, last_counted=day)

    def offset(self, day: date, period: Period, direction: Direction) -> date:
        """The open day ``period`` after ``day`` (``forward``) or before it (``backward``), for a step of the ladder.

        A closed day is left in the same direction. Unlike a court's backward count, every closing counts,
        state holidays too: the question is when somebody is in the office.

        Raises ``ValueError`` for hours, minutes and seconds, which are added to an instant, not to a day.
        """
        if period.is_elapsed:
            raise ValueError(f"{period} cannot be counted from a day, only days and business days")
        step = _ONE_DAY if direction == "forward" else -_ONE_DAY
        if period.unit == "days":
            day += step * period.count
            while not self.calendar.is_open(day):
                day += step
            return day
        for _ in range(period.count):
            day += step
            while not self.calendar.is_open(day):
                day += step
        return day

    def office_window(self, at: datetime, hours: OfficeHours) -> tuple[datetime, datetime]:
        """The first moment from ``at`` on that is inside office hours of an open day, and when that window ends.

        Both are in UTC, the end exclusive. Raises ``ValueError`` for a naive ``at``.
        """
        day = self.local_day(at)
        while True:
            if self.calendar.is_open(day):
                start = max(at.astimezone(UTC), self._instant(day, hours.opens))
                end = self._instant(day, hours.closes)
                if start < end:
                    return start, end
            day += _ONE_DAY

    def closing(self, day: date) -> datetime:
        """The first instant after ``day``, at the offset of ``zone``: by the wall clock, never 24 hours later.

        Midnight is the first instant of the next day, also where clocks change at midnight: if 00:00 does not
        exist there the day ends at the change, if it comes twice the day ends at the first. A closing time
        that does not exist or comes twice is taken at its later instant, because of two readings the later is
        enforced.
        """
        if self.closes is None:
            closing = datetime.combine(day + _ONE_DAY, time.min, ZoneInfo(self.zone))
        else:
            closing = self._instant(day, self.closes)
        return self._local(closing)

    def local_day(self, instant: datetime) -> date:
        """The day it is in ``zone`` at ``instant``. Raises ``ValueError`` for a naive instant."""
        if instant.utcoffset() is None:
            raise ValueError(f"{instant.isoformat()} has no time zone, so it names no day")
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def _elapsed(self, trigger: datetime, period: Period) -> Computation:
        start = self.local_day(trigger)
        end = self._local(trigger.astimezone(UTC) + period.elapsed)
        return self._computation(
            due=end.date(), closes_at=end, rule="elapsed", trigger=start, period=str(period), last_counted=end.date()
        )

    def _counted(self, trigger: date, days: int, rule: Rule, period: str) -> Computation:
        direction: Direction = "forward" if days > 0 else "backward"
        as_closed = self._count(trigger, days, rule, direction)
        as_open = self._count(trigger, days, rule, direction, disputed_open=True)
        # The later is enforced: forward that is a disputed day taken as closed, backward as open.
        enforced = max(as_closed, as_open, key=lambda reading: reading.due)
        alternatives: tuple[Alternative, ...] = ()
        if as_open.due != as_closed.due:
            disputed = self.calendar.disputes(min(as_closed.passed), max(as_closed.passed))
            reasons = sorted({c.disputed for c in disputed if c.day in as_closed.passed})
            alternatives = (Alternative(due=min(as_closed.due, as_open.due), reason=", ".join(reasons)),)
        return self._computation(
            due=enforced.due,
            rule=rule,
            citation=_citation(rule, direction),
            trigger=trigger,
            period=period,
            last_counted=enforced.last_counted,
            skipped=tuple(Skipped(day=day, reason=self.calendar.why_closed(day, direction)) for day in enforced.passed),
            alternatives=alternatives,
        )

    def _count(
        self, trigger: date, days: int, rule: Rule, direction: Direction, *, disputed_open: bool = False
    ) -> "_Reading":
        step = _ONE_DAY if direction == "forward" else -_ONE_DAY
        passed: list[date] = []
        if rule == "business_days":
            day, left = trigger, abs(days)
            while left:
                day += step
                if self.calendar.is_open(day, direction, disputed_open=disputed_open):
                    left -= 1
                else:
                    passed.append(day)
            return _Reading(last_counted=day, due=day, passed=passed)
        last_counted = day = trigger + timedelta(days=days)
        if rule == "frcp6":
            while not self.calendar.is_open(day, direction, disputed_open=disputed_open):
                passed.append(day)
                day += step
        return _Reading(last_counted, due=day, passed=passed)

    def _computation(
        self,
        *,
        due: date,
        rule: str,
        trigger: date,
        last_counted: date,
        closes_at: datetime | None = None,
        citation: str = "",
        period: str = "",
        skipped: tuple[Skipped, ...] = (),
        alternatives: tuple[Alternative, ...] = (),
    ) -> Computation:
        return Computation(
            due=due,
            closes_at=closes_at or self.closing(due),
            zone=self.zone,
            rule=rule,
            citation=citation,
            trigger=trigger,
            period=period,
            last_counted=last_counted,
            skipped=skipped,
            alternatives=alternatives,
            calendar=self.calendar.name,
            calendar_version=self.calendar.version,
            calendar_sha256=self.calendar.sha256,
        )

    def _local(self, instant: datetime) -> datetime:
        """``instant`` as the clock on the wall shows it, at a fixed offset."""
        wall = instant.astimezone(UTC).astimezone(ZoneInfo(self.zone))
        return instant.astimezone(timezone(wall.utcoffset() or timedelta()))

    def _instant(self, day: date, wall: time) -> datetime:
        """``wall`` on ``day`` in UTC; of a wall time that comes twice, or not at all, the later instant."""
        zone = ZoneInfo(self.zone)
        return max(datetime.combine(day, wall.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))


def _citation(rule: Rule, direction: Direction) -> str:
    if rule != "frcp6":
        return ""
    return "FRCP 6(a)(1)" if direction == "forward" else "FRCP 6(a)(1), 6(a)(5)"
