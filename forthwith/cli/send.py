"""Sends a message to a request. Each act is one update; its event id makes a repetition harmless."""

import asyncio
import uuid
from collections.abc import Mapping, Set
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from rich.markup import escape
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from forthwith.casefile.after_closing import record_after_closing
from forthwith.casefile.recovery import unknown_request
from forthwith.casefile.store import Dossier
from forthwith.cli.options import Actor
from forthwith.cli.output import out, print_json, styled
from forthwith.failure import Failure
from forthwith.plain_errors import problems
from forthwith.request.events import RequestClosed
from forthwith.request.messages import UPDATES, Answer
from forthwith.request.responses import RecordResponse
from forthwith.request.vocabulary import Message
from forthwith.settings import Settings
from forthwith.visibility import connected, failed_call, refusal, update


def send(request: str, name: str, message: Mapping[str, Any], actor: Actor) -> None:
    """Sends one update to one request and prints the answer. Raises ``Failure`` if it is refused or not answered."""
    is_new = not actor.event_id and "event_id" not in message
    event_id = actor.event_id or f"cli-{uuid.uuid4()}"
    checked = checked_message(name, {"event_id": event_id, **message}, actor)

    async def run() -> Answer | str:
        async with connected() as client:
            try:
                answer = await update(client, request, name, checked)
            except WorkflowUpdateFailedError as error:
                hint = f"`forthwith status {request}` shows where it stands"
                raise Failure(refusal(error), hint=hint) from error
            except WorkflowUpdateRPCTimeoutOrCancelledError as error:
                raise Failure(
                    f"{request} did not answer: no worker is running, or it is busy. It may still be recorded.",
                    hint=f"send it again with --event-id {checked.event_id}: it is recorded once at most",
                ) from error
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise failed_call(error, request) from error
                return _after_the_end(request, checked)
            if not is_new:
                await refuse_reused_id(client, request, checked, answer)
            return answer

    answer = asyncio.run(run())
    if isinstance(answer, str):
        if actor.json:
            print_json({"request": request, "kept_as": answer})
        else:
            kept = f"{request} has ended; kept in its case file:\n{Settings().dossier / answer}"
            out.print(escape(kept), highlight=False, soft_wrap=True)
    elif actor.json:
        print_json(answer)
    else:
        out.print(escape(answer.text), highlight=False)
        outstanding = escape(", ".join(answer.outstanding) or "nothing")
        out.print(
            f"{escape(request)} is {styled(answer.status)}; outstanding: {outstanding}.",
            highlight=False,
            soft_wrap=True,
        )


def checked_message(name: str, message: Mapping[str, Any], actor: Actor) -> Message:
    """The message of an update, validated. Raises ``Failure`` that names every problem."""
    model = UPDATES[name]
    try:
        return TypeAdapter[Message](model).validate_python({"by": actor.who, **message})
    except ValidationError as error:
        hint = f"`forthwith {command_of(name)} --help` shows an example"
        raise Failure("; ".join(problems(error, model)), hint=hint) from error


def command_of(update: str) -> str:
    """The command that sends an update."""
    return update.replace("_", "-")


async def refuse_reused_id(
    client: Client, request: str, message: Message, answer: Answer, apart: Set[str] = frozenset()
) -> None:
    """Raises ``Failure`` for a message whose event id was used for a different one.

    The server answers it as it answered the first and records nothing, so its sender would believe that it was
    recorded. The fields ``apart`` may differ.
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


def _is_repeated(first: Message, message: Message, apart: Set[str] = frozenset()) -> bool:
    """Whether a message equals the first one of its event id, apart from some fields."""
    same = dict.fromkeys(apart)
    return type(first) is type(message) and {**dict(first), **same} == {**dict(message), **same}


def _after_the_end(request: str, message: Message) -> str:
    """Files a response to a request that has ended, and returns where. Raises ``Failure`` for any other message."""
    dossier = Dossier(Settings().dossier)
    started = dossier.start_record(request)
    if started is None or dossier.opened(request) is None:
        raise unknown_request(dossier, request)
    if not any(isinstance(entry.event, RequestClosed) for entry in dossier.timeline(request)):
        raise Failure(
            f"{request} has no running workflow, although it has not ended; nothing was recorded",
            hint=f"`forthwith recover {request}` continues it from its case file; then send this again",
        )
    if not isinstance(message, RecordResponse):
        raise Failure(f"{request} has ended", hint=f"`forthwith timeline {request}` shows how")
    name = f"{request}/after-closing/{message.event_id.replace(':', '_')}.json"
    path = dossier.root / name
    taken = message.taken_at(datetime.now(UTC))  # no server counts the time of a request that has ended
    is_new = dossier.create(path, taken.model_dump_json(indent=1).encode())
    kept = dossier.read_as(RecordResponse, path)
    if not is_new and not _is_repeated(kept, message.taken_at(kept.received_at)):
        raise Failure(
            f"event_id: {message.event_id} was already used for another message, kept as {path}",
            hint="give this one an id of its own",
        )
    record_after_closing(
        dossier, dossier.plan(started.plan), kept, path
    )  # also where whoever kept it was stopped before this
    return name
