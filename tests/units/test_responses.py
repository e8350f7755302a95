"""What `record-response` refuses before it connects: the same thing given twice, and options without effect."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forthwith.cli.app import app

HASH = "0" * 64


def refused(*words: str) -> str:
    said = CliRunner().invoke(app, ["record-response", "trial/chicago-il", *words])
    assert said.exit_code == 1
    return str(said.exception)


def test_all_items_and_one_item_are_not_said_together():
    assert "--all" in refused("--all", "--item", "A-2=objected:privilege")


@pytest.mark.parametrize(
    "option",
    [
        ("--all",),
        ("--item", "A-1=produced"),
        ("--document", f"file:a.pdf,{HASH}"),
        ("--from", "Dept. of Law"),
        ("--kind", "production"),
        ("--note", "by courier"),
        ("--received-at", "2018-02-20T10:00:00-06:00"),
    ],
)
def test_beside_a_whole_message_nothing_is_said_in_vain(option: tuple[str, ...], tmp_path: Path):
    payload = tmp_path / "message.json"
    payload.write_text("{}")
    assert f"{option[0]} with --payload" in refused("--payload", str(payload), *option)


@pytest.mark.parametrize(
    ("field", "value", "option"),
    [("event_id", "mine", "--event-id"), ("by", {"name": "Olivia", "role": "operator"}, "--by")],
)
def test_a_message_with_its_own_name_takes_no_other(field: str, value: object, option: str, tmp_path: Path):
    payload = tmp_path / "message.json"
    payload.write_text(json.dumps({field: value}))
    assert f"its own {field}, and {option}" in refused("--payload", str(payload), option, "other")


@pytest.mark.parametrize("pages", ["9" * 5000, "many", "-1", "²"])
def test_a_number_of_pages_that_is_none(pages: str):
    assert "is not a number of pages" in refused("--document", f"file:a.pdf,{HASH},{pages}")
