"""Requests that were started under earlier code continue under today's: every recorded history replays."""

import base64
import re
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from forthwith import temporal
from tests.replay.record import HISTORIES, RECORDED
from workflows.jurisdiction_request import JurisdictionRequest


@pytest.fixture(params=sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
def recorded(request: pytest.FixtureRequest) -> WorkflowHistory:
    path: Path = request.param
    return WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8"))


@pytest.mark.fault(12)
async def test_a_recorded_history_replays(recorded: WorkflowHistory) -> None:
    replayer = Replayer(workflows=[JurisdictionRequest], plugins=[temporal.plugin()])
    await replayer.replay_workflow(recorded)


def test_there_is_a_history_of_every_recorded_request() -> None:
    assert {path.stem for path in HISTORIES.glob("*.json")} == set(RECORDED)


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
def test_a_recorded_history_names_no_path_and_no_host_of_the_machine_it_was_made_on(path: Path) -> None:
    text = path.read_text("utf-8")
    payloads = "".join(base64.b64decode(data).decode() for data in re.findall(r'"data":"([^"]+)"', text))
    assert not re.findall(r"/(?:tmp|home|root|usr|var|work)/|site-packages|\.py\b", text + payloads)
    hosts = set(re.findall(r"@([\w.-]+)", text + payloads))
    assert all(host.rstrip(".").endswith(".example") for host in hosts), hosts
