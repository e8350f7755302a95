"""The one base of every value in the domain: frozen, and strict about its fields."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A value: never changed after it was made, and refusing fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
