"""Events of the recipient's time: the response time, its pauses and extensions, the time to cure."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from forthwith.deadlines.due_date import DueDate
from forthwith.deadlines.pause import Pause
from forthwith.deadlines.period import Period
from forthwith.fields import Sha256
from forthwith.request.events.base import Event, Reported


class ClockStarted(Event):
    """The demand has reached the recipient, as far as the campaign asks. The response time runs."""

    kind: Literal["clock_started"] = "clock_started"
    since: AwareDatetime


class ClockStopped(Event):
    """No demand stands any more: the response time starts anew with the next one."""

    kind: Literal["clock_stopped"] = "clock_stopped"
    because: Literal["demand_returned", "new_demand"]
    pause: Pause | None = None
    """The pause that ended with it."""


class ClockPaused(Reported):
    """The recipient's time stands still."""

    kind: Literal["clock_paused"] = "clock_paused"
    since: AwareDatetime
    reason: str


class ClockResumed(Reported):
    """The recipient's time runs again."""

    kind: Literal["clock_resumed"] = "clock_resumed"
    pause: Pause
    reason: str


class DeadlineComputed(Event):
    """The response date is known, or another than before."""

    kind: Literal["deadline_computed"] = "deadline_computed"
    due: DueDate
    rule: str
    calendar: Sha256


class DeadlineExtended(Reported):
    """More time was granted."""

    kind: Literal["deadline_extended"] = "deadline_extended"
    deadline: Literal["response", "return"]
    to: date | None = None
    period: Period | None = None
    reason: str


class DeadlinesRecomputed(Reported):
    """The dates are computed with other calendars from now on."""

    kind: Literal["deadlines_recomputed"] = "deadlines_recomputed"
    recipient_calendar: Sha256 | None = None
    issuer_calendar: Sha256 | None = None
    reason: str


class DeadlinePassed(Event):
    """The response time is over, and something is outstanding."""

    kind: Literal["deadline_passed"] = "deadline_passed"
    due: DueDate
    outstanding: tuple[str, ...]
    late_by_seconds: int = 0
    """How much later it was noted, after an outage."""


class ResponsePeriodClosed(Event):
    """An operator did not wait for the end of the response time."""

    kind: Literal["response_period_closed"] = "response_period_closed"


class ResponsePeriodReopened(Event):
    """The response date was set anew, and what followed from the old one no longer counts."""

    kind: Literal["response_period_reopened"] = "response_period_reopened"
    because: Literal["extended", "due_later"]
    due: DueDate | None = None
    """When the response is due, where that is known already."""


class CurePeriodStarted(Event):
    """The final notice was accepted."""

    kind: Literal["cure_period_started"] = "cure_period_started"
    since: AwareDatetime


class CurePeriodEnded(Event):
    """The subpoena is drafted next."""

    kind: Literal["cure_period_ended"] = "cure_period_ended"
    because: Literal["passed", "none_foreseen", "closed_early"]
    outstanding: tuple[str, ...]
    late_by_seconds: int = 0


class CurePeriodResumed(Event):
    """The cure period, taken to be over, turns out to run by another calendar."""

    kind: Literal["cure_period_resumed"] = "cure_period_resumed"
    ends: DueDate


class FinalNoticeVoided(Event):
    """The final notice came back: it was never given, and another one goes out."""

    kind: Literal["final_notice_voided"] = "final_notice_voided"


class DeficiencyFound(Event):
    """A response in part calls for a letter about what is missing."""

    kind: Literal["deficiency_found"] = "deficiency_found"
    number: int


class DeficiencyCureStarted(Event):
    """The deficiency letter was accepted; the time to cure that it leaves is response time."""

    kind: Literal["deficiency_cure_started"] = "deficiency_cure_started"
    since: AwareDatetime
