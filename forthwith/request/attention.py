"""What people decide about the request itself: reasons for attention, escalation, withdrawal, notes; and what nobody
can read.

Each message: its model, when it is refused, what it does.
"""

from typing import Literal

from forthwith.fields import FilledText
from forthwith.request import events
from forthwith.request.decision import Decision
from forthwith.request.limits import MAX_NAME_BYTES, MAX_REASON_BYTES, cut, full
from forthwith.request.reporting import origin
from forthwith.request.vocabulary import Attention, Message, Status

ABOUT_WHAT_WAS_REPORTED = frozenset(
    {Attention.OBJECTION, Attention.REFUSAL, Attention.EXTENSION_REQUESTED, Attention.UNREADABLE_MESSAGE}
)
"""Resolving these says nothing about whether what failed would work now."""


class ResolveAttention(Message):
    """A person dealt with one reason for attention.

    ``continue`` goes on (an undeliverable letter is sent again, a rejected draft is drawn up anew);
    ``unserviceable`` ends a request whose demand cannot be delivered.
    """

    attention: Attention
    outcome: Literal["continue", "unserviceable"] = "continue"
    reason: FilledText


def refuse_resolution(decision: Decision, resolution: ResolveAttention) -> str:
    state = decision.state
    if resolution.attention is Attention.CLOCK_PAUSED and state.clock.paused_since:
        return "attention: clock_paused ends with resume_clock, which says from when time runs again"
    reasons = state.attention.reasons
    if resolution.attention not in reasons:
        return f"attention: {resolution.attention} is not open; open are {', '.join(reasons) or 'none'}"
    if resolution.outcome == "unserviceable" and not (
        resolution.attention is Attention.UNDELIVERABLE and state.phase is Status.SENDING
    ):
        return "outcome: only a request whose demand is undeliverable can end as unserviceable"
    return ""


def resolve_attention(decision: Decision, message: ResolveAttention) -> None:
    """What failed is tried again at once, and the ladder goes on with the last hold."""
    decision.emit(
        events.AttentionResolved(
            **origin(message), attention=message.attention, outcome=message.outcome, reason=message.reason
        )
    )
    if message.outcome == "unserviceable":
        decision.close(Status.UNSERVICEABLE, f"The demand cannot be delivered: {message.reason}")
    elif message.attention is Attention.DRAFT_REJECTED and decision.state.phase is Status.AWAITING_REVIEW:
        decision.supersede_draft("rejected")


class EscalateNow(Message):
    """Take the next rung of escalation without waiting for its date."""

    reason: FilledText


def refuse_escalation(decision: Decision, _: EscalateNow) -> str:
    state = decision.state
    if state.attention.holds:
        return f"the request is on hold ({', '.join(state.attention.holds)}); resolve that first"
    if state.phase in (Status.SENDING, Status.DRAFTING):
        return f"there is nothing to escalate while the request is {state.phase}"
    if state.process.refers:
        return "the matter is being referred already"
    return ""


def escalate_now(decision: Decision, message: EscalateNow) -> None:
    """Takes the next rung: closes the response time, then the time to cure, then asks the next person.

    A final notice that was brought forward and still has not gone out, because of the hour or because no mail
    server takes it, is skipped by a second escalation: that is the operator's decision, and recorded as such.
    """
    state, source, reason = decision.state, origin(message), message.reason
    facts = state.clock.facts
    is_early = state.awaits_final_notice and facts.overdue_from is None
    if state.phase is Status.AWAITING_RESPONSE or is_early:
        decision.emit(events.Escalated(**source, skips="response_period", reason=reason))
        decision.emit(events.ResponsePeriodClosed())
    elif state.phase is Status.OVERDUE:
        decision.emit(
            events.Escalated(**source, skips="cure_period" if facts.final_notice_at else "final_notice", reason=reason)
        )
        decision.emit(events.CurePeriodEnded(because="closed_early", outstanding=state.items.outstanding))
    elif state.phase is Status.AWAITING_RETURN and not state.process.refers:
        decision.emit(events.Escalated(**source, skips="return_date", reason=reason))
        decision.emit(events.ReferralStarted(early=True))
    else:
        chase = state.attention.chase
        urged = chase.model_copy(update={"urged": True, "since": decision.now}) if chase else None
        decision.emit(events.Escalated(**source, skips="wait_for_colleague", reason=reason, chase=urged))


class Withdraw(Message):
    """The issuer takes the demand back. The request ends."""

    reason: FilledText


def withdraw(decision: Decision, message: Withdraw) -> None:
    decision.emit(events.Withdrawn(**origin(message), reason=message.reason))
    decision.close(Status.WITHDRAWN, f"Withdrawn: {message.reason}")


def workflow_cancelled(decision: Decision, reason: str) -> None:
    """Somebody cancelled the workflow itself, which means the same as a withdrawal."""
    if decision.state.is_open:
        decision.emit(events.WorkflowCancelled(reason=reason))
        decision.close(Status.WITHDRAWN, f"Withdrawn: the workflow was cancelled. {reason}".strip())


class AddNote(Message):
    """Something the record should hold."""

    note: FilledText


def add_note(decision: Decision, message: AddNote) -> None:
    decision.emit(events.NoteAdded(**origin(message), note=message.note))


def message_unreadable(decision: Decision, name: str, content: str, problem: str) -> None:
    """A signal that nobody can act on. It is kept, and the ladder waits until a person has looked.

    Beyond the cap that is recorded once and no content is kept: the workflow's own history still has it.
    """
    record = decision.state.record
    if record.capped:
        return
    name, problem = cut(name, MAX_NAME_BYTES), cut(problem, MAX_REASON_BYTES)
    if is_full := full(record.messages, record.size):
        content, problem = "", f"{is_full}; this one and later ones are not kept"
    decision.emit(events.MessageUnreadable(name=name, content=content, problem=problem, capped=bool(is_full)))
    decision.raise_attention(Attention.UNREADABLE_MESSAGE, f"{name}: {problem}", holds=True)


def work_failed(decision: Decision, work: str, attention: Attention, reason: str, *, gives_up: bool) -> None:
    """Our machinery failed at ``work``: dates, a document or a letter. It needs a person, and is tried again: until it
    ``gives_up``, which puts the request on hold."""
    if decision.state.is_open and attention not in decision.state.attention.reasons:
        decision.emit(events.WorkFailed(work=work, attention=attention, reason=reason))
    if gives_up:
        decision.raise_attention(attention, f"{reason}; it is not tried again until this is resolved", holds=True)
