"""The morning page: what needs a person, with the command, and as a digest for a daily timer."""

from email.message import EmailMessage
from typing import Any

import pytest
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from forthwith import temporal
from forthwith.request.vocabulary import Status
from forthwith.visibility import Handle, handle_of
from tests.console.conftest import CampaignWriter, Terminal, until
from tests.console.test_review_subpoena import REVIEWER, soon

UNREADABLE, ASKING, STOPPED, QUIET = "chicago-il", "cook-county-il", "albany-ny", "denver-co"


def handle(terminal: Terminal, request: str) -> Handle:
    return handle_of(terminal.stack.server.client, request)


async def started(terminal: Terminal, file: Any, status: Status) -> list[str]:
    said = await terminal("start", str(file), "--json")
    assert said.code == 0, said.err
    names = [one["request"] for one in said.json]
    for name in names:
        await terminal.becomes(name, status)
    return names


def digests(terminal: Terminal, campaign: str) -> list[EmailMessage]:
    letters = [mail.message() for mail in terminal.stack.mailbox.messages()]
    return [letter for letter in letters if f"of {campaign} need" in letter["Subject"]]


async def test_each_task_is_shown_once_with_its_command(terminal: Terminal, campaign: CampaignWriter):
    file = campaign(UNREADABLE, ASKING, STOPPED, QUIET)
    names = await started(terminal, file, Status.AWAITING_RESPONSE)
    name = names[0].partition("/")[0]
    assert "Nothing needs you today" in (await terminal("today", "--campaign", name)).out
    nothing = await terminal("today", "--campaign", name, "--mail")
    assert (nothing.code, nothing.out) == (0, "")
    assert "Nothing was sent" in nothing.err

    await handle(terminal, f"{name}/{UNREADABLE}").signal("fax", "?")
    asked = await terminal("record-response", f"{name}/{ASKING}", "--kind", "extension_request")
    assert asked.code == 0, asked.err
    await handle(terminal, f"{name}/{STOPPED}").terminate("by mistake")

    async def page() -> dict[str, Any]:
        return (await terminal("today", "--campaign", name, "--json")).json

    async def is_complete() -> bool:
        return len((await page())["tasks"]) == 3

    await until(is_complete)
    found = await page()
    assert [(task["section"], task["request"].partition("/")[2], task["command"]) for task in found["tasks"]] == [
        ("stopped", STOPPED, f'forthwith recover {name}/{STOPPED} --reason "…"'),
        ("unreadable_messages", UNREADABLE, f"forthwith timeline {name}/{UNREADABLE}"),
        ("from_recipients", ASKING, f'forthwith extend-deadline {name}/{ASKING} --days N --reason "…"'),
    ]
    assert found["counts"]["requests"] == 4
    assert found["counts"]["attention"] == 3, "two with a reason, and one that was stopped"
    assert "query=" in found["web_ui"]
    shown = await terminal("today", "--campaign", name)
    assert "Unreadable messages (1)" in shown.out
    assert QUIET not in shown.out
    listed = await terminal("list", name)
    assert listed.out.startswith("4 requests: ")
    assert f"forthwith extend-deadline {name}/{ASKING} --days N" in listed.out
    ordered = [one["request"].partition("/")[2] for one in (await terminal("list", name, "--json")).json]
    assert ordered[-1] == QUIET, "who needs nobody comes after all who do"
    assert (await terminal("list", name, "--counts", "--json")).json == found["counts"]


async def test_a_draft_to_decide_on_is_shown_with_its_hash_and_the_digest_goes_out_once_a_day(
    terminal: Terminal, campaign: CampaignWriter
):
    file = campaign("chicago-il", "cook-county-il", change=soon)
    names = await started(terminal, file, Status.AWAITING_REVIEW)
    name = names[0].partition("/")[0]

    async def both_wait() -> bool:
        found = (await terminal("today", "--campaign", name, "--json")).json
        ready = [task["section"] for task in found["tasks"] if "--sha256" in task["command"]]
        return ready == ["waiting_on_us"] * 2  # once the draft is filed as well

    await until(both_wait)
    first = (await terminal("today", "--campaign", name, "--mail", "--json")).json
    assert first["mailed"] == ["responses@ojp.example"]
    again = await terminal("today", "--campaign", name, "--mail")
    assert (again.code, "not again" in again.err) == (0, True)
    (digest,) = digests(terminal, name)
    assert digest["Auto-Submitted"] == "auto-generated"
    assert digest["To"] == "responses@ojp.example"
    text = digest.get_content()
    for task in first["tasks"]:
        draft = (await terminal.standing(task["request"])).draft
        assert draft
        assert f"forthwith review-subpoena {task['request']} --sha256 {draft.sha256} --approve" in text
        assert f'--by "{REVIEWER[1]}"' in text
    other = await terminal("today", "--campaign", name, "--mail", "--to", "boss@office.example")
    assert other.code == 0, other.err
    assert [letter["To"] for letter in digests(terminal, name)] == [digest["To"], "boss@office.example"]
    unsent = await terminal(
        *("today", "--campaign", name, "--mail", "--to", "another@office.example"),
        environment={"FORTHWITH_SMTP_PORT": "1"},
    )
    assert (unsent.code, "was not sent" in unsent.err) == (1, True)


@pytest.mark.fault(20, 42)
async def test_a_request_whose_workflow_task_fails_is_named_first_with_its_cause(
    terminal: Terminal, campaign: CampaignWriter
):
    file = campaign("chicago-il", "denver-co")
    well = [one["request"] for one in (await terminal("start", str(file), "--json")).json]
    name = well[0].partition("/")[0]
    for request in well:
        await terminal.becomes(request, Status.AWAITING_RESPONSE)
    failing = f"{name}/west-palm-beach-fl"
    handle = await terminal.stack.server.client.start_workflow(
        "JurisdictionRequest",
        {"campaign": "is not a plan"},
        id=failing,
        task_queue=temporal.TASK_QUEUE,
        search_attributes=TypedSearchAttributes([SearchAttributePair(temporal.CAMPAIGN, name)]),
    )

    async def today() -> list[dict[str, Any]]:
        return (await terminal("today", "--campaign", name, "--json")).json["tasks"]

    try:
        await until(today)
        first = (await today())[0]
        assert (first["request"], first["section"]) == (failing, "stopped")
        assert "its workflow task fails again and again: Failed decoding arguments" in first["task"]
        listed = (await terminal("list", name, "--json")).json
        assert [one["request"] for one in listed if one["is_failing"]] == [listed[0]["request"]] == [failing]
        counts = (await terminal("list", name, "--counts", "--json")).json
        assert counts["attention"] == 1
        doctor = await terminal("doctor")
        assert doctor.code == 1
        assert failing in doctor.out
        audit = await terminal("audit", name, "--json")
        assert audit.code == 1
        assert any("Failed decoding arguments" in one["wrong"] for one in audit.json["findings"])
    finally:
        await handle.terminate("the test is over")
