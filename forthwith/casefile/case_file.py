"""The case file of one request as bytes by their place, wherever they were read from. Pure."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from functools import cached_property
from typing import TypeVar

from pydantic import ValidationError

from forthwith.base import Model
from forthwith.campaign.models import RequestPlan
from forthwith.casefile.store import Opening, StartRecord
from forthwith.request.entries import GENESIS, Entry, chained
from forthwith.request.events import (
    AnyEvent,
    DeadlineComputed,
    DeadlinesRecomputed,
    RequestOpened,
    ResponseKeptAfterClosing,
)

SUMS = "SHA256SUMS"
"""The list of hashes of an exported case file, as `sha256sum` writes and reads it."""

README, IN_WORDS = "README.txt", "timeline.txt"
"""What else an export has, for people."""

_RECOVERED = re.compile(r"(?:opened|recovery)-([1-9]\d*)\.json")
_FOLDERS = ("timeline", "letters", "drafts", "referral", "start.json", "opened.json")

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
    def beside(self) -> list[str]:
        """The places of entries that do not count: what a reset left, and any chain that somebody added."""
        return sorted(self.entries.keys() - {name for name, _ in self.chain})

    @property
    def head(self) -> str:
        """Hash of the last entry's bytes, and so of the whole record."""
        return sha256_of(self.objects[self.chain[-1][0]]) if self.chain else GENESIS

    @property
    def closed_head(self) -> str:
        """Hash of the last entry that a workflow filed: what was kept after the end follows it."""
        for name, entry in reversed(self.chain):
            if not isinstance(entry.event, ResponseKeptAfterClosing):
                return sha256_of(self.objects[name])
        return GENESIS

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

    @cached_property
    def pinned_names(self) -> frozenset[str]:
        """The places of what must be in ``pinned/``."""
        return frozenset(f"pinned/{sha256}" for sha256 in self.pinned())

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


def in_words(case: CaseFile) -> str:
    """The chain as a list for people, of which an export has a copy."""
    lines = [f"Timeline of {case.request}. Times are UTC.", ""]
    for _, entry in case.chain:
        at = f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        lines.append(f"{entry.number:4}  {at}  {entry.by.name}, {entry.event.kind}: {entry.text}")
    return "\n".join((*lines, "", f"Head of the chain: {case.head}", ""))


def matches(case: CaseFile, name: str, sha256: str, where: str) -> Iterator[Wrong]:
    """The object has the hash that something gives for it."""
    content = case.objects.get(name)
    if content is None:
        yield Wrong(file=name, expected=f"sha256 {sha256}, as {where}", found="no file")
    elif sha256_of(content) != sha256:
        yield Wrong(file=name, expected=f"sha256 {sha256}, as {where}", found=f"sha256 {sha256_of(content)}")


def _pinned_by(event: AnyEvent) -> Iterator[str]:
    """The pinned objects that an event names."""
    match event:
        case RequestOpened(plan=sha256) | DeadlineComputed(calendar=sha256):
            yield sha256
        case DeadlinesRecomputed():
            yield from filter(None, (event.recipient_calendar, event.issuer_calendar))
        case _:
            pass
