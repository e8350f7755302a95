"""What the Web UI is looked at with: one office on the real server, and a request at each place that matters."""

import asyncio
import json
import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import BrowserContext, Error, Page, async_playwright
from temporalio.client import WorkflowExecutionDescription, WorkflowExecutionStatus

import worker
from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.planning import Planned, plan_requests
from forthwith.campaign.starting import Starter
from forthwith.casefile.store import Dossier
from forthwith.devstack.mailbox import Faults, Mailbox
from forthwith.devstack.server import LocalServer, local_server
from forthwith.devstack.virtual_clock import VirtualClock, virtual_seconds
from forthwith.mail.client import MailClient, SmtpSettings
from forthwith.rendering import Renderer
from forthwith.request.responses import RecordResponse
from forthwith.request.vocabulary import Status, Who
from forthwith.settings import Settings
from forthwith.views.status import RequestStatus
from forthwith.visibility import Handle, handle_of, web_ui_link, web_ui_page
from workflows.jurisdiction_request import JurisdictionRequest

CAMPAIGN = Path("examples/1373-2018/campaign.yaml")
SETTLES_WITHIN = timedelta(seconds=20)
INDEXED_WITHIN = timedelta(seconds=10)
SHOWN_WITHIN = timedelta(seconds=20)

SILENT, LATE, WAITING, UNREADABLE, HOSTILE, REFUSED, COMPLIED = (
    "chicago-il",
    "state-of-california",
    "cook-county-il",
    "king-county-wa",
    "berkeley-ca",
    "state-of-oregon",
    "state-of-illinois",
)
"""Who has the draft before the attorney, who an attorney that is late, whose response is awaited, whose system wrote
what nobody can read, whose wrote what nobody should, whose mail server takes nothing, and who produced everything."""

NEED_A_PERSON = {LATE, UNREADABLE, HOSTILE, REFUSED}

MISTYPED = {
    "event_id": "portal-2018-0042",
    "by": {"name": "Document portal", "role": "system"},
    "received_at": "2018-02-20 16:05",
    "from": "King County, Office of the Executive",
    "kind": "production",
    "items": "everything",
}

ATTACK = (
    "</p></main><script>document.title='owned'</script><h1>Approved</h1>\n\n# Approved\n\n> Needs nobody\n"
    " **bold** `code` [click](http://127.0.0.1:9/a) ![image](http://127.0.0.1:9/b) <http://127.0.0.1:9/c>"
    " http://127.0.0.1:9/d www.example.org clerk@example.org ftp://127.0.0.1:9/e \u202egnorw | x"
)
"""What a stranger's system may call a message."""

NAMED = "King [County](http://127.0.0.1:9/f) http://127.0.0.1:9/g **W** ![i](http://127.0.0.1:9/h)"
"""How a list of strangers may call a recipient."""

COLUMNS = ("RequestStatus", "Attention", "ItemsOutstanding", "ResponseDue", "NextActionAt")
STRAIGHT_QUOTES = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}
"""The Web UI's Markdown sets typographers' quotes."""

CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Scene:
    """A campaign under way, with the Web UI over it."""

    server: LocalServer
    clock: VirtualClock
    planned: dict[str, Planned]
    dossier: Dossier

    def handle(self, name: str) -> Handle:
        return handle_of(self.server.client, self.planned[name].plan.workflow_id)

    def list_link(self, query: str) -> str:
        return web_ui_link(self.server.web_ui, self.server.client.namespace, query)

    def page_link(self, name: str) -> str:
        request = self.planned[name].plan.workflow_id
        return web_ui_page(self.server.web_ui, self.server.client.namespace, request)

    async def view(self, name: str) -> RequestStatus:
        return await self.handle(name).query(JurisdictionRequest.status)

    async def settle(self, name: str) -> None:
        """Waits until nothing of a request is under way, in real time."""
        async with asyncio.timeout(SETTLES_WITHIN.total_seconds()):
            while _is_busy(await self.handle(name).describe()):  # noqa: ASYNC110 - the server tells nobody, it is asked
                await asyncio.sleep(0.02)

    async def until(self, name: str, reached: Status, *, attention: bool = False) -> None:
        """Lets one request go unanswered until it stands at ``reached``, with a reason for attention if wanted."""
        while (view := await self.view(name)).status is not reached or bool(view.attention) < attention:
            assert view.next_action, f"{name} comes to rest as {view.status}"
            if view.next_action.at:
                await self.clock.move_to(self.handle(name), view.next_action.at + timedelta(seconds=1))
            await self.settle(name)

    async def indexed(self, query: str, count: int) -> None:
        """Waits until Visibility finds ``count`` requests."""
        async with asyncio.timeout(INDEXED_WITHIN.total_seconds()):
            while (await self.server.client.count_workflows(query)).count != count:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)


def _is_busy(found: WorkflowExecutionDescription) -> bool:
    raw = found.raw_description
    running = found.status is WorkflowExecutionStatus.RUNNING
    return running and (bool(raw.pending_activities) or raw.HasField("pending_workflow_task"))


