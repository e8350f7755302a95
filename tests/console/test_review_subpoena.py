"""From silence to an approved draft by the commands alone, on the real clock."""

from typing import Any

import pytest

from forthwith.request.record import Draft
from forthwith.request.vocabulary import Status
from tests.console.conftest import CampaignWriter, Terminal, until

TWO = ("chicago-il", "cook-county-il")
REVIEWER = ("--by", "Reviewing attorney")


def soon(content: dict[str, Any]) -> None:
    """Overdue after a second, drafted two seconds later."""
    content["clock"]["response"] = {"within": {"seconds": 1}}
    content["ladder"] = [
        {"final_notice": {"after_due": {"seconds": 1}, "cure": {"seconds": 1}}},
        {"subpoena": {"form": "administrative", "return_within": {"days": 21}}},
        {"review": {"within": {"hours": 1}}},
    ]
    content["mail"]["minimum_gap"] = {"seconds": 1}


async def draft(terminal: Terminal, request: str) -> Draft:
    found = (await terminal.standing(request)).draft
    assert found
    return found


@pytest.fixture
async def requests(terminal: Terminal, campaign: CampaignWriter) -> list[str]:
    said = await terminal("start", str(campaign(*TWO, change=soon)), "--json")
    assert said.code == 0, said.err
    names = [one["request"] for one in said.json]
    for name in names:
        await terminal.becomes(name, Status.AWAITING_REVIEW)
    return names


async def test_a_draft_is_revised_and_approved_and_another_one_rejected(terminal: Terminal, requests: list[str]):
    request, other = requests
    first = await draft(terminal, request)
    read = ("--sha256", first.sha256)
    fields = [word for name in first.missing for word in ("--set", f"{name}=Text of {name}: as quoted = checked")]
    assert fields
    for words, named in (
        (("review-subpoena", request, *read, "--approve", "--by", "Somebody else"), "Reviewing attorney"),
        (("review-subpoena", request, *read, "--approve", *REVIEWER), "empty fields"),
        (("review-subpoena", request, "--sha256", "a" * 64, "--approve", *REVIEWER), "is not draft 1"),
        (("review-subpoena", request, "--sha256", "9f2c", "--approve", *REVIEWER), "nor a readable file"),
        (("review-subpoena", request, *read, *REVIEWER), "exactly one of --approve"),
        (("review-subpoena", request, *read, "--revise", "--set", "relevance", *REVIEWER), "FIELD=VALUE"),
        (("review-subpoena", request, *read, "--revise", "--set", "relevanse=x", *REVIEWER), "relevanse"),
        (("review-subpoena", request, *read, "--reject", *REVIEWER), "reason"),
    ):
        said = await terminal(*words)
        assert (said.code, named in said.err) == (1, True), (words, said.err)

    revised = await terminal("review-subpoena", request, *read, "--revise", *fields, "--notes", "Quoted.", *REVIEWER)
    assert revised.code == 0, revised.err

    async def there_is_a_second() -> bool:
        now = await terminal.standing(request)
        return now.status is Status.AWAITING_REVIEW and now.drafts == 2

    await until(there_is_a_second)
    second = await draft(terminal, request)
    assert not second.missing
    shown = await terminal("status", request)
    assert second.sha256 in shown.out
    pdf = str(terminal.stack.dossier / second.document.uri)
    approved = await terminal("review-subpoena", request, "--sha256", pdf, "--approve", *REVIEWER)
    assert approved.code == 0, approved.err
    assert "AwaitingIssuance" in approved.out

    read = ("--sha256", (await draft(terminal, other)).sha256)
    rejected = await terminal(
        "review-subpoena", other, *read, "--reject", "--reason", "a second look", *REVIEWER, "--json"
    )
    assert rejected.json["status"] == "OnHold"
    listed = await terminal("list", other.partition("/")[0], "--attention", "any", "--json")
    assert [one["request"] for one in listed.json] == [other]
    resolved = await terminal("resolve-attention", other, "draft_rejected", "--reason", "looked at")
    assert resolved.code == 0, resolved.err
    ended = await terminal("withdraw", other, "--reason", "settled otherwise")
    assert ended.code == 0, ended.err
