"""Every event of the record, from the docstrings. `python -m tests.units.event_reference` writes docs/events.md."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from forthwith.request.events import AnyEvent, Event, Reported

PAGE = Path(__file__).parents[2] / "docs" / "events.md"


def _members(union: Any) -> Iterator[type[Event]]:
    """The events of a union, also of one in it that tells the versions of a kind apart."""
    for member in get_args(get_args(union)[0]):
        if isinstance(member, type):
            yield member
        else:
            yield from _members(member)


EVENTS = tuple(_members(AnyEvent))
"""In the order of the record's own union."""

OF_EVERY_EVENT = frozenset({"kind", *Reported.model_fields})


def kind_of(event: type[Event]) -> str:
    """The name that the record has for an event."""
    return event.model_fields["kind"].default


def page() -> str:
    """One table for each module of events, in Markdown."""
    lines = [
        "# Events",
        "",
        "Everything that the record of a request can hold. Each entry has one event: `kind` says which, `v` is the",
        "version of its fields. An event that somebody reported by a message (*reported*) also has the message's",
        "`event_id` and `message_sha256`. A field that stands at its default is left out of the file. Every field with",
        "its type: [schemas/entry.json](schemas/entry.json). Written from `forthwith/request/events/` by",
        "`make reference`.",
    ]
    module = ""
    for event in EVENTS:
        if event.__module__ != module:
            module = event.__module__
            lines += ["", f"## {_title(module)}", "", "| Kind | What happened | Fields |", "|---|---|---|"]
        fields = ", ".join(f"`{name}`" for name in event.model_fields if name not in OF_EVERY_EVENT)
        lines.append(f"| `{kind_of(event)}` | {' '.join(_said(event))} | {fields or '–'} |")
    return "\n".join((*lines, ""))


def _title(module: str) -> str:
    """``Events of letters: how far each came`` is headed ``Letters``."""
    said = (inspect.getdoc(sys.modules[module]) or "").partition("\n")[0].rstrip(".").partition(":")[0]
    said = said.removeprefix("Events ").removeprefix("of ").replace(" and of ", " and ")
    return said[:1].upper() + said[1:]


def _said(event: type[Event]) -> Iterator[str]:
    yield " ".join((inspect.getdoc(event) or "").split())
    if issubclass(event, Reported):
        yield "*Reported.*"
    if event.model_fields["v"].default > 1:
        yield f"Version {event.model_fields['v'].default}."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
