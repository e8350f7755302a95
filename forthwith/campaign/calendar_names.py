"""Calendars by name, as in a campaign's ``clock.calendar`` and on the command line.

Names and overlay files are resolved and checked here; forthwith/deadlines/calendar_builder.py builds the calendar.
"""

import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from forthwith.campaign.file_reading import NotFound, read_text, validated
from forthwith.campaign.problems import Problem
from forthwith.campaign.yaml_lines import YamlDocument
from forthwith.deadlines.calendar import Calendar
from forthwith.deadlines.calendar_builder import Overlay, UnknownCalendar, build_calendar, is_file, is_known

YEARS_BEFORE, YEARS_AFTER = 1, 22
"""How many years a calendar covers around the start: the longest period, the longest extension, and ten years of
chases. A date beyond raises ``ValueError``, and the request tries it again later.
"""


def calendar_named(
    names: Sequence[str] = (), *, year: int, state: str | None = None, beside: Path = Path()
) -> Calendar:
    """The calendar of these names, for the years around ``year`` (``YEARS_BEFORE``, ``YEARS_AFTER``).

    Examples::

        calendar_named(year=2018)                            # us-federal
        calendar_named(state="IL", year=2018)                # us-federal + state IL
        calendar_named(["GB-ENG"], year=2018)                # England alone
        calendar_named(["office.yaml"], state="IL", year=2018)  # us-federal + state IL, corrected by the file
        calendar_named(["us-federal", "overlays/a.yaml"], year=2018)

    ``state`` alone is short for ``us-federal`` and that state's calendar, and both come before ``names``
    unless ``names`` has them. An overlay before any calendar corrects ``us-federal``. Overlay files are
    looked for ``beside``: as the path that is given, or by a bare name such as ``office`` in the folder
    ``overlays``; then among ours.

    Raises ``UnknownCalendar`` with what was asked for and what is available, or with every problem of an overlay
    file, one on each line of the message, with its line and field.
    """
    asked = [_with_path(name, beside) for name in names]
    if state and "state" not in asked:
        asked = ["us-federal", "state", *(name for name in asked if name != "us-federal")]
    if not asked or is_file(asked[0]):
        asked = ["us-federal", *asked]
    return build_calendar(asked, state=state, first_year=year - YEARS_BEFORE, last_year=year + YEARS_AFTER)


def overlay_file(name: str, beside: Path) -> str | None:
    """The overlay file that ``name`` means, relative to ``beside``; None for a calendar or a shipped overlay.

    ``office`` is ``overlays/office.yaml`` where there is such a file. Raises ``UnknownCalendar`` where a calendar
    has the same name, and where only a file of a similar name exists.
    """
    if is_file(name):
        return name
    files = {path.stem: f"overlays/{path.name}" for path in sorted((beside / "overlays").glob("*.y*ml"))}
    if is_known(name):
        if name in files:
            raise UnknownCalendar(
                f"{name!r} is a calendar and also your file {files[name]}; give the file another name"
            )
        return None
    if name not in files and (near := get_close_matches(name, files, n=1)):
        raise UnknownCalendar(
            f"no calendar and no overlay is called {name!r}; did you mean your file {files[near[0]]}?"
        )
    return files.get(name)


def overlay_problems(path: Path, name: str) -> tuple[Problem, ...]:
    """The problems of the overlay file at ``path``, which call it ``name``. Raises ``NotFound``."""
    text = read_text(path, name)
    if isinstance(text, Problem):
        return (text,)
    document = YamlDocument(name, text)
    if document.value is None:
        return tuple(document.problems)
    found = validated(Overlay, document)
    return (*document.problems, *(() if isinstance(found, Overlay) else found))


def _with_path(name: str, beside: Path) -> str:
    file = overlay_file(name, beside)
    if file is None:
        if name and not is_known(name) and os.path.exists(beside / name):  # False for a name too long for a file
            what = "folder" if (beside / name).is_dir() else "file"
            raise UnknownCalendar(f"{name!r} is a {what}, no calendar; an overlay is a file ending in .yaml")
        return name
    try:
        problems = overlay_problems(beside / file, file)
    except NotFound as error:
        raise UnknownCalendar(str(error)) from error
    if problems:
        raise UnknownCalendar("\n".join(map(str, problems)))
    return str(beside / file)
