"""Finds requests: one by its id, many by Visibility. Never by querying one workflow after another."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from temporalio.api.common.v1 import WorkflowExecution as WorkflowExecutionMessage
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from forthwith import temporal
from forthwith.casefile.recovery import unknown_request
from forthwith.casefile.store import Dossier
from forthwith.failure import Failure
from forthwith.plain_errors import unknown
from forthwith.request.entries import Entry
from forthwith.request.messages import Answer
from forthwith.request.record import Outcome
from forthwith.request.vocabulary import Attention, Message, Status
from forthwith.settings import Settings
from forthwith.views.listing import Counts, Listed, in_order
from workflows.jurisdiction_request import JurisdictionRequest

Handle = WorkflowHandle[JurisdictionRequest, Outcome]


ANSWERS_WITHIN = timedelta(seconds=20)
"""A request answers in milliseconds; one that takes longer has no worker."""

QUERY_ANSWERED_WITHIN = timedelta(seconds=5)
"""One try at a query; all together take as long as any other call."""

QUERIED_AGAIN_AFTER = (0.2, 0.5, 1.0)
"""Seconds after a query that failed."""

Answered = TypeVar("Answered")

TASK_FAILS = f"{temporal.REPORTED_PROBLEMS.name} IS NOT NULL"
"""The workflow task fails again and again. The server knows after a few tries
(`system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute`)."""

FAILING = f"ExecutionStatus = 'Running' AND {TASK_FAILS}"

NEED_A_PERSON = (
    f"(ExecutionStatus = 'Running' AND (Attention IS NOT NULL OR {TASK_FAILS})"
    " OR ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled'))"
)
"""A run that was stopped and has been recovered since still counts, until Temporal forgets it."""


@asynccontextmanager
async def connected() -> AsyncGenerator[Client]:
    """A client, or ``Failure`` in plain words when no server answers."""
    try:
        client = await temporal.connect()
    except RuntimeError as error:
        # The client's own words are those of a debugger; the last that it quotes are the system's.
        why = re.findall(r'(?:message|error): "([^"]+)"', str(error))[-1:] or [str(error)]
        raise Failure(
            f"no Temporal server answers at {temporal.address()}: {why[0]}",
            hint="start one with `make dev`, or set TEMPORAL_ADDRESS; `forthwith doctor` shows more",
        ) from error
    except ValueError as error:
        raise Failure(
            f"{temporal.address()!r} cannot be used as the address of a Temporal server: {error}",
            hint="set TEMPORAL_ADDRESS to a host and a port, such as localhost:7233",
        ) from error
    yield client


def handle_of(client: Client, request: str) -> Handle:
    """The workflow of a request."""
    return client.get_workflow_handle_for(JurisdictionRequest.run, request)


async def timeline(client: Client, request: str) -> list[Entry]:
    """Everything that happened to a request that Temporal knows, in as many answers as that takes."""
    entries: list[Entry] = []
    while page := await answer(client, request, JurisdictionRequest.timeline, len(entries)):
        entries += page
    return entries


async def answer(client: Client, request: str, query: Callable[..., Answered], *arguments: int) -> Answered:
    """The answer of a running request to a query.

    Just after a worker was killed a query may get lost, or meet a workflow task that was not finished: it is asked
    again. Raises ``WorkflowQueryFailedError`` and ``RPCError``.
    """
    handle = handle_of(client, request)
    for pause in QUERIED_AGAIN_AFTER:
        try:
            return await handle.query(query, args=arguments, rpc_timeout=QUERY_ANSWERED_WITHIN)
        except WorkflowQueryFailedError:
            await asyncio.sleep(pause)
        except RPCError as error:
            if error.status not in (RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED):
                raise
    return await handle.query(query, args=arguments, rpc_timeout=QUERY_ANSWERED_WITHIN)


async def update(client: Client, request: str, name: str, message: Message) -> Answer:
    """Sends an update, with the event id as the update id, so that a repetition is answered as the first."""
    return await handle_of(client, request).execute_update(  # pyright: ignore[reportUnknownMemberType] - an overload of the SDK's
        name, message, id=message.event_id, result_type=Answer, rpc_timeout=ANSWERS_WITHIN
    )


def refusal(error: WorkflowUpdateFailedError) -> str:
    """Why an update was not taken, in the words of the request."""
    text = error.cause.message if isinstance(error.cause, ApplicationError) else str(error.cause)
    return f"refused: {text}"


async def listed(client: Client, query: str) -> list[Listed]:
    """The requests that a Visibility query finds: those that need a person first, then by what comes next, which
    begins with what is overdue; the ended ones last. Of several runs of a request it is the latest."""
    latest: dict[str, WorkflowExecution] = {}
    async for execution in client.list_workflows(query):
        other = latest.get(execution.id)
        if other is None or execution.start_time > other.start_time:
            latest[execution.id] = execution
    return in_order(map(_listed, latest.values()))


async def counted(client: Client, query: str) -> Counts:
    """How many requests of a Visibility query stand where: one count for each status, and no list of them."""
    conditions = [f"{query} AND RequestStatus = '{status}'" for status in Status]
    counted_conditions = (*conditions, f"{query} AND {NEED_A_PERSON}")
    *found, attention = [one.count for one in await asyncio.gather(*map(client.count_workflows, counted_conditions))]
    statuses = {status: count for status, count in zip(Status, found, strict=True) if count}
    return Counts(requests=sum(found), attention=attention, statuses=statuses)


def query(campaign: str | None, status: str | None, attention: str | None, extra: str | None) -> str:
    """The Visibility query for these conditions. Raises ``Failure`` for a status or reason that does not exist."""
    conditions = ["WorkflowType = 'JurisdictionRequest'"]
    if campaign:
        conditions.append(f"Campaign = '{_quoted(campaign)}'")
    if status:
        conditions.append(f"RequestStatus = '{one_of(Status, status)}'")
    if attention:
        reason = "Attention IS NOT NULL" if attention == "any" else f"Attention = '{one_of(Attention, attention)}'"
        conditions.append(reason)
    if extra:
        conditions.append(f"({extra})")
    return " AND ".join(conditions)


async def failure_of(client: Client, request: str) -> str:
    """Why the workflow task of a request fails, as its history has it; empty where it has no such event."""
    answer = await client.workflow_service.get_workflow_execution_history_reverse(
        GetWorkflowExecutionHistoryReverseRequest(
            namespace=client.namespace, execution=WorkflowExecutionMessage(workflow_id=request), maximum_page_size=20
        )
    )
    failures = [event.workflow_task_failed_event_attributes for event in answer.history.events]
    return next((failed.failure.message for failed in failures if failed.failure.message), "")


def web_ui_link(base: str, namespace: str, visibility_query: str) -> str:
    """Where the Web UI shows the same list."""
    return f"{base}/namespaces/{quote(namespace)}/workflows?query={quote(visibility_query)}"


def web_ui_page(base: str, namespace: str, request: str) -> str:
    """The page of one request in the Web UI."""
    return f"{base}/namespaces/{quote(namespace)}/workflows/{quote(request, safe='')}"


def failed_call(error: RPCError, request: str) -> Failure:
    """What a failed call to one request means."""
    match error.status:
        case RPCStatusCode.NOT_FOUND:
            return unknown_request(Dossier(Settings().dossier), request)
        case RPCStatusCode.DEADLINE_EXCEEDED | RPCStatusCode.CANCELLED:
            return Failure(
                f"{request} does not answer: no worker is running, or it is busy",
                hint="start one with `python worker.py`; `forthwith doctor` shows more",
            )
        case _:
            return Failure(server_says(error), hint=f"`forthwith timeline {request}` shows what happened to it")


def server_says(error: RPCError) -> str:
    """An error of the server, as a sentence."""
    return f"the Temporal server answers {error.status.name}: {error.message}"


def plural(count: int, noun: str) -> str:
    """``1 request``, ``23 requests``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def named(names: Sequence[str], most: int = 10) -> str:
    """``a, b, c and 13 more``: the first in the order given."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def one_of(kind: type[Status] | type[Attention], written: str) -> str:
    """A status or reason as it is spelt, however it was typed. Raises ``Failure`` for one that does not exist."""
    spelt = {name.lower().replace("_", ""): str(name) for name in kind}
    wanted = written.lower().replace("_", "").replace("-", "").replace(" ", "")
    if wanted not in spelt:
        raise Failure(unknown(kind.__name__.lower(), written, spelt.values()))
    return spelt[wanted]


def _listed(execution: WorkflowExecution) -> Listed:
    attributes = execution.typed_search_attributes
    campaign, _, jurisdiction = execution.id.partition("/")
    attention: Any = attributes.get(temporal.ATTENTION) or ()
    return Listed(
        request=execution.id,
        campaign=attributes.get(temporal.CAMPAIGN) or campaign,
        jurisdiction=attributes.get(temporal.JURISDICTION) or jurisdiction,
        status=Status(attributes.get(temporal.REQUEST_STATUS) or Status.SENDING),
        attention=tuple(Attention(reason) for reason in attention),
        outstanding=attributes.get(temporal.ITEMS_OUTSTANDING) or 0,
        response_due=_in_utc(attributes.get(temporal.RESPONSE_DUE)),
        next_action_at=_in_utc(attributes.get(temporal.NEXT_ACTION_AT)),
        execution=execution.status.name if execution.status else "UNKNOWN",
        is_failing=bool(attributes.get(temporal.REPORTED_PROBLEMS)),
    )


def _in_utc(instant: datetime | None) -> datetime | None:
    """A server may give an instant back with the offset it came with."""
    return instant and instant.astimezone(UTC)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
