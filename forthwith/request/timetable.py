"""From the ladder and what has happened so far to dated steps: when each letter goes, and why then.

Pure. The activity `compute_dates` calls `timetable` with the pinned calendars; `preview` calls the same function.
Steps toward the recipient follow the recipient's clock and office hours, internal ones the issuer's.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from enum import StrEnum
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from forthwith.base import Model
from forthwith.campaign.ladder import Ladder, Remind
from forthwith.campaign.models import RequestPlan, Role
from forthwith.deadlines.calendar import day_in_words
from forthwith.deadlines.clock import Clock, Computation
from forthwith.deadlines.pause import Pause
from forthwith.deadlines.period import Period
from forthwith.deadlines.rule import FRCP6
from forthwith.fields import Sha256

HOLD_CHASE = Period(unit="business_days", count=1)
"""A request that waits for a person is brought up again every business day, so that no hold is forgotten.

So is an issuance or a service for which the ladder has no rung: nobody said how long it may take, but it must not be
forgotten.
"""


RESPONSE_DUE, CURE_ENDS = "response due", "time to cure ends"
RETURN_DATE, OBJECTION_DUE = "return date", "objection due"
"""What the recipient's dates are called wherever they are shown. Calendars know their entries by these names."""


class StepKind(StrEnum):
    """What a letter is for. Each kind has a template of the same name."""

    DEMAND = "demand"
    ACKNOWLEDGMENT = "acknowledgment"
    REMINDER = "reminder"
    DEFICIENCY = "deficiency"
    FINAL_NOTICE = "final_notice"
    COPY = "copy"
    REVIEW_REQUEST = "review_request"
    REVIEW_CHASE = "review_chase"
    REVIEW_ESCALATION = "review_escalation"
    ISSUANCE_CHASE = "issuance_chase"
    SERVICE_CHASE = "service_chase"
    REFERRAL = "referral"
    HOLD_CHASE = "hold_chase"


TO_RECIPIENT = (
    StepKind.DEMAND,
    StepKind.ACKNOWLEDGMENT,
    StepKind.REMINDER,
    StepKind.DEFICIENCY,
    StepKind.FINAL_NOTICE,
    StepKind.COPY,
)

OBJECTION_AFTER_SERVICE = Period(unit="days", count=14)
"""An objection to a subpoena under Rule 45 is due before the earlier of the time for compliance and this long after
service, FRCP 45(d)(2)(B)."""


class Extension(Model):
    """One grant of more time: to a date or by a period."""

    to: date | None = None
    period: Period | None = None
    granted_at: datetime | None = None
    """A date is named in the knowledge of what was paused before; only what is paused from then on moves it."""


class Copy(Model):
    """A copy of an earlier letter that somebody asked for."""

    id: str
    """Its step, such as ``demand-copy-1``."""
    asked_at: datetime


class Chase(Model):
    """Something our own people owe the request, and how often they were asked."""

    topic: Literal["review", "issuance", "service", "referral", "hold"]
    name: str
    """Unique within the request, such as ``review-2`` for the second draft. Step ids start with it."""
    since: datetime
    """When they were last asked, or when the wait began."""
    sent: int = 0
    urged: bool = False
    """The next person is asked at once: an operator wants it, or the last one could not be reached."""
    unreachable: tuple[Role, ...] = ()
    """Whose mail was refused or came back; somebody else is asked in their place while there is anybody else."""

    def asked_by(self, step: str) -> bool:
        """Whether the letter ``step`` is one of this chase."""
        return step == self.name or step.startswith(f"{self.name}-chase-")


