"""What CONTRIBUTING.md and tests/README.md tell a contributor is so: every place they name, every name they lead to."""

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer.main
from pydantic import Field, TypeAdapter, ValidationError

from forthwith.cli.app import app
from forthwith.request.entries import Entry
from forthwith.request.events import AnyEvent, ClockResumed, Event, Reported
from forthwith.request.messages import HANDLERS, never_refused
from forthwith.request.phases import PHASES
from forthwith.request.timetable import TO_RECIPIENT, StepKind
from tests.story import harness
from tests.units import ladder_days, test_docs
from tests.units.cases import Desk, campaign
from tests.units.event_reference import EVENTS, kind_of
from tests.units.rungs import REVIEWED, RUNGS, SAID, come_to
from workflows.jurisdiction_request import JurisdictionRequest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TESTS = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
PAGES = [
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "tests/README.md")),
    *(ROOT / ".github").rglob("*.md"),
    *(ROOT / "docs" / "decisions").glob("*.md"),
]
PARTICIPLES = {
    **{"record": "recorded", "accept": "accepted", "acknowledge": "acknowledged", "extend": "extended"},
    **{"pause": "paused", "resume": "resumed", "correct": "corrected", "recompute": "recomputed"},
    **{"resend": "resent", "review": "reviewed", "escalate": "escalated", "resolve": "resolved"},
    **{"withdraw": "withdrawn", "add": "added"},
}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
each_update = pytest.mark.parametrize("update", HANDLERS)
each_kind = pytest.mark.parametrize("kind", StepKind)


def recipe(title: str) -> dict[str, list[Path]]:
    """The files that each row of a recipe's table names; a row that names none is about the files of the first."""
    rows = re.findall(r"^\| ([\w ]+) \| (.*?) \| .* \|$", test_docs.section(title, CONTRIBUTING), re.MULTILINE)
    file = re.compile(r"`([^`]+/[^`]*|[A-Z]+\.md)`")
    named = {what: [ROOT / name for name in file.findall(where)] for what, where in rows[1:]}
    first = next(iter(named.values()))
    return {what: files or first for what, files in named.items()}


MESSAGE, EVENT, RUNG = (recipe(f"## Add {what}") for what in ("a message", "an event", "a rung"))


