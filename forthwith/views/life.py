"""The life of a request as it is drawn: marks and spans on a time axis, read from the entries of its record.

What happened is as the entries say. What lies ahead is computed by the same function that the worker asks
(forthwith/request/timetable.py), from the facts that the entries tell, and believed only where it comes to the very
dates that the request says itself, in its search attributes: not every fact stands in an entry, such as how much more
time for the return was granted.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from forthwith.base import Model
from forthwith.campaign.ladder import Ladder
from forthwith.campaign.models import RequestPlan
from forthwith.request.messages import Status
from forthwith.request.timetable import CURE_ENDS, RESPONSE_DUE, RETURN_DATE, Extension, Facts, StepKind, Timetable

if TYPE_CHECKING:
    from forthwith.deadlines.clock import Computation


class MarkKind(StrEnum):
    """What a mark stands for."""

    DEMAND = "demand"
    CLOCK = "clock starts"
    REMINDER = "letter"
    DEADLINE = "response due"
    MOVED = "moved date"
    NOTICE = "final notice"
    CURE = "cure ends"
    DRAFT = "draft"
    APPROVED = "approved"
    RETURNED = "sent back"
    ISSUED = "issued"
    SERVED = "served"
    RETURN = "return date"
    MEMO = "referral memo"
    CHASE = "own people asked"
    COURSE = "course changed"
    PARTIAL = "partial response"
    COMPLETE = "complete response"
    OBJECTION = "objection"
    WORD = "word"
    FAILED = "went wrong"
    END = "end"


class SpanKind(StrEnum):
    """Whose time a stretch of the axis is."""

    RESPONSE = "time to respond"
    CURE = "time to cure"
    OURS = "draft to service"
    RETURN = "time to return"
    PAUSE = "clock paused"


class Mark(Model):
    """Something at one moment."""

    kind: MarkKind
    at: datetime
    text: str
    planned: bool = False
    """Not there yet: it comes if nothing else happens before. Or a date that was met before it came."""
    late: bool = False
    """A response at or after the closing instant."""


class Span(Model):
    """A stretch of time. ``until`` is None where nobody knows yet when it is over."""

    kind: SpanKind
    since: datetime
    until: datetime | None


class Life(Model):
    """One request from its demand on."""

    marks: tuple[Mark, ...]
    """In the order of time."""
    spans: tuple[Span, ...]
    rung: str
    """The last step of the ladder that was taken under the dates that count."""
    outstanding: tuple[str, ...]
    due: datetime | None
    """The closing instant of the response time, as it was computed last."""
    ended_as: Status | None
    told_until: datetime
    """The moment of the last entry. UTC."""
    entries: int
    facts: Facts
    """As far as the entries tell them."""
    is_return_known: bool = True
    """Whether all that the return date hangs on is in ``facts``."""

    @property
    def begins(self) -> datetime:
        """The first moment that is drawn."""
        return min((*(mark.at for mark in self.marks), *(span.since for span in self.spans)), default=self.told_until)

    @property
    def ends(self) -> datetime:
        """The last one."""
        spans = (span.until for span in self.spans if span.until)
        return max((*(mark.at for mark in self.marks), *spans), default=self.told_until)


class Standing(Model):
    """What a request says itself of where it stands, by its search attributes."""

    status: Status
    is_held: bool
    """Whether something asks for a person, so that the ladder may stand still."""
    response_due: datetime | None
    next_action_at: datetime | None
    now: datetime
    """What should have come before now and is not in the record is not ahead."""


A_MOMENT = timedelta(seconds=5)
"""An entry is made so soon after what it tells, and a search attribute is so exact."""

MAX_GAP = timedelta(days=1)
"""So far the minimum gap between two letters may put one off."""

FIRST, DRAFTED, ISSUANCE, SERVICE, RETURNS, REFERRAL = (
    "demand",
    "draft and review",
    "issuance",
    "service",
    "return date",
    "referral",
)


def rungs(ladder: Ladder) -> tuple[str, ...]:
    """The steps that a request takes which nobody answers, in their order. A deficiency is not among them: it
    answers a response."""
    return (
        FIRST,
        *(("acknowledgment",) if ladder.acknowledgment else ()),
        *(f"reminder {number}" for number, _ in enumerate(ladder.reminders, start=1)),
        *(("final notice",) if ladder.final_notice else ()),
        *(DRAFTED, ISSUANCE, SERVICE, RETURNS, REFERRAL),
    )


def dates_of(plan: RequestPlan, life: Life, compute: Callable[[Facts], Timetable]) -> Timetable:
    """The dates that follow from what the entries tell. ``compute`` asks the calendars.

    The record has the date that every grant of more time led to, and not each grant: so one grant to that date stands
    for all. It has a letter a moment after it was accepted, which shows where time is counted in minutes.
    """
    facts = life.facts
    dates = compute(facts)
    if life.due is None or dates.deadline.closes_at == life.due:
        return dates
    off = life.due - dates.deadline.closes_at
    if facts.clock_from and abs(off) < A_MOMENT:
        return compute(facts.model_copy(update={"clock_from": facts.clock_from + off}))
    zone = ZoneInfo(plan.jurisdiction.timezone)
    last_day = (life.due - timedelta(microseconds=1)).astimezone(zone).date()
    granted = (Extension(to=last_day, granted_at=life.told_until),)
    return compute(facts.model_copy(update={"extensions": granted}))


def foreseen(life: Life, dates: Timetable, standing: Standing) -> Life:
    """The same life with what lies ahead of it, as far as that is certain. ``dates`` are those of `dates_of`."""
    ahead, due = list(_ahead(life, dates, standing)), life.due
    expected = standing.response_due or dates.deadline.closes_at
    if due is None and life.facts.clock_from and agree(expected, dates.deadline.closes_at):
        due = dates.deadline.closes_at  # a second demand may lead to a date that was said before
        ahead.append(_date(MarkKind.DEADLINE, RESPONSE_DUE, dates.deadline, planned=due > life.told_until))
    if dates.return_due and _is_return_certain(life, dates, standing):
        planned = life.ended_as is not None or dates.return_due.closes_at > life.told_until
        ahead.append(_date(MarkKind.RETURN, RETURN_DATE, dates.return_due, planned=planned))
    ends = {mark.kind: mark.at for mark in ahead}
    until = {
        SpanKind.RESPONSE: due,
        SpanKind.CURE: ends.get(MarkKind.CURE),
        SpanKind.RETURN: ends.get(MarkKind.RETURN),
    }
    spans = [span if span.until else span.model_copy(update={"until": until.get(span.kind)}) for span in life.spans]
    if MarkKind.NOTICE in ends and MarkKind.CURE in ends:
        spans.append(Span(kind=SpanKind.CURE, since=ends[MarkKind.NOTICE], until=ends[MarkKind.CURE]))
    marks = in_time((*life.marks, *ahead))
    return life.model_copy(update={"marks": marks, "spans": tuple(spans), "due": due})


def next_in_words(life: Life, standing: Standing) -> str:
    """What happens at ``next_action_at``."""
    at = standing.next_action_at
    found = [mark for mark in life.marks if mark.planned and at and agree(mark.at, at)]
    if found and not standing.is_held:
        return found[-1].text
    return _NEXT.get(standing.status, "")


_NEXT = {
    Status.SENDING: "the demand is sent",
    Status.AWAITING_RESPONSE: "the next letter, or the response is due",
    Status.OVERDUE: "final notice, or the end of the time to cure",
    Status.DRAFTING: "the draft is tried again",
    Status.AWAITING_REVIEW: "the review is chased",
    Status.AWAITING_ISSUANCE: "the issuance is chased",
    Status.AWAITING_SERVICE: "the service is chased",
    Status.AWAITING_RETURN: "the matter is referred",
    Status.ON_HOLD: "the operator is asked again",
}

_LETTERS_AHEAD = {
    StepKind.ACKNOWLEDGMENT: MarkKind.REMINDER,
    StepKind.REMINDER: MarkKind.REMINDER,
    StepKind.DEFICIENCY: MarkKind.REMINDER,
    StepKind.FINAL_NOTICE: MarkKind.NOTICE,
}


def _ahead(life: Life, dates: Timetable, standing: Standing) -> Iterator[Mark]:
    """Letters and ends of time still to come, none where the response date is not the one that the request says."""
    if standing.is_held or standing.status not in (Status.AWAITING_RESPONSE, Status.OVERDUE):
        return
    if standing.response_due is None or not agree(dates.deadline.closes_at, standing.response_due):
        return
    since, next_at = max(life.told_until, standing.now), standing.next_action_at or standing.now
    notice_at, is_overdue = life.facts.final_notice_at, standing.status is Status.OVERDUE
    letters: list[Mark] = []
    for step in dates.steps:
        kind = _LETTERS_AHEAD.get(step.kind)
        if kind is None or (kind is MarkKind.NOTICE and notice_at) or (kind is MarkKind.REMINDER and is_overdue):
            continue
        if step.at <= since or (step.kind is StepKind.ACKNOWLEDGMENT and _was_heard(life)):
            continue
        letters.append(Mark(kind=kind, at=step.at, text=spoken(step.id), planned=True))
        notice_at = step.at if kind is MarkKind.NOTICE else notice_at
    first, *others = in_time(letters) or (None,)
    if first:
        # The minimum gap to the letter before it is no matter of the record; the next action says where it led.
        put_off = first.at < next_at <= first.at + MAX_GAP and next_at < standing.response_due
        yield first.model_copy(update={"at": next_at}) if put_off else first
    yield from filter(None, others)
    if dates.cure is None or notice_at is None or dates.cure.closes_at <= since:
        return
    if life.facts.final_notice_at is None or agree(dates.cure.closes_at, next_at):
        yield _date(MarkKind.CURE, CURE_ENDS, dates.cure, planned=True)


def agree(one: datetime, other: datetime) -> bool:
    """Whether two instants are the same, but for the moment between an event and its entry."""
    return abs(one - other) < A_MOMENT


def _was_heard(life: Life) -> bool:
    heard = (MarkKind.WORD, MarkKind.PARTIAL, MarkKind.COMPLETE, MarkKind.OBJECTION)
    return any(mark.kind in heard for mark in life.marks)


def _is_return_certain(life: Life, dates: Timetable, standing: Standing) -> bool:
    if standing.status is Status.AWAITING_RETURN and not standing.is_held:
        at = standing.next_action_at
        return dates.refer_at is not None and at is not None and agree(dates.refer_at, at)
    return life.is_return_known


def _date(kind: MarkKind, name: str, due: "Computation", *, planned: bool) -> Mark:
    return Mark(kind=kind, at=due.closes_at, text=name, planned=planned)


def in_time(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(marks, key=lambda mark: mark.at))


def spoken(step: str) -> str:
    """A step's id as it is said: ``final notice``, ``reminder 2``."""
    return re.sub(r"-series-\d+", "", step).replace("-", " ")
