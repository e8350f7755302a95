"""What is to be done next, or until when to wait: from the state, the dates in use and the time alone.

The ladder reads from top to bottom in `next_action`. What the mere passing of time decides, a deadline that has passed
or a letter that was missed, comes before it: forthwith/request/time_passing.py.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from forthwith.request.actions import (
    Action,
    Close,
    ComputeDates,
    CopyIssued,
    DraftReferral,
    DraftSubpoena,
    SendLetter,
    Wait,
)
from forthwith.request.backoff import COPY, DATES, DRAFT, FILING, MEMO, Backoff
from forthwith.request.phases import PHASES
from forthwith.request.state import State, doubt_key
from forthwith.request.timetable import Facts, Step, StepKind, Timetable
from forthwith.request.vocabulary import Attention, Status

MISSED_AFTER = timedelta(hours=1)
"""A reminder this late was missed: we were down, and the campaign's `catch_up` decides about it."""

WORTH_RECORDING = timedelta(minutes=1)
"""What happens later than this says so in the record, and a letter that states a date has it computed anew."""

STATES_A_DATE = (StepKind.DEMAND, StepKind.DEFICIENCY, StepKind.FINAL_NOTICE)
"""These letters state a date that is counted from the day they go out."""


def next_action(state: State, dates: Timetable | None, backoff: Backoff, now: datetime) -> Action:
    """The one action of an open request: something to do now, or a wait for a moment after ``now``.

    ``dates`` are None before they were first computed. What has passed by ``now`` is expected to be on record.
    """
    if not state.is_open:
        return Close()
    facts = facts_of(state, dates)
    if dates is None or dates.facts != facts:
        return _unless_put_off(ComputeDates(facts), DATES, backoff, now)
    if letter := next(iter(state.deliveries.arrived), None):
        return _unless_put_off(_known(state, letter), letter, backoff, now)
    if state.status is Status.DRAFTING:
        action = DraftSubpoena(state.process.versions + 1)
        return _unless_put_off(action, DRAFT, backoff, now)
    if state.awaits_memo:
        return _unless_put_off(DraftReferral(), MEMO, backoff, now)
    given_up = Attention.DRAFT_FAILED in state.attention.holds
    if state.process.draft and state.process.wants_record_copy and not given_up and backoff.allows(COPY, now):
        return CopyIssued(state.process.draft.version)
    step = next_step(state, dates)
    if step and (later := _moved(state, dates, step, backoff, now)):
        return _unless_put_off(ComputeDates(later), DATES, backoff, now)
    if step and moment_of(step, backoff) <= now:
        return _letter(state, step)
    return _wait(_moments(state, dates, backoff), backoff, now)


def facts_of(state: State, dates: Timetable | None) -> Facts:
    """All that the dates hang on now. What the dates in use keep letters back for goes on to do so."""
    gap_until = dates.facts.gap_until if dates and state.deliveries.last_letter_at else None
    return state.clock.facts.model_copy(
        update={
            "chase": state.attention.asked,
            "gap_until": gap_until,
            "not_before": dates.facts.not_before if dates else None,
        }
    )


def pending(state: State, dates: Timetable | None) -> list[Step]:
    """The letters that the present situation calls for, earliest first, none of them sent yet."""
    return sorted(_pending(state, dates), key=lambda step: step.at) if dates else []


def next_step(state: State, dates: Timetable) -> Step | None:
    """The letter that goes next."""
    return min(_pending(state, dates), key=lambda step: step.at, default=None)


def moment_of(step: Step, backoff: Backoff) -> datetime:
    """When ``step`` is done: at its date, or when it is tried again."""
    retry_at = backoff.retry_at(step.id)
    return max(step.at, retry_at) if retry_at else step.at


def is_current(state: State, dates: Timetable | None, step: Step) -> bool:
    """Whether a letter to the recipient belongs to the dates that count now, not to those before an extension."""
    facts = state.clock.facts
    return (
        dates is not None
        and (dates.facts.series, dates.facts.demands) == (facts.series, facts.demands)
        and any(step.id == other.id for other in dates.steps)
    )


def worth_recording(late: timedelta) -> int:
    """How late something was, in seconds; 0 where it is not worth recording."""
    return int(late.total_seconds()) if late > WORTH_RECORDING else 0


def goes_by_other_dates(step: Step, now: datetime) -> bool:
    """Whether a letter that is due is computed anew: the date it states is stale, or its time of day is over."""
    is_stale = step.kind in STATES_A_DATE and now - step.at > WORTH_RECORDING
    return is_stale or (step.until is not None and now >= step.until)


def makes_sense(state: State, step: Step, since: datetime | None) -> bool:
    """No chase for an acknowledgment once we heard of the recipient; no reminder before its date was set.

    A reminder whose day was over when an extension was granted was not missed: it was never due. ``since`` is when the
    response time began or was set anew; None before.
    """
    if step.kind is StepKind.ACKNOWLEDGMENT:
        return state.heard_at is None
    if step.kind is StepKind.REMINDER:
        return since is not None and step.planned_at > since
    return True


