"""A case file as a ZIP that a stranger can check: packed here, and read again from a ZIP or a folder."""

import io
import zipfile
from datetime import UTC
from pathlib import Path

from forthwith.casefile.verify import SUMS, CaseFile, request_in, sha256_of
from forthwith.failure import Failure

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the ZIP, the earliest it can say: so the same case file gives the same bytes."""

README = """\
THE CASE FILE OF {request}

timeline.txt lists what happened, in order. It is for reading; what counts is in {request}/:

  start.json, opened.json   who started it with which plan, and the workflow that drives it
  recovery-2.json …         that another workflow may continue from this record, who authorized it and why
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
   this line too. (After a reset of the workflow, entries of before it lie beside the others
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
        at = f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        lines.append(f"{entry.number:4}  {at}  {entry.by.name}, {entry.event.kind}: {entry.text}")
    return "\n".join((*lines, "", f"Head of the chain: {case.head}", ""))


def in_dossier(root: Path, request: str) -> CaseFile:
    """A request's folder and what it names of ``pinned/``, which holds what every other request was started with."""
    case = CaseFile(request, _files(root / request, root))
    case = _with_pinned(case, root)  # the plan
    return _with_pinned(case, root)  # and what only the plan names


def _with_pinned(case: CaseFile, root: Path) -> CaseFile:
    there = (root / "pinned" / sha256 for sha256 in case.pinned())
    pinned = {f"pinned/{path.name}": path.read_bytes() for path in there if path.is_file()}
    return CaseFile(case.request, {**case.objects, **pinned})


def at_path(path: Path) -> CaseFile:
    """What a path holds. Raises ``Failure`` where that is no case file."""
    try:
        if path.is_file():
            objects = _unzipped(path)
        elif (path / "timeline").is_dir() or (path / "start.json").is_file():
            folder = path.resolve()
            return in_dossier(folder.parent.parent, f"{folder.parent.name}/{folder.name}")
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
