"""`preview`: every date and every letter of a campaign, before anything is sent."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.progress import Progress

from forthwith.base import Model
from forthwith.campaign.campaign_file import InvalidCampaign, read_campaign
from forthwith.campaign.planning import Planned, plan_requests, template_problem
from forthwith.campaign.rendering import renderer
from forthwith.cli.calendar_file import write_calendar
from forthwith.cli.output import Json, closing, err, local, out, print_json
from forthwith.documents.content import Letter
from forthwith.documents.wording import plain_text
from forthwith.failure import Failure
from forthwith.rendering import NOT_RENDERABLE
from forthwith.views.agenda import Appointment, foreseen_appointments
from forthwith.views.forecast import Foreseen
from forthwith.visibility import plural

MARGIN = " " * 29

LETTERS_FOR = 50
"""The letters of this many requests are rendered, unless all are asked for: ten take half a second."""

CALENDAR = "dates.ics"
"""Beside the letters: one for each request, and one for all of them."""

NAMES_SHOWN = 12
"""Of the recipients that share one timetable."""


class PreviewStep(Model):
    """One step of one jurisdiction."""

    jurisdiction: str
    step: str
    """The step of a letter or draft, or the name of a date, such as ``response_due``."""
    kind: Literal["letter", "draft", "date", "later"]
    to: str | None
    local: str
    zone: str
    at: datetime
    why: tuple[str, ...]
    file: str | None = None
    """The rendered letter or draft."""


def preview(
    file: Annotated[Path, typer.Argument(help="The campaign file.")],
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Any start date, also a past one.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="Only this jurisdiction; may be repeated.")] = None,
    to: Annotated[Path, typer.Option("--to", help="Where to put the letters and drafts.")] = Path("preview"),
    dates_only: Annotated[bool, typer.Option("--dates-only", help="Render nothing.")] = False,
    all_letters: Annotated[
        bool, typer.Option("--all-letters", help=f"Render everybody's letters, also beyond {LETTERS_FOR} requests.")
    ] = False,
    json: Json = False,
) -> None:
    """Show every date and render the letters and drafts of a campaign. Nothing is sent.

    Example: forthwith preview examples/1373-2018/campaign.yaml --on 2018-01-24
    """
    if not dates_only:
        renderer().start()
    campaign = read_campaign(file)
    opened_at = datetime.now(UTC)
    if on:
        opens = campaign.campaign.mail.send_between.opens
        opened_at = datetime.combine(on.date(), opens, ZoneInfo(campaign.campaign.time_zone)).astimezone(UTC)
    planned = plan_requests(campaign, opened_at=opened_at, only=only or ())
    rendered = () if dates_only else planned if all_letters else planned[:LETTERS_FOR]
    files: dict[str, Sequence[Path | None]] = {}
    with (
        Progress(console=err, transient=True, disable=json or not err.is_terminal) as progress,
        ThreadPoolExecutor() as pool,
    ):
        agenda: list[Appointment] = []
        for request in progress.track(rendered, description="Rendering"):
            foreseen = request.forecast(opened_at)
            try:
                files[request.plan.jurisdiction.id] = _render(request, foreseen, to, pool)
            except NOT_RENDERABLE as error:
                raise InvalidCampaign((template_problem(campaign, str(error)),)) from error
            except OSError as error:
                hint = "--to names another folder, and --dates-only writes nothing"
                raise Failure(f"{to} cannot be written: {error.strerror}", hint=hint) from error
            dates = tuple(foreseen_appointments(request.plan, foreseen, as_of=opened_at))
            write_calendar(to / request.plan.jurisdiction.id / CALENDAR, request.plan.workflow_id, dates)
            agenda += dates
    if rendered:
        write_calendar(to / CALENDAR, campaign.campaign.campaign, agenda)
    timetables = tuple(shared_dates(planned, opened_at))
    if json:
        print_json(tuple(_steps(planned, timetables, files)))
        return
    _print(timetables)
    letters = sum(step.what == "letter" for timetable in timetables for step in timetable.steps for _ in timetable.of)
    counts = f"{plural(len(planned), 'request')}, {plural(letters, 'letter')} if no response comes."
    out.print(f"{counts}{_where(len(planned), len(rendered), to)} Nothing was sent.", highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class SharedDates:
    """The dates of all recipients with the same calendar and time zone, on which alone they depend."""

    of: tuple[Planned, ...]
    steps: tuple[Foreseen, ...]


def shared_dates(planned: Sequence[Planned], opened_at: datetime) -> Iterator[SharedDates]:
    """The dates of every request, computed once for each calendar and zone: a thousand towns have some fifty."""
    groups: dict[tuple[str, str], list[Planned]] = {}
    for request in planned:
        groups.setdefault((request.plan.recipient_calendar, request.recipient.zone), []).append(request)
    for group in groups.values():
        yield SharedDates(tuple(group), group[0].forecast(opened_at))


def _steps(
    planned: Sequence[Planned], timetables: Sequence[SharedDates], files: Mapping[str, Sequence[Path | None]]
) -> Iterator[PreviewStep]:
    """Every step of every request, in the order of the campaign's file."""
    steps: dict[str, tuple[PreviewStep, ...]] = {}
    for timetable in timetables:
        shared = tuple(map(_step, timetable.steps))
        steps |= {request.plan.jurisdiction.id: shared for request in timetable.of}
    for name in (request.plan.jurisdiction.id for request in planned):
        for step, file in zip_longest(steps[name], files.get(name, ())):
            yield step.model_copy(update={"jurisdiction": name, "file": str(file) if file else None})


