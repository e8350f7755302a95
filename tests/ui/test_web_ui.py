"""The Web UI is the operators' console: what needs a person is found there, and a request's page says why."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.ui.scene import NEED_A_PERSON, SILENT, UNREADABLE, Scene, browser_page, open_list, open_request, scene

pytestmark = pytest.mark.ui
SCREENS = Path("build/screens")


SCREENS.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Scene]:
    async with scene(tmp_path_factory.mktemp("office")) as office:
        yield office


async def test_a_search_attribute_query_lists_exactly_who_needs_a_person(office: Scene):
    async with browser_page() as page:
        await open_list(page, office.list_link("Attention IS NOT NULL"))
        await page.screenshot(path=SCREENS / "list.png")
        listed = await page.locator("body").inner_text()
    assert {name for name in office.planned if f"/{name}" in listed} == NEED_A_PERSON


async def test_the_page_of_a_request_says_where_it_stands_and_why(office: Scene):
    async with browser_page(height=1400) as page:
        shown = await open_request(page, office.page_link(SILENT), "AwaitingReview")
        await page.screenshot(path=SCREENS / "request.png")
    assert "AwaitingReview" in shown
    assert "waits for the attorney's decision on the draft" in shown
    assert "Outstanding: A-1" in shown
    assert office.planned[SILENT].plan.content_hash in shown


async def test_a_stranger_s_message_cannot_write_the_page(office: Scene):
    async with browser_page(height=1400) as page:
        shown = await open_request(page, office.page_link(UNREADABLE), "OnHold")
        await page.screenshot(path=SCREENS / "on-hold.png")
        title = await page.title()
    assert "OnHold" in shown
    assert "unreadable message" in shown
    assert title != "owned"
