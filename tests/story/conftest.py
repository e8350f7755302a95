"""One stage for each test process, one office for each story."""

import hashlib
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.story.harness import Office, Stage, open_stage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.story)


@pytest.fixture(scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture
async def office(stage: Stage, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncGenerator[Office]:
    told = request.node.name.removeprefix("test_")
    slug = re.sub(r"[^a-z0-9]+", "-", told.lower())[:40].strip("-")
    name = f"{slug}-{hashlib.sha256(told.encode()).hexdigest()[:6]}"  # a name that is cut off may not be the only one
    async with Office(stage, name, tmp_path) as office:
        yield office
