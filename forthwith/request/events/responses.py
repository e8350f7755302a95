"""Events of what the recipient answered."""

from typing import Literal

from pydantic import AwareDatetime

from forthwith.request.events.base import Reported
from forthwith.request.record import (
    ItemReport,
    Objection,
    Response,
)


class Acknowledged(Reported):
    """The recipient confirmed that it has the demand."""

    kind: Literal["acknowledged"] = "acknowledged"
    received_at: AwareDatetime
    note: str = ""


class ResponseRecorded(Reported):
    """A response came in."""

    kind: Literal["response_recorded"] = "response_recorded"
    response: Response
    changed: tuple[ItemReport, ...]
    """What it changes item by item, as it was understood."""
    on_time: bool | None
    """None while no response time was running."""
    outstanding: tuple[str, ...]
    """After it."""


class ResponseAccepted(Reported):
    """A person found claimed items complete."""

    kind: Literal["response_accepted"] = "response_accepted"
    items: tuple[str, ...]
    outstanding: tuple[str, ...]
    reason: str = ""


class ObjectionRecorded(Reported):
    """The recipient objected, item by item."""

    kind: Literal["objection_recorded"] = "objection_recorded"
    objections: tuple[Objection, ...]
    changed: tuple[ItemReport, ...]
    late: bool
    """It came after the objection date."""
    outstanding: tuple[str, ...]
    note: str = ""
