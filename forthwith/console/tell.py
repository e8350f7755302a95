"""Commands that tell a request something. Each is one update; its event id makes a repetition harmless."""

import asyncio
import getpass
import hashlib
import uuid
from collections.abc import Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError
from rich.markup import escape
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from activities.dossier import Dossier
from forthwith.console.look import Request
from forthwith.console.output import Failure, Json, out, print_json, styled
from forthwith.console.requests import connected, failed_call, refusal, unknown_request, update
from forthwith.domain.messages import UPDATES, Answer, AnyMessage, Attention, RecordResponse
from forthwith.domain.plain_words import problems
from forthwith.settings import Settings

COMMANDS = {
    "record_response": "respond",
    "accept_response": "accept",
    "acknowledge": "acknowledge",
    "record_delivery": "delivered",
    "extend_deadline": "extend",
    "pause_clock": "pause",
    "resume_clock": "resume",
    "correct_recipient": "correct-recipient",
    "resend_letter": "resend",
    "review_subpoena": "review",
    "record_issuance": "issued",
    "record_service": "served",
    "record_objection": "objected",
    "escalate_now": "escalate",
    "withdraw": "withdraw",
    "recompute_deadlines": "recompute",
    "resolve_attention": "resolve",
    "add_note": "note",
}
"""Which command sends which update."""

MOMENTS = ("received_at", "at", "issued_at", "served_at")
"""Fields that are now where nothing is given."""

By = Annotated[str, typer.Option("--by", help="Who does this. Yourself where it is left out.", show_default=False)]
Role = Annotated[str, typer.Option("--role", help="In what role.")]
EventId = Annotated[
    str, typer.Option("--event-id", help="Your own id of this event: a repetition changes nothing.", show_default=False)
]
Reason = Annotated[str, typer.Option("--reason", help="Why. Kept in the record.")]
Instant = Annotated[str, typer.Option(help="ISO 8601 with offset; now where it is left out.", show_default=False)]


