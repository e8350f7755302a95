"""The one base of every value in the domain: frozen, and strict about its fields."""

import hashlib

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A value: never changed after it was made, and refusing fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

    @property
    def canonical(self) -> bytes:
        """The JSON that is pinned and hashed, without the fields that stand at their defaults.

        So a field that is added later, with a default, changes no hash of what was started before. For the same
        reason a default never changes once something was pinned with it.
        """
        return self.model_dump_json(exclude_defaults=True).encode()

    @property
    def content_hash(self) -> str:
        """Content hash in hexadecimal."""
        return hashlib.sha256(self.canonical).hexdigest()
