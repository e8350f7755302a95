"""An explanation is true: whoever follows its sentences on a wall calendar, knowing nothing else, ends at the date.

The reader here knows the sentences, how to count squares, and the days that are closed. Rules, pauses and closings are
drawn at random, in every combination that a count of days can meet.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forthwith.deadlines.calendar import day_in_words
from forthwith.deadlines.computation import PAUSED, Computation, Passing
from forthwith.deadlines.pause import Pause
from forthwith.deadlines.period import Period
from forthwith.deadlines.rule import Reading, Rule
from tests.units.deadlines.strategies import (
    CHICAGO,
    CLOSES,
    COUNTS,
    ONE_DAY,
    PERIODS,
    RULES,
    SEVEN_OF_FOURTEEN,
    STATES,
    Place,
    interrupted,
    noon,
    period,
    rule_of,
)

READINGS: st.SearchStrategy[Reading] = st.sampled_from(["later", "strict"])
SNOW = st.frozensets(st.integers(0, 90), max_size=8)
DAY = r"((?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, [A-Z][a-z]+ [0-9]+, [0-9]{4})"


def named(sentence: str) -> list[date]:
    """The days that a sentence names."""
    return [datetime.strptime(day, "%A, %B %d, %Y").date() for day in re.findall(DAY, sentence)]  # noqa: DTZ007


def passed(computed: Computation, *passing: Passing) -> set[date]:
    return {skipped.day for skipped in computed.skipped if skipped.passing in passing}


def follow(computed: Computation) -> date:
    """Where the finger ends. Raises ``AssertionError`` where a sentence is not what the finger finds."""
    sentences = list(computed.reckoning()[len(computed.extends) :])  # what is extended was followed by itself
    if computed.before_cap and (longest := computed.longest):
        begins = sentences.index(longest.explanation[0])
        del sentences[begins : begins + len(longest.explanation)]
        assert longest.due == computed.due
    finger = date.min
    for sentence in sentences:
        match sentence.split()[0]:
            case "The" if "is day 1" in sentence or "would be day 1" in sentence:
                finger = named(sentence)[0] - back(computed) * ONE_DAY
            case "The" if "; day 1" in sentence:
                finger = named(sentence)[1] - back(computed) * ONE_DAY
            case "The" if "is not counted" in sentence or "counted on from" in sentence:
                finger = named(sentence)[0]
            case "Counting":
                finger = counted(computed, finger, sentence)
                assert named(sentence) == [finger], sentence
            case "It":
                before = finger
                (finger,) = named(sentence)
                between = days_between(before, finger)
                assert between <= passed(computed, "roll", "mail_roll"), sentence
                assert finger not in passed(computed, "count"), sentence
                assert ("day before" in sentence) == (finger < before), sentence
            case "Then":
                number = int(sentence.split()[1])
                for _ in range(number):
                    finger += ONE_DAY
                    while finger in passed(computed, "mail"):
                        finger += ONE_DAY
                assert named(sentence) == [finger], sentence
            case "So":
                assert named(sentence)[0] < finger, sentence
                (finger,) = named(sentence)
            case "Time":
                assert named(sentence) == [finger], sentence
            case _:
                pass
    return finger


def back(computed: Computation) -> int:
    return -1 if any(sentence.startswith("Counting back") for sentence in computed.reckoning()) else 1


def counted(computed: Computation, finger: date, sentence: str) -> date:
    """As many squares on as the sentence says, without those that were passed over in counting."""
    left = int(sentence.split(" for ")[1].split()[0])
    while left:
        finger += back(computed) * ONE_DAY
        left -= finger not in passed(computed, "count")
    return finger


def days_between(one: date, other: date) -> set[date]:
    """From ``one`` on, without ``other``."""
    step = ONE_DAY if other > one else -ONE_DAY
    return {one + n * step for n in range(abs((other - one).days))}


def paused_days(sentence: str) -> set[date]:
    """The days that a sentence says were paused: one, or a run of them. Pauses within hours name no days alone."""
    if sentence.endswith(f"is not counted: {PAUSED}."):
        return set(named(sentence))
    if run := re.fullmatch(rf"The clock was paused from {DAY} to {DAY}; days not counted: ([0-9]+)\.", sentence):
        first, last = named(sentence)
        assert (last - first).days + 1 == int(run[3])
        return days_between(first, last + ONE_DAY)
    return set()


def passed_over(computed: Computation) -> Iterator[date]:
    """The days that the sentences name as passed over."""
    for sentence in computed.reckoning():
        if "is skipped:" in sentence:
            yield named(sentence)[0]
        yield from paused_days(sentence)


def check(place: Place, computed: Computation) -> None:
    assert follow(computed) == computed.due
    calendar, direction = place.clock.calendar, "backward" if back(computed) < 0 else "forward"
    for skipped in computed.skipped:
        is_open = calendar.is_open(skipped.day, direction) and skipped.day not in place.snow
        assert (skipped.reason == PAUSED) or not is_open, f"{skipped} was open"
    weekdays = {s.day for s in computed.skipped if s.day.weekday() < 5 or s.reason == PAUSED}
    assert weekdays <= set(passed_over(computed))
    if computed.extends:  # it goes on from where the time that it extends had ended
        before = [s for s in computed.extends if " ends on " in s][-1]
        assert named(before)[-1] == computed.trigger, before
    english = " ".join(computed.explain())
    assert not re.search(r"\b1 (days|hours|business days)\b|\bfrom at\b|a day that is|\b0 days", english), english


@settings(deadline=None, max_examples=100)
@given(STATES, CLOSES, READINGS, RULES, PERIODS, interrupted(), SNOW)
def test_the_sentences_lead_to_the_last_day(
    state: str,
    closes: time | None,
    reading: Reading,
    rule: Rule,
    period: Period,
    event: tuple[datetime, list[Pause]],
    snow: frozenset[int],
) -> None:
    moment, pauses = event
    place = Place(state, closes=closes, reading=reading, snow=frozenset(moment.date() + n * ONE_DAY for n in snow))
    computed = place.clock.within(moment, period, rule, pauses=tuple(pauses))
    check(place, computed)
    check(place, place.clock.extended(computed, period, rule, pauses=tuple(pauses)))


MOMENT = rf"(\d+:\d\d(?::\d\d)? [ap]\.m\.) \((E[SD]T)\) on {DAY}"


def moments(sentence: str) -> list[datetime]:
    """The moments in New York that a sentence names."""
    found: list[datetime] = []
    for clock_time, abbreviation, day in re.findall(MOMENT, sentence):
        wall = f"{clock_time.replace('.', '').upper()} {day} {'-0500' if abbreviation == 'EST' else '-0400'}"
        seconds = ":%S" if clock_time.count(":") == 2 else ""
        found.append(datetime.strptime(wall, f"%I:%M{seconds} %p %A, %B %d, %Y %z"))
    return found


def is_paused(day: date, up_at: datetime | None, pauses: tuple[Pause, ...]) -> bool:
    """Whether the clock of New York stood still on ``day`` at the time of day when the hours were up."""
    assert up_at
    walls = (datetime.combine(day, up_at.time().replace(fold=fold), ZoneInfo("America/New_York")) for fold in (0, 1))
    moment = max(wall.astimezone(UTC) for wall in walls)
    return any(pause.since < moment <= pause.until for pause in pauses)


JANUARY_8 = datetime(2010, 1, 8, tzinfo=UTC)
ACROSS_THE_MOVE = [Pause(since=JANUARY_8 + 12 * ONE_DAY, until=JANUARY_8 + 14 * ONE_DAY)]
"""133 hours twice are up on the birthday of Martin Luther King; the two days after it are paused."""


@settings(deadline=None, max_examples=100)
@given(RULES, st.integers(1, 400), interrupted(), st.booleans())
@example(rule_of("forward", "day_after", None, 0), 133, (JANUARY_8, ACROSS_THE_MOVE), True)
def test_the_sentences_lead_through_the_hours_that_were_counted(
    rule: Rule, hours: int, event: tuple[datetime, list[Pause]], more: bool
) -> None:
    start = event[0].replace(microsecond=0)
    pauses = tuple(
        Pause(since=pause.since.replace(microsecond=0), until=pause.until.replace(microsecond=0)) for pause in event[1]
    )
    new_york, period = Place("NY").clock, Period(unit="hours", count=hours)
    computed = new_york.within(start, period, rule, pauses=pauses)
    if more:
        computed = new_york.extended(computed, period, rule, pauses=pauses)
    begin = hand = start
    stood_still = timedelta()
    for sentence in computed.reckoning()[len(computed.extends) :]:
        if days := paused_days(sentence):
            assert all(is_paused(day, computed.before_move, pauses) for day in days), sentence
        elif sentence.startswith("The clock was paused from"):
            since, until = moments(sentence)
            assert hand <= since < until
            hand, stood_still = until, stood_still + (until - since)
        elif sentence.startswith("Counting"):
            assert ("without that in which the clock was paused" in sentence) == bool(stood_still)
            assert moments(sentence) == [begin + timedelta(hours=hours) + stood_still], sentence
        elif named_moments := moments(sentence):
            begin = hand = named_moments[0]
    assert computed.paused_seconds == stood_still.total_seconds()


@settings(deadline=None, max_examples=100)
@given(STATES, RULES, st.dates(date(2012, 1, 1), date(2040, 12, 31)), st.integers(2, 200), SNOW)
def test_the_sentences_lead_back_as_well(state: str, rule: Rule, day: date, days: int, snow: frozenset[int]) -> None:
    place = Place(state, snow=frozenset(day - n * ONE_DAY for n in snow))
    check(place, place.clock.counted(day, -days, rule=rule))


@settings(deadline=None, max_examples=80)
@given(STATES, RULES, st.lists(PERIODS, min_size=1, max_size=3), COUNTS, st.booleans(), interrupted())
def test_the_sentences_lead_through_every_stage(
    state: str, rule: Rule, periods: list[Period], cap: int, extended: bool, event: tuple[datetime, list[Pause]]
) -> None:
    stages = [
        {
            "name": f"stage-{number}",
            "within": period.model_dump(),
            "from": f"stage-{number - 1}" if number else "event",
            "extension": {"period": period.model_dump()},
            "cap": {"days": cap},
        }
        for number, period in zip(count(), periods, strict=False)
    ]
    edition = rule.editions[0].model_dump(by_alias=True) | {"stages": stages}
    staged = Rule.model_validate(rule.model_dump(by_alias=True) | {"editions": [edition]})
    place = Place(state)
    computed = place.clock.staged(event[0], staged, extended=extended, pauses=tuple(event[1]))
    check(place, computed)
    assert f"{day_in_words(computed.due)} ends" in computed.stages[-1].explanation[-1]
    more = place.clock.extended(computed, periods[0], staged, pauses=tuple(event[1]))
    check(place, more)
    assert not more.longest or more.due <= more.longest.due
    assert more.due >= computed.due


def test_the_explanation_can_be_followed_on_a_wall_calendar() -> None:
    computed = Place("IL", CHICAGO).clock.counted(date(2026, 6, 3), 30)
    *sentences, calendar = computed.explain()
    assert sentences == [
        "The day of the event, Wednesday, June 3, 2026, is not counted (FRCP 6(a)(1)).",
        "Counting every day for 30 days ends on Friday, July 3, 2026.",
        "Friday, July 3, 2026 is skipped: Independence Day (observed) (us-federal).",
        "Saturdays and Sundays skipped: 2.",
        "It moves to the next open day, Monday, July 6, 2026.",
        "Time is up when Monday, July 6, 2026 ends at midnight, Chicago time (CDT).",
        "A stricter reading ends on Friday, July 3, 2026 (saturday holiday friday observed).",
    ]
    assert calendar.startswith("Calendar: us-federal + state IL; holidays 0.109 + overlays ")
    assert computed.calendar_sha256[:12] in calendar


def test_business_days_name_every_closed_day_passed_over() -> None:
    computed = Place("IL", CHICAGO).clock.within(noon("2026-06-17"), period(business_days=5), "frcp6")
    assert computed.period == "5 business days"
    assert [(str(skipped.day), skipped.reason) for skipped in computed.skipped] == [
        ("2026-06-19", "Juneteenth National Independence Day (us-federal)"),
        ("2026-06-20", "Saturday"),
        ("2026-06-21", "Sunday"),
    ]


def test_a_capped_date_is_explained_by_the_cap() -> None:
    chicago = Place(zone=CHICAGO).clock
    base = chicago.staged(noon("2018-02-01"), SEVEN_OF_FOURTEEN)
    held = chicago.extended(base, period(days=20), SEVEN_OF_FOURTEEN).explain()
    assert held[held.index("Counting every day for 20 days ends on Sunday, March 4, 2018.") :][:8] == (
        "Counting every day for 20 days ends on Sunday, March 4, 2018.",
        "Saturdays and Sundays skipped: 1.",
        "It moves to the next open day, Monday, March 5, 2018.",
        "The rule allows no more than 14 business days from Thursday, February 1, 2018.",
        "Counting open days only for 14 business days ends on Thursday, February 22, 2018.",
        "Monday, February 19, 2018 is skipped: Washington's Birthday (us-federal).",
        "Saturdays and Sundays skipped: 6.",
        "So it ends on Thursday, February 22, 2018.",
    )


def test_a_date_certain_is_never_moved_and_explained_so() -> None:
    saturday = Place("IL", CHICAGO).clock.by(date(2018, 2, 24))
    assert (saturday.due, saturday.rule, saturday.period, saturday.skipped) == (
        date(2018, 2, 24),
        "date_certain",
        "",
        (),
    )
    assert "A date certain is not moved for a weekend or a holiday." in saturday.explain()


@pytest.mark.parametrize(
    ("zone", "day", "words"),
    [
        ("America/Chicago", "2018-02-23", "Friday, February 23, 2018, by the end of the day, Chicago time (CST)"),
        ("America/New_York", "2026-07-06", "Monday, July 6, 2026, by the end of the day, New York time (EDT)"),
        (
            "America/Kentucky/Louisville",
            "2018-05-01",
            "Tuesday, May 1, 2018, by the end of the day, Louisville time (EDT)",
        ),
        ("America/Chicago", "2018-11-04", "Sunday, November 4, 2018, by the end of the day, Chicago time (CST)"),
        ("America/Havana", "2024-03-09", "Saturday, March 9, 2024, by the end of the day, Havana time (CST)"),
        ("America/Sao_Paulo", "2026-05-04", "Monday, May 4, 2026, by the end of the day, Sao Paulo time (UTC-03)"),
    ],
)
def test_a_deadline_in_words(zone: str, day: str, words: str) -> None:
    assert Place(zone=zone).clock.by(date.fromisoformat(day)).in_words() == words


def test_a_closing_time_in_words() -> None:
    computed = Place("IL", CHICAGO, time(17)).clock.counted(date(2018, 1, 24), 30)
    assert computed.closes_at.isoformat() == "2018-02-23T17:00:00-06:00"
    assert computed.in_words() == "Friday, February 23, 2018, by 5:00 p.m., Chicago time (CST)"


@pytest.mark.parametrize(
    ("zone", "event", "hours", "words"),
    [
        (
            "America/New_York",
            "2007-11-02T10:23-04:00",
            72,
            "Monday, November 5, 2007, by 9:23 a.m., New York time (EST)",
        ),
        ("America/New_York", "2026-03-07T02:00-05:00", 24, "Sunday, March 8, 2026, by 3:00 a.m., New York time (EDT)"),
        (
            "America/New_York",
            "2026-10-31T01:00-04:00",
            25,
            "Sunday, November 1, 2026, by 1:00 a.m., New York time (EST)",
        ),
        (
            "America/Sao_Paulo",
            "2018-11-03T12:00-03:00",
            12,
            "Sunday, November 4, 2018, by 1:00 a.m., Sao Paulo time (UTC-02)",
        ),
    ],
)
def test_a_time_near_a_change_of_clocks_is_named_by_the_zone_of_that_moment(
    zone: str, event: str, hours: int, words: str
) -> None:
    computed = Place(zone=zone).clock.within(datetime.fromisoformat(event), period(hours=hours), "calendar")
    assert (computed.rule, computed.in_words()) == ("elapsed", words)
    assert words.rpartition(", ")[2] in computed.explain()[-1]
