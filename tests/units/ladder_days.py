"""The days of the standard ladder, by running it. `make reference` writes them into tests/README.md."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from forthwith.request.entries import Entry
from forthwith.request.events import LetterAccepted
from forthwith.request.evolve import states
from tests.units.cases import OPENED, Desk

PAGE = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- the days of the ladder: make reference -->\n", "<!-- end of the days -->"
CHICAGO = ZoneInfo("America/Chicago")


def table() -> str:
    """Two histories in Markdown: nobody answers or decides; everybody of ours acts as soon as asked."""
    silent = Desk().go(days=60)
    prompt = Desk().to_return().go(days=30)
    shared = sum(before == after for before, after in zip(_entries(silent), _entries(prompt), strict=False))
    return "\n".join(
        (
            "| Day | In Chicago | Events; letters by their step | Then |",
            "|---|---|---|---|",
            *_rows(silent),
            "",
            "Where the draft is approved, issued and served on Wednesday, March 7, at 9:00, and nobody answers:",
            "",
            "| Day | In Chicago | Events; letters by their step | Then |",
            "|---|---|---|---|",
            *_rows(prompt, after=shared),
            "",
        )
    )


def _entries(desk: Desk) -> list[Entry]:
    return desk.request.timeline


def _rows(desk: Desk, *, after: int = 0) -> Iterator[str]:
    happened = [(entry, state) for _, entry, state in states(desk.plan, _entries(desk)) if entry.number > after]
    for at, together in groupby(happened, key=lambda one: one[0].at):
        entries = list(together)
        local, status = at.astimezone(CHICAGO), entries[-1][1].status
        day = (local.date() - OPENED.astimezone(CHICAGO).date()).days
        what = ", ".join(_named(entry) for entry, _ in entries)
        yield f"| {day} | {local:%a} {local.day} {local:%b, %H:%M} | {what} | `{status}` |"


def _named(entry: Entry) -> str:
    match entry.event:
        case LetterAccepted(letter=letter):
            return f"**{letter.step}** to the {letter.to}"
        case event:
            return f"`{event.kind}`"


def page() -> str:
    """The page with its table written anew."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
