"""`report`: one campaign as a page to look at and to print, with its table, its data and its calendar beside it.

How many stand where is counted by Visibility, the rows are one list of it, and the lives are read in the dossier: no
request is asked anything. So a request that Temporal has forgotten is in the report as well, as its record has it.
"""

import asyncio
import csv
import io
import json as jsons
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from jinja2 import Environment, StrictUndefined
from pydantic import ValidationError
from pydantic_core import to_json
from rich.markup import escape
from temporalio.client import Client

from activities.agenda import calendar_of
from activities.dates import clocks
from activities.dossier import Dossier, DossierError
from forthwith.console import report_drawing as drawing
from forthwith.console.desk import Duty
from forthwith.console.output import Failure, Json, closing, local, out, print_json
from forthwith.console.requests import Listed, connected, in_order, listed, query, web_ui_link, web_ui_page
from forthwith.console.today import Desk
from forthwith.domain.agenda import CURE_ENDS, RESPONSE_DUE, Appointment, deadline, known_date, next_action
from forthwith.domain.campaign import RequestPlan
from forthwith.domain.fields import safe_id
from forthwith.domain.life import (
    Life,
    Mark,
    MarkKind,
    Standing,
    agree,
    dates_of,
    foreseen,
    life_of,
    next_in_words,
    rungs,
)
from forthwith.domain.messages import ENDED, Attention, Status
from forthwith.domain.model import Model
from forthwith.domain.timetable import Timetable, timetable
from forthwith.domain.views import WAITING_FOR
from forthwith.settings import Settings

PAGE, TABLE, DATA, DATES = "report.html", "report.csv", "report.json", "report.ics"

DUTIES_SHOWN = 40
"""Things to do on the page; `today --json` has them all."""

WORDS_FOR = 1_000
"""Up to so many requests each mark has words of its own, with the time of day. In a larger campaign they would be a
third of the page, and the line under each drawing has every day."""

ENDS_A_DAY = (MarkKind.DEADLINE, MarkKind.MOVED, MarkKind.CURE, MarkKind.RETURN)
"""What falls at a closing instant, said as the day that ends then."""

NOT_SAID = (MarkKind.CLOCK, MarkKind.MOVED, MarkKind.CHASE)
"""Marks that are drawn, and left out where a life is told in one line."""


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
    """What is wrong with its record, or that nobody drives it."""
    link: str = ""
    life: Life | None = None


class Report(Model):
    """One campaign at one moment."""

    document: Literal["forthwith report"] = "forthwith report"
    campaign: str
    title: str
    made_at: datetime
    zone: str
    made_local: str
    statuses: dict[Status, int]
    """How many stand where; those that Temporal has forgotten as their record ends."""
    forgotten: int
    """How many Temporal has forgotten."""
    duties: tuple[Duty, ...]
    """What needs a person, as `today` says."""
    is_ahead: bool
    """Whether the record tells of later than now: a rehearsal on a virtual clock."""
    web_ui: str
    """Where the Web UI lists those with a reason for attention."""
    links: dict[Status, str]
    """Where it lists those of each status."""
    requests: tuple[ReportRow, ...]


class Written(Model):
    """Where a report was left."""

    campaign: str
    page: str
    table: str
    data: str
    dates: str


