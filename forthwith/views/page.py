"""The page of a request in the Web UI, in Markdown: what stands there, and how it is kept from being written by others.

Written for the Web UI's own Markdown, which keeps line breaks, sets wide gaps between blocks and tables without any,
and lets HTML through: so a page is few paragraphs and lists, and whatever others wrote goes through `_plain` or
`_code`.
"""

import re
from collections.abc import Iterator, Sequence

from forthwith.campaign.models import RequestPlan
from forthwith.deadlines.computation import Computation
from forthwith.request.phases import PHASES
from forthwith.request.record import SentLetter
from forthwith.request.request import Request
from forthwith.request.vocabulary import Attention, Status
from forthwith.views.remedies import remedy
from forthwith.views.status import (
    NextAction,
    RequestStatus,
    due_on_our_desk,
    is_over,
    local_time,
    next_in_words,
    request_status,
    zone_of,
)
from forthwith.visible import visible

LETTERS_SHOWN, NAMES_SHOWN = 5, 20
MAX_QUOTE = 400
"""Characters of somebody else's text; the timeline has all of it."""

# The characters of Markdown and its usual extensions.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|&~^$!]")
# What a renderer may make a link of by itself, also after it has read the escapes: nothing but code keeps it from that.
_ADDRESS = re.compile(r"(\S*(?:://|@|\bwww\.|\b(?:mailto|xmpp|javascript|data):)\S*)", re.IGNORECASE)
_NO_BACKTICK = "\N{MODIFIER LETTER GRAVE ACCENT}"


def current_details(request: Request, next_action: NextAction | None) -> str:
    """The changing part of the page: what it waits for, until when, what needs a person, what happens next."""
    view = request_status(request, next_action)
    if ended := view.outcome:
        at = local_time(ended.ended_at, request.plan.jurisdiction.timezone)
        lines = [f"**{view.status}** since {at} – {_plain(ended.text)}", ""]
    else:
        lines = [f"**{view.status}** – waits for {view.waiting_for}", ""]
    if view.status is Status.ON_HOLD:
        lines[1:] = [f"Meanwhile no letter goes to the recipient. Before the hold it was {request.state.phase}.", ""]
    if view.attention:
        lines += [f"> Needs a person: {', '.join(map(_spoken, view.attention))}", ""]
    for reason, why in view.attention.items():
        lines.append(f"- **{_spoken(reason).capitalize()}:** {_plain(why)}")
        lines.append(f"- **To do:** {_what_to_do(request, reason)}")
    if next_action and request.state.is_open:
        lines.append(f"- **Next:** {next_in_words(request, next_action)}")
    if request.state.recipient != request.plan.recipient:
        to = request.state.recipient
        lines.append(f"- **Recipient, corrected:** {_plain(to.name)}, {_plain(to.attention)}, {_code(to.email)}")
    lines += _dates(request, view)
    lines.append(f"- **Outstanding:** {_outstanding(view)}")
    lines += _draft(request, view)
    if view.letters:
        last = view.letters[-LETTERS_SHOWN:]
        lines += ["", f"**Last letters** ({len(last)} of {len(view.letters)}, newest first)", ""]
        lines += [f"- {_letter_in_words(request, letter)}" for letter in reversed(last)]
    return "\n".join(lines)


def static_summary(plan: RequestPlan) -> str:
    """The title of the page. It is Markdown as well, on one line."""
    return _plain(f"{plan.jurisdiction.name}: {plan.campaign.title}")


def static_details(plan: RequestPlan) -> str:
    """The fixed part of the page: whom the request is about and which plan it was started with."""
    recipient, demand = plan.jurisdiction, plan.campaign.demand
    facts = (
        f"- **Recipient:** {_plain(recipient.name)}, {_plain(recipient.attention)}, {_code(recipient.email)}",
        f"- **Time zone:** {recipient.timezone}",
        f"- **Demand:** {_plain(demand.subject)}",
        f"- **Items:** {_listed([item.id for item in demand.items])}",
        f"- **Who decides:** {_plain(plan.campaign.issuer.reviewer.name)}, then"
        f" {_plain(plan.campaign.issuer.supervisor.name)}",
        f"- **How each date was counted:** {_command('explain', plan)}",
        f"- **Everything that happened:** {_command('timeline', plan)}",
        f"- **Plan:** {_code(plan.content_hash)}",
        f"- **Templates:** {_code(plan.templates)}",
        f"- **Calendars:** {_code(plan.recipient_calendar)} (recipient), {_code(plan.issuer_calendar)} (issuer)",
    )
    return "\n".join((f"**{_plain(plan.campaign.title)}**", "", *facts))


