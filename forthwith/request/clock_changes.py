"""What changes the recipient's time: extensions, pauses, other calendars, and dates that are computed anew.

Each message: its model, when it is refused, what it does.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from forthwith.deadlines.pause import Pause
from forthwith.deadlines.period import Period
from forthwith.fields import WHEN_TAKEN, Day, FilledText, Moment, Sha256
from forthwith.request import events
from forthwith.request.decision import Decision
from forthwith.request.next_action import facts_of
from forthwith.request.reporting import origin, wrong_instant
from forthwith.request.timetable import Timetable
from forthwith.request.vocabulary import Attention, Message, Status

MAX_EXTENSION = timedelta(days=366)
"""From the day it is granted. A date beyond is a slip of the pen, and would lie outside the pinned calendars."""


class ExtendDeadline(Message):
    """More time: to a date, or by a period counted from the base date (the due date before any extension)."""

    to: Day | None = None
    period: Period | None = None
    reason: FilledText

    @model_validator(mode="after")
    def _one_of_both(self) -> "ExtendDeadline":
        if (self.to is None) == (self.period is None):
            raise ValueError("give either to (a date) or period (such as {days: 14})")
        return self


def refuse_extension(decision: Decision, extension: ExtendDeadline) -> str:
    """Before the clock runs only a date certain can be moved: a period has nothing yet to be counted from."""
    state, dates, now = decision.state, decision.dates, decision.now
    response = state.plan.campaign.clock.response
    if state.phase is Status.AWAITING_SERVICE:
        return "the subpoena was issued; its return date is counted from service, and can be extended after it"
    if dates is None or not (state.clock.runs or (response and response.by and extension.to)):
        return "the clock does not run yet; there is no deadline to extend"
    is_return = state.phase is Status.AWAITING_RETURN
    due = dates.return_due if is_return and dates.return_due else dates.deadline
    given = response.within if response else None
    within = state.plan.campaign.ladder.subpoena.return_within if is_return else given
    today = now.astimezone(ZoneInfo(state.plan.jurisdiction.timezone)).date()
    if extension.to:
        if extension.to <= due.due:
            return f"to: {extension.to} is not after {due.due}, when the response is due already"
        if extension.to < today:
            return f"to: {extension.to} is in the past"
        if extension.to > today + MAX_EXTENSION:
            return f"to: {extension.to} is more than a year away"
        return ""
    if extension.period is None:
        return "give either to (a date) or period (such as {days: 14})"
    if due.longest and due.due >= due.longest.due:
        return f"period: the rule allows no more than {due.longest.period}, until {due.longest.due}; give a date (to)"
    if extension.period.is_elapsed:
        if not (within and within.is_elapsed):
            return "period: an extension of a deadline in days is given in days or business_days"
        until = (due.before_move or due.closes_at) + extension.period.elapsed
        earliest, is_over = until.date(), until <= now
    else:
        earliest = due.last_counted + timedelta(days=extension.period.count)
        is_over = earliest < today
    if is_over:
        return f"period: {extension.period} from {due.last_counted} are over already; give a date (to) instead"
    if earliest > today + MAX_EXTENSION:
        return f"period: {extension.period} from {due.last_counted} end more than a year from now"
    return ""


def extend_deadline(decision: Decision, message: ExtendDeadline) -> None:
    """More time. Whatever followed from the old date falls away with it: notice, draft, approval, rejection.

    Once the subpoena is served it is the return date that moves, and a referral that was being drawn up is put off.
    """
    state = decision.state
    is_return = state.phase is Status.AWAITING_RETURN
    decision.emit(
        events.DeadlineExtended(
            **origin(message),
            deadline="return" if is_return else "response",
            to=message.to,
            period=message.period,
            reason=message.reason,
        )
    )
    decision.clear(Attention.EXTENSION_REQUESTED)
    if is_return:
        if state.process.refers:
            decision.emit(events.ReferralDropped())
    elif state.phase is Status.SENDING:  # a date certain was moved before the demand went out
        if not state.items.wait_for_acceptance:
            decision.clear(Attention.ON_HOLD)
    else:
        decision.withdraw_draft()
        decision.emit(events.ResponsePeriodReopened(because="extended"))


class PauseClock(Message):
    """The recipient's time stands still from ``at`` on, or from now. It is tolling, not forgiving: nothing is given
    back of a time that is over."""

    at: Moment = Field(default_factory=lambda: WHEN_TAKEN)
    reason: FilledText


def refuse_pause(decision: Decision, pause: PauseClock) -> str:
    """A pause begins while a period of the recipient runs: neither before it nor once it is over."""
    state, dates, now = decision.state, decision.dates, decision.now
    since, clock, facts = pause.at, state.clock, state.clock.facts
    service = state.process.service
    if clock.paused_since:
        return f"the clock stands still since {clock.paused_since.isoformat()} already; resume it first"
    if dates is None or facts.clock_from is None:
        return "the clock does not run yet; there is nothing to pause"
    if refused := wrong_instant(state, "at", since, now):
        return refused
    if since < facts.clock_from:
        return f"at: {since.isoformat()} is before the clock began to run ({facts.clock_from.isoformat()})"
    if state.phase is Status.OVERDUE and facts.final_notice_at and dates.cure:
        over = dates.cure.closes_at
    elif state.phase is Status.AWAITING_RETURN and service and dates.return_due and not state.process.refers:
        if since < service.served_at:
            return f"at: {since.isoformat()} is before the subpoena was served ({service.served_at.isoformat()})"
        over = dates.return_due.closes_at
    elif state.phase in (Status.AWAITING_RESPONSE, Status.OVERDUE):
        over = min(dates.deadline.closes_at, facts.overdue_from or dates.deadline.closes_at)
    else:
        return f"no time of the recipient runs that could be paused; the request is {state.status}"
    return f"at: the time was over at {over.isoformat()}; a pause gives none of it back" if since >= over else ""


def pause_clock(decision: Decision, message: PauseClock) -> None:
    """The recipient's time stands still, and the ladder with it."""
    since = message.at
    decision.emit(events.ClockPaused(**origin(message), since=since, reason=message.reason))


