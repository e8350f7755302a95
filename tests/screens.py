"""Pictures of whatever a person looks at, to be looked at by a person: `make screens`.

Every Web UI page, the report, every kind of letter and every page of a draft goes to build/screens. With ``--docs`` the
four that README and docs show are taken anew into docs/screens.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import typst
from playwright.async_api import FloatRect, Page
from pypdf import PdfReader

from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.planning import Planned, plan_requests
from forthwith.cli.commands.report import made_report
from forthwith.cli.report.files import write_report
from forthwith.documents.letters import LetterOrder
from forthwith.request.timetable import TO_RECIPIENT, StepKind
from forthwith.views.forecast import Foreseen
from forthwith.visibility import query
from tests.ui.scene import CAMPAIGN, LATE, SILENT, Scene, chromium, open_details, open_list, open_request, scene
from tests.units.matter import draft, memo, memo_order, under_rule_45

BUILD, DOCS = Path("build/screens"), Path("docs/screens")
SENT_ON = datetime(2018, 1, 24, 14, tzinfo=UTC)
"""The morning in Washington on which the real letters went out."""

ATTENTION = query(None, None, "any", None)
TABS = {"Timeline": "Input", "Event History": "Event Type", "Search Attributes": "RequestStatus"}
"""Tabs of a request's page, and what shows that they are there."""

ROWS, DETAILS = FloatRect(x=256, y=60, width=1344, height=380), FloatRect(x=256, y=110, width=1344, height=800)
"""What the README shows of a page of 1600 by 1200."""

SHOWN = (
    "los-angeles-ca",
    "jackson-ms",
    "king-county-wa",
    "louisville-metro-ky",
    "new-york-city-ny",
    "san-francisco-ca",
)
"""Requests of the demo's report that the README shows: each takes a course of its own."""

SHARP, SMALL = 110, 64
"""Pixels an inch, to look at closely, and for the README."""

OTHERS = (
    StepKind.DEFICIENCY,
    StepKind.ISSUANCE_CHASE,
    StepKind.SERVICE_CHASE,
    StepKind.REFERRAL,
    StepKind.HOLD_CHASE,
)
"""Letters that an unanswered request does not send: it ends at the supervisor's review and is never on hold."""


