"""A request moves while it runs: clock paused and resumed, recipient corrected, letter sent again."""

from datetime import datetime, timedelta

import pytest

from forthwith import temporal
from forthwith.deadlines.calendar import ClosedDay
from forthwith.request.clock_changes import RecomputeDeadlines
from forthwith.request.events import DeadlinesRecomputed
from forthwith.request.vocabulary import Attention, Status
from tests import messages
from tests.story.harness import (
    A_MINUTE_MORE,
    UNTIL_OVERDUE,
    Demand,
    Office,
    acknowledgment_chase,
    final_notice,
    hold_chase,
    letter,
    reminder,
)

# The clock is paused and resumed.


async def due(demand: Demand) -> datetime:
    """The closing instant of the response time."""
    found = (await demand.view()).response_due
    assert found
    return found.closes_at


async def test_while_the_clock_stands_still_nothing_is_due_and_no_letter_goes_to_the_recipient(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=10)
    demand.expect(letter("demand"), acknowledgment_chase())
    await demand.pause()
    view = await demand.expect_status(Status.ON_HOLD, Attention.CLOCK_PAUSED)
    assert (view.response_due, view.paused_since) == (None, await paused_at(demand))
    assert temporal.RESPONSE_DUE not in (await demand.handle.describe()).typed_search_attributes
    await demand.advance(days=60)
    letters = demand.expect_any()
    assert {demand.named(mail).to for mail in letters} == {"operator"}
    await demand.expect_status(Status.ON_HOLD, Attention.CLOCK_PAUSED)


async def paused_at(demand: Demand) -> datetime:
    return next(entry.at for entry in reversed(await demand.timeline()) if entry.event.kind == "clock_paused")


