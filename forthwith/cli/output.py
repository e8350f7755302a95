"""The output of commands: JSON on stdout for programs, tables and text for people; progress and errors on stderr."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import BaseModel
from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from forthwith.request.vocabulary import Status
from forthwith.visible import visible, visible_json


class Screen(Console):
    """A terminal on which text from outside acts on nothing: no control character but ours reaches it."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Text to be laid out: as wide as it is shown."""
        return super().render_str(visible(text, keep="\n\t"), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Whatever is printed, also what came as something else than a string."""
        for segment in super().render(renderable, options):
            is_safe = segment.control or segment.text.isprintable()
            yield segment if is_safe else Segment(visible(segment.text, keep="\n"), segment.style)


out = Screen(emoji=False)
"""For people. Never used together with `--json`. What is printed is Rich's markup: text from outside is escaped."""

err = Screen(stderr=True, emoji=False)
"""Progress, hints and errors."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]

STYLES = {
    Status.SENDING: "cyan",
    Status.AWAITING_RESPONSE: "blue",
    Status.OVERDUE: "yellow",
    Status.DRAFTING: "magenta",
    Status.AWAITING_REVIEW: "magenta",
    Status.AWAITING_ISSUANCE: "bright_magenta",
    Status.AWAITING_SERVICE: "bright_magenta",
    Status.AWAITING_RETURN: "yellow",
    Status.ON_HOLD: "bold red",
    Status.COMPLIED: "green",
    Status.WITHDRAWN: "dim",
    Status.UNSERVICEABLE: "red",
    Status.REFERRED_FOR_ENFORCEMENT: "bold yellow",
}


def plain_table(title: str | None = None) -> Table:
    """A table without a frame, to fit into 80 columns."""
    frame = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    frame.title, frame.title_justify, frame.title_style = title, "left", "bold"
    return frame


def print_json(value: BaseModel | Sequence[BaseModel] | dict[str, Any]) -> None:
    """One JSON document on stdout."""
    typer.echo(visible_json(value, indent=2))


def styled(status: Status) -> str:
    """A status in its colour."""
    return f"[{STYLES[status]}]{status}[/]"


def local(instant: datetime | None, zone: str) -> str:
    """``Fri 23 Feb 2018 17:00 CST``, or a dash."""
    if instant is None:
        return "–"
    there = instant.astimezone(ZoneInfo(zone))
    return f"{there:%a} {there.day} {there:%b %Y %H:%M} {there.tzname()}"


def closing(instant: datetime, zone: str) -> str:
    """When a day ends: ``Fri 23 Feb 2018 24:00 CST`` and not the midnight of Saturday, which is read as a day more."""
    there = instant.astimezone(ZoneInfo(zone))
    if there.time() != time.min:
        return local(instant, zone)
    return local(instant - timedelta(minutes=1), zone).replace("23:59", "24:00")


def soon(instant: datetime) -> str:
    """``24 Dec 06:00`` in UTC, with the year where it is not the nearest."""
    there = instant.astimezone(UTC)
    year = "" if abs(there - datetime.now(UTC)) < timedelta(days=300) else f" {there.year}"
    return f"{there.day} {there:%b}{year} {there:%H:%M}"


def away(instant: datetime | None) -> str:
    """How far an instant is from this machine's now, such as ``in 3 days``. A query's own now may be long ago."""
    if instant is None:
        return ""
    left = instant - datetime.now(UTC)
    amount = abs(left)
    if amount < timedelta(minutes=1):
        return "now"
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if amount >= length:
            count = amount // length
            words = f"{count} {unit}{'s' if count > 1 and unit != 'min' else ''}"
            break
    else:
        words = ""
    return f"in {words}" if left > timedelta() else f"{words} ago"


def short_path(path: Path) -> Path:
    """A path relative to the current folder, where it lies below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
