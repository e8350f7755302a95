"""One request: its state, and every decision on it.

Pure: no I/O, no clock, no Temporal. Whoever drives it (the workflow, `preview`, the tests) asks `proceed(now)` what
is to be done, does it, and reports what happened; what people say goes through `refusal` and `record`.

    case = Case(plan, opened_at=now)
    case.proceed(now)        -> SendLetter(demand)
    case.letter_accepted(…)  -> the clock starts
    case.proceed(now)        -> Wait(until the first reminder)

All instants are UTC. Days and hours belong to the calendars and are computed outside (`ComputeDates`).

Which messages are refused, and why, is in forthwith/request/refusals.py; what the others change, in
forthwith/request/hearing.py.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from forthwith.campaign.models import Recipient, RequestPlan, Role
from forthwith.deadlines.pause import Pause
from forthwith.fields import Sha256
from forthwith.request import hearing, refusals
from forthwith.request.actions import (
    Action,
    Close,
    ComputeDates,
    CopyIssued,
    DraftReferral,
    DraftSubpoena,
    SendLetter,
    Wait,
)
from forthwith.request.items import Items
from forthwith.request.messages import (
    MOST_MESSAGES,
    Answer,
    AnyMessage,
    Attention,
    RecordResponse,
    Status,
    Who,
)
from forthwith.request.record import (
    GENESIS,
    Decision,
    Draft,
    Entry,
    Filed,
    Issued,
    KnownDelivery,
    Objection,
    Outcome,
    Receipt,
    Recovery,
    Resent,
    SentLetter,
    ServiceRecord,
    Told,
)
from forthwith.request.telling import Call, told
from forthwith.request.timetable import Chase, Copy, Extension, Facts, Step, StepKind, Timetable, colleagues

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

WHILE_AWAITING = (*COLLAPSIBLE, StepKind.DEFICIENCY)
"""What may go to the recipient while the response time runs."""

STATES_A_DATE = (StepKind.DEMAND, StepKind.DEFICIENCY, StepKind.FINAL_NOTICE)
"""These letters state a date that is counted from the day they go out."""

OVER_FOR_THE_RECIPIENT = (Status.OVERDUE, Status.DRAFTING, Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE)
"""The deadline has passed, and nothing was issued yet that could not be taken back."""

DATES, DRAFT, COPY, MEMO = "dates", "draft", "record copy", "referral memo"
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

    A *pause* is a hold under which the recipient's time stands still as well, so that nobody knows yet when it is over.
    """

    def __init__(self, plan: RequestPlan, *, opened_at: datetime) -> None:
        self.plan = plan
        self.recipient = plan.recipient
        """To whom the letters go: as the plan has it, or as it was corrected since."""
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
        self.drafts: list[Draft] = []
        """Every version that was put before a reviewer."""
        self.decisions: list[Decision] = []
        self.issued: Issued | None = None
        self.issued_copy: Filed | None = None
        """The record copy: the approved version with what was recorded of its issuance, and without the banner."""
        self.service: ServiceRecord | None = None
        self.objections: list[Objection] = []
        self.memo: Filed | None = None
        self.messages = 0
        self.heard_at: datetime | None = None
        """When the recipient was first heard of: an acknowledgment or any response."""
        self.timetable: Timetable | None = None

        # What the dates hang on; `Facts` says what each means.
        self.clock_from: datetime | None = None
        self.demands = 0
        self.series = 0
        self.series_from: datetime | None = None
        """When the present response date was set; a reminder that would have gone before makes no sense."""
        self.extensions: tuple[Extension, ...] = ()
        self.pauses: tuple[Pause, ...] = ()
        self.paused_since: datetime | None = None
        """When the pause began that is not over yet."""
        self.overdue_from: datetime | None = None
        self.final_notice_at: datetime | None = None
        self.cure_closed = False
        """An operator did not wait for the end of the time to cure."""
        self.deficiencies = 0
        self.deficiency_from: datetime | None = None
        self.deficiency_at: datetime | None = None
        self.return_extensions: tuple[Extension, ...] = ()
        self.copies: tuple[Copy, ...] = ()
        self.recipient_calendar: Sha256 | None = None
        self.issuer_calendar: Sha256 | None = None
        self.resent: dict[str, Resent] = {}
        """By the step under which it goes out again."""
        self.refers = False
        """The return date is over, or an operator does not wait for it: the matter is being referred."""
        self.refers_early = False
        """It was an operator who did not wait."""
        self.chase: Chase | None = None
        self.hold_chase: Chase | None = None
        """While on hold, what is asked instead of `chase`."""

        self._hold_count = 0
        self._gap_until: datetime | None = None
        self._not_before: datetime | None = None
        self._last_letter_at: datetime | None = None
        self._done: set[str] = set()
        self._attempts: dict[str, int] = {}
        self._doubts: dict[tuple[str, str], int] = {}
        """How often it is unknown whether a letter was accepted, by its step and the address it went to."""
        self._doubted: dict[str, SendLetter] = {}
        """The latest attempt of each letter that is in doubt."""
        self._known: dict[str, KnownDelivery] = {}
        """Letters in doubt that are known to have arrived, until their receipt is filed."""
        self._retries: dict[str, _Retry] = {}
        self._undelivered_to: Role | None = None
        """Whose letter the attention `undeliverable` is about; the last one where there were several."""
        self._versions = 0
        """Numbers of drafts that were given out; one that was overtaken while it was drawn up is not given again."""
        self._drafts = 0
        self._memos = 0
        self._filed = 0
        self._anchor = GENESIS
        """Head of what was filed, as it was filed: a later release may word the same entries otherwise in a replay."""
        self._file_again_at: datetime | None = None
        self._is_flooded = False
        self.telling: Call | None = None
        """The call under way."""
        self._kept: Call | None = None
        """The last call that an entry has kept."""
        self.dates_told: Facts | None = None
        """The facts of the dates that the entries tell to be in use."""

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
        return self.clock_from is not None

    @property
    def head(self) -> str:
        """Head of the timeline's chain."""
        return self.timeline[-1].head if len(self.timeline) > self._filed else self._anchor

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
        """The closing instant of the response time; None until the clock runs, and while a pause keeps it open."""
        if self.timetable is None or not self.clock_runs:
            return None
        due = self.timetable.deadline.closes_at
        return None if self.paused_since and self.paused_since < due else due

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
                return self._unless_put_off(ComputeDates(facts), DATES, now)
            if letter := next(iter(self._known), None):
                return self._unless_put_off(replace(self._doubted[letter], known=self._known[letter]), letter, now)
            if self.let_time_pass(now):
                continue
            if self.status is Status.DRAFTING:
                return self._unless_put_off(DraftSubpoena(self._versions + 1), DRAFT, now)
            if self._wants_memo():
                return self._unless_put_off(DraftReferral(), MEMO, now)
            if self.draft and self._wants_copy() and self._may_try(COPY, now):
                return CopyIssued(self.draft.version)
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

    def still_wants(self, action: SendLetter | DraftSubpoena | DraftReferral) -> bool:
        """Whether an action under way is still called for, after whatever was said meanwhile."""
        if self.outcome:
            return False
        if isinstance(action, DraftReferral):
            return self._wants_memo()
        if isinstance(action, SendLetter) and (action.known or action.step.id in self._known):
            return action.known is not None and action.step.id in self._known
        if isinstance(action, DraftSubpoena):
            return self.status is Status.DRAFTING and action.version == self._versions + 1
        if action.step.to == "recipient" and not (
            self._is_current(action.step) and action.address == self.recipient.email
        ):
            return False
        return any(step.id == action.step.id for step in self.pending())

    def _facts(self) -> Facts:
        return Facts(
            opened_at=self.opened_at,
            clock_from=self.clock_from,
            demands=self.demands,
            series=self.series,
            extensions=self.extensions,
            pauses=self.pauses,
            overdue_from=self.overdue_from,
            final_notice_at=self.final_notice_at,
            deficiencies=self.deficiencies,
            deficiency_from=self.deficiency_from,
            deficiency_at=self.deficiency_at,
            served_at=self.service.served_at if self.service else None,
            return_extensions=self.return_extensions,
            copies=self.copies,
            recipient_calendar=self.recipient_calendar,
            issuer_calendar=self.issuer_calendar,
            chase=self.hold_chase or self.chase,
            gap_until=self._gap_until,
            not_before=self._not_before,
        )

    @told
    def let_time_pass(self, now: datetime) -> bool:
        """Notes a deadline that has passed, by the dates in use. True when that changed where the request stands."""
        dates = self.timetable
        if dates is None or self.holds:
            return False
        if self._was_early(now, dates):
            hearing.begin_series(self, now, since=now)
            self.move_to(Status.AWAITING_RESPONSE)
            text = (
                f"The response is due {dates.deadline.in_words()}: what followed from an earlier date does not count."
            )
            self.enter(now, "not_due_before", text)
            return True
        if self._cure_goes_on(now, dates):
            hearing.drop_draft(self)
            self.move_to(Status.OVERDUE)
            self.enter(now, "time_to_cure_goes_on", "The time to cure is not over yet; it is waited for.")
            return True
        if self.phase is Status.AWAITING_RESPONSE and now >= dates.deadline.closes_at:
            self.move_to(Status.OVERDUE)
            self.enter(
                now,
                "deadline_passed",
                f"The response was due {dates.deadline.in_words()}; {self.what_is_missing()}."
                + _noted_late(now - dates.deadline.closes_at),
            )
            return True
        if self.phase is Status.AWAITING_RETURN:
            return self._let_return_pass(now, dates)
        if self.phase is not Status.OVERDUE:
            return False
        if self.plan.campaign.ladder.final_notice is None:
            self.move_to(Status.DRAFTING)
            self.enter(now, "no_time_to_cure", f"No final notice is foreseen; {self.what_is_missing()}.")
            return True
        # The time to cure is the time after a final notice that was given, not after one that should have been.
        if self.final_notice_at and dates.cure and now >= dates.cure.closes_at:
            self.move_to(Status.DRAFTING)
            self.enter(
                now,
                "cure_period_over",
                f"The time to cure is over; {self.what_is_missing()}." + _noted_late(now - dates.cure.closes_at),
            )
            return True
        return False

    def _let_return_pass(self, now: datetime, dates: Timetable) -> bool:
        if dates.return_due is None or dates.refer_at is None:
            return False
        if self.refers and not self.refers_early and now < dates.return_due.closes_at:
            self.drop_referral()
            text = f"The return is due {dates.return_due.in_words()}: a referral after an earlier date does not count."
            self.enter(now, "not_due_before", text)
            return True
        if self.refers or now < dates.refer_at:
            return False
        late = _noted_late(now - dates.refer_at)
        text = f"The return date was {dates.return_due.in_words()}; {self.what_is_missing()}.{late}"
        self.refer()
        self.enter(now, "return_passed", text)
        return True

    def _wants_copy(self) -> bool:
        return self.issued is not None and self.issued_copy is None

    def _wants_memo(self) -> bool:
        return self.refers and self.memo is None and not self.holds

    def _may_try(self, what: str, now: datetime) -> bool:
        retry = self._retries.get(what)
        return retry is None or retry.at <= now

    def _was_early(self, now: datetime, dates: Timetable) -> bool:
        """Whether the deadline was noted, or the final notice given, before what turns out to be the deadline.

        Because of a pause that was recorded only then, or of another calendar. What an operator closed stays closed.
        """
        if self.phase not in OVER_FOR_THE_RECIPIENT or self.overdue_from:
            return False
        return (self.final_notice_at or now) < dates.deadline.closes_at

    def _cure_goes_on(self, now: datetime, dates: Timetable) -> bool:
        """Whether the time to cure, taken to be over, turns out to run by another calendar."""
        if self.phase not in OVER_FOR_THE_RECIPIENT[1:] or self.cure_closed or dates.cure is None:
            return False
        return self.final_notice_at is not None and now < dates.cure.closes_at

    def _next_step(self, dates: Timetable) -> Step | None:
        return min(self._pending(dates), key=lambda step: step.at, default=None)

    def _pending(self, dates: Timetable) -> list[Step]:
        """The letters that the present situation calls for, none of them sent yet."""
        steps = [step for step in dates.steps if step.id not in self._done]
        copies = [] if self.holds else [step for step in steps if step.kind is StepKind.COPY]
        return copies + self._called_for(steps)

    def _called_for(self, steps: list[Step]) -> list[Step]:
        """Those of ``steps`` that the ladder has now, apart from what somebody asked for beside it."""
        if chase := self.hold_chase or self.chase:
            return [step for step in steps if chase.asked_by(step.id)]
        match self.phase:
            case Status.SENDING:
                return [step for step in steps if step.kind is StepKind.DEMAND]
            case Status.AWAITING_RESPONSE:
                return [step for step in steps if step.kind in WHILE_AWAITING and self._makes_sense(step)]
            case Status.OVERDUE if self.final_notice_at is None:
                return [step for step in steps if step.kind is StepKind.FINAL_NOTICE]
            case _:
                return []

    def _makes_sense(self, step: Step) -> bool:
        """No chase for an acknowledgment once we heard of the recipient; no reminder before its date was set.

        A reminder whose day was over when an extension was granted was not missed: it was never due.
        """
        if step.kind is StepKind.ACKNOWLEDGMENT:
            return self.heard_at is None
        if step.kind is StepKind.DEFICIENCY:
            return True
        return self.series_from is not None and step.planned_at > self.series_from

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
            self.overtake_demand(f"the response was due {dates.deadline.in_words()}, before the demand went out", now)
            return True
        return False

    def _is_missed(self, step: Step, now: datetime) -> bool:
        """After an outage, drops ``step`` when the campaign's `catch_up` says so.

        A letter that was tried in time and put off by the mail server was not missed; it gives way to a later one only.
        """
        policy = self.plan.campaign.mail.catch_up
        others = [s for s in self.pending() if s.kind is not StepKind.COPY and s.id != step.id]
        overtaken = policy != "all" and any(other.at <= now for other in others)
        was_tried = step.id in self._attempts or step.id in self._retries
        if not overtaken and (policy != "none" or was_tried):
            return False
        self.drop_letter(step.id, "a later one is due as well" if overtaken else "its moment has passed", now)
        return True

    @told
    def drop_letter(self, step: str, why: str, now: datetime) -> None:
        """A letter that was missed is not sent any more."""
        self._done.add(step)
        self.enter(now, "letter_dropped", f"The {step} was missed and is not sent: {why}.", step=step)

    @told
    def overtake_demand(self, why: str, now: datetime) -> None:
        """The response date came before the demand could go out: a person decides."""
        self.ask_for(Attention.ON_HOLD, f"{why}: extend or withdraw")
        self.hold(Attention.ON_HOLD, now)
        self.enter(now, "demand_overtaken", f"The demand does not go out: {why}.")

    def _letter(self, step: Step) -> SendLetter:
        address = self._address(step)
        return SendLetter(step, self._attempts.get(step.id, 1), (step.id, address) in self._doubts, address)

    def _address(self, step: Step) -> str:
        """Where a letter to the recipient goes; a colleague's is no matter of the case."""
        return self.recipient.email if step.to == "recipient" else ""

    def _moment(self, step: Step) -> datetime:
        """When ``step`` is done: at its date, or when it is tried again."""
        retry = self._retries.get(step.id)
        return max(step.at, retry.at) if retry else step.at

    def _unless_put_off(self, action: Action, what: str, now: datetime) -> Action:
        if self._may_try(what, now):
            return action
        return self._wait([(self._retries[what].at, f"another try: {what}")], now)

    def _moments(self, dates: Timetable) -> Iterator[tuple[datetime, str]]:
        """Everything that happens by the mere passing of time."""
        if step := self._next_step(dates):
            yield self._moment(step), f"{step.id} to the {step.to}"
        if self.holds:
            return
        if self.phase is Status.AWAITING_RESPONSE:
            yield dates.deadline.closes_at, "the response is overdue"
        if self.phase is Status.OVERDUE and self.final_notice_at and dates.cure:
            yield dates.cure.closes_at, "the time to cure is over"
        if self.phase is Status.AWAITING_RETURN and not self.refers and dates.refer_at:
            yield dates.refer_at, "the matter is referred for enforcement"
        if self._wants_copy() and (retry := self._retries.get(COPY)):
            yield retry.at, f"another try: {COPY}"

    def _wait(self, moments: Iterable[tuple[datetime, str]], now: datetime) -> Wait:
        foreseen = list(moments)
        if self._file_again_at and self._file_again_at > now:  # once it has come, whoever waits files first
            foreseen.append((self._file_again_at, "another try to file the record"))
        until, then = min(foreseen)
        return Wait(until.astimezone(UTC), then)

    def foreseen_at(self, now: datetime) -> datetime | None:
        """The next moment as far as it is known: not while something is being done, or dates have to be computed."""
        dates = self.timetable
        if not self.is_open or dates is None or dates.facts != self._facts():
            return None
        return min((at for at, _ in self._moments(dates) if at > now), default=None)

    # What happened.

    @told
    def opened(self, now: datetime) -> None:
        """The case file was opened."""
        self.enter(
            now,
            "opened",
            f"The request was started with plan {self.plan.content_hash[:12]}.",
            plan=self.plan.content_hash,
        )

    @told
    def taken_up(self, resumption: Recovery, now: datetime) -> None:
        """Another workflow goes on from the case file."""
        self.enter(
            now,
            "taken_up",
            f"The request was taken up again from its case file: {resumption.reason}",
            by=resumption.by,
            after_run=resumption.after_run,
        )

    def as_filed(self, entries: Sequence[Entry]) -> None:
        """The record is these entries, and the dossier has them all."""
        self.timeline = [*entries]
        self._filed = len(entries)
        self._anchor = entries[-1].head if entries else GENESIS

    def use_dates(self, dates: Timetable) -> None:
        """These dates are in use, in a case that is told again."""
        self.timetable = dates
        self._worked(DATES, Attention.DATES_FAILED)
        self.restrain(dates.facts)

    def restrain(self, facts: Facts) -> None:
        """No letter goes before the moments that ``facts`` name, in a case that is told again."""
        self._gap_until, self._not_before = facts.gap_until, facts.not_before

    @told
    def dates_computed(self, dates: Timetable, now: datetime) -> None:
        """The dates that follow from the facts are known."""
        before = self.timetable
        self.timetable = dates
        self._worked(DATES, Attention.DATES_FAILED)
        if not self.clock_runs or dates.facts != self._facts():
            return  # nothing runs, or what was said meanwhile makes these dates moot
        if before is None or before.deadline != dates.deadline or not self._said_when_due():
            self.enter(
                now,
                "deadline_computed",
                f"The response is due {dates.deadline.in_words()}.",
                due=dates.deadline.closes_at.isoformat(),
                rule=dates.deadline.rule,
                calendar=dates.deadline.calendar_sha256,
            )
        if before and _other_dates(before, dates):
            hearing.dates_moved(self, now)

    @told
    def letter_accepted(self, step: Step, receipt: Receipt, *, possible_copy: bool, now: datetime) -> None:
        """The mail server took a letter. One that was overtaken by what was said meanwhile starts no clock."""
        late = receipt.accepted_at - step.planned_at
        known = self._known.pop(step.id, None)
        self._doubted.pop(step.id, None)
        sent = SentLetter(
            step=step.id,
            kind=step.kind,
            to=step.to,
            receipt=receipt,
            possible_copy=possible_copy,
            late_by_seconds=int(late.total_seconds()) if late > WORTH_RECORDING else 0,
            delivered="yes" if known else "unknown",
            evidence=known.evidence if known else "",
        )
        self.letters.append(sent)
        # What went out just before its address was corrected is sent to the right one as well, and counts only then.
        went_astray = step.to == "recipient" and receipt.recipient not in ("", self.recipient.email)
        if went_astray:
            self._next_attempt(step)
            self._doubts[step.id, receipt.recipient] = 1  # should that address be the right one after all
        else:
            self._done.add(step.id)
            self._doubts.pop((step.id, self._address(step)), None)
        self._worked(step.id, Attention.MAIL_DELAYED, Attention.LETTER_FAILED)
        self.enter(
            now,
            "letter_sent",
            _sent_in_words(sent),
            step=step.id,
            message_id=receipt.message_id,
            eml=receipt.eml.sha256,
        )
        if step.kind is StepKind.REFERRAL and self.chase and self.chase.asked_by(step.id):
            self.end(Status.REFERRED_FOR_ENFORCEMENT, f"Referred for enforcement; {self.what_is_missing()}.", now)
            return
        if step.to != "recipient":
            self._asked(step, receipt.accepted_at)
            return
        if went_astray:
            return
        self._last_letter_at = max(self._last_letter_at or receipt.accepted_at, receipt.accepted_at)
        if not self._is_current(step):
            return
        if step.kind is StepKind.DEMAND and self.phase is Status.SENDING:
            if known or self.plan.campaign.clock.starts == "accepted":
                self.start_clock(receipt.accepted_at)
            else:
                name = f"delivery-{self.demands + 1}"
                self.chase = Chase(topic="hold", name=name, since=receipt.accepted_at)
        if step.kind is StepKind.FINAL_NOTICE and self.phase is Status.OVERDUE:
            self.final_notice_at = receipt.accepted_at
        if step.kind is StepKind.DEFICIENCY and self.phase is Status.AWAITING_RESPONSE:
            self.deficiency_at = receipt.accepted_at

    @told
    def letter_deferred(self, step: Step, reason: str, *, retry_after: timedelta, now: datetime) -> None:
        """Certainly nothing was sent, and it can be tried again."""
        self._next_attempt(step)
        failures = self._try_again(step.id, now, retry_after)
        self.enter(now, "letter_deferred", f"The {step.id} could not be handed over yet: {reason}", step=step.id)
        if failures >= DEFERRALS_BEFORE_ATTENTION:
            self.ask_for(Attention.MAIL_DELAYED, f"{step.id}: {reason}")

    @told
    def letter_refused(self, step: Step, reason: str, now: datetime) -> None:
        """The mail server refuses this letter for good. Nothing was sent, and no clock starts.

        The ladder does not go on past a demand or a final notice that could not be given. A reminder is only a
        courtesy, and a letter to one of our own people goes to somebody else instead.
        """
        self._next_attempt(step)
        self.enter(now, "letter_refused", f"The {step.id} cannot be delivered: {reason}", step=step.id)
        self._not_given(step, reason, now)

    def _not_given(self, step: Step, reason: str, now: datetime) -> None:
        self.undeliverable(step.id, step.to, reason)
        if step.to != "recipient":
            self._done.add(step.id)
            self._asked(step, now, refused=True)
        elif step.kind in WHILE_AWAITING or step.kind is StepKind.COPY:
            self._done.add(step.id)
        elif self._is_current(step):
            self.hold(Attention.UNDELIVERABLE, now)

    @told
    def letter_in_doubt(self, step: Step, reason: str, now: datetime) -> None:
        """Nobody can tell whether this letter was accepted. The next one says that it may be a second copy.

        The policy `hold` is about the recipient: a second copy to one of our own people harms nobody.
        """
        letter = (step.id, self._address(step))
        self._doubted[step.id] = SendLetter(step, self._attempts.get(step.id, 1), letter in self._doubts, letter[1])
        self._next_attempt(step)
        doubts = self._doubts.get(letter, 0) + 1
        self._doubts[letter] = doubts
        self._try_again(step.id, now, RETRY_FIRST, at_once=1)
        self.enter(now, "letter_in_doubt", f"It is unknown whether the {step.id} was accepted: {reason}", step=step.id)
        policy = self.plan.campaign.mail.when_unknown
        if step.id in self._known:
            return
        if step.to == "recipient" and (policy == "hold" or doubts >= DOUBTS_BEFORE_HOLD):
            self.ask_for(Attention.UNKNOWN_SEND, f"{step.id}: {reason}")
            self.hold(Attention.UNKNOWN_SEND, now)

    def is_in_doubt(self, letter: str) -> bool:
        """Whether nobody knows what became of a letter to the address that counts now."""
        doubted = self._doubted.get(letter)
        return doubted is not None and doubted.address == self._address(doubted.step)

    def doubt_settled(self, letter: str, known: KnownDelivery | None, reason: str, now: datetime) -> None:
        """Somebody knows what became of a letter in doubt: it arrived (``known``), or it was given to nobody.

        One that arrived is not sent again; its receipt is filed next, and it counts from when it arrived. One that did
        not goes the way of a letter that is refused for good.
        """
        step = self._doubted[letter].step
        self.resolved(Attention.UNKNOWN_SEND, now)
        self._retries.pop(letter, None)
        if known is None:
            self._known.pop(letter, None)
            self._not_given(step, reason, now)
            return
        self._known[letter] = known.model_copy(update={"at": max(known.at, step.at)})
        if self._undelivered_to == step.to:
            self.resolved(Attention.UNDELIVERABLE, now)

    def is_astray(self, letter: SendLetter) -> bool:
        """Whether ``letter`` went to an address that was corrected meanwhile."""
        return letter.step.to == "recipient" and letter.address != self.recipient.email

    @told
    def letter_astray(self, step: Step, reason: str, now: datetime) -> None:
        """A letter to an address that was corrected meanwhile was not accepted there: nobody need be told."""
        self._next_attempt(step)
        text = f"The {step.id} to the address that was corrected was not accepted: {reason}"
        self.enter(now, "letter_stopped", text, step=step.id)

    @told
    def letter_unanswered(self, step: Step, now: datetime) -> None:
        """The sender itself was lost. The same attempt is made again; its claim in the dossier tells what happened."""
        self._try_again(step.id, now, RETRY_FIRST, at_once=2)
        self.enter(
            now,
            "sender_lost",
            f"The process that was sending the {step.id} was lost; the dossier is asked.",
            step=step.id,
        )

    @told
    def letter_stopped(self, step: Step, now: datetime) -> None:
        """A letter was called back in time: certainly nothing was sent."""
        self.enter(now, "letter_stopped", f"The {step.id} was called back before it went out.", step=step.id)

    @told
    def drafted(self, draft: Draft, now: datetime) -> None:
        """A draft is ready for review, unless it is no longer wanted."""
        wanted = self.still_wants(DraftSubpoena(draft.version))
        self._versions = max(self._versions, draft.version)
        self._drafts += 1
        self._worked(DRAFT, Attention.DRAFT_FAILED)
        if not wanted:
            text = f"Draft {draft.version} is no longer needed."
            self.enter(now, "draft_discarded", text, sha256=draft.sha256, uri=draft.document.uri)
            return
        self.draft = draft
        self.drafts.append(draft)
        self.move_to(Status.AWAITING_REVIEW)
        self.chase = Chase(topic="review", name=f"review-{draft.version}", since=now)
        self.enter(
            now,
            "draft_ready",
            f"Draft {draft.version} is ready for review.",
            sha256=draft.sha256,
            uri=draft.document.uri,
        )

    @told
    def copied(self, copy: Filed, now: datetime) -> None:
        """The record copy of what was issued is in the dossier."""
        self.issued_copy = copy
        self._worked(COPY, Attention.DRAFT_FAILED)
        self.enter(
            now, "issued_copy", "The record copy of the issued subpoena is filed.", sha256=copy.sha256, uri=copy.uri
        )

    @told
    def referral_drafted(self, memo: Filed, now: datetime) -> None:
        """The memo is ready: whoever decides about enforcement gets it, unless something was said meanwhile."""
        wanted = self._wants_memo()
        self._worked(MEMO, Attention.DRAFT_FAILED)
        if not wanted:
            self.enter(
                now, "memo_discarded", "The referral memo is no longer needed.", sha256=memo.sha256, uri=memo.uri
            )
            return
        self.memo = memo
        self._memos += 1
        self.chase = Chase(topic="referral", name=f"referral-{self._memos}", since=now)
        self.enter(
            now, "memo_ready", "The referral memo is drawn up from the record.", sha256=memo.sha256, uri=memo.uri
        )

    @told
    def failed(self, what: Attention, reason: str, now: datetime, *, of: str) -> None:
        """Our machinery failed at ``of``: dates, a document or a letter. It is tried again and a person is told."""
        self._try_again(of, now, RETRY_FIRST)
        if what not in self.attention:
            self.enter(now, what.value, reason)
        self.ask_for(what, reason)

    def to_file(self, now: datetime) -> tuple[Entry, ...]:
        """The entries that the dossier should take now: none while it is being spared after a failure."""
        if self._file_again_at and now < self._file_again_at:
            return ()
        previous = self._anchor
        for place in range(self._filed, len(self.timeline)):
            entry = self.timeline[place] = self.timeline[place].model_copy(update={"previous": previous})
            previous = entry.head
        return tuple(self.timeline[self._filed :])

    def filed(self, count: int, head: str | None = None) -> None:
        """The dossier took ``count`` entries, the last of which has the hash ``head``; by default as they are here."""
        self._filed += count
        self._anchor = head or self.timeline[self._filed - 1].head
        self._file_again_at = None
        self.attention.pop(Attention.DOSSIER_UNWRITABLE, None)

    def not_filed(self, reason: str, now: datetime) -> None:
        """The dossier could not take entries. They are kept here and offered again."""
        self._file_again_at = now + FILE_AGAIN_AFTER
        self.attention[Attention.DOSSIER_UNWRITABLE] = reason  # also of a request that has ended: it is not closed yet

    @told
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
        self.enter(now, "unreadable_message", f"A message {name!r} could not be read: {problem}", content=content)
        self.ask_for(Attention.UNREADABLE_MESSAGE, f"{name}: {problem}")
        self.hold(Attention.UNREADABLE_MESSAGE, now)

    @told
    def cancelled(self, reason: str, now: datetime) -> None:
        """Somebody cancelled the workflow itself, which means the same as a withdrawal."""
        if self.is_open:
            self.end(Status.WITHDRAWN, f"Withdrawn: the workflow was cancelled. {reason}".strip(), now)

    # What people say.

    def refusal(self, message: AnyMessage, now: datetime) -> str:
        """Why ``message`` cannot be taken now, naming what is wrong and what would be right; empty when it can."""
        return refusals.refusal(self, message, now)

    @told
    def record(self, message: AnyMessage, now: datetime) -> Answer:
        """Takes a message that was not refused, and answers it. The same event gives the same answer again."""
        return hearing.record(self, message, now)

    def is_on_time(self, response: RecordResponse) -> bool | None:
        """Whether a response came before the closing instant; None while no clock runs."""
        return response.received_at < self.response_due if self.response_due else None

    # How it moves.

    def pause(self, since: datetime, why: str, now: datetime) -> None:
        """The recipient's time stands still, and the ladder with it."""
        self.paused_since = since
        self.ask_for(Attention.CLOCK_PAUSED, why)
        self.hold(Attention.CLOCK_PAUSED, now)

    def resume(self, until: datetime, now: datetime) -> None:
        """The recipient's time runs again, if it stood still."""
        if self.paused_since is None:
            return
        self.pauses += (Pause(since=self.paused_since, until=until),)
        self.paused_since = None
        self.resolved(Attention.CLOCK_PAUSED, now)

    def correct_recipient(self, recipient: Recipient, now: datetime) -> None:
        """The letters go to somebody else from now on, those that could not be delivered among them."""
        moved, self.recipient = recipient.email != self.recipient.email, recipient
        if not moved:
            return
        # Whatever is known of the old address says nothing about the new one, and nobody there had a letter yet.
        self._last_letter_at = self._gap_until = None
        self.resolved(Attention.UNKNOWN_SEND, now)
        if Attention.UNDELIVERABLE in self.holds or self._undelivered_to == "recipient":
            self.resolved(Attention.UNDELIVERABLE, now)
        self.try_everything_now()

    def undeliverable(self, step: str, to: Role, why: str) -> None:
        """The letter ``step`` was refused for good, or came back."""
        self._undelivered_to = to
        self.ask_for(Attention.UNDELIVERABLE, f"{step}: {why}")

    def start_clock(self, instant: datetime) -> None:
        """The demand has reached the recipient, as far as the campaign asks."""
        if self.outcome:
            return
        self.clock_from, self.series_from, self.chase = instant, instant, None
        if Attention.ON_HOLD not in self.holds:
            self.attention.pop(Attention.ON_HOLD, None)
        self.move_to(Status.AWAITING_RESPONSE)

    def refer(self, *, early: bool = False) -> None:
        """The time to return is over, or is not waited for: the memo is drawn up next."""
        self.refers, self.refers_early, self.chase = True, early, None

    def drop_referral(self) -> None:
        """The time to return is not over: nothing is referred yet."""
        self.refers, self.memo, self.chase = False, None, None

    def end(self, status: Status, text: str, now: datetime, *, on_time: bool | None = None) -> None:
        """The request has ended, and nobody is asked for anything any more."""
        self.enter(now, "ended", text if text.startswith(status) else f"{status}: {text}")
        self.outcome = Outcome(
            status=status,
            text=text,
            ended_at=now,
            on_time=on_time,
            letters_sent=len(self.letters),
            drafts=self._drafts,
            head=self.head,
        )
        self.chase, self.hold_chase = None, None
        self.holds.clear()
        self.attention.clear()

    def move_to(self, phase: Status) -> None:
        """Every change of phase. What failed in the old one is no longer being tried."""
        self.phase = phase
        for document in (DRAFT, COPY, MEMO):
            self._retries.pop(document, None)
        for failure in (Attention.MAIL_DELAYED, Attention.LETTER_FAILED, Attention.DRAFT_FAILED):
            self.attention.pop(failure, None)

    def _is_current(self, step: Step) -> bool:
        """Whether a letter to the recipient belongs to the dates that count now, not to those before an extension."""
        dates = self.timetable
        return (
            dates is not None
            and (dates.facts.series, dates.facts.demands) == (self.series, self.demands)
            and any(step.id == other.id for other in dates.steps)
        )

    def hold(self, why: Attention, now: datetime) -> None:
        """The ladder stops for an open reason for attention."""
        if self.outcome:
            return
        self.holds[why] = self.attention.get(why, "")
        if self.hold_chase is None:
            self._hold_count += 1
            self.hold_chase = Chase(topic="hold", name=f"hold-{self._hold_count}", since=now)

    def resolved(self, why: Attention, now: datetime) -> None:
        """A reason for attention is gone. With the last hold what our own people owe starts anew."""
        self.attention.pop(why, None)
        if self.holds.pop(why, None) is None or self.holds:
            return
        self.hold_chase = None
        if self.chase:
            self.chase = self.chase.model_copy(update={"since": now})

    def _asked(self, step: Step, at: datetime, *, refused: bool = False) -> None:
        """One of our own people was asked, or could not be; the next one is due a period later, or at once."""
        for chase in (self.hold_chase, self.chase):
            if chase is None or not chase.asked_by(step.id):
                continue
            # Who was urged before the reviewer had even been asked wants the one after the reviewer.
            still_urged = chase.urged and step.kind is StepKind.REVIEW_REQUEST
            asked = chase.model_copy(update={"since": at, "sent": chase.sent + 1, "urged": still_urged})
            self.replace_chase(chase, self.chase_without(asked, step.to, at) if refused else asked)
            if step.kind is StepKind.HOLD_CHASE and not self.holds:
                self.ask_for(Attention.ON_HOLD, "the demand was accepted, and no delivery of it is on record")
            if refused or chase.urged:
                continue
            if step.kind in (StepKind.REVIEW_CHASE, StepKind.REVIEW_ESCALATION):
                self.ask_for(Attention.REVIEW_LATE, f"draft {self._versions} waits for review")
            if step.kind is StepKind.ISSUANCE_CHASE:
                self.ask_for(Attention.ISSUANCE_LATE, f"draft {self._versions} waits for issuance")
            if step.kind is StepKind.SERVICE_CHASE:
                self.ask_for(Attention.SERVICE_LATE, "no service of the issued subpoena is on record")

    def draft_overtaken(self) -> None:
        """The version that is being drawn up states what is no longer so; the next one is drawn up instead."""
        self._versions += 1
        self._retries.pop(DRAFT, None)

    def memo_overtaken(self) -> None:
        """The memo states what is no longer so; another one is drawn up if the matter is still to be referred."""
        if self.refers:
            self.memo, self.chase = None, None
            self._retries.pop(MEMO, None)

    def try_everything_now(self) -> None:
        """Whatever failed is tried again without waiting for its time."""
        self._retries.clear()
        self._file_again_at = None

    def chase_without(self, chase: Chase, role: Role, at: datetime) -> Chase:
        """The chase once ``role`` cannot be reached: somebody else is asked at once while there is anybody else."""
        unreachable = tuple(dict.fromkeys((*chase.unreachable, role)))
        others = set(colleagues(chase, self.plan.campaign.ladder)) - set(unreachable)
        return chase.model_copy(
            update={"unreachable": unreachable, "urged": bool(others) and role not in chase.unreachable, "since": at}
        )

    def replace_chase(self, chase: Chase, by: Chase) -> None:
        """One of the two chases goes on differently."""
        if chase is self.hold_chase:
            self.hold_chase = by
        else:
            self.chase = by

    def ask_for(self, attention: Attention, why: str) -> None:
        """A person should look at the request."""
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

    def what_is_missing(self) -> str:
        """What is outstanding, in words."""
        outstanding = self.items.outstanding
        return f"outstanding: {', '.join(outstanding)}" if outstanding else "nothing is outstanding"

    def _said_when_due(self) -> bool:
        return any(entry.what == "deadline_computed" for entry in self.timeline)

    def enter(self, now: datetime, what: str, text: str, *, by: Who | None = None, **details: str) -> None:
        """Adds one entry to the timeline, chained to the one before."""
        kept = {name: value for name, value in details.items() if value}
        entry = Entry(
            number=len(self.timeline) + 1,
            at=now,
            what=what,
            text=text,
            by=by or SYSTEM,
            details=kept,
            told=self._verbatim(),
            previous=self.head,
        )
        self.timeline.append(entry)

    def _verbatim(self) -> Told | None:
        """The call under way, for the first entry that it makes."""
        call = self.telling
        if call is None or call is self._kept:
            return None
        kept = call.verbatim(self.dates_told)
        self._kept, self.dates_told = call, call.leaves
        return kept


def _other_dates(before: Timetable, after: Timetable) -> bool:
    """Whether other calendars moved what a draft states."""

    def stated(dates: Timetable) -> tuple[datetime, datetime | None]:
        return dates.deadline.closes_at, dates.cure.closes_at if dates.cure and dates.facts.final_notice_at else None

    was, now = before.facts, after.facts
    same = (was.recipient_calendar, was.issuer_calendar) == (now.recipient_calendar, now.issuer_calendar)
    return not same and stated(before) != stated(after)


def _sent_in_words(sent: SentLetter) -> str:
    text = f"The {sent.step} was accepted by the mail server of the {sent.to}."
    if sent.possible_copy:
        text += " An earlier sending is in doubt, so it says that it may be a second copy."
    if sent.late_by_seconds:
        text += f" It went out {timedelta(seconds=sent.late_by_seconds)} after its date."
    return text


def _noted_late(late: timedelta) -> str:
    return f" This was noted {timedelta(seconds=int(late.total_seconds()))} later." if late > WORTH_RECORDING else ""
