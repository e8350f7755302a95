"""Closed days as data, each with its source: the `holidays` package, a statute or an overlay file.

A calendar is a snapshot. It is made once (forthwith/deadlines/calendar_builder.py), hashed, and pinned with each
request, so that a new release of a library changes no date of a request that is under way.
"""

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Literal

from forthwith.base import Model

Direction = Literal["forward", "backward"]

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
SATURDAY = 5
"""``date.weekday()`` of the first day of the weekend."""


def day_in_words(day: date) -> str:
    """``Friday, February 23, 2018``: English whatever the locale, where ``strftime`` is not."""
    return f"{_WEEKDAYS[day.weekday()]}, {_MONTHS[day.month - 1]} {day.day}, {day.year}"


class ClosedDay(Model):
    """One day on which the office is closed, and the source that closes it."""

    day: date
    name: str
    source: str
    """The layer it comes from: ``us-federal``, ``state IL``, or the name of an overlay."""
    citation: str = ""
    forward_only: bool = False
    """State holidays close a day only for periods counted forward, FRCP 6(a)(6)(C)."""
    disputed: str = ""
    """Why the day can also be read as open. Empty where it cannot."""


class Calendar(Model):
    """The closed days of the years it covers, besides Saturdays and Sundays."""

    name: str
    version: str
    """What the snapshot was made from, such as ``holidays 0.109``."""
    first_year: int
    last_year: int
    closed: tuple[ClosedDay, ...]
    """Sorted by day. A day is listed twice where one law closes it with a dispute and another without one, but only for
    periods counted forward."""

    @cached_property
    def _by_day(self) -> dict[date, list[ClosedDay]]:
        by_day: dict[date, list[ClosedDay]] = {}
        for closed in self.closed:
            by_day.setdefault(closed.day, []).append(closed)
        return by_day

    @cached_property
    def sha256(self) -> str:
        """Content hash of the whole snapshot, in hexadecimal."""
        return self.content_hash

    def is_open(self, day: date, direction: Direction = "forward", *, disputed_open: bool = False) -> bool:
        """Whether ``day`` is an open day when counting in ``direction``.

        With ``disputed_open`` a disputed closing does not count.
        Raises ``ValueError`` for a day outside the years of the snapshot: an unknown day is not an open day.
        """
        self._require_covered(day)
        if day.weekday() >= SATURDAY:
            return False
        return not any(
            _closes(closed, direction) and not (disputed_open and closed.disputed)
            for closed in self._by_day.get(day, ())
        )

    def why_closed(self, day: date, direction: Direction = "forward") -> str:
        """The reason that ``day`` is closed when counting in ``direction``; empty when it is open.

        Raises ``ValueError`` for a day outside the years of the snapshot, like ``is_open``.
        """
        if self.is_open(day, direction):
            return ""
        if day.weekday() >= SATURDAY:
            return _WEEKDAYS[day.weekday()]
        closed = next(closed for closed in self._by_day[day] if _closes(closed, direction))
        return f"{closed.name} ({closed.source})"

    def disputes(self, first: date, last: date) -> Iterator[ClosedDay]:
        """The closed days from ``first`` to ``last``, both included, that can also be read as open."""
        return (c for c in self.closed if c.disputed and first <= c.day <= last)

    def _require_covered(self, day: date) -> None:
        if not self.first_year <= day.year <= self.last_year:
            raise ValueError(
                f"{day} lies outside the years {self.first_year}-{self.last_year} of the calendar {self.name}, "
                "and an unknown day is not an open day"
            )


def _closes(closed: ClosedDay, direction: Direction) -> bool:
    return direction == "forward" or not closed.forward_only
