"""One request: its state, and every decision on it.

Pure: no I/O, no clock, no Temporal. Whoever drives it (the workflow, `preview`, the tests) asks `proceed(now)` what
is to be done, does it, and reports what happened; what people say goes through `refusal` and `record`.

    case = Case(plan, opened_at=now)
    case.proceed(now)        -> SendLetter(demand)
    case.letter_accepted(…)  -> the clock starts
    case.proceed(now)        -> Wait(until the first reminder)

All instants are UTC. Days and hours belong to the calendars and are computed outside (`ComputeDates`).

Which messages are refused, and why, is in forthwith/domain/refusals.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from forthwith.domain import refusals
from forthwith.domain.actions import Action, Close, ComputeDates, DraftSubpoena, SendLetter, Wait
from forthwith.domain.campaign import RequestPlan, Role
from forthwith.domain.items import Items
from forthwith.domain.messages import (
    MOST_MESSAGES,
    AcceptResponse,
    Acknowledge,
    AddNote,
    Answer,
    AnyMessage,
    Attention,
    DeliveryReport,
    EscalateNow,
    ExtendDeadline,
    RecordResponse,
    ResolveAttention,
    ResponseKind,
    ReviewSubpoena,
    Status,
    Who,
    Withdraw,
)
from forthwith.domain.record import GENESIS, Draft, Entry, Outcome, Receipt, SentLetter
from forthwith.domain.timetable import Chase, Extension, Facts, Step, StepKind, Timetable, colleagues

MISSED_AFTER = timedelta(hours=1)
"""A reminder this late was missed: we were down, and the campaign's `catch_up` decides about it."""

WORTH_RECORDING = timedelta(minutes=1)
"""What happens later than this says so in the record, and a letter that states a date has it computed anew."""

RETRY_FIRST, RETRY_AT_MOST = timedelta(seconds=30), timedelta(minutes=15)
"""How soon something that failed is tried again: doubling between these two."""

FILE_AGAIN_AFTER = timedelta(minutes=1)

DEFERRALS_BEFORE_ATTENTION = 5

DOUBTS_BEFORE_HOLD = 3
"""A letter in doubt this often is sent no more before a person has looked, also where the policy is to resend."""

COLLAPSIBLE = (StepKind.ACKNOWLEDGMENT, StepKind.REMINDER)

STATES_A_DATE = (StepKind.DEMAND, StepKind.FINAL_NOTICE)
"""These letters state a date that is counted from the day they go out."""

ON_OUR_DESK = (Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE)
"""The recipient's time is over, and a draft waits for one of our own people."""

DATES, DRAFT = "dates", "draft"
"""What is tried again besides letters, which go by their step."""

SYSTEM = Who(name="Forthwith", role="system")


@dataclass(frozen=True)
class _Retry:
    """How often something failed in a row, and when it is tried again."""

    failures: int
    at: datetime


