"""What needs a person now: each reason in a sentence, under the heading of the morning page, with the command for it.

Pure: it reads what Visibility shows of a request and what the dossier knows, and is self-contained.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from forthwith.base import Model
from forthwith.views.listing import Listed

WORTH_SAYING = timedelta(minutes=15)
"""How long the next action may be overdue before somebody should look: a worker that restarts is back sooner."""


class Section(StrEnum):
    """The headings of the morning page, in the order in which it is worked through."""

    STOPPED = "Stopped or stuck"
    FAILED_SENDS = "Failed sends"
    UNKNOWN_SENDS = "Unknown sends"
    UNREADABLE = "Unreadable messages"
    ON_HOLD = "On hold"
    DUE_TODAY = "Due today"
    WAITING_ON_US = "Waiting on us"
    LATE_ON_OUR_SIDE = "Late on our side"
    ASKED_OF_US = "Recipients who object, refuse or ask"
    OVERDUE = "Overdue"


class Duty(Model):
    """One thing that a person should do about one request."""

    section: Section
    request: str
    why: str
    command: str
    since: datetime | None = None
    """When it came due, where that is known. UTC."""


class Draft(Model):
    """What a command about the latest draft has to name."""

    sha256: str
    reviewer: str
    supervisor: str


SAID: Mapping[str, tuple[Section, str, str]] = {
    "undeliverable": (Section.FAILED_SENDS, "a letter cannot be delivered", 'resolve {id} undeliverable --reason "…"'),
    "mail_delayed": (Section.FAILED_SENDS, "the mail server keeps putting a letter off", "doctor"),
    "letter_failed": (Section.FAILED_SENDS, "a letter cannot be made", "status {id}"),
    "unknown_send": (
        Section.UNKNOWN_SENDS,
        "nobody knows whether a letter was accepted",
        'resolve {id} unknown_send --reason "…"',
    ),
    "unreadable_message": (Section.UNREADABLE, "a system sent what nobody can read", "timeline {id}"),
    "dossier_unwritable": (Section.STOPPED, "its record cannot be filed", "doctor"),
    "dates_failed": (Section.STOPPED, "its dates cannot be computed", "status {id}"),
    "draft_failed": (Section.STOPPED, "its draft cannot be made", "status {id}"),
    "draft_rejected": (Section.ON_HOLD, "the reviewer rejected the draft", 'resolve {id} draft_rejected --reason "…"'),
    "clock_paused": (Section.ON_HOLD, "the recipient's clock is paused", 'resume {id} --reason "…"'),
    "on_hold": (Section.ON_HOLD, "it is on hold until somebody decides", "explain {id}"),
    "objection": (Section.ASKED_OF_US, "the recipient objects", 'resolve {id} objection --reason "…"'),
    "refusal": (Section.ASKED_OF_US, "the recipient refuses", 'escalate {id} --reason "…"'),
    "extension_requested": (
        Section.ASKED_OF_US,
        "the recipient asks for more time",
        'extend {id} --days N --reason "…"',
    ),
    "review_late": (Section.LATE_ON_OUR_SIDE, "the decision on the draft is late", ""),
    "issuance_late": (Section.LATE_ON_OUR_SIDE, "the approved subpoena is not issued in time", ""),
    "service_late": (Section.LATE_ON_OUR_SIDE, "the issued subpoena is not served in time", ""),
}
"""What each reason for attention asks for. Where the command is empty, that of the status does."""

WAITS: Mapping[str, tuple[str, str]] = {
    "AwaitingReview": (
        "a draft waits for the attorney's decision",
        'review {id} --sha256 {sha256} --approve --by "{reviewer}"',
    ),
    "AwaitingIssuance": (
        "an approved subpoena waits to be issued",
        'issued {id} --draft {sha256} --number "…" --signed-by "…" --signed FILE',
    ),
    "AwaitingService": (
        "an issued subpoena waits to be served",
        'served {id} --on "…" --how "by hand" --served-by "…"',
    ),
}
"""The statuses in which our own people have to act."""


RESUME = 'start --resume {id} --reason "…"'
"""For a request whose workflow is gone and that has not ended."""


def duties(one: Listed, now: datetime, *, draft: Draft | None = None) -> Iterator[Duty]:
    """Everything that one request asks of a person, worst first. Nothing where it goes on by itself."""
    if one.is_stopped:
        ended_as = one.execution.replace("_", " ").lower()
        yield _duty(one, Section.STOPPED, f"its workflow is {ended_as} and nobody drives it", RESUME)
        return
    if not one.is_open:
        return
    if one.next_action_at and now - one.next_action_at > WORTH_SAYING:
        yield _duty(one, Section.STOPPED, "its next action is overdue", "doctor", since=one.next_action_at)
    held = False
    for reason in one.attention:
        section, why, command = SAID.get(
            reason, (Section.WAITING_ON_US, reason.replace("_", " "), f'resolve {{id}} {reason} --reason "…"')
        )
        held = held or section is Section.ON_HOLD
        yield _duty(one, section, why, command or WAITS.get(one.status, ("", "status {id}"))[1], draft=draft)
    if one.status == "OnHold" and not one.attention:
        yield _duty(one, Section.ON_HOLD, "it is on hold until somebody decides", "explain {id}")
    late = any(SAID.get(reason, (None,))[0] is Section.LATE_ON_OUR_SIDE for reason in one.attention)
    if one.status in WAITS and not late:
        why, command = WAITS[one.status]
        yield _duty(one, Section.WAITING_ON_US, why, command, draft=draft)


def due(one: Listed, now: datetime, *, is_today: bool) -> Iterator[Duty]:
    """The response that is due today, or was due and did not come: somebody should see whether it lies somewhere."""
    if not one.is_open or one.response_due is None or one.status not in ("AwaitingResponse", "Overdue"):
        return
    record = "respond {id} --all"
    if is_today and one.status == "AwaitingResponse":
        yield _duty(one, Section.DUE_TODAY, "its response is due today", record, since=one.response_due)
    elif one.response_due <= now:
        yield _duty(one, Section.OVERDUE, "its response is overdue; the ladder goes on", record, since=one.response_due)


def _duty(
    one: Listed, section: Section, why: str, command: str, *, since: datetime | None = None, draft: Draft | None = None
) -> Duty:
    if "{sha256}" in command and draft is None:
        command = "status {id}"  # which shows what the draft is
    named = draft.model_dump() if draft else {}
    return Duty(
        section=section,
        request=one.request,
        why=why,
        command=f"forthwith {command.format(id=one.request, **named)}",
        since=since,
    )
