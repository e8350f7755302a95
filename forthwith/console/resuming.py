"""`start --resume ID`: a request whose workflow is gone is taken up again from its case file.

No second demand goes out: the new workflow is told what the record holds, and every letter that went out has its
receipt in the dossier. Leave to go on is given there once for each new workflow, before that is started.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.markup import escape
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.dossier import Dossier, Filing
from forthwith import temporal
from forthwith.console.bulk import confirm
from forthwith.console.output import Failure, err, out, print_json, styled
from forthwith.console.requests import ANSWERS_WITHIN, connected, handle_of, plural, server_says
from forthwith.console.retold import told_again
from forthwith.console.start import start_workflow
from forthwith.domain.case import Case
from forthwith.domain.messages import Status, Who
from forthwith.domain.model import Model
from forthwith.domain.record import Entry, Resumption
from forthwith.settings import Settings
from workflows.jurisdiction_request import JurisdictionRequest

LONGEST_RECORD = 1_500_000
"""Bytes of the entries that go to the new workflow at once; the server refuses 2 MB."""

LOOKS_AGAIN_AFTER = 0.2


class TakenUp(Model):
    """A request as its case file leaves it, and whether a workflow drives it again."""

    request: str
    status: Status
    outstanding: tuple[str, ...]
    entries: int
    letters: int
    resumed: bool


def resume_request(request: str, who: Who, reason: str, *, dry_run: bool, yes: bool, json: bool) -> None:
    """Shows where a request stands by its case file, asks, and has a new workflow go on from there.

    Raises ``Failure`` for a request that runs or has ended, and for a record from which nobody can go on.
    """
    dossier, now = Dossier(Settings().dossier), datetime.now(UTC)

    async def look() -> Case:
        async with connected() as client:
            await _refuse_if_driven(client, request)
            _complete(dossier, request, await _told_to_temporal(client, request))
        return await told_again(dossier, request)

    case = asyncio.run(look())
    if case.outcome:
        raise Failure(f"{request} has ended: {case.outcome.text}", hint=f"`forthwith timeline {request}` tells it")
    if sum(len(entry.filed()) for entry in case.timeline) > LONGEST_RECORD:
        raise Failure(f"the record of {request} is too long to be taken up at once: more than {LONGEST_RECORD} bytes")
    if not json:
        _show(request, case)
    if not dry_run:
        if not yes:
            confirm(f"Take up {request} from here?", count=1)
        asyncio.run(_go_on(dossier, case, who, reason, now))
    if json:
        print_json(
            TakenUp(
                request=request,
                status=case.status,
                outstanding=case.items.outstanding,
                entries=len(case.timeline),
                letters=len(case.letters),
                resumed=not dry_run,
            )
        )
    elif not dry_run:
        out.print(f"{request} goes on. Look at it: forthwith status {request}", highlight=False, soft_wrap=True)


async def _refuse_if_driven(client: Client, request: str) -> None:
    try:
        found = await client.get_workflow_handle(request).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return
        raise Failure(server_says(error)) from error
    if found.status is WorkflowExecutionStatus.RUNNING:
        raise Failure(
            f"{request} is running; there is nothing to take up",
            hint=f"`forthwith status {request}` shows where it stands, docs/runbook.md what to do if it is stuck",
        )
    if found.status is WorkflowExecutionStatus.COMPLETED:
        raise Failure(f"{request} has ended", hint=f"`forthwith status {request}` shows how")


async def _told_to_temporal(client: Client, request: str) -> Sequence[Entry]:
    """The record as the stopped workflow has it, where a worker can still tell: the last of it may not be filed."""
    try:
        return await handle_of(client, request).query(JurisdictionRequest.timeline, rpc_timeout=ANSWERS_WITHIN)
    except (RPCError, WorkflowQueryFailedError) as error:
        if not (isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND):
            err.print("[dim]The stopped workflow cannot be asked; its case file alone tells.[/]", highlight=False)
        return ()


def _complete(dossier: Dossier, request: str, told: Sequence[Entry]) -> None:
    """Files what the workflow still had to file when it was stopped."""
    filed = dossier.timeline(request)
    if len(told) > len(filed) and [*told[: len(filed)]] == filed:
        missing = tuple(told[len(filed) :])
        dossier.file(Filing(workflow_id=request, entries=missing, head=missing[-1].head))


async def _go_on(dossier: Dossier, case: Case, who: Who, reason: str, now: datetime) -> None:
    request, openings = case.plan.workflow_id, dossier.openings(case.plan.workflow_id)
    leave = dossier.give_leave(
        Resumption(
            workflow_id=request,
            number=len(openings) + 1,
            after_run=openings[-1].first_run if openings else "",
            by=who,
            reason=reason,
            at=now,
        )
    )
    async with connected() as client:
        try:
            await start_workflow(
                client,
                case.plan,
                now,
                reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                memo={temporal.RESUMPTION: leave.number},
            )
        except WorkflowAlreadyStartedError as error:
            raise Failure(f"{request} is running by now; somebody else took it up") from error
        await _until_taken_up(client, dossier, request, leave.number)


async def _until_taken_up(client: Client, dossier: Dossier, request: str, number: int) -> None:
    try:
        async with asyncio.timeout(ANSWERS_WITHIN.total_seconds()):
            while len(dossier.openings(request)) < number:
                found = await client.get_workflow_handle(request).describe()
                if found.status is not WorkflowExecutionStatus.RUNNING:
                    raise Failure(
                        f"{request} could not be taken up", hint="`forthwith audit` and the worker's log say why"
                    )
                await asyncio.sleep(LOOKS_AGAIN_AFTER)
    except TimeoutError as error:
        raise Failure(
            f"{request} was started, and no worker has taken it up yet",
            hint="start one with `python worker.py`; it goes on by itself then",
        ) from error


def _show(request: str, case: Case) -> None:
    due = case.timetable.deadline.in_words() if case.timetable and case.clock_runs else "not set"
    out.print(
        f"{escape(request)} stands at {styled(case.status)} by its case file: {len(case.timeline)} entries,"
        f" {plural(len(case.letters), 'letter')} sent; {escape(case.what_is_missing())}.",
        f"The last of it, {case.timeline[-1].at:%Y-%m-%d %H:%M} UTC: {escape(case.timeline[-1].text)}",
        f"Response due: {due}. What was due meanwhile is done at once, and the record says how late.",
        sep="\n",
        highlight=False,
        soft_wrap=True,
    )
