"""What a request orders from the world: a letter, a draft, a memo, each with everything it must say."""

from datetime import datetime

from forthwith.documents.letters import LetterOrder
from forthwith.documents.referral import MemoOrder
from forthwith.documents.subpoena import DraftOrder
from forthwith.request.actions import CopyIssued, DraftSubpoena, SendLetter
from forthwith.request.request import Request
from forthwith.request.state import State
from forthwith.request.timetable import TO_RECIPIENT, StepKind, Timetable


class DatesUnknown(RuntimeError):
    """An order was asked of a request whose dates were never computed. A bug of the caller."""


def letter_order(request: Request, action: SendLetter, now: datetime) -> LetterOrder:
    """The order for one letter, as of ``now``. Raises ``DatesUnknown``."""
    state, dates = request.state, _dates(request)
    demands = [letter for letter in state.deliveries.letters if letter.kind is StepKind.DEMAND]
    threads = bool(demands) and action.step.kind in TO_RECIPIENT and action.step.kind is not StepKind.DEMAND
    return LetterOrder(
        workflow_id=state.plan.workflow_id,
        plan=state.plan.content_hash,
        step=action.step,
        attempt=action.attempt,
        possible_copy=action.possible_copy,
        composed_at=now,
        items=state.items.states,
        outstanding=state.items.outstanding,
        deadline=dates.deadline,
        acknowledge_by=dates.acknowledge_by,
        cure=dates.deficiency_cure if action.step.kind is StepKind.DEFICIENCY else dates.cure,
        chase_due=dates.chase_due,
        demand_sent_at=state.demand_sent_at,
        thread=demands[-1].receipt.message_id if threads else "",
        attention=tuple(state.attention.reasons),
        draft=state.process.draft,
        recipient=state.recipient,
        resent=state.deliveries.resent.get(action.step.id),
        issued=state.process.issued,
        service=state.process.service,
        return_due=dates.return_due,
        memo=state.process.memo,
        known=action.known,
    )


def draft_order(request: Request, action: DraftSubpoena | CopyIssued, now: datetime) -> DraftOrder:
    """The order for one version of the draft, or for the copy of it as issued. Raises ``DatesUnknown``."""
    state, dates = request.state, _dates(request)
    return DraftOrder(
        workflow_id=state.plan.workflow_id,
        plan=state.plan.content_hash,
        version=action.version,
        drafted_at=now,
        letters=tuple(letter for letter in state.deliveries.letters if letter.kind in TO_RECIPIENT),
        responses=state.responses,
        deadline=dates.deadline,
        cure=dates.cure if _was_noticed(state) else None,
        items=state.items.states,
        outstanding=state.items.outstanding,
        fields=dict(state.process.fields),
        notes=state.process.notes,
        recipient=state.recipient,
        decisions=state.process.reviews,
        issued=state.process.issued if isinstance(action, CopyIssued) else None,
    )


def memo_order(request: Request, now: datetime) -> MemoOrder:
    """The order for the referral memo, as of ``now``. Raises ``DatesUnknown``.

    The timeline is not in it: the dossier has every entry, and a history should not hold them twice.
    """
    state, dates = request.state, _dates(request)
    return MemoOrder(
        workflow_id=state.plan.workflow_id,
        plan=state.plan.content_hash,
        drafted_at=now,
        letters=state.deliveries.letters,
        responses=state.responses,
        deadline=dates.deadline,
        cure=dates.cure if _was_noticed(state) else None,
        items=state.items.states,
        outstanding=state.items.outstanding,
        drafts=state.process.drafts,
        approvals=state.process.reviews,
        issued=state.process.issued,
        service=state.process.service,
        return_due=dates.return_due,
        objections=state.process.objections,
        head=request.head,
        recipient=state.recipient,
    )


def _was_noticed(state: State) -> bool:
    return any(letter.kind is StepKind.FINAL_NOTICE for letter in state.deliveries.letters)


def _dates(request: Request) -> Timetable:
    if request.dates is None:
        raise DatesUnknown(f"{request.plan.workflow_id} has no dates yet")
    return request.dates
