"""Events of letters: how far each came, and to whom."""

from typing import Literal

from pydantic import AwareDatetime

from forthwith.campaign.models import Recipient, Role
from forthwith.deadlines.due_date import DueDate
from forthwith.request.events.base import Event, Reported
from forthwith.request.record import (
    Filed,
    KnownDelivery,
    SentLetter,
    UnconfirmedLetter,
)
from forthwith.request.timetable import Chase


class LetterAccepted(Event):
    """A mail server took a letter."""

    kind: Literal["letter_accepted"] = "letter_accepted"
    letter: SentLetter
    superseded: bool = False
    """It went to an address that was corrected meanwhile, and does not count."""


class LetterDeferred(Event):
    """Certainly nothing was sent, and it can be tried again."""

    kind: Literal["letter_deferred"] = "letter_deferred"
    step: str
    reason: str
    evidence: Filed | None = None
    """Why nothing was sent, as the case file has it."""


class LetterRefused(Event):
    """The mail server refuses this letter for good. Nothing was sent."""

    kind: Literal["letter_refused"] = "letter_refused"
    step: str
    reason: str
    evidence: Filed | None = None
    """Why nothing was sent, as the case file has it."""


class LetterUnconfirmed(Event):
    """Nobody can tell whether this letter was accepted."""

    kind: Literal["letter_unconfirmed"] = "letter_unconfirmed"
    letter: UnconfirmedLetter
    reason: str
    evidence: Filed | None = None
    """The claim of this attempt."""


class LetterSuperseded(Event):
    """A letter to an address that was corrected meanwhile was not accepted there."""

    kind: Literal["letter_superseded"] = "letter_superseded"
    step: str
    reason: str
    evidence: Filed | None = None
    """Why nothing was sent, or the claim where that is unknown."""


class LetterCalledBack(Event):
    """A letter was called back in time: certainly nothing was sent."""

    kind: Literal["letter_called_back"] = "letter_called_back"
    step: str


class SenderLost(Event):
    """The process that was sending a letter was lost. The case file tells how far it came."""

    kind: Literal["sender_lost"] = "sender_lost"
    step: str


class LetterDropped(Event):
    """A letter is not sent any more."""

    kind: Literal["letter_dropped"] = "letter_dropped"
    step: str
    because: Literal["later_letter_due", "moment_passed", "refused"]


class DemandOvertaken(Event):
    """The response date came before the demand could go out: a person decides."""

    kind: Literal["demand_overtaken"] = "demand_overtaken"
    due: DueDate


class DeliveryRecorded(Reported):
    """What became of a letter after the mail server took it."""

    kind: Literal["delivery_recorded"] = "delivery_recorded"
    step: str
    outcome: Literal["delivered", "failed", "delayed"]
    delivered_at: AwareDatetime
    """The moment of the outcome, as it was reported."""
    evidence: str = ""
    was_unconfirmed: bool = False
    """The mail server's answer had been lost."""


class UnconfirmedLetterSettled(Event):
    """It is known what became of a letter that was unconfirmed."""

    kind: Literal["unconfirmed_letter_settled"] = "unconfirmed_letter_settled"
    step: str
    arrived: KnownDelivery | None
    """None where nobody got it."""


class DeliveryAwaited(Event):
    """The demand was accepted; the campaign starts its clock once delivery is on record."""

    kind: Literal["delivery_awaited"] = "delivery_awaited"
    since: AwareDatetime


class RecipientCorrected(Reported):
    """The letters go to another address, person or name from now on."""

    kind: Literal["recipient_corrected"] = "recipient_corrected"
    recipient: Recipient
    was: Recipient
    reason: str


class LetterResent(Reported):
    """A letter goes out again, as a copy or as a new demand, under a step of its own."""

    kind: Literal["letter_resent"] = "letter_resent"
    letter: SentLetter
    step: str
    restarts_clock: bool
    reason: str


class ColleagueUnreachable(Event):
    """The mailbox of one of our own people cannot be reached: somebody else is asked instead."""

    kind: Literal["colleague_unreachable"] = "colleague_unreachable"
    role: Role
    chase: Chase
