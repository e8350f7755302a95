"""`doctor`: whether everything that a campaign needs is there, and what to do about the rest. Changes nothing."""

import asyncio
import errno
import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from forthwith import temporal
from forthwith.casefile.store import Dossier, DossierError
from forthwith.cli.commands.setup_server import print_checks
from forthwith.cli.output import Json
from forthwith.documents.content import Letter
from forthwith.documents.template_files import default_templates
from forthwith.documents.typesetting import TemplateError, render_pdf
from forthwith.failure import Failure
from forthwith.mail.client import MailClient, MailDeferred, SendingPaused, SmtpSettings
from forthwith.plain_errors import problems
from forthwith.server_setup import Check, attributes_of, retention_of
from forthwith.settings import Settings
from forthwith.visibility import FAILING, connected, listed, named, plural, server_says

POLL_LASTS = timedelta(seconds=75)
"""A worker asks for work again after a minute at most; the server lists one that is gone for five more."""

CLOCKS_AGREE = timedelta(seconds=2)

ROOM = 1_000_000_000
"""Bytes that should be free: a request takes about one million."""


def doctor(json: Json = False) -> None:
    """Check everything a campaign needs, and show what to do about what is missing. Sends nothing.

    Example: forthwith doctor
    """
    print_checks(asyncio.run(_checks(Settings())), json)


async def _checks(settings: Settings) -> list[Check]:
    identity, dossier = _dossier(settings)
    checks = [dossier, await _templates(), await _mail(settings)]
    try:
        async with connected() as client:
            checks += await _server(client, identity)
    except Failure as failure:
        remedy = "start one with `make dev` (then: source .forthwith/env), or set TEMPORAL_ADDRESS to yours"
        checks.append(Check(name="temporal", ok=False, found=str(failure), remedy=remedy))
    except RPCError as error:
        remedy = "TEMPORAL_ADDRESS and the credentials in TEMPORAL_* or temporal.toml have to be those of one server"
        checks.append(Check(name="temporal", ok=False, found=server_says(error), remedy=remedy))
    return checks


def _dossier(settings: Settings) -> tuple[str, Check]:
    """The dossier's own name, empty when there is none, and whether it can be written."""
    root = settings.dossier
    is_new = not root.exists()
    try:
        identity = Dossier(root).identity()
        with tempfile.NamedTemporaryFile(dir=root):
            free = os.statvfs(root)
    except (DossierError, OSError) as error:
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        remedy = "set FORTHWITH_DOSSIER to a folder that this user can write"
        if cause.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "make room, never by deleting case files"
        elif cause.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            remedy = "make it writable for this user, or set FORTHWITH_DOSSIER to the right folder"
        return "", Check(name="dossier", ok=False, found=str(error), remedy=remedy)
    free_bytes = free.f_bavail * free.f_frsize
    made = ", made just now: is it the right folder?" if is_new else ""
    found = f"{root.resolve()}, {identity[:8]}, {free_bytes / 1e9:.0f} GB free{made}"
    is_roomy = free_bytes > ROOM
    return identity, Check(
        name="dossier", ok=is_roomy, found=found, remedy="" if is_roomy else "make room, never by deleting case files"
    )


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
    try:
        template = default_templates()["letter.typ"]
        content = await asyncio.to_thread(render_pdf, template, letter, created=datetime.now(UTC))
    except (TemplateError, OSError, KeyError) as error:
        remedy = (
            "the templates of this installation were changed: install it again; a campaign has its own beside its file"
        )
        return Check(name="templates", ok=False, found=str(error), remedy=remedy)
    return Check(name="templates", ok=True, found=f"a letter sets in {len(content) // 1000} KB")


async def _mail(settings: Settings) -> Check:
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    remedy = "check FORTHWITH_SMTP_HOST, _PORT and _TLS (after `make dev`: source .forthwith/env)"
    try:
        async with MailClient(SmtpSettings.model_validate(settings.smtp)) as mail:
            name = await mail.check()
    except SendingPaused as error:
        remedy = "correct FORTHWITH_SMTP_USERNAME and _PASSWORD, here and where the worker runs, and restart the worker"
        return Check(name="mail server", ok=False, found=f"{where}: {error.reason}", remedy=remedy)
    except MailDeferred as error:
        return Check(name="mail server", ok=False, found=f"{where}: {error.reason}", remedy=remedy)
    except ValidationError as error:  # letters or a password that would cross the network in the clear
        remedy = "set FORTHWITH_SMTP_TLS to required or starttls"
        return Check(
            name="mail server", ok=False, found=f"{where}: {'; '.join(problems(error, SmtpSettings))}", remedy=remedy
        )
    login = f", logged in as {settings.smtp_username}" if settings.smtp_username else ""
    return Check(name="mail server", ok=True, found=f"{where}, {name}, TLS {settings.smtp_tls}{login}")


