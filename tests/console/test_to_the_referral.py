"""From the demand to the referral: one request by the commands alone, another by the plain Temporal CLI."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from forthwith.request.vocabulary import Status
from tests.console.conftest import CampaignWriter, Said, Terminal, until
from tests.console.test_review_subpoena import draft, soon

REVIEWER = {"name": "Reviewing attorney", "role": "reviewer"}
OPERATOR = {"name": "Duty operator", "role": "operator"}


def returned_soon(content: dict[str, Any]) -> None:
    """As `soon`, with a return date two seconds after service."""
    soon(content)
    subpoena = next(rung["subpoena"] for rung in content["ladder"] if "subpoena" in rung)
    subpoena["return_within"] = {"seconds": 2}
    content["ladder"].append({"referral": {"after_return": {"seconds": 1}}})


async def redrafted(terminal: Terminal, request: str) -> str:
    """The sha256 of the second draft, once it is up for review."""

    async def is_there() -> bool:
        now = await terminal.standing(request)
        return now.status is Status.AWAITING_REVIEW and now.drafts == 2

    await until(is_there)
    return (await draft(terminal, request)).sha256


async def by_the_commands(terminal: Terminal, request: str, signed: Path) -> None:
    async def forthwith(*words: str) -> None:
        said = await terminal(words[0], request, *words[1:])
        assert said.code == 0, said.err

    by = ("--by", REVIEWER["name"])
    first = await draft(terminal, request)
    fields = [word for name in first.missing for word in ("--set", f"{name}=Stated.")]
    await forthwith("review-subpoena", "--sha256", first.sha256, "--revise", *fields, *by)
    second = await redrafted(terminal, request)
    await forthwith("review-subpoena", "--sha256", second, "--approve", *by)
    await forthwith(
        "record-issuance", "--draft", second, "--number", "EX-1", "--signed-by", "A. Officer", "--signed", str(signed)
    )
    await forthwith("record-service", "--on", "City Clerk", "--how", "by hand", "--served-by", "A. Server")


async def by_temporal_alone(terminal: Terminal, request: str) -> None:
    async def update(name: str, by: dict[str, str], **fields: Any) -> None:
        message = json.dumps({"event_id": f"{name}-{len(fields)}", "by": by, **fields})
        said = await terminal.temporal(
            *("workflow", "update", "execute", "--workflow-id", request, "--name", name, "--input", message)
        )
        assert said.code == 0, said.err

    def now() -> str:
        return datetime.now(UTC).isoformat()

    first = await draft(terminal, request)
    fields = dict.fromkeys(first.missing, "Stated.")
    await update("review_subpoena", REVIEWER, decision="revise", sha256=first.sha256, fields=fields)
    second = await redrafted(terminal, request)
    await update("review_subpoena", REVIEWER, decision="approve", sha256=second)
    await update(
        *("record_issuance", OPERATOR),
        **{"number": "EX-2", "signed_by": "A. Officer", "issued_at": now(), "draft": second, "sha256": second},
    )
    await update("record_service", OPERATOR, on_whom="City Clerk", how="by hand", by_whom="A. Server", served_at=now())


@pytest.mark.prove
async def test_each_way_alone_leads_from_the_demand_to_the_referral(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path
):
    said = await terminal("start", str(campaign("chicago-il", "denver-co", change=returned_soon)), "--json")
    assert said.code == 0, said.err
    one, other = (started["request"] for started in said.json)
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(b"signed")
    for request in (one, other):
        await terminal.becomes(request, Status.AWAITING_REVIEW)
    await asyncio.gather(by_the_commands(terminal, one, signed), by_temporal_alone(terminal, other))
    for request in (one, other):
        await terminal.becomes(request, Status.REFERRED_FOR_ENFORCEMENT)
        standing = await terminal.standing(request)
        assert standing.memo
        assert (terminal.stack.dossier / standing.memo.uri).read_bytes().startswith(b"%PDF")
        verified: Said = await terminal("verify", request)
        assert (verified.code, "all is right" in verified.out) == (0, True), verified.out + verified.err
