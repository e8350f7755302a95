"""Worker processes that die: told to stop in the middle of a letter, killed after its content, killed at random."""

import asyncio
import csv
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from forthwith.domain.messages import Status
from forthwith.stage.process import stopped_at_the_end
from tests.story.stage import EXAMPLE, Demand, Office, Stage, letter, open_stage
from workflows.jurisdiction_request import HEARTBEAT

Result = TypeVar("Result")

pytestmark = pytest.mark.fault

RECOVERS_WITHIN = HEARTBEAT + timedelta(seconds=12)
CALLED_BACK_WITHIN = timedelta(seconds=8)
"""Well under the thirty seconds that a mail server has to greet, and under the workers' time to drain."""
ROUND_AT_MOST = timedelta(minutes=5)


@dataclass
class Workers:
    """The worker process of one office: started, killed and started again."""

    office: Office
    log: Path
    process: asyncio.subprocess.Process | None = None
    kills: int = 0
    killed_at: float = 0
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> asyncio.subprocess.Process:
        settings, stage = self.office.settings, self.office.stage
        environment = os.environ | {
            "TEMPORAL_ADDRESS": stage.server.address,
            "FORTHWITH_SMTP_HOST": settings.smtp_host,
            "FORTHWITH_SMTP_PORT": str(settings.smtp_port),
            "FORTHWITH_SMTP_TLS": settings.smtp_tls,
            "FORTHWITH_DOSSIER": str(settings.dossier),
            "FORTHWITH_DRAIN": "PT10S",
        }
        started = stopped_at_the_end(Path(sys.executable), "worker.py", log=self.log, environment=environment)
        self.process = await self._stack.enter_async_context(started)
        return self.process

    async def kill(self) -> None:
        """As a power cut does."""
        assert self.process
        self.process.kill()
        await self.process.wait()
        self.kills, self.killed_at = self.kills + 1, time.monotonic()

    async def stop(self) -> None:
        await self._stack.aclose()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path) as stage:
        yield stage


@asynccontextmanager
async def office_with_processes(
    stage: Stage, name: str, folder: Path, *, smtp_port: int | None = None
) -> AsyncGenerator[tuple[Office, Workers]]:
    office = Office(stage, name, folder)
    if smtp_port:
        office.settings = office.settings.model_copy(update={"smtp_port": smtp_port})
    workers = Workers(office, folder / "worker.log")
    await workers.start()
    try:
        yield office, workers
    finally:
        for demand in office.demands:
            await demand.end()
        await workers.stop()


async def test_a_worker_told_to_stop_in_the_middle_of_a_letter_finishes_it(stage: Stage, tmp_path: Path) -> None:
    stage.mailbox.faults.delay = timedelta(seconds=2)
    async with office_with_processes(stage, "sigterm", tmp_path) as (office, workers):
        demand = await office.demand()
        await until(lambda: bool(stage.mailbox.messages()), "the content is at the mail server")
        assert workers.process
        workers.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(workers.process.wait(), 15) == 0
        assert list(demand.folder.glob("letters/demand/*.receipt.json")), "the acceptance was waited for"
        stage.mailbox.faults.delay = timedelta()
        await workers.start()
        await demand.wait_for(Status.AWAITING_RESPONSE)
        demand.expect(letter("demand"))


async def test_a_worker_told_to_stop_before_the_content_sends_nothing_and_the_next_one_does(
    stage: Stage, tmp_path: Path
) -> None:
    async with (
        mail_server_that_never_says_a_word() as port,
        office_with_processes(stage, "called-back", tmp_path, smtp_port=port) as (office, workers),
    ):
        demand = await office.demand()
        await until(lambda: bool(list(demand.folder.glob("letters/demand/*.eml"))), "the letter is about to go out")
        assert workers.process
        workers.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(workers.process.wait(), CALLED_BACK_WITHIN.total_seconds()) == 0
        assert not list(demand.folder.glob("letters/demand/*.claim.json")), "nothing was handed over"
        office.settings = office.settings.model_copy(update={"smtp_port": stage.mailbox.port})
        await workers.start()
        async with asyncio.timeout(20):
            while "letter_deferred" not in await insist(demand.said):  # noqa: ASYNC110 - the server is asked
                await asyncio.sleep(0.1)
        await demand.advance(minutes=1)
        await demand.expect_status(Status.AWAITING_RESPONSE)
        demand.expect(letter("demand"))


async def test_a_worker_killed_after_the_content_sends_once_more_and_says_so(stage: Stage, tmp_path: Path) -> None:
    stage.mailbox.faults.delay = timedelta(seconds=5)
    async with office_with_processes(stage, "sigkill", tmp_path) as (office, workers):
        demand = await office.demand()
        await until(lambda: bool(stage.mailbox.messages()), "the content is at the mail server")
        await workers.kill()
        stage.mailbox.faults.delay = timedelta()
        await workers.start()
        async with asyncio.timeout(40):
            while "letter_in_doubt" not in await insist(demand.said):  # noqa: ASYNC110 - the server is asked
                await asyncio.sleep(0.1)
        recovered = time.monotonic() - workers.killed_at
        await demand.advance(minutes=1)
        await demand.expect_status(Status.AWAITING_RESPONSE)
        first, second = demand.expect(letter("demand"), letter("demand").marked)
        assert first.message_id == second.message_id
        assert "sender_lost" in await demand.said()
        report(f"recovered {recovered:.1f} s after the kill (at most {RECOVERS_WITHIN.total_seconds():g} s)")
        assert recovered < RECOVERS_WITHIN.total_seconds()


