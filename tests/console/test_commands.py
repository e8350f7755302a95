"""Each command once, as an operator types it: what it answers, and how it says no."""

import asyncio
import json
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forthwith.cli.app import app
from forthwith.devstack.process import stopped_at_the_end
from forthwith.devstack.server import temporal_binary
from forthwith.request.vocabulary import Status
from tests.console.conftest import EXAMPLE, CampaignWriter, Said, Terminal, until

HERE = Path.cwd()
COMMANDS = sorted(command.name or "" for command in app.registered_commands)


@pytest.fixture
async def request_id(terminal: Terminal, campaign: CampaignWriter) -> str:
    """A request whose demand was accepted."""
    said = await terminal("start", str(campaign("chicago-il")), "--json")
    assert said.code == 0, said.err
    name = said.json[0]["request"]
    await terminal.becomes(name, Status.AWAITING_RESPONSE)
    return name


async def test_a_request_is_told_everything_that_can_happen_to_it(terminal: Terminal, request_id: str):
    asked = (
        (("acknowledge", request_id), "acknowledged"),
        (("add-note", request_id, "The mayor's office called."), "called"),
        (("record-delivery", request_id, "demand", "--how", "certified mail 7018"), "delivered"),
        (("record-response", request_id, "--kind", "extension_request", "--from", "Dept. of Law"), "more time"),
        (("extend-deadline", request_id, "--days", "14", "--reason", "asked in writing"), "extended"),
        (("record-response", request_id, "--item", "A-1=objected:privilege"), "A-1"),
        (("resolve-attention", request_id, "objection", "--reason", "answered"), "resolved"),
        (("escalate-now", request_id, "--reason", "refused on the telephone"), "Escalated"),
        (("record-response", request_id, "--all", "--document", f"s3://x,{'a' * 64},3"), "nothing is outstanding"),
    )
    for words, answered in asked:
        said = await terminal(*words)
        assert said.code == 0, said.err
        assert answered in said.out
    entries = (await terminal("timeline", request_id, "--json")).json
    assert {entry["by"]["name"] for entry in entries} == {"Forthwith", "Olivia Operator"}


@pytest.mark.fault(7)
async def test_what_is_wrong_is_refused_by_name_with_what_would_be_right(terminal: Terminal, request_id: str):
    refused = (
        (("record-response", request_id, "--item", "A-9=produced"), "A-9"),
        (("record-response", request_id, "--item", "A-1"), "A-1=produced"),
        (("record-response", request_id, "--all", "--received-at", "2018-02-20T16:05:00"), "received_at"),
        (("record-response", request_id, "--all", "--received-at", "2100-01-01T00:00:00Z"), "future"),
        (("extend-deadline", request_id, "--to", "2020-01-01", "--reason", "x"), "to"),
        (("extend-deadline", request_id, "--reason", "x"), "exactly one of --to, --days"),
        (("resolve-attention", request_id, "undeliverable", "--reason", "x"), "not open"),
        (("review-subpoena", request_id, "--sha256", "a" * 64, "--approve"), "no draft"),
        (("accept-response", request_id), "completeness"),
        (("status", "no-such/request"), "there is no request"),
        (("withdraw", "no-such/request", "--reason", "x"), "there is no request"),
    )
    answers = await asyncio.gather(*(terminal(*words) for words, _ in refused))
    for (words, named), said in zip(refused, answers, strict=True):
        assert said.code == 1, (words, said.out)
        assert named in said.err, (words, said.err)
        assert "Traceback" not in said.err
    assert (await terminal("status", request_id, "--json")).json["status"] == "AwaitingResponse"


@pytest.mark.fault(5)
async def test_the_same_event_sent_twice_is_answered_the_same_and_recorded_once(terminal: Terminal, request_id: str):
    words = ("add-note", request_id, "Once.", "--event-id", "note-1", "--json")
    assert (await terminal(*words)).json == (await terminal(*words)).json
    entries = (await terminal("timeline", request_id, "--json")).json
    assert [entry["text"] for entry in entries].count("Once.") == 1
    other = await terminal("add-note", request_id, "Something else.", "--event-id", "note-1")
    assert other.code == 1
    assert "already used for another message" in other.err


