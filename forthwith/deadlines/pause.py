"""Tolling: time during which a clock is paused."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, model_validator

from forthwith.base import Model

_ONE_DAY = timedelta(days=1)


class Pause(Model):
    """A pause that is over. A day is paused when it ends within the pause, at its closing instant.

    So pausing at 10:00 and resuming the same morning changes nothing, and the day of resuming counts again.
    """

    since: AwareDatetime
    until: AwareDatetime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until < self.since:
            raise ValueError(f"a pause that begins at {self.since} cannot end at {self.until}, before it")
        return self


def merged(pauses: Iterable[Pause]) -> tuple[tuple[datetime, datetime], ...]:
    """The time that ``pauses`` cover together, as (since, until) in order, without overlaps, in UTC."""
    stretches: list[tuple[datetime, datetime]] = []
    for since, until in sorted((pause.since.astimezone(UTC), pause.until.astimezone(UTC)) for pause in pauses):
        if stretches and since <= stretches[-1][1]:
            since, until = stretches[-1][0], max(until, stretches.pop()[1])
        stretches.append((since, until))
    return tuple(stretches)


class PausedDays:
    """The days that are paused in one place, from ``runs`` of (first day, day after the last)."""

    def __init__(self, runs: Iterable[tuple[date, date]] = ()) -> None:
        self._runs = sorted(run for run in runs if run[0] < run[1])
        self._firsts = [first for first, _ in self._runs]

    def __bool__(self) -> bool:
        return bool(self._runs)

    def __contains__(self, day: date) -> bool:
        before = bisect_right(self._firsts, day)
        return bool(before) and day < self._runs[before - 1][1]

    def one_by_one(self) -> Iterator[tuple[date, "PausedDays"]]:
        """The first day of each run, with the runs before it."""
        return ((run[0], PausedDays(self._runs[:n])) for n, run in enumerate(self._runs))

    def passed(self, first: date, last: date) -> tuple[date, list[date]]:
        """``last`` moved by one day for every paused day from ``first`` on, and those paused days."""
        passed: list[date] = []
        for begins, ends in self._runs:
            if begins > last:
                break
            added = list(_days(max(begins, first), ends))
            last += len(added) * _ONE_DAY
            passed += added
        return last, passed


def _days(first: date, end: date) -> Iterator[date]:
    return (first + n * _ONE_DAY for n in range((end - first).days))
