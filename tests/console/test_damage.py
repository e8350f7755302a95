"""Damaged objects in the dossier: a finding, a row, or one line that says what to do; never a traceback."""

from pathlib import Path

import pytest

from forthwith.casefile.store import Dossier
from forthwith.request.vocabulary import Status
from tests.console.conftest import CampaignWriter, Said, Terminal, until
from tests.console.test_today import handle, started

DAMAGED, WELL, CLAIMED = "chicago-il", "cook-county-il", "denver-co"


def one_line(said: Said, *named: str) -> bool:
    """A failure in one line, and a hint where there is one."""
    return said.code == 1 and all(name in said.err for name in named) and len(said.err.splitlines()) <= 2


@pytest.mark.fault(47, 53)
async def test_one_damaged_case_file_stops_no_other(terminal: Terminal, campaign: CampaignWriter, tmp_path: Path):
    file = campaign(DAMAGED, WELL, CLAIMED)
    names = await started(terminal, file, Status.AWAITING_RESPONSE)
    name, dossier = names[0].partition("/")[0], Dossier(terminal.stack.dossier)
    damaged, claimed = f"{name}/{DAMAGED}", f"{name}/{CLAIMED}"
    for request in (damaged, f"{name}/{WELL}"):
        await handle(terminal, request).signal("fax", "?")
        await terminal.becomes(request, Status.ON_HOLD)
    start = dossier.of(damaged) / "start.json"
    start.write_bytes(start.read_bytes()[:40])

    async def tasks() -> list[tuple[str, str]]:
        page = await terminal("today", "--campaign", name, "--json")
        assert page.code == 0, page.err
        return [(task["section"], task["request"].partition("/")[2]) for task in page.json["tasks"]]

    async def has_all() -> bool:
        return len(await tasks()) == 3

    await until(has_all)
    assert await tasks() == [("stopped", DAMAGED), ("unreadable_messages", DAMAGED), ("unreadable_messages", WELL)]
    shown = await terminal("today", "--campaign", name)
    assert f"{damaged}: its case file cannot be read" in shown.out
    assert f"forthwith verify {damaged}" in shown.out

    report = await terminal("report", name, "--to", str(tmp_path / "page"), "--json")
    assert report.code == 0, report.err
    problems = {row["jurisdiction"]: row["problem"] for row in report.json["requests"]}
    assert problems == {
        DAMAGED: f"its case file cannot be read: forthwith verify {damaged}",
        WELL: "",
        CLAIMED: "",
    }

    verified = await terminal("verify", damaged)
    assert (verified.code, "start.json: expected the record of who started it" in verified.out) == (1, True)
    audited = await terminal("audit", name, "--json")
    assert [one["wrong"] for one in audited.json["findings"]] == [f"{damaged}/start.json cannot be read"]

    again = await terminal("start", str(file))
    assert one_line(again, "start.json is damaged; restore it from a backup"), again.err
    await handle(terminal, damaged).terminate("by mistake")
    recover = ("--reason", "terminated by mistake", "--yes")
    refused = await terminal("recover", damaged, *recover)
    assert one_line(refused, "start.json is damaged; restore it from a backup", f"forthwith verify {damaged}")

    await handle(terminal, claimed).terminate("by mistake")
    folder = dossier.of(claimed) / "letters" / "demand"
    for damaged_file in ("attempt-1.receipt.json", "attempt-1.claim.json"):
        whole = (folder / damaged_file).read_bytes()
        (folder / damaged_file).write_bytes(whole[:-20])
        refused = await terminal("recover", claimed, *recover)
        named = (f"{damaged_file} is damaged; restore it from a backup", f"forthwith verify {claimed}")
        assert one_line(refused, *named), refused.err
        verified = await terminal("verify", claimed)
        assert (verified.code, damaged_file in verified.out) == (1, True)
        (folder / damaged_file).write_bytes(whole)


async def test_a_damaged_list_of_a_campaign_is_a_finding_and_stops_a_start(
    terminal: Terminal, campaign: CampaignWriter
):
    file = campaign(DAMAGED)
    names = await started(terminal, file, Status.AWAITING_RESPONSE)
    name = names[0].partition("/")[0]
    (terminal.stack.dossier / name / "campaign-0001.json").write_bytes(b"{")
    audited = await terminal("audit", name, "--json")
    (found,) = audited.json["findings"]
    assert (found["request"], "campaign-0001.json is damaged" in found["wrong"]) == (name, True)
    again = await terminal("start", str(file))
    assert one_line(again, "campaign-0001.json is damaged; restore it from a backup"), again.err
