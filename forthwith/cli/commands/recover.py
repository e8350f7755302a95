"""`recover ID`: a new workflow continues a request whose workflow is gone, from its case file.

No second demand goes out: the new workflow is rebuilt from the record, and every letter that went out has its receipt
in the dossier. Each recovery is authorized there once, before its workflow is started.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from forthwith import temporal
from forthwith.base import Model
from forthwith.campaign.starting import start_workflow
from forthwith.casefile.attempts import open_claims
from forthwith.casefile.pending import pending
from forthwith.casefile.recovery import continued, rebuilt
from forthwith.casefile.store import Dossier, DossierError
from forthwith.cli.bulk import confirm
from forthwith.cli.commands.queries import RequestId
from forthwith.cli.options import Actor, Reason
from forthwith.cli.output import Json, out, print_json, styled
from forthwith.failure import Failure
from forthwith.history import accepted_messages, entries_to_file
from forthwith.request.entries import Entry
from forthwith.request.record import PendingMessage, Recovery
from forthwith.request.request import Request
from forthwith.request.vocabulary import Status, Who
from forthwith.settings import Settings
from forthwith.views.tasks import WORTH_SAYING
from forthwith.visibility import ANSWERS_WITHIN, connected, plural, server_says

STOPPED = (
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.FAILED,
    WorkflowExecutionStatus.TIMED_OUT,
    WorkflowExecutionStatus.CANCELED,
)

POLL_SECONDS = 0.2


class Recovered(Model):
    """A request as its case file leaves it, and whether a new workflow continues it."""

    request: str
    status: Status
    outstanding: tuple[str, ...]
    entries: int
    letters: int
    pending_messages: int
    """Messages that Temporal accepted and the stopped workflow had not filed."""
    recovered: bool


def recover(
    request: RequestId,
    *,
    reason: Reason,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show where it stands. Changes nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Continue without asking.")] = False,
    json: Json = False,
) -> None:
    """Continue a request whose workflow failed, was terminated or is forgotten, from its case file.

    No letter that went out goes out again. A request that is running or has ended is refused, and so is one with a
    letter on its way to the mail server.

    Example: forthwith recover 1373-2018/chicago-il --reason "terminated by mistake"
    """
    dossier, now = Dossier(Settings().dossier), datetime.now(UTC)

    async def read() -> tuple[Request, Sequence[Entry], tuple[PendingMessage, ...]]:
        async with connected() as client:
            is_known = await _is_stopped(client, request)
            _refuse_while_sending(dossier, request, now)
            given = await entries_to_file(client, request)
            found = rebuilt(dossier, request, given)
            if found.state.outcome and not is_known:
                hint = f"`forthwith timeline {request}` shows how"
                raise Failure(f"{request} has ended: {found.state.outcome.text}", hint=hint)
            earlier = dossier.recovery(request, len(dossier.openings(request)))
            accepted = [*(earlier.pending if earlier else ()), *await accepted_messages(client, request)]
            return found, given, pending(found.state, accepted)

    found, given, messages = asyncio.run(read())
    if not json:
        _show(request, found, messages)
    if not dry_run:
        if not yes:
            confirm(f"Continue {request} from here?", count=1)
        asyncio.run(_start_recovery(dossier, found, given, messages, Actor().who, reason, now))
    if json:
        print_json(
            Recovered(
                request=request,
                status=found.state.status,
                outstanding=found.state.items.outstanding,
                entries=len(found.timeline),
                letters=len(found.state.deliveries.letters),
                pending_messages=len(messages),
                recovered=not dry_run,
            )
        )
    elif not dry_run:
        out.print(escape(f"{request} continues: forthwith status {request}"), highlight=False, soft_wrap=True)


async def _is_stopped(client: Client, request: str) -> bool:
    """Whether Temporal has its stopped workflow; False where it forgot it. Raises ``Failure`` for one that runs."""
    try:
        found = await client.get_workflow_handle(request).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise Failure(server_says(error)) from error
    if found.status is WorkflowExecutionStatus.COMPLETED:
        raise Failure(f"{request} has ended", hint=f"`forthwith status {request}` shows how")
    if found.status not in STOPPED:
        raise Failure(
            f"{request} is running; there is nothing to recover",
            hint=f"`forthwith status {request}` shows where it stands, docs/runbook.md what to do if it is stuck",
        )
    return True


def _refuse_while_sending(dossier: Dossier, request: str, now: datetime) -> None:
    """Raises ``Failure`` while a letter is being handed over: recovered before its receipt, it would go out twice."""
    try:
        claims = open_claims(dossier, request)
    except DossierError as error:
        hint = f"`forthwith verify {request}` checks all of it"
        raise Failure(f"{request} cannot be recovered: {error}", hint=hint) from error
    for claim in claims:
        if now - claim.claimed_at < WORTH_SAYING:
            until = (claim.claimed_at + WORTH_SAYING).astimezone(UTC)
            raise Failure(
                f"the {claim.step} of {request} may still be on its way to the mail server",
                hint=f"recover it at {until:%H:%M} UTC or later: until then its receipt may come",
            )


async def _start_recovery(
    dossier: Dossier,
    found: Request,
    given: Sequence[Entry],
    messages: tuple[PendingMessage, ...],
    who: Who,
    reason: str,
    now: datetime,
) -> None:
    request, openings = found.plan.workflow_id, dossier.openings(found.plan.workflow_id)
    if not openings:
        raise Failure(f"the case file of {request} lacks opened.json", hint="restore it from a backup")
    recovery = Recovery(
        workflow_id=request,
        number=len(openings) + 1,
        after_run=openings[-1].first_run,
        by=who,
        reason=reason,
        at=now,
        pending=messages,
    )
    record = dossier.timeline(request)
    dossier.file(request, continued(record, given)[len(record) :])
    dossier.authorize_recovery(recovery)
    async with connected() as client:
        try:
            await start_workflow(
                client,
                found.plan,
                now,
                reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                memo={temporal.RECOVERY: recovery.model_copy(update={"pending": ()})},
            )
        except WorkflowAlreadyStartedError as error:
            raise Failure(f"{request} is running by now; another operator recovered it") from error
        await _until_claimed(client, dossier, request, recovery.number)


async def _until_claimed(client: Client, dossier: Dossier, request: str, number: int) -> None:
    try:
        async with asyncio.timeout(ANSWERS_WITHIN.total_seconds()):
            while len(dossier.openings(request)) < number:
                found = await client.get_workflow_handle(request).describe()
                if found.status is not WorkflowExecutionStatus.RUNNING:
                    raise Failure(
                        f"{request} could not be recovered", hint="`forthwith audit` and the worker's log show why"
                    )
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError as error:
        raise Failure(
            f"{request} was started, and no worker has claimed it yet",
            hint="start one with `python worker.py`; it continues by itself then",
        ) from error


def _show(request: str, found: Request, messages: Sequence[PendingMessage]) -> None:
    due = found.dates.deadline.in_words() if found.dates and found.state.clock.runs else "not set"
    letters, missing = plural(len(found.state.deliveries.letters), "letter"), found.state.items.outstanding_in_words
    lines = [
        f"{escape(request)} stands at {styled(found.state.status)} by its case file: {len(found.timeline)} entries,"
        f" {letters} sent; {escape(missing)}.",
        f"The last entry, {found.timeline[-1].at:%Y-%m-%d %H:%M} UTC: {escape(found.timeline[-1].text)}",
        f"Response due: {due}. What came due meanwhile is done at once, and the record says how late.",
    ]
    if messages:
        named = ", ".join(message.name for message in messages)
        lines.append(f"Pending messages, not filed before it stopped; they are sent again: {escape(named)}")
    out.print("\n".join(lines), highlight=False, soft_wrap=True)
