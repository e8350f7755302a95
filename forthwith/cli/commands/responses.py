"""Commands about what the recipient sends: a response, its acceptance, and an acknowledgment."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from forthwith.cli.commands.queries import RequestId
from forthwith.cli.options import Actor, Instant, Reason
from forthwith.cli.send import send
from forthwith.failure import Failure


def record_response(
    request: RequestId,
    *,
    sender: Annotated[str, typer.Option("--from", help="Who responded.")] = "",
    kind: Annotated[
        str,
        typer.Option(
            help="production, refusal, no_records, extension_request or other. production, if left out.",
            show_default=False,
        ),
    ] = "",
    item: Annotated[
        list[str] | None, typer.Option("--item", help="A-1=produced, or A-2=objected:privilege. May be repeated.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every item still outstanding was produced.")] = False,
    document: Annotated[
        list[str] | None, typer.Option("--document", help="URI,SHA256[,PAGES]. May be repeated.")
    ] = None,
    note: Annotated[str, typer.Option(help="Anything else for the record.")] = "",
    received_at: Instant = "",
    payload: Annotated[Path | None, typer.Option(help="The whole message as a JSON file (see CONTRACT.md).")] = None,
    actor: Actor,
) -> None:
    """Record that a response came in. `received_at` decides whether it was on time.

    Example: forthwith record-response 1373-2018/chicago-il --from "Dept. of Law" --item A-1=produced
    """
    if item and everything:
        raise Failure(
            "--all means every item and --item means one; give either",
            hint=f"`forthwith status {request}` shows which items there are",
        )
    if payload:
        options = {
            "--from": sender,
            "--kind": kind,
            "--item": item,
            "--all": everything,
            "--document": document,
            "--note": note,
            "--received-at": received_at,
        }
        if also := [name for name, value in options.items() if value]:
            raise Failure(
                f"{' and '.join(also)} with --payload: the file is the whole message",
                hint=f"write it into {payload}, or leave out --payload",
            )
        message = _read(payload)
        _refuse_conflicts(message, payload, actor)
    else:
        message = {
            "received_at": received_at or "now",
            "from": sender or request.rpartition("/")[2],
            "kind": kind or "production",
            "items": "all" if everything else tuple(map(_item, item or ())),
            "documents": tuple(map(_document, document or ())),
            "note": note,
        }
    send(request, "record_response", message, actor)


def accept_response(
    request: RequestId,
    *,
    item: Annotated[
        list[str] | None, typer.Option("--item", help="An item found complete; all claimed ones, if left out.")
    ] = None,
    reason: Reason = "",
    actor: Actor,
) -> None:
    """Accept items that were reported complete (campaigns with `completeness: reviewed`).

    Example: forthwith accept-response 1373-2018/chicago-il --item A-1
    """
    send(request, "accept_response", {"items": tuple(item) if item else "all", "reason": reason}, actor)


def acknowledge(
    request: RequestId,
    *,
    received_at: Instant = "now",
    note: Annotated[str, typer.Option(help="Anything else for the record.")] = "",
    actor: Actor,
) -> None:
    """Record that the recipient acknowledged the demand, which ends the chase for it.

    Example: forthwith acknowledge 1373-2018/chicago-il
    """
    send(request, "acknowledge", {"received_at": received_at, "note": note}, actor)


def _read(payload: Path) -> dict[str, Any]:
    try:
        return TypeAdapter(dict[str, Any]).validate_json(payload.read_bytes())
    except OSError as error:
        raise Failure(f"--payload {payload}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        raise Failure(f"--payload {payload}: {wrong['msg']}", hint="CONTRACT.md shows the message") from error


def _refuse_conflicts(message: dict[str, Any], payload: Path, actor: Actor) -> None:
    """Raises ``Failure`` where the file and an option both give a field."""
    given = {"--event-id": ("event_id", actor.event_id), "--by": ("by", actor.by)}
    for option, (field, value) in given.items():
        if value and field in message:
            raise Failure(
                f"--payload {payload} has its own {field}, and {option} gives another",
                hint=f"leave out {option}, or take {field} out of the file",
            )


def _item(written: str) -> dict[str, str]:
    name, _, rest = written.partition("=")
    disposition, _, note = rest.partition(":")
    if not rest:
        raise Failure(f"--item {written}: give its disposition, such as {name}=produced or {name}=objected:privilege")
    return {"id": name.strip(), "disposition": disposition.strip(), "note": note.strip()}


def _document(written: str) -> dict[str, str | int]:
    uri, *rest = written.rsplit(",", 2) if written.count(",") > 1 else written.rsplit(",", 1)
    if not rest:
        raise Failure(f"--document {written}: give URI,SHA256 or URI,SHA256,PAGES")
    document: dict[str, str | int] = {"uri": uri, "sha256": rest[0]}
    if len(rest) == 2:
        if not re.fullmatch(r"[0-9]{1,7}", rest[1]):
            raise Failure(f"--document {uri}: {rest[1][:20]} is not a number of pages; give one such as 12")
        document["pages"] = int(rest[1])
    return document
