"""Nobody answers."""

from forthwith.request.vocabulary import Status
from tests.story.harness import (
    Office,
    acknowledgment_chase,
    final_notice,
    letter,
    reminder,
    review_request,
)


async def test_silence_is_answered_with_reminders_a_final_notice_and_a_draft(office: Office) -> None:
    demand = await office.demand()
    [first] = demand.expect(letter("demand"))
    assert first.attachments == ("demand.pdf", "deadline.ics")
    await demand.advance(days=5)
    demand.expect(acknowledgment_chase())
    await demand.advance(days=11)
    demand.expect(reminder(1))
    await demand.advance(days=11)
    demand.expect(reminder(2))
    await demand.advance(days=2)
    [last] = demand.expect(reminder(3))
    assert last.cc == (demand.planned.plan.campaign.issuer.supervisor.email,)
    await demand.expect_status(Status.AWAITING_RESPONSE)
    await demand.advance(days=1)
    await demand.expect_status(Status.OVERDUE)
    demand.expect_nothing()
    await demand.advance(days=1)
    demand.expect(final_notice())
    await demand.advance(days=5)
    [asked] = demand.expect(review_request())
    assert asked.attachments == ("review-request.pdf", "subpoena-draft-1.pdf")
    await demand.expect_status(Status.AWAITING_REVIEW)
