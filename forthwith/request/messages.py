"""What people and other systems can tell a request, and what it answers.

The same payloads serve updates, signals and the operators' CLI. CONTRACT.md shows them to outsiders.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from forthwith.base import Model
from forthwith.deadlines.period import Period
from forthwith.fields import Address, Day, EventId, FilledLine, FilledText, Instant, Line, Sha256, Text

MOST_MESSAGES = 1_000
"""What one request takes. The server itself stops at 2,000 updates, without saying why."""


class Status(StrEnum):
    """Where a request stands. The last four are ends."""

    SENDING = "Sending"
    AWAITING_RESPONSE = "AwaitingResponse"
    OVERDUE = "Overdue"
    DRAFTING = "Drafting"
    AWAITING_REVIEW = "AwaitingReview"
    AWAITING_ISSUANCE = "AwaitingIssuance"
    AWAITING_SERVICE = "AwaitingService"
    AWAITING_RETURN = "AwaitingReturn"
    ON_HOLD = "OnHold"
    COMPLIED = "Complied"
    WITHDRAWN = "Withdrawn"
    REFERRED_FOR_ENFORCEMENT = "ReferredForEnforcement"
    UNSERVICEABLE = "Unserviceable"


ENDED = frozenset({Status.COMPLIED, Status.WITHDRAWN, Status.REFERRED_FOR_ENFORCEMENT, Status.UNSERVICEABLE})


class Attention(StrEnum):
    """Why a person should look at a request."""

    UNDELIVERABLE = "undeliverable"
    UNKNOWN_SEND = "unknown_send"
    UNREADABLE_MESSAGE = "unreadable_message"
    MAIL_DELAYED = "mail_delayed"
    DOSSIER_UNWRITABLE = "dossier_unwritable"
    DATES_FAILED = "dates_failed"
    LETTER_FAILED = "letter_failed"
    DRAFT_FAILED = "draft_failed"
    DRAFT_REJECTED = "draft_rejected"
    OBJECTION = "objection"
    REFUSAL = "refusal"
    EXTENSION_REQUESTED = "extension_requested"
    CLOCK_PAUSED = "clock_paused"
    REVIEW_LATE = "review_late"
    ISSUANCE_LATE = "issuance_late"
    SERVICE_LATE = "service_late"
    ON_HOLD = "on_hold"


class Who(Model):
    """A person or system, in the role in which it acts."""

    name: FilledLine
    role: FilledLine


class Message(Model):
    """What every message carries."""

    event_id: EventId
    by: Who


Disposition = Literal["produced", "objected", "none_found", "withdrawn"]


class ItemReport(Model):
    """What became of one item of the demand."""

    id: FilledLine
    disposition: Disposition
    note: Text = ""


class Document(Model):
    """A document that was received, by reference. Its bytes stay where they are."""

    uri: FilledLine
    sha256: Sha256
    pages: Annotated[int, Field(ge=0)] | None = None


ResponseKind = Literal["production", "refusal", "no_records", "extension_request", "other"]


class RecordResponse(Message):
    """A response came in: ``record_response`` and the signal ``response_received``.

    ``received_at`` is the instant it reached the office, with its offset. It alone decides on time or late.
    """

    received_at: Instant
    sender: FilledLine = Field(alias="from")
    kind: ResponseKind
    items: Literal["all"] | Annotated[tuple[ItemReport, ...], Field(max_length=200)] = ()
    documents: Annotated[tuple[Document, ...], Field(max_length=500)] = ()
    note: Text = ""


class AcceptResponse(Message):
    """A person finds claimed items complete. Only where the campaign says ``completeness: reviewed``."""

    items: Literal["all"] | Annotated[tuple[FilledLine, ...], Field(min_length=1, max_length=200)]
    reason: Text = ""


class Acknowledge(Message):
    """The recipient confirmed that it has the demand."""

    received_at: Instant
    note: Text = ""


class DeliveryReport(Message):
    """What became of one letter after the mail server took it: ``record_delivery``, ``delivery_failed``.

    ``letter`` is the step, such as ``demand`` or ``reminder-2``. Only ``failed`` (RFC 3464) undoes a delivery;
    ``delayed`` changes nothing.
    """

    letter: FilledLine
    outcome: Literal["delivered", "failed", "delayed"]
    at: Instant
    diagnostic: Line = ""
    how: Line = ""
    """The evidence, such as ``DSN`` or ``certified mail 7018 …``."""


class ExtendDeadline(Message):
    """More time: to a date, or by a period counted from the base date (the due date before any extension)."""

    to: Day | None = None
    period: Period | None = None
    reason: FilledText

    @model_validator(mode="after")
    def _one_of_both(self) -> "ExtendDeadline":
        if (self.to is None) == (self.period is None):
            raise ValueError("give either to (a date) or period (such as {days: 14})")
        return self


class PauseClock(Message):
    """The recipient's time stands still from ``at`` on, or from now. It is tolling, not forgiving: nothing is given
    back of a time that is over."""

    at: Instant | None = None
    reason: FilledText


class ResumeClock(Message):
    """The recipient's time runs again from ``at`` on, or from now."""

    at: Instant | None = None
    reason: FilledText


