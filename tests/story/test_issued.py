"""After the attorney's approval: a person issues, a person serves, and the return date runs."""

from forthwith.request.vocabulary import Attention, Status
from tests.story.harness import (
    Office,
    issuance_chase,
    letter,
    referral,
    review_request,
    service_chase,
    story_campaign,
)


async def test_silence_to_the_very_end_is_referred_with_a_memo_of_the_whole_record(office: Office) -> None:
    demand = await office.demand()
    await demand.to_issuance()
    await demand.issue()
    await demand.serve()
    view = await demand.expect_status(Status.AWAITING_RETURN)
    assert view.issued_copy
    await demand.advance(days=22, minutes=1)
    demand.expect(referral())
    outcome = await demand.expect_end(Status.REFERRED_FOR_ENFORCEMENT)
    assert office.dossier.timeline(demand.id)[-1].head == outcome.head, "the case file ends where the request did"
    (memo,) = (demand.folder / "referral").glob("*.json")
    recited = memo.read_text("utf-8")
    for needed in ("OJP-17", "City Clerk", "A. Server", "5" * 64):
        assert needed in recited
    assert "does NOT end" not in recited, "the chain of the timeline holds"


async def test_production_before_the_return_date_ends_it(office: Office) -> None:
    demand = await office.demand()
    await demand.to_return()
    await demand.advance(days=20)
    await demand.respond()
    await demand.expect_end(Status.COMPLIED)


async def test_an_issuance_and_a_service_that_do_not_happen_are_chased(office: Office) -> None:
    demand = await office.demand()
    await demand.to_issuance()
    await demand.advance(days=5, minutes=1)
    demand.expect(issuance_chase(1, version=2))
    await demand.issue()
    await demand.expect_status(Status.AWAITING_SERVICE)
    await demand.advance(days=10, minutes=1)
    demand.expect(service_chase(1))
    await demand.expect_status(Status.AWAITING_SERVICE, Attention.SERVICE_LATE)
    await demand.serve()
    await demand.expect_status(Status.AWAITING_RETURN)


async def test_an_objection_is_noted_and_the_return_date_runs_on(office: Office) -> None:
    demand = await office.demand()
    await demand.to_return()
    await demand.object("A-1", "A-3", ground="privilege")
    await demand.expect_status(Status.AWAITING_RETURN, Attention.OBJECTION)
    await demand.advance(days=22, minutes=1)
    demand.expect(referral())
    (memo,) = (demand.folder / "referral").glob("*.json")
    assert "privilege" in memo.read_text("utf-8")
    await demand.expect_end(Status.REFERRED_FOR_ENFORCEMENT)


async def test_a_late_response_stops_the_draft_until_the_moment_of_issuance(office: Office) -> None:
    demand = await office.demand()
    await demand.to_issuance()
    await demand.respond({"A-1": "produced"})
    await demand.expect_status(Status.AWAITING_REVIEW)
    demand.expect(review_request(3))
    assert "no approved draft to issue" in await demand.refuses(await demand.issuance())


async def test_after_issuance_a_response_in_part_changes_what_is_outstanding_and_nothing_else(office: Office) -> None:
    demand = await office.demand()
    await demand.to_issuance()
    await demand.issue()
    await demand.respond({"A-1": "produced"})
    view = await demand.expect_status(Status.AWAITING_SERVICE)
    assert view.outstanding == ("A-2", "A-3")


async def test_a_response_in_part_is_answered_by_a_letter_about_the_rest(office: Office) -> None:
    rungs = story_campaign(office.name).model_dump(mode="json", by_alias=True)["ladder"]
    rungs.insert(4, {"deficiency": {"cure": {"hours": 240}}})
    demand = await office.demand(ladder=rungs)
    demand.expect(letter("demand"))
    await demand.advance(days=2)
    await demand.respond({"A-2": "produced"})
    await demand.advance(minutes=1)
    (mail,) = demand.expect(letter("deficiency-1"))
    assert "A-1" in mail.text()
    assert "Request A-2: produced" in mail.text()


async def test_withdrawn_while_the_return_date_runs(office: Office) -> None:
    demand = await office.demand()
    await demand.to_return()
    await demand.withdraw()
    await demand.expect_end(Status.WITHDRAWN)
