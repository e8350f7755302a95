"""Worker processes that die: told to stop in the middle of a letter, killed after its content, killed at random."""

import asyncio
import json
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    QueryWorkflowInput,
    StartWorkflowUpdateInput,
    WorkflowUpdateHandle,
)

from forthwith import temporal
from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.models import RequestPlan
from forthwith.campaign.planning import plan_requests
from forthwith.campaign.starting import Starter
from forthwith.devstack.rehearsal import Rehearsal, Scenario, read_scenario
from forthwith.devstack.virtual_clock import Handle, VirtualClock
from forthwith.request.entries import Entry
from forthwith.request.vocabulary import Status
from tests.faults.processes import Workers, insist, office_with_processes, on_record, report, until
from tests.story.harness import EXAMPLE, Office, Stage, letter, replayed
from workflows.jurisdiction_request import HEARTBEAT, JurisdictionRequest

Result = TypeVar("Result")

pytestmark = pytest.mark.fault

RECOVERS_WITHIN = HEARTBEAT + timedelta(seconds=12)
CALLED_BACK_WITHIN = timedelta(seconds=8)
"""Well under the thirty seconds that a mail server has to greet, and under the workers' time to drain."""
ROUND_AT_MOST = timedelta(minutes=5)


@pytest.mark.fault(1)
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


@pytest.mark.fault(1)
async def test_a_worker_told_to_stop_before_the_content_sends_nothing_and_the_next_one_does(
    stage: Stage, tmp_path: Path
) -> None:
    async with (
        mail_server_that_never_says_a_word() as (port, connections),
        office_with_processes(stage, "called-back", tmp_path, smtp_port=port) as (office, workers),
    ):
        demand = await office.demand()
        await until(lambda: bool(connections), "the letter is about to go out")
        assert workers.process
        workers.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(workers.process.wait(), CALLED_BACK_WITHIN.total_seconds()) == 0
        assert not list(demand.folder.glob("letters/demand/*.claim.json")), "nothing was handed over"
        office.settings = office.settings.model_copy(update={"smtp_port": stage.mailbox.port})
        await workers.start()
        await on_record(demand, "letter_deferred", within=timedelta(seconds=20))
        await demand.advance(minutes=1)
        await demand.expect_status(Status.AWAITING_RESPONSE)
        demand.expect(letter("demand"))


@pytest.mark.fault(16)
async def test_a_worker_killed_after_the_content_sends_once_more_and_says_so(stage: Stage, tmp_path: Path) -> None:
    stage.mailbox.faults.delay = timedelta(seconds=5)
    async with office_with_processes(stage, "sigkill", tmp_path) as (office, workers):
        demand = await office.demand()
        await until(lambda: bool(stage.mailbox.messages()), "the content is at the mail server")
        await workers.kill()
        stage.mailbox.faults.delay = timedelta()
        await workers.start()
        await on_record(demand, "letter_unconfirmed", within=timedelta(seconds=40))
        recovered = time.monotonic() - workers.killed_at
        await demand.advance(minutes=1)
        await demand.expect_status(Status.AWAITING_RESPONSE)
        first, second = demand.expect(letter("demand"), letter("demand").marked)
        assert first.message_id == second.message_id
        assert "sender_lost" in await demand.kinds()
        report(f"recovered {recovered:.1f} s after the kill (at most {RECOVERS_WITHIN.total_seconds():g} s)")
        assert recovered < RECOVERS_WITHIN.total_seconds()


@pytest.mark.fault(16)
@pytest.mark.timeout(300)
async def test_a_campaign_survives_two_kills(stage: Stage, tmp_path: Path) -> None:
    await survive(stage, tmp_path, kills=2, seed=2018, every=3)


@pytest.mark.fault(16)
@pytest.mark.prove
async def test_a_campaign_survives_fifty_kills(stage: Stage, tmp_path: Path) -> None:
    await survive(
        stage,
        tmp_path,
        kills=int(__import__("os").environ.get("KILLS", "50")),
        seed=int(__import__("os").environ.get("SEED", "1373")),
    )