async def test_a_whole_message_is_read_from_a_file(terminal: Terminal, request_id: str, tmp_path: Path):
    message = {
        "event_id": "mailroom-7",
        "by": {"name": "Mailroom", "role": "system"},
        "received_at": datetime.now(UTC).isoformat(),
        "from": "Dept. of Law",
        "kind": "other",
        "note": "A first installment.",
    }
    file = tmp_path / "message.json"
    file.write_text(json.dumps(message))
    assert (await terminal("record-response", request_id, "--payload", str(file))).code == 0
    (entry,) = [
        entry
        for entry in (await terminal("timeline", request_id, "--json")).json
        if entry["event"].get("event_id") == "mailroom-7"
    ]
    assert entry["by"] == message["by"]
    for content, named in (("[1", "JSON"), (json.dumps({**message, "kind": "letter"}), "kind: 'letter' is not one of")):
        file.write_text(content)
        said = await terminal("record-response", request_id, "--payload", str(file))
        assert said.code == 1
        assert named in said.err
    missing = await terminal("record-response", request_id, "--payload", str(tmp_path / "nowhere.json"))
    assert missing.code == 1
    assert "No such file" in missing.err


async def test_what_reads_speaks_to_programs_and_to_people(terminal: Terminal, request_id: str):
    campaign = request_id.partition("/")[0]

    async def is_listed() -> bool:
        return bool((await terminal("list", campaign, "--json")).json)

    await until(is_listed)
    commands = (
        ("list", campaign),
        ("status", request_id),
        ("explain", request_id),
        ("timeline", request_id),
        ("inbox", str(terminal.stack.mail), "--to", "chicago"),
    )
    to_people = asyncio.gather(*(terminal(*words) for words in commands))
    to_programs = asyncio.gather(*(terminal(*words, "--json") for words in commands))
    for for_people, for_programs in zip(await to_people, await to_programs, strict=True):
        assert for_people.code == for_programs.code == 0
        assert for_people.out.strip()
        assert for_programs.json
    watched = (await terminal("watch", campaign, "--json")).json
    assert [one["request"] for one in watched] == [request_id]
    shown = await terminal("inbox", str(terminal.stack.mail), "--show", "1")
    assert "Auto-Submitted: auto-generated" in shown.out


@pytest.mark.fault(18, 26)
async def test_doctor_finds_a_local_stack_in_good_health_and_says_what_ails_another(terminal: Terminal, tmp_path: Path):
    async def is_healthy() -> bool:
        return (await terminal("doctor")).code == 0

    await until(is_healthy)
    ailments = (
        ({"TEMPORAL_ADDRESS": "127.0.0.1:1"}, "temporal", "at 127.0.0.1:1: Connection refused", "make dev"),
        ({"TEMPORAL_NAMESPACE": "nowhere"}, "temporal", "there is no such namespace", "--namespace nowhere"),
        ({"FORTHWITH_SMTP_PORT": "1"}, "mail server", "127.0.0.1:1: no safe connection", "FORTHWITH_SMTP_HOST"),
        ({"FORTHWITH_SMTP_TLS": "starttls"}, "mail server", "STARTTLS extension not supported", "_TLS"),
        ({"FORTHWITH_DOSSIER": str(tmp_path / "another")}, "worker", "and here it is", "the same FORTHWITH_DOSSIER"),
    )
    found = await asyncio.gather(*(terminal("doctor", "--json", environment=ailment) for ailment, *_ in ailments))
    for said, (_, name, wrong, remedy) in zip(found, ailments, strict=True):
        assert said.code == 1
        ((check,)) = [check for check in said.json if not check["ok"]]
        assert check["name"] == name
        assert wrong in check["found"]
        assert remedy in check["remedy"]

    terminal.stack.mailbox.faults.refuse_login = True
    login = {"FORTHWITH_SMTP_USERNAME": "forthwith", "FORTHWITH_SMTP_PASSWORD": "expired"}
    refused = await terminal("doctor", environment=login)
    terminal.stack.mailbox.faults.refuse_login = False
    assert "535" in refused.out
    assert "correct FORTHWITH_SMTP_USERNAME and _PASSWORD" in refused.out


@pytest.mark.fault(21)
async def test_setup_server_does_what_doctor_finds_missing_on_a_bare_server(terminal: Terminal, unused_tcp_port: int):
    there = {"TEMPORAL_ADDRESS": f"127.0.0.1:{unused_tcp_port}"}

    async def ailing() -> dict[str, str]:
        checks = (await terminal("doctor", "--json", environment=there)).json
        return {check["name"]: check["remedy"] for check in checks if not check["ok"]}

    async def answers() -> bool:
        return "temporal" not in await ailing()

    options = ("server", "start-dev", "--ip", "127.0.0.1", "--port", str(unused_tcp_port), "--headless")
    async with stopped_at_the_end(temporal_binary(), *options):
        await until(answers)
        remedies = await ailing()
        assert remedies.keys() == {"search attributes", "retention", "worker"}
        assert "setup-server" in remedies["search attributes"]
        assert "setup-server" in remedies["retention"]
        assert "python worker.py" in remedies["worker"]
        first = await terminal("setup-server", "--json", environment=there)
        second = await terminal("setup-server", "--json", environment=there)
        assert first.code == second.code == 0
        assert [check["found"] for check in second.json] == ["all there", "90 days"]

        async def is_prepared() -> bool:
            return (await ailing()).keys() == {"worker"}

        await until(is_prepared)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str):
    said = CliRunner().invoke(app, [command, "--help"])
    assert said.exit_code == 0
    assert f"Example: forthwith {command}" in said.output


