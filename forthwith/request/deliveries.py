"""Letters: what becomes of each, what is reported of it later, to whom they go, and which go out again.

What the sender reports, and each message: its model, when it is refused, what it does.
"""

from datetime import datetime
from typing import Literal

from pydantic import model_validator

from forthwith.campaign.models import Recipient, Role
from forthwith.deadlines.pause import Pause
from forthwith.fields import Address, FilledLine, FilledText, Line, Moment
from forthwith.request import events
from forthwith.request.actions import SendLetter
from forthwith.request.decision import Decision
from forthwith.request.next_action import is_current, worth_recording
from forthwith.request.phases import PHASES
from forthwith.request.record import Filed, KnownDelivery, Receipt, SentLetter, UnconfirmedLetter
from forthwith.request.reporting import origin, wrong_instant
from forthwith.request.state import State, doubt_key
from forthwith.request.timetable import Chase, Step, StepKind, colleagues, numbered
from forthwith.request.vocabulary import Attention, Message, Status

DEFERRALS_BEFORE_ATTENTION = 5

DOUBTS_BEFORE_HOLD = 3
"""An unconfirmed letter is sent no more than this often before a person has looked, also where the policy is to
resend."""

LATE: dict[StepKind, tuple[Attention, str]] = {
    StepKind.REVIEW_CHASE: (Attention.REVIEW_LATE, "draft {version} waits for review"),
    StepKind.REVIEW_ESCALATION: (Attention.REVIEW_LATE, "draft {version} waits for review"),
    StepKind.ISSUANCE_CHASE: (Attention.ISSUANCE_LATE, "draft {version} waits for issuance"),
    StepKind.SERVICE_CHASE: (Attention.SERVICE_LATE, "no service of the issued subpoena is on record"),
}
"""What is late once one of our own people had to be asked again."""


# What the sender reports.


def letter_accepted(decision: Decision, step: Step, receipt: Receipt, *, possible_copy: bool) -> None:
    """The mail server took a letter. One that was superseded meanwhile starts no clock."""
    state = decision.state
    known = state.deliveries.arrived.get(step.id)
    # What went out just before its address was corrected is sent to the right one as well, and counts only then.
    superseded = step.to == "recipient" and _went_elsewhere(state, receipt)
    chases = state.attention.asked_by(step.id)
    decision.emit(
        events.LetterAccepted(
            letter=SentLetter(
                step=step.id,
                kind=step.kind,
                to=step.to,
                receipt=receipt,
                possible_copy=possible_copy,
                late_by_seconds=worth_recording(receipt.accepted_at - step.planned_at),
                delivered="yes" if known else "unknown",
                evidence=known.evidence if known else "",
            ),
            superseded=superseded,
        )
    )
    if not state.is_open:
        return
    if step.to != "recipient":
        _colleague_asked(decision, step, chases)
    elif not superseded and is_current(state, decision.dates, step):
        _recipient_written_to(decision, step, receipt, known)


def _colleague_asked(decision: Decision, step: Step, chases: tuple[Chase, ...]) -> None:
    state = decision.state
    if step.kind is StepKind.REFERRAL and chases:
        decision.close(
            Status.REFERRED_FOR_ENFORCEMENT, f"Referred for enforcement; {state.items.outstanding_in_words}."
        )
        return
    if chases:
        _nudge_about_delivery(decision, step)
    if step.kind in LATE and any(not chase.urged for chase in chases):
        attention, reason = LATE[step.kind]
        decision.raise_attention(attention, reason.format(version=state.process.versions))


def _nudge_about_delivery(decision: Decision, step: Step) -> None:
    """A request without a hold is chased like one while it waits for the delivery of its demand."""
    if step.kind is StepKind.HOLD_CHASE and not decision.state.attention.holds:
        decision.raise_attention(Attention.ON_HOLD, "the demand was accepted, and no delivery of it is on record")


def _recipient_written_to(decision: Decision, step: Step, receipt: Receipt, known: KnownDelivery | None) -> None:
    state = decision.state
    match step.kind, state.phase:
        case StepKind.DEMAND, Status.SENDING:
            if known or state.plan.campaign.clock.starts == "accepted":
                start_clock(decision, receipt.accepted_at)
            else:
                decision.emit(events.DeliveryAwaited(since=receipt.accepted_at))
        case StepKind.FINAL_NOTICE, Status.OVERDUE:
            decision.emit(events.CurePeriodStarted(since=receipt.accepted_at))
        case StepKind.DEFICIENCY, Status.AWAITING_RESPONSE:
            decision.emit(events.DeficiencyCureStarted(since=receipt.accepted_at))
        case _:
            pass


