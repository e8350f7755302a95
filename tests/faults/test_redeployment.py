"""A worker that is replaced while letters are under way and people are asking: every history goes on to replay.

Whoever asks while no worker is there is answered by the next one, and before the workflow task that is due. The SDK
then delivers what happened meanwhile with the time of the task before (docs/decisions/0008-time-of-a-task.md).
"""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import WorkflowQueryFailedError
from temporalio.worker import Replayer

from forthwith import temporal, visibility
from forthwith.request.vocabulary import Status
from tests.story.harness import (
    Demand,
    Office,
    Stage,
    letter,
    open_stage,
    places,
)
from workflows.jurisdiction_request import JurisdictionRequest

pytestmark = pytest.mark.fault

REQUESTS = 8
ANSWERED_WITHIN = timedelta(seconds=2)
"""How long the mail server takes to answer: the worker is told to stop meanwhile, and waits for it."""


@pytest.mark.parametrize("question", ["status", "metadata"])
async def test_a_query_that_waits_for_the_next_worker_leaves_every_history_replayable(
    tmp_path: Path, question: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        open_stage(tmp_path / "stage") as stage,
        Office(stage, f"asked-{question}", tmp_path / "office") as office,
    ):
        office.expect_log("BeforeItsTask|workflow task that brings them")
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
        assert "BeforeItsTask" in caplog.text, "no query came before its task; this proves nothing"
        for demand in await asyncio.gather(*starting):
            await demand.expect_status(Status.AWAITING_RESPONSE)
            demand.expect(letter("demand"))
            await demand.advance(days=20)
            demand.expect_any()
            await replays(demand)


async def ask(stage: Stage, demand: Demand, question: str) -> bool:
    """As `forthwith status` does, or as the Web UI does for the page of a request, which may be loaded again."""
    if question == "status":
        return bool(await visibility.answer(stage.client, demand.id, JurisdictionRequest.status))
    for _ in range(4):
        try:
            return bool(await demand.handle.query("__temporal_workflow_metadata"))
        except WorkflowQueryFailedError:
            await asyncio.sleep(0.2)
    return False


async def replays(demand: Demand) -> None:
    replayer = Replayer(workflows=[JurisdictionRequest], plugins=[temporal.plugin()])
    await replayer.replay_workflow(await demand.handle.fetch_history())
