"""Other systems know only CONTRACT.md and the plain Temporal CLI."""

import asyncio
import json
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from forthwith.request.vocabulary import Status
from tests.console.conftest import CampaignWriter, Terminal
from workflows.jurisdiction_request import JurisdictionRequest

HASH = "a" * 64


def payload(received_at: str, **changes: Any) -> str:
    """The message of the design, about an item of the example."""
    message = {
        "event_id": "mailroom-2018-0042",
        "by": {"name": "Mailroom", "role": "system"},
        "received_at": received_at,
        "from": "City of Chicago, Dept. of Law",
        "kind": "production",
        "items": [{"id": "A-1", "disposition": "objected", "note": "privilege"}],
        "documents": [{"uri": "s3://intake/0042.pdf", "sha256": HASH, "pages": 212}],
        "note": "",
    }
    return json.dumps({**message, **changes})


async def started(terminal: Terminal, file: Any) -> str:
    said = await terminal("start", str(file), "--json")
    assert said.code == 0, said.err
    request = said.json[0]["request"]
    await terminal.becomes(request, Status.AWAITING_RESPONSE)
    return request


async def now(terminal: Terminal, request: str) -> str:
    """An instant that is past for the request."""
    status = await terminal.standing(request)
    return status.letters[-1].receipt.accepted_at.isoformat()


async def updates_in_history(terminal: Terminal, request: str) -> int:
    handle = terminal.stack.server.client.get_workflow_handle(request)
    accepted = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    return len([event async for event in handle.fetch_history_events() if event.event_type == accepted])


async def test_an_update_from_the_plain_cli_is_recorded_as_it_was_sent(terminal: Terminal, campaign: CampaignWriter):
    request = await started(terminal, campaign("chicago-il"))
    message = payload(await now(terminal, request))
    said = await terminal.temporal(
        *("workflow", "update", "execute", "--workflow-id", request, "--name", "record_response"),
        *("--update-id", "mailroom-2018-0042", "--input", message),
    )
    assert said.code == 0, said.err
    status = (await terminal("status", request, "--json")).json
    (item,) = status["items"]
    assert (item["id"], item["disposition"], item["note"]) == ("A-1", "objected", "privilege")
    assert "objection" in status["attention"]
    (received,) = [
        one["event"]
        for one in (await terminal("timeline", request, "--json")).json
        if one["event"]["kind"] == "response_recorded"
    ]
    (document,) = received["response"]["documents"]
    assert (document["sha256"], document["uri"]) == (HASH, "s3://intake/0042.pdf"), "the record outlives the history"
    assert [(one["id"], one["disposition"]) for one in received["response"]["items"]] == [("A-1", "objected")]


async def test_a_malformed_update_is_refused_by_name_and_leaves_nothing(terminal: Terminal, campaign: CampaignWriter):
    request = await started(terminal, campaign("chicago-il"))
    at = await now(terminal, request)
    for wrong, named in (
        (payload(at, items=[{"id": "A-9", "disposition": "produced"}]), "A-9"),
        (payload(at, kind="letter"), "kind"),
        (payload("2018-02-20T16:05:00"), "received_at"),
        (payload(at, extra=1), "extra"),
    ):
        said = await terminal.temporal(
            *("workflow", "update", "execute", "--workflow-id", request, "--name", "record_response", "--input", wrong)
        )
        assert said.code != 0
        assert named in said.out + said.err
    assert await updates_in_history(terminal, request) == 0


async def test_a_signal_from_the_plain_cli_is_recorded(terminal: Terminal, campaign: CampaignWriter):
    request = await started(terminal, campaign("chicago-il"))
    message = payload(await now(terminal, request), items="all")
    said = await terminal.temporal(
        *("workflow", "signal", "--workflow-id", request, "--name", "response_received", "--input", message)
    )
    assert said.code == 0, said.err
    handle = terminal.stack.server.client.get_workflow_handle_for(JurisdictionRequest.run, request)
    outcome = await asyncio.wait_for(handle.result(), 30)
    assert outcome.status == Status.COMPLIED
    assert outcome.on_time is True


@pytest.mark.fault(6)
async def test_a_malformed_signal_is_kept_flagged_and_holds_the_ladder(terminal: Terminal, campaign: CampaignWriter):
    request = await started(terminal, campaign("chicago-il"))
    said = await terminal.temporal(
        *("workflow", "signal", "--workflow-id", request, "--name", "response_received"),
        *("--input", '{"event_id": "x-1", "kind": "production"}'),
    )
    assert said.code == 0, said.err

    await terminal.becomes(request, Status.ON_HOLD)
    entries = (await terminal("timeline", request, "--json")).json
    kept = [entry for entry in entries if entry["event"]["kind"] == "message_unreadable"]
    assert len(kept) == 1
    assert "x-1" in kept[0]["event"]["content"]
    assert "received_at" in kept[0]["text"]
    assert (
        await terminal("resolve-attention", request, "unreadable_message", "--reason", "mistyped", "--json")
    ).code == 0
    assert (await terminal("status", request, "--json")).json["status"] == "AwaitingResponse"
