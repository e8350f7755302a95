"""The record of a request: entries chained by hash, letters as sent, drafts as rendered."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from forthwith.base import Model
from forthwith.campaign.models import Role
from forthwith.fields import Sha256
from forthwith.request.messages import Who
from forthwith.request.timetable import Facts, StepKind

GENESIS = "0" * 64
"""What the first entry of every chain names as its predecessor."""


class Told(Model):
    """A call that changed the request, verbatim, so that the case can be told again (forthwith/request/telling.py)."""

    call: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    dates: Facts | None = None
    """What the dates in use follow from, where that is not what the calls before leave."""


class Entry(Model):
    """One line of the timeline. ``at`` is UTC; ``previous`` is the hash of the entry before."""

    number: int
    at: datetime
    what: str
    text: str
    by: Who | None = None
    details: dict[str, str] = Field(default_factory=dict)
    told: Told | None = None
    """The call that made this entry and any after it that have none."""
    previous: str

    def filed(self) -> bytes:
        """The bytes that are kept in the dossier, and that `sha256sum` is run on."""
        return self.canonical + b"\n"

    @property
    def head(self) -> str:
        """Hash of this entry, and so of all before it, in hexadecimal."""
        return hashlib.sha256(self.filed()).hexdigest()


def chained(entries: Mapping[str, Entry]) -> list[str]:
    """The hashes of the chain that ends in the latest of ``entries``, in order.

    ``entries`` are by the hash of their bytes, also those of a life before a reset, which lie beside the others.
    """
    chain: list[str] = []
    link = max(entries, key=lambda sha256: (entries[sha256].at, entries[sha256].number), default="")
    while entry := entries.get(link):
        chain.append(link)
        link = entry.previous
    return chain[::-1]


class PendingMessage(Model):
    """A message that Temporal accepted for a workflow which was stopped before it filed that."""

    name: str
    """Of the update or signal."""
    payloads: tuple[str, ...]
    """As they were sent, JSON."""


class Recovery(Model):
    """Authorizes one workflow to continue a request from its case file, after the one before it has stopped."""

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
    """What the workflow before had accepted and not filed, as its history has it."""


class Filed(Model):
    """An object in the dossier, by its place and content."""

    uri: str
    sha256: str
    size: int


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


class KnownDelivery(Model):
    """That a letter arrived of which the mail server's answer was lost: somebody said so."""

    at: datetime
    evidence: str = ""


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


class Decision(Model):
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