async def _server(client: Client, identity: str) -> list[Check]:
    """What has to be right on the server. Raises ``RPCError``."""
    where = f"{client.service_client.config.target_host}, {client.namespace}"
    try:
        retention = await retention_of(client)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        remedy = (
            f"set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create --namespace {client.namespace}"
        )
        return [Check(name="temporal", ok=False, found=f"{where}: there is no such namespace", remedy=remedy)]
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=temporal.TASK_QUEUE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer, now = await client.workflow_service.describe_task_queue(request), datetime.now(UTC)
    polled = {poller.identity: poller.last_access_time.ToDatetime(UTC) for poller in answer.pollers}
    return [
        Check(name="temporal", ok=True, found=where),
        *clock(polled, now),
        have_attributes(await attributes_of(client)),
        retention_is_enough(retention),
        worker(polled, identity, now),
        failing([one.request for one in await listed(client, FAILING)]),
    ]


def failing(requests: Sequence[str]) -> Check:
    """Whether the workflow task of any request fails again and again, so that nothing goes on there."""
    if not requests:
        return Check(name="requests", ok=True, found="no workflow task fails")
    found = f"the workflow task of {named(requests)} fails again and again"
    remedy = "`forthwith audit` shows the cause; deploy the version before (docs/operating.md)"
    return Check(name="requests", ok=False, found=found, remedy=remedy)


def clock(polled: Mapping[str, datetime], now: datetime) -> list[Check]:
    """Whether this machine's clock is that of the server, as far as the latest poll of a worker shows it: no answer of
    a Temporal server says what time it is there.

    ``now`` is this machine's. None without a poll.
    """
    if not polled:
        return []
    behind = max(polled.values()) - now
    if behind > CLOCKS_AGREE:
        found = f"this machine's is {behind.total_seconds():.0f} s behind the Temporal server's, or more"
        remedy = "have it set (NTP): what is recorded from here gets an earlier time"
        return [Check(name="clock", ok=False, found=found, remedy=remedy)]
    if -behind > POLL_LASTS:
        return []  # a worker that stopped, or a clock that is ahead: the check `worker` covers both
    return [Check(name="clock", ok=True, found="agrees with the Temporal server's to a minute or so")]


def worker(polled: Mapping[str, datetime], dossier: str, now: datetime) -> Check:
    """Whether a worker runs, and keeps its case files in the dossier of this name."""
    start = "start one: `python worker.py`"
    if not polled:
        return Check(name="worker", ok=False, found=f"none polls {temporal.TASK_QUEUE}", remedy=start)
    seen = {identity for identity, at in polled.items() if now - at <= POLL_LASTS}
    if not seen:
        last = max(polled, key=lambda identity: polled[identity])
        ago = (now - polled[last]).total_seconds()
        return Check(
            name="worker",
            ok=False,
            found=f"{last} polled last, {ago:.0f} s ago by this machine's clock",
            remedy=f"{start}; if one runs, this machine's clock is ahead of the server's: have it set (NTP)",
        )
    if silent := sorted(identity for identity in seen if not temporal.dossier_of(identity)):
        return Check(
            name="worker",
            ok=False,
            found=f"polls {temporal.TASK_QUEUE} without the name of its dossier: {', '.join(silent)}",
            remedy="stop it: it is not a Forthwith worker, and takes tasks from those that are",
        )
    if not dossier:
        return Check(
            name="worker",
            ok=False,
            found=f"{len(seen)} polling; without a dossier it is unknown whether they see the same",
            remedy="repair the dossier first",
        )
    if others := sorted(identity for identity in seen if temporal.dossier_of(identity) != dossier):
        named = ", ".join(
            f"{identity.partition(' ')[0]} keeps case files in dossier {temporal.dossier_of(identity)[:8]}"
            for identity in others
        )
        return Check(
            name="worker",
            ok=False,
            found=f"{named}, and here it is {dossier[:8]}",
            remedy="give both the same FORTHWITH_DOSSIER, since neither sees what the other kept; one that was stopped"
            " is still listed for a minute",
        )
    return Check(name="worker", ok=True, found=f"{plural(len(seen), 'worker')} polling, same dossier")


def have_attributes(there: Mapping[str, int]) -> Check:
    """Whether the search attributes are registered, each with its type."""
    missing = [key.name for key in temporal.SEARCH_ATTRIBUTES if key.name not in there]
    wrong = [
        key.name
        for key in temporal.SEARCH_ATTRIBUTES
        if there.get(key.name, key.indexed_value_type) != key.indexed_value_type
    ]
    if wrong:
        return Check(
            name="search attributes",
            ok=False,
            found=f"of another type: {', '.join(wrong)}",
            remedy="use a namespace of its own: a type cannot be changed",
        )
    if missing:
        return Check(
            name="search attributes",
            ok=False,
            found=f"missing: {', '.join(missing)}",
            remedy="run `forthwith setup-server`",
        )
    return Check(name="search attributes", ok=True, found=f"all {len(temporal.SEARCH_ATTRIBUTES)}")


def retention_is_enough(retention: timedelta) -> Check:
    """Whether an ended request stays visible for a while."""
    days = retention.total_seconds() / 86400
    remedy = "" if days >= 30 else "run `forthwith setup-server`: an ended request should stay visible for a while"
    return Check(name="retention", ok=days >= 30, found=f"{days:g} days", remedy=remedy)
