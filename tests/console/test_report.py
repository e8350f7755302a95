"""The report of a campaign: one page, its table, its data and its dates, from Visibility and the dossier."""

import csv
import io
import json
import shutil
from pathlib import Path

from icalendar import Calendar

from forthwith.request.vocabulary import Status
from tests.console.conftest import CampaignWriter, Terminal, until
from tests.console.test_today import handle, started

UNREADABLE, QUIET, GONE = "chicago-il", "denver-co", "forgotten"


async def test_a_campaign_is_written_as_a_page_with_all_its_requests(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path
):
    names = await started(terminal, campaign(UNREADABLE, QUIET), Status.AWAITING_RESPONSE)
    name = names[0].partition("/")[0]
    await handle(terminal, f"{name}/{UNREADABLE}").signal("fax", "<script>alert(1)</script>")
    await terminal.becomes(f"{name}/{UNREADABLE}", Status.ON_HOLD)
    dossier, folder = tmp_path / "dossier", tmp_path / "page"

    async def is_on_hold() -> bool:
        shown = (await terminal("list", name, "--json")).json
        return [one["status"] for one in shown] == ["OnHold", "AwaitingResponse"]

    await until(is_on_hold)
    shutil.copytree(terminal.stack.dossier / "pinned", dossier / "pinned")
    shutil.copytree(terminal.stack.dossier / name, dossier / name)
    shutil.copytree(dossier / name / QUIET, dossier / name / GONE)  # as if Temporal had forgotten it
    said = await terminal(
        "report", name, "--to", str(folder), "--json", environment={"FORTHWITH_DOSSIER": str(dossier)}
    )
    assert said.code == 0, said.err
    rows = {row["jurisdiction"]: row for row in said.json["requests"]}
    assert list(rows) == [UNREADABLE, GONE, QUIET], "who needs a person comes first"
    assert said.json["statuses"] == {"AwaitingResponse": 1, "OnHold": 1}
    assert said.json["forgotten"] == 1
    assert [task["request"] for task in said.json["tasks"]] == [f"{name}/{UNREADABLE}"]
    assert rows[QUIET]["name"] == "City and County of Denver, Colorado"
    assert (rows[QUIET]["rung"], rows[QUIET]["rungs"]) == ("demand", 11)
    assert rows[QUIET]["next"] == "acknowledgment"
    assert "M" in rows[QUIET]["next_local"].split()[-1], "in mountain time"
    assert {"demand", "clock_started", "response_due", "letter", "final_notice", "cure_ended"} <= {
        mark["kind"] for mark in rows[QUIET]["history"]["marks"]
    }
    assert "its record has no end" in rows[GONE]["problem"]
    assert json.loads((folder / "report.json").read_text()) == said.json
    page = (folder / "report.html").read_text()
    assert "City and County of Denver, Colorado" in page
    assert f"workflows/{name}%2F{QUIET}" in page
    assert "<script" not in page
    table = list(csv.DictReader(io.StringIO((folder / "report.csv").read_text("utf-8-sig"))))
    assert [one["request"].partition("/")[2] for one in table] == list(rows)
    calendar = Calendar.from_ical((folder / "report.ics").read_bytes())
    events = {str(event["uid"]).partition("@")[0]: event for event in calendar.walk("VEVENT")}
    assert set(events) == {f"{what}.{one}" for one in names for what in ("response-due", "next")}
    due = (await terminal.standing(f"{name}/{QUIET}")).response_due
    assert due
    assert events[f"response-due.{name}/{QUIET}"].decoded("dtend") == due.closes_at


async def test_what_cannot_be_reported_is_said(terminal: Terminal, campaign: CampaignWriter, tmp_path: Path):
    names = await started(terminal, campaign(QUIET), Status.AWAITING_RESPONSE)
    name = names[0].partition("/")[0]
    unknown = await terminal("report", "nothing-of-the-kind", "--to", str(tmp_path / "page"))
    assert (unknown.code, "no requests of a campaign" in unknown.err) == (1, True)
    missing = await terminal(
        "report", name, "--to", str(tmp_path / "page"), environment={"FORTHWITH_DOSSIER": str(tmp_path / "empty")}
    )
    assert (missing.code, "FORTHWITH_DOSSIER" in missing.err) == (1, True)
    assert not (tmp_path / "page").exists()
