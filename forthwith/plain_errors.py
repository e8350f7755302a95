"""Validation errors of pydantic, in the words of those who write campaign files and messages."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from forthwith.fields import EVENT_ID, SHA256

_MAX_SHOWN = 60

_PATTERNS = {
    SHA256: "is not a SHA-256; give its 64 digits 0-9 and a-f",
    EVENT_ID: "is not an event id; give at most 120 letters, digits and . _ : - that begin with a letter or digit",
}


def problems(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Every problem of a message as ``field: what is wrong``, with what would be right."""
    found = error.errors(include_url=False)
    return [
        ": ".join(filter(None, (".".join(_path(details)), _in_words(details, model))))
        for details in found
        if not _is_of_another_type(details)
    ]


def _path(details: ErrorDetails) -> list[str]:
    """The path of the field, without the names that pydantic gives to the members of a union."""
    if details["type"] == "extra_forbidden":
        return [str(part) for part in details["loc"]]
    return [str(part) for part in details["loc"] if not _is_union_member(part)]


def _in_words(details: ErrorDetails, model: type[BaseModel]) -> str:
    if details["type"] == "literal_error" and _is_union_member(details["loc"][-1]):
        return f"{_shown(details['input'])} is neither {details.get('ctx', {}).get('expected', 'known')} nor a list"
    return in_plain_words(details, model)


def _is_of_another_type(details: ErrorDetails) -> bool:
    """A field that takes a word or a list reports an error for each. Only the one for the given type is kept."""
    if details["type"] == "extra_forbidden":
        return False  # the key is the writer's own, whatever characters it has
    if not details["loc"] or not any(map(_is_union_member, details["loc"])):
        return False
    is_list = isinstance(details["input"], list | tuple)
    is_word = details["type"] == "literal_error" and _is_union_member(details["loc"][-1])
    return is_list if is_word else _is_union_member(details["loc"][-1]) and not is_list


def _is_union_member(part: str | int) -> bool:
    return isinstance(part, str) and "[" in part


def in_plain_words(error: ErrorDetails, model: type[BaseModel]) -> str:
    """One validation error of ``model``, in plain words."""
    found: Any = error["input"]
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            *path, key = error["loc"]
            return unknown("key", str(key), known_keys(model, path))
        case "value_error":
            return str(context["error"])
        case "literal_error" | "enum":
            choices = str(context["expected"]).replace("'", "")
            return f"{_shown(found)} is not one of {choices}{_hint(str(found), choices.replace(',', '').split())}"
        case "string_pattern_mismatch" if context["pattern"] in _PATTERNS:
            return f"{_shown(found)} {_PATTERNS[context['pattern']]}"
        case "timezone_aware":
            return f"{_shown(str(found))} has no offset from UTC; write it as 2018-02-20T16:05:00-06:00"
        case "datetime_type" | "datetime_parsing" | "datetime_from_date_parsing":
            return f"{_shown(found)} is not an instant; write it as 2018-02-20T16:05:00-06:00"
        case "string_type" if found is None:
            return "is empty; give text"
        case "string_type":
            return f"{_shown(found)} is not text; if it is meant as text, put it in quotes"
        case "string_too_long":
            return f"has {len(found):,} characters; give at most {context['max_length']:,}"
        case "string_unicode":
            return "contains half a character; give plain text"
        case "int_parsing" | "int_from_float":
            return f"{_shown(found)} is not a whole number"
        case "less_than" | "less_than_equal":
            return f"{_shown(found)} is too large; give at most {context.get('le', context.get('lt'))}"
        case "greater_than_equal":
            return f"{_shown(found)} is too small; give at least {context['ge']}"
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


def known_keys(model: type[BaseModel], path: Iterable[str | int]) -> tuple[str, ...]:
    """The keys that a file may write at ``path`` within ``model``."""
    for part in path:
        named = {field.alias or name: field for name, field in model.model_fields.items()}
        if part in named:
            model = next(_models_in(named[str(part)].annotation), model)
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in an annotation such as ``tuple[Rung, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _hint(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, tuple(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _shown(value: object) -> str:
    """A wrong value, cut to the length at which it is recognised."""
    if value is None or value in ([], {}):
        return "an empty value"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    if len(shown) > _MAX_SHOWN:
        shown = f"{shown[:_MAX_SHOWN]}…"
    return repr(shown) if isinstance(value, str) else shown