@cache
def definitions(file: Path) -> dict[str, ast.ClassDef | ast.FunctionDef]:
    """Every class and function of a file at its top level, and every method, by name."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)}


def defined(name: str, places: list[Path]) -> Iterator[Path]:
    """The files in ``places``, which may be folders, that define ``name``."""
    for place in places:
        for file in sorted(place.glob("*.py")) if place.is_dir() else [place]:
            if file.suffix == ".py" and name in definitions(file):
                yield file


def camel(update: str) -> str:
    return "".join(map(str.title, update.split("_")))


def event_of(update: str) -> str:
    """The past tense of an update: ``pause_clock`` is ``clock_paused``, ``escalate_now`` is ``escalated``."""
    verb, _, what = update.partition("_")
    return f"{what}_{PARTICIPLES[verb]}" if what not in ("", "now") else PARTICIPLES[verb]


# The pages.


@each_page
def test_a_page_points_at_what_is_there(page: Path) -> None:
    test_docs.test_every_link_resolves(page)
    test_docs.test_every_command_is_understood(page)
    test_docs.test_commands_and_targets_that_are_mentioned_exist(page)
    test_docs.test_no_document_speaks_of_one_machine(page)


@each_page
def test_a_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    tops = "forthwith|workflows|activities|tests|docs|examples|bench"
    for name in re.findall(rf"(?<![\w/.])(?:{tops})/[\w./-]*\w/?", test_docs.without_blocks(text)):
        assert (ROOT / name).exists() or (ROOT / f"{name}.py").exists(), name


@pytest.mark.parametrize("table", [MESSAGE, EVENT, RUNG], ids=["message", "event", "rung"])
def test_every_file_of_a_recipe_exists(table: dict[str, list[Path]]) -> None:
    assert len(table) > 5
    for files in table.values():
        assert files
        assert [file for file in files if not file.exists()] == []


def test_the_harness_has_what_its_page_names() -> None:
    speakers: dict[str, type[Any]] = {"desk": Desk, "office": harness.Office, "demand": harness.Demand}
    named = set(re.findall(r"\b(desk|office|demand)\.(\w+)", TESTS + CONTRIBUTING))
    assert len(named) > 20
    desk, office = Desk(), inspect.getsource(harness.Office)
    for speaker, name in named:
        known = hasattr(speakers[speaker], name) or hasattr(desk, name) or f"self.{name}" in office
        assert known, f"{speaker}.{name}"


def test_the_days_of_the_ladder_are_those_of_the_code() -> None:
    assert ladder_days.page() == TESTS, "write it anew: make reference"


@pytest.mark.parametrize("file", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_parts_and_is_listed(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    stated = re.search(r"^Status: \w+ · Date: (\S+)", text, re.MULTILINE)
    assert stated
    assert date.fromisoformat(stated[1])
    assert f"({file.name})" in (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) < 450, "half a page"


# A message.


def refuses(node: ast.ClassDef | ast.FunctionDef, model: str) -> bool:
    """Whether it is the function that says when a message of that model is refused."""
    if not isinstance(node, ast.FunctionDef) or not node.name.startswith("refuse_"):
        return False
    said = node.args.args[1].annotation
    return isinstance(said, ast.Name) and said.id == model


@each_update
def test_a_message_is_found_by_its_name_alone(update: str) -> None:
    handler, model = HANDLERS[update], camel(update)
    [file] = defined(model, MESSAGE["model"])
    assert handler.message.__name__ == model
    assert [*defined(update, MESSAGE["decision"])] == [file]
    assert handler.decide.__name__ == update
    refusals = [name for name, node in definitions(file).items() if refuses(node, model)]
    assert refusals == ([] if handler.refuse is never_refused else [handler.refuse.__name__])
    assert f'"{update}": Handler(' in MESSAGE["handler"][0].read_text(encoding="utf-8")


@each_update
def test_a_message_has_its_update_and_its_command(update: str) -> None:
    [workflow] = MESSAGE["update"]
    assert {update, f"_may_{update}"} <= definitions(workflow).keys()
    assert hasattr(JurisdictionRequest, update)
    command = update.replace("_", "-")
    commands: dict[str, Any] = typer.main.get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue]
    assert command in commands
    assert len([*defined(update, MESSAGE["command"])]) == 1
    assert f'"{command}":' in MESSAGE["command"][-1].read_text(encoding="utf-8")
    assert f"### `{update}`" in MESSAGE["contract"][0].read_text(encoding="utf-8")
    assert f"`{command}`" in MESSAGE["README"][0].read_text(encoding="utf-8")


@each_update
def test_a_message_has_its_event_and_the_event_its_sentence(update: str) -> None:
    name = camel(event_of(update))
    assert len([*defined(name, EVENT["model"])]) == 1
    [event] = (event for event in EVENTS if kind_of(event) == event_of(update))
    assert issubclass(event, Reported)
    for what in ("union", "meaning", "sentence"):
        assert re.search(rf"\b{name}\b", EVENT[what][0].read_text(encoding="utf-8")), what
    entry = taken(update)
    assert entry.event.kind == event_of(update)
    assert entry.text


@each_update
def test_a_message_is_built_for_tests_and_has_its_row_at_every_rung(update: str) -> None:
    assert camel(update) in MESSAGE["message for tests"][0].read_text(encoding="utf-8")
    assert update in {said for said, _ in SAID.values()}


def taken(update: str) -> Entry:
    """The entry of such a message, at the first rung that takes it."""
    for said, (name, message_at) in SAID.items():
        for rung in RUNGS if name == update else ():
            desk = come_to(rung, campaign(completeness="reviewed") if said in REVIEWED else None)
            message = message_at(desk)
            if not desk.request.refusal(message, desk.now):
                return desk.request.timeline[desk.request.take(message, desk.now).recorded - 1]
    raise AssertionError(f"no rung takes {update}")


# An event.


def test_every_event_has_its_meaning_and_its_sentence() -> None:
    for what in ("union", "meaning", "sentence"):
        text = EVENT[what][0].read_text(encoding="utf-8")
        assert [event.__name__ for event in EVENTS if not re.search(rf"\b{event.__name__}\b", text)] == [], what


class ClockPausedV1(Reported):
    kind: Literal["clock_paused"] = "clock_paused"
    since: str


class ClockPaused(Reported):
    kind: Literal["clock_paused"] = "clock_paused"
    v: Literal[2] = 2  # pyright: ignore[reportIncompatibleVariableOverride]
    by_agreement: bool


def test_a_new_version_of_an_event_is_read_beside_the_old_one() -> None:
    """As the recipe has it: both stay in the union, told apart by ``v``, and the old one keeps its bytes."""
    both: Any = Annotated[ClockPausedV1 | ClockPaused, Field(discriminator="v")]
    union: Any = Annotated[both | ClockResumed, Field(discriminator="kind")]
    read = TypeAdapter[Event](union)
    origin: Any = {"event_id": "e-1", "message_sha256": "0" * 64}
    for event in (ClockPausedV1(**origin, since="today"), ClockPaused(**origin, by_agreement=True)):
        assert read.validate_json(event.canonical) == event
        assert read.validate_json(event.canonical).canonical == event.canonical
    any_event: Any = AnyEvent
    with pytest.raises(ValidationError):
        TypeAdapter[Event](any_event).validate_json(ClockPaused(**origin, by_agreement=True).canonical)


# A rung.


@each_kind
def test_a_letter_has_its_template_and_its_moment(kind: StepKind) -> None:
    folder, page = RUNG["words"][0], RUNG["variables"][0].read_text(encoding="utf-8")
    assert (folder / f"{kind}.j2").is_file()
    assert re.search(rf"^\| `{kind}` \| [\w ]+ \| .+ \|$", page, re.MULTILINE)
    assert len(re.findall(rf"\bStepKind\.{kind.name}\b", RUNG["letter"][0].read_text(encoding="utf-8"))) >= 1


def test_there_is_no_template_of_nothing() -> None:
    assert {path.stem for path in RUNG["words"][0].glob("*.j2")} == {*StepKind}


@pytest.mark.parametrize("kind", TO_RECIPIENT)
def test_a_letter_to_the_recipient_has_its_phase_and_is_drawn(kind: StepKind) -> None:
    phases = [status for status, phase in PHASES.items() if kind in phase.letters]
    assert len(phases) == (kind is not StepKind.COPY), "a copy goes out in any phase"
    assert f"StepKind.{kind.name}" in RUNG["drawing"][0].read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [kind for kind in StepKind if kind not in TO_RECIPIENT])
def test_a_letter_to_our_own_people_has_its_subject_and_says_what_it_asks(kind: StepKind) -> None:
    assert f"StepKind.{kind.name}" in RUNG["subject and date"][0].read_text(encoding="utf-8")
    assert f"StepKind.{kind.name}" in RUNG["page"][0].read_text(encoding="utf-8")


def test_every_rung_is_a_key_of_the_ladder() -> None:
    text = RUNG["key"][0].read_text(encoding="utf-8")
    for name in ("ORDER", "Rung", "Ladder"):
        assert re.search(rf"^(class )?{name}\b", text, re.MULTILINE)
