"""Tells the server that a long activity still has a living process behind it, and asks whether it is still wanted."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import activity
from temporalio.client import AsyncActivityCancelledError
from temporalio.service import RPCError, RPCStatusCode

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


class NotWanted(Exception):
    """The server no longer waits for this activity: it was called back, timed out, or its workflow has ended."""


class ServerSilent(Exception):
    """The server could not be asked."""


async def ask_whether_wanted() -> None:
    """Asks the server whether it still waits for this very activity. Raises ``NotWanted`` and ``ServerSilent``.

    A cancel that is requested in the same moment may still be on its way here, and an activity that stood still for
    longer than its heartbeat time-out may have been given to another worker: only the server knows.
    """
    try:
        await activity.client().get_async_activity_handle(task_token=activity.info().task_token).heartbeat()
    except AsyncActivityCancelledError as error:
        raise NotWanted("it was called back") from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotWanted("the server gave it up, and may have given it to another worker") from error
        raise ServerSilent(str(error)) from error
