"""CONTRACT.md and docs/schemas/ say what the code does, all of it and nothing else.

`.venv/bin/python tests/units/test_contract.py` writes the schemas anew from the models.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.workflow import (  # pyright: ignore[reportPrivateUsage] - the names under which it is registered
    _Definition as Definition,
)

from forthwith import fields, temporal
from forthwith.campaign.starting import StartOutcome
from forthwith.casefile.store import Dossier
from forthwith.cli.app import app
from forthwith.cli.commands.preview import PreviewStep
from forthwith.cli.commands.recover import Recovered
from forthwith.cli.commands.rehearse import RehearsalReport
from forthwith.cli.commands.today import Today
from forthwith.cli.report.page import Report
from forthwith.deadlines.period import Unit
from forthwith.request import clock_changes, limits, signals, vocabulary
from forthwith.request.entries import GENESIS, Entry
from forthwith.request.events import NoteAdded
from forthwith.request.messages import SIGNALS, UPDATES, Answer
from forthwith.request.record import Outcome
from forthwith.request.responses import RecordResponse
from forthwith.request.vocabulary import MAX_MESSAGES, SYSTEM, Attention, Status
from forthwith.server_setup import Check
from forthwith.views.listing import Listed
from forthwith.views.status import Explanation, RequestStatus
from workflows.jurisdiction_request import JurisdictionRequest

ROOT = Path(__file__).parents[2]
CONTRACT = (ROOT / "CONTRACT.md").read_text(encoding="utf-8")
SCHEMAS = ROOT / "docs" / "schemas"

ANSWERS: dict[str, type[BaseModel]] = {
    "answer": Answer,
    "status": RequestStatus,
    "entry": Entry,
    "explanation": Explanation,
    "outcome": Outcome,
}
PERIOD_AS_WRITTEN = {
    "description": "A positive whole number of one unit, at most ten years.",
    "type": "object",
    "properties": {unit: {"type": "integer", "exclusiveMinimum": 0} for unit in get_args(Unit)},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
"""A period is written with its unit as the key. The model's own schema shows how it is kept, not how it is written."""


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema of the contract by its file name: what is sent as it is read, what is answered as it is written."""
    sent = {name: model.model_json_schema(by_alias=True) for name, model in UPDATES.items()}
    answered = {name: model.model_json_schema(by_alias=True, mode="serialization") for name, model in ANSWERS.items()}
    for schema in sent.values():
        if "Period" in schema.get("$defs", {}):
            schema["$defs"]["Period"] = PERIOD_AS_WRITTEN
    return sent | answered


def section(title: str, text: str = CONTRACT) -> str:
    """What stands under a heading, up to the next one of its level."""
    level = title.partition(" ")[0]
    found = text.partition(f"\n{title}\n")[2]
    assert found, f"no section {title}"
    return re.split(rf"\n#{{1,{len(level)}}} ", found)[0]


def first_cells(text: str) -> list[str]:
    """The names in the first column of a table."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def names_in(model: type[BaseModel]) -> list[str]:
    """The keys of a model as they are sent."""
    return [field.alias or name for name, field in model.model_fields.items()]


# Names.


def test_the_workflow_has_the_updates_signals_and_queries_that_are_named():
    definition = Definition.must_from_class(JurisdictionRequest)
    told = re.findall(r"^### `(\w+)`$", section("## Updates"), re.MULTILINE)
    assert told == list(UPDATES)
    assert set(definition.updates) == set(UPDATES)
    assert first_cells(section("## Signals")) == list(SIGNALS)
    assert set(first_cells(section("## Queries"))) == set(definition.queries)
    assert definition.name is not None
    assert f"| Workflow type | `{definition.name}` |" in CONTRACT
    assert f"| Task queue | `{temporal.TASK_QUEUE}` |" in CONTRACT


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("## Statuses and outcomes", [*Status]),
        ("## Attention", [*Attention]),
        ("## Search attributes", [key.name for key in temporal.SEARCH_ATTRIBUTES]),
    ],
)
def test_a_table_names_all_and_only_what_exists(title: str, names: list[str]):
    assert first_cells(section(title)) == names


def test_search_attributes_have_the_types_that_are_named():
    told = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", section("## Search attributes"), re.MULTILINE))
    kinds = {key.name: IndexedValueType.Name(key.indexed_value_type) for key in temporal.SEARCH_ATTRIBUTES}  # pyright: ignore[reportArgumentType]
    as_told = {name: kind.removeprefix("INDEXED_VALUE_TYPE_").title().replace("_", "") for name, kind in kinds.items()}
    assert told == as_told


def test_the_words_a_payload_may_contain_are_all_named():
    told = section("### `record_response`")
    for words in (vocabulary.ResponseKind, vocabulary.Disposition):
        assert set(get_args(words)) <= set(re.findall(r"`(\w+)`", told))


def test_the_caps_are_those_of_the_code():
    told = dict(re.findall(r"^\| ([\w ]+) \| ([\d,]+)", section("## Limits"), re.MULTILINE))
    assert {name: int(number.replace(",", "")) for name, number in told.items()} == {
        "Messages to one request": MAX_MESSAGES,
        "Items in a response": _most("record_response", "items"),
        "Documents in a response": _most("record_response", "documents"),
        "Characters of a line": fields.MAX_LINE,
        "Bytes of a text": limits.MAX_TEXT_BYTES,
        "Bytes of a message": limits.MAX_MESSAGE_BYTES,
        "Bytes of all events of a request": limits.MAX_RECORD_BYTES,
        "Bytes kept of a signal that cannot be read": signals.KEPT,
        "Bytes of entries in an answer to the query timeline": limits.MAX_ANSWER_BYTES,
        "Days of an extension from the day it is granted": clock_changes.MAX_EXTENSION // timedelta(days=1),
    }


