"""The one base of every value in the domain: frozen, and strict about its fields."""

import hashlib

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A value: never changed after it was made, and refusing fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

    @property
    def content_hash(self) -> str:
        """Content hash in hexadecimal, over the model's JSON."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