async def survive(stage: Stage, folder: Path, *, kills: int, seed: int, every: int = 1) -> None:
    """Plays the demo's campaign without a kill, then with kills at random moments, again until there were enough.

    Of its requests the first and ``every`` so many after it.
    """
    chance = random.Random(seed)  # noqa: S311 - a seed makes a failure repeatable
    async with office_with_processes(stage, "undisturbed", folder / "undisturbed") as (office, _):
        began = time.monotonic()
        expected = await played(office, await started(office, every))
        length = time.monotonic() - began
    stage.mailbox.faults.delay = timedelta(milliseconds=40)  # so that a kill often meets a letter that is under way
    killed, recoveries, copies, letters, rounds = 0, list[float](), 0, 0, 0
    while killed < kills:
        rounds += 1
        earlier = len(stage.mailbox.messages())
        async with office_with_processes(stage, f"round-{rounds}", folder / f"round-{rounds}") as (office, workers):
            plans = await started(office, every)
            playing = asyncio.create_task(played(office, plans))
            watching = asyncio.create_task(watch(stage, plans, workers, recoveries))
            asking = asyncio.create_task(ask(stage, plans, chance))
            while killed < kills and not playing.done():
                await asyncio.wait({playing}, timeout=chance.uniform(0.2, length / 2))
                if playing.done():
                    break
                await workers.kill()
                killed += 1
                await workers.start()
            ends = await playing
            for bystander in (watching, asking):
                bystander.cancel()
                with suppress(asyncio.CancelledError):
                    await bystander
            assert ends == expected, f"round {rounds} of seed {seed}"
            for plan in plans:
                await everything_is_filed(office, plan.workflow_id)
                await replayed(stage.client.get_workflow_handle(plan.workflow_id))
            arrived = stage.mailbox.messages()[earlier:]
            receipted = {json.loads(path.read_bytes())["message_id"] for path in receipts(office, "*")}
            assert receipted == {mail.message_id for mail in arrived}, f"lost or strange in round {rounds}"
            originals = Counter(mail.message_id for mail in arrived if not mail.possible_copy)
            assert max(originals.values()) == 1, f"sent twice unmarked in round {rounds} of seed {seed}: {originals}"
            copies += len(arrived) - len(originals)
            letters += len(receipted)
    report(
        f"{killed} kills in {rounds} rounds (seed {seed}): {letters} letters, none lost, {copies} marked"
        f" as possible copies, none sent twice unmarked; {len(recoveries)} activities were under way when the worker"
        f" died, the slowest came back after {max(recoveries, default=0):.1f} s"
        f" (at most {RECOVERS_WITHIN.total_seconds():g} s)"
    )
    assert max(recoveries, default=0) < RECOVERS_WITHIN.total_seconds()


async def started(office: Office, every: int = 1) -> tuple[RequestPlan, ...]:
    """The campaign of the demo under the name of this office."""
    now, file = datetime.now(UTC), read_campaign(EXAMPLE / "campaign.yaml")
    file = replace(file, campaign=file.campaign.model_copy(update={"campaign": office.name}))
    planned = plan_requests(file, opened_at=now)[::every]
    Rehearsal(office.stage.clock, office.stage.mailbox, scenario()).before_the_start(one.plan for one in planned)
    starter = Starter(office.stage.clock.client, office.dossier, started_by="test", now=now)
    await starter.start(planned)
    return tuple(request.plan for request in planned)


async def played(office: Office, plans: Sequence[RequestPlan]) -> dict[str, Any]:
    """Where each request stands at the end of the demo's scenario, and which letters of it were accepted."""
    client = await Client.connect(office.stage.server.address, plugins=[temporal.plugin()], interceptors=[AsksAgain()])
    rehearsal = Rehearsal(PatientClock(client), office.stage.mailbox, scenario())
    async with asyncio.timeout(ROUND_AT_MOST.total_seconds()):
        ends = await rehearsal.play(plans, seen=lambda *_: None)
    return {
        end.plan.jurisdiction.id: (
            end.status.status,
            end.status.outstanding,
            sorted({path.parent.name for path in receipts(office, end.plan.jurisdiction.id)}),
        )
        for end in ends
    }


