"""The dates of a request as a calendar shows them: what falls when, and why. forthwith/views/ics.py writes it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from forthwith.base import Model
from forthwith.campaign.models import RequestPlan
from forthwith.deadlines.clock import Computation
from forthwith.request.timetable import Step
from forthwith.views.forecast import Foreseen

NEXT = "next"


class Appointment(Model):
    """One entry of a calendar. Instants are UTC."""

    uid: str
    """The same in every file with this date, so that a calendar program replaces the entry instead of adding one."""
    title: str
    at: datetime
    """Of a deadline the first instant that is too late."""
    is_deadline: bool
    """Whether there is something to be reminded of: time is up then."""
    zone: str
    """Whose time it is; an IANA name."""
    why: tuple[str, ...]
    as_of: datetime
    """When this was so. Of two versions of an entry the later one counts."""
    version: int = 0


def deadline(plan: RequestPlan, name: str, due: Computation, *, as_of: datetime, version: int = 0) -> Appointment:
    """A date that was computed, with its explanation, in the recipient's zone."""
    return Appointment(
        uid=_uid(plan, name),
        title=_title(plan, name),
        at=due.closes_at.astimezone(UTC),
        is_deadline=True,
        zone=plan.jurisdiction.timezone,
        why=due.explain(),
        as_of=as_of,
        version=version,
    )


def next_action(plan: RequestPlan, what: str, at: datetime, *, as_of: datetime, version: int) -> Appointment:
    """Whatever a request does next by itself: one entry of the calendar that moves along."""
    return Appointment(
        uid=_uid(plan, NEXT),
        title=_title(plan, f"next: {what}"),
        at=at.astimezone(UTC),
        is_deadline=False,
        zone=plan.jurisdiction.timezone,
        why=(f"If nothing happens before: {what}.",),
        as_of=as_of,
        version=version,
    )


def planned_letter(plan: RequestPlan, step: Step, *, zone: str, as_of: datetime, version: int) -> Appointment:
    """A letter that will go out if nothing happens before."""
    return Appointment(
        uid=_uid(plan, step.id),
        title=_title(plan, _letter(step.id)),
        at=step.at.astimezone(UTC),
        is_deadline=False,
        zone=zone,
        why=(f"{step.why}.",),
        as_of=as_of,
        version=version,
    )


def foreseen_appointments(plan: RequestPlan, steps: Iterable[Foreseen], *, as_of: datetime) -> Iterator[Appointment]:
    """What `preview` foresees for one request."""
    for step in steps:
        yield Appointment(
            uid=_uid(plan, step.step),
            title=_title(plan, _letter(step.step) if step.what == "letter" else step.step),
            at=step.at.astimezone(UTC),
            is_deadline=step.what in ("date", "later"),
            zone=step.zone,
            why=step.why,
            as_of=as_of,
        )


def _uid(plan: RequestPlan, step: str) -> str:
    return f"{step.replace(' ', '-')}.{plan.workflow_id}@{plan.campaign.issuer.sender.rpartition('@')[2]}"


def _title(plan: RequestPlan, what: str) -> str:
    return f"{what[:1].upper()}{what[1:]}: {plan.jurisdiction.name} [{plan.workflow_id}]"


def _letter(step: str) -> str:
    return f"{step.replace('-', ' ')} goes out"
