"""Marks on the time axis of a request: what each entry of its record puts there, and how a letter is named."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

from forthwith.base import Model
from forthwith.request import events
from forthwith.request.entries import Entry
from forthwith.request.record import SentLetter
from forthwith.request.state import State
from forthwith.request.timetable import RETURN_DATE, StepKind
from forthwith.request.vocabulary import Attention, Status


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""UTC, also where a date is computed in the recipient's zone."""


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


class Mark(Model):
    """Something at one moment."""

    kind: MarkKind
    at: Moment
    text: str
    planned: bool = False
    """Not there yet: it comes if nothing else happens before. Or a date that was met before it came."""
    late: bool = False
    """A response at or after the closing instant."""


RESPONSE_WAS_DUE = "response was due"

LETTERS: dict[StepKind, MarkKind] = {
    StepKind.DEMAND: MarkKind.DEMAND,
    StepKind.ACKNOWLEDGMENT: MarkKind.LETTER,
    StepKind.REMINDER: MarkKind.LETTER,
    StepKind.DEFICIENCY: MarkKind.LETTER,
    StepKind.COPY: MarkKind.LETTER,
    StepKind.FINAL_NOTICE: MarkKind.NOTICE,
}
"""Letters to the recipient; any other asks one of our own people."""

ASKED = {
    StepKind.REVIEW_REQUEST: "review asked for",
    StepKind.REVIEW_CHASE: "review chased",
    StepKind.REVIEW_ESCALATION: "review chased",
    StepKind.ISSUANCE_CHASE: "issuance chased",
    StepKind.SERVICE_CHASE: "service chased",
    StepKind.REFERRAL: "matter referred",
    StepKind.HOLD_CHASE: "operator asked",
}
"""How a letter to one of our own people is named."""


def marks_of(before: State, entry: Entry, after: State) -> Iterator[Mark]:
    """What one entry puts on the axis. Most events of consequence put nothing there."""
    at = entry.at
    match entry.event:
        case events.LetterAccepted(letter=letter):
            yield _letter(letter)
        case events.ClockStarted(since=since):
            yield Mark(kind=MarkKind.CLOCK, at=since, text="clock starts")
        case events.DeadlineComputed() if before.clock.announced:
            was = before.clock.announced.closes_at
            yield Mark(kind=MarkKind.MOVED, at=was, text="the response was due before", planned=True)
        case events.DeadlinePassed(due=due):
            yield Mark(kind=MarkKind.DEADLINE, at=due.closes_at, text=RESPONSE_WAS_DUE)
        case events.CurePeriodEnded(because="passed"):
            yield Mark(kind=MarkKind.CURE, at=cure_ended(entry, entry.event), text="time to cure is over")
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
        case events.WorkFailed(work=step, attention=Attention.LETTER_FAILED | Attention.CASE_FILE_DAMAGED):
            yield Mark(kind=MarkKind.FAILED, at=at, text=f"{spoken(step)} could not be made")
        case events.MessageUnreadable():
            yield Mark(kind=MarkKind.FAILED, at=at, text="unreadable message")
        case events.RequestClosed(status=status, text=text):
            text = text.removeprefix(f"{status}: ") if status is not Status.WITHDRAWN else text
            yield Mark(kind=MarkKind.END, at=at, text=f"{text[:1].lower()}{text[1:]}".rstrip("."))
        case _:
            pass


def _letter(letter: SentLetter) -> Mark:
    match letter.kind:
        case StepKind.ACKNOWLEDGMENT:
            text = "acknowledgment asked for"
        case StepKind.DEFICIENCY:
            text = "what is missing asked for"
        case _:
            text = ASKED.get(letter.kind) or spoken(letter.step)
    return Mark(kind=LETTERS.get(letter.kind, MarkKind.CHASE), at=letter.receipt.accepted_at, text=text)


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


def cure_ended(entry: Entry, event: events.CurePeriodEnded) -> datetime:
    """When it was over, to the second in which that was noted or as much before as it was noted late."""
    return entry.at.replace(microsecond=0) - timedelta(seconds=event.late_by_seconds)


def spoken(step: str) -> str:
    """A step's id as it is said: ``final notice``, ``reminder 2``."""
    return re.sub(r"-series-\d+", "", step).replace("-", " ")
