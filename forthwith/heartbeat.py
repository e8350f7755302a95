"""Tells the server that a long activity still has a living process behind it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import activity

BEAT = timedelta(seconds=1)


@asynccontextmanager
async def heartbeating() -> AsyncGenerator[None]:
    """Heartbeats every second while the body runs."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(BEAT.total_seconds())

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
