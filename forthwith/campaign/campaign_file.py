"""Reads a campaign: its YAML file, CSV of jurisdictions, letter templates and calendars, all checked at once.

All problems are reported together, each with file, line and field, so that a campaign can be corrected in one
pass. What depends on the day of the start is checked later, in planning.py.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any, TypeVar

from pydantic import ValidationError

from forthwith.base import Model
from forthwith.campaign.calendar_names import overlay_file, overlay_problems
from forthwith.campaign.file_reading import MAX_TEXT_BYTES, NotFound, read_text, validated
from forthwith.campaign.models import Campaign, Jurisdiction
from forthwith.campaign.problems import InvalidCampaign, Problem
from forthwith.campaign.template_check import wording_problems
from forthwith.campaign.yaml_lines import Place, YamlDocument, field_name
from forthwith.deadlines.calendar_builder import build_calendar
from forthwith.deadlines.rule import BUILT_IN, FRCP6, Rule, is_rule_file
from forthwith.deadlines.rule_files import known_rules, read_rule
from forthwith.documents.template_files import default_templates
from forthwith.plain_errors import in_plain_words, unknown

__all__ = ["CampaignFile", "InvalidCampaign", "Problem", "default_templates", "read_campaign"]

MAX_TABLE_BYTES = 20_000_000
"""Ten thousand jurisdictions take about two million."""

ANY_YEAR = 2024
"""Every calendar that exists can be built for this year."""

_COLUMNS = tuple(Jurisdiction.model_fields)
_REQUIRED = tuple(name for name, field in Jurisdiction.model_fields.items() if field.is_required())


_M = TypeVar("_M", bound=Model)


@dataclass(frozen=True)
class CampaignFile:
    """A campaign with its files: everything from which its requests are planned."""

    path: Path
    campaign: Campaign
    jurisdictions: tuple[Jurisdiction, ...]
    templates: Mapping[str, str]
    """File name to text: ours, or the campaign's own of the same name."""
    calendars: tuple[str, ...]
    """``clock.calendar``, with overlay files as paths that can be opened."""
    rule: Rule | None
    """The rule that ``clock.rule`` names; None for a built-in one."""


def read_campaign(path: Path) -> CampaignFile:
    """The campaign in the YAML file at ``path``. Raises ``InvalidCampaign`` with every problem of all its files."""
    return _Reading(path).campaign_file()


