"""Finds requests: one by its id, many by Visibility. Never by asking one workflow after the other."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from temporalio.client import Client, WorkflowExecution, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from forthwith import temporal
from forthwith.console.output import Failure
from forthwith.domain.messages import Attention, Status
from forthwith.domain.model import Model
from forthwith.domain.record import Outcome
from workflows.jurisdiction_request import JurisdictionRequest

Handle = WorkflowHandle[JurisdictionRequest, Outcome]


NEVER = datetime.max.replace(tzinfo=UTC)


class Listed(Model):
    """One request as Visibility shows it."""

    request: str
    campaign: str
    jurisdiction: str
    status: Status
    attention: tuple[Attention, ...]
    outstanding: int
    response_due: datetime | None
    next_action_at: datetime | None
    execution: str
    """Temporal's own status: anything but RUNNING and COMPLETED means a bug, or that somebody terminated it."""


@asynccontextmanager
async def connected() -> AsyncGenerator[Client]:
    """A client, or ``Failure`` in plain words when no server answers."""
    try:
        client = await temporal.connect()
    except RuntimeError as error:
        raise Failure(
            f"no Temporal server answers: {error}",
            hint="start one with `make dev`, or set TEMPORAL_ADDRESS; `forthwith doctor` says more",
        ) from error
    yield client


def handle_of(client: Client, request: str) -> Handle:
    """The workflow of a request."""
    return client.get_workflow_handle_for(JurisdictionRequest.run, request)


async def listed(client: Client, query: str) -> list[Listed]:
    """The requests that a Visibility query finds: those that need a person first, then by what comes next."""
    found = [_listed(execution) async for execution in client.list_workflows(query)]
    return sorted(found, key=lambda one: (not one.attention, one.next_action_at or NEVER, one.request))


def query(campaign: str | None, status: str | None, attention: str | None, extra: str | None) -> str:
    """The Visibility query for these conditions."""
    conditions = ["WorkflowType = 'JurisdictionRequest'"]
    if campaign:
        conditions.append(f"Campaign = '{_quoted(campaign)}'")
    if status:
        conditions.append(f"RequestStatus = '{_quoted(status)}'")
    if attention:
        conditions.append("Attention IS NOT NULL" if attention == "any" else f"Attention = '{_quoted(attention)}'")
    if extra:
        conditions.append(f"({extra})")
    return " AND ".join(conditions)


def web_ui_link(base: str, namespace: str, visibility_query: str) -> str:
    """Where the Web UI shows the same list."""
    return f"{base}/namespaces/{quote(namespace)}/workflows?query={quote(visibility_query)}"


def web_ui_page(base: str, namespace: str, request: str) -> str:
    """The page of one request in the Web UI."""
    return f"{base}/namespaces/{quote(namespace)}/workflows/{quote(request, safe='')}"


def not_found(error: RPCError, request: str) -> Failure:
    """What a failed call to one request means."""
    if error.status is RPCStatusCode.NOT_FOUND:
        return Failure(f"no open request {request}", hint="`forthwith list` shows all requests of every campaign")
    return Failure(f"the Temporal server answers {error.status.name}: {error.message}")


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
        response_due=attributes.get(temporal.RESPONSE_DUE),
        next_action_at=attributes.get(temporal.NEXT_ACTION_AT),
        execution=execution.status.name if execution.status else "UNKNOWN",
    )


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
