"""Writes dates to a file that other people's calendar programs read."""

from collections.abc import Iterable
from pathlib import Path

from forthwith.failure import Failure
from forthwith.views.agenda import Appointment
from forthwith.views.ics import calendar_of


def write_calendar(path: Path, name: str, appointments: Iterable[Appointment]) -> None:
    """A calendar file of that name. Raises ``Failure`` where it cannot be written."""
    try:
        path.write_bytes(calendar_of(name, appointments))
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}") from error