def _step(foreseen: Foreseen) -> PreviewStep:
    return PreviewStep(
        jurisdiction="",
        step=foreseen.step.replace(" ", "_"),
        kind=foreseen.what,
        to=foreseen.to,
        local=closing(foreseen.at, foreseen.zone) if foreseen.what == "date" else local(foreseen.at, foreseen.zone),
        zone=foreseen.zone,
        at=foreseen.at.astimezone(UTC),
        why=foreseen.why,
    )


def _render(
    request: Planned, foreseen: Sequence[Foreseen], folder: Path, pool: ThreadPoolExecutor
) -> list[Path | None]:
    mine = folder / request.plan.jurisdiction.id
    mine.mkdir(parents=True, exist_ok=True)
    rendering = [pool.submit(_render_one, request, step, mine / f"{n:02}") for n, step in enumerate(foreseen, start=1)]
    return [rendered.result() for rendered in rendering]


def _render_one(request: Planned, foreseen: Foreseen, stem: Path) -> Path | None:
    document = request.document(foreseen)
    if document is None:
        return None
    path = stem.with_name(f"{stem.name}-{foreseen.step.replace(' ', '-')}.pdf")
    path.write_bytes(request.render(document, created=foreseen.at))
    if isinstance(document, Letter):
        path.with_suffix(".txt").write_text(plain_text(document), encoding="utf-8")
    return path


def _print(timetables: Sequence[SharedDates]) -> None:
    for timetable in timetables:
        for request in timetable.of[:NAMES_SHOWN]:
            recipient = escape(request.plan.jurisdiction.name)
            out.print(f"[bold]{recipient}[/]  ·  {request.plan.workflow_id}", highlight=False)
        if (more := len(timetable.of) - NAMES_SHOWN) > 0:
            out.print(f"[bold]and {more:,} more[/] with the same dates", highlight=False)
        for step in map(_step, timetable.steps):
            style = {"date": "bold", "draft": "magenta", "later": "dim"}.get(step.kind, "default")
            name, to = step.step.replace("_", " "), f" → {step.to}" if step.to else ""
            out.print(f"  {step.local:<26} {step.at:%Y-%m-%d %H:%MZ}  {name}{to}", style=style, highlight=False)
            why = textwrap.fill(
                _sentence(" ".join(step.why)), out.width, initial_indent=MARGIN, subsequent_indent=MARGIN
            )
            out.print(escape(why), style="dim", highlight=False)
        out.print()


def _where(requests: int, rendered: int, folder: Path) -> str:
    if not rendered:
        return ""
    whose = "" if rendered == requests else f" of the first {rendered}"
    more = "" if rendered == requests else " `--only` or `--all-letters` renders others."
    return f" Letters and drafts{whose} are in [bold]{escape(str(folder))}[/].{more}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
