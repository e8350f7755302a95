"""A worker that stood still does not send what others decided meanwhile: a letter goes out once, or not at all."""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from forthwith.request.vocabulary import Status
from tests.faults.processes import Workers, insist, office_with_processes, on_record, until
from tests.story.harness import Demand, Stage, letter
from workflows.jurisdiction_request import HEARTBEAT

pytestmark = pytest.mark.fault

AT_THE_RECIPIENT = timedelta(seconds=2)
"""How long the mail server thinks about a recipient: the worker is frozen meanwhile."""
PATIENCE = timedelta(seconds=100)
"""The polls of a frozen worker are still open: it is given tasks that nobody else sees until they time out."""


@pytest.mark.fault(32, 50, 58)
@pytest.mark.prove
async def test_a_frozen_worker_wakes_after_the_letter_went_out_with_the_next_attempt(
    stage: Stage, tmp_path: Path
) -> None:
    stage.mailbox.faults.recipient_delay = AT_THE_RECIPIENT
    async with office_with_processes(stage, "frozen", tmp_path) as (office, workers):
        demand = await office.demand()
        frozen = await frozen_at_the_recipient(demand, workers)
        try:
            stopped = await workers.start()
            async with asyncio.timeout(PATIENCE.total_seconds()):
                while stage.mailbox.connections < 2:  # noqa: ASYNC110 - the second is that of the next worker
                    await asyncio.sleep(0.1)
            stopped.send_signal(signal.SIGTERM)  # before the content: nothing was sent by the first attempt
            assert await stopped.wait() == 0
            stage.mailbox.faults.recipient_delay = timedelta()
            await workers.start()
            await on_record(demand, "letter_deferred", within=PATIENCE)
            await demand.advance(minutes=1)
            await demand.expect_status(Status.AWAITING_RESPONSE)
        finally:
            frozen.send_signal(signal.SIGCONT)
        await asyncio.sleep(AT_THE_RECIPIENT.total_seconds())
        demand.expect(letter("demand"))


@pytest.mark.fault(32, 58)
async def test_a_frozen_worker_wakes_after_the_demand_was_withdrawn(stage: Stage, tmp_path: Path) -> None:
    stage.mailbox.faults.recipient_delay = AT_THE_RECIPIENT
    async with office_with_processes(stage, "frozen-withdrawn", tmp_path) as (office, workers):
        demand = await office.demand()
        frozen = await frozen_at_the_recipient(demand, workers)
        try:
            await workers.start()
            await insist(lambda: demand.withdraw("frozen in the middle"))
            await asyncio.sleep(HEARTBEAT.total_seconds())
            await demand.expect_end(Status.WITHDRAWN)
        finally:
            frozen.send_signal(signal.SIGCONT)
        await asyncio.sleep(AT_THE_RECIPIENT.total_seconds())
        demand.expect_nothing()


@pytest.mark.fault(22, 59)
async def test_a_letter_that_is_at_the_mail_server_when_its_demand_is_withdrawn_is_not_claimed(
    stage: Stage, tmp_path: Path
) -> None:
    stage.mailbox.faults.recipient_delay = AT_THE_RECIPIENT
    async with office_with_processes(stage, "withdrawn-at-rcpt", tmp_path) as (office, _):
        demands = [await office.demand(to) for to in ("chicago-il", "denver-co", "cook-county-il")]
        await until(lambda: stage.mailbox.connections == len(demands), "the letters are at the mail server")
        await asyncio.gather(*(demand.withdraw("at once") for demand in demands))
        for demand in demands:
            await demand.expect_end(Status.WITHDRAWN)
            assert not list(demand.folder.glob("letters/demand/*.claim.json"))
        await asyncio.sleep(AT_THE_RECIPIENT.total_seconds())
        for demand in demands:
            demand.expect_nothing()


async def frozen_at_the_recipient(demand: Demand, workers: Workers) -> asyncio.subprocess.Process:
    """The worker, stopped while the mail server thinks about the recipient, whose consent it has when it wakes."""
    mailbox = demand.office.stage.mailbox
    await until(lambda: mailbox.connections == 1, "the letter is at the mail server")
    await asyncio.sleep(AT_THE_RECIPIENT.total_seconds() / 4)
    frozen = workers.process
    assert frozen
    frozen.send_signal(signal.SIGSTOP)
    await asyncio.sleep(AT_THE_RECIPIENT.total_seconds())
    return frozen
