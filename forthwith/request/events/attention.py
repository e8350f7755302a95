"""Events of what needs a person, and of our own machinery."""

from typing import Literal

from forthwith.campaign.models import Role
from forthwith.request.events.base import Event, Reported
from forthwith.request.timetable import Chase
from forthwith.request.vocabulary import Attention


class AttentionRaised(Event):
    """A person should look at the request."""

    kind: Literal["attention_raised"] = "attention_raised"
    attention: Attention
    reason: str
    holds: bool = False
    """The ladder stops until it is resolved."""
    role: Role | None = None
    """Whose letter it is about, where it is about a letter."""


class AttentionCleared(Event):
    """A reason for attention is gone by itself."""

    kind: Literal["attention_cleared"] = "attention_cleared"
    attention: Attention


class AttentionResolved(Reported):
    """A person dealt with a reason for attention."""

    kind: Literal["attention_resolved"] = "attention_resolved"
    attention: Attention
    outcome: Literal["continue", "unserviceable"]
    reason: str


class Escalated(Reported):
    """An operator did not wait for the next date."""

    kind: Literal["escalated"] = "escalated"
    skips: Literal["response_period", "cure_period", "final_notice", "return_date", "wait_for_colleague"]
    reason: str
    chase: Chase | None = None
    """What our own people owe, with the next person asked at once."""


class WorkFailed(Event):
    """Our machinery failed at dates, a document or a letter, for the first time in a row. It is tried again.

    Where it goes on to fail alike, `attention_raised` follows, which holds."""

    kind: Literal["work_failed"] = "work_failed"
    work: str
    attention: Attention
    reason: str


class FilingFailed(Event):
    """The record could not be filed. It is kept, and filed later."""

    kind: Literal["filing_failed"] = "filing_failed"
    reason: str


class FilingRecovered(Event):
    """The record is filed again."""

    kind: Literal["filing_recovered"] = "filing_recovered"
