"""A response comes in."""

import asyncio
from datetime import timedelta

import pytest

from forthwith.request.vocabulary import Attention, Status
from tests import messages
from tests.story.harness import (
    UNTIL_OVERDUE,
    UNTIL_REVIEW,
    Office,
    acknowledgment_chase,
    final_notice,
    letter,
    reminder,
    review_request,
)


async def test_a_complete_response_ends_the_request_and_every_letter(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=6)
    demand.expect(letter("demand"), acknowledgment_chase())
    answer = await demand.respond("all")
    assert (answer.status, answer.outstanding) == (Status.COMPLIED, ())
    outcome = await demand.expect_end(Status.COMPLIED)
    assert outcome.on_time is True
    assert outcome.letters_sent == 2


async def test_a_response_within_the_time_to_cure_is_late(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=32)
    demand.expect(*UNTIL_OVERDUE, final_notice())
    await demand.respond("all")
    assert (await demand.expect_end(Status.COMPLIED)).on_time is False


async def test_a_response_reported_late_counts_from_the_day_it_was_received(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=32)
    demand.expect(*UNTIL_OVERDUE, final_notice())
    await demand.respond("all", received_at=await demand.now() - timedelta(days=3))
    assert (await demand.expect_end(Status.COMPLIED)).on_time is True


async def test_after_a_partial_response_letters_name_only_what_is_outstanding(office: Office) -> None:
    demand = await office.demand()
    [first] = demand.expect(letter("demand"))
    assert all(f"Documents of kind {n}." in first.text() for n in (1, 2, 3))
    answer = await demand.respond({"A-2": "produced"})
    assert answer.outstanding == ("A-1", "A-3")
    await demand.advance(days=31)
    for mail in demand.expect(reminder(1), reminder(2), reminder(3), final_notice()):
        assert "Documents of kind 2." not in mail.text()
        assert "Documents of kind 1." in mail.text()
        assert "Documents of kind 3." in mail.text()


async def test_the_rest_of_a_partial_response_ends_the_request(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.respond({"A-1": "produced", "A-2": "none_found"})
    await demand.advance(days=17)
    demand.expect(reminder(1))
    await demand.respond({"A-3": "produced"})
    assert (await demand.expect_end(Status.COMPLIED)).on_time is True


async def test_no_records_settles_every_item(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.respond(kind="no_records")
    view = await demand.view()
    assert {item.disposition for item in view.items} == {"none_found"}
    await demand.expect_end(Status.COMPLIED)


async def test_a_refusal_leaves_everything_outstanding_and_asks_for_attention(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    answer = await demand.respond(kind="refusal")
    assert answer.outstanding == ("A-1", "A-2", "A-3")
    await demand.expect_status(Status.AWAITING_RESPONSE, Attention.REFUSAL)
    await demand.advance(days=36)
    demand.expect(reminder(1), reminder(2), reminder(3), final_notice(), review_request())


async def test_an_objection_stays_outstanding_and_asks_for_attention(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    answer = await demand.respond({"A-1": "produced", "A-2": "objected", "A-3": "produced"})
    assert answer.outstanding == ("A-2",)
    await demand.expect_status(Status.AWAITING_RESPONSE, Attention.OBJECTION)
    await demand.advance(days=16)
    [next_letter] = demand.expect(reminder(1))
    assert "objection on record" in next_letter.text()


async def test_an_acknowledgment_stops_only_the_chase_for_it(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.send(messages.acknowledgment(await demand.now()))
    await demand.advance(days=15)
    demand.expect_nothing()
    await demand.advance(days=1)
    demand.expect(reminder(1))


async def test_a_late_response_stops_a_draft_that_waits_for_review(office: Office) -> None:
    demand = await office.demand()
    await demand.to_review()
    await demand.respond("all")
    outcome = await demand.expect_end(Status.COMPLIED)
    assert (outcome.on_time, outcome.drafts) == (False, 1)


async def test_a_late_response_stops_an_approved_draft_that_is_not_issued(office: Office) -> None:
    demand = await office.demand()
    await demand.to_issuance()
    await demand.respond("all")
    assert (await demand.expect_end(Status.COMPLIED)).on_time is False


async def test_a_partial_response_during_review_is_drafted_anew(office: Office) -> None:
    demand = await office.demand()
    await demand.to_review()
    await demand.respond({"A-1": "produced"})
    demand.expect(review_request(2))
    view = await demand.expect_status(Status.AWAITING_REVIEW)
    assert view.draft
    assert view.draft.version == 2
    assert view.outstanding == ("A-2", "A-3")


async def test_reviewed_completeness_waits_for_a_person(office: Office) -> None:
    demand = await office.demand(completeness="reviewed")
    demand.expect(letter("demand"))
    answer = await demand.respond("all")
    assert answer.outstanding == ("A-1", "A-2", "A-3")
    await demand.send(messages.acceptance())
    await demand.expect_end(Status.COMPLIED)


@pytest.mark.fault(8)
@pytest.mark.parametrize("microseconds", [-1, 0, 1])
async def test_the_instant_of_receipt_decides_not_the_moment_of_the_report(office: Office, microseconds: int) -> None:
    demand = await office.demand()
    await demand.advance(days=36)
    demand.expect(*UNTIL_REVIEW)
    due = (await demand.view()).response_due
    assert due
    await demand.respond("all", received_at=due.closes_at + timedelta(microseconds=microseconds))
    assert (await demand.expect_end(Status.COMPLIED)).on_time is (microseconds < 0)


@pytest.mark.fault(8, 22)
async def test_a_response_while_a_letter_goes_out_loses_neither(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    office.faults.delay = timedelta(seconds=1)
    due = (await demand.view()).next_action
    assert due
    assert due.at
    await office.stage.clock.move_to(demand.handle, due.at - timedelta(milliseconds=1))
    while not demand.mail()[demand.seen :]:  # noqa: ASYNC110 - its content is there, the answer is not
        await asyncio.sleep(0.02)
    await demand.respond("all")
    outcome = await demand.expect_end(Status.COMPLIED)
    demand.expect(acknowledgment_chase())
    assert outcome.letters_sent == 2
