"""What needs a person now: each task in a sentence, in its section of the morning page, with its command.

Pure: made from what Visibility shows of a request and what the dossier knows.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from forthwith.base import Model
from forthwith.request.phases import PHASES
from forthwith.request.vocabulary import Attention, Status
from forthwith.views.listing import Listed
from forthwith.views.remedies import remedy

WORTH_SAYING = timedelta(minutes=15)
"""How long the next action may be overdue before a person should check: a worker that restarts is back sooner."""


class Section(StrEnum):
    """The sections of the morning page, in the order in which it is worked through."""

    STOPPED = "stopped"
    FAILED_SENDS = "failed_sends"
    UNKNOWN_SENDS = "unknown_sends"
    UNREADABLE = "unreadable_messages"
    ON_HOLD = "on_hold"
    DUE_TODAY = "due_today"
    WAITING_ON_US = "waiting_on_us"
    LATE_ON_OUR_SIDE = "late_on_our_side"
    FROM_RECIPIENTS = "from_recipients"
    OVERDUE = "overdue"

    @property
    def heading(self) -> str:
        """The section's heading for people."""
        return HEADINGS.get(self, self.replace("_", " ").capitalize())


HEADINGS = {
    Section.STOPPED: "Stopped or stuck",
    Section.FROM_RECIPIENTS: "Recipients who object, refuse or ask",
}


class Task(Model):
    """One thing that a person should do about one request."""

    section: Section
    request: str
    task: str
    """What is the matter, as a sentence without its full stop."""
    command: str
    since: datetime | None = None
    """When it came due, where that is known. UTC."""


class Draft(Model):
    """What a command about the latest draft has to name."""

    sha256: str
    reviewer: str
    supervisor: str


REASONS: Mapping[Attention, tuple[Section, str]] = {
    Attention.UNDELIVERABLE: (Section.FAILED_SENDS, "a letter cannot be delivered"),
    Attention.MAIL_DELAYED: (Section.FAILED_SENDS, "the mail server keeps putting a letter off"),
    Attention.LETTER_FAILED: (Section.FAILED_SENDS, "a letter cannot be made"),
    Attention.UNKNOWN_SEND: (Section.UNKNOWN_SENDS, "it is unknown whether a letter was accepted"),
    Attention.UNREADABLE_MESSAGE: (Section.UNREADABLE, "a system sent a message that cannot be read"),
    Attention.DOSSIER_UNWRITABLE: (Section.STOPPED, "its record cannot be filed"),
    Attention.CASE_FILE_DAMAGED: (Section.STOPPED, "its case file is damaged"),
    Attention.DATES_FAILED: (Section.STOPPED, "its dates cannot be computed"),
    Attention.DRAFT_FAILED: (Section.STOPPED, "its draft cannot be made"),
    Attention.DRAFT_REJECTED: (Section.ON_HOLD, "the reviewer rejected the draft"),
    Attention.CLOCK_PAUSED: (Section.ON_HOLD, "the recipient's clock is paused"),
    Attention.ON_HOLD: (Section.ON_HOLD, "it is on hold until a person decides"),
    Attention.OBJECTION: (Section.FROM_RECIPIENTS, "the recipient objects"),
    Attention.REFUSAL: (Section.FROM_RECIPIENTS, "the recipient refuses"),
    Attention.EXTENSION_REQUESTED: (Section.FROM_RECIPIENTS, "the recipient asks for more time"),
    Attention.REVIEW_LATE: (Section.LATE_ON_OUR_SIDE, "the decision on the draft is late"),
    Attention.ISSUANCE_LATE: (Section.LATE_ON_OUR_SIDE, "the approved subpoena is not issued in time"),
    Attention.SERVICE_LATE: (Section.LATE_ON_OUR_SIDE, "the issued subpoena is not served in time"),
}
"""Where each reason for attention stands, and what it means. What to do about it: views/remedies.py."""

RECOVER = 'recover {id} --reason "…"'
"""For a request whose workflow is gone and that has not ended."""


AUDIT = "audit {campaign}"
"""For a request whose workflow task fails: docs/operating.md says what may have caused it."""


def failing(cause: str) -> str:
    """What is the matter where a workflow task fails, with the cause where that is known."""
    return f"its workflow task fails again and again{cause and f': {cause}'}"


def tasks_of(one: Listed, now: datetime, *, draft: Draft | None = None, cause: str = "") -> Iterator[Task]:
    """Everything about one request that needs a person, worst first. Nothing where it continues by itself.

    ``cause`` is that of a workflow task that fails, where it is known.
    """
    if one.is_stopped:
        ended_as = one.execution.replace("_", " ").lower()
        yield _task(one, Section.STOPPED, f"its workflow is {ended_as}", RECOVER)
        return
    if not one.is_open:
        return
    if one.is_failing:
        yield _task(one, Section.STOPPED, failing(cause), AUDIT)
    if one.next_action_at and now - one.next_action_at > WORTH_SAYING:
        yield _task(one, Section.STOPPED, "its next action is overdue", "doctor", since=one.next_action_at)
    phase = PHASES[one.status]
    for reason in one.attention:
        section, text = REASONS[reason]
        command = remedy(reason, one.request).command or (phase.command if phase.is_ours else "status {id}")
        yield _task(one, section, text, command, draft=draft)
    if one.status is Status.ON_HOLD and not one.attention:
        yield _task(one, Section.ON_HOLD, REASONS[Attention.ON_HOLD][1], phase.command)
    is_late = any(REASONS[reason][0] is Section.LATE_ON_OUR_SIDE for reason in one.attention)
    if phase.is_ours and not is_late:
        yield _task(one, Section.WAITING_ON_US, phase.task, phase.command, draft=draft)


def response_tasks(one: Listed, now: datetime, *, is_today: bool) -> Iterator[Task]:
    """A response that is due today, or overdue: a person should check whether it came in unrecorded."""
    if not one.is_open or one.response_due is None or one.status not in (Status.AWAITING_RESPONSE, Status.OVERDUE):
        return
    record = PHASES[one.status].command
    if is_today and one.status is Status.AWAITING_RESPONSE:
        yield _task(one, Section.DUE_TODAY, "its response is due today", record, since=one.response_due)
    elif one.response_due <= now:
        text = "its response is overdue; the ladder continues"
        yield _task(one, Section.OVERDUE, text, record, since=one.response_due)


def _task(
    one: Listed, section: Section, text: str, command: str, *, since: datetime | None = None, draft: Draft | None = None
) -> Task:
    if "{sha256}" in command and draft is None:
        command = "status {id}"  # which shows the draft
    named = draft.model_dump() if draft else {}
    return Task(
        section=section,
        request=one.request,
        task=text,
        command=f"forthwith {command.format(id=one.request, campaign=one.campaign, **named)}",
        since=since,
    )
