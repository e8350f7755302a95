"""The page of a request in the Web UI. How a browser shows it is in tests/ui."""

import re
import shlex
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from forthwith.cli.app import app
from forthwith.request.limits import MAX_REASON_BYTES
from forthwith.request.vocabulary import Attention, Status
from forthwith.views.page import current_details
from forthwith.views.status import NextAction
from tests.units.cases import Desk

ATTACK = "a\n\n# Approved\n> <b>bold</b> `code` [x](http://x.example/) ![y](z) https://x.example www.x.org | \u202eb"


def page(desk: Desk) -> str:
    return current_details(desk.request, NextAction(at=desk.now, what="something"))


def needing(reason: Attention, *, held: bool) -> Desk:
    """A request with one reason for attention, whether or not it stops the ladder."""
    desk = Desk().to_review()
    reasons = {reason: "why"}
    attention = replace(desk.state.attention, reasons=reasons, holds=reasons if held else {})
    desk.request.state = replace(desk.state, attention=attention)
    return desk


@pytest.mark.parametrize("held", [True, False], ids=["on hold", "continuing"])
@pytest.mark.parametrize("reason", Attention)
def test_whatever_needs_a_person_says_which_commands_end_it(reason: Attention, held: bool):
    shown = page(needing(reason, held=held))
    commands = re.findall(r"`forthwith ([^`]+)`", shown)
    ends = (
        "resume-clock test/somewhere "
        if reason is Attention.CLOCK_PAUSED
        else f"resolve-attention test/somewhere {reason} "
    )
    assert any(command.startswith(ends) for command in commands)
    for command in commands:
        name = shlex.split(command)[0]
        assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0


def test_a_stranger_s_text_stays_on_its_line_and_means_nothing():
    desk, quiet = Desk().go(days=1), Desk().go(days=1)
    desk.request.unreadable("response_received", "{}", ATTACK, desk.now)
    quiet.garble()
    assert desk.state.status is Status.ON_HOLD
    quoted = next(line for line in page(desk).splitlines() if "Approved" in line)
    outside_code = re.sub(r"(?<!\\)`[^`]*`", "", quoted)
    assert not re.search(r"(?<!\\)[`<>\[\]|#]|https?:|www\.|\u202e", outside_code), quoted
    assert "`https://x.example`" in quoted, "as code, which nothing makes a link of"
    assert quoted.startswith("- **Unreadable message:** response\\_received: a \\# Approved \\> \\<b\\>bold")
    assert page(desk).count("\n") == page(quiet).count("\n")


def test_a_stranger_s_text_is_cut_shorter_on_the_page_than_in_the_timeline():
    desk = Desk().go(days=1)
    desk.request.unreadable("response_received", "{}", "x" * 10_000, desk.now)
    assert len(page(desk)) < MAX_REASON_BYTES < len(desk.request.timeline[-1].text)


def test_the_reason_of_an_end_means_nothing_either():
    desk = Desk().go(days=1)
    desk.say(desk.withdrawal().model_copy(update={"reason": ATTACK}))
    first, *rest = page(desk).splitlines()
    assert first.startswith("**Withdrawn** since ")
    assert r"Withdrawn: a \# Approved \> \<b\>bold" in first
    assert not any("Approved" in line for line in rest)


def test_each_date_says_how_it_was_counted():
    desk = Desk().to_overdue()
    lines = page(desk).splitlines()
    due = lines.index("- **Response was due:** Friday, February 23, 2018, by the end of the day, Chicago time (CST)")
    counted = lines[due + 1]
    assert counted.startswith(
        "  - How it was counted: The day of the event, Wednesday, January 24, 2018, is not counted"
    )
    assert "Calendar: us-federal + state IL; holidays " in counted
    cure = next(line for line in lines if line.startswith("- **Time to cure ends:**"))
    assert "Counting open days only for 5 business days" in lines[lines.index(cure) + 1]
