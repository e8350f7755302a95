"""A request moves while it runs: the recipient is corrected."""

import pytest

from forthwith.domain.messages import Attention, CorrectRecipient, DeliveryReport, Status
from tests.story.stage import (
    MAILROOM,
    OPERATOR,
    Demand,
    Office,
    acknowledgment_chase,
    letter,
    reminder,
)

# The recipient is corrected.


def new_address(office: Office) -> str:
    return f"clerk@chicago-il.{office.name}.example"


async def bounce(demand: Demand, of: str = "demand") -> DeliveryReport:
    return DeliveryReport(
        event_id=f"dsn-{of}",
        by=MAILROOM,
        letter=of,
        outcome="failed",
        at=await demand.now(),
        diagnostic="5.1.1 no such mailbox",
    )


async def test_a_demand_that_was_refused_goes_to_the_corrected_address_and_starts_the_clock_once(
    office: Office,
) -> None:
    office.faults.refuse = {f"records@chicago-il.{office.name}.example"}
    demand = await office.demand()
    await demand.expect_status(Status.SENDING, Attention.UNDELIVERABLE)
    await demand.correct(email=new_address(office), attention="Office of the City Clerk")
    (mail,) = demand.expect(letter("demand"))
    assert mail.to == (new_address(office),)
    assert "Office of the City Clerk" in mail.text()
    view = await demand.expect_status(Status.AWAITING_RESPONSE)
    assert view.response_due
    assert (await demand.said()).count("deadline_computed") == 1


async def test_a_demand_that_came_back_goes_to_the_corrected_address_under_another_message_id(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=1)
    (first,) = demand.expect(letter("demand"))
    await demand.tell(await bounce(demand))
    await demand.expect_status(Status.SENDING, Attention.UNDELIVERABLE)
    await demand.correct(email=new_address(office))
    (second,) = demand.expect(letter("demand").of_series(2))
    assert second.message_id != first.message_id
    assert not second.possible_copy
    view = await demand.expect_status(Status.AWAITING_RESPONSE)
    assert [sent.receipt.recipient for sent in view.letters] == [*demand.addresses]


async def test_a_demand_that_comes_back_after_the_correction_is_sent_on_at_once(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=1)
    demand.expect(letter("demand"))
    await demand.correct(email=new_address(office))
    await demand.tell(await bounce(demand))
    demand.expect(letter("demand").of_series(2))
    await demand.expect_status(Status.AWAITING_RESPONSE)


async def test_later_letters_go_to_the_corrected_address(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.correct(email=new_address(office))
    await demand.advance(days=16)
    for mail in demand.expect(acknowledgment_chase(), reminder(1)):
        assert mail.to == (new_address(office),)


@pytest.mark.parametrize("desk", ["sender", "reply_to", "reviewer", "operator"])
async def test_our_own_address_is_no_recipient(office: Office, desk: str) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    issuer = demand.planned.plan.campaign.issuer
    own = issuer.colleague(desk).email if desk in ("reviewer", "operator") else getattr(issuer, desk)
    message = CorrectRecipient(event_id="fix-1", by=OPERATOR, email=own.upper(), reason="a slip")
    assert await demand.refuses(message) == f"email: {own.upper()} is our own address; letters would come back to us"


@pytest.mark.parametrize(
    "wrong",
    [{"email": "a@b.example, c@d.example"}, {"attention": "x\r\nBcc: y@z.example"}, {"name": "=?q?q?=0A?="}],
)
async def test_what_is_no_safe_header_is_refused_by_name(office: Office, wrong: dict[str, str]) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    message = {"event_id": "fix-1", "by": {"name": "O", "role": "operator"}, "reason": "a slip"} | wrong
    assert (await demand.refuses(("correct_recipient", message))).startswith(f"{next(iter(wrong))}:")
