"""Commands that record what the recipient did: what came in, and what became of a letter."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from forthwith.cli.commands.queries import Request
from forthwith.cli.options import Instant, Reason, Teller
from forthwith.cli.send import tell
from forthwith.failure import Failure


def respond(
    request: Request,
    *,
    sender: Annotated[str, typer.Option("--from", help="Who responded.")] = "",
    kind: Annotated[
        str,
        typer.Option(
            help="production, refusal, no_records, extension_request or other. production where it is left out.",
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
    note: Annotated[str, typer.Option(help="Anything the record should say.")] = "",
    received_at: Instant = "",
    payload: Annotated[Path | None, typer.Option(help="The whole message as a JSON file (see CONTRACT.md).")] = None,
    teller: Teller,
) -> None:
    """Record that a response came in. `received_at` decides whether it was on time.

    Example: forthwith respond 1373-2018/chicago-il --from "Dept. of Law" --item A-1=produced
    """
    if item and everything:
        raise Failure(
            "--all says that every item was produced, and --item says it of each; give one of both",
            hint=f"`forthwith status {request}` shows which items there are",
        )
    if payload:
        said = {
            "--from": sender,
            "--kind": kind,
            "--item": item,
            "--all": everything,
            "--document": document,
            "--note": note,
            "--received-at": received_at,
        }
        if also := [name for name, value in said.items() if value]:
            raise Failure(
                f"{' and '.join(also)} with --payload: the file is the whole message",
                hint=f"write it into {payload}, or leave out --payload",
            )
        message = _read(payload)
        _refuse_twice(message, payload, teller)
    else:
        message = {
            "received_at": received_at,
            "from": sender or request.rpartition("/")[2],
            "kind": kind or "production",
            "items": "all" if everything else tuple(map(_item, item or ())),
            "documents": tuple(map(_document, document or ())),
            "note": note,
        }
    tell(request, "record_response", message, teller)


def accept(
    request: Request,
    *,
    item: Annotated[
        list[str] | None, typer.Option("--item", help="An item found complete; all claimed ones where left out.")
    ] = None,
    reason: Reason = "",
    teller: Teller,
) -> None:
    """Accept items that were reported complete (campaigns with `completeness: reviewed`).

    Example: forthwith accept 1373-2018/chicago-il --item A-1
    """
    tell(request, "accept_response", {"items": tuple(item) if item else "all", "reason": reason}, teller)


def acknowledge(
    request: Request,
    *,
    received_at: Instant = "",
    note: Annotated[str, typer.Option(help="Anything the record should say.")] = "",
    teller: Teller,
) -> None:
    """Record that the recipient acknowledged the demand, which ends the chase for it.

    Example: forthwith acknowledge 1373-2018/chicago-il
    """
    tell(request, "acknowledge", {"received_at": received_at, "note": note}, teller)


def delivered(
    request: Request,
    letter: Annotated[str, typer.Argument(help="The letter, such as demand or reminder-1.")],
    *,
    outcome: Annotated[str, typer.Option(help="delivered, failed or delayed.")] = "delivered",
    at: Instant = "",
    how: Annotated[str, typer.Option(help="The evidence, such as a certified mail number.")] = "",
    diagnostic: Annotated[str, typer.Option(help="What the mail system said.")] = "",
    teller: Teller,
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
    tell(request, "record_delivery", message, teller)


def objected(
    request: Request,
    *,
    item: Annotated[list[str], typer.Option("--item", help="ITEM=GROUND, such as A-1=privilege. May be repeated.")],
    sender: Annotated[str, typer.Option("--from", help="Who objects.")] = "",
    received_at: Instant = "",
    note: Annotated[str, typer.Option(help="Anything the record should say.")] = "",
    teller: Teller,
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
    tell(request, "record_objection", message, teller)


def _read(payload: Path) -> dict[str, Any]:
    try:
        return TypeAdapter(dict[str, Any]).validate_json(payload.read_bytes())
    except OSError as error:
        raise Failure(f"--payload {payload}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        raise Failure(f"--payload {payload}: {wrong['msg']}", hint="CONTRACT.md shows the message") from error


def _refuse_twice(message: dict[str, Any], payload: Path, teller: Teller) -> None:
    """Raises ``Failure`` where the file and an option say the same thing."""
    given = {"--event-id": ("event_id", teller.event_id), "--by": ("by", teller.by)}
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
        raise Failure(f"--item {written}: say what became of it, such as {name}=produced or {name}=objected:privilege")
    return {"id": name.strip(), "disposition": disposition.strip(), "note": note.strip()}


def _document(written: str) -> dict[str, str | int]:
    uri, *rest = written.rsplit(",", 2) if written.count(",") > 1 else written.rsplit(",", 1)
    if not rest:
        raise Failure(f"--document {written}: give URI,SHA256 or URI,SHA256,PAGES")
    document: dict[str, str | int] = {"uri": uri, "sha256": rest[0]}
    if len(rest) == 2:
        if not re.fullmatch(r"[0-9]{1,7}", rest[1]):
            raise Failure(f"--document {uri}: {rest[1][:20]} is no number of pages; give one such as 12")
        document["pages"] = int(rest[1])
    return document


def _ground(written: str) -> tuple[str, str]:
    name, equals, ground = written.partition("=")
    if not equals or not ground.strip():
        raise Failure(f"--item {written}: give the ground of the objection, such as {name}=overbroad")
    return name.strip(), ground.strip()
