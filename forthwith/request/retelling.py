"""Tells a case again from its record: the same calls, in the same order, at the same moments.

So a request whose workflow is gone goes on where it stood, and can be asked where it stands.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from forthwith.request.case import Case
from forthwith.request.record import Entry, Told
from forthwith.request.telling import read
from forthwith.request.timetable import Facts, Timetable

CALLS: Mapping[str, Callable[..., Any]] = {
    name: method for name, method in vars(Case).items() if hasattr(method, "__wrapped__")
}
"""Whatever is marked `told`."""

Compute = Callable[[Facts], Awaitable[Timetable]]
"""The dates that follow from facts, by the calendars that were pinned."""


class CannotBeTold(ValueError):
    """The record does not hold what it takes. Says which entry, and why."""


async def retell(case: Case, entries: Sequence[Entry], compute: Compute) -> None:
    """Brings a new ``case`` to where it stood at the end of ``entries``, which become its timeline, all of them filed.

    What the last call said beyond them was not filed yet, and is to be. Failures that were tried again are forgotten:
    everything may be tried at once. Raises ``CannotBeTold``, also where this release would tell a call otherwise.
    """
    case.opened_at = opened_at(entries)
    if entries[0].told is None:
        raise CannotBeTold("the record was begun by a release that did not keep what it was told")
    calls = [place for place, entry in enumerate(entries) if entry.told]
    more: list[Entry] = []
    for place, end in pairwise((*calls, len(entries))):
        case.as_filed(entries[:place])
        await _call(case, entries[place], compute)
        made, kept = case.timeline[place:], entries[place:end]
        more = made[len(kept) :]
        is_last = end == len(entries)
        if [entry.what for entry in made[: len(kept)]] != [entry.what for entry in kept] or (more and not is_last):
            told = ", ".join(entry.what for entry in made) or "nothing"
            raise CannotBeTold(
                f"entry {kept[0].number} ({kept[0].what}) would be told otherwise by this release: {told}"
            )
    case.as_filed(entries)
    case.timeline += more
    case.dates_told = case.timetable and case.timetable.facts


def opened_at(entries: Sequence[Entry]) -> datetime:
    """When the request was opened. Raises ``CannotBeTold`` for a record without entries."""
    if not entries:
        raise CannotBeTold("the record has no entries")
    told = (entry.told.dates for entry in entries if entry.told and entry.told.dates)
    first = next(told, None)
    return first.opened_at if first else entries[0].at


async def _call(case: Case, entry: Entry, compute: Compute) -> None:
    told = entry.told or Told(call="")
    if told.dates:
        case.use_dates(await compute(told.dates))
    try:
        method = CALLS[told.call]
        arguments = read(method, told.arguments)
    except (LookupError, TypeError, ValueError) as error:
        raise CannotBeTold(f"entry {entry.number} ({entry.what}) tells of {told.call}, which cannot be read") from error
    if isinstance(facts := arguments.get("dates"), Facts):
        case.restrain(facts)
        arguments["dates"] = await compute(facts)
    try:
        method(case, **arguments, now=entry.at)
    except (LookupError, TypeError, ValueError) as error:
        raise CannotBeTold(f"entry {entry.number} ({entry.what}) cannot follow the entries before it") from error
