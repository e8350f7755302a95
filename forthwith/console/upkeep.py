"""`setup-server` and `doctor`: is everything there that a campaign needs, and what to do about what is not."""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from activities.dossier import Dossier, DossierError
from activities.mail import MailClient, MailDeferred, SmtpSettings
from activities.templates import default_templates
from activities.typesetting import TemplateError, render_pdf
from forthwith import temporal
from forthwith.console.output import Failure, Json, out, print_json
from forthwith.console.requests import connected
from forthwith.domain.documents import Letter
from forthwith.domain.model import Model
from forthwith.settings import Settings

RETENTION_DAYS = 90
"""How long Temporal keeps an ended request by default. The dossier keeps it for good."""


class Check(Model):
    """One thing a campaign needs."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    """What to do about it; empty when nothing needs to be done."""


def setup_server(
    retention_days: Annotated[
        int, typer.Option(help="Days that Temporal keeps ended requests.", min=1)
    ] = RETENTION_DAYS,
    json: Json = False,
) -> None:
    """Register the search attributes and set the retention of the namespace. Running it again changes nothing.

    Example: forthwith setup-server
    """

    async def run() -> list[Check]:
        async with connected() as client:
            try:
                return await prepare_server(client, timedelta(days=retention_days))
            except RPCError as error:
                raise Failure(
                    f"the server refuses: {error.message}",
                    hint="on Temporal Cloud, add the search attributes with tcld or its UI",
                ) from error

    _print(asyncio.run(run()), json)


async def prepare_server(client: Client, retention: timedelta = timedelta(days=RETENTION_DAYS)) -> list[Check]:
    """Registers the search attributes and sets the retention. Doing it again changes nothing. Raises ``RPCError``."""
    return [await _register(client), await _retain(client, retention)]


async def _register(client: Client) -> Check:
    there = await _attributes(client)
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
    now = await _retention(client)
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


def doctor(json: Json = False) -> None:
    """Check everything a campaign needs, and say what to do about what is missing. Sends nothing.

    Example: forthwith doctor
    """
    settings = Settings()

    async def run() -> list[Check]:
        checks = [await _checked("dossier", lambda: _dossier(settings)), await _checked("templates", _templates)]
        checks.append(await _checked("mail server", lambda: _mail(settings)))
        try:
            async with connected() as client:
                checks.append(
                    Check(
                        name="temporal",
                        ok=True,
                        found=f"{client.service_client.config.target_host}, {client.namespace}",
                    )
                )
                checks.append(await _checked("search attributes", lambda: _have_attributes(client)))
                checks.append(await _checked("retention", lambda: _retention_is_enough(client)))
                checks.append(await _checked("worker", lambda: _worker(client, settings)))
        except Failure as failure:
            checks.append(Check(name="temporal", ok=False, found=str(failure), remedy=failure.hint))
        return checks

    _print(asyncio.run(run()), json)


async def _checked(name: str, check: Callable[[], Awaitable[Check]]) -> Check:
    try:
        return await check()
    except (RPCError, OSError, MailDeferred, TemplateError) as error:
        return Check(name=name, ok=False, found=str(error), remedy="see the message")


async def _dossier(settings: Settings) -> Check:
    root = settings.dossier
    dossier = Dossier(root)
    try:
        identity = dossier.identity()
        with tempfile.NamedTemporaryFile(dir=root):
            free = os.statvfs(root)
    except (DossierError, OSError) as error:
        return Check(
            name="dossier", ok=False, found=str(error), remedy="set FORTHWITH_DOSSIER to a folder that can be written"
        )
    gigabytes = free.f_bavail * free.f_frsize / 1e9
    return Check(name="dossier", ok=True, found=f"{root.resolve()}, {identity[:8]}, {gigabytes:.0f} GB free")


async def _templates() -> Check:
    letter = Letter(
        office="Office",
        office_address=(),
        date="January 1, 2026",
        via="",
        addressee=("Recipient",),
        subject="Subject",
        reference="campaign/jurisdiction",
        salutation="Dear reader:",
        opening=("Text.",),
        signatory="Name",
        signatory_title="Title",
    )
    template = default_templates()["letter.typ"]
    content = await asyncio.to_thread(render_pdf, template, letter, created=datetime.now(UTC))
    return Check(name="templates", ok=True, found=f"a letter sets in {len(content) // 1000} KB")


async def _mail(settings: Settings) -> Check:
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        async with MailClient(SmtpSettings.model_validate(settings.smtp)) as mail:
            name = await mail.check()
    except (MailDeferred, ValueError) as error:
        reason = error.reason if isinstance(error, MailDeferred) else str(error)
        return Check(
            name="mail server",
            ok=False,
            found=f"{where}: {reason}",
            remedy="check FORTHWITH_SMTP_HOST, _PORT, _TLS and login (after `make dev`: source .forthwith/env)",
        )
    return Check(name="mail server", ok=True, found=f"{where}, {name}, TLS {settings.smtp_tls}")


async def _have_attributes(client: Client) -> Check:
    there = await _attributes(client)
    missing = [key.name for key in temporal.SEARCH_ATTRIBUTES if key.name not in there]
    wrong = [
        key.name
        for key in temporal.SEARCH_ATTRIBUTES
        if there.get(key.name, key.indexed_value_type) != key.indexed_value_type
    ]
    if missing:
        return Check(
            name="search attributes",
            ok=False,
            found=f"missing: {', '.join(missing)}",
            remedy="run `forthwith setup-server`",
        )
    if wrong:
        return Check(
            name="search attributes",
            ok=False,
            found=f"of another type: {', '.join(wrong)}",
            remedy="use a namespace of its own",
        )
    return Check(name="search attributes", ok=True, found=f"all {len(temporal.SEARCH_ATTRIBUTES)}")


async def _retention_is_enough(client: Client) -> Check:
    days = (await _retention(client)).total_seconds() / 86400
    remedy = "" if days >= 30 else "run `forthwith setup-server`: an ended request should stay visible for a while"
    return Check(name="retention", ok=days >= 30, found=f"{days:g} days", remedy=remedy)


async def _worker(client: Client, settings: Settings) -> Check:
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=temporal.TASK_QUEUE),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    seen = {poller.identity for poller in described.pollers}
    if not seen:
        return Check(
            name="worker", ok=False, found=f"nobody polls {temporal.TASK_QUEUE}", remedy="start one: `python worker.py`"
        )
    mine = Dossier(settings.dossier).identity()
    if others := [identity for identity in seen if temporal.dossier_of(identity) not in ("", mine)]:
        return Check(
            name="worker",
            ok=False,
            found=f"another dossier: {', '.join(others)}",
            remedy="give it the same FORTHWITH_DOSSIER",
        )
    return Check(name="worker", ok=True, found=f"{len(seen)} polling, same dossier")


async def _attributes(client: Client) -> dict[str, int]:
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return dict(answer.custom_attributes)


async def _retention(client: Client) -> timedelta:
    answer = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    return answer.config.workflow_execution_retention_ttl.ToTimedelta()


def _print(checks: list[Check], json: bool) -> None:
    if json:
        print_json(checks)
    else:
        for check in checks:
            mark = "[green]ok  [/]" if check.ok else "[bold red]FAIL[/]"
            out.print(f"{mark} {check.name:<18} {check.found}", soft_wrap=True, highlight=False)
            if check.remedy and not check.ok:
                out.print(f"     {'':<18} [bold]{check.remedy}[/]", soft_wrap=True, highlight=False)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
