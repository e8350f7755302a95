"""The attorney decides."""

import pytest

from forthwith.request.vocabulary import Attention, Status, Who
from tests.messages import SUPERVISOR
from tests.story.harness import (
    Office,
    issuance_chase,
    review_chase,
    review_request,
)


async def test_a_reviewer_who_is_late_is_chased_then_the_supervisor(office: Office) -> None:
    demand = await office.demand()
    await demand.to_review()
    await demand.advance(days=3)
    demand.expect(review_chase(1, to="reviewer"))
    await demand.expect_status(Status.AWAITING_REVIEW, Attention.REVIEW_LATE)
    await demand.advance(days=3)
    demand.expect(review_chase(2, to="supervisor"))
    await demand.advance(days=3)
    demand.expect(review_chase(3, to="supervisor"))


async def test_a_draft_with_empty_fields_cannot_be_approved(office: Office) -> None:
    demand = await office.demand()
    view = await demand.to_review()
    assert view.draft
    refusal = await demand.refuses(await demand.review("approve"))
    assert all(name in refusal for name in view.draft.missing)
    await demand.expect_status(Status.AWAITING_REVIEW)


async def test_a_revision_fills_fields_and_draws_up_the_next_version(office: Office) -> None:
    demand = await office.demand()
    first = (await demand.to_review()).draft
    await demand.fill_in_everything()
    demand.expect(review_request(2))
    second = (await demand.view()).draft
    assert first
    assert second
    assert (second.version, second.missing) == (2, ())
    assert second.sha256 != first.sha256
    assert (office.dossier.root / first.document.uri).exists(), "an earlier version stays in the case file"


async def test_an_approved_draft_waits_for_a_person_to_issue_it(office: Office) -> None:
    demand = await office.demand()
    await demand.to_issuance()
    await demand.advance(days=4)
    demand.expect_nothing()
    await demand.advance(days=1)
    demand.expect(issuance_chase(1, version=2))
    await demand.expect_status(Status.AWAITING_ISSUANCE, Attention.ISSUANCE_LATE)


async def test_the_supervisor_may_review_too(office: Office) -> None:
    demand = await office.demand()
    await demand.to_review()
    await demand.fill_in_everything()
    demand.expect(review_request(2))
    await demand.send(await demand.review("approve", by=SUPERVISOR))
    await demand.expect_status(Status.AWAITING_ISSUANCE)


@pytest.mark.parametrize(
    "stranger",
    [
        Who(name="Reviewing attorney", role="operator"),
        Who(name="Somebody else", role="reviewer"),
        Who(name="Supervising attorney", role="reviewer"),
    ],
    ids=["other-role", "other-name", "mixed-up"],
)
async def test_nobody_else_reviews(office: Office, stranger: Who) -> None:
    demand = await office.demand()
    await demand.to_review()
    refusal = await demand.refuses(await demand.review("reject", by=stranger, reason="no"))
    assert refusal.startswith("by: only 'Reviewing attorney' as reviewer")


async def test_a_decision_is_about_the_draft_that_was_read(office: Office) -> None:
    demand = await office.demand()
    first = (await demand.to_review()).draft
    assert first
    await demand.fill_in_everything()
    demand.expect(review_request(2))
    refusal = await demand.refuses(await demand.review("approve", sha256=first.sha256))
    assert refusal.startswith("sha256:")


async def test_a_field_that_does_not_exist_is_refused_by_name(office: Office) -> None:
    demand = await office.demand()
    await demand.to_review()
    refusal = await demand.refuses(await demand.review("revise", fields={"authority.9.text": "…"}))
    assert "authority.9.text" in refusal


async def test_a_rejected_draft_holds_until_a_person_has_it_drawn_up_anew(office: Office) -> None:
    demand = await office.demand()
    await demand.to_review()
    await demand.send(await demand.review("reject", reason="wrong authority"))
    await demand.expect_status(Status.ON_HOLD, Attention.DRAFT_REJECTED)
    await demand.resolve(Attention.DRAFT_REJECTED)
    demand.expect(review_request(2))
    view = await demand.expect_status(Status.AWAITING_REVIEW)
    assert view.draft
    assert view.draft.version == 2
