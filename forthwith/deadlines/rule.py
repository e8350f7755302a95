"""How a legal rule counts time, as data: where the count starts, which days it leaves out, how it ends.

A rule is one of the three built-in ones below or a file (forthwith/deadlines/rule_files.py). Laws change, so a rule
consists of editions; the one in force on the day of the event is used.
"""

from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from forthwith.base import Model
from forthwith.deadlines.period import Period
from forthwith.fields import FIRST_YEAR, Day, FilledLine, Line, wall_time

Roll = Literal["none", "forward", "backward"]
Starts = Literal["event_day", "day_after", "next_business_day"]
Reading = Literal["later", "strict"]
"""Which of two defensible last days is enforced: the later (``later``) or the earlier (``strict``)."""

EVENT = "event"
"""What the first stage counts from, like any other that names no earlier stage."""


def _in_whole_days(period: Period) -> Period:
    if period.is_elapsed:
        raise ValueError(f"is {period}; the stages of a rule are counted in days or business_days")
    return period


DayPeriod = Annotated[Period, AfterValidator(_in_whole_days)]


def _cut_off(value: object) -> time | None:
    return None if value is None else wall_time(value)


CutOff = Annotated[time | None, BeforeValidator(_cut_off)]
"""``17:00``: what comes at or after it, or on a closed day, counts as received on the next open day."""


class MoreTime(Model):
    """The extension that a rule allows for one stage. It counts on from the stage's last day before any move."""

    period: DayPeriod
    citation: Line = ""
    by_notice: bool = False
    """Whether it requires written notice."""


class Stage(Model):
    """One of the deadlines that a rule sets in a row."""

    name: FilledLine
    within: DayPeriod
    starts_from: FilledLine = Field(EVENT, alias="from")
    """``event``, or the earlier stage from whose due date the days count; the day after it is day 1."""
    extension: MoreTime | None = None
    cap: DayPeriod | None = None
    """Counted from the event. The stage is never due later, even when extended."""
    citation: Line = ""


class Edition(Model):
    """A rule as in force from one day on."""

    effective: Day
    counts: Literal["every_day", "open_days"] = "every_day"
    """How a period written in ``days`` is counted. One in ``business_days`` counts open days in any case."""
    roll: Roll = "forward"
    """Where a closed last day moves: on in the direction of the count, or back to the open day before."""
    starts: Starts = "day_after"
    """Day 1: the day of the event, the day after it, or the first open day after it."""
    cut_off: CutOff = None
    mail_days: int = Field(0, ge=0, le=30)
    """Added after the period would otherwise expire, then rolled again, FRCP 6(d)."""
    citation: Line = ""
    """The provision that says how days are counted."""
    stages: tuple[Stage, ...] = Field((), max_length=10)

    @model_validator(mode="after")
    def _stages_in_a_row(self) -> Self:
        earlier: list[str] = []
        for stage in self.stages:
            if stage.name == EVENT or stage.name in earlier:
                raise ValueError(f"two stages cannot both be called {stage.name}; give each its own name")
            if stage.starts_from != EVENT and stage.starts_from not in earlier:
                known = ", ".join((EVENT, *earlier))
                raise ValueError(f"the stage {stage.name} counts from {stage.starts_from!r}; known before it: {known}")
            earlier.append(stage.name)
        return self


class Rule(Model):
    """A named way to count time."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    title: FilledLine
    citation: Line = ""
    editions: Annotated[tuple[Edition, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _editions_in_order(self) -> Self:
        days = [edition.effective for edition in self.editions]
        if days != sorted(set(days)):
            raise ValueError("the editions stand in the order of their effective dates, each date once")
        if len({bool(edition.stages) for edition in self.editions}) > 1:
            raise ValueError("either every edition has stages or none has")
        return self

    @property
    def has_stages(self) -> bool:
        """Whether the rule itself sets periods."""
        return bool(self.editions[0].stages)

    def edition_on(self, day: date) -> Edition:
        """The edition in force on ``day``. Raises ``ValueError`` for a day before the first."""
        in_force = [edition for edition in self.editions if edition.effective <= day]
        if not in_force:
            first = self.editions[0].effective
            raise ValueError(f"the rule {self.name} is known from {first} on; the event is of {day}")
        return in_force[-1]

    def changed(self, *, cut_off: time | None = None, mail_days: int = 0) -> "Rule":
        """The rule with this cut-off or these days for mail in every edition; what is not given stays."""
        given = {name: value for name, value in (("cut_off", cut_off), ("mail_days", mail_days)) if value}
        editions = tuple(edition.model_copy(update=given) for edition in self.editions)
        return self.model_copy(update={"editions": editions}) if given else self


def _always(name: str, title: str, *, citation: str = "", **more: object) -> Rule:
    edition = Edition.model_validate({"effective": date(FIRST_YEAR, 1, 1), **more})
    return Rule(name=name, title=title, citation=citation, editions=(edition,))


FRCP6 = _always("frcp6", "Federal Rule of Civil Procedure 6(a)", citation="FRCP 6(a)(1)")
CALENDAR = _always("calendar", "every day, no last day moved", roll="none")
BUSINESS_DAYS = _always("business_days", "open days only", counts="open_days")

BUILT_IN = {rule.name: rule for rule in (FRCP6, CALENDAR, BUSINESS_DAYS)}


def built_in(rule: Rule | str) -> Rule:
    """The rule itself, or the built-in one of that name. Raises ``ValueError`` for any other name."""
    if isinstance(rule, Rule):
        return rule
    if rule not in BUILT_IN:
        raise ValueError(f"no rule {rule!r} is built in; built in are {', '.join(BUILT_IN)}")
    return BUILT_IN[rule]


def is_rule_file(name: str) -> bool:
    """Whether ``name`` is the path of a campaign's own rule file, not the name of a rule of the package."""
    return name.endswith((".yaml", ".yml"))
