"""The time of a workflow, as history fixes it: what was decided on once is decided on in every replay.

`workflow.now()` is the start of the workflow task, but a query may bring events before their task, with the time of the
task before. So the time is read here only, when a task wakes the workflow (docs/decisions/0008-time-of-a-task.md).
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from temporalio import workflow

A_MOMENT = timedelta(milliseconds=1)


class _Task(NamedTuple):
    """The workflow task that is being handled, as the SDK knows it."""

    length: int
    """Of history, up to its start."""
    time: datetime

    @classmethod
    def current(cls) -> "_Task":
        return cls(workflow.info().get_current_history_length(), workflow.now())


class TaskClock:
    """The time that every decision takes. Only for use in a workflow."""

    def __init__(self) -> None:
        self.now = workflow.info().workflow_start_time
        """That of the last task that woke the workflow, or that of a timer which fired a moment early. UTC."""
        self._task = _Task.current()
        self._wakings = 0

    async def woken(self) -> None:
        """To be awaited by the main coroutine, and by no other, whenever something that it waited for has come.

        Where a query brought it before its task, this waits for that task, which brings the time to decide at.
        """
        while self._is_before_its_task():
            await workflow.sleep(A_MOMENT, summary="wait for the workflow task of what was delivered for a query")
        self.advance(workflow.now())

    def update_came(self) -> None:
        """To be called by the handler of an update, which always comes with its task."""
        self.advance(workflow.now())

    def advance(self, instant: datetime) -> None:
        """To ``instant``, unless that has passed."""
        self.now = max(self.now, instant)

    def _is_before_its_task(self) -> bool:
        """Whether history has grown while time has not. A marker in history says so to a replay."""
        self._wakings += 1
        before, self._task = self._task, _Task.current()
        is_replaying = workflow.unsafe.is_replaying()
        is_early = self._task.length != before.length and self._task.time == before.time and not is_replaying
        return (is_early or is_replaying) and workflow.patched(f"before-its-task-{self._wakings}")
