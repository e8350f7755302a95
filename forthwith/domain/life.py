"""The life of a request as it is drawn: marks and spans on a time axis, read from the entries of its record.

What happened is as the entries say. What lies ahead is computed by the same function that the worker asks
(forthwith/domain/timetable.py), from the facts that the entries tell, and believed only where it comes to the very
dates that the request says itself, in its search attributes: not every fact stands in an entry, such as how much more
time for the return was granted.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from forthwith.domain.campaign import RequestPlan
from forthwith.domain.hearing import KINDS_IN_WORDS
from forthwith.domain.items import Items
from forthwith.domain.ladder import Ladder
from forthwith.domain.messages import ENDED, ItemReport, RecordResponse, Status
from forthwith.domain.model import Model
from forthwith.domain.pause import Pause
from forthwith.domain.record import Entry
from forthwith.domain.timetable import Extension, Facts, StepKind, Timetable

if TYPE_CHECKING:
    from forthwith.domain.clock import Computation


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

LONGEST_GAP = timedelta(days=1)
"""So far the minimum gap between two letters may put one off."""

RESPONSE_DUE = "response due"

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


def life_of(plan: RequestPlan, entries: Sequence[Entry]) -> Life:
    """What the entries of one request tell. Raises ``ValueError`` where there are none."""
    if not entries:
        raise ValueError(f"{plan.workflow_id} has no entries")
    telling = _Telling(plan)
    for entry in entries:
        telling.hear(entry)
    return telling.life(entries)


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
        ahead.append(_date(MarkKind.RETURN, "return date", dates.return_due, planned=planned))
    ends = {mark.kind: mark.at for mark in ahead}
    until = {
        SpanKind.RESPONSE: due,
        SpanKind.CURE: ends.get(MarkKind.CURE),
        SpanKind.RETURN: ends.get(MarkKind.RETURN),
    }
    spans = [span if span.until else span.model_copy(update={"until": until.get(span.kind)}) for span in life.spans]
    if MarkKind.NOTICE in ends and MarkKind.CURE in ends:
        spans.append(Span(kind=SpanKind.CURE, since=ends[MarkKind.NOTICE], until=ends[MarkKind.CURE]))
    marks = _in_time((*life.marks, *ahead))
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
    first, *others = _in_time(letters) or (None,)
    if first:
        # The minimum gap to the letter before it is no matter of the record; the next action says where it led.
        put_off = first.at < next_at <= first.at + LONGEST_GAP and next_at < standing.response_due
        yield first.model_copy(update={"at": next_at}) if put_off else first
    yield from filter(None, others)
    if dates.cure is None or notice_at is None or dates.cure.closes_at <= since:
        return
    if life.facts.final_notice_at is None or agree(dates.cure.closes_at, next_at):
        yield _date(MarkKind.CURE, "time to cure ends", dates.cure, planned=True)


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


def _in_time(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(marks, key=lambda mark: mark.at))


def spoken(step: str) -> str:
    """A step's id as it is said: ``final notice``, ``reminder 2``."""
    return re.sub(r"-series-\d+", "", step).replace("-", " ")


