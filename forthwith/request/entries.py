"""The record of a request: one entry for each event, chained by hash."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Self

from forthwith.base import Model
from forthwith.request.events import AnyEvent
from forthwith.request.vocabulary import Who

GENESIS = "0" * 64
"""What the first entry of every chain names as its predecessor."""


class Entry(Model):
    """One event of the record. ``at`` is UTC; ``previous`` is the hash of the entry before."""

    number: int
    at: datetime
    by: Who
    event: AnyEvent
    text: str
    """The event in a sentence, as it was worded when it was recorded. It is never read back."""
    previous: str

    def filed(self) -> bytes:
        """The bytes that are kept in the dossier, and that `sha256sum` is run on."""
        return self.canonical + b"\n"

    def following(self, previous: str) -> Self:
        """The same entry after another one."""
        return self if previous == self.previous else self.model_copy(update={"previous": previous})

    @property
    def head(self) -> str:
        """Hash of this entry, and so of all before it, in hexadecimal."""
        return hashlib.sha256(self.filed()).hexdigest()


def first_of(entries: Iterable[Entry], most: int) -> tuple[Entry, ...]:
    """The first of ``entries``, of ``most`` bytes together: one at least, where there is one."""
    first, size = list[Entry](), 0
    for entry in entries:
        size += len(entry.filed())
        if first and size > most:
            break
        first.append(entry)
    return tuple(first)


def chained(entries: Mapping[str, Entry]) -> list[str]:
    """The hashes of the chain that ends in the latest of ``entries``, in order.

    ``entries`` are by the hash of their bytes, also those that a reset of the workflow left beside the others. Entries
    of a filing that was cut short lack all that stands between them and the chain, and do not count. Where the one
    before was changed instead, the chain begins after it: it is broken, and nobody takes it for the whole.
    """
    numbers = {entry.number for entry in entries.values()}
    latest = sorted(entries, key=lambda sha256: (entries[sha256].at, entries[sha256].number), reverse=True)
    for sha256 in latest:
        chain = _leading_to(sha256, entries)
        if not _is_cut_short(entries[chain[0]], numbers):
            return chain
    return []


def _is_cut_short(first: Entry, numbers: set[int]) -> bool:
    return first.previous != GENESIS and first.number - 1 not in numbers


def _leading_to(sha256: str, entries: Mapping[str, Entry]) -> list[str]:
    chain = [sha256]
    while (previous := entries[chain[-1]].previous) in entries:
        chain.append(previous)
    return chain[::-1]
