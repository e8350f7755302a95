"""What Forthwith is toward Temporal: queue, search attributes, the one plugin, and how to connect."""

import dataclasses
import os
import socket
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.plugin import SimplePlugin
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

TASK_QUEUE = "forthwith"

STICKY_TIMEOUT = timedelta(seconds=1)
"""After a worker died its requests go to another one this soon, instead of the SDK's ten seconds."""

REQUEST_STATUS = SearchAttributeKey.for_keyword("RequestStatus")
CAMPAIGN = SearchAttributeKey.for_keyword("Campaign")
JURISDICTION = SearchAttributeKey.for_keyword("Jurisdiction")
RESPONSE_DUE = SearchAttributeKey.for_datetime("ResponseDue")
NEXT_ACTION_AT = SearchAttributeKey.for_datetime("NextActionAt")
ATTENTION = SearchAttributeKey.for_keyword_list("Attention")
ITEMS_OUTSTANDING = SearchAttributeKey.for_int("ItemsOutstanding")

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

# Safe to share between workflow and worker: they are pure, or only named by the workflow and never run in it. Loading
# them anew for each workflow costs time and memory, and `zoneinfo` does not work in a module of the sandbox's own.
PASSTHROUGH = ("forthwith", "activities", "pydantic", "jinja2")


def plugin(
    imports: SandboxImportNotificationPolicy = SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT,
) -> SimplePlugin:
    """Converter and sandbox in one, for clients, workers and replayers alike. ``imports`` is stricter in tests."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSTHROUGH)
    return SimplePlugin(
        "forthwith",
        data_converter=pydantic_data_converter,
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


async def connect() -> Client:
    """A client as `TEMPORAL_*` and `temporal.toml` say. Raises ``RuntimeError`` when no server answers."""
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "localhost:7233")
    return await Client.connect(**config, plugins=[plugin()])
