"""Each command once, as an operator types it: what it answers, and how it says no."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from forthwith.console.app import app
from forthwith.stage.server import local_server
from tests.console.conftest import CampaignWriter, Terminal, until

COMMANDS = sorted(command.name or "" for command in app.registered_commands)


@pytest.fixture
async def request_id(terminal: Terminal, campaign: CampaignWriter) -> str:
    """A request whose demand was accepted."""
    said = await terminal("start", str(campaign("chicago-il")), "--json")
    assert said.code == 0, said.err
    name = said.json[0]["request"]

    async def sent() -> bool:
        return (await terminal("status", name, "--json")).json["status"] == "AwaitingResponse"

    await until(sent)
    return name


async def test_a_request_is_told_everything_that_can_happen_to_it(terminal: Terminal, request_id: str):
    told = (
        (("acknowledge", request_id), "acknowledged"),
        (("note", request_id, "The mayor's office called."), "called"),
        (("delivered", request_id, "demand", "--how", "certified mail 7018"), "delivered"),
        (("respond", request_id, "--kind", "extension_request", "--from", "Dept. of Law"), "more time"),
        (("extend", request_id, "--days", "14", "--reason", "asked in writing"), "extended"),
        (("respond", request_id, "--item", "A-1=objected:privilege"), "A-1"),
        (("resolve", request_id, "objection", "--reason", "answered"), "resolved"),
        (("escalate", request_id, "--reason", "refused on the telephone"), "Escalated"),
        (("respond", request_id, "--all", "--document", f"s3://x,{'a' * 64},3"), "nothing is outstanding"),
    )
    for words, answered in told:
        said = await terminal(*words)
        assert said.code == 0, said.err
        assert answered in said.out
    entries = (await terminal("timeline", request_id, "--json")).json
    assert {entry["by"]["name"] for entry in entries} == {"Forthwith", "Olivia Operator"}


async def test_what_is_wrong_is_refused_by_name_with_what_would_be_right(terminal: Terminal, request_id: str):
    refused = (
        (("respond", request_id, "--item", "A-9=produced"), "A-9"),
        (("respond", request_id, "--item", "A-1"), "A-1=produced"),
        (("respond", request_id, "--all", "--received-at", "2018-02-20T16:05:00"), "received_at"),
        (("respond", request_id, "--all", "--received-at", "2100-01-01T00:00:00Z"), "future"),
        (("extend", request_id, "--to", "2020-01-01", "--reason", "x"), "to"),
        (("extend", request_id, "--reason", "x"), "exactly one of --to, --days"),
        (("resolve", request_id, "undeliverable", "--reason", "x"), "not open"),
        (("review", request_id, "--sha256", "a" * 64, "--approve"), "no draft"),
        (("accept", request_id), "completeness"),
        (("status", "no-such/request"), "there is no request"),
        (("withdraw", "no-such/request", "--reason", "x"), "there is no request"),
    )
    for words, named in refused:
        said = await terminal(*words)
        assert said.code == 1, (words, said.out)
        assert named in said.err, (words, said.err)
        assert "Traceback" not in said.err
    assert (await terminal("status", request_id, "--json")).json["status"] == "AwaitingResponse"


async def test_the_same_event_told_twice_is_answered_the_same_and_recorded_once(terminal: Terminal, request_id: str):
    words = ("note", request_id, "Once.", "--event-id", "note-1", "--json")
    assert (await terminal(*words)).json == (await terminal(*words)).json
    entries = (await terminal("timeline", request_id, "--json")).json
    assert [entry["text"] for entry in entries].count("Once.") == 1


async def test_what_reads_speaks_to_programs_and_to_people(terminal: Terminal, request_id: str):
    campaign = request_id.partition("/")[0]

    async def is_listed() -> bool:
        return bool((await terminal("list", campaign, "--json")).json)

    await until(is_listed)
    for words in (
        ("list", campaign),
        ("status", request_id),
        ("explain", request_id),
        ("timeline", request_id),
        ("inbox", str(terminal.stage.mail), "--to", "chicago"),
    ):
        for_people, for_programs = await terminal(*words), await terminal(*words, "--json")
        assert for_people.code == for_programs.code == 0
        assert for_people.out.strip()
        assert for_programs.json
    watched = (await terminal("watch", campaign, "--json")).json
    assert [one["request"] for one in watched] == [request_id]
    shown = await terminal("inbox", str(terminal.stage.mail), "--show", "1")
    assert "Auto-Submitted: auto-generated" in shown.out


async def test_doctor_finds_a_local_stage_in_good_health_and_says_what_ails_another(terminal: Terminal, tmp_path: Path):
    async def is_healthy() -> bool:
        return (await terminal("doctor")).code == 0

    await until(is_healthy)
    for ailment, named in (
        ({"TEMPORAL_ADDRESS": "127.0.0.1:1"}, "make dev"),
        ({"FORTHWITH_SMTP_PORT": "1"}, "FORTHWITH_SMTP_HOST"),
        ({"FORTHWITH_DOSSIER": str(tmp_path / "another")}, "FORTHWITH_DOSSIER"),
    ):
        said = await terminal("doctor", environment=ailment)
        assert said.code == 1
        assert named in said.out


async def test_setup_server_prepares_a_bare_server_and_changes_nothing_the_second_time(terminal: Terminal):
    async with local_server() as bare:
        there = {"TEMPORAL_ADDRESS": bare.address}
        first = await terminal("setup-server", "--json", environment=there)
        second = await terminal("setup-server", "--json", environment=there)
        assert first.code == second.code == 0
        assert [check["found"] for check in second.json] == ["all there", "90 days"]


@pytest.mark.parametrize("command", COMMANDS)
async def test_help_shows_an_example(terminal: Terminal, command: str):
    said = await terminal(command, "--help")
    assert said.code == 0
    assert f"forthwith {command}" in said.out


async def test_a_wrong_setting_is_said_by_name(terminal: Terminal):
    said = await terminal("doctor", environment={"FORTHWITH_SMTP_PORT": "many"})
    assert said.code == 1
    assert "FORTHWITH_SMTP_PORT" in said.err


async def test_dev_stops_cleanly_and_goes_on_where_it_was(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path, unused_tcp_port_factory
):
    ports = [str(unused_tcp_port_factory()) for _ in range(3)]
    there = {
        "TEMPORAL_ADDRESS": f"127.0.0.1:{ports[0]}",
        "FORTHWITH_DOSSIER": str(tmp_path / "dev/dossier"),
        "FORTHWITH_SMTP_PORT": ports[2],
    }
    options = ("--folder", str(tmp_path / "dev"), "--port", ports[0], "--ui-port", ports[1], "--smtp-port", ports[2])

    async def dev() -> asyncio.subprocess.Process:
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "starter.py", "dev", *options),
            env=terminal.environment(**there),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

        async def is_up() -> bool:
            return (await terminal("doctor", environment=there)).code == 0

        await until(is_up, within=60)
        return running

    first = await dev()
    started = await terminal("start", str(campaign("chicago-il")), "--json", environment=there)
    request = started.json[0]["request"]
    first.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(first.wait(), 30) == 0
    assert (await terminal("doctor", environment=there)).code == 1

    second = await dev()
    status = await terminal("status", request, "--json", environment=there)
    second.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(second.wait(), 30) == 0
    assert status.json["status"] in ("Sending", "AwaitingResponse")
