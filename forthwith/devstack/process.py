"""The processes of the local stack, each in a session of its own.

So Ctrl-C in the terminal reaches only the command that started them, which then stops them in the right order.
"""

import asyncio
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

STOPS_WITHIN = timedelta(seconds=15)


@asynccontextmanager
async def stopped_at_the_end(
    program: Path, *arguments: str, log: Path | None = None, environment: Mapping[str, str] | None = None
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Runs a program until the body ends, then asks it to stop (SIGTERM) and, if it does not, kills it.

    Its stdout and stderr are appended to ``log``, or dropped. ``environment`` replaces the inherited one.
    """
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
    with (log or Path("/dev/null")).open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOPS_WITHIN.total_seconds())
        except TimeoutError:
            process.kill()
            await process.wait()


async def interrupted() -> None:
    """Waits for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()
