"""What a case orders from the world: the letter and the draft, with everything they must say."""

from datetime import datetime

from forthwith.documents.letters import LetterOrder
from forthwith.documents.referral import MemoOrder
from forthwith.documents.subpoena import DraftOrder
from forthwith.request.actions import CopyIssued, DraftSubpoena, SendLetter
from forthwith.request.case import Case
from forthwith.request.timetable import TO_RECIPIENT, StepKind, Timetable


class DatesUnknown(RuntimeError):
    """An order was asked of a case whose dates were never computed. A bug of the caller."""


def letter_order(case: Case, action: SendLetter, now: datetime) -> LetterOrder:
    """The order for one letter, as of ``now``. Raises ``DatesUnknown``."""
    dates = _dates(case)
    demands = [letter for letter in case.letters if letter.kind is StepKind.DEMAND]
    threads = bool(demands) and action.step.kind in TO_RECIPIENT and action.step.kind is not StepKind.DEMAND
    return LetterOrder(
        workflow_id=case.plan.workflow_id,
        plan=case.plan.content_hash,
        step=action.step,
        attempt=action.attempt,
        possible_copy=action.possible_copy,
        composed_at=now,
        items=case.items.states,
        outstanding=case.items.outstanding,
        deadline=dates.deadline,
        acknowledge_by=dates.acknowledge_by,
        cure=dates.deficiency_cure if action.step.kind is StepKind.DEFICIENCY else dates.cure,
        chase_due=dates.chase_due,
        demand_sent_at=case.demand_sent_at,
        thread=demands[-1].receipt.message_id if threads else "",
        attention=tuple(case.attention),
        draft=case.draft,
        recipient=case.recipient,
        resent=case.resent.get(action.step.id),
        issued=case.issued,
        service=case.service,
        return_due=dates.return_due,
        memo=case.memo,
        known=action.known,
    )


def draft_order(case: Case, action: DraftSubpoena | CopyIssued, now: datetime) -> DraftOrder:
    """The order for one version of the draft, or for the copy of it as issued. Raises ``DatesUnknown``."""
    dates = _dates(case)
    return DraftOrder(
        workflow_id=case.plan.workflow_id,
        plan=case.plan.content_hash,
        version=action.version,
        drafted_at=now,
        letters=tuple(letter for letter in case.letters if letter.kind in TO_RECIPIENT),
        responses=tuple(case.responses),
        deadline=dates.deadline,
        cure=dates.cure if any(letter.kind is StepKind.FINAL_NOTICE for letter in case.letters) else None,
        items=case.items.states,
        outstanding=case.items.outstanding,
        fields=dict(case.draft_fields),
        notes=tuple(case.revision_notes),
        recipient=case.recipient,
        decisions=tuple(case.decisions),
        issued=case.issued if isinstance(action, CopyIssued) else None,
    )


def memo_order(case: Case, now: datetime) -> MemoOrder:
    """The order for the referral memo, as of ``now``. Raises ``DatesUnknown``.

    The timeline is not in it: the dossier has every entry, and a history should not hold them twice.
    """
    dates = _dates(case)
    return MemoOrder(
        workflow_id=case.plan.workflow_id,
        plan=case.plan.content_hash,
        drafted_at=now,
        letters=tuple(case.letters),
        responses=tuple(case.responses),
        deadline=dates.deadline,
        cure=dates.cure if any(letter.kind is StepKind.FINAL_NOTICE for letter in case.letters) else None,
        items=case.items.states,
        outstanding=case.items.outstanding,
        drafts=tuple(case.drafts),
        approvals=tuple(case.decisions),
        issued=case.issued,
        service=case.service,
        return_due=dates.return_due,
        objections=tuple(case.objections),
        head=case.head,
        recipient=case.recipient,
    )


def _dates(case: Case) -> Timetable:
    if case.timetable is None:
        raise DatesUnknown(f"{case.plan.workflow_id} has no dates yet")
    return case.timetable
