"""What a record names: every object of a case file is in an entry by its hash, and what is in none is reported.

Some objects are on their way into an entry, or were left by a process that was killed before it could say so. The
record shows where that may be, and only there they are no finding.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cached_property
from typing import cast

from pydantic import BaseModel

from forthwith.casefile.attempts import Claim
from forthwith.casefile.case_file import IN_WORDS, README, SUMS, CaseFile, Wrong, matches
from forthwith.request import events
from forthwith.request.backoff import COPY, DRAFT, MEMO
from forthwith.request.events import AnyEvent
from forthwith.request.record import Filed, Receipt

CLOCKS_DIFFER = timedelta(minutes=5)
"""A claim has the time of its worker's host, an entry that of the server."""

_LETTER = re.compile(
    r"letters/(?P<step>[^/]+)/(?:attempt-\d+\.(?P<what>claim|receipt|nothing-sent)\.json|attempt-\d+\.[0-9a-f]{12}\.eml"
    r"|letter-[0-9a-f]{12}\.pdf)"
)
_DRAFT = re.compile(r"drafts/v(\d+)-[0-9a-f]{12}\.(?:pdf|json|docx)")
_MEMO = re.compile(r"referral/memo-[0-9a-f]{12}\.(?:pdf|json)")
_BEGINNING = re.compile(r"(?:start|opened|(?:recovery|opened)-(\d+))\.json")

NOT_SENT = (events.LetterDeferred, events.LetterRefused, events.LetterSuperseded)


def filed_in(value: object) -> Iterator[Filed]:
    """Every object that an event, or what an object holds, names by its hash."""
    if isinstance(value, Filed):
        yield value
    if isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from filed_in(getattr(value, field))
    elif isinstance(value, tuple):
        for one in cast("tuple[object, ...]", value):
            yield from filed_in(one)


def misfiled(case: CaseFile) -> Iterator[Wrong]:
    """Objects that are not as the entry that names them says."""
    for name, entry in case.entries.items():
        yield from misfiled_in(case, entry.event, name)


def misfiled_in(case: CaseFile, value: object, by: str) -> Iterator[Wrong]:
    """Objects that are not as ``value`` says, which is in the file ``by``."""
    for filed in filed_in(value):
        content = case.objects.get(filed.uri)
        if content is not None and len(content) != filed.size:
            yield Wrong(file=filed.uri, expected=f"{filed.size} bytes, as in {by}", found=f"{len(content)} bytes")
        yield from matches(case, filed.uri, filed.sha256, f"in {by}")


def unnamed(case: CaseFile) -> Iterator[Wrong]:
    """Objects that no entry names, where nothing in the record explains them."""
    record = _Record(case)
    for name in sorted(case.objects):
        if not record.names(name) and not record.explains(name):
            yield Wrong(file=name, expected="an entry that names it", found="none")


