"""What is too large to be handed on: messages that once stopped a request for good, since no task with them succeeded.

The server takes two megabytes in one payload. A request is handed more by whoever writes to it, and goes on.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from forthwith.request.events import MessageUnreadable
from forthwith.request.limits import MAX_BATCH_BYTES, MAX_MESSAGE_BYTES, MAX_RECORD_BYTES, MAX_TEXT_BYTES, json_size
from forthwith.request.signals import KEPT
from forthwith.request.vocabulary import Attention, Status
from tests import messages
from tests.story.harness import Demand, Office, Stage, hold_chase, letter, open_stage, reminder

pytestmark = pytest.mark.fault

LARGEST_NOTE = "x" * MAX_TEXT_BYTES


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory):
    async with open_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


async def started(office: Office) -> Demand:
    demand = await office.demand()
    demand.expect(letter("demand"))
    return demand


@pytest.mark.fault(38)
async def test_an_unreadable_signal_of_many_payloads_is_kept_by_its_hash(stage: Stage, tmp_path: Path) -> None:
    async with Office(stage, "many-payloads", tmp_path) as office:
        demand = await started(office)
        await demand.signal("respons\x1b[2J" + "e" * 600, *["\x1b" * 1_000 for _ in range(240)])
        await demand.expect_status(Status.ON_HOLD, Attention.UNREADABLE_MESSAGE)
        (kept,) = await demand.events(MessageUnreadable)
        assert json_size(kept.content) < KEPT + 200
        assert "240 payloads" in kept.content
        assert "sha256" in kept.content
        assert len(kept.name) < 300
        await demand.advance_past_next_action()
        demand.expect(hold_chase(1))
        await demand.withdraw()
        await demand.expect_end(Status.WITHDRAWN)


@pytest.mark.fault(39)
async def test_large_signals_that_came_while_no_worker_ran_are_all_recorded_and_filed_in_batches(
    stage: Stage, tmp_path: Path
) -> None:
    async with Office(stage, "many-signals", tmp_path) as office:
        demand = await started(office)
        notes = [await demand.response({"A-1": "objected"}, note=LARGEST_NOTE) for _ in range(60)]
        await office.stop_worker()
        for note in notes:
            await demand.handle.signal("response_received", note)
        await office.start_worker()
        await demand.settle()
        assert (await demand.kinds()).count("response_recorded") == 60
        assert max(await filings(demand)) <= MAX_BATCH_BYTES * 1.1
        await demand.advance(days=16)
        demand.expect(reminder(1))
        await demand.withdraw()
        await demand.expect_end(Status.WITHDRAWN)


@pytest.mark.fault(30, 40)
@pytest.mark.parametrize("kind", ["notes", "padding", "unknown-fields"])
async def test_an_update_that_is_too_large_is_refused_with_its_size_and_leaves_nothing(
    stage: Stage, tmp_path: Path, kind: str
) -> None:
    async with Office(stage, f"large-{kind}", tmp_path) as office:
        demand = await started(office)
        refusal = await demand.refuses(("record_response", await large(demand, kind)))
        assert f"give at most {MAX_MESSAGE_BYTES:,}" in refusal
        assert len(refusal) < 1_000
        await demand.expect_status(Status.AWAITING_RESPONSE)


async def large(demand: Demand, kind: str) -> dict[str, Any]:
    """A response of 1.6 MB of which every field is of the right kind, or is not."""
    response = json.loads((await demand.response({"A-1": "produced"})).model_dump_json())
    match kind:
        case "notes":
            items = [{"id": "A-1", "disposition": "produced", "note": "x" * 19_000} for _ in range(84)]
            return response | {"items": items}
        case "padding":
            return response | {"note": " " * 1_600_000}
        case _:
            return response | {f"{number:0>5000}": 1 for number in range(320)}


async def test_a_text_is_measured_in_bytes(stage: Stage, tmp_path: Path) -> None:
    async with Office(stage, "bytes", tmp_path) as office:
        demand = await started(office)
        refusal = await demand.refuses(messages.note("\N{SNOWMAN}" * 8_000))
        assert refusal == "note: has 24,000 bytes; give at most 20,000"


async def test_a_full_record_takes_what_ends_the_request(stage: Stage, tmp_path: Path) -> None:
    async with Office(stage, "full", tmp_path) as office:
        demand = await started(office)
        await demand.pause()
        for _ in range(MAX_RECORD_BYTES // MAX_TEXT_BYTES - 1):
            await demand.deliver(messages.note(LARGEST_NOTE))
        await demand.settle()
        refusal = await demand.refuses(messages.note(LARGEST_NOTE))
        assert f"a request takes messages up to {MAX_RECORD_BYTES:,}" in refusal
        await demand.signal("respons", {"what": "nonsense"})
        await demand.expect_status(Status.ON_HOLD, Attention.CLOCK_PAUSED, Attention.UNREADABLE_MESSAGE)
        await demand.resolve(Attention.UNREADABLE_MESSAGE)
        await demand.resume()
        await demand.advance_past_next_action()
        demand.expect_any()
        await demand.respond("all")
        await demand.expect_end(Status.COMPLIED)


async def filings(demand: Demand) -> list[int]:
    """Bytes of each batch that was filed."""
    history = await demand.handle.fetch_history()
    scheduled = [event.activity_task_scheduled_event_attributes for event in history.events]
    return [
        sum(len(payload.data) for payload in one.input.payloads)
        for one in scheduled
        if one.activity_type.name == "file_entries"
    ]