def respond(
    request: Request,
    sender: Annotated[str, typer.Option("--from", help="Who responded.")] = "",
    kind: Annotated[
        str, typer.Option(help="production, refusal, no_records, extension_request or other.")
    ] = "production",
    item: Annotated[
        list[str] | None, typer.Option("--item", help="A-1=produced, or A-2=objected:privilege. May be repeated.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every item still outstanding was produced.")] = False,
    document: Annotated[
        list[str] | None, typer.Option("--document", help="URI,SHA256[,PAGES]. May be repeated.")
    ] = None,
    note: Annotated[str, typer.Option(help="Anything the record should say.")] = "",
    received_at: Instant = "",
    payload: Annotated[Path | None, typer.Option(help="The whole message as a JSON file (see CONTRACT.md).")] = None,
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Record that a response came in. `received_at` decides whether it was on time.

    Example: forthwith respond 1373-2018/chicago-il --from "Dept. of Law" --item A-1=produced
    """
    if payload:
        message = _read(payload)
    else:
        message = {
            "received_at": received_at,
            "from": sender or request.rpartition("/")[2],
            "kind": kind,
            "items": "all" if everything else tuple(map(_item, item or ())),
            "documents": tuple(map(_document, document or ())),
            "note": note,
        }
    _tell(request, "record_response", message, by, role, event_id, json)


def accept(
    request: Request,
    item: Annotated[
        list[str] | None, typer.Option("--item", help="An item found complete; all claimed ones where left out.")
    ] = None,
    reason: Reason = "",
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Accept items that were reported complete (campaigns with `completeness: reviewed`).

    Example: forthwith accept 1373-2018/chicago-il --item A-1
    """
    _tell(
        request,
        "accept_response",
        {"items": tuple(item) if item else "all", "reason": reason},
        by,
        role,
        event_id,
        json,
    )


def acknowledge(
    request: Request,
    received_at: Instant = "",
    note: Annotated[str, typer.Option(help="Anything the record should say.")] = "",
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Record that the recipient acknowledged the demand, which ends the chase for it.

    Example: forthwith acknowledge 1373-2018/chicago-il
    """
    _tell(
        request,
        "acknowledge",
        {"received_at": received_at, "note": note},
        by,
        role,
        event_id,
        json,
    )


def delivered(
    request: Request,
    letter: Annotated[str, typer.Argument(help="The letter, such as demand or reminder-1.")],
    outcome: Annotated[str, typer.Option(help="delivered, failed or delayed.")] = "delivered",
    at: Instant = "",
    how: Annotated[str, typer.Option(help="The evidence, such as a certified mail number.")] = "",
    diagnostic: Annotated[str, typer.Option(help="What the mail system said.")] = "",
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Record what became of a letter after the mail server took it. A failed demand stops its clock.

    Example: forthwith delivered 1373-2018/chicago-il demand --how "certified mail 7018 0001"
    """
    message = {
        "letter": letter,
        "outcome": outcome,
        "at": at,
        "how": how,
        "diagnostic": diagnostic,
    }
    _tell(request, "record_delivery", message, by, role, event_id, json)


def extend(
    request: Request,
    reason: Reason,
    to: Annotated[str, typer.Option(help="To this date, YYYY-MM-DD. A date certain, never moved.")] = "",
    days: Annotated[int | None, typer.Option(help="By calendar days from the base date.")] = None,
    business_days: Annotated[int | None, typer.Option(help="By business days from the base date.")] = None,
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Extend the deadline, to a date or by a period counted from the date before any extension.

    Example: forthwith extend 1373-2018/chicago-il --days 14 --reason "asked for by the Dept. of Law"
    """
    periods = {"days": days, "business_days": business_days}
    given = {unit: count for unit, count in periods.items() if count is not None}
    if len(given) + bool(to) != 1:
        raise Failure("give exactly one of --to, --days and --business-days")
    _tell(
        request,
        "extend_deadline",
        {"to": to or None, "period": given or None, "reason": reason},
        by,
        role,
        event_id,
        json,
    )


def pause(
    request: Request,
    reason: Reason,
    at: Instant = "",
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Stop the recipient's clock: no date and no letter until `resume`. Time that is over is not given back.

    Example: forthwith pause 1373-2018/chicago-il --reason "the parties confer about the scope"
    """
    _tell(request, "pause_clock", {"at": at or None, "reason": reason}, by, role, event_id, json)


def resume(
    request: Request,
    reason: Reason,
    at: Instant = "",
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Let the recipient's clock run again. Every day that ended in the pause is added to the time to respond.

    Example: forthwith resume 1373-2018/chicago-il --reason "agreed on the scope"
    """
    _tell(request, "resume_clock", {"at": at or None, "reason": reason}, by, role, event_id, json)


def correct_recipient(
    request: Request,
    reason: Reason,
    email: Annotated[str, typer.Option(help="The address that letters go to from now on.")] = "",
    attention: Annotated[str, typer.Option(help="To whose attention.")] = "",
    name: Annotated[str, typer.Option(help="The name of the recipient.")] = "",
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Correct whom the letters go to. A demand that could not be delivered goes to the new address at once.

    Example: forthwith correct-recipient 1373-2018/chicago-il --email records@chicago.example --reason "they moved"
    """
    message = {"email": email or None, "attention": attention or None, "name": name or None, "reason": reason}
    _tell(request, "correct_recipient", message, by, role, event_id, json)


def issued(
    request: Request,
    draft: Annotated[str, typer.Option(help="Hash of the approved draft; `forthwith status` shows it.")],
    number: Annotated[str, typer.Option(help="The number under which it was issued.")],
    signed_by: Annotated[str, typer.Option(help="Who signed it.")],
    sha256: Annotated[str, typer.Option(help="Hash of the signed document.")] = "",
    signed: Annotated[Path | None, typer.Option(help="The signed document itself: its hash is taken.")] = None,
    title: Annotated[str, typer.Option(help="The title of who signed.")] = "",
    at: Instant = "",
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Record that a person issued the approved subpoena. Service is waited for next.

    Example: forthwith issued 1373-2018/chicago-il --draft 9f2c… --number OJP-17 --signed-by "A. Officer" --signed s.pdf
    """
    if bool(sha256) == bool(signed):
        raise Failure("give the signed document, with --signed FILE, or its hash, with --sha256")
    message = {
        "draft": draft,
        "number": number,
        "signed_by": signed_by,
        "signed_title": title,
        "sha256": _hash_of(signed) if signed else sha256,
        "issued_at": at,
    }
    _tell(request, "record_issuance", message, by, role, event_id, json)


def served(
    request: Request,
    on: Annotated[str, typer.Option(help="On whom.")],
    how: Annotated[str, typer.Option(help="The manner, such as `by hand`.")],
    served_by: Annotated[str, typer.Option(help="By whom.")],
    place: Annotated[str, typer.Option(help="Where.")] = "",
    notice_at: Annotated[
        str, typer.Option(help="When the other parties were given notice (form court_rule45); ISO 8601 with offset.")
    ] = "",
    at: Instant = "",
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Record that the issued subpoena was served. Its return date counts from that moment.

    Example: forthwith served 1373-2018/chicago-il --on "City Clerk" --how "by hand" --served-by "A. Server"
    """
    message = {
        "on_whom": on,
        "how": how,
        "by_whom": served_by,
        "place": place,
        "served_at": at,
        "notice_to_parties_at": notice_at or None,
    }
    _tell(request, "record_service", message, by, role, event_id, json)


def objected(
    request: Request,
    item: Annotated[list[str], typer.Option("--item", help="ITEM=GROUND, such as A-1=privilege. May be repeated.")],
    sender: Annotated[str, typer.Option("--from", help="Who objects.")] = "",
    received_at: Instant = "",
    note: Annotated[str, typer.Option(help="Anything the record should say.")] = "",
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Record an objection, item by item with its ground. The items stay outstanding, and a person is told.

    Example: forthwith objected 1373-2018/chicago-il --item "A-1=overbroad" --from "Dept. of Law"
    """
    message = {
        "received_at": received_at,
        "from": sender or request.rpartition("/")[2],
        "items": [{"id": name, "ground": ground} for name, ground in map(_ground, item)],
        "note": note,
    }
    _tell(request, "record_objection", message, by, role, event_id, json)


def resend(
    request: Request,
    letter: Annotated[str, typer.Argument(help="The letter, such as demand or reminder-1.")],
    reason: Reason,
    restarts: Annotated[
        bool | None,
        typer.Option(
            "--restart-clock/--keep-clock",
            help="A new demand with a new time to respond, or a copy that changes no date.",
            show_default=False,
        ),
    ] = None,
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Send a letter again, and say whether the clock starts anew with it: one of both, there is no default.

    Example: forthwith resend 1373-2018/chicago-il demand --keep-clock --reason "they cannot find it"
    """
    if restarts is None:
        raise Failure("give either --restart-clock or --keep-clock")
    _tell(
        request,
        "resend_letter",
        {"letter": letter, "restarts_clock": restarts, "reason": reason},
        by,
        role,
        event_id,
        json,
    )


def escalate(
    request: Request, reason: Reason, by: By = "", role: Role = "operator", event_id: EventId = "", json: Json = False
) -> None:
    """Take the next rung of escalation now, without waiting for its date.

    Example: forthwith escalate 1373-2018/chicago-il --reason "refused on the telephone"
    """
    _tell(request, "escalate_now", {"reason": reason}, by, role, event_id, json)


def review(
    request: Request,
    sha256: Annotated[str, typer.Option(help="Hash of the draft that was read; `forthwith status` shows it.")],
    approve: Annotated[bool, typer.Option("--approve", help="The draft may be issued.")] = False,
    revise: Annotated[bool, typer.Option("--revise", help="A new version is drawn up.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="The request goes on hold.")] = False,
    put: Annotated[
        list[str] | None, typer.Option("--set", help='FIELD=VALUE, such as authority.1.text="…". May be repeated.')
    ] = None,
    notes: Annotated[str, typer.Option(help="For the next version.")] = "",
    reason: Reason = "",
    by: By = "",
    role: Role = "reviewer",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Decide on a subpoena draft. Only the named reviewer or supervisor may, and only against what was read.

    A copy for a word processor stands beside the PDF, in the folder drafts of the case file; `forthwith status` shows
    where. Nothing reads it back: what is to change comes with --revise --set FIELD=VALUE, under the name that it gives.

    Example: forthwith review 1373-2018/chicago-il --sha256 9f2c… --approve --by "Reviewing attorney"
    """
    decisions = [name for name, chosen in (("approve", approve), ("revise", revise), ("reject", reject)) if chosen]
    if len(decisions) != 1:
        raise Failure("give exactly one of --approve, --revise and --reject")
    fields = dict(_field(written) for written in put or ())
    message = {"decision": decisions[0], "sha256": sha256, "fields": fields, "notes": notes, "reason": reason}
    _tell(request, "review_subpoena", message, by, role, event_id, json)


def withdraw(
    request: Request, reason: Reason, by: By = "", role: Role = "operator", event_id: EventId = "", json: Json = False
) -> None:
    """Withdraw the demand. The request ends.

    Example: forthwith withdraw 1373-2018/chicago-il --reason "sent to the wrong office"
    """
    _tell(request, "withdraw", {"reason": reason}, by, role, event_id, json)


def resolve(
    request: Request,
    attention: Annotated[str, typer.Argument(help=f"One of {', '.join(Attention)}.")],
    reason: Reason,
    unserviceable: Annotated[
        bool, typer.Option("--unserviceable", help="The demand cannot be delivered; end the request.")
    ] = False,
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Say that one reason for attention was dealt with, so that the request goes on.

    Example: forthwith resolve 1373-2018/chicago-il undeliverable --reason "mailbox repaired"
    """
    outcome = "unserviceable" if unserviceable else "continue"
    _tell(
        request,
        "resolve_attention",
        {"attention": attention, "outcome": outcome, "reason": reason},
        by,
        role,
        event_id,
        json,
    )


def note(
    request: Request,
    text: Annotated[str, typer.Argument(help="What the record should hold.")],
    by: By = "",
    role: Role = "operator",
    event_id: EventId = "",
    json: Json = False,
) -> None:
    """Add a note to the record of a request.

    Example: forthwith note 1373-2018/chicago-il "The mayor's office called."
    """
    _tell(request, "add_note", {"note": text}, by, role, event_id, json)


def _tell(request: str, name: str, message: dict[str, Any], by: str, role: str, event_id: str, json: bool) -> None:
    is_new = not event_id and "event_id" not in message
    message.setdefault("event_id", event_id or f"cli-{uuid.uuid4()}")
    message.setdefault("by", {"name": by or Settings().operator or getpass.getuser(), "role": role})
    moments = {moment for moment in MOMENTS if message.get(moment) == ""}
    message |= dict.fromkeys(moments, datetime.now(UTC))
    model = UPDATES[name]
    try:
        checked = TypeAdapter[AnyMessage](model).validate_python(message)
    except ValidationError as error:
        hint = f"`forthwith {COMMANDS[name]} --help` shows an example"
        raise Failure("; ".join(problems(error, model)), hint=hint) from error

    async def run() -> Answer | str:
        async with connected() as client:
            try:
                answer = await update(client, request, name, checked)
            except WorkflowUpdateFailedError as error:
                hint = f"`forthwith status {request}` shows where it stands"
                raise Failure(refusal(error), hint=hint) from error
            except WorkflowUpdateRPCTimeoutOrCancelledError as error:
                raise Failure(
                    f"{request} did not answer: no worker is running, or it is busy. It may still take the message.",
                    hint=f"tell it again with --event-id {checked.event_id}, which never counts twice",
                ) from error
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise failed_call(error, request) from error
                return _after_the_end(request, checked, moments)
            if not is_new:
                await _refuse_reused_id(client, request, checked, answer, moments)
            return answer

    answer = asyncio.run(run())
    if isinstance(answer, str):
        if json:
            print_json({"request": request, "kept_as": answer})
        else:
            kept = f"{request} has ended; kept in its case file:\n{Settings().dossier / answer}"
            out.print(kept, highlight=False, soft_wrap=True)
    elif json:
        print_json(answer)
    else:
        out.print(escape(answer.text), highlight=False)
        outstanding = ", ".join(answer.outstanding) or "nothing"
        out.print(f"{request} is {styled(answer.status)}; outstanding: {outstanding}.", highlight=False, soft_wrap=True)


async def _refuse_reused_id(
    client: Client, request: str, message: AnyMessage, answer: Answer, moments: Set[str]
) -> None:
    """Refuses a message whose event id belongs to another one: the server answers it as it answered that other.

    Nothing was recorded of it then, and its sender would take the answer for its own. ``moments`` were filled in here.
    """
    async for event in client.get_workflow_handle(request).fetch_history_events():
        accepted = event.workflow_execution_update_accepted_event_attributes.accepted_request
        if accepted.meta.update_id != message.event_id:
            continue
        (first,) = await client.data_converter.decode(
            list(accepted.input.args.payloads), [UPDATES[accepted.input.name]]
        )
        if not _is_repeated(first, message, moments):
            raise Failure(
                f"event_id: {message.event_id} was already used for another message, entry {answer.recorded}:"
                f" {answer.text} Nothing was recorded now.",
                hint=f"give this one an id of its own; `forthwith timeline {request}` shows what was recorded",
            )


def _is_repeated(first: AnyMessage, message: AnyMessage, moments: Set[str]) -> bool:
    """Whether a message says what the first of its event id said, apart from moments that nobody gave."""
    apart = dict.fromkeys(moments)
    return type(first) is type(message) and {**dict(first), **apart} == {**dict(message), **apart}


def _after_the_end(request: str, message: AnyMessage, moments: Set[str]) -> str:
    """Keeps a response to a request that has ended in its case file, and says where. Raises ``Failure`` otherwise."""
    dossier = Dossier(Settings().dossier)
    if dossier.opened(request) is None:
        raise unknown_request(request)
    if not isinstance(message, RecordResponse):
        raise Failure(f"{request} has ended", hint=f"`forthwith timeline {request}` shows how")
    place = f"{request}/after-closing/{message.event_id.replace(':', '_')}.json"
    path = dossier.root / place
    is_new = dossier.create(path, message.model_dump_json(indent=1).encode())
    if not is_new and not _is_repeated(RecordResponse.model_validate_json(dossier.read(path)), message, moments):
        raise Failure(
            f"event_id: {message.event_id} was already used for another message, kept as {path}",
            hint="give this one an id of its own",
        )
    return place


def _read(payload: Path) -> dict[str, Any]:
    try:
        return TypeAdapter(dict[str, Any]).validate_json(payload.read_bytes())
    except OSError as error:
        raise Failure(f"--payload {payload}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        raise Failure(f"--payload {payload}: {wrong['msg']}", hint="CONTRACT.md shows the message") from error


def _item(written: str) -> dict[str, str]:
    name, _, rest = written.partition("=")
    disposition, _, note = rest.partition(":")
    if not rest:
        raise Failure(f"--item {written}: say what became of it, such as {name}=produced or {name}=objected:privilege")
    return {"id": name.strip(), "disposition": disposition.strip(), "note": note.strip()}


def _document(written: str) -> dict[str, str | int]:
    uri, *rest = written.rsplit(",", 2) if written.count(",") > 1 else written.rsplit(",", 1)
    if not rest:
        raise Failure(f"--document {written}: give URI,SHA256 or URI,SHA256,PAGES")
    document: dict[str, str | int] = {"uri": uri, "sha256": rest[0]}
    if len(rest) == 2:
        document["pages"] = int(rest[1]) if rest[1].isdecimal() else rest[1]
    return document


def _ground(written: str) -> tuple[str, str]:
    name, equals, ground = written.partition("=")
    if not equals or not ground.strip():
        raise Failure(f"--item {written}: give the ground of the objection, such as {name}=overbroad")
    return name.strip(), ground.strip()


def _hash_of(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise Failure(f"--signed {file}: cannot be read: {error.strerror}") from error


def _field(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise Failure(f"--set {written}: write it as FIELD=VALUE")
    return name.strip(), value.strip()
