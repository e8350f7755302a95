"""Two clocks, one answer: random cases computed by forthwith/deadlines/clock.py and, the slow way, by naive_clock.py.

A case is drawn from its number alone, so the number that a failure prints repeats it: ``check(4711)``.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forthwith.deadlines.calendar import Calendar, ClosedDay
from forthwith.deadlines.calendar_builder import build_calendar
from forthwith.deadlines.clock import Clock, Computation
from forthwith.deadlines.counting import Inaccessible
from forthwith.deadlines.pause import Pause
from forthwith.deadlines.period import Period
from forthwith.deadlines.rule import Reading, Rule
from tests.units.deadlines.naive_clock import (
    NaiveClock,
    NaiveCount,
    NaivePlace,
    NaiveRule,
    NaiveStage,
    Span,
    naive_back,
    naive_certain,
    naive_elapsed,
    naive_hours,
    naive_paused,
)
from tests.units.deadlines.strategies import (
    DAYS,
    ONE_DAY,
    STATES,
    Place,
    rule_of,
    unhurried,
)

FIRST_YEAR, LAST_YEAR = 2014, 2036
INVENTED_CALENDARS = 24
DRAWN_STATES = ("IL", "NY", "CA", "MA", "TX", "DC")
DRAWN_ZONES = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Kentucky/Louisville"),
    *("America/Phoenix", "America/Indiana/Knox", "America/Anchorage", "Pacific/Honolulu", "America/St_Johns"),
    *(
        "Australia/Lord_Howe",
        "America/Havana",
        "Africa/Cairo",
        "Pacific/Kiritimati",
        "Antarctica/Troll",
        "Asia/Kathmandu",
    ),
)
READINGS: tuple[Reading, ...] = ("later", "later", "strict")
A_MILLION, PART = 1_000_000, 50_000
SIGNED = st.integers(-400, 400).filter(bool)


class Case(NamedTuple):
    """One question that both clocks are asked."""

    kind: str
    calendar: int
    zone: str
    closes: time | None
    reading: Reading
    inaccessible: tuple[date, ...]
    moment: datetime
    count: int
    unit: str
    rule: NaiveRule
    more: tuple[tuple[int, str], ...]
    stages: tuple[NaiveStage, ...]
    is_extended: bool
    pauses: tuple[Span, ...]


class Answer(NamedTuple):
    """What both clocks must agree on."""

    due: date
    last_counted: date
    closes_at: datetime
    others: tuple[date, ...] = ()
    stages: tuple[date, ...] = ()


# Drawing a case


@cache
def calendar(number: int) -> Calendar:
    """One of the documented states', or an invented one with runs of closed days, some disputed, some one-way."""
    if number < len(DRAWN_STATES):
        return build_calendar(
            ["us-federal", "state"], state=DRAWN_STATES[number], first_year=FIRST_YEAR, last_year=LAST_YEAR
        )
    draw = Random(number)  # noqa: S311 - repeatable on purpose

    def closed() -> Iterator[ClosedDay]:
        for _ in range(draw.choice((40, 200, 600))):
            day = date(FIRST_YEAR, 1, 1) + ONE_DAY * draw.randrange((LAST_YEAR - FIRST_YEAR + 1) * 365)
            for n in range(draw.choice((1, 1, 1, 2, 4))):
                yield ClosedDay(
                    day=day + n * ONE_DAY,
                    name="Closed",
                    source="invented",
                    forward_only=draw.random() < 0.3,
                    disputed="doubtful" if draw.random() < 0.3 else "",
                )

    by_day = {shut.day: shut for shut in closed()}
    return Calendar(
        name=f"invented {number}",
        version="1",
        first_year=FIRST_YEAR,
        last_year=LAST_YEAR,
        closed=tuple(by_day[day] for day in sorted(by_day)),
    )


