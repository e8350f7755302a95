"""One act on many requests: which they are, what will be done to them, and what came of it for each.

They are found by one Visibility list and told side by side, each by an update of its own. All carry the same event id,
which is unique within a request: so the act that was interrupted goes on where it was, and nothing is done twice.
"""

import asyncio
import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from forthwith.base import Model
from forthwith.cli.options import Teller
from forthwith.cli.output import err, out, print_json
from forthwith.cli.send import checked_message, refuse_reused_id, tell
from forthwith.failure import Failure
from forthwith.request.messages import Answer, AnyMessage, Attention
from forthwith.side_by_side import side_by_side
from forthwith.views.listing import Listed
from forthwith.visibility import (
    ANSWERS_WITHIN,
    connected,
    handle_of,
    listed,
    named,
    plural,
    query,
    refusal,
    server_says,
    update,
)

OneOrMany = Annotated[
    str | None,
    typer.Argument(
        metavar="ID", help="One request, <campaign>/<jurisdiction>. Many by the options.", show_default=False
    ),
]


@dataclass(frozen=True)
class Many:
    """Which open requests an act is for, where it is not for one."""

    campaign: Annotated[str | None, typer.Option(help="Instead of an ID: all open requests of this campaign.")] = None
    where: Annotated[
        str | None, typer.Option("--query", help="Instead of an ID, or further: a Visibility condition.")
    ] = None
    status: Annotated[
        str | None, typer.Option(help="Instead of an ID, or further: only this status, such as AwaitingReview.")
    ] = None
    attention: Annotated[
        str | None,
        typer.Option(help="Instead of an ID, or further: only with this reason for attention, or `any`."),
    ] = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Of many: only say which, and what would be done.")] = False
    yes: Annotated[bool, typer.Option("--yes", help="Tell many without asking.")] = False

    @property
    def is_given(self) -> bool:
        """Whether it says which."""
        return any((self.campaign, self.where, self.status, self.attention))


@dataclass(frozen=True)
class Act:
    """What is said to each, by the update of that name."""

    update: str
    message: Mapping[str, Any]
    what: str
    """What it does, in words that follow "to": ``extend the deadline by 14 days``."""
    to: Attention | None = None
    """Only requests with this reason for attention are concerned."""
    cannot_be_undone: bool = False


class Came(StrEnum):
    """What an act on one request came to."""

    PLANNED = "would be told"
    DONE = "done"
    BEFORE = "done before"
    REFUSED = "refused"
    UNANSWERED = "not answered"


class Told(Model):
    """One request of many that were told something."""

    request: str
    outcome: Came
    text: str = ""
    """Its answer, or why there is none."""


class BulkAct(Model):
    """One act on many requests."""

    event_id: str
    """The same for all of them. Said again under this id, the act is completed and nothing is done twice."""
    update: str
    what: str
    requests: tuple[Told, ...]


def tell_one_or_many(request: str | None, many: Many, act: Act, teller: Teller) -> None:
    """Tells one request, or all open ones that fit, and prints what came of it.

    Raises ``Failure`` when both or neither are given, and when not all were told.
    """
    if request and (many.is_given or many.dry_run):
        only = "--campaign, --query, --status, --attention and --dry-run are for many requests"
        raise Failure(f"{request} is one request; {only}", hint="give either an ID or conditions")
    if request:
        tell(request, act.update, act.message, teller)
        return
    if not many.is_given:
        raise Failure(
            "say which request: its ID, or --campaign, --query, --status or --attention for many",
            hint="`forthwith list` shows them all",
        )
    _tell_many(many, act, teller)


def bulk_id(message: AnyMessage, update: str, day: date) -> str:
    """The event id of an act that nobody gave one: of what is said, and of the day.

    Whoever says the same again on that day completes it; on another day it is another act. Who says it does not count,
    so that a colleague can go on.
    """
    said = f"{update} {message.model_dump_json(exclude={'event_id', 'by'})}"
    return f"bulk-{day}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def concerned(found: Iterable[Listed], act: Act) -> list[str]:
    """The requests that an act is for, by name: those that are open, and have what it deals with."""
    return sorted(one.request for one in found if one.is_open and (act.to is None or act.to in one.attention))


async def open_requests(client: Client, condition: str) -> list[Listed]:
    """The open requests among those of a Visibility query."""
    return [one for one in await listed(client, f"{condition} AND ExecutionStatus = 'Running'") if one.is_open]


async def told(client: Client, request: str, update_name: str, message: AnyMessage) -> Told:
    """Tells one request of many. Whatever comes of it is said, and stops no other."""
    try:
        answer = await update(client, request, update_name, message)
    except WorkflowUpdateFailedError as error:
        return Told(request=request, outcome=Came.REFUSED, text=refusal(error))
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        text = "no worker is running, or it is busy; it may still take the message"
        return Told(request=request, outcome=Came.UNANSWERED, text=text)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return Told(request=request, outcome=Came.REFUSED, text="refused: it has ended")
        return Told(request=request, outcome=Came.UNANSWERED, text=server_says(error))
    return Told(request=request, outcome=Came.DONE, text=answer.text)


