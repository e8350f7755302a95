"""One count of days, from an event to its last day, under one reading of which days are closed."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from forthwith.base import Model
from forthwith.deadlines.calendar import Calendar, Direction
from forthwith.deadlines.computation import PAUSED, Passing, Skipped
from forthwith.deadlines.pause import Pause, PausedDays
from forthwith.deadlines.rule import Edition
from forthwith.fields import FilledLine

_ONE_DAY = timedelta(days=1)


class Inaccessible(Model):
    """A day on which the office cannot be reached although it is no holiday, FRCP 6(a)(3)."""

    day: date
    reason: FilledLine


@dataclass(frozen=True)
class Count:
    """What to count: a number of days from one day, under one edition of a rule."""

    start: date
    days: int
    """Negative to count backward."""
    edition: Edition
    open_days: bool
    """Whether only open days count."""
    is_event: bool = True
    """Whether ``start`` is the event itself, which a cut-off or the rule's start may move."""
    is_late: bool = False
    """Whether the event came at the cut-off or later."""
    mail_days: int = 0

    @property
    def direction(self) -> Direction:
        return "forward" if self.days > 0 else "backward"


@dataclass(frozen=True)
class Counted:
    """The result of one count, with every disputed day closed or every one open."""

    count: Count
    received: date
    """The day on which the event counts as received."""
    before_first: date
    """The day before day 1; after it in a count backward."""
    last_counted: date
    """Before any move."""
    due: date
    passed: tuple[Skipped, ...]
    before_mail: date | None = None
    before_cap: date | None = None
    """The last day before the cap held it back."""
    extends: "Counted | None" = None
    longest: "Counted | None" = None
    """The count of the cap, whether or not it held this one back."""
    closes_at: datetime | None = None
    """For hours: the instant to which their end was moved."""
    stood_still: tuple[Pause, ...] = ()
    """For hours: the pauses that were not counted."""


class Counting:
    """One count under one reading. The steps run in order, and each records the days that it passes over."""

    def __init__(
        self,
        count: Count,
        calendar: Calendar,
        inaccessible: tuple[Inaccessible, ...],
        paused: PausedDays,
        disputed_open: bool,
    ) -> None:
        self.count = count
        self.calendar = calendar
        self.inaccessible = {closed.day: closed.reason for closed in inaccessible}
        self.paused = paused
        self.disputed_open = disputed_open
        self.step = _ONE_DAY if count.direction == "forward" else -_ONE_DAY
        self.passed: list[Skipped] = []
        self.passing: Passing = "start"

    def counted(self) -> Counted:
        """Runs the count. Raises ``ValueError`` where it leaves the years of the calendar."""
        received, before_first = self.first_day()
        self.passing = "count"
        last_counted = self.count_from(before_first)
        self.passing = "roll"
        due, before_mail = self.rolled(last_counted), None
        if self.count.mail_days and self.step == _ONE_DAY:
            self.passing, before_mail = "mail", due
            due, passed = self.paused.passed(due + _ONE_DAY, due + self.count.mail_days * _ONE_DAY)
            self.skip(*passed)
            self.passing = "mail_roll"
            due = self.rolled(due)
        passed = tuple(dict.fromkeys(self.passed))  # a day passed over while rolling back may be passed over again
        return Counted(self.count, received, before_first, last_counted, due, passed, before_mail)

    def first_day(self) -> tuple[date, date]:
        """The day on which the event counts as received, and the day before day 1; see ``Counted``."""
        received = self.count.start
        if not self.count.is_event:
            return received, received
        edition = self.count.edition
        if edition.cut_off and self.step == _ONE_DAY:
            if self.count.is_late and self.is_open(received):
                received += _ONE_DAY
            received = self.next_open(received)
        match edition.starts:
            case "event_day":
                return received, received - self.step
            case "next_business_day" if not self.count.open_days:
                return received, self.next_open(received + self.step) - self.step
            case _:
                return received, received

    def count_from(self, before_first: date) -> date:
        """The last day counted, before any move."""
        day, left = before_first, abs(self.count.days)
        if not self.count.open_days:
            day, passed = self.paused.passed(day + self.step, day + self.count.days * _ONE_DAY)
            self.skip(*passed)
            return day
        while left:
            day += self.step
            if why := self.why_not_open(day) or self.why_not_reached(day):
                self.skip(day, why=why)
            else:
                left -= 1
        return day

    def rolled(self, day: date) -> date:
        """The last day, moved where it is closed, paused or the office cannot be reached."""
        match self.count.edition.roll:
            case "none":
                while day in self.paused:
                    day = self.skip_on(day, PAUSED)
                return day
            case "backward":
                back = day
                while self.why_not_open(back):
                    back -= _ONE_DAY
                # A pause never takes time away, and FRCP 6(a)(3) knows no way back.
                if not self.why_not_reached(back):
                    while back < day:
                        self.skip(day, why=self.why_not_open(day))
                        day -= _ONE_DAY
                    return day
            case "forward":
                while self.step != _ONE_DAY and (why := self.why_not_open(day)):
                    self.skip(day, why=why)
                    day += self.step
        while why := self.why_not_open(day) or self.why_not_reached(day):
            day = self.skip_on(day, why)
        return day

    def next_open(self, day: date) -> date:
        while why := self.why_not_open(day):
            self.skip(day, why=why)
            day += self.step
        return day

    def skip(self, *days: date, why: str = PAUSED) -> None:
        self.passed += [Skipped(day=day, reason=why, passing=self.passing) for day in days]

    def skip_on(self, day: date, why: str) -> date:
        self.skip(day, why=why)
        return day + _ONE_DAY

    def is_open(self, day: date) -> bool:
        return self.calendar.is_open(day, self.count.direction, disputed_open=self.disputed_open)

    def why_not_open(self, day: date) -> str:
        return "" if self.is_open(day) else self.calendar.why_closed(day, self.count.direction)

    def why_not_reached(self, day: date) -> str:
        if day in self.inaccessible:
            return f"the office cannot be reached, {self.inaccessible[day]}"
        return PAUSED if day in self.paused else ""


def capped(reading: Counted, longest: Counted) -> Counted:
    """``reading``, held back to the last day of ``longest``, the count of the rule's cap."""
    reading = replace(reading, longest=longest)
    if reading.due <= longest.due:
        return reading
    return replace(reading, due=longest.due, before_cap=reading.due)
