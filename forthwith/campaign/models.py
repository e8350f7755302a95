"""A campaign: who demands what, of whom, by when, and what follows if there is no response.

These models are the campaign file. Reading it, with line numbers, is forthwith/campaign/campaign_file.py.
"""

import re
from datetime import date, time
from functools import cached_property
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from forthwith.base import Model
from forthwith.campaign.ladder import Ladder, Rung
from forthwith.deadlines.office_hours import OfficeHours
from forthwith.deadlines.period import Period
from forthwith.deadlines.rule import CutOff, Reading, Rule, built_in, is_rule_file
from forthwith.fields import (
    Address,
    Day,
    FilledLine,
    FilledText,
    Line,
    SafeId,
    Sha256,
    State,
    Text,
    Zone,
    calendar_day,
    filled,
    one_line,
    wall_time,
)

Role = Literal["recipient", "reviewer", "supervisor", "operator"]
"""To whom a letter can go."""


class Contact(Model):
    """A person or desk of the issuing office."""

    name: FilledLine
    email: Address


class Signatory(Model):
    """Whose name is printed under the letters. Software never signs."""

    name: FilledLine
    title: FilledLine


class Issuer(Model):
    """The office that makes the demand."""

    office: FilledLine
    address: tuple[FilledLine, ...] = Field(min_length=1, max_length=10)
    signatory: Signatory
    sender: Address = Field(alias="from")
    reply_to: Address
    reviewer: Contact
    supervisor: Contact
    operator: Contact | None = None
    """Whom we write to when a request needs a person; the office's ``reply_to`` where it is left out."""

    def colleague(self, role: Role) -> Contact:
        """The contact behind an internal role."""
        match role:
            case "reviewer":
                return self.reviewer
            case "supervisor":
                return self.supervisor
            case _:
                return self.operator or Contact(name=self.office, email=self.reply_to)

    def is_own(self, address: str) -> bool:
        """Whether ``address`` is the office's own: mail to it could loop."""
        people = (self.reviewer, self.supervisor, self.operator)
        own = {self.sender, self.reply_to, *(person.email for person in people if person)}
        return address.casefold() in {other.casefold() for other in own}


class Authority(Model):
    """A provision relied on, as of a date. An attorney fills in the text and verifies it."""

    citation: FilledLine
    as_of: Day
    text: Text = ""
    verified_by: Line = ""
    verified_on: Day | None = None


def _item_number(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,30}[A-Za-z0-9])?", text):
        raise ValueError(f"{text!r} is not the number of an item; give at most 32 letters, digits and inner - or .")
    return text


class Item(Model):
    """One numbered request for documents."""

    id: Annotated[str, AfterValidator(_item_number)]
    text: FilledText


def _each_once(items: tuple[Item, ...]) -> tuple[Item, ...]:
    numbers = [item.id for item in items]
    if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
        raise ValueError(f"item {', '.join(twice)} stands more than once; every item needs its own id")
    return items


def _day_or_words(value: object) -> object:
    """A date or words. What looks like a date must be one: ``2018-02-30`` is refused."""
    if isinstance(value, str) and not re.match(r"\d+[-/.]\d", value):
        return filled(one_line(value))
    return calendar_day(value)


class RelevantPeriod(Model):
    """The period that the requested documents are from."""

    begins: Day = Field(alias="from")
    ends: Annotated[date | FilledLine, BeforeValidator(_day_or_words)] = Field(alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "RelevantPeriod":
        if isinstance(self.ends, date) and self.ends < self.begins:
            raise ValueError(f"ends on {self.ends}, before it begins on {self.begins}")
        return self


class Demand(Model):
    """What is demanded and why, in the wording of the letter."""

    subject: FilledLine
    authority: tuple[Authority, ...] = Field(min_length=1, max_length=50)
    consequence: FilledText
    relevant_period: RelevantPeriod
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=200), AfterValidator(_each_once)]
    send_on: Day | None = None
    """The day of a planned start, in each recipient's zone. Left out, the demand goes at once."""
    definitions: tuple[FilledText, ...] = ()
    instructions: tuple[FilledText, ...] = ()
    relevance: Text = ""
    not_in_possession: Text = ""


class ResponseTime(Model):
    """When the response is due: a date certain, which is never rolled, or a period."""

    by: Day | None = None
    within: Period | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ResponseTime":
        if (self.by is None) == (self.within is None):
            raise ValueError("give either by (a date) or within (a period such as {days: 30})")
        return self


def _closing_time(value: object) -> time | None:
    if value in (None, "end_of_day"):
        return None
    if (closes := wall_time(value)) == time.min:
        raise ValueError("a day cannot close at 00:00; write end_of_day for midnight")
    return closes


# Defaults of newer keys stay out of the JSON, so that a plan keeps the hash under which it was started.


def _is_missing(value: object) -> bool:
    return value is None


