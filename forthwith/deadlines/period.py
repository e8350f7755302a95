"""Lengths of time as people write them: ``{days: 14}``, ``{business_days: 3}``, ``{hours: 20}``."""

from datetime import timedelta
from typing import Any, Literal, cast, get_args

from pydantic import Field, model_serializer, model_validator

from forthwith.base import Model

Unit = Literal["days", "business_days", "hours", "minutes", "seconds"]

MAX_DAYS = 3660
"""Ten years: longer than any demand runs, and far below the longest timer of a Temporal server."""

_SECONDS = {"hours": 3600, "minutes": 60, "seconds": 1, "days": 86400, "business_days": 7 * 86400 // 5}
_UNITS = ", ".join(get_args(Unit))


class Period(Model):
    """A positive whole number of one unit.

    ``days`` are calendar days and ``business_days`` open days of some calendar; both end at a closing
    instant. ``hours``, ``minutes`` and ``seconds`` are elapsed time and ignore office hours.

    Raises ``ValidationError`` for a count of zero or less, for one that is no whole number, for more than
    one unit, and beyond ten years.
    """

    unit: Unit
    count: int = Field(gt=0, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _from_written_form(cls, value: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, dict):
            raise ValueError("a period is written with its unit, such as {days: 14}")
        written = cast("dict[str, Any]", value)
        if "unit" in written:
            return written
        if len(written) != 1:
            raise ValueError(f"a period has exactly one unit, such as {{days: 14}}; units are {_UNITS}")
        ((unit, count),) = written.items()
        return {"unit": unit, "count": count}

    @model_validator(mode="after")
    def _not_absurd(self) -> "Period":
        if self.count * _SECONDS[self.unit] > MAX_DAYS * 86400:
            raise ValueError(f"{self.count} {self.unit} is longer than ten years ({MAX_DAYS} days)")
        return self

    @model_serializer
    def _written_form(self) -> dict[str, int]:
        return {self.unit: self.count}

    @property
    def is_elapsed(self) -> bool:
        """Whether it is hours, minutes or seconds: time that also runs at night and on holidays."""
        return self.unit in ("hours", "minutes", "seconds")

    @property
    def elapsed(self) -> timedelta:
        """The length of an elapsed period. Only meaningful where ``is_elapsed``."""
        return timedelta(seconds=self.count * _SECONDS[self.unit])

    def __str__(self) -> str:
        words = self.unit.replace("_", " ")
        return f"{self.count} {words.removesuffix('s') if self.count == 1 else words}"
