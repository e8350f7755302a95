"""From the record of a request to the memo that refers it for enforcement. Software writes it; people decide on it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from forthwith.base import Model
from forthwith.campaign.models import Recipient, RequestPlan
from forthwith.deadlines.clock import Computation
from forthwith.documents.content import (
    DeadlineStatement,
    Exhibit,
    ExhibitFile,
    Memo,
    NumberedRequest,
    RecordLine,
    TimelineLine,
)
from forthwith.documents.letters import plain_date
from forthwith.documents.statements import deadline_statement, finding, instant_in_words
from forthwith.documents.wording import requests, series
from forthwith.fields import Sha256
from forthwith.request.entries import GENESIS, Entry
from forthwith.request.events import DraftReady
from forthwith.request.items import ItemState
from forthwith.request.record import Draft, Issued, Objection, Response, ReviewDecision, SentLetter, ServiceRecord
from forthwith.request.timetable import StepKind
from forthwith.request.vocabulary import ResponseKind, Who

NOTICE = (
    "Software wrote this memo from the case file. Nobody has signed it, and nothing was filed with any court or agency."
    " Whoever relies on it should first check the exhibits against the hashes below."
)

IN_AN_ACTION = frozenset({"court_rule45"})
"""Forms that have other parties, who must be given notice before service."""

_RESPONSES: dict[ResponseKind, str] = {
    "production": "Production",
    "refusal": "Refusal",
    "no_records": "Report that no document was found",
    "extension_request": "Request for more time",
    "other": "Other response",
}
_DECISIONS = {"approve": "approved", "revise": "sent back for revision", "reject": "rejected"}


class MemoOrder(Model):
    """Everything a referral memo says that the plan does not. Instants are UTC."""

    workflow_id: str
    plan: Sha256
    drafted_at: datetime
    letters: tuple[SentLetter, ...]
    """Every letter of the matter, to the recipient and to our own people, in order."""
    responses: tuple[Response, ...]
    deadline: Computation
    cure: Computation | None = None
    items: tuple[ItemState, ...]
    outstanding: tuple[str, ...]
    drafts: tuple[Draft, ...] = ()
    """Every version, in order."""
    approvals: tuple[ReviewDecision, ...] = ()
    """Every decision on a draft, in order, also those that revised or rejected it."""
    issued: Issued | None = None
    service: ServiceRecord | None = None
    return_due: Computation | None = None
    objections: tuple[Objection, ...] = ()
    entries: tuple[Entry, ...] = ()
    """The whole timeline, in order."""
    head: Sha256
    """Head of the chain, over the last of ``entries``."""
    recipient: Recipient | None = None
    """Whom the matter is about, as corrected; as the plan has it where it is missing."""

    def about(self, plan: RequestPlan) -> Recipient:
        """Whom the matter is about."""
        return self.recipient or plan.recipient


def compose_memo(plan: RequestPlan, order: MemoOrder, *, template: str, renderer: str) -> Memo:
    """The memo that ``order`` asks for.

    It names ``renderer`` and the hash of ``template``, the source text of the layout.
    """
    campaign, recipient = plan.campaign, order.about(plan)
    issuer, zone = campaign.issuer, plan.jurisdiction.timezone
    to = issuer.colleague(campaign.ladder.referral.to if campaign.ladder.referral else "supervisor")
    events = _in_order(plan, order)
    exhibits = tuple(
        Exhibit(number=str(number), what=event.what, files=event.files)
        for number, event in enumerate((event for event in events if event.files), start=1)
    )
    numbers = {exhibit.files: exhibit.number for exhibit in exhibits}
    return Memo(
        office=issuer.office,
        office_address=issuer.address,
        to=(to.name, issuer.office),
        sender=(issuer.reviewer.name, issuer.office),
        date=plain_date(order.drafted_at.astimezone(ZoneInfo(campaign.time_zone)).date()),
        subject=f"Referral for enforcement: {recipient.name} ({campaign.demand.subject})",
        reference=plan.workflow_id,
        notice=NOTICE,
        summary=_summary(plan, order),
        asked=_asked(plan, order, numbers),
        outstanding=tuple(
            NumberedRequest(number=item.id, text=item.text.strip())
            for item in campaign.demand.items
            if item.id in order.outstanding
        ),
        findings=tuple(finding(state, order.outstanding, order.responses, zone) for state in order.items),
        deadlines=_deadlines(order),
        times=f"Every time of day below is that of the recipient, {zone}, unless it says otherwise.",
        record=tuple(_line(event, numbers, zone) for event in events),
        gaps=tuple(_gaps(plan, order)),
        exhibits=exhibits,
        timeline=tuple(
            TimelineLine(
                number=entry.number,
                when=instant_in_words(entry.at, zone),
                what=entry.event.kind.replace("_", " "),
                text=entry.text,
                by=_who(entry.by),
                head=entry.head,
            )
            for entry in order.entries
        ),
        chain=_chain(order),
        template_sha256=hashlib.sha256(template.encode()).hexdigest(),
        audit_renderer=renderer,
    )


@dataclass(frozen=True)
class _Event:
    """One line of the chronology before it is put in words."""

    at: datetime
    what: str
    facts: tuple[str, ...] = ()
    message_id: str = ""
    files: tuple[ExhibitFile, ...] = ()


def _in_order(plan: RequestPlan, order: MemoOrder) -> tuple[_Event, ...]:
    events = (
        *_letters(plan, order),
        *_answers(order),
        *_closings(order),
        *_drafting(order),
        *_after_approval(order),
    )
    return tuple(sorted(events, key=lambda event: event.at))  # stable: at one instant, the order of the record


def _letters(plan: RequestPlan, order: MemoOrder) -> Iterator[_Event]:
    issuer, recipient = plan.campaign.issuer, order.about(plan)
    for letter in order.letters:
        to = recipient.name if letter.to == "recipient" else f"{issuer.colleague(letter.to).name}, {letter.to}"
        delivery = {"yes": "Delivered", "no": "Not delivered", "unknown": "Delivery not known"}[letter.delivered]
        receipt = letter.receipt
        yield _Event(
            at=receipt.accepted_at,
            what=_kind(letter) + ("" if letter.step == letter.kind.replace("_", "-") else f" ({letter.step})"),
            facts=_filled(
                f"To {to}, by e-mail{f' to {receipt.recipient}' if receipt.recipient else ''}.",
                f"Accepted by the mail server: “{receipt.response.strip()}”" if receipt.response.strip() else "",
                f"{delivery}{f': {letter.evidence}' if letter.evidence else ''}.",
                "This may have been a second copy, and said so." if letter.possible_copy else "",
                f"Copy refused for {series(receipt.refused_copies)}." if receipt.refused_copies else "",
            ),
            message_id=receipt.message_id,
            files=(
                ExhibitFile(file=receipt.pdf.uri, sha256=receipt.pdf.sha256, note="The letter"),
                ExhibitFile(file=receipt.eml.uri, sha256=receipt.eml.sha256, note="The message that carried it"),
            ),
        )


def _answers(order: MemoOrder) -> Iterator[_Event]:
    for response in order.responses:
        if response.items == "all":
            said = "All outstanding requests, as produced."
        else:
            said = "; ".join(
                f"{item.id} {item.disposition.replace('_', ' ')}{f' ({item.note})' if item.note else ''}"
                for item in response.items
            )
        late = response.received_at >= order.deadline.closes_at
        yield _Event(
            at=response.received_at,
            what=_RESPONSES[response.kind],
            facts=_filled(
                f"From {response.sender}, recorded by {_who(response.by)}.",
                said,
                response.note,
                "Received after the response date." if late else "Received within the time to respond.",
            ),
            files=tuple(
                ExhibitFile(
                    file=document.uri,
                    sha256=document.sha256,
                    note="" if document.pages is None else f"{document.pages} pages",
                )
                for document in response.documents
            ),
        )


def _closings(order: MemoOrder) -> Iterator[_Event]:
    named = (
        ("The time to respond ended", order.deadline),
        ("The time to cure ended", order.cure),
        ("The return date passed", order.return_due),
    )
    for what, due in named:
        if due and due.closes_at <= order.drafted_at:
            yield _Event(at=due.closes_at, what=what, facts=(f"Due {due.in_words()}.",))


def _drafting(order: MemoOrder) -> Iterator[_Event]:
    ready = {entry.event.draft.sha256: entry.at for entry in order.entries if isinstance(entry.event, DraftReady)}
    for draft in order.drafts:
        empty = f"Fields still empty: {series(draft.missing)}." if draft.missing else "No required field was empty."
        yield _Event(
            at=ready.get(draft.sha256, order.drafted_at),
            what=f"Subpoena drafted, version {draft.version}",
            facts=("Drafted by software, not issued.", empty),
            files=(ExhibitFile(file=draft.document.uri, sha256=draft.sha256, note="The draft"),),
        )
    for decision in order.approvals:
        yield _Event(
            at=decision.at,
            what=f"Version {decision.version} {_DECISIONS[decision.decision]}",
            facts=_filled(
                f"By {_who(decision.by)}, who read the file with the sha256 {decision.sha256}.", decision.why
            ),
        )


def _after_approval(order: MemoOrder) -> Iterator[_Event]:
    if issued := order.issued:
        yield _Event(
            at=issued.issued_at,
            what=f"Subpoena issued, number {issued.number}",
            facts=(f"Signed by {_signer(issued)}, according to the record.",),
            files=(
                ExhibitFile(
                    file="Kept by the issuing office.", sha256=issued.sha256_signed, note="The signed original"
                ),
            ),
        )
    if service := order.service:
        if service.notice_to_parties_at:
            yield _Event(
                at=service.notice_to_parties_at,
                what="Notice to the other parties",
                facts=("Fed. R. Civ. P. 45(a)(4).",),
            )
        yield _Event(
            at=service.served_at,
            what="Subpoena served",
            facts=_filled(
                f"On {service.on_whom}, {service.how}, by {service.by_whom}.",
                f"At {service.place}." if service.place else "",
            ),
        )
    for objection in order.objections:
        what = requests(objection.items) if objection.items else "the subpoena as a whole"
        yield _Event(
            at=objection.received_at,
            what="Objection",
            facts=(f"From {objection.sender}, to {what}.", objection.grounds),
        )


def _line(event: _Event, numbers: dict[tuple[ExhibitFile, ...], str], zone: str) -> RecordLine:
    first = event.files[0] if event.files else None
    return RecordLine(
        when=instant_in_words(event.at, zone),
        what=event.what,
        facts=event.facts,
        message_id=event.message_id,
        exhibit=numbers[event.files] if first else "",
        file=first.file if first else "",
        sha256=first.sha256 if first else "",
    )


def _summary(plan: RequestPlan, order: MemoOrder) -> tuple[str, ...]:
    return _filled(
        _what_was_asked(plan, order), _what_came(plan, order), _what_was_issued(plan, order), _where_it_stands(order)
    )


def _what_was_asked(plan: RequestPlan, order: MemoOrder) -> str:
    campaign, zone = plan.campaign, plan.jurisdiction.timezone
    demands = [letter for letter in order.letters if letter.kind is StepKind.DEMAND]
    when = f"On {instant_in_words(demands[-1].receipt.accepted_at, zone)}" if demands else "In this matter"
    count = len(campaign.demand.items)
    authority = series(authority.citation for authority in campaign.demand.authority)
    return (
        f"{when}, the {campaign.issuer.office} asked {order.about(plan).name} for documents in"
        f" {_count(count, 'numbered request')}, under {authority}. The response was due {order.deadline.in_words()}."
    )


def _what_came(plan: RequestPlan, order: MemoOrder) -> str:
    zone = plan.jurisdiction.timezone
    sent = [letter for letter in order.letters if letter.to == "recipient"]
    reminders = sum(letter.kind is StepKind.REMINDER for letter in sent)
    parts = [f"{_count(reminders, 'reminder').capitalize()} followed." if reminders else ""]
    parts += [
        f"A {_kind(letter).lower()} was sent on {instant_in_words(letter.receipt.accepted_at, zone)}."
        for letter in sent
        if letter.kind in (StepKind.DEFICIENCY, StepKind.FINAL_NOTICE)
    ]
    if order.cure and order.cure.closes_at <= order.drafted_at:
        parts.append(f"The time to cure ended {order.cure.in_words()}.")
    if order.responses:
        last = order.responses[-1]
        count = len(order.responses)
        parts.append(
            f"{_count(count, 'response').capitalize()} {'is' if count == 1 else 'are'} on record, the last received on"
            f" {instant_in_words(last.received_at, zone)} from {last.sender}."
        )
    else:
        parts.append("No response is on record.")
    return " ".join(filter(None, parts))


def _what_was_issued(plan: RequestPlan, order: MemoOrder) -> str:
    zone = plan.jurisdiction.timezone
    approved = [decision for decision in order.approvals if decision.decision == "approve"]
    parts: list[str] = []
    if approved:
        decision = approved[-1]
        parts.append(
            f"Version {decision.version} of the subpoena was approved by {_who(decision.by)} on"
            f" {instant_in_words(decision.at, zone)}."
        )
    if issued := order.issued:
        when = instant_in_words(issued.issued_at, zone)
        parts.append(f"It was issued as number {issued.number} on {when}, signed by {_signer(issued)}.")
    if service := order.service:
        when = instant_in_words(service.served_at, zone)
        place = f" at {service.place}" if service.place else ""
        parts.append(f"It was served on {service.on_whom} on {when}{place}, {service.how}, by {service.by_whom}.")
    return " ".join(parts)


def _where_it_stands(order: MemoOrder) -> str:
    parts = [f"The return date was {order.return_due.in_words()}." if order.return_due else ""]
    if order.objections:
        count = len(order.objections)
        parts.append(f"{_count(count, 'objection').capitalize()} {'is' if count == 1 else 'are'} on record.")
    if order.outstanding:
        parts.append(f"{requests(order.outstanding)} {'is' if len(order.outstanding) == 1 else 'are'} outstanding.")
    return " ".join(filter(None, parts))


def _asked(plan: RequestPlan, order: MemoOrder, numbers: dict[tuple[ExhibitFile, ...], str]) -> tuple[str, ...]:
    form = plan.campaign.ladder.subpoena.form
    subpoena = f"subpoena {order.issued.number}" if order.issued else "the demand"
    asked = (
        f"That the office decide whether to seek enforcement of {subpoena} against {order.about(plan).name} as to"
        f" {requests(order.outstanding)}."
    )
    how = {
        "court_rule45": "Where an objection was made, the serving party may move the court for the district where"
        " compliance is required for an order compelling production, Fed. R. Civ. P. 45(d)(2)(B)(i). That court may"
        " hold in contempt a person who, having been served, fails without adequate excuse to obey the subpoena,"
        " Fed. R. Civ. P. 45(g).",
        "administrative": "The authority relied on is quoted, with who verified it, in the draft that was approved"
        f"{_where_approved(order, numbers)}. Which remedy it gives, and before which court or agency, is for the"
        " attorney to establish.",
    }[form]
    consequence = f"The demand stated its consequence in these words: “{plan.campaign.demand.consequence.strip()}”"
    return (asked, how, consequence)


def _where_approved(order: MemoOrder, numbers: dict[tuple[ExhibitFile, ...], str]) -> str:
    approved = [decision.sha256 for decision in order.approvals if decision.decision == "approve"][-1:]
    exhibits = [number for files, number in numbers.items() if any(file.sha256 in approved for file in files)]
    return f" (Exhibit {exhibits[0]})" if exhibits else ""  # the draft comes first, also where it was signed as it is


def _deadlines(order: MemoOrder) -> tuple[DeadlineStatement, ...]:
    named = (
        ("Response to the demand", order.deadline),
        ("Time to cure", order.cure),
        ("Return date of the subpoena", order.return_due),
    )
    return tuple(deadline_statement(title, due) for title, due in named if due)


def _gaps(plan: RequestPlan, order: MemoOrder) -> Iterator[str]:
    sent = [letter for letter in order.letters if letter.to == "recipient"]
    if unknown := [letter.step for letter in sent if letter.delivered == "unknown"]:
        yield (
            f"Delivery of {series(unknown)}: the mail server accepted the message, which may be the sender’s own"
            " relay. No proof of delivery is on record."
        )
    if undelivered := [letter.step for letter in sent if letter.delivered == "no"]:
        yield f"Delivery of {series(undelivered)} failed, according to the record."
    if not order.issued:
        yield "No issuance is on record."
    if not order.service:
        yield "No service is on record."
    elif plan.campaign.ladder.subpoena.form in IN_AN_ACTION and not order.service.notice_to_parties_at:
        yield "No notice to the other parties before service is on record, Fed. R. Civ. P. 45(a)(4)."
    if order.issued:
        yield "The signed original is known to the case file by its hash alone. The issuing office keeps it."
    if order.service:
        yield "The proof of service is known to the case file by what was recorded. Attach the signed original."
    if any(response.documents for response in order.responses):
        yield "What was produced is known to the case file by place and hash. Its content was not examined by software."


def _chain(order: MemoOrder) -> str:
    previous, holds = GENESIS, bool(order.entries)
    for entry in order.entries:
        holds, previous = holds and entry.previous == previous, entry.head
    count = len(order.entries)
    if holds and previous == order.head:
        return (
            f"The timeline has {count} entries, each sealed by the hash of the one before it. Computed anew when this"
            f" memo was written, the chain holds and ends in {order.head}."
        )
    return (
        f"The timeline has {count} entries. Computed anew when this memo was written, their chain does NOT end in the"
        f" head that the record names, {order.head}. Establish why before relying on this memo."
    )


def _kind(letter: SentLetter) -> str:
    return "Deficiency letter" if letter.kind is StepKind.DEFICIENCY else letter.kind.replace("_", " ").capitalize()


def _count(number: int, noun: str) -> str:
    """``one reminder``, ``12 reminders``."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return f"{words[number] if number < len(words) else number} {noun}{'' if number == 1 else 's'}"


def _who(who: Who) -> str:
    return f"{who.name} ({who.role})"


def _signer(issued: Issued) -> str:
    return ", ".join(_filled(issued.signed_by, issued.signed_title))


def _filled(*parts: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in parts if part.strip())
