"""Commands that read: `list`, `status`, `explain`, `timeline`, `watch`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from forthwith import visibility
from forthwith.casefile.recovery import rebuilt
from forthwith.casefile.store import Dossier
from forthwith.cli.calendar_file import write_calendar
from forthwith.cli.counts import rolled_up
from forthwith.cli.output import Json, away, err, local, out, plain_table, print_json, soon, styled
from forthwith.failure import Failure
from forthwith.request.request import Request
from forthwith.request.vocabulary import Status
from forthwith.settings import Settings
from forthwith.views.listing import Listed, counts_of
from forthwith.views.status import Explanation, RequestStatus, explanation, request_status
from forthwith.views.tasks import WORTH_SAYING, tasks_of
from forthwith.visibility import (
    answer,
    connected,
    counted,
    failed_call,
    listed,
    plural,
    query,
    web_ui_link,
    web_ui_page,
)
from forthwith.visible import visible
from workflows.jurisdiction_request import JurisdictionRequest

RequestId = Annotated[str, typer.Argument(metavar="ID", help="The request, <campaign>/<jurisdiction>.")]
Campaign = Annotated[str | None, typer.Argument(help="Only this campaign.")]

REFRESH_SECONDS = 2.0
MAX_TASKS = 20
"""Under a list; `today` has all of them."""
MAX_NAME_WIDTH = 18
MAY_RESPOND = (Status.SENDING, Status.AWAITING_RESPONSE, Status.ON_HOLD)
"""Statuses in which the response may not be due yet. In any other it was, whatever this machine's clock shows."""

Answered = TypeVar("Answered")


def list_requests(
    campaign: Campaign = None,
    status: Annotated[str | None, typer.Option(help="Only this status, such as AwaitingReview.")] = None,
    attention: Annotated[str | None, typer.Option(help="Only with this reason for attention, or `any`.")] = None,
    where: Annotated[str | None, typer.Option("--query", help="A further Visibility condition.")] = None,
    counts: Annotated[bool, typer.Option("--counts", help="Only how many have each status.")] = False,
    json: Json = False,
) -> None:
    """List requests: those that need a person first, with why and the command, then by what comes next.

    Example: forthwith list 1373-2018 --attention any
    """
    condition = query(campaign, status, attention, where)

    async def run() -> None:
        async with connected() as client:
            if counts:
                how_many = await counted(client, condition)
                if json:
                    print_json(how_many)
                else:
                    out.print(rolled_up(how_many), highlight=False)
                return
            found = await listed(client, condition)
            if json:
                print_json(found)
                return
            out.print(rolled_up(counts_of(found)), highlight=False)
            if found:
                out.print(_table(found))
            _print_tasks(found)
            link = web_ui_link(Settings().web_ui, client.namespace, condition)
            out.print(f"[dim]{link}[/]", highlight=False, soft_wrap=True)

    asyncio.run(run())


def status(request: RequestId, json: Json = False) -> None:
    """Show where one request stands: what it waits for, until when, and what happens next.

    Example: forthwith status 1373-2018/chicago-il
    """
    found, page = asyncio.run(_query(request, _status, lambda found: request_status(found, None)))
    if json:
        print_json(found)
    else:
        _print_status(found, page)


def explain(
    request: RequestId,
    ics: Annotated[Path | None, typer.Option("--ics", help="Write its dates to this file, for a calendar.")] = None,
    json: Json = False,
) -> None:
    """Explain why a request stands where it stands, and how each date was computed.

    Example: forthwith explain 1373-2018/chicago-il
    """
    found, _ = asyncio.run(_query(request, _explanation, lambda found: explanation(found, None)))
    if ics:
        write_calendar(ics, request, found.dates)
    if json:
        print_json(found)
        return
    for line in found.lines:
        out.print(escape(line), highlight=False)