def _dates(request: Request, view: RequestStatus) -> Iterator[str]:
    if view.paused_since:
        since = local_time(view.paused_since, request.plan.jurisdiction.timezone)
        is_known = view.response_due and request.state.phase is not Status.AWAITING_RETURN
        unknown = "" if is_known else "; when the time is over is known once it runs again"
        yield f"- **The clock stands still** since {since}{unknown}"
    yield from _date(f"Response {'was due' if is_over(request) else 'due'}", view.response_due)
    yield from _date("Time to cure ends", view.cure_due)
    if view.issued:
        number, signer = _plain(view.issued.number), _plain(view.issued.signed_by)
        issued_at = local_time(view.issued.issued_at, zone_of(request, "operator"))
        yield f"- **Issued** as {number}, signed by {signer}, {issued_at}"
    if view.service:
        served_at = local_time(view.service.served_at, zone_of(request, "recipient"))
        yield f"- **Served** on {_plain(view.service.on_whom)}, {_plain(view.service.how)}, {served_at}"
    if view.objection_due != view.return_due:
        yield from _date("Objection due", view.objection_due)
    yield from _date("Return date", view.return_due)
    if on_our_desk := due_on_our_desk(request):
        yield from _date(f"{on_our_desk[0].capitalize()} due", on_our_desk[1])


def _date(name: str, due: Computation | None) -> Iterator[str]:
    if due:
        yield f"- **{name}:** {due.in_words()}"
        yield f"  - How it was counted: {' '.join(map(_plain, due.explain()))}"


def _outstanding(view: RequestStatus) -> str:
    if not view.outstanding:
        return f"nothing (of {len(view.items)})"
    return f"{_listed(view.outstanding)} ({len(view.outstanding)} of {len(view.items)})"


_DONE = {Status.AWAITING_ISSUANCE: "issued", Status.AWAITING_SERVICE: "served"}


def _draft(request: Request, view: RequestStatus) -> Iterator[str]:
    draft = view.draft
    if draft is None:
        return
    approved = (
        f", approved by {_plain(request.state.process.approved_by.name)}" if request.state.process.approved_by else ""
    )
    yield f"- **Draft {draft.version}**{approved}: {_code(draft.document.uri)}, sha256 {_code(draft.sha256)}"
    if draft.missing:
        yield f"- **Still empty**, so that it cannot be approved: {_listed(draft.missing)}"
    phase = PHASES[request.state.phase]
    if request.state.phase is Status.AWAITING_REVIEW:
        decisions = ("--approve", '--revise --set FIELD="…"', '--reject --reason "…"')[bool(draft.missing) :]
        first = _command("review-subpoena", request.plan, f"--sha256 {draft.sha256} {decisions[0]}")
        yield f"- **To decide:** {first}, or with {' or '.join(map(_code, decisions[1:]))}"
        if draft.working_copy:
            yield f"- **To mark up in a word processor:** {_code(draft.working_copy.uri)}"
    elif phase.is_ours:
        command = phase.command.format(id=request.plan.workflow_id, sha256=draft.sha256)
        yield f"- **Once {_DONE[request.state.phase]}:** {_code(f'forthwith {command}')}"


def _what_to_do(request: Request, reason: Attention) -> str:
    """What ends one reason for attention: the commands, and what each of them does."""
    return remedy(
        reason,
        request.plan.workflow_id,
        is_sending=request.state.phase is Status.SENDING,
        is_held=reason in request.state.attention.holds,
        has_claims=bool(request.state.items.claimed),
    ).advice


def _letter_in_words(request: Request, letter: SentLetter) -> str:
    accepted = local_time(letter.receipt.accepted_at, zone_of(request, letter.to))
    words = [f"{accepted}: {_code(letter.step)} to the {letter.to}"]
    if letter.possible_copy:
        words.append("marked as a possible copy")
    if letter.delivered != "unknown":
        words.append("delivered" if letter.delivered == "yes" else "**came back**")
    return ", ".join(words)


def _spoken(reason: Attention) -> str:
    return reason.replace("_", " ")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(_plain(name) for name in names[:NAMES_SHOWN]) + more


def _command(command: str, plan: RequestPlan, more: str = "") -> str:
    """A command line about this request, to be copied."""
    return _code(" ".join(filter(None, ("forthwith", command, plan.workflow_id, more))))


def _plain(text: str) -> str:
    """Text of strangers on one line, of which Markdown makes nothing: no link either, and no character unseen."""
    # Split by a pattern with one group, each second part is an address.
    parts = _ADDRESS.split(_one_line(text))
    return "".join(_code(part) if n % 2 else _MARKUP.sub(r"\\\g<0>", part) for n, part in enumerate(parts))


def _code(text: str) -> str:
    """Text in type of one width, in which nothing at all has a meaning."""
    return f"`{_one_line(text).replace('`', _NO_BACKTICK)}`"


def _one_line(text: str) -> str:
    seen = visible(" ".join(text.split()))
    return seen if len(seen) <= MAX_QUOTE else f"{seen[:MAX_QUOTE]} …"
