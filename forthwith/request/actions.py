"""What a request can ask of the world next. The workflow carries it out and reports back."""

from dataclasses import dataclass
from datetime import datetime

from forthwith.request.record import KnownDelivery
from forthwith.request.timetable import Facts, Step


@dataclass(frozen=True)
class ComputeDates:
    """The dates no longer follow from the facts: compute them anew."""

    facts: Facts


@dataclass(frozen=True)
class SendLetter:
    """A letter is due now."""

    step: Step
    attempt: int
    possible_copy: bool
    """An earlier attempt may have been accepted: the letter says that it may be a second copy."""
    address: str = ""
    """Where a letter to the recipient goes; empty for our own people."""
    known: KnownDelivery | None = None
    """Nothing is sent: this attempt was unconfirmed and is known to have arrived, and gets its receipt."""


@dataclass(frozen=True)
class DraftSubpoena:
    """The time to cure has passed: draw up this version of the draft."""

    version: int


@dataclass(frozen=True)
class CopyIssued:
    """A person issued the subpoena: draw up the record copy of what was issued, without the banner of a draft."""

    version: int


@dataclass(frozen=True)
class DraftReferral:
    """The return date has passed: draw up the memo that refers the matter for enforcement."""


@dataclass(frozen=True)
class Wait:
    """Nothing is due before ``until`` (UTC), unless somebody says something."""

    until: datetime
    then: str
    """What happens at that moment, in words."""


@dataclass(frozen=True)
class Close:
    """The request has ended."""


Action = ComputeDates | SendLetter | DraftSubpoena | CopyIssued | DraftReferral | Wait | Close
