"""Overlays: corrections to a calendar, as data. Every entry cites its authority and may say why it is there."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Literal, Self

from dateutil.easter import easter
from pydantic import Field, field_validator, model_validator

from forthwith.base import Model
from forthwith.deadlines.calendar import ClosedDay

OBSERVED = "(observed)"
SATURDAY_OBSERVED_ON_FRIDAY = "saturday_holiday_friday_observed"
"""Why a Friday is disputed: the holiday is the Saturday, and whether the law moves it is open to argument."""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FRIDAY = _WEEKDAYS.index("friday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_EVERY = re.compile(
    r"(?:(?P<month>\d\d)-(?P<day>\d\d)"
    rf"|(?P<which>1st|2nd|3rd|4th|last) (?P<weekday>{'|'.join(_WEEKDAYS)}) of (?P<of>{'|'.join(_MONTHS)})"
    r"|(?P<easter>easter))"
    r"(?: (?P<sign>[+-]) (?P<offset>\d{1,2}))?"
)
_WEEK = {"1st": 0, "2nd": 1, "3rd": 2, "4th": 3}


def day_of_year(every: str, year: int) -> date:
    """The day that ``every`` means in ``year``.

    It is ``MM-DD``, ``4th friday of september``, ``last monday of may`` or ``easter`` (the western one), with or
    without a number of days: ``4th thursday of november + 1``. Raises ``ValueError``.
    """
    form = _EVERY.fullmatch(every)
    if form is None:
        raise ValueError(f"{every!r} is no day; write 12-24, 4th friday of september, or easter - 2")
    if form["easter"]:
        day = easter(year)
    elif form["month"]:
        day = date(year, int(form["month"]), int(form["day"]))
    else:
        day = _weekday(year, _MONTHS.index(form["of"]) + 1, form["which"], _WEEKDAYS.index(form["weekday"]))
    days = int(form["offset"] or 0)
    return day - timedelta(days=days) if form["sign"] == "-" else day + timedelta(days=days)


def _weekday(year: int, month: int, which: str, weekday: int) -> date:
    if which == "last":
        following = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return following - timedelta(days=(following.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7, weeks=_WEEK[which])


class Entry(Model):
    """What every entry has: its authority, the years in which it applies, and the reason for it."""

    citation: str = Field(min_length=1)
    from_year: int = Field(1, ge=1, le=9999)
    to_year: int = Field(9999, ge=1, le=9999)
    reason: str = ""

    @model_validator(mode="after")
    def _years_in_order(self) -> Self:
        if self.from_year > self.to_year:
            raise ValueError(f"holds from {self.from_year} to {self.to_year}, which is no year at all")
        return self


class Added(Entry):
    """A closed day that the source lacks or describes wrongly: one ``day``, or one day ``every`` year."""

    name: str = Field(min_length=1)
    day: date | None = None
    every: str = ""
    """See ``day_of_year``."""
    interval: int = Field(1, ge=1, le=100)
    """In years, counted from ``from_year``: 2 is every other year."""
    sunday_to_monday: bool = False
    """When the day is a Sunday, the Monday after is closed."""
    saturday_to_monday: bool = False
    """When the day is a Saturday, the Monday after it is closed."""
    saturday_to_friday: bool | Literal["disputed"] = False
    """When the day is a Saturday, the Friday before is closed: true where the law says so, else disputed."""
    forward_only: bool | None = None
    """Closed only for periods counted forward. Left out: as the calendar that is corrected."""
    disputed: str = ""

    @field_validator("every")
    @classmethod
    def _a_day_of_every_year(cls, every: str) -> str:
        if every:
            day_of_year(every, 2023)  # not February 29, which most years lack
        return every

    @model_validator(mode="after")
    def _one_kind_of_date(self) -> Self:
        if (self.day is None) == (not self.every):
            raise ValueError("an added day has either `day: YYYY-MM-DD` or `every: MM-DD`")
        return self

    def closed_days(self, first_year: int, last_year: int, *, source: str, forward_only: bool) -> Iterator[ClosedDay]:
        """The days it closes in those years, both included. A moved holiday is called observed, as in the source."""
        for holiday in [self.day] if self.day else self._every(first_year, last_year):
            day = self._moved(holiday)
            is_disputed_friday = day < holiday and self.saturday_to_friday == "disputed"
            if first_year <= day.year <= last_year:
                yield ClosedDay(
                    day=day,
                    name=self.name if day == holiday else f"{self.name} {OBSERVED}",
                    source=source,
                    citation=self.citation,
                    forward_only=forward_only if self.forward_only is None else self.forward_only,
                    disputed=self.disputed or (SATURDAY_OBSERVED_ON_FRIDAY if is_disputed_friday else ""),
                )

    def _every(self, first_year: int, last_year: int) -> Iterator[date]:
        # One year more on each side: January 1 may be observed on December 31, and the other way round.
        for year in range(max(first_year - 1, self.from_year), min(last_year + 1, self.to_year) + 1):
            if (year - self.from_year) % self.interval == 0:
                yield day_of_year(self.every, year)

    def _moved(self, day: date) -> date:
        match day.weekday():
            case 5 if self.saturday_to_friday:
                return day - timedelta(days=1)
            case 5 if self.saturday_to_monday:
                return day + timedelta(days=2)
            case 6 if self.sunday_to_monday:
                return day + timedelta(days=1)
            case _:
                return day


class Selected(Entry):
    """Days of the calendar, by ``day``, by ``name``, or by the weekday to which a holiday was moved."""

    day: date | None = None
    name: str = ""
    """Of the holiday, which includes the day to which it was moved."""
    names: tuple[str, ...] = ()
    """Several names."""
    observed_on: Literal["", "monday", "friday"] = ""

    @model_validator(mode="after")
    def _not_every_day(self) -> Self:
        if not (self.day or self.name or self.names or self.observed_on):
            raise ValueError("say which days: `day`, `name`, `names` or `observed_on`")
        return self

    def matches(self, closed: ClosedDay) -> bool:
        """True when every condition that is given holds for ``closed``."""
        named = (*self.names, *([self.name] if self.name else []))
        return (
            self.from_year <= closed.day.year <= self.to_year
            and (self.day is None or self.day == closed.day)
            and (not named or closed.name in named or closed.name.removesuffix(OBSERVED).rstrip() in named)
            and (
                not self.observed_on
                or (OBSERVED in closed.name and _WEEKDAYS[closed.day.weekday()] == self.observed_on)
            )
        )


class Disputed(Selected):
    """Closed days that can also be read as open, and why."""

    disputed: str = Field(min_length=1)


class Overlay(Model):
    """Corrections to a calendar, applied in this order whatever their order in the file: removals, disputes and their
    settlements, additions."""

    remove: tuple[Selected, ...] = ()
    dispute: tuple[Disputed, ...] = ()
    settle: tuple[Selected, ...] = ()
    """Days that an earlier layer marks as disputed and the cited law closes beyond dispute. A Friday to which a
    Saturday holiday was moved needs ``observed_on: friday``: that the Saturday is a holiday does not settle it."""
    add: tuple[Added, ...] = ()

    def correct(
        self, closed: Iterable[ClosedDay], *, source: str, forward_only: bool, first_year: int, last_year: int
    ) -> tuple[ClosedDay, ...]:
        """``closed`` with the corrections.

        An added ``day`` replaces the calendar's entries for that day. One added for ``every`` year is kept beside them:
        two holidays may fall on one day, and one of them may be disputed.
        """
        kept = [self._judged(c) for c in closed if not any(r.matches(c) for r in self.remove)]
        replaced = {entry.day for entry in self.add if entry.day}
        added = [
            closed_day
            for entry in self.add
            for closed_day in entry.closed_days(first_year, last_year, source=source, forward_only=forward_only)
        ]
        return (*(c for c in kept if c.day not in replaced), *added)

    def _judged(self, closed: ClosedDay) -> ClosedDay:
        for entry in self.dispute:
            if entry.matches(closed):
                closed = closed.model_copy(update={"disputed": entry.disputed, "citation": entry.citation})
                break
        for entry in self.settle:
            if entry.matches(closed) and (entry.observed_on or not _is_moved_to_friday(closed)):
                return closed.model_copy(update={"disputed": "", "citation": entry.citation})
        return closed


def _is_moved_to_friday(closed: ClosedDay) -> bool:
    return OBSERVED in closed.name and closed.day.weekday() == _FRIDAY
