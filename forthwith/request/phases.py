"""The phases of a request as a table: what each waits for, who owes it, which letters may go, how it ends.

The Web UI page, `today`, `list`, the chases and docs/rungs.md read the same row. The exceptions stand beside it, in
forthwith/request/next_action.py and forthwith/request/time_passing.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from forthwith.request.timetable import StepKind, Timetable
from forthwith.request.vocabulary import Status

Owner = Literal["mail", "recipient", "software", "reviewer", "issuing_officer", "process_server", "operator"]

OnFindings = Literal["nothing", "ask_for_the_rest", "supersede_draft", "supersede_memo"]
"""What a change of what is outstanding does to what was written already."""

CHASED_TO_RECIPIENT = (StepKind.ACKNOWLEDGMENT, StepKind.REMINDER)
"""Letters that make no sense once a later one is due."""


@dataclass(frozen=True)
class Phase:
    """One row of the table."""

    waits_for: str
    owed_by: Owner
    next: str
    """What happens by itself if nobody acts."""
    owes: str = ""
    """What one of our own people owes, in a word."""
    task: str = ""
    """The same as a task of ours, in a sentence without its full stop."""
    command: str = ""
    """The command that deals with it, without ``forthwith``: ``{id}`` is the request, ``{sha256}`` the draft's hash,
    ``{reviewer}`` who decides on it."""
    letters: tuple[StepKind, ...] = ()
    """What may go to the recipient."""
    ends: Callable[[Timetable], datetime | None] | None = None
    """When it is over by the passing of time."""
    ending: str = ""
    """What that end means."""
    on_findings: OnFindings = "nothing"

    @property
    def is_ours(self) -> bool:
        """Whether one of our own people owes the next step."""
        return bool(self.owes)


def _response_closes(dates: Timetable) -> datetime:
    return dates.deadline.closes_at


def _cure_closes(dates: Timetable) -> datetime | None:
    return dates.cure.closes_at if dates.cure and dates.facts.final_notice_at else None


def _referral(dates: Timetable) -> datetime | None:
    return dates.refer_at


PHASES: Mapping[Status, Phase] = {
    Status.SENDING: Phase(
        "the demand to be accepted", owed_by="mail", next="the demand is sent", letters=(StepKind.DEMAND,)
    ),
    Status.AWAITING_RESPONSE: Phase(
        "the response",
        owed_by="recipient",
        next="the next letter, or the response is due",
        command="record-response {id} --all",
        letters=(*CHASED_TO_RECIPIENT, StepKind.DEFICIENCY),
        ends=_response_closes,
        ending="the response is overdue",
        on_findings="ask_for_the_rest",
    ),
    Status.OVERDUE: Phase(
        "the response, within the time to cure",
        owed_by="recipient",
        next="final notice, or the end of the time to cure",
        command="record-response {id} --all",
        letters=(StepKind.FINAL_NOTICE,),
        ends=_cure_closes,
        ending="the time to cure is over",
    ),
    Status.DRAFTING: Phase(
        "the draft of the subpoena",
        owed_by="software",
        next="the draft is tried again",
        on_findings="supersede_draft",
    ),
    Status.AWAITING_REVIEW: Phase(
        "the attorney's decision on the draft",
        owed_by="reviewer",
        next="the review is chased",
        owes="decision",
        task="a draft waits for the attorney's decision",
        command='review-subpoena {id} --sha256 {sha256} --approve --by "{reviewer}"',
        on_findings="supersede_draft",
    ),
    Status.AWAITING_ISSUANCE: Phase(
        "a person to issue the approved subpoena",
        owed_by="issuing_officer",
        next="the issuance is chased",
        owes="issuance",
        task="an approved subpoena waits to be issued",
        command='record-issuance {id} --draft {sha256} --number "…" --signed-by "…" --signed FILE',
        on_findings="supersede_draft",
    ),
    Status.AWAITING_SERVICE: Phase(
        "a person to serve the issued subpoena",
        owed_by="process_server",
        next="the service is chased",
        owes="service",
        task="an issued subpoena waits to be served",
        command='record-service {id} --on "…" --how "by hand" --served-by "…"',
    ),
    Status.AWAITING_RETURN: Phase(
        "production, or the return date of the subpoena",
        owed_by="recipient",
        next="the matter is referred",
        command="record-response {id} --all",
        ends=_referral,
        ending="the matter is referred for enforcement",
        on_findings="supersede_memo",
    ),
    Status.ON_HOLD: Phase(
        "a person to resolve what needs attention",
        owed_by="operator",
        next="the operator is asked again",
        command="explain {id}",
    ),
}
"""By status; a request that has ended waits for nothing. ``OnHold`` is what is shown over any other phase."""

NOT_YET_ISSUED = (Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE)
"""A draft waits for one of our own people: what is said now can still change or stop it."""

OVER_FOR_THE_RECIPIENT = (Status.OVERDUE, Status.DRAFTING, *NOT_YET_ISSUED)
"""The deadline has passed, and nothing was issued yet that could not be taken back."""


def waits_for(status: Status) -> str:
    """What a request of that status waits for, in words; ``nothing`` once it has ended."""
    return PHASES[status].waits_for if status in PHASES else "nothing"
