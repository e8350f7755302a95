"""The local stage: `dev` on the real clock, `demo` and `rehearse` on a virtual one, `inbox` to read what was sent."""

import asyncio
import fcntl
import shlex
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from temporalio.client import Client

from forthwith.base import Model
from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.planning import check_requests, plan_requests
from forthwith.campaign.problems import InvalidCampaign
from forthwith.campaign.starting import Starter
from forthwith.campaign.yaml_lines import YamlDocument
from forthwith.casefile.store import Dossier
from forthwith.cli.commands.report import made_report
from forthwith.cli.commands.setup_server import prepare_server
from forthwith.cli.output import Failure, Json, err, out, plain_table, print_json, styled
from forthwith.cli.report.files import write_report
from forthwith.devstack.mailbox import Mailbox, StoredMail, read_mailbox
from forthwith.devstack.process import stopped_at_the_end
from forthwith.devstack.rehearsal import DoesNotFit, Rehearsal, Rehearsed, Scenario
from forthwith.devstack.server import LocalServer, local_server
from forthwith.devstack.virtual_clock import VirtualClock
from forthwith.request.messages import Status
from forthwith.settings import Settings
from forthwith.visibility import listed, named, plural, query

EXAMPLE = Path("examples/1373-2018")
ROOM_FOR_A_STORY = 110
"""Columns from which on a table has room for a sentence about each request."""

INDEXED_WITHIN_SECONDS = 5
"""How long Visibility may take to know how a rehearsal ended."""

DEV_PORT, DEV_UI_PORT, DEV_SMTP_PORT = 7233, 8233, 1025


@dataclass(frozen=True)
class Stage:
    """A running local stage."""

    server: LocalServer
    mailbox: Mailbox
    worker: asyncio.subprocess.Process
    folder: Path
    environment: Mapping[str, str]
    """What the worker and every command need to find it."""

    @property
    def dossier(self) -> Path:
        return self.folder / "dossier"

    @property
    def mail(self) -> Path:
        return self.folder / "mail"


@asynccontextmanager
async def stage(
    folder: Path, *, port: int | None = None, ui_port: int | None = None, smtp_port: int = 0, database: bool = False
) -> AsyncGenerator[Stage]:
    """The real server with its Web UI, a mailbox that keeps everything, and one worker; stopped in reverse order."""
    file = folder / "temporal.db" if database else None
    async with (
        local_server(port=port, ui_port=ui_port, ui=True, database=file, log=folder / "server.log") as server,
        Mailbox(folder / "mail", port=smtp_port) as mailbox,
    ):
        await prepare_server(server.client)
        environment = _environment(server, mailbox, folder)
        worker = stopped_at_the_end(
            *(Path(sys.executable), "-m", "worker"),
            log=folder / "worker.log",
            environment=Settings.environment(**environment),
        )
        async with worker as process:
            yield Stage(server, mailbox, process, folder, environment)


def _environment(server: LocalServer, mailbox: Mailbox, folder: Path) -> dict[str, str]:
    return {
        "TEMPORAL_ADDRESS": server.address,
        "FORTHWITH_SMTP_HOST": mailbox.host,
        "FORTHWITH_SMTP_PORT": str(mailbox.port),
        "FORTHWITH_SMTP_TLS": "none",
        "FORTHWITH_DOSSIER": str(folder / "dossier"),
        "FORTHWITH_WEB_UI": server.web_ui,
    }