class Facts(Model):
    """All that the dates of a request hang on. Instants are UTC."""

    opened_at: datetime
    clock_from: datetime | None = None
    """When the response time started to run. Until then its dates are those expected from the demand's moment."""
    demands: int = 0
    """How many demands came back. The next one, and its acknowledgment, are other letters than those before."""
    series: int = 0
    """How often a date of the recipient was set anew: by a demand that came back, by an extension, or by a final
    notice that came back. Reminders and notices of a new series are other letters than those before."""
    extensions: tuple[Extension, ...] = ()
    pauses: tuple[Pause, ...] = ()
    """Pauses of the recipient's clock that are over."""
    overdue_from: datetime | None = None
    """When an operator closed the response time early. The final notice counts from here."""
    final_notice_at: datetime | None = None
    deficiencies: int = 0
    """How many responses in part called for a letter about what is missing."""
    deficiency_from: datetime | None = None
    """When the last of them was recorded."""
    deficiency_at: datetime | None = None
    """When the last deficiency letter was accepted. What it leaves to cure is response time."""
    served_at: datetime | None = None
    """When the subpoena was served. Its return date counts from here."""
    return_extensions: tuple[Extension, ...] = ()
    copies: tuple[Copy, ...] = ()
    recipient_calendar: Sha256 | None = None
    issuer_calendar: Sha256 | None = None
    """The calendars that count instead of those of the plan, by what the dossier keeps."""
    chase: Chase | None = None
    gap_until: datetime | None = None
    """No letter to the recipient goes earlier: the minimum gap after the one before it."""
    not_before: datetime | None = None
    """No letter goes earlier: the moment we came back from an outage, or a hold ended."""


class Step(Model):
    """One letter with its moment. ``at`` is inclusive, ``until`` the end of that day's office hours."""

    id: str
    kind: StepKind
    to: Role
    copies: tuple[Role, ...] = ()
    planned_at: datetime
    at: datetime
    until: datetime | None = None
    why: str
    ordinal: int = 0


class Timetable(Model):
    """Every date of a request that follows from the facts."""

    facts: Facts
    deadline: Computation
    acknowledge_by: Computation | None = None
    cure: Computation | None = None
    """End of the time to cure; expected, until the final notice is accepted."""
    deficiency_cure: Computation | None = None
    """End of the time that a deficiency letter leaves; expected, until that letter is accepted."""
    return_due: Computation | None = None
    """The return date of the served subpoena."""
    objection_due: Computation | None = None
    """The last day of an objection to it."""
    refer_at: datetime | None = None
    """When the matter is referred if the return date passes unanswered."""
    chase_due: Computation | None = None
    """When what our own people owe is due."""
    steps: tuple[Step, ...]


def timetable(plan: RequestPlan, recipient: Clock, issuer: Clock, facts: Facts) -> Timetable:
    """The dates that follow from ``facts``.

    Raises ``ValueError`` when a date falls outside the pinned calendars.
    """
    return _Reckoning(plan, recipient, issuer, facts).timetable()


