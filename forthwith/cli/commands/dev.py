"""`dev`: the local stack on the real clock, until Ctrl-C."""

import asyncio
import shlex
import signal
import socket
from pathlib import Path
from typing import Annotated

import typer

from forthwith.cli.commands.rehearse import EXAMPLE
from forthwith.cli.output import out, short_path
from forthwith.devstack.stack import exclusive, local_stack, made_folder, write_environment
from forthwith.failure import Failure

DEV_PORT, DEV_UI_PORT, DEV_SMTP_PORT = 7233, 8233, 1025


def dev(
    folder: Annotated[Path, typer.Option(help="Where everything is kept; the next run continues from it.")] = Path(
        ".forthwith"
    ),
    port: Annotated[int, typer.Option(help="Of the Temporal server.", min=1, max=65535)] = DEV_PORT,
    ui_port: Annotated[int, typer.Option(help="Of the Web UI.", min=1, max=65535)] = DEV_UI_PORT,
    smtp_port: Annotated[int, typer.Option(help="Of the mailbox.", min=1, max=65535)] = DEV_SMTP_PORT,
) -> None:
    """Run the local stack on the real clock: server with Web UI, worker, mailbox. Ctrl-C stops all of it.

    Example: forthwith dev
    """
    kept = made_folder(folder)

    async def run() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        running = local_stack(kept, port=port, ui_port=ui_port, smtp_port=smtp_port, database=True)
        async with running as stack:
            file = write_environment(stack)
            for line in (
                f"Web UI     {stack.server.web_ui}",
                f"Temporal   {stack.server.address}",
                f"Mailbox    127.0.0.1:{stack.mailbox.port}, kept in {stack.mail}",
                f"Dossier    {stack.dossier}",
                "",
                "In another terminal:",
                f"  source {shlex.quote(str(short_path(file)))}",
                f"  forthwith start {EXAMPLE / 'campaign.yaml'}",
                "",
                "[dim]Ctrl-C stops everything; the next `make dev` continues from here.[/]",
            ):
                out.print(line, highlight=False, soft_wrap=True)
            worker = asyncio.ensure_future(stack.worker.wait())
            await asyncio.wait({worker, asyncio.ensure_future(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
            if worker.done():
                raise Failure("the worker stopped by itself", hint=f"{kept / 'worker.log'} shows why")
            out.print("Stopping: letters under way are finished first …")

    with exclusive(kept):
        for option, number in (("--port", port), ("--ui-port", ui_port), ("--smtp-port", smtp_port)):
            _refuse_taken(number, option)
        asyncio.run(run())


def _refuse_taken(port: int, option: str) -> None:
    """Raises ``Failure`` when a port is taken: our worker would join a server that is not ours."""
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # a port that the last run left in TIME_WAIT is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Failure(
                f"port {port} of this machine is not free: {error.strerror}",
                hint=f"stop what listens there, perhaps another `make dev`, or give another port with {option}",
            ) from error
