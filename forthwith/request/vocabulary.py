"""The closed vocabularies of a request, and who acts in it. CONTRACT.md shows them to outsiders."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import PrivateAttr

from forthwith.base import Model
from forthwith.fields import WHEN_TAKEN, EventId, FilledLine

MAX_MESSAGES = 1_000
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
    CASE_FILE_DAMAGED = "case_file_damaged"
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


SYSTEM = Who(name="Forthwith", role="system")


class Message(Model):
    """What every message carries. ``event_id`` is the idempotency key: the same event is taken once."""

    event_id: EventId
    by: Who
    _sent_as: str = PrivateAttr("")
    """Hash of the message as it was sent, where it is filled in."""

    @property
    def content_hash(self) -> str:
        """Of the message as it was sent, in hexadecimal: the same event must say the same."""
        return self._sent_as or super().content_hash

    def taken_at(self, now: datetime) -> Self:
        """The message with ``now`` in the place of every moment that its sender left to the request."""
        moments = {field: now for field, value in self if value == WHEN_TAKEN}
        if not moments:
            return self
        taken = self.model_copy(update=moments)
        taken._sent_as = self.content_hash
        return taken


Disposition = Literal["produced", "objected", "none_found", "withdrawn"]

ResponseKind = Literal["production", "refusal", "no_records", "extension_request", "other"]

RESPONSE_KINDS_IN_WORDS: dict[ResponseKind, str] = {
    "production": "A production",
    "refusal": "A refusal",
    "no_records": "An answer that there are no records",
    "extension_request": "A request for more time",
    "other": "A letter",
}
