"""What a Temporal server needs for Forthwith: its search attributes, and how long it keeps ended requests."""

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client

from forthwith import temporal
from forthwith.base import Model

RETENTION_DAYS = 90
"""How long Temporal keeps an ended request by default. The dossier keeps it for good."""


class Check(Model):
    """One thing a campaign needs."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    """What to do about it; empty when nothing needs to be done."""


async def prepare_server(client: Client, retention: timedelta = timedelta(days=RETENTION_DAYS)) -> list[Check]:
    """Registers the search attributes and sets the retention. Doing it again changes nothing. Raises ``RPCError``."""
    return [await _register(client), await _retain(client, retention)]


async def _register(client: Client) -> Check:
    there = await attributes_of(client)
    missing = {key.name: key.indexed_value_type for key in temporal.SEARCH_ATTRIBUTES if key.name not in there}
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes={name: IndexedValueType.ValueType(int(kind)) for name, kind in missing.items()},
            )
        )
    return Check(name="search attributes", ok=True, found=f"added {', '.join(missing)}" if missing else "all there")


async def _retain(client: Client, wanted: timedelta) -> Check:
    now = await retention_of(client)
    if now == wanted:
        return Check(name="retention", ok=True, found=f"{now.days} days")
    duration = Duration()
    duration.FromTimedelta(wanted)
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace, config=NamespaceConfig(workflow_execution_retention_ttl=duration)
        )
    )
    return Check(name="retention", ok=True, found=f"{wanted.days} days, before {now.total_seconds() / 86400:g}")


async def attributes_of(client: Client) -> dict[str, int]:
    """The search attributes of the namespace, each with its type."""
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return dict(answer.custom_attributes)


async def retention_of(client: Client) -> timedelta:
    """How long the namespace keeps what has ended."""
    answer = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    return answer.config.workflow_execution_retention_ttl.ToTimedelta()
