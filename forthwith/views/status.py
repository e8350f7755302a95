"""What a request shows of itself: to queries and to the operator's terminal. Its page is in forthwith/views/page.py.

Moments are given as instants. "In three days" is made by whoever shows them, since a query answers with the time of
the last workflow task.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from forthwith.base import Model
from forthwith.campaign.models import Recipient, Role
from forthwith.deadlines.clock import Computation
from forthwith.request.items import ItemState
from forthwith.request.limits import MAX_REASON_BYTES, cut
from forthwith.request.phases import PHASES, waits_for
from forthwith.request.record import Draft, Filed, Issued, Outcome, SentLetter, ServiceRecord
from forthwith.request.request import Request
from forthwith.request.timetable import CURE_ENDS, OBJECTION_DUE, RESPONSE_DUE, RETURN_DATE, Facts, StepKind
from forthwith.request.vocabulary import Attention, Status
from forthwith.views.agenda import Appointment, deadline, planned_letter


class NextAction(Model):
    """The one thing that happens next, and when. ``at`` is None while it is being done right now."""

    at: datetime | None
    what: str


class RequestStatus(Model):
    """Everything an operator wants to see of one request."""

    request: str
    jurisdiction: str
    recipient: Recipient | None = None
    """Whom the letters go to; None in answers of before it could be corrected."""
    plan: str
    status: Status
    attention: dict[Attention, str]
    items: tuple[ItemState, ...]
    outstanding: tuple[str, ...]
    response_due: Computation | None
    cure_due: Computation | None
    paused_since: datetime | None = None
    """When the recipient's clock was paused, while it stands still: until it runs again no date is known."""
    waiting_for: str
    next_action: NextAction | None
    letters: tuple[SentLetter, ...]
    draft: Draft | None
    drafts: int
    """How many versions were drawn up."""
    issued: Issued | None = None
    issued_copy: Filed | None = None
    """The record copy of what was issued."""
    service: ServiceRecord | None = None
    return_due: Computation | None = None
    objection_due: Computation | None = None
    memo: Filed | None = None
    """The referral memo."""
    facts: Facts | None = None
    """All that the dates hang on, the calendars that count instead of the plan's among them."""
    outcome: Outcome | None
    head: str


class Explanation(Model):
    """Why the request stands where it stands, in sentences."""

    request: str
    lines: tuple[str, ...]
    dates: tuple[Appointment, ...] = ()
    """What falls when from now on, for a calendar; each with its explanation."""


PURPOSE = {
    StepKind.ACKNOWLEDGMENT: "asking to confirm that the demand arrived",
    StepKind.REVIEW_REQUEST: "asking for the decision on the draft",
    StepKind.REVIEW_CHASE: "asking again for the decision on the draft",
    StepKind.REVIEW_ESCALATION: "asking for the decision, as the reviewer is late",
    StepKind.ISSUANCE_CHASE: "asking for the issuance of the draft",
    StepKind.COPY: "sending an earlier letter again",
    StepKind.DEFICIENCY: "saying what the response leaves outstanding",
    StepKind.SERVICE_CHASE: "asking for the service of the subpoena",
    StepKind.REFERRAL: "referring the matter for enforcement",
    StepKind.HOLD_CHASE: "asking to end the hold",
}
"""What a letter is for, where its name does not say it."""


def request_status(request: Request, next_action: NextAction | None) -> RequestStatus:
    """The answer to the query `status`."""
    state = request.state
    dates = request.dates if request.response_due else None
    served = None if state.clock.paused_since else request.dates
    return RequestStatus(
        request=request.plan.workflow_id,
        jurisdiction=state.recipient.name,
        recipient=state.recipient,
        plan=request.plan.content_hash,
        status=state.status,
        attention=dict(state.attention.reasons),
        items=tuple(
            item.model_copy(update={"note": cut(item.note, MAX_REASON_BYTES)}) if item.note else item
            for item in state.items.states
        ),
        outstanding=state.items.outstanding,
        response_due=dates.deadline if dates else None,
        cure_due=dates.cure if dates and state.status is Status.OVERDUE else None,
        paused_since=state.clock.paused_since if state.is_open else None,
        waiting_for="a person to let the clock run again"
        if set(state.attention.holds) == {Attention.CLOCK_PAUSED}
        else waits_for(state.status),
        next_action=next_action,
        letters=tuple(state.deliveries.letters),
        draft=state.process.draft,
        drafts=len(state.process.drafts),
        issued=state.process.issued,
        issued_copy=state.process.record_copy,
        service=state.process.service,
        return_due=served.return_due if served else None,
        objection_due=served.objection_due if served else None,
        memo=state.process.memo,
        facts=request.dates.facts if request.dates else None,
        outcome=state.outcome,
        head=request.head,
    )


