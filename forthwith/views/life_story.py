"""Tells a life from the entries of its record, in one reading, entry by entry."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from forthwith.campaign.models import RequestPlan
from forthwith.deadlines.pause import Pause
from forthwith.request.hearing import KINDS_IN_WORDS
from forthwith.request.items import Items
from forthwith.request.messages import ENDED, ItemReport, RecordResponse, Status
from forthwith.request.record import Entry
from forthwith.request.timetable import RESPONSE_DUE, Facts
from forthwith.views.life import (
    DRAFTED,
    FIRST,
    ISSUANCE,
    REFERRAL,
    RETURNS,
    SERVICE,
    Life,
    Mark,
    MarkKind,
    Span,
    SpanKind,
    in_time,
    spoken,
)


def life_of(plan: RequestPlan, entries: Sequence[Entry]) -> Life:
    """What the entries of one request tell. Raises ``ValueError`` where there are none."""
    if not entries:
        raise ValueError(f"{plan.workflow_id} has no entries")
    telling = _Telling(plan)
    for entry in entries:
        telling.hear(entry)
    return telling.life(entries)


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
            marks=in_time(self._marks),
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
                self._mark(MarkKind.END, at, f"{text[:1].lower()}{text[1:]}".rstrip("."))
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
