"""What will happen if nobody answers: the same case that a workflow drives, driven through an untroubled life.

Every letter is accepted the moment it is due, every draft is ready at once, and the attorney lets the decision wait
until the supervisor was asked. So what is foreseen and what happens can only differ where the world does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from forthwith.domain.actions import Close, ComputeDates, DraftSubpoena, SendLetter, Wait
from forthwith.domain.campaign import RequestPlan, Role
from forthwith.domain.case import Case
from forthwith.domain.clock import Clock, Computation
from forthwith.domain.letters import LetterOrder
from forthwith.domain.orders import draft_order, letter_order
from forthwith.domain.period import Period
from forthwith.domain.record import Draft, Filed, Receipt
from forthwith.domain.subpoena import DraftOrder, missing_fields
from forthwith.domain.timetable import StepKind, timetable

_NOT_YET = Filed(uri="", sha256="0" * 64, size=0)
_LONGEST_LIFE = timedelta(days=3660)


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
    return tuple(sorted(_silent_life(plan, recipient, issuer, opened_at), key=lambda foreseen: foreseen.at))


def _silent_life(plan: RequestPlan, recipient: Clock, issuer: Clock, opened_at: datetime) -> Iterator[Foreseen]:
    case, now = Case(plan, opened_at=opened_at), opened_at
    case.opened(now)
    while now - opened_at < _LONGEST_LIFE:
        match case.proceed(now):
            case ComputeDates(facts):
                case.dates_computed(timetable(plan.campaign, recipient, issuer, facts), now)
            case SendLetter(step) as letter:
                order = letter_order(case, letter, now)
                zone = recipient.zone if step.to == "recipient" else issuer.zone
                yield Foreseen(now, step.id, "letter", step.to, zone, (f"{step.why}.",), order)
                if step.kind is StepKind.DEMAND:
                    yield _date("response due", order.deadline)
                if step.kind is StepKind.FINAL_NOTICE and order.cure:
                    yield _date("time to cure ends", order.cure)
                case.letter_accepted(step, _receipt(now), possible_copy=False, now=now)
                if step.kind is StepKind.REVIEW_ESCALATION:
                    yield from _later_rungs(plan, issuer, now)
                    return
            case DraftSubpoena(version) as draft:
                order = draft_order(case, draft, now)
                yield Foreseen(
                    now, f"draft {version}", "draft", None, issuer.zone, ("the time to respond is over.",), order
                )
                missing = missing_fields(plan.campaign, {})
                case.drafted(Draft(version=version, document=_NOT_YET, missing=missing), now)
            case Wait(until):
                now = until
            case Close():
                return


def _later_rungs(plan: RequestPlan, issuer: Clock, approved_at: datetime) -> Iterator[Foreseen]:
    ladder, moment = plan.campaign.ladder, approved_at
    waits: list[tuple[str, Period, str]] = []
    if ladder.issuance:
        waits.append(("issuance", ladder.issuance.within, f"then the {ladder.issuance.then_chase} is chased"))
    if ladder.service:
        waits.append(("service", ladder.service.within, f"then the {ladder.service.then_chase} is chased"))
    waits.append(("return date", ladder.subpoena.return_within, "counted from recorded service"))
    if ladder.referral:
        waits.append(("referral", ladder.referral.after_return, f"to the {ladder.referral.to}"))
    for name, period, then in waits:
        due = issuer.within(moment, period, "frcp6")
        moment = due.closes_at - timedelta(seconds=1)
        why = (f"{period} after the step before, if that came on its last day; {then}.",)
        yield Foreseen(moment, name, "later", None, issuer.zone, why)


def _date(name: str, due: Computation) -> Foreseen:
    return Foreseen(due.closes_at, name, "date", None, due.zone, due.explain())


def _receipt(now: datetime) -> Receipt:
    return Receipt(message_id="(given when sent)", accepted_at=now, response="", eml=_NOT_YET, pdf=_NOT_YET)
