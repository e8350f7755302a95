"""What a draft and a memo state alike: how a date was computed, and what the record says of each item."""

from collections.abc import Container, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from forthwith.deadlines.calendar import day_in_words
from forthwith.deadlines.clock import Computation
from forthwith.documents.content import DeadlineStatement, Finding
from forthwith.documents.letters import plain_date
from forthwith.request.items import SETTLING, ItemState
from forthwith.request.record import Response


def instant_in_words(instant: datetime, zone: str) -> str:
    """``February 23, 2018, 09:00 CST``."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{plain_date(local.date())}, {local:%H:%M} {local.tzname()}"


def deadline_statement(title: str, due: Computation) -> DeadlineStatement:
    """One computation, so that a court can follow it."""
    return DeadlineStatement(
        title=title,
        rule=f"{due.rule} ({due.citation})" if due.citation else due.rule.replace("_", " "),
        trigger=day_in_words(due.trigger),
        period=due.period or "date certain",
        last_day=day_in_words(due.due),
        closing=due.in_words(),
        calendar=f"{due.calendar}; {due.calendar_version}; sha256 {due.calendar_sha256}",
        skipped=tuple(dict.fromkeys(f"{day_in_words(skipped.day)}: {skipped.reason}" for skipped in due.skipped)),
        alternatives=tuple(
            f"{day_in_words(other.due)}: {other.reason.replace('_', ' ')}" for other in due.alternatives
        ),
        sentences=tuple(sentence for sentence in due.explain() if not sentence.startswith("Calendar:")),
    )


def finding(state: ItemState, outstanding: Container[str], responses: Sequence[Response], zone: str) -> Finding:
    """What was received of one item, and what is missing of it."""
    if state.id not in outstanding:
        word = (state.disposition or "").replace("_", " ")
        return Finding(number=state.id, found="complete", note=_joined(f"Reported as {word}.", state.note))
    if state.disposition == "objected":
        return Finding(number=state.id, found="none", note=_joined("Objected to.", state.note))
    if state.disposition in SETTLING:
        return Finding(
            number=state.id, found="partial", note=_joined("Reported as complete, not accepted.", state.note)
        )
    if refusals := [response for response in responses if response.kind == "refusal"]:
        note = f"Refused on {instant_in_words(refusals[-1].received_at, zone)} by {refusals[-1].sender}."
        return Finding(number=state.id, found="none", note=_joined(note, refusals[-1].note))
    heard = f"{len(responses)} on record, none of them answers this item." if responses else "none on record."
    return Finding(number=state.id, found="none", note=f"Responses: {heard}")


def _joined(*parts: str) -> str:
    return " ".join(part.strip() for part in parts if part.strip())
