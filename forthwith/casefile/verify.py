"""What is wrong with a case file: every hash in it against the bytes that it names. Pure and self-contained."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from forthwith.base import Model
from forthwith.campaign.models import RequestPlan
from forthwith.casefile.attempts import Claim, NothingSent
from forthwith.casefile.store import Opening, StartRecord
from forthwith.deadlines.calendar import Calendar
from forthwith.request.entries import GENESIS, Entry, chained
from forthwith.request.events import (
    AnyEvent,
    DeadlineComputed,
    DeadlinesRecomputed,
    DraftDiscarded,
    DraftReady,
    IssuanceRecorded,
    LetterAccepted,
    MemoDiscarded,
    MemoReady,
    RecordCopyFiled,
    RequestOpened,
    SubpoenaReviewed,
)
from forthwith.request.record import Filed, Receipt, Recovery, SentLetter

SUMS = "SHA256SUMS"
"""The list of hashes of an exported case file, as `sha256sum` writes and reads it."""

_NUMBERED = re.compile(r"(\d{4,})(?:-([0-9a-f]{12}))?\.json")
_RECOVERED = re.compile(r"(?:opened|recovery)-([1-9]\d*)\.json")
_NAMED = re.compile(r"(?:attempt-\d+\.|v\d+-|memo-)([0-9a-f]{12})\.(?:eml|pdf)")
_FOLDERS = ("timeline", "letters", "drafts", "referral", "start.json", "opened.json")
_TEMPLATES = TypeAdapter(dict[str, str])

Read = TypeVar("Read", bound=Model)


class Wrong(Model):
    """One thing that is wrong: in which file, what was to be there, and what is."""

    file: str
    expected: str
    found: str

    def __str__(self) -> str:
        """``timeline/0003.json: expected …; found …``."""
        return f"{self.file}: expected {self.expected}; found {self.found}"


def sha256_of(content: bytes) -> str:
    """Hash in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def request_in(names: Iterable[str]) -> str:
    """The request whose case file these places are: ``<campaign>/<jurisdiction>``. Raises ``ValueError``."""
    parts = (name.split("/") for name in names)
    found = sorted({"/".join(part[:2]) for part in parts if len(part) > 2 and part[2] in _FOLDERS})
    if len(found) != 1:
        raise ValueError(f"holds the case files of {', '.join(found)}" if found else "holds no case file")
    return found[0]


class CaseFile:
    """The case file of one request: its objects by their place in the dossier, and what was pinned of it."""

    def __init__(self, request: str, objects: Mapping[str, bytes], links: Iterable[str] = ()) -> None:
        self.request = request
        self.objects = objects
        self.links = tuple(links)
        """What lies among them and is no file, such as a symbolic link. Nobody followed it."""

    def under(self, folder: str) -> list[str]:
        """The places of the objects in one folder of the request, in order."""
        return sorted(name for name in self.objects if name.startswith(f"{self.request}/{folder}/"))

    def read(self, name: str, model: type[Read]) -> Read | None:
        """An object as what it should be; None where it is missing or is no such thing."""
        try:
            return model.model_validate_json(self.objects[name])
        except (KeyError, ValidationError):
            return None

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Every entry that can be read by its place, also those of before a reset."""
        read = {name: self.read(name, Entry) for name in self.under("timeline")}
        return {name: entry for name, entry in read.items() if entry}

    @cached_property
    def chain(self) -> list[tuple[str, Entry]]:
        """The entries that count, with their places: the chain that ends in the latest. Its hashes are of the bytes."""
        names = {sha256_of(self.objects[name]): name for name in self.entries}
        chain = chained({sha256: self.entries[name] for sha256, name in names.items()})
        return [(names[sha256], self.entries[names[sha256]]) for sha256 in chain]

    @property
    def head(self) -> str:
        """Hash of the last entry's bytes, and so of the whole record."""
        return sha256_of(self.objects[self.chain[-1][0]]) if self.chain else GENESIS

    @property
    def openings(self) -> list[Opening]:
        """The workflows that drove the request, in order."""
        names = sorted(self.objects, key=lambda name: (len(name), name))
        found = (self.read(name, Opening) for name in names if name.startswith(f"{self.request}/opened"))
        return [opening for opening in found if opening]

    @property
    def recoveries(self) -> list[int]:
        """The numbers of the workflows that were to continue the request after its first, in order."""
        of_request = (name.removeprefix(f"{self.request}/") for name in self.objects)
        return sorted({int(found[1]) for name in of_request if (found := _RECOVERED.fullmatch(name))})

    @property
    def plan(self) -> RequestPlan | None:
        """What the request was started with."""
        started = self.read(f"{self.request}/start.json", StartRecord)
        return self.read(f"pinned/{started.plan}", RequestPlan) if started else None

    def pinned(self) -> dict[str, str]:
        """The hashes that must be in ``pinned/``, each with who names it."""
        named: dict[str, str] = {}
        for record, model in (("start.json", StartRecord), ("opened.json", Opening)):
            if found := self.read(f"{self.request}/{record}", model):
                named.setdefault(found.plan, record)
        if plan := self.plan:
            for field in ("templates", "recipient_calendar", "issuer_calendar"):
                named.setdefault(getattr(plan, field), f"the plan's {field}")
        for name, entry in self.entries.items():
            for sha256 in _pinned_by(entry.event):
                named.setdefault(sha256, name)
        return named


