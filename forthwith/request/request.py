"""One request as whoever drives it knows it: its state, its record, and the dates in use.

Pure: no I/O, no clock, no Temporal. Whoever drives it (the workflow, `preview`, the tests) asks `proceed(now)` what is
to be done, does it, and reports what happened; messages go through `refusal` and `take`.

    request = Request.opened(plan, now)
    request.proceed(now)        -> SendLetter(demand)
    request.letter_accepted(…)  -> the clock starts
    request.proceed(now)        -> Wait(until the first reminder)

Nothing is decided here: the events come from the modules of their subjects, become entries of the record, and the state
is their fold. All instants are UTC.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from forthwith.campaign.models import RequestPlan
from forthwith.request import attention, clock_changes, deliveries, events, messages, subpoena_process
from forthwith.request.actions import Action, DraftReferral, DraftSubpoena, SendLetter
from forthwith.request.backoff import (
    COPY,
    DATES,
    DOCUMENTS,
    DRAFT,
    FILING,
    FIRST_RETRY,
    GIVEN_UP,
    MAX_ALIKE,
    MEMO,
    Backoff,
)
from forthwith.request.decision import Decision
from forthwith.request.entries import GENESIS, Entry, first_of
from forthwith.request.event_text import text_of
from forthwith.request.events import AnyEvent
from forthwith.request.evolve import replay
from forthwith.request.limits import MAX_ANSWER_BYTES, MAX_BATCH_BYTES, MAX_REASON_BYTES, cut
from forthwith.request.messages import Answer
from forthwith.request.next_action import facts_of, foreseen_at, next_action, pending, still_wanted
from forthwith.request.record import Draft, Filed, Outcome, Receipt, Recovery
from forthwith.request.state import State
from forthwith.request.time_passing import let_time_pass
from forthwith.request.timetable import Facts, Step, Timetable
from forthwith.request.vocabulary import SYSTEM, Attention, Message, Who

FILE_AGAIN_AFTER = timedelta(minutes=1)


class Request:
    """One request. See the module's docstring for how it is driven."""

    def __init__(self, state: State, entries: Sequence[Entry] = ()) -> None:
        self.state = state
        self.dates: Timetable | None = None
        """The dates in use: those that were computed last. They follow from facts, and are no part of the state."""
        self.timeline = [*entries]
        self._filed = len(self.timeline)
        self._anchor = self.timeline[-1].head if self.timeline else GENESIS
        """Head of what was filed, as it was filed: a later release may word the same entries otherwise in a replay."""
        self.head = self._anchor
        """Head of the timeline's chain."""
        self._backoff = Backoff()

    @classmethod
    def opened(cls, plan: RequestPlan, at: datetime) -> "Request":
        """A request that was started at ``at``."""
        request = cls(State.at_start(plan, at))
        with request._deciding(at) as decision:
            decision.emit(events.RequestOpened(plan=plan.content_hash, opened_at=at))
        return request

    @classmethod
    def from_record(cls, plan: RequestPlan, entries: Sequence[Entry]) -> "Request":
        """A request as its record leaves it, all of it filed. Raises ``ValueError`` for a record without a beginning.

        Its dates are still to be computed, and what failed before is tried at once.
        """
        return cls(replay(plan, entries), entries)

    # What is.

    @property
    def plan(self) -> RequestPlan:
        """What the request was started with."""
        return self.state.plan

    @property
    def ending(self) -> Outcome:
        """How the request ended, with the head of everything recorded. Raises ``ValueError`` while it is open."""
        if self.state.outcome is None:
            raise ValueError(f"{self.plan.workflow_id} has not ended")
        # A letter that could no longer be called back may have been accepted after the end.
        letters = len(self.state.deliveries.letters)
        return self.state.outcome.model_copy(update={"head": self.head, "letters_sent": letters})

    @property
    def facts(self) -> Facts:
        """All that the dates hang on now."""
        return facts_of(self.state, self.dates)

    @property
    def response_due(self) -> datetime | None:
        """The closing instant of the response time; None until the clock runs, and while a pause keeps it open."""
        return self.state.response_due(self.dates)

    @property
    def is_all_filed(self) -> bool:
        """True when the dossier holds the whole timeline."""
        return self._filed == len(self.timeline)

    def timeline_after(self, number: int) -> list[Entry]:
        """The entries after entry ``number``, as many as one answer may hold: one at least, where there is one."""
        return [*first_of(self.timeline[max(number, 0) :], MAX_ANSWER_BYTES)]

    # What comes next.

    def proceed(self, now: datetime) -> Action:
        """Records what has passed until ``now`` and says what is to be done next."""
        while True:
            with self._deciding(now) as decision:
                let_time_pass(decision, self._backoff)
            if not decision.events:
                return next_action(self.state, self.dates, self._backoff, now)

    def pending(self) -> list[Step]:
        """The letters that the present situation calls for, earliest first, none of them sent yet."""
        return pending(self.state, self.dates)

    def still_wants(self, action: SendLetter | DraftSubpoena | DraftReferral) -> bool:
        """Whether an action under way is still called for, after whatever was reported meanwhile."""
        return still_wanted(self.state, self.dates, action)

    # What people and systems report.

    def refusal(self, message: Message, now: datetime) -> str:
        """Why ``message`` cannot be taken now, naming what is wrong and what would be right; empty when it can."""
        return messages.refusal(self._decision(now), message)

    def take(self, message: Message, now: datetime) -> Answer:
        """Takes a message that was not refused, and answers it. The same event again changes nothing."""
        with self._deciding(now, by=message.by) as decision:
            messages.decide(decision, message)
        _, number = self.state.record.answers[message.event_id]
        return Answer(
            recorded=number,
            text=self.timeline[number - 1].text,
            status=self.state.status,
            outstanding=self.state.items.outstanding,
            attention=tuple(self.state.attention.reasons),
            response_due=self.response_due,
            next_action_at=foreseen_at(self.state, self.dates, self._backoff, now),
        )

    def unreadable(self, name: str, content: str, problem: str, now: datetime) -> None:
        """A signal that nobody can act on."""
        with self._deciding(now) as decision:
            attention.message_unreadable(decision, name, content, problem)

    def cancelled(self, reason: str, now: datetime) -> None:
        """Somebody cancelled the workflow itself."""
        with self._deciding(now) as decision:
            attention.workflow_cancelled(decision, cut(reason, MAX_REASON_BYTES))

    def case_opened(self, objects: tuple[Filed, ...], now: datetime, *, cancelled: str | None = None) -> None:
        """The workflow has its case file, which begins with ``objects``; it was ``cancelled`` before it was reset."""
        with self._deciding(now) as decision:
            decision.emit(events.CaseFileOpened(objects=objects))
            if cancelled is not None:
                attention.workflow_cancelled(decision, cancelled)

    def recovered(self, recovery: Recovery, now: datetime, *, objects: tuple[Filed, ...] = ()) -> None:
        """Another workflow continues from the case file, to which ``objects`` entitle it."""
        with self._deciding(now, by=recovery.by) as decision:
            decision.emit(
                events.RequestRecovered(after_run=recovery.after_run, reason=recovery.reason, objects=objects)
            )

    def response_kept(self, event_id: str, response: Filed, *, by: Who, now: datetime) -> None:
        """A response came in after the end, and is kept in the case file."""
        with self._deciding(max(now, self.timeline[-1].at), by=by) as decision:
            decision.emit(events.ResponseKeptAfterClosing(event_id=event_id, response=response))

    # What became of what was to be done.

    def dates_computed(self, dates: Timetable, now: datetime) -> None:
        """The dates that follow from the facts are known."""
        with self._deciding(now) as decision:
            clock_changes.dates_computed(decision, dates)
            self.dates = dates
            self._backoff.forget(DATES)

    def letter_accepted(self, step: Step, receipt: Receipt, *, possible_copy: bool, now: datetime) -> None:
        """The mail server took a letter."""
        with self._deciding(now) as decision:
            deliveries.letter_accepted(decision, step, receipt, possible_copy=possible_copy)

    # In what follows, ``evidence`` is what the case file has of the attempt: why nothing was sent, or its claim.

    def letter_deferred(
        self, step: Step, reason: str, *, retry_after: timedelta, now: datetime, evidence: Filed | None = None
    ) -> None:
        """Certainly nothing was sent, and it can be tried again."""
        with self._deciding(now) as decision:
            failures = self._backoff.failed(step.id, now, retry_after)
            deliveries.letter_deferred(
                decision, step, cut(reason, MAX_REASON_BYTES), failures=failures, evidence=evidence
            )

    def letter_refused(self, step: Step, reason: str, now: datetime, *, evidence: Filed | None = None) -> None:
        """The mail server refuses this letter for good."""
        with self._deciding(now) as decision:
            deliveries.letter_refused(decision, step, cut(reason, MAX_REASON_BYTES), evidence)

    def letter_unconfirmed(self, step: Step, reason: str, now: datetime, *, evidence: Filed | None = None) -> None:
        """Nobody can tell whether this letter was accepted."""
        with self._deciding(now) as decision:
            self._backoff.failed(step.id, now, at_once=1)
            deliveries.letter_unconfirmed(decision, step, cut(reason, MAX_REASON_BYTES), evidence)

    def is_superseded(self, letter: SendLetter) -> bool:
        """Whether ``letter`` goes to an address that was corrected meanwhile."""
        return deliveries.is_superseded(self.state, letter)

    def letter_superseded(self, step: Step, reason: str, now: datetime, *, evidence: Filed | None = None) -> None:
        """A letter to an address that was corrected meanwhile was not accepted there: no action needed."""
        with self._deciding(now) as decision:
            deliveries.letter_superseded(decision, step, cut(reason, MAX_REASON_BYTES), evidence)

    def letter_called_back(self, step: Step, now: datetime) -> None:
        """A letter was called back in time: certainly nothing was sent."""
        with self._deciding(now) as decision:
            deliveries.letter_called_back(decision, step)

    def sender_lost(self, step: Step, now: datetime) -> None:
        """The sender itself was lost. The same attempt is made again; its claim tells what happened."""
        with self._deciding(now) as decision:
            self._backoff.failed(step.id, now, at_once=2)
            deliveries.sender_lost(decision, step)

    def draft_finished(self, draft: Draft, now: datetime) -> None:
        """A draft is drawn up."""
        with self._deciding(now) as decision:
            subpoena_process.draft_finished(decision, draft)

    def record_copy_finished(self, document: Filed, now: datetime) -> None:
        """The record copy of what was issued is drawn up."""
        with self._deciding(now) as decision:
            subpoena_process.record_copy_finished(decision, document)

    def memo_finished(self, memo: Filed, now: datetime) -> None:
        """The referral memo is drawn up."""
        with self._deciding(now) as decision:
            subpoena_process.memo_finished(decision, memo)

    def work_failed(
        self, work: str, attention_reason: Attention, reason: str, now: datetime, *, alike: bool = False
    ) -> None:
        """Our machinery failed at ``work``: dates, a document or a letter. It is tried again.

        Where another try would most likely fail ``alike``, a few more are made, and then none until a person says so.
        """
        with self._deciding(now) as decision:
            gives_up = alike and self._backoff.failures(work) + 1 >= MAX_ALIKE
            self._backoff.failed(work, now, GIVEN_UP if gives_up else FIRST_RETRY)
            attention.work_failed(decision, work, attention_reason, cut(reason, MAX_REASON_BYTES), gives_up=gives_up)

    # The record.

    def to_file(self, now: datetime) -> tuple[Entry, ...]:
        """The entries that the dossier should take now, as many as are filed at once: none while it is being spared
        after a failure."""
        if not self._backoff.allows(FILING, now):
            return ()
        self.head = self._anchor
        for place in range(self._filed, len(self.timeline)):
            entry = self.timeline[place] = self.timeline[place].following(self.head)
            self.head = entry.head
        return first_of(self.timeline[self._filed :], MAX_BATCH_BYTES)

    def filed(self, count: int, now: datetime, *, head: str | None = None) -> None:
        """The dossier took ``count`` entries, the last of which has the hash ``head``; by default as they are here."""
        self._filed += count
        self._anchor = head or self.timeline[self._filed - 1].head
        if self.is_all_filed:
            self.head = self._anchor
        self._backoff.forget(FILING)
        if Attention.DOSSIER_UNWRITABLE in self.state.attention.reasons:
            with self._deciding(now) as decision:
                decision.emit(events.FilingRecovered())

    def not_filed(self, reason: str, now: datetime) -> None:
        """The dossier could not take entries. They are kept here and offered again."""
        self._backoff.failed(FILING, now, FILE_AGAIN_AFTER)
        if Attention.DOSSIER_UNWRITABLE not in self.state.attention.reasons:
            with self._deciding(now) as decision:
                decision.emit(events.FilingFailed(reason=cut(reason, MAX_REASON_BYTES)))

    def _decision(self, now: datetime) -> Decision:
        return Decision(self.state, self.dates, now)

    @contextmanager
    def _deciding(self, now: datetime, *, by: Who = SYSTEM) -> Generator[Decision]:
        """A decision, of which everything is recorded once it is made. What it was made on is ``by`` somebody."""
        decision = self._decision(now)
        yield decision
        self._record(decision, by)

    def _record(self, decision: Decision, by: Who = SYSTEM) -> None:
        """Adds one entry for each event, chained to the one before. Consequences of the first are ours."""
        for event in decision.events:
            number, text = len(self.timeline) + 1, text_of(event)
            entry = Entry(number=number, at=decision.now, by=by, event=event, text=text, previous=self.head)
            self.timeline.append(entry)
            self.head = entry.head
            self._heed(event)
            by = SYSTEM
        if decision.state.phase is not self.state.phase:
            self._backoff.forget(*DOCUMENTS)
        self.state = decision.state

    def _heed(self, event: AnyEvent) -> None:
        """What an event means for the tries to come."""
        match event:
            case events.LetterAccepted():
                self._backoff.forget(event.letter.step)
            case events.UnconfirmedLetterSettled():
                self._backoff.forget(event.step)
            case events.DraftReady() | events.DraftDiscarded() | events.DraftSuperseded():
                self._backoff.forget(DRAFT)
            case events.RecordCopyFiled():
                self._backoff.forget(COPY)
            case events.MemoReady() | events.MemoDiscarded() | events.MemoSuperseded():
                self._backoff.forget(MEMO)
            case events.AttentionResolved() if event.attention not in attention.ABOUT_WHAT_WAS_REPORTED:
                self._backoff.clear()  # somebody says that it works again
            case events.RecipientCorrected() if event.recipient.email != event.was.email:
                self._backoff.clear()
            case _:
                pass
