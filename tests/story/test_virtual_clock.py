"""A clock that cannot be moved says so, instead of leaving a test at the wrong instant."""

from datetime import timedelta

import pytest

from forthwith.devstack.virtual_clock import ClockStuck
from tests.story.harness import Office, acknowledgment_chase, letter


async def test_a_move_lands_on_the_instant(office: Office) -> None:
    demand = await office.demand()
    target = await demand.now() + timedelta(days=3)
    await demand.advance_to(target)
    assert timedelta() <= await demand.now() - target < timedelta(seconds=10)
    demand.expect(letter("demand"))


async def test_a_move_without_a_worker_says_where_the_request_stands(office: Office) -> None:
    demand = await office.demand()
    await office.stop_worker()
    with pytest.raises(ClockStuck, match=r"under way: a workflow task"):
        await office.stage.clock.move(demand.handle, timedelta(days=6), within=timedelta(seconds=1))
    await office.start_worker()
    await demand.settle()
    demand.expect(letter("demand"), acknowledgment_chase())
