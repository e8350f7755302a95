"""What will happen if nobody answers: the same request that a workflow drives, driven without trouble.

Every letter is accepted the moment it is due, every draft is ready at once, and the attorney lets the decision wait
until the supervisor was asked. So what is foreseen and what happens can only differ where the world does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from forthwith.campaign.models import RequestPlan, Role
from forthwith.campaign.subpoena_fields import missing_fields
from forthwith.deadlines.clock import Clock, Computation
from forthwith.documents.letters import LetterOrder
from forthwith.documents.orders import draft_order, letter_order
from forthwith.documents.subpoena import DraftOrder
from forthwith.request.actions import (
    Close,
    ComputeDates,
    CopyIssued,
    DraftReferral,
    DraftSubpoena,
    SendLetter,
    Wait,
)
from forthwith.request.record import Draft, Filed, Receipt
from forthwith.request.request import Request
from forthwith.request.subpoena_process import RecordIssuance, RecordService, ReviewSubpoena
from forthwith.request.timetable import CURE_ENDS, OBJECTION_DUE, RESPONSE_DUE, RETURN_DATE, StepKind, timetable
from forthwith.request.vocabulary import Status, Who

_NOT_YET = Filed(uri="", sha256="0" * 64, size=0)
_A_SECOND = timedelta(seconds=1)
_SOMEBODY = Who(name="Somebody", role="to be known")
_MAX_HISTORY = timedelta(days=3660)


@dataclass(frozen=True)
class Foreseen:
    """One step of a request that nobody answers. ``at`` is UTC or carries its offset; ``zone`` is whose time it is."""

    at: datetime
    step: str
    what: Literal["letter", "draft", "date", "later"]
    to: Role | None
    zone: str
    why: tuple[str, ...]
    order: LetterOrder | DraftOrder | None = None


def forecast(plan: RequestPlan, recipient: Clock, issuer: Clock, *, opened_at: datetime) -> tuple[Foreseen, ...]:
    """Every step from the demand to the last rung, in order.

    The rungs after the review have no date before a person acts: they are shown as if each act came on its last day.
    Raises ``ValueError`` when a date falls outside the calendars.
    """
    return tuple(sorted(_unanswered(plan, recipient, issuer, opened_at), key=lambda foreseen: foreseen.at))


def _unanswered(plan: RequestPlan, recipient: Clock, issuer: Clock, opened_at: datetime) -> Iterator[Foreseen]:
    request, now = Request.opened(plan, opened_at), opened_at
    while now - opened_at < _MAX_HISTORY:
        match request.proceed(now):
            case ComputeDates(facts):
                request.dates_computed(timetable(plan, recipient, issuer, facts), now)
            case SendLetter(step) as letter:
                order = letter_order(request, letter, now)
                zone = recipient.zone if step.to == "recipient" else issuer.zone
                # What goes out once a person has issued is as uncertain as that person's day.
                what = "later" if request.state.process.issued else "letter"
                yield Foreseen(now, step.id, what, step.to, zone, (f"{step.why}.",), order)
                if step.kind is StepKind.DEMAND:
                    yield _date(RESPONSE_DUE, order.deadline)
                if step.kind is StepKind.FINAL_NOTICE and order.cure:
                    yield _date(CURE_ENDS, order.cure)
                request.letter_accepted(step, _receipt(now), possible_copy=False, now=now)
                if step.kind is StepKind.REVIEW_ESCALATION:
                    yield from _decide(request, issuer, now)
            case DraftSubpoena(version) as draft:
                order = draft_order(request, draft, now)
                yield Foreseen(
                    now, f"draft {version}", "draft", None, issuer.zone, ("the time to respond is over.",), order
                )
                missing = missing_fields(plan.campaign, {})
                request.draft_finished(Draft(version=version, document=_NOT_YET, missing=missing), now)
            case CopyIssued():
                request.record_copy_finished(_NOT_YET, now)
            case DraftReferral():
                request.memo_finished(_NOT_YET, now)
            case Wait() if request.state.phase in (Status.AWAITING_ISSUANCE, Status.AWAITING_SERVICE):
                for foreseen in _decide(request, issuer, now):
                    now = foreseen.at
                    yield foreseen
            case Wait(until):
                if request.state.phase is Status.AWAITING_RETURN and not request.state.process.refers:
                    yield from _return_dates(request)
                now = until
            case Close():
                return


def _return_dates(request: Request) -> Iterator[Foreseen]:
    dates = request.dates
    if dates is None or dates.return_due is None or dates.objection_due is None:
        return
    if dates.objection_due != dates.return_due:
        yield _date(OBJECTION_DUE, dates.objection_due)
    yield _date(RETURN_DATE, dates.return_due)


def _decide(request: Request, issuer: Clock, now: datetime) -> Iterator[Foreseen]:
    """What only people do, as if each did it in the last second that is theirs."""
    if request.state.process.draft is None or request.dates is None:
        return
    sha256, moment = request.state.process.draft.sha256, now
    due = request.dates.chase_due
    if due and request.state.phase in (Status.AWAITING_ISSUANCE, Status.AWAITING_SERVICE):
        moment = max(now, due.closes_at - _A_SECOND)
    match request.state.phase:
        case Status.AWAITING_REVIEW:
            message = ReviewSubpoena(event_id="approval", by=_SOMEBODY, decision="approve", sha256=sha256)
        case Status.AWAITING_ISSUANCE:
            yield _later("issuance", moment, issuer, due)
            message = RecordIssuance(
                event_id="issuance",
                by=_SOMEBODY,
                number="(given when issued)",
                signed_by="(whoever signs)",
                issued_at=moment,
                draft=sha256,
                sha256=sha256,
            )
        case _:
            yield _later("service", moment, issuer, due)
            message = RecordService(
                event_id="service",
                by=_SOMEBODY,
                on_whom="(whoever is served)",
                how="(as served)",
                by_whom="(whoever serves)",
                served_at=moment,
                notice_to_parties_at=now,
            )
    request.take(message, moment)


def _later(name: str, moment: datetime, issuer: Clock, due: Computation | None) -> Foreseen:
    why = ("If a person acts on the last day.", *(due.explain() if due else ()))
    return Foreseen(moment, name, "later", None, issuer.zone, why)


def _date(name: str, due: Computation) -> Foreseen:
    return Foreseen(due.closes_at, name, "date", None, due.zone, due.explain())


def _receipt(now: datetime) -> Receipt:
    return Receipt(message_id="(given when sent)", accepted_at=now, response="", eml=_NOT_YET, pdf=_NOT_YET)
