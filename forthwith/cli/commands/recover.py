"""`start --resume ID`: a request whose workflow is gone is taken up again from its case file.

No second demand goes out: the new workflow is told what the record holds, and every letter that went out has its
receipt in the dossier. Leave to go on is given there once for each new workflow, before that is started.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.markup import escape
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from forthwith import temporal
from forthwith.base import Model
from forthwith.campaign.starting import start_workflow
from forthwith.casefile.attempts import Claim
from forthwith.casefile.pending import pending
from forthwith.casefile.recovery import rebuilt_case
from forthwith.casefile.store import Dossier
from forthwith.cli.bulk import confirm
from forthwith.cli.output import out, print_json, styled
from forthwith.failure import Failure
from forthwith.history import accepted_messages
from forthwith.request.case import Case
from forthwith.request.messages import Status, Who
from forthwith.request.record import PendingMessage, Recovery
from forthwith.settings import Settings
from forthwith.views.tasks import WORTH_SAYING
from forthwith.visibility import ANSWERS_WITHIN, connected, plural, server_says

LONGEST_RECORD = 500_000
"""Bytes of the entries that go to the new workflow at once, with the dates that follow; the server refuses 4 MB."""

STOPPED = (
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.FAILED,
    WorkflowExecutionStatus.TIMED_OUT,
    WorkflowExecutionStatus.CANCELED,
)

LOOKS_AGAIN_AFTER = 0.2


class TakenUp(Model):
    """A request as its case file leaves it, and whether a workflow drives it again."""

    request: str
    status: Status
    outstanding: tuple[str, ...]
    entries: int
    letters: int
    told_again: int
    """Messages that the stopped workflow was told and its record does not have."""
    resumed: bool


def resume_request(request: str, who: Who, reason: str, *, dry_run: bool, yes: bool, json: bool) -> None:
    """Shows where a request stands by its case file, asks, and has a new workflow go on from there.

    Raises ``Failure`` for a request that runs or has ended, for one with a letter under way, and for a record from
    which nobody can go on.
    """
    dossier, now = Dossier(Settings().dossier), datetime.now(UTC)

    async def look() -> tuple[Case, tuple[PendingMessage, ...]]:
        async with connected() as client:
            is_known = await _is_stopped(client, request)
            _refuse_while_sending(dossier, request, now)
            case = await rebuilt_case(dossier, request)
            if case.outcome and not is_known:
                hint = f"`forthwith timeline {request}` tells it"
                raise Failure(f"{request} has ended: {case.outcome.text}", hint=hint)
            earlier = dossier.recovery(request, len(dossier.openings(request)))
            messages = (*(earlier.pending if earlier else ()), *await accepted_messages(client, request))
            return case, pending(case, messages)

    case, messages = asyncio.run(look())
    if sum(len(entry.filed()) for entry in case.timeline) > LONGEST_RECORD:
        raise Failure(f"the record of {request} is too long to be taken up at once: more than {LONGEST_RECORD} bytes")
    if not json:
        _show(request, case, messages)
    if not dry_run:
        if not yes:
            confirm(f"Take up {request} from here?", count=1)
        asyncio.run(_go_on(dossier, case, messages, who, reason, now))
    if json:
        print_json(
            TakenUp(
                request=request,
                status=case.status,
                outstanding=case.items.outstanding,
                entries=len(case.timeline),
                letters=len(case.letters),
                told_again=len(messages),
                resumed=not dry_run,
            )
        )
    elif not dry_run:
        out.print(f"{request} goes on. Look at it: forthwith status {request}", highlight=False, soft_wrap=True)


async def _is_stopped(client: Client, request: str) -> bool:
    """Whether Temporal has its stopped workflow; False where it forgot it. Raises ``Failure`` for one that goes on."""
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
            f"{request} is running; there is nothing to take up",
            hint=f"`forthwith status {request}` shows where it stands, docs/runbook.md what to do if it is stuck",
        )
    return True


def _refuse_while_sending(dossier: Dossier, request: str, now: datetime) -> None:
    """A letter that is being handed over will have its receipt soon; taken up now it would go out a second time."""
    for path in sorted(dossier.of(request).glob("letters/*/attempt-*.claim.json")):
        known = [path.with_name(path.name.replace("claim", what)) for what in ("receipt", "nothing-sent")]
        claim = Claim.model_validate_json(dossier.read(path))
        if now - claim.claimed_at < WORTH_SAYING and not any(other.exists() for other in known):
            until = (claim.claimed_at + WORTH_SAYING).astimezone(UTC)
            raise Failure(
                f"the {claim.step} of {request} may still be on its way to the mail server",
                hint=f"take it up at {until:%H:%M} UTC or later: until then its receipt may come",
            )


async def _go_on(
    dossier: Dossier, case: Case, messages: tuple[PendingMessage, ...], who: Who, reason: str, now: datetime
) -> None:
    request, openings = case.plan.workflow_id, dossier.openings(case.plan.workflow_id)
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
    dossier.authorize_recovery(recovery)
    async with connected() as client:
        try:
            await start_workflow(
                client,
                case.plan,
                now,
                reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                memo={temporal.RECOVERY: recovery.model_copy(update={"pending": ()})},
            )
        except WorkflowAlreadyStartedError as error:
            raise Failure(f"{request} is running by now; somebody else took it up") from error
        await _until_taken_up(client, dossier, request, recovery.number)


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


def _show(request: str, case: Case, messages: Sequence[PendingMessage]) -> None:
    due = case.timetable.deadline.in_words() if case.timetable and case.clock_runs else "not set"
    lines = [
        f"{escape(request)} stands at {styled(case.status)} by its case file: {len(case.timeline)} entries,"
        f" {plural(len(case.letters), 'letter')} sent; {escape(case.what_is_missing())}.",
        f"The last of it, {case.timeline[-1].at:%Y-%m-%d %H:%M} UTC: {escape(case.timeline[-1].text)}",
        f"Response due: {due}. What was due meanwhile is done at once, and the record says how late.",
    ]
    if messages:
        named = ", ".join(message.name for message in messages)
        lines.append(f"The stopped workflow was told what its record does not have; it is told again: {escape(named)}")
    out.print("\n".join(lines), highlight=False, soft_wrap=True)
