"""Starting twice: the same plan completes the set, another one is refused, and no demand goes out a second time."""

import asyncio
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from forthwith import temporal
from forthwith.campaign.campaign_file import default_templates
from forthwith.casefile.store import Dossier
from forthwith.request.vocabulary import Status
from tests.console.conftest import CampaignWriter, Terminal, until, write_campaign
from workflows.jurisdiction_request import JurisdictionRequest

TWO = ("chicago-il", "cook-county-il")


def demands(terminal: Terminal, *addresses: str) -> Counter[str]:
    """How often each of these was written to."""
    return Counter(to for mail in terminal.stack.mailbox.messages() for to in mail.to if to in addresses)


def addresses(*jurisdictions: str, of: str) -> list[str]:
    return [f"{of}-{name}@records.example" for name in jurisdictions]


def own_addresses(of: str, *names: str) -> list[dict[str, str]]:
    """Rows whose addresses no other test uses, so that their mail can be counted."""
    return [
        {
            "id": name,
            "name": f"City of {name.title()}",
            "kind": "city",
            "state": "IL",
            "timezone": "America/Chicago",
            "attention": "Office of the Mayor",
            "email": f"{of}-{name}@records.example",
            "fips": "",
            "note": "",
        }
        for name in names
    ]


@dataclass(frozen=True)
class Forgotten:
    """A request that has ended, and that its server was told to forget."""

    file: str
    request: str


@pytest.fixture(scope="module", autouse=True)
async def forgotten(terminal: Terminal, tmp_path_factory: pytest.TempPathFactory) -> Forgotten:
    """Made before the first test, for the last one: a server takes up to half a minute to forget what just ended."""
    folder = tmp_path_factory.mktemp("forgotten")
    file = str(write_campaign(folder, "forgotten", rows=own_addresses("ended", "one")))
    request = (await terminal("start", file, "--json")).json[0]["request"]
    await terminal.becomes(request, Status.AWAITING_RESPONSE)
    assert (await terminal("withdraw", request, "--reason", "a test")).code == 0
    client = terminal.stack.server.client
    await asyncio.wait_for(client.get_workflow_handle_for(JurisdictionRequest.run, request).result(), 30)
    assert (await terminal("start", file, "--json")).json[0]["outcome"] == "already started"
    # What happens to it when its retention is over.
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=client.namespace, workflow_execution=WorkflowExecution(workflow_id=request)
        )
    )
    return Forgotten(file, request)


async def test_a_dry_run_starts_nothing(terminal: Terminal, campaign: CampaignWriter):
    said = await terminal("start", str(campaign(*TWO)), "--dry-run", "--json")
    assert said.code == 0
    assert [one["outcome"] for one in said.json] == ["would be started"] * 2
    assert Dossier(terminal.stack.dossier).start_record(said.json[0]["request"]) is None


@pytest.mark.fault(4)
async def test_only_the_named_ones_are_started_and_the_rest_later(terminal: Terminal, campaign: CampaignWriter):
    file = str(campaign(rows=own_addresses("only", "one", "two")))
    assert [one["outcome"] for one in (await terminal("start", file, "--only", "one", "--json")).json] == ["started"]
    again = (await terminal("start", file, "--json")).json
    assert [one["outcome"] for one in again] == ["already started", "started"]
    both = addresses("one", "two", of="only")
    await until(lambda: demands(terminal, *both) == dict.fromkeys(both, 1))
    third = (await terminal("start", file, "--json")).json
    assert [one["outcome"] for one in third] == ["already started"] * 2
    await asyncio.sleep(0.5)
    assert demands(terminal, *both) == dict.fromkeys(both, 1)


@pytest.mark.fault(11)
async def test_a_changed_file_is_refused_by_name_and_starts_nothing(terminal: Terminal, campaign: CampaignWriter):
    rows = own_addresses("changed", "one")
    assert (await terminal("start", str(campaign(rows=rows)), "--json")).code == 0

    def reword(content: dict[str, Any]) -> None:
        content["demand"]["subject"] = "Another subject"

    file = campaign(rows=[*rows, *own_addresses("changed", "two")], change=reword)
    said = await terminal("start", str(file))
    assert said.code == 1
    assert "a-changed-file-is-refused-by-name-and-starts-nothi/one" in said.err
    assert "Changed since: demand" in said.err
    assert "Nothing was started" in said.err
    assert not demands(terminal, *addresses("two", of="changed"))


async def test_a_changed_row_is_refused_and_an_added_row_is_started(terminal: Terminal, campaign: CampaignWriter):
    rows = own_addresses("row", "one")
    assert (await terminal("start", str(campaign(rows=rows)))).code == 0
    added = (await terminal("start", str(campaign(rows=[*rows, *own_addresses("row", "two")])), "--json")).json
    assert [one["outcome"] for one in added] == ["already started", "started"]
    changed = [{**rows[0], "attention": "Somebody else"}]
    said = await terminal("start", str(campaign(rows=changed)))
    assert said.code == 1
    assert "Changed since: one: attention" in said.err


async def test_a_start_that_was_killed_is_completed_by_the_next(terminal: Terminal, campaign: CampaignWriter):
    names = [f"place-{number:03}" for number in range(80)]
    file = str(campaign(rows=own_addresses("killed", *names)))
    first = await asyncio.create_subprocess_exec(
        *(sys.executable, "starter.py", "start", file, "--json"),
        env=terminal.environment(),
        stdout=asyncio.subprocess.DEVNULL,
    )
    folder = terminal.stack.dossier / "a-start-that-was-killed-is-completed-by-the-next"
    await until(lambda: len(list(folder.glob("*/start.json"))) >= 5, every=0.01)
    first.send_signal(signal.SIGKILL)
    await first.wait()
    assert len(list(folder.glob("*/start.json"))) < len(names), "it was not interrupted"
    outcomes = Counter(one["outcome"] for one in (await terminal("start", file, "--json")).json)
    assert outcomes.total() == len(names)
    everybody = addresses(*names, of="killed")
    await until(lambda: demands(terminal, *everybody) == dict.fromkeys(everybody, 1), within=60)


