"""The history of a request as it is drawn: marks and spans on a time axis, what happened and what lies ahead.

What happened are the events of its record and the states that they leave. What lies ahead follows from the last state
and the dates that the worker computes from it, by the same functions.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from forthwith.base import Model
from forthwith.campaign.ladder import Ladder
from forthwith.request import events
from forthwith.request.entries import Entry
from forthwith.request.evolve import states
from forthwith.request.next_action import pending
from forthwith.request.phases import PHASES
from forthwith.request.record import SentLetter
from forthwith.request.request import Request
from forthwith.request.state import State
from forthwith.request.timetable import CURE_ENDS, RESPONSE_DUE, RETURN_DATE, Step, StepKind, Timetable
from forthwith.request.vocabulary import Status


class MarkKind(StrEnum):
    """What a mark stands for."""

    DEMAND = "demand"
    CLOCK = "clock_started"
    LETTER = "letter"
    DEADLINE = "response_due"
    MOVED = "moved_date"
    NOTICE = "final_notice"
    CURE = "cure_ended"
    DRAFT = "draft"
    APPROVED = "approved"
    RETURNED = "sent_back"
    ISSUED = "issued"
    SERVED = "served"
    RETURN = "return_date"
    MEMO = "referral_memo"
    CHASE = "own_people_asked"
    COURSE = "course_changed"
    PARTIAL = "partial_response"
    COMPLETE = "complete_response"
    OBJECTION = "objection"
    WORD = "word"
    FAILED = "went_wrong"
    END = "end"


class SpanKind(StrEnum):
    """Whose time a stretch of the axis is."""

    RESPONSE = "response_time"
    CURE = "cure_period"
    OURS = "draft_to_service"
    RETURN = "return_time"
    PAUSE = "clock_paused"


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


class History(Model):
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
    recorded_until: datetime
    """The moment of the last entry. UTC."""
    entries: int

    @property
    def begins(self) -> datetime:
        """The first moment that is drawn."""
        moments = (*(mark.at for mark in self.marks), *(span.since for span in self.spans))
        return min(moments, default=self.recorded_until)

    @property
    def ends(self) -> datetime:
        """The last one."""
        spans = (span.until for span in self.spans if span.until)
        return max((*(mark.at for mark in self.marks), *spans), default=self.recorded_until)


A_MOMENT = timedelta(seconds=5)
"""Visibility may keep less of an instant than the record does."""

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

_OURS = (Status.DRAFTING, Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE, Status.AWAITING_SERVICE)

_LETTERS: dict[StepKind, MarkKind] = {
    StepKind.DEMAND: MarkKind.DEMAND,
    StepKind.ACKNOWLEDGMENT: MarkKind.LETTER,
    StepKind.REMINDER: MarkKind.LETTER,
    StepKind.DEFICIENCY: MarkKind.LETTER,
    StepKind.COPY: MarkKind.LETTER,
    StepKind.FINAL_NOTICE: MarkKind.NOTICE,
}
"""Letters to the recipient; any other asks one of our own people."""


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


def history_of(request: Request, *, now: datetime | None = None, next_at: datetime | None = None) -> History:
    """What the record of ``request`` holds, and what lies ahead of it by the dates in use.

    With ``now`` nothing is ahead that should have come before; ``next_at`` is the moment of the next action as the
    request itself gives it, which knows of the minimum gap between two letters.
    """
    drawing = _Drawing(request)
    for before, entry, after in states(request.plan, request.timeline):
        drawing.add(before, entry, after)
    return drawing.finished(now, next_at)


def next_in_words(history: History, status: Status, next_at: datetime | None) -> str:
    """What happens at ``next_at``, of a request that no hold keeps back."""
    found = [mark for mark in history.marks if mark.planned and next_at and abs(mark.at - next_at) < A_MOMENT]
    if found and status is not Status.ON_HOLD:
        return found[-1].text
    return PHASES[status].next if status in PHASES else ""


class _Drawing:
    """One reading of a record, entry by entry."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._marks: list[Mark] = []
        self._spans: list[Span] = []
        self._open: dict[SpanKind, datetime] = {}
        self._letter_rung = FIRST

    def add(self, before: State, entry: Entry, after: State) -> None:
        """Takes in one entry, between the states before and after it."""
        self._marks += _marks(before, entry, after)
        self._take_rung(entry)
        running = _running(after, entry)
        for kind in [kind for kind in self._open if kind not in running]:
            since, until = self._open.pop(kind), _end_of(kind, entry)
            if until > since:
                self._spans.append(Span(kind=kind, since=since, until=until))
        for kind, since in running.items():
            self._open.setdefault(kind, since)

    def _take_rung(self, entry: Entry) -> None:
        match entry.event:
            case events.ClockStopped() | events.ResponsePeriodReopened():
                self._letter_rung = FIRST
            case events.LetterAccepted(letter=letter) if letter.kind in _LETTERS:
                if letter.kind not in (StepKind.DEFICIENCY, StepKind.COPY):
                    self._letter_rung = spoken(letter.step)
            case _:
                pass

    def finished(self, now: datetime | None, next_at: datetime | None) -> History:
        request, state, dates = self._request, self._request.state, self._request.dates
        recorded_until = request.timeline[-1].at
        due = state.clock.announced.closes_at if state.clock.announced and state.clock.runs else None
        # A date that turned out to be another one is only the one before.
        moved = {mark.at for mark in self._marks if mark.kind is MarkKind.MOVED} - {due}
        self._marks = [mark for mark in self._marks if mark.kind is not MarkKind.DEADLINE or mark.at not in moved]
        drawn = {mark.kind for mark in self._marks}
        if due and (SpanKind.RESPONSE in self._open or (state.outcome and MarkKind.DEADLINE not in drawn)):
            self._marks.append(Mark(kind=MarkKind.DEADLINE, at=due, text=RESPONSE_DUE, planned=True))
        if dates and dates.return_due and MarkKind.RETURN not in drawn:
            at = dates.return_due.closes_at
            self._marks.append(Mark(kind=MarkKind.RETURN, at=at, text=RETURN_DATE, planned=True))
        ahead = tuple(_ahead(state, dates, max(recorded_until, now or recorded_until), next_at)) if dates else ()
        ends = {mark.kind: mark.at for mark in (*self._marks, *ahead) if mark.planned}
        until = {
            SpanKind.RESPONSE: due,
            SpanKind.CURE: ends.get(MarkKind.CURE),
            SpanKind.RETURN: ends.get(MarkKind.RETURN),
        }
        still_open = [self._still_open(kind, since, until.get(kind)) for kind, since in self._open.items()]
        if MarkKind.NOTICE in ends and MarkKind.CURE in ends:
            still_open.append(Span(kind=SpanKind.CURE, since=ends[MarkKind.NOTICE], until=ends[MarkKind.CURE]))
        return History(
            marks=_in_time((*self._marks, *ahead)),
            spans=(*self._spans, *still_open),
            rung=self._rung(state),
            outstanding=state.items.outstanding,
            due=due,
            ended_as=Status(state.outcome.status) if state.outcome else None,
            recorded_until=recorded_until,
            entries=len(request.timeline),
        )

    def _still_open(self, kind: SpanKind, since: datetime, until: datetime | None) -> Span:
        return Span(kind=kind, since=since, until=until if until and until > since else None)

    def _rung(self, state: State) -> str:
        match state.phase:
            case Status.DRAFTING | Status.AWAITING_REVIEW:
                return DRAFTED
            case Status.AWAITING_ISSUANCE:
                return ISSUANCE
            case Status.AWAITING_SERVICE:
                return SERVICE
            case Status.AWAITING_RETURN:
                return REFERRAL if state.process.refers else RETURNS
            case _:
                return self._letter_rung


