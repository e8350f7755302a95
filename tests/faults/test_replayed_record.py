"""The record is the same to every worker: what one recorded, the next one replays, to the last byte.

A task that brings a query is answered before its local activity is done. It ends without a command then, and another
one begins at once; a replay takes both for one, and gives the workflow the time of the second.
"""

import asyncio
import functools
from pathlib import Path
from typing import Any

import pytest

from activities.record import CaseFiles, Recovered
from forthwith.casefile.store import Opening
from tests.story.harness import Demand, Office, letter, open_stage, places

pytestmark = pytest.mark.fault

REQUESTS = 4


@pytest.mark.xfail(reason="workflow.now() of the first task is another one in a replay")
async def test_a_query_that_waits_for_the_first_task_leaves_a_record_that_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CaseFiles, "open_case", slowly(CaseFiles.open_case))
    async with (
        open_stage(tmp_path / "stage") as stage,
        Office(stage, "asked-at-first", tmp_path / "office") as office,
    ):
        office.expect_log("BeforeItsTask|workflow task that brings them")
        await office.stop_worker()
        demands = [await office.demand(to) for to in places()[:REQUESTS]]
        asked = [asyncio.create_task(demand.view()) for demand in demands for _ in range(3)]
        await asyncio.sleep(0.5)
        await office.start_worker()
        await asyncio.gather(*asked, return_exceptions=True)  # answered or not: they came with the first task
        for demand in demands:
            await demand.settle()
            demand.expect(letter("demand"))
        await office.restart_worker()
        assert [demand.id for demand in demands if not await replays_as_filed(demand)] == []


def slowly(really: Any) -> Any:
    """The same activity on a disk that is busy."""

    @functools.wraps(really)
    async def slow(self: CaseFiles, opening: Opening) -> Recovered | None:
        await asyncio.sleep(0.3)
        return await really(self, opening)

    return slow


async def replays_as_filed(demand: Demand) -> bool:
    return await demand.timeline() == demand.office.dossier.timeline(demand.id)
