"""Events from the draft to the referral."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from forthwith.deadlines.due_date import DueDate
from forthwith.fields import Sha256
from forthwith.request.events.base import Event, Reported
from forthwith.request.record import (
    Draft,
    Filed,
    Issued,
    ReviewDecision,
    ServiceRecord,
)

SupersededBecause = Literal["findings_changed", "recipient_corrected", "dates_moved", "revised", "rejected"]


class DraftReady(Event):
    """A draft waits for review."""

    kind: Literal["draft_ready"] = "draft_ready"
    draft: Draft


class DraftDiscarded(Event):
    """A draft was finished after it was superseded."""

    kind: Literal["draft_discarded"] = "draft_discarded"
    draft: Draft


class DraftSuperseded(Event):
    """A draft states what is no longer so; the next version is drawn up instead."""

    kind: Literal["draft_superseded"] = "draft_superseded"
    version: int
    because: SupersededBecause


class DraftWithdrawn(Event):
    """A draft is no longer wanted."""

    kind: Literal["draft_withdrawn"] = "draft_withdrawn"
    version: int


class SubpoenaReviewed(Reported):
    """The attorney approved, revised or rejected a draft."""

    kind: Literal["subpoena_reviewed"] = "subpoena_reviewed"
    review: ReviewDecision
    fields: Mapping[str, str] = Field(default_factory=dict)
    notes: str = ""


class IssuanceRecorded(Reported):
    """A person issued what was approved."""

    kind: Literal["issuance_recorded"] = "issuance_recorded"
    issued: Issued
    version: int
    draft: Sha256


class RecordCopyFiled(Event):
    """The record copy of the issued subpoena is in the case file."""

    kind: Literal["record_copy_filed"] = "record_copy_filed"
    document: Filed


class ServiceRecorded(Reported):
    """A person served what was issued."""

    kind: Literal["service_recorded"] = "service_recorded"
    service: ServiceRecord


class ReturnDatePassed(Event):
    """The return date of the subpoena is over, and something is outstanding."""

    kind: Literal["return_date_passed"] = "return_date_passed"
    due: DueDate
    outstanding: tuple[str, ...]
    late_by_seconds: int = 0


class ReferralStarted(Event):
    """The matter is being referred: the memo is drawn up next."""

    kind: Literal["referral_started"] = "referral_started"
    early: bool
    """An operator did not wait for the return date."""


class ReferralDropped(Event):
    """The time to return is not over: nothing is referred yet."""

    kind: Literal["referral_dropped"] = "referral_dropped"
    due: DueDate | None = None
    """The return date, where it is known already."""


class MemoReady(Event):
    """The referral memo is in the case file."""

    kind: Literal["memo_ready"] = "memo_ready"
    memo: Filed
    number: int


class MemoDiscarded(Event):
    """A memo was finished after it was superseded."""

    kind: Literal["memo_discarded"] = "memo_discarded"
    memo: Filed


class MemoSuperseded(Event):
    """The memo states what is no longer so; another one is drawn up."""

    kind: Literal["memo_superseded"] = "memo_superseded"
