"""A case file as a ZIP that a stranger can check: packed here, and read again from a ZIP or a folder."""

import io
import stat
import zipfile
import zlib
from pathlib import Path

from forthwith.casefile.case_file import IN_WORDS, README, SUMS, CaseFile, in_words, request_in, sha256_of
from forthwith.casefile.folder import Folder
from forthwith.failure import Failure

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the ZIP, the earliest it can say: so the same case file gives the same bytes."""

MAX_FILES, MAX_BYTES = 100_000, 1_000_000_000
"""More no case file has; what has more is not read at all."""

_NO_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What a damaged or encrypted ZIP raises."""

README_TEXT = """\
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

3. That letters, drafts and all else are those of the record:

  find {request} -type f ! -path '*/timeline/*' ! -name '*.receipt.json' | while read -r object; do
    grep -q "$(sha256sum <"$object" | cut -d' ' -f1)" {request}/timeline/*.json {request}/letters/*/*.claim.json ||
      echo "$object is in no entry"
  done

   A receipt stands in its entry as a whole. A letter or draft that was on its way at the export, or that
   a worker left which was killed, is in no entry yet.

4. That pinned objects are what they are called:

  (cd pinned && sha256sum * | awk '$1 != $2')

Or all at once, where Forthwith is installed: forthwith verify THIS.zip
"""


def packed(case: CaseFile) -> bytes:
    """The ZIP of a case file, the same bytes for the same content. Stored, since compressors differ by version."""
    objects = {
        **case.objects,
        README: README_TEXT.format(request=case.request, head=case.head).encode(),
        IN_WORDS: in_words(case).encode(),
    }
    sums = "".join(f"{sha256_of(objects[name])}  {name}\n" for name in sorted(objects))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in sorted({**objects, SUMS: sums.encode()}.items()):
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system, info.external_attr = 3, 0o600 << 16
            archive.writestr(info, content)
    return file.getvalue()


def in_dossier(root: Path, request: str) -> CaseFile:
    """A request's folder and what it names of ``pinned/``, which holds what every other request was started with.

    Raises ``OSError``, and ``ValueError`` for one that is larger than any case file.
    """
    folder = Folder(root)
    case = CaseFile(request, *_read(folder, request))
    case = _with_pinned(case, folder)  # the plan
    return _with_pinned(case, folder)  # and what only the plan names


def _with_pinned(case: CaseFile, folder: Folder) -> CaseFile:
    pinned, links = dict[str, bytes](), list(case.links)
    for name in (f"pinned/{sha256}" for sha256 in case.pinned()):
        try:
            pinned[name] = folder.read(name)
        except FileNotFoundError:
            continue
        except OSError:
            links.append(name)
    return CaseFile(case.request, {**case.objects, **pinned}, dict.fromkeys(links))


def at_path(path: Path) -> CaseFile:
    """What a path holds. Raises ``Failure`` where that is no case file."""
    try:
        if path.is_file():
            objects, links = _unzipped(path)
        elif (path / "timeline").is_dir() or (path / "start.json").is_file():
            folder = path.resolve()
            return in_dossier(folder.parent.parent, f"{folder.parent.name}/{folder.name}")
        else:
            objects, links = _read(Folder(path))
        return CaseFile(request_in(objects), objects, links)
    except (OSError, ValueError, *_NO_ZIP) as error:
        raise Failure(f"{path}: {error}", hint="give a ZIP of `forthwith export`, or a request's folder") from error


def _unzipped(path: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files in a ZIP by name, and the names of its links. Raises ``ValueError`` for one that is too large.

    What the ZIP says of its sizes is believed no further than they go: no file is read beyond its own.
    """
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len({info.filename for info in infos}) < len(infos):
            raise ValueError("two files in it have the same name")
        _bounded(len(infos), sum(info.file_size for info in infos))
        links = [info for info in infos if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG)]
        objects = {info.filename: _member(archive, info) for info in infos if info not in links}
    return objects, [info.filename for info in links]


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{info.filename} is packed in a way that nobody can bound; store or deflate it")
    with archive.open(info) as member:
        content = member.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise ValueError(f"{info.filename} is not of the {info.file_size:,} bytes that the ZIP says")
    return content


def _read(folder: Folder, below: str = "") -> tuple[dict[str, bytes], list[str]]:
    """What lies below a folder, by its place, and the places of links."""
    found = dict(folder.names(below))
    files = [name for name, what in found.items() if stat.S_ISREG(what.st_mode)]
    _bounded(len(files), sum(found[name].st_size for name in files))
    return {name: folder.read(name) for name in files}, [name for name in found if name not in files]


def _bounded(files: int, size: int) -> None:
    if files > MAX_FILES:
        raise ValueError(f"holds {files:,} files; a case file has at most {MAX_FILES:,}")
    if size > MAX_BYTES:
        raise ValueError(f"holds {size:,} bytes unpacked; a case file has at most {MAX_BYTES:,}")
