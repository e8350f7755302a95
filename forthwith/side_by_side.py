"""The same for many requests, some at once, with a bar on a terminal that shows how far it is."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

MAX_AT_ONCE = 32
"""Requests that are asked at once; more gains nothing against one server."""

One = TypeVar("One")
Result = TypeVar("Result")


async def side_by_side(
    things: Sequence[One], act: Callable[[One], Awaitable[Result]], *, doing: str = ""
) -> list[Result]:
    """Acts on each, some at once; what came of each, in the order given. On a terminal a bar shows what it is
    ``doing``."""
    console = Console(stderr=True)
    places = asyncio.Semaphore(MAX_AT_ONCE)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not doing or not console.is_terminal) as progress:
        bar = progress.add_task(doing, total=len(things))

        async def one(thing: One) -> Result:
            async with places:
                result = await act(thing)
            progress.advance(bar)
            return result

        return list(await asyncio.gather(*map(one, things)))