class _Telling:
    """One reading of a record, entry by entry."""

    def __init__(self, plan: RequestPlan) -> None:
        self._plan = plan
        self._items = Items(plan.campaign.demand.items, plan.campaign.completeness)
        self._marks: list[Mark] = []
        self._spans: list[Span] = []
        self._open: dict[SpanKind, datetime] = {}
        self._rung = FIRST
        self._demand, self._final_notice = "", ""
        """The steps of the latest of each."""
        self._is_issued = False
        self._drafts = 0
        self._due: datetime | None = None
        self._clock_from: datetime | None = None
        self._overdue_from: datetime | None = None
        self._final_notice_at: datetime | None = None
        self._served_at: datetime | None = None
        self._is_return_known = True
        self._pauses: list[Pause] = []
        self._calendars: dict[str, str] = {}
        self._ended_as: Status | None = None

    def life(self, entries: Sequence[Entry]) -> Life:
        spans = [*self._spans, *(self._still_open(kind, since) for kind, since in self._open.items())]
        if self._due and (SpanKind.RESPONSE in self._open or self._ended_early()):
            self._mark(MarkKind.DEADLINE, self._due, RESPONSE_DUE, planned=True)
        return Life(
            marks=_in_time(self._marks),
            spans=tuple(spans),
            rung=self._rung,
            outstanding=self._items.outstanding,
            due=self._due,
            ended_as=self._ended_as,
            told_until=entries[-1].at,
            entries=len(entries),
            facts=Facts(
                opened_at=entries[0].at,
                clock_from=self._clock_from,
                pauses=tuple(self._pauses),
                overdue_from=self._overdue_from,
                final_notice_at=self._final_notice_at,
                served_at=self._served_at,
                recipient_calendar=self._calendars.get("recipient_calendar"),
                issuer_calendar=self._calendars.get("issuer_calendar"),
            ),
            is_return_known=self._is_return_known,
        )

    def _ended_early(self) -> bool:
        return self._ended_as is not None and not any(mark.kind is MarkKind.DEADLINE for mark in self._marks)

    def _still_open(self, kind: SpanKind, since: datetime) -> Span:
        is_known = kind is SpanKind.RESPONSE and self._due and self._due > since
        return Span(kind=kind, since=since, until=self._due if is_known else None)

    def _mark(self, kind: MarkKind, at: datetime, text: str, *, planned: bool = False, late: bool = False) -> None:
        self._marks.append(Mark(kind=kind, at=at, text=text, planned=planned, late=late))

    def _begin(self, kind: SpanKind, at: datetime) -> None:
        self._open.setdefault(kind, at)

    def _end(self, at: datetime, *kinds: SpanKind) -> None:
        for kind in kinds:
            if (since := self._open.pop(kind, None)) is not None and at > since:
                self._spans.append(Span(kind=kind, since=since, until=at))

    def hear(self, entry: Entry) -> None:
        """Takes in one entry. What it does not know changes nothing that is drawn."""
        at, details = entry.at, entry.details
        match entry.what:
            case "letter_sent":
                self._letter(details.get("step", ""), at)
            case "letter_delivered" if details.get("step") == self._demand:
                self._clock_starts(at)  # if it does not run yet
            case "deadline_computed":
                self._computed(_instant(details, "due", at), at)
            case "deadline_passed":
                self._end(self._due or at, SpanKind.RESPONSE)
                self._mark(MarkKind.DEADLINE, self._due or at, "response was due")
            case "cure_period_over":
                self._end(at, SpanKind.CURE)
                self._mark(MarkKind.CURE, at, "time to cure is over")
                self._rung = DRAFTED
            case "draft_ready":
                self._begin(SpanKind.OURS, at)
                self._drafts += 1
                self._mark(MarkKind.DRAFT, at, f"draft {self._drafts}")
                self._rung = DRAFTED
            case "draft_approved":
                self._mark(MarkKind.APPROVED, at, "draft approved")
                self._rung = ISSUANCE
            case "draft_revised" | "draft_rejected":
                self._mark(MarkKind.RETURNED, at, entry.what.replace("_", " "))
            case "redraft":
                self._rung = DRAFTED
            case "issued":
                self._mark(MarkKind.ISSUED, _instant(details, "issued_at", at), "subpoena issued")
                self._is_issued, self._rung = True, SERVICE
            case "served":
                self._serve(_instant(details, "served_at", at))
            case "return_passed":
                self._end(at, SpanKind.RETURN)
                self._rung = REFERRAL
            case "memo_ready":
                self._mark(MarkKind.MEMO, at, "referral memo")
                self._rung = REFERRAL
            case "response_received":
                self._response(entry)
            case "response_accepted":
                self._accepted(entry)
            case "objection":
                self._objection(entry)
            case "acknowledged":
                self._mark(MarkKind.WORD, at, "demand acknowledged")
            case "letter_failed" | "letter_refused":
                self._came_back(details.get("step", ""), entry.what == "letter_failed", at)
            case "unreadable_message" | "letter_in_doubt":
                self._mark(MarkKind.FAILED, at, entry.what.replace("_", " "))
            case _:
                self._decided(entry)

    def _decided(self, entry: Entry) -> None:
        """What an operator, or the end of the time, made of the course."""
        at, details = entry.at, entry.details
        match entry.what:
            case "deadline_extended":
                self._mark(MarkKind.COURSE, at, "deadline extended")
                self._again(at)
            case "return_extended":
                self._mark(MarkKind.COURSE, at, "return date extended")
                self._is_return_known = False
                if self._served_at:
                    self._begin(SpanKind.RETURN, at)
                self._rung = RETURNS
            case "escalated":
                self._mark(MarkKind.COURSE, at, "escalated")
                if SpanKind.RESPONSE in self._open or not (self._final_notice_at or self._overdue_from):
                    self._overdue_from = at
                self._end(at, SpanKind.RESPONSE, SpanKind.CURE)
            case "clock_paused":
                self._begin(SpanKind.PAUSE, _as_of(entry))
            case "clock_resumed":
                self._resume(_as_of(entry))
            case "letter_resent" if "-copy-" not in details.get("step", ""):
                self._mark(MarkKind.COURSE, at, "new demand asked for")
                self._without_clock(at)
            case "not_due_before" if self._served_at:
                self._begin(SpanKind.RETURN, at)
                self._rung = RETURNS
            case "not_due_before":
                self._again(at)
            case "time_to_cure_goes_on":
                self._end(at, SpanKind.OURS)
                self._begin(SpanKind.CURE, at)
            case "deadlines_recomputed":
                self._calendars |= {name: value for name, value in details.items() if name.endswith("_calendar")}
                self._mark(MarkKind.COURSE, at, "dates computed by other calendars")
            case "ended":
                self._end(at, *SpanKind)
                self._ended_as = next((status for status in ENDED if entry.text.startswith(status)), None)
                text = entry.text if self._ended_as is Status.WITHDRAWN else entry.text.partition(": ")[2]
                self._mark(MarkKind.END, at, text.rstrip("."))
            case _:
                pass

    def _letter(self, step: str, at: datetime) -> None:
        name = spoken(step)
        if "-copy-" in step:
            self._mark(MarkKind.REMINDER, at, name)
        elif step.startswith("demand"):
            self._mark(MarkKind.DEMAND, at, name)
            self._demand, self._rung = step, FIRST
            if self._plan.campaign.clock.starts == "accepted":
                self._clock_starts(at)
        elif step.startswith("final-notice"):
            self._mark(MarkKind.NOTICE, at, name)
            self._begin(SpanKind.CURE, at)
            self._final_notice, self._final_notice_at, self._rung = step, at, name
        elif step.startswith(("reminder", "acknowledgment")):
            self._mark(MarkKind.REMINDER, at, name if step.startswith("reminder") else "acknowledgment asked for")
            self._rung = name
        elif step.startswith("deficiency"):
            self._mark(MarkKind.REMINDER, at, "what is missing asked for")
        else:
            self._mark(MarkKind.CHASE, at, f"{name.partition(' ')[0]} asked for")

    def _clock_starts(self, at: datetime) -> None:
        if self._clock_from is None:
            self._clock_from = at
            self._mark(MarkKind.CLOCK, at, "clock starts")
            self._begin(SpanKind.RESPONSE, at)

    def _computed(self, due: datetime, at: datetime) -> None:
        self._clock_starts(at)
        if due > at:
            self._begin(SpanKind.RESPONSE, at)
        if self._due and due != self._due:
            self._marks = [mark for mark in self._marks if mark.kind is not MarkKind.DEADLINE or mark.at != self._due]
            self._mark(MarkKind.MOVED, self._due, "the response was due before", planned=True)
        self._due = due

    def _serve(self, served_at: datetime) -> None:
        self._end(served_at, SpanKind.OURS)
        self._begin(SpanKind.RETURN, served_at)
        self._mark(MarkKind.SERVED, served_at, "subpoena served")
        self._served_at, self._rung = served_at, RETURNS

    def _response(self, entry: Entry) -> None:
        received_at = _instant(entry.details, "received_at", entry.at)
        kind = next((kind for kind, words in KINDS_IN_WORDS.items() if entry.text.startswith(f"{words} from")), "other")
        reports = entry.details.get("items", "")
        response = RecordResponse.model_validate(
            {
                "event_id": "retold",
                "by": entry.by,
                "received_at": received_at,
                "from": "recipient",
                "kind": kind,
                "items": "all" if reports == "all" else tuple(_reports(reports)),
            }
        )
        before = self._items.outstanding
        self._items.apply(response)
        late = self._due is not None and received_at >= self._due and SpanKind.PAUSE not in self._open
        unclaimed = set(self._items.outstanding) - set(self._items.claimed)
        if kind == "refusal":
            self._mark(MarkKind.OBJECTION, received_at, "refusal", late=late)
        elif kind == "extension_request":
            self._mark(MarkKind.WORD, received_at, "more time asked for")
        elif kind == "other":
            self._mark(MarkKind.WORD, received_at, "letter from the recipient")
        elif not unclaimed:
            self._mark(MarkKind.COMPLETE, received_at, "complete response", late=late)
        elif self._items.outstanding != before or self._items.claimed:
            self._mark(MarkKind.PARTIAL, received_at, "partial response", late=late)
        else:
            objected = "=objected" in reports
            kinds = (MarkKind.OBJECTION, "objection") if objected else (MarkKind.PARTIAL, "response")
            self._mark(kinds[0], received_at, kinds[1], late=late)

    def _accepted(self, entry: Entry) -> None:
        known = {state.id for state in self._items.states}
        named = entry.text.partition(" accepted as complete")[0].split(", ")
        self._items.accept(item for item in named if item in known)

    def _objection(self, entry: Entry) -> None:
        received_at = _instant(entry.details, "received_at", entry.at)
        known = {state.id for state in self._items.states}
        named = {line.partition(":")[0] for line in entry.details.get("grounds", "").splitlines()}
        self._items.take([ItemReport(id=item, disposition="objected") for item in named & known], received_at)
        self._mark(MarkKind.OBJECTION, received_at, "objection")

    def _came_back(self, step: str, was_sent: bool, at: datetime) -> None:
        """A demand that came back stops its clock, and a final notice was never given, unless another one has replaced
        it or the subpoena was issued: what was issued stands."""
        what = "came back" if was_sent else "refused by the mail server"
        self._mark(MarkKind.FAILED, at, f"{spoken(step)} {what}" if step else "a letter could not be made")
        if not was_sent or self._is_issued:
            return
        if step == self._demand:
            self._without_clock(at)
        elif step == self._final_notice:
            self._end(at, SpanKind.CURE, SpanKind.OURS)
            self._final_notice_at = None

    def _without_clock(self, at: datetime) -> None:
        """No demand stands: no date runs until there is another one."""
        self._end(at, *SpanKind)
        self._due = self._clock_from = self._overdue_from = self._final_notice_at = None
        self._rung = FIRST

    def _again(self, at: datetime) -> None:
        """The response date is set anew, and what followed from the old one falls away."""
        self._end(at, SpanKind.CURE, SpanKind.OURS)
        if self._clock_from:
            self._begin(SpanKind.RESPONSE, at)
        self._overdue_from, self._final_notice_at, self._rung = None, None, FIRST

    def _resume(self, until: datetime) -> None:
        if since := self._open.get(SpanKind.PAUSE):
            self._pauses.append(Pause(since=since, until=max(since, until)))
        self._end(until, SpanKind.PAUSE)


def _instant(details: dict[str, str], name: str, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(details[name]) if name in details else otherwise


def _as_of(entry: Entry) -> datetime:
    """The moment a pause begins or ends from, which an operator may have named."""
    named = re.match(r"The clock (?:stands still|runs again) as of (\S+): ", entry.text)
    return datetime.fromisoformat(named[1]) if named else entry.at


def _reports(written: str) -> Iterator[ItemReport]:
    """The items of a response as an entry has them: ``A-1=produced, A-2=objected``."""
    for one in filter(None, written.split(", ")):
        item, _, disposition = one.partition("=")
        yield ItemReport.model_validate({"id": item, "disposition": disposition})