async def everything_is_filed(office: Office, request: str) -> None:
    """The case file comes to hold what the workflow has on record, once what a kill cut off is done over."""
    handle = office.stage.client.get_workflow_handle_for(JurisdictionRequest.run, request)
    kept, filed = list[Entry](), list[Entry]()
    for _ in range(round(RECOVERS_WITHIN.total_seconds() * 10)):
        kept = await insist(lambda: handle.query(JurisdictionRequest.timeline))
        filed = office.dossier.timeline(request)
        if filed == kept:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"{request} rests with {in_short(kept)} on record, and with {in_short(filed)} in its case file")


def in_short(entries: Sequence[Entry]) -> list[str]:
    return [f"{entry.at:%c} {entry.event.kind} {entry.head[:8]}" for entry in entries]


def scenario() -> Scenario:
    return read_scenario(EXAMPLE / "rehearsal.yaml")


def receipts(office: Office, recipient: str) -> list[Path]:
    return list(office.dossier.root.glob(f"{office.name}/{recipient}/letters/*/*.receipt.json"))


class PatientClock(VirtualClock):
    """Gives a move the time that several kills on the way take."""

    async def move_to(self, handle: Handle, instant: datetime, *, within: timedelta = ROUND_AT_MOST) -> bool:
        return await super().move_to(handle, instant, within=max(within, ROUND_AT_MOST))


class AsksAgain(Interceptor):
    """Does what an operator does whose command found no worker: the same again, under the same event id."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _AsksAgain(next)


class _AsksAgain(OutboundInterceptor):
    async def query_workflow(self, input: QueryWorkflowInput) -> Any:
        return await insist(lambda: super(_AsksAgain, self).query_workflow(input))

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        return await insist(lambda: super(_AsksAgain, self).start_workflow_update(input))


async def ask(stage: Stage, plans: Sequence[RequestPlan], chance: random.Random) -> None:
    """Asks one request after another, as `status` does and the Web UI, whether or not a worker is there to answer."""
    asked = dict[str, asyncio.Task[Any]]()
    while True:
        request = chance.choice(plans).workflow_id
        question = chance.choice(("status", "timeline", "__temporal_workflow_metadata"))
        if request not in asked or asked[request].done():
            asked[request] = asyncio.create_task(
                insist(partial(stage.client.get_workflow_handle(request).query, question))
            )
        await asyncio.sleep(chance.uniform(0, 0.2))


async def watch(stage: Stage, plans: Sequence[RequestPlan], workers: Workers, recoveries: list[float]) -> None:
    """Measures how long it takes until what was under way at a kill is settled and its request was told of it."""
    stuck: dict[tuple[str, str], float] = {}
    kills = 0
    while True:
        under_way, busy = set[tuple[str, str]](), set[str]()
        for request in (plan.workflow_id for plan in plans):
            raw = (await stage.client.get_workflow_handle(request).describe()).raw_description
            started = (one for one in raw.pending_activities if one.HasField("last_started_time"))
            under_way |= {(request, one.activity_id) for one in started}
            busy |= {request} if raw.HasField("pending_workflow_task") else set()
        for request, activity in stuck.keys() - under_way:
            if request not in busy:
                recoveries.append(time.monotonic() - stuck.pop((request, activity)))
        if workers.kills > kills:  # what is still under way now was under way when the worker died
            kills = workers.kills
            stuck = dict.fromkeys(stuck.keys() | under_way, workers.killed_at)  # a kill amid recovery begins it anew
        await asyncio.sleep(0.05)


@asynccontextmanager
async def mail_server_that_never_says_a_word() -> AsyncGenerator[tuple[int, Sequence[object]]]:
    """Takes connections at the port it gives, and no more. They are counted."""
    open_ones: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: open_ones.append(writer), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], open_ones
    finally:
        server.close()
        for writer in open_ones:
            writer.close()
