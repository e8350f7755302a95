"""A clock for each workflow that runs ahead of the real one: months of a request in seconds, on the real server.

Workflows started through `VirtualClock.client` stand still in time, except for what really passes, until they are
moved. Moving one fires its timers and activities on the way and touches no other.
"""

from datetime import datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

Handle = WorkflowHandle[Any, Any]


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

    async def move(self, handle: Handle, by: timedelta) -> bool:
        """Moves one workflow ahead. False when it ended on the way. Needs a worker that is running."""
        return await self._skipper.fast_forward(handle, by) if by > timedelta() else True

    async def move_to(self, handle: Handle, instant: datetime) -> bool:
        """Moves one workflow to an instant, or nowhere when that is past. False when it ended on the way."""
        return await self.move(handle, instant - await self.now(handle))
