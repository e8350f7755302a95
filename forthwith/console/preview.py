"""`preview`: every date and every letter of a campaign, before anything is sent."""

import textwrap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.progress import Progress

from forthwith.console.campaign_file import read_campaign
from forthwith.console.output import Json, closing, err, local, out, print_json
from forthwith.console.planning import Planned, plan_requests
from forthwith.console.requests import plural
from forthwith.domain.documents import Letter
from forthwith.domain.forecast import Foreseen
from forthwith.domain.model import Model
from forthwith.domain.wording import plain_text

MARGIN = " " * 29


class PreviewStep(Model):
    """One step of one jurisdiction."""

    jurisdiction: str
    step: str
    what: str
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
    dates_only: Annotated[bool, typer.Option("--dates-only", help="Render nothing; for very large campaigns.")] = False,
    json: Json = False,
) -> None:
    """Show every date and render every letter and draft of a campaign. Nothing is sent.

    Example: forthwith preview examples/1373-2018/campaign.yaml --on 2018-01-24
    """
    campaign = read_campaign(file)
    opened_at = datetime.now(UTC)
    if on:
        opens = campaign.campaign.mail.send_between.opens
        opened_at = datetime.combine(on.date(), opens, ZoneInfo(campaign.campaign.time_zone)).astimezone(UTC)
    planned = plan_requests(campaign, opened_at=opened_at, only=only or ())
    steps: list[PreviewStep] = []
    with (
        Progress(console=err, transient=True, disable=json or not err.is_terminal) as progress,
        ThreadPoolExecutor() as pool,
    ):
        task = progress.add_task("Looking ahead", total=len(planned))
        for request in planned:
            foreseen = request.forecast(opened_at)
            files = [None] * len(foreseen) if dates_only else _render(request, foreseen, to, pool)
            steps += [_step(request, step, rendered) for step, rendered in zip(foreseen, files, strict=True)]
            progress.advance(task)
    if json:
        print_json(steps)
    else:
        _print(planned, steps, None if dates_only else to)


def _step(request: Planned, foreseen: Foreseen, file: Path | None) -> PreviewStep:
    return PreviewStep(
        jurisdiction=request.plan.jurisdiction.id,
        step=foreseen.step,
        what=foreseen.what,
        to=foreseen.to,
        local=closing(foreseen.at, foreseen.zone) if foreseen.what == "date" else local(foreseen.at, foreseen.zone),
        zone=foreseen.zone,
        at=foreseen.at.astimezone(UTC),
        why=foreseen.why,
        file=str(file) if file else None,
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


def _print(planned: Sequence[Planned], steps: Sequence[PreviewStep], folder: Path | None) -> None:
    for request in planned:
        jurisdiction = request.plan.jurisdiction
        out.print(f"[bold]{jurisdiction.name}[/]  ·  {request.plan.workflow_id}", highlight=False)
        for step in (step for step in steps if step.jurisdiction == jurisdiction.id):
            style = {"date": "bold", "draft": "magenta", "later": "dim"}.get(step.what, "default")
            to = f" → {step.to}" if step.to else ""
            out.print(f"  {step.local:<26} {step.at:%Y-%m-%d %H:%MZ}  {step.step}{to}", style=style, highlight=False)
            why = textwrap.fill(
                _sentence(" ".join(step.why)), out.width, initial_indent=MARGIN, subsequent_indent=MARGIN
            )
            out.print(escape(why), style="dim", highlight=False)
        out.print()
    letters = sum(step.what == "letter" for step in steps)
    where = f" Letters and drafts are in [bold]{folder}[/]." if folder else ""
    counts = f"{plural(len(planned), 'request')}, {plural(letters, 'letter')} if nobody answers."
    out.print(f"{counts}{where} Nothing was sent.", highlight=False, soft_wrap=True)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
