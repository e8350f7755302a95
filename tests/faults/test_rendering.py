"""Templates that never end, on a worker that has good letters to send as well."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from forthwith.request.events import AttentionRaised
from forthwith.request.vocabulary import Attention, Status
from tests.faults.processes import Workers, insist, office_with_processes, report, until
from tests.story.harness import Demand, Office, Stage, letter, open_stage, places, story_campaign

pytestmark = pytest.mark.fault

TWENTY = 20
BLOCKS = "{{% block opening %}}{}{{% endblock %}}{{% block closing %}}Done.{{% endblock %}}"
POISON: Mapping[str, tuple[str, str]] = {
    "loop": (
        "demand.j2",
        BLOCKS.format("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"),
    ),
    "memory": ("demand.j2", BLOCKS.format("{{ 'x' * 3000000000 }}")),
    "recursion": ("demand.j2", BLOCKS.format("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")),
    "endless": ("letter.typ", "#for a in range(9999) { for b in range(9999) { for c in range(9999) {} } }"),
    "computed-import": ("letter.typ", '#import "@" + "local/x:1.0.0"'),
}
STOPS_WITHIN = timedelta(seconds=8)
"""Under the time to drain that the workers have here, and far under what the documents in the queue would take."""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path) as stage:
        yield stage


@pytest.mark.fault(29, 44, 45)
@pytest.mark.timeout(180)
async def test_twenty_poisonous_requests_harm_none_of_twenty_good_ones(stage: Stage, tmp_path: Path) -> None:
    async with office_with_processes(stage, "poison", tmp_path, render_seconds=0.7, render_megabytes=150) as (
        office,
        workers,
    ):
        began = time.monotonic()
        bad = [await poisoned(office, number) for number in range(TWENTY)]
        good = [await office.demand(to, campaign=story_campaign("good")) for to in places()[:TWENTY]]
        addresses = {demand.address for demand in good}
        await until(lambda: addresses <= {mail.to[0] for mail in stage.mailbox.messages()}, "all good demands are out")
        report(f"twenty good demands beside twenty poisonous ones: {time.monotonic() - began:.1f} s")
        for demand in good:
            await demand.wait_for(Status.AWAITING_RESPONSE)
            demand.expect(letter("demand"))
        await asyncio.gather(*(needs_a_person(demand) for demand in bad))
        for number, demand in enumerate(bad):
            file, _ = poison(number)
            (raised,) = await demand.events(AttentionRaised)
            assert raised.reason.startswith(f"demand: {file}:")
            assert "it is not tried again until this is resolved" in raised.reason
            demand.expect()
        await stops_in_time(office, workers)


async def poisoned(office: Office, number: int) -> Demand:
    file, text = poison(number)
    return await office.demand(places()[number], campaign=story_campaign("bad"), templates={file: text})


def poison(number: int) -> tuple[str, str]:
    """Five kinds in turn, no two the same text."""
    file, text = [*POISON.values()][number % len(POISON)]
    return file, f"{text}\n{'{#' if file.endswith('j2') else '//'} {number} {'#}' if file.endswith('j2') else ''}"


async def needs_a_person(demand: Demand) -> None:
    """It is tried three times, with a minute or two in between, and then no more."""
    async with asyncio.timeout(90):
        while (await insist(demand.view)).status is not Status.ON_HOLD:
            await demand.advance(minutes=1)
    await demand.expect_status(Status.ON_HOLD, Attention.LETTER_FAILED)
    tried = len(await demand.kinds())
    await demand.advance(hours=1)
    assert len(await demand.kinds()) == tried


async def stops_in_time(office: Office, workers: Workers) -> None:
    """With more that never ends under way than could be rendered in that time, and without a process left."""
    assert workers.process
    for number in range(0, TWENTY, len(POISON)):
        file, text = poison(number)
        await office.demand(
            places()[number], campaign=story_campaign("late"), templates={file: f"{text} {{# again #}}"}
        )
    await asyncio.sleep(0.5)
    began = time.monotonic()
    workers.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(workers.process.wait(), 15) == 0
    assert time.monotonic() - began < STOPS_WITHIN.total_seconds()
    leader = workers.process.pid
    await until(lambda: not session(leader), "no process is left")


def session(leader: int) -> set[int]:
    """The processes that ``leader`` started, and that they did."""
    found: set[int] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == leader:
                found.add(int(folder.name))
        except ProcessLookupError:
            pass
    return found
