"""Tells the server that a long activity still has a living process behind it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import activity

BEAT = timedelta(seconds=0.5)
"""Also how soon a long activity learns that it is called back. The worker has to let every beat pass: by default the
SDK sends one only every 0.8 of the heartbeat time-out, and a withdrawal would come to a letter seconds late."""


@asynccontextmanager
async def heartbeating() -> AsyncGenerator[None]:
    """Heartbeats every half second while the body runs."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(BEAT.total_seconds())

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
