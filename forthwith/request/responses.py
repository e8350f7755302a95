"""What the recipient answers: a response, an acknowledgment, an objection; and who finds a response complete.

Each message: its model, when it is refused, what it does.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from forthwith.base import Model
from forthwith.fields import FilledLine, FilledText, Moment, Text
from forthwith.request import events
from forthwith.request.decision import Decision
from forthwith.request.items import SETTLING
from forthwith.request.phases import PHASES
from forthwith.request.record import ItemReport, Objection, Response
from forthwith.request.reporting import origin, wrong_instant
from forthwith.request.state import State
from forthwith.request.timetable import Timetable
from forthwith.request.vocabulary import Attention, Message, Status


class RecordResponse(Message, Response):
    """A response came in: ``record_response`` and the signal ``response_received``.

    ``received_at`` is the instant it reached the office, with its offset, or ``now``. It alone decides on time or late.
    """

    received_at: Moment


def refuse_response(decision: Decision, response: RecordResponse) -> str:
    state, now = decision.state, decision.now
    if refused := wrong_instant(state, "received_at", response.received_at, now):
        return refused
    if response.kind == "production" and not response.items:
        return "items: a production says which items it answers"
    if response.kind in ("extension_request", "other") and response.items:
        return f"items: only a production says what became of items, not {response.kind}; leave items out"
    if response.items == "all":
        return ""
    if response.kind in ("refusal", "no_records") and response.items:
        return f"items: a {response.kind} speaks of every item; leave items out"
    return _wrong_items(state, (report.id for report in response.items))


def record_response(decision: Decision, message: RecordResponse) -> None:
    """Items that are produced, not found or withdrawn are settled; a refusal settles none."""
    items = decision.state.items
    response = Response.model_validate(message.model_dump(exclude={"event_id"}))
    changed = items.changes(items.reports(response))
    decision.emit(
        events.ResponseRecorded(
            **origin(message),
            response=response,
            changed=changed,
            on_time=decision.state.is_on_time(response.received_at, decision.dates),
            outstanding=items.changed(changed, response.received_at).outstanding,
        )
    )
    if response.kind == "refusal":
        decision.raise_attention(Attention.REFUSAL, f"{response.sender} refuses")
    if response.kind == "extension_request":
        decision.raise_attention(Attention.EXTENSION_REQUESTED, f"{response.sender} asks for more time")
    if objected := [report.id for report in changed if report.disposition == "objected"]:
        decision.raise_attention(Attention.OBJECTION, f"objection to {', '.join(objected)}")
    if changed or response.kind == "refusal":  # a draft states both, item by item
        follow_findings(decision)


class AcceptResponse(Message):
    """A person finds claimed items complete. Only where the campaign says ``completeness: reviewed``."""

    items: Literal["all"] | Annotated[tuple[FilledLine, ...], Field(min_length=1, max_length=200)]
    reason: Text = ""


def refuse_acceptance(decision: Decision, acceptance: AcceptResponse) -> str:
    state = decision.state
    if state.plan.campaign.completeness != "reviewed":
        return "the campaign takes responses as reported (completeness: reported); there is nothing to accept"
    claimed = state.items.claimed
    if acceptance.items == "all":
        return "" if claimed else "items: nothing is claimed as complete"
    if unclaimed := [item for item in acceptance.items if item not in claimed]:
        return f"items: {', '.join(unclaimed)} not claimed as complete; claimed are {', '.join(claimed) or 'none'}"
    return ""


def accept_response(decision: Decision, message: AcceptResponse) -> None:
    items = decision.state.items
    accepted = items.claimed if message.items == "all" else tuple(dict.fromkeys(message.items))
    decision.emit(
        events.ResponseAccepted(
            **origin(message),
            items=accepted,
            outstanding=items.accepted(accepted).outstanding,
            reason=message.reason,
        )
    )
    follow_findings(decision)


class Acknowledge(Message):
    """The recipient confirmed that it has the demand."""

    received_at: Moment
    note: Text = ""


def refuse_acknowledgment(decision: Decision, acknowledgment: Acknowledge) -> str:
    state, now = decision.state, decision.now
    return wrong_instant(state, "received_at", acknowledgment.received_at, now)


def acknowledge(decision: Decision, message: Acknowledge) -> None:
    """Nobody asks for an acknowledgment any more."""
    decision.emit(events.Acknowledged(**origin(message), received_at=message.received_at, note=message.note))


class ItemObjection(Model):
    """An objection to one item, with its ground."""

    id: FilledLine
    ground: FilledText


class RecordObjection(Message):
    """The recipient objects, item by item. ``received_at`` against the objection date decides whether in time."""

    received_at: Moment
    sender: FilledLine = Field(alias="from")
    items: Annotated[tuple[ItemObjection, ...], Field(min_length=1, max_length=200)]
    note: Text = ""


def refuse_objection(decision: Decision, objection: RecordObjection) -> str:
    state, now = decision.state, decision.now
    if refused := wrong_instant(state, "received_at", objection.received_at, now):
        return refused
    if state.demand_sent_at is None:
        return "no demand was sent yet; there is nothing to object to"
    return _wrong_items(state, [one.id for one in objection.items])


def record_objection(decision: Decision, message: RecordObjection) -> None:
    """Each item objected to stays outstanding, with its ground. Whether to move for enforcement is for a person."""
    items = decision.state.items
    reports = tuple(ItemReport(id=one.id, disposition="objected", note=one.ground) for one in message.items)
    changed = items.changes(reports)
    decision.emit(
        events.ObjectionRecorded(
            **origin(message),
            objections=tuple(
                Objection(received_at=message.received_at, sender=message.sender, items=(one.id,), grounds=one.ground)
                for one in message.items
            ),
            changed=changed,
            late=_is_late_objection(decision.state, decision.dates, message.received_at),
            outstanding=items.changed(changed, message.received_at).outstanding,
            note=message.note,
        )
    )
    decision.raise_attention(Attention.OBJECTION, f"objection to {', '.join(one.id for one in message.items)}")
    if changed:
        follow_findings(decision)


def _is_late_objection(state: State, dates: Timetable | None, received_at: datetime) -> bool:
    due = dates.objection_due if state.process.service and dates else None
    return due is not None and received_at >= due.closes_at


def follow_findings(decision: Decision) -> None:
    """Ends a request with nothing outstanding; else draws anew whatever states what is outstanding.

    Where a person has to accept what is claimed and everything is claimed, the request waits for us, not for the
    recipient: the ladder holds until the claims are accepted, or the hold is resolved because they are not true.
    """
    state = decision.state
    if not state.items.outstanding:
        late = state.items.settled_late(state.response_due(decision.dates))
        text = "Every item is settled" + (", not all of them in time." if late else ".")
        decision.close(Status.COMPLIED, text, on_time=not late)
        return
    match PHASES[state.phase].on_findings:
        case "supersede_draft":
            decision.supersede_draft("findings_changed")
        case "supersede_memo":
            if state.process.refers:
                decision.emit(events.MemoSuperseded())
        case "ask_for_the_rest":
            _ask_for_the_rest(decision)
        case "nothing":
            pass
    if state.items.wait_for_acceptance:
        decision.raise_attention(
            Attention.ON_HOLD, "everything is claimed as complete: accept it, or resolve this to go on", holds=True
        )
    elif state.items.reviewed and Attention.ON_HOLD in decision.state.attention.holds:
        decision.clear(Attention.ON_HOLD)


def _ask_for_the_rest(decision: Decision) -> None:
    """A response in part is answered by a letter about what is missing, where the ladder has one.

    A second response in part, before that letter went out, is answered by the same letter.
    """
    items, facts = decision.state.items, decision.state.clock.facts
    settled = any(state.disposition in SETTLING for state in items.states)
    rest = set(items.outstanding) - set(items.claimed)
    if decision.state.plan.campaign.ladder.deficiency is None or not settled or not rest:
        return
    is_new = facts.deficiency_from is None or facts.deficiency_at is not None
    decision.emit(events.DeficiencyFound(number=facts.deficiencies + is_new))


def _wrong_items(state: State, ids: Iterable[str]) -> str:
    named = Counter(ids)
    if unknown := state.items.unknown(named):
        known = ", ".join(item.id for item in state.items.states)
        return f"items: the demand has no {', '.join(unknown)}; it has {known}"
    if twice := [item for item, times in named.items() if times > 1]:
        return f"items: {', '.join(twice)} stands more than once; an item has one disposition"
    return ""
