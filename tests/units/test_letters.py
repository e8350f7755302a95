"""Letters as an order composes them: which facts each kind tells, to whom, and with which commands."""

import shlex
from datetime import UTC, datetime
from typing import Any

import pytest
import typer

from forthwith.cli.app import app
from forthwith.deadlines.clock import Computation
from forthwith.deadlines.period import Period
from forthwith.documents.letters import LetterOrder, commands, compose_letter
from forthwith.documents.template_files import default_templates
from forthwith.documents.wording import plain_text
from forthwith.request.items import ItemState
from forthwith.request.record import Draft, Filed, Issued, Resent, SentLetter, ServiceRecord
from forthwith.request.timetable import TO_RECIPIENT, Step, StepKind
from tests.units.cases import campaign, clocks, plan, receipt

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue]
MARCH = datetime(2018, 3, 12, 15, tzinfo=UTC)
SIGNED, MEMO = "a" * 64, Filed(uri="test/somewhere/referral/memo.pdf", sha256="b" * 64, size=1)
DEMANDED = SentLetter(step="demand", kind=StepKind.DEMAND, to="recipient", receipt=receipt(MARCH))
THREE = plan(campaign(items=3))


def within(days: int) -> Computation:
    return clocks(THREE)[0].within(MARCH, Period(unit="days", count=days), "frcp6")


def order(kind: StepKind, **facts: Any) -> LetterOrder:
    """The order for a step of this kind, with everything that can be known."""
    to = "recipient" if kind in TO_RECIPIENT else "reviewer"
    composed = LetterOrder(
        workflow_id=THREE.workflow_id,
        plan=THREE.content_hash,
        step=Step(id=kind, kind=kind, to=to, planned_at=MARCH, at=MARCH, why="it is time"),
        attempt=1,
        possible_copy=False,
        composed_at=MARCH,
        items=(
            ItemState(id="A-1"),
            ItemState(id="A-2", disposition="produced", note="200 pages", received_at=MARCH),
            ItemState(id="A-3", disposition="objected", note="privilege", received_at=MARCH),
        ),
        outstanding=("A-1", "A-3"),
        deadline=within(30),
        cure=within(10),
        chase_due=within(3),
        demand_sent_at=MARCH,
        draft=Draft(version=2, document=MEMO),
        issued=Issued(
            number="OJP-17",
            signed_by="Ira Officer",
            signed_title="Director",
            issued_at=MARCH,
            sha256_signed=SIGNED,
        ),
        service=ServiceRecord(on_whom="City Clerk", how="by hand", by_whom="Sam Server", served_at=MARCH),
        return_due=within(21),
        memo=MEMO,
        attention=("objection",),
        resent=Resent(letter=DEMANDED, reason="they lost it") if kind is StepKind.COPY else None,
    )
    return composed.model_copy(update=facts)


def words(kind: StepKind, **facts: Any) -> str:
    """The mail that a step of this kind sends, on one line."""
    letter = compose_letter(THREE, default_templates(), order(kind, **facts))
    return " ".join(plain_text(letter).split())


def test_a_deficiency_letter_says_what_came_what_is_missing_and_until_when() -> None:
    text = words(StepKind.DEFICIENCY)
    assert "Request A-2: produced, received on March 12, 2018 (200 pages)." in text
    assert "Requests A-1 and A-3 remain outstanding, for the reason that stands with each:" in text
    assert "A-1 All documents. (nothing on record answers this request)" in text
    assert "A-3 All documents. (objection on record: privilege)" in text
    assert f"Please send what is outstanding by {within(10).in_words()}." in text
    assert "A subpoena." in text, "the consequence, in the words of the demand"
    nothing = tuple(ItemState(id=f"A-{n}") for n in (1, 2, 3))
    assert "Nothing in it is on record as answering a request in full." in words(StepKind.DEFICIENCY, items=nothing)


def test_a_chase_for_service_says_what_was_issued_and_how_to_record_service() -> None:
    text = words(StepKind.SERVICE_CHASE)
    assert "issued as number OJP-17 on March 12, 2018, signed by Ira Officer, Director according to the record" in text
    assert SIGNED in text
    assert f"forthwith record-service {THREE.workflow_id} " in text
    assert within(3).in_words() in text


def test_a_referral_says_what_was_served_and_where_the_memo_is() -> None:
    text = words(StepKind.REFERRAL)
    assert "served on City Clerk on March 12, 2018 (by hand), by Sam Server" in text
    assert within(21).in_words() in text
    assert MEMO.uri in text
    assert MEMO.sha256 in text
    assert "could not be attached" in words(StepKind.REFERRAL, memo=None)


@pytest.mark.parametrize("kind", StepKind)
def test_every_kind_of_letter_has_its_words(kind: StepKind) -> None:
    assert words(kind)


@pytest.mark.parametrize("kind", [kind for kind in StepKind if kind not in TO_RECIPIENT])
def test_every_command_in_a_letter_to_our_own_people_is_understood(kind: StepKind) -> None:
    for line in commands(order(kind)):
        program, command, *arguments = shlex.split(line)
        assert program == "forthwith"
        COMMANDS[command].make_context(command, arguments)  # refuses unknown options and missing arguments
