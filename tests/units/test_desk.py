"""The morning page knows every reason for attention and everything that our own people owe, with a command for each."""

import shlex

import pytest
import typer.main

from forthwith.cli.app import app
from forthwith.request.messages import Attention
from forthwith.views.status import OWED
from forthwith.views.tasks import SAID, WAITS

COMMANDS = typer.main.get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue,reportUnknownVariableType,reportUnknownMemberType]
FILLED = {"id": "a/b", "sha256": "0" * 64, "reviewer": "R", "supervisor": "S"}


def test_every_reason_for_attention_has_its_place() -> None:
    assert set(SAID) == set(Attention)


def test_whatever_our_own_people_owe_has_its_command() -> None:
    assert set(WAITS) == set(OWED)


@pytest.mark.parametrize(
    "command", [*filter(None, (said[2] for said in SAID.values())), *(w[1] for w in WAITS.values())]
)
def test_the_command_is_one_that_there_is(command: str) -> None:
    name, *arguments = shlex.split(command.format(**FILLED).replace("N ", "7 "))
    COMMANDS[name].make_context(name, arguments)  # pyright: ignore[reportUnknownMemberType]
