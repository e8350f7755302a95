"""How activities wait for what is rendered: not longer than the worker that runs them."""

import asyncio
from concurrent.futures import Future
from datetime import timedelta
from typing import TypeVar

from temporalio import activity
from temporalio.exceptions import ActivityError, ApplicationError

from forthwith.rendering import RenderingStopped

UNPRINTABLE_LETTER, UNPRINTABLE_DRAFT = "LetterUnprintable", "DraftUnprintable"
"""Types of failures: of what a document is made of, it cannot be made."""

FINISHED_FIRST = timedelta(seconds=2)
"""What a worker that stops gives to a document that is being rendered. Nearly all need milliseconds."""

Result = TypeVar("Result")


async def rendered(rendering: "Future[Result]") -> Result:
    """What is being rendered. Raises what it raises, and ``RenderingStopped`` where the worker stops meanwhile."""
    result = asyncio.wrap_future(rendering)
    stopping = asyncio.create_task(activity.wait_for_worker_shutdown())
    try:
        await asyncio.wait((result, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            await asyncio.wait((result,), timeout=FINISHED_FIRST.total_seconds())
        if not result.done():
            raise RenderingStopped("the worker that was rendering it was stopped")
        return await result
    finally:
        stopping.cancel()
        result.cancel()


def fails_alike(error: ActivityError) -> bool:
    """Whether a document cannot be made of what it is made of, so that another try would most likely fail as well."""
    types = (UNPRINTABLE_LETTER, UNPRINTABLE_DRAFT)
    return isinstance(error.cause, ApplicationError) and error.cause.type in types
