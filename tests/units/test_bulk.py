"""One act on many requests: under which id, and for whom."""

from datetime import UTC, date, datetime

import pytest
from typer.testing import CliRunner

from forthwith.cli.app import app
from forthwith.cli.bulk import Act, affected, bulk_id
from forthwith.deadlines.period import Period
from forthwith.failure import Failure
from forthwith.request.attention import Withdraw
from forthwith.request.clock_changes import ExtendDeadline
from forthwith.request.vocabulary import Attention, Message, Status, Who
from forthwith.views.listing import Listed
from forthwith.visibility import named

TODAY = date(2018, 2, 20)
OLIVIA = Who(name="Olivia Operator", role="operator")


def extension(days: int = 14, *, by: Who = OLIVIA, reason: str = "the court was closed") -> ExtendDeadline:
    return ExtendDeadline(event_id="unnamed", by=by, period=Period(unit="days", count=days), reason=reason)


def test_the_same_act_said_again_on_that_day_is_the_same_event_whoever_says_it():
    colleague = Who(name="Carl Colleague", role="supervisor")
    assert bulk_id(extension(), "extend_deadline", TODAY) == bulk_id(extension(by=colleague), "extend_deadline", TODAY)


@pytest.mark.parametrize(
    ("message", "update", "day"),
    [
        (extension(7), "extend_deadline", TODAY),
        (extension(reason="asked for in writing"), "extend_deadline", TODAY),
        (extension(), "extend_deadline", date(2018, 2, 21)),
        (Withdraw(event_id="unnamed", by=OLIVIA, reason="the court was closed"), "withdraw", TODAY),
    ],
    ids=["other-time", "other-reason", "another-day", "other-act"],
)
def test_what_is_another_act_is_another_event(message: Message, update: str, day: date):
    assert bulk_id(message, update, day) != bulk_id(extension(), "extend_deadline", TODAY)  # pyright: ignore[reportArgumentType]


def request(name: str, status: Status, *attention: Attention, execution: str = "RUNNING") -> Listed:
    return Listed(
        request=f"trial/{name}",
        campaign="trial",
        jurisdiction=name,
        status=status,
        attention=attention,
        outstanding=1,
        response_due=None,
        next_action_at=datetime(2018, 2, 23, tzinfo=UTC),
        execution=execution,
    )


def test_only_open_requests_are_affected_and_only_those_that_have_the_reason():
    found = (
        request("c", Status.OVERDUE, Attention.OBJECTION),
        request("b", Status.ON_HOLD, Attention.CLOCK_PAUSED),
        request("a", Status.AWAITING_RESPONSE),
        request("d", Status.COMPLIED),
        request("e", Status.AWAITING_RESPONSE, execution="TERMINATED"),
    )
    assert affected(found, Act("withdraw", {}, "")) == ["trial/a", "trial/b", "trial/c"]
    assert affected(found, Act("resume_clock", {}, "", only_with=Attention.CLOCK_PAUSED)) == ["trial/b"]


def test_many_names_are_cut_short():
    assert named(["a", "b"]) == "a, b"
    assert named([*"abcd"], most=3) == "a, b, c and 1 more"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("withdraw", "trial/a", "--campaign", "trial", "--reason", "x"), "trial/a is one request"),
        (("withdraw", "trial/a", "--dry-run", "--reason", "x"), "trial/a is one request"),
        (("withdraw", "--reason", "x"), "give a request: its ID"),
        (("add-note", "trial/a"), "give the text of the note"),
        (("add-note", "--campaign", "trial"), "give the text of the note"),
        (("add-note", "trial/a", "The court called.", "--campaign", "trial"), "trial/a is one request"),
        (("resolve-attention", "--campaign", "trial", "--reason", "x"), "give the reason for attention"),
        (("resolve-attention", "--campaign", "trial", "undelivered", "--reason", "x"), "did you mean 'undeliverable'"),
        (("extend-deadline", "--campaign", "trial", "--days", "-3", "--reason", "x"), "period"),
    ],
)
def test_either_an_id_or_conditions_say_which(words: tuple[str, ...], named: str):
    said = CliRunner().invoke(app, words)
    assert isinstance(said.exception, Failure), said.output
    assert named in str(said.exception)
