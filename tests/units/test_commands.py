"""The reference of the command line says what the commands say of themselves, and every one of them teaches."""

import pytest
import typer.main

from forthwith.cli.app import app
from tests.units.commands import PAGE, page

COMMANDS = typer.main.get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue,reportUnknownVariableType,reportUnknownMemberType]


def test_the_reference_is_that_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: make reference"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example_of_itself(name: str) -> None:
    assert f"Example: forthwith {name}" in COMMANDS[name].help  # pyright: ignore[reportUnknownMemberType]