def drawn(seed: int) -> Case:
    """The case of that number: small counts more often than long ones, boundaries more often than chance has them."""
    draw = Random(seed)  # noqa: S311 - repeatable on purpose
    kind = draw.choice(("within",) * 4 + ("extended", "staged") * 2 + ("backward", "backward", "by", "elapsed"))
    if kind in ("backward", "elapsed") and draw.random() < 0.5:
        kind = f"hours {kind}"
    zone = draw.choice(DRAWN_ZONES)
    here = ZoneInfo(zone)
    closes = draw.choice((None, None, None, time(17), time(16, 30), time(23, 59, 59), time(2, 30)))
    cut_off = draw.choice((None, None, None, time(17), time(16, 30), time(12)))
    rule = NaiveRule(
        roll=draw.choice(("forward", "forward", "none", "backward")),
        starts=draw.choice(("day_after", "day_after", "event_day", "next_business_day")),
        cut_off=cut_off,
        mail_days=draw.choice((0, 0, 0, 3, 1, 5)),
    )
    day = date(FIRST_YEAR + 2, 1, 1) + ONE_DAY * draw.randrange((LAST_YEAR - FIRST_YEAR - 6) * 365)
    moment = on_the_wall(draw, day, here, closes, cut_off)
    count, unit = period(draw)
    if kind == "elapsed":
        count, unit = draw.randint(1, 500), draw.choice(("minutes", "seconds"))
    elif kind.startswith("hours"):
        count, unit = draw.choice((draw.randint(1, 300), 24 * draw.randint(1, 14))), "hours"
    days = timedelta(**{unit: count}) if unit not in ("days", "business_days") else timedelta(days=count + 3)
    if unit == "business_days":
        days *= 1.5
    near = moment.astimezone(here).date() + (-days if kind.endswith("backward") else days)
    more: tuple[tuple[int, str], ...] = ()
    if kind == "extended" or (kind == "staged" and draw.random() < 0.4):
        more = tuple(period(draw) for _ in range(draw.randint(1, 2)))
    elif kind == "hours elapsed":
        more = tuple((draw.randint(1, 100), "hours") for _ in range(draw.choice((0, 0, 1, 2))))
    return Case(
        kind=kind,
        calendar=draw.randrange(len(DRAWN_STATES) + INVENTED_CALENDARS),
        zone=zone,
        closes=closes,
        reading=draw.choice(READINGS),
        inaccessible=tuple(sorted({near + ONE_DAY * draw.randint(-6, 6) for _ in range(draw.choice((0, 0, 1, 3)))})),
        moment=moment,
        count=count,
        unit=unit,
        rule=rule,
        more=more,
        stages=tuple(stage(draw, n) for n in range(draw.randint(1, 3))) if kind == "staged" else (),
        is_extended=draw.random() < 0.5,
        pauses=() if kind.endswith("backward") else tuple(pauses(draw, moment, days, here, closes)),
    )


def on_the_wall(draw: Random, day: date, here: ZoneInfo, *marks: time | None) -> datetime:
    """A moment of ``day``, in UTC: often midnight, one of the ``marks``, or a second before."""
    second = timedelta(seconds=draw.choice((0, 0, -1, 1)))
    wall = draw.choice((time.min, *(mark for mark in marks if mark), None, None))
    if wall is None:
        return datetime.combine(day, time.min, UTC) + timedelta(seconds=draw.randrange(86_400))
    return datetime.combine(day, wall, here).astimezone(UTC) + second


def period(draw: Random) -> tuple[int, str]:
    count = draw.choice((draw.randint(1, 7), draw.randint(1, 30), draw.randint(1, 120)))
    return count, draw.choice(("days", "business_days"))


def stage(draw: Random, number: int) -> NaiveStage:
    return NaiveStage(
        within=period(draw),
        after=draw.choice((None, number - 1)) if number else None,
        extension=period(draw) if draw.random() < 0.5 else None,
        cap=period(draw) if draw.random() < 0.3 else None,
    )


def pauses(draw: Random, moment: datetime, days: timedelta, here: ZoneInfo, closes: time | None) -> Iterator[Span]:
    """Some that overlap, some that adjoin, in no order."""
    first, length = moment.astimezone(here).date(), days.days + 12
    until = moment
    for _ in range(draw.choice((0, 0, 1, 1, 2, 4))):
        begins = first + ONE_DAY * draw.randint(-4, length)
        since = until if draw.random() < 0.2 else on_the_wall(draw, begins, here, closes)
        ends = since.astimezone(here).date() + ONE_DAY * draw.choice((0, 1, 2, 5, 20))
        until = max(since, on_the_wall(draw, ends, here, closes))
        yield since, until


# Asking the engine


