"""However often a request is started, one demand goes out."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

from forthwith import temporal
from forthwith.request.vocabulary import Status
from tests.story.harness import Office, acknowledgment_chase, final_notice, letter, reminder
from workflows.jurisdiction_request import JurisdictionRequest


@pytest.mark.fault(4)
async def test_a_running_request_is_not_started_again(office: Office) -> None:
    demand = await office.demand()
    with pytest.raises(WorkflowAlreadyStartedError):
        await office.demand()
    demand.expect(letter("demand"))


async def test_an_ended_request_is_not_started_again(office: Office) -> None:
    demand = await office.demand()
    await demand.withdraw()
    with pytest.raises(WorkflowAlreadyStartedError):
        await office.demand()
    demand.expect(letter("demand"))


@pytest.mark.fault(36)
async def test_when_the_server_has_forgotten_a_request_the_dossier_refuses_a_second_demand(office: Office) -> None:
    office.expect_log("another workflow opened it before")
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.withdraw()
    await demand.expect_end(Status.WITHDRAWN)
    again = await office.stage.clock.client.start_workflow(
        JurisdictionRequest.run,
        demand.planned.plan,
        id=demand.id,
        task_queue=temporal.TASK_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,  # as if its history were gone
    )
    with pytest.raises(WorkflowFailureError) as failure:
        await again.result()
    assert "another workflow opened it before" in deepest(failure.value)


@pytest.mark.fault(37)
async def test_a_reset_to_the_first_task_sends_nothing_twice(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=17)
    demand.expect(letter("demand"), acknowledgment_chase(), reminder(1))
    before, until = await demand.view(), await demand.now() + timedelta(days=14, hours=1)
    await demand.reset_to_the_first_task()
    demand.expect_nothing()
    after = await demand.view()
    assert after.status is Status.AWAITING_RESPONSE
    assert after.response_due == before.response_due, "the clock starts at the acceptance that was receipted"
    async with asyncio.timeout(60):
        while len(demand.mail()) < demand.seen + 3:
            await demand.advance_to(until)
            await asyncio.sleep(0.2)
    demand.expect(reminder(2), reminder(3), final_notice())


def deepest(error: BaseException) -> str:
    while error.__cause__:
        error = error.__cause__
    assert isinstance(error, ApplicationError)
    return error.message


async def test_what_was_filed_before_a_reset_stays_and_the_new_life_is_filed_beside_it(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    filed = {path.name: path.read_bytes() for path in (demand.folder / "timeline").iterdir()}
    await demand.reset_to_the_first_task()
    assert filed.items() <= {path.name: path.read_bytes() for path in (demand.folder / "timeline").iterdir()}.items()
    assert office.dossier.timeline(demand.id) == await demand.timeline()
    await demand.expect_status(Status.AWAITING_RESPONSE)
