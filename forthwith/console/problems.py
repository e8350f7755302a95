"""What is wrong with a file, in plain words: where it stands, which field it is, and what would be right."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator
from pydantic_core import ErrorDetails

from forthwith.domain.model import Model

_LONGEST_SHOWN = 60


def _printable(text: str) -> str:
    """``text`` for a terminal: what a file may hide in a key, such as an escape sequence, is spelt out."""
    return "".join(c if c.isprintable() else c.encode("unicode-escape").decode() for c in text)


class Problem(Model):
    """One thing that is wrong, and where. ``line`` counts from 1; ``field`` is empty for the file as a whole."""

    file: Annotated[str, BeforeValidator(_printable)]
    line: int | None
    field: Annotated[str, BeforeValidator(_printable)]
    message: Annotated[str, BeforeValidator(_printable)]

    def __str__(self) -> str:
        """``campaign.yaml:12: ladder.3.remind.before_due.days: -1 is too small; give a number greater than 0``."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.field, self.message) if part)


class InvalidCampaign(Exception):
    """A campaign that cannot be started, with everything that is wrong with it, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line or 0)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        """Every problem on a line of its own."""
        return "\n".join(map(str, self.problems))


def in_plain_words(error: ErrorDetails, model: type[BaseModel]) -> str:
    """What pydantic found wrong with an input for ``model``, in the words of somebody who writes such files."""
    found: Any = error["input"]
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            *place, key = error["loc"]
            return unknown("key", str(key), known_keys(model, place))
        case "value_error":
            return str(context["error"])
        case "literal_error":
            choices = str(context["expected"]).replace("'", "")
            return f"{_shown(found)} is not one of {choices}{_hint(str(found), choices.replace(',', '').split())}"
        case "string_type" if found is None:
            return "is empty; give text"
        case "string_type":
            return f"{_shown(found)} is not text; if it is meant as text, put it in quotes"
        case "string_too_long":
            return f"has {len(found):,} characters; give at most {context['max_length']:,}"
        case "string_unicode":
            return "contains half a character; give plain text"
        case "int_type":
            return f"{_shown(found)} is not a whole number; write one such as 14, without quotes"
        case "greater_than":
            return f"{_shown(found)} is too small; give a number greater than {context['gt']}"
        case "too_short":
            return f"is empty; give at least {context['min_length']}"
        case "too_long":
            return f"has {context['actual_length'] or 'too many'} entries; give at most {context['max_length']}"
        case "tuple_type":
            return f"{_shown(found)} is not a list; write it as [one, another], or on lines that begin with -"
        case "model_type":
            return f"{_shown(found)} has no keys of its own; give {', '.join(known_keys(model, error['loc']))}"
        case _:
            return error["msg"].replace("Input should be", "should be")


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """``unknown key 'remnd', did you mean 'remind'? Known here: acknowledgment, remind``."""
    known = tuple(known)
    return f"unknown {what} {_shown(name)}{_hint(name, known) or '.'} Known here: {', '.join(known)}"


def known_keys(model: type[BaseModel], place: Iterable[str | int]) -> tuple[str, ...]:
    """The keys that a file may write at ``place`` within ``model``."""
    for part in place:
        named = {field.alias or name: field for name, field in model.model_fields.items()}
        if part in named:
            model = next(_models_in(named[str(part)].annotation), model)
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation such as ``tuple[Rung, ...] | None`` speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _hint(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, tuple(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _shown(value: object) -> str:
    """A wrong value, no longer than it takes to recognise it."""
    if value is None or value in ([], {}):
        return "an empty value"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    if len(shown) > _LONGEST_SHOWN:
        shown = f"{shown[:_LONGEST_SHOWN]}…"
    return repr(shown) if isinstance(value, str) else shown
