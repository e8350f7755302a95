"""YAML read into plain Python with the line of every value, so that an error can say where it is.

Built from parser events and not by a loader: a loader stops at the first duplicate key, follows aliases however
often they multiply, and answers ``2018-02-30`` with an exception that names no line.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from forthwith.campaign.problems import Problem

DEEPEST = 20

Place = tuple[str | int, ...]
"""Keys and positions (from 0) that lead to a value, as pydantic reports them."""

# What is not text when it stands without quotes, after the core schema of YAML 1.2. A date is one by custom.
_CORE: dict[re.Pattern[str], Callable[[str], object]] = {
    re.compile(r"~|null|Null|NULL|"): lambda _: None,
    re.compile(r"true|True|TRUE"): lambda _: True,
    re.compile(r"false|False|FALSE"): lambda _: False,
    re.compile(r"[-+]?[0-9]{1,18}"): int,
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?"): float,
    re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"): lambda text: float(text.replace(".", "")),
    re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"): date.fromisoformat,
}


class LinedYaml:
    """One YAML document. ``value`` is made of dict, list, str, int, float, bool, date and None only."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.value: Any = None
        self.problems: list[Problem] = []
        self._lines: dict[Place, int] = {(): 1}
        self._keys: dict[Place, int] = {}
        self._children: dict[Place, list[str]] = {}
        self._unread: set[Place] = set()
        try:
            self._read(_events(text))
        except _UnreadableError as error:
            self._add(error.line, (), error.message)

    def get(self, *keys: str) -> Any:
        """The value that the mappings lead to, or None."""
        value = self.value
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return value  # pyright: ignore[reportUnknownVariableType]

    def line(self, place: Place) -> int:
        """The line of a value; of a list or mapping, that of its key. Of what is missing, the line of what lacks it."""
        return self._lines[place] if place in self._lines else self.line(place[:-1])

    def key_line(self, place: Place) -> int:
        """The line of the key under which a value stands."""
        return self._keys.get(place) or self.line(place)

    def written(self, place: Place) -> Place:
        """The nearest place in the file for a ``place`` in the models: what a model makes up is left out.

        A period ``{days: 14}`` becomes a unit and a count; both are what stands under its one key.
        """
        found: Place = ()
        for part in place:
            if part in ("unit", "count") and len(self._children.get(found, ())) == 1:
                (part,) = self._children[found]
            if (*found, part) not in self._lines:
                break
            found = (*found, part)
        return found

    def is_reported(self, place: Place) -> bool:
        """True when the value at ``place`` could not be read, and that is among the problems already."""
        return any(place[:length] in self._unread for length in range(len(place) + 1))

    def _read(self, events: Iterator["_Event"]) -> None:
        documents = 0
        for event in events:
            if event.kind == "DocumentStart":
                documents += 1
                if documents > 1:
                    self._add(event.line, (), "a second document begins here; one file is one document")
                    return
                self.value = self._node(next(events), (), events)

    def _node(self, event: "_Event", place: Place, events: Iterator["_Event"]) -> Any:
        if len(place) > DEEPEST:
            raise _UnreadableError(event.line, f"is nested more than {DEEPEST} levels deep")
        is_seen = event.kind in ("Scalar", "Alias") and not event.is_empty  # what is empty seems to stand further down
        self._lines[place] = event.line if is_seen else self._keys.get(place, event.line)
        if event.kind == "Alias":
            self._unread.add(place)
            self._add(event.line, place, f"*{event.anchor} repeats a value from elsewhere; write the value out")
            return None
        if event.anchor:
            self._add(event.line, place, f"has the anchor &{event.anchor}; leave it out and write repeated values out")
        if event.has_tag:
            self._add(event.line, place, "has a YAML tag (a word that begins with !); leave it out")
        match event.kind:
            case "SequenceStart":
                return self._sequence(place, events)
            case "MappingStart":
                return self._mapping(place, events)
            case _:
                return _plain(event.text) if event.is_plain else event.text

    def _sequence(self, place: Place, events: Iterator["_Event"]) -> list[Any]:
        items: list[Any] = []
        while (event := next(events)).kind != "SequenceEnd":
            items.append(self._node(event, (*place, len(items)), events))
        return items

    def _mapping(self, place: Place, events: Iterator["_Event"]) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while (event := next(events)).kind != "MappingEnd":
            key = (*place, event.text)
            if event.kind != "Scalar":
                self._add(event.line, place, "has a key that is not a word")
                _skip(event, events)
                _skip(next(events), events)
            elif event.text in items:
                self._add(event.line, key, f"stands in line {self._keys[key]} already; keep one of them")
                _skip(next(events), events)
            else:
                self._keys[key] = event.line
                self._children.setdefault(place, []).append(event.text)
                items[event.text] = self._node(next(events), key, events)
        return items

    def _add(self, line: int, place: Place, message: str) -> None:
        self.problems.append(Problem(file=self.file, line=line, field=field_name(place), message=message))


