"""Tells a request something. Each act is one update; its event id makes a repetition harmless."""

import asyncio
import uuid
from collections.abc import Mapping, Set
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from rich.markup import escape
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from forthwith.casefile.recovery import unknown_request
from forthwith.casefile.store import Dossier
from forthwith.cli.options import Teller
from forthwith.cli.output import out, print_json, styled
from forthwith.failure import Failure
from forthwith.plain_errors import problems
from forthwith.request.messages import UPDATES, Answer, AnyMessage, RecordResponse
from forthwith.settings import Settings
from forthwith.visibility import connected, failed_call, refusal, update

COMMANDS = {
    "record_response": "respond",
    "accept_response": "accept",
    "acknowledge": "acknowledge",
    "record_delivery": "delivered",
    "extend_deadline": "extend",
    "pause_clock": "pause",
    "resume_clock": "resume",
    "correct_recipient": "correct-recipient",
    "resend_letter": "resend",
    "review_subpoena": "review",
    "record_issuance": "issued",
    "record_service": "served",
    "record_objection": "objected",
    "escalate_now": "escalate",
    "withdraw": "withdraw",
    "recompute_deadlines": "recompute",
    "resolve_attention": "resolve",
    "add_note": "note",
}
"""Which command sends which update."""

MOMENTS = ("received_at", "at", "issued_at", "served_at")
"""Fields that are now where nothing is given."""


def tell(request: str, name: str, message: Mapping[str, Any], teller: Teller) -> None:
    """Tells one request, and prints its answer. Raises ``Failure`` when it refuses or does not answer."""
    is_new = not teller.event_id and "event_id" not in message
    moments = {moment for moment in MOMENTS if message.get(moment) == ""}
    event_id = teller.event_id or f"cli-{uuid.uuid4()}"
    checked = checked_message(
        name, {"event_id": event_id, **message, **dict.fromkeys(moments, datetime.now(UTC))}, teller
    )

    async def run() -> Answer | str:
        async with connected() as client:
            try:
                answer = await update(client, request, name, checked)
            except WorkflowUpdateFailedError as error:
                hint = f"`forthwith status {request}` shows where it stands"
                raise Failure(refusal(error), hint=hint) from error
            except WorkflowUpdateRPCTimeoutOrCancelledError as error:
                raise Failure(
                    f"{request} did not answer: no worker is running, or it is busy. It may still take the message.",
                    hint=f"tell it again with --event-id {checked.event_id}, which never counts twice",
                ) from error
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise failed_call(error, request) from error
                return _after_the_end(request, checked, moments)
            if not is_new:
                await refuse_reused_id(client, request, checked, answer, moments)
            return answer

    answer = asyncio.run(run())
    if isinstance(answer, str):
        if teller.json:
            print_json({"request": request, "kept_as": answer})
        else:
            kept = f"{request} has ended; kept in its case file:\n{Settings().dossier / answer}"
            out.print(kept, highlight=False, soft_wrap=True)
    elif teller.json:
        print_json(answer)
    else:
        out.print(escape(answer.text), highlight=False)
        outstanding = ", ".join(answer.outstanding) or "nothing"
        out.print(f"{request} is {styled(answer.status)}; outstanding: {outstanding}.", highlight=False, soft_wrap=True)


def checked_message(name: str, message: Mapping[str, Any], teller: Teller) -> AnyMessage:
    """What an update says. Raises ``Failure`` with everything that is wrong with it."""
    model = UPDATES[name]
    try:
        return TypeAdapter[AnyMessage](model).validate_python({"by": teller.who, **message})
    except ValidationError as error:
        hint = f"`forthwith {COMMANDS[name]} --help` shows an example"
        raise Failure("; ".join(problems(error, model)), hint=hint) from error


async def refuse_reused_id(client: Client, request: str, message: AnyMessage, answer: Answer, apart: Set[str]) -> None:
    """Refuses a message whose event id belongs to another one: the server answers it as it answered that other.

    Nothing was recorded of it then, and its sender would take the answer for its own. Both may differ in the fields
    ``apart``.
    """
    async for event in client.get_workflow_handle(request).fetch_history_events():
        accepted = event.workflow_execution_update_accepted_event_attributes.accepted_request
        if accepted.meta.update_id != message.event_id:
            continue
        (first,) = await client.data_converter.decode(
            list(accepted.input.args.payloads), [UPDATES[accepted.input.name]]
        )
        if not _is_repeated(first, message, apart):
            raise Failure(
                f"event_id: {message.event_id} was already used for another message, entry {answer.recorded}:"
                f" {answer.text} Nothing was recorded now.",
                hint=f"give this one an id of its own; `forthwith timeline {request}` shows what was recorded",
            )


def _is_repeated(first: AnyMessage, message: AnyMessage, apart: Set[str]) -> bool:
    """Whether a message says what the first of its event id said, but for some fields."""
    same = dict.fromkeys(apart)
    return type(first) is type(message) and {**dict(first), **same} == {**dict(message), **same}


def _after_the_end(request: str, message: AnyMessage, moments: Set[str]) -> str:
    """Keeps a response to a request that has ended in its case file, and says where. Raises ``Failure`` otherwise."""
    dossier = Dossier(Settings().dossier)
    if dossier.opened(request) is None:
        raise unknown_request(dossier, request)
    if not any(entry.what == "ended" for entry in dossier.timeline(request)):
        raise Failure(
            f"nobody drives {request}, although it has not ended; nothing was recorded",
            hint=f"`forthwith start --resume {request}` takes it up again; then tell it this again",
        )
    if not isinstance(message, RecordResponse):
        raise Failure(f"{request} has ended", hint=f"`forthwith timeline {request}` shows how")
    place = f"{request}/after-closing/{message.event_id.replace(':', '_')}.json"
    path = dossier.root / place
    is_new = dossier.create(path, message.model_dump_json(indent=1).encode())
    if not is_new and not _is_repeated(RecordResponse.model_validate_json(dossier.read(path)), message, moments):
        raise Failure(
            f"event_id: {message.event_id} was already used for another message, kept as {path}",
            hint="give this one an id of its own",
        )
    return place
