"""The mail server or the mailbox behind it does not take a letter."""

import base64

import pytest
from pydantic import SecretStr

from forthwith.request.vocabulary import Attention, Status
from tests.story.harness import (
    UNTIL_OVERDUE,
    UNTIL_REVIEW,
    Office,
    acknowledgment_chase,
    final_notice,
    hold_chase,
    letter,
    reminder,
)


def address(office: Office) -> str:
    return f"records@chicago-il.{office.name}.example"


@pytest.mark.fault(3)
async def test_a_permanent_refusal_starts_no_clock_and_the_others_go_on(office: Office) -> None:
    office.faults.refuse = {address(office)}
    refused, other = await office.demand("chicago-il"), await office.demand("cook-county-il")
    view = await refused.expect_status(Status.SENDING, Attention.UNDELIVERABLE)
    assert view.response_due is None
    assert "550" in view.attention[Attention.UNDELIVERABLE]
    await other.advance(days=36)
    other.expect(*UNTIL_REVIEW)


@pytest.mark.fault(3)
async def test_an_undeliverable_demand_is_brought_up_again_until_a_person_acts(office: Office) -> None:
    office.faults.refuse = {address(office)}
    demand = await office.demand()
    await demand.advance_past_next_action()
    demand.expect(hold_chase(1))
    await demand.advance_past_next_action()
    demand.expect(hold_chase(2))


async def test_once_the_address_works_the_demand_is_sent(office: Office) -> None:
    office.faults.refuse = {address(office)}
    demand = await office.demand()
    office.faults.refuse = set()
    await demand.resolve(Attention.UNDELIVERABLE)
    demand.expect(letter("demand"))
    await demand.expect_status(Status.AWAITING_RESPONSE)
    await demand.advance(days=16)
    demand.expect(acknowledgment_chase(), reminder(1))


async def test_a_demand_that_nobody_can_deliver_is_ended_by_an_operator(office: Office) -> None:
    office.faults.refuse = {address(office)}
    demand = await office.demand()
    await demand.resolve(Attention.UNDELIVERABLE, "unserviceable")
    assert (await demand.expect_end(Status.UNSERVICEABLE)).letters_sent == 0


@pytest.mark.fault(14)
@pytest.mark.parametrize("way", ["signal", "update"])
async def test_a_bounce_stops_the_clock(office: Office, way: str) -> None:
    demand = await office.demand()
    await demand.advance(days=1)
    demand.expect(letter("demand"))
    bounce = await demand.delivery("failed")
    if way == "signal":
        await demand.signal("delivery_failed", bounce)
    else:
        await demand.send(bounce)
    view = await demand.expect_status(Status.SENDING, Attention.UNDELIVERABLE)
    assert view.response_due is None
    assert view.letters[0].delivered == "no"
    await demand.resolve(Attention.UNDELIVERABLE)
    demand.expect(letter("demand").of_series(2))
    view = await demand.expect_status(Status.AWAITING_RESPONSE)
    assert view.response_due


@pytest.mark.fault(14)
async def test_a_bounced_final_notice_was_never_given(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=32)
    demand.expect(*UNTIL_OVERDUE, final_notice())
    await demand.send(await demand.delivery("failed", of="final-notice"))
    await demand.expect_status(Status.ON_HOLD, Attention.UNDELIVERABLE)
    await demand.resolve(Attention.UNDELIVERABLE)
    demand.expect(final_notice().of_series(2))