def timeline(request: RequestId, json: Json = False) -> None:
    """Show everything that happened to a request, in order: what, when, and by whom.

    Example: forthwith timeline 1373-2018/chicago-il
    """
    entries, _ = asyncio.run(_query(request, visibility.timeline, lambda found: found.timeline))
    if json:
        print_json(entries)
        return
    table = plain_table(request)
    table.add_column("#", justify="right")
    table.add_column("When (UTC)", no_wrap=True)
    table.add_column("Who", max_width=MAX_NAME_WIDTH)
    table.add_column("What")
    for entry in entries:
        who = escape(entry.by.name) if entry.by else ""
        table.add_row(str(entry.number), f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}", who, escape(entry.text))
    out.print(table)
    out.print(f"[dim]head of the chain: {entries[-1].head if entries else '–'}[/]", highlight=False, soft_wrap=True)


def watch(campaign: Campaign = None, json: Json = False) -> None:
    """Watch requests live, those that need a person first. Ends when all have ended, or with Ctrl-C.

    With --json it prints one snapshot and ends.

    Example: forthwith watch 1373-2018
    """
    condition = query(campaign, None, None, None)

    async def run() -> None:
        async with connected() as client:
            found = await listed(client, condition)
            if json:
                print_json(found)
                return
            with Live(_board(found), console=out, refresh_per_second=1) as live:
                while any(one.is_open for one in found):
                    await asyncio.sleep(REFRESH_SECONDS)
                    found = await listed(client, condition)
                    live.update(_board(found))

    asyncio.run(run())


def dates_in_words(found: RequestStatus, now: datetime) -> Iterator[str]:
    """The dates of a request, past and to come, and its issuance and service, each as a line."""
    if due := found.response_due:
        is_over = found.outcome or found.status not in MAY_RESPOND or due.closes_at <= now
        yield f"Response {'was' if is_over else 'is'} due {due.in_words()}"
    if cure := found.cure_due:
        yield f"Time to cure {'ended' if cure.closes_at <= now else 'ends'} {cure.in_words()}"
    if found.issued:
        yield f"Issued as {found.issued.number}, signed by {found.issued.signed_by}"
    if found.service:
        yield f"Served on {found.service.on_whom}, {found.service.how}"
    if found.return_due:
        yield f"Return date {found.return_due.in_words()}"


async def _status(client: Client, request: str) -> RequestStatus:
    return await answer(client, request, JurisdictionRequest.status)


async def _explanation(client: Client, request: str) -> Explanation:
    return await answer(client, request, JurisdictionRequest.explain)


async def _query(
    request: str, ask: Callable[[Client, str], Awaitable[Answered]], of_record: Callable[[Request], Answered]
) -> tuple[Answered, str]:
    """The answer of one request, and its page in the Web UI. Where Temporal forgot it, the case file answers."""
    async with connected() as client:
        page = web_ui_page(Settings().web_ui, client.namespace, request)
        try:
            return await ask(client, request), page
        except WorkflowQueryFailedError as error:
            raise Failure(f"{request} cannot answer: {error}", hint="the worker's log shows why") from error
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise failed_call(error, request) from error
        found = rebuilt(Dossier(Settings().dossier), request)
        recover = f" It has not ended: forthwith recover {request}" if found.state.is_open else ""
        kept = f"Temporal keeps {request} no longer. This is from its case file.{recover}"
        err.print(escape(kept), highlight=False, soft_wrap=True)
        return of_record(found), page


def _table(found: Sequence[Listed]) -> Table:
    table = plain_table()
    table.add_column("Request", no_wrap=True)
    table.add_column("Status", min_width=len(Status.AWAITING_RESPONSE))
    table.add_column("Out", justify="right")
    table.add_column("Due (UTC)", no_wrap=True)
    table.add_column("Next", no_wrap=True)
    for one in found:
        due = soon(one.response_due) if one.response_due and one.is_open else "–"
        standing = [styled(one.status)]
        if one.execution not in ("RUNNING", "COMPLETED"):
            standing.append(f"[bold red]{one.execution.replace('_', ' ').lower()}[/]")
        standing += [f"[bold red]{reason.replace('_', ' ')}[/]" for reason in one.attention]
        table.add_row(
            escape(one.request),
            "\n".join(standing),
            str(one.outstanding),
            due,
            _next(one),
        )
    return table