@pytest.mark.fault(11)
async def test_a_changed_template_is_refused_by_name(terminal: Terminal, campaign: CampaignWriter):
    def own_templates(content: dict[str, Any]) -> None:
        content["templates"] = "letters"

    file = campaign(rows=own_addresses("template", "one"), change=own_templates)
    template = file.parent / "letters" / "reminder.j2"
    text = default_templates()[template.name]
    template.parent.mkdir()
    template.write_text(text)
    assert (await terminal("start", str(file))).code == 0
    template.write_text(text.replace("response", "answer"))
    said = await terminal("start", str(file))
    assert said.code == 1
    assert "Changed since: template reminder.j2" in said.err


LOOP = (
    "{% block opening %}{% for a in range(99999) %}\n{% for b in range(99999) %}{% endfor %}{% endfor %}{% endblock %}"
)
ENDLESS = "#for a in range(9999) { for b in range(9999) { for c in range(9999) {} } }"


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("name", "text", "because"),
    [
        ("reminder.j2", LOOP + "{% block closing %}{% endblock %}", ":2: took longer than 1 s to render, the limit"),
        ("subpoena.typ", ENDLESS, ": took longer than 1 s to render, the limit (FORTHWITH_RENDER_SECONDS)"),
        ("letter.typ", '#let a = "x" * 3000000000', ": took more than 100 MB of memory to render, the limit"),
    ],
)
@pytest.mark.parametrize("command", ["start", "preview"])
async def test_a_template_that_does_not_end_is_refused_by_name_before_anything_is_sent(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path, command: str, name: str, text: str, because: str
):
    def own_templates(content: dict[str, Any]) -> None:
        content["templates"] = "letters"

    file = campaign("chicago-il", change=own_templates)
    (file.parent / "letters").mkdir()
    (file.parent / "letters" / name).write_text(text)
    words = (
        ("start", str(file), "--dry-run")
        if command == "start"
        else ("preview", str(file), "--to", str(tmp_path / "to"))
    )
    limits = {"FORTHWITH_RENDER_SECONDS": "1", "FORTHWITH_RENDER_MEGABYTES": "100"}
    said = await terminal(*words, environment=limits)
    assert said.code == 1
    assert f"letters/{name}{because}" in said.err
    assert "Traceback" not in said.err


@pytest.mark.fault(7)
async def test_production_after_the_end_goes_into_the_case_file(terminal: Terminal, campaign: CampaignWriter):
    request = (await terminal("start", str(campaign("chicago-il")), "--json")).json[0]["request"]
    assert (await terminal("withdraw", request, "--reason", "a test")).code == 0
    words = ("record-response", request, "--from", "Dept. of Law", "--all", "--event-id", "late-1", "--json")
    said, again = await terminal(*words), await terminal(*words)
    assert said.code == again.code == 0, said.err + again.err
    assert said.json == again.json
    kept = terminal.stack.dossier / said.json["kept_as"]
    assert kept.is_file()
    verified = await terminal("verify", request, "--json")
    assert (verified.code, verified.json["wrong"]) == (0, []), "also after it was compared with workflow history"
    ended = await terminal.stack.server.client.get_workflow_handle_for(JurisdictionRequest.run, request).result()
    for head in (ended.head, verified.json["head"]):
        assert (await terminal("verify", request, "--head", head)).code == 0
    wrong = await terminal("verify", request, "--head", "f" * 64)
    assert (wrong.code, f"expected head {'f' * 64}, as given" in wrong.out) == (1, True)
    assert "is not a SHA-256" in (await terminal("verify", request, "--head", "abc")).err
    content = kept.read_bytes()
    kept.write_bytes(content.replace(b"Dept. of Law", b"Dept. of War"))
    changed = await terminal("verify", request)
    assert (changed.code, said.json["kept_as"] in changed.out) == (1, True)
    kept.write_bytes(content)
    other = await terminal("record-response", request, "--kind", "refusal", "--event-id", "late-1")
    assert other.code == 1
    assert "another message" in other.err
    note = await terminal("add-note", request, "Too late for a note.")
    assert note.code == 1
    assert "has ended" in note.err


@pytest.mark.fault(36)
async def test_what_ended_and_was_forgotten_is_not_started_again_not_even_past_the_commands(
    terminal: Terminal, forgotten: Forgotten
):
    client = terminal.stack.server.client
    await terminal.forgets(forgotten.request)
    said = await terminal("status", forgotten.request)
    assert said.code == 0, said.err
    assert "from its case file" in said.err
    assert "forthwith recover" not in said.err, "it has ended"
    assert (await terminal("start", forgotten.file, "--json")).json[0]["outcome"] == "already started"

    record = Dossier(terminal.stack.dossier).start_record(forgotten.request)
    assert record is not None
    plan = Dossier(terminal.stack.dossier).plan(record.plan)
    second = await client.start_workflow(
        JurisdictionRequest.run, plan, id=forgotten.request, task_queue=temporal.TASK_QUEUE
    )
    try:
        await asyncio.wait_for(second.result(), 30)
    except WorkflowFailureError as error:
        cause = error.cause
        while not isinstance(cause, ApplicationError) and cause is not None:
            cause = cause.__cause__
        assert cause is not None
        assert cause.type == "AlreadyOpened"
    else:
        raise AssertionError("a second workflow took the request up")
    assert demands(terminal, *addresses("one", of="ended")).total() == 1
