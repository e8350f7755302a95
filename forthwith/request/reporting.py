"""What all messages have in common."""

from datetime import datetime
from typing import TypedDict

from forthwith.request.state import State
from forthwith.request.vocabulary import Message


class Origin(TypedDict):
    """What every event that a message brings has of that message."""

    event_id: str
    message_sha256: str


def origin(message: Message) -> Origin:
    """The idempotency key and the hash of a message."""
    return {"event_id": message.event_id, "message_sha256": message.content_hash}


def wrong_instant(state: State, field: str, instant: datetime, now: datetime) -> str:
    """Why an instant that is reported cannot be: it lies in the future, or before the request. Empty when it can."""
    if instant > now:
        return f"{field}: {instant.isoformat()} is in the future"
    if instant < state.opened_at:
        return f"{field}: {instant.isoformat()} is before the request was started ({state.opened_at.isoformat()})"
    return ""
