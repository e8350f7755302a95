"""YAML read into plain Python with the line of every value, so that an error can say where it is.

Values are made here from the nodes that ruamel composes, and not by its constructor: that one stops at the first
duplicate key, copies what aliases repeat, and answers ``2018-02-30`` with an exception that names no line.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import Node
from ruamel.yaml.reader import ReaderError

from forthwith.campaign.problems import Problem

MAX_DEPTH = 20

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


class YamlDocument:
    """One YAML document. ``value`` is made of dict, list, str, int, float, bool, date and None only."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.value: Any = None
        self.problems: list[Problem] = []
        self._lines: dict[Place, int] = {(): 1}
        self._keys: dict[Place, int] = {}
        self._children: dict[Place, list[str]] = {}
        self._unread: set[Place] = set()
        if root := self._composed(text):
            self.value = self._value(root, ())

    def get(self, *keys: str) -> Any:
        """The value that the mappings lead to, or None."""
        value = self.value
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return value  # pyright: ignore[reportUnknownVariableType]

    def line(self, place: Place) -> int:
        """The line of a value; for a list or mapping, of its key; for a missing value, of the mapping that lacks it."""
        return self._lines[place] if place in self._lines else self.line(place[:-1])

    def key_line(self, place: Place) -> int:
        """The line of the key under which a value stands."""
        return self._keys.get(place) or self.line(place)

    def nearest(self, place: Place) -> Place:
        """The nearest place in the file for a ``place`` in the models, without what only a model has.

        A period ``{days: 14}`` becomes a unit and a count; both stand for the value of its one key.
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
        """Whether the value at ``place`` could not be read, and that is among the problems already."""
        return any(place[:length] in self._unread for length in range(len(place) + 1))

    def _composed(self, text: str) -> Any:
        """The root node; None, and a problem, where the text is not YAML, or is more than one document."""
        yaml: Any = YAML(typ="safe", pure=True)
        yaml.Composer, yaml.max_depth = _Composer, MAX_DEPTH + 1  # the document itself is the first level
        try:
            return yaml.compose(text)
        except ReaderError as error:
            where: Any = error
            message = f"contains the control character {_code_point(where.character)}; give plain text"
            self._add(text.count("\n", 0, where.position) + 1, (), message)
        except MarkedYAMLError as error:
            marked: Any = error
            self._add((marked.problem_mark or marked.context_mark).line + 1, (), _in_plain_words(error))
        except (YAMLError, ValueError):  # ValueError: "\U00110000" and other escapes beyond Unicode
            message = "is not YAML, here or a little below; look for a backslash too many"
            self._add(yaml.composer.line, (), message)
        return None

    def _value(self, node: Any, place: Place) -> Any:
        line = _line(node)
        is_empty = node.id == "scalar" and not (node.value or node.style or node.anchor)  # seems to stand further down
        has_own_line = node.id in ("scalar", "alias") and not is_empty
        self._lines[place] = line if has_own_line else self._keys.get(place, line)
        if node.id == "alias":
            self._unread.add(place)
            self._add(line, place, f"*{node.value} repeats a value from elsewhere; write the value out")
            return None
        if node.anchor:
            self._add(line, place, f"has the anchor &{node.anchor}; leave it out and write repeated values out")
        if node.tag:
            self._add(line, place, "has a YAML tag (a word that begins with !); leave it out")
        match node.id:
            case "sequence":
                return [self._value(item, (*place, number)) for number, item in enumerate(node.value)]
            case "mapping":
                return self._mapping(node, place)
            case _:
                return node.value if node.style else _plain(node.value)

    def _mapping(self, node: Any, place: Place) -> dict[str, Any]:
        items: dict[str, Any] = {}
        for name, value in node.value:
            key = (*place, name.value)
            if name.id != "scalar":
                self._add(_line(name), place, "has a key that is not a word")
            elif name.value in items:
                self._add(_line(name), key, f"stands in line {self._keys[key]} already; keep one of them")
            else:
                self._keys[key] = _line(name)
                self._children.setdefault(place, []).append(name.value)
                items[name.value] = self._value(value, key)
        return items

    def _add(self, line: int, place: Place, message: str) -> None:
        self.problems.append(Problem(file=self.file, line=line, field=field_name(place), message=message))


def field_name(place: Place) -> str:
    """``ladder.3.remind`` for a place in the file. People count from one."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


class _Alias(Node):
    """Stands where the document repeats a value from elsewhere."""

    id = "alias"


class _Composer(Composer):
    """Follows no alias, so that no value is repeated or contains itself, and keeps only the tags that are written."""

    line = 1
    """Where the last node begins."""

    def compose_node(self: Any, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        self.line = event.start_mark.line + 1
        self.anchors = {}  # the problem names each anchor, also one that stands twice; ruamel would warn
        if isinstance(event, AliasEvent):
            alias: Any = self.parser.get_event()
            return _Alias(None, alias.anchor, alias.start_mark, alias.end_mark)
        node = cast("Any", super()).compose_node(parent, index)
        node.ctag = event.ctag
        return node


def _line(node: Any) -> int:
    return node.start_mark.line + 1


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
    if isinstance(error, MaxDepthExceededError):
        return f"is nested more than {MAX_DEPTH} levels deep"
    if problem == "but found another document":
        return "a second document begins here; one file is one document"
    if "'\\t'" in problem:
        return "a tab stands where spaces belong; indent with spaces"
    if "mapping values are not allowed" in problem:
        return "a colon stands where none can; check the indentation, and put text that contains one in quotes"
    details = ", ".join(filter(None, (context, problem)))
    return f"is not YAML, here or a little above; check quotes and indentation ({details})"
