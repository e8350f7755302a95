"""From the draft to the referral: what is drawn up, and what people do with it. Software files and issues nothing.

What the drafting reports, and each message: its model, when it is refused, what it does.
"""

from typing import Literal

from pydantic import Field, model_validator

from forthwith.campaign.subpoena_fields import editable_fields
from forthwith.fields import FilledLine, FilledText, Instant, Line, Moment, Sha256, Text
from forthwith.request import events
from forthwith.request.decision import Decision
from forthwith.request.next_action import wants_draft
from forthwith.request.record import Draft, Filed, Issued, ReviewDecision, ServiceRecord
from forthwith.request.reporting import origin, wrong_instant
from forthwith.request.vocabulary import Attention, Message, Status

# What the drafting reports.


def draft_finished(decision: Decision, draft: Draft) -> None:
    """A draft is ready for review, unless it was superseded meanwhile."""
    wanted = wants_draft(decision.state, draft.version)
    decision.emit(events.DraftReady(draft=draft) if wanted else events.DraftDiscarded(draft=draft))


def record_copy_finished(decision: Decision, document: Filed) -> None:
    """The record copy of what was issued is in the case file."""
    decision.emit(events.RecordCopyFiled(document=document))


def memo_finished(decision: Decision, memo: Filed) -> None:
    """The memo is ready, and whoever decides about enforcement gets it, unless it was superseded meanwhile."""
    state = decision.state
    wanted = state.is_open and state.awaits_memo
    decision.emit(
        events.MemoReady(memo=memo, number=state.process.memos + 1) if wanted else events.MemoDiscarded(memo=memo)
    )


# What people do.


class ReviewSubpoena(Message):
    """The attorney's decision on a draft, always against the sha256 that was read."""

    decision: Literal["approve", "revise", "reject"]
    sha256: Sha256
    fields: dict[str, FilledText] = Field(default_factory=dict)
    """For ``revise``: what to put where, such as ``{"authority.1.text": "…"}``."""
    notes: Text = ""
    reason: Text = ""

    @model_validator(mode="after")
    def _complete(self) -> "ReviewSubpoena":
        if self.decision == "revise" and not (self.fields or self.notes):
            raise ValueError("a revision gives fields to change or notes")
        if self.decision == "reject" and not self.reason:
            raise ValueError("a rejection gives its reason")
        if self.decision != "revise" and self.fields:
            raise ValueError("only a revision changes fields")
        return self


def refuse_review(decision: Decision, review: ReviewSubpoena) -> str:
    state = decision.state
    draft = state.process.draft
    if draft is None or state.phase is not Status.AWAITING_REVIEW:
        return f"there is no draft to review; the request is {state.status}"
    issuer = state.plan.campaign.issuer
    reviewers = {"reviewer": issuer.reviewer.name, "supervisor": issuer.supervisor.name}
    if reviewers.get(review.by.role) != review.by.name:
        named = " or ".join(f"{name!r} as {role}" for role, name in reviewers.items())
        return f"by: only {named} reviews this draft, not {review.by.name!r} as {review.by.role}"
    if review.sha256 != draft.sha256:
        return f"sha256: {review.sha256[:12]}… is not draft {draft.version}, which is {draft.sha256}"
    known = editable_fields(state.plan.campaign)
    if unknown := [name for name in review.fields if name not in known]:
        return f"fields: no field {', '.join(unknown)}; fields are {', '.join(known)}"
    if review.decision == "approve" and (holds := state.attention.holds):
        return f"a draft cannot be approved while the request is on hold ({', '.join(holds)}); resolve that first"
    if review.decision == "approve" and draft.missing:
        return f"a draft cannot be approved with empty fields: {', '.join(draft.missing)}"
    return ""