def field_name(place: Place) -> str:
    """``ladder.3.remind`` for a place in the file. People count from one."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


class _UnreadableError(Exception):
    """The file cannot be read on from this line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True)
class _Event:
    """One event of the parser, with a type."""

    kind: str
    line: int
    text: str
    anchor: str
    has_tag: bool
    is_plain: bool

    @property
    def is_empty(self) -> bool:
        return self.is_plain and not self.text and not self.anchor


def _events(text: str) -> Iterator[_Event]:
    """What the parser finds. Raises ``_UnreadableError`` at what is not YAML."""
    line = 1
    try:
        parser: Any = YAML(typ="safe", pure=True)
        for found in parser.parse(text):
            line = found.start_mark.line + 1
            yield _Event(
                kind=type(found).__name__.removesuffix("Event"),
                line=line,
                text=str(getattr(found, "value", "")),
                anchor=str(getattr(found, "anchor", None) or ""),
                has_tag=bool(getattr(found, "tag", None)),
                is_plain=not getattr(found, "style", None),
            )
    except ReaderError as error:
        where: Any = error
        message = f"contains the control character {_code_point(where.character)}; give plain text"
        raise _UnreadableError(text.count("\n", 0, where.position) + 1, message) from error
    except MarkedYAMLError as error:
        marked: Any = error
        mark = marked.problem_mark or marked.context_mark
        raise _UnreadableError(mark.line + 1 if mark else line, _in_plain_words(error)) from error
    except (YAMLError, ValueError) as error:  # ValueError: "\U00110000" and other escapes beyond Unicode
        raise _UnreadableError(line, "is not YAML, here or a little below; look for a backslash too many") from error


def _skip(event: _Event, events: Iterator[_Event]) -> None:
    """Passes over a value that has no place of its own."""
    depth = 0
    while True:
        depth += event.kind.endswith("Start")
        depth -= event.kind.endswith("End")
        if not depth:
            return
        event = next(events)


def _code_point(character: str | int) -> str:
    return f"U+{character if isinstance(character, int) else ord(character[:1]):04X}"


def _plain(text: str) -> object:
    for form, convert in _CORE.items():
        if form.fullmatch(text):
            try:
                return convert(text)
            except ValueError:  # a day that does not exist stays text, and its field says so
                return text
    return text


def _in_plain_words(error: MarkedYAMLError) -> str:
    marked: Any = error
    problem, context = str(marked.problem or ""), str(marked.context or "")
    if "'\\t'" in problem:
        return "a tab stands where spaces belong; indent with spaces"
    if "mapping values are not allowed" in problem:
        return "a colon stands where none can; check the indentation, and put text that contains one in quotes"
    details = ", ".join(filter(None, (context, problem)))
    return f"is not YAML, here or a little above; check quotes and indentation ({details})"
