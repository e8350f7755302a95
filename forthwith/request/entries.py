"""The record of a request: one entry for each event, chained by hash."""

import hashlib
from collections.abc import Mapping
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


def chained(entries: Mapping[str, Entry]) -> list[str]:
    """The hashes of the chain that ends in the latest of ``entries``, in order.

    ``entries`` are by the hash of their bytes, also those that a reset of the workflow left beside the others. Entries
    of a filing that was cut short have no chain back to the first yet, and do not count; where none has one, what
    leads to the latest does.
    """
    rooted: set[str] = set()
    for sha256, entry in sorted(entries.items(), key=lambda one: one[1].number):
        if entry.previous == GENESIS or entry.previous in rooted:
            rooted.add(sha256)
    chain: list[str] = []
    link = max(rooted or entries, key=lambda sha256: (entries[sha256].at, entries[sha256].number), default="")
    while entry := entries.get(link):
        chain.append(link)
        link = entry.previous
    return chain[::-1]
