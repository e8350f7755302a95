"""The report in a real browser: it is self-contained, fits its window, and no stranger can write into it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page

from forthwith.cli.commands.report import made_report
from forthwith.cli.report.files import write_report
from tests.ui.conftest import SCREENS
from tests.ui.scene import HOSTILE, NEED_A_PERSON, WAITING, Scene

pytestmark = pytest.mark.ui


@pytest.fixture(scope="session")
async def written(office: Scene, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the page of the whole office is."""
    made = await made_report(
        office.server.client, office.dossier, "1373-2018", now=datetime.now(UTC), web_ui=office.server.web_ui
    )
    return Path(write_report(made, tmp_path_factory.mktemp("report")).page).as_uri()


@pytest.mark.parametrize("width", [390, 1280])
async def test_the_page_fits_its_window_and_is_self_contained(written: str, page: Page, width: int):
    requested, logged = list[str](), list[str]()
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: logged.append(message.text))
    page.on("pageerror", lambda error: logged.append(str(error)))
    await page.set_viewport_size({"width": width, "height": 900})
    await page.goto(written)
    await page.screenshot(path=SCREENS / f"report-{width}.png", full_page=True)
    assert requested == [written]
    assert logged == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    for strip in await page.locator("svg.history").all():
        box = await strip.bounding_box()
        assert box
        assert box["width"] > 0.5 * width
    at_once = [
        await page.locator(f"#{WAITING} svg.history use[href='#{mark}']").bounding_box() for mark in ("md", "mc")
    ]
    demand, clock = (box for box in at_once if box)
    assert abs(demand["x"] + demand["width"] / 2 - clock["x"]) < 4, "the clock starts where the demand was sent"


async def test_who_needs_a_person_comes_first_and_each_line_is_also_in_words(office: Scene, written: str, page: Page):
    await page.goto(written)
    names = [await row.get_attribute("id") or "" for row in await page.locator("tbody tr").all()]
    assert set(names) == set(office.planned)
    first = names[: await page.locator("tr.needs").count()]
    assert set(first) >= NEED_A_PERSON
    row = page.locator(f"#{WAITING}")
    assert "Awaiting response" in await row.inner_text()
    strip = row.get_by_role("img")
    assert (
        await strip.evaluate("svg => svg.querySelector('title').textContent")
        == "Cook County, Illinois: Awaiting response"
    )
    drawn = await strip.locator("use title").all_text_contents()
    assert any(words.startswith("Demand: ") for words in drawn)
    assert any(words.startswith("Response due: ") for words in drawn)
    shapes = strip.locator("use")
    places = [box["x"] for shape in await shapes.all() if (box := await shape.bounding_box())]
    assert len(places) == await shapes.count()
    assert max(places) - min(places) > 100, "they are spread along the axis"


async def test_a_stranger_cannot_write_the_report(written: str, page: Page):
    await page.goto(written)
    assert await page.title() != "owned"
    assert await page.locator("h1").count() == 1
    assert await page.locator("main script, main img, iframe").count() == 0
    assert "on hold" in (await page.locator(f"#{HOSTILE}").inner_text()).lower()
