"""What the Web UI is looked at with: one office on the real server, and a request at each place that matters."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Error, Page, async_playwright
from temporalio.client import WorkflowExecutionDescription, WorkflowExecutionStatus

import worker
from activities.dossier import Dossier
from activities.mail import MailClient, SmtpSettings
from forthwith.console.campaign_file import read_campaign
from forthwith.console.planning import Planned, plan_requests
from forthwith.console.requests import Handle, handle_of, web_ui_link, web_ui_page
from forthwith.console.start import Starter
from forthwith.domain.messages import RecordResponse, Status, Who
from forthwith.domain.views import RequestStatus
from forthwith.settings import Settings
from forthwith.stage.mailbox import Faults, Mailbox
from forthwith.stage.server import LocalServer, local_server
from forthwith.stage.virtual_clock import VirtualClock, virtual_seconds
from workflows.jurisdiction_request import JurisdictionRequest

CAMPAIGN = Path("examples/1373-2018/campaign.yaml")
SETTLES_WITHIN = timedelta(seconds=20)
INDEXED_WITHIN = timedelta(seconds=10)

SILENT, LATE, WAITING, UNREADABLE, REFUSED, COMPLIED = (
    "chicago-il",
    "state-of-california",
    "cook-county-il",
    "king-county-wa",
    "state-of-oregon",
    "state-of-illinois",
)
"""Who has the draft before the attorney, who an attorney that is late, whose response is awaited, whose system wrote
what nobody can read, whose mail server takes nothing, and who produced everything."""

NEED_A_PERSON = {LATE, UNREADABLE, REFUSED}

HOSTILE = "</p><script>document.title='owned'</script> **x** `y` ![z](http://127.0.0.1:9/z) | # "
"""What a stranger's system may write into a message."""

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
        """Lets one request live in silence until it stands at ``reached``, with a reason for attention if wanted."""
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
    names = (SILENT, LATE, WAITING, UNREADABLE, REFUSED, COMPLIED)
    planned = {
        one.plan.jurisdiction.id: one for one in plan_requests(read_campaign(CAMPAIGN), opened_at=now, only=names)
    }
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
        async with (
            MailClient(SmtpSettings.model_validate(settings.smtp), clock=virtual_seconds) as mail,
            worker.build_worker(server.client, settings, mail),
        ):
            starter = Starter(clock.client, dossier, started_by="the office", now=now)
            await starter.start(planned.values(), done=lambda _: None)
            scene = Scene(server, clock, planned)
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
        scene.until(COMPLIED, Status.AWAITING_RESPONSE),
    )
    await scene.handle(UNREADABLE).signal("response_received", {"from": HOSTILE, HOSTILE: 1})
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
    await scene.settle(UNREADABLE)


@asynccontextmanager
async def browser_page(*, height: int = 900) -> AsyncGenerator[Page]:
    """A page of Chromium, closed at the end."""
    chromium = shutil.which("chromium")
    assert chromium, "no chromium on the PATH: on Debian, apt-get install chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM))
        try:
            yield await browser.new_page(viewport={"width": 1360, "height": height})
        finally:
            await browser.close()


async def open_list(page: Page, link: str) -> None:
    """Opens a list and waits until it has its rows."""
    await page.goto(link)
    await page.get_by_role("row").get_by_role("link").first.wait_for()
    await quiet(page)


async def open_request(page: Page, link: str, status: str) -> str:
    """Opens a request's page at its details, waits until it says its status, and returns all that can be read."""
    await page.goto(link)
    await page.get_by_text("User Metadata").first.click(timeout=15_000)
    async with asyncio.timeout(20):
        while status not in (shown := await _everything(page)):  # noqa: ASYNC110 - the page is read again
            await asyncio.sleep(0.2)
    return shown


async def _everything(page: Page) -> str:
    """The text of the page and of the frames in which it sets Markdown, one line whatever its quotes."""
    texts: list[str] = []
    for frame in page.frames:
        with suppress(Error):  # a frame may be replaced while it is read
            texts.append(await frame.locator("body").inner_text(timeout=2_000))
    return "\n".join(texts).replace("’", "'")


async def quiet(page: Page) -> None:
    """Waits until the page has loaded what it loads; a page that keeps listening to the server is quiet too."""
    with suppress(Exception):
        await page.wait_for_load_state("networkidle", timeout=2000)
