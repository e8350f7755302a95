"""What an operator decides: escalates, withdraws, cancels, terminates."""

import pytest
from temporalio.client import WorkflowExecutionStatus

from forthwith.request.vocabulary import Attention, Status
from tests.messages import escalation
from tests.story.harness import (
    UNTIL_OVERDUE,
    UNTIL_REVIEW,
    Demand,
    Office,
    final_notice,
    issuance_chase,
    letter,
    review_chase,
    review_request,
)


async def test_escalating_a_request_that_waits_gives_final_notice_at_once(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.advance(days=2)
    await demand.escalate()
    demand.expect(final_notice())
    await demand.expect_status(Status.OVERDUE)
    await demand.advance(days=5)
    demand.expect(review_request())


async def test_escalating_before_the_final_notice_sends_it_at_once(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=30, hours=12)
    demand.expect(*UNTIL_OVERDUE)
    await demand.escalate()
    demand.expect(final_notice())


async def test_escalating_within_the_time_to_cure_drafts_at_once(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=32)
    demand.expect(*UNTIL_OVERDUE, final_notice())
    await demand.escalate()
    demand.expect(review_request())
    await demand.expect_status(Status.AWAITING_REVIEW)


async def test_escalating_a_review_asks_the_supervisor_at_once(office: Office) -> None:
    demand = await office.demand()
    await demand.to_review()
    await demand.escalate()
    demand.expect(review_chase(1, to="supervisor"))


async def test_escalating_issuance_asks_the_supervisor_at_once(office: Office) -> None:
    demand = await office.demand()
    await demand.to_issuance()
    await demand.escalate()
    demand.expect(issuance_chase(1, version=2))


async def test_a_demand_that_was_not_sent_cannot_be_escalated(office: Office) -> None:
    demand = await undeliverable(office)
    assert "resolve that first" in await demand.refuses(escalation())


async def test_withdrawing_while_the_demand_cannot_be_sent(office: Office) -> None:
    demand = await undeliverable(office)
    await demand.withdraw()
    await demand.expect_end(Status.WITHDRAWN)


@pytest.mark.parametrize("days", [0, 17, 30.5, 32], ids=["waiting", "reminded", "overdue", "curing"])
async def test_withdrawing_stops_every_letter(office: Office, days: float) -> None:
    demand = await office.demand()
    await demand.advance(days=days)
    demand.seen = len(demand.mail())
    await demand.withdraw("settled otherwise")
    outcome = await demand.expect_end(Status.WITHDRAWN)
    assert outcome.text == "Withdrawn: settled otherwise"
    demand.expect_nothing()


async def test_withdrawing_a_draft_under_review(office: Office) -> None:
    demand = await office.demand()
    await demand.to_review()
    await demand.withdraw()
    await demand.expect_end(Status.WITHDRAWN)


async def test_withdrawing_an_approved_draft(office: Office) -> None:
    demand = await office.demand()
    await demand.to_issuance()
    await demand.withdraw()
    await demand.expect_end(Status.WITHDRAWN)


async def test_withdrawing_from_hold(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.signal("respnse_received", {})
    await demand.expect_status(Status.ON_HOLD, Attention.UNREADABLE_MESSAGE)
    await demand.withdraw()
    await demand.expect_end(Status.WITHDRAWN)


@pytest.mark.fault(35)
@pytest.mark.parametrize("days", [0, 32, 36], ids=["waiting", "curing", "review"])
async def test_a_cancel_from_the_web_ui_is_a_withdrawal(office: Office, days: float) -> None:
    demand = await office.demand()
    await demand.advance(days=days)
    demand.seen = len(demand.mail())
    await demand.handle.cancel()
    outcome = await demand.expect_end(Status.WITHDRAWN)
    assert "cancelled" in outcome.text


@pytest.mark.fault(62)
async def test_a_request_that_was_cancelled_and_then_reset_writes_to_nobody(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.handle.cancel()
    await demand.expect_end(Status.WITHDRAWN)
    await demand.reset_to_the_first_task()
    await demand.expect_end(Status.WITHDRAWN)
    demand.expect_nothing()


@pytest.mark.fault(22)
async def test_a_cancel_that_arrives_with_a_message_is_not_lost(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await office.stop_worker()
    await demand.handle.signal("response_received", (await demand.response({"A-1": "produced"})))
    await demand.handle.cancel()
    await office.start_worker()
    await demand.expect_end(Status.WITHDRAWN)
    assert "response_recorded" in await demand.kinds()


@pytest.mark.fault(35)
async def test_terminating_one_request_leaves_the_others(office: Office) -> None:
    one, other = await office.demand("chicago-il"), await office.demand("cook-county-il")
    await one.handle.terminate("by mistake")
    assert (await one.handle.describe()).status is WorkflowExecutionStatus.TERMINATED
    await other.advance(days=36)
    other.expect(*UNTIL_REVIEW)
    one.expect(letter("demand"))


async def undeliverable(office: Office) -> Demand:
    office.faults.refuse = {f"records@chicago-il.{office.name}.example"}
    demand = await office.demand()
    await demand.expect_status(Status.SENDING, Attention.UNDELIVERABLE)
    return demand