@asynccontextmanager
async def scene(folder: Path) -> AsyncGenerator[Scene]:
    """Server, Web UI, mailbox, worker and six requests, each at its place, until the body ends."""
    now = datetime.now(UTC)
    names = (SILENT, LATE, WAITING, UNREADABLE, HOSTILE, REFUSED, COMPLIED)
    planned = {
        one.plan.jurisdiction.id: one for one in plan_requests(read_campaign(CAMPAIGN), opened_at=now, only=names)
    }
    hostile = planned[HOSTILE].plan
    named = hostile.jurisdiction.model_copy(update={"name": NAMED})
    planned[HOSTILE] = replace(planned[HOSTILE], plan=hostile.model_copy(update={"jurisdiction": named}))
    faults = Faults(refuse={planned[REFUSED].plan.jurisdiction.email})
    dossier = Dossier(folder / "dossier")
    async with (
        local_server(ui=True, log=folder / "server.log") as server,
        Mailbox(folder / "mail", faults=faults) as mailbox,
    ):
        settings = Settings(
            dossier=dossier.root,
            smtp_host="127.0.0.1",
            smtp_port=mailbox.port,
            smtp_tls="none",
            drain=timedelta(seconds=5),
        )
        clock = VirtualClock(server.client)
        with Renderer() as renderer:
            async with (
                MailClient(SmtpSettings.model_validate(settings.smtp), clock=virtual_seconds) as mail,
                worker.build_worker(server.client, settings, mail, renderer),
            ):
                starter = Starter(clock.client, dossier, started_by="the office", now=now)
                await starter.start(planned.values())
                scene = Scene(server, clock, planned, dossier)
                await asyncio.gather(*map(scene.settle, names))
                await _play(scene)
                await scene.indexed("Attention IS NOT NULL", len(NEED_A_PERSON))
                yield scene


async def _play(scene: Scene) -> None:
    await asyncio.gather(
        scene.until(SILENT, Status.AWAITING_REVIEW),
        scene.until(LATE, Status.AWAITING_REVIEW, attention=True),
        scene.until(WAITING, Status.AWAITING_RESPONSE),
        scene.until(UNREADABLE, Status.AWAITING_RESPONSE),
        scene.until(HOSTILE, Status.AWAITING_RESPONSE),
        scene.until(COMPLIED, Status.AWAITING_RESPONSE),
    )
    await scene.handle(UNREADABLE).signal("response_received", MISTYPED)
    await scene.handle(HOSTILE).signal(ATTACK, {})
    response = RecordResponse.model_validate(
        {
            "event_id": "mailroom-1",
            "by": Who(name="Mailroom", role="system"),
            "received_at": await scene.clock.now(scene.handle(COMPLIED)),
            "from": "Department of Law",
            "kind": "production",
            "items": "all",
        }
    )
    await scene.handle(COMPLIED).execute_update(JurisdictionRequest.record_response, response, id=response.event_id)
    await scene.handle(COMPLIED).result()
    await asyncio.gather(scene.settle(UNREADABLE), scene.settle(HOSTILE))


@asynccontextmanager
async def chromium(*, width: int = 1600, height: int = 1200) -> AsyncGenerator[BrowserContext]:
    """A headless browser, closed at the end, whose lists have a column for what an operator goes by.

    The Web UI keeps the choice of columns in the browser, where an operator makes it once.
    """
    executable = shutil.which("chromium")
    assert executable, "no chromium on the PATH: on Debian, apt-get install chromium"
    columns = json.dumps({"default": [{"label": label} for label in ("Workflow ID", *COLUMNS)]})
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM))
        try:
            context = await browser.new_context(viewport={"width": width, "height": height})
            await context.add_init_script(
                f"localStorage.setItem('namespace-workflow-table-columns', {json.dumps(columns)})"
            )
            yield context
        finally:
            await browser.close()


async def open_list(page: Page, link: str) -> set[str]:
    """Opens a list, waits until it has its rows, and returns the requests it names."""
    await page.goto(link)
    links = page.get_by_role("row").get_by_role("link").filter(has_text="/")
    await links.first.wait_for()
    return set(await links.all_inner_texts())


async def open_details(page: Page, link: str) -> str:
    """Opens a request's page at its details and waits until they are there. Returns all that can be read."""
    return await open_request(page, link, tab="User Metadata", until=("Calendars:", "Outstanding:"))


async def open_request(page: Page, link: str, *, tab: str, until: Sequence[str]) -> str:
    """Opens one tab of a request's page and waits until it says all of ``until``. Returns all that can be read."""
    await page.goto(link)
    await page.get_by_role("tab", name=tab).click()
    async with asyncio.timeout(SHOWN_WITHIN.total_seconds()):
        while True:
            shown = await _everything(page)
            if all(words in shown for words in until):
                return shown
            await asyncio.sleep(0.1)


async def _everything(page: Page) -> str:
    """The text of the page and of the frames in which it sets Markdown, quotes as they were written."""
    texts: list[str] = []
    for frame in page.frames:
        with suppress(Error):  # a frame may be replaced while it is read
            texts.append(await frame.locator("body").inner_text(timeout=2_000))
    return "\n".join(texts).translate(STRAIGHT_QUOTES)