def start_clock(decision: Decision, instant: datetime) -> None:
    """The demand has reached the recipient, as far as the campaign asks."""
    decision.emit(events.ClockStarted(since=instant))
    if Attention.ON_HOLD not in decision.state.attention.holds:
        decision.clear(Attention.ON_HOLD)


def letter_deferred(decision: Decision, step: Step, reason: str, *, failures: int, evidence: Filed | None) -> None:
    """Certainly nothing was sent, and it can be tried again. ``failures`` so often in a row now."""
    decision.emit(events.LetterDeferred(step=step.id, reason=reason, evidence=evidence))
    if failures >= DEFERRALS_BEFORE_ATTENTION:
        decision.raise_attention(Attention.MAIL_DELAYED, f"{step.id}: {reason}")


def letter_refused(decision: Decision, step: Step, reason: str, evidence: Filed | None) -> None:
    """The mail server refuses this letter for good. Nothing was sent, and no clock starts."""
    decision.emit(events.LetterRefused(step=step.id, reason=reason, evidence=evidence))
    _not_given(decision, step, reason)


def _not_given(decision: Decision, step: Step, reason: str) -> None:
    """The ladder does not go on past a demand or a final notice that could not be given. A reminder is only a
    courtesy, and a letter to one of our own people goes to somebody else instead."""
    state = decision.state
    is_courtesy = step.kind in PHASES[Status.AWAITING_RESPONSE].letters or step.kind is StepKind.COPY
    holds = step.to == "recipient" and not is_courtesy and is_current(state, decision.dates, step)
    decision.raise_attention(Attention.UNDELIVERABLE, f"{step.id}: {reason}", holds=holds, role=step.to)
    if step.to != "recipient" or is_courtesy:
        decision.emit(events.LetterDropped(step=step.id, because="refused"))
    if step.to != "recipient":
        for chase in state.attention.asked_by(step.id):
            _ask_somebody_else(decision, chase.model_copy(update={"sent": chase.sent + 1}), step.to)
            _nudge_about_delivery(decision, step)


def _ask_somebody_else(decision: Decision, chase: Chase, role: Role) -> None:
    """Somebody else is asked at once while there is anybody else."""
    unreachable = tuple(dict.fromkeys((*chase.unreachable, role)))
    others = set(colleagues(chase, decision.state.plan.campaign.ladder)) - set(unreachable)
    urged = bool(others) and role not in chase.unreachable
    changed = {"unreachable": unreachable, "urged": urged, "since": decision.now}
    decision.emit(events.ColleagueUnreachable(role=role, chase=chase.model_copy(update=changed)))


def letter_unconfirmed(decision: Decision, step: Step, reason: str, evidence: Filed | None) -> None:
    """Nobody can tell whether this letter was accepted. The next one says that it may be a second copy.

    The policy `hold` is about the recipient: a second copy to one of our own people harms nobody.
    """
    state, address = decision.state, decision.state.address(step.to)
    key = doubt_key(step.id, address)
    letter = UnconfirmedLetter(
        step=step,
        attempt=state.deliveries.attempt(step.id),
        possible_copy=key in state.deliveries.doubts,
        address=address,
    )
    decision.emit(events.LetterUnconfirmed(letter=letter, reason=reason, evidence=evidence))
    if step.id in state.deliveries.arrived or step.to != "recipient":
        return
    doubts = decision.state.deliveries.doubts[key]
    if state.plan.campaign.mail.when_unknown == "hold" or doubts >= DOUBTS_BEFORE_HOLD:
        decision.raise_attention(Attention.UNKNOWN_SEND, f"{step.id}: {reason}", holds=True)


def letter_superseded(decision: Decision, step: Step, reason: str, evidence: Filed | None) -> None:
    """A letter to an address that was corrected meanwhile was not accepted there."""
    decision.emit(events.LetterSuperseded(step=step.id, reason=reason, evidence=evidence))


def letter_called_back(decision: Decision, step: Step) -> None:
    """A letter was called back in time: certainly nothing was sent."""
    decision.emit(events.LetterCalledBack(step=step.id))


def sender_lost(decision: Decision, step: Step) -> None:
    """The sender itself was lost. The same attempt is made again; its claim in the case file tells what happened."""
    decision.emit(events.SenderLost(step=step.id))


def is_superseded(state: State, letter: SendLetter) -> bool:
    """Whether ``letter`` goes to an address that was corrected meanwhile."""
    return letter.step.to == "recipient" and letter.address != state.recipient.email


# What is reported later.