class ResumeClock(Message):
    """The recipient's time runs again from ``at`` on, or from now."""

    at: Moment = Field(default_factory=lambda: WHEN_TAKEN)
    reason: FilledText


def refuse_resumption(decision: Decision, resumption: ResumeClock) -> str:
    state, now = decision.state, decision.now
    paused_since = state.clock.paused_since
    if paused_since is None:
        return "the clock does not stand still; there is nothing to resume"
    until = resumption.at
    if until < paused_since:
        return f"at: {until.isoformat()} is before the clock was paused ({paused_since.isoformat()})"
    return wrong_instant(state, "at", until, now)


def resume_clock(decision: Decision, message: ResumeClock) -> None:
    """The recipient's time runs again."""
    until = message.at
    pause = Pause(since=decision.state.clock.paused_since or until, until=until)
    decision.emit(events.ClockResumed(**origin(message), pause=pause, reason=message.reason))


class RecomputeDeadlines(Message):
    """The dates are computed with other calendars from now on, such as those of a year with a new holiday.

    Each is named by the sha256 under which the dossier keeps it; what is left out stays.
    """

    recipient_calendar: Sha256 | None = None
    issuer_calendar: Sha256 | None = None
    reason: FilledText

    @model_validator(mode="after")
    def _something(self) -> "RecomputeDeadlines":
        if self.recipient_calendar is None and self.issuer_calendar is None:
            raise ValueError("give recipient_calendar, issuer_calendar or both")
        return self


def refuse_recomputation(decision: Decision, recomputing: RecomputeDeadlines) -> str:
    state = decision.state
    facts, plan = state.clock.facts, state.plan
    for_recipient = facts.recipient_calendar or plan.recipient_calendar
    for_issuer = facts.issuer_calendar or plan.issuer_calendar
    asked = (recomputing.recipient_calendar or for_recipient, recomputing.issuer_calendar or for_issuer)
    return "the dates are computed with these calendars already" if asked == (for_recipient, for_issuer) else ""


def recompute_deadlines(decision: Decision, message: RecomputeDeadlines) -> None:
    """Other calendars count from now on, and the dates are computed anew."""
    decision.emit(
        events.DeadlinesRecomputed(
            **origin(message),
            recipient_calendar=message.recipient_calendar,
            issuer_calendar=message.issuer_calendar,
            reason=message.reason,
        )
    )


def dates_computed(decision: Decision, dates: Timetable) -> None:
    """The dates that follow from the facts are known; ``decision.dates`` are those before."""
    state, before = decision.state, decision.dates
    decision.dates = dates
    decision.clear(Attention.DATES_FAILED)
    decision.clear(Attention.CASE_FILE_DAMAGED)
    if not state.is_open or not state.clock.runs or dates.facts != facts_of(state, dates):
        return  # nothing runs, or what was reported meanwhile supersedes these dates
    due = dates.deadline
    if state.clock.announced != due.due_date:
        decision.emit(events.DeadlineComputed(due=due.due_date, rule=due.rule, calendar=due.calendar_sha256))
    if before and _moves_what_a_draft_states(before, dates):
        decision.supersede_draft("dates_moved")


def _moves_what_a_draft_states(before: Timetable, after: Timetable) -> bool:
    """Whether other calendars moved what a draft states."""

    def stated(dates: Timetable) -> tuple[datetime, datetime | None]:
        return dates.deadline.closes_at, dates.cure.closes_at if dates.cure and dates.facts.final_notice_at else None

    was, now = before.facts, after.facts
    same = (was.recipient_calendar, was.issuer_calendar) == (now.recipient_calendar, now.issuer_calendar)
    return not same and stated(before) != stated(after)
