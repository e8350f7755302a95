"""A request whose workflow is gone answers from its case file, and goes on from it without a second demand."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from forthwith.casefile.store import Dossier, Opening, StartRecord
from forthwith.request.attention import AddNote
from forthwith.request.vocabulary import Status, Who
from forthwith.visibility import handle_of
from tests.console.conftest import CampaignWriter, Said, Terminal, until
from tests.console.test_review_subpoena import REVIEWER, draft
from tests.console.test_to_the_referral import redrafted, returned_soon
from workflows.jurisdiction_request import JurisdictionRequest

AGAIN = ("--reason", "terminated by mistake", "--yes")


async def done(said: Said) -> Said:
    assert said.code == 0, said.err
    return said


@pytest.mark.fault(35)
async def test_a_terminated_request_is_recovered_where_it_stood(terminal: Terminal, campaign: CampaignWriter):
    said = await done(await terminal("start", str(campaign("chicago-il")), "--json"))
    request = said.json[0]["request"]
    await terminal.becomes(request, Status.AWAITING_RESPONSE)
    running = await terminal("recover", request, *AGAIN)
    assert (running.code, "is running" in running.err) == (1, True)
    before = await terminal.standing(request)
    dossier = Dossier(terminal.stack.dossier)
    before_it = dossier.timeline(request)
    accepted = before.letters[0].receipt.accepted_at.isoformat()
    answer = (
        "record-response",
        request,
        "--item",
        "A-1=objected:privilege",
        "--event-id",
        "answer-1",
        "--received-at",
        accepted,
    )
    first = (await done(await terminal(*answer, "--json"))).json
    before = await terminal.standing(request)
    await until(lambda: len(dossier.timeline(request)) == len(before_it) + 2)
    await terminal.stack.server.client.get_workflow_handle(request).terminate("by mistake")
    # As if the worker had been killed while it was filing: a response, and not what it brought about.
    (dossier.of(request) / f"timeline/{len(before_it) + 2:04}.json").unlink()

    for words, code, named in (
        ((request,), 2, "--reason"),
        ((request, "--reason", "x"), 1, "no terminal to confirm"),
        (("no/body", *AGAIN), 1, "no request no/body"),
        ((), 2, "Missing argument"),
    ):
        refused = await terminal("recover", *words)
        assert (refused.code, named in refused.err) == (code, True), (words, refused.err)
    dry = await done(await terminal("recover", request, *AGAIN, "--dry-run", "--json"))
    assert (dry.json["status"], dry.json["recovered"]) == ("AwaitingResponse", False)
    assert len(dossier.timeline(request)) == len(before_it) + 1, "a dry run changes nothing"

    await done(await terminal("recover", request, *AGAIN))
    await terminal.becomes(request, Status.AWAITING_RESPONSE)
    after = await terminal.standing(request)
    assert (after.response_due, after.attention) == (before.response_due, before.attention)
    assert [letter.step for letter in after.letters] == [letter.step for letter in before.letters] == ["demand"]
    record = (await done(await terminal("timeline", request, "--json"))).json
    assert [entry["event"]["kind"] for entry in record].count("letter_accepted") == 1
    assert record[-1]["event"]["kind"] == "request_recovered"
    assert record[-1]["by"]["name"] == "Olivia Operator"

    repeated = (await done(await terminal(*answer, "--json"))).json
    assert repeated["recorded"] == first["recorded"], "what was reported before is known"
    ended = await done(await terminal("record-response", request, "--all", "--from", "Department of Law"))
    assert "Complied" in ended.out
    (listed,) = (await done(await terminal("list", request.partition("/")[0], "--json"))).json
    assert listed["status"] == "Complied", "of both workflows the one that went on"
    verified = await terminal("verify", request)
    assert (verified.code, "all is right" in verified.out) == (0, True), verified.out + verified.err
    over = await terminal("recover", request, *AGAIN)
    assert (over.code, "has ended" in over.err) == (1, True)
    sent = [mail for mail in terminal.stack.mailbox.messages() if request in mail.text()]
    assert len(sent) == 1, "no second demand"


async def test_pending_messages_of_a_stopped_workflow_are_handled_after_its_recovery(
    terminal: Terminal, campaign: CampaignWriter
):
    said = await done(await terminal("start", str(campaign("fremont-ca")), "--json"))
    await terminal.becomes(said.json[0]["request"], Status.AWAITING_RESPONSE)
    dossier, client = Dossier(terminal.stack.dossier), terminal.stack.server.client
    pinned = dossier.plan(said.json[0]["plan"])
    row = pinned.jurisdiction.model_copy(update={"id": "elsewhere", "email": "records@elsewhere.example"})
    plan = pinned.model_copy(update={"jurisdiction": row})
    request, now = plan.workflow_id, datetime.now(UTC)
    dossier.pin(plan.canonical)
    dossier.record_start(
        StartRecord(
            workflow_id=request, plan=plan.content_hash, matter=plan.matter, started_by="somebody", started_at=now
        )
    )
    unpolled = await client.start_workflow(JurisdictionRequest.run, plan, id=request, task_queue="nobody")
    dossier.open(Opening(workflow_id=request, first_run=unpolled.first_execution_run_id or "", plan=plan.content_hash))
    answer = {
        **{"event_id": "fax-7", "by": {"name": "Fax gateway", "role": "system"}, "kind": "production"},
        **{"received_at": datetime.now(UTC).isoformat(), "from": "City Clerk", "items": "all"},
    }
    await unpolled.signal("response_received", answer)
    await unpolled.signal("respons", {"what": "nonsense"})
    await unpolled.terminate("the worker was never there")

    late = await terminal("record-response", request, "--all", "--from", "City Clerk")
    assert (late.code, "forthwith recover" in late.err) == (1, True), late.err
    shown = await done(await terminal("recover", request, *AGAIN, "--dry-run"))
    assert "they are sent again: response_received, respons" in shown.out
    assert not (dossier.of(request) / "timeline").exists(), "a dry run changes nothing"
    await done(await terminal("recover", request, *AGAIN))
    await terminal.becomes(request, Status.COMPLIED)
    kinds = [entry.event.kind for entry in dossier.timeline(request)]
    assert kinds == [
        "request_opened",
        "request_recovered",
        "response_recorded",
        "request_closed",
        "message_unreadable",
    ]


async def test_a_record_that_is_longer_than_one_answer_of_the_server_is_recovered(
    terminal: Terminal, campaign: CampaignWriter
):
    said = await done(await terminal("start", str(campaign("chicago-il")), "--json"))
    request = said.json[0]["request"]
    await terminal.becomes(request, Status.AWAITING_RESPONSE)
    handle, dossier = handle_of(terminal.stack.server.client, request), Dossier(terminal.stack.dossier)
    who = Who(name="Olivia Operator", role="operator")
    for number in range(60):
        note = AddNote(event_id=f"note-{number}", by=who, note=f"{number} " + "x" * 9_990)
        await handle.execute_update(JurisdictionRequest.add_note, note, id=note.event_id)
    await until(lambda: len(dossier.timeline(request)) == 64)
    assert sum(len(entry.filed()) for entry in dossier.timeline(request)) > 500_000
    await handle.terminate("by mistake")
    await done(await terminal("recover", request, *AGAIN))
    await until(lambda: dossier.timeline(request)[-1].event.kind == "request_recovered")
    await terminal.becomes(request, Status.AWAITING_RESPONSE)
    verified = await terminal("verify", request)
    assert (verified.code, "all is right" in verified.out) == (0, True), verified.out + verified.err


@pytest.mark.fault(36)
@pytest.mark.prove
async def test_a_request_that_temporal_forgot_is_recovered_and_continues_to_the_referral(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path
):
    said = await done(await terminal("start", str(campaign("denver-co", change=returned_soon)), "--json"))
    request = said.json[0]["request"]
    await terminal.becomes(request, Status.AWAITING_REVIEW)
    first = await draft(terminal, request)
    fields = [word for name in first.missing for word in ("--set", f"{name}=Stated.")]
    await done(await terminal("review-subpoena", request, "--sha256", first.sha256, "--revise", *fields, *REVIEWER))
    second = await redrafted(terminal, request)
    await done(await terminal("review-subpoena", request, "--sha256", second, "--approve", *REVIEWER))
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(b"signed")
    await done(
        await terminal(
            *("record-issuance", request, "--draft", second, "--number", "EX-1", "--signed-by", "A. Officer"),
            *("--signed", str(signed)),
        )
    )
    kept = (await done(await terminal("status", request, "--json"))).json
    timeline = Dossier(terminal.stack.dossier).timeline
    await until(lambda: any(entry.event.kind == "issuance_recorded" for entry in timeline(request)))
    await done(await terminal.temporal("workflow", "delete", "--workflow-id", request, "--yes"))
    await terminal.forgets(request)

    for command in ("status", "explain", "timeline"):
        answered = await done(await terminal(command, request, "--json"))
        assert "from its case file" in answered.err
        assert f"forthwith recover {request}" in answered.err
    rebuilt = (await done(await terminal("status", request, "--json"))).json
    for same in ("status", "items", "letters", "draft", "issued", "response_due", "outstanding"):
        assert rebuilt[same] == kept[same], same

    await done(await terminal("recover", request, "--reason", "the database was lost", "--yes", "--json"))
    await terminal.becomes(request, Status.AWAITING_SERVICE)
    await done(
        await terminal("record-service", request, "--on", "City Clerk", "--how", "by hand", "--served-by", "A. Server")
    )
    await terminal.becomes(request, Status.REFERRED_FOR_ENFORCEMENT)
    standing = await terminal.standing(request)
    assert [letter.step for letter in standing.letters] == [letter["step"] for letter in kept["letters"]] + [
        "referral-1"
    ]
    verified = await terminal("verify", request)
    assert (verified.code, "all is right" in verified.out) == (0, True), verified.out + verified.err
    audited = await terminal("audit", request.partition("/")[0], "--histories", "--json")
    assert audited.json["findings"] == [], audited.out