def review_subpoena(decision: Decision, message: ReviewSubpoena) -> None:
    """An approval waits for issuance, a revision has the draft drawn anew, a rejection holds the request."""
    draft = decision.state.process.draft
    review = ReviewDecision(
        version=draft.version if draft else 0,
        decision=message.decision,
        by=message.by,
        at=decision.now,
        sha256=message.sha256,
        why=message.reason or message.notes,
    )
    decision.emit(events.SubpoenaReviewed(**origin(message), review=review, fields=message.fields, notes=message.notes))
    match message.decision:
        case "approve":
            pass
        case "revise":
            decision.clear(Attention.DRAFT_REJECTED)  # the revision says what was wrong
            decision.supersede_draft("revised")
        case "reject":
            decision.raise_attention(Attention.DRAFT_REJECTED, message.reason, holds=True)


class RecordIssuance(Message):
    """A person issued the approved subpoena. Software neither signs nor issues; it keeps who did.

    ``draft`` is the hash of the approved draft that was signed, ``sha256`` the hash of the signed document itself.
    """

    number: FilledLine
    """What the issuing office calls the subpoena, such as its docket number."""
    signed_by: FilledLine
    signed_title: Line = ""
    issued_at: Moment
    draft: Sha256
    sha256: Sha256


def refuse_issuance(decision: Decision, issuance: RecordIssuance) -> str:
    state, now = decision.state, decision.now
    draft, issued = state.process.draft, state.process.issued
    if issued:
        return f"subpoena {issued.number} was issued already; the request is {state.status}"
    if draft is None or state.phase is not Status.AWAITING_ISSUANCE:
        return f"there is no approved draft to issue; the request is {state.status}"
    if holds := state.attention.holds:
        return f"nothing is issued while the request is on hold ({', '.join(holds)}); resolve that first"
    if issuance.draft != draft.sha256:
        return f"draft: {issuance.draft[:12]}… is not approved draft {draft.version}, which is {draft.sha256}"
    if draft.missing:
        return f"draft: fields that are required are empty: {', '.join(draft.missing)}"
    return wrong_instant(state, "issued_at", issuance.issued_at, now)


def record_issuance(decision: Decision, message: RecordIssuance) -> None:
    """From here on no response stops the subpoena; production still ends the request."""
    draft = decision.state.process.draft
    issued = Issued(
        number=message.number,
        signed_by=message.signed_by,
        signed_title=message.signed_title,
        issued_at=message.issued_at,
        sha256_signed=message.sha256,
    )
    version = draft.version if draft else 0
    decision.emit(events.IssuanceRecorded(**origin(message), issued=issued, version=version, draft=message.draft))


class RecordService(Message):
    """The subpoena was served by a person. The return date counts from ``served_at``.

    ``notice_to_parties_at`` is when the other parties were given notice, which must come before service of a subpoena
    that commands the production of documents in an action (FRCP 45(a)(4)).
    """

    on_whom: FilledLine
    how: FilledLine
    """The manner, such as ``by hand`` or ``certified mail 7018 …``."""
    by_whom: FilledLine
    served_at: Moment
    place: Line = ""
    notice_to_parties_at: Instant | None = None


def refuse_service(decision: Decision, service: RecordService) -> str:
    state, now = decision.state, decision.now
    issued = state.process.issued
    if issued is None or state.phase is not Status.AWAITING_SERVICE:
        return f"there is no issued subpoena that waits for service; the request is {state.status}"
    if refused := wrong_instant(state, "served_at", service.served_at, now):
        return refused
    if service.served_at < issued.issued_at:
        return f"served_at: {service.served_at.isoformat()} is before the issuance ({issued.issued_at.isoformat()})"
    if state.plan.campaign.ladder.subpoena.form != "court_rule45":
        return ""
    if service.notice_to_parties_at is None:
        return "notice_to_parties_at: is missing; the other parties are given notice before service, FRCP 45(a)(4)"
    if service.notice_to_parties_at >= service.served_at:
        return "notice_to_parties_at: is not before served_at; notice comes before service, FRCP 45(a)(4)"
    return ""


def record_service(decision: Decision, message: RecordService) -> None:
    """The return date runs."""
    service = ServiceRecord.model_validate(message.model_dump(exclude={"event_id", "by"}))
    decision.emit(events.ServiceRecorded(**origin(message), service=service))
