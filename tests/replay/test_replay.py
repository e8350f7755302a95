"""Requests that were started under earlier code go on under today's: every recorded life replays."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from forthwith import temporal
from tests.replay.record import HISTORIES, LIVES
from workflows.jurisdiction_request import JurisdictionRequest


@pytest.fixture(params=sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
def recorded(request: pytest.FixtureRequest) -> WorkflowHistory:
    path: Path = request.param
    return WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8"))


async def test_a_recorded_life_replays(recorded: WorkflowHistory) -> None:
    replayer = Replayer(workflows=[JurisdictionRequest], plugins=[temporal.plugin()])
    await replayer.replay_workflow(recorded)


def test_there_is_a_recording_of_every_life() -> None:
    assert {path.stem for path in HISTORIES.glob("*.json")} == set(LIVES)
