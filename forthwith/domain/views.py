"""What a request shows of itself: to queries, to the operator's terminal, and on its page in the Web UI.

Moments are given as instants. "In three days" is said by whoever shows them, since a query answers with the time of
the last workflow task.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from forthwith.domain.campaign import RequestPlan, Role
from forthwith.domain.case import Case
from forthwith.domain.clock import Computation
from forthwith.domain.items import ItemState
from forthwith.domain.messages import Attention, Status
from forthwith.domain.model import Model
from forthwith.domain.record import Draft, Outcome, SentLetter


class NextAction(Model):
    """The one thing that happens next, and when. ``at`` is None while it is being done right now."""

    at: datetime | None
    what: str


class RequestStatus(Model):
    """Everything an operator wants to see of one request."""

    request: str
    jurisdiction: str
    plan: str
    status: Status
    attention: dict[Attention, str]
    items: tuple[ItemState, ...]
    outstanding: tuple[str, ...]
    response_due: Computation | None
    cure_due: Computation | None
    waiting_for: str
    next_action: NextAction | None
    letters: tuple[SentLetter, ...]
    draft: Draft | None
    drafts: int
    """How many versions were drawn up."""
    outcome: Outcome | None
    head: str


class Explanation(Model):
    """Why the request stands where it stands, in sentences."""

    request: str
    lines: tuple[str, ...]


WAITING_FOR = {
    Status.SENDING: "the demand to be accepted",
    Status.AWAITING_RESPONSE: "the response",
    Status.OVERDUE: "the response, within the time to cure",
    Status.DRAFTING: "the draft of the subpoena",
    Status.AWAITING_REVIEW: "the attorney's decision on the draft",
    Status.AWAITING_ISSUANCE: "a person to issue the approved subpoena",
    Status.ON_HOLD: "a person to resolve what needs attention",
}


def request_status(case: Case, next_action: NextAction | None) -> RequestStatus:
    """The answer to the query `status`."""
    dates = case.timetable if case.response_due else None
    return RequestStatus(
        request=case.plan.workflow_id,
        jurisdiction=case.plan.jurisdiction.name,
        plan=case.plan.content_hash,
        status=case.status,
        attention=dict(case.attention),
        items=case.items.states,
        outstanding=case.items.outstanding,
        response_due=dates.deadline if dates else None,
        cure_due=dates.cure if dates and case.status is Status.OVERDUE else None,
        waiting_for=WAITING_FOR.get(case.status, "nothing"),
        next_action=next_action,
        letters=tuple(case.letters),
        draft=case.draft,
        drafts=sum(entry.what == "draft_ready" for entry in case.timeline),
        outcome=case.outcome,
        head=case.head,
    )


def explanation(case: Case, next_action: NextAction | None) -> Explanation:
    """The answer to the query `explain`: where it stands, what is due when and why, what comes next."""
    view = request_status(case, next_action)
    lines = [f"{view.jurisdiction} is {view.status}."]
    if view.outcome:
        lines.append(view.outcome.text)
    else:
        lines.append(f"It waits for {view.waiting_for}.")
    lines += [f"Attention, {reason.replace('_', ' ')}: {why}" for reason, why in view.attention.items()]
    if view.response_due:
        lines.append(f"The response is due {view.response_due.in_words()}.")
        lines += view.response_due.explain()
    if view.cure_due:
        lines.append(f"The time to cure ends {view.cure_due.in_words()}.")
        lines += view.cure_due.explain()
    lines += [_item_in_words(item, item.id in view.outstanding) for item in view.items]
    if view.draft:
        lines.append(f"Draft {view.draft.version} has sha256 {view.draft.sha256}.")
        if view.draft.missing:
            lines.append(f"It cannot be approved before these are filled in: {', '.join(view.draft.missing)}.")
    if next_action and case.is_open:
        lines.append(f"Next: {_next_in_words(case, next_action)}.")
    if case.timetable and case.is_open:
        lines += [f"{step.id}: {step.why}." for step in case.pending()]
    return Explanation(request=view.request, lines=tuple(lines))


def current_details(case: Case, next_action: NextAction | None) -> str:
    """The page of a request in the Web UI, in Markdown: what it waits for, until when, what happens next."""
    view = request_status(case, next_action)
    lines = [f"**{view.status}** – {view.outcome.text if view.outcome else f'waits for {view.waiting_for}'}"]
    if view.attention:
        lines.append("")
        lines += [
            f"- **Attention: {reason.replace('_', ' ')}** – {_plain(why)}" for reason, why in view.attention.items()
        ]
    lines.append("")
    if next_action and case.is_open:
        lines.append(f"- Next: {_next_in_words(case, next_action)}")
    if view.response_due:
        lines.append(f"- Response due: {view.response_due.in_words()}")
    if view.cure_due:
        lines.append(f"- Time to cure ends: {view.cure_due.in_words()}")
    lines.append(f"- Outstanding: {', '.join(view.outstanding) or 'nothing'} (of {len(view.items)})")
    if view.draft:
        empty = f"; empty fields: {', '.join(view.draft.missing)}" if view.draft.missing else ""
        lines.append(f"- Draft {view.draft.version}: `{view.draft.sha256}`{empty}")
    if view.letters:
        lines += ["", "Last letters:", ""]
        lines += [
            f"- {_local(letter.receipt.accepted_at, _zone(case, letter.to))}: {letter.step} to the {letter.to}"
            for letter in view.letters[-4:]
        ]
    return "\n".join(lines)


def static_details(plan: RequestPlan) -> str:
    """The fixed part of the page: whom the request is about and which plan it was started with."""
    facts = (
        f"- Recipient: {_plain(plan.jurisdiction.name)}, {_plain(plan.jurisdiction.attention)}",
        f"- Time zone: {plan.jurisdiction.timezone}",
        f"- Plan: `{plan.content_hash}`",
        f"- Templates: `{plan.templates}`",
        f"- Calendars: `{plan.recipient_calendar}` (recipient), `{plan.issuer_calendar}` (issuer)",
    )
    return "\n".join((f"**{_plain(plan.campaign.title)}**", "", *facts))


def _next_in_words(case: Case, next_action: NextAction) -> str:
    if next_action.at is None:
        return f"{next_action.what}, now"
    return f"{_local(next_action.at, case.plan.jurisdiction.timezone)}: {next_action.what}"


def _zone(case: Case, reader: Role) -> str:
    return case.plan.jurisdiction.timezone if reader == "recipient" else case.plan.campaign.time_zone


def _local(instant: datetime, zone: str) -> str:
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} {local.tzname()}"


def _item_in_words(item: ItemState, outstanding: bool) -> str:
    said = item.disposition.replace("_", " ") if item.disposition else "nothing reported"
    return f"Item {item.id}: {said}{', outstanding' if outstanding else ''}." + (f" {item.note}" if item.note else "")


def _plain(text: str) -> str:
    """Text of strangers on one line, without the characters that Markdown gives a meaning."""
    folded = " ".join(text.split())
    return "".join(character if character not in "`*_[]<>#|&!\\" else f"\\{character}" for character in folded)
