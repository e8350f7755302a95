"""One act on many requests: shown first, done once confirmed, with a result for each."""

from typing import Any

from forthwith.request.vocabulary import Status
from tests.console.conftest import CampaignWriter, Terminal, until

MORE_TIME = ("extend-deadline", "--days", "14", "--reason", "the court was closed")


def outcomes(said: Any) -> dict[str, str]:
    return {row["request"].partition("/")[2]: row["result"] for row in said.json["requests"]}


async def test_one_command_acts_on_many_requests(terminal: Terminal, campaign: CampaignWriter):
    started = await terminal("start", str(campaign("chicago-il", "cook-county-il", "burlington-vt")), "--json")
    names = sorted(one["request"] for one in started.json)
    for name in names:
        await terminal.becomes(name, Status.AWAITING_RESPONSE)
    burlington, chicago, cook = names
    of = ("--campaign", chicago.partition("/")[0])
    assert (await terminal("withdraw", burlington, "--reason", "sent to the wrong office")).code == 0

    async def are_listed() -> bool:
        found = (await terminal("list", of[1], "--json")).json
        return {one["status"] for one in found} == {Status.WITHDRAWN, Status.AWAITING_RESPONSE} and len(found) == 3

    await until(are_listed)
    planned = await terminal(*MORE_TIME, *of, "--dry-run", "--json")
    assert planned.code == 0, planned.err
    assert outcomes(planned) == {"chicago-il": "planned", "cook-county-il": "planned"}
    assert "2 open requests" in planned.err
    assert "extend the deadline by 14 days" in planned.err

    nobody = await terminal(*MORE_TIME, *of)
    assert (nobody.code, "--yes" in nobody.err) == (1, True), nobody.err
    before = (await terminal.standing(cook)).response_due

    first = await terminal(*MORE_TIME, *of, "--yes", "--json")
    again = await terminal(*MORE_TIME, *of, "--yes", "--json")
    assert (first.code, again.code) == (0, 0), first.err + again.err
    assert outcomes(first) == {"chicago-il": "done", "cook-county-il": "done"}
    assert outcomes(again) == {"chicago-il": "already_done", "cook-county-il": "already_done"}
    assert first.json["event_id"] == again.json["event_id"] == planned.json["event_id"]
    after = (await terminal.standing(cook)).response_due
    assert before
    assert after
    assert after.due > before.due
    other = await terminal(
        *(
            "extend-deadline",
            "--days",
            "21",
            "--reason",
            "x",
            "--yes",
            "--json",
            *of,
            "--event-id",
            first.json["event_id"],
        )
    )
    assert (other.code, outcomes(other)) == (1, {"chicago-il": "refused", "cook-county-il": "refused"})
    assert "already used for another message" in other.out


async def test_one_that_refuses_stops_no_other(terminal: Terminal, campaign: CampaignWriter):
    started = await terminal("start", str(campaign("chicago-il", "cook-county-il")), "--json")
    names = sorted(one["request"] for one in started.json)
    for name in names:
        await terminal.becomes(name, Status.AWAITING_RESPONSE)
    name = names[0].partition("/")[0]
    assert (await terminal("pause-clock", names[0], "--reason", "we confer")).code == 0

    async def is_listed(how_many: int) -> bool:
        return len((await terminal("list", name, "--attention", "clock_paused", "--json")).json) == how_many

    await until(lambda: is_listed(1))
    said = await terminal("pause-clock", "--query", f"Campaign = '{name}'", "--reason", "we all confer", "--yes")
    assert said.code == 1
    assert "1 done, 1 refused" in said.out
    assert f"{names[0]}: refused: " in said.out
    assert "--event-id bulk-" in said.err

    await until(lambda: is_listed(2))
    resumed = await terminal("resume-clock", "--campaign", name, "--reason", "agreed", "--yes", "--json")
    assert (resumed.code, set(outcomes(resumed).values())) == (0, {"done"}), resumed.err
    noted = await terminal("add-note", "--campaign", name, "All agreed.", "--yes", "--json")
    assert (noted.code, set(outcomes(noted).values())) == (0, {"done"}), noted.err


async def test_conditions_that_no_request_meets_are_a_failure(terminal: Terminal):
    said = await terminal("withdraw", "--campaign", "nowhere", "--reason", "x", "--yes")
    assert (said.code, said.out) == (1, "")
    assert "no request meets" in said.err
