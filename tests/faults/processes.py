"""An office whose worker is a process of its own, to be stopped, killed and frozen."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from temporalio.client import WorkflowQueryFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from forthwith.devstack.process import stopped_at_the_end
from tests.story.harness import Demand, Office, Stage

Result = TypeVar("Result")


@dataclass
class Workers:
    """The worker process of one office: started, killed and started again."""

    office: Office
    log: Path
    process: asyncio.subprocess.Process | None = None
    kills: int = 0
    killed_at: float = 0
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> asyncio.subprocess.Process:
        settings, stage = self.office.settings, self.office.stage
        environment = os.environ | {
            "TEMPORAL_ADDRESS": stage.server.address,
            "FORTHWITH_SMTP_HOST": settings.smtp_host,
            "FORTHWITH_SMTP_PORT": str(settings.smtp_port),
            "FORTHWITH_SMTP_TLS": settings.smtp_tls,
            "FORTHWITH_DOSSIER": str(settings.dossier),
            "FORTHWITH_DRAIN": "PT10S",
            "FORTHWITH_RENDER_SECONDS": str(settings.render_seconds),
            "FORTHWITH_RENDER_MEGABYTES": str(settings.render_megabytes),
        }
        started = stopped_at_the_end(Path(sys.executable), "worker.py", log=self.log, environment=environment)
        self.process = await self._stack.enter_async_context(started)
        return self.process

    async def kill(self) -> None:
        """As a power cut does."""
        assert self.process
        self.process.kill()
        await self.process.wait()
        self.kills, self.killed_at = self.kills + 1, time.monotonic()

    async def stop(self) -> None:
        await self._stack.aclose()


@asynccontextmanager
async def office_with_processes(
    stage: Stage, name: str, folder: Path, **settings: Any
) -> AsyncGenerator[tuple[Office, Workers]]:
    office = Office(stage, name, folder)
    office.settings = office.settings.model_copy(update=settings)
    workers = Workers(office, folder / "worker.log")
    await workers.start()
    try:
        yield office, workers
    finally:
        async for request in stage.client.list_workflows("ExecutionStatus = 'Running'"):
            with suppress(RPCError):  # it has ended since, and the list follows a little later
                await stage.client.get_workflow_handle(request.id).terminate("the test is over")
        await workers.stop()


async def insist(ask: Callable[[], Awaitable[Result]]) -> Result:
    """The answer, as soon as there is a worker to give it."""
    while True:
        try:
            return await ask()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise
            await asyncio.sleep(0.2)
        except (WorkflowQueryFailedError, WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError):
            await asyncio.sleep(0.2)


async def on_record(demand: Demand, kind: str, *, within: timedelta) -> None:
    """Waits until the record of a request has an event of this kind. Raises ``TimeoutError``."""
    async with asyncio.timeout(within.total_seconds()):
        while kind not in await insist(demand.kinds):  # noqa: ASYNC110 - the server is asked
            await asyncio.sleep(0.1)


async def until(condition: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"never: {what}")


def report(line: str) -> None:
    print(f"\n{line}", file=sys.__stdout__, flush=True)
