"""Records one request per outcome as workflow histories: `make histories`.

Each file is what the real server kept. The replay tests run today's code against all of them: a change that would make
a running request stumble over its own past fails there, and not in front of its recipient.
"""

import asyncio
import json
import os
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from forthwith.deadlines.calendar import ClosedDay
from forthwith.request.vocabulary import Attention, Status
from tests import messages
from tests.story.harness import Demand, Office, ladder, open_stage

HISTORIES = Path(__file__).parent / "histories"
MAX_CHARACTERS = 400_000

THIS_PROCESS = f"{os.getpid()}@{socket.gethostname()}"
"""How the SDK names a client or worker, also in the names of queues."""

Play = Callable[[Office], Awaitable[Demand]]
RECORDED: dict[str, Play] = {}


def recorded(play: Play) -> Play:
    """A request whose history is recorded, under the name of its function."""
    RECORDED[play.__name__] = play
    return play


@recorded
async def complied(office: Office) -> Demand:
    demand = await office.demand()
    await demand.advance(days=17)
    await demand.respond("all")
    return await ended(demand, Status.COMPLIED)


@recorded
async def complied_late(office: Office) -> Demand:
    demand = await office.demand()
    await demand.advance(days=32)
    await demand.respond("all")
    return await ended(demand, Status.COMPLIED)


@recorded
async def partial_then_complied(office: Office) -> Demand:
    demand = await office.demand()
    await demand.respond({"A-1": "produced", "A-2": "objected"})
    await demand.advance(days=17)
    await demand.signal("response_received", await demand.response("all"))
    return await ended(demand, Status.COMPLIED)


@recorded
async def withdrawn(office: Office) -> Demand:
    demand = await office.demand()
    await demand.advance(days=6)
    await demand.withdraw()
    return await ended(demand, Status.WITHDRAWN)


@recorded
async def cancelled(office: Office) -> Demand:
    demand = await office.demand()
    await demand.advance(days=6)
    await demand.handle.cancel()
    return await ended(demand, Status.WITHDRAWN)


@recorded
async def unserviceable(office: Office) -> Demand:
    office.faults.refuse = {f"records@chicago-il.{office.name}.example"}
    demand = await office.demand()
    await demand.advance_past_next_action()
    await demand.resolve(Attention.UNDELIVERABLE, "unserviceable")
    return await ended(demand, Status.UNSERVICEABLE)


@recorded
async def bounced(office: Office) -> Demand:
    demand = await office.demand()
    await demand.advance(days=1)
    await demand.signal("delivery_failed", await demand.delivery("failed"))
    await demand.resolve(Attention.UNDELIVERABLE)
    await demand.respond("all")
    return await ended(demand, Status.COMPLIED)


@recorded
async def deferred(office: Office) -> Demand:
    office.faults.defer = {f"records@chicago-il.{office.name}.example": 2}
    demand = await office.demand()
    await demand.advance(minutes=10)
    await demand.respond(kind="no_records")
    return await ended(demand, Status.COMPLIED)


@recorded
async def unconfirmed_resend(office: Office) -> Demand:
    office.faults.drop_after_content = 1
    demand = await office.demand()
    await demand.respond("all")
    return await ended(demand, Status.COMPLIED)


@recorded
async def extended(office: Office) -> Demand:
    demand = await office.demand()
    await demand.advance(days=28)
    await demand.extend(period={"hours": 240})
    await demand.advance(days=8)
    day = (await demand.now()).date() + timedelta(days=20)
    await demand.extend(to=day)
    await demand.advance(days=18)
    await demand.respond("all")
    return await ended(demand, Status.COMPLIED)


@recorded
async def unreadable_signal(office: Office) -> Demand:
    demand = await office.demand()
    await demand.signal("respnse_received", {"received": "yesterday"}, "and more")
    await demand.advance_past_next_action()
    await demand.resolve(Attention.UNREADABLE_MESSAGE)
    await demand.respond("all")
    return await ended(demand, Status.COMPLIED)


@recorded
async def approved(office: Office) -> Demand:
    demand = await office.demand()
    await demand.advance(days=43)  # the reviewer was chased, and the supervisor
    await demand.fill_in_everything()
    await demand.send(await demand.review("approve"))
    await demand.advance(days=6)
    await demand.withdraw()
    return await ended(demand, Status.WITHDRAWN)


