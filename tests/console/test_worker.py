"""`python worker.py`: how it starts, what it logs, how it stops."""

import asyncio
import json
import signal
import sys
import time
from pathlib import Path

import pytest
from temporalio.client import Client

from forthwith.devstack.mailbox import Mailbox
from forthwith.devstack.process import stopped_at_the_end
from forthwith.devstack.server import local_server
from forthwith.settings import Settings
from tests.console.conftest import CampaignWriter, Said, Terminal, until
from workflows.jurisdiction_request import JurisdictionRequest


async def worker(**environment: str) -> Said:
    """A worker that ends by itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "worker.py"),
        env=Settings.environment(**environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Said(process.returncode or 0, out.decode(), err.decode())


async def test_its_log_is_one_object_a_line_that_names_requests_and_no_people(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path
):
    log = tmp_path / "worker.log"
    async with local_server() as server, Mailbox(tmp_path / "mail") as mailbox:
        there = {
            "TEMPORAL_ADDRESS": server.address,
            "FORTHWITH_SMTP_PORT": str(mailbox.port),
            "FORTHWITH_DOSSIER": str(tmp_path / "dossier"),
            "FORTHWITH_LOG_FORMAT": "json",
        }
        running = stopped_at_the_end(
            *(Path(sys.executable), "worker.py"), log=log, environment=terminal.environment(**there)
        )
        async with running as process:
            await until(lambda: "worker started" in log.read_text())
            started = await terminal("start", str(campaign("chicago-il")), "--json", environment=there)
            request = started.json[0]["request"]
            await until(lambda: "AwaitingResponse" in log.read_text())
            await _idle(server.client, request)
            told_at = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 30) == 0
            assert time.monotonic() - told_at < 5

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    of_the_request = [line for line in lines if line.get("workflow_id") == request]
    assert "AwaitingResponse" in [line["event"] for line in of_the_request]
    assert [line for line in lines if "workflow_type" in line and not line.get("workflow_id")] == []
    (row,) = [mail.to[0] for mail in mailbox.messages()]
    assert row not in log.read_text()
    assert "Office of the Mayor" not in log.read_text()


async def test_wrong_settings_are_said_by_name():
    said = await worker(FORTHWITH_SMTP_PORT="many", FORTHWITH_SMTP_TLS="tls", FORTHWITH_SMPT_HOST="mail.example")
    assert said.code == 1
    lines = said.err.splitlines()
    assert [line.partition(" Known")[0] for line in lines] == [
        "unknown setting 'FORTHWITH_SMPT_HOST', did you mean 'FORTHWITH_SMTP_HOST'?",
        "FORTHWITH_SMTP_PORT: 'many' is not a whole number",
        "FORTHWITH_SMTP_TLS: 'tls' is not one of required, starttls or none",
    ]


async def test_letters_in_the_clear_are_refused_at_the_start():
    said = await worker(FORTHWITH_SMTP_HOST="mail.example", FORTHWITH_SMTP_TLS="none")
    assert said.code == 1
    assert said.err == (
        "FORTHWITH_SMTP_*: tls 'none' would send letters to mail.example in the clear; give 'required' or 'starttls',"
        " or allow it for this host alone by its name: FORTHWITH_SMTP_PLAINTEXT_HOST=mail.example\n"
    )


@pytest.mark.fault(18)
async def test_without_a_server_it_says_so_and_ends(unused_tcp_port: int):
    said = await worker(TEMPORAL_ADDRESS=f"127.0.0.1:{unused_tcp_port}")
    assert said.code == 1
    assert "no Temporal server answers" in said.err
    assert "Traceback" not in said.err


async def _idle(client: Client, request: str) -> None:
    handle = client.get_workflow_handle_for(JurisdictionRequest.run, request)

    async def rests() -> bool:
        found = (await handle.describe()).raw_description
        return not found.pending_activities and not found.HasField("pending_workflow_task")

    await until(rests)
