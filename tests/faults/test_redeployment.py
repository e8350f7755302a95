"""A worker that is replaced while letters are under way and people are asking: every history goes on to replay.

Whoever asks while no worker is there is answered by the next one, and before the workflow task that is due. The SDK
then delivers what happened meanwhile with the time of the task before (docs/decisions/0008-time-of-a-task.md).
"""

import asyncio
import functools
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory

from activities.dates import Dates
from activities.record import CaseFiles
from forthwith import visibility
from forthwith.request.vocabulary import Status
from tests.story.harness import (
    Demand,
    Office,
    Stage,
    letter,
    open_stage,
    places,
    replayed,
)
from workflows.jurisdiction_request import JurisdictionRequest

pytestmark = pytest.mark.fault

REQUESTS = 8
ANSWERED_WITHIN = timedelta(seconds=2)
"""How long the mail server takes to answer: the worker is told to stop meanwhile, and waits for it."""


@pytest.mark.fault(56)
@pytest.mark.parametrize("question", ["status", "metadata"])
async def test_a_query_that_waits_for_the_next_worker_leaves_every_history_replayable(
    tmp_path: Path, question: str
) -> None:
    async with (
        open_stage(tmp_path / "stage") as stage,
        Office(stage, f"asked-{question}", tmp_path / "office") as office,
    ):
        stage.mailbox.faults.delay = ANSWERED_WITHIN
        starting = [asyncio.create_task(office.demand(to)) for to in places()[:REQUESTS]]
        async with asyncio.timeout(20):
            while len(stage.mailbox.messages()) < REQUESTS:  # noqa: ASYNC110 - a folder is looked at
                await asyncio.sleep(0.02)
        stopping = asyncio.create_task(office.stop_worker())
        await asyncio.sleep(0.05)
        asked = [asyncio.create_task(ask(stage, demand, question)) for demand in office.demands]
        await stopping
        stage.mailbox.faults.delay = timedelta()
        await asyncio.sleep(1.5)  # past the sticky queue of the worker that is gone
        await office.start_worker()
        assert all(await asyncio.gather(*asked))
        early = 0
        for demand in await asyncio.gather(*starting):
            await demand.expect_status(Status.AWAITING_RESPONSE)
            demand.expect(letter("demand"))
            await demand.advance(days=20)
            demand.expect_any()
            early += waits_for_tasks(await replayed(demand.handle))
        assert early, "no query came before its task; this proves nothing"
        await office.restart_worker()
        assert [demand.id for demand in office.demands if not await is_replayed_as_filed(demand)] == []


@pytest.mark.fault(51)
async def test_queries_that_come_with_slow_activities_leave_a_record_that_replays_as_it_was_filed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CaseFiles, "open_case", slowly(CaseFiles.open_case))
    monkeypatch.setattr(Dates, "compute_dates", slowly(Dates.compute_dates))
    async with (
        open_stage(tmp_path / "stage") as stage,
        Office(stage, "asked-at-first", tmp_path / "office") as office,
    ):
        await office.stop_worker()
        demands = [await office.demand(to) for to in places()[:REQUESTS]]
        asked = [asyncio.create_task(ask(stage, demand, "status")) for demand in demands]
        await asyncio.sleep(0.5)
        await office.start_worker()
        for _ in range(15):
            asked += [asyncio.create_task(ask(stage, demand, "metadata")) for demand in demands]
            await asyncio.sleep(0.1)
        assert all(await asyncio.gather(*asked))
        for demand in demands:
            await demand.settle()
            demand.expect(letter("demand"))
            await replayed(demand.handle)
        await office.restart_worker()
        assert [demand.id for demand in demands if not await is_replayed_as_filed(demand)] == []


def slowly(really: Any) -> Any:
    """The same activity on a disk that is busy."""

    @functools.wraps(really)
    async def slow(self: Any, question: Any) -> Any:
        await asyncio.sleep(0.3)
        return await really(self, question)

    return slow


async def ask(stage: Stage, demand: Demand, question: str) -> bool:
    """Once, as `forthwith status` does, or as the Web UI does for the page of a request."""
    if question == "status":
        return bool(await visibility.handle_of(stage.client, demand.id).query(JurisdictionRequest.status))
    return bool(await demand.handle.query("__temporal_workflow_metadata"))


async def is_replayed_as_filed(demand: Demand) -> bool:
    return await demand.timeline() == demand.office.dossier.timeline(demand.id)


def waits_for_tasks(history: WorkflowHistory) -> int:
    """How often something was delivered before its workflow task, and waited for it."""
    return sum("before-its-task" in str(event.marker_recorded_event_attributes) for event in history.events)
