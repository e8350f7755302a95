"""One act on many requests: which requests, what will be done, and the result for each.

One Visibility list finds them, and each gets an update of its own. All carry the same event id, which is unique within
a request: so an act that was interrupted can be repeated, and nothing is done twice.
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
from forthwith.cli.options import Actor
from forthwith.cli.output import err, out, print_json
from forthwith.cli.send import checked_message, refuse_reused_id, send
from forthwith.failure import Failure
from forthwith.request.messages import Answer
from forthwith.request.vocabulary import Attention, Message
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
    """The conditions that choose open requests, where an act is for many."""

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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Of many: only show which, and what would be done.")] = (
        False
    )
    yes: Annotated[bool, typer.Option("--yes", help="Of many: do not ask.")] = False

    @property
    def is_given(self) -> bool:
        """Whether there is any condition."""
        return any((self.campaign, self.where, self.status, self.attention))


@dataclass(frozen=True)
class Act:
    """The update that each request gets, and its content."""

    update: str
    message: Mapping[str, Any]
    summary: str
    """What it does, as an infinitive: ``extend the deadline by 14 days``."""
    only_with: Attention | None = None
    """Only requests with this reason for attention get it."""
    cannot_be_undone: bool = False


class Result(StrEnum):
    """The result of an act for one request."""

    PLANNED = "planned"
    DONE = "done"
    ALREADY_DONE = "already_done"
    REFUSED = "refused"
    NOT_ANSWERED = "not_answered"


class RequestResult(Model):
    """One request of many that an act was for."""

    request: str
    result: Result
    text: str = ""
    """Its answer, or why there is none."""


class BulkAct(Model):
    """One act on many requests."""

    event_id: str
    """The same for all of them. Repeated under this id, the act is completed and nothing is done twice."""
    update: str
    act: str
    """What the update does, in words."""
    requests: tuple[RequestResult, ...]


def send_to_one_or_many(request: str | None, many: Many, act: Act, actor: Actor) -> None:
    """Sends an act to one request, or to all open ones that meet the conditions, and prints the results.

    Raises ``Failure`` when both or neither are given, and when not all took it.
    """
    if request and (many.is_given or many.dry_run):
        only = "--campaign, --query, --status, --attention and --dry-run are for many requests"
        raise Failure(f"{request} is one request; {only}", hint="give either an ID or conditions")
    if request:
        send(request, act.update, act.message, actor)
        return
    if not many.is_given:
        raise Failure(
            "give a request: its ID, or --campaign, --query, --status or --attention for many",
            hint="`forthwith list` shows them all",
        )
    _send_to_many(many, act, actor)


def bulk_id(message: Message, update: str, day: date) -> str:
    """The event id of an act without one: made from its content and the day.

    Repeated on that day, the act is completed; on another day it is another act. Who sends it does not count, so that
    a colleague can continue.
    """
    content = f"{update} {message.model_dump_json(exclude={'event_id', 'by'})}"
    return f"bulk-{day}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def affected(found: Iterable[Listed], act: Act) -> list[str]:
    """The requests that an act is for, by name: those that are open, and have the reason that it deals with."""
    return sorted(
        one.request for one in found if one.is_open and (act.only_with is None or act.only_with in one.attention)
    )


async def open_requests(client: Client, condition: str) -> list[Listed]:
    """The open requests among those of a Visibility query."""
    return [one for one in await listed(client, f"{condition} AND ExecutionStatus = 'Running'") if one.is_open]


async def send_one(client: Client, request: str, update_name: str, message: Message) -> RequestResult:
    """Sends an update to one request of many. A failure is a result, and stops no other."""
    try:
        answer = await update(client, request, update_name, message)
    except WorkflowUpdateFailedError as error:
        return RequestResult(request=request, result=Result.REFUSED, text=refusal(error))
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        text = "no worker is running, or it is busy; the message may still be recorded"
        return RequestResult(request=request, result=Result.NOT_ANSWERED, text=text)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return RequestResult(request=request, result=Result.REFUSED, text="refused: it has ended")
        return RequestResult(request=request, result=Result.NOT_ANSWERED, text=server_says(error))
    return RequestResult(request=request, result=Result.DONE, text=answer.text)


def confirm(question: str, *, count: int, cannot_be_undone: bool = False) -> None:
    """Asks for confirmation. Raises ``Failure`` where the answer is no, or where there is no terminal to ask on."""
    if not sys.stdin.isatty():
        raise Failure(
            f"there is no terminal to confirm it on; {plural(count, 'request')} stayed unchanged",
            hint="--yes continues without asking",
        )
    if cannot_be_undone:
        answered = typer.prompt(
            f"{question} This cannot be undone. Type {count} to continue", default="", show_default=False, err=True
        )
        agreed = answered.strip() == str(count)
    else:
        agreed = typer.confirm(question, err=True)
    if not agreed:
        raise Failure("nothing was done")


def _send_to_many(many: Many, act: Act, actor: Actor) -> None:
    message = checked_message(act.update, {"event_id": actor.event_id or "unnamed", **act.message}, actor)
    if not actor.event_id:
        today = datetime.now(UTC).date()
        message = message.model_copy(update={"event_id": bulk_id(message, act.update, today)})

    async def run() -> list[RequestResult]:
        async with connected() as client:
            condition = query(many.campaign, many.status, many.attention, many.where)
            names = affected(await open_requests(client, condition), act)
            if not names and not (await client.count_workflows(condition)).count:
                raise Failure("no request meets these conditions", hint="`forthwith list` shows them all")
            if not names:
                return []
            return await _send_to_each(client, names, message, many, act)

    try:
        rows = asyncio.run(run())
    except KeyboardInterrupt:
        err.print(f"Interrupted. The same command with --event-id {message.event_id} continues.", soft_wrap=True)
        raise
    done = BulkAct(event_id=message.event_id, update=act.update, act=act.summary, requests=tuple(rows))
    if actor.json:
        print_json(done)
    else:
        _print(done)
    left = [row for row in rows if row.result in (Result.REFUSED, Result.NOT_ANSWERED)]
    if left:
        raise Failure(
            f"{len(left)} of {plural(len(rows), 'request')} did not take it",
            hint=f"the same command with --event-id {message.event_id} tries those again and no others",
        )


async def _send_to_each(
    client: Client, names: Sequence[str], message: Message, many: Many, act: Act
) -> list[RequestResult]:
    err.print(
        f"{plural(len(names), 'open request')}: {named(names)}.\nTo do: {act.summary}.",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    if many.dry_run:
        return [RequestResult(request=name, result=Result.PLANNED) for name in names]
    if not many.yes:
        confirm(f"Do this to {plural(len(names), 'request')}?", count=len(names), cannot_be_undone=act.cannot_be_undone)
    err.print(
        f"The event id is {message.event_id}. If this is interrupted, the same command with that id continues.",
        highlight=False, soft_wrap=True,
    )  # fmt: skip

    async def one(name: str) -> RequestResult:
        earlier = await _earlier_result(client, name, message)
        return earlier or await send_one(client, name, act.update, message)

    return await side_by_side(names, one, doing="Sending")


async def _earlier_result(client: Client, request: str, message: Message) -> RequestResult | None:
    """The result, if this request got the same act before under the same id."""
    handle = handle_of(client, request).get_update_handle(message.event_id, result_type=Answer)
    try:
        answer: Answer = await handle.result(rpc_timeout=ANSWERS_WITHIN)
    except (RPCError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError):
        return None  # never sent, or unknown: sending it shows which
    try:
        await refuse_reused_id(client, request, message, answer, {"by"})
    except Failure as failure:
        return RequestResult(request=request, result=Result.REFUSED, text=f"refused: {failure}")
    return RequestResult(request=request, result=Result.ALREADY_DONE, text=answer.text)


def _print(done: BulkAct) -> None:
    counts = {result: sum(row.result is result for row in done.requests) for result in Result}
    shown = ", ".join(f"{count} {_spoken(result)}" for result, count in counts.items() if count) or "nothing to do"
    out.print(f"{plural(len(done.requests), 'request')}: {shown}.", highlight=False)
    for (result, text), names in _by_answer(done.requests):
        if result in (Result.REFUSED, Result.NOT_ANSWERED):
            why = text if result is Result.REFUSED else f"{_spoken(result)}: {text}"
            out.print(f"{named(names)}: {why}", markup=False, highlight=False, soft_wrap=True)


def _spoken(result: Result) -> str:
    return result.replace("_", " ")


def _by_answer(rows: Iterable[RequestResult]) -> Iterable[tuple[tuple[Result, str], list[str]]]:
    """The requests with the same answer, together: many refusals mostly have one reason."""
    answers: dict[tuple[Result, str], list[str]] = {}
    for row in rows:
        answers.setdefault((row.result, row.text), []).append(row.request)
    return answers.items()
