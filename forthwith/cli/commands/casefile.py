"""Commands about the case file as a whole: `export` packs it for a stranger, `verify` checks every hash in it."""

import asyncio
import io
import zipfile
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from forthwith import temporal
from forthwith.base import Model
from forthwith.casefile.recovery import unknown_request
from forthwith.casefile.store import Dossier, Filing
from forthwith.casefile.verify import SUMS, CaseFile, Wrong, request_in, sha256_of, wrongs
from forthwith.cli.commands.queries import Request
from forthwith.cli.output import Json, err, out, print_json
from forthwith.failure import Failure
from forthwith.request.record import Entry, Outcome
from forthwith.settings import Settings
from forthwith.visibility import plural

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the ZIP, the earliest it can say: so the same case file gives the same bytes."""

README = """\
THE CASE FILE OF {request}

timeline.txt tells what happened, in order. It is for reading; what counts is in {request}/:

  start.json, opened.json   who started it with which plan, and the workflow that took it up
  resumption-2.json …       that another workflow might go on from this record, who said so and why
  timeline/                 one entry each; "previous" is the sha256 of the file before
  letters/                  each message as it was sent (.eml), its PDF, the claim before it was handed
                            over, and the mail server's answer (receipt)
  drafts/, referral/        drafts of the subpoena and the referral memo
  after-closing/            what came in after the end
  pinned/ (beside it)       the plan, the wording and the calendars, each named by its sha256

HOW TO CHECK IT, with bash and sha256sum, in the folder of this file

1. That no file changed since the export:

  sha256sum -c SHA256SUMS

