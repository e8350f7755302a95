"""Events of the request as a whole: opened, recovered, closed; notes and what could not be read."""

from typing import Literal

from pydantic import AwareDatetime

from forthwith.fields import Sha256
from forthwith.request.events.base import Event, Reported
from forthwith.request.vocabulary import Status


class RequestOpened(Event):
    """The request was started."""

    kind: Literal["request_opened"] = "request_opened"
    plan: Sha256
    opened_at: AwareDatetime


class RequestRecovered(Event):
    """Another workflow continues the request from its case file."""

    kind: Literal["request_recovered"] = "request_recovered"
    after_run: str
    reason: str


class RequestClosed(Event):
    """The request has ended."""

    kind: Literal["request_closed"] = "request_closed"
    status: Status
    text: str
    on_time: bool | None = None


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
