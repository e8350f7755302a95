"""A day on which something is due, and the instant it ends, in words."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from forthwith.base import Model
from forthwith.deadlines.calendar import day_in_words

_SHORTEST = timedelta.resolution


class DueDate(Model):
    """A last day and the first instant that is too late."""

    day: date
    closes_at: AwareDatetime
    zone: str
    """IANA name of the zone in which the day ends."""

    @property
    def closing_time(self) -> str:
        """``5:00 p.m.``, or empty when the day runs to its end."""
        local = self.closes_at.astimezone(ZoneInfo(self.zone))
        return "" if local.date() > self.day else clock_time(local)

    def in_words(self) -> str:
        """``Friday, February 23, 2018, by the end of the day, Chicago time (CST)``, as a letter says it."""
        by = self.closing_time or "the end of the day"
        return f"{day_in_words(self.day)}, by {by}, {self.zone_in_words()}"

    def zone_in_words(self) -> str:
        """``Chicago time (CST)``, as it is at the time that is said, or at the last moment of a day that runs to its
        end."""
        said = self.closes_at.astimezone(UTC)
        if not self.closing_time:
            said -= _SHORTEST
        abbreviation = zone_abbreviation(said.astimezone(ZoneInfo(self.zone)))
        return f"{self.zone.rpartition('/')[2].replace('_', ' ')} time ({abbreviation})"


def zone_abbreviation(local: datetime) -> str:
    """``CST``, or ``UTC-03`` in zones without letters of their own, such as America/Sao_Paulo."""
    abbreviation = local.tzname() or ""
    return f"UTC{abbreviation}" if abbreviation.startswith(("+", "-")) else abbreviation


def clock_time(at: time | datetime) -> str:
    """``5:00 p.m.``."""
    seconds = f":{at.second:02}" if at.second else ""
    return f"{at.hour % 12 or 12}:{at.minute:02}{seconds} {'a.m.' if at.hour < 12 else 'p.m.'}"
