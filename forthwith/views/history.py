"""The history of a request as it is drawn: marks and spans on a time axis, what happened and what lies ahead.

What happened are the events of its record and the states that they leave. What lies ahead follows from the last state
and the dates that the worker computes from it, by the same functions.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from forthwith.base import Model
from forthwith.campaign.ladder import Ladder
from forthwith.request import events
from forthwith.request.entries import Entry
from forthwith.request.evolve import states
from forthwith.request.next_action import gap_end, makes_sense, next_step, pending
from forthwith.request.phases import PHASES
from forthwith.request.request import Request
from forthwith.request.state import State
from forthwith.request.timetable import CURE_ENDS, RESPONSE_DUE, RETURN_DATE, Facts, Step, StepKind, Timetable
from forthwith.request.vocabulary import Status
from forthwith.views.marks import ASKED, LETTERS, RESPONSE_WAS_DUE, Mark, MarkKind, Moment, cure_ended, marks_of, spoken


class SpanKind(StrEnum):
    """Whose time a stretch of the axis is."""

    RESPONSE = "response_time"
    CURE = "cure_period"
    OURS = "draft_to_service"
    RETURN = "return_time"
    PAUSE = "clock_paused"


class Span(Model):
    """A stretch of time. ``until`` is None where nobody knows yet when it is over."""

    kind: SpanKind
    since: Moment
    until: Moment | None


class History(Model):
    """One request from its demand on."""

    marks: tuple[Mark, ...]
    """In the order of time."""
    spans: tuple[Span, ...]
    rung: str
    """The last step of the ladder that was taken under the dates that count."""
    outstanding: tuple[str, ...]
    due: Moment | None
    """The closing instant of the response time, as it was computed last; None while a pause keeps it open."""
    ended_as: Status | None
    recorded_until: Moment
    """The moment of the last entry."""
    entries: int

    @property
    def begins(self) -> datetime:
        """The first moment that is drawn."""
        moments = (*(mark.at for mark in self.marks), *(span.since for span in self.spans))
        return min(moments, default=self.recorded_until)

    @property
    def ends(self) -> datetime:
        """The last one."""
        moments = (*(mark.at for mark in self.marks), *(span.until or span.since for span in self.spans))
        return max(moments, default=self.recorded_until)


A_MOMENT = timedelta(seconds=5)
"""Visibility may keep less of an instant than the record does."""

FIRST, DRAFTED, ISSUANCE, SERVICE, RETURNS, REFERRAL = (
    "demand",
    "draft and review",
    "issuance",
    "service",
    "return date",
    "referral",
)

_OURS = (Status.DRAFTING, Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE, Status.AWAITING_SERVICE)


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


def dates_of(request: Request, compute: Callable[[Facts], Timetable]) -> Timetable:
    """The dates of a request that was rebuilt from its record. ``compute`` asks the calendars.

    The minimum gap after the last letter may keep the next one back, and with it what counts from there.
    """
    dates = compute(request.facts)
    step = next_step(request.state, dates)
    ends = gap_end(request.state, step) if step else None
    return compute(dates.facts.model_copy(update={"gap_until": ends})) if ends else dates


def history_of(request: Request, *, now: datetime | None = None, next_at: datetime | None = None) -> History:
    """What the record of ``request`` holds, and what lies ahead of it by the dates in use.

    With ``now`` nothing is ahead that should have come before; ``next_at`` is the moment of the next action as the
    request itself gives it, which knows when a letter that was put off is tried again.
    """
    drawing = _Drawing(request)
    for before, entry, after in states(request.plan, request.timeline):
        drawing.add(before, entry, after)
    return drawing.finished(now, next_at)


def next_in_words(history: History, status: Status, next_at: datetime | None) -> str:
    """What happens at ``next_at``, of a request that no hold keeps back."""
    ahead = (mark for mark in history.marks if mark.planned and mark.kind is not MarkKind.CHASE)
    found = [mark for mark in ahead if next_at and abs(mark.at - next_at) < A_MOMENT]
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
        # A deadline that passes once more, because a letter's delivery was corrected, is the same mark.
        self._marks += (
            mark
            for mark in marks_of(before, entry, after)
            if mark.kind is not MarkKind.DEADLINE or mark not in self._marks
        )
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
            case events.LetterAccepted(letter=letter) if letter.kind in LETTERS:
                if letter.kind not in (StepKind.DEFICIENCY, StepKind.COPY):
                    self._letter_rung = spoken(letter.step)
            case _:
                pass

    def finished(self, now: datetime | None, next_at: datetime | None) -> History:
        request, state, dates = self._request, self._request.state, self._request.dates
        recorded_until = request.timeline[-1].at
        since = state.outcome.ended_at if state.outcome else max(recorded_until, now or recorded_until)
        due, return_due = _response_due(state), _return_due(state, dates)
        self._place_response_due(state, due, since)
        self._place_return_date(return_due, since)
        ahead = tuple(_ahead(state, dates, since, next_at)) if dates else ()
        planned = {mark.kind: mark.at for mark in (*self._marks, *ahead) if mark.planned}
        until = {
            SpanKind.RESPONSE: due,
            SpanKind.CURE: planned.get(MarkKind.CURE),
            SpanKind.RETURN: return_due,
        }
        still_open = [self._still_open(kind, since, until.get(kind)) for kind, since in self._open.items()]
        return History(
            marks=_in_time((*self._marks, *ahead)),
            spans=(*self._spans, *still_open, *_spans_ahead(planned)),
            rung=self._rung(state),
            outstanding=state.items.outstanding,
            due=due,
            ended_as=Status(state.outcome.status) if state.outcome else None,
            recorded_until=recorded_until,
            entries=len(request.timeline),
        )

    def _place_response_due(self, state: State, due: datetime | None, since: datetime) -> None:
        """The response date where it is now. One that it was before, and is again, was not moved."""
        moved = {mark.at: mark for mark in self._marks if mark.kind is MarkKind.MOVED and mark.at != due}
        self._marks = [
            mark
            for mark in self._marks
            if mark.kind is not MarkKind.MOVED and not (mark.kind is MarkKind.DEADLINE and mark.at in moved)
        ]
        self._marks += moved.values()
        is_drawn = any(mark.kind is MarkKind.DEADLINE and mark.at == due for mark in self._marks)
        was_closed_early = state.is_open and state.clock.facts.overdue_from
        if due and not is_drawn and not was_closed_early:
            text = RESPONSE_DUE if due > since else RESPONSE_WAS_DUE
            self._marks.append(Mark(kind=MarkKind.DEADLINE, at=due, text=text, planned=due > since))

    def _place_return_date(self, due: datetime | None, since: datetime) -> None:
        if due is None:
            return
        self._marks = [
            mark.model_copy(update={"kind": MarkKind.MOVED, "text": "the return date was before", "planned": True})
            if mark.kind is MarkKind.RETURN and mark.at != due
            else mark
            for mark in self._marks
        ]
        if not any(mark.kind is MarkKind.RETURN for mark in self._marks):
            self._marks.append(Mark(kind=MarkKind.RETURN, at=due, text=RETURN_DATE, planned=due > since))

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


def _response_due(state: State) -> datetime | None:
    """As the record has it; a pause that began before it keeps it open."""
    due = state.clock.announced
    return state.clock.unless_paused(due.closes_at) if due else None


def _return_due(state: State, dates: Timetable | None) -> datetime | None:
    """Nobody knows it while the clock is paused."""
    return dates.return_due.closes_at if dates and dates.return_due and not state.clock.paused_since else None


def _spans_ahead(planned: Mapping[MarkKind, datetime]) -> Iterator[Span]:
    """Time that does not run yet, and will if nobody answers."""
    for kind, begins, ends in (
        (SpanKind.RESPONSE, MarkKind.DEMAND, MarkKind.DEADLINE),
        (SpanKind.CURE, MarkKind.NOTICE, MarkKind.CURE),
    ):
        if begins in planned and ends in planned:
            yield Span(kind=kind, since=planned[begins], until=planned[ends])


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
    is_over = state.process.refers or isinstance(event, events.ReturnDatePassed)
    if state.phase is Status.AWAITING_RETURN and state.process.service and not is_over:
        is_new = isinstance(event, events.ServiceRecorded)
        running[SpanKind.RETURN] = state.process.service.served_at if is_new else entry.at
    if state.clock.paused_since:
        running[SpanKind.PAUSE] = state.clock.paused_since
    return running


def _end_of(kind: SpanKind, entry: Entry) -> datetime:
    match entry.event:
        case events.DeadlinePassed(due=due) if kind is SpanKind.RESPONSE:
            return due.closes_at
        case events.CurePeriodEnded(because="passed") if kind is SpanKind.CURE:
            return cure_ended(entry, entry.event)
        case events.ReturnDatePassed(due=due) if kind is SpanKind.RETURN:
            return due.closes_at
        case events.ServiceRecorded(service=service) if kind is SpanKind.OURS:
            return service.served_at
        case events.ClockResumed(pause=pause) if kind is SpanKind.PAUSE:
            return pause.until
        case _:
            return entry.at


def _ahead(state: State, dates: Timetable, since: datetime, next_at: datetime | None) -> Iterator[Mark]:
    """Letters and ends of time still to come, as far as nobody has to act first. A hold keeps them all back."""
    if not state.is_open or state.attention.holds:
        return
    letters = tuple(_letters_ahead(state, dates, since, next_at))
    yield from letters
    if _expected_demand(state, dates, since):
        yield Mark(kind=MarkKind.DEADLINE, at=dates.deadline.closes_at, text=RESPONSE_DUE, planned=True)
    is_noticed = state.phase is Status.OVERDUE and state.clock.facts.final_notice_at
    is_expected = is_noticed or any(mark.kind is MarkKind.NOTICE for mark in letters)
    if dates.cure and is_expected and dates.cure.closes_at > since:
        yield Mark(kind=MarkKind.CURE, at=dates.cure.closes_at, text=CURE_ENDS, planned=True)


def _letters_ahead(state: State, dates: Timetable, since: datetime, next_at: datetime | None) -> Iterator[Mark]:
    now, later = pending(state, dates), _called_for_later(state, dates, since)
    for number, step in enumerate((*now, *later)):
        at = step.at
        if at <= since and number == 0 and next_at and not _is_end_of_phase(state, dates, next_at):
            at = next_at  # it was put off, and is tried again then
        if at > since:
            text = ASKED.get(step.kind) or spoken(step.id)
            yield Mark(kind=LETTERS.get(step.kind, MarkKind.CHASE), at=at, text=text, planned=True)


def _is_end_of_phase(state: State, dates: Timetable, at: datetime) -> bool:
    ends = PHASES[state.phase].ends
    end = ends(dates) if ends else None
    return end is not None and at >= end


def _called_for_later(state: State, dates: Timetable, since: datetime) -> Iterator[Step]:
    """Letters that the next phase calls for if nobody answers."""
    if state.phase is Status.AWAITING_RESPONSE:
        yield from (step for step in dates.steps if step.kind is StepKind.FINAL_NOTICE)
    elif demand := _expected_demand(state, dates, since):
        letters = (StepKind.ACKNOWLEDGMENT, StepKind.REMINDER, StepKind.FINAL_NOTICE)
        yield from (step for step in dates.steps if step.kind in letters and makes_sense(state, step, demand.at))


def _expected_demand(state: State, dates: Timetable, since: datetime) -> Step | None:
    """A demand that is still to go out at its moment, where that alone starts the clock."""
    if state.phase is not Status.SENDING or state.plan.campaign.clock.starts != "accepted":
        return None
    demands = (step for step in pending(state, dates) if step.kind is StepKind.DEMAND and step.at > since)
    return next(demands, None)


def _in_time(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(marks, key=lambda mark: mark.at))
