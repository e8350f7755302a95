"""Programs of the local stage, each in a session of its own: Ctrl-C in the terminal reaches only who started them,
who then stops them in the right order."""

import asyncio
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

    What it says on stdout and stderr is appended to ``log``, or dropped. ``environment`` replaces the inherited one.
    """
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
    with (log or Path("/dev/null")).open("ab") as said:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=said,
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
