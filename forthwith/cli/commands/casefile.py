"""Commands about the case file as a whole: `export` packs it for a stranger, `verify` checks every hash in it."""

import asyncio
import os
import re
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from temporalio.service import RPCError, RPCStatusCode

from forthwith import temporal
from forthwith.base import Model
from forthwith.casefile.case_file import CaseFile, Wrong, sha256_of
from forthwith.casefile.export import at_path, in_dossier, packed
from forthwith.casefile.recovery import unknown_request
from forthwith.casefile.store import Dossier
from forthwith.casefile.verify import other_head, wrongs
from forthwith.cli.commands.queries import RequestId
from forthwith.cli.output import Json, err, out, print_json
from forthwith.failure import Failure
from forthwith.fields import SHA256
from forthwith.history import differences
from forthwith.settings import Settings
from forthwith.visibility import plural
from forthwith.visible import visible

A_MOMENT = 0.5
"""Seconds in which a filing that is under way is over."""


class Exported(Model):
    """What was packed, and where."""

    request: str
    file: str
    sha256: str
    """Of the ZIP."""
    objects: int
    head: str
    """Of the chain of entries."""


class Verified(Model):
    """What a check of a case file came to."""

    request: str
    entries: int
    head: str
    temporal: str
    """Whether it was compared with Temporal, in words."""
    wrong: tuple[Wrong, ...]


def export(
    request: RequestId,
    to: Annotated[Path | None, typer.Option("--to", help="The ZIP to write.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Pack the case file of a request as a ZIP that a stranger can check. No server is needed.

    Example: forthwith export 1373-2018/chicago-il --to chicago.zip
    """
    case = _kept(request)
    path = to or Path(f"{request.replace('/', '-')}.zip")
    content = packed(case)
    try:
        with open(path, "wb", opener=_private) as file:
            file.write(content)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}") from error
    found = Exported(
        request=request, file=str(path), sha256=sha256_of(content), objects=len(case.objects), head=case.head
    )
    if any(wrongs(case)):
        err.print(escape(f"Something is wrong with it: forthwith verify {request}"), style="red", highlight=False)
    if json:
        print_json(found)
    else:
        out.print(f"{escape(found.file)}: {plural(found.objects, 'object')}, sha256 {found.sha256}", soft_wrap=True)


def verify(
    what: Annotated[str, typer.Argument(metavar="PATH|ID", help="A ZIP, its folder, a request's folder, or its id.")],
    head: Annotated[
        str, typer.Option("--head", help="The head that it should have, as noted elsewhere.", show_default=False)
    ] = "",
    json: Json = False,
) -> None:
    """Check a case file: the chain, every hash in it, and Temporal where it still has the request.

    Whoever can change all of it can make a chain of their own. That shows only by a head from elsewhere: Temporal's,
    or one that was noted before and is given here.

    Example: forthwith verify chicago.zip
    """
    if head and not re.fullmatch(SHA256, head):
        raise Failure(f"--head: {head!r} is not a SHA-256", hint="give its 64 digits 0-9 and a-f")
    path = Path(what)

    def read() -> CaseFile:
        return at_path(path) if path.exists() else _kept(what)

    case = read()
    if any(wrongs(case)):  # a request that runs may have filed something between one file and the next
        time.sleep(A_MOMENT)
        case = read()
    compared, differing = asyncio.run(_compared(case))
    verified = Verified(
        request=case.request,
        entries=len(case.chain),
        head=case.head,
        temporal=compared,
        wrong=tuple(dict.fromkeys((*wrongs(case), *differing, *other_head(case, head)))),
    )
    if json:
        print_json(verified)
    else:
        for wrong in verified.wrong:
            out.print(escape(visible(str(wrong))), style="red", highlight=False, soft_wrap=True)
        verdict = f"{plural(len(verified.wrong), 'thing')} wrong" if verified.wrong else "all is right"
        line = f"{verified.request}: {verified.entries} entries, head {verified.head}; {verdict}. {compared}"
        out.print(escape(line), highlight=False, soft_wrap=True)
    if verified.wrong:
        raise typer.Exit(1)


def _private(path: str, flags: int) -> int:
    """Opens a file that only its owner may read, also one that was there before."""
    opened = os.open(path, flags, 0o600)
    os.fchmod(opened, 0o600)
    return opened


def _kept(request: str) -> CaseFile:
    dossier = Dossier(Settings().dossier)
    if request.count("/") != 1 or not dossier.of(request).is_dir():
        raise unknown_request(dossier, request)
    try:
        return in_dossier(dossier.root, request)
    except (OSError, ValueError) as error:
        raise Failure(f"the case file {dossier.of(request)} cannot be read: {error}") from error


async def _compared(case: CaseFile) -> tuple[str, tuple[Wrong, ...]]:
    """Whether Temporal could be asked, in words, and where the entries differ from its history."""
    try:
        client = await temporal.connect()
    except (RuntimeError, ValueError):
        return "No Temporal server answers, so it was not compared with workflow history.", ()
    try:
        return "It was compared with workflow history.", await differences(client, case)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return "Temporal does not know the request, so it was not compared with workflow history.", ()
