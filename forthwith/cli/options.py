"""Options that several commands share, and how a command takes a group of them as one parameter."""

import getpass
import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import wraps
from inspect import Parameter
from typing import Annotated, Any, get_type_hints

import typer

from forthwith.cli.output import Json
from forthwith.request.vocabulary import Who
from forthwith.settings import Settings

By = Annotated[str, typer.Option("--by", help="Who does this; you, if left out.", show_default=False)]
Role = Annotated[str, typer.Option("--role", help="In what role.")]
EventId = Annotated[
    str,
    typer.Option("--event-id", help="Your own id of this event: sent again, it changes nothing.", show_default=False),
]
Reason = Annotated[str, typer.Option("--reason", help="Why. Kept in the record.")]
Instant = Annotated[
    str, typer.Option(help="ISO 8601 with offset; now by the server's clock, if left out.", show_default=False)
]


@dataclass(frozen=True)
class Actor:
    """Who acts, under which event id, and how the answer is printed."""

    by: By = ""
    role: Role = "operator"
    event_id: EventId = ""
    json: Json = False

    @property
    def who(self) -> Who:
        """The name and role for the record."""
        return Who(name=self.by or Settings().operator or getpass.getuser(), role=self.role)


@dataclass(frozen=True)
class Reviewer(Actor):
    """Who decides on a draft."""

    role: Role = "reviewer"


def with_option_groups(command: Callable[..., None]) -> Callable[..., None]:
    """The command in the form that typer reads: a parameter that is a group of options becomes those options."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type[Any]] = {
        name: kind for name, kind in hints.items() if isinstance(kind, type) and is_dataclass(kind)
    }

    def parameters() -> Iterator[Parameter]:
        for name, given in inspect.signature(command).parameters.items():
            if name not in groups:
                yield given.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name])
                continue
            options = get_type_hints(groups[name], include_extras=True)
            for option in fields(groups[name]):
                default = Parameter.empty if option.default is MISSING else option.default
                yield Parameter(option.name, Parameter.KEYWORD_ONLY, default=default, annotation=options[option.name])

    @wraps(command)
    def called(**given: Any) -> None:
        grouped = {
            name: kind(**{option.name: given.pop(option.name) for option in fields(kind)})
            for name, kind in groups.items()
        }
        command(**given, **grouped)

    signature = inspect.Signature(list(parameters()))
    called.__signature__ = signature  # pyright: ignore[reportAttributeAccessIssue] - read by `inspect.signature`
    called.__annotations__ = {option.name: option.annotation for option in signature.parameters.values()}
    return called
