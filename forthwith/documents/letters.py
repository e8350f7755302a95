"""From an order to a letter: which words, which dates, which items, for which reader.

Pure. The send activity and `preview` compose with the same function, so what was previewed is what is sent.
"""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from forthwith.base import Model
from forthwith.campaign.models import Campaign, Recipient, RequestPlan
from forthwith.deadlines.clock import Computation
from forthwith.documents.content import DueBox, Letter, NumberedRequest
from forthwith.documents.wording import paragraphs
from forthwith.fields import Sha256
from forthwith.request.items import ItemState
from forthwith.request.record import Draft, Filed, Issued, KnownDelivery, Resent, ServiceRecord
from forthwith.request.timetable import TO_RECIPIENT, Step, StepKind

ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
LISTS_REQUESTS = (StepKind.DEMAND, StepKind.REMINDER, StepKind.DEFICIENCY, StepKind.FINAL_NOTICE)
POSSIBLE_COPY = (
    "This may be a second copy. We could not establish whether an earlier sending of this letter arrived."
    " If you already have it, nothing further is needed on account of this copy."
)


class LetterOrder(Model):
    """Everything one letter says that the plan does not. Instants are UTC."""

    workflow_id: str
    plan: Sha256
    step: Step
    attempt: int
    possible_copy: bool
    composed_at: datetime
    items: tuple[ItemState, ...]
    """Every item of the demand with what is known of it."""
    outstanding: tuple[str, ...]
    deadline: Computation
    acknowledge_by: Computation | None = None
    cure: Computation | None = None
    """The time to cure that a deficiency letter or the final notice leaves."""
    chase_due: Computation | None = None
    demand_sent_at: datetime | None = None
    thread: str = ""
    """Message-ID of the demand, so that every later letter to the recipient threads with it."""
    attention: tuple[str, ...] = ()
    draft: Draft | None = None
    issued: Issued | None = None
    service: ServiceRecord | None = None
    return_due: Computation | None = None
    memo: Filed | None = None
    """The referral memo, which the letter that refers the matter carries."""
    resent: Resent | None = None
    """The earlier letter that this one is a copy of, or takes the place of."""
    recipient: Recipient | None = None
    """Whom the letter is about, as corrected; as the plan has it where it is missing."""
    known: KnownDelivery | None = None
    """Nothing is sent: this attempt is known to have arrived."""

    def addressee(self, plan: RequestPlan) -> Recipient:
        """Whom the letter is about."""
        return self.recipient or plan.recipient


def compose_letter(plan: RequestPlan, templates: Mapping[str, str], order: LetterOrder) -> Letter:
    """The letter that ``order`` asks for, in the words of ``templates`` (file name to text).

    Raises ``WordingError`` when a template does not render.
    """
    campaign, step = plan.campaign, order.step
    issuer, recipient = campaign.issuer, order.addressee(plan)
    name = f"{step.kind}.j2"
    words = _variables(plan, order)

    def block(which: str) -> tuple[str, ...]:
        return paragraphs(templates[name], which, words, name=name)

    if step.to == "recipient":
        zone, reader = plan.jurisdiction.timezone, (recipient.attention, recipient.name)
        address, salutation = recipient.email, f"Dear {recipient.attention}:"
    else:
        colleague = issuer.colleague(step.to)
        zone, reader = campaign.time_zone, (colleague.name, issuer.office)
        address, salutation = colleague.email, f"Dear {colleague.name}:"
    return Letter(
        office=issuer.office,
        office_address=issuer.address,
        date=_date(order.composed_at, zone),
        via=f"By electronic mail: {address}",
        addressee=reader,
        subject=subject(plan, order),
        reference=plan.workflow_id,
        salutation=salutation,
        opening=(*_in_place_of(plan, order), *block("opening")),
        requests=_requests(campaign, order),
        due=_due_box(order, block("due_heading")),
        closing=block("closing"),
        signatory=issuer.signatory.name,
        signatory_title=issuer.signatory.title,
        copies=tuple(issuer.colleague(role).name for role in step.copies),
        footer=f"{step.id} · plan {order.plan[:12]}",
        possible_copy=POSSIBLE_COPY if order.possible_copy else "",
    )


