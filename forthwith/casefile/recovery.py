"""Requests whose workflow is gone, rebuilt from the record in their case file."""

from collections.abc import Iterable, Sequence

from forthwith.casefile.clocks import clocks
from forthwith.casefile.store import Dossier, DossierError
from forthwith.failure import Failure
from forthwith.request.entries import GENESIS, Entry
from forthwith.request.request import Request
from forthwith.request.timetable import timetable


def rebuilt(dossier: Dossier, request: str, unfiled: Iterable[Entry] = ()) -> Request:
    """The request as its record leaves it, with the dates of the calendars that count.

    Whatever of ``unfiled`` continues the record is part of it. Raises ``Failure`` where there is no such case file, and
    where its record cannot be replayed.
    """
    try:
        started = dossier.start_record(request)
        if started is None or dossier.opened(request) is None:
            raise unknown_request(dossier, request)
        plan, entries = dossier.plan(started.plan), continued(dossier.timeline(request), unfiled)
        if not entries:  # stopped before anything was filed
            found = Request.opened(plan, started.started_at)
        elif entries[0].previous != GENESIS:
            raise _cannot(request, f"the record begins with entry {entries[0].number}")
        else:
            found = Request.from_record(plan, entries)
        facts = found.facts
        found.dates = timetable(plan, *clocks(dossier, plan, facts), facts)
    except LookupError as error:
        raise _cannot(request, "its entries contradict each other") from error
    except (DossierError, ValueError) as error:  # also a date outside the calendars
        raise _cannot(request, str(error)) from error
    return found


def continued(record: Sequence[Entry], unfiled: Iterable[Entry]) -> list[Entry]:
    """A record and what follows it. A worker that is killed while filing leaves a decision without its consequences."""
    following = {entry.previous: entry for entry in unfiled}
    entries = [*record]
    while entry := following.get(entries[-1].head if entries else GENESIS):
        entries.append(entry)
    return entries


def unknown_request(dossier: Dossier, request: str) -> Failure:
    """Nobody ever started it, its name is mistyped, or it ended so long ago that Temporal forgot it."""
    if dossier.opened(request):
        return Failure(f"Temporal keeps {request} no longer", hint=f"its case file does: {dossier.of(request)}")
    return Failure(f"there is no request {request}", hint="`forthwith list` shows the requests of every campaign")


def _cannot(request: str, why: str) -> Failure:
    return Failure(
        f"{request} cannot be rebuilt from its case file: {why}", hint=f"`forthwith verify {request}` checks all of it"
    )
