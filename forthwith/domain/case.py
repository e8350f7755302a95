"""One request: its state, and every decision on it.

Pure: no I/O, no clock, no Temporal. Whoever drives it (the workflow, `preview`, the tests) asks `proceed(now)` what
is to be done, does it, and reports what happened; what people say goes through `refusal` and `record`.

    case = Case(plan, opened_at=now)
    case.proceed(now)        -> SendLetter(demand)
    case.letter_accepted(…)  -> the clock starts
    case.proceed(now)        -> Wait(until the first reminder)

All instants are UTC. Days and hours belong to the calendars and are computed outside (`ComputeDates`).
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from forthwith.domain.actions import Action, Close, ComputeDates, DraftSubpoena, SendLetter, Wait
from forthwith.domain.campaign import RequestPlan
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
from forthwith.domain.subpoena import editable_fields
from forthwith.domain.timetable import TO_RECIPIENT, Chase, Extension, Facts, Step, StepKind, Timetable

MISSED_AFTER = timedelta(hours=1)
"""A reminder this late was missed: we were down, and the campaign's `catch_up` decides about it."""

WORTH_RECORDING = timedelta(minutes=1)
"""A letter later than this says so in the record."""

RETRY_FIRST, RETRY_AT_MOST = timedelta(seconds=30), timedelta(minutes=15)
"""How soon something that failed is tried again: doubling between these two."""

FILE_AGAIN_AFTER = timedelta(minutes=1)

DEFERRALS_BEFORE_ATTENTION = 5

HOLDING = frozenset({Attention.UNREADABLE_MESSAGE, Attention.UNKNOWN_SEND, Attention.DRAFT_REJECTED})
"""These stop the ladder until a person has looked. So does an undeliverable demand or final notice."""

COLLAPSIBLE = (StepKind.ACKNOWLEDGMENT, StepKind.REMINDER)

SYSTEM = Who(name="Forthwith", role="system")