def _most(name: str, field: str) -> int:
    found = json.dumps(schemas()[name]["properties"][field])
    return max(map(int, re.findall(r'"maxItems": (\d+)', found)))


# Payloads.


@pytest.mark.parametrize("name", [*UPDATES])
def test_an_update_is_told_field_by_field(name: str):
    model = UPDATES[name]
    told = first_cells(section(f"### `{name}`"))
    assert told == [key for key in names_in(model) if key not in ("event_id", "by")]


@pytest.mark.parametrize("name", [*UPDATES])
def test_the_example_of_an_update_is_one_that_is_taken(name: str):
    examples = blocks(section(f"### `{name}`"), "json")
    assert examples
    for example in examples:
        UPDATES[name].model_validate_json(example)
        Draft202012Validator(schemas()[name]).validate(json.loads(example))


def test_the_examples_of_answers_are_such_answers():
    for title, model in (("### The answer", Answer), ("## Statuses and outcomes", Outcome)):
        examples = blocks(section(title), "json")
        assert examples
        for example in examples:
            model.model_validate_json(example)
    queried = blocks(section("## Queries"), "json")
    for example, kind in zip(queried, (RequestStatus, list[Entry], Explanation), strict=True):
        TypeAdapter[Any](kind).validate_json(example)


@pytest.mark.parametrize("name", [*schemas()])
def test_a_schema_is_that_of_the_model(name: str):
    assert json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")) == schemas()[name], (
        "write it anew: .venv/bin/python tests/units/test_contract.py"
    )
    Draft202012Validator.check_schema(schemas()[name])
    assert f"docs/schemas/{name}.json" in CONTRACT


def test_there_is_no_schema_of_nothing():
    assert {path.stem for path in SCHEMAS.iterdir()} == set(schemas())


# Commands.


def payloads_of(update: str) -> Iterator[str]:
    """The inline inputs that commands in the document give to an update or signal."""
    for command in "\n".join(blocks(CONTRACT, "sh")).replace("\\\n", " ").splitlines():
        if f"--name {update} " in command:
            yield from re.findall(r"--input '([^']*)'", command)


def test_the_commands_send_what_is_taken():
    told = {**UPDATES, **SIGNALS}
    given = {name: [*payloads_of(name)] for name in told}
    assert given["response_received"]
    for name, inputs in given.items():
        for payload in inputs:
            told[name].model_validate_json(payload)


def test_every_command_with_json_is_told():
    told = {name for cell in re.findall(r"^\| (.+?) \|", section("## The command line"), re.MULTILINE)
            for name in re.findall(r"`([a-z-]+)`", cell)}  # fmt: skip
    speaking = {
        command.name
        for command in app.registered_commands
        if command.callback and "json" in command.callback.__annotations__
    }
    assert told == speaking


@pytest.mark.parametrize(
    ("command", "model"),
    [
        ("list", Listed),
        ("start", StartOutcome),
        ("preview", PreviewStep),
        ("doctor", Check),
        ("demo", RehearsalReport),
        ("recover", Recovered),
        ("today", Today),
        ("report", Report),
    ],
)
def test_what_a_command_prints_has_the_fields_that_are_told(command: str, model: type[BaseModel]):
    row = next(row for row in section("## The command line").splitlines() if f"`{command}`" in row)
    assert re.findall(r"\{([\w, ]+)\}", row) == [", ".join(names_in(model))]


# The case file.


def test_the_chain_is_checked_by_the_commands_that_are_told(tmp_path: Path):
    bash = shutil.which("bash")
    assert bash
    check = next(block for block in blocks(section("## The case file"), "sh") if "timeline" in block)
    dossier, entries = Dossier(tmp_path), list[Entry]()
    for number in (1, 2, 3):
        previous = entries[-1].head if entries else GENESIS
        at = datetime(2026, 1, number, tzinfo=UTC)
        note = NoteAdded(event_id=f"n-{number}", message_sha256="0" * 64, note=f"Entry {number}.")
        entries.append(Entry(number=number, at=at, by=SYSTEM, event=note, text=note.note, previous=previous))
    dossier.file("a/b", tuple(entries))

    def checked() -> str:
        run = [bash, "-euo", "pipefail", "-c", check]
        return subprocess.run(run, cwd=tmp_path / "a" / "b", capture_output=True, text=True, check=True).stdout

    assert checked().split() == ["head", entries[-1].head]
    second = tmp_path / "a" / "b" / "timeline" / "0002.json"
    second.write_bytes(second.read_bytes().replace(b"Entry 2.", b"Entry two."))
    assert "timeline/0003.json does not follow" in checked()


def test_a_response_takes_the_payload_of_the_signal():
    assert SIGNALS["response_received"] is RecordResponse is UPDATES["record_response"]


if __name__ == "__main__":
    SCHEMAS.mkdir(exist_ok=True)
    for stem, content in schemas().items():
        (SCHEMAS / f"{stem}.json").write_text(
            json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
