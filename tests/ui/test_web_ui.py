"""The Web UI is the operators' console: what needs a person is found there, and a request's page says why."""

import pytest
from playwright.async_api import Page

from forthwith.visibility import query
from tests.ui.conftest import SCREENS
from tests.ui.scene import (
    COMPLIED,
    HOSTILE,
    LATE,
    NEED_A_PERSON,
    REFUSED,
    SILENT,
    UNREADABLE,
    WAITING,
    Scene,
    open_details,
    open_list,
    open_request,
)

pytestmark = pytest.mark.ui


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (query(None, None, "any", None), NEED_A_PERSON),
        (query("1373-2018", "AwaitingReview", None, None), {SILENT, LATE}),
        (query(None, None, "undeliverable", None), {REFUSED}),
        (query(None, "Complied", None, None), {COMPLIED}),
    ],
    ids=["attention", "awaiting-review", "undeliverable", "complied"],
)
async def test_a_query_lists_exactly_the_requests_it_is_about(
    office: Scene, page: Page, condition: str, expected: set[str], request: pytest.FixtureRequest
):
    await office.indexed(condition, len(expected))
    listed = await open_list(page, office.list_link(condition))
    await page.screenshot(path=SCREENS / f"list-{request.node.callspec.id}.png")
    assert listed == {f"1373-2018/{name}" for name in expected}


async def test_the_page_of_a_request_says_where_it_stands_and_what_happens_next(office: Scene, page: Page):
    plan, view = office.planned[SILENT].plan, await office.view(SILENT)
    assert view.draft
    assert view.response_due
    shown = await open_details(page, office.page_link(SILENT))
    await page.screenshot(path=SCREENS / "request.png")
    assert "City of Chicago, Illinois: Document request under 8 U.S.C. § 1373" in shown
    assert plan.content_hash in shown
    assert "AwaitingReview – waits for the attorney's decision on the draft" in shown
    assert "review-1 to the reviewer, asking for the decision on the draft" in shown
    assert f"Response was due: {view.response_due.in_words()}" in shown
    assert "Decision due:" in shown
    assert "Outstanding: A-1 (1 of 1)" in shown
    assert view.draft.sha256 in shown
    assert f"forthwith review-subpoena {plan.workflow_id} --sha256 {view.draft.sha256} --revise" in shown
    assert "Last letters (5 of 6, newest first)" in shown
    assert "final-notice to the recipient" in shown


async def test_what_is_awaited_from_the_recipient_has_its_date_and_zone(office: Scene, page: Page):
    view = await office.view(WAITING)
    assert view.response_due
    shown = await open_details(page, office.page_link(WAITING))
    await page.screenshot(path=SCREENS / "awaiting-response.png")
    assert "AwaitingResponse – waits for the response" in shown
    assert f"Response due: {view.response_due.in_words()}" in shown
    assert "Chicago time (C" in shown
    assert "acknowledgment to the recipient, asking to confirm that the demand arrived" in shown
    assert "Needs a person" not in shown


@pytest.mark.parametrize(
    ("name", "status", "why", "what_to_do"),
    [
        (UNREADABLE, "OnHold", "unreadable message", 'unreadable_message --reason "…"'),
        (REFUSED, "Sending", "undeliverable", "--unserviceable it ends the request"),
        (LATE, "AwaitingReview", "review late", "--revise --set"),
    ],
    ids=["unreadable", "undeliverable", "review-late"],
)
async def test_a_request_that_needs_a_person_says_why_and_what_to_do(
    office: Scene, page: Page, name: str, status: str, why: str, what_to_do: str
):
    shown = await open_details(page, office.page_link(name))
    await page.screenshot(path=SCREENS / f"{why.replace(' ', '-')}.png")
    assert f"{status} – waits for" in shown
    assert f"Needs a person: {why}" in shown
    assert what_to_do in shown


async def test_the_page_of_a_request_that_has_ended_says_how(office: Scene, page: Page):
    shown = await open_details(page, office.page_link(COMPLIED))
    await page.screenshot(path=SCREENS / "complied.png")
    assert "Complied since" in shown
    assert "Every item is settled." in shown
    assert "Outstanding: nothing (of 1)" in shown


async def test_a_stranger_cannot_write_the_page(office: Scene, page: Page):
    shown = await open_details(page, office.page_link(HOSTILE))
    await page.screenshot(path=SCREENS / "hostile.png")
    assert "OnHold – waits for" in shown
    assert "<script>document.title='owned'</script>" in shown, "it is shown as it was written"
    assert await page.title() != "owned"
    assert await page.locator("a[href*='127.0.0.1:9'], img[src*='127.0.0.1:9']").count() == 0, "nor outside its frames"
    for frame in page.frames[1:]:
        assert await frame.locator("main a, main img, main script, main h1").count() == 0
        assert await frame.locator("main").count() == 1


async def test_timers_and_activities_say_what_they_are_for(office: Scene, page: Page):
    await open_request(page, office.page_link(SILENT), tab="Timeline", until=("Input",))
    for summary in (
        "the response is overdue",
        "send_letter • final-notice to the recipient",
        "review-1 to the reviewer",
    ):
        await page.get_by_text(summary).first.wait_for()
    await page.screenshot(path=SCREENS / "timeline.png")


async def test_search_attributes_stand_on_the_page(office: Scene, page: Page):
    shown = await open_request(page, office.page_link(LATE), tab="Search Attributes", until=("review_late",))
    await page.screenshot(path=SCREENS / "search-attributes.png")
    for name in ("RequestStatus", "Campaign", "Jurisdiction", "ResponseDue", "NextActionAt", "ItemsOutstanding"):
        assert name in shown
    assert LATE in shown
