"""Every message at every rung: what becomes of it. `python -m tests.units.rungs` writes docs/rungs.md anew.

One request is driven to each rung, one message is sent to it, and where it stands afterwards is the cell of a table.
The table is read by operators, held to the code by tests/units/test_rungs.py, and tried on a real server by
tests/story/test_rungs.py.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from forthwith.campaign.models import Campaign
from forthwith.deadlines.period import Period
from forthwith.request.actions import DraftSubpoena
from forthwith.request.backoff import DRAFT
from forthwith.request.phases import PHASES
from forthwith.request.vocabulary import Attention, Message
from tests.units.cases import Desk, campaign

PAGE = Path(__file__).parents[2] / "docs" / "rungs.md"
FORTNIGHT = Period(unit="days", count=14)
REFUSED = "–"


def _undelivered(desk: Desk) -> Desk:
    """The mail server refuses the address."""
    desk.on_letter = lambda letter: bool(desk.request.letter_refused(letter.step, "550 no such user", desk.now)) or True
    desk.settle()
    desk.on_letter = lambda _: False
    return desk


def _nothing_drafted(desk: Desk) -> Desk:
    desk.to_overdue()
    desk.say(desk.escalation())
    assert isinstance(desk.next(), DraftSubpoena)
    desk.request.work_failed(DRAFT, Attention.DRAFT_FAILED, "no space left on device", desk.now)
    return desk


def _on_hold(desk: Desk) -> Desk:
    desk.go(days=1)
    desk.garble()
    return desk


def _ended(desk: Desk) -> Desk:
    desk.go(days=1).say(desk.withdrawal())
    return desk


RUNGS: Mapping[str, Callable[[Desk], Desk]] = {
    "Sending": _undelivered,
    "AwaitingResponse": lambda desk: desk.go(days=1),
    "Overdue": Desk.to_overdue,
    "Drafting": _nothing_drafted,
    "AwaitingReview": Desk.to_review,
    "AwaitingIssuance": Desk.to_issuance,
    "AwaitingService": Desk.to_service,
    "AwaitingReturn": Desk.to_return,
    "OnHold": _on_hold,
    "ended": _ended,
}
"""How a request comes to each rung and rests there."""

SAID: Mapping[str, tuple[str, Callable[[Desk], Message]]] = {
    "record_response: everything": ("record_response", lambda desk: desk.response()),
    "record_response: in part": ("record_response", lambda desk: desk.response(a1="produced")),
    "record_response: a refusal": ("record_response", lambda desk: desk.response(kind="refusal")),
    "accept_response: under reviewed": ("accept_response", lambda desk: _claimed(desk).acceptance("A-1")),
    "acknowledge": ("acknowledge", lambda desk: desk.acknowledgment()),
    "record_delivery: demand failed": ("record_delivery", lambda desk: desk.report("demand")),
    "record_delivery: demand delivered": ("record_delivery", lambda desk: desk.report("demand", "delivered")),
    "extend_deadline": ("extend_deadline", lambda desk: desk.extension(period=FORTNIGHT)),
    "pause_clock": ("pause_clock", lambda desk: desk.pause()),
    "resume_clock: of a pause": ("resume_clock", lambda desk: _paused(desk).resumption()),
    "correct_recipient": ("correct_recipient", lambda desk: desk.correction(email="clerk@somewhere.example")),
    "resend_letter: a copy": ("resend_letter", lambda desk: desk.resending("demand", restarts_clock=False)),
    "resend_letter: a new demand": ("resend_letter", lambda desk: desk.resending("demand", restarts_clock=True)),
    "review_subpoena: approve": ("review_subpoena", lambda desk: desk.review("approve")),
    "review_subpoena: revise": ("review_subpoena", lambda desk: desk.review("revise", notes="shorter")),
    "review_subpoena: reject": ("review_subpoena", lambda desk: desk.review("reject")),
    "record_issuance": ("record_issuance", lambda desk: desk.issuance()),
    "record_service": ("record_service", lambda desk: desk.service()),
    "record_objection": ("record_objection", lambda desk: desk.objection()),
    "escalate_now": ("escalate_now", lambda desk: desk.escalation()),
    "resolve_attention": ("resolve_attention", lambda desk: desk.resolution(_open(desk))),
    "resolve_attention: unserviceable": (
        "resolve_attention",
        lambda desk: desk.resolution(_open(desk), "unserviceable"),
    ),
    "recompute_deadlines": ("recompute_deadlines", lambda desk: desk.recomputation()),
    "withdraw": ("withdraw", lambda desk: desk.withdrawal()),
    "add_note": ("add_note", lambda desk: desk.note()),
}
"""The messages, by the name of the row: the update and the message."""

REVIEWED = ("accept_response: under reviewed",)
"""Sent in a campaign with `completeness: reviewed`, after the first item was claimed."""


def _claimed(desk: Desk) -> Desk:
    claim = desk.response(a1="produced")
    if not desk.request.refusal(claim, desk.now):
        desk.say(claim)
        desk.settle()
    return desk


def _paused(desk: Desk) -> Desk:
    pause = desk.pause()
    if not desk.request.refusal(pause, desk.now):
        desk.say(pause)
        desk.settle()
    return desk


def _open(desk: Desk) -> Attention:
    return next(iter(desk.request.state.attention.reasons), Attention.UNDELIVERABLE)


def come_to(rung: str, of: Campaign | None = None) -> Desk:
    """A request that stands at ``rung``."""
    return RUNGS[rung](Desk(of))


def outcome(rung: str, said: str) -> str:
    """The status once ``said`` was taken at ``rung`` and what follows at once was done; or why it is refused."""
    desk = come_to(rung, campaign(completeness="reviewed") if said in REVIEWED else None)
    message = SAID[said][1](desk)
    if refusal := desk.request.refusal(message, desk.now):
        return f"{REFUSED} {refusal}"
    desk.request.take(message, desk.now)
    desk.settle()
    return desk.request.state.status


def page() -> str:
    """The whole page, in Markdown."""
    head = "| Message | " + " | ".join(f"`{rung}`" if rung != "ended" else rung for rung in RUNGS) + " |"
    lines = [
        "# Every message at every rung",
        "",
        "Where a request stands after a message, and after what follows from it at once: – says that the message is",
        "refused, by name and with what would be right; · that the request stays where it is. Written from the code by",
        "`python -m tests.units.rungs`, for a demand of two items. In `Sending` the demand could not be delivered, in",
        "`Drafting` a draft could not be made and is tried again later, in `OnHold` a signal came that nobody could",
        "read.",
        "",
        head,
        "|" + "---|" * (len(RUNGS) + 1),
    ]
    for said in SAID:
        update, _, variant = said.partition(": ")
        name = f"`{update}`" + (f", {variant}" if variant else "")
        lines.append(f"| {name} | " + " | ".join(_cell(rung, outcome(rung, said)) for rung in RUNGS) + " |")
    return "\n".join((*lines, "", *_phases(), ""))


def _phases() -> Iterator[str]:
    """The table of phases, which the product reads."""
    yield "## What each rung waits for"
    yield ""
    yield "| Rung | waits for | owed by | if nobody acts | command |"
    yield "|---|---|---|---|---|"
    names = {"id": "ID", "sha256": "SHA256", "reviewer": "REVIEWER"}
    for status, phase in PHASES.items():
        command = f"`forthwith {phase.command.format_map(names)}`" if phase.command else ""
        owed_by = phase.owed_by.replace("_", " ")
        yield f"| `{status}` | {phase.waits_for} | {owed_by} | {phase.next} | {command} |"


def _cell(rung: str, found: str) -> str:
    if found.startswith(REFUSED):
        return REFUSED
    return "·" if found == rung else f"`{found}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
