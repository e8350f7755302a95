"""The morning page has a task for every reason for attention and for all that our own people owe, with its command."""

import re
import shlex
from collections.abc import Iterator
from itertools import product

import pytest
import typer.main

from forthwith.cli.app import app
from forthwith.request.phases import PHASES, Phase
from forthwith.request.vocabulary import ENDED, Attention, Status
from forthwith.views.remedies import Remedy, remedy
from forthwith.views.tasks import REASONS, RECOVER, Section

COMMANDS = typer.main.get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue,reportUnknownVariableType,reportUnknownMemberType]
FILLED = {"id": "a/b", "sha256": "0" * 64, "reviewer": "R", "supervisor": "S"}


def remedies(reason: Attention) -> Iterator[Remedy]:
    """What may be done about a reason, whatever the state of the request."""
    for sending, held, claims in product((True, False), repeat=3):
        yield remedy(reason, "a/b", is_sending=sending, is_held=held, has_claims=claims)


def understood(command: str) -> None:
    """Fails for a command that does not exist, or with options that it does not have."""
    name, *arguments = shlex.split(command.replace("N ", "7 "))
    COMMANDS[name].make_context(name, arguments)  # pyright: ignore[reportUnknownMemberType]


def test_every_reason_for_attention_has_its_section() -> None:
    assert set(REASONS) == set(Attention)


def test_every_status_of_an_open_request_is_a_phase() -> None:
    assert set(PHASES) == set(Status) - ENDED


@pytest.mark.parametrize("phase", [phase for phase in PHASES.values() if phase.is_ours], ids=lambda phase: phase.owes)
def test_whatever_our_own_people_owe_has_its_task_and_its_command(phase: Phase) -> None:
    assert phase.task
    assert phase.command


@pytest.mark.parametrize("command", [RECOVER, *(phase.command for phase in PHASES.values() if phase.command)])
def test_the_command_of_a_task_exists(command: str) -> None:
    understood(command.format(**FILLED))


@pytest.mark.parametrize("reason", Attention)
def test_every_command_of_a_remedy_exists(reason: Attention) -> None:
    for found in remedies(reason):
        if found.command:
            understood(found.command)
        for command in re.findall(r"`forthwith ([^`]+)`", found.advice):
            assert command.partition(" ")[0] in COMMANDS, command


def test_section_names_are_for_programs_and_headings_for_people() -> None:
    assert all(re.fullmatch(r"[a-z_]+", section) for section in Section)
    assert Section.LATE_ON_OUR_SIDE.heading == "Late on our side"
    assert Section.STOPPED.heading == "Stopped or stuck"
