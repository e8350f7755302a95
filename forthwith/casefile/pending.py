"""Pending messages: accepted by Temporal for a workflow that was stopped before it filed them."""

from collections.abc import Iterable

from forthwith.request.messages import UPDATES
from forthwith.request.record import PendingMessage
from forthwith.request.signals import Unreadable, kept, read_signal
from forthwith.request.state import State


def pending(state: State, messages: Iterable[PendingMessage]) -> tuple[PendingMessage, ...]:
    """Those of ``messages`` that the record behind ``state`` does not have, in order."""
    unreadable = [*state.record.unreadable]
    found: dict[str, PendingMessage] = {}
    for message in messages:
        if message.name in UPDATES:
            event_id = UPDATES[message.name].model_validate_json(message.payloads[0]).event_id
        else:
            read = read_signal(message.name, [payload.encode() for payload in message.payloads])
            content = read.content if isinstance(read, Unreadable) else kept([read.model_dump_json().encode()])
            if content in unreadable:
                unreadable.remove(content)
                continue
            event_id = f"unreadable {len(found)}" if isinstance(read, Unreadable) else read.event_id
        if event_id not in state.record.answers:
            found.setdefault(event_id, message)
    return tuple(found.values())
