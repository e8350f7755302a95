"""`preview`: every date and every letter of the campaign of 2018, as its operator would have seen them."""

from collections import Counter
from pathlib import Path
from typing import Any

from tests.console.conftest import EXAMPLE, Terminal, write_campaign

FILE = str(EXAMPLE / "campaign.yaml")


async def test_all_23_were_due_on_the_day_that_was_announced(terminal: Terminal, tmp_path: Path):
    said = await terminal("preview", FILE, "--on", "2018-01-24", "--to", str(tmp_path), "--json")
    assert said.code == 0, said.err
    steps = said.json
    due = [step for step in steps if step["step"] == "response_due"]
    assert len(due) == 23
    assert {step["local"][: len("Fri 23 Feb 2018 24:00")] for step in due} == {"Fri 23 Feb 2018 24:00"}
    closings = Counter((step["at"], step["zone"]) for step in due)
    assert {at for at, _ in closings} == {f"2018-02-24T{hour:02}:00:00Z" for hour in (5, 6, 7, 8)}
    assert closings["2018-02-24T06:00:00Z", "America/Chicago"] == 4
    assert closings["2018-02-24T08:00:00Z", "America/Los_Angeles"] == 11
    documents = [step for step in steps if step["kind"] in ("letter", "draft")]
    assert len(documents) == 23 * 10
    assert [step for step in documents if not is_rendered(step)] == []


def is_rendered(step: dict[str, Any]) -> bool:
    """Whether a letter is there to read and to print, a draft to print."""
    path = Path(step["file"])
    is_readable = step["kind"] == "draft" or path.with_suffix(".txt").is_file()
    return is_readable and path.read_bytes().startswith(b"%PDF")


async def test_it_reads_well_in_eighty_columns(terminal: Terminal):
    words = ("preview", FILE, "--on", "2018-01-24", "--only", "chicago-il", "--dates-only")
    said = await terminal(*words, environment={"COLUMNS": "80"})
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert [line for line in lines if len(line) > 80 or line != line.rstrip()] == []
    assert "  Fri 23 Feb 2018 24:00 CST  2018-02-24 06:00Z  response due" in lines
    assert lines[-1] == "1 request, 9 letters if no response comes. Nothing was sent."


async def test_neighbours_share_one_timetable_and_each_is_named_in_the_json(terminal: Terminal, tmp_path: Path):
    rows = [
        {
            "id": f"town-{number}",
            "name": f"Town {number}",
            "kind": "city",
            "state": state,
            "timezone": "America/Chicago",
            "attention": "Clerk",
            "email": f"records@town-{number}.example",
        }
        for number, state in enumerate(("IL", "TX") * 150)
    ]
    path = str(write_campaign(tmp_path, "many", rows=rows))
    words = ("preview", path, "--on", "2018-01-24", "--dates-only")
    said = await terminal(*words)
    assert said.code == 0, said.err
    assert said.out.count("response due") == 2
    assert said.out.count("and 138 more with the same dates") == 2
    assert said.out.endswith("300 requests, 2700 letters if no response comes. Nothing was sent.\n")
    said = await terminal(*words, "--json")
    due = [step for step in said.json if step["step"] == "response_due"]
    assert [step["jurisdiction"] for step in due] == [row["id"] for row in rows]
    assert {step["file"] for step in due} == {None}
