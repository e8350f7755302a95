"""Where one request stands, as data: nothing but what its events leave (forthwith/request/evolve.py).

No part decides anything, and none knows who drives it. All instants are UTC or carry their offset.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from forthwith.campaign.models import Recipient, RequestPlan, Role
from forthwith.deadlines.due_date import DueDate
from forthwith.request.items import Items
from forthwith.request.record import (
    Draft,
    Filed,
    Issued,
    KnownDelivery,
    Objection,
    Outcome,
    Resent,
    Response,
    ReviewDecision,
    SentLetter,
    ServiceRecord,
    UnconfirmedLetter,
)
from forthwith.request.timetable import Chase, Facts, StepKind, Timetable
from forthwith.request.vocabulary import Attention, Status, Who


@dataclass(frozen=True, slots=True)
class ClockState:
    """The recipient's time: the facts that every date hangs on, and what decides which of them count."""

    facts: Facts
    period_since: datetime | None = None
    """When the present response date was set; a reminder that would have gone before makes no sense."""
    paused_since: datetime | None = None
    """When the pause began that is not over yet."""
    cure_closed: bool = False
    """An operator did not wait for the end of the time to cure."""
    announced: DueDate | None = None
    """The response date that the record has last."""

    @property
    def runs(self) -> bool:
        """Whether the response time is running, or has run out."""
        return self.facts.clock_from is not None

    def unless_paused(self, due: datetime) -> datetime | None:
        """``due``; None while a pause that began before it keeps it open."""
        return None if self.paused_since and self.paused_since < due else due


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """The letters: which went out, and what is not known of the others."""

    letters: tuple[SentLetter, ...] = ()
    done: frozenset[str] = frozenset()
    """The steps that need no letter any more: sent, or dropped."""
    attempts: Mapping[str, int] = field(default_factory=dict[str, int])
    """The next attempt at each step that was tried before."""
    doubts: Mapping[str, int] = field(default_factory=dict[str, int])
    """How often it is unknown whether a letter was accepted, by `doubt_key`."""
    unconfirmed: Mapping[str, UnconfirmedLetter] = field(default_factory=dict[str, UnconfirmedLetter])
    """The latest attempt of each letter of which nobody knows whether it was accepted, by its step."""
    arrived: Mapping[str, KnownDelivery] = field(default_factory=dict[str, KnownDelivery])
    """Unconfirmed letters that are known to have arrived, until their receipt is filed."""
    last_letter_at: datetime | None = None
    """When the recipient was last written to, at the address that counts."""
    resent: Mapping[str, Resent] = field(default_factory=dict[str, Resent])
    """By the step under which it goes out again."""

    def attempt(self, step: str) -> int:
        """The number of the next attempt at ``step``, from 1."""
        return self.attempts.get(step, 1)


@dataclass(frozen=True, slots=True)
class AttentionState:
    """What needs a person, what holds the ladder meanwhile, and what our own people owe."""

    reasons: Mapping[Attention, str] = field(default_factory=dict[Attention, str])
    holds: Mapping[Attention, str] = field(default_factory=dict[Attention, str])
    """The reasons that stop the ladder until a person has looked: no letter to the recipient, no step of escalation,
    no approval. The recipient's time runs on meanwhile, unless it is paused as well."""
    chase: Chase | None = None
    """What one of our own people owes in this phase."""
    hold_chase: Chase | None = None
    """While on hold, what is asked instead of `chase`."""
    hold_count: int = 0
    undelivered_to: Role | None = None
    """Whose letter the attention `undeliverable` is about; the last one where there were several."""

    @property
    def asked(self) -> Chase | None:
        """What is asked of our own people now."""
        return self.hold_chase or self.chase

    def asked_by(self, step: str) -> tuple[Chase, ...]:
        """The chases that the letter ``step`` is one of."""
        return tuple(chase for chase in (self.hold_chase, self.chase) if chase and chase.asked_by(step))


@dataclass(frozen=True, slots=True)
class ProcessState:
    """From the draft to the referral."""

    draft: Draft | None = None
    drafts: tuple[Draft, ...] = ()
    """Every version that was put before a reviewer."""
    versions: int = 0
    """Numbers of drafts that were given out; one that was superseded while it was drawn up is not given again."""
    drawn_up: int = 0
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    reviews: tuple[ReviewDecision, ...] = ()
    approved_by: Who | None = None
    issued: Issued | None = None
    record_copy: Filed | None = None
    """The approved version with what was recorded of its issuance, and without the banner."""
    service: ServiceRecord | None = None
    objections: tuple[Objection, ...] = ()
    refers: bool = False
    """The return date is over, or an operator does not wait for it: the matter is being referred."""
    refers_early: bool = False
    """It was an operator who did not wait."""
    memo: Filed | None = None
    memos: int = 0

    @property
    def wants_record_copy(self) -> bool:
        """Whether the copy of what was issued is still to be drawn up."""
        return self.issued is not None and self.record_copy is None