def subject(plan: RequestPlan, order: LetterOrder) -> str:
    """The subject of the mail: one and the same toward the recipient, so that the matter reads as one thread."""
    if order.step.kind in TO_RECIPIENT:
        return plan.campaign.demand.subject
    what = {
        StepKind.REVIEW_REQUEST: f"draft {_version(order)} for review",
        StepKind.REVIEW_CHASE: f"draft {_version(order)} waits for review",
        StepKind.REVIEW_ESCALATION: f"draft {_version(order)} waits for review (to the supervisor)",
        StepKind.ISSUANCE_CHASE: f"draft {_version(order)} waits for issuance",
        StepKind.SERVICE_CHASE: f"subpoena {order.issued.number if order.issued else ''} waits for service",
        StepKind.REFERRAL: "referred for enforcement",
    }.get(order.step.kind, "on hold, needs a person")
    return f"{order.addressee(plan).name}: {what} [{plan.workflow_id}]"


def commands(order: LetterOrder) -> tuple[str, ...]:
    """The command lines that answer an internal letter."""
    request = f"forthwith {{}} {order.workflow_id}"
    if order.step.kind in (StepKind.REVIEW_REQUEST, StepKind.REVIEW_CHASE, StepKind.REVIEW_ESCALATION) and order.draft:
        review = f"{request.format('review-subpoena')} --sha256 {order.draft.sha256}"
        return (
            f"{review} --approve",
            f'{review} --revise --set authority.1.text="…" --notes "…"',
            f'{review} --reject --reason "…"',
        )
    if order.step.kind is StepKind.HOLD_CHASE:
        resolve = [
            f"{request.format('resolve-attention')} {reason}" for reason in order.attention if reason != "clock_paused"
        ]
        resume = [request.format("resume-clock")] * ("clock_paused" in order.attention)
        return (request.format("explain"), *(f'{command} --reason "…"' for command in (*resume, *resolve)))
    if order.step.kind is StepKind.ISSUANCE_CHASE and order.draft:
        issued = f"{request.format('record-issuance')} --draft {order.draft.sha256}"
        return (
            f'{issued} --number "…" --signed-by "…" --at "…" --sha256 "…"',
            request.format("status"),
            f'{request.format("withdraw")} --reason "…"',
        )
    if order.step.kind is StepKind.SERVICE_CHASE:
        return (
            f'{request.format("record-service")} --on "…" --how "…" --served-by "…" --at "…"',
            request.format("status"),
            f'{request.format("withdraw")} --reason "…"',
        )
    if order.step.kind is StepKind.REFERRAL:
        return (request.format("status"), request.format("timeline"))
    return (request.format("status"), f'{request.format("withdraw")} --reason "…"')


def _in_place_of(plan: RequestPlan, order: LetterOrder) -> tuple[str, ...]:
    """What a new demand says of the one before, whatever the office's own words are: that the time runs anew."""
    if order.resent is None or order.step.kind is not StepKind.DEMAND:
        return ()
    sent_on = _date(order.resent.letter.receipt.accepted_at, plan.jurisdiction.timezone)
    return (
        f"This letter takes the place of our letter of {sent_on}. The time to respond runs anew, as stated below."
        f" Reason: {' '.join(order.resent.reason.split())}",
    )


def relevant_period(campaign: Campaign) -> str:
    """The relevant timeframe in words."""
    begins, ends = campaign.demand.relevant_period.begins, campaign.demand.relevant_period.ends
    return f"from {plain_date(begins)} to {plain_date(ends) if isinstance(ends, date) else f'the {ends}'}"


def plain_date(day: date) -> str:
    """``February 23, 2018``."""
    return f"{day:%B} {day.day}, {day.year}"