def _running(state: State, entry: Entry) -> dict[SpanKind, datetime]:
    """Whose time runs in a state, and since when if it began with this entry."""
    if not state.is_open:
        return {}
    facts, event, running = state.clock.facts, entry.event, dict[SpanKind, datetime]()
    if state.phase is Status.AWAITING_RESPONSE and facts.clock_from:
        running[SpanKind.RESPONSE] = event.since if isinstance(event, events.ClockStarted) else entry.at
    if state.phase is Status.OVERDUE and facts.final_notice_at:
        running[SpanKind.CURE] = event.since if isinstance(event, events.CurePeriodStarted) else entry.at
    if state.phase in _OURS and state.process.drafts:
        running[SpanKind.OURS] = entry.at
    if state.phase is Status.AWAITING_RETURN and state.process.service and not state.process.refers:
        is_new = isinstance(event, events.ServiceRecorded)
        running[SpanKind.RETURN] = state.process.service.served_at if is_new else entry.at
    if state.clock.paused_since:
        running[SpanKind.PAUSE] = state.clock.paused_since
    return running


def _end_of(kind: SpanKind, entry: Entry) -> datetime:
    match entry.event:
        case events.DeadlinePassed(due=due) if kind is SpanKind.RESPONSE:
            return due.closes_at
        case events.ServiceRecorded(service=service) if kind is SpanKind.OURS:
            return service.served_at
        case events.ClockResumed(pause=pause) if kind is SpanKind.PAUSE:
            return pause.until
        case _:
            return entry.at


