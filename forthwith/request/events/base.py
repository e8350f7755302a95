"""What every event has."""

from typing import Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from forthwith.base import Model
from forthwith.fields import EventId, Sha256


class Event(Model):
    """Something that happened. ``kind`` names it, ``v`` is the version of its fields."""

    v: Literal[1] = 1

    @model_serializer(mode="wrap")
    def _always_named(self, handler: SerializerFunctionWrapHandler):  # without a type, or the schema would say no more
        """Kind and version are written also where defaults are left out: without them nobody can read the rest."""
        return {"kind": getattr(self, "kind"), "v": self.v, **handler(self)}  # noqa: B009 - each event has its own


class Reported(Event):
    """Something that a person or another system reported by a message."""

    event_id: EventId
    """The caller's idempotency key. The same event is taken once."""
    message_sha256: Sha256
    """Hash of the message. Another message under the same ``event_id`` is refused."""