async def test_a_pause_is_brought_up_every_business_day_and_the_letter_says_how_it_ends(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.pause()
    await demand.advance_past_next_action()
    (mail,) = demand.expect(hold_chase(1))
    assert f"forthwith resume-clock {demand.id}" in mail.text()
    assert "forthwith resolve" not in mail.text()
    await demand.advance_past_next_action()
    demand.expect(hold_chase(2))


async def test_after_it_runs_again_the_date_and_the_letters_are_later_by_the_pause(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=10)
    demand.expect(letter("demand"), acknowledgment_chase())
    before, paused = await due(demand), await demand.now()
    await demand.pause(at=paused)
    await demand.advance(days=20)
    demand.expect_any()
    resumed = await demand.now()
    await demand.resume(at=resumed)
    await demand.expect_status(Status.AWAITING_RESPONSE)
    assert await due(demand) - before == resumed - paused
    await demand.advance(days=5)
    demand.expect_nothing()
    await demand.advance(days=1)
    demand.expect(reminder(1))
    await demand.advance(days=15)
    demand.expect(reminder(2), reminder(3), final_notice())


async def test_a_pause_gives_nothing_back_of_a_time_that_is_over(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=30, hours=12)
    demand.expect(*UNTIL_OVERDUE)
    assert (await demand.refuses(messages.pause())).startswith("at: the time was over at ")
    before = await due(demand)
    await demand.advance(days=1)
    demand.expect(final_notice())
    await demand.pause()
    assert await due(demand) == before
    await demand.advance(days=14)
    demand.expect_any()
    await demand.resume()
    await demand.expect_status(Status.OVERDUE)
    assert await due(demand) == before


async def test_a_pause_in_the_time_to_cure_makes_that_longer(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=32)
    demand.expect(*UNTIL_OVERDUE, final_notice())
    view = await demand.view()
    assert view.cure_due
    paused = await demand.now()
    await demand.pause(at=paused)
    await demand.advance(days=14)
    demand.expect_any()
    resumed = await demand.now()
    await demand.resume(at=resumed)
    after = await demand.expect_status(Status.OVERDUE)
    assert after.cure_due
    assert after.cure_due.closes_at - view.cure_due.closes_at == resumed - paused


@pytest.mark.parametrize("first", ["pause", "extension"])
async def test_equal_facts_give_one_date_in_whatever_order_they_are_reported(office: Office, first: str) -> None:
    demand = await office.demand()
    before, began = await due(demand), await demand.now()
    await demand.advance(days=4)
    demand.expect(letter("demand"))
    extension = messages.extension(period={"hours": 48})
    if first == "extension":
        await demand.send(extension)
    await demand.pause(at=began + timedelta(days=3))
    await demand.resume(at=began + timedelta(days=4))
    await demand.pause(at=began + timedelta(days=1))
    await demand.resume(at=began + timedelta(days=2))
    if first == "pause":
        await demand.send(extension)
    assert await due(demand) - before == timedelta(days=1 + 1 + 2)


async def test_a_pause_that_is_recorded_after_the_final_notice_voids_the_notice(
    office: Office,
) -> None:
    demand = await office.demand()
    began = await demand.now()
    await demand.advance(days=32)
    demand.expect(*UNTIL_OVERDUE, final_notice())
    await demand.pause(at=began + timedelta(days=10))
    assert (await demand.view()).response_due is None
    await demand.resume(at=began + timedelta(days=20))
    view = await demand.expect_status(Status.AWAITING_RESPONSE)
    assert view.response_due
    assert "response_period_reopened" in await demand.kinds()
    await demand.advance(days=9)
    demand.expect(reminder(2).of_series(2), reminder(3).of_series(2), final_notice().of_series(2))


async def test_what_cannot_be_paused_or_resumed_is_refused_by_name(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    assert "there is nothing to resume" in await demand.refuses(messages.resumption())
    early = messages.pause(await demand.now() - timedelta(days=9))
    assert (await demand.refuses(early)).startswith("at:")
    await demand.pause()
    assert "resume it first" in await demand.refuses(messages.pause())
    resolution = messages.resolution(Attention.CLOCK_PAUSED)
    assert "clock_paused ends with resume_clock" in await demand.refuses(resolution)


async def test_what_is_received_in_a_pause_is_in_time(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=20)
    demand.expect(letter("demand"), acknowledgment_chase(), reminder(1))
    await demand.pause()
    await demand.advance(days=40)
    demand.expect_any()
    await demand.respond("all")
    assert (await demand.expect_end(Status.COMPLIED)).on_time is True


async def test_a_bounce_ends_a_pause_since_nothing_runs_any_more(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=1)
    demand.expect(letter("demand"))
    await demand.pause()
    await demand.send(await demand.delivery("failed"))
    await demand.expect_status(Status.SENDING, Attention.UNDELIVERABLE)
    assert (await demand.view()).paused_since is None


# The recipient is corrected.


def new_address(office: Office) -> str:
    return f"clerk@chicago-il.{office.name}.example"


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
    assert (await demand.kinds()).count("deadline_computed") == 1


async def test_a_demand_that_came_back_goes_to_the_corrected_address_under_another_message_id(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=1)
    (first,) = demand.expect(letter("demand"))
    await demand.send(await demand.delivery("failed"))
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
    await demand.send(await demand.delivery("failed"))
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
    message = messages.correction(email=own.upper())
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


# The dates are computed with other calendars.

DAYS = {"clock__response": {"within": {"days": 30}}, "clock__rule": "frcp6"}


async def holiday_on_the_due_date(demand: Demand) -> RecomputeDeadlines:
    """A calendar with one holiday more, kept in the dossier: the very day on which the response is due."""
    found = (await demand.view()).response_due
    assert found
    calendar = demand.planned.recipient.calendar
    declared = ClosedDay(day=found.due, name="Day of Mourning", source="us-federal")
    more = calendar.model_copy(update={"closed": (*calendar.closed, declared)})
    sha256 = demand.office.dossier.pin(more.canonical)
    return messages.recomputation(sha256)


async def test_a_new_holiday_moves_a_date_once_somebody_says_so_and_the_record_names_the_calendar(
    office: Office,
) -> None:
    demand = await office.demand(**DAYS)
    await demand.advance(days=4)
    demand.expect_any()
    message = await holiday_on_the_due_date(demand)
    before = (await demand.view()).response_due
    await demand.send(message)
    after = (await demand.expect_status(Status.AWAITING_RESPONSE)).response_due
    assert before
    assert after
    assert after.due > before.due
    assert any("Day of Mourning" in skipped.reason for skipped in after.skipped)
    (recomputed,) = await demand.events(DeadlinesRecomputed)
    assert recomputed.recipient_calendar == message.recipient_calendar


async def test_a_new_holiday_takes_back_a_deadline_that_was_noted_too_early(office: Office) -> None:
    demand = await office.demand(**DAYS)
    message = await holiday_on_the_due_date(demand)
    await demand.advance_to(await due(demand) + A_MINUTE_MORE)
    demand.expect_any()
    await demand.expect_status(Status.OVERDUE)
    await demand.send(message)
    await demand.expect_status(Status.AWAITING_RESPONSE)
    assert "response_period_reopened" in await demand.kinds()


# A letter is sent again.


async def test_a_copy_leaves_the_clock_alone_and_says_of_what_it_is_a_copy_and_why(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    before = await due(demand)
    await demand.advance(days=2)
    await demand.resend("demand", restarts_clock=False)
    (copy,) = demand.expect(letter("demand-copy-1"))
    words = " ".join(copy.text().split())
    assert "is a copy of the letter that the" in words
    assert "(demand). It is sent again for this reason: they lost it" in words
    assert "This copy changes no date." in words
    assert set(copy.attachments) == {"copy.pdf", "copy-of-demand.pdf"}
    assert await due(demand) == before
    await demand.advance(days=2)
    await demand.resend("demand", restarts_clock=False)
    demand.expect(letter("demand-copy-2"))
    await demand.advance(days=12)
    demand.expect(acknowledgment_chase(), reminder(1))


async def test_a_new_demand_starts_the_clock_anew(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=16)
    demand.expect(letter("demand"), acknowledgment_chase(), reminder(1))
    before = await due(demand)
    await demand.resend("demand", restarts_clock=True)
    await demand.advance(hours=21)  # after the gap between two letters
    (again,) = demand.expect(letter("demand").of_series(2))
    words = " ".join(again.text().split())
    assert "This letter takes the place of our letter of" in words
    assert "The time to respond runs anew, as stated below. Reason: they lost it" in words
    view = await demand.expect_status(Status.AWAITING_RESPONSE)
    assert await due(demand) - before == view.letters[-1].receipt.accepted_at - view.letters[0].receipt.accepted_at
    await demand.advance(days=16)
    demand.expect(letter("acknowledgment").of_series(2), reminder(1).of_series(2))


async def test_a_new_demand_calls_back_a_draft(office: Office) -> None:
    demand = await office.demand()
    await demand.to_review()
    await demand.resend("demand", restarts_clock=True)
    demand.expect(letter("demand").of_series(2))
    view = await demand.expect_status(Status.AWAITING_RESPONSE)
    assert view.draft is None


async def test_who_sends_again_says_whether_the_clock_starts_anew(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    silent = {"event_id": "r-1", "by": {"name": "O", "role": "operator"}, "letter": "demand", "reason": "a slip"}
    assert "restarts_clock: is missing" in await demand.refuses(("resend_letter", silent))


async def test_what_cannot_be_sent_again_is_refused_by_name(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=6)
    demand.expect(letter("demand"), acknowledgment_chase())

    assert "no 'reminder-1' went" in await demand.refuses(messages.resending("reminder-1", restarts_clock=False))
    assert "only a demand" in await demand.refuses(messages.resending("acknowledgment", restarts_clock=True))
    await demand.pause()
    assert "on hold (clock_paused)" in await demand.refuses(messages.resending("demand", restarts_clock=False))


async def test_a_letter_that_came_back_is_sent_again_to_the_corrected_address(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=16)
    demand.expect(letter("demand"), acknowledgment_chase(), reminder(1))
    before = await due(demand)
    await demand.send(await demand.delivery("failed", of="reminder-1"))
    await demand.expect_status(Status.AWAITING_RESPONSE, Attention.UNDELIVERABLE)
    await demand.correct(email=new_address(office))
    await demand.expect_status(Status.AWAITING_RESPONSE)
    await demand.resend("reminder-1", restarts_clock=False)
    (copy,) = demand.expect(letter("reminder-1-copy-1"))
    assert copy.to == (new_address(office),)
    assert await due(demand) == before