class RecordDelivery(Message):
    """What became of one letter after the mail server took it: ``record_delivery``, ``delivery_failed``.

    ``letter`` is the step, such as ``demand`` or ``reminder-2``. Only ``failed`` (RFC 3464) undoes a delivery;
    ``delayed`` changes nothing.
    """

    letter: FilledLine
    outcome: Literal["delivered", "failed", "delayed"]
    at: Moment
    diagnostic: Line = ""
    how: Line = ""
    """The evidence, such as ``DSN`` or ``certified mail 7018 …``."""


def refuse_delivery(decision: Decision, report: RecordDelivery) -> str:
    state, now = decision.state, decision.now
    sent = dict.fromkeys(letter.step for letter in state.deliveries.letters)
    if report.letter not in sent and not state.is_unconfirmed(report.letter):
        return f"letter: no {report.letter!r} was sent; sent were {', '.join(sent) or 'none'}"
    return wrong_instant(state, "at", report.at, now)


def record_delivery(decision: Decision, message: RecordDelivery) -> None:
    state, evidence = decision.state, message.diagnostic or message.how
    unconfirmed = state.is_unconfirmed(message.letter)
    decision.emit(
        events.DeliveryRecorded(
            **origin(message),
            step=message.letter,
            outcome=message.outcome,
            delivered_at=message.at,
            evidence=evidence,
            was_unconfirmed=unconfirmed,
        )
    )
    if message.outcome == "delayed":
        return
    if unconfirmed:
        _settle(decision, message.letter, message, evidence)
        return
    letters = state.deliveries.letters
    letter = [other for other in letters if other.step == message.letter][-1]
    is_latest = letter.step == [other.step for other in letters if other.kind is letter.kind][-1]
    if message.outcome == "delivered" and is_latest:
        _arrived(decision, letter, max(message.at, letter.receipt.accepted_at))
    elif message.outcome == "failed" and letter.delivered != "no":
        _came_back(decision, letter, evidence, is_latest=is_latest)


def _settle(decision: Decision, step_id: str, message: RecordDelivery, evidence: str) -> None:
    """The mail server's answer was lost, and somebody knows what became of the letter.

    One that arrived is not sent again; its receipt is filed next, and it counts from when it arrived. One that did
    not goes the way of a letter that is refused for good.
    """
    step = decision.state.deliveries.unconfirmed[step_id].step
    arrived = None
    if message.outcome == "delivered":
        arrived = KnownDelivery(at=max(message.at, step.at), evidence=evidence)
    decision.emit(events.UnconfirmedLetterSettled(step=step_id, arrived=arrived))
    decision.clear(Attention.UNKNOWN_SEND)
    if arrived is None:
        _not_given(decision, step, evidence or "returned")
    elif decision.state.attention.undelivered_to == step.to:
        decision.clear(Attention.UNDELIVERABLE)


def _arrived(decision: Decision, letter: SentLetter, at: datetime) -> None:
    """Delivery is on record: by the mail system, or by a courier after the mail had come back."""
    state = decision.state
    if letter.kind is StepKind.DEMAND and state.phase is Status.SENDING and state.is_open:
        decision.clear(Attention.UNDELIVERABLE)
        if not state.items.wait_for_acceptance:
            decision.clear(Attention.ON_HOLD)
        start_clock(decision, at)
    if letter.kind is StepKind.FINAL_NOTICE and letter.delivered == "no" and state.awaits_final_notice:
        decision.clear(Attention.UNDELIVERABLE)
        decision.emit(events.CurePeriodStarted(since=at))


def _came_back(decision: Decision, letter: SentLetter, evidence: str, *, is_latest: bool) -> None:
    """A bounce means not served: a demand's clock stops, and a final notice was never given.

    So a draft that rests on either is withdrawn, however far it has come. A letter that a later one has replaced
    changes nothing any more.
    """
    state = decision.state
    reason = f"{letter.step}: {evidence or 'returned'}"
    if letter.to != "recipient":
        decision.raise_attention(Attention.UNDELIVERABLE, reason, role=letter.to)
        for chase in state.attention.asked_by(letter.step):
            if chase.sent:
                _ask_somebody_else(decision, chase, letter.to)
        return
    # What was issued stands until a person decides otherwise.
    counts = is_latest and state.process.issued is None
    is_demand = counts and letter.kind is StepKind.DEMAND
    is_notice = counts and letter.kind is StepKind.FINAL_NOTICE and state.clock.facts.final_notice_at is not None
    if is_demand:
        stop_clock(decision, "demand_returned")
    elif is_notice:
        decision.withdraw_draft()
        decision.emit(events.FinalNoticeVoided())
    if not _went_elsewhere(state, letter.receipt):  # else it goes to the corrected address at once
        decision.raise_attention(Attention.UNDELIVERABLE, reason, holds=is_demand or is_notice, role="recipient")


