"""The page of a report: one self-contained file, and what it shows."""

from collections.abc import Iterable
from datetime import datetime
from importlib.resources import files
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined

from forthwith.base import Model
from forthwith.cli.output import closing, local
from forthwith.cli.report import drawing
from forthwith.request.vocabulary import Attention, Status
from forthwith.views.history import History
from forthwith.views.marks import Mark, MarkKind
from forthwith.views.tasks import Task
from forthwith.visible import visible

MAX_TASKS = 40
"""Tasks on the page; `today --json` has all of them."""

MAX_WITH_WORDS = 1_000
"""Up to this many requests each mark has its own words, with the time of day. In a larger campaign they would be a
third of the page, and the line under each drawing has every day."""

ENDS_A_DAY = (MarkKind.DEADLINE, MarkKind.MOVED, MarkKind.CURE, MarkKind.RETURN)
"""Marks at a closing instant, written as the day that ends then."""

NOT_IN_WORDS = (MarkKind.CLOCK, MarkKind.MOVED, MarkKind.CHASE)
"""Marks that are drawn, and left out of the line in words."""

NOT_IN_TEMPORAL, GONE = "Not in Temporal", "is-gone"
"""A request with neither a status in Visibility nor an end in its record: its words and its CSS class."""


class ReportRow(Model):
    """One request of the report. Instants are UTC; what is written out is in the recipient's zone."""

    request: str
    jurisdiction: str
    name: str
    zone: str
    status: Status | None
    """As Visibility has it; as the record ends, where Temporal has forgotten it."""
    is_in_temporal: bool
    attention: tuple[Attention, ...] = ()
    rung: str = ""
    rung_number: int = 0
    rungs: int = 0
    waits_for: str = ""
    next: str = ""
    next_at: datetime | None = None
    next_local: str = ""
    response_due: datetime | None = None
    response_due_local: str = ""
    outstanding: int | None = None
    outstanding_items: tuple[str, ...] | None = None
    """By number, where the record agrees with how many Visibility counts."""
    items: int | None = None
    problem: str = ""
    """What is wrong with its record, or that it has no running workflow."""
    link: str = ""
    history: History | None = None


class Report(Model):
    """One campaign at one moment."""

    document: Literal["forthwith report"] = "forthwith report"
    campaign: str
    title: str
    made_at: datetime
    zone: str
    made_local: str
    statuses: dict[Status, int]
    """How many have each status; one that Temporal has forgotten counts as its record ends, if it has an end."""
    forgotten: int
    """How many Temporal has forgotten."""
    tasks: tuple[Task, ...]
    """What needs a person, as `today` shows it."""
    is_ahead: bool
    """Whether the record is later than now: a rehearsal on a virtual clock."""
    web_ui: str
    """Where the Web UI lists those with a reason for attention."""
    links: dict[Status, str]
    """Where it lists those of each status."""
    requests: tuple[ReportRow, ...]


def page(report: Report) -> str:
    """The page: one self-contained file."""
    histories = [row.history for row in report.requests if row.history]
    moments = [moment for history in histories for moment in (history.begins, history.ends, history.recorded_until)]
    now = None if report.is_ahead else report.made_at
    axis = drawing.Axis.over([*moments, *([now] if now else []), *([] if moments else [report.made_at])], report.zone)
    environment = Environment(
        autoescape=True, finalize=_finalized, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    counts = [
        (_class(status), spoken(status), count, report.links.get(status, ""))
        for status, count in report.statuses.items()
    ]
    endless = sum(row.status is None for row in report.requests)
    if endless:
        counts.append((GONE, NOT_IN_TEMPORAL, endless, ""))
    template = environment.from_string(
        (files("forthwith") / "cli" / "report" / "report.html.j2").read_text(encoding="utf-8")
    )
    return template.render(
        report=report,
        sprite=drawing.sprite(axis, now),
        bar=drawing.bar([part[:3] for part in counts], title=f"{len(report.requests)} requests") if counts else "",
        counts=[
            (drawing.swatch(number, look), words, count, link)
            for number, (look, words, count, link) in enumerate(counts)
        ],
        endless=endless,
        tasks=report.tasks[:MAX_TASKS],
        more=len(report.tasks) - MAX_TASKS,
        names={row.request: row.name for row in report.requests},
        legend=list(drawing.legend()),
        scale=drawing.scale(axis, now),
        rows=[_shown(number, row, axis, now, report) for number, row in enumerate(report.requests, start=1)],
    )


def _finalized(value: object) -> object:
    """Whatever text is written into the page; what is drawn already is markup."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


class Shown(Model):
    """A row as the page has it."""

    row: ReportRow
    number: int
    status: str
    look: str
    needs: bool
    drawn: str
    past: tuple[tuple[str, str], ...] = ()
    ahead: tuple[tuple[str, str], ...] = ()


def _shown(number: int, row: ReportRow, axis: drawing.Axis, now: datetime | None, report: Report) -> Shown:
    status = spoken(row.status) if row.status else NOT_IN_TEMPORAL
    needs = bool(row.attention or row.problem) or any(task.request == row.request for task in report.tasks)
    shown = Shown(
        row=row, number=number, status=status, look=_class(row.status) if row.status else GONE, needs=needs, drawn=""
    )
    if row.history is None:
        return shown
    is_open = row.history.ended_as is None
    has_words = len(report.requests) <= MAX_WITH_WORDS
    words = {mark: _in_words(mark, row.zone) for mark in row.history.marks} if has_words else {}
    shown_marks = [mark for mark in row.history.marks if mark.kind not in NOT_IN_WORDS]
    return shown.model_copy(
        update={
            "drawn": drawing.strip(
                row.history, axis, number=number, title=f"{row.name}: {status}", now=now, words=words
            ),
            "past": _day_by_day((mark for mark in shown_marks if not mark.planned), row.zone, axis),
            "ahead": _day_by_day((mark for mark in shown_marks if mark.planned and is_open), row.zone, axis),
        }
    )


def _day_by_day(marks: Iterable[Mark], zone: str, axis: drawing.Axis) -> tuple[tuple[str, str], ...]:
    """The marks by day, or by minute where the axis is short. The year of a day, or
    the day of a minute, stands where it is another one than before."""

    def when(mark: Mark) -> tuple[str, str]:
        there = closing(mark.at, zone) if mark.kind in ENDS_A_DAY else local(mark.at, zone)
        _, day, month, year, clock, *_ = there.split()
        return (f"{day} {month}", clock) if axis.is_short() else (year, f"{day} {month}")

    days: list[tuple[str, str]] = []
    known = "" if axis.is_short() else str(axis.since.astimezone(ZoneInfo(axis.zone)).year)
    for (changes, moment), group in groupby(marks, key=when):
        if changes != known:
            moment = f"{changes} {moment}" if axis.is_short() else f"{moment} {changes}"
        known = changes
        days.append((moment, ", ".join(f"{mark.text}{' (late)' if mark.late else ''}" for mark in group)))
    return tuple(days)


def _in_words(mark: Mark, zone: str) -> str:
    when = closing(mark.at, zone) if mark.kind in ENDS_A_DAY else local(mark.at, zone)
    return f"{mark.text[:1].upper()}{mark.text[1:]}{', late' if mark.late else ''}: {when}"


def spoken(status: Status) -> str:
    """``Awaiting response``."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in status)
    return words.strip().capitalize()


def _class(status: Status) -> str:
    return f"is-{status.lower()}"
