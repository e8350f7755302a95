"""Requests whose workflow is gone, rebuilt from the record in their case file."""

from pydantic import ValidationError

from forthwith.casefile.clocks import clocks
from forthwith.casefile.store import Dossier, DossierError
from forthwith.failure import Failure
from forthwith.request.case import Case
from forthwith.request.record import GENESIS
from forthwith.request.retelling import retell
from forthwith.request.timetable import Facts, Timetable, timetable


async def rebuilt_case(dossier: Dossier, request: str) -> Case:
    """The case as its record leaves it, with the dates of the calendars that it was pinned with.

    Raises ``Failure`` where there is no such case file, and where its record cannot be replayed.
    """
    try:
        started = dossier.start_record(request)
        if started is None or dossier.opened(request) is None:
            raise unknown_request(dossier, request)
        plan, entries = dossier.plan(started.plan), dossier.timeline(request)
    except (DossierError, ValidationError) as error:
        raise _cannot(request, str(error).partition("\n")[0]) from error
    case = Case(plan, opened_at=started.started_at)
    if not entries:  # stopped before anything was filed
        case.opened(case.opened_at)
        return case
    if entries[0].previous != GENESIS:
        raise _cannot(request, f"the record begins with entry {entries[0].number}")

    async def compute(facts: Facts) -> Timetable:
        recipient, issuer = clocks(dossier, plan, facts)
        return timetable(plan, recipient, issuer, facts)

    try:
        await retell(case, entries, compute)
    except (DossierError, ValueError) as error:  # also a date outside the calendars
        raise _cannot(request, str(error)) from error
    return case


def unknown_request(dossier: Dossier, request: str) -> Failure:
    """Nobody ever started it, its name is mistyped, or it ended so long ago that Temporal forgot it."""
    if dossier.opened(request):
        return Failure(f"Temporal keeps {request} no longer", hint=f"its case file does: {dossier.of(request)}")
    return Failure(f"there is no request {request}", hint="`forthwith list` shows the requests of every campaign")


def _cannot(request: str, why: str) -> Failure:
    return Failure(
        f"{request} cannot be rebuilt from its case file: {why}", hint=f"`forthwith verify {request}` checks all of it"
    )