def report(
    campaign: Annotated[str, typer.Argument(help="The campaign.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="The folder to write. Where left out: report.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Write a campaign as a page to look at and to print, with its table (CSV), data (JSON) and dates (iCalendar).

    With --json the data is printed, and nothing is written unless --to says where.

    Example: forthwith report 1373-2018 --to report
    """

    async def run() -> Made:
        async with connected() as client:
            dossier = Dossier(Settings().dossier)
            return await made_report(client, dossier, campaign, now=datetime.now(UTC), web_ui=Settings().web_ui)

    made = asyncio.run(run())
    written = write_report(made, to or Path("report")) if to or not json else None
    if json:
        print_json(made.report)
    elif written:
        others = f"{TABLE}, {DATA} and {DATES}"
        out.print(f"{escape(written.page)}, with {others} beside it", highlight=False, soft_wrap=True)


class Made:
    """A report, and what its files are made of."""

    def __init__(self, report: Report, appointments: Sequence[Appointment]) -> None:
        self.report = report
        self.appointments = appointments

    def files(self) -> Mapping[str, bytes]:
        """The content of each file by its name."""
        return {
            PAGE: page(self.report).encode(),
            TABLE: table(self.report.requests).encode("utf-8-sig"),
            DATA: to_json(self.report) + b"\n",
            DATES: calendar_of(self.report.campaign, self.appointments),
        }


async def made_report(client: Client, dossier: Dossier, campaign: str, *, now: datetime, web_ui: str) -> Made:
    """The report of a campaign as of now. ``web_ui`` is empty where nobody will be there to answer a link.

    Raises ``Failure`` where there is no such campaign, or no dossier.
    """
    try:
        safe_id(campaign)
    except ValueError as error:
        raise Failure(f"there is no such campaign: {error}") from error
    everything = query(campaign, None, None, None)
    found = {one.request: one for one in reversed(in_order(await listed(client, everything)))}
    known = dossier.root / campaign
    kept = sorted(path.name for path in known.iterdir() if path.is_dir()) if known.is_dir() else []
    if not found and not kept:
        raise Failure(f"there are no requests of a campaign {campaign}", hint="`forthwith list` shows all there are")
    if not kept:
        raise Failure(
            f"the dossier {dossier.root} has no case file of {campaign}",
            hint="set FORTHWITH_DOSSIER to the folder that the workers use",
        )
    today = await Desk(client, dossier, now).page(campaign)
    reading = _Reading(dossier, now, lambda request: web_ui and web_ui_page(web_ui, client.namespace, request))
    rows = [reading.row(one.request, one) for one in found.values()]
    gone = [reading.row(f"{campaign}/{name}", None) for name in kept if f"{campaign}/{name}" not in found]
    plan = reading.plan
    if plan is None:
        raise Failure(
            f"the dossier {dossier.root} knows no plan of {campaign}",
            hint="set FORTHWITH_DOSSIER to the folder that the workers use",
        )

    def link(condition: str) -> str:
        return web_ui and web_ui_link(web_ui, client.namespace, condition)

    zone = plan.campaign.time_zone
    needed = {duty.request for duty in today.duties}
    statuses = Counter(today.counts.statuses) + Counter(row.status for row in gone if row.status)
    lives = [row.life for row in (*rows, *gone) if row.life]
    return Made(
        Report(
            campaign=campaign,
            title=plan.campaign.title,
            made_at=now,
            zone=zone,
            made_local=local(now, zone),
            statuses={status: statuses[status] for status in Status if statuses[status]},
            forgotten=len(gone),
            duties=today.duties,
            is_ahead=any(life.told_until > now for life in lives),
            web_ui=link(query(campaign, None, "any", None)),
            links={status: link(query(campaign, status, None, None)) for status in Status if statuses[status]},
            requests=tuple(sorted((*rows, *gone), key=lambda row: _first(row, needed))),
        ),
        reading.appointments,
    )


def _first(row: ReportRow, needed: set[str]) -> tuple[bool, bool, bool, datetime, str]:
    """Who needs a person comes first, then by what comes next; the ended ones last."""
    is_open = row.is_in_temporal and row.status not in ENDED
    later = row.next_at or datetime.max.replace(tzinfo=UTC)
    needs = row.request in needed or bool(row.attention) or bool(row.problem)
    return not needs, not is_open, not row.is_in_temporal, later, row.request


class _Reading:
    """One look into the dossier, for all requests of a campaign."""

    def __init__(self, dossier: Dossier, now: datetime, link: Callable[[str], str]) -> None:
        self._dossier = dossier
        self._now = now
        self._link = link
        self.plan: RequestPlan | None = None
        """Of any of them: they are of one campaign."""
        self.appointments: list[Appointment] = []

    def row(self, request: str, one: Listed | None) -> ReportRow:
        """All that is known of one request. ``one`` is None where Temporal has forgotten it."""
        jurisdiction = request.partition("/")[2]
        bare = ReportRow(
            request=request,
            jurisdiction=jurisdiction,
            name=jurisdiction,
            zone="UTC",
            status=one.status if one else None,
            is_in_temporal=one is not None,
            attention=one.attention if one else (),
            outstanding=one.outstanding if one else None,
            link=self._link(request) if one else "",
        )
        try:
            record = self._dossier.start_record(request)
            if record is None:
                return bare.model_copy(update={"problem": "it has no case file"})
            plan = self._dossier.plan(record.plan)
            self.plan = self.plan or plan
            entries = self._dossier.timeline(request)
        except (DossierError, ValidationError):
            return bare.model_copy(update={"problem": f"its case file cannot be read: forthwith verify {request}"})
        return self._told(bare, plan, life_of(plan, entries) if entries else None, one)

    def _told(self, row: ReportRow, plan: RequestPlan, life: Life | None, one: Listed | None) -> ReportRow:
        zone, ladder = plan.jurisdiction.timezone, rungs(plan.campaign.ladder)
        due = one.response_due if one else life and life.due
        row = row.model_copy(
            update={
                "name": plan.jurisdiction.name,
                "zone": zone,
                "items": len(plan.campaign.demand.items),
                "rungs": len(ladder),
                "response_due": due and due.astimezone(UTC),
                "response_due_local": closing(due, zone) if due else "",
                "problem": _problem(one, life),
            }
        )
        if life is None:
            return row
        status = one.status if one else life.ended_as
        standing = Standing(
            status=status or Status.SENDING,
            is_held=one is None or not one.is_open or one.status is Status.ON_HOLD,
            response_due=one.response_due if one else None,
            next_action_at=one.next_action_at if one else None,
            now=self._now,
        )
        is_over = life.ended_as is not None and life.due is not None and life.facts.served_at is None
        life, dates = (life, None) if is_over else self._with_dates(plan, life, standing)
        outstanding = one.outstanding if one else len(life.outstanding)
        row = row.model_copy(
            update={
                "status": status,
                "rung": life.rung,
                "rung_number": ladder.index(life.rung) + 1 if life.rung in ladder else 1,
                "outstanding": outstanding,
                "outstanding_items": life.outstanding if len(life.outstanding) == outstanding else None,
                "life": life,
            }
        )
        if one is None or not one.is_open:
            return row
        what = next_in_words(life, standing)
        self.appointments += _appointments(plan, life, dates, standing, what)
        return row.model_copy(
            update={
                "waits_for": WAITING_FOR.get(one.status, ""),
                "next": what if one.next_action_at else "",
                "next_at": one.next_action_at,
                "next_local": local(one.next_action_at, zone) if one.next_action_at else "",
            }
        )

    def _with_dates(self, plan: RequestPlan, life: Life, standing: Standing) -> tuple[Life, Timetable | None]:
        try:
            dates = dates_of(plan, life, lambda facts: timetable(plan, *clocks(self._dossier, plan, facts), facts))
        except (DossierError, ValueError):  # a calendar is missing or ends too early; what happened is still known
            return life, None
        return foreseen(life, dates, standing), dates


def _problem(one: Listed | None, life: Life | None) -> str:
    if one and one.is_stopped:
        return f"its workflow is {one.execution.replace('_', ' ').lower()} and nobody drives it"
    if one is None and (life is None or life.ended_as is None):
        return "Temporal does not know it, and its record has no end"
    return ""


def _appointments(
    plan: RequestPlan, life: Life, dates: Timetable | None, standing: Standing, what: str
) -> Iterator[Appointment]:
    """The dates of one open request: those that it says itself, with their explanation where that leads to them."""
    as_of, version = life.told_until, life.entries
    drawn = {mark.kind for mark in life.marks if mark.planned}
    if standing.response_due:
        if dates and agree(dates.deadline.closes_at, standing.response_due):
            yield deadline(plan, RESPONSE_DUE, dates.deadline, as_of=as_of, version=version)
        else:
            yield known_date(plan, RESPONSE_DUE, standing.response_due, why=(), as_of=as_of, version=version)
    if dates and dates.cure and MarkKind.CURE in drawn and standing.status is Status.OVERDUE:
        yield deadline(plan, CURE_ENDS, dates.cure, as_of=as_of, version=version)
    if dates and dates.return_due and MarkKind.RETURN in drawn:
        yield deadline(plan, "return date", dates.return_due, as_of=as_of, version=version)
        if dates.objection_due and dates.objection_due != dates.return_due:
            yield deadline(plan, "objection due", dates.objection_due, as_of=as_of, version=version)
    if standing.next_action_at and what:
        yield next_action(plan, what, standing.next_action_at, as_of=as_of, version=version)


# The files.


def write_report(made: Made, folder: Path) -> Written:
    """Writes the four files, each whole. Raises ``Failure`` where something lies there that is no such report."""
    campaign = made.report.campaign
    there = [name for name in (PAGE, TABLE, DATA, DATES) if (folder / name).exists()]
    if there and _campaign_in(folder / DATA) != campaign:
        raise Failure(
            f"{folder} has a {there[0]} that is not of a report of {campaign}",
            hint=f"name another folder: forthwith report {campaign} --to FOLDER",
        )
    drafts: dict[Path, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.files().items():
            draft = folder / f".{name}.{secrets.token_hex(4)}"
            drafts[draft] = folder / name
            draft.write_bytes(content)
        for draft, path in drafts.items():
            draft.replace(path)
    except OSError as error:
        raise Failure(f"{folder} cannot be written: {error.strerror}") from error
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return Written(
        campaign=campaign,
        page=str(folder / PAGE),
        table=str(folder / TABLE),
        data=str(folder / DATA),
        dates=str(folder / DATES),
    )


def _campaign_in(path: Path) -> str | None:
    """Whose report a file has the data of; None where it is none."""
    try:
        content: Any = jsons.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    match content:
        case {"document": "forthwith report", "campaign": str(campaign)}:
            return campaign
        case _:
            return None


def table(rows: Iterable[ReportRow]) -> str:
    """One row a request, for a spreadsheet, in which no cell is a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(
        (
            *("request", "name", "status", "attention", "rung", "rung_number", "rungs", "waits_for", "next"),
            *("next_at_utc", "next_at_local", "response_due_utc", "response_due_local", "zone"),
            *("outstanding", "items", "outstanding_items", "entries", "problem", "link"),
        )
    )
    for row in rows:
        cells = (
            *(row.request, row.name, row.status or "", " ".join(row.attention), row.rung, row.rung_number, row.rungs),
            *(row.waits_for, row.next, _utc(row.next_at), row.next_local),
            *(_utc(row.response_due), row.response_due_local, row.zone),
            *(
                "" if row.outstanding is None else row.outstanding,
                row.items or "",
                " ".join(row.outstanding_items or ()),
            ),
            *(row.life.entries if row.life else 0, row.problem, row.link),
        )
        writer.writerow(_inert(cell) if isinstance(cell, str) else cell for cell in cells)
    return file.getvalue()


def _inert(cell: str) -> str:
    """Text that a spreadsheet does not run, though it begins like a formula."""
    return f"'{cell}" if cell.lstrip()[:1] in ("=", "+", "-", "@") or cell[:1] in ("\t", "\r", "\n") else cell


def _utc(instant: datetime | None) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if instant else ""


def page(report: Report) -> str:
    """The page: one file that asks nobody for anything."""
    lives = [row.life for row in report.requests if row.life]
    moments = [moment for life in lives for moment in (life.begins, life.ends, life.told_until)]
    now = None if report.is_ahead else report.made_at
    axis = drawing.Axis.over([*moments, *([now] if now else []), *([] if moments else [report.made_at])], report.zone)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    counts = [(_class(status), spoken(status), count) for status, count in report.statuses.items()]
    template = environment.from_string((files("forthwith") / "console" / "report.html.j2").read_text(encoding="utf-8"))
    return template.render(
        report=report,
        sprite=drawing.sprite(axis, now),
        bar=drawing.bar(counts, title=f"{len(report.requests)} requests") if counts else "",
        counts=[
            (drawing.swatch(number, look), words, count, report.links.get(status, ""))
            for number, (status, (look, words, count)) in enumerate(zip(report.statuses, counts, strict=True))
        ],
        duties=report.duties[:DUTIES_SHOWN],
        more=len(report.duties) - DUTIES_SHOWN,
        names={row.request: row.name for row in report.requests},
        legend=list(drawing.legend()),
        scale=drawing.scale(axis, now),
        rows=[_shown(number, row, axis, now, report) for number, row in enumerate(report.requests, start=1)],
    )


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
    status = spoken(row.status) if row.status else "Not in Temporal"
    needs = bool(row.attention or row.problem) or any(duty.request == row.request for duty in report.duties)
    shown = Shown(
        row=row, number=number, status=status, look=_class(row.status) if row.status else "gone", needs=needs, drawn=""
    )
    if row.life is None:
        return shown
    is_open = row.life.ended_as is None
    has_words = len(report.requests) <= WORDS_FOR
    said = {mark: _in_words(mark, row.zone) for mark in row.life.marks} if has_words else {}
    told = [mark for mark in row.life.marks if mark.kind not in NOT_SAID]
    return shown.model_copy(
        update={
            "drawn": drawing.strip(row.life, axis, number=number, title=f"{row.name}: {status}", now=now, said=said),
            "past": _day_by_day((mark for mark in told if not mark.planned), row.zone, axis),
            "ahead": _day_by_day((mark for mark in told if mark.planned and is_open), row.zone, axis),
        }
    )


def _day_by_day(marks: Iterable[Mark], zone: str, axis: drawing.Axis) -> tuple[tuple[str, str], ...]:
    """What there is to tell, by the day on which it was, or by the minute where an axis is short."""

    def when(mark: Mark) -> str:
        there = closing(mark.at, zone) if mark.kind in ENDS_A_DAY else local(mark.at, zone)
        _, day, month, _, clock, *_ = there.split()
        return clock if axis.is_short() else f"{day} {month}"

    return tuple(
        (moment, ", ".join(f"{mark.text}{' (late)' if mark.late else ''}" for mark in group))
        for moment, group in groupby(marks, key=when)
    )


def _in_words(mark: Mark, zone: str) -> str:
    when = closing(mark.at, zone) if mark.kind in ENDS_A_DAY else local(mark.at, zone)
    return f"{mark.text[:1].upper()}{mark.text[1:]}{', late' if mark.late else ''}: {when}"


def spoken(status: Status) -> str:
    """``Awaiting response``."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in status)
    return words.strip().capitalize()


def _class(status: Status) -> str:
    return f"is-{status.lower()}"
