"""Every message that a request takes, by name: its model, when it is refused, what it does; and what it is answered.

The same payloads serve updates, signals and the operators' CLI. CONTRACT.md shows them to outsiders. The three of one
message stand side by side in the module of its subject; here is what holds for all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forthwith.base import Model
from forthwith.request import attention, clock_changes, deliveries, responses, subpoena_process
from forthwith.request.decision import Decision
from forthwith.request.limits import full, too_large
from forthwith.request.vocabulary import Attention, Message, Status


def never_refused(_: Decision, __: Message) -> str:
    """Of a message that an open request always takes."""
    return ""


@dataclass(frozen=True)
class Handler:
    """How one message is taken."""

    message: type[Message]
    decide: Callable[[Decision, Any], None]
    """Emits what the message brings about. Only called for a message that is not refused."""
    refuse: Callable[[Decision, Any], str] = never_refused
    """Why the message cannot be taken now, naming the field, what is wrong and what would be right; empty when it can.
    It only reads."""


HANDLERS: Mapping[str, Handler] = {
    "record_response": Handler(responses.RecordResponse, responses.record_response, responses.refuse_response),
    "accept_response": Handler(responses.AcceptResponse, responses.accept_response, responses.refuse_acceptance),
    "acknowledge": Handler(responses.Acknowledge, responses.acknowledge, responses.refuse_acknowledgment),
    "record_delivery": Handler(deliveries.RecordDelivery, deliveries.record_delivery, deliveries.refuse_delivery),
    "correct_recipient": Handler(
        deliveries.CorrectRecipient, deliveries.correct_recipient, deliveries.refuse_correction
    ),
    "resend_letter": Handler(deliveries.ResendLetter, deliveries.resend_letter, deliveries.refuse_resending),
    "extend_deadline": Handler(
        clock_changes.ExtendDeadline, clock_changes.extend_deadline, clock_changes.refuse_extension
    ),
    "pause_clock": Handler(clock_changes.PauseClock, clock_changes.pause_clock, clock_changes.refuse_pause),
    "resume_clock": Handler(clock_changes.ResumeClock, clock_changes.resume_clock, clock_changes.refuse_resumption),
    "recompute_deadlines": Handler(
        clock_changes.RecomputeDeadlines, clock_changes.recompute_deadlines, clock_changes.refuse_recomputation
    ),
    "review_subpoena": Handler(
        subpoena_process.ReviewSubpoena, subpoena_process.review_subpoena, subpoena_process.refuse_review
    ),
    "record_issuance": Handler(
        subpoena_process.RecordIssuance, subpoena_process.record_issuance, subpoena_process.refuse_issuance
    ),
    "record_service": Handler(
        subpoena_process.RecordService, subpoena_process.record_service, subpoena_process.refuse_service
    ),
    "record_objection": Handler(responses.RecordObjection, responses.record_objection, responses.refuse_objection),
    "escalate_now": Handler(attention.EscalateNow, attention.escalate_now, attention.refuse_escalation),
    "resolve_attention": Handler(attention.ResolveAttention, attention.resolve_attention, attention.refuse_resolution),
    "withdraw": Handler(attention.Withdraw, attention.withdraw),
    "add_note": Handler(attention.AddNote, attention.add_note),
}
"""Every update a request takes, by name."""

UPDATES: Mapping[str, type[Message]] = {name: handler.message for name, handler in HANDLERS.items()}

UPDATE_OF: Mapping[type[Message], str] = {message: name for name, message in UPDATES.items()}
"""What a message is called, by its type."""

SIGNALS: Mapping[str, type[responses.RecordResponse] | type[deliveries.RecordDelivery]] = {
    "response_received": responses.RecordResponse,
    "delivery_failed": deliveries.RecordDelivery,
}
"""For systems that can only signal. Whatever else arrives is kept as unreadable."""

AFTER_THE_CAP = (attention.Withdraw, attention.ResolveAttention, clock_changes.ResumeClock)
"""A request that was flooded must still be one that people can end, and one that goes on where they paused it."""


class Answer(Model):
    """What a request answers to a message it took.

    The same event again is answered with what it recorded, and with where the request stands by then.
    """

    recorded: int
    """Number of the timeline entry that holds the message."""
    text: str
    """What it recorded, in a sentence or a few."""
    status: Status
    outstanding: tuple[str, ...]
    attention: tuple[Attention, ...]
    response_due: datetime | None
    next_action_at: datetime | None


def refusal(decision: Decision, message: Message) -> str:
    """Why a request cannot take ``message`` now; empty when it can.

    A repeated event is taken, since it is answered again; another message under its id is not.
    """
    state = decision.state
    if earlier := state.record.answers.get(message.event_id):
        is_same = earlier[0] == message.content_hash
        return "" if is_same else f"event_id: {message.event_id} was already used for another message"
    if state.outcome:
        return f"the request has ended as {state.outcome.status}"
    handler, taken = HANDLERS[UPDATE_OF[type(message)]], message.taken_at(decision.now)
    if refused := too_large(message) or handler.refuse(decision, taken):
        return refused
    is_full = full(state.record.messages, state.record.size + len(message.canonical))
    if not is_full or isinstance(message, AFTER_THE_CAP) or _ends_the_request(decision, message):
        return ""
    return is_full


def _ends_the_request(decision: Decision, message: Message) -> bool:
    """Whether a message that can be taken is the last one: a response that settles everything, for one."""
    trial = Decision(decision.state, decision.dates, decision.now)
    decide(trial, message)
    return not trial.state.is_open


def decide(decision: Decision, message: Message) -> None:
    """Emits what a message that was not refused brings about: nothing if the same event was taken before."""
    if message.event_id not in decision.state.record.answers:
        HANDLERS[UPDATE_OF[type(message)]].decide(decision, message.taken_at(decision.now))
