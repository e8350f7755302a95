"""What is wrong with a file, in plain words: where it stands, which field it is, and what would be right."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import BeforeValidator

from forthwith.base import Model


def _printable(text: str) -> str:
    """``text`` for a terminal: control characters, such as an escape sequence hidden in a key, are escaped."""
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
    """A campaign that cannot be started, with all its problems in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line or 0)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        """Every problem on a line of its own."""
        return "\n".join(map(str, self.problems))