@recorded
async def revised(office: Office) -> Demand:
    demand = await office.demand()
    await demand.advance(days=36)
    await demand.send(await demand.review("revise", notes="Say more about relevance."))
    await demand.respond({"A-3": "produced"})
    await demand.respond("all")
    return await ended(demand, Status.COMPLIED)


@recorded
async def rejected(office: Office) -> Demand:
    demand = await office.demand()
    await demand.advance(days=36)
    await demand.send(await demand.review("reject", reason="The authority is the wrong one."))
    await demand.advance_past_next_action()
    await demand.resolve(Attention.DRAFT_REJECTED)
    await demand.withdraw()
    return await ended(demand, Status.WITHDRAWN)


@recorded
async def escalated(office: Office) -> Demand:
    demand = await office.demand()
    for _ in range(3):
        await demand.escalate()
    await demand.withdraw()
    return await ended(demand, Status.WITHDRAWN)


@recorded
async def moved(office: Office) -> Demand:
    """Paused and resumed, sent again as a copy and as a new demand, corrected, and computed anew."""
    demand = await office.demand()
    await demand.advance(days=1)
    await demand.pause()
    await demand.advance_past_next_action()
    await demand.resume()
    await demand.resend("demand", restarts_clock=False)
    await demand.correct(email=f"clerk@chicago-il.{office.name}.example", attention="Office of the City Clerk")
    await demand.resend("demand", restarts_clock=True)
    await demand.advance(days=2)
    calendar = demand.planned.recipient.calendar
    declared = ClosedDay(day=(await demand.now()).date() + timedelta(days=30), name="A holiday", source="a statute")
    more = office.dossier.pin(calendar.model_copy(update={"closed": (*calendar.closed, declared)}).canonical)
    await demand.send(messages.recomputation(more))
    await demand.respond("all")
    return await ended(demand, Status.COMPLIED)


@recorded
async def deficient(office: Office) -> Demand:
    """A response in part is answered by a letter, and the rest comes after the time to cure."""
    rungs = ladder(timedelta(days=1))
    rungs.insert(4, {"deficiency": {"cure": {"hours": 240}}})
    demand = await office.demand(ladder=rungs)
    await demand.advance(days=2)
    await demand.respond({"A-2": "produced"})
    await demand.advance(days=31)
    await demand.respond("all")
    return await ended(demand, Status.COMPLIED)


@recorded
async def referred(office: Office) -> Demand:
    """Approved, issued, served, objected to, returned empty and referred."""
    demand = await office.demand()
    await demand.escalate()
    await demand.escalate()
    await demand.fill_in_everything()
    await demand.send(await demand.review("approve"))
    await demand.issue()
    await demand.serve()
    await demand.object("A-1", ground="privilege")
    await demand.advance(days=22, minutes=1)
    return await ended(demand, Status.REFERRED_FOR_ENFORCEMENT)


async def ended(demand: Demand, status: Status) -> Demand:
    await demand.expect_end(status)
    return demand


def without_the_machine(part: Any) -> Any:
    """A history that replays just as well, without paths and host name of the machine it was recorded on."""
    match part:
        case dict():
            return {name: without_the_machine(value) for name, value in part.items() if name != "stackTrace"}
        case list():
            return [without_the_machine(value) for value in part]
        case str():
            return part.replace(THIS_PROCESS, "worker")
        case _:
            return part


async def record(names: list[str]) -> None:
    """Plays the requests of these names, or all of them, and writes their histories."""
    HISTORIES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(Path(folder)) as stage:
            for name in names or RECORDED:
                async with Office(stage, name.replace("_", "-"), Path(folder) / name) as office:
                    demand = await RECORDED[name](office)
                    demand.seen = len(demand.mail())
                    events = (await demand.handle.fetch_history()).to_json_dict()
                    history = json.dumps(without_the_machine(events), separators=(",", ":"))
                    if len(history) > MAX_CHARACTERS:
                        raise ValueError(f"{name} takes {len(history)} bytes, more than {MAX_CHARACTERS}")
                    (HISTORIES / f"{name}.json").write_text(history + "\n", encoding="utf-8")
                    print(f"{name}: {len(history)} bytes")  # noqa: T201 - a command says what it did
    for stale in set(HISTORIES.glob("*.json")) - {HISTORIES / f"{name}.json" for name in RECORDED}:
        stale.unlink()


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:]))
