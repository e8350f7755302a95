"""When a period ends, and why: counting days the way a court does, in one place's time zone.

Everything here is arithmetic on a calendar that was pinned beforehand. Two rules never mix: a *period*
("within 30 days") moves off weekends and holidays, a *date certain* ("by February 23") does not.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import field_validator

from forthwith.base import Model
from forthwith.deadlines.calendar import Calendar, Direction, day_in_words
from forthwith.deadlines.citations import citation_of_count, citation_of_hours, from_rule_file
from forthwith.deadlines.computation import PAUSED, Computation, Longest, Skipped, StageDate
from forthwith.deadlines.counting import Count, Counted, Counting, Inaccessible, capped
from forthwith.deadlines.elapsed import running_out, standing_still
from forthwith.deadlines.office_hours import OfficeHours
from forthwith.deadlines.pause import Pause, PausedDays, merged
from forthwith.deadlines.period import Period
from forthwith.deadlines.readings import cap_in_force, compared
from forthwith.deadlines.rule import BUILT_IN, BUSINESS_DAYS, EVENT, FRCP6, Edition, Reading, Rule, Stage, built_in

_ONE_DAY = timedelta(days=1)


class Clock(Model):
    """One place's clock: which days are closed there, in which time zone, and when a day is over."""

    calendar: Calendar
    zone: str
    """An IANA name, such as ``America/Kentucky/Louisville``."""
    closes: time | None = None
    """The wall-clock time at which the last day ends; ``None`` is midnight, FRCP 6(a)(4)(A)."""
    reading: Reading = "later"
    inaccessible: tuple[Inaccessible, ...] = ()

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

    def within(
        self, trigger: datetime, period: Period, rule: Rule | str, *, pauses: tuple[Pause, ...] = ()
    ) -> Computation:
        """The end of ``period`` after ``trigger``, an aware instant, as ``rule`` counts.

        ``frcp6`` counts every day and rolls forward off a closed one (FRCP 6(a)(1)); ``calendar`` is the same
        count without the roll; ``business_days``, and any period written in business days, counts open days
        only. Hours are counted as ``hours`` says; minutes and seconds are elapsed time, whatever the rule. A paused
        day is not counted and is not the last; of elapsed time the part inside a pause is added.

        Raises ``ValueError`` for a naive trigger, for one before the rule's first edition, for a name that is not
        built in, and where the count leaves the years of the calendar.
        """
        if period.unit == "hours":
            return self.hours(trigger, period.count, rule, pauses=pauses)
        if period.is_elapsed:
            return self.elapsed(trigger, period, pauses=pauses)
        event, rule = self.local_day(trigger), _for_period(built_in(rule), period)
        count = self._count_of(event, period, rule.edition_on(event), trigger)
        return self._single(count, rule, str(period), pauses)

    def hours(
        self, trigger: datetime, hours: int, rule: Rule | str = FRCP6, *, pauses: tuple[Pause, ...] = ()
    ) -> Computation:
        """The end of so many hours after ``trigger``, or before it where ``hours`` is negative, FRCP 6(a)(2).

        All of them count, and an end on a closed day moves as ``rule`` moves a last day, to the same time: on the
        next open day, or on the one before where the count runs backward. ``calendar`` moves nothing. Raises
        ``ValueError`` for a count of zero, for a backward count with pauses, for a naive trigger, and where the count
        leaves the years of the calendar.
        """
        if hours == 0:
            raise ValueError("a count of hours is at least 1, or at most -1 to count backward")
        if hours < 0 and pauses:
            raise ValueError("only a count that runs forward from an event can be paused")
        rule = built_in(rule)
        return self._hours(trigger, hours, rule, rule.edition_on(self.local_day(trigger)), pauses)

    def elapsed(self, trigger: datetime, period: Period, *, pauses: tuple[Pause, ...] = ()) -> Computation:
        """The end of ``period``, of hours or less, after ``trigger``: time that passes, on closed days too.

        What ``pauses`` cover of it is added. Raises ``ValueError`` for a naive trigger.
        """
        stood_still = standing_still(trigger, period.elapsed, pauses)
        return self._of_time(trigger, period.elapsed, stood_still, period=str(period))

    def counted(
        self, trigger: date, days: int, *, rule: Rule | str = FRCP6, pauses: tuple[Pause, ...] = ()
    ) -> Computation:
        """The day ``days`` after ``trigger``, or before it where ``days`` is negative.

        Counting backward keeps going backward off a closed day, FRCP 6(a)(5), and state holidays close no
        day then, FRCP 6(a)(6)(C). Raises ``ValueError`` for a count of zero, for a backward count with pauses, and
        as ``within`` does.
        """
        if days == 0:
            raise ValueError("a count of days is at least 1, or at most -1 to count backward")
        if days < 0 and pauses:
            raise ValueError("only a count that runs forward from an event can be paused")
        rule = built_in(rule)
        edition = rule.edition_on(trigger)
        period = Period(unit="business_days" if edition.counts == "open_days" else "days", count=abs(days))
        count = replace(self._count_of(trigger, period, edition), days=days)
        return self._single(count, rule, str(period), pauses)

    def by(self, day: date, *, pauses: tuple[Pause, ...] = ()) -> Computation:
        """A date certain: ``day`` itself, also when it is a Sunday. Rule 6 moves periods, not named dates.

        Every paused day on or before it moves it by one.
        """
        due, passed = self._paused_days(pauses).passed(date.min, day)
        skipped = tuple(Skipped(day=paused, reason=PAUSED) for paused in passed)
        return self._computation(due=due, rule="date_certain", trigger=day, last_counted=due, skipped=skipped)

    def extended(
        self, base: Computation, period: Period, rule: Rule | str, *, pauses: tuple[Pause, ...] = ()
    ) -> Computation:
        """``base`` with ``period`` more, counted on from its last day before any roll: a month and a month are two.

        ``pauses`` are those that ``base`` was computed with. Hours go on from when those of ``base`` were up, minutes
        and seconds, and hours after days, from its closing instant. It is not later than the longest time that ``base``
        says the rule allows. Raises ``ValueError`` for a ``base`` that was counted backward, and as ``within`` does.
        """
        if base.is_backward:
            raise ValueError("only a count that runs forward from an event can be extended")
        rule = _for_period(built_in(rule), period)
        if period.unit == "hours" and base.before_move:
            edition = rule.edition_on(base.edition or base.trigger)
            extended = self._hours(base.before_move, period.count, rule, edition, pauses)
        elif period.is_elapsed:
            extended = self.elapsed(base.closes_at, period, pauses=pauses)
        else:
            extended = self._more_days(base, period, rule, pauses)
        extended = extended.model_copy(update={"extends": extended.extends or base.until_counted()})
        if not base.stages:
            return extended
        *earlier, last = base.stages
        return extended.model_copy(update={"stages": (*earlier, _stage_date(last.name, extended, last.explanation[0]))})

    def staged(
        self, trigger: datetime, rule: Rule, *, extended: bool = False, pauses: tuple[Pause, ...] = ()
    ) -> Computation:
        """The end of the last stage that ``rule`` sets from ``trigger``, an aware instant, with every stage's date.

        ``extended`` takes the more time that the rule allows, in every stage that has an extension.
        Raises ``ValueError`` for a rule without stages, and as ``within`` does.
        """
        event = self.local_day(trigger)
        edition, paused = rule.edition_on(event), self._paused_days(pauses)
        if not edition.stages:
            raise ValueError(f"the rule {rule.name} sets no time of its own; say how long it is")

        def read(disputed_open: bool) -> tuple[Counted, ...]:
            readings: dict[str, Counted] = {}
            for stage in edition.stages:
                earlier = readings.get(stage.starts_from)
                count = self._count_of(earlier.due if earlier else event, stage.within, edition, trigger)
                if earlier:
                    count = replace(count, is_event=False, mail_days=0)
                reading = self._count(count, paused, disputed_open)
                if extended and stage.extension:
                    more = self._count_of(reading.last_counted, stage.extension.period, edition)
                    more = replace(more, is_event=False, mail_days=count.mail_days)
                    reading = replace(self._count(more, paused, disputed_open), extends=reading)
                if stage.cap:
                    longest = self._count_of(event, stage.cap, edition, trigger)
                    reading = capped(reading, self._count(longest, paused, disputed_open))
                readings[stage.name] = reading
            return tuple(readings.values())

        found = compared(read, self.calendar, self.reading)
        computed = [
            self._stage(stage, reading, rule) for stage, reading in zip(edition.stages, found.enforced, strict=True)
        ]
        stages = tuple(
            _stage_date(stage.name, due, f"Stage {number} of {len(computed)}: {stage.name}, within {stage.within}.")
            for number, (stage, due) in enumerate(zip(edition.stages, computed, strict=True), start=1)
        )
        longest = [self._longest(edition.stages[-1], ends[-1], rule) for ends in (found.as_closed, found.as_open)]
        return found.described_in(computed[-1].model_copy(update={"stages": stages}), longest)

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

    def _hours(
        self, trigger: datetime, hours: int, rule: Rule, edition: Edition, pauses: tuple[Pause, ...]
    ) -> Computation:
        length, period = timedelta(hours=hours), Period(unit="hours", count=abs(hours))
        if edition.roll == "none":
            return self._of_time(trigger, length, standing_still(trigger, length, pauses), period=str(period))

        def read(disputed_open: bool) -> tuple[Counted, ...]:
            reading = self._moved_hours(trigger, length, edition, (), disputed_open)
            for number, (since, _) in enumerate(stretches := merged(pauses), start=1):
                if reading.closes_at and since >= reading.closes_at:
                    break  # the time was up already: nothing is left to stop
                stopped = tuple(Pause(since=since, until=until) for since, until in stretches[:number])
                reading = self._moved_hours(trigger, length, edition, stopped, disputed_open)
            return (reading,)

        found = compared(read, self.calendar, self.reading)
        (reading,) = found.enforced
        return self._of_time(
            trigger,
            length,
            reading.stood_still,
            period=str(period),
            citation=citation_of_hours(rule, edition, hours),
            moved=reading,
            **from_rule_file(rule, edition),
        ).model_copy(update={"alternatives": found.alternatives})

    def _moved_hours(
        self, trigger: datetime, length: timedelta, edition: Edition, pauses: tuple[Pause, ...], disputed_open: bool
    ) -> Counted:
        """Where ``length`` ends under one reading, and the same time on the day to which that moves."""
        stood_still = standing_still(trigger, length, pauses)
        up_at = self._local(running_out(trigger, length, stood_still))
        up, wall = up_at.date(), up_at.time()
        one = 1 if length > timedelta() else -1
        last_day = Count(
            start=up - one * _ONE_DAY,
            days=one,
            edition=edition,
            open_days=False,
            is_event=False,
        )
        # A day is over for this purpose at that time of it: only so is it paused, or not.
        that_time = self.model_copy(update={"closes": wall})
        moved = Counting(
            last_day, self.calendar, self.inaccessible, that_time._paused_days(pauses), disputed_open
        ).counted()
        closes_at = up_at if moved.due == up else that_time.closing(moved.due)
        return replace(moved, last_counted=up, closes_at=closes_at, stood_still=stood_still)

    def _of_time(
        self,
        trigger: datetime,
        length: timedelta,
        stood_still: tuple[Pause, ...],
        *,
        moved: Counted | None = None,
        **more: Any,
    ) -> Computation:
        """A count of hours or less without what ``stood_still`` of it, ``moved`` at its end if a rule moves it."""
        up_at = self._local(running_out(trigger, length, stood_still))
        closes_at = moved.closes_at if moved and moved.closes_at else up_at
        return self._computation(
            due=closes_at.date(),
            closes_at=closes_at,
            rule="elapsed",
            trigger=self.local_day(trigger),
            starts_at=self._local(trigger),
            last_counted=up_at.date(),
            before_move=up_at if moved else None,
            skipped=tuple(skipped.model_copy(update={"passing": "roll"}) for skipped in moved.passed) if moved else (),
            paused_seconds=int((up_at - trigger - length).total_seconds()),
            stood_still=tuple(
                Pause(since=self._local(pause.since), until=self._local(pause.until)) for pause in stood_still
            ),
            **more,
        )

    def _count_of(self, start: date, period: Period, edition: Edition, trigger: datetime | None = None) -> Count:
        is_late = False
        if trigger and edition.cut_off:
            is_late = trigger.astimezone(ZoneInfo(self.zone)).time() >= edition.cut_off
        return Count(
            start=start,
            days=period.count,
            edition=edition,
            open_days=period.unit == "business_days" or edition.counts == "open_days",
            is_late=is_late,
            mail_days=edition.mail_days,
        )

    def _single(self, count: Count, rule: Rule, period: str, pauses: tuple[Pause, ...]) -> Computation:
        paused = self._paused_days(pauses)

        def read(disputed_open: bool) -> tuple[Counted, ...]:
            return (self._count(count, paused, disputed_open),)

        found = compared(read, self.calendar, self.reading)
        computed = self._reckoned(found.enforced[-1], rule, period, citation_of_count(rule, count))
        return found.described_in(computed, (None, None))

    def _more_days(self, base: Computation, period: Period, rule: Rule, pauses: tuple[Pause, ...]) -> Computation:
        """Each reading goes on from where it had ended itself, and no further than it allows."""
        edition, paused = rule.edition_on(base.edition or base.trigger), self._paused_days(pauses)
        extended = base.stages[-1].name if base.stages else ""
        is_chained = any(stage.name == extended and stage.starts_from != EVENT for stage in edition.stages)

        def read(disputed_open: bool) -> tuple[Counted, ...]:
            goes_on = base.base(disputed_open=disputed_open)
            count = replace(self._count_of(goes_on.last_counted, period, edition), is_event=False)
            if is_chained:
                count = replace(count, mail_days=0)
            reading = self._count(count, paused, disputed_open)
            if goes_on.longest and reading.due > goes_on.longest.due:
                reading = replace(reading, due=goes_on.longest.due, before_cap=reading.due)
            return (reading,)

        found = compared(read, self.calendar, self.reading, base.disputed)
        (reading,) = found.enforced
        computed = self._reckoned(reading, rule, str(period), citation_of_count(rule, reading.count))
        extends = base.until_counted()
        if reading.count.start != base.last_counted:
            ends = day_in_words(reading.count.start)
            extends = (*extends, f"In the other reading ({base.disputed.replace('_', ' ')}) it ends on {ends}.")
        longest = [base.base(disputed_open=disputed_open).longest for disputed_open in (False, True)]
        return found.described_in(computed.model_copy(update={"extends": extends}), longest)

    def _count(self, count: Count, paused: PausedDays, disputed_open: bool) -> Counted:
        def under(paused: PausedDays) -> Counted:
            return Counting(count, self.calendar, self.inaccessible, paused, disputed_open).counted()

        if count.edition.roll == "backward":
            # Moved back, the time is up before the count has ended: a pause in between has nothing left to stop.
            for begins, before in paused.one_by_one():
                if begins > (reading := under(before)).due:
                    return reading
        return under(paused)

    def _stage(self, stage: Stage, reading: Counted, rule: Rule) -> Computation:
        citation = stage.citation or rule.citation
        after = "" if stage.starts_from == EVENT else stage.starts_from
        given = self._reckoned(reading.extends or reading, rule, str(stage.within), citation)
        given = given.model_copy(update={"after_stage": after})
        if reading.extends and stage.extension:
            more = self._reckoned(reading, rule, str(stage.extension.period), stage.extension.citation or citation)
            given = more.model_copy(update={"extends": given.until_counted()})
        longest = self._longest(stage, reading, rule)
        return given.model_copy(update={"longest": longest, "cap": cap_in_force(given, longest)})

    def _longest(self, stage: Stage, reading: Counted, rule: Rule) -> Longest | None:
        if reading.longest is None:
            return None
        counted = self._reckoned(reading.longest, rule, str(stage.cap), stage.citation or rule.citation)
        return Longest(period=str(stage.cap), due=counted.due, explanation=counted.as_longest())

    def _reckoned(self, reading: Counted, rule: Rule, period: str, citation: str) -> Computation:
        count = reading.count
        forward = count.direction == "forward"
        day_one = reading.before_first + (_ONE_DAY if forward else -_ONE_DAY)
        is_usual = not count.is_event or reading.before_first == count.start
        return self._computation(
            due=reading.due,
            rule=rule.name,
            citation=citation,
            trigger=count.start,
            period=period,
            last_counted=reading.last_counted,
            skipped=reading.passed,
            open_days=count.open_days,
            starts=count.edition.starts if count.is_event else "day_after",
            cut_off=count.edition.cut_off if count.is_event else None,
            received=reading.received if reading.received != count.start else None,
            day_one=None if is_usual else day_one,
            mail_days=count.mail_days if reading.before_mail else 0,
            before_mail=reading.before_mail,
            before_cap=reading.before_cap,
            **from_rule_file(rule, count.edition),
        )

    def _paused_days(self, pauses: tuple[Pause, ...]) -> PausedDays:
        return PausedDays((self._ending_after(since), self._ending_after(until)) for since, until in merged(pauses))

    def _ending_after(self, instant: datetime) -> date:
        """The first day that is not over at ``instant``."""
        day = self.local_day(instant)
        return day if instant < self.closing(day) else day + _ONE_DAY

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
        **more: Any,
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
            calendar=self.calendar.name,
            calendar_version=self.calendar.version,
            calendar_sha256=self.calendar.sha256,
            **more,
        )

    def _local(self, instant: datetime) -> datetime:
        """``instant`` as the clock on the wall shows it, at a fixed offset."""
        wall = instant.astimezone(UTC).astimezone(ZoneInfo(self.zone))
        return instant.astimezone(timezone(wall.utcoffset() or timedelta()))

    def _instant(self, day: date, wall: time) -> datetime:
        """``wall`` on ``day`` in UTC; of a wall time that comes twice, or not at all, the later instant."""
        zone = ZoneInfo(self.zone)
        return max(datetime.combine(day, wall.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))


def _for_period(rule: Rule, period: Period) -> Rule:
    """A built-in rule gives way to ``business_days`` where the period is written in them."""
    return BUSINESS_DAYS if period.unit == "business_days" and rule == BUILT_IN.get(rule.name) else rule


def _stage_date(name: str, computed: Computation, *heading: str) -> StageDate:
    explanation = (*heading, *computed.reckoning())
    return StageDate(name=name, due=computed.due, closes_at=computed.closes_at, explanation=explanation)
