"""What a request keeps on record: responses, letters as sent, drafts as rendered, what people did with them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from forthwith.base import Model
from forthwith.campaign.models import Role
from forthwith.fields import FilledLine, Instant, Sha256, Text
from forthwith.request.timetable import Step, StepKind
from forthwith.request.vocabulary import Disposition, ResponseKind, Who


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


class Response(Model):
    """What the recipient answered, as it was reported.

    ``received_at`` is the instant it reached the office, with its offset. It alone decides on time or late.
    """

    by: Who
    """Who reported it."""
    received_at: Instant
    sender: FilledLine = Field(alias="from")
    kind: ResponseKind
    items: Literal["all"] | Annotated[tuple[ItemReport, ...], Field(max_length=200)] = ()
    documents: Annotated[tuple[Document, ...], Field(max_length=500)] = ()
    note: Text = ""


class PendingMessage(Model):
    """A message that Temporal accepted for a workflow which was stopped before the message was filed."""

    name: str
    """Of the update or signal."""
    payloads: tuple[str, ...]
    """As they were sent, JSON."""


class Recovery(Model):
    """Authority for one workflow to continue a request from its case file, after the one before it has stopped."""

    workflow_id: str
    number: int
    """2 for the second workflow that drives the request."""
    after_run: str
    """The first run of the workflow before."""
    by: Who
    reason: str
    at: datetime
    """UTC."""
    pending: tuple[PendingMessage, ...] = ()
    """What the workflow before accepted last, as its history has it."""


class Filed(Model):
    """An object in the dossier, by its place and content."""

    uri: str
    sha256: str
    size: int
    data: "Filed | None" = None
    """What a document was set from, beside it."""


class Receipt(Model):
    """What the mail server said when it took a letter."""

    message_id: str
    recipient: str = ""
    """The address it went to; empty in receipts of before addresses could be corrected."""
    accepted_at: datetime
    """UTC; on the workflow's clock, so right on a virtual one and on a skewed host."""
    response: str
    refused_copies: tuple[str, ...] = ()
    eml: Filed
    pdf: Filed
    claim: Filed | None = None
    """What the attempt was claimed with, before the content went out."""


class KnownDelivery(Model):
    """That a letter arrived of which the mail server's answer was lost: somebody said so."""

    at: datetime
    evidence: str = ""


class UnconfirmedLetter(Model):
    """An attempt at a letter of which nobody knows whether the mail server accepted it."""

    step: Step
    attempt: int
    possible_copy: bool
    address: str
    """Where a letter to the recipient went; empty for our own people."""


class SentLetter(Model):
    """One letter of the record, as far as anybody knows what became of it."""

    step: str
    kind: StepKind
    to: Role
    receipt: Receipt
    possible_copy: bool = False
    late_by_seconds: int = 0
    delivered: Literal["yes", "no", "unknown"] = "unknown"
    evidence: str = ""


class Resent(Model):
    """An earlier letter that goes out again, as a copy or as a new demand, and why."""

    letter: SentLetter
    reason: str


class Draft(Model):
    """A rendered subpoena draft. ``sha256`` is what a reviewer reads and approves."""

    version: int
    document: Filed
    missing: tuple[str, ...] = ()
    """Required fields that are still empty; none of them may be empty at approval."""
    working_copy: Filed | None = None
    """The same draft for a word processor, to be marked up. Nothing reads it back."""

    @property
    def sha256(self) -> str:
        """Hash of the PDF, in hexadecimal."""
        return self.document.sha256


class ReviewDecision(Model):
    """What a person decided on one version of the draft, against the file that was read."""

    version: int
    decision: Literal["approve", "revise", "reject"]
    by: Who
    at: datetime
    """UTC."""
    sha256: Sha256
    why: str = ""
    """The notes or the reason that were given with it."""


class Issued(Model):
    """The issuance of a subpoena, by a person, as it was recorded. Software issues nothing."""

    number: str
    """The number under which the office issued it."""
    signed_by: str
    signed_title: str
    issued_at: datetime
    """UTC."""
    sha256_signed: Sha256
    """Of the signed original, wherever the office keeps it."""


class ServiceRecord(Model):
    """The service of an issued subpoena, by a person, as it was recorded."""

    on_whom: str
    how: str
    """Such as ``by hand`` or ``certified mail 7018 …``."""
    by_whom: str
    served_at: datetime
    """UTC."""
    place: str = ""
    notice_to_parties_at: datetime | None = None
    """When the other parties of a pending action were given notice, FRCP 45(a)(4). UTC."""


class Objection(Model):
    """An objection to the subpoena, as it was recorded."""

    received_at: datetime
    """UTC."""
    sender: str
    items: tuple[str, ...] = ()
    """The items objected to; none where it is to the whole."""
    grounds: str


class Outcome(Model):
    """How a request ended. The workflow's result."""

    status: str
    text: str
    ended_at: datetime
    on_time: bool | None = None
    letters_sent: int
    drafts: int
    head: str
    """Head of the timeline's chain, over everything that was recorded."""
