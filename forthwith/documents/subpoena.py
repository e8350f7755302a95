"""From the record of a request to the draft of a subpoena, and to the record copy once a person has issued it.

Software drafts and leaves blank what only a person can supply: the text of an authority and who vouches for it, the
relevance, the attorney, the signature. What is required and still empty blocks approval, by name.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from forthwith.base import Model
from forthwith.campaign.models import Campaign, Recipient, RequestPlan
from forthwith.campaign.subpoena_fields import missing_fields, subpoena_fields
from forthwith.deadlines.clock import Computation
from forthwith.documents.content import (
    Approval,
    DeadlineStatement,
    Issuance,
    NumberedRequest,
    QuotedAuthority,
    Recital,
    SubpoenaDraft,
)
from forthwith.documents.letters import plain_date, relevant_period
from forthwith.documents.rule45 import court_process
from forthwith.documents.statements import deadline_statement, finding, instant_in_words
from forthwith.fields import Sha256
from forthwith.request.items import ItemState
from forthwith.request.record import Issued, Response, ReviewDecision, SentLetter

BANNER = "DRAFT – NOT ISSUED"


class DraftOrder(Model):
    """Everything a draft says that the plan does not. Instants are UTC."""

    workflow_id: str
    plan: Sha256
    version: int
    drafted_at: datetime
    letters: tuple[SentLetter, ...]
    """Every letter to the recipient, in order."""
    responses: tuple[Response, ...]
    deadline: Computation
    cure: Computation | None
    items: tuple[ItemState, ...]
    outstanding: tuple[str, ...]
    fields: dict[str, str]
    """What reviewers put into fields, such as ``authority.1.text``."""
    notes: tuple[str, ...]
    decisions: tuple[ReviewDecision, ...] = ()
    """On this version and the ones before it."""
    recipient: Recipient | None = None
    """To whom the subpoena is addressed, as corrected; as the plan has it where it is missing."""
    issued: Issued | None = None
    """Once a person issued it, the same version is drawn up again as the record copy of what was issued."""


def compose_draft(plan: RequestPlan, order: DraftOrder, *, template: str, renderer: str) -> SubpoenaDraft:
    """The draft that ``order`` asks for.

    Its audit block names ``renderer`` and the hash of ``template``, the source text of the layout.
    """
    campaign, recipient = plan.campaign, order.recipient or plan.recipient
    subpoena, zone = campaign.ladder.subpoena, plan.jurisdiction.timezone
    filled = subpoena_fields(campaign) | order.fields
    signatory = filled["attorney.name"] if subpoena.court else filled["signatory.name"]
    return SubpoenaDraft(
        banner="" if order.issued else BANNER,
        form=subpoena.form,
        docket_number=order.issued.number if order.issued else filled["docket_number"],
        reference=plan.workflow_id,
        version=order.version,
        template_sha256=hashlib.sha256(template.encode()).hexdigest(),
        issuer_office=campaign.issuer.office,
        issuer_name=signatory,
        issuer_address=campaign.issuer.address,
        authority=_authority(campaign, filled),
        to_name=recipient.name,
        to_kind=plan.jurisdiction.kind,
        to_attention=recipient.attention,
        to_address=(recipient.email,),
        command=filled["command"],
        return_when=f"{subpoena.return_within} after service",
        return_place=filled["return_place"],
        electronic_delivery=filled["electronic_delivery"],
        relevance=filled.get("relevance", ""),
        not_in_possession=filled.get("not_in_possession", ""),
        recitals=tuple(_recital(letter, zone) for letter in order.letters),
        deadlines=_deadlines(order),
        findings=tuple(finding(state, order.outstanding, order.responses, zone) for state in order.items),
        definitions=campaign.demand.definitions,
        instructions=campaign.demand.instructions,
        relevant_period=relevant_period(campaign),
        requests=tuple(
            NumberedRequest(number=item.id, text=item.text.strip())
            for item in campaign.demand.items
            if item.id in order.outstanding
        ),
        objection_rule=filled["objection"],
        objection_date=filled["objection_date"],
        enforcement=filled.get("enforcement", ""),
        signatory=signatory,
        signatory_title=filled.get("signatory.title", ""),
        missing=missing_fields(campaign, order.fields),
        court=subpoena.court.name if subpoena.court else "",
        action=subpoena.court.title if subpoena.court else "",
        process=court_process(subpoena.court, filled) if subpoena.court else None,
        issued=_issuance(order.issued, campaign.time_zone) if order.issued else None,
        revision_notes=order.notes,
        approvals=tuple(_approval(decision, campaign.time_zone) for decision in order.decisions),
        audit_renderer=renderer,
    )


def _authority(campaign: Campaign, filled: Mapping[str, str]) -> tuple[QuotedAuthority, ...]:
    return tuple(
        QuotedAuthority(
            citation=authority.citation,
            as_of=plain_date(authority.as_of),
            text=filled[f"authority.{number}.text"],
            verified_by=filled[f"authority.{number}.verified_by"],
            verified_on=filled[f"authority.{number}.verified_on"],
        )
        for number, authority in enumerate(campaign.demand.authority, start=1)
    )


def _issuance(issued: Issued, zone: str) -> Issuance:
    return Issuance(
        number=issued.number,
        issued_on=instant_in_words(issued.issued_at, zone),
        signed_by=issued.signed_by,
        signed_title=issued.signed_title,
        sha256_signed=issued.sha256_signed,
    )


def _approval(decision: ReviewDecision, zone: str) -> Approval:
    return Approval(
        who=decision.by.name,
        role=decision.by.role,
        decision=f"{decision.decision}, version {decision.version}",
        when=instant_in_words(decision.at, zone),
        sha256=decision.sha256,
    )


def _recital(letter: SentLetter, zone: str) -> Recital:
    notes = [
        "may be a second copy" if letter.possible_copy else "",
        letter.evidence,
    ]
    return Recital(
        when=instant_in_words(letter.receipt.accepted_at, zone),
        kind=letter.step,
        channel="e-mail, accepted by the mail server",
        message_id=letter.receipt.message_id,
        sha256=letter.receipt.pdf.sha256,
        delivered=letter.delivered,
        note="; ".join(filter(None, notes)),
    )


def _deadlines(order: DraftOrder) -> tuple[DeadlineStatement, ...]:
    computed = [("Response to the demand", order.deadline)]
    if order.cure:
        computed.append(("Time to cure after the final notice", order.cure))
    return tuple(deadline_statement(title, due) for title, due in computed)