def _variables(plan: RequestPlan, order: LetterOrder) -> dict[str, object]:
    campaign, demand, recipient = plan.campaign, plan.campaign.demand, order.addressee(plan)
    today = order.composed_at.astimezone(ZoneInfo(order.deadline.zone)).date()
    return {
        "reference": plan.workflow_id,
        "campaign": {"title": campaign.title},
        "issuer": {"office": campaign.issuer.office},
        "recipient": {"name": recipient.name, "attention": recipient.attention},
        "demand": {
            "subject": demand.subject,
            "consequence": demand.consequence.strip(),
            "relevant_period": relevant_period(campaign),
        },
        "authority": [authority.citation for authority in demand.authority],
        "copy": {
            "letter": order.resent.letter.kind.replace("_", " "),
            "sent_on": _date(order.resent.letter.receipt.accepted_at, plan.jurisdiction.timezone),
            "reason": order.resent.reason,
        }
        if order.resent
        else {},
        "outstanding": list(order.outstanding),
        "outstanding_is_all": len(order.outstanding) == len(order.items),
        "demand_sent_on": _date(order.demand_sent_at or order.composed_at, plan.jurisdiction.timezone),
        "due": order.deadline.in_words(),
        "acknowledge_by": order.acknowledge_by.in_words() if order.acknowledge_by else "",
        "ordinal": ORDINALS[order.step.ordinal] if order.step.ordinal < len(ORDINALS) else f"{order.step.ordinal}th",
        "days_left": (order.deadline.due - today).days if order.deadline.rule != "elapsed" else None,
        "cure_due": order.cure.in_words() if order.cure else "",
        "draft": {"version": _version(order), "sha256": order.draft.sha256 if order.draft else ""},
        "review": {"due": order.chase_due.in_words() if order.chase_due else ""},
        "received": _received(order, plan.jurisdiction.timezone),
        "issued": {
            "number": order.issued.number,
            "by": ", ".join(filter(None, (order.issued.signed_by, order.issued.signed_title))),
            "on": _date(order.issued.issued_at, campaign.time_zone),
            "sha256": order.issued.sha256_signed,
        }
        if order.issued
        else None,
        "served": {
            "on_whom": order.service.on_whom,
            "how": order.service.how,
            "by": order.service.by_whom,
            "on": _date(order.service.served_at, plan.jurisdiction.timezone),
        }
        if order.service
        else None,
        "memo": {"file": order.memo.uri, "sha256": order.memo.sha256} if order.memo else None,
        "attention": [reason.replace("_", " ") for reason in order.attention],
        "commands": list(commands(order)),
    }


def _requests(campaign: Campaign, order: LetterOrder) -> tuple[NumberedRequest, ...]:
    if order.step.kind not in LISTS_REQUESTS:
        return ()
    said = {state.id: state for state in order.items}
    return tuple(
        NumberedRequest(number=item.id, text=item.text.strip(), note=_note(said[item.id], order))
        for item in campaign.demand.items
        if item.id in order.outstanding
    )


def _note(state: ItemState, order: LetterOrder) -> str:
    if state.disposition == "objected":
        return f"objection on record: {state.note}" if state.note else "objection on record"
    if state.disposition:
        return "reported, not yet accepted as complete"
    return "nothing on record answers this request" if order.step.kind is StepKind.DEFICIENCY else ""


def _received(order: LetterOrder, zone: str) -> list[str]:
    """``Request A-2: produced, received on February 20, 2018``, for every item that is settled."""
    words = {"none_found": "no document found", "withdrawn": "withdrawn by this office"}
    return [
        f"Request {state.id}: {words.get(state.disposition, state.disposition)}"
        + (f", received on {_date(state.received_at, zone)}" if state.received_at else "")
        + (f" ({state.note})" if state.note else "")
        for state in order.items
        if state.disposition and state.id not in order.outstanding
    ]


def _due_box(order: LetterOrder, heading: tuple[str, ...]) -> DueBox | None:
    match order.step.kind:
        case StepKind.DEFICIENCY | StepKind.FINAL_NOTICE:
            due = order.cure
        case StepKind.DEMAND | StepKind.ACKNOWLEDGMENT | StepKind.REMINDER:
            due = order.deadline
        case StepKind.REFERRAL:
            due = order.return_due
        case StepKind.HOLD_CHASE:
            due = order.deadline if order.demand_sent_at else None
        case _:
            due = order.chase_due
    if due is None or not heading:
        return None
    return DueBox(heading=heading[0], words=due.in_words(), computation=" ".join(due.explain()))


def _version(order: LetterOrder) -> int:
    return order.draft.version if order.draft else 0


def _date(instant: datetime, zone: str) -> str:
    return plain_date(instant.astimezone(ZoneInfo(zone)).date())