class _Record:
    """What the entries of a case file name and explain, those of before a reset included."""

    def __init__(self, case: CaseFile) -> None:
        self._case = case
        self._events: list[AnyEvent] = [entry.event for entry in case.entries.values()]
        self._is_open = not any(isinstance(event, events.RequestClosed) for event in self._events)

    def names(self, name: str) -> bool:
        if name in (SUMS, README, IN_WORDS) or name.startswith(f"{self._case.request}/timeline/"):
            return True
        return name in self._named or name in self._case.pinned_names or self._is_receipt_on_record(name)

    @cached_property
    def _named(self) -> set[str]:
        named = {filed.uri for event in self._events for filed in filed_in(event)}
        claims = (self._case.read(name, Claim) for name in named if name.endswith(".claim.json"))
        return named | {filed.uri for claim in claims for filed in filed_in(claim)}

    @cached_property
    def _receipts(self) -> list[Receipt]:
        return [event.letter.receipt for event in self._events if isinstance(event, events.LetterAccepted)]

    def _is_receipt_on_record(self, name: str) -> bool:
        receipt = self._case.read(name, Receipt) if name.endswith(".receipt.json") else None
        claim = name.replace(".receipt.json", ".claim.json")
        return receipt in self._receipts and (receipt.claim is None or receipt.claim.uri == claim)

    def explains(self, name: str) -> bool:
        place = name.removeprefix(f"{self._case.request}/")
        if letter := _LETTER.fullmatch(place):
            return self._explains_letter(name, letter["step"], letter["what"] or "")
        if draft := _DRAFT.fullmatch(place):
            return self._failed(DRAFT, COPY) or self._is_copying or int(draft[1]) in self._unfinished
        if _MEMO.fullmatch(place):
            return self._failed(MEMO) or self._memo_is_due
        if beginning := _BEGINNING.fullmatch(place):
            return not self._beginnings or (self._is_open and int(beginning[1] or 1) == max(self._beginnings) + 1)
        return False

    def _explains_letter(self, name: str, step: str, what: str) -> bool:
        if step in self._interrupted or step in self._under_way or self._is_of_an_earlier_release(name, step, what):
            return True
        superfluous = (events.LetterUnconfirmed, events.LetterCalledBack)
        return not what and any(isinstance(event, superfluous) and _step(event) == step for event in self._events)

    @cached_property
    def _interrupted(self) -> set[str]:
        """Letters of which a worker was lost, or our own machinery failed: how far it came is in no entry."""
        lost = {event.step for event in self._events if isinstance(event, events.SenderLost)}
        return lost | {event.work for event in self._events if isinstance(event, events.WorkFailed)}

    @cached_property
    def _under_way(self) -> set[str]:
        """Letters that are being handed over, or were since the last entry."""
        if not self._is_open or not self._case.chain:
            return set()
        since = self._case.chain[-1][1].at - CLOCKS_DIFFER
        names = set(self._case.under("letters")) - self._named
        claims = (self._case.read(name, Claim) for name in names if name.endswith(".claim.json"))
        return {claim.step for claim in claims if claim and claim.claimed_at >= since}

    def _is_of_an_earlier_release(self, name: str, step: str, what: str) -> bool:
        """Entries did not name claims and refusals: a claim belongs to its message, the others to their step."""
        silent = [event for event in self._events if isinstance(event, (*NOT_SENT, events.LetterUnconfirmed))]
        if any(event.evidence is None and _step(event) == step for event in silent):
            return True
        claim = self._case.read(name, Claim) if what == "claim" else None
        accepted = {receipt.eml.sha256 for receipt in self._receipts if receipt.claim is None}
        return claim is not None and claim.eml.sha256 in accepted

    @cached_property
    def _unfinished(self) -> set[int]:
        """Versions of the draft that are being drawn up, or were when they were superseded."""
        over = {one.version for one in self._events if isinstance(one, events.DraftSuperseded | events.DraftWithdrawn)}
        ready = (one for one in self._events if isinstance(one, events.DraftReady | events.DraftDiscarded))
        drawn_up = {event.draft.version for event in ready}
        under_way = {max(over | drawn_up, default=0) + 1} if self._is_open else set[int]()
        return (over | under_way) - drawn_up

    @property
    def _is_copying(self) -> bool:
        issued = [one for one in self._events if isinstance(one, events.IssuanceRecorded | events.RecordCopyFiled)]
        return self._is_open and bool(issued) and isinstance(issued[-1], events.IssuanceRecorded)

    @property
    def _memo_is_due(self) -> bool:
        about = (events.ReferralStarted, events.ReferralDropped, events.MemoReady, events.MemoSuperseded)
        last = [event for event in self._events if isinstance(event, about)][-1:]
        return bool(last) and not isinstance(last[0], events.MemoReady)

    @cached_property
    def _beginnings(self) -> set[int]:
        """Which workflows of the request the record has: none in that of an earlier release."""
        recorded = (one for one in self._events if isinstance(one, events.CaseFileOpened | events.RequestRecovered))
        names = (filed.uri.removeprefix(f"{self._case.request}/") for one in recorded for filed in filed_in(one))
        return {int(found[1] or 1) for name in names if (found := _BEGINNING.fullmatch(name))}

    def _failed(self, *work: str) -> bool:
        return any(isinstance(event, events.WorkFailed) and event.work in work for event in self._events)


def _step(event: events.LetterUnconfirmed | events.LetterCalledBack | AnyEvent) -> str:
    return event.letter.step.id if isinstance(event, events.LetterUnconfirmed) else getattr(event, "step", "")


def records(wrongs: Iterable[Wrong]) -> Iterator[Wrong]:
    """Those that are about records, and no documents: what an audit reads."""
    for wrong in wrongs:
        if wrong.file.endswith(".json") and not re.search(r"/(?:drafts|referral)/", wrong.file):
            yield wrong