async def test_what_is_mistyped_is_said_by_name(terminal: Terminal):
    mistyped: tuple[tuple[tuple[str, ...], dict[str, str], int, str], ...] = (
        (("doctor",), {"FORTHWITH_SMTP_PORT": "many"}, 1, "FORTHWITH_SMTP_PORT: 'many' is not a whole number"),
        (("list",), {"FORTHWITH_OPERATER": "me"}, 1, "did you mean 'FORTHWITH_OPERATOR'"),
        (("list", "--status", "Overdu"), {}, 1, "did you mean 'Overdue'"),
        (("list", "--query", "Nothing = 3"), {}, 1, "invalid search attribute"),
        (("lst",), {}, 2, "No such command 'lst'"),
        (("status",), {}, 2, "Missing argument"),
        (("preview", "nowhere.yaml"), {}, 1, "no such file"),
        (("start", str(EXAMPLE / "campaign.yaml"), "--only", "atlantis"), {}, 1, "no jurisdiction atlantis"),
    )
    answers = await asyncio.gather(*(terminal(*words, environment=changes) for words, changes, _, _ in mistyped))
    for (words, _, code, named), said in zip(mistyped, answers, strict=True):
        assert (said.code, said.out) == (code, ""), words
        assert named in said.err, words
        assert "Traceback" not in said.err


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
    assert await asyncio.wait_for(first.wait(), 60) == 0
    assert processes_about(tmp_path / "dev") == []

    second = await dev()
    third = await terminal("dev", "--folder", str(tmp_path / "dev"))
    assert (third.code, "another local stack" in third.err) == (1, True)
    fourth = await terminal("dev", "--folder", str(tmp_path / "other"), "--port", ports[0])
    assert (fourth.code, "--port" in fourth.err) == (1, True)
    status = await terminal("status", request, "--json", environment=there)
    second.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(second.wait(), 60) == 0
    assert status.json["status"] in ("Sending", "AwaitingResponse")


def processes_about(folder: Path) -> list[str]:
    """What runs with this folder in its command or environment."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            about = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if str(folder).encode() in about:
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


async def test_a_rehearsal_prints_one_document_that_names_every_request(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path
):
    file = campaign("chicago-il", "new-york-city-ny", "burlington-vt")
    words = (f"{HERE}/starter.py", "rehearse", str(file), "--scenario", f"{HERE}/{EXAMPLE}/rehearsal.yaml", "--json")
    said = await terminal.run(sys.executable, *words, folder=tmp_path)
    assert said.code == 0, said.err
    ended = {one["jurisdiction"]: one["status"] for one in said.json["requests"]}
    assert ended == {"chicago-il": "Complied", "new-york-city-ny": "Complied", "burlington-vt": "Withdrawn"}
    assert said.json["dossier"].startswith(str(tmp_path))
    assert said.json["report"].startswith(str(tmp_path))
    assert "City of Chicago, Illinois: Complied" in (tmp_path / said.json["report"]).read_text()


async def test_a_rehearsal_ends_where_only_a_person_could_go_on_and_says_who(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path
):
    file = campaign("chicago-il")

    async def rehearsed(name: str, acts: str) -> Said:
        scenario = tmp_path / name / "scenario.yaml"
        scenario.parent.mkdir()
        scenario.write_text(acts)
        words = (f"{HERE}/starter.py", "rehearse", str(file), "--scenario", str(scenario), "--json")
        return await terminal.run(sys.executable, *words, folder=scenario.parent, environment={"PYTHONPATH": str(HERE)})

    silent, expects = await asyncio.gather(
        rehearsed("silent", "jurisdictions: {}"),
        rehearsed("expecting", "jurisdictions: {chicago-il: [{when: AwaitingIssuance, add_note: {note: Approved.}}]}"),
    )
    assert silent.code == 0, silent.err
    (one,) = silent.json["requests"]
    assert (one["status"], one["waiting_for"]) == ("AwaitingReview", "the attorney's decision on the draft")
    assert "review_late" in one["attention"]
    assert (expects.code, expects.out) == (1, "")
    assert "chicago-il does not become AwaitingIssuance; it is AwaitingReview" in expects.err
    assert "Traceback" not in expects.err
