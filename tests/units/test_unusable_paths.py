"""A path that cannot be used, or is not what was meant: the error names it, and nothing is left behind."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from forthwith.cli.app import app

EXAMPLE = Path("examples/1373-2018/campaign.yaml").resolve()


def refused(*words: str) -> str:
    """What a command says that does nothing. A bug would end it by another error."""
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 1
    assert type(said.exception).__name__ == "Failure", said.exception
    return str(said.exception)


def test_letters_are_not_written_where_nothing_can_be(tmp_path: Path):
    (tmp_path / "file").write_text("")
    there = str(tmp_path / "file" / "x")
    said = refused("preview", str(EXAMPLE), "--on", "2018-01-24", "--only", "chicago-il", "--to", there)
    assert said.startswith(f"{there} cannot be written: ")


def test_no_stack_is_kept_where_nothing_can_be(tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert "cannot be made" in refused("dev", "--folder", str(tmp_path / "file" / "x"))


@pytest.mark.parametrize("option", ["--port", "--ui-port", "--smtp-port"])
@pytest.mark.parametrize("number", ["0", "99999999"])
def test_a_port_that_is_none(option: str, number: str, tmp_path: Path):
    said = CliRunner().invoke(app, ["dev", "--folder", str(tmp_path), option, number])
    assert said.exit_code == 2
    assert "Invalid value" in said.output


@pytest.mark.parametrize("command", [("list",), ("today",), ("add-note", "trial/x", "x"), ("report", "trial")])
def test_an_address_that_is_none(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEMPORAL_ADDRESS", "bad address")
    assert refused(*command).startswith("'bad address' cannot be used as the address of a Temporal server")


def test_a_rehearsal_that_cannot_begin_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert "cannot be read" in refused("rehearse", str(EXAMPLE), "--scenario", "nowhere.yaml")
    (tmp_path / "latin.yaml").write_bytes("a: é".encode("latin-1"))
    assert "is not UTF-8 text" in refused("rehearse", str(EXAMPLE), "--scenario", "latin.yaml")
    assert {path.name for path in tmp_path.iterdir()} == {"latin.yaml"}


def test_a_folder_that_is_no_mailbox(tmp_path: Path):
    assert "is not a mailbox" in refused("inbox", str(tmp_path / "nowhere"))
    assert CliRunner().invoke(app, ["inbox", str(tmp_path)]).exit_code == 0, "one that got no letter yet"
    (tmp_path / "notes.txt").write_text("mine")
    assert "is not a mailbox" in refused("inbox", str(tmp_path))