class _Reading:
    """Reads one campaign, file by file, and collects the problems."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.yaml = self.document(path, path.name)

    def campaign_file(self) -> CampaignFile:
        campaign = self.campaign()
        jurisdictions = tuple(self.jurisdictions())
        templates = self.templates()
        rule = self.rule(campaign)
        calendars = tuple(self.calendars(sorted({row.state for row in jurisdictions})))
        if self.problems or campaign is None:
            raise InvalidCampaign(self.problems)
        return CampaignFile(self.path, campaign, jurisdictions, templates, calendars, rule)

    def campaign(self) -> Campaign | None:
        if self.yaml.value is None and self.problems:
            return None
        if not isinstance(self.yaml.value, dict):
            self.report((), "is no campaign file; one begins with a name, such as campaign: 1373-2018")
            return None
        return self.validated(Campaign, self.yaml)

    def jurisdictions(self) -> Iterator[Jurisdiction]:
        place: Place = ("jurisdictions",)
        path = self.beside(self.yaml.get("jurisdictions"), place)
        text = self.text(path, self.relative(path), MAX_TABLE_BYTES, named=place) if path else None
        if path is None or text is None:
            return
        table = _Table(self.relative(path), text)
        own_addresses = dict(_own_addresses(self.yaml))
        needs_state = any(name == "state" for _, name in self.calendar_names())
        for row in table.rows():
            if owner := own_addresses.get(row.cells.get("email", "").strip().lower()):
                table.report(row.line, "email", f"is the issuer's own ({owner}); the office would write to itself")
            if needs_state and row.cells.get("state") == "":
                table.report(row.line, "state", "is empty, but clock.calendar asks for the calendar of the state")
            if jurisdiction := table.jurisdiction(row):
                yield jurisdiction
        self.problems += table.problems

    def templates(self) -> Mapping[str, str]:
        ours = default_templates()
        place: Place = ("templates",)
        folder = self.beside(self.yaml.get("templates"), place)
        if folder is None:
            return ours
        try:
            found = sorted(folder.iterdir())
        except OSError as error:
            self.report(place, f"cannot be read as a folder beside the campaign file: {error.strerror}")
            return ours
        own: dict[str, str] = {}
        for file in found:
            name = self.relative(file)
            if file.name not in ours:
                message = unknown("template", file.name, sorted(ours))
                self.problems.append(Problem(file=name, line=None, field="", message=message))
            elif (text := self.text(file, name, MAX_TEXT_BYTES)) is not None:
                own[file.name] = text.replace("\r\n", "\n")
                if file.suffix == ".j2":
                    self.problems += wording_problems(name, own[file.name])
        return {**ours, **own}

    def rule(self, campaign: Campaign | None) -> Rule | None:
        """The rule that the campaign names, unless it is built in."""
        place: Place = ("clock", "rule")
        name = self.yaml.get(*place) or FRCP6.name
        if not isinstance(name, str) or not name.strip():
            return None  # its field says what is wrong
        rule = self.rule_file(name, place) if is_rule_file(name) else self.known_rule(name, place)
        if rule and campaign and campaign.clock.response is None and not rule.has_stages:
            self.report(("clock", "response"), f"is missing; the rule {rule.name} does not say how long the time is")
        return None if rule and rule.name in BUILT_IN else rule

    def known_rule(self, name: str, place: Place) -> Rule | None:
        if name not in known_rules():
            self.report(place, f"{unknown('rule', name, known_rules())}; or name a rule file .yaml")
            return None
        return read_rule(name)

    def rule_file(self, name: str, place: Place) -> Rule | None:
        path = self.beside(name, place)
        if path is None:
            return None
        document = self.document(path, self.relative(path), named=place)
        rule = None if document.value is None else self.validated(Rule, document)
        if rule and rule.name in known_rules():
            self.report(place, f"calls itself {rule.name}, which is a rule of ours; give it a name of its own")
        return rule

    def calendars(self, states: Iterable[str]) -> Iterator[str]:
        for place, name in self.calendar_names():
            try:
                file = overlay_file(name, self.path.parent)
                calendar = self.overlay(file, place) if file else name
                for state in filter(None, states) if calendar == "state" else ("",):
                    if calendar:
                        build_calendar([calendar], state=state, first_year=ANY_YEAR, last_year=ANY_YEAR)
                if calendar:
                    yield calendar
            except ValueError as error:
                self.report(place, str(error))

    def overlay(self, name: str, place: Place) -> str | None:
        """The path of an overlay file, or None when there are problems with it."""
        path = self.beside(name, place)
        if path is None:
            return None
        try:
            problems = overlay_problems(path, self.relative(path))
        except NotFound as error:
            self.report(place, str(error))
            return None
        self.problems += problems
        return None if problems else str(path)

    def calendar_names(self) -> list[tuple[Place, str]]:
        names: Any = self.yaml.get("clock", "calendar")
        return [
            (("clock", "calendar", number), name)
            for number, name in enumerate(names if isinstance(names, list) else [])  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            if isinstance(name, str) and name.strip()
        ]

    # Reading a file into values or problems.

    def report(self, place: Place, message: str) -> None:
        """Adds a problem at ``place`` in the campaign file."""
        line, field = self.yaml.line(place), field_name(place)
        self.problems.append(Problem(file=self.yaml.file, line=line, field=field, message=message))

    def relative(self, path: Path) -> str:
        return path.relative_to(self.path.parent).as_posix()

    def beside(self, name: object, place: Place) -> Path | None:
        """The path that the campaign file names, which must stay in its folder; None when it names none."""
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            return None  # not given, or its field says what is wrong
        parts = PureWindowsPath(name)  # splits at both / and \
        if parts.anchor or ".." in parts.parts:
            self.report(place, f"{name!r} leads out of the folder of the campaign file; name something inside it")
            return None
        return self.path.parent / name.strip()

    def document(self, path: Path, name: str, *, named: Place | None = None) -> YamlDocument:
        document = YamlDocument(name, self.text(path, name, MAX_TEXT_BYTES, named=named) or "")
        self.problems += document.problems
        return document

    def text(self, path: Path, name: str, max_bytes: int, *, named: Place | None = None) -> str | None:
        """The content of a file; None, and a problem, when it cannot be read. ``named`` is where it is named."""
        try:
            text = read_text(path, name, max_bytes)
        except NotFound as error:
            if named:
                self.report(named, str(error))
            else:
                typed = str(path) if path == self.path else name
                message = f"cannot be read: {error.reason}"
                self.problems.append(Problem(file=typed, line=None, field="", message=message))
            return None
        if isinstance(text, Problem):
            self.problems.append(text)
            return None
        return text

    def validated(self, model: type[_M], document: YamlDocument) -> _M | None:
        found = validated(model, document)
        if isinstance(found, Model):
            return found
        self.problems += found
        return None


@dataclass(frozen=True)
class _Row:
    line: int
    cells: Mapping[str, str]


class _Table:
    """The CSV of jurisdictions."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._records = csv.reader(io.StringIO(text, newline=""), strict=True)
        self._seen: dict[str, int] = {}

    def rows(self) -> Iterator[_Row]:
        """The rows that have a cell for each column. Lines that are blank or have only commas are skipped."""
        records = self._lines_and_records()
        nothing: tuple[int, list[str]] = (1, [])
        line, header = next(records, nothing)
        columns = [column.strip() for column in header]
        self._check_columns(line, columns)
        is_empty = True
        for line, record in records:
            is_empty = False
            if len(record) == len(columns):
                yield _Row(line, dict(zip(columns, record, strict=True)))
            else:
                message = f"has {len(record)} cells for {len(columns)} columns; put a cell that holds a comma in quotes"
                self.report(line, "", message)
        if is_empty and not self.problems:
            self.report(line, "", "names no jurisdiction; give one in each line")

    def jurisdiction(self, row: _Row) -> Jurisdiction | None:
        """The jurisdiction in a row, or None when there are problems with it."""
        identifier = row.cells.get("id", "")
        if identifier in self._seen:
            self.report(row.line, "id", f"{identifier!r} stands in line {self._seen[identifier]} already")
        elif identifier:
            self._seen[identifier] = row.line
        try:
            return Jurisdiction.model_validate({name: row.cells[name] for name in _COLUMNS if name in row.cells})
        except ValidationError as error:
            for details in error.errors(include_url=False):
                if details["type"] != "missing":  # a missing column is reported once
                    self.report(row.line, field_name(details["loc"]), in_plain_words(details, Jurisdiction))
            return None

    def report(self, line: int, column: str, message: str) -> None:
        """Adds a problem in a line."""
        self.problems.append(Problem(file=self.file, line=line, field=column, message=message))

    def _lines_and_records(self) -> Iterator[tuple[int, list[str]]]:
        """Each record with the line it begins in: a cell in quotes may run over several."""
        while True:
            line = self._records.line_num + 1
            try:
                record = next(self._records)
            except StopIteration:
                return
            except csv.Error as error:
                self.report(line, "", f"is not CSV: {error}")
                continue
            if any(cell.strip() for cell in record):
                yield line, record

    def _check_columns(self, line: int, columns: list[str]) -> None:
        if not columns:
            self.report(1, "", f"is empty; begin with a line of the columns {','.join(_COLUMNS)}")
        elif len(columns) == 1 and (separator := next((mark for mark in ";\t|" if mark in columns[0]), "")):
            self.report(line, "", f"has columns separated by {separator!r}; save it with commas")
        else:
            for column in dict.fromkeys(columns):
                if column not in _COLUMNS:
                    self.report(line, column, unknown("column", column, _COLUMNS))
                elif columns.count(column) > 1:
                    self.report(line, column, f"stands {columns.count(column)} times; keep one of them")
            for column in _REQUIRED:
                if column not in columns:
                    self.report(line, column, "is missing; every jurisdiction needs it")


def _own_addresses(document: YamlDocument) -> Iterator[tuple[str, str]]:
    """The issuer's addresses, each with the field that gives it."""
    for keys in (("from",), ("reply_to",), ("reviewer", "email"), ("supervisor", "email"), ("operator", "email")):
        address = document.get("issuer", *keys)
        if isinstance(address, str):
            yield address.strip().lower(), field_name(("issuer", *keys))
