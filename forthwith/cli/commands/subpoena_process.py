"""Commands about the subpoena: the decision on its draft, its issuance and service, and objections to it.

People do all of it; these commands record that they did.
"""

import hashlib
import re
from pathlib import Path
from typing import Annotated

import typer

from forthwith.cli.commands.queries import RequestId
from forthwith.cli.options import Actor, Instant, Reason, Reviewer
from forthwith.cli.send import send
from forthwith.failure import Failure

SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def review_subpoena(
    request: RequestId,
    *,
    sha256: Annotated[str, typer.Option(help="The draft that was read: its hash, as `status` shows it, or its PDF.")],
    approve: Annotated[bool, typer.Option("--approve", help="The draft may be issued.")] = False,
    revise: Annotated[bool, typer.Option("--revise", help="A new version is drawn up.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="The request goes on hold.")] = False,
    put: Annotated[
        list[str] | None, typer.Option("--set", help='FIELD=VALUE, such as authority.1.text="…". May be repeated.')
    ] = None,
    notes: Annotated[str, typer.Option(help="For the next version.")] = "",
    reason: Reason = "",
    actor: Reviewer,
) -> None:
    """Decide on a subpoena draft. Only the named reviewer or supervisor may, and only against what was read.

    A copy for a word processor stands beside the PDF, in the folder drafts of the case file; `forthwith status` shows
    where. It is for marking up and never read back: give changes with --revise --set FIELD=VALUE, by the names in it.

    Example: forthwith review-subpoena 1373-2018/chicago-il --sha256 9f2c… --approve --by "Reviewing attorney"
    """
    decisions = [name for name, chosen in (("approve", approve), ("revise", revise), ("reject", reject)) if chosen]
    if len(decisions) != 1:
        raise Failure("give exactly one of --approve, --revise and --reject")
    fields = dict(_field(written) for written in put or ())
    read = _sha256("--sha256", sha256)
    message = {"decision": decisions[0], "sha256": read, "fields": fields, "notes": notes, "reason": reason}
    send(request, "review_subpoena", message, actor)


def record_issuance(
    request: RequestId,
    *,
    draft: Annotated[str, typer.Option(help="The approved draft: its hash, as `status` shows it, or its PDF.")],
    number: Annotated[str, typer.Option(help="The number under which it was issued.")],
    signed_by: Annotated[str, typer.Option(help="Who signed it.")],
    sha256: Annotated[str, typer.Option(help="Hash of the signed document.")] = "",
    signed: Annotated[Path | None, typer.Option(help="The signed document itself: its hash is taken.")] = None,
    title: Annotated[str, typer.Option(help="The title of who signed.")] = "",
    at: Instant = "now",
    actor: Actor,
) -> None:
    """Record that a person issued the approved subpoena. The request waits for its service next.

    Example: forthwith record-issuance 1373-2018/chicago-il --draft 9f2c… --number 7 --signed-by "A. Lee" --signed s.pdf
    """
    if bool(sha256) == bool(signed):
        raise Failure("give the signed document, with --signed FILE, or its hash, with --sha256")
    message = {
        "draft": _sha256("--draft", draft),
        "number": number,
        "signed_by": signed_by,
        "signed_title": title,
        "sha256": _sha256("--signed", str(signed)) if signed else sha256,
        "issued_at": at,
    }
    send(request, "record_issuance", message, actor)


def record_service(
    request: RequestId,
    *,
    on: Annotated[str, typer.Option(help="On whom.")],
    how: Annotated[str, typer.Option(help="The manner, such as `by hand`.")],
    served_by: Annotated[str, typer.Option(help="By whom.")],
    place: Annotated[str, typer.Option(help="Where.")] = "",
    notice_at: Annotated[
        str, typer.Option(help="When the other parties were given notice (form court_rule45); ISO 8601 with offset.")
    ] = "",
    at: Instant = "now",
    actor: Actor,
) -> None:
    """Record that the issued subpoena was served. Its return date counts from that moment.

    Example: forthwith record-service 1373-2018/chicago-il --on "City Clerk" --how "by hand" --served-by "A. Server"
    """
    message = {
        "on_whom": on,
        "how": how,
        "by_whom": served_by,
        "place": place,
        "served_at": at,
        "notice_to_parties_at": notice_at or None,
    }
    send(request, "record_service", message, actor)


def record_objection(
    request: RequestId,
    *,
    item: Annotated[list[str], typer.Option("--item", help="ITEM=GROUND, such as A-1=privilege. May be repeated.")],
    sender: Annotated[str, typer.Option("--from", help="Who objects.")] = "",
    received_at: Instant = "now",
    note: Annotated[str, typer.Option(help="Anything else for the record.")] = "",
    actor: Actor,
) -> None:
    """Record an objection, item by item with its ground. The items stay outstanding and need a person.

    Example: forthwith record-objection 1373-2018/chicago-il --item "A-1=overbroad" --from "Dept. of Law"
    """
    message = {
        "received_at": received_at,
        "from": sender or request.rpartition("/")[2],
        "items": [{"id": name, "ground": ground} for name, ground in map(_ground, item)],
        "note": note,
    }
    send(request, "record_objection", message, actor)


def _sha256(option: str, given: str) -> str:
    """The hash, or the hash of the file, that was given."""
    if SHA256.fullmatch(given):
        return given.lower()
    try:
        return hashlib.sha256(Path(given).read_bytes()).hexdigest()
    except OSError as error:
        raise Failure(
            f"{option} {given}: is neither a SHA-256 (64 hexadecimal digits) nor a readable file: {error.strerror}"
        ) from error


def _field(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise Failure(f"--set {written}: write it as FIELD=VALUE")
    return name.strip(), value.strip()


def _ground(written: str) -> tuple[str, str]:
    name, equals, ground = written.partition("=")
    if not equals or not ground.strip():
        raise Failure(f"--item {written}: give the ground of the objection, such as {name}=overbroad")
    return name.strip(), ground.strip()