@cache
def written(rule: NaiveRule, stages: tuple[NaiveStage, ...] = (), counts: str = "every_day") -> Rule:
    """The rule as the engine has it."""
    return rule_of(
        rule.roll,
        rule.starts,
        rule.cut_off and f"{rule.cut_off:%H:%M}",
        rule.mail_days,
        counts=counts,
        stages=[
            {
                "name": f"stage-{number}",
                "within": {stage.within[1]: stage.within[0]},
                "from": "event" if stage.after is None else f"stage-{stage.after}",
                "extension": stage.extension and {"period": {stage.extension[1]: stage.extension[0]}},
                "cap": stage.cap and {stage.cap[1]: stage.cap[0]},
            }
            for number, stage in enumerate(stages)
        ],
    )


def ask(case: Case) -> Computation:
    clock = Clock(
        calendar=calendar(case.calendar),
        zone=case.zone,
        closes=case.closes,
        reading=case.reading,
        inaccessible=tuple(Inaccessible(day=day, reason="snow") for day in case.inaccessible),
    )
    paused = tuple(Pause(since=since, until=until) for since, until in case.pauses)
    match case.kind:
        case "by":
            return clock.by(clock.local_day(case.moment), pauses=paused)
        case "backward":
            counts = "open_days" if case.unit == "business_days" else "every_day"
            return clock.counted(clock.local_day(case.moment), -case.count, rule=written(case.rule, counts=counts))
        case "hours backward":
            return clock.hours(case.moment, -case.count, written(case.rule))
        case "staged":
            rule = written(case.rule, case.stages)
            computed = clock.staged(case.moment, rule, extended=case.is_extended, pauses=paused)
        case _:
            rule = written(case.rule)
            computed = clock.within(case.moment, Period.model_validate({case.unit: case.count}), rule, pauses=paused)
    for count, unit in case.more:
        computed = clock.extended(computed, Period.model_validate({unit: count}), rule, pauses=paused)
    return computed


def of_the_engine(case: Case) -> Answer:
    computed = ask(case)
    assert all(other.reason for other in computed.alternatives)
    assert computed.explain()
    return Answer(
        due=computed.due,
        last_counted=computed.last_counted,
        closes_at=computed.closes_at.astimezone(UTC),
        others=tuple(other.due for other in computed.alternatives),
        stages=tuple(stage.due for stage in computed.stages),
    )


# Asking the second clock


@cache
def closed_days(number: int, *, backward: bool) -> tuple[frozenset[date], frozenset[date]]:
    """The closed days of a calendar for that direction, and those among them that no law closes beyond dispute."""
    closed = [shut for shut in calendar(number).closed if not (backward and shut.forward_only)]
    every, certain = {shut.day for shut in closed}, {shut.day for shut in closed if not shut.disputed}
    return frozenset(every), frozenset(every - certain)


def of_the_second_clock(case: Case) -> Answer:
    backward = case.kind.endswith("backward")
    closed, disputed = closed_days(case.calendar, backward=backward)
    place = NaivePlace(case.zone, closed, disputed, frozenset(case.inaccessible), case.closes)
    day = case.moment.astimezone(ZoneInfo(case.zone)).date()
    if case.kind == "by":
        due = naive_certain(place, day, case.pauses)
        return Answer(due, due, place.ends(due))
    if case.kind == "elapsed":
        end = naive_elapsed(case.moment, timedelta(**{case.unit: case.count}), case.pauses)
        due = end.astimezone(ZoneInfo(case.zone)).date()
        return Answer(due, due, end)
    if case.kind.startswith("hours"):
        return of_hours(case, place)
    earlier: list[date] = []
    stopped = naive_paused(place, case.pauses)
    both = [NaiveClock(place, case.rule, stopped, lenient=lenient) for lenient in (False, True)]
    if backward:
        ends = [
            [naive_back(place, day, case.count, case.unit, case.rule, lenient=lenient)] for lenient in (False, True)
        ]
    elif case.kind == "staged":
        ends, granted = (
            [clock.staged(case.moment, case.stages, extended=case.is_extended, more=more) for clock in both]
            for more in (case.more, ())
        )
        earlier = [end.due for end in in_force(granted, case.reading)[0][:-1]]  # more time is for the last stage alone
    else:
        ends = [[clock.within(case.moment, case.count, case.unit)] for clock in both]
        for count, unit in case.more:
            ends = [[clock.longer(end, count, unit)] for clock, (end,) in zip(both, ends, strict=True)]
    enforced, other = in_force(ends, case.reading)
    last = enforced[-1]
    return Answer(
        due=last.due,
        last_counted=last.last_counted,
        closes_at=place.ends(last.due),
        others=() if other[-1].due == last.due else (other[-1].due,),
        stages=(*earlier, last.due) if case.kind == "staged" else (),
    )