@pytest.mark.timeout(300)
async def test_a_campaign_survives_three_kills(stage: Stage, tmp_path: Path) -> None:
    await survive(stage, tmp_path, kills=3, seed=2018)


@pytest.mark.prove
async def test_a_campaign_survives_fifty_kills(stage: Stage, tmp_path: Path) -> None:
    await survive(stage, tmp_path, kills=50, seed=1373)


async def survive(stage: Stage, folder: Path, *, kills: int, seed: int) -> None:
    """Plays the campaign of 23 without a kill, then with kills at random moments, again until there were enough."""
    chance = random.Random(seed)  # noqa: S311 - a seed makes a failure repeatable
    async with office_with_processes(stage, "undisturbed", folder / "undisturbed") as (office, _):
        began = time.monotonic()
        expected = await played(office)
        length = time.monotonic() - began
    stage.mailbox.faults.delay = timedelta(milliseconds=40)  # so that a kill often meets a letter that is under way
    killed, recoveries, copies, letters, rounds = 0, list[float](), 0, 0, 0
    while killed < kills:
        rounds += 1
        async with office_with_processes(stage, f"round-{rounds}", folder / f"round-{rounds}") as (office, workers):
            playing = asyncio.create_task(played(office))
            watching = asyncio.create_task(watch(office, workers, recoveries))
            while killed < kills and not playing.done():
                await asyncio.wait({playing}, timeout=chance.uniform(0.2, length / 2))
                if playing.done():
                    break
                await workers.kill()
                killed += 1
                await workers.start()
            outcome = await playing
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            assert outcome == expected, f"round {rounds} of seed {seed}"
            count = Counter((mail.message_id, mail.possible_copy) for d in office.demands for mail in d.mail())
            unmarked_twice = [mail for (mail, copy), n in count.items() if not copy and n > 1]
            assert not unmarked_twice, f"sent twice unmarked in round {rounds} of seed {seed}: {unmarked_twice}"
            copies += sum(n for (_, copy), n in count.items() if copy)
            letters += len({mail for mail, _ in count})
    report(
        f"{killed} kills in {rounds} rounds of 23 requests (seed {seed}): {letters} letters, none lost, {copies} sent a"
        f" second time and marked, 0 unmarked; {len(recoveries)} activities were under way when the worker died, the"
        f" slowest came back after {max(recoveries, default=0):.1f} s"
        f" (at most {RECOVERS_WITHIN.total_seconds():g} s)"
    )
    assert max(recoveries, default=0) < RECOVERS_WITHIN.total_seconds()


async def played(office: Office) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The campaign of 23 to its end: by recipient, where the request stands and which letters it got."""
    with (EXAMPLE / "jurisdictions.csv").open(encoding="utf-8") as file:
        recipients = [row["id"] for row in csv.DictReader(file)]

    async def live(number: int, recipient: str) -> tuple[str, tuple[str, ...]]:
        demand = await office.demand(recipient)
        match number % 4:
            case 0:
                await move(demand, days=10)
                await insist(lambda: demand.respond("all"))
            case 1:
                await move(demand, days=18)
                await insist(lambda: demand.respond({"A-1": "produced"}))
                await move(demand, days=19)
            case 2:
                await move(demand, days=32)
                await insist(lambda: demand.withdraw())
            case _:
                await move(demand, days=37)
        await insist(demand.settle)
        view = await insist(demand.view)
        steps = sorted({expected.step for expected in map(demand.named, demand.mail())})
        return view.status, tuple(steps)

    async with asyncio.timeout(ROUND_AT_MOST.total_seconds()):
        lives = await asyncio.gather(*(live(number, recipient) for number, recipient in enumerate(recipients)))
    return dict(zip(recipients, lives, strict=True))


async def move(demand: Demand, *, days: int) -> None:
    clock = demand.office.stage.clock
    await clock.move(demand.handle, timedelta(days=days, minutes=5), within=ROUND_AT_MOST)


async def insist(ask: Callable[[], Awaitable[Result]]) -> Result:
    """What an operator does whose command found no worker: the same again."""
    while True:
        try:
            return await ask()
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError):
            await asyncio.sleep(0.2)


async def watch(office: Office, workers: Workers, recoveries: list[float]) -> None:
    """Measures how long it takes until what was under way at a kill is settled and its request was told of it."""
    stuck: dict[tuple[str, str], float] = {}
    kills = 0
    while True:
        under_way, busy = set[tuple[str, str]](), set[str]()
        for demand in office.demands:
            raw = (await demand.handle.describe()).raw_description
            started = (one for one in raw.pending_activities if one.HasField("last_started_time"))
            under_way |= {(demand.id, one.activity_id) for one in started}
            busy |= {demand.id} if raw.HasField("pending_workflow_task") else set()
        for request, activity in stuck.keys() - under_way:
            if request not in busy:
                recoveries.append(time.monotonic() - stuck.pop((request, activity)))
        if workers.kills > kills:  # what is still under way now was under way when the worker died
            kills = workers.kills
            stuck = dict.fromkeys(stuck.keys() | under_way, workers.killed_at)  # a kill amid recovery begins it anew
        await asyncio.sleep(0.05)


@asynccontextmanager
async def mail_server_that_never_says_a_word() -> AsyncGenerator[int]:
    """Takes connections at the port it gives, and no more."""
    open_ones: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: open_ones.append(writer), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in open_ones:
            writer.close()


async def until(condition: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"never: {what}")


def report(line: str) -> None:
    print(f"\n{line}", file=sys.__stdout__, flush=True)