def wrongs(case: CaseFile) -> Iterator[Wrong]:
    """Everything that does not hold, in the order in which one reads a case file."""
    yield from (Wrong(file=name, expected="a file", found="a symbolic link or a device") for name in case.links)
    yield from _sums(case)
    yield from _records(case)
    yield from _recoveries(case)
    yield from _pinned(case)
    yield from wrong_in_chain(case)
    yield from _letters(case)
    yield from _named_by_content(case)
    yield from _entries(case)


def _sums(case: CaseFile) -> Iterator[Wrong]:
    if SUMS not in case.objects:
        return
    listed: dict[str, str] = {}
    for line in case.objects[SUMS].decode(errors="replace").splitlines():
        sha256, _, name = line.partition("  ")
        listed[name] = sha256
    for name, sha256 in listed.items():
        yield from _is(case, name, sha256, f"in {SUMS}")
    for name in sorted(case.objects.keys() - listed.keys() - {SUMS}):
        yield Wrong(file=name, expected=f"a line in {SUMS}", found="none")


def _records(case: CaseFile) -> Iterator[Wrong]:
    start, opened = (f"{case.request}/{name}" for name in ("start.json", "opened.json"))
    started, opening = case.read(start, StartRecord), case.read(opened, Opening)
    if started is None:
        yield _unreadable(case, start, "the record of who started it with which plan")
    else:
        yield from _same(start, "workflow_id", case.request, started.workflow_id)
    if opening is None:
        yield _unreadable(case, opened, "the record of which workflow drives it")
    else:
        yield from _same(opened, "workflow_id", case.request, opening.workflow_id)
        if started:
            yield from _same(opened, "plan of start.json", started.plan, opening.plan)
    for name, entry in case.entries.items():
        if started and isinstance(entry.event, RequestOpened):
            yield from _same(start, f"plan of {name}", entry.event.plan, started.plan)
    if started and (plan := case.plan):
        yield from _same(start, "matter of the plan", plan.matter, started.matter)
        yield from _same(f"pinned/{started.plan}", "request", case.request, plan.workflow_id)


def _recoveries(case: CaseFile) -> Iterator[Wrong]:
    """Whatever continues the request was authorized to, after the one before it."""
    before = case.read(f"{case.request}/opened.json", Opening)
    for number in case.recoveries:
        authorized, opened = (f"{case.request}/{what}-{number}.json" for what in ("recovery", "opened"))
        recovery, opening = case.read(authorized, Recovery), case.read(opened, Opening)
        if recovery is None:
            yield _unreadable(case, authorized, "the authority to recover it")
        else:
            yield from _same(authorized, "workflow_id", case.request, recovery.workflow_id)
            yield from _same(authorized, "number", str(number), str(recovery.number))
            if before:
                yield from _same(authorized, "after_run of the workflow before", before.first_run, recovery.after_run)
        if opening:
            yield from _same(opened, "workflow_id", case.request, opening.workflow_id)
            if before:
                yield from _same(opened, "plan of the workflow before", before.plan, opening.plan)
        elif opened in case.objects:
            yield _unreadable(case, opened, "the record of which workflow continued it")
        before = opening