class CorrectRecipient(Message):
    """The letters go to another address, person or name from now on. What is left out stays as it is."""

    email: Address | None = None
    attention: FilledLine | None = None
    name: FilledLine | None = None
    reason: FilledText

    @model_validator(mode="after")
    def _something(self) -> "CorrectRecipient":
        if self.email is None and self.attention is None and self.name is None:
            raise ValueError("give what is to be corrected: email, attention or name")
        return self


class ResendLetter(Message):
    """A letter goes out again: as a copy that leaves the clock alone, or as a new demand that starts it anew.

    There is no default: whoever sends again says which of both it is.
    """

    letter: FilledLine
    """The step, such as ``reminder-2``. Only a demand restarts the clock."""
    restarts_clock: bool
    reason: FilledText


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


class RecordIssuance(Message):
    """A person issued the approved subpoena. Software neither signs nor issues; it keeps who did.

    ``draft`` is the hash of the approved draft that was signed, ``sha256`` the hash of the signed document itself.
    """

    number: FilledLine
    """What the issuing office calls the subpoena, such as its docket number."""
    signed_by: FilledLine
    signed_title: Line = ""
    issued_at: Instant
    draft: Sha256
    sha256: Sha256


class RecordService(Message):
    """The subpoena was served by a person. The return date counts from ``served_at``.

    ``notice_to_parties_at`` is when the other parties were given notice, which must come before service of a subpoena
    that commands the production of documents in an action (FRCP 45(a)(4)).
    """

    on_whom: FilledLine
    how: FilledLine
    """The manner, such as ``by hand`` or ``certified mail 7018 …``."""
    by_whom: FilledLine
    served_at: Instant
    place: Line = ""
    notice_to_parties_at: Instant | None = None


class ItemObjection(Model):
    """An objection to one item, with its ground."""

    id: FilledLine
    ground: FilledText


class RecordObjection(Message):
    """The recipient objects, item by item. ``received_at`` against the objection date decides whether in time."""

    received_at: Instant
    sender: FilledLine = Field(alias="from")
    items: Annotated[tuple[ItemObjection, ...], Field(min_length=1, max_length=200)]
    note: Text = ""


class EscalateNow(Message):
    """Take the next rung of escalation without waiting for its date."""

    reason: FilledText


class Withdraw(Message):
    """The issuer takes the demand back. The request ends."""

    reason: FilledText


class RecomputeDeadlines(Message):
    """The dates are computed with other calendars from now on, such as those of a year with a new holiday.

    Each is named by the sha256 under which the dossier keeps it; what is left out stays.
    """

    recipient_calendar: Sha256 | None = None
    issuer_calendar: Sha256 | None = None
    reason: FilledText

    @model_validator(mode="after")
    def _something(self) -> "RecomputeDeadlines":
        if self.recipient_calendar is None and self.issuer_calendar is None:
            raise ValueError("give recipient_calendar, issuer_calendar or both")
        return self


class ResolveAttention(Message):
    """A person dealt with one reason for attention.

    ``continue`` goes on (an undeliverable letter is sent again, a rejected draft is drawn up anew);
    ``unserviceable`` ends a request whose demand cannot be delivered.
    """

    attention: Attention
    outcome: Literal["continue", "unserviceable"] = "continue"
    reason: FilledText


class AddNote(Message):
    """Something the record should hold."""

    note: FilledText


AnyMessage = (
    RecordResponse
    | AcceptResponse
    | Acknowledge
    | DeliveryReport
    | ExtendDeadline
    | PauseClock
    | ResumeClock
    | CorrectRecipient
    | ResendLetter
    | ReviewSubpoena
    | RecordIssuance
    | RecordService
    | RecordObjection
    | EscalateNow
    | Withdraw
    | RecomputeDeadlines
    | ResolveAttention
    | AddNote
)


UPDATES: dict[str, type[AnyMessage]] = {
    "record_response": RecordResponse,
    "accept_response": AcceptResponse,
    "acknowledge": Acknowledge,
    "record_delivery": DeliveryReport,
    "extend_deadline": ExtendDeadline,
    "pause_clock": PauseClock,
    "resume_clock": ResumeClock,
    "correct_recipient": CorrectRecipient,
    "resend_letter": ResendLetter,
    "review_subpoena": ReviewSubpoena,
    "record_issuance": RecordIssuance,
    "record_service": RecordService,
    "record_objection": RecordObjection,
    "escalate_now": EscalateNow,
    "withdraw": Withdraw,
    "recompute_deadlines": RecomputeDeadlines,
    "resolve_attention": ResolveAttention,
    "add_note": AddNote,
}
"""Every update a request takes, by name."""

SIGNALS: dict[str, type[RecordResponse] | type[DeliveryReport]] = {
    "response_received": RecordResponse,
    "delivery_failed": DeliveryReport,
}
"""For systems that can only signal. Whatever else arrives is kept as unreadable."""


class Answer(Model):
    """What a request answers to a message it took."""

    recorded: int
    """Number of the timeline entry that holds the message."""
    text: str
    """What it changed, in a sentence."""
    status: Status
    outstanding: tuple[str, ...]
    attention: tuple[Attention, ...]
    response_due: datetime | None
    next_action_at: datetime | None
