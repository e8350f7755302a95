"""`recompute-deadlines`: what today's calendars would move is shown first, and moved once that is confirmed."""

from pathlib import Path
from typing import Any

import pytest

from forthwith.request.vocabulary import Status
from tests.console.conftest import CampaignWriter, Terminal

NO_DAY = "add: []\n"


def with_overlay(content: dict[str, Any]) -> None:
    content["clock"] |= {"response": {"within": {"days": 30}}, "rule": "frcp6"}
    content["clock"]["calendar"] = ["us-federal", "state", "declared.yaml"]


@pytest.mark.fault(11)
async def test_a_holiday_that_was_declared_since_is_shown_and_then_moved(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path
):
    overlay = tmp_path / "declared.yaml"
    overlay.write_text(NO_DAY)
    file = str(campaign("chicago-il", "cook-county-il", change=with_overlay))
    for started in (await terminal("start", file, "--json")).json:
        await terminal.becomes(started["request"], Status.AWAITING_RESPONSE)
    request = started["request"]
    due = (await terminal.standing(request)).response_due
    assert due
    again = ("recompute-deadlines", request, "--file", file, "--reason", "declared by the governor")
    same = await terminal(*again, "--json")
    assert (same.code, same.json[0]["dates"]) == (0, []), same.err
    overlay.write_text(f"add:\n  - {{name: Day of Mourning, citation: Proclamation 1, day: {due.due}}}\n")

    asked = await terminal(*again)  # nobody there to answer
    assert asked.code != 0
    assert "response due" in " ".join(asked.out.split())
    still = (await terminal.standing(request)).response_due
    assert still == due

    moved = await terminal(*again, "--yes", "--json")
    assert moved.code == 0, moved.err
    (one,) = moved.json
    assert one["moved"]
    assert one["dates"][0]["date"] == "response_due"
    now = (await terminal.standing(request)).response_due
    assert now
    assert now.due > due.due

    rest = await terminal(
        "recompute-deadlines",
        "--campaign",
        request.partition("/")[0],
        "--file",
        file,
        "--reason",
        "x",
        "--json",
        "--yes",
    )
    assert rest.code == 0, rest.err
    assert sorted(bool(one["dates"]) for one in rest.json) == [False, True]


async def test_overlays_beside_a_campaign_file_are_asked_for(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path
):
    (tmp_path / "declared.yaml").write_text(NO_DAY)
    file = str(campaign("chicago-il", change=with_overlay))
    request = (await terminal("start", file, "--json")).json[0]["request"]
    await terminal.becomes(request, Status.AWAITING_RESPONSE)
    said = await terminal("recompute-deadlines", request, "--reason", "x")
    assert said.code == 1
    assert "--file CAMPAIGN.yaml" in said.err
