"""Dates for other people's calendars: read back as a calendar program reads them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar, vDDDTypes

from forthwith.campaign.models import Contact
from forthwith.views.agenda import Appointment, foreseen_appointments
from forthwith.views.forecast import forecast
from forthwith.views.ics import calendar_of
from forthwith.views.status import NextAction, explanation
from tests.units.cases import OPENED, Desk, clocks, plan

DUE = datetime(2018, 2, 24, 6, tzinfo=UTC)
"""The end of Friday, February 23, in Chicago."""

OFFICE = Contact(name="Office, of “Records”", email="responses@office.example")


def foreseen(zone: str = "America/Chicago") -> tuple[Appointment, ...]:
    of = plan(zone=zone)
    steps = forecast(of, *clocks(of), opened_at=OPENED)
    return tuple(foreseen_appointments(of, steps, as_of=OPENED))


def dates_of(desk: Desk) -> tuple[Appointment, ...]:
    desk.settle()
    return explanation(desk.request, NextAction(at=None, what="")).dates


def read(content: bytes) -> Calendar:
    """The file as a stranger reads it: RFC 5545, with every line short enough and ended by CRLF."""
    *lines, last = content.split(b"\r\n")
    assert last == b""
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)
    calendar = Calendar.from_ical(content)
    assert isinstance(calendar, Calendar)
    assert not [problem for event in calendar.events for problem in event.errors]
    assert {name for name in ("PRODID", "VERSION") if name not in calendar} == set()
    return calendar


def events(content: bytes) -> dict[str, Any]:
    found = {str(event["UID"]): event for event in read(content).events}
    assert len(found) == len(read(content).events), "a UID stands twice"
    return found


def test_a_foreseen_life_is_a_calendar_with_an_entry_for_every_step() -> None:
    appointments = foreseen()
    found = events(calendar_of("test", appointments))
    assert [uid.partition(".")[0] for uid in found][:4] == ["demand", "acknowledgment", "reminder-1", "reminder-2"]
    for step in ("response-due", "final-notice", "time-to-cure-ends", "review-1", "issuance"):
        assert f"{step}.test/somewhere@office.example" in found
    assert [event.DTSTART for event in found.values() if "DTEND" not in event] == [
        appointment.at.replace(microsecond=0) for appointment in appointments if not appointment.is_deadline
    ]


def test_the_response_date_stands_on_its_own_day_and_ends_at_the_closing_instant() -> None:
    due = events(calendar_of("test", foreseen()))["response-due.test/somewhere@office.example"]
    assert due.DTEND == DUE
    assert due["DTEND"].to_ical() == b"20180224T060000Z"
    assert DUE - timedelta(minutes=30) == due.DTSTART
    assert str(due["SUMMARY"]) == "Response due: Somewhere [test/somewhere]"
    description = str(due["DESCRIPTION"])
    assert "The day of the event, Wednesday, January 24, 2018, is not counted (FRCP 6(a)(1))." in description
    assert "Time is up when Friday, February 23, 2018 ends at midnight, Chicago time (CST)." in description
    assert description.endswith("Time zone: America/Chicago.")


def test_a_calendar_program_is_told_to_remind_a_week_and_a_day_before_the_end() -> None:
    due = events(calendar_of("test", foreseen()))["response-due.test/somewhere@office.example"]
    alarms: list[Any] = due.walk("VALARM")
    triggers: list[vDDDTypes] = [alarm["TRIGGER"] for alarm in alarms]
    assert [trigger.dt for trigger in triggers] == [timedelta(days=-7), timedelta(days=-1)]
    assert {trigger.params["RELATED"] for trigger in triggers} == {"END"}
    assert {str(alarm["ACTION"]) for alarm in alarms} == {"DISPLAY"}


def test_the_same_dates_give_the_same_bytes() -> None:
    assert calendar_of("test", foreseen()) == calendar_of("test", foreseen())
    assert calendar_of("test", foreseen()) != calendar_of("test", foreseen("America/Denver"))


def test_what_is_published_says_so_and_by_whom() -> None:
    calendar = read(calendar_of("test", foreseen()[:1], published_by=OFFICE))
    [event] = calendar.events
    assert str(calendar["METHOD"]) == "PUBLISH"
    assert str(event["ORGANIZER"]) == "mailto:responses@office.example"
    assert event["ORGANIZER"].params["CN"].startswith("Office, of ")
    assert "METHOD" not in read(calendar_of("test", foreseen()))


def test_a_date_that_moved_replaces_the_entry_instead_of_adding_one() -> None:
    desk = Desk().go(days=2)
    before = events(calendar_of("test", dates_of(desk)))
    desk.say(desk.extension(period={"days": 14}))
    after = events(calendar_of("test", dates_of(desk)))
    uid = "response-due.test/somewhere@office.example"
    assert timedelta(days=14) == after[uid].DTEND - before[uid].DTEND
    assert after[uid]["SEQUENCE"] > before[uid]["SEQUENCE"]
    assert after[uid]["DTSTAMP"].dt >= before[uid]["DTSTAMP"].dt


def test_what_is_foreseen_and_what_a_running_request_tells_are_the_same_entries() -> None:
    told = {date.uid: date for date in dates_of(Desk().go(days=2))}
    early = {date.uid: date for date in foreseen()}
    assert told.keys() <= early.keys()
    assert {uid: told[uid].at for uid in told} == {uid: early[uid].at for uid in told}
    assert "response-due.test/somewhere@office.example" in told


def test_each_stand_of_a_request_tells_what_is_due_then() -> None:
    def names(desk: Desk) -> set[str]:
        return {date.uid.partition(".")[0] for date in dates_of(desk) if date.is_deadline}

    assert names(Desk().go(days=2)) == {"response-due"}
    assert names(Desk().to_overdue()) == {"response-due", "time-to-cure-ends"}
    assert names(Desk().to_review()) == {"response-due", "decision-due"}