def of_hours(case: Case, place: NaivePlace) -> Answer:
    moment, here = case.moment, ZoneInfo(case.zone)
    lengths = (case.count, *(count for count, _ in case.more))
    for count in lengths:
        length = timedelta(hours=-count if case.kind == "hours backward" else count)
        strict, lenient = (
            naive_hours(place, moment, length, case.rule.roll, case.pauses, lenient=lenient)
            for lenient in (False, True)
        )
        strict_day, lenient_day = ((hours.end.astimezone(here).date(), hours.up) for hours in (strict, lenient))
        strict_is_later = strict_day >= lenient_day
        enforced, other = (strict, lenient) if strict_is_later == (case.reading == "later") else (lenient, strict)
        if strict_day == lenient_day:
            enforced = other = strict
        moment = enforced.up
    due, other_due = (hours.end.astimezone(here).date() for hours in (enforced, other))
    return Answer(
        due=due,
        last_counted=enforced.up.astimezone(here).date(),
        closes_at=enforced.end,
        others=() if due == other_due else (other_due,),
    )


def in_force(ends: list[list[NaiveCount]], reading: str) -> tuple[list[NaiveCount], list[NaiveCount]]:
    """Of two readings the one that is enforced, then the other; of two that end together by where the count ended."""
    closed, lenient = ends
    (closed_counted, closed_due), (lenient_counted, lenient_due) = closed[-1], lenient[-1]
    if (closed_due, closed_counted) == (lenient_due, lenient_counted):
        return closed, lenient
    closed_is_later = closed_due > lenient_due or (closed_due == lenient_due and closed_counted > lenient_counted)
    return (closed, lenient) if closed_is_later == (reading == "later") else (lenient, closed)


def check(seed: int) -> None:
    """Both clocks on the case of that number."""
    case = drawn(seed)
    ours, theirs = of_the_engine(case), of_the_second_clock(case)
    assert ours == theirs, f"check({seed}) of {case}"


def test_two_clocks_agree_on_ten_thousand_cases() -> None:
    for seed in range(10_000):
        check(seed)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(0, A_MILLION, PART))
def test_two_clocks_agree_on_a_million_cases(first: int) -> None:
    for seed in range(first, first + PART):
        check(A_MILLION + seed)


BUILT_IN_RULES = {
    "frcp6": (NaiveRule(), "days"),
    "calendar": (NaiveRule(roll="none"), "days"),
    "business_days": (NaiveRule(), "business_days"),
}


def naive_due(place: NaivePlace, day: date, days: int, rule: str, *, lenient: bool = False) -> date:
    naive, unit = BUILT_IN_RULES[rule]
    if days < 0:
        return naive_back(place, day, -days, unit, naive, lenient=lenient).due
    return NaiveClock(place, naive, lenient=lenient).after(day, days, unit).due


@settings(unhurried, max_examples=200)
@given(DAYS, SIGNED, st.sampled_from([*BUILT_IN_RULES]), STATES)
def test_two_clocks_agree_on_the_built_in_rules(day: date, days: int, rule: str, state: str) -> None:
    clock = Place(state).clock
    closed = [shut for shut in clock.calendar.closed if days > 0 or not shut.forward_only]
    disputed = {shut.day for shut in closed} - {shut.day for shut in closed if not shut.disputed}
    place = NaivePlace(clock.zone, frozenset(shut.day for shut in closed), frozenset(disputed))
    *other, due = sorted({naive_due(place, day, days, rule, lenient=lenient) for lenient in (False, True)})
    computed = clock.counted(day, days, rule=rule)
    assert (computed.due, [alternative.due for alternative in computed.alternatives]) == (due, other)


@unhurried
@given(st.sets(DAYS, max_size=30), DAYS, SIGNED, st.sampled_from([*BUILT_IN_RULES]))
def test_two_clocks_agree_on_invented_holidays(holidays: set[date], day: date, days: int, rule: str) -> None:
    calendar = Calendar(
        name="invented",
        version="1",
        first_year=2005,
        last_year=2045,
        closed=tuple(ClosedDay(day=day, name="Closed", source="invented") for day in sorted(holidays)),
    )
    computed = Clock(calendar=calendar, zone="UTC").counted(day, days, rule=rule)
    assert computed.due == naive_due(NaivePlace("UTC", frozenset(holidays)), day, days, rule)
