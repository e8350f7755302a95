"""Events of the request as a whole: opened, recovered, closed; notes and what could not be read."""

from typing import Literal

from pydantic import AwareDatetime

from forthwith.fields import EventId, Sha256
from forthwith.request.events.base import Event, Reported
from forthwith.request.record import Filed
from forthwith.request.vocabulary import Status


class RequestOpened(Event):
    """The request was started."""

    kind: Literal["request_opened"] = "request_opened"
    plan: Sha256
    opened_at: AwareDatetime


class CaseFileOpened(Event):
    """The workflow that drives the request has its case file."""

    kind: Literal["case_file_opened"] = "case_file_opened"
    objects: tuple[Filed, ...]
    """Who started it with which plan, and which workflow drives it."""


class RequestRecovered(Event):
    """Another workflow continues the request from its case file."""

    kind: Literal["request_recovered"] = "request_recovered"
    after_run: str
    reason: str
    objects: tuple[Filed, ...] = ()
    """Every authority until now, and which workflows drove it."""


class RequestClosed(Event):
    """The request has ended."""

    kind: Literal["request_closed"] = "request_closed"
    status: Status
    text: str
    on_time: bool | None = None


class ResponseKeptAfterClosing(Event):
    """A response came in after the end, when no workflow could take it any more."""

    kind: Literal["response_kept_after_closing"] = "response_kept_after_closing"
    event_id: EventId
    response: Filed


class WorkflowCancelled(Event):
    """Somebody cancelled the workflow itself, which means the same as a withdrawal."""

    kind: Literal["workflow_cancelled"] = "workflow_cancelled"
    reason: str


class Withdrawn(Reported):
    """The issuer took the demand back."""

    kind: Literal["withdrawn"] = "withdrawn"
    reason: str


class NoteAdded(Reported):
    """Something the record should hold."""

    kind: Literal["note_added"] = "note_added"
    note: str


class MessageUnreadable(Event):
    """A signal came in that nobody can act on."""

    kind: Literal["message_unreadable"] = "message_unreadable"
    name: str
    content: str
    problem: str
    capped: bool = False
    """It and what comes after it are no longer kept: the request took all the messages it takes."""