def _is_later(reading: Reading) -> bool:
    return reading == "later"


class ClockPolicy(Model):
    """How response time is counted."""

    response: ResponseTime | None = None
    """Left out where the rule itself sets the period."""
    rule: FilledLine = "frcp6"
    """A built-in rule, one that comes with the package, or a rule file relative to the campaign file."""
    reading: Annotated[Reading, Field(exclude_if=_is_later)] = "later"
    """Which of two defensible last days is enforced against the recipient."""
    cut_off: Annotated[CutOff, Field(exclude_if=_is_missing)] = None
    """From when on what arrives counts as received on the next open day. It replaces the rule's own."""
    calendar: tuple[FilledLine, ...] = Field(min_length=1, max_length=20)
    closes: Annotated[time | None, BeforeValidator(_closing_time)] = None
    """The wall-clock time in the recipient's zone at which the last day ends; None for midnight."""
    starts: Literal["accepted", "delivered"] = "accepted"


def _opening_hours(value: object) -> object:
    match cast("Any", value):
        case OfficeHours():
            return value
        case [opens, closes]:
            return {"opens": wall_time(opens), "closes": wall_time(closes)}
        case {"opens": opens, "closes": closes, **unknown} if not unknown:
            return {"opens": wall_time(opens), "closes": wall_time(closes)}
        case _:
            raise ValueError('give when it opens and when it closes, such as ["08:00", "18:00"]')


def _elapsed(gap: Period) -> Period:
    if not gap.is_elapsed:
        raise ValueError(f"is {gap}; give the gap between two letters in hours, such as {{hours: 20}}")
    return gap


class MailPolicy(Model):
    """When letters may go out, and what happens after a failure or an outage."""

    send_between: Annotated[OfficeHours, BeforeValidator(_opening_hours)]
    minimum_gap: Annotated[Period, AfterValidator(_elapsed)]
    when_unknown: Literal["resend", "hold"] = "resend"
    catch_up: Literal["latest", "all", "none"] = "latest"


def _in_order(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    Ladder.of(rungs)
    return rungs


class Campaign(Model):
    """One campaign file, without the jurisdictions it names."""

    campaign: SafeId
    title: FilledLine
    time_zone: Zone
    issuer: Issuer
    demand: Demand
    clock: ClockPolicy
    completeness: Literal["reported", "reviewed"] = "reported"
    rungs: Annotated[tuple[Rung, ...], Field(max_length=40), AfterValidator(_in_order)] = Field(alias="ladder")
    mail: MailPolicy
    jurisdictions: FilledLine
    """The CSV file, relative to the campaign file."""
    templates: FilledLine | None = None
    """A folder of letter templates that replace ours of the same name, relative to the campaign file."""

    @cached_property
    def ladder(self) -> Ladder:
        """The rungs by name."""
        return Ladder.of(self.rungs)


class Jurisdiction(Model):
    """One row of the CSV: a recipient of the demand."""

    id: SafeId
    name: FilledLine
    kind: FilledLine
    state: State
    timezone: Zone
    attention: FilledLine
    email: Address
    fips: Line = ""
    note: Line = ""


class Recipient(Model):
    """To whom the letters of a request go: as in the table of jurisdictions, or as corrected since."""

    name: FilledLine
    attention: FilledLine
    email: Address


class RequestPlan(Model):
    """Everything one request was started with. Nothing in it changes afterwards.

    Templates and calendars are given by SHA-256; the case file keeps their content.
    """

    campaign: Campaign
    jurisdiction: Jurisdiction
    templates: Sha256
    recipient_calendar: Sha256
    issuer_calendar: Sha256
    rule: Annotated[Rule | None, Field(exclude_if=_is_missing)] = None
    """The rule that ``clock.rule`` names, as of the start. None for a built-in one."""

    @property
    def counting(self) -> Rule:
        """How the recipient's time is counted. Raises ``ValueError`` where the rule is neither here nor built in."""
        clock = self.campaign.clock
        return (self.rule or built_in(clock.rule)).changed(cut_off=clock.cut_off)

    @property
    def workflow_id(self) -> str:
        """``<campaign>/<jurisdiction>``."""
        return f"{self.campaign.campaign}/{self.jurisdiction.id}"

    @property
    def recipient(self) -> Recipient:
        """To whom the letters go unless that is corrected."""
        row = self.jurisdiction
        return Recipient(name=row.name, attention=row.attention, email=row.email)

    @property
    def matter(self) -> str:
        """Hash of what the operator decided: the campaign file, the row and the templates.

        Calendars and the rules of the package are left out, since a new release of them does not make it another
        matter. A rule file beside the campaign file counts, since it is the operator's own.
        """
        ours = {"recipient_calendar": "", "issuer_calendar": ""}
        is_own_rule = is_rule_file(self.campaign.clock.rule)
        return self.model_copy(update=ours if is_own_rule else {**ours, "rule": None}).content_hash