class _Reckoning:
    """One computation: the campaign's rungs laid along one request's facts."""

    def __init__(self, plan: RequestPlan, recipient: Clock, issuer: Clock, facts: Facts) -> None:
        self.campaign = plan.campaign
        self.ladder: Ladder = plan.campaign.ladder
        self.rule = plan.counting
        self.recipient = recipient
        self.issuer = issuer
        self.facts = facts

    def timetable(self) -> Timetable:
        demand = self.demand()
        clock_from = self.facts.clock_from or demand.at
        deadline = self.deadline(clock_from)
        acknowledge_by, cure, deficiency_cure = None, None, None
        steps = [demand]
        if (deficiency := self.ladder.deficiency) and self.facts.deficiency_from:
            letter = self.deficiency(deficiency.cure, self.facts.deficiency_from)
            deficiency_cure = self.within(self.facts.deficiency_at or letter.at, deficiency.cure)
            if self.facts.deficiency_at:
                deadline = max(deadline, deficiency_cure, key=lambda computed: computed.closes_at)
            steps.append(letter)
        if acknowledgment := self.ladder.acknowledgment:
            acknowledge_by = self.within(clock_from, acknowledgment.within)
            steps.append(self.acknowledgment(acknowledgment.within, acknowledge_by))
        steps += [self.reminder(n, rung, deadline) for n, rung in enumerate(self.ladder.reminders, start=1)]
        if final_notice := self.ladder.final_notice:
            notice = self.final_notice(final_notice.after_due, deadline)
            cure = self.within(self.facts.final_notice_at or notice.at, final_notice.cure)
            steps.append(notice)
        steps += [self.copy(asked, deadline) for asked in self.facts.copies]
        return_due = self.return_due(self.facts.served_at) if self.facts.served_at else None
        chase_due = self.chase_due()
        if self.facts.chase and chase_due:
            steps.append(self.chase(self.facts.chase, chase_due))
        return Timetable(
            facts=self.facts,
            deadline=deadline,
            acknowledge_by=acknowledge_by,
            cure=cure,
            deficiency_cure=deficiency_cure,
            return_due=return_due,
            objection_due=self.objection_due(self.facts.served_at, return_due)
            if self.facts.served_at and return_due
            else None,
            refer_at=self.refer_at(return_due) if return_due else None,
            chase_due=chase_due,
            steps=tuple(steps),
        )

    def within(self, since: datetime, period: Period) -> Computation:
        """The end of a rung's own period. In hours it is elapsed time, so that a ladder can be tried in real time."""
        if period.is_elapsed:
            return self.recipient.elapsed(since, period, pauses=self.facts.pauses)
        return self.recipient.within(since, period, self.rule, pauses=self.facts.pauses)

    def deadline(self, clock_from: datetime) -> Computation:
        return self.with_more_time(self.response_due(clock_from), self.facts.extensions)

    def return_due(self, served_at: datetime) -> Computation:
        """The return date: a period after recorded service, in the recipient's calendar and zone."""
        due = self.within(served_at, self.ladder.subpoena.return_within)
        return self.with_more_time(due, self.facts.return_extensions)

    def objection_due(self, served_at: datetime, return_due: Computation) -> Computation:
        """The return date; under Rule 45 no later than fourteen days after service. A pause holds for both."""
        if self.ladder.subpoena.form != "court_rule45":
            return return_due
        fourteen = self.recipient.within(served_at, OBJECTION_AFTER_SERVICE, FRCP6, pauses=self.facts.pauses)
        return min(fourteen, return_due, key=lambda computed: computed.closes_at)

    def refer_at(self, return_due: Computation) -> datetime:
        """When the matter is referred: some days after the return date, in the issuer's calendar, or at its end."""
        if self.ladder.referral is None:
            return return_due.closes_at
        after = self.ladder.referral.after_return
        if after.is_elapsed:
            return return_due.closes_at + after.elapsed
        day = self.issuer.offset(return_due.due, after, "forward")
        return max(return_due.closes_at, datetime.combine(day, time(), ZoneInfo(self.issuer.zone)))

    def with_more_time(self, due: Computation, extensions: tuple[Extension, ...]) -> Computation:
        """``due`` after all that was granted.

        Every extension counts from the date before any roll, so that one month and one month are two months, also where
        the first of them ends on a weekend and so moves nothing. None of them shortens the time: a date granted under a
        demand that came back may lie before the new one's. Periods count in one order whichever was recorded first.
        """
        for extension in _in_one_order(extensions):
            due = max(due, self.extended(due, extension), key=_how_late)
        return due

    def response_due(self, clock_from: datetime) -> Computation:
        response = self.campaign.clock.response
        if response is None:
            return self.recipient.staged(clock_from, self.rule, pauses=self.facts.pauses)
        if response.by:
            return self.recipient.by(response.by, pauses=self.facts.pauses)
        return self.recipient.within(clock_from, _given(response.within), self.rule, pauses=self.facts.pauses)

    def extended(self, due: Computation, extension: Extension) -> Computation:
        if extension.to:
            return self.recipient.by(extension.to, pauses=_since(extension.granted_at, self.facts.pauses))
        return self.recipient.extended(due, _given(extension.period), self.rule, pauses=self.facts.pauses)

    def demand(self) -> Step:
        name, send_on = numbered("demand", self.facts.demands), self.campaign.demand.send_on
        if send_on is None:
            return self.elapsed_step(name, StepKind.DEMAND, self.facts.opened_at, "at once")
        return self.day_step(name, StepKind.DEMAND, send_on, f"planned for {day_in_words(send_on)}")

    def acknowledgment(self, within: Period, by: Computation) -> Step:
        name = numbered("acknowledgment", self.facts.demands)
        why = f"no acknowledgment within {within}, by {day_in_words(by.due)}"
        return self.after(name, StepKind.ACKNOWLEDGMENT, by.closes_at, within, why)

    def reminder(self, number: int, rung: Remind, deadline: Computation) -> Step:
        name, before = numbered(f"reminder-{number}", self.facts.series), rung.before_due
        why = f"{before} before the response is due on {day_in_words(deadline.due)}"
        if before.is_elapsed:
            step = self.elapsed_step(name, StepKind.REMINDER, deadline.closes_at - before.elapsed, why)
        else:
            step = self.day_step(name, StepKind.REMINDER, self.recipient.offset(deadline.due, before, "backward"), why)
        return step.model_copy(update={"copies": rung.copies, "ordinal": number})

    def deficiency(self, cure: Period, since: datetime) -> Step:
        name = f"deficiency-{self.facts.deficiencies}"
        return self.after(name, StepKind.DEFICIENCY, since, cure, f"a response in part, {cure} to cure it")

    def final_notice(self, after: Period, deadline: Computation) -> Step:
        name, kind = numbered("final-notice", self.facts.series), StepKind.FINAL_NOTICE
        if self.facts.overdue_from:
            return self.after(name, kind, self.facts.overdue_from, after, "escalated by an operator")
        why = f"{after} after the response was due on {day_in_words(deadline.due)}"
        if after.is_elapsed:
            return self.elapsed_step(name, kind, deadline.closes_at + after.elapsed, why)
        return self.day_step(name, kind, self.recipient.offset(deadline.due, after, "forward"), why)

    def copy(self, asked: Copy, deadline: Computation) -> Step:
        """In office hours; at once where even the response time ignores them."""
        why = "asked for by an operator"
        if deadline.rule == "elapsed":
            return self.elapsed_step(asked.id, StepKind.COPY, asked.asked_at, why)
        return self.office_step(asked.id, StepKind.COPY, asked.asked_at, why)

    def chase_due(self) -> Computation | None:
        """When what our own people owe is due; earlier dates are enforced against ourselves."""
        chase = self.facts.chase
        if chase is None:
            return None
        period = self.chase_period(chase)
        if period.is_elapsed:
            return self.issuer.elapsed(chase.since, period)
        return self.issuer.within(chase.since, period, FRCP6)

    def chase_period(self, chase: Chase) -> Period:
        match chase.topic:
            case "review":
                return self.ladder.review.within
            case "issuance" if self.ladder.issuance:
                return self.ladder.issuance.within
            case "service" if self.ladder.service:
                return self.ladder.service.within
            case "referral" if self.ladder.referral:
                return self.ladder.referral.after_return
            case _:
                return HOLD_CHASE

    def chase(self, chase: Chase, due: Computation) -> Step:
        """The next time somebody is asked: after the period that the ladder gives, else every business day."""
        period = self.chase_period(chase)
        kind, to = self.whom_to_chase(chase)
        if chase.urged or kind in (StepKind.REVIEW_REQUEST, StepKind.REFERRAL):
            at, why = chase.since, "at once"
        elif period is HOLD_CHASE:
            at, why = (
                datetime.combine(due.due, time(), ZoneInfo(self.issuer.zone)),
                "every business day until it is done",
            )
        else:
            at, why = due.closes_at, f"nothing happened within {period}"
        number = chase.sent if chase.topic == "review" else chase.sent + 1
        is_first = kind in (StepKind.REVIEW_REQUEST, StepKind.REFERRAL) and not chase.sent
        name = chase.name if is_first else f"{chase.name}-chase-{number}"
        opens, closes = at, None
        if not period.is_elapsed:
            hours = self.campaign.mail.send_between
            at, _ = self.issuer.office_window(at, hours)
            opens, closes = self.issuer.office_window(self.came_back(at), hours)
        return Step(id=name, kind=kind, to=to, planned_at=at, at=opens, until=closes, why=why, ordinal=chase.sent)

    def whom_to_chase(self, chase: Chase) -> tuple[StepKind, Role]:
        """The reviewer first, once more after a period, then whoever the ladder names; a reachable one in any case."""
        if chase.topic == "review" and chase.sent == 0:
            return StepKind.REVIEW_REQUEST, "reviewer"
        first_chase = chase.topic == "review" and chase.sent == 1 and not chase.urged
        asked: tuple[Role, ...] = ("reviewer",) if first_chase else ()
        people: list[Role] = [*asked, *colleagues(chase, self.ladder)]
        reachable: list[Role] = [role for role in people if role not in chase.unreachable]
        to: Role = (reachable or people)[0]
        match chase.topic:
            case "review":
                return StepKind.REVIEW_CHASE if first_chase else StepKind.REVIEW_ESCALATION, to
            case "issuance":
                return StepKind.ISSUANCE_CHASE, to
            case "service":
                return StepKind.SERVICE_CHASE, to
            case "referral":
                return StepKind.REFERRAL, to
            case "hold":
                return StepKind.HOLD_CHASE, to

    # How a moment becomes a step.

    def came_back(self, at: datetime) -> datetime:
        return max(at, self.facts.not_before) if self.facts.not_before else at

    def not_before(self, at: datetime) -> datetime:
        return max(self.came_back(at), self.facts.gap_until) if self.facts.gap_until else self.came_back(at)

    def after(self, name: str, kind: StepKind, moment: datetime, period: Period, why: str) -> Step:
        """As soon as office hours allow after ``moment``; at that very moment where the rung counts elapsed time."""
        if period.is_elapsed:
            return self.elapsed_step(name, kind, moment, why)
        return self.office_step(name, kind, moment, why)

    def day_step(self, name: str, kind: StepKind, day: date, why: str) -> Step:
        """At the start of office hours on ``day``, or on the next open day where that one is closed."""
        return self.office_step(name, kind, datetime.combine(day, time(), ZoneInfo(self.recipient.zone)), why)

    def office_step(self, name: str, kind: StepKind, moment: datetime, why: str) -> Step:
        hours = self.campaign.mail.send_between
        planned, _ = self.recipient.office_window(moment, hours)
        opens, closes = self.recipient.office_window(self.not_before(planned), hours)
        return Step(id=name, kind=kind, to="recipient", planned_at=planned, at=opens, until=closes, why=why)

    def elapsed_step(self, name: str, kind: StepKind, at: datetime, why: str) -> Step:
        return Step(id=name, kind=kind, to="recipient", planned_at=at, at=self.not_before(at), why=why)