2. That no entry was changed, removed or put in between:

  previous=$(printf '0%.0s' {{1..64}})
  for entry in {request}/timeline/*.json; do
    grep -q "\\"previous\\":\\"$previous\\"" "$entry" || echo "$entry does not follow"
    previous=$(sha256sum <"$entry" | cut -d' ' -f1)
  done
  echo "head $previous"

   The head must be {head}
   and the one that the office had from its own system: whoever changes all of this ZIP can change
   this line too. (After a reset of the workflow, entries of an earlier life lie beside the others
   as 0004-<hash>.json; the chain that counts is the one that ends in the head.)

3. That letters and drafts are those of the record:

  for object in {request}/letters/*/*.eml {request}/drafts/*.pdf; do
    [ -e "$object" ] || continue
    grep -q "$(sha256sum <"$object" | cut -d' ' -f1)" {request}/timeline/*.json || echo "$object is in no entry"
  done

   A message that was put off or refused is in no entry, and has no receipt.

4. That pinned objects are what they are called:

  (cd pinned && sha256sum * | awk '$1 != $2')

Or all at once, where Forthwith is installed: forthwith verify THIS.zip
"""


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
    request: Request,
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
        path.write_bytes(content)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}") from error
    found = Exported(
        request=request, file=str(path), sha256=sha256_of(content), objects=len(case.objects), head=case.head
    )
    if any(wrongs(case)):
        err.print(f"Something is wrong with it: forthwith verify {request}", style="red", highlight=False)
    if json:
        print_json(found)
    else:
        out.print(f"{escape(found.file)}: {plural(found.objects, 'object')}, sha256 {found.sha256}", soft_wrap=True)


def verify(
    what: Annotated[str, typer.Argument(metavar="PATH|ID", help="A ZIP, its folder, a request's folder, or its id.")],
    json: Json = False,
) -> None:
    """Check a case file: the chain, every hash in it, and Temporal where it still has the request.

    Example: forthwith verify chicago.zip
    """
    path = Path(what)
    case = _of_path(path) if path.exists() else _kept(what)
    compared, differing = asyncio.run(_compared(case))
    said = Verified(
        request=case.request,
        entries=len(case.chain),
        head=case.head,
        temporal=compared,
        wrong=tuple(dict.fromkeys((*wrongs(case), *differing))),
    )
    if json:
        print_json(said)
    else:
        for wrong in said.wrong:
            out.print(escape(str(wrong)), style="red", highlight=False, soft_wrap=True)
        verdict = f"{plural(len(said.wrong), 'thing')} wrong" if said.wrong else "all is right"
        line = f"{said.request}: {said.entries} entries, head {said.head}; {verdict}. {compared}"
        out.print(escape(line), highlight=False, soft_wrap=True)
    if said.wrong:
        raise typer.Exit(1)


def packed(case: CaseFile) -> bytes:
    """The ZIP of a case file, the same bytes for the same content. Stored, since compressors differ by version."""
    objects = {
        **case.objects,
        "README.txt": README.format(request=case.request, head=case.head).encode(),
        "timeline.txt": _in_words(case).encode(),
    }
    sums = "".join(f"{sha256_of(objects[name])}  {name}\n" for name in sorted(objects))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in sorted({**objects, SUMS: sums.encode()}.items()):
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, content)
    return file.getvalue()


def _in_words(case: CaseFile) -> str:
    lines = [f"Timeline of {case.request}. Times are UTC.", ""]
    for _, entry in case.chain:
        who = f"{entry.by.name}: " if entry.by else ""
        lines.append(f"{entry.number:4}  {entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}  {who}{entry.text}")
        lines += [f"        {name}: {value}" for name, value in entry.details.items()]
    return "\n".join((*lines, "", f"Head of the chain: {case.head}", ""))


def _kept(request: str) -> CaseFile:
    dossier = Dossier(Settings().dossier)
    if request.count("/") != 1 or not dossier.of(request).is_dir():
        raise unknown_request(dossier, request)
    return _in_dossier(dossier.root, request)


def _in_dossier(root: Path, request: str) -> CaseFile:
    """A request's folder and what it names of ``pinned/``, which holds what every other request was started with."""
    case = CaseFile(request, _files(root / request, root))
    case = _with_pinned(case, root)  # the plan
    return _with_pinned(case, root)  # and what only the plan names


def _with_pinned(case: CaseFile, root: Path) -> CaseFile:
    there = (root / "pinned" / sha256 for sha256 in case.pinned())
    pinned = {f"pinned/{path.name}": path.read_bytes() for path in there if path.is_file()}
    return CaseFile(case.request, {**case.objects, **pinned})


def _of_path(path: Path) -> CaseFile:
    """What a path holds. Raises ``Failure`` where that is no case file."""
    try:
        if path.is_file():
            objects = _unzipped(path)
        elif (path / "timeline").is_dir() or (path / "start.json").is_file():
            folder = path.resolve()
            return _in_dossier(folder.parent.parent, f"{folder.parent.name}/{folder.name}")
        else:
            objects = _files(path, path)
        return CaseFile(request_in(objects), objects)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise Failure(f"{path}: {error}", hint="give a ZIP of `forthwith export`, or a request's folder") from error


def _unzipped(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if len(set(names)) < len(names):
            raise ValueError("two files in it have the same name")
        return {name: archive.read(name) for name in names}


def _files(folder: Path, root: Path) -> dict[str, bytes]:
    """What lies below a folder, without what is still being written, by its place below ``root``."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


async def _compared(case: CaseFile) -> tuple[str, tuple[Wrong, ...]]:
    """Whether Temporal could be asked, in words, and where the entries differ from what it was told to file."""
    try:
        client = await temporal.connect()
    except (RuntimeError, ValueError):
        return "No Temporal server answers, so it was not compared with workflow history.", ()
    try:
        return "It was compared with workflow history.", await unlike_history(client, case)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return "Temporal does not know the request, so it was not compared with workflow history.", ()


async def unlike_history(client: Client, case: CaseFile) -> tuple[Wrong, ...]:
    """Where the entries differ from what the workflow gave to be filed. Raises ``RPCError``.

    Of the workflows that drove a request one after the other, Temporal may have forgotten all but the last.
    """
    told, outcome = await _told(client, case.request)
    earlier = [await _told_before(client, case.request, opening.first_run) for opening in case.openings[:-1]]
    for of_run in earlier:
        told = {**(of_run or {}), **told}
    found: list[Wrong] = []
    hashes = {sha256_of(case.objects[name]) for name in case.entries}
    for sha256, (entry, is_filed) in told.items():
        if is_filed and sha256 not in hashes:
            name = f"{case.request}/timeline/{entry.number:04}.json"
            is_there = f"sha256 {sha256_of(case.objects[name])}" if name in case.objects else "no file"
            found.append(Wrong(file=name, expected=f"sha256 {sha256}, as in workflow history", found=is_there))
    first = min((entry.number for entry, _ in told.values()), default=1) if None in earlier else 1
    for name, entry in case.chain:
        if entry.number >= first and (sha256 := sha256_of(case.objects[name])) not in told:
            found.append(Wrong(file=name, expected="an entry that workflow history knows", found=f"sha256 {sha256}"))
    if outcome and outcome.head != case.head:
        found.append(
            Wrong(file=f"{case.request}/timeline", expected=f"head {outcome.head}, as in the result", found=case.head)
        )
    return tuple(found)


async def _told_before(client: Client, request: str, run: str) -> Mapping[str, tuple[Entry, bool]] | None:
    """The same of an earlier workflow of the request; None where Temporal keeps it no longer."""
    try:
        told, _ = await _told(client, request, run)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    return told


async def _told(
    client: Client, request: str, run: str | None = None
) -> tuple[Mapping[str, tuple[Entry, bool]], Outcome | None]:
    """The entries in history by their hash, each with whether it was filed for certain; and the workflow's result."""
    filings: dict[int, Filing] = {}
    filed: set[int] = set()
    outcome: Outcome | None = None
    async for event in client.get_workflow_handle(request, run_id=run).fetch_history_events():
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_type.name == "file_entries":
            (filings[event.event_id],) = await client.data_converter.decode(list(scheduled.input.payloads), [Filing])
        filed.add(event.activity_task_completed_event_attributes.scheduled_event_id)
        if result := event.workflow_execution_completed_event_attributes.result.payloads:
            (outcome,) = await client.data_converter.decode(list(result), [Outcome])
    told: dict[str, tuple[Entry, bool]] = {}
    for number, filing in filings.items():
        for entry in filing.entries:
            told[entry.head] = (entry, number in filed or told.get(entry.head, (entry, False))[1])
    return told, outcome