@pytest.mark.fault(15)
async def test_a_delayed_delivery_changes_nothing(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    before = (await demand.view()).response_due
    await demand.send(await demand.delivery("delayed"))
    view = await demand.expect_status(Status.AWAITING_RESPONSE)
    assert view.response_due == before


async def test_where_delivery_starts_the_clock_acceptance_does_not(office: Office) -> None:
    demand = await office.demand(clock__starts="delivered")
    demand.expect(letter("demand"))
    assert (await demand.view()).response_due is None
    await demand.send(await demand.delivery("delivered"))
    await demand.expect_status(Status.AWAITING_RESPONSE)
    assert (await demand.view()).response_due


@pytest.mark.fault(2)
async def test_greylisting_is_waited_out(office: Office) -> None:
    office.faults.defer = {address(office): 2}
    demand = await office.demand()
    demand.expect_nothing()
    await demand.advance(minutes=5)
    demand.expect(letter("demand"))
    assert (await demand.kinds()).count("letter_deferred") == 2
    await demand.expect_status(Status.AWAITING_RESPONSE)


@pytest.mark.fault(27)
async def test_a_domain_that_asks_for_patience_slows_down_only_itself(office: Office) -> None:
    office.faults.defer, office.faults.defer_code = {f"chicago-il.{office.name}.example": 1}, 421
    slow, other = await office.demand("chicago-il"), await office.demand("cook-county-il")
    other.expect(letter("demand"))
    slow.expect_nothing()
    await slow.advance(minutes=5)
    slow.expect(letter("demand"))


@pytest.mark.fault(26)
async def test_refused_credentials_pause_sending_and_blame_no_recipient(office: Office) -> None:
    office.expect_log("refuses our credentials")
    office.faults.refuse_login = True
    await office.restart_worker(smtp_username="forthwith", smtp_password=SecretStr("expired"))
    demand = await office.demand()
    await demand.advance(minutes=3)
    demand.expect_nothing()
    view = await demand.view()
    assert view.status is Status.SENDING
    assert Attention.UNDELIVERABLE not in view.attention
    office.faults.refuse_login = False
    await demand.advance(minutes=30)
    demand.expect(letter("demand"))


@pytest.mark.fault(49)
async def test_what_a_server_echoes_at_log_in_reaches_neither_history_nor_case_file(office: Office) -> None:
    office.faults.echo_login = True
    await office.restart_worker(smtp_username="forthwith", smtp_password=SecretStr("open-sesame"))
    demand = await office.demand()
    demand.expect_nothing()
    history = str(await demand.handle.fetch_history())
    assert "the log-in was put off (454)" in history
    kept = b"".join(path.read_bytes() for path in demand.folder.rglob("*") if path.is_file()).decode(errors="replace")
    sent = base64.b64encode(b"\0forthwith\0open-sesame").decode()
    assert [secret for secret in ("open-sesame", sent) if secret in history + kept] == []
    office.faults.echo_login = False
    await demand.advance(minutes=30)
    demand.expect(letter("demand"))


@pytest.mark.fault(17)
async def test_an_unconfirmed_letter_is_sent_again_and_says_so(office: Office) -> None:
    office.faults.drop_after_content = 1
    demand = await office.demand()
    first, second = demand.expect(letter("demand"), letter("demand").marked)
    assert first.message_id == second.message_id
    assert "This may be a second copy." not in first.text()
    assert "This may be a second copy." in " ".join(second.text().split())
    view = await demand.expect_status(Status.AWAITING_RESPONSE)
    assert view.letters[0].possible_copy


async def test_an_unconfirmed_letter_that_never_arrived_arrives_once(office: Office) -> None:
    office.faults.drop_after_content, office.faults.keep_dropped = 1, False
    demand = await office.demand()
    demand.expect(letter("demand").marked)


@pytest.mark.fault(17)
async def test_under_the_policy_hold_nothing_unconfirmed_is_sent_before_a_person_decides(office: Office) -> None:
    office.faults.drop_after_content = 1
    demand = await office.demand(mail__when_unknown="hold")
    demand.expect(letter("demand"))
    view = await demand.view()
    assert set(view.attention) == {Attention.UNKNOWN_SEND}
    await demand.advance_past_next_action()
    demand.expect(hold_chase(1))
    await demand.resolve(Attention.UNKNOWN_SEND)
    demand.expect(letter("demand").marked)
    await demand.expect_status(Status.AWAITING_RESPONSE)


async def test_an_unconfirmed_letter_that_is_known_to_have_arrived_goes_out_once(office: Office) -> None:
    office.faults.drop_after_content = 1
    demand = await office.demand(mail__when_unknown="hold")
    demand.expect(letter("demand"))
    view = await demand.view()
    assert set(view.attention) == {Attention.UNKNOWN_SEND}
    await demand.send(await demand.delivery("delivered", how="certified mail 7018"))
    view = await demand.expect_status(Status.AWAITING_RESPONSE)
    assert not view.attention
    (sent,) = view.letters
    assert (sent.step, sent.delivered, sent.evidence) == ("demand", "yes", "certified mail 7018")
    assert sent.receipt.response == "the answer was lost; reported as delivered: certified mail 7018"
    demand.expect_nothing()


async def test_an_unconfirmed_letter_that_came_back_cannot_be_delivered(office: Office) -> None:
    office.faults.drop_after_content = 1
    demand = await office.demand(mail__when_unknown="hold")
    demand.expect(letter("demand"))
    await demand.send(await demand.delivery("failed"))
    view = await demand.expect_status(Status.SENDING, Attention.UNDELIVERABLE)
    assert not view.letters


async def test_a_refused_reminder_asks_for_attention_and_the_ladder_goes_on(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    office.faults.refuse = {address(office)}
    await demand.advance(days=17)
    view = await demand.expect_status(Status.AWAITING_RESPONSE, Attention.UNDELIVERABLE)
    assert view.response_due
    office.faults.refuse = set()
    await demand.advance(days=10)
    demand.expect(reminder(2))
