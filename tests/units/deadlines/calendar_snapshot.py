"""The closed days of every US calendar and of some others, kept in a file, so that no release changes them unseen.

``python -m tests.units.deadlines.calendar_snapshot`` shows what has changed, with ``--write`` it is accepted.

A line of the file is a holiday: its name, why it is disputed if it is, the calendars that share its days, the days.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import holidays

from forthwith.deadlines.calendar_builder import build_calendar

FILE = Path(__file__).parent / "data" / "calendar_snapshot.txt"
YEARS = range(2018, 2036)
CALENDARS = (
    "us-federal",
    *(f"US-{state}" for state in sorted(holidays.list_supported_countries()["US"])),
    *("GB-ENG", "GB-SCT", "DE-BY", "FR"),
)

Entry = tuple[str, str, str, str]
"""Calendar, day, name, dispute: everything that decides whether a day counts."""


def now() -> frozenset[Entry]:
    """What the installed release and the overlays say."""
    return frozenset(
        (name, closed.day.isoformat(), closed.name, closed.disputed)
        for name in CALENDARS
        for closed in build_calendar([name], state=None, first_year=YEARS[0], last_year=YEARS[-1]).closed
    )


def kept() -> frozenset[Entry]:
    """What the file says."""
    return frozenset(
        (calendar, day, name, disputed)
        for line in FILE.read_text(encoding="utf-8").splitlines()
        for name, disputed, calendars, days in [line.split("\t")]
        for calendar in calendars.split()
        for day in days.split()
    )


def changes(before: frozenset[Entry], after: frozenset[Entry]) -> list[str]:
    """What distinguishes two snapshots, one line for each day of each calendar."""
    gone = {entry[:2]: entry[2:] for entry in before - after}
    come = {entry[:2]: entry[2:] for entry in after - before}
    lines: list[str] = []
    for place in sorted(gone.keys() | come.keys()):
        was, is_now = gone.get(place), come.get(place)
        if was and is_now:
            what = f"{_shown(*was)} is now {_shown(*is_now)}"
        elif is_now:
            what = f"closed now: {_shown(*is_now)}"
        else:
            what = f"open now: was {_shown(*(was or ('', '')))}"
        lines.append(f"{place[0]} {place[1]} {what}")
    return lines


def as_text(entries: Iterable[Entry]) -> str:
    """The content of the file: calendars that keep a holiday on the same days stand together."""
    days: dict[tuple[str, str, str], list[str]] = {}
    for calendar, day, name, disputed in sorted(entries):
        days.setdefault((name, disputed, calendar), []).append(day)
    together: dict[tuple[str, str, str], list[str]] = {}
    for (name, disputed, calendar), kept_on in days.items():
        together.setdefault((name, disputed, " ".join(kept_on)), []).append(calendar)
    return "".join(sorted(_lines(together)))


def _lines(together: dict[tuple[str, str, str], list[str]]) -> Iterator[str]:
    for (name, disputed, kept_on), calendars in together.items():
        yield f"{name}\t{disputed}\t{' '.join(calendars)}\t{kept_on}\n"


def _shown(name: str, disputed: str) -> str:
    return f"{name} (disputed: {disputed})" if disputed else name


if __name__ == "__main__":
    found = now()
    if sys.argv[1:] == ["--write"]:
        FILE.write_text(as_text(found), encoding="utf-8")
    else:
        sys.stdout.writelines(f"{line}\n" for line in changes(kept(), found))
