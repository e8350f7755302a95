"""What a case was told, kept verbatim with the entry that tells of it, so that the case can be told again.

Whatever changes a case passes through a method marked `told`: what people say, what became of a letter, a draft that is
ready, a deadline that passed. The first entry that the call makes keeps its name and arguments.
forthwith/request/retelling.py makes the same calls again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from pydantic import JsonValue, TypeAdapter

from forthwith.request.messages import UPDATES, AnyMessage
from forthwith.request.record import Told
from forthwith.request.timetable import Facts, Timetable

if TYPE_CHECKING:
    from forthwith.request.case import Case

P = ParamSpec("P")
R = TypeVar("R")

NAMES: Mapping[type[AnyMessage], str] = {model: name for name, model in UPDATES.items()}
"""What a message is called, by its type."""


@dataclass(frozen=True)
class Call:
    """A call under way, from outside or by the passing of time."""

    name: str
    arguments: dict[str, Any]
    dates: Facts | None
    """The facts that the dates in use follow from."""

    def verbatim(self, known: Facts | None) -> Told:
        """The call as an entry keeps it. ``known`` are the facts of the dates that a retelling has by then."""
        arguments = {name: _written(value) for name, value in self.arguments.items()}
        return Told(call=self.name, arguments=arguments, dates=None if self.dates == known else self.dates)

    @property
    def leaves(self) -> Facts | None:
        """The facts of the dates in use once the call was made."""
        computed = next((value.facts for value in self.arguments.values() if isinstance(value, Timetable)), None)
        return computed or self.dates


def told(method: Callable[Concatenate["Case", P], R]) -> Callable[Concatenate["Case", P], R]:
    """Marks a method that changes a case: its first entry keeps the call. A call within another is part of that."""
    parameters = signature(method)

    @wraps(method)
    def tell(case: "Case", *args: P.args, **kwargs: P.kwargs) -> R:
        if case.telling:
            return method(case, *args, **kwargs)
        given = parameters.bind(case, *args, **kwargs).arguments
        arguments = {name: value for name, value in given.items() if name not in ("self", "now")}
        case.telling = Call(method.__name__, arguments, case.timetable and case.timetable.facts)
        try:
            return method(case, *args, **kwargs)
        finally:
            case.telling = None

    return tell


def read(method: Callable[..., Any], written: Mapping[str, JsonValue]) -> dict[str, Any]:
    """The arguments of a call that was kept; of dates the facts that they follow from.

    Raises ``ValueError`` or ``KeyError`` where they are none of this method.
    """
    annotations = {parameter.name: parameter.annotation for parameter in signature(method).parameters.values()}
    return {name: _read(value, annotations[name]) for name, value in written.items()}


def _read(written: JsonValue, kind: Any) -> object:
    if kind is Timetable:
        return Facts.model_validate(written)
    if kind is AnyMessage and isinstance(written, dict):
        ((name, content),) = written.items()
        return UPDATES[name].model_validate(content)
    return _adapter(kind).validate_python(written)


def _written(value: object) -> JsonValue:
    if isinstance(value, Timetable):
        value = value.facts
    written: JsonValue = _adapter(type(value)).dump_python(value, mode="json", exclude_defaults=True)
    return {NAMES[type(value)]: written} if isinstance(value, AnyMessage) else written


@lru_cache(maxsize=128)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
