"""What the documents tell a reader to do can be done, and what they point at is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer
from pydantic import BaseModel, create_model
from ruamel.yaml import YAML

from forthwith.base import Model
from forthwith.campaign import ladder
from forthwith.campaign import models as campaign
from forthwith.campaign.campaign_file import read_campaign
from forthwith.cli.app import app
from forthwith.request.vocabulary import Attention
from forthwith.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRACT.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue]

CAMPAIGN_FILE = {
    "## Top level": campaign.Campaign,
    "## `issuer`": campaign.Issuer,
    "## `demand`": campaign.Demand,
    "### `authority`": campaign.Authority,
    "## `clock`": campaign.ClockPolicy,
    "## `ladder`": ladder.Rung,
    "## `mail`": campaign.MailPolicy,
    "## The CSV of jurisdictions": campaign.Jurisdiction,
}

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def without_code(text: str) -> str:
    """The prose, in which links are links."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def command_lines(text: str) -> Iterator[list[str]]:
    """Every command of the shell blocks, as a shell would split it."""
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith(("python ", "forthwith ", "make ")):
                yield shlex.split(line, comments=True)


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def section(title: str, text: str) -> str:
    """What stands directly under a heading, up to the next one."""
    found = text.partition(f"\n{title}\n")[2]
    assert found, f"no section {title}"
    return re.split(r"\n#+ ", found)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every row of a table that begins with a name in code type."""
    lines = re.findall(r"^\| (`.*) \|$", text, re.MULTILINE)
    return [[cell.strip() for cell in re.split(r" \|(?: |$)", line)] for line in lines]


def names(cell: str) -> list[str]:
    """What stands in code type."""
    return re.findall(r"`([^`]+)`", cell)


@every_document
def test_every_link_resolves(document: Path):
    for target in re.findall(r"\]\(([^)]+)\)", without_code(document.read_text(encoding="utf-8"))):
        if target.startswith("https://"):
            continue
        name, _, anchor = unquote(target).partition("#")
        linked = (document.parent / name).resolve() if name else document
        assert linked.exists(), target
        assert linked.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(linked.read_text(encoding="utf-8")), target


@every_document
def test_every_command_is_understood(document: Path):
    for program, *arguments in command_lines(document.read_text(encoding="utf-8")):
        if program == "make":
            continue
        script, *rest = ("starter.py", *arguments) if program == "forthwith" else arguments
        assert (ROOT / script).is_file()
        if script == "starter.py":
            COMMANDS[rest[0]].make_context(rest[0], rest[1:])  # refuses unknown options and missing arguments


@every_document
def test_commands_and_targets_that_are_mentioned_exist(document: Path):
    text = document.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for mentioned in [*names(without_blocks(text)), *map(shlex.join, command_lines(text))]:
        first, *words = mentioned.split()
        if first == "make":
            assert {word for word in words if "=" not in word} <= targets, mentioned
        if first in ("forthwith", "starter.py") and words and words[0].islower():
            assert words[0] in COMMANDS, mentioned


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


@every_document
def test_no_document_speaks_of_one_machine(document: Path):
    text = document.read_text(encoding="utf-8")
    assert not re.findall(r"(?<![\w.])/(?:work|root|home|tmp|Users|opt)/", text)
    assert not re.findall(r"pypi|pythonhosted|index-url|artifactory|devpi", text, re.IGNORECASE)


def test_the_readme_lists_every_command_and_every_setting():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    told = [name for cells in rows(section("## Commands", text)) for name in names(cells[0])]
    assert sorted(told) == sorted(COMMANDS)
    settings = {names(cells[0])[0]: cells[1].strip("`") for cells in rows(section("## Configuration", text))}
    assert list(settings) == [f"FORTHWITH_{name.upper()}" for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        told = settings[f"FORTHWITH_{name.upper()}"]
        if told not in ("none", "the system's", "the login"):
            assert getattr(Settings.model_validate({name: told}), name) == field.default, name


def test_the_runbook_tells_what_to_do_about_every_reason():
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    told = [names(cells[0])[0] for cells in rows(section("## Each reason for attention", text))]
    assert told == [*Attention]


@pytest.mark.parametrize("title", CAMPAIGN_FILE)
def test_every_key_of_a_campaign_file_is_told_with_its_default_and_an_example(title: str):
    model: type[BaseModel] = CAMPAIGN_FILE[title]
    text = (ROOT / "docs" / "campaign-file.md").read_text(encoding="utf-8")
    told = {names(cells[0])[0]: cells for cells in rows(section(title, text))}
    fields = {field.alias or name: (name, field) for name, field in model.model_fields.items()}
    assert list(told) == list(fields)
    for key, (name, field) in fields.items():
        _, default, _, example = (*told[key], "")[:4]
        if model is not ladder.Rung:
            assert (default == "required") == field.is_required(), key
        if default.startswith("`") and default != "`end_of_day`":
            assert default.strip("`") == field.default, key
        if example and "…" not in example and key != "items":
            written: Any = YAML(typ="safe").load(example.strip("`"))
            value = str(written) if model is campaign.Jurisdiction else written
            alone: dict[str, Any] = {name: (field.annotation, field)}
            create_model("Alone", __base__=Model, **alone).model_validate({key: value})


def test_the_campaign_to_try_things_with_is_one():
    file = read_campaign(ROOT / "docs" / "trial" / "campaign.yaml")
    assert len(file.jurisdictions) == 4
