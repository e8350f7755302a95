"""What each event means for the state. No policy: whatever was decided is in the event.

So a record that was filed under last year's policy replays under this year's code. A change here changes what old
records mean: tests/units/test_golden_records.py replays one record for each outcome and compares the state.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar, assert_never

from forthwith.campaign.models import RequestPlan
from forthwith.request import events
from forthwith.request.entries import Entry
from forthwith.request.events import AnyEvent
from forthwith.request.record import Outcome, Resent
from forthwith.request.state import AttentionState, DeliveryState, State, doubt_key
from forthwith.request.timetable import Chase, Copy, Extension, StepKind
from forthwith.request.vocabulary import Attention, Status

K = TypeVar("K")
V = TypeVar("V")

A_LETTER = (Attention.MAIL_DELAYED, Attention.LETTER_FAILED, Attention.CASE_FILE_DAMAGED)
A_DOCUMENT = (Attention.DRAFT_FAILED, Attention.CASE_FILE_DAMAGED)
"""What is over once a letter went out, or a document was drawn up."""

TRIED_IN_A_PHASE = (*A_LETTER, Attention.DRAFT_FAILED)
"""What failed in one phase is no longer being tried in the next."""


def states(plan: RequestPlan, entries: Iterable[Entry]) -> Iterator[tuple[State, Entry, State]]:
    """Each entry of a record between the states before and after it. Raises ``ValueError`` without a beginning."""
    before: State | None = None
    for entry in entries:
        if before is None:
            if not isinstance(entry.event, events.RequestOpened):
                raise ValueError(f"the record begins with {entry.event.kind}, not with request_opened")
            before = State.at_start(plan, entry.event.opened_at)
        after = evolve(before, entry.event, entry.at)
        yield before, entry, after
        before = after


def replay(plan: RequestPlan, entries: Iterable[Entry]) -> State:
    """The state that a record leaves: the fold of its events. Raises ``ValueError`` where it has no beginning."""
    last = deque(states(plan, entries), maxlen=1)
    if not last:
        raise ValueError("the record has no entries")
    return last[0][2]


def evolve(state: State, event: AnyEvent, at: datetime) -> State:
    """The state after ``event``, which happened at ``at`` (UTC)."""
    return _applied(_recorded(state, event), event, at)


def _applied(state: State, event: AnyEvent, at: datetime) -> State:
    match event:
        # The request.
        case events.RequestOpened():
            return _clock(state, opened_at=event.opened_at)
        case events.RequestClosed():
            return _closed(state, event, at)
        case (
            events.NoteAdded()
            | events.Withdrawn()
            | events.WorkflowCancelled()
            | events.CaseFileOpened()
            | events.RequestRecovered()
            | events.ResponseKeptAfterClosing()
            | events.MessageUnreadable()
        ):
            return state
        # Letters.
        case events.LetterAccepted():
            return _letter_accepted(state, event)
        case events.LetterDeferred() | events.LetterRefused() | events.LetterSuperseded():
            return replace(state, deliveries=_next_attempt(state.deliveries, event.step))
        case events.LetterUnconfirmed():
            return _letter_unconfirmed(state, event)
        case events.LetterCalledBack() | events.SenderLost() | events.DemandOvertaken():
            return state
        case events.LetterDropped():
            return _deliveries(state, done=state.deliveries.done | {event.step})
        case events.DeliveryRecorded():
            return _delivery_recorded(state, event)
        case events.UnconfirmedLetterSettled():
            arrived = _without(state.deliveries.arrived, event.step)
            return _deliveries(state, arrived={**arrived, event.step: event.arrived} if event.arrived else arrived)
        case events.DeliveryAwaited():
            name = f"delivery-{state.clock.facts.demands + 1}"
            return _attention(state, chase=Chase(topic="hold", name=name, since=event.since))
        case events.RecipientCorrected():
            return _recipient_corrected(state, event)
        case events.LetterResent():
            return _letter_resent(state, event, at)
        case events.ColleagueUnreachable():
            return _with_chase(state, event.chase)
        # The recipient's time.
        case events.ClockStarted():
            started = replace(_clock(state, clock_from=event.since), phase=Status.AWAITING_RESPONSE)
            started = replace(started, clock=replace(started.clock, period_since=event.since))
            return _entered(_attention(started, chase=None))
        case events.ClockStopped():
            return _clock_stopped(state, event)
        case events.ClockPaused():
            paused = replace(state, clock=replace(state.clock, paused_since=event.since))
            return _raised(paused, Attention.CLOCK_PAUSED, event.reason, at, holds=True)
        case events.ClockResumed():
            resumed = _clock(state, pauses=(*state.clock.facts.pauses, event.pause))
            resumed = replace(resumed, clock=replace(resumed.clock, paused_since=None))
            return _cleared(resumed, Attention.CLOCK_PAUSED, at)
        case events.DeadlineComputed():
            return replace(state, clock=replace(state.clock, announced=event.due))
        case events.DeadlineExtended():
            granted = Extension(to=event.to, period=event.period, granted_at=at)
            if event.deadline == "return":
                return _clock(state, return_extensions=(*state.clock.facts.return_extensions, granted))
            return _clock(state, extensions=(*state.clock.facts.extensions, granted))
        case events.DeadlinesRecomputed():
            return _clock(
                state,
                recipient_calendar=event.recipient_calendar or state.clock.facts.recipient_calendar,
                issuer_calendar=event.issuer_calendar or state.clock.facts.issuer_calendar,
            )
        case events.DeadlinePassed():
            return _entered(replace(state, phase=Status.OVERDUE))
        case events.ResponsePeriodClosed():
            return _entered(replace(_clock(state, overdue_from=at), phase=Status.OVERDUE))
        case events.ResponsePeriodReopened():
            reopened = _attention(_new_series(state, period_since=at), chase=None)
            return _entered(replace(reopened, phase=Status.AWAITING_RESPONSE))
        case events.CurePeriodStarted():
            return _clock(state, final_notice_at=event.since)
        case events.CurePeriodEnded():
            closed = replace(state.clock, cure_closed=state.clock.cure_closed or event.because == "closed_early")
            return _entered(replace(state, clock=closed, phase=Status.DRAFTING))
        case events.CurePeriodResumed():
            return _entered(replace(state, phase=Status.OVERDUE))
        case events.FinalNoticeVoided():
            voided = _clock(state, series=state.clock.facts.series + 1, final_notice_at=None)
            return _entered(replace(_attention(voided, chase=None), phase=Status.OVERDUE))
        case events.DeficiencyFound():
            return _clock(state, deficiencies=event.number, deficiency_from=at, deficiency_at=None)
        case events.DeficiencyCureStarted():
            return _clock(state, deficiency_at=event.since)
        # Responses.
        case events.Acknowledged():
            return _heard(state, event.received_at)
        case events.ResponseRecorded():
            heard = _heard(state, event.response.received_at)
            return replace(
                heard,
                responses=(*state.responses, event.response),
                items=state.items.changed(event.changed, event.response.received_at),
            )
        case events.ResponseAccepted():
            return replace(state, items=state.items.accepted(event.items))
        case events.ObjectionRecorded():
            received_at = event.objections[0].received_at
            objected = _process(state, objections=(*state.process.objections, *event.objections))
            return replace(_heard(objected, received_at), items=state.items.changed(event.changed, received_at))
        # The subpoena.
        case events.DraftReady():
            return _draft_ready(state, event, at)
        case events.DraftDiscarded():
            return _drawn_up(state, event.draft.version)
        case events.DraftSuperseded():
            superseded = _process(
                _draft_dropped(state), versions=max(state.process.versions, event.version), draft=None
            )
            return _entered(replace(superseded, phase=Status.DRAFTING))
        case events.DraftWithdrawn():
            return _draft_dropped(state)
        case events.SubpoenaReviewed():
            return _reviewed(state, event, at)
        case events.IssuanceRecorded():
            issued = _without_late(_process(state, issued=event.issued), Attention.ISSUANCE_LATE)
            chase = Chase(topic="service", name=f"service-{event.version}", since=at)
            return _entered(replace(_attention(issued, chase=chase), phase=Status.AWAITING_SERVICE))
        case events.RecordCopyFiled():
            return _without_late(
                _process(state, record_copy=event.document), Attention.DRAFT_FAILED, Attention.CASE_FILE_DAMAGED
            )
        case events.ServiceRecorded():
            served = _clock(_process(state, service=event.service), served_at=event.service.served_at)
            served = _attention(_without_late(served, Attention.SERVICE_LATE), chase=None)
            return _entered(replace(served, phase=Status.AWAITING_RETURN))
        case events.ReturnDatePassed():
            return state
        case events.ReferralStarted():
            return _attention(_process(state, refers=True, refers_early=event.early), chase=None)
        case events.ReferralDropped():
            return _attention(_process(state, refers=False, memo=None), chase=None)
        case events.MemoReady():
            ready = _without_late(
                _process(state, memo=event.memo, memos=event.number),
                Attention.DRAFT_FAILED,
                Attention.CASE_FILE_DAMAGED,
            )
            return _attention(ready, chase=Chase(topic="referral", name=f"referral-{event.number}", since=at))
        case events.MemoDiscarded():
            return _without_late(state, *A_DOCUMENT)
        case events.MemoSuperseded():
            return _attention(_process(state, memo=None), chase=None)
        # What needs a person.
        case events.AttentionRaised():
            raised = _raised(state, event.attention, event.reason, at, holds=event.holds)
            return _attention(raised, undelivered_to=event.role) if event.role else raised
        case events.AttentionCleared() | events.AttentionResolved():
            return _cleared(state, event.attention, at)
        case events.Escalated():
            return _with_chase(state, event.chase) if event.chase else state
        case events.WorkFailed():
            return _raised(state, event.attention, event.reason, at)
        case events.FilingFailed():
            return _raised(state, Attention.DOSSIER_UNWRITABLE, event.reason, at)
        case events.FilingRecovered():
            return _cleared(state, Attention.DOSSIER_UNWRITABLE, at)
        case _:
            assert_never(event)


# The record.


def _recorded(state: State, event: AnyEvent) -> State:
    size = state.record.size + len(event.canonical)
    record = replace(state.record, entries=state.record.entries + 1, size=size)
    if isinstance(event, events.Reported):
        answer = (event.message_sha256, record.entries)
        record = replace(record, messages=record.messages + 1, answers={**record.answers, event.event_id: answer})
    elif isinstance(event, events.MessageUnreadable):
        record = replace(
            record,
            messages=record.messages + 1,
            capped=record.capped or event.capped,
            unreadable=record.unreadable if event.capped else (*record.unreadable, event.content),
        )
    return replace(state, record=record)


def _closed(state: State, event: events.RequestClosed, at: datetime) -> State:
    outcome = Outcome(
        status=event.status,
        text=event.text,
        ended_at=at,
        on_time=event.on_time,
        letters_sent=len(state.deliveries.letters),
        drafts=state.process.drawn_up,
        head="",
    )
    ended = AttentionState(hold_count=state.attention.hold_count, undelivered_to=state.attention.undelivered_to)
    return replace(state, outcome=outcome, attention=ended)


# Letters.


def _letter_accepted(state: State, event: events.LetterAccepted) -> State:
    letter, deliveries = event.letter, state.deliveries
    key = doubt_key(letter.step, state.address(letter.to))
    deliveries = replace(
        deliveries,
        letters=(*deliveries.letters, letter),
        arrived=_without(deliveries.arrived, letter.step),
        unconfirmed=_without(deliveries.unconfirmed, letter.step),
    )
    if event.superseded:
        sent_to = doubt_key(letter.step, letter.receipt.recipient)
        deliveries = _next_attempt(deliveries, letter.step)
        # Should that address be the right one after all, a second letter to it must say so.
        deliveries = replace(deliveries, doubts={**deliveries.doubts, sent_to: 1})
    else:
        deliveries = replace(deliveries, done=deliveries.done | {letter.step}, doubts=_without(deliveries.doubts, key))
        if letter.to == "recipient":
            accepted_at = letter.receipt.accepted_at
            last = max(deliveries.last_letter_at or accepted_at, accepted_at)
            deliveries = replace(deliveries, last_letter_at=last)
    state = _without_late(
        replace(state, deliveries=deliveries),
        Attention.MAIL_DELAYED,
        Attention.LETTER_FAILED,
        Attention.CASE_FILE_DAMAGED,
    )
    if letter.to == "recipient":
        return state
    for chase in state.attention.asked_by(letter.step):
        # Who was urged before the reviewer had even been asked wants the one after the reviewer.
        urged = chase.urged and letter.kind is StepKind.REVIEW_REQUEST
        asked = {"since": letter.receipt.accepted_at, "sent": chase.sent + 1, "urged": urged}
        state = _with_chase(state, chase.model_copy(update=asked))
    return state


def _letter_unconfirmed(state: State, event: events.LetterUnconfirmed) -> State:
    letter, deliveries = event.letter, _next_attempt(state.deliveries, event.letter.step.id)
    key = doubt_key(letter.step.id, letter.address)
    return replace(
        state,
        deliveries=replace(
            deliveries,
            doubts={**deliveries.doubts, key: deliveries.doubts.get(key, 0) + 1},
            unconfirmed={**deliveries.unconfirmed, letter.step.id: letter},
        ),
    )


def _delivery_recorded(state: State, event: events.DeliveryRecorded) -> State:
    if event.was_unconfirmed or event.outcome == "delayed":
        return state
    letters = [*state.deliveries.letters]
    place = max(n for n, letter in enumerate(letters) if letter.step == event.step)
    delivered = "yes" if event.outcome == "delivered" else "no"
    letters[place] = letters[place].model_copy(update={"delivered": delivered, "evidence": event.evidence})
    return _deliveries(state, letters=tuple(letters))


def _recipient_corrected(state: State, event: events.RecipientCorrected) -> State:
    corrected = replace(state, recipient=event.recipient)
    if event.recipient.email == event.was.email:
        return corrected
    return _deliveries(corrected, last_letter_at=None)  # nobody there had a letter yet


def _letter_resent(state: State, event: events.LetterResent, at: datetime) -> State:
    again = Resent(letter=event.letter, reason=event.reason)
    state = _deliveries(state, resent={**state.deliveries.resent, event.step: again})
    if event.restarts_clock:
        return state
    return _clock(state, copies=(*state.clock.facts.copies, Copy(id=event.step, asked_at=at)))


def _next_attempt(deliveries: DeliveryState, step: str) -> DeliveryState:
    return replace(deliveries, attempts={**deliveries.attempts, step: deliveries.attempt(step) + 1})


# The recipient's time.


def _clock_stopped(state: State, event: events.ClockStopped) -> State:
    facts = state.clock.facts
    pauses = (*facts.pauses, event.pause) if event.pause else facts.pauses
    stopped = _clock(
        _new_series(state, period_since=None),
        demands=facts.demands + 1,
        clock_from=None,
        deficiency_from=None,
        deficiency_at=None,
        pauses=pauses,
    )
    stopped = replace(stopped, clock=replace(stopped.clock, paused_since=None, announced=None), phase=Status.SENDING)
    return _entered(_attention(stopped, chase=None))


def _new_series(state: State, *, period_since: datetime | None) -> State:
    """The response date is set anew: what followed from the old one no longer counts."""
    state = _clock(state, series=state.clock.facts.series + 1, overdue_from=None, final_notice_at=None)
    return replace(state, clock=replace(state.clock, period_since=period_since, cure_closed=False))


def _heard(state: State, received_at: datetime) -> State:
    return replace(state, heard_at=state.heard_at or received_at)


# The subpoena.


def _draft_ready(state: State, event: events.DraftReady, at: datetime) -> State:
    draft = event.draft
    state = _drawn_up(state, draft.version)
    state = _process(state, draft=draft, drafts=(*state.process.drafts, draft))
    chase = Chase(topic="review", name=f"review-{draft.version}", since=at)
    return _entered(replace(_attention(state, chase=chase), phase=Status.AWAITING_REVIEW))


def _drawn_up(state: State, version: int) -> State:
    counted = _process(state, versions=max(state.process.versions, version), drawn_up=state.process.drawn_up + 1)
    return _without_late(counted, *A_DOCUMENT)


def _draft_dropped(state: State) -> State:
    """What was drafted is no longer wanted, and nobody is late with it."""
    dropped = _attention(_process(state, draft=None, approved_by=None), chase=None)
    return _without_late(dropped, Attention.REVIEW_LATE, Attention.ISSUANCE_LATE)


def _reviewed(state: State, event: events.SubpoenaReviewed, at: datetime) -> State:
    review = event.review
    reviewed = _process(state, reviews=(*state.process.reviews, review))
    match review.decision:
        case "approve":
            approved = _without_late(_process(reviewed, approved_by=review.by), Attention.REVIEW_LATE)
            chase = Chase(topic="issuance", name=f"issuance-{review.version}", since=at)
            return _entered(replace(_attention(approved, chase=chase), phase=Status.AWAITING_ISSUANCE))
        case "revise":
            notes = (*reviewed.process.notes, event.notes) if event.notes else reviewed.process.notes
            return _process(reviewed, fields={**reviewed.process.fields, **event.fields}, notes=notes)
        case "reject":
            return reviewed


# What needs a person.


def _raised(state: State, attention: Attention, reason: str, at: datetime, *, holds: bool = False) -> State:
    open_ones = state.attention
    raised = replace(open_ones, reasons={**open_ones.reasons, attention: reason})
    if holds:
        raised = replace(raised, holds={**raised.holds, attention: reason})
        if raised.hold_chase is None:
            count = raised.hold_count + 1
            raised = replace(raised, hold_count=count, hold_chase=Chase(topic="hold", name=f"hold-{count}", since=at))
    return replace(state, attention=raised)


def _cleared(state: State, attention: Attention, at: datetime) -> State:
    """With the last hold what our own people owe starts anew: it is given its whole period again."""
    before = state.attention
    after = replace(before, reasons=_without(before.reasons, attention), holds=_without(before.holds, attention))
    if attention in before.holds and not after.holds:
        chase = after.chase.model_copy(update={"since": at}) if after.chase else None
        after = replace(after, hold_chase=None, chase=chase)
    return replace(state, attention=after)


def _without_late(state: State, *reasons: Attention) -> State:
    """Without reasons that are no holds and are gone by themselves."""
    if not any(reason in state.attention.reasons for reason in reasons):
        return state
    return _attention(state, reasons=_without(state.attention.reasons, *reasons))


def _with_chase(state: State, chase: Chase) -> State:
    """One of the two chases goes on differently."""
    hold_chase = state.attention.hold_chase
    if hold_chase and hold_chase.name == chase.name:
        return _attention(state, hold_chase=chase)
    return _attention(state, chase=chase)


def _entered(state: State) -> State:
    return _without_late(state, *TRIED_IN_A_PHASE)


# Parts.


def _clock(state: State, **facts: Any) -> State:
    return replace(state, clock=replace(state.clock, facts=state.clock.facts.model_copy(update=facts)))


def _deliveries(state: State, **changes: Any) -> State:
    return replace(state, deliveries=replace(state.deliveries, **changes))


def _attention(state: State, **changes: Any) -> State:
    return replace(state, attention=replace(state.attention, **changes))


def _process(state: State, **changes: Any) -> State:
    return replace(state, process=replace(state.process, **changes))


def _without(mapping: Mapping[K, V], *keys: K) -> dict[K, V]:
    return {key: value for key, value in mapping.items() if key not in keys}
