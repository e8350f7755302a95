"""Laws of counting: what holds for every rule, place, event and pause, whatever the dates come out to be."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from forthwith.deadlines.clock import OfficeHours
from forthwith.deadlines.computation import PAUSED, Computation
from forthwith.deadlines.pause import Pause
from forthwith.deadlines.period import Period
from forthwith.deadlines.rule import BUSINESS_DAYS, FRCP6, Rule
from tests.units.deadlines.strategies import (
    CHICAGO,
    CLOSES,
    COUNTS,
    DAYS,
    LENGTHS,
    MOMENTS,
    ONE_DAY,
    ONWARD_RULES,
    PERIODS,
    PERIODS_AND_HOURS,
    PLACES,
    ROLLING_RULES,
    RULES,
    STATES,
    ZONES,
    Place,
    interrupted,
    noon,
    period,
    unhurried,
)

# Order in time


@unhurried
@given(PLACES, RULES, PERIODS, MOMENTS, st.timedeltas(timedelta(), 40 * ONE_DAY), interrupted())
def test_a_later_event_never_ends_earlier(
    place: Place, rule: Rule, period: Period, moment: datetime, later: timedelta, pauses: tuple[datetime, list[Pause]]
) -> None:
    clock = place.clock
    shifted = tuple(
        Pause(since=moment + (pause.since - pauses[0]), until=moment + (pause.until - pauses[0])) for pause in pauses[1]
    )
    first = clock.within(moment, period, rule, pauses=shifted)
    then = clock.within(moment + later, period, rule, pauses=shifted)
    assert first.due <= then.due
    assert first.closes_at <= then.closes_at


@unhurried
@given(PLACES, RULES, st.sampled_from(["days", "business_days", "hours"]), COUNTS, COUNTS, interrupted())
def test_more_time_never_ends_earlier(
    place: Place, rule: Rule, unit: str, one: int, other: int, event: tuple[datetime, list[Pause]]
) -> None:
    clock = place.clock
    shorter, longer = (Period.model_validate({unit: count}) for count in sorted((one, other)))
    moment, pauses = event
    assert (
        clock.within(moment, shorter, rule, pauses=tuple(pauses)).closes_at
        <= clock.within(moment, longer, rule, pauses=tuple(pauses)).closes_at
    )


@unhurried
@given(STATES, st.sampled_from(ZONES), RULES, PERIODS, interrupted())
def test_the_strict_reading_is_never_later_and_each_shows_the_other(
    state: str, zone: str, rule: Rule, period: Period, event: tuple[datetime, list[Pause]]
) -> None:
    moment, pauses = event
    later, strict = (
        Place(state, zone, reading=reading).clock.within(moment, period, rule, pauses=tuple(pauses))
        for reading in ("later", "strict")
    )
    assert strict.due <= later.due
    assert [other.due for other in strict.alternatives] == ([later.due] if strict.due < later.due else [])
    assert [other.due for other in later.alternatives] == ([strict.due] if strict.due < later.due else [])
    assert all(other.reason for other in (*strict.alternatives, *later.alternatives))


# The last day


@unhurried
@given(
    STATES,
    st.sampled_from(ZONES),
    CLOSES,
    ROLLING_RULES,
    PERIODS,
    interrupted(),
    st.sets(st.integers(-3, 230), max_size=3),
)
def test_the_last_day_is_open_and_reachable_and_not_paused(
    state: str,
    zone: str,
    closes: time | None,
    rule: Rule,
    period: Period,
    event: tuple[datetime, list[Pause]],
    snow: set[int],
) -> None:
    moment, pauses = event
    snowed_in = frozenset(moment.date() + days * ONE_DAY for days in snow)
    clock = Place(state, zone, closes, snow=snowed_in).clock
    computed = clock.within(moment, period, rule, pauses=tuple(pauses))
    assert clock.calendar.is_open(computed.due, disputed_open=bool(computed.alternatives))
    assert computed.due not in snowed_in
    assert not any(pause.since < computed.closes_at <= pause.until for pause in pauses)
    assert computed.due not in {skipped.day for skipped in computed.skipped}


@unhurried
@given(PLACES, ROLLING_RULES, COUNTS, DAYS)
def test_a_rolled_day_is_not_rolled_again(place: Place, rule: Rule, count: int, day: date) -> None:
    clock = place.clock
    computed = clock.counted(day, count, rule=rule)
    again = clock.counted(computed.due - ONE_DAY, 1)
    if place.reading == "strict" or rule.editions[0].roll == "backward":  # the day may be open in that reading alone
        assume(not computed.alternatives and not again.alternatives)
    assert (again.due, again.skipped) == (computed.due, ())


@unhurried
@given(PLACES, st.sampled_from([FRCP6, BUSINESS_DAYS]), COUNTS, DAYS)
def test_the_last_day_of_a_count_back_is_open(place: Place, rule: Rule, count: int, day: date) -> None:
    clock = place.clock
    computed = clock.counted(day, -count, rule=rule)
    is_later_open = place.reading == "later" and bool(computed.alternatives)
    assert clock.calendar.is_open(computed.due, "backward", disputed_open=is_later_open)
    assert not any(clock.calendar.is_open(skipped.day, "backward") for skipped in computed.skipped)


@unhurried
@given(DAYS, COUNTS, st.sampled_from(ZONES), CLOSES)
def test_a_plain_count_runs_back_to_where_it_began(day: date, count: int, zone: str, closes: time | None) -> None:
    clock = Place("IL", zone, closes).clock
    assert clock.counted(clock.counted(day, count, rule="calendar").due, -count, rule="calendar").due == day


@unhurried
@given(DAYS, COUNTS)
def test_business_days_run_back_to_the_open_day_where_they_began(day: date, count: int) -> None:
    clock = Place("", reading="strict").clock
    assume(clock.calendar.is_open(day))
    forward = clock.counted(day, count, rule="business_days")
    assume(not forward.alternatives)
    back = clock.counted(forward.due, -count, rule="business_days")
    assume(not back.alternatives)
    assert back.due == day


@unhurried
@given(DAYS, st.integers(1, 60))
def test_counting_back_finds_the_last_day_from_which_counting_forward_is_in_time(hearing: date, count: int) -> None:
    clock = Place("").clock
    back = clock.counted(hearing, -count)
    around = [back.due + n * ONE_DAY for n in range(8)]
    assume(clock.calendar.is_open(hearing) and not back.alternatives)
    assume(not any(clock.counted(day, count).alternatives for day in around))
    in_time = [day for day in around if clock.calendar.is_open(day) and clock.counted(day, count).due <= hearing]
    assert in_time == [back.due]


@unhurried
@given(DAYS, st.sampled_from(ZONES), st.sampled_from(ZONES), RULES, PERIODS)
def test_the_zone_changes_no_day_of_an_event_at_noon(
    day: date, here: str, there: str, rule: Rule, period: Period
) -> None:
    def days(zone: str) -> list[object]:
        clock = Place("IL", zone).clock
        both_ways = (
            clock.within(noon(day.isoformat(), zone), period, rule),
            clock.counted(day, -period.count, rule=rule),
        )
        return [(computed.due, computed.skipped, computed.alternatives) for computed in both_ways]

    assert days(here) == days(there)


@unhurried
@given(PLACES, DAYS, st.data())
def test_a_named_day_stays_but_for_the_paused_days_until_it(place: Place, day: date, data: st.DataObject) -> None:
    clock = place.clock
    assert clock.by(day).due == day
    begins = data.draw(st.integers(-30, 10)) * ONE_DAY
    length = data.draw(st.integers(0, 30)) * ONE_DAY
    since = clock.closing(day + begins - ONE_DAY)  # from the first instant of a day that is paused
    until = clock.closing(day + begins + length - ONE_DAY)
    moved = clock.by(day, pauses=(Pause(since=since, until=until),))
    assert moved.due == (day + length if begins <= timedelta() else day)


# Pauses


@unhurried
@given(PLACES, RULES, PERIODS, interrupted(), st.randoms(use_true_random=False))
def test_the_order_in_which_pauses_are_given_does_not_matter(
    place: Place, rule: Rule, period: Period, event: tuple[datetime, list[Pause]], chance: Random
) -> None:
    clock = place.clock
    moment, pauses = event
    shuffled = list(pauses)
    chance.shuffle(shuffled)
    assert clock.within(moment, period, rule, pauses=tuple(pauses)) == clock.within(
        moment, period, rule, pauses=tuple(shuffled)
    )


@unhurried
@given(PLACES, RULES, PERIODS_AND_HOURS, interrupted(), st.floats(0, 1))
def test_a_pause_cut_in_two_is_the_same_pause(
    place: Place, rule: Rule, period: Period, event: tuple[datetime, list[Pause]], where: float
) -> None:
    clock = place.clock
    moment, pauses = event
    halves = [
        part
        for pause in pauses
        for cut in [pause.since + (pause.until - pause.since) * where]
        for part in (Pause(since=pause.since, until=cut), Pause(since=cut, until=pause.until))
    ]
    whole = clock.within(moment, period, rule, pauses=tuple(pauses))
    assert whole == clock.within(moment, period, rule, pauses=tuple(halves))
    assert whole == clock.within(moment, period, rule, pauses=(*pauses, *halves))


@unhurried
@given(PLACES, RULES, PERIODS_AND_HOURS, interrupted(), LENGTHS, LENGTHS)
def test_a_pause_after_the_time_is_up_adds_nothing(
    place: Place,
    rule: Rule,
    period: Period,
    event: tuple[datetime, list[Pause]],
    after: timedelta,
    length: timedelta,
) -> None:
    clock = place.clock
    moment, pauses = event
    before = clock.within(moment, period, rule, pauses=tuple(pauses))
    too_late = Pause(since=before.closes_at + after, until=before.closes_at + after + length)
    assume(not before.alternatives)  # the reading that is not enforced may end after that pause began
    assert before == clock.within(moment, period, rule, pauses=(*pauses, too_late))


@unhurried
@given(PLACES, RULES, PERIODS_AND_HOURS, interrupted())
def test_a_pause_never_takes_time_away(
    place: Place, rule: Rule, period: Period, event: tuple[datetime, list[Pause]]
) -> None:
    clock = place.clock
    moment, pauses = event
    ends = [clock.within(moment, period, rule, pauses=tuple(pauses[:n])).closes_at for n in range(len(pauses) + 1)]
    assert ends == sorted(ends)


@unhurried
@given(PLACES, RULES, PERIODS, MOMENTS, st.integers(0, 150), st.integers(0, 86_399), st.integers(0, 86_399))
def test_pausing_and_resuming_on_one_day_changes_nothing(
    place: Place, rule: Rule, period: Period, moment: datetime, after: int, one: int, other: int
) -> None:
    clock = place.clock
    day = clock.local_day(moment) + after * ONE_DAY
    begins, ends = clock.closing(day - ONE_DAY), clock.closing(day)
    first, last = sorted(min(begins + timedelta(seconds=n), ends - timedelta(seconds=1)) for n in (one, other))
    pause = Pause(since=first, until=last)
    assert clock.within(moment, period, rule) == clock.within(moment, period, rule, pauses=(pause,))


@unhurried
@given(PLACES, ROLLING_RULES, st.integers(1, 60), MOMENTS, st.integers(0, 40), st.integers(0, 20))
def test_a_plain_count_moves_by_the_paused_days(
    place: Place, rule: Rule, count: int, moment: datetime, after: int, length: int
) -> None:
    """Where the clock stood still for whole days before the count ended, that many are added to it."""
    clock = place.clock
    period = Period(unit="days", count=count)
    plain = clock.within(moment, period, rule)
    begins = clock.local_day(moment) + (after + 1) * ONE_DAY
    assume(
        begins > plain.trigger
        and begins <= min(plain.due, plain.last_counted)
        and not plain.received
        and not plain.day_one
    )
    pause = Pause(since=clock.closing(begins - ONE_DAY), until=clock.closing(begins + length * ONE_DAY - ONE_DAY))
    paused = clock.within(moment, period, rule, pauses=(pause,))
    assert paused.last_counted == plain.last_counted + length * ONE_DAY
    assert sum(skipped.reason == PAUSED and skipped.day <= paused.last_counted for skipped in paused.skipped) == length


# Extensions


@unhurried
@given(PLACES, ONWARD_RULES, COUNTS, COUNTS, st.sampled_from(["days", "business_days"]), PERIODS, interrupted())
def test_one_extension_and_another_are_both_together(
    place: Place,
    rule: Rule,
    one: int,
    other: int,
    unit: str,
    period: Period,
    event: tuple[datetime, list[Pause]],
) -> None:
    clock = place.clock
    moment, pauses = event[0], tuple(event[1])
    base = clock.within(moment, period, rule, pauses=pauses)
    first, second, both = (Period.model_validate({unit: count}) for count in (one, other, one + other))
    twice = clock.extended(clock.extended(base, first, rule, pauses=pauses), second, rule, pauses=pauses)
    once = clock.extended(base, both, rule, pauses=pauses)
    assert (twice.due, twice.closes_at, twice.last_counted) == (once.due, once.closes_at, once.last_counted)
    swapped = clock.extended(clock.extended(base, second, rule, pauses=pauses), first, rule, pauses=pauses)
    assert (twice.due, twice.last_counted) == (swapped.due, swapped.last_counted)


@unhurried
@given(PLACES, ONWARD_RULES, COUNTS, COUNTS, interrupted())
def test_a_count_extended_is_a_longer_count(
    place: Place, rule: Rule, count: int, more: int, event: tuple[datetime, list[Pause]]
) -> None:
    clock = place.clock
    moment, pauses = event[0], tuple(event[1])
    base = clock.within(moment, Period(unit="days", count=count), rule, pauses=pauses)
    extended = clock.extended(base, Period(unit="days", count=more), rule, pauses=pauses)
    longer = clock.within(moment, Period(unit="days", count=count + more), rule, pauses=pauses)
    assume(not (base.alternatives or longer.alternatives or extended.alternatives))
    assert (extended.due, extended.closes_at, extended.last_counted) == (
        longer.due,
        longer.closes_at,
        longer.last_counted,
    )


@unhurried
@given(PLACES, RULES, PERIODS, PERIODS, interrupted())
def test_an_extension_never_takes_time_away(
    place: Place, rule: Rule, period: Period, more: Period, event: tuple[datetime, list[Pause]]
) -> None:
    clock = place.clock
    moment, pauses = event[0], tuple(event[1])
    base = clock.within(moment, period, rule, pauses=pauses)
    assert clock.extended(base, more, rule, pauses=pauses).due >= base.due


@unhurried
@given(PLACES, RULES, PERIODS_AND_HOURS, interrupted())
def test_a_computation_reads_back_as_it_was_written_with_its_explanation(
    place: Place, rule: Rule, period: Period, event: tuple[datetime, list[Pause]]
) -> None:
    clock = place.clock
    computed = clock.within(event[0], period, rule, pauses=tuple(event[1]))
    read_back = Computation.model_validate_json(computed.model_dump_json())
    assert read_back == computed
    assert (read_back.in_words(), read_back.explain()) == (computed.in_words(), computed.explain())


# What is refused


def test_a_naive_instant_is_refused() -> None:
    naive = datetime(2018, 1, 24, 12)  # noqa: DTZ001 - the mistake under test
    with pytest.raises(ValueError, match="no time zone"):
        Place(zone=CHICAGO).clock.within(naive, period(days=30), "frcp6")
    with pytest.raises(ValueError, match="no time zone"):
        Place(zone=CHICAGO).clock.within(naive, period(hours=3), "frcp6")
    with pytest.raises(ValueError, match="no time zone"):
        Place(zone=CHICAGO).clock.office_window(naive, OfficeHours(opens=time(8), closes=time(18)))


def test_a_count_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Place(zone=CHICAGO).clock.counted(date(2018, 1, 24), 0)


def test_a_count_that_leaves_the_calendar_is_refused_rather_than_taken_as_open() -> None:
    with pytest.raises(ValueError, match="outside the years 2000-2045 of the calendar us-federal"):
        Place(zone=CHICAGO).clock.counted(date(2045, 12, 20), 30)


@pytest.mark.parametrize("zone", ["Chicago", "America", "", "../etc/passwd", "EST5"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="no time zone is called"):
        _ = Place(zone=zone).clock


@pytest.mark.parametrize("closes", [time(0), time(17, tzinfo=UTC)])
def test_a_closing_time_is_a_wall_clock_time_within_the_day(closes: time) -> None:
    with pytest.raises(ValidationError, match="closes at a wall-clock time"):
        _ = Place(zone=CHICAGO, closes=closes).clock


@pytest.mark.parametrize("count", [{"days": -10}, {"hours": -72}])
def test_a_backward_count_is_not_extended(count: dict[str, int]) -> None:
    chicago, days = Place("IL", CHICAGO).clock, count.get("days")
    base = chicago.counted(date(2018, 1, 24), days) if days else chicago.hours(noon("2018-01-24"), count["hours"])
    with pytest.raises(ValueError, match="only a count that runs forward from an event can be extended"):
        chicago.extended(base, period(days=5), "frcp6")
