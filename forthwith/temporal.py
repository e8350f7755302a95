"""What Forthwith is toward Temporal: queue, search attributes, the one plugin, and how to connect."""

import dataclasses
import os
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError
from temporalio.plugin import SimplePlugin
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from forthwith.plain_errors import problems
from forthwith.request.limits import MAX_REASON_BYTES, cut, too_many_bytes
from forthwith.request.vocabulary import Message

TASK_QUEUE = "forthwith"

RECOVERY = "recovery"
"""The memo of a workflow that recovers a request: a ``Recovery``."""

STICKY_TIMEOUT = timedelta(seconds=1)
"""After a worker died its requests go to another one this soon, instead of the SDK's ten seconds."""

REQUEST_STATUS = SearchAttributeKey.for_keyword("RequestStatus")
CAMPAIGN = SearchAttributeKey.for_keyword("Campaign")
JURISDICTION = SearchAttributeKey.for_keyword("Jurisdiction")
RESPONSE_DUE = SearchAttributeKey.for_datetime("ResponseDue")
NEXT_ACTION_AT = SearchAttributeKey.for_datetime("NextActionAt")
ATTENTION = SearchAttributeKey.for_keyword_list("Attention")
ITEMS_OUTSTANDING = SearchAttributeKey.for_int("ItemsOutstanding")

REPORTED_PROBLEMS = SearchAttributeKey.for_keyword_list("TemporalReportedProblems")
"""Of the server itself: set where the workflow task of a running workflow fails again and again."""

SEARCH_ATTRIBUTES = (
    REQUEST_STATUS,
    CAMPAIGN,
    JURISDICTION,
    RESPONSE_DUE,
    NEXT_ACTION_AT,
    ATTENTION,
    ITEMS_OUTSTANDING,
)
"""Registered by `setup-server`. None of them holds the name or address of a person."""


@dataclasses.dataclass(frozen=True)
class ShownAttributes:
    """What the search attributes of one request say, those apart that never change."""

    status: str
    attention: tuple[str, ...]
    outstanding: int
    response_due: datetime | None = None
    next_action_at: datetime | None = None

    def updates(self) -> list[SearchAttributeUpdate[Any]]:
        """All of them, to be upserted at once."""
        due, next_at = self.response_due, self.next_action_at
        return [
            REQUEST_STATUS.value_set(self.status),
            ATTENTION.value_set(self.attention),
            ITEMS_OUTSTANDING.value_set(self.outstanding),
            RESPONSE_DUE.value_set(due) if due else RESPONSE_DUE.value_unset(),
            NEXT_ACTION_AT.value_set(next_at) if next_at else NEXT_ACTION_AT.value_unset(),
        ]


# Safe to share between workflow and worker: they are pure, or only named by the workflow and never run in it. Loading
# them anew for each workflow costs time and memory, and `zoneinfo` does not work in a module of the sandbox's own.
PASSTHROUGH = ("forthwith", "activities", "pydantic", "jinja2")


class _Converter(PydanticPayloadConverter):
    """The SDK's own, which also says by name what is wrong with a message that it cannot read."""

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Raises ``ApplicationError`` for a message, so that its sender reads more than "Failed decoding arguments".

        Only for messages: raised for the plan or for a result of an activity it would end the workflow. One that was
        accepted is read in every replay, whatever is too large by then.
        """
        message = type_hints[0] if type_hints else None
        if not (isinstance(message, type) and issubclass(message, Message)):
            return super().from_payloads(payloads, type_hints)
        is_new = workflow.in_workflow() and not workflow.unsafe.is_replaying()
        if is_new and (refusal := too_many_bytes(sum(len(payload.data) for payload in payloads))):
            raise ApplicationError(refusal, type="Refused", non_retryable=True)
        try:
            return super().from_payloads(payloads, type_hints)
        except ValidationError as error:
            refusal = cut("; ".join(problems(error, message)), MAX_REASON_BYTES)
            raise ApplicationError(refusal, type="Refused", non_retryable=True) from error


def plugin(
    imports: SandboxImportNotificationPolicy = SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT,
) -> SimplePlugin:
    """Converter and sandbox in one, for clients, workers and replayers alike. ``imports`` is stricter in tests."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSTHROUGH)
    return SimplePlugin(
        "forthwith",
        data_converter=dataclasses.replace(pydantic_data_converter, payload_converter_class=_Converter),
        workflow_runner=SandboxedWorkflowRunner(
            restrictions=dataclasses.replace(restrictions, import_notification_policy=imports)
        ),
    )


def worker_identity(dossier: str) -> str:
    """How a worker calls itself, so that `doctor` sees whether it keeps its case files where the operator looks."""
    return f"{os.getpid()}@{socket.gethostname()} dossier:{dossier}"


def dossier_of(identity: str) -> str:
    """The inverse of `worker_identity`: the dossier's own name, empty when the identity is somebody else's."""
    return identity.partition(" dossier:")[2]


def address() -> str:
    """Of the server, as `TEMPORAL_*` and `temporal.toml` say."""
    return ClientConfig.load_client_connect_config().get("target_host") or "localhost:7233"


async def connect() -> Client:
    """A client as `TEMPORAL_*` and `temporal.toml` say. Raises ``RuntimeError`` when no server answers,
    and ``ValueError`` when its address is none."""
    config = ClientConfig.load_client_connect_config()
    config["target_host"] = address()
    return await Client.connect(**config, plugins=[plugin()])