def wants_draft(state: State, version: int) -> bool:
    """Whether that version of the draft is still called for."""
    return state.status is Status.DRAFTING and version == state.process.versions + 1


def still_wanted(state: State, dates: Timetable | None, action: SendLetter | DraftSubpoena | DraftReferral) -> bool:
    """Whether an action under way is still called for, after whatever was reported meanwhile."""
    if not state.is_open:
        return False
    match action:
        case DraftReferral():
            return state.awaits_memo
        case DraftSubpoena(version):
            return wants_draft(state, version)
        case SendLetter(step=step):
            if action.known or step.id in state.deliveries.arrived:
                return action.known is not None and step.id in state.deliveries.arrived
            if step.to == "recipient" and not (
                is_current(state, dates, step) and action.address == state.recipient.email
            ):
                return False
            return dates is not None and any(step.id == other.id for other in _pending(state, dates))


def foreseen_at(state: State, dates: Timetable | None, backoff: Backoff, now: datetime) -> datetime | None:
    """The next moment as far as it is known: not while something is being done, or dates have to be computed."""
    if not state.is_open or dates is None or dates.facts != facts_of(state, dates):
        return None
    return min((at for at, _ in _moments(state, dates, backoff) if at > now), default=None)


def _pending(state: State, dates: Timetable) -> list[Step]:
    steps = [step for step in dates.steps if step.id not in state.deliveries.done]
    copies = [] if state.attention.holds else [step for step in steps if step.kind is StepKind.COPY]
    return copies + _called_for(state, steps)


def _called_for(state: State, steps: list[Step]) -> list[Step]:
    """Those of ``steps`` that the ladder has now, apart from what somebody asked for beside it."""
    if chase := state.attention.asked:
        return [step for step in steps if chase.asked_by(step.id)]
    if state.phase is Status.OVERDUE and not state.awaits_final_notice:
        return []
    letters = PHASES[state.phase].letters
    return [step for step in steps if step.kind in letters and makes_sense(state, step, state.clock.period_since)]


def gap_end(state: State, step: Step) -> datetime | None:
    """When the minimum gap between two letters to the recipient lets ``step`` go, where that keeps it back."""
    last = state.deliveries.last_letter_at
    if step.to != "recipient" or last is None:
        return None
    ends = last + state.plan.campaign.mail.minimum_gap.elapsed
    return ends if step.at < ends else None


def _moved(state: State, dates: Timetable, step: Step, backoff: Backoff, now: datetime) -> Facts | None:
    """The facts under which the next letter goes at another moment after all."""
    if ends := gap_end(state, step):
        return dates.facts.model_copy(update={"gap_until": ends})
    if moment_of(step, backoff) > now:
        return None
    if goes_by_other_dates(step, now):
        return dates.facts.model_copy(update={"not_before": now})
    return None


def _letter(state: State, step: Step) -> SendLetter:
    address = state.address(step.to)
    possible_copy = doubt_key(step.id, address) in state.deliveries.doubts
    return SendLetter(step, state.deliveries.attempt(step.id), possible_copy, address)


def _known(state: State, step: str) -> SendLetter:
    """The attempt of an unconfirmed letter that is known to have arrived, for its receipt."""
    letter = state.deliveries.unconfirmed[step]
    attempt = SendLetter(letter.step, letter.attempt, letter.possible_copy, letter.address)
    return replace(attempt, known=state.deliveries.arrived[step])


def _unless_put_off(action: Action, work: str, backoff: Backoff, now: datetime) -> Action:
    at = backoff.retry_at(work)
    if at is None or at <= now:
        return action
    return _wait([(at, f"another try: {work}")], backoff, now)


def _moments(state: State, dates: Timetable, backoff: Backoff) -> Iterator[tuple[datetime, str]]:
    """Everything that happens by the mere passing of time."""
    if step := next_step(state, dates):
        yield moment_of(step, backoff), f"{step.id} to the {step.to}"
    if state.attention.holds:
        return
    phase = PHASES[state.phase]
    if phase.ends and not state.process.refers and (at := phase.ends(dates)):
        yield at, phase.ending
    if state.process.wants_record_copy and (retry_at := backoff.retry_at(COPY)):
        yield retry_at, f"another try: {COPY}"


def _wait(moments: Iterable[tuple[datetime, str]], backoff: Backoff, now: datetime) -> Wait:
    foreseen = list(moments)
    filing = backoff.retry_at(FILING)
    if filing and filing > now:  # once it has come, whoever waits files first
        foreseen.append((filing, "another try to file the record"))
    until, then = min(foreseen)
    return Wait(until.astimezone(UTC), then)