def _next(one: Listed) -> str:
    if not one.is_open:
        return ""
    late = one.next_action_at is not None and datetime.now(UTC) - one.next_action_at > WORTH_SAYING
    return f"[bold red]{away(one.next_action_at)}[/]" if late else away(one.next_action_at)


def _board(found: Sequence[Listed]) -> Group:
    """As many requests as the screen holds, the most urgent first."""
    rows = max(out.height - 6, 1)
    more = f"[dim]and {len(found) - rows} more[/]" if len(found) > rows else ""
    return Group(rolled_up(counts_of(found)), _table(found[:rows]), more)


def _print_tasks(found: Sequence[Listed]) -> None:
    now = datetime.now(UTC)
    tasks = [task for one in found if one.needs_a_person for task in tasks_of(one, now)]
    for task in tasks[:MAX_TASKS]:
        out.print(f"[bold red]{escape(task.request)}[/]: {escape(visible(task.task))}", highlight=False, soft_wrap=True)
        out.print(f"  [cyan]{escape(task.command)}[/]", highlight=False, soft_wrap=True)
    if len(tasks) > MAX_TASKS:
        out.print(f"and {len(tasks) - MAX_TASKS} more: forthwith today", highlight=False)


def _print_status(found: RequestStatus, page: str) -> None:
    zone = found.response_due.zone if found.response_due else "UTC"
    waits = found.outcome.text.removeprefix(f"{found.status}: ") if found.outcome else f"waits for {found.waiting_for}"
    lines = [f"{styled(found.status)}: {escape(waits)}"]
    lines += [
        f"[bold red]Attention, {reason.replace('_', ' ')}:[/] {escape(why)}" for reason, why in found.attention.items()
    ]
    if found.next_action and not found.outcome:
        when = f"{local(found.next_action.at, zone)} ({away(found.next_action.at)})" if found.next_action.at else "now"
        lines.append(f"Next, {when}: {escape(found.next_action.what)}")
    lines += map(escape, dates_in_words(found, datetime.now(UTC)))
    outstanding = escape(", ".join(found.outstanding)) or "nothing"
    lines.append(f"Outstanding: {outstanding} (of {plural(len(found.items), 'item')})")
    title = escape(f"{found.jurisdiction}  ·  {found.request}")
    out.print(Panel("\n".join(lines), title=title, title_align="left"))
    if found.draft:
        out.print(f"Draft {found.draft.version}, sha256 {found.draft.sha256}", highlight=False, soft_wrap=True)
        out.print(escape(f"  {Settings().dossier / found.draft.document.uri}"), highlight=False, soft_wrap=True)
        if found.draft.working_copy:
            copy = Settings().dossier / found.draft.working_copy.uri
            out.print(escape(f"  to mark up in a word processor: {copy}"), highlight=False, soft_wrap=True)
        if found.draft.missing:
            out.print(escape(f"  still empty: {', '.join(found.draft.missing)}"), highlight=False)
    for name, document in (("Issued copy", found.issued_copy), ("Referral memo", found.memo)):
        if document:
            out.print(f"{name}, sha256 {document.sha256}", highlight=False, soft_wrap=True)
            out.print(escape(f"  {Settings().dossier / document.uri}"), highlight=False, soft_wrap=True)
    if found.letters:
        table = plain_table()
        for name in ("Letter", "To", "Accepted", "Delivered"):
            table.add_column(name)
        for letter in found.letters:
            table.add_row(escape(letter.step), letter.to, local(letter.receipt.accepted_at, zone), letter.delivered)
        out.print(table)
    where = escape(f"Case file {Settings().dossier / found.request}\n{page}")
    out.print(f"[dim]{where}[/]", highlight=False, soft_wrap=True)
