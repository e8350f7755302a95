"""`audit` against a real server: each fault that is planted is found, as exactly one finding, and nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from forthwith import temporal
from forthwith.campaign.models import RequestPlan
from forthwith.casefile.store import CampaignStart, Dossier, Opening, StartRecord
from forthwith.request.attention import Withdraw
from forthwith.request.entries import GENESIS, Entry
from forthwith.request.events import RequestOpened
from forthwith.request.vocabulary import SYSTEM, Status, Who
from forthwith.visibility import Handle, handle_of
from tests.console.conftest import CampaignWriter, Terminal, until
from tests.console.test_today import started
from workflows.jurisdiction_request import JurisdictionRequest

OPERATOR = Who(name="Olivia Operator", role="operator")
LONG_AGO = datetime.now(UTC) - timedelta(days=10)

Found = dict[str, list[str]]


class Office:
    """One campaign, with everything that can be broken in it."""

    def __init__(self, terminal: Terminal, name: str) -> None:
        self.terminal = terminal
        self.client = terminal.stack.server.client
        self.dossier = Dossier(terminal.stack.dossier)
        self.name = name

    def handle(self, jurisdiction: str) -> Handle:
        return handle_of(self.client, f"{self.name}/{jurisdiction}")

    def file(self, jurisdiction: str, pattern: str) -> Path:
        return sorted(self.dossier.of(f"{self.name}/{jurisdiction}").glob(pattern))[-1]

    async def found(self, *options: str) -> Found:
        """What is wrong: the headings of the runbook by jurisdiction."""
        said = await self.terminal("audit", self.name, *options, "--json")
        assert said.code == (1 if said.json["findings"] else 0), said.err
        found: Found = {}
        for one in said.json["findings"]:
            heading = one["page"].removeprefix("docs/runbook.md#")
            found.setdefault(one["request"].partition("/")[2], []).append(heading)
        return found

    async def expect(self, **headings: str) -> None:
        """Exactly these, by jurisdiction, once Visibility shows them."""
        expected = {name.replace("_", "-"): [heading] for name, heading in headings.items()}
        found: Found = {}

        async def is_so() -> bool:
            nonlocal found
            found = await self.found()
            return found == expected

        try:
            await until(is_so, within=20)
        except TimeoutError:
            assert found == expected

    async def plan(self, jurisdiction: str, like: str) -> RequestPlan:
        """A plan that was pinned, for a jurisdiction that nobody started."""
        record = self.dossier.start_record(f"{self.name}/{like}")
        assert record
        pinned = self.dossier.plan(record.plan)
        other = pinned.jurisdiction.model_copy(update={"id": jurisdiction})
        plan = pinned.model_copy(update={"jurisdiction": other})
        self.dossier.pin(plan.canonical)
        start = StartRecord(
            workflow_id=plan.workflow_id,
            plan=plan.content_hash,
            matter=plan.matter,
            started_by="somebody",
            started_at=LONG_AGO,
        )
        self.dossier.record_start(start)
        return plan

    def opened(self, plan: RequestPlan) -> None:
        self.dossier.open(Opening(workflow_id=plan.workflow_id, first_run="another", plan=plan.content_hash))

    async def run(self, plan: RequestPlan, *, queue: str = temporal.TASK_QUEUE, next_action: datetime) -> None:
        await self.client.start_workflow(
            JurisdictionRequest.run,
            plan,
            id=plan.workflow_id,
            task_queue=queue,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(temporal.CAMPAIGN, self.name),
                    SearchAttributePair(temporal.NEXT_ACTION_AT, next_action),
                ]
            ),
        )


@pytest.mark.fault(37)
async def test_every_fault_is_found_once_and_what_is_well_is_not(terminal: Terminal, campaign: CampaignWriter):
    rows = [
        "albany-ny",
        "berkeley-ca",
        "burlington-vt",
        "chicago-il",
        "cook-county-il",
        "denver-co",
        "fremont-ca",
        "jackson-ms",
    ]
    names = await started(terminal, campaign(*rows), Status.AWAITING_RESPONSE)
    office = Office(terminal, names[0].partition("/")[0])
    await office.expect()

    await office.handle("albany-ny").terminate("by mistake")
    office.file("berkeley-ca", "letters/demand/*.receipt.json").unlink()
    entry = office.file("burlington-vt", "timeline/0003.json")
    entry.write_bytes(entry.read_bytes().replace(b"accepted", b"ACCEPTED"))
    office.file("chicago-il", "start.json").unlink()
    withdrawal = Withdraw(event_id="withdraw-1", by=OPERATOR, reason="settled")
    await office.handle("cook-county-il").execute_update(JurisdictionRequest.withdraw, withdrawal, id="withdraw-1")
    await office.handle("cook-county-il").result()
    office.file("cook-county-il", "timeline/*.json").unlink()
    folder = office.dossier.of(f"{office.name}/denver-co")
    folder.rename(folder.parent.parent / "denver-co-was-here")
    (unreadable := office.file("jackson-ms", "opened.json")).unlink()
    unreadable.mkdir()

    everybody = (*rows, "lawrence-ma")
    office.dossier.record_campaign(
        office.name, CampaignStart(jurisdictions=everybody, started_by="somebody", started_at=datetime.now(UTC))
    )
    await office.plan("half-started", like="fremont-ca")
    office.opened(await office.plan("forgotten", like="fremont-ca"))
    failing = await office.plan("failing", like="fremont-ca")
    office.opened(failing)
    await office.run(failing, next_action=datetime.now(UTC))
    late = await office.plan("late", like="fremont-ca")
    await office.run(late, queue="nobody", next_action=LONG_AGO)
    silent = await office.plan("silent", like="fremont-ca")
    event = RequestOpened(plan=silent.content_hash, opened_at=LONG_AGO)
    opened = Entry(number=1, at=LONG_AGO, by=SYSTEM, event=event, text="Opened.", previous=GENESIS)
    office.dossier.create(office.dossier.of(silent.workflow_id) / "timeline/0001.json", opened.filed())
    await office.run(silent, queue="nobody", next_action=datetime.now(UTC) + timedelta(days=9))

    await office.expect(
        albany_ny="terminated",
        berkeley_ca="letters-and-receipts-do-not-agree",
        burlington_vt="the-record-was-changed",
        chicago_il="a-backup-was-restored",
        cook_county_il="a-backup-was-restored",
        denver_co="a-backup-was-restored",
        jackson_ms="the-record-was-changed",
        lawrence_ma="never-started",
        half_started="never-started",
        forgotten="temporal-forgot-a-request",
        failing="failed",
        late="stuck",
        silent="a-step-was-missed",
    )
    assert (await terminal("audit", "nobody-knows-it")).code == 2


async def test_after_a_reset_the_messages_are_sent_again_and_nothing_is_wrong(
    terminal: Terminal, campaign: CampaignWriter
):
    (request,) = await started(terminal, campaign("chicago-il"), Status.AWAITING_RESPONSE)
    office = Office(terminal, request.partition("/")[0])
    acknowledge = ("acknowledge", request, "--event-id", "mail-7")
    assert (await terminal(*acknowledge)).code == 0
    await until(lambda: "acknowledged" in office.file("chicago-il", "timeline/*.json").read_text("utf-8"))
    reset = ("workflow", "reset", "--workflow-id", request, "--type", "FirstWorkflowTask", "--reason", "a test")
    said = await terminal.temporal(*reset, "--reapply-exclude", "All")
    assert said.code == 0, said.err
    await office.expect(chicago_il="reset")
    assert (await terminal("audit", office.name, "--json")).json["reset"] == [request]
    assert (await terminal(*acknowledge)).code == 0
    await office.expect()
    assert await office.found("--histories") == {}, "what lies beside is known to the history that was reset"
    beside = office.file("chicago-il", "timeline/0003.json")
    forged = Entry.model_validate_json(beside.read_bytes()).model_copy(update={"text": "forged"})
    added = beside.with_name(f"0003-{forged.head[:12]}.json")
    added.write_bytes(forged.filed())
    assert await office.found() == {}, "by itself it might be of another reset"
    assert await office.found("--histories") == {"chicago-il": ["the-record-was-changed"]}
    added.unlink()
    shown = await terminal("audit", office.name)
    assert (shown.code, "Reset, so that the case file has two histories: " + request in shown.out) == (0, True)


async def test_who_starts_some_leaves_nobody_out(terminal: Terminal, campaign: CampaignWriter):
    file = campaign("chicago-il", "denver-co")
    said = await terminal("start", str(file), "--only", "chicago-il", "--json")
    assert said.code == 0, said.err
    office = Office(terminal, said.json[0]["request"].partition("/")[0])
    await terminal.becomes(said.json[0]["request"], Status.AWAITING_RESPONSE)
    await office.expect()
    assert office.dossier.campaign_start(office.name) is None
    assert (await terminal("start", str(file), "--json")).code == 0
    kept = office.dossier.campaign_start(office.name)
    assert kept
    assert kept.jurisdictions == ("chicago-il", "denver-co")


async def test_a_record_that_lost_its_end_is_found_by_its_history(terminal: Terminal, campaign: CampaignWriter):
    (request,) = await started(terminal, campaign("chicago-il"), Status.AWAITING_RESPONSE)
    office = Office(terminal, request.partition("/")[0])
    await until((office.dossier.of(request) / "timeline/0005.json").exists)
    assert await office.found("--histories") == {}
    last = office.file("chicago-il", "timeline/*.json")
    content = last.read_bytes()
    last.unlink()
    assert await office.found() == {}, "too young for any step to be missed by the record alone"
    assert await office.found("--histories") == {"chicago-il": ["the-record-was-changed"]}
    last.write_bytes(content)
    assert await office.found("--histories") == {}
    printed = office.file("chicago-il", "letters/demand/*.pdf")
    printed.write_bytes(printed.read_bytes().replace(b"%PDF", b"%PDf"))
    assert await office.found() == {}, "an audit of the records reads no document"
    assert await office.found("--histories") == {"chicago-il": ["the-record-was-changed"]}