def main() -> None:
    """Takes all pictures and says where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="also those that README and docs show")
    for_readme = parser.parse_args().docs
    for folder in (BUILD, *([DOCS] if for_readme else [])):
        folder.mkdir(parents=True, exist_ok=True)
    documents = dict(_documents())
    for name, pdf in documents.items():
        for number, _ in enumerate(PdfReader(BytesIO(pdf)).pages, start=1):
            _picture(BUILD / f"{name}-{number}.png", [(pdf, number)], SHARP)
    if for_readme:
        _picture(DOCS / "documents.png", [(documents["01-demand"], 1), (documents["draft-1"], 1)], SMALL)
    asyncio.run(_web_ui(for_readme=for_readme))
    print(*sorted(BUILD.glob("*.png")), *(sorted(DOCS.glob("*.png")) if for_readme else ()), sep="\n")  # noqa: T201


def _documents() -> Iterator[tuple[str, bytes]]:
    """Every letter and draft of an unanswered request, and the letters it does not send, by the name of the picture."""
    (planned,) = plan_requests(read_campaign(CAMPAIGN), opened_at=SENT_ON, only=[SILENT])
    steps = [step for step in planned.forecast(SENT_ON) if step.order]
    for number, step in enumerate(steps, start=1):
        name = f"{number:02}-{step.step}" if step.what == "letter" else step.step.replace(" ", "-")
        yield name, _pdf(planned, step)
    last = steps[-1]
    assert isinstance(last.order, LetterOrder)
    matter = memo_order()
    for kind in OTHERS:
        name, to = kind.replace("_", "-"), "recipient" if kind in TO_RECIPIENT else "operator"
        order = last.order.model_copy(
            update={
                "step": last.order.step.model_copy(update={"kind": kind, "id": name, "to": to}),
                "attention": ("unreadable_message",),
                "cure": matter.cure,
                "issued": matter.issued,
                "service": matter.service,
                "return_due": matter.return_due,
                "memo": matter.letters[0].receipt.pdf,
            }
        )
        yield f"other-{name}", _pdf(planned, Foreseen(last.at, name, "letter", to, last.zone, (), order))
    later = {
        "draft-rule-45": draft(under_rule_45()),
        "issued": draft(issued=matter.issued),
        "issued-rule-45": draft(under_rule_45(), issued=matter.issued),
        "memo": memo(),
    }
    for name, document in later.items():
        yield name, planned.render(document, created=matter.drafted_at)


def _pdf(planned: Planned, step: Foreseen) -> bytes:
    document = planned.document(step)
    assert document
    return planned.render(document, created=step.at)


def _picture(path: Path, pages: list[tuple[bytes, int]], ppi: int) -> None:
    """Pages of PDF files side by side, by the very program that sets them: no other is needed."""
    with tempfile.TemporaryDirectory() as folder:
        for number, (pdf, _) in enumerate(pages):
            (Path(folder) / f"{number}.pdf").write_bytes(pdf)
        images = ", ".join(
            f'box(fill: white, image("{number}.pdf", page: {page}))' for number, (_, page) in enumerate(pages)
        )
        sheet = Path(folder) / "sheet.typ"
        sheet.write_text(
            "#set page(width: auto, height: auto, margin: 8pt, fill: luma(85%))\n"
            f"#grid(columns: {len(pages)}, gutter: 8pt, {images})\n"
        )
        path.write_bytes(typst.compile(sheet, root=Path(folder), format="png", ppi=ppi, ignore_system_fonts=True))


async def _web_ui(*, for_readme: bool) -> None:
    """The list by attention, the details of every request, and the other tabs that operators use."""
    with tempfile.TemporaryDirectory() as folder:
        async with scene(Path(folder)) as office, chromium() as browser:
            page = await browser.new_page()
            await open_list(page, office.list_link(ATTENTION))
            await page.screenshot(path=BUILD / "list.png")
            for name in office.planned:
                await open_details(page, office.page_link(name))
                await page.screenshot(path=BUILD / f"request-{name}.png")
            for tab, words in TABS.items():
                await open_request(page, office.page_link(SILENT), tab=tab, until=(words,))
                await page.screenshot(path=BUILD / f"{tab.lower().replace(' ', '-')}.png")
            await _report(await browser.new_page(), office, Path(folder))
            if for_readme:
                await _whole_histories(await browser.new_page())
                await open_list(page, office.list_link(ATTENTION))
                await page.screenshot(path=DOCS / "list.png", clip=ROWS)
                await open_details(page, office.page_link(LATE))
                await page.screenshot(path=DOCS / "request.png", clip=DETAILS)


async def _report(page: Page, office: Scene, folder: Path) -> None:
    """The page of the campaign on a desk, on a telephone, in the dark and on paper."""
    made = await made_report(
        office.server.client, office.dossier, "1373-2018", now=datetime.now(UTC), web_ui=office.server.web_ui
    )
    await page.goto(Path(write_report(made, folder / "report").page).as_uri())
    await page.pdf(path=folder / "report.pdf", format="Letter")
    content = (folder / "report.pdf").read_bytes()
    for number, _ in enumerate(PdfReader(BytesIO(content)).pages, start=1):
        _picture(BUILD / f"report-paper-{number}.png", [(content, number)], SHARP)
    for name, width in (("desk", 1280), ("phone", 390)):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.screenshot(path=BUILD / f"report-{name}.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.emulate_media(color_scheme="dark")
    await page.screenshot(path=BUILD / "report-dark.png", full_page=True)
    await page.close()


async def _whole_histories(page: Page) -> None:
    """What the README shows of a report: that of the demo, in which requests come to their ends."""
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "starter.py", "demo", "--json"), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await demo.communicate()
    await page.goto(Path(json.loads(said)["report"]).as_uri())
    shown = ", ".join(f"#{name}" for name in SHOWN)
    await page.add_style_tag(
        content=f"[aria-labelledby=tasks], [aria-labelledby=legend], footer, tbody tr:not({shown}) {{ display: none }}"
    )
    await page.set_viewport_size({"width": 1240, "height": 900})
    await page.locator("main").screenshot(path=DOCS / "report.png")
    await page.close()


if __name__ == "__main__":
    main()