def _marks(before: State, entry: Entry, after: State) -> Iterator[Mark]:
    """What one entry puts on the axis. Most events of consequence put nothing there."""
    at = entry.at
    match entry.event:
        case events.LetterAccepted(letter=letter):
            yield _letter(letter, at)
        case events.ClockStarted(since=since):
            yield Mark(kind=MarkKind.CLOCK, at=since, text="clock starts")
        case events.DeadlineComputed() if before.clock.announced:
            was = before.clock.announced.closes_at
            yield Mark(kind=MarkKind.MOVED, at=was, text="the response was due before", planned=True)
        case events.DeadlinePassed(due=due):
            yield Mark(kind=MarkKind.DEADLINE, at=due.closes_at, text="response was due")
        case events.CurePeriodEnded(because="passed"):
            yield Mark(kind=MarkKind.CURE, at=at, text="time to cure is over")
        case events.DraftReady():
            yield Mark(kind=MarkKind.DRAFT, at=at, text=f"draft {len(after.process.drafts)}")
        case events.SubpoenaReviewed(review=review) if review.decision == "approve":
            yield Mark(kind=MarkKind.APPROVED, at=at, text="draft approved")
        case events.SubpoenaReviewed(review=review):
            word = "revised" if review.decision == "revise" else "rejected"
            yield Mark(kind=MarkKind.RETURNED, at=at, text=f"draft {word}")
        case events.IssuanceRecorded(issued=issued):
            yield Mark(kind=MarkKind.ISSUED, at=issued.issued_at, text="subpoena issued")
        case events.ServiceRecorded(service=service):
            yield Mark(kind=MarkKind.SERVED, at=service.served_at, text="subpoena served")
        case events.ReturnDatePassed(due=due):
            yield Mark(kind=MarkKind.RETURN, at=due.closes_at, text=RETURN_DATE)
        case events.MemoReady():
            yield Mark(kind=MarkKind.MEMO, at=at, text="referral memo")
        case events.ResponseRecorded():
            yield _response(before, entry.event, after)
        case events.ObjectionRecorded(objections=objections):
            yield Mark(kind=MarkKind.OBJECTION, at=objections[0].received_at, text="objection")
        case events.Acknowledged(received_at=received_at):
            yield Mark(kind=MarkKind.WORD, at=received_at, text="demand acknowledged")
        case _:
            yield from _changes_and_faults(entry)


