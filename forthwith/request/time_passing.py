"""What the mere passing of time decides: a deadline, a cure period or a return date that is over, a missed letter."""

from datetime import datetime

from forthwith.request import events
from forthwith.request.backoff import Backoff
from forthwith.request.decision import Decision
from forthwith.request.next_action import (
    MISSED_AFTER,
    facts_of,
    gap_end,
    goes_by_other_dates,
    moment_of,
    next_step,
    pending,
    worth_recording,
)
from forthwith.request.phases import CHASED_TO_RECIPIENT, OVER_FOR_THE_RECIPIENT
from forthwith.request.state import State
from forthwith.request.timetable import Step, StepKind, Timetable
from forthwith.request.vocabulary import Attention, Status


def let_time_pass(decision: Decision, backoff: Backoff) -> None:
    """The next thing that has passed by ``decision.now``, if any. To be asked again while it decides anything.

    Only by dates that follow from what is on record: others are computed first.
    """
    state, dates = decision.state, decision.dates
    if not state.is_open or dates is None or dates.facts != facts_of(state, dates):
        return
    if state.deliveries.arrived:  # their receipts come first
        return
    if not state.attention.holds:
        _let_periods_pass(decision, dates)
    if not decision.events and _is_about_letters(state):
        _let_letters_pass(decision, dates, backoff)


def _is_about_letters(state: State) -> bool:
    return state.status is not Status.DRAFTING and not state.awaits_memo


def _let_periods_pass(decision: Decision, dates: Timetable) -> None:
    state, now = decision.state, decision.now
    if _was_early(state, dates, now):
        decision.withdraw_draft()
        decision.emit(events.ResponsePeriodReopened(because="due_later", due=dates.deadline.due_date))
    elif _cure_goes_on(state, dates, now) and dates.cure:
        decision.withdraw_draft()
        decision.emit(events.CurePeriodResumed(ends=dates.cure.due_date))
    elif state.phase is Status.AWAITING_RESPONSE and now >= dates.deadline.closes_at:
        decision.emit(
            events.DeadlinePassed(
                due=dates.deadline.due_date,
                outstanding=state.items.outstanding,
                late_by_seconds=worth_recording(now - dates.deadline.closes_at),
            )
        )
    elif state.phase is Status.OVERDUE:
        _let_cure_pass(decision, dates)
    elif state.phase is Status.AWAITING_RETURN:
        _let_return_pass(decision, dates)


def _let_cure_pass(decision: Decision, dates: Timetable) -> None:
    state, outstanding = decision.state, decision.state.items.outstanding
    if state.plan.campaign.ladder.final_notice is None:
        decision.emit(events.CurePeriodEnded(because="none_foreseen", outstanding=outstanding))
    # The time to cure is the time after a final notice that was given, not after one that should have been.
    elif state.clock.facts.final_notice_at and dates.cure and decision.now >= dates.cure.closes_at:
        late = worth_recording(decision.now - dates.cure.closes_at)
        decision.emit(events.CurePeriodEnded(because="passed", outstanding=outstanding, late_by_seconds=late))


def _let_return_pass(decision: Decision, dates: Timetable) -> None:
    process, now = decision.state.process, decision.now
    if dates.return_due is None or dates.refer_at is None:
        return
    if process.refers and not process.refers_early and now < dates.return_due.closes_at:
        decision.emit(events.ReferralDropped(due=dates.return_due.due_date))
    elif not process.refers and now >= dates.refer_at:
        decision.emit(
            events.ReturnDatePassed(
                due=dates.return_due.due_date,
                outstanding=decision.state.items.outstanding,
                late_by_seconds=worth_recording(now - dates.refer_at),
            )
        )
        decision.emit(events.ReferralStarted(early=False))


def _was_early(state: State, dates: Timetable, now: datetime) -> bool:
    """Whether the deadline was noted, or the final notice given, before what turns out to be the deadline.

    Because of a pause that was recorded only then, or of another calendar. What an operator closed stays closed.
    """
    facts = state.clock.facts
    if state.phase not in OVER_FOR_THE_RECIPIENT or facts.overdue_from:
        return False
    return (facts.final_notice_at or now) < dates.deadline.closes_at


def _cure_goes_on(state: State, dates: Timetable, now: datetime) -> bool:
    """Whether the time to cure, taken to be over, turns out to run by another calendar."""
    if state.phase not in OVER_FOR_THE_RECIPIENT[1:] or state.clock.cure_closed or dates.cure is None:
        return False
    return state.clock.facts.final_notice_at is not None and now < dates.cure.closes_at


def _let_letters_pass(decision: Decision, dates: Timetable, backoff: Backoff) -> None:
    """Drops the next letter if it was missed, and stops a demand that its response date has overtaken."""
    state, now = decision.state, decision.now
    step = next_step(state, dates)
    if step is None or gap_end(state, step) or moment_of(step, backoff) > now:
        return
    if step.kind in CHASED_TO_RECIPIENT and now - step.at > MISSED_AFTER:
        _drop_if_missed(decision, dates, step, backoff)
    if goes_by_other_dates(step, now):
        return  # they are computed first
    if step.kind is StepKind.DEMAND and now >= dates.deadline.closes_at:
        due = dates.deadline.due_date
        decision.emit(events.DemandOvertaken(due=due))
        reason = f"the response was due {due.in_words()}, before the demand went out: extend or withdraw"
        decision.raise_attention(Attention.ON_HOLD, reason, holds=True)


def _drop_if_missed(decision: Decision, dates: Timetable, step: Step, backoff: Backoff) -> None:
    """After an outage, drops ``step`` when the campaign's `catch_up` says so.

    A letter that was tried in time and put off by the mail server was not missed; it gives way to a later one only.
    """
    state, policy = decision.state, decision.state.plan.campaign.mail.catch_up
    others = [s for s in pending(state, dates) if s.kind is not StepKind.COPY and s.id != step.id]
    overtaken = policy != "all" and any(other.at <= decision.now for other in others)
    was_tried = step.id in state.deliveries.attempts or backoff.retry_at(step.id) is not None
    if overtaken or (policy == "none" and not was_tried):
        decision.emit(events.LetterDropped(step=step.id, because="later_letter_due" if overtaken else "moment_passed"))
