"""A running local stack, and the commands as real processes against it."""

import asyncio
import csv
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from temporalio.service import RPCError, RPCStatusCode

from forthwith.devstack.server import temporal_binary
from forthwith.devstack.stack import LocalStack, local_stack
from forthwith.request.vocabulary import Status
from forthwith.settings import Settings
from forthwith.views.status import RequestStatus
from tests.console import forked
from workflows.jurisdiction_request import JurisdictionRequest

EXAMPLE = Path("examples/1373-2018")


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one JSON document; fails when there is anything else on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Terminal:
    """Runs commands as an operator does."""

    stack: LocalStack

    def environment(self, **changes: str) -> dict[str, str]:
        return Settings.environment(
            **{
                "TEMPORAL_ADDRESS": self.stack.server.address,
                "FORTHWITH_DOSSIER": str(self.stack.dossier),
                "FORTHWITH_SMTP_HOST": "127.0.0.1",
                "FORTHWITH_SMTP_PORT": str(self.stack.mailbox.port),
                "FORTHWITH_SMTP_TLS": "none",
                "FORTHWITH_OPERATOR": "Olivia Operator",
                "COLUMNS": "100",
                **changes,
            }
        )

    async def __call__(self, *words: str, environment: Mapping[str, str] | None = None) -> Said:
        """`forthwith WORDS`, to its end."""
        return Said(*await forked.run(words, {**self.environment(), **(environment or {})}))

    async def standing(self, request: str) -> RequestStatus:
        """What `status` would say, without the cost of a process."""
        client = self.stack.server.client
        return await client.get_workflow_handle_for(JurisdictionRequest.run, request).query(JurisdictionRequest.status)

    async def becomes(self, request: str, status: Status) -> None:
        """Waits until a request stands there."""

        async def has_become() -> bool:
            return (await self.standing(request)).status is status

        await until(has_become)

    async def forgets(self, request: str) -> None:
        """Waits until Temporal no longer knows a request, which it deletes in its own time."""

        async def is_forgotten() -> bool:
            try:
                await self.stack.server.client.get_workflow_handle(request).describe()
            except RPCError as error:
                return error.status is RPCStatusCode.NOT_FOUND
            return False

        await until(is_forgotten)

    async def temporal(self, *words: str) -> Said:
        """The plain Temporal CLI."""
        return await self.run(str(temporal_binary()), *words, "--address", self.stack.server.address)

    async def run(self, *words: str, environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Said:
        process = await asyncio.create_subprocess_exec(
            *words,
            cwd=folder,
            env={**self.environment(), **(environment or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Said(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture(scope="session")
async def terminal(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Terminal]:
    async with local_stack(tmp_path_factory.mktemp("office")) as stack:
        yield Terminal(stack)


CampaignWriter = Callable[..., Path]


@pytest.fixture
def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> CampaignWriter:
    """Writes a campaign of its own for each test: the example with some rows, changed by a function."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:50].strip("-")
    return partial(write_campaign, tmp_path, name)


def write_campaign(
    folder: Path,
    name: str,
    *only: str,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
    rows: list[dict[str, str]] | None = None,
) -> Path:
    """The example under another name, with ``only`` these rows or with ``rows`` of its own."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(EXAMPLE / "campaign.yaml")
    content["campaign"] = name
    change(content)
    yaml.dump(content, folder / "campaign.yaml")
    with (EXAMPLE / "jurisdictions.csv").open(newline="") as file:
        all_rows = list(csv.DictReader(file))
    chosen = rows if rows is not None else [row for row in all_rows if not only or row["id"] in only]
    with (folder / "jurisdictions.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, all_rows[0].keys())
        table.writeheader()
        table.writerows(chosen)
    return folder / "campaign.yaml"


async def until(condition: Callable[[], Any], *, within: float = 60, every: float = 0.1) -> None:
    """Waits until something holds. Fails when it does not within that many seconds."""
    async with asyncio.timeout(within):
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(every)