def explanation(request: Request, next_action: NextAction | None) -> Explanation:
    """The answer to the query `explain`: where it stands, what is due when and why, what comes next."""
    state = request.state
    view = request_status(request, next_action)
    lines = [f"{view.jurisdiction} is {view.status}."]
    if view.outcome:
        lines.append(view.outcome.text)
    else:
        lines.append(f"It waits for {view.waiting_for}.")
    lines += [f"Attention, {reason.replace('_', ' ')}: {why}" for reason, why in view.attention.items()]
    zone = request.plan.jurisdiction.timezone
    for pause in state.clock.facts.pauses:
        lines.append(f"The clock stood still from {local_time(pause.since, zone)} to {local_time(pause.until, zone)}.")
    if view.paused_since:
        lines.append(f"The clock stands still since {local_time(view.paused_since, zone)}.")
        if not view.response_due or state.phase is Status.AWAITING_RETURN:
            lines.append("When the time is over is known once it runs again.")
    if state.recipient != request.plan.recipient:
        lines.append(f"The recipient was corrected: {', '.join(dict(state.recipient).values())}.")
    if view.response_due:
        lines.append(f"The response {'was' if is_over(request) else 'is'} due {view.response_due.in_words()}.")
        lines += view.response_due.explain()
    if view.cure_due:
        lines.append(f"The time to cure ends {view.cure_due.in_words()}.")
        lines += view.cure_due.explain()
    if view.issued:
        lines.append(f"Subpoena {view.issued.number} was issued, signed by {view.issued.signed_by}.")
    if view.service:
        lines.append(f"It was served on {view.service.on_whom} {view.service.how} by {view.service.by_whom}.")
    if view.return_due:
        has_passed = state.process.refers or not state.is_open
        lines.append(f"The return date {'was' if has_passed else 'is'} {view.return_due.in_words()}.")
        lines += view.return_due.explain()
    if view.objection_due and view.objection_due != view.return_due:
        lines.append(f"An objection is due {view.objection_due.in_words()} (FRCP 45(d)(2)(B)).")
        lines += view.objection_due.explain()
    if on_our_desk := due_on_our_desk(request):
        lines.append(f"The {on_our_desk[0]} is due {on_our_desk[1].in_words()}.")
        lines += on_our_desk[1].explain()
    lines += [_item_in_words(item, item.id in view.outstanding) for item in view.items]
    if view.draft:
        lines.append(f"Draft {view.draft.version} has sha256 {view.draft.sha256}.")
        if view.draft.missing:
            lines.append(f"It cannot be approved before these are filled in: {', '.join(view.draft.missing)}.")
    if next_action and state.is_open:
        lines.append(f"Next: {next_in_words(request, next_action)}.")
    if request.dates and state.is_open:
        lines += [f"{step.id}: {step.why}." for step in request.pending()]
    return Explanation(
        request=view.request, lines=tuple(lines), dates=(*deadlines(request), *_planned_letters(request))
    )


def deadlines(request: Request) -> Iterator[Appointment]:
    """What is due when, by the recipient and by our own people."""
    view = request_status(request, None)
    due = [(RESPONSE_DUE, view.response_due), (CURE_ENDS, view.cure_due), (RETURN_DATE, view.return_due)]
    if view.objection_due != view.return_due:
        due.append((OBJECTION_DUE, view.objection_due))
    if on_our_desk := due_on_our_desk(request):
        due.append((f"{on_our_desk[0]} due", on_our_desk[1]))
    as_of, version = request.timeline[-1].at, len(request.timeline)
    for name, computed in due:
        if computed:
            yield deadline(request.plan, name, computed, as_of=as_of, version=version)


def _planned_letters(request: Request) -> Iterator[Appointment]:
    as_of, version = request.timeline[-1].at, len(request.timeline)
    for step in request.pending() if request.state.is_open else ():
        yield planned_letter(request.plan, step, zone=zone_of(request, step.to), as_of=as_of, version=version)


def is_over(request: Request) -> bool:
    """Whether the response time is over."""
    state = request.state
    return not state.is_open or state.phase not in (Status.SENDING, Status.AWAITING_RESPONSE)


def due_on_our_desk(request: Request) -> tuple[str, Computation] | None:
    """What one of our own people owes, and by when; None on hold, when nobody is expected to decide."""
    state = request.state
    dates = request.dates
    owed = PHASES[state.phase].owes
    if not state.is_open or state.attention.holds or not owed or not dates or not dates.chase_due:
        return None
    return owed, dates.chase_due


def next_in_words(request: Request, next_action: NextAction) -> str:
    """The time of whoever gets the next letter, else of the recipient, whose time it is that runs."""
    step = next(iter(request.pending()), None)
    is_letter = step is not None and next_action.what.startswith(f"{step.id} ")
    purpose = f", {PURPOSE[step.kind]}" if step and is_letter and step.kind in PURPOSE else ""
    if next_action.at is None:
        return f"{next_action.what}{purpose}, now"
    zone = zone_of(request, step.to if step else "recipient")
    return f"{local_time(next_action.at, zone)}: {next_action.what}{purpose}"


def zone_of(request: Request, reader: Role) -> str:
    """The time zone of one of the recipient's people, or of ours."""
    return request.plan.jurisdiction.timezone if reader == "recipient" else request.plan.campaign.time_zone


def local_time(instant: datetime, zone: str) -> str:
    """``Wed 6 Jan 2027, 08:00 EST``."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} {local.tzname()}"


def _item_in_words(item: ItemState, outstanding: bool) -> str:
    said = item.disposition.replace("_", " ") if item.disposition else "nothing reported"
    return f"Item {item.id}: {said}{', outstanding' if outstanding else ''}." + (f" {item.note}" if item.note else "")
