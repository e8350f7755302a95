"""Reads the rules of counting that come with the package, one file each, named for its rule."""

from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from forthwith.deadlines.rule import BUILT_IN, Rule

RULES = files("forthwith") / "deadlines" / "rules"


class UnknownRule(ValueError):
    """A rule that is not known, with those that are in the message; or one whose file is not valid."""


def known_rules() -> tuple[str, ...]:
    """The names of all rules: the built-in ones first, then those that come as files."""
    shipped = sorted(file.name.removesuffix(".yaml") for file in RULES.iterdir() if file.name.endswith(".yaml"))
    return (*BUILT_IN, *shipped)


@cache
def read_rule(name: str) -> Rule:
    """The rule of that name, built in or shipped. Raises ``UnknownRule``."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    if name not in known_rules():
        raise UnknownRule(f"no rule is called {name!r}; known are {', '.join(known_rules())}")
    yaml: Any = YAML(typ="safe", pure=True)
    try:
        return Rule.model_validate(yaml.load((RULES / f"{name}.yaml").read_text(encoding="utf-8")), by_alias=True)
    except (YAMLError, ValidationError) as error:
        raise UnknownRule(f"the rule {name} is not valid: {error}") from error