def dev(
    folder: Annotated[Path, typer.Option(help="Where everything is kept; the next run goes on from there.")] = Path(
        ".forthwith"
    ),
    port: Annotated[int, typer.Option(help="Of the Temporal server.", min=1, max=65535)] = DEV_PORT,
    ui_port: Annotated[int, typer.Option(help="Of the Web UI.", min=1, max=65535)] = DEV_UI_PORT,
    smtp_port: Annotated[int, typer.Option(help="Of the mailbox.", min=1, max=65535)] = DEV_SMTP_PORT,
) -> None:
    """Run the local stack on the real clock: server with Web UI, worker, mailbox. Ctrl-C stops all of it.

    Example: forthwith dev
    """
    kept = _made(folder)

    async def run() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        running = stage(kept, port=port, ui_port=ui_port, smtp_port=smtp_port, database=True)
        async with running as there:
            file = _written_environment(there)
            for line in (
                f"Web UI     {there.server.web_ui}",
                f"Temporal   {there.server.address}",
                f"Mailbox    127.0.0.1:{there.mailbox.port}, kept in {there.mail}",
                f"Dossier    {there.dossier}",
                "",
                "In another terminal:",
                f"  source {shlex.quote(str(_near(file)))}",
                f"  forthwith start {EXAMPLE / 'campaign.yaml'}",
                "",
                "[dim]Ctrl-C stops everything; the next `make dev` goes on from here.[/]",
            ):
                out.print(line, highlight=False, soft_wrap=True)
            worker = asyncio.ensure_future(there.worker.wait())
            await asyncio.wait({worker, asyncio.ensure_future(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
            if worker.done():
                raise Failure("the worker ended by itself", hint=f"{kept / 'worker.log'} says why")
            out.print("Stopping: letters under way are finished first …")

    with _alone_in(kept):
        for option, number in (("--port", port), ("--ui-port", ui_port), ("--smtp-port", smtp_port)):
            _refuse_taken(number, option)
        asyncio.run(run())


class DemoResult(Model):
    """Where one request of a demo stands at its end."""

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
    """What it waits for still, where it has not ended."""


class DemoReport(Model):
    """A demo from start to finish."""

    campaign: str
    requests: tuple[DemoResult, ...]
    outcomes: dict[str, int]
    letters_sent: int
    seconds: float
    mail: str
    dossier: str
    report: str
    """The page to look at."""


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the Web UI up until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Play the 23 demands of 2018 from campaign file to reviewed drafts and referrals, on a virtual clock.

    Example: forthwith demo --keep
    """
    play(
        "demo",
        EXAMPLE / "campaign.yaml",
        EXAMPLE / "rehearsal.yaml",
        again="make demo ARGS=--keep",
        keep=keep,
        json=json,
    )


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


def play(name: str, file: Path, scenario: Path, *, again: str, keep: bool, json: bool) -> None:
    """Rehearses a campaign in a folder of its own and shows where everything ended and where it is kept.

    ``again`` is the command that leaves the Web UI up.
    """
    began = monotonic()
    campaign, acts, opened_at = read_campaign(file), read_scenario(scenario), datetime.now(UTC)
    planned = plan_requests(campaign, opened_at=opened_at)
    check_requests(planned, campaign, opened_at=opened_at)
    folder = _made(Path(".forthwith") / f"{name}-{opened_at:%Y%m%d-%H%M%S}")
    screen = err if json else out

    async def run() -> None:
        async with stage(folder) as there:
            clock = VirtualClock(there.server.client)
            starter = Starter(clock.client, Dossier(there.dossier), started_by="rehearsal", now=opened_at)
            board = Board(screen, [request.plan.workflow_id for request in planned])
            with board:
                rehearsal, plans = Rehearsal(clock, there.mailbox, acts), [request.plan for request in planned]
                rehearsal.before_the_start(plans)
                await starter.start(planned)
                try:
                    played = await rehearsal.play(plans, seen=board.see)
                except* DoesNotFit as unfit:
                    why = "; ".join(map(str, unfit.exceptions))
                    raise Failure(f"the scenario does not fit: {why}", hint=f"correct {scenario}") from None
            seconds = monotonic() - began
            page = await _page(there, campaign.campaign.campaign, played, links=keep)
            report = _report(campaign.campaign.campaign, played, there, seconds, page)
            if json:
                print_json(report)
            else:
                _show(report, played, there)
                if not keep:
                    out.print(f"Web UI      run it again with --keep ({again})", highlight=False, soft_wrap=True)
            if keep:
                screen.print(f"\nWeb UI: [bold]{there.server.web_ui}[/] until Ctrl-C")
                await _interrupted()

    asyncio.run(run())


def inbox(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A mailbox folder. Where left out: that of the stack in use, or of the latest demo."),
    ] = None,
    number: Annotated[int | None, typer.Option("--show", help="Show this message whole.")] = None,
    to: Annotated[str, typer.Option(help="Only to addresses that contain this.")] = "",
    json: Json = False,
) -> None:
    """List the messages that the local mailbox kept, or show one.

    Example: forthwith inbox --to chicago --show 1
    """
    folder = folder or _mailbox()
    letters = read_mailbox(folder)
    if not letters and not _is_empty(folder):
        raise Failure(f"{folder} is no mailbox", hint="`forthwith inbox` without a folder finds the latest there is")
    found = [mail for mail in letters if to in " ".join((*mail.to, *mail.cc))]
    if number is not None:
        chosen = [mail for mail in found if mail.number == number]
        if not chosen:
            raise Failure(f"no message {number} in {folder}", hint="`forthwith inbox` lists them")
        typer.echo(_headers(chosen[0]) + "\n\n" + chosen[0].text())
        return
    if json:
        print_json(found)
        return
    table = plain_table()
    table.add_column("#", justify="right")
    table.add_column("Date (UTC)", no_wrap=True)
    table.add_column("To", overflow="fold")
    table.add_column("Subject")
    for mail in found:
        mark = " [yellow](possible copy)[/]" if mail.possible_copy else ""
        table.add_row(
            str(mail.number),
            f"{mail.date.astimezone(UTC):%Y-%m-%d %H:%M}" if mail.date else "–",
            "\n".join((*mail.to, *mail.cc)),
            escape(mail.subject) + mark,
        )
    if found:
        out.print(table)
    out.print(f"{plural(len(found), 'letter')} in {_near(folder)}", highlight=False, soft_wrap=True)


def read_scenario(path: Path) -> Scenario:
    """A scenario file. Raises ``Failure`` naming what is wrong with it."""
    try:
        written = YamlDocument(path.name, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{path} is not UTF-8 text; save it with that encoding") from error
    if written.problems:
        raise InvalidCampaign(written.problems)
    try:
        return Scenario.model_validate(written.value)
    except ValidationError as error:
        places = (f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        raise Failure(f"{path}: {'; '.join(places)}") from error


class Board:
    """The live picture of a rehearsal: every request with the status it has right now."""

    def __init__(self, console: Console, requests: Sequence[str]) -> None:
        self._seen = dict.fromkeys(requests, Status.SENDING)
        self._live = Live(console=console, get_renderable=self._picture, refresh_per_second=8, transient=True)

    def __enter__(self) -> "Board":
        self._live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._live.__exit__(*error)

    def see(self, request: str, status: Status) -> None:
        """A request has this status now."""
        self._seen[request] = status

    def _picture(self) -> Table:
        table = Table.grid(padding=(0, 2))
        entries = [f"{styled(status)}  {request.partition('/')[2]}" for request, status in self._seen.items()]
        for start in range(0, len(entries), 2):
            table.add_row(*(Text.from_markup(entry) for entry in entries[start : start + 2]))
        return table


async def _page(there: Stage, campaign: str, played: Sequence[Rehearsed], *, links: bool) -> str:
    """Writes the report beside the dossier, once Visibility knows how everything ended. Returns where the page is."""
    client, ended = there.server.client, {one.plan.workflow_id: one.status.status for one in played}
    with suppress(TimeoutError):
        async with asyncio.timeout(INDEXED_WITHIN_SECONDS):
            while await _standing(client, campaign) != ended:  # noqa: ASYNC110 - the server tells nobody, it is asked
                await asyncio.sleep(0.05)
    web_ui = there.server.web_ui if links else ""
    made = await made_report(client, Dossier(there.dossier), campaign, now=datetime.now(UTC), web_ui=web_ui)
    return write_report(made, there.folder / "report").page


async def _standing(client: Client, campaign: str) -> dict[str, Status]:
    return {one.request: one.status for one in await listed(client, query(campaign, None, None, None))}


def _report(campaign: str, played: Sequence[Rehearsed], there: Stage, seconds: float, page: str) -> DemoReport:
    results = tuple(
        DemoResult(
            jurisdiction=one.plan.jurisdiction.id,
            request=one.plan.workflow_id,
            status=one.status.status,
            outstanding=one.status.outstanding,
            attention=tuple(one.status.attention),
            letters=len(one.status.letters),
            drafts=one.status.drafts,
            at=one.at,
            draft=str(there.dossier / one.status.draft.document.uri) if one.status.draft else None,
            case_file=str(there.dossier / one.plan.workflow_id),
            waiting_for=None if one.status.outcome else one.status.waiting_for,
        )
        for one in played
    )
    return DemoReport(
        campaign=campaign,
        requests=results,
        outcomes=dict(Counter(result.status for result in results)),
        letters_sent=len(there.mailbox.messages()),
        seconds=round(seconds, 1),
        mail=str(there.mail),
        dossier=str(there.dossier),
        report=page,
    )


def _show(report: DemoReport, played: Sequence[Rehearsed], there: Stage) -> None:
    wide = out.width >= ROOM_FOR_A_STORY
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
            result.jurisdiction,
            styled(result.status),
            f"{day.day} {day:%b %Y}",
            str(result.letters),
            str(result.drafts),
        ]
        table.add_row(*cells, *([_story(result, one)] if wide else []))
    out.print(table)
    counts = ", ".join(f"{count} {status}" for status, count in report.outcomes.items())
    letters = plural(report.letters_sent, "letter")
    out.print(f"{counts}. {letters} in {report.seconds} s.", highlight=False, soft_wrap=True)
    for waiting_for in dict.fromkeys(one.waiting_for for one in report.requests if one.waiting_for):
        names = [one.jurisdiction for one in report.requests if one.waiting_for == waiting_for]
        out.print(f"Waits still for {waiting_for}: {named(names)}.", highlight=False, soft_wrap=True)
    here = _near(there.folder)
    out.print(f"Letters     {here}/mail  (python starter.py inbox {here}/mail)", highlight=False, soft_wrap=True)
    out.print(f"Drafts      {here}/dossier/{report.campaign}/*/drafts/*.pdf", highlight=False, soft_wrap=True)
    out.print(f"Case files  {here}/dossier/{report.campaign}/", highlight=False, soft_wrap=True)
    out.print(f"Report      {_near(Path(report.report))}", highlight=False, soft_wrap=True)


def _story(result: DemoResult, played: Rehearsed) -> str:
    if played.status.outcome:
        return played.status.outcome.text
    return f"Waits for {result.waiting_for}."


def _refuse_taken(port: int, option: str) -> None:
    """Raises ``Failure`` when somebody listens on a port: our worker would join a server that is not ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what the last run left behind is no matter
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Failure(
                f"port {port} of this machine cannot be had: {error.strerror}",
                hint=f"stop what listens there, perhaps another `make dev`, or give another port with {option}",
            ) from error


@contextmanager
def _alone_in(folder: Path) -> Generator[None]:
    """Raises ``Failure`` when another stack runs in the folder: two servers would write to one database."""
    try:
        file = (folder / "lock").open("w")
    except OSError as error:
        raise Failure(f"the folder {folder} cannot be written: {error.strerror}") from error
    with file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failure(
                f"another local stack runs in {folder}", hint="stop it with Ctrl-C, or give another one with --folder"
            ) from error
        yield


def _written_environment(there: Stage) -> Path:
    """A file for the shell of another terminal, so that the commands there find this stage."""
    path = f"{Path(sys.executable).parent}:$PATH"
    lines = [f"export {name}={shlex.quote(value)}" for name, value in there.environment.items()]
    file = there.folder / "env"
    file.write_text("\n".join((*lines, f'export PATH="{path}"', "")), encoding="utf-8")
    return file


def _near(path: Path) -> Path:
    """A path as somebody in this folder would write it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"the folder {folder} cannot be made: {error.strerror}") from error
    return folder.resolve()


def _is_empty(folder: Path) -> bool:
    """Whether it is a folder and holds nothing, as a mailbox that got no letter yet."""
    return folder.is_dir() and all(path.name.startswith(".") for path in folder.iterdir())


def _mailbox() -> Path:
    """Beside the dossier that the environment names, else the newest there is."""
    settings = Settings()
    beside = settings.dossier.with_name("mail")
    if "dossier" in settings.model_fields_set and beside.is_dir():
        return beside
    folders = [folder for folder in Path(".forthwith").glob("**/mail") if folder.is_dir()]
    if not folders:
        raise Failure("there is no local mailbox yet", hint="run `make demo` or `make dev` first")
    return max(folders, key=lambda folder: folder.stat().st_mtime)


def _headers(mail: StoredMail) -> str:
    message = mail.message()
    return "\n".join(
        f"{name}: {message[name]}" for name in message if name.lower() not in ("content-type", "mime-version")
    )


async def _interrupted() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()
