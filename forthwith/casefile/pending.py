"""What stopped workflows were told and the record of their request does not have."""

from collections.abc import Iterable, Sequence

from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from forthwith.request.case import Case
from forthwith.request.messages import UPDATES
from forthwith.request.record import Unheard
from forthwith.request.signals import Unreadable, read_signal


async def sent(client: Client, request: str) -> list[Unheard]:
    """The accepted updates and the signals in the history of a request's latest workflow.

    None where Temporal forgot it. Raises ``RPCError``.
    """
    found: list[Unheard] = []
    try:
        async for event in client.get_workflow_handle(request).fetch_history_events():
            update = event.workflow_execution_update_accepted_event_attributes.accepted_request.input
            signal = event.workflow_execution_signaled_event_attributes
            if update.name in UPDATES:
                found.append(_as_sent(update.name, update.args.payloads))
            elif signal.signal_name:
                found.append(_as_sent(signal.signal_name, signal.input.payloads))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    return found


def unheard(case: Case, messages: Iterable[Unheard]) -> tuple[Unheard, ...]:
    """Those of ``messages`` that the record of ``case`` does not have, in order."""
    kept = [entry.details.get("content", "") for entry in case.timeline if entry.what == "unreadable_message"]
    found: dict[str, Unheard] = {}
    for message in messages:
        if message.name in UPDATES:
            event_id = UPDATES[message.name].model_validate_json(message.payloads[0]).event_id
        else:
            read = read_signal(message.name, [payload.encode() for payload in message.payloads])
            content = read.content if isinstance(read, Unreadable) else read.model_dump_json()
            if content in kept:
                kept.remove(content)
                continue
            event_id = f"unreadable {len(found)}" if isinstance(read, Unreadable) else read.event_id
        if event_id not in case.answers:
            found.setdefault(event_id, message)
    return tuple(found.values())


def _as_sent(name: str, payloads: Sequence[Payload]) -> Unheard:
    return Unheard(name=name, payloads=tuple(payload.data.decode(errors="backslashreplace") for payload in payloads))