class Case:
    """The life of one request. See the module's docstring for how it is driven."""

    def __init__(self, plan: RequestPlan, *, opened_at: datetime) -> None:
        self.plan = plan
        self.opened_at = opened_at
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

        self._phase = Status.SENDING
        self._clock_from: datetime | None = None
        self._clock_runs = False
        self._series = 0
        self._extensions: tuple[Extension, ...] = ()
        self._overdue_from: datetime | None = None
        self._final_notice_at: datetime | None = None
        self._chase: Chase | None = None
        self._hold_chase: Chase | None = None
        self._hold_count = 0
        self._not_before: datetime | None = None
        self._last_letter_at: datetime | None = None
        self._done: set[str] = set()
        self._attempts: dict[str, int] = {}
        self._in_doubt: set[str] = set()
        self._failures = 0
        self._retry_at: datetime | None = None
        self._drafts = 0
        self._filed = 0
        self._file_again_at: datetime | None = None

    # What is.

    @property
    def status(self) -> Status:
        """Where the request stands, in the vocabulary of the operators' console."""
        if self.outcome:
            return Status(self.outcome.status)
        if self.holds and self._phase is not Status.SENDING:
            return Status.ON_HOLD
        return self._phase

    @property
    def is_open(self) -> bool:
        """True until the request has ended."""
        return self.outcome is None

    @property
    def head(self) -> str:
        """Head of the timeline's chain."""
        return self.timeline[-1].head if self.timeline else GENESIS

    @property
    def ending(self) -> Outcome:
        """How the request ended, with the head of everything recorded. Raises ``ValueError`` while it is open."""
        if self.outcome is None:
            raise ValueError(f"{self.plan.workflow_id} has not ended")
        return self.outcome.model_copy(update={"head": self.head})

    @property
    def is_all_filed(self) -> bool:
        """True when the dossier holds the whole timeline."""
        return self._filed == len(self.timeline)

    @property
    def response_due(self) -> datetime | None:
        """The closing instant of the response time; None until the clock runs."""
        return self.timetable.deadline.closes_at if self.timetable and self._clock_runs else None

    @property
    def demand_sent_at(self) -> datetime | None:
        """When the demand that counts was accepted."""
        sent = [letter for letter in self.letters if letter.kind is StepKind.DEMAND and letter.delivered != "no"]
        return sent[-1].receipt.accepted_at if sent else None

    # What comes next.

    def proceed(self, now: datetime) -> Action:
        """Takes account of the time that has passed until ``now`` and says what is to be done next."""
        if self.outcome:
            return Close()
        if self.timetable is None or self.timetable.facts != self._facts():
            return self._unless_retrying(ComputeDates(self._facts()), now)
        if self._let_time_pass(now, self.timetable):
            return self.proceed(now)
        if self.status is Status.DRAFTING:
            return self._unless_retrying(DraftSubpoena(self._drafts + 1), now)
        step = min(self._pending(self.timetable), key=lambda pending: pending.at, default=None)
        if step and step.at <= now and not self._due_later(step, now):
            return self._unless_retrying(self._letter(step), now)
        if self.timetable.facts != self._facts():
            return self.proceed(now)
        return self._wait(step, self.timetable)

    def pending(self) -> list[Step]:
        """The letters that the present situation calls for, earliest first, none of them sent yet."""
        return sorted(self._pending(self.timetable), key=lambda step: step.at) if self.timetable else []

    def still_wants(self, action: SendLetter | DraftSubpoena) -> bool:
        """Whether an action under way is still called for, after whatever was said meanwhile."""
        if self.outcome:
            return False
        if isinstance(action, DraftSubpoena):
            return self.status is Status.DRAFTING
        return any(step.id == action.step.id for step in self.pending())

    def _facts(self) -> Facts:
        return Facts(
            opened_at=self.opened_at,
            clock_from=self._clock_from,
            series=self._series,
            extensions=self._extensions,
            overdue_from=self._overdue_from,
            final_notice_at=self._final_notice_at,
            chase=self._hold_chase or self._chase,
            not_before=self._not_before,
        )

    def _let_time_pass(self, now: datetime, dates: Timetable) -> bool:
        """Notes a deadline that has passed. True when that changed where the request stands."""
        if self.holds:
            return False
        if self._phase is Status.AWAITING_RESPONSE and now >= dates.deadline.closes_at:
            self._move_to(Status.OVERDUE)
            self._enter(
                now, "deadline_passed", f"The response was due {dates.deadline.in_words()}; {self._what_is_missing()}."
            )
            return True
        if self._phase is Status.OVERDUE and self._cure_is_over(now, dates):
            self._move_to(Status.DRAFTING)
            self._enter(now, "cure_period_over", f"The time to cure is over; {self._what_is_missing()}.")
            return True
        return False

    def _cure_is_over(self, now: datetime, dates: Timetable) -> bool:
        if self.plan.campaign.ladder.final_notice is None:
            return True
        return dates.cure is not None and now >= dates.cure.closes_at

    def _pending(self, dates: Timetable) -> list[Step]:
        """The letters that the present situation calls for, none of them sent yet."""
        steps = [step for step in dates.steps if step.id not in self._done]
        if self._hold_chase or self._phase in (Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE):
            return [step for step in steps if step.to != "recipient"]
        if self._phase is Status.SENDING and not self._chase:
            return [step for step in steps if step.kind is StepKind.DEMAND]
        if self._phase is Status.SENDING:
            return [step for step in steps if step.to != "recipient"]
        if self._phase is Status.AWAITING_RESPONSE:
            return [step for step in steps if step.kind in COLLAPSIBLE and self._makes_sense(step)]
        if self._phase is Status.OVERDUE and self._final_notice_at is None:
            return [step for step in steps if step.kind is StepKind.FINAL_NOTICE]
        return []

    def _makes_sense(self, step: Step) -> bool:
        """No chase for an acknowledgment once we heard of the recipient; no reminder before its own demand."""
        if step.kind is StepKind.ACKNOWLEDGMENT and self.heard_at:
            return False
        return self._clock_from is not None and step.planned_at > self._clock_from

    def _due_later(self, step: Step, now: datetime) -> bool:
        """Whether a step whose moment has come must wait or fall away after all: missed, out of hours, too soon."""
        if step.kind in COLLAPSIBLE and now - step.at > MISSED_AFTER and self._collapse(step, now):
            return True
        if step.until and now >= step.until:
            self._not_before = now
            return True
        gap = self.plan.campaign.mail.minimum_gap.elapsed
        if step.to == "recipient" and self._last_letter_at and now < self._last_letter_at + gap:
            self._not_before = self._last_letter_at + gap
            return True
        return False

    def _collapse(self, step: Step, now: datetime) -> bool:
        """After an outage, drops ``step`` when the campaign's `catch_up` says so."""
        missed = [later for later in self.pending() if later.at <= now and later.id != step.id]
        policy = self.plan.campaign.mail.catch_up
        if policy == "all" or (policy == "latest" and not missed):
            return False
        self._done.add(step.id)
        why = "a later one is due as well" if policy == "latest" else "its moment has passed"
        self._enter(now, "letter_dropped", f"The {step.id} was missed and is not sent: {why}.", step=step.id)
        return True

    def _letter(self, step: Step) -> SendLetter:
        return SendLetter(step, self._attempts.get(step.id, 1), possible_copy=step.id in self._in_doubt)

    def _unless_retrying(self, action: Action, now: datetime) -> Action:
        if self._retry_at and now < self._retry_at:
            return Wait(self._retry_at, "another try")
        return action

    def _wait(self, step: Step | None, dates: Timetable) -> Wait:
        moments: list[tuple[datetime, str]] = []
        if step:
            moments.append((step.at, f"{step.id} to the {step.to}"))
        if self._phase is Status.AWAITING_RESPONSE and not self.holds:
            moments.append((dates.deadline.closes_at, "the response is overdue"))
        if self._phase is Status.OVERDUE and dates.cure and not self.holds:
            moments.append((dates.cure.closes_at, "the time to cure is over"))
        if self._file_again_at:
            moments.append((self._file_again_at, "another try to file the record"))
        return Wait(*min(moments))

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
        self._worked(Attention.DATES_FAILED)
        if self._clock_runs and (before is None or before.deadline != dates.deadline or not self._said_when_due()):
            self._enter(
                now,
                "deadline_computed",
                f"The response is due {dates.deadline.in_words()}.",
                due=dates.deadline.closes_at.isoformat(),
                rule=dates.deadline.rule,
                calendar=dates.deadline.calendar_sha256,
            )

    def letter_accepted(self, step: Step, receipt: Receipt, *, possible_copy: bool, now: datetime) -> None:
        """The mail server took a letter."""
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
        self._in_doubt.discard(step.id)
        self._worked(Attention.MAIL_DELAYED)
        self._enter(
            now,
            "letter_sent",
            _sent_in_words(sent),
            step=step.id,
            message_id=receipt.message_id,
            eml=receipt.eml.sha256,
        )
        if step.kind in TO_RECIPIENT:
            self._last_letter_at = receipt.accepted_at
        match step.kind:
            case StepKind.DEMAND if self.plan.campaign.clock.starts == "accepted":
                self._start_clock(receipt.accepted_at)
            case StepKind.DEMAND:
                self._chase = Chase(topic="hold", name="delivery", since=receipt.accepted_at)
            case StepKind.FINAL_NOTICE:
                self._final_notice_at = receipt.accepted_at
            case StepKind.ACKNOWLEDGMENT | StepKind.REMINDER:
                pass
            case _:
                self._asked_again(step, receipt.accepted_at)

    def letter_deferred(self, step: Step, reason: str, *, retry_after: timedelta, now: datetime) -> None:
        """Certainly nothing was sent, and it can be tried again."""
        self._attempts[step.id] = self._attempts.get(step.id, 1) + 1
        self._failed(now, retry_after)
        self._enter(now, "letter_deferred", f"The {step.id} could not be handed over yet: {reason}", step=step.id)
        if self._failures >= DEFERRALS_BEFORE_ATTENTION:
            self._ask_for(Attention.MAIL_DELAYED, f"{step.id}: {reason}")
        if step.kind is StepKind.DEMAND:
            self._clock_from = self._retry_at

    def letter_refused(self, step: Step, reason: str, now: datetime) -> None:
        """The mail server refuses this letter for good. Nothing was sent, and no clock starts."""
        self._attempts[step.id] = self._attempts.get(step.id, 1) + 1
        self._ask_for(Attention.UNDELIVERABLE, f"{step.id}: {reason}")
        self._enter(now, "letter_refused", f"The {step.id} cannot be delivered: {reason}", step=step.id)
        if step.kind in (StepKind.DEMAND, StepKind.FINAL_NOTICE):
            self._hold(Attention.UNDELIVERABLE, now)
        elif step.kind in TO_RECIPIENT:
            self._done.add(step.id)
        else:
            self._asked_again(step, now)

    def letter_in_doubt(self, step: Step, reason: str, now: datetime) -> None:
        """Nobody can tell whether this letter was accepted."""
        self._attempts[step.id] = self._attempts.get(step.id, 1) + 1
        self._in_doubt.add(step.id)
        self._enter(now, "letter_in_doubt", f"It is unknown whether the {step.id} was accepted: {reason}", step=step.id)
        if self.plan.campaign.mail.when_unknown == "hold":
            self._ask_for(Attention.UNKNOWN_SEND, f"{step.id}: {reason}")
            self._hold(Attention.UNKNOWN_SEND, now)

    def letter_unanswered(self, step: Step, now: datetime) -> None:
        """The sender itself was lost. The same attempt is made again; its claim in the dossier tells what happened."""
        self._enter(
            now,
            "sender_lost",
            f"The process that was sending the {step.id} was lost; the dossier is asked.",
            step=step.id,
        )

    def drafted(self, draft: Draft, now: datetime) -> None:
        """A draft is ready for review, unless it is no longer wanted."""
        self._worked(Attention.DRAFT_FAILED)
        self._drafts = draft.version
        if self.status is not Status.DRAFTING:
            self._enter(now, "draft_discarded", f"Draft {draft.version} is no longer needed.", sha256=draft.sha256)
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

    def letter_stopped(self, step: Step, now: datetime) -> None:
        """A letter was called back in time: certainly nothing was sent."""
        self._enter(now, "letter_stopped", f"The {step.id} was called back before it went out.", step=step.id)

    def failed(self, what: Attention, reason: str, now: datetime) -> None:
        """Our own machinery failed at something; it is tried again and a person is told."""
        self._failed(now, RETRY_FIRST)
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
        self._ask_for(Attention.DOSSIER_UNWRITABLE, reason)

    def unreadable(self, name: str, content: str, problem: str, now: datetime) -> None:
        """A signal that nobody can read. It is kept, and the ladder waits until a person has looked."""
        self.messages += 1
        if self.messages > MOST_MESSAGES:
            content, problem = "", f"the request already took {MOST_MESSAGES} messages"
            if Attention.UNREADABLE_MESSAGE in self.holds:
                return
        self._enter(now, "unreadable_message", f"A message {name!r} could not be read: {problem}", content=content)
        if self.outcome:
            return
        self._ask_for(Attention.UNREADABLE_MESSAGE, f"{name}: {problem}")
        self._hold(Attention.UNREADABLE_MESSAGE, now)

    def cancelled(self, reason: str, now: datetime) -> None:
        """Somebody cancelled the workflow itself, which means the same as a withdrawal."""
        if self.is_open:
            self._end(Status.WITHDRAWN, f"Withdrawn: the workflow was cancelled. {reason}".strip(), now)

    # What people say.

    def refusal(self, message: AnyMessage, now: datetime) -> str:
        """Why ``message`` cannot be taken now, naming what is wrong and what would be right; empty when it can."""
        if earlier := self.answers.get(message.event_id):
            return "" if earlier[0] == message else f"event_id: {message.event_id} was already used for another message"
        if self.outcome:
            return f"the request has ended as {self.outcome.status}"
        if self.messages >= MOST_MESSAGES:
            return f"the request already took {MOST_MESSAGES} messages, the most that one request takes"
        match message:
            case RecordResponse():
                return self._refusal_of_response(message, now)
            case AcceptResponse():
                return self._refusal_of_acceptance(message)
            case Acknowledge():
                return self._refusal_of_instant("received_at", message.received_at, now)
            case DeliveryReport():
                return self._refusal_of_delivery(message, now)
            case ExtendDeadline():
                return self._refusal_of_extension(message, now)
            case ReviewSubpoena():
                return self._refusal_of_review(message)
            case EscalateNow():
                return self._refusal_of_escalation()
            case ResolveAttention():
                return self._refusal_of_resolution(message)
            case Withdraw() | AddNote():
                return ""

    def record(self, message: AnyMessage, now: datetime) -> Answer:
        """Takes a message that was not refused, and answers it. The same event gives the same answer again."""
        if earlier := self.answers.get(message.event_id):
            return earlier[1]
        self.messages += 1
        match message:
            case RecordResponse():
                text = self._respond(message, now)
            case AcceptResponse():
                text = self._accept(message, now)
            case Acknowledge():
                self.heard_at = self.heard_at or message.received_at
                text = self._said(
                    now, "acknowledged", "The recipient acknowledged the demand.", message, note=message.note
                )
            case DeliveryReport():
                text = self._delivery(message, now)
            case ExtendDeadline():
                text = self._extend(message, now)
            case ReviewSubpoena():
                text = self._review(message, now)
            case EscalateNow():
                text = self._escalate(message, now)
            case Withdraw():
                text = self._end(Status.WITHDRAWN, f"Withdrawn: {message.reason}", now, by=message.by)
            case ResolveAttention():
                text = self._resolve(message, now)
            case AddNote():
                text = self._said(now, "note", message.note, message)
        answer = Answer(
            recorded=len(self.timeline),
            text=text,
            status=self.status,
            outstanding=self.items.outstanding,
            attention=tuple(self.attention),
            response_due=self.response_due,
            next_action_at=None,
        )
        self.answers[message.event_id] = (message, answer)
        return answer

    # Responses.

    def _refusal_of_response(self, response: RecordResponse, now: datetime) -> str:
        if refusal := self._refusal_of_instant("received_at", response.received_at, now):
            return refusal
        if response.items == "all" or not response.items:
            return (
                "items: a production says which items it answers"
                if response.kind == "production" and not response.items
                else ""
            )
        if response.kind in ("refusal", "no_records"):
            return f"items: a {response.kind} speaks of every item; leave items out"
        if unknown := self.items.unknown(report.id for report in response.items):
            known = ", ".join(state.id for state in self.items.states)
            return f"items: the demand has no {', '.join(unknown)}; it has {known}"
        return ""

    def _refusal_of_instant(self, field: str, instant: datetime, now: datetime) -> str:
        if instant > now:
            return f"{field}: {instant.isoformat()} is in the future"
        if instant < self.opened_at:
            return f"{field}: {instant.isoformat()} is before the request was started ({self.opened_at.isoformat()})"
        return ""

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
        self._after_items_changed(bool(changed), now)
        return text

    def is_on_time(self, response: RecordResponse) -> bool | None:
        """Whether a response came before the closing instant; None while no clock runs."""
        return response.received_at < self.response_due if self.response_due else None

    def _refusal_of_acceptance(self, acceptance: AcceptResponse) -> str:
        if self.plan.campaign.completeness != "reviewed":
            return "the campaign takes responses as reported (completeness: reported); there is nothing to accept"
        claimed = self.items.claimed
        if acceptance.items == "all":
            return "" if claimed else "items: nothing is claimed as complete"
        if unclaimed := [item for item in acceptance.items if item not in claimed]:
            return f"items: {', '.join(unclaimed)} not claimed as complete; claimed are {', '.join(claimed) or 'none'}"
        return ""

    def _accept(self, acceptance: AcceptResponse, now: datetime) -> str:
        accepted = self.items.claimed if acceptance.items == "all" else acceptance.items
        self.items.accept(accepted)
        text = f"{', '.join(accepted)} accepted as complete; {self._what_is_missing()}."
        self._said(now, "response_accepted", text, acceptance, reason=acceptance.reason)
        self._after_items_changed(True, now)
        return text

    def _after_items_changed(self, changed: bool, now: datetime) -> None:
        if not self.items.outstanding:
            late = any(self.is_on_time(response) is False for response in self.responses)
            self._end(
                Status.COMPLIED,
                "Every item is settled" + (", the last of them late." if late else "."),
                now,
                on_time=not late,
            )
        elif changed and self._phase in (Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE):
            self._redraft("what is outstanding has changed", now)

    # Delivery.

    def _refusal_of_delivery(self, report: DeliveryReport, now: datetime) -> str:
        sent = [letter.step for letter in self.letters]
        if report.letter not in sent:
            return f"letter: no {report.letter!r} was sent; sent were {', '.join(sent) or 'none'}"
        return self._refusal_of_instant("at", report.at, now)

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
        if delivered == "no":
            self._bounced(letter, evidence, now)
        elif letter.kind is StepKind.DEMAND and self._phase is Status.SENDING:
            self._start_clock(report.at)
        return text

    def _bounced(self, letter: SentLetter, evidence: str, now: datetime) -> None:
        """A bounce means not served: a demand's clock stops, a final notice was never given."""
        self._ask_for(Attention.UNDELIVERABLE, f"{letter.step}: {evidence or 'returned'}")
        if letter.kind is StepKind.DEMAND:
            self._clock_runs, self._clock_from, self._chase, self.draft = False, None, None, None
            self._begin_series()
            self._move_to(Status.SENDING)
            self._hold(Attention.UNDELIVERABLE, now)
        elif letter.kind is StepKind.FINAL_NOTICE and self._phase is Status.OVERDUE:
            self._final_notice_at = None
            self._done.discard(letter.step)
            self._attempts[letter.step] = self._attempts.get(letter.step, 1) + 1
            self._hold(Attention.UNDELIVERABLE, now)

    # The deadline.

    def _refusal_of_extension(self, extension: ExtendDeadline, now: datetime) -> str:
        if not self._clock_runs or self.timetable is None:
            return "the clock does not run yet; there is no deadline to extend"
        if extension.period and extension.period.is_elapsed and not self._is_elapsed():
            return "period: an extension of a deadline in days is given in days or business_days"
        if extension.to is None:
            return ""
        if extension.to <= self.timetable.deadline.due:
            return f"to: {extension.to} is not after {self.timetable.deadline.due}, when the response is due already"
        if extension.to < now.astimezone(ZoneInfo(self.plan.jurisdiction.timezone)).date():
            return f"to: {extension.to} is in the past"
        return ""

    def _is_elapsed(self) -> bool:
        within = self.plan.campaign.clock.response.within
        return within is not None and within.is_elapsed

    def _extend(self, extension: ExtendDeadline, now: datetime) -> str:
        self._extensions += (Extension(to=extension.to, period=extension.period),)
        self._begin_series()
        self._move_to(Status.AWAITING_RESPONSE)
        self.attention.pop(Attention.EXTENSION_REQUESTED, None)
        granted = f"to {extension.to}" if extension.to else f"by {extension.period} from the base date"
        return self._said(
            now, "deadline_extended", f"The deadline was extended {granted}: {extension.reason}", extension
        )

    def _begin_series(self) -> None:
        """The response date is set anew: what was said about the old one no longer counts."""
        self._series += 1
        self._overdue_from, self._final_notice_at, self._chase = None, None, None
        self.draft, self.approved_by = None, None
        self.attention.pop(Attention.REVIEW_LATE, None)
        self.attention.pop(Attention.ISSUANCE_LATE, None)

    def _start_clock(self, instant: datetime) -> None:
        self._clock_from, self._clock_runs, self._chase = instant, True, None
        self._move_to(Status.AWAITING_RESPONSE)

    # Review.

    def _refusal_of_review(self, review: ReviewSubpoena) -> str:
        if self.draft is None or self._phase is not Status.AWAITING_REVIEW:
            return f"there is no draft to review; the request is {self.status}"
        reviewers = {
            "reviewer": self.plan.campaign.issuer.reviewer.name,
            "supervisor": self.plan.campaign.issuer.supervisor.name,
        }
        if reviewers.get(review.by.role) != review.by.name:
            named = " or ".join(f"{name!r} as {role}" for role, name in reviewers.items())
            return f"by: only {named} reviews this draft, not {review.by.name!r} as {review.by.role}"
        if review.sha256 != self.draft.sha256:
            return f"sha256: {review.sha256[:12]}… is not draft {self.draft.version}, which is {self.draft.sha256}"
        if unknown := [field for field in review.fields if field not in editable_fields(self.plan.campaign)]:
            return f"fields: no field {', '.join(unknown)}; fields are {', '.join(editable_fields(self.plan.campaign))}"
        if review.decision == "approve" and self.draft.missing:
            return f"a draft cannot be approved with empty fields: {', '.join(self.draft.missing)}"
        return ""

    def _review(self, review: ReviewSubpoena, now: datetime) -> str:
        version = self.draft.version if self.draft else 0
        match review.decision:
            case "approve":
                text = f"Draft {version} was approved."
                self.approved_by = review.by
                self.attention.pop(Attention.REVIEW_LATE, None)
                self._move_to(Status.AWAITING_ISSUANCE)
                self._chase = Chase(topic="issuance", name=f"issuance-{version}", since=now)
            case "revise":
                text = f"Draft {version} is to be revised" + (
                    f": {', '.join(review.fields)}." if review.fields else "."
                )
                self.draft_fields |= review.fields
                if review.notes:
                    self.revision_notes.append(review.notes)
            case "reject":
                text = f"Draft {version} was rejected: {review.reason}"
                self._ask_for(Attention.DRAFT_REJECTED, review.reason)
        decided = {"approve": "draft_approved", "revise": "draft_revised", "reject": "draft_rejected"}[review.decision]
        self._said(now, decided, text, review, sha256=review.sha256, notes=review.notes)
        if review.decision == "revise":
            self._redraft(f"revision of draft {version}", now)
        if review.decision == "reject":
            self._hold(Attention.DRAFT_REJECTED, now)
        return text

    def _redraft(self, why: str, now: datetime) -> None:
        self.draft, self.approved_by, self._chase = None, None, None
        self.attention.pop(Attention.REVIEW_LATE, None)
        self.attention.pop(Attention.ISSUANCE_LATE, None)
        self._move_to(Status.DRAFTING)
        self._enter(now, "redraft", f"The subpoena is drafted anew: {why}.")

    # Escalation, attention, ends.

    def _refusal_of_escalation(self) -> str:
        if self.holds:
            return f"the request is on hold ({', '.join(self.holds)}); resolve that first"
        if self._phase in (Status.SENDING, Status.DRAFTING):
            return f"there is nothing to escalate while the request is {self._phase}"
        return ""

    def _escalate(self, escalation: EscalateNow, now: datetime) -> str:
        if self._phase is Status.AWAITING_RESPONSE or (self._phase is Status.OVERDUE and self._final_notice_at is None):
            self._overdue_from = now
            self._move_to(Status.OVERDUE)
            what = "the response time is closed"
        elif self._phase is Status.OVERDUE:
            self._move_to(Status.DRAFTING)
            what = "the time to cure is closed"
        else:
            self._chase = self._chase.model_copy(update={"urged": True, "since": now}) if self._chase else None
            what = "the next person is asked at once"
        return self._said(now, "escalated", f"Escalated, {what}: {escalation.reason}", escalation)

    def _refusal_of_resolution(self, resolution: ResolveAttention) -> str:
        if resolution.attention not in self.attention:
            return f"attention: {resolution.attention} is not open; open are {', '.join(self.attention) or 'none'}"
        if resolution.outcome == "unserviceable" and not (
            resolution.attention is Attention.UNDELIVERABLE and self._phase is Status.SENDING
        ):
            return "outcome: only a request whose demand is undeliverable can end as unserviceable"
        return ""

    def _resolve(self, resolution: ResolveAttention, now: datetime) -> str:
        self.attention.pop(resolution.attention, None)
        self._release(resolution.attention)
        if resolution.outcome == "unserviceable":
            return self._end(
                Status.UNSERVICEABLE, f"The demand cannot be delivered: {resolution.reason}", now, by=resolution.by
            )
        text = f"Attention {resolution.attention} was resolved: {resolution.reason}"
        self._said(now, "attention_resolved", text, resolution)
        if resolution.attention is Attention.DRAFT_REJECTED:
            self._redraft("after rejection", now)
        self._retry_at = None
        if self._phase is Status.SENDING and not self._clock_runs and not self._chase:
            self._clock_from = now
        return text

    def _end(
        self, status: Status, text: str, now: datetime, *, by: Who | None = None, on_time: bool | None = None
    ) -> str:
        self._enter(now, "ended", text, by=by)
        self.outcome = Outcome(
            status=status,
            text=text,
            ended_at=now,
            on_time=on_time,
            letters_sent=len(self.letters),
            drafts=self._drafts,
            head=self.head,
        )
        self._hold_chase = None
        self.holds.clear()
        self.attention.clear()
        return text

    # Small motions.

    def _move_to(self, phase: Status) -> None:
        self._phase = phase
        self._retry_at, self._failures = None, 0

    def _hold(self, why: Attention, now: datetime) -> None:
        self.holds[why] = self.attention.get(why, "")
        if self._hold_chase is None:
            self._hold_count += 1
            self._hold_chase = Chase(topic="hold", name=f"hold-{self._hold_count}", since=now)

    def _release(self, why: Attention) -> None:
        self.holds.pop(why, None)
        if not self.holds:
            self._hold_chase = None

    def _asked_again(self, step: Step, at: datetime) -> None:
        """One of our own people was asked, or could not be; either way the next one is due a period later."""
        chase = self._hold_chase or self._chase
        if chase is None or not step.id.startswith(chase.name):
            return
        asked = chase.model_copy(
            update={"since": at, "sent": max(chase.sent, 1 if chase.urged else 0) + 1, "urged": False}
        )
        if self._hold_chase:
            self._hold_chase = asked
        else:
            self._chase = asked
        if step.kind in (StepKind.REVIEW_CHASE, StepKind.REVIEW_ESCALATION):
            self._ask_for(Attention.REVIEW_LATE, f"draft {self._drafts} waits for review")
        if step.kind is StepKind.ISSUANCE_CHASE:
            self._ask_for(Attention.ISSUANCE_LATE, f"draft {self._drafts} waits for issuance")

    def _ask_for(self, attention: Attention, why: str) -> None:
        self.attention[attention] = why

    def _failed(self, now: datetime, first: timedelta) -> None:
        self._failures += 1
        pause = min(first * 2 ** min(self._failures - 1, 10), max(first, RETRY_AT_MOST))
        self._retry_at = now + pause

    def _worked(self, attention: Attention) -> None:
        self._failures, self._retry_at = 0, None
        self.attention.pop(attention, None)

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