def _changes_and_faults(entry: Entry) -> Iterator[Mark]:
    """What an operator made of the course, what went wrong, and how it ended."""
    at = entry.at
    match entry.event:
        case events.DeadlineExtended(deadline=deadline):
            what = "deadline" if deadline == "response" else "return date"
            yield Mark(kind=MarkKind.COURSE, at=at, text=f"{what} extended")
        case events.Escalated():
            yield Mark(kind=MarkKind.COURSE, at=at, text="escalated")
        case events.LetterResent(restarts_clock=True):
            yield Mark(kind=MarkKind.COURSE, at=at, text="new demand asked for")
        case events.DeadlinesRecomputed():
            yield Mark(kind=MarkKind.COURSE, at=at, text="dates computed by other calendars")
        case events.DeliveryRecorded(step=step, outcome="failed"):
            yield Mark(kind=MarkKind.FAILED, at=at, text=f"{spoken(step)} came back")
        case events.LetterRefused(step=step):
            yield Mark(kind=MarkKind.FAILED, at=at, text=f"{spoken(step)} refused by the mail server")
        case events.LetterUnconfirmed(letter=letter):
            yield Mark(kind=MarkKind.FAILED, at=at, text=f"{spoken(letter.step.id)} unconfirmed")
        case events.MessageUnreadable():
            yield Mark(kind=MarkKind.FAILED, at=at, text="unreadable message")
        case events.RequestClosed(status=status, text=text):
            text = text.removeprefix(f"{status}: ") if status is not Status.WITHDRAWN else text
            yield Mark(kind=MarkKind.END, at=at, text=f"{text[:1].lower()}{text[1:]}".rstrip("."))
        case _:
            pass


def _letter(letter: SentLetter, at: datetime) -> Mark:
    name, kind = spoken(letter.step), _LETTERS.get(letter.kind, MarkKind.CHASE)
    match letter.kind:
        case StepKind.ACKNOWLEDGMENT:
            text = "acknowledgment asked for"
        case StepKind.DEFICIENCY:
            text = "what is missing asked for"
        case _:
            text = name if kind is not MarkKind.CHASE else f"{name.partition(' ')[0]} asked for"
    return Mark(kind=kind, at=at, text=text)


def _response(before: State, event: events.ResponseRecorded, after: State) -> Mark:
    response, late = event.response, event.on_time is False
    unclaimed = set(after.items.outstanding) - set(after.items.claimed)
    objected = any(report.disposition == "objected" for report in event.changed)
    match response.kind:
        case "refusal":
            kind, text = MarkKind.OBJECTION, "refusal"
        case "extension_request":
            kind, text, late = MarkKind.WORD, "more time asked for", False
        case "other":
            kind, text, late = MarkKind.WORD, "letter from the recipient", False
        case _ if not unclaimed:
            kind, text = MarkKind.COMPLETE, "complete response"
        case _ if after.items.outstanding != before.items.outstanding or after.items.claimed:
            kind, text = MarkKind.PARTIAL, "partial response"
        case _:
            kind, text = (MarkKind.OBJECTION, "objection") if objected else (MarkKind.PARTIAL, "response")
    return Mark(kind=kind, at=response.received_at, text=text, late=late)


def _ahead(state: State, dates: Timetable, since: datetime, next_at: datetime | None) -> Iterator[Mark]:
    """Letters and ends of time still to come, as far as nobody has to act first."""
    is_recipients = state.phase in (Status.AWAITING_RESPONSE, Status.OVERDUE)
    if not state.is_open or state.attention.holds or not is_recipients or not state.response_due(dates):
        return
    steps = [*pending(state, dates), *_notice_to_come(state, dates)]
    letters = _in_time(
        Mark(kind=_LETTERS[step.kind], at=step.at, text=spoken(step.id), planned=True)
        for step in steps
        if step.kind in _LETTERS and step.kind is not StepKind.COPY and step.at > since
    )
    for number, mark in enumerate(letters):
        put_off = number == 0 and next_at and mark.at < next_at <= mark.at + MAX_GAP
        yield mark.model_copy(update={"at": next_at}) if put_off else mark
    notice_is_certain = state.clock.facts.final_notice_at or any(mark.kind is MarkKind.NOTICE for mark in letters)
    if dates.cure and notice_is_certain and dates.cure.closes_at > since:
        yield Mark(kind=MarkKind.CURE, at=dates.cure.closes_at, text=CURE_ENDS, planned=True)


def _notice_to_come(state: State, dates: Timetable) -> Iterator[Step]:
    if state.phase is Status.AWAITING_RESPONSE:
        yield from (step for step in dates.steps if step.kind is StepKind.FINAL_NOTICE)


def _in_time(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(marks, key=lambda mark: mark.at))


def spoken(step: str) -> str:
    """A step's id as it is said: ``final notice``, ``reminder 2``."""
    return re.sub(r"-series-\d+", "", step).replace("-", " ")
