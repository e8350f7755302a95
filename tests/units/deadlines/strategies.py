"""Places, rules, periods and pauses for the tests on dates, and the hypothesis strategies that draw them."""

from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import settings
from hypothesis import strategies as st

from forthwith.deadlines.calendar_builder import build_calendar
from forthwith.deadlines.clock import Clock
from forthwith.deadlines.counting import Inaccessible
from forthwith.deadlines.pause import Pause
from forthwith.deadlines.period import Period
from forthwith.deadlines.rule import BUILT_IN, Reading, Rule

ONE_DAY = timedelta(days=1)
CHICAGO, NEW_YORK = "America/Chicago", "America/New_York"
ODD_ZONES = (
    "Africa/Cairo",  # changes at midnight, and on Thursdays
    "Africa/Casablanca",  # clocks go back for Ramadan
    "America/Asuncion",  # changed at midnight
    "America/Havana",  # 00:00 left out in spring, twice in autumn
    "America/Nuuk",  # changes on the evening before
    "America/Santiago",  # 24:00 of a Saturday
    "America/St_Johns",  # 3:30, and until 2011 a minute after midnight
    "Antarctica/Troll",  # two hours at once
    "Asia/Beirut",  # changes at midnight
    "Asia/Gaza",
    "Asia/Kathmandu",  # 5:45
    "Asia/Tehran",  # 3:30, changed at midnight until 2022
    "Atlantic/Azores",  # changes at midnight and an hour after
    "Australia/Lord_Howe",  # half an hour
    "Europe/London",
    "Pacific/Apia",  # the other side of the date line since December 30, 2011
    "Pacific/Chatham",  # 12:45, changes at 2:45
    "Pacific/Kiritimati",  # 14 hours ahead
    "Pacific/Norfolk",
)


def zones_of_the_united_states() -> tuple[str, ...]:
    """Those that the tz database gives to the country or its territories."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return tuple(sorted(row[2] for row in rows if row[0] in {"US", "PR", "VI", "GU", "MP", "AS"}))


class Place(NamedTuple):
    """Where a clock stands; what a failing example prints of it, since its calendar would fill pages."""

    state: str = ""
    """Empty for the federal calendar alone."""
    zone: str = NEW_YORK
    closes: time | None = None
    reading: Reading = "later"
    snow: frozenset[date] = frozenset()
    """The days on which the office cannot be reached."""

    @property
    def clock(self) -> Clock:
        names = ["us-federal", "state"] if self.state else ["us-federal"]
        return Clock(
            calendar=build_calendar(names, state=self.state or None, first_year=2000, last_year=2045),
            zone=self.zone,
            closes=self.closes,
            reading=self.reading,
            inaccessible=tuple(Inaccessible(day=day, reason="snow") for day in sorted(self.snow)),
        )


def rule_of(
    roll: str = "forward", starts: str = "day_after", cut_off: str | None = None, mail_days: int = 0, **more: Any
) -> Rule:
    """A rule from a file, of one edition, with ``more`` of its fields."""
    edition = {
        "effective": date(1900, 1, 1),
        "roll": roll,
        "starts": starts,
        "cut_off": cut_off,
        "mail_days": mail_days,
        **more,
    }
    return Rule.model_validate({"name": "invented", "title": "An invented rule", "editions": [edition]})


def period(**written: int) -> Period:
    """``period(days=14)``, as a campaign file writes it."""
    return Period.model_validate(written)


def noon(day: str, zone: str = CHICAGO) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone))


SEVEN_OF_FOURTEEN = rule_of(
    stages=[{"name": "production", "within": {"business_days": 7}, "cap": {"business_days": 14}}]
)
"""Seven business days, and never more than fourteen."""

unhurried = settings(deadline=None, max_examples=60)  # the first example of each state loads its calendar

DAYS = st.dates(date(2010, 1, 1), date(2040, 12, 31))
MOMENTS = st.datetimes(datetime(2010, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - its bounds
COUNTS = st.integers(1, 200)
PERIODS = st.builds(Period, unit=st.sampled_from(["days", "business_days"]), count=COUNTS)
PERIODS_AND_HOURS = PERIODS | st.builds(Period, unit=st.just("hours"), count=COUNTS)
STATES = st.sampled_from(["", "IL", "NY", "CA", "MA", "TX", "DC"])
ZONES = (*zones_of_the_united_states(), *ODD_ZONES)
ANY_ZONE = st.sampled_from(sorted(zone for zone in available_timezones() if "/" in zone))
CLOSES = st.sampled_from([None, time(17), time(23, 59, 59)])
PLACES = st.builds(Place, STATES, st.sampled_from(ZONES), CLOSES, st.sampled_from(["later", "strict"]))
ROLLS = ["forward", "none", "backward"]
STARTS = st.sampled_from(["day_after", "event_day", "next_business_day"])
CUT_OFFS = st.sampled_from([None, "17:00"])
RULES_AS_DATA = st.builds(rule_of, st.sampled_from(ROLLS), STARTS, CUT_OFFS, st.sampled_from([0, 0, 3]))
RULES = RULES_AS_DATA | st.sampled_from(list(BUILT_IN.values()))
ONWARD_RULES = st.builds(rule_of, st.sampled_from(ROLLS[:2]), STARTS, CUT_OFFS, st.sampled_from([0, 3]))
ROLLING_RULES = st.builds(rule_of, st.sampled_from(ROLLS[::2]), STARTS)
LENGTHS = st.timedeltas(timedelta(), timedelta(days=40)) | st.integers(0, 40).map(lambda days: days * ONE_DAY)


@st.composite
def interrupted(draw: st.DrawFn) -> tuple[datetime, list[Pause]]:
    """A moment, and pauses about the time that runs from it; they may overlap."""
    moment = draw(MOMENTS)
    pauses: list[Pause] = []
    for after, length in draw(st.lists(st.tuples(st.timedeltas(-5 * ONE_DAY, 150 * ONE_DAY), LENGTHS), max_size=4)):
        pauses.append(Pause(since=moment + after, until=moment + after + length))
    return moment, pauses
