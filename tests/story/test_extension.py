"""More time."""

from datetime import timedelta

import pytest

from forthwith.request.vocabulary import Status
from tests.messages import extension
from tests.story.harness import (
    Office,
    acknowledgment_chase,
    final_notice,
    letter,
    reminder,
)


async def test_after_an_extension_by_a_period_the_reminders_follow_the_new_date(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=17)
    demand.expect(letter("demand"), acknowledgment_chase(), reminder(1))
    before = (await demand.view()).response_due
    await demand.extend(period={"hours": 240})
    after = (await demand.view()).response_due
    assert before
    assert after
    assert after.closes_at - before.closes_at == timedelta(days=10)
    await demand.advance(days=8)
    demand.expect_nothing()
    await demand.advance(days=1)
    demand.expect(reminder(1).of_series(2))
    await demand.advance(days=13)
    demand.expect(reminder(2).of_series(2), reminder(3).of_series(2))
    await demand.expect_status(Status.AWAITING_RESPONSE)
    await demand.advance(days=2)
    demand.expect(final_notice().of_series(2))


async def test_an_extension_to_a_date_ends_with_that_day_where_the_recipient_is(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    day = ((await demand.now()) + timedelta(days=60)).date()
    await demand.extend(to=day)
    due = (await demand.view()).response_due
    assert due
    assert (due.due, due.rule, due.zone) == (day, "date_certain", "America/Chicago")


async def test_an_extension_calls_back_a_draft(office: Office) -> None:
    demand = await office.demand()
    await demand.to_review()
    await demand.extend(period={"hours": 20 * 24})
    view = await demand.expect_status(Status.AWAITING_RESPONSE)
    assert view.draft is None
    await demand.respond("all")
    assert (await demand.expect_end(Status.COMPLIED)).on_time is True


@pytest.mark.fault(25)
async def test_a_date_in_the_past_is_refused(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    day = (await demand.now()).date() - timedelta(days=1)
    assert "to:" in await demand.refuses(extension(to=day))