def confirm(question: str, *, count: int, cannot_be_undone: bool = False) -> None:
    """Asks a person. Raises ``Failure`` where nobody is there, or who is says no."""
    if not sys.stdin.isatty():
        raise Failure(
            f"nobody is here to confirm it; {plural(count, 'request')} stayed as they were",
            hint="--yes goes on without asking",
        )
    if cannot_be_undone:
        answered = typer.prompt(
            f"{question} This cannot be undone. Type {count} to go on", default="", show_default=False, err=True
        )
        agreed = answered.strip() == str(count)
    else:
        agreed = typer.confirm(question, err=True)
    if not agreed:
        raise Failure("nothing was done")


def _tell_many(many: Many, act: Act, teller: Teller) -> None:
    message = checked_message(act.update, {"event_id": teller.event_id or "unnamed", **act.message}, teller)
    if not teller.event_id:
        today = datetime.now(UTC).date()
        message = message.model_copy(update={"event_id": bulk_id(message, act.update, today)})

    async def run() -> list[Told]:
        async with connected() as client:
            condition = query(many.campaign, many.status, many.attention, many.where)
            names = concerned(await open_requests(client, condition), act)
            if not names and not (await client.count_workflows(condition)).count:
                raise Failure("no request fits these conditions", hint="`forthwith list` shows them all")
            if not names:
                return []
            return await _tell_each(client, names, message, many, act)

    try:
        rows = asyncio.run(run())
    except KeyboardInterrupt:
        err.print(f"Interrupted. The same command with --event-id {message.event_id} goes on.", soft_wrap=True)
        raise
    done = BulkAct(event_id=message.event_id, update=act.update, what=act.what, requests=tuple(rows))
    if teller.json:
        print_json(done)
    else:
        _print(done)
    left = [row for row in rows if row.outcome in (Came.REFUSED, Came.UNANSWERED)]
    if left:
        raise Failure(
            f"{len(left)} of {plural(len(rows), 'request')} were not told",
            hint=f"the same command with --event-id {message.event_id} tries those again, and the others not twice",
        )


async def _tell_each(client: Client, names: Sequence[str], message: AnyMessage, many: Many, act: Act) -> list[Told]:
    err.print(
        f"{plural(len(names), 'open request')}: {named(names)}.\nTo do: {act.what}.",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    if many.dry_run:
        return [Told(request=name, outcome=Came.PLANNED) for name in names]
    if not many.yes:
        confirm(f"Do this to {plural(len(names), 'request')}?", count=len(names), cannot_be_undone=act.cannot_be_undone)
    err.print(
        f"Under the event id {message.event_id}: should this be interrupted, the same command with it goes on.",
        highlight=False, soft_wrap=True,
    )  # fmt: skip

    async def one(name: str) -> Told:
        before = await _before(client, name, message)
        return before or await told(client, name, act.update, message)

    return await side_by_side(names, one, doing="Telling")


async def _before(client: Client, request: str, message: AnyMessage) -> Told | None:
    """What came of it if this request was told the same before, under the same id."""
    handle = handle_of(client, request).get_update_handle(message.event_id, result_type=Answer)
    try:
        answer: Answer = await handle.result(rpc_timeout=ANSWERS_WITHIN)
    except (RPCError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError):
        return None  # never told, or nobody knows: telling it shows which
    try:
        await refuse_reused_id(client, request, message, answer, {"by"})
    except Failure as failure:
        return Told(request=request, outcome=Came.REFUSED, text=f"refused: {failure}")
    return Told(request=request, outcome=Came.BEFORE, text=answer.text)


def _print(done: BulkAct) -> None:
    counts = {came: sum(row.outcome is came for row in done.requests) for came in Came}
    said = ", ".join(f"{count} {came}" for came, count in counts.items() if count) or "nothing to do"
    out.print(f"{plural(len(done.requests), 'request')}: {said}.", highlight=False)
    for (came, text), names in _by_answer(done.requests):
        if came in (Came.REFUSED, Came.UNANSWERED):
            why = text if came is Came.REFUSED else f"{came}: {text}"
            out.print(f"{named(names)}: {why}", markup=False, highlight=False, soft_wrap=True)


def _by_answer(rows: Iterable[Told]) -> Iterable[tuple[tuple[Came, str], list[str]]]:
    """The requests that answered the same, together: what many refuse they mostly refuse for one reason."""
    answers: dict[tuple[Came, str], list[str]] = {}
    for row in rows:
        answers.setdefault((row.outcome, row.text), []).append(row.request)
    return answers.items()
