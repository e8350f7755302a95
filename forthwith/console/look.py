"""Commands that read: `list`, `status`, `explain`, `timeline`, `watch`."""

import asyncio
from collections.abc import Sequence
from datetime import UTC
from typing import Annotated

import typer
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from temporalio.client import Client
from temporalio.service import RPCError

from forthwith.console.output import Json, away, local, out, print_json, styled
from forthwith.console.requests import Listed, connected, handle_of, listed, not_found, query, web_ui_link, web_ui_page
from forthwith.domain.messages import ENDED
from forthwith.domain.record import Entry
from forthwith.domain.views import Explanation, RequestStatus
from forthwith.settings import Settings
from workflows.jurisdiction_request import JurisdictionRequest

Request = Annotated[str, typer.Argument(metavar="ID", help="The request, <campaign>/<jurisdiction>.")]
Campaign = Annotated[str | None, typer.Argument(help="Only this campaign.")]

REFRESH_SECONDS = 2.0


def list_requests(
    campaign: Campaign = None,
    status: Annotated[str | None, typer.Option(help="Only this status, such as AwaitingReview.")] = None,
    attention: Annotated[str | None, typer.Option(help="Only with this reason for attention, or `any`.")] = None,
    where: Annotated[str | None, typer.Option("--query", help="A further Visibility condition.")] = None,
    json: Json = False,
) -> None:
    """List requests: those that need a person first, then by what comes next.

    Example: forthwith list 1373-2018 --attention any
    """

    async def run() -> None:
        async with connected() as client:
            condition = query(campaign, status, attention, where)
            found = await listed(client, condition)
            if json:
                print_json(found)
                return
            out.print(_table(found))
            out.print(
                f"{_counts(found)}\n[dim]{web_ui_link(Settings().web_ui, client.namespace, condition)}[/]",
                soft_wrap=True,
            )

    asyncio.run(run())


def status(request: Request, json: Json = False) -> None:
    """Show where one request stands: what it waits for, until when, and what happens next.

    Example: forthwith status 1373-2018/chicago-il
    """

    async def run() -> None:
        async with connected() as client:
            try:
                found = await handle_of(client, request).query(JurisdictionRequest.status)
            except RPCError as error:
                raise not_found(error, request) from error
            if json:
                print_json(found)
            else:
                _print_status(found, client)

    asyncio.run(run())


def explain(request: Request, json: Json = False) -> None:
    """Explain why a request stands where it stands, and how each date was computed.

    Example: forthwith explain 1373-2018/chicago-il
    """

    async def run() -> Explanation:
        async with connected() as client:
            try:
                return await handle_of(client, request).query(JurisdictionRequest.explain)
            except RPCError as error:
                raise not_found(error, request) from error

    found = asyncio.run(run())
    if json:
        print_json(found)
        return
    for line in found.lines:
        out.print(line, highlight=False)


def timeline(request: Request, json: Json = False) -> None:
    """Show everything that happened to a request, in order: who, what and when.

    Example: forthwith timeline 1373-2018/chicago-il
    """

    async def run() -> list[Entry]:
        async with connected() as client:
            try:
                return await handle_of(client, request).query(JurisdictionRequest.timeline)
            except RPCError as error:
                raise not_found(error, request) from error

    entries = asyncio.run(run())
    if json:
        print_json(entries)
        return
    table = Table(title=request, title_justify="left", title_style="bold")
    for name in ("#", "When (UTC)", "Who", "What"):
        table.add_column(name, no_wrap=name != "What")
    for entry in entries:
        who = entry.by.name if entry.by else ""
        table.add_row(str(entry.number), f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}", who, entry.text)
    out.print(table)
    out.print(f"[dim]head of the chain: {entries[-1].head if entries else ''}[/]")


def watch(campaign: Campaign = None, json: Json = False) -> None:
    """Watch requests live, those that need a person first. Ends when all have ended; Ctrl-C leaves earlier.

    With --json it prints one snapshot and ends.

    Example: forthwith watch 1373-2018
    """

    async def run() -> None:
        async with connected() as client:
            condition = query(campaign, None, None, None)
            found = await listed(client, condition)
            if json:
                print_json(found)
                return
            with Live(_table(found), console=out, refresh_per_second=1) as live:
                while any(one.status not in ENDED for one in found):
                    await asyncio.sleep(REFRESH_SECONDS)
                    found = await listed(client, condition)
                    live.update(_table(found))
            out.print(_counts(found))

    asyncio.run(run())


def _table(found: Sequence[Listed]) -> Table:
    table = Table(show_lines=False)
    table.add_column("Request", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    table.add_column("Out", justify="right")
    table.add_column("Response due (UTC)", no_wrap=True)
    table.add_column("Next", no_wrap=True)
    table.add_column("Attention")
    for one in found:
        ended = one.status in ENDED
        due = f"{one.response_due:%Y-%m-%d %H:%M}" if one.response_due and not ended else "–"
        table.add_row(
            one.request,
            styled(one.status)
            + ("" if one.execution in ("RUNNING", "COMPLETED") else f" [bold red]{one.execution}[/]"),
            str(one.outstanding),
            due,
            away(one.next_action_at) if not ended else "",
            f"[bold red]{', '.join(reason.replace('_', ' ') for reason in one.attention)}[/]" if one.attention else "",
        )
    return table


def _counts(found: Sequence[Listed]) -> str:
    counts = {status: sum(one.status == status for one in found) for status in sorted({one.status for one in found})}
    attention = sum(bool(one.attention) for one in found)
    parts = [f"{count} {styled(status)}" for status, count in counts.items()]
    return f"{len(found)} requests" + (": " + ", ".join(parts) if parts else "") + f"; {attention} need a person."


def _print_status(found: RequestStatus, client: Client) -> None:
    zone = found.response_due.zone if found.response_due else "UTC"
    lines = [f"{styled(found.status)}, waits for {found.waiting_for}" if not found.outcome else found.outcome.text]
    lines += [f"[bold red]Attention, {reason.replace('_', ' ')}:[/] {why}" for reason, why in found.attention.items()]
    if found.next_action and not found.outcome:
        when = f"{local(found.next_action.at, zone)} ({away(found.next_action.at)})" if found.next_action.at else "now"
        lines.append(f"Next: {when}: {found.next_action.what}")
    if found.response_due:
        lines.append(f"Response due {found.response_due.in_words()}")
    if found.cure_due:
        lines.append(f"Time to cure ends {found.cure_due.in_words()}")
    lines.append(f"Outstanding: {', '.join(found.outstanding) or 'nothing'} (of {len(found.items)})")
    if found.draft:
        lines.append(f"Draft {found.draft.version}: {Settings().dossier / found.draft.document.uri}")
        lines.append(f"  sha256 {found.draft.sha256}")
        if found.draft.missing:
            lines.append(f"  still empty: {', '.join(found.draft.missing)}")
    out.print(Panel("\n".join(lines), title=f"{found.jurisdiction}  ·  {found.request}", title_align="left"))
    if found.letters:
        table = Table("Letter", "To", "Accepted", "Delivered", "Kept as")
        for letter in found.letters:
            accepted = local(letter.receipt.accepted_at, zone)
            table.add_row(letter.step, letter.to, accepted, letter.delivered, letter.receipt.eml.uri)
        out.print(table)
    out.print(f"[dim]{web_ui_page(Settings().web_ui, client.namespace, found.request)}[/]", soft_wrap=True)