def numbered(name: str, earlier: int) -> str:
    """The id of a letter of which ``earlier`` series came before."""
    return f"{name}-series-{earlier + 1}" if earlier else name


def colleagues(chase: Chase, ladder: Ladder) -> tuple[Role, ...]:
    """Whom a chase turns to once the first period is over, and who stands in where a mailbox cannot be reached."""
    match chase.topic:
        case "review":
            first: Role = ladder.review.then_chase
        case "issuance":
            first = ladder.issuance.then_chase if ladder.issuance else "supervisor"
        case "service":
            first = ladder.service.then_chase if ladder.service else "reviewer"
        case "referral":
            first = ladder.referral.to if ladder.referral else "supervisor"
        case "hold":
            first = "operator"
    others: tuple[Role, ...] = ("supervisor", "reviewer")
    return (first, *(role for role in others if role != first))


def _in_one_order(extensions: tuple[Extension, ...]) -> Iterator[Extension]:
    """What was granted, in business days before days, and so on down, between one named date and the next.

    A business day and a day are not always a day and a business day, but which was recorded first is no fact.
    """
    units = ("business_days", "days", "hours", "minutes", "seconds")

    def place(extension: Extension) -> int:
        return units.index(extension.period.unit) if extension.period else 0

    for _, granted in groupby(extensions, key=lambda extension: extension.to is None):
        yield from sorted(granted, key=place)


def _how_late(computed: Computation) -> tuple[datetime, date, datetime]:
    """When it ends; of two that end together, where more time goes on from."""
    return computed.closes_at, computed.last_counted, computed.before_move or computed.closes_at


def _since(moment: datetime | None, pauses: tuple[Pause, ...]) -> tuple[Pause, ...]:
    """What of the pauses lies after ``moment``."""
    if moment is None:
        return pauses
    return tuple(Pause(since=max(p.since, moment), until=p.until) for p in pauses if p.until > moment)


def _given(period: Period | None) -> Period:
    if period is None:
        raise ValueError("neither a date nor a period is given")
    return period
