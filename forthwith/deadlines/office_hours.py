"""When somebody reads mail in an office."""

from datetime import time
from typing import Self

from pydantic import model_validator

from forthwith.base import Model


class OfficeHours(Model):
    """The wall-clock hours, on an open day, in which an office reads its mail."""

    opens: time
    closes: time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("office hours are wall-clock times without a zone, such as 08:00")
        if self.closes <= self.opens:
            raise ValueError(f"an office that opens at {self.opens:%H:%M} cannot close at {self.closes:%H:%M}")
        return self
