"""What does not agree within one case file: its record, its claims and its receipts. Asks nobody.

It reads every record and no document; what needs every byte is `verify`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from functools import cached_property
from typing import Literal

from forthwith.base import Model
from forthwith.campaign.models import RequestPlan
from forthwith.casefile.attempts import Claim, NothingSent
from forthwith.casefile.case_file import CaseFile, Read
from forthwith.casefile.named import misfiled, records, unnamed
from forthwith.casefile.store import Opening, StartRecord
from forthwith.casefile.verify import wrong_in_chain
from forthwith.deadlines.clock import Clock
from forthwith.documents.letters import POSSIBLE_COPY
from forthwith.request.actions import Action, ComputeDates, DraftSubpoena, SendLetter, Wait
from forthwith.request.entries import Entry
from forthwith.request.events import (
    DeadlinesRecomputed,
    DeliveryRecorded,
    LetterAccepted,
    LetterCalledBack,
    LetterDeferred,
    LetterUnconfirmed,
    Reported,
    RequestClosed,
    SenderLost,
    WorkFailed,
)
from forthwith.request.record import Receipt, Recovery, SentLetter
from forthwith.request.request import Request
from forthwith.request.responses import RecordResponse
from forthwith.request.timetable import timetable
from forthwith.views.tasks import WORTH_SAYING

PAGE = "docs/runbook.md"

Heading = Literal[
    "never-started",
    "terminated",
    "failed",
    "stuck",
    "temporal-forgot-a-request",
    "letters-and-receipts-do-not-agree",
    "the-record-was-changed",
    "a-step-was-missed",
    "reset",
    "a-backup-was-restored",
    "what-audit-finds",
]
"""The headings of the runbook that findings lead to."""

A_SECOND = timedelta(seconds=1)
"""Visibility may keep less of an instant than history does."""

Attempt = tuple[str, int]
"""One attempt at one letter: its step and its number."""

_ATTEMPT = re.compile(r"letters/([^/]+)/attempt-(\d+)\.(claim|receipt|nothing-sent)\.json")

NOT_FOR_CERTAIN = (
    LetterDeferred,
    LetterUnconfirmed,
    LetterCalledBack,
    SenderLost,
    DeadlinesRecomputed,
    WorkFailed,
)
"""What leaves open, by the record alone, when something is tried again, or by which calendars dates are counted."""


class Finding(Model):
    """One thing that does not agree, and what to do about it."""

    request: str
    wrong: str
    command: str
    page: str
    """Where the runbook deals with it."""


def finding(request: str, wrong: str, command: str, heading: Heading) -> Finding:
    """A finding about ``request``; in ``command`` its id stands as ``{id}``."""
    return Finding(
        request=request, wrong=wrong, command=f"forthwith {command.format(id=request)}", page=f"{PAGE}#{heading}"
    )


class Audited:
    """One case file as an audit reads it: every record, and the messages of letters that were tried again."""

    def __init__(self, case: CaseFile) -> None:
        self.case = case
        self.request = case.request
        self.unreadable: list[str] = []
        self.started = self._read("start.json", StartRecord)
        self._read("opened.json", Opening)
        for number in case.recoveries:
            self._read(f"recovery-{number}.json", Recovery)
            self._read(f"opened-{number}.json", Opening)
        self.claims: dict[Attempt, Claim] = {}
        self.receipts: dict[Attempt, Receipt] = {}
        self.refused: set[Attempt] = set()
        for name in case.under("letters"):
            if found := _ATTEMPT.fullmatch(name.removeprefix(f"{case.request}/")):
                self._take(name, (found[1], int(found[2])), found[3])

    def _take(self, name: str, attempt: Attempt, what: str) -> None:
        match what:
            case "claim" if claim := self.case.read(name, Claim):
                self.claims[attempt] = claim
            case "receipt" if receipt := self.case.read(name, Receipt):
                self.receipts[attempt] = receipt
            case "nothing-sent" if self.case.read(name, NothingSent):
                self.refused.add(attempt)
            case _:
                self.unreadable.append(name)

    def _read(self, file: str, model: type[Read]) -> Read | None:
        name = f"{self.request}/{file}"
        found = self.case.read(name, model)
        if found is None and name in self.case.objects:
            self.unreadable.append(name)
        return found

    @cached_property
    def chain(self) -> tuple[Entry, ...]:
        """The record that counts: after a reset, that of the latest life."""
        return tuple(entry for _, entry in self.case.chain)

    @cached_property
    def superseded(self) -> tuple[Entry, ...]:
        """Entries from before a reset which the record that counts does not hold."""
        return tuple(sorted((self.case.entries[name] for name in self.case.beside), key=lambda one: one.number))

    @property
    def was_reset(self) -> bool:
        """Whether the case file holds two records: one from before a reset."""
        return bool(self.superseded) and self._broken is None

    @property
    def was_opened(self) -> bool:
        """Whether a workflow ever drove the request."""
        return f"{self.request}/opened.json" in self.case.objects

    @property
    def has_ended(self) -> bool:
        """Whether the record that counts tells of an end."""
        return any(isinstance(entry.event, RequestClosed) for entry in self.chain)

    @cached_property
    def copies(self) -> frozenset[Attempt]:
        """Letters that say themselves that they may be a second copy. The first attempt is a copy of nothing."""
        return frozenset(
            attempt
            for attempt, receipt in self.receipts.items()
            if attempt[1] > 1 and _says_copy(self.case.objects.get(receipt.eml.uri, b""))
        )

    def findings(self, now: datetime) -> Iterator[Finding]:
        """What does not agree. What is younger than a quarter of an hour may be under way."""
        for name in self.unreadable:
            yield finding(self.request, f"{name} cannot be read", "verify {id}", "the-record-was-changed")
        if f"{self.request}/start.json" not in self.case.objects:
            yield finding(self.request, "has no start record", "status {id}", "a-backup-was-restored")
        if self._broken:
            wrong = f"its record is not whole: {self._broken}"
            yield finding(self.request, wrong, "verify {id}", "the-record-was-changed")
            return  # nothing can be held against a record that is not one
        yield from self._changed()
        yield from self._claims(now)
        yield from self._receipts(now)
        yield from self._forgotten_messages()

    @cached_property
    def _accepted(self) -> dict[str, SentLetter]:
        """Letters that a record has as accepted, also one from before a reset, by the hash of the message."""
        events = (entry.event for entry in self.case.entries.values())
        letters = (event.letter for event in events if isinstance(event, LetterAccepted))
        return {letter.receipt.eml.sha256: letter for letter in letters}

    @cached_property
    def _receipts_on_record(self) -> list[Receipt]:
        events = (entry.event for entry in self.case.entries.values())
        return [event.letter.receipt for event in events if isinstance(event, LetterAccepted)]

    @cached_property
    def _broken(self) -> str | None:
        if not self.case.under("timeline"):
            return None  # nothing was filed yet
        return next(map(str, wrong_in_chain(self.case)), None)

    def _changed(self) -> Iterator[Finding]:
        """Records that are not as their entry says, or in none. Of letters under way more is said below."""
        unsettled = (attempt for attempt, claim in self.claims.items() if not self._settled(attempt, claim))
        under_way = {self._place(attempt, "claim") for attempt in unsettled}
        under_way |= {self._place(attempt, "receipt") for attempt in self.receipts}
        changed = [*misfiled(self.case), *(one for one in unnamed(self.case) if one.file not in under_way)]
        start = f"{self.request}/start.json"
        known = {*self.unreadable} if start in self.case.objects else {*self.unreadable, start}
        for wrong in records(changed):
            if wrong.file not in known:
                yield finding(self.request, str(wrong), "verify {id}", "the-record-was-changed")

    def _claims(self, now: datetime) -> Iterator[Finding]:
        for (step, attempt), claim in sorted(self.claims.items()):
            settled = self._settled((step, attempt), claim)
            marked = any(name == step and other > attempt for name, other in self.copies)
            if not settled and not marked and now - claim.claimed_at > WORTH_SAYING:
                yield self._letter(f"{step}, attempt {attempt}: claimed, and nobody knows whether it went out")

    def _settled(self, attempt: Attempt, claim: Claim) -> bool:
        """Whether it is known what became of a claimed letter."""
        returned = (entry.event for entry in self.case.entries.values() if isinstance(entry.event, DeliveryRecorded))
        came_back = (event.step for event in returned if event.outcome == "failed")
        is_answered = attempt in self.receipts.keys() | self.refused or claim.eml.sha256 in self._accepted
        return is_answered or attempt[0] in came_back

    def _place(self, attempt: Attempt, what: str) -> str:
        return f"{self.request}/letters/{attempt[0]}/attempt-{attempt[1]}.{what}.json"

    def _receipts(self, now: datetime) -> Iterator[Finding]:
        receipted = {receipt.eml.sha256 for receipt in self.receipts.values()}
        seen: set[tuple[str, str]] = set()
        for (step, attempt), receipt in sorted(self.receipts.items()):
            if (step, receipt.recipient) in seen and (step, attempt) not in self.copies:
                wrong = f"{step} went out twice, and attempt {attempt} does not say that it may be a second copy"
                yield self._letter(wrong)
            seen.add((step, receipt.recipient))
            on_record = self._accepted.get(receipt.eml.sha256)
            if on_record and receipt not in self._receipts_on_record:
                yield self._letter(f"{step}, attempt {attempt}: its receipt says something else than the record")
            if on_record is None and now - receipt.accepted_at > WORTH_SAYING:
                yield self._letter(f"{step}, attempt {attempt}: has a receipt, and the record does not have it")
        for sha256, letter in self._accepted.items():
            if sha256 not in receipted:
                yield self._letter(f"{letter.step} is on record as accepted, and has no receipt")

    def _forgotten_messages(self) -> Iterator[Finding]:
        """What was reported before a reset, and the record that counts does not have."""
        if not self.was_reset:
            return
        late = (self.case.read(name, RecordResponse) for name in self.case.under("after-closing"))
        reported = (entry.event for entry in self.chain)
        known = {event.event_id for event in reported if isinstance(event, Reported)}
        known |= {one.event_id for one in late if one}
        for entry in self.superseded:
            event = entry.event
            if isinstance(event, Reported) and event.event_id not in known:
                wrong = f"was reset, and no longer knows of {event.event_id} ({event.kind}): {entry.text}"
                yield finding(self.request, wrong, "timeline {id}", "reset")

    def _letter(self, wrong: str) -> Finding:
        return finding(self.request, wrong, "status {id}", "letters-and-receipts-do-not-agree")

    def missed(
        self, plan: RequestPlan, recipient: Clock, issuer: Clock, *, promised: datetime, now: datetime
    ) -> Finding | None:
        """A step that should have come by ``now``, neither on record nor ``promised`` as the next action."""
        if self._broken or self.has_ended or not self.chain:
            return None
        replayed = replay(plan, recipient, issuer, self.chain)
        due = replayed and replayed.missed(promised=promised, now=now)
        if due is None:
            return None
        wrong = f"by its record, what was due at {due.until:%Y-%m-%d %H:%M} UTC did not happen: {due.then}"
        return finding(self.request, wrong, "explain {id}", "a-step-was-missed")


@dataclass(frozen=True)
class Replayed:
    """A request as its record leaves it, and what it does next."""

    request: Request
    recipient: Clock
    issuer: Clock
    next: Wait

    def missed(self, *, promised: datetime, now: datetime) -> Wait | None:
        """What should have come by ``now``, unless the next action that is ``promised`` is just that.

        A letter that an outage kept back goes in the next office hours after it, and nothing is recorded before.
        """
        if now - self.next.until <= WORTH_SAYING:
            return None
        try:
            action = proceed(self.request, self.recipient, self.issuer, promised - A_SECOND)
        except ValueError:  # a date outside the calendars
            return self.next
        is_promised = isinstance(action, Wait) and abs(action.until - promised) <= A_SECOND
        return None if is_promised else self.next


def replay(plan: RequestPlan, recipient: Clock, issuer: Clock, record: Sequence[Entry]) -> Replayed | None:
    """The request that ``record`` leaves. None where that does not say for certain what comes next."""
    if any(isinstance(entry.event, NOT_FOR_CERTAIN) for entry in record):
        return None
    try:
        request = Request.from_record(plan, record)
        last = proceed(request, recipient, issuer, record[-1].at)
    except (LookupError, ValueError):  # its entries contradict each other, or a date is outside the calendars
        return None
    match last:
        case SendLetter(step):
            last = Wait(max(step.at, record[-1].at), f"{step.id} to the {step.to}")
        case DraftSubpoena(version):
            last = Wait(record[-1].at, f"draft {version}")
        case Wait():
            pass
        case _:
            return None
    return Replayed(request, recipient, issuer, last)


def proceed(request: Request, recipient: Clock, issuer: Clock, now: datetime) -> Action:
    """What the request does at ``now``, with its dates computed."""
    while isinstance(action := request.proceed(now), ComputeDates):
        request.dates_computed(timetable(request.plan, recipient, issuer, action.facts), now)
    return action


def _says_copy(eml: bytes) -> bool:
    body = message_from_bytes(eml, policy=policy.default).get_body(("plain",))
    return body is not None and POSSIBLE_COPY in " ".join(body.get_content().split())
