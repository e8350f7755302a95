"""`rehearse`: a campaign through its months on a virtual clock; and what `demo` shares with it."""

import asyncio
import shlex
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from temporalio.client import Client

from forthwith.base import Model
from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.planning import check_requests, plan_requests
from forthwith.campaign.rendering import renderer
from forthwith.campaign.starting import Starter
from forthwith.casefile.store import Dossier
from forthwith.cli.commands.report import made_report
from forthwith.cli.output import Json, err, out, plain_table, print_json, short_path, styled
from forthwith.cli.report.files import write_report
from forthwith.devstack.process import interrupted
from forthwith.devstack.rehearsal import DoesNotFit, Rehearsal, Rehearsed, read_scenario
from forthwith.devstack.stack import LocalStack, local_stack, made_folder
from forthwith.devstack.virtual_clock import VirtualClock
from forthwith.failure import Failure
from forthwith.request.vocabulary import Status
from forthwith.visibility import listed, named, plural, query

EXAMPLE = Path("examples/1373-2018")

WIDE = 110
"""Columns from which on a table has room for a sentence about each request."""

INDEXED_WITHIN_SECONDS = 5
"""How long Visibility may take to index how a rehearsal ended."""


def rehearse(
    file: Annotated[Path, typer.Argument(help="The campaign file.")],
    scenario: Annotated[Path, typer.Option(help="Who answers what and when.")],
    keep: Annotated[bool, typer.Option("--keep", help="Leave the Web UI up until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Play any campaign through its months in seconds, on a real server with a virtual clock and a local mailbox.

    Example: forthwith rehearse examples/1373-2018/campaign.yaml --scenario examples/1373-2018/rehearsal.yaml
    """
    again = shlex.join(("forthwith", "rehearse", str(file), "--scenario", str(scenario), "--keep"))
    play("rehearsal", file, scenario, again=again, keep=keep, json=json)


class RehearsedRequest(Model):
    """Where one request stands at the end of a rehearsal."""

    jurisdiction: str
    request: str
    status: Status
    outstanding: tuple[str, ...]
    attention: tuple[str, ...]
    letters: int
    drafts: int
    at: datetime
    """The request's own time, UTC."""
    draft: str | None
    case_file: str
    waiting_for: str | None
    """What it still waits for, where it has not ended."""


class RehearsalReport(Model):
    """A rehearsal from start to finish."""

    campaign: str
    requests: tuple[RehearsedRequest, ...]
    outcomes: dict[str, int]
    letters_sent: int
    seconds: float
    mail: str
    dossier: str
    report: str
    """The path of the report's page."""


def play(name: str, file: Path, scenario: Path, *, again: str, keep: bool, json: bool) -> None:
    """Rehearses a campaign in a folder of its own, and shows how everything ended and where it is kept.

    ``again`` is the command that repeats it and leaves the Web UI up.
    """
    began = monotonic()
    renderer().start()
    campaign, acts, opened_at = read_campaign(file), read_scenario(scenario), datetime.now(UTC)
    planned = plan_requests(campaign, opened_at=opened_at)
    check_requests(planned, campaign, opened_at=opened_at)
    folder = made_folder(Path(".forthwith") / f"{name}-{opened_at:%Y%m%d-%H%M%S}")
    screen = err if json else out

    async def run() -> None:
        async with local_stack(folder) as stack:
            clock = VirtualClock(stack.server.client)
            starter = Starter(clock.client, Dossier(stack.dossier), started_by="rehearsal", now=opened_at)
            board = Board(screen, [request.plan.workflow_id for request in planned])
            with board:
                rehearsal, plans = Rehearsal(clock, stack.mailbox, acts), [request.plan for request in planned]
                rehearsal.before_the_start(plans)
                await starter.start(planned)
                try:
                    played = await rehearsal.play(plans, seen=board.see)
                except* DoesNotFit as unfit:
                    why = "; ".join(map(str, unfit.exceptions))
                    raise Failure(f"the scenario does not fit: {why}", hint=f"correct {scenario}") from None
            seconds = monotonic() - began
            page = await _page(stack, campaign.campaign.campaign, played, links=keep)
            report = _report(campaign.campaign.campaign, played, stack, seconds, page)
            if json:
                print_json(report)
            else:
                _show(report, played, stack)
                if not keep:
                    out.print(f"Web UI      run it again with --keep ({again})", highlight=False, soft_wrap=True)
            if keep:
                screen.print(f"\nWeb UI: [bold]{stack.server.web_ui}[/] until Ctrl-C")
                await interrupted()

    asyncio.run(run())


class Board:
    """The live view of a rehearsal: every request with its present status."""

    def __init__(self, console: Console, requests: Sequence[str]) -> None:
        self._seen = dict.fromkeys(requests, Status.SENDING)
        self._live = Live(console=console, get_renderable=self._picture, refresh_per_second=8, transient=True)

    def __enter__(self) -> "Board":
        self._live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._live.__exit__(*error)

    def see(self, request: str, status: Status) -> None:
        """Shows a request with this status."""
        self._seen[request] = status

    def _picture(self) -> Table:
        table = Table.grid(padding=(0, 2))
        entries = [f"{styled(status)}  {request.partition('/')[2]}" for request, status in self._seen.items()]
        for start in range(0, len(entries), 2):
            table.add_row(*(Text.from_markup(entry) for entry in entries[start : start + 2]))
        return table


async def _page(stack: LocalStack, campaign: str, played: Sequence[Rehearsed], *, links: bool) -> str:
    """Writes the report beside the dossier, once Visibility shows how everything ended. Returns the page's path."""
    client, ended = stack.server.client, {one.plan.workflow_id: one.status.status for one in played}
    with suppress(TimeoutError):
        async with asyncio.timeout(INDEXED_WITHIN_SECONDS):
            while await _statuses(client, campaign) != ended:  # noqa: ASYNC110 - the server sends no notice
                await asyncio.sleep(0.05)
    web_ui = stack.server.web_ui if links else ""
    made = await made_report(client, Dossier(stack.dossier), campaign, now=datetime.now(UTC), web_ui=web_ui)
    return write_report(made, stack.folder / "report").page


async def _statuses(client: Client, campaign: str) -> dict[str, Status]:
    return {one.request: one.status for one in await listed(client, query(campaign, None, None, None))}


def _report(
    campaign: str, played: Sequence[Rehearsed], stack: LocalStack, seconds: float, page: str
) -> RehearsalReport:
    results = tuple(
        RehearsedRequest(
            jurisdiction=one.plan.jurisdiction.id,
            request=one.plan.workflow_id,
            status=one.status.status,
            outstanding=one.status.outstanding,
            attention=tuple(one.status.attention),
            letters=len(one.status.letters),
            drafts=one.status.drafts,
            at=one.at,
            draft=str(stack.dossier / one.status.draft.document.uri) if one.status.draft else None,
            case_file=str(stack.dossier / one.plan.workflow_id),
            waiting_for=None if one.status.outcome else one.status.waiting_for,
        )
        for one in played
    )
    return RehearsalReport(
        campaign=campaign,
        requests=results,
        outcomes=dict(Counter(result.status for result in results)),
        letters_sent=len(stack.mailbox.messages()),
        seconds=round(seconds, 1),
        mail=str(stack.mail),
        dossier=str(stack.dossier),
        report=page,
    )


def _show(report: RehearsalReport, played: Sequence[Rehearsed], stack: LocalStack) -> None:
    wide = out.width >= WIDE
    table = plain_table(f"{report.campaign}: {plural(len(report.requests), 'request')}")
    for name in ("Jurisdiction", "Ended as", "On"):
        table.add_column(name, no_wrap=True)
    table.add_column("Letters", justify="right")
    table.add_column("Drafts", justify="right")
    if wide:
        table.add_column("What happened")
    for result, one in zip(report.requests, played, strict=True):
        day = result.at.astimezone(ZoneInfo(one.plan.jurisdiction.timezone))
        cells = [
            escape(result.jurisdiction),
            styled(result.status),
            f"{day.day} {day:%b %Y}",
            str(result.letters),
            str(result.drafts),
        ]
        table.add_row(*cells, *([escape(_story(result, one))] if wide else []))
    out.print(table)
    counts = ", ".join(f"{count} {status}" for status, count in report.outcomes.items())
    letters = plural(report.letters_sent, "letter")
    out.print(f"{counts}. {letters} in {report.seconds} s.", highlight=False, soft_wrap=True)
    for waiting_for in dict.fromkeys(one.waiting_for for one in report.requests if one.waiting_for):
        names = [one.jurisdiction for one in report.requests if one.waiting_for == waiting_for]
        out.print(escape(f"Still waits for {waiting_for}: {named(names)}."), highlight=False, soft_wrap=True)
    here = short_path(stack.folder)
    out.print(f"Letters     {here}/mail  (python starter.py inbox {here}/mail)", highlight=False, soft_wrap=True)
    out.print(f"Drafts      {here}/dossier/{report.campaign}/*/drafts/*.pdf", highlight=False, soft_wrap=True)
    out.print(f"Case files  {here}/dossier/{report.campaign}/", highlight=False, soft_wrap=True)
    out.print(f"Report      {short_path(Path(report.report))}", highlight=False, soft_wrap=True)


def _story(result: RehearsedRequest, played: Rehearsed) -> str:
    if played.status.outcome:
        return played.status.outcome.text
    return f"Waits for {result.waiting_for}."