class Case:
    """The life of one request. See the module's docstring for how it is driven.

    A *hold* stops the ladder until a person has looked: no letter to the recipient, no step of escalation, no
    approval. The recipient's time runs on meanwhile, since a hold is ours, not theirs; what our own people owe is
    given its whole period again when the hold ends. Whatever is on hold is brought up every business day.
    """

    def __init__(self, plan: RequestPlan, *, opened_at: datetime) -> None:
        self.plan = plan
        self.opened_at = opened_at
        self.phase = Status.SENDING
        """Where the request stands apart from holds and ends; `status` is what people are shown."""
        self.items = Items(plan.campaign.demand.items, plan.campaign.completeness)
        self.attention: dict[Attention, str] = {}
        self.holds: dict[Attention, str] = {}
        self.outcome: Outcome | None = None
        self.timeline: list[Entry] = []
        self.letters: list[SentLetter] = []
        self.responses: list[RecordResponse] = []
        self.answers: dict[str, tuple[AnyMessage, Answer]] = {}
        self.draft: Draft | None = None
        self.draft_fields: dict[str, str] = {}
        self.revision_notes: list[str] = []
        self.approved_by: Who | None = None
        self.messages = 0
        self.heard_at: datetime | None = None
        """When the recipient was first heard of: an acknowledgment or any response."""
        self.timetable: Timetable | None = None

        self._clock_from: datetime | None = None
        self._demands = 0
        self._series = 0
        self._series_from: datetime | None = None
        self._extensions: tuple[Extension, ...] = ()
        self._overdue_from: datetime | None = None
        self._final_notice_at: datetime | None = None
        self._chase: Chase | None = None
        self._hold_chase: Chase | None = None
        self._hold_count = 0
        self._gap_until: datetime | None = None
        self._not_before: datetime | None = None
        self._last_letter_at: datetime | None = None
        self._done: set[str] = set()
        self._attempts: dict[str, int] = {}
        self._doubts: dict[str, int] = {}
        self._retries: dict[str, _Retry] = {}
        self._versions = 0
        """Numbers of drafts that were given out; one that was overtaken while it was drawn up is not given again."""
        self._drafts = 0
        self._filed = 0
        self._file_again_at: datetime | None = None
        self._is_flooded = False

    # What is.

    @property
    def status(self) -> Status:
        """Where the request stands, in the vocabulary of the operators' console.

        A demand that cannot be delivered is still `Sending`; any other hold is `OnHold`.
        """
        if self.outcome:
            return Status(self.outcome.status)
        if self.holds and (self.phase is not Status.SENDING or set(self.holds) != {Attention.UNDELIVERABLE}):
            return Status.ON_HOLD
        return self.phase

    @property
    def is_open(self) -> bool:
        """True until the request has ended."""
        return self.outcome is None

    @property
    def clock_runs(self) -> bool:
        """Whether the response time is running, or has run out."""
        return self._clock_from is not None

    @property
    def head(self) -> str:
        """Head of the timeline's chain."""
        return self.timeline[-1].head if self.timeline else GENESIS

    @property
    def ending(self) -> Outcome:
        """How the request ended, with the head of everything recorded. Raises ``ValueError`` while it is open."""
        if self.outcome is None:
            raise ValueError(f"{self.plan.workflow_id} has not ended")
        # A letter that could no longer be called back may have been accepted after the end.
        return self.outcome.model_copy(update={"head": self.head, "letters_sent": len(self.letters)})

    @property
    def is_all_filed(self) -> bool:
        """True when the dossier holds the whole timeline."""
        return self._filed == len(self.timeline)

    @property
    def response_due(self) -> datetime | None:
        """The closing instant of the response time; None until the clock runs."""
        return self.timetable.deadline.closes_at if self.timetable and self.clock_runs else None

    @property
    def demand_sent_at(self) -> datetime | None:
        """When the demand that counts was accepted."""
        sent = [letter for letter in self.letters if letter.kind is StepKind.DEMAND and letter.delivered != "no"]
        return sent[-1].receipt.accepted_at if sent else None

    # What comes next.

    def proceed(self, now: datetime) -> Action:
        """Takes account of the time that has passed until ``now`` and says what is to be done next.

        The one action of an open request is something to do now, or a wait for a moment after ``now``.
        """
        while self.is_open:
            dates, facts = self.timetable, self._facts()
            if dates is None or dates.facts != facts:
                return self._unless_paused(ComputeDates(facts), DATES, now)
            if self._let_time_pass(now, dates):
                continue
            if self.status is Status.DRAFTING:
                return self._unless_paused(DraftSubpoena(self._versions + 1), DRAFT, now)
            step = self._next_step(dates)
            if step and self._moves(step, now, dates):
                continue
            if step and self._moment(step) <= now:
                return self._letter(step)
            return self._wait(self._moments(dates), now)
        return Close()

    def pending(self) -> list[Step]:
        """The letters that the present situation calls for, earliest first, none of them sent yet."""
        return sorted(self._pending(self.timetable), key=lambda step: step.at) if self.timetable else []

    def still_wants(self, action: SendLetter | DraftSubpoena) -> bool:
        """Whether an action under way is still called for, after whatever was said meanwhile."""
        if self.outcome:
            return False
        if isinstance(action, DraftSubpoena):
            return self.status is Status.DRAFTING and action.version == self._versions + 1
        if action.step.to == "recipient" and not self._is_current(action.step):
            return False
        return any(step.id == action.step.id for step in self.pending())

    def _facts(self) -> Facts:
        return Facts(
            opened_at=self.opened_at,
            clock_from=self._clock_from,
            demands=self._demands,
            series=self._series,
            extensions=self._extensions,
            overdue_from=self._overdue_from,
            final_notice_at=self._final_notice_at,
            chase=self._hold_chase or self._chase,
            gap_until=self._gap_until,
            not_before=self._not_before,
        )

    def _let_time_pass(self, now: datetime, dates: Timetable) -> bool:
        """Notes a deadline that has passed. True when that changed where the request stands."""
        if self.holds:
            return False
        if self.phase is Status.AWAITING_RESPONSE and now >= dates.deadline.closes_at:
            self._move_to(Status.OVERDUE)
            self._enter(
                now,
                "deadline_passed",
                f"The response was due {dates.deadline.in_words()}; {self._what_is_missing()}."
                + _noted_late(now - dates.deadline.closes_at),
            )
            return True
        if self.phase is not Status.OVERDUE:
            return False
        if self.plan.campaign.ladder.final_notice is None:
            self._move_to(Status.DRAFTING)
            self._enter(now, "no_time_to_cure", f"No final notice is foreseen; {self._what_is_missing()}.")
            return True
        # The time to cure is the time after a final notice that was given, not after one that should have been.
        if self._final_notice_at and dates.cure and now >= dates.cure.closes_at:
            self._move_to(Status.DRAFTING)
            self._enter(
                now,
                "cure_period_over",
                f"The time to cure is over; {self._what_is_missing()}." + _noted_late(now - dates.cure.closes_at),
            )
            return True
        return False

    def _next_step(self, dates: Timetable) -> Step | None:
        return min(self._pending(dates), key=lambda step: step.at, default=None)

    def _pending(self, dates: Timetable) -> list[Step]:
        """The letters that the present situation calls for, none of them sent yet."""
        steps = [step for step in dates.steps if step.id not in self._done]
        if chase := self._hold_chase or self._chase:
            return [step for step in steps if chase.asked_by(step.id)]
        match self.phase:
            case Status.SENDING:
                return [step for step in steps if step.kind is StepKind.DEMAND]
            case Status.AWAITING_RESPONSE:
                return [step for step in steps if step.kind in COLLAPSIBLE and self._makes_sense(step)]
            case Status.OVERDUE if self._final_notice_at is None:
                return [step for step in steps if step.kind is StepKind.FINAL_NOTICE]
            case _:
                return []

    def _makes_sense(self, step: Step) -> bool:
        """No chase for an acknowledgment once we heard of the recipient; no reminder before its date was set.

        A reminder whose day was over when an extension was granted was not missed: it was never due.
        """
        if step.kind is StepKind.ACKNOWLEDGMENT:
            return self.heard_at is None
        return self._series_from is not None and step.planned_at > self._series_from

    def _moves(self, step: Step, now: datetime, dates: Timetable) -> bool:
        """Whether the next letter goes at another moment after all, or not at all. True when that changed something."""
        if step.to == "recipient" and self._last_letter_at:
            gap_ends = self._last_letter_at + self.plan.campaign.mail.minimum_gap.elapsed
            if step.at < gap_ends:
                self._gap_until = gap_ends
                return True
        if self._moment(step) > now:
            return False
        if step.kind in COLLAPSIBLE and now - step.at > MISSED_AFTER and self._is_missed(step, now):
            return True
        is_stale = step.kind in STATES_A_DATE and now - step.at > WORTH_RECORDING
        if is_stale or (step.until and now >= step.until):
            self._not_before = now
            return True
        if step.kind is StepKind.DEMAND and now >= dates.deadline.closes_at:
            self._ask_for(
                Attention.ON_HOLD,
                f"the response was due {dates.deadline.in_words()}, before the demand went out: extend or withdraw",
            )
            self._hold(Attention.ON_HOLD, now)
            return True
        return False

    def _is_missed(self, step: Step, now: datetime) -> bool:
        """After an outage, drops ``step`` when the campaign's `catch_up` says so.

        A letter that was tried in time and put off by the mail server was not missed; it gives way to a later one only.
        """
        policy = self.plan.campaign.mail.catch_up
        overtaken = policy != "all" and any(s.at <= now and s.id != step.id for s in self.pending())
        was_tried = step.id in self._attempts or step.id in self._retries
        if not overtaken and (policy != "none" or was_tried):
            return False
        self._done.add(step.id)
        why = "a later one is due as well" if overtaken else "its moment has passed"
        self._enter(now, "letter_dropped", f"The {step.id} was missed and is not sent: {why}.", step=step.id)
        return True

    def _letter(self, step: Step) -> SendLetter:
        if step.kind is StepKind.HOLD_CHASE and not self.holds:
            self._ask_for(Attention.ON_HOLD, "the demand was accepted, and no delivery of it is on record")
        return SendLetter(step, self._attempts.get(step.id, 1), possible_copy=step.id in self._doubts)

    def _moment(self, step: Step) -> datetime:
        """When ``step`` is done: at its date, or when it is tried again."""
        retry = self._retries.get(step.id)
        return max(step.at, retry.at) if retry else step.at

    def _unless_paused(self, action: Action, what: str, now: datetime) -> Action:
        retry = self._retries.get(what)
        return self._wait([(retry.at, f"another try: {what}")], now) if retry and retry.at > now else action

    def _moments(self, dates: Timetable) -> Iterator[tuple[datetime, str]]:
        """Everything that happens by the mere passing of time."""
        if step := self._next_step(dates):
            yield self._moment(step), f"{step.id} to the {step.to}"
        if self.holds:
            return
        if self.phase is Status.AWAITING_RESPONSE:
            yield dates.deadline.closes_at, "the response is overdue"
        if self.phase is Status.OVERDUE and self._final_notice_at and dates.cure:
            yield dates.cure.closes_at, "the time to cure is over"

    def _wait(self, moments: "Iterator[tuple[datetime, str]] | list[tuple[datetime, str]]", now: datetime) -> Wait:
        foreseen = list(moments)
        if self._file_again_at and self._file_again_at > now:  # once it has come, whoever waits files first
            foreseen.append((self._file_again_at, "another try to file the record"))
        until, then = min(foreseen)
        return Wait(until.astimezone(UTC), then)

    def _foreseen_at(self, now: datetime) -> datetime | None:
        """The next moment as far as it is known: not while something is being done, or dates have to be computed."""
        dates = self.timetable
        if not self.is_open or dates is None or dates.facts != self._facts():
            return None
        return min((at for at, _ in self._moments(dates) if at > now), default=None)

    # What happened.

    def opened(self, now: datetime) -> None:
        """The case file was opened."""
        self._enter(
            now,
            "opened",
            f"The request was started with plan {self.plan.content_hash[:12]}.",
            plan=self.plan.content_hash,
        )

    def dates_computed(self, dates: Timetable, now: datetime) -> None:
        """The dates that follow from the facts are known."""
        before = self.timetable
        self.timetable = dates
        self._worked(DATES, Attention.DATES_FAILED)
        if not self.clock_runs or dates.facts != self._facts():
            return  # nothing runs, or what was said meanwhile makes these dates moot
        if before is None or before.deadline != dates.deadline or not self._said_when_due():
            self._enter(
                now,
                "deadline_computed",
                f"The response is due {dates.deadline.in_words()}.",
                due=dates.deadline.closes_at.isoformat(),
                rule=dates.deadline.rule,
                calendar=dates.deadline.calendar_sha256,
            )

    def letter_accepted(self, step: Step, receipt: Receipt, *, possible_copy: bool, now: datetime) -> None:
        """The mail server took a letter. One that was overtaken by what was said meanwhile starts no clock."""
        late = receipt.accepted_at - step.planned_at
        sent = SentLetter(
            step=step.id,
            kind=step.kind,
            to=step.to,
            receipt=receipt,
            possible_copy=possible_copy,
            late_by_seconds=int(late.total_seconds()) if late > WORTH_RECORDING else 0,
        )
        self.letters.append(sent)
        self._done.add(step.id)
        self._doubts.pop(step.id, None)
        self._worked(step.id, Attention.MAIL_DELAYED, Attention.LETTER_FAILED)
        self._enter(
            now,
            "letter_sent",
            _sent_in_words(sent),
            step=step.id,
            message_id=receipt.message_id,
            eml=receipt.eml.sha256,
        )
        if step.to != "recipient":
            self._asked(step, receipt.accepted_at)
            return
        self._last_letter_at = receipt.accepted_at
        if not self._is_current(step):
            return
        if step.kind is StepKind.DEMAND and self.phase is Status.SENDING:
            if self.plan.campaign.clock.starts == "accepted":
                self._start_clock(receipt.accepted_at)
            else:
                name = f"delivery-{self._demands + 1}"
                self._chase = Chase(topic="hold", name=name, since=receipt.accepted_at)
        if step.kind is StepKind.FINAL_NOTICE and self.phase is Status.OVERDUE:
            self._final_notice_at = receipt.accepted_at

    def letter_deferred(self, step: Step, reason: str, *, retry_after: timedelta, now: datetime) -> None:
        """Certainly nothing was sent, and it can be tried again."""
        self._next_attempt(step)
        failures = self._try_again(step.id, now, retry_after)
        self._enter(now, "letter_deferred", f"The {step.id} could not be handed over yet: {reason}", step=step.id)
        if failures >= DEFERRALS_BEFORE_ATTENTION:
            self._ask_for(Attention.MAIL_DELAYED, f"{step.id}: {reason}")

    def letter_refused(self, step: Step, reason: str, now: datetime) -> None:
        """The mail server refuses this letter for good. Nothing was sent, and no clock starts.

        The ladder does not go on past a demand or a final notice that could not be given. A reminder is only a
        courtesy, and a letter to one of our own people goes to somebody else instead.
        """
        self._next_attempt(step)
        self._ask_for(Attention.UNDELIVERABLE, f"{step.id}: {reason}")
        self._enter(now, "letter_refused", f"The {step.id} cannot be delivered: {reason}", step=step.id)
        if step.to != "recipient":
            self._done.add(step.id)
            self._asked(step, now, refused=True)
        elif step.kind in COLLAPSIBLE:
            self._done.add(step.id)
        elif self._is_current(step):
            self._hold(Attention.UNDELIVERABLE, now)

    def letter_in_doubt(self, step: Step, reason: str, now: datetime) -> None:
        """Nobody can tell whether this letter was accepted. The next one says that it may be a second copy.

        The policy `hold` is about the recipient: a second copy to one of our own people harms nobody.
        """
        self._next_attempt(step)
        doubts = self._doubts.get(step.id, 0) + 1
        self._doubts[step.id] = doubts
        self._try_again(step.id, now, RETRY_FIRST, at_once=1)
        self._enter(now, "letter_in_doubt", f"It is unknown whether the {step.id} was accepted: {reason}", step=step.id)
        policy = self.plan.campaign.mail.when_unknown
        if step.to == "recipient" and (policy == "hold" or doubts >= DOUBTS_BEFORE_HOLD):
            self._ask_for(Attention.UNKNOWN_SEND, f"{step.id}: {reason}")
            self._hold(Attention.UNKNOWN_SEND, now)

    def letter_unanswered(self, step: Step, now: datetime) -> None:
        """The sender itself was lost. The same attempt is made again; its claim in the dossier tells what happened."""
        self._try_again(step.id, now, RETRY_FIRST, at_once=2)
        self._enter(
            now,
            "sender_lost",
            f"The process that was sending the {step.id} was lost; the dossier is asked.",
            step=step.id,
        )

    def letter_stopped(self, step: Step, now: datetime) -> None:
        """A letter was called back in time: certainly nothing was sent."""
        self._enter(now, "letter_stopped", f"The {step.id} was called back before it went out.", step=step.id)

    def drafted(self, draft: Draft, now: datetime) -> None:
        """A draft is ready for review, unless it is no longer wanted."""
        wanted = self.still_wants(DraftSubpoena(draft.version))
        self._versions = max(self._versions, draft.version)
        self._drafts += 1
        self._worked(DRAFT, Attention.DRAFT_FAILED)
        if not wanted:
            text = f"Draft {draft.version} is no longer needed."
            self._enter(now, "draft_discarded", text, sha256=draft.sha256, uri=draft.document.uri)
            return
        self.draft = draft
        self._move_to(Status.AWAITING_REVIEW)
        self._chase = Chase(topic="review", name=f"review-{draft.version}", since=now)
        self._enter(
            now,
            "draft_ready",
            f"Draft {draft.version} is ready for review.",
            sha256=draft.sha256,
            uri=draft.document.uri,
        )

    def failed(self, what: Attention, reason: str, now: datetime, *, step: Step | None = None) -> None:
        """Our own machinery failed, at dates, a draft or a letter; it is tried again and a person is told."""
        key = DRAFT if what is Attention.DRAFT_FAILED else DATES if step is None else step.id
        self._try_again(key, now, RETRY_FIRST)
        if what not in self.attention:
            self._enter(now, what.value, reason)
        self._ask_for(what, reason)

    def to_file(self, now: datetime) -> tuple[Entry, ...]:
        """The entries that the dossier should take now: none while it is being spared after a failure."""
        return () if self._file_again_at and now < self._file_again_at else tuple(self.timeline[self._filed :])

    def filed(self, count: int) -> None:
        """The dossier took ``count`` entries."""
        self._filed += count
        self._file_again_at = None
        self.attention.pop(Attention.DOSSIER_UNWRITABLE, None)

    def not_filed(self, reason: str, now: datetime) -> None:
        """The dossier could not take entries. They are kept here and offered again."""
        self._file_again_at = now + FILE_AGAIN_AFTER
        self.attention[Attention.DOSSIER_UNWRITABLE] = reason  # also of a request that has ended: it is not closed yet

    def unreadable(self, name: str, content: str, problem: str, now: datetime) -> None:
        """A signal that nobody can act on. It is kept, and the ladder waits until a person has looked.

        Beyond the cap that is said once and no content is kept: the workflow's own history still has it.
        """
        self.messages += 1
        if self.messages > MOST_MESSAGES:
            if self._is_flooded:
                return
            self._is_flooded = True
            content, problem = "", f"the request already took {MOST_MESSAGES} messages; this one and later are not kept"
        self._enter(now, "unreadable_message", f"A message {name!r} could not be read: {problem}", content=content)
        self._ask_for(Attention.UNREADABLE_MESSAGE, f"{name}: {problem}")
        self._hold(Attention.UNREADABLE_MESSAGE, now)

    def cancelled(self, reason: str, now: datetime) -> None:
        """Somebody cancelled the workflow itself, which means the same as a withdrawal."""
        if self.is_open:
            self._end(Status.WITHDRAWN, f"Withdrawn: the workflow was cancelled. {reason}".strip(), now)

    # What people say.

    def refusal(self, message: AnyMessage, now: datetime) -> str:
        """Why ``message`` cannot be taken now, naming what is wrong and what would be right; empty when it can."""
        return refusals.refusal(self, message, now)

    def record(self, message: AnyMessage, now: datetime) -> Answer:
        """Takes a message that was not refused, and answers it. The same event gives the same answer again."""
        if earlier := self.answers.get(message.event_id):
            return earlier[1]
        self.messages += 1
        recorded = len(self.timeline) + 1
        match message:
            case RecordResponse():
                text = self._respond(message, now)
            case AcceptResponse():
                text = self._accept(message, now)
            case Acknowledge():
                self.heard_at = self.heard_at or message.received_at
                text = "The recipient acknowledged the demand."
                self._said(now, "acknowledged", text, message, note=message.note)
            case DeliveryReport():
                text = self._delivery(message, now)
            case ExtendDeadline():
                text = self._extend(message, now)
            case ReviewSubpoena():
                text = self._review(message, now)
            case EscalateNow():
                text = self._escalate(message, now)
            case Withdraw():
                text = f"Withdrawn: {message.reason}"
                self._said(now, "withdrawn", text, message)
                self._end(Status.WITHDRAWN, text, now)
            case ResolveAttention():
                text = self._resolve(message, now)
            case AddNote():
                text = self._said(now, "note", message.note, message)
        answer = Answer(
            recorded=recorded,
            text=text,
            status=self.status,
            outstanding=self.items.outstanding,
            attention=tuple(self.attention),
            response_due=self.response_due,
            next_action_at=self._foreseen_at(now),
        )
        self.answers[message.event_id] = (message, answer)
        return answer

    # Responses.

    def _respond(self, response: RecordResponse, now: datetime) -> str:
        self.responses.append(response)
        self.heard_at = self.heard_at or response.received_at
        changed = self.items.apply(response)
        timing = "" if self.is_on_time(response) is not False else ", after the deadline"
        what = _KINDS_IN_WORDS[response.kind]
        text = f"{what} from {response.sender} was received{timing}; {self._what_is_missing()}."
        self._said(
            now, "response_received", text, response, received_at=response.received_at.isoformat(), note=response.note
        )
        if response.kind == "refusal":
            self._ask_for(Attention.REFUSAL, f"{response.sender} refuses")
        if response.kind == "extension_request":
            self._ask_for(Attention.EXTENSION_REQUESTED, f"{response.sender} asks for more time")
        if objected := [report.id for report in changed if report.disposition == "objected"]:
            self._ask_for(Attention.OBJECTION, f"objection to {', '.join(objected)}")
        if changed or response.kind == "refusal":  # a draft states both, item by item
            self._findings_changed(now)
        return text

    def is_on_time(self, response: RecordResponse) -> bool | None:
        """Whether a response came before the closing instant; None while no clock runs."""
        return response.received_at < self.response_due if self.response_due else None

    def _accept(self, acceptance: AcceptResponse, now: datetime) -> str:
        accepted = self.items.claimed if acceptance.items == "all" else tuple(dict.fromkeys(acceptance.items))
        self.items.accept(accepted)
        text = f"{', '.join(accepted)} accepted as complete; {self._what_is_missing()}."
        self._said(now, "response_accepted", text, acceptance, reason=acceptance.reason)
        self._findings_changed(now)
        return text

    def _findings_changed(self, now: datetime) -> None:
        """Ends a request with nothing outstanding; else draws anew whatever states what is outstanding.

        Where a person has to accept what is claimed and everything is claimed, the request waits for us, not for the
        recipient: the ladder holds until the claims are accepted, or the hold is resolved because they are not true.
        """
        outstanding = self.items.outstanding
        if not outstanding:
            late = self.items.settled_late(self.response_due)
            text = "Every item is settled" + (", not all of them in time." if late else ".")
            self._end(Status.COMPLIED, text, now, on_time=not late)
            return
        if self.phase in ON_OUR_DESK:
            self._redraft("what is outstanding has changed", now)
        elif self.phase is Status.DRAFTING:
            self._versions += 1  # what is being drawn up is out of date
            self._retries.pop(DRAFT, None)
        if self._waits_for_acceptance():
            self._ask_for(Attention.ON_HOLD, "everything is claimed as complete: accept it, or resolve this to go on")
            self._hold(Attention.ON_HOLD, now)
        elif self.plan.campaign.completeness == "reviewed" and Attention.ON_HOLD in self.holds:
            self._resolved(Attention.ON_HOLD, now)

    def _waits_for_acceptance(self) -> bool:
        return bool(self.items.claimed) and set(self.items.outstanding) == set(self.items.claimed)

    # Delivery.

    def _delivery(self, report: DeliveryReport, now: datetime) -> str:
        place = max(n for n, letter in enumerate(self.letters) if letter.step == report.letter)
        letter = self.letters[place]
        evidence = report.diagnostic or report.how
        text = f"The {letter.step} was reported as {report.outcome}" + (f": {evidence}" if evidence else ".")
        self._said(now, f"letter_{report.outcome}", text, report, step=letter.step)
        if report.outcome == "delayed":
            return text
        delivered = "yes" if report.outcome == "delivered" else "no"
        self.letters[place] = letter.model_copy(update={"delivered": delivered, "evidence": evidence})
        is_latest = letter.step == [other.step for other in self.letters if other.kind is letter.kind][-1]
        if delivered == "yes":
            if is_latest:
                self._arrived(letter, max(report.at, letter.receipt.accepted_at), now)
        elif letter.delivered != "no":
            self._came_back(letter, evidence, now, is_latest=is_latest)
        return text

    def _arrived(self, letter: SentLetter, at: datetime, now: datetime) -> None:
        """Delivery is on record: by the mail system, or by a courier after the mail had come back."""
        if letter.kind is StepKind.DEMAND and self.phase is Status.SENDING:
            self._resolved(Attention.UNDELIVERABLE, now)
            if not self._waits_for_acceptance():
                self._resolved(Attention.ON_HOLD, now)
            self._start_clock(at)
        if letter.kind is StepKind.FINAL_NOTICE and letter.delivered == "no" and self._awaits_final_notice():
            self._resolved(Attention.UNDELIVERABLE, now)
            self._final_notice_at = at

    def _awaits_final_notice(self) -> bool:
        return self.phase is Status.OVERDUE and self._final_notice_at is None

    def _came_back(self, letter: SentLetter, evidence: str, now: datetime, *, is_latest: bool) -> None:
        """A bounce means not served: a demand's clock stops, and a final notice was never given.

        So a draft that rests on either is withdrawn, however far it has come. A letter that a later one has replaced
        changes nothing any more.
        """
        self._ask_for(Attention.UNDELIVERABLE, f"{letter.step}: {evidence or 'returned'}")
        if letter.to != "recipient":
            for chase in (self._hold_chase, self._chase):
                if chase and chase.sent and chase.asked_by(letter.step):
                    self._replace(chase, self._without(chase, letter.to, now))
        elif letter.kind is StepKind.DEMAND and is_latest and (self.clock_runs or self._chase):
            self._demands += 1
            self._clock_from = None
            self._begin_series(now, since=None)
            self._move_to(Status.SENDING)
            self._hold(Attention.UNDELIVERABLE, now)
        elif letter.kind is StepKind.FINAL_NOTICE and is_latest and self._final_notice_at:
            self._series += 1
            self._final_notice_at = None
            self._drop_draft()
            self._resolved(Attention.DRAFT_REJECTED, now)
            self._move_to(Status.OVERDUE)
            self._hold(Attention.UNDELIVERABLE, now)

    # The deadline.

    def _extend(self, extension: ExtendDeadline, now: datetime) -> str:
        """More time. Whatever followed from the old date falls away with it: notice, draft, approval, rejection."""
        granted = f"to {extension.to}" if extension.to else f"by {extension.period} from the base date"
        withdrawn = f" Draft {self.draft.version} is withdrawn." if self.draft else ""
        self._extensions += (Extension(to=extension.to, period=extension.period),)
        self.attention.pop(Attention.EXTENSION_REQUESTED, None)
        if self.phase is Status.SENDING:  # a date certain was moved before the demand went out
            if not self._waits_for_acceptance():
                self._resolved(Attention.ON_HOLD, now)
        else:
            self._begin_series(now, since=now)
            self._move_to(Status.AWAITING_RESPONSE)
        text = f"The deadline was extended {granted}: {extension.reason}{withdrawn}"
        return self._said(now, "deadline_extended", text, extension)

    def _begin_series(self, now: datetime, *, since: datetime | None) -> None:
        """The response date is set anew: what was said about the old one no longer counts."""
        self._series += 1
        self._series_from = since
        self._overdue_from, self._final_notice_at = None, None
        self._drop_draft()
        self._resolved(Attention.DRAFT_REJECTED, now)

    def _start_clock(self, instant: datetime) -> None:
        if self.outcome:
            return
        self._clock_from, self._series_from, self._chase = instant, instant, None
        if Attention.ON_HOLD not in self.holds:
            self.attention.pop(Attention.ON_HOLD, None)
        self._move_to(Status.AWAITING_RESPONSE)

    # Review.

    def _review(self, review: ReviewSubpoena, now: datetime) -> str:
        version = self.draft.version if self.draft else 0
        match review.decision:
            case "approve":
                text = f"Draft {version} was approved."
                self._said(now, "draft_approved", text, review, sha256=review.sha256, notes=review.notes)
                self.approved_by = review.by
                self.attention.pop(Attention.REVIEW_LATE, None)
                self._move_to(Status.AWAITING_ISSUANCE)
                self._chase = Chase(topic="issuance", name=f"issuance-{version}", since=now)
            case "revise":
                changes = f": {', '.join(review.fields)}" if review.fields else ""
                text = f"Draft {version} is to be revised{changes}."
                self._said(now, "draft_revised", text, review, sha256=review.sha256, notes=review.notes)
                self.draft_fields |= review.fields
                if review.notes:
                    self.revision_notes.append(review.notes)
                self._resolved(Attention.DRAFT_REJECTED, now)  # the revision says what was wrong
                self._redraft(f"revision of draft {version}", now)
            case "reject":
                text = f"Draft {version} was rejected: {review.reason}"
                self._said(now, "draft_rejected", text, review, sha256=review.sha256, notes=review.notes)
                self._ask_for(Attention.DRAFT_REJECTED, review.reason)
                self._hold(Attention.DRAFT_REJECTED, now)
        return text

    def _redraft(self, why: str, now: datetime) -> None:
        self._drop_draft()
        self._move_to(Status.DRAFTING)
        self._enter(now, "redraft", f"The subpoena is drafted anew: {why}.")

    # Escalation, attention, ends.

    def _escalate(self, escalation: EscalateNow, now: datetime) -> str:
        """Takes the next rung: closes the response time, then the time to cure, then asks the next person.

        A final notice that was brought forward and still has not gone out, because of the hour or because no mail
        server takes it, is skipped by a second escalation: that is the operator's decision, and recorded as such.
        """
        if self.phase is Status.AWAITING_RESPONSE or (self._awaits_final_notice() and self._overdue_from is None):
            self._overdue_from = now
            self._move_to(Status.OVERDUE)
            what = "the response time is closed"
        elif self.phase is Status.OVERDUE:
            what = "the time to cure is closed" if self._final_notice_at else "without a final notice"
            self._move_to(Status.DRAFTING)
        else:
            if self._chase:
                self._chase = self._chase.model_copy(update={"urged": True, "since": now})
            what = "the next person is asked at once"
        return self._said(now, "escalated", f"Escalated, {what}: {escalation.reason}", escalation)

    def _resolve(self, resolution: ResolveAttention, now: datetime) -> str:
        if resolution.outcome == "unserviceable":
            text = f"The demand cannot be delivered: {resolution.reason}"
            self._said(now, "attention_resolved", text, resolution)
            self._end(Status.UNSERVICEABLE, text, now)
            return text
        text = f"Attention {resolution.attention} was resolved: {resolution.reason}"
        self._said(now, "attention_resolved", text, resolution)
        rejected = resolution.attention is Attention.DRAFT_REJECTED and self.phase is Status.AWAITING_REVIEW
        self._resolved(resolution.attention, now)
        self._retries.clear()  # somebody says that it works again
        if resolution.attention is Attention.DOSSIER_UNWRITABLE:
            self._file_again_at = None
        if rejected:
            self._redraft("after rejection", now)
        return text

    def _end(self, status: Status, text: str, now: datetime, *, on_time: bool | None = None) -> None:
        self._enter(now, "ended", text if text.startswith(status) else f"{status}: {text}")
        self.outcome = Outcome(
            status=status,
            text=text,
            ended_at=now,
            on_time=on_time,
            letters_sent=len(self.letters),
            drafts=self._drafts,
            head=self.head,
        )
        self._chase, self._hold_chase = None, None
        self.holds.clear()
        self.attention.clear()

    # Small motions.

    def _move_to(self, phase: Status) -> None:
        """Every change of phase. What failed in the old one is no longer being tried."""
        self.phase = phase
        self._retries.pop(DRAFT, None)
        for failure in (Attention.MAIL_DELAYED, Attention.LETTER_FAILED, Attention.DRAFT_FAILED):
            self.attention.pop(failure, None)

    def _is_current(self, step: Step) -> bool:
        """Whether a letter to the recipient belongs to the dates that count now, not to those before an extension."""
        dates = self.timetable
        return (
            dates is not None
            and (dates.facts.series, dates.facts.demands) == (self._series, self._demands)
            and any(step.id == other.id for other in dates.steps)
        )

    def _hold(self, why: Attention, now: datetime) -> None:
        if self.outcome:
            return
        self.holds[why] = self.attention.get(why, "")
        if self._hold_chase is None:
            self._hold_count += 1
            self._hold_chase = Chase(topic="hold", name=f"hold-{self._hold_count}", since=now)

    def _resolved(self, why: Attention, now: datetime) -> None:
        """A reason for attention is gone. With the last hold what our own people owe starts anew."""
        self.attention.pop(why, None)
        if self.holds.pop(why, None) is None or self.holds:
            return
        self._hold_chase = None
        if self._chase:
            self._chase = self._chase.model_copy(update={"since": now})

    def _drop_draft(self) -> None:
        """What was drafted is no longer wanted, and nobody is late with it."""
        self.draft, self.approved_by, self._chase = None, None, None
        self.attention.pop(Attention.REVIEW_LATE, None)
        self.attention.pop(Attention.ISSUANCE_LATE, None)

    def _asked(self, step: Step, at: datetime, *, refused: bool = False) -> None:
        """One of our own people was asked, or could not be; the next one is due a period later, or at once."""
        for chase in (self._hold_chase, self._chase):
            if chase is None or not chase.asked_by(step.id):
                continue
            # Who was urged before the reviewer had even been asked wants the one after the reviewer.
            still_urged = chase.urged and step.kind is StepKind.REVIEW_REQUEST
            asked = chase.model_copy(update={"since": at, "sent": chase.sent + 1, "urged": still_urged})
            self._replace(chase, self._without(asked, step.to, at) if refused else asked)
            if refused or chase.urged:
                continue
            if step.kind in (StepKind.REVIEW_CHASE, StepKind.REVIEW_ESCALATION):
                self._ask_for(Attention.REVIEW_LATE, f"draft {self._versions} waits for review")
            if step.kind is StepKind.ISSUANCE_CHASE:
                self._ask_for(Attention.ISSUANCE_LATE, f"draft {self._versions} waits for issuance")

    def _without(self, chase: Chase, role: Role, at: datetime) -> Chase:
        """The chase once ``role`` cannot be reached: somebody else is asked at once while there is anybody else."""
        unreachable = tuple(dict.fromkeys((*chase.unreachable, role)))
        others = set(colleagues(chase, self.plan.campaign.ladder)) - set(unreachable)
        return chase.model_copy(
            update={"unreachable": unreachable, "urged": bool(others) and role not in chase.unreachable, "since": at}
        )

    def _replace(self, chase: Chase, by: Chase) -> None:
        if chase is self._hold_chase:
            self._hold_chase = by
        else:
            self._chase = by

    def _ask_for(self, attention: Attention, why: str) -> None:
        if self.is_open:
            self.attention[attention] = why

    def _next_attempt(self, step: Step) -> None:
        self._attempts[step.id] = self._attempts.get(step.id, 1) + 1

    def _try_again(self, what: str, now: datetime, first: timedelta, *, at_once: int = 0) -> int:
        """Plans another try, ``at_once`` so many times, then after pauses that double. Returns how often it failed."""
        earlier = self._retries.get(what)
        failures = earlier.failures + 1 if earlier else 1
        doubled = first * 2 ** min(max(failures - at_once - 1, 0), 10)
        pause = timedelta() if failures <= at_once else min(doubled, max(first, RETRY_AT_MOST))
        self._retries[what] = _Retry(failures, now + pause)
        return failures

    def _worked(self, what: str, *attention: Attention) -> None:
        self._retries.pop(what, None)
        for reason in attention:
            self.attention.pop(reason, None)

    def _what_is_missing(self) -> str:
        outstanding = self.items.outstanding
        return f"outstanding: {', '.join(outstanding)}" if outstanding else "nothing is outstanding"

    def _said_when_due(self) -> bool:
        return any(entry.what == "deadline_computed" for entry in self.timeline)

    def _said(self, now: datetime, what: str, text: str, message: AnyMessage, **details: str) -> str:
        self._enter(now, what, text, by=message.by, event_id=message.event_id, **details)
        return text

    def _enter(self, now: datetime, what: str, text: str, *, by: Who | None = None, **details: str) -> None:
        kept = {name: value for name, value in details.items() if value}
        entry = Entry(
            number=len(self.timeline) + 1,
            at=now,
            what=what,
            text=text,
            by=by or SYSTEM,
            details=kept,
            previous=self.head,
        )
        self.timeline.append(entry)


_KINDS_IN_WORDS: dict[ResponseKind, str] = {
    "production": "A production",
    "refusal": "A refusal",
    "no_records": "An answer that there are no records",
    "extension_request": "A request for more time",
    "other": "A letter",
}


def _sent_in_words(sent: SentLetter) -> str:
    text = f"The {sent.step} was accepted by the mail server of the {sent.to}."
    if sent.possible_copy:
        text += " An earlier sending is in doubt, so it says that it may be a second copy."
    if sent.late_by_seconds:
        text += f" It went out {timedelta(seconds=sent.late_by_seconds)} after its date."
    return text


def _noted_late(late: timedelta) -> str:
    return f" This was noted {timedelta(seconds=int(late.total_seconds()))} later." if late > WORTH_RECORDING else ""
