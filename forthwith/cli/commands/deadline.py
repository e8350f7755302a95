"""`deadline`: one date by hand, as a calculator of court days would give it, with everything needed to check it."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError
from rich.markup import escape

from forthwith.campaign.calendar_names import YEARS_AFTER, YEARS_BEFORE, calendar_named
from forthwith.cli.output import Json, out, print_json
from forthwith.cli.wall_calendar import wall_calendar
from forthwith.deadlines.clock import Clock
from forthwith.deadlines.computation import Computation
from forthwith.deadlines.counting import Inaccessible
from forthwith.deadlines.pause import Pause
from forthwith.deadlines.period import MAX_DAYS, Period, Unit
from forthwith.deadlines.rule import FRCP6, Rule
from forthwith.deadlines.rule_files import read_rule
from forthwith.deadlines.zones import state_code, zone_for
from forthwith.fields import calendar_day, known_zone, wall_time

MAIL_DAYS = 3
"""FRCP 6(d)."""

_DAY_AND_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?", re.ASCII)
_MORE_TIME = re.compile(r"(\d+) ?(days?|business[ _]days?|)", re.ASCII)


class Deadline(Computation):
    """The answer: the computation, the same in sentences, and what was assumed."""

    explanation: tuple[str, ...]
    assumed: tuple[str, ...]


def deadline(
    since: Annotated[
        str, typer.Option("--from", help="The event: its day, or day and time as 2007-11-02T10:23. Default: now.")
    ] = "",
    days: Annotated[int | None, typer.Option(help="Days from the event; a negative number counts backward.")] = None,
    business_days: Annotated[int | None, typer.Option(help="Open days from the event.")] = None,
    hours: Annotated[
        int | None, typer.Option(help="Hours from the event, which needs its time; may be negative.")
    ] = None,
    by: Annotated[str, typer.Option(help="A named last day; it is not moved.")] = "",
    rule: Annotated[str, typer.Option(help="frcp6, calendar, business_days, or a law such as illinois-foia.")] = "",
    state: Annotated[str, typer.Option(help="IL is short for the federal calendar plus that of Illinois.")] = "",
    calendar: Annotated[
        list[str] | None, typer.Option(help="US-MA, GB-ENG …, or an overlay file; may be repeated.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Whose days they are, as America/Chicago. Default: the state's.")] = "",
    closes: Annotated[str, typer.Option(help="When the last day ends, as 17:00. Default: midnight.")] = "",
    extend: Annotated[str, typer.Option(help='More time, as 14 or "5 business days".')] = "",
    extended: Annotated[bool, typer.Option("--extended", help="With the more time that the rule allows.")] = False,
    pause: Annotated[
        list[str] | None, typer.Option(help="FROM..UNTIL, when the clock stood still; may be repeated.")
    ] = None,
    closed: Annotated[
        list[str] | None, typer.Option(help="DATE=REASON, the office cannot be reached, FRCP 6(a)(3).")
    ] = None,
    mail: Annotated[bool, typer.Option("--mail", help="Three days more for service by mail, FRCP 6(d).")] = False,
    cut_off: Annotated[str, typer.Option(help="An event at or after this time, as 17:00, counts a day later.")] = "",
    reading: Annotated[str, typer.Option(help="`strict`: of two readings the earlier is enforced.")] = "later",
    explain: Annotated[bool, typer.Option("--explain", help="Count it out on a wall calendar.")] = False,
    json: Json = False,
) -> None:
    """Compute one deadline and explain it. Needs no server.

    Example: forthwith deadline --from 2018-01-24 --days 30 --state IL --explain
    """
    given = _Given(
        since=since, by=by, days=days, business_days=business_days, hours=hours,
        rule=rule, state=state, calendars=tuple(calendar or ()), zone=zone, closes=closes,
        extend=extend, extended=extended, pauses=tuple(pause or ()), closed=tuple(closed or ()),
        mail=mail, cut_off=cut_off, reading=reading,
    )  # fmt: skip
    try:
        answer = given.answer()
    except ValidationError as error:
        _refuse(str(error.errors()[0].get("ctx", {}).get("error") or error.errors()[0]["msg"]))
    except ValueError as error:
        _refuse(str(error))
    if json:
        print_json(answer.deadline)
    else:
        _print(answer, explain=explain)


def alone() -> NoReturn:
    """Runs the command without loading the others, in a third of the time, and exits."""
    program = typer.Typer(name="forthwith", pretty_exceptions_enable=False, rich_markup_mode="rich")
    program.callback()(lambda: None)  # so that `deadline` has its name, as one command among others
    program.command("deadline")(deadline)
    program()
    raise SystemExit


def _refuse(message: str) -> NoReturn:
    """Refuses the command line; exit code 2. A name at the beginning keeps its spelling."""
    first_word, _, _ = message.partition(" ")
    raise typer.BadParameter(f"{message[:1].upper()}{message[1:]}" if first_word.isalpha() else message)


@dataclass(frozen=True)
class _Answer:
    clock: Clock
    counts: tuple[Computation, ...]
    """One after the other: the stages of a rule, or the time and its extension."""
    deadline: Deadline


@dataclass(frozen=True)
class _Given:
    """The command line as it was given. Every mistake in it is a ``ValueError`` in plain words."""

    since: str
    by: str
    days: int | None
    business_days: int | None
    hours: int | None
    rule: str
    state: str
    calendars: tuple[str, ...]
    zone: str
    closes: str
    extend: str
    extended: bool
    pauses: tuple[str, ...]
    closed: tuple[str, ...]
    mail: bool
    cut_off: str
    reading: str

    def answer(self) -> _Answer:
        self._refuse_contradictions()
        assumed: list[str] = []
        state = state_code(self.state) if self.state else None
        zone = known_zone(self.zone) if self.zone else ""
        if not zone:
            zone, sentence = zone_for(state, self.calendars)
            assumed.append(sentence)
        event, has_time = _event(self.by or self.since, zone)
        if self.hours and not has_time:
            raise ValueError(f"hours count from an instant: give its time too, such as --from {event:%Y-%m-%d}T10:23")
        if self.cut_off and not has_time:
            raise ValueError(f"a cut-off needs the time of the event, such as --from {event:%Y-%m-%d}T17:30")
        if not state and not self.calendars:
            assumed.append("No state was given: besides weekends only federal holidays are closed.")
        clock = self._clock(state, zone, event)
        counts = self._counts(clock, event)
        computed = counts[-1]
        in_words = {"explanation": computed.explain(), "assumed": tuple(assumed)}
        return _Answer(clock, counts, Deadline.model_validate({**computed.model_dump(), **in_words}))

    def _refuse_contradictions(self) -> None:
        lengths = {"--days": self.days, "--business-days": self.business_days, "--hours": self.hours}
        given = [name for name, count in lengths.items() if count is not None] + ["--by"] * bool(self.by)
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} contradict each other; give one of them")
        if not given and not self.rule:
            raise ValueError("give the time: --days, --business-days, --hours, --by, or a --rule that has its own")
        for name, count in lengths.items():
            if count == 0:
                raise ValueError(f"{name} is 0; give at least 1, or at most -1 to count backward")
            if count and abs(count) > MAX_DAYS * (24 if name == "--hours" else 1):
                raise ValueError(f"{name} {count} is longer than ten years")
        if self.reading not in ("later", "strict"):
            raise ValueError(f"--reading is later or strict, not {self.reading!r}")
        if self.extend and self.extended:
            raise ValueError("--extend and --extended contradict each other; give one of them")
        if self.by and _DAY_AND_TIME.fullmatch(self.by.strip()):
            raise ValueError(f"--by names a day, not {self.by!r}; give its time with --closes, such as --closes 17:00")
        if self._is_backward() and (self.extend or self.extended):
            raise ValueError("only a count that runs forward from an event can be extended")
        if self.extended and (self.by or self.hours):
            after = "--by" if self.by else "--hours"
            raise ValueError(f"--extended is the more time that a rule allows; after {after} give it with --extend")
        self._refuse_what_changes_nothing()

    def _refuse_what_changes_nothing(self) -> None:
        of_an_event = {"--mail": self.mail, "--cut-off": self.cut_off}
        by, hours = dict(of_an_event), dict(of_an_event)
        by |= {"--from": self.since, "--rule": self.rule}
        if not self.extend:  # more time in days closes with its last day, and moves off a closed one
            by |= {"--closed": self.closed, "--reading strict": self.reading == "strict"}
            hours |= {"--closes": self.closes}
        for what, is_so, others in (
            ("--by names the last day itself", self.by, by),
            ("hours run on whatever the day", self.hours, hours),
            ("the count runs backward", self._is_backward(), of_an_event),
        ):
            if is_so and (useless := [name for name, value in others.items() if value]):
                raise ValueError(f"{what}, so {' and '.join(useless)} would change nothing; leave it out")

    def _is_backward(self) -> bool:
        return any(count and count < 0 for count in (self.days, self.business_days, self.hours))

    def _clock(self, state: str | None, zone: str, event: datetime) -> Clock:
        year = event.year - (YEARS_AFTER - YEARS_BEFORE) * self._is_backward()
        return Clock.model_validate(
            {
                "calendar": calendar_named(self.calendars, state=state, year=year),
                "zone": zone,
                "closes": wall_time(self.closes) if self.closes else None,
                "reading": self.reading,
                "inaccessible": tuple(map(_inaccessible, self.closed)),
            }
        )

    def _counts(self, clock: Clock, event: datetime) -> tuple[Computation, ...]:
        pauses = tuple(_pause(written, clock.zone) for written in self.pauses)
        day = clock.local_day(event)
        if self.by:
            base: tuple[Computation, ...] = (clock.by(day, pauses=pauses),)
            return self._with_more_time(clock, base, FRCP6, "days", pauses)
        rule = self._rule()
        if self.hours and rule.has_stages:
            raise ValueError(f"the rule {rule.name} has its own time; leave out --hours")
        if self.hours:
            base = (clock.hours(event, self.hours, rule, pauses=pauses),)
            return self._with_more_time(clock, base, rule, "days", pauses)
        count = self.days or self.business_days
        unit: Unit = "business_days" if self.business_days else "days"
        if rule.has_stages:
            if count:
                raise ValueError(f"the rule {rule.name} has its own time; leave out the number")
            if self.extended and not any(stage.extension for stage in rule.edition_on(day).stages):
                raise ValueError(f"the rule {rule.name} allows no more time; give it with --extend")
            base = _stages(clock, event, rule, extended=self.extended, pauses=pauses)
        elif not count:
            raise ValueError(f"the rule {rule.name} has no time of its own; give --days or --business-days")
        elif count > 0:
            base = (clock.within(event, Period(unit=unit, count=count), rule, pauses=pauses),)
        else:
            base = (clock.counted(day, count, rule=rule, pauses=pauses),)
        if self.extended and not rule.has_stages:
            raise ValueError(f"the rule {rule.name} allows no more time; give it with --extend")
        return self._with_more_time(clock, base, rule, unit, pauses)

    def _rule(self) -> Rule:
        named = self.rule or ("business_days" if self.business_days else "frcp6")
        rule = read_rule(named)
        cut_off = wall_time(self.cut_off) if self.cut_off else None
        return rule.changed(cut_off=cut_off, mail_days=MAIL_DAYS * self.mail)

    def _with_more_time(
        self, clock: Clock, base: tuple[Computation, ...], rule: Rule, unit: Unit, pauses: tuple[Pause, ...]
    ) -> tuple[Computation, ...]:
        if not self.extend:
            return base
        found = _MORE_TIME.fullmatch(self.extend.strip())
        if not found:
            raise ValueError(f'--extend {self.extend!r} is not a time; write 14, "14 days" or "5 business days"')
        count = int(found[1])
        if count == 0:
            raise ValueError("--extend is 0; give at least 1")
        if count > MAX_DAYS:
            raise ValueError(f"--extend {count} is longer than ten years")
        if word := found[2]:
            unit = "business_days" if word.startswith("business") else "days"
        return (*base, clock.extended(base[-1], Period(unit=unit, count=count), rule, pauses=pauses))


def _stages(
    clock: Clock, event: datetime, rule: Rule, *, extended: bool, pauses: tuple[Pause, ...]
) -> tuple[Computation, ...]:
    """Each stage as if the rule ended with it, so that every one can be shown day by day."""
    stages = rule.edition_on(clock.local_day(event)).stages
    return tuple(
        clock.staged(event, _up_to(rule, number), extended=extended, pauses=pauses)
        for number in range(1, len(stages) + 1)
    )


def _up_to(rule: Rule, stages: int) -> Rule:
    editions = tuple(edition.model_copy(update={"stages": edition.stages[:stages]}) for edition in rule.editions)
    return rule.model_copy(update={"editions": editions})


def _event(written: str, zone: str) -> tuple[datetime, bool]:
    """The instant that is meant, and whether its time was given. A mere day stands for its noon."""
    if not written:
        return datetime.now(UTC), True
    if found := _DAY_AND_TIME.fullmatch(written.strip()):
        day, wall = calendar_day(found[1]), wall_time(found[2])
        if found[3]:
            try:
                return datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3]}"), True
            except ValueError as error:
                raise ValueError(f"no clock is {found[3]} from UTC; write an offset such as -05:00") from error
        return _instant(day, wall, zone), True
    return _instant(calendar_day(written.strip()), time(12), zone), False


def _instant(day: date, wall: time, zone: str) -> datetime:
    """A wall-clock time in a zone; one that comes twice or never is taken at its later instant."""
    return max(datetime.combine(day, wall.replace(fold=fold), ZoneInfo(zone)).astimezone(UTC) for fold in (0, 1))


def _pause(written: str, zone: str) -> Pause:
    """``FROM..UNTIL``: days, of which the last is counted again, or days with their time."""
    since, dots, until = written.partition("..")
    if not dots:
        raise ValueError(f"--pause {written!r} is written FROM..UNTIL, such as 2018-02-01..2018-02-10")
    instants = [
        _event(end, zone)[0] if _DAY_AND_TIME.fullmatch(end.strip()) else _instant(calendar_day(end), time(), zone)
        for end in (since, until)
    ]
    if instants[1] <= instants[0]:
        raise ValueError(f"--pause {written} ends before it begins")
    return Pause(since=instants[0], until=instants[1])


def _inaccessible(written: str) -> Inaccessible:
    day, _, reason = written.partition("=")
    return Inaccessible(day=calendar_day(day.strip()), reason=reason.strip() or "the office cannot be reached")


def _print(answer: _Answer, *, explain: bool) -> None:
    found = answer.deadline
    if explain:
        out.print(wall_calendar(answer.clock, answer.counts))
    out.print(f"[bold]Due {found.in_words()}.[/]", highlight=False)
    out.print(
        f"The first instant that is too late is {found.closes_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC.",
        highlight=False,
    )
    for sentence in (*found.explanation, *found.assumed):
        out.print(escape(sentence), highlight=False)
    if not explain:
        out.print("[dim]--explain counts it out on a wall calendar.[/]", highlight=False)
