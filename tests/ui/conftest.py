"""One office and one browser for all that is looked at."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page

from tests.ui.scene import Scene, chromium, scene

SCREENS = Path("build/screens")
SCREENS.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Scene]:
    async with scene(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[BrowserContext]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def page(browser: BrowserContext) -> AsyncGenerator[Page]:
    page = await browser.new_page()
    yield page
    await page.close()
