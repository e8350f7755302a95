"""Writes calendars for other people's calendar programs: iCalendar, RFC 5545. The same dates give the same bytes."""

from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import quote

from icalendar import Alarm, Calendar, Event, vCalAddress

from forthwith.campaign.models import Contact
from forthwith.views.agenda import Appointment
from forthwith.visible import visible

PRODUCT = "-//Forthwith//Deadlines//EN"

SHOWN_FOR = timedelta(minutes=30)
"""A deadline fills the last half hour that is in time. One at midnight would else stand on the day after."""

REMIND_BEFORE = (timedelta(days=7), timedelta(days=1))


def calendar_of(name: str, appointments: Iterable[Appointment], *, published_by: Contact | None = None) -> bytes:
    """A calendar file, CRLF and UTF-8. All its instants are UTC; the zone they belong to is named in each description.

    With ``published_by`` it says that it is sent to others (METHOD:PUBLISH) and by whom, as RFC 5546 3.2.1 asks for.
    """
    calendar: Any = Calendar()  # its `add` says of no value what it takes
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    if published_by:
        calendar.add("method", "PUBLISH")
    calendar.add("name", visible(name))
    calendar.add("x-wr-calname", visible(name))
    for appointment in appointments:
        calendar.add_component(_event(appointment, published_by))
    return calendar.to_ical()


def _event(appointment: Appointment, published_by: Contact | None) -> Event:
    event: Any = Event()
    event.add("uid", appointment.uid)
    event.add("dtstamp", appointment.as_of.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", appointment.version)
    ends = appointment.at.astimezone(UTC)
    if appointment.is_deadline:
        event.add("dtstart", ends - SHOWN_FOR)
        event.add("dtend", ends)
    else:
        event.add("dtstart", ends)
    event.add("summary", visible(appointment.title))
    event.add("description", "\n".join((*map(visible, appointment.why), f"Time zone: {appointment.zone}.")))
    event.add("transp", "TRANSPARENT")
    if published_by:
        organizer = vCalAddress(f"mailto:{quote(published_by.email, safe='@')}")
        organizer.params["CN"] = visible(published_by.name)
        event.add("organizer", organizer)
    if appointment.is_deadline:
        for before in REMIND_BEFORE:
            event.add_component(_alarm(appointment.title, before))
    return event


def _alarm(title: str, before: timedelta) -> Alarm:
    alarm: Any = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", visible(title))
    alarm.add("trigger", -before, parameters={"RELATED": "END"})
    return alarm