def _pinned(case: CaseFile) -> Iterator[Wrong]:
    for sha256, by in case.pinned().items():
        yield from _is(case, f"pinned/{sha256}", sha256, f"named by {by}")
    plan = case.plan
    if plan is None:
        return
    for sha256, is_one in ((plan.templates, _is_templates), (plan.recipient_calendar, _is_calendar)):
        name = f"pinned/{sha256}"
        if name in case.objects and not is_one(case.objects[name]):
            what = "templates" if is_one is _is_templates else "a calendar"
            yield Wrong(file=name, expected=what, found="something else")


def wrong_in_chain(case: CaseFile) -> Iterator[Wrong]:
    """The entries are a chain; after a reset they are a tree, in which each still follows one that is there."""
    by_number: dict[int, set[str]] = {0: {GENESIS}}
    for name in case.under("timeline"):
        numbered = _NUMBERED.fullmatch(name.rpartition("/")[2])
        if numbered is None:
            yield Wrong(file=name, expected="an entry, such as 0001.json", found="another name")
            continue
        number, sha256 = int(numbered[1]), sha256_of(case.objects[name])
        by_number.setdefault(number, set()).add(sha256)
        if numbered[2] and not sha256.startswith(numbered[2]):
            yield Wrong(file=name, expected=f"content of sha256 {numbered[2]}…, as it is called", found=sha256)
        entry = case.entries.get(name)
        if entry is None:
            yield _unreadable(case, name, "an entry of the timeline")
            continue
        yield from _same(name, "number", str(number), str(entry.number))
        if entry.filed() != case.objects[name]:
            yield Wrong(file=name, expected=f"the bytes of an entry, sha256 {entry.head}", found=f"sha256 {sha256}")
    last = max(by_number)
    if last == 0:
        yield Wrong(file=f"{case.request}/timeline", expected="entries", found="none")
    for number in range(1, last + 1):
        if number not in by_number:
            yield Wrong(file=f"{case.request}/timeline/{number:04}.json", expected=f"entry {number}", found="no file")
    for name, entry in case.entries.items():
        numbered = _NUMBERED.fullmatch(name.rpartition("/")[2])
        before = by_number.get(int(numbered[1]) - 1) if numbered else None
        if before and entry.previous not in before:
            follows = f"previous {' or '.join(sorted(before))}, the sha256 of the file before"
            yield Wrong(file=name, expected=follows, found=entry.previous)


def _letters(case: CaseFile) -> Iterator[Wrong]:
    for name in case.under("letters"):
        if name.endswith(".receipt.json"):
            receipt = case.read(name, Receipt)
            if receipt is None:
                yield _unreadable(case, name, "a receipt of the mail server")
                continue
            yield from _filed(case, receipt.eml, name)
            yield from _filed(case, receipt.pdf, name)
            claim = name.replace(".receipt.json", ".claim.json")
            if claim not in case.objects:
                yield Wrong(file=claim, expected=f"the claim that came before {name}", found="no file")
        elif name.endswith(".claim.json"):
            claimed = case.read(name, Claim)
            if claimed is None:
                yield _unreadable(case, name, "a claim")
                continue
            yield from _filed(case, claimed.eml, name)
            receipt = case.read(name.replace(".claim.json", ".receipt.json"), Receipt)
            if receipt:
                yield from _same(name, "message_id of the receipt", receipt.message_id, claimed.message_id)
                yield from _same(name, "eml of the receipt", receipt.eml.sha256, claimed.eml.sha256)
        elif name.endswith(".nothing-sent.json") and case.read(name, NothingSent) is None:
            yield _unreadable(case, name, "why nothing was sent")


def _named_by_content(case: CaseFile) -> Iterator[Wrong]:
    for folder in ("letters", "drafts", "referral"):
        for name in case.under(folder):
            named = _NAMED.fullmatch(name.rpartition("/")[2])
            sha256 = sha256_of(case.objects[name])
            if named and not sha256.startswith(named[1]):
                yield Wrong(file=name, expected=f"sha256 {named[1]}…, as it is called", found=f"sha256 {sha256}")


