"""The record is the same to every worker: what one recorded, the next one replays, to the last byte.

A task that brings a query is answered before its local activity is done. It ends without a command then, and another
one begins at once; a replay takes both for one, and gives the workflow the time of the second. The time at which a
local activity is over is another one in a replay as well, where a task brings a query and the worker was held up.
"""

import asyncio
import functools
import time
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.dates import Dates
from activities.record import CaseFiles
from tests.story.harness import Demand, Office, letter, open_stage, places
from workflows.jurisdiction_request import JurisdictionRequest

pytestmark = pytest.mark.fault

REQUESTS = 4
TAKES, ASKED_FOR = timedelta(seconds=0.3), timedelta(seconds=5)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with open_stage(tmp_path / "stage") as stage, Office(stage, "replayed", tmp_path / "office") as office:
        office.expect_log("BeforeItsTask|workflow task that brings them")
        yield office


@pytest.mark.xfail(reason="workflow.now() of the first task is another one in a replay", strict=False)
async def test_a_query_that_waits_for_the_first_task_leaves_a_record_that_replays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.stop_worker()
    monkeypatch.setattr(CaseFiles, "open_case", slowly(CaseFiles.open_case))
    demands = [await office.demand(to) for to in places()[:REQUESTS]]
    await expect_the_same_record_in_a_replay(office, demands)


@pytest.mark.xfail(reason="workflow.now() after a local activity is another one in a replay", strict=False)
async def test_a_query_that_waits_for_a_task_that_computes_dates_leaves_a_record_that_replays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    demands = [await office.demand(to, clock__starts="delivered") for to in places()[:REQUESTS]]
    await office.stop_worker()
    monkeypatch.setattr(Dates, "compute_dates", slowly(Dates.compute_dates, holding_up_the_worker=True))
    for demand in demands:
        await demand.handle.signal("delivery_failed", await demand.delivery("delivered"))
    await expect_the_same_record_in_a_replay(office, demands)


async def expect_the_same_record_in_a_replay(office: Office, demands: Sequence[Demand]) -> None:
    """Of requests that are asked before a worker takes their next task, as the worker after that one has it."""
    asked = [
        asyncio.create_task(demand.handle.query(JurisdictionRequest.status, rpc_timeout=ASKED_FOR))
        for demand in demands
    ]
    await asyncio.sleep(0.5)
    await office.start_worker()
    await asyncio.gather(*asked, return_exceptions=True)  # answered or not: they came with the task
    for demand in demands:
        await demand.settle()
        demand.expect(letter("demand"))
    await office.restart_worker()
    assert [demand.id for demand in demands if not await replays_as_filed(demand)] == []


def slowly(really: Any, *, holding_up_the_worker: bool = False) -> Any:
    """The same activity on a disk that is busy."""

    @functools.wraps(really)
    async def slow(self: Any, given: Any) -> Any:
        if holding_up_the_worker:
            time.sleep(TAKES.total_seconds())  # noqa: ASYNC251 - as reading a file does
        else:
            await asyncio.sleep(TAKES.total_seconds())
        return await really(self, given)

    return slow


async def replays_as_filed(demand: Demand) -> bool:
    return await demand.timeline() == demand.office.dossier.timeline(demand.id)