def _went_elsewhere(state: State, receipt: Receipt) -> bool:
    """Whether a letter to the recipient went to an address that was corrected since."""
    return receipt.recipient not in ("", state.recipient.email)


def stop_clock(decision: Decision, because: Literal["demand_returned", "new_demand"]) -> None:
    """No demand stands any more: whatever followed from it falls away."""
    paused_since = decision.state.clock.paused_since
    pause = Pause(since=paused_since, until=max(paused_since, decision.now)) if paused_since else None
    decision.withdraw_draft()
    decision.emit(events.ClockStopped(because=because, pause=pause))
    if pause:
        decision.clear(Attention.CLOCK_PAUSED)


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

    def applied_to(self, recipient: Recipient) -> Recipient:
        """The recipient as corrected."""
        given = {"name": self.name, "attention": self.attention, "email": self.email}
        return recipient.model_copy(update={field: value for field, value in given.items() if value is not None})


def refuse_correction(decision: Decision, correction: CorrectRecipient) -> str:
    state = decision.state
    if correction.email and state.plan.campaign.issuer.is_own(correction.email):
        return f"email: {correction.email} is our own address; letters would come back to us"
    now = state.recipient
    if correction.applied_to(now) == now:
        return f"nothing is different: the letters go to {now.name}, {now.attention}, {now.email} already"
    return ""


def correct_recipient(decision: Decision, message: CorrectRecipient) -> None:
    """Letters that could not be delivered go to the new address as well."""
    was = decision.state.recipient
    corrected = message.applied_to(was)
    decision.emit(events.RecipientCorrected(**origin(message), recipient=corrected, was=was, reason=message.reason))
    if corrected.email != was.email:
        attention = decision.state.attention
        decision.clear(Attention.UNKNOWN_SEND)
        if Attention.UNDELIVERABLE in attention.holds or attention.undelivered_to == "recipient":
            decision.clear(Attention.UNDELIVERABLE)
    decision.supersede_draft("recipient_corrected")  # a draft names whom it commands


class ResendLetter(Message):
    """A letter goes out again: as a copy that leaves the clock alone, or as a new demand that starts it anew.

    There is no default: whoever sends again says which of both it is.
    """

    letter: FilledLine
    """The step, such as ``reminder-2``. Only a demand restarts the clock."""
    restarts_clock: bool
    reason: FilledText


def refuse_resending(decision: Decision, resending: ResendLetter) -> str:
    state = decision.state
    sent = {letter.step: letter for letter in state.deliveries.letters if letter.to == "recipient"}
    letter = sent.get(resending.letter)
    if letter is None:
        return f"letter: no {resending.letter!r} went to the recipient; there went {', '.join(sent) or 'none'}"
    if letter.kind is StepKind.COPY:
        return f"letter: {letter.step} is a copy; name the letter that it is a copy of"
    if not resending.restarts_clock:
        held = ", ".join(state.attention.holds)
        return f"no letter goes to the recipient while the request is on hold ({held}); end that first" if held else ""
    if letter.kind is not StepKind.DEMAND:
        return f"restarts_clock: only a demand starts the clock; {letter.step} can be sent again as a copy"
    current = numbered("demand", state.clock.facts.demands)
    if letter.step != current:
        return f"letter: the demand that counts is {current}" + (
            "" if current in sent else ", and it is still to go out"
        )
    if state.process.issued:
        return "restarts_clock: a subpoena was issued on this demand; it can be sent again as a copy"
    response = state.plan.campaign.clock.response
    if response and response.by:
        return "restarts_clock: the response is due on a date that no demand moves; extend it, or send a copy"
    return ""


def resend_letter(decision: Decision, message: ResendLetter) -> None:
    """A copy under a step of its own; or a new demand, with which everything begins anew once it is accepted."""
    state = decision.state
    letter = [letter for letter in state.deliveries.letters if letter.step == message.letter][-1]
    facts = state.clock.facts
    earlier = sum(other.id.startswith(f"{letter.step}-copy-") for other in facts.copies)
    step = numbered("demand", facts.demands + 1) if message.restarts_clock else f"{letter.step}-copy-{earlier + 1}"
    decision.emit(
        events.LetterResent(
            **origin(message),
            letter=letter,
            step=step,
            restarts_clock=message.restarts_clock,
            reason=message.reason,
        )
    )
    if message.restarts_clock:
        stop_clock(decision, "new_demand")
        decision.clear(Attention.UNDELIVERABLE)
