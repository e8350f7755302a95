"""`setup-server`: registers what Forthwith needs on a Temporal server."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer
from rich.markup import escape
from temporalio.service import RPCError

from forthwith.cli.output import Json, out, print_json
from forthwith.failure import Failure
from forthwith.server_setup import RETENTION_DAYS, Check, prepare_server
from forthwith.visibility import connected


def setup_server(
    retention_days: Annotated[
        int, typer.Option(help="Days that Temporal keeps ended requests.", min=1)
    ] = RETENTION_DAYS,
    json: Json = False,
) -> None:
    """Register the search attributes and set the retention of the namespace. Running it again changes nothing.

    Example: forthwith setup-server
    """

    async def run() -> list[Check]:
        async with connected() as client:
            try:
                return await prepare_server(client, timedelta(days=retention_days))
            except RPCError as error:
                raise Failure(
                    f"the server refuses: {error.message}",
                    hint="on Temporal Cloud, add the search attributes with tcld or its UI",
                ) from error

    print_checks(asyncio.run(run()), json)


def print_checks(checks: list[Check], json: bool) -> None:
    """One line for each check, and what to do about one that failed. Exits with 1 when one did."""
    if json:
        print_json(checks)
    else:
        for check in checks:
            mark = "[green]ok  [/]" if check.ok else "[bold red]FAIL[/]"
            out.print(f"{mark} {check.name:<18} {escape(check.found)}", soft_wrap=True, highlight=False)
            if check.remedy and not check.ok:
                out.print(f"     {'':<18} [bold]{escape(check.remedy)}[/]", soft_wrap=True, highlight=False)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
