"""A clock for each workflow that runs ahead of the real one: months of a request in seconds, on the real server.

Workflows started through `VirtualClock.client` stand still in time, except for what really passes, until they are
moved. Moving one fires its timers and activities on the way and touches no other.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

Handle = WorkflowHandle[Any, Any]

MOVES_WITHIN = timedelta(seconds=60)
"""Real time that one move may take; a silent history of months takes less than one second."""


class ClockStuck(RuntimeError):
    """A workflow did not come to the instant it was moved to. Says where it stands and what it is doing."""


class VirtualClock:
    """Moves workflows through time, each by itself."""

    def __init__(self, client: Client) -> None:
        self._skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))

    @property
    def client(self) -> Client:
        """Start workflows with this client, so that their clocks can be moved."""
        return self._skipper.client

    async def now(self, handle: Handle) -> datetime:
        """What time it is for one workflow, in UTC."""
        return await self._skipper.get_current_time(handle)

    async def move(self, handle: Handle, by: timedelta, *, within: timedelta = MOVES_WITHIN) -> bool:
        """Moves one workflow ahead. False when it ended on the way. Needs a worker that is running.

        Raises ``ClockStuck`` when it is not there ``within`` that much real time: without a worker, while an activity
        hangs, or when it tries the same thing again and again.
        """
        return await self.move_to(handle, await self.now(handle) + by, within=within)

    async def move_to(self, handle: Handle, instant: datetime, *, within: timedelta = MOVES_WITHIN) -> bool:
        """Moves one workflow to an instant, or nowhere when that is past. False when it ended on the way.

        Raises ``ClockStuck`` as `move` does.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within.total_seconds()):
                # A server gives up on a move when too much happens on the way, and reports it as done.
                while (left := instant - await self.now(handle)) > timedelta():
                    await self._skipper.fast_forward(handle, left)
                    if _has_ended(await handle.describe()):
                        return False
                return True
        now, found = await self.now(handle), await handle.describe()
        if _has_ended(found):
            return False
        doing = [
            f"{pending.activity_type.name} (attempt {pending.attempt}) {pending.last_failure.message}".strip()
            for pending in found.raw_description.pending_activities
        ]
        if found.raw_description.HasField("pending_workflow_task"):
            doing.append(f"a workflow task (attempt {found.raw_description.pending_workflow_task.attempt})")
        raise ClockStuck(
            f"{handle.id} was to move to {instant.astimezone(UTC).isoformat()} and after {within.total_seconds():g} s"
            f" is at {now.isoformat()}, with {found.history_length} events; under way: {', '.join(doing) or 'nothing'}"
        )


def _has_ended(found: WorkflowExecutionDescription) -> bool:
    return found.status is not WorkflowExecutionStatus.RUNNING


def virtual_seconds() -> float:
    """Seconds for the mail client's pauses: within an activity they pass as its workflow's do."""
    now = activity.info().started_time if activity.in_activity() else datetime.now(UTC)
    return now.timestamp()