def _entries(case: CaseFile) -> Iterator[Wrong]:
    hashes = {name: sha256_of(content) for name, content in case.objects.items()}
    drafts = {hashes[name] for name in case.under("drafts")}
    for name, entry in case.entries.items():
        match entry.event:
            case LetterAccepted(letter=letter):
                yield from _letter(case, name, letter, hashes)
            case DraftReady(draft=draft) | DraftDiscarded(draft=draft):
                yield from _filed(case, draft.document, name)
                if draft.working_copy:
                    yield from _filed(case, draft.working_copy, name)
            case RecordCopyFiled(document=document):
                yield from _filed(case, document, name)
            case MemoReady(memo=memo) | MemoDiscarded(memo=memo):
                yield from _filed(case, memo, name)
            case SubpoenaReviewed(review=review) if review.sha256 not in drafts:
                yield Wrong(file=name, expected=f"a draft of sha256 {review.sha256} in drafts", found="none")
            case IssuanceRecorded(draft=sha256) if sha256 not in drafts:
                yield Wrong(file=name, expected=f"a draft of sha256 {sha256} in drafts", found="none")
            case _:
                pass


def _letter(case: CaseFile, name: str, letter: SentLetter, hashes: Mapping[str, str]) -> Iterator[Wrong]:
    """The message and the receipt that an entry names are those in the case file."""
    folder, receipt = f"{case.request}/letters/{letter.step}/", letter.receipt
    letters = [place for place in hashes if place.startswith(folder)]
    messages = [place for place in letters if place.endswith(".eml")]
    if receipt.eml.sha256 not in [hashes[place] for place in messages]:
        found = ", ".join(f"{hashes[place]} ({place})" for place in messages) or "no message"
        yield Wrong(file=name, expected=f"a message of sha256 {receipt.eml.sha256} in {folder}", found=found)
    yield from _filed(case, receipt.pdf, name)
    kept = [case.read(place, Receipt) for place in letters if place.endswith(".receipt.json")]
    if receipt not in kept:
        other = any(one and one.message_id == receipt.message_id for one in kept)
        found = "one that says something else" if other else "none"
        yield Wrong(file=name, expected=f"the receipt for {receipt.message_id} in {folder}", found=found)


def _pinned_by(event: AnyEvent) -> Iterator[str]:
    """The pinned objects that an event names."""
    match event:
        case RequestOpened(plan=sha256) | DeadlineComputed(calendar=sha256):
            yield sha256
        case DeadlinesRecomputed():
            yield from filter(None, (event.recipient_calendar, event.issuer_calendar))
        case _:
            pass


def _filed(case: CaseFile, filed: Filed, by: str) -> Iterator[Wrong]:
    content = case.objects.get(filed.uri)
    if content is not None and len(content) != filed.size:
        yield Wrong(file=filed.uri, expected=f"{filed.size} bytes, as in {by}", found=f"{len(content)} bytes")
    yield from _is(case, filed.uri, filed.sha256, f"in {by}")


def _is(case: CaseFile, name: str, sha256: str, where: str) -> Iterator[Wrong]:
    """The object has the hash that something gives for it."""
    content = case.objects.get(name)
    if content is None:
        yield Wrong(file=name, expected=f"sha256 {sha256}, as {where}", found="no file")
    elif sha256_of(content) != sha256:
        yield Wrong(file=name, expected=f"sha256 {sha256}, as {where}", found=f"sha256 {sha256_of(content)}")


def _same(file: str, what: str, expected: str, found: str) -> Iterator[Wrong]:
    if expected != found:
        yield Wrong(file=file, expected=f"{what} {expected}", found=found)


def _unreadable(case: CaseFile, name: str, what: str) -> Wrong:
    return Wrong(file=name, expected=what, found="something else" if name in case.objects else "no file")


def _is_templates(content: bytes) -> bool:
    try:
        _TEMPLATES.validate_json(content)
    except ValidationError:
        return False
    return True


def _is_calendar(content: bytes) -> bool:
    try:
        Calendar.model_validate_json(content)
    except ValidationError:
        return False
    return True
