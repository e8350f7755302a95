"""Reads a text file, validates it against a model, and reports what is wrong by line and field."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from forthwith.base import Model
from forthwith.campaign.problems import Problem
from forthwith.campaign.yaml_lines import Place, YamlDocument, field_name
from forthwith.plain_errors import in_plain_words

MAX_TEXT_BYTES = 1_000_000

_M = TypeVar("_M", bound=Model)


class NotFound(Exception):
    """A file that cannot be opened, with the reason. It is a problem of the place that names the file."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"the file {name} cannot be read: {reason}")
        self.reason = reason


def read_text(path: Path, name: str, max_bytes: int = MAX_TEXT_BYTES) -> str | Problem:
    """The UTF-8 text of the file at ``path``, or the problem with it, which calls it ``name``. Raises ``NotFound``."""
    try:
        if path.is_dir():
            raise NotFound(name, "it is a folder")
        if not path.is_file():
            raise FileNotFoundError
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise NotFound(name, error.strerror or "there is no such file") from error
    if len(content) > max_bytes:
        return Problem(file=name, line=None, field="", message=f"is larger than {max_bytes:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Problem(file=name, line=line, field="", message="is not UTF-8 text; save it with that encoding")


def validated(model: type[_M], document: YamlDocument) -> _M | tuple[Problem, ...]:
    """The document as a ``model``, or the problems that ``document.problems`` does not have yet."""
    try:
        return model.model_validate(document.value, by_alias=True, by_name=False)
    except ValidationError as error:
        return tuple(_problems(error, document, model))


def _problems(error: ValidationError, document: YamlDocument, model: type[Model]) -> Iterator[Problem]:
    for details in error.errors(include_url=False):
        place = document.nearest(details["loc"])
        is_consequence = details["type"] == "too_short" and details["input"]  # of entries that are wrong themselves
        if not is_consequence and not document.is_reported(place):
            yield _problem(document, place, details, model)


def _problem(document: YamlDocument, place: Place, details: ErrorDetails, model: type[Model]) -> Problem:
    is_key = details["type"] == "extra_forbidden" or details["loc"][-1:] == ("unit",)
    field = (*place, details["loc"][-1]) if details["type"] == "missing" else place
    return Problem(
        file=document.file,
        line=document.key_line(place) if is_key else document.line(place),
        field=field_name(field),
        message=in_plain_words(details, model),
    )