@dataclass(frozen=True, slots=True)
class RecordState:
    """What the record holds so far, as far as decisions need it."""

    entries: int = 0
    messages: int = 0
    size: int = 0
    """Bytes of all events, as they are filed."""
    capped: bool = False
    """The request took all the messages it takes, and no more are kept."""
    answers: Mapping[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    """Hash of the message, and the number of its entry, by ``event_id``."""
    unreadable: tuple[str, ...] = ()
    """What is kept of each unreadable message."""


@dataclass(frozen=True, slots=True)
class State:
    """One request. `State.at_start` is before the first event."""

    plan: RequestPlan
    recipient: Recipient
    """To whom the letters go: as the plan has it, or as it was corrected since."""
    clock: ClockState
    items: Items
    phase: Status = Status.SENDING
    """Where the request stands apart from holds and ends; `status` is what people are shown."""
    heard_at: datetime | None = None
    """When the recipient was first heard of: an acknowledgment or any response."""
    responses: tuple[Response, ...] = ()
    deliveries: DeliveryState = DeliveryState()
    attention: AttentionState = AttentionState()
    process: ProcessState = ProcessState()
    record: RecordState = RecordState()
    outcome: Outcome | None = None

    @classmethod
    def at_start(cls, plan: RequestPlan, opened_at: datetime) -> "State":
        """A request of which nothing has happened yet."""
        return cls(
            plan=plan,
            recipient=plan.recipient,
            clock=ClockState(Facts(opened_at=opened_at)),
            items=Items.of(plan.campaign.demand.items, plan.campaign.completeness),
        )

    @property
    def status(self) -> Status:
        """Where the request stands, in the vocabulary of the operators' console.

        A demand that cannot be delivered is still `Sending`; any other hold is `OnHold`.
        """
        if self.outcome:
            return Status(self.outcome.status)
        holds = set(self.attention.holds)
        if holds and (self.phase is not Status.SENDING or holds != {Attention.UNDELIVERABLE}):
            return Status.ON_HOLD
        return self.phase

    @property
    def is_open(self) -> bool:
        """True until the request has ended."""
        return self.outcome is None

    @property
    def opened_at(self) -> datetime:
        """When the request was started."""
        return self.clock.facts.opened_at

    @property
    def demand_sent_at(self) -> datetime | None:
        """When the demand that counts was accepted."""
        sent = [one for one in self.deliveries.letters if one.kind is StepKind.DEMAND and one.delivered != "no"]
        return sent[-1].receipt.accepted_at if sent else None

    @property
    def awaits_final_notice(self) -> bool:
        """Whether the deadline has passed and the final notice was not given yet."""
        return self.phase is Status.OVERDUE and self.clock.facts.final_notice_at is None

    @property
    def awaits_memo(self) -> bool:
        """Whether the referral memo is to be drawn up now."""
        return self.process.refers and self.process.memo is None and not self.attention.holds

    def address(self, role: Role) -> str:
        """Where a letter to the recipient goes; a colleague's address is no matter of the request."""
        return self.recipient.email if role == "recipient" else ""

    def response_due(self, dates: Timetable | None) -> datetime | None:
        """The closing instant of the response time; None until the clock runs, and while a pause keeps it open."""
        if dates is None or not self.clock.runs:
            return None
        return self.clock.unless_paused(dates.deadline.closes_at)

    def is_on_time(self, received_at: datetime, dates: Timetable | None) -> bool | None:
        """Whether what was received then came before the closing instant; None while no clock runs."""
        due = self.response_due(dates)
        return received_at < due if due else None

    def is_unconfirmed(self, step: str) -> bool:
        """Whether nobody knows what became of a letter to the address that counts now."""
        letter = self.deliveries.unconfirmed.get(step)
        return letter is not None and letter.address == self.address(letter.step.to)


def doubt_key(step: str, address: str) -> str:
    """How a letter to one address is named among the doubts: a corrected address has had no letter yet."""
    return f"{step} {address}".strip()
