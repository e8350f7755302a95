"""Random lives of a request: whatever is said, breaks or comes late, what was promised holds after every move.

A life is told by its seed alone. One that fails prints its seed and its moves; ``Life(seed).live()`` lives it again.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from forthwith.campaign.models import RequestPlan
from forthwith.deadlines.period import Period
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
from forthwith.request.case import COPY, DATES, DRAFT, MEMO, Case
from forthwith.request.messages import (
    ENDED,
    AcceptResponse,
    Acknowledge,
    AddNote,
    AnyMessage,
    Attention,
    CorrectRecipient,
    DeliveryReport,
    EscalateNow,
    ExtendDeadline,
    PauseClock,
    RecomputeDeadlines,
    RecordIssuance,
    RecordObjection,
    RecordResponse,
    RecordService,
    ResendLetter,
    ResolveAttention,
    ResumeClock,
    ReviewSubpoena,
    Status,
    Who,
    Withdraw,
)
from forthwith.request.record import GENESIS, Filed, SentLetter
from forthwith.request.timetable import StepKind
from tests.units.cases import (
    DECLARED,
    MAILROOM,
    OPERATOR,
    REVIEWER,
    SUPERVISOR,
    campaign,
    clocks,
    dates,
    draft,
    plan,
    receipt,
)

LIVES = 5_000
PARTS = 4
KINDS_OF_PLAN = 96
MOVES = 28
FIRST_DAY = datetime(2018, 1, 22, tzinfo=UTC)
A_YEAR = timedelta(days=366)
DRAFTED = (Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE, Status.AWAITING_SERVICE, Status.AWAITING_RETURN)
A_FILE = Filed(uri="x", sha256="7" * 64, size=1)


@pytest.mark.parametrize("part", range(PARTS))
def test_five_thousand_lives(part: int) -> None:
    for seed in range(part, LIVES, PARTS):
        live(seed)


@pytest.mark.prove
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("part", range(100))
def test_a_million_lives(part: int) -> None:
    for seed in range(LIVES + part, 1_000_000, 100):
        live(seed)


def live(seed: int, kind: type["Life"] | None = None) -> "Life":
    life = (kind or Life)(seed)
    try:
        life.live()
    except Exception as error:
        error.add_note(f"Life({seed}) of plan {life.number}:\n" + "\n".join(life.told()))
        raise
    return life


@lru_cache(maxsize=256)
def random_plan(number: int) -> RequestPlan:
    """One of the plans that lives are lived under: any rungs, any units, any policies."""
    lots = Random(number)  # noqa: S311 - dice, not secrets
    seconds = lots.random() < 0.15  # a rehearsal in real time

    def period(days: int, business_days: int) -> dict[str, int]:
        if seconds:
            return {"seconds": lots.randint(2, 60 * days)}
        return lots.choice([{"days": days}, {"business_days": business_days}, {"hours": 24 * days - 5}])

    ladder: list[dict[str, Any]] = []
    if lots.random() < 0.6:
        ladder.append({"acknowledgment": {"within": period(lots.randint(2, 20), 5)}})
    for before in sorted(lots.sample(range(1, 24), lots.randint(0, 3)), reverse=True):
        ladder.append({"remind": {"before_due": period(before, (before + 1) // 2), "copy": ["supervisor"]}})
    if lots.random() < 0.5:
        ladder.append({"deficiency": {"cure": period(lots.randint(1, 12), 3)}})
    if lots.random() < 0.75:
        ladder.append({"final_notice": {"after_due": period(1, 1), "cure": period(lots.randint(1, 8), 5)}})
    ladder.append({"subpoena": {"form": "administrative", "return_within": period(lots.choice([7, 21]), 10)}})
    then = lots.choice(["supervisor", "supervisor", "reviewer"])
    ladder.append({"review": {"within": period(4, 3), "then_chase": then}})
    if lots.random() < 0.7:
        ladder.append({"issuance": {"within": period(6, 5), "then_chase": then}})
    if lots.random() < 0.6:
        ladder.append({"service": {"within": period(9, 10), "then_chase": then}})
    if lots.random() < 0.6:
        ladder.append({"referral": {"after_return": period(2, 1), "to": then}})
    response: dict[str, Any] = {"within": period(lots.choice([3, 10, 30]), lots.choice([2, 10]))}
    if lots.random() < 0.25:
        response = {"by": str(date(2018, 2, lots.randint(1, 28)))}
    chosen = campaign(
        ladder=tuple(ladder),
        items=lots.randint(1, 3),
        clock={
            "response": response,
            "rule": lots.choice(["frcp6", "calendar", "business_days"]),
            "closes": lots.choice(["end_of_day", "17:00"]),
            "starts": lots.choice(["accepted", "accepted", "accepted", "delivered"]),
        },
        mail={
            "minimum_gap": {"seconds": 1} if seconds else {"hours": lots.choice([1, 20, 30])},
            "when_unknown": lots.choice(["resend", "hold"]),
            "catch_up": lots.choice(["latest", "all", "none"]),
        },
        demand={} if lots.random() < 0.8 else {"send_on": str(date(2018, 1, lots.randint(24, 31)))},
        completeness=lots.choice(["reported", "reported", "reviewed"]),
    )
    state, zone = lots.choice(
        [
            ("IL", "America/Chicago"),
            ("NY", "America/New_York"),
            ("CA", "America/Los_Angeles"),
            ("KY", "America/Kentucky/Louisville"),
        ]
    )
    return plan(chosen, state=state, zone=zone)


class Life:
    """One request whose mail, people and clock do as the dice say."""

    def __init__(self, seed: int) -> None:
        self.lots = Random(seed)  # noqa: S311
        # The long proof lives nearly every life under a plan of its own.
        self.number = self.lots.randrange(KINDS_OF_PLAN if seed < LIVES else seed)
        self.plan = random_plan(self.number)
        self.now = FIRST_DAY + timedelta(minutes=self.lots.randrange(5 * 24 * 60))
        self.case = Case(self.plan, opened_at=self.now)
        self.moves: list[tuple[datetime, Status, str | AnyMessage]] = []
        self.events = 0
        self.taken: list[AnyMessage] = []
        self.checked = 0
        self.head = GENESIS
        self.last_letter: datetime | None = None
        self.address = self.plan.jurisdiction.email
        # What the request should know by now, kept apart from it.
        self.escalated = False
        self.referred_early = False
        self.notice_at: datetime | None = None
        self.date_set_at: datetime | None = None
        self.doubted: set[tuple[str, str]] = set()
        self.settles = False
        """What is said now is what became of a letter in doubt."""
        self.not_before: dict[str, datetime] = {}

    def live(self) -> None:
        self.case.opened(self.now)
        if self.lots.random() < 0.35:
            self.hurry(self.lots.choice(DRAFTED))
        for _ in range(MOVES):
            if not self.case.is_open:
                break
            if self.lots.random() < 0.4:
                self.speak()
            self.act(self.look())
            self.check()
        if self.case.is_open:
            self.fall_silent()
        else:
            self.after_the_end()

    def hurry(self, to: Status) -> None:
        """An untroubled life until ``to``, so that its late rungs are seen as often as its early ones."""
        self.move(f"hurries to {to}")
        for _ in range(80):
            if self.case.phase is to:
                return
            match self.look():
                case SendLetter() as letter:
                    self.take(letter)
                case DraftSubpoena(version):
                    self.case.drafted(draft(version), self.now)
                case CopyIssued():
                    self.case.copied(A_FILE, self.now)
                case Wait(until):
                    self.now = until if (message := self.expected()) is None else self.now
                    if message:
                        assert not self.case.refusal(message, self.now)
                        self.case.record(message, self.now)
                case _:
                    return

    def expected(self) -> AnyMessage | None:
        """What a person says who does what is waited for."""
        draft = self.case.draft
        if draft is None or self.case.holds:
            return None
        head = {"event_id": f"hurry-{self.case.phase}-{draft.version}", "by": REVIEWER}
        match self.case.phase:
            case Status.AWAITING_REVIEW:
                return ReviewSubpoena(**head, decision="approve", sha256=draft.sha256)
            case Status.AWAITING_ISSUANCE:
                signed = {"number": "7", "signed_by": "A", "draft": draft.sha256, "sha256": "5" * 64}
                return RecordIssuance.model_validate(head | signed | {"issued_at": self.now})
            case Status.AWAITING_SERVICE:
                return RecordService(**head, on_whom="B", how="by hand", by_whom="C", served_at=self.now)
            case _:
                return None

    # Moves.

    def look(self) -> Action:
        """What comes next, once the dates are computed or the computing has failed for a while."""
        for _ in range(20):
            action = self.proceed()
            if not isinstance(action, ComputeDates):
                return action
            if self.lots.random() < 0.01:
                self.move("dates fail")
                self.case.failed(Attention.DATES_FAILED, "no calendar", self.now, of=DATES)
            else:
                self.case.dates_computed(dates(self.plan, action.facts), self.now)
        raise AssertionError("dates are computed over and over")

    def proceed(self) -> Action:
        held, phase, before = bool(self.case.holds), self.case.phase, self.fingerprint()
        action = self.case.proceed(self.now)
        if held:
            assert self.case.phase is phase, "time alone moved a request on hold"
        match action:
            case Wait(until):
                assert self.now < until <= self.now + A_YEAR, f"waits from {self.now} until {until}"
            case SendLetter():
                self.check_letter(action)
            case DraftSubpoena():
                self.check_draft()
            case CopyIssued():
                assert self.case.issued
                assert self.case.issued_copy is None
            case DraftReferral():
                self.check_referral()
            case Close():
                assert not self.case.is_open
                assert before == self.fingerprint()
            case ComputeDates(facts):
                assert self.case.timetable is None or self.case.timetable.facts != facts
        return action

    def act(self, action: Action) -> None:
        match action:
            case Wait(until):
                self.pass_time(until)
            case SendLetter():
                self.send(action)
            case DraftSubpoena():
                self.draw_up(action)
            case CopyIssued():
                self.copy()
            case DraftReferral():
                self.refer(action)
            case _:
                pass

    def pass_time(self, until: datetime) -> None:
        self.file()
        dice = self.lots.random()
        if dice < 0.7:
            self.now = until
        elif dice < 0.85:
            self.now += (until - self.now) * self.lots.random()
        else:
            self.now = until + timedelta(hours=self.lots.choice([0.5, 5, 14, 60, 400, 1200]) * self.lots.random())
        self.move(f"until {self.now:%a %d %b %H:%M:%S}")

    def file(self) -> None:
        """Whoever waits files the record first; the dossier may be full."""
        if entries := self.case.to_file(self.now):
            if self.lots.random() < 0.1:
                self.move("the dossier is full")
                self.case.not_filed("no space left", self.now)
            else:
                self.case.filed(len(entries))
                assert self.case.is_all_filed

    def send(self, letter: SendLetter) -> None:
        step, dice, date_set_at = letter.step, self.lots.random(), self.date_set_at
        if self.lots.random() < 0.1:
            self.speak()
        self.now += timedelta(seconds=self.lots.choice([0, 0.2, 30]))
        if letter.known and self.case.still_wants(letter):
            self.move(f"{step.id} known to have arrived")
            self.take(letter)
        elif not self.case.still_wants(letter) and self.lots.random() < 0.7:
            self.move(f"{step.id} stopped")
            self.case.letter_stopped(step, self.now)
        elif dice >= 0.72 and self.case.is_astray(letter):
            self.move(f"{step.id} astray")
            self.case.letter_astray(step, "421 later", self.now)
        elif dice < 0.72:
            self.move(f"{step.id} accepted")
            self.take(letter, overtaken=self.date_set_at != date_set_at)
        elif dice < 0.80:
            self.move(f"{step.id} deferred")
            pause = timedelta(seconds=self.lots.choice([5, 300, 20_000]))
            self.case.letter_deferred(step, "421 later", retry_after=pause, now=self.now)
            self.not_before[step.id] = self.now + pause
        elif dice < 0.87:
            self.move(f"{step.id} refused")
            self.case.letter_refused(step, "550 unknown", self.now)
        elif dice < 0.93:
            self.move(f"{step.id} in doubt")
            self.case.letter_in_doubt(step, "time-out after DATA", self.now)
            self.doubted.add((step.id, letter.address))
        elif dice < 0.97:
            self.move(f"{step.id} unanswered")
            self.case.letter_unanswered(step, self.now)
        else:
            self.move(f"{step.id} unprintable")
            self.case.failed(Attention.LETTER_FAILED, "no font", self.now, of=step.id)

    def take(self, letter: SendLetter, *, overtaken: bool = False) -> None:
        """The letter is accepted; one that was overtaken by a new date counts for nothing."""
        step, phase = letter.step, self.case.phase
        at = letter.known.at if letter.known else self.now
        taken, astray = receipt(at, letter.address), self.case.is_astray(letter)
        if astray:
            self.doubted.add((step.id, letter.address))
        self.case.letter_accepted(step, taken, possible_copy=letter.possible_copy, now=self.now)
        unmarked = [
            sent
            for sent in self.case.letters
            if (sent.step, sent.receipt.recipient) == (step.id, letter.address) and not sent.possible_copy
        ]
        assert len(unmarked) <= 1, f"{step.id} was sent twice to one address, unmarked"
        if step.to == "recipient" and not astray:
            self.last_letter = max(self.last_letter or at, at)
        if step.kind is StepKind.FINAL_NOTICE and phase is Status.OVERDUE and not overtaken and not astray:
            self.notice_at = at
        if step.kind is StepKind.DEMAND and self.case.clock_runs:
            self.date_set_at = at

    def draw_up(self, action: DraftSubpoena) -> None:
        items = self.case.items.states
        if self.lots.random() < 0.2:
            self.speak()
        self.now += timedelta(seconds=self.lots.choice([0, 1, 200]))
        wanted = self.case.still_wants(action)
        if self.lots.random() < 0.2:
            self.move(f"draft {action.version} fails")
            if wanted:
                self.case.failed(Attention.DRAFT_FAILED, "template", self.now, of=DRAFT)
            return
        missing = ("relevance",) if self.lots.random() < 0.4 else ()
        self.move(f"draft {action.version} ready{'' if wanted else ', too late'}")
        self.case.drafted(draft(action.version, *missing), self.now)
        taken = self.case.draft is not None and self.case.draft.version == action.version
        assert wanted == taken
        assert not (taken and items != self.case.items.states), "a draft states what is no longer so"

    def copy(self) -> None:
        if self.lots.random() < 0.3:
            self.move("the record copy fails")
            self.case.failed(Attention.DRAFT_FAILED, "template", self.now, of=COPY)
        else:
            self.move("the record copy is filed")
            self.case.copied(A_FILE, self.now)

    def refer(self, action: DraftReferral) -> None:
        if self.lots.random() < 0.3:
            self.speak()
        self.now += timedelta(seconds=self.lots.choice([0, 2]))
        wanted = self.case.still_wants(action)
        if self.lots.random() < 0.3:
            self.move("the memo fails")
            if wanted:
                self.case.failed(Attention.DRAFT_FAILED, "template", self.now, of=MEMO)
            return
        self.move(f"the memo is ready{'' if wanted else ', too late'}")
        self.case.referral_drafted(A_FILE, self.now)

    def speak(self) -> None:
        if self.lots.random() < 0.04:
            self.move("an unreadable signal")
            self.case.unreadable("respons", "{}", "no such signal", self.now)
            self.check()
            return
        message = self.lots.choices(SPEECHES, WEIGHTS)[0](self)
        if message is None:
            return
        before = self.fingerprint()
        refused = self.case.refusal(message, self.now)
        assert self.fingerprint() == before, "asking whether a message can be taken changed the case"
        if refused:
            self.move(f"{type(message).__name__} refused: {refused[:70]}")
            return
        repeated = message.event_id in self.case.answers
        self.check_before(message)
        before_it = (self.case.phase, self.case.clock_runs, list(self.case.letters))
        items = self.case.items.states
        answer = self.case.record(message, self.now)
        self.move(message)
        assert answer == self.case.record(message, self.now), "the same event was answered otherwise"
        if repeated:
            assert self.fingerprint() == before, "a repeated event changed the case"
            return
        assert self.case.timeline[answer.recorded - 1].details["event_id"] == message.event_id
        self.taken.append(message)
        self.check_after(message, *before_it)
        stays = self.case.outcome or self.case.draft is None or self.case.issued
        assert items == self.case.items.states or stays, "a draft out of date"
        assert items == self.case.items.states or self.case.outcome or self.case.memo is None, "a memo out of date"
        self.check()

    def fall_silent(self) -> None:
        """Nobody says anything more and all works again: the request still comes to a person, again and again."""
        self.move("silence")
        asked = 0
        for _ in range(60):
            match self.look():
                case Wait(until):
                    self.now = until
                case SendLetter(step) as letter:
                    asked += step.to != "recipient"
                    self.take(letter)
                case DraftSubpoena(version):
                    self.case.drafted(draft(version), self.now)
                case CopyIssued():
                    self.case.copied(A_FILE, self.now)
                case DraftReferral():
                    self.case.referral_drafted(A_FILE, self.now)
                case _:
                    assert self.case.status is Status.REFERRED_FOR_ENFORCEMENT, "an open request closed by itself"
                    return
            if asked == 2:
                return
        raise AssertionError(f"{self.case.status} and nobody was told")

    def after_the_end(self) -> None:
        """Nothing changes a request that has ended, but a signal is still kept."""
        case = self.case
        assert case.status in ENDED
        assert isinstance(case.proceed(self.now), Close)
        before, entries = self.fingerprint(), len(case.timeline)
        for speech in SPEECHES:
            if (message := speech(self)) and message.event_id not in case.answers:
                assert case.refusal(message, self.now)
        for message in self.taken[:3]:
            assert not case.refusal(message, self.now)
            case.record(message, self.now)
        assert self.fingerprint() == before
        case.unreadable("late", "{}", "no such signal", self.now)
        assert len(case.timeline) == entries + 1
        assert not case.attention
        assert not case.holds
        assert case.ending.head == case.head

    # What must hold.

    def check(self) -> None:
        case = self.case
        assert case.status in Status
        for entry in case.timeline[self.checked :]:
            assert entry.at >= case.timeline[max(self.checked - 1, 0)].at, "the record goes back in time"
            self.checked += 1
            assert (entry.number, entry.previous) == (self.checked, self.head)
            self.head = entry.head
        assert set(case.holds) <= set(case.attention), "a hold that nobody can resolve"
        if Attention.DRAFT_REJECTED in case.holds:
            assert case.phase in (Status.AWAITING_REVIEW, Status.DRAFTING)
        if case.outcome:
            assert not case.attention
            if case.status is Status.COMPLIED:
                assert not case.items.outstanding
            return
        assert case.items.outstanding, "nothing is outstanding and the request goes on"
        if case.approved_by:
            assert case.draft is not None
            assert not case.draft.missing
        assert (case.draft is not None) == (case.phase in DRAFTED)
        assert (case.phase in DRAFTED[1:]) == (case.approved_by is not None)
        assert (case.phase in DRAFTED[2:]) == (case.issued is not None)
        assert (case.phase is Status.AWAITING_RETURN) == (case.service is not None)
        assert case.phase is Status.AWAITING_RETURN or not case.refers
        assert case.refers or case.memo is None

    def check_letter(self, letter: SendLetter) -> None:
        case, step = self.case, letter.step
        if letter.known:
            assert case.is_in_doubt(step.id)
            return  # it was checked when it was sent
        assert letter.possible_copy == ((step.id, letter.address) in self.doubted), (
            "a second copy must say so, and only a second copy"
        )
        assert self.now >= self.not_before.get(step.id, self.now), "the mail server asked for patience"
        if step.to != "recipient":
            return
        assert case.is_open
        assert not case.holds, "a letter to the recipient while on hold"
        assert case.items.outstanding
        assert case.timetable
        if self.last_letter:
            gap = self.plan.campaign.mail.minimum_gap.elapsed
            assert self.now >= self.last_letter + gap, "two letters too close together"
        if step.until is not None:
            (clock, _), hours = clocks(self.plan, case.timetable.facts), self.plan.campaign.mail.send_between
            local = self.now.astimezone(ZoneInfo(clock.zone))
            assert clock.calendar.is_open(local.date()), f"{step.id} on a closed day"
            assert hours.opens <= local.time() < hours.closes, f"{step.id} at {local:%H:%M}"
        if step.kind is StepKind.REMINDER:
            assert self.now < case.timetable.deadline.closes_at, "a reminder after its deadline"
            assert self.date_set_at
            assert step.planned_at > self.date_set_at, "a reminder that was over before its date was set"
        if step.kind is StepKind.DEMAND:
            assert self.now < case.timetable.deadline.closes_at, "a demand that is overdue when it goes out"
        if step.kind is StepKind.FINAL_NOTICE:
            assert self.escalated or self.now >= case.timetable.deadline.closes_at
        assert case.timetable.facts.recipient_calendar == case.recipient_calendar, "a letter with a date that was moved"

    def check_draft(self) -> None:
        case = self.case
        assert case.items.outstanding, "a draft with nothing outstanding"
        assert case.clock_runs
        assert not case.holds
        assert case.timetable
        assert self.escalated or self.now >= case.timetable.deadline.closes_at, "a draft before the deadline"
        if (rung := self.plan.campaign.ladder.final_notice) and not self.escalated:
            assert self.notice_at, "a draft without a final notice"
            (clock, _), rule = clocks(self.plan, case.timetable.facts), self.plan.campaign.clock.rule
            is_elapsed = rung.cure.is_elapsed
            cure = (
                clock.elapsed(self.notice_at, rung.cure)
                if is_elapsed
                else clock.within(self.notice_at, rung.cure, rule)
            )
            assert self.now >= cure.closes_at, "a draft within the time to cure"

    def check_referral(self) -> None:
        case = self.case
        assert case.items.outstanding, "a referral with nothing outstanding"
        assert not case.holds
        assert case.service
        assert case.timetable
        assert case.timetable.return_due
        assert self.referred_early or self.now >= case.timetable.return_due.closes_at, "a referral before the return"

    def check_before(self, message: AnyMessage) -> None:
        self.settles = isinstance(message, DeliveryReport) and self.case.is_in_doubt(message.letter)
        if isinstance(message, ReviewSubpoena) and message.event_id not in self.case.answers:
            assert message.by in (REVIEWER, SUPERVISOR)
            assert self.case.draft
            assert message.sha256 == self.case.draft.sha256
            if message.decision == "approve":
                assert not self.case.draft.missing
                assert not self.case.holds
        if isinstance(message, RecordIssuance) and message.event_id not in self.case.answers:
            assert self.case.approved_by
            assert self.case.draft
            assert message.draft == self.case.draft.sha256
            assert not self.case.holds

    def check_after(self, message: AnyMessage, phase: Status, clock_ran: bool, letters: list[SentLetter]) -> None:
        case = self.case
        match message:
            case EscalateNow():
                self.escalated = True
                self.referred_early = phase is Status.AWAITING_RETURN
            case Withdraw():
                assert case.status is Status.WITHDRAWN
            case ExtendDeadline() if phase is Status.AWAITING_RETURN:
                assert case.phase is phase
                assert not case.refers
                self.referred_early = False
            case DeliveryReport() if case.issued or self.settles:
                assert case.phase is phase, "a letter that came back undid an issuance"
            case RecordIssuance():
                assert case.phase is Status.AWAITING_SERVICE
            case RecordService():
                assert case.phase is Status.AWAITING_RETURN
            case ExtendDeadline() if clock_ran:
                assert case.phase is Status.AWAITING_RESPONSE
                assert case.draft is None
                self.escalated, self.notice_at, self.date_set_at = False, None, self.now
            case DeliveryReport():
                told = next(letter for letter in reversed(letters) if letter.step == message.letter)
                unnoticed = phase is Status.OVERDUE and self.notice_at is None
                latest = [letter for letter in letters if letter.kind is told.kind][-1]
                if told.step != latest.step:
                    assert case.phase is phase, "a letter that was replaced changed the course"
                elif told.kind is StepKind.DEMAND and message.outcome == "failed":
                    assert not case.clock_runs
                    self.escalated, self.notice_at = False, None
                elif told.kind is StepKind.DEMAND and case.clock_runs and not clock_ran:
                    self.date_set_at = max(message.at, told.receipt.accepted_at)
                elif told.kind is StepKind.FINAL_NOTICE and message.outcome == "failed":
                    self.notice_at = None
                elif told.kind is StepKind.FINAL_NOTICE and message.outcome == "delivered" and unnoticed:
                    self.notice_at = max(message.at, told.receipt.accepted_at)
            case ResendLetter(restarts_clock=True):
                assert not case.clock_runs
                self.escalated, self.notice_at = False, None
            case CorrectRecipient():
                if message.email and self.case.recipient.email != self.address:
                    self.address, self.last_letter = message.email, None
                    self.not_before.clear()
            case ResolveAttention():
                self.not_before.clear()
            case RecomputeDeadlines():
                assert (case.phase, case.letters) == (phase, letters), "other calendars alone changed the course"
                assert message.recipient_calendar in (None, case.recipient_calendar)
                assert message.issuer_calendar in (None, case.issuer_calendar)
            case _:
                pass

    def fingerprint(self) -> tuple[Any, ...]:
        case = self.case
        return (
            case.phase,
            case.messages,
            len(case.timeline),
            len(case.letters),
            len(case.responses),
            len(case.answers),
            tuple(case.attention.items()),
            tuple(case.holds),
            case.items.states,
            case.draft,
            case.approved_by,
            case.outcome,
            case._facts(),
        )

    def move(self, what: str | AnyMessage) -> None:
        self.moves.append((self.now, self.case.status, what))

    def told(self) -> list[str]:
        """Every move in a line. Only of a life that failed: writing them all would take a tenth of the time."""
        return [
            f"{at:%a %d %b %H:%M:%S}  {status}: {what if isinstance(what, str) else repr(what)}"
            for at, status, what in self.moves
        ]

    # What is said, sensible and not.

    def head_of(self, by: Who) -> dict[str, Any]:
        self.events += 1
        known = [message.event_id for message in self.taken]
        again = known and self.lots.random() < 0.03
        return {"event_id": self.lots.choice(known) if again else f"e-{self.events}", "by": by}

    def moment(self) -> datetime:
        """Now, mostly; earlier, at the very deadline, or impossible."""
        dice = self.lots.random()
        if dice < 0.6:
            return self.now
        due = self.case.response_due
        if dice < 0.8 and due and due <= self.now:
            return due - timedelta(microseconds=self.lots.choice([0, 1]))
        if dice < 0.97:
            return self.case.opened_at + (self.now - self.case.opened_at) * self.lots.random()
        return self.lots.choice([self.now + timedelta(seconds=1), self.case.opened_at - timedelta(seconds=1)])

    def response(self) -> RecordResponse:
        kind = self.lots.choices(
            ["production", "refusal", "no_records", "extension_request", "other"], [12, 2, 1, 2, 2]
        )[0]
        known = [state.id for state in self.case.items.states]
        items: Any = ()
        if kind == "production" and self.lots.random() < 0.25:
            items = "all"
        elif kind == "production" or self.lots.random() < 0.05:
            ids = self.lots.sample(known, self.lots.randint(1, len(known)))
            if self.lots.random() < 0.05:
                ids.append(self.lots.choice(["A-9", ids[0]]))
            words = ["produced", "produced", "objected", "none_found", "withdrawn"]
            items = tuple({"id": item, "disposition": self.lots.choice(words)} for item in ids)
        said = {"received_at": self.moment(), "from": "Somewhere", "kind": kind, "items": items}
        return RecordResponse.model_validate(self.head_of(MAILROOM) | said)

    def acceptance(self) -> AcceptResponse:
        claimed = self.case.items.claimed
        some = tuple(self.lots.sample(claimed, self.lots.randint(1, len(claimed)))) if claimed else ("A-1",)
        return AcceptResponse(**self.head_of(REVIEWER), items=self.lots.choice(["all", some]))

    def acknowledgment(self) -> Acknowledge:
        return Acknowledge(**self.head_of(MAILROOM), received_at=self.moment())

    def report(self) -> DeliveryReport | None:
        letters = [letter.step for letter in self.case.letters] + [step for step, _ in sorted(self.doubted)]
        if not letters:
            return None
        step = self.lots.choice([letters[-1], letters[0], self.lots.choice(letters), "demand", "nonsense"])
        outcome: Any = self.lots.choice(["delivered", "failed", "failed", "delayed"])
        return DeliveryReport(**self.head_of(MAILROOM), letter=step, outcome=outcome, at=self.moment())

    def extension(self) -> ExtendDeadline:
        more: dict[str, Any] = {"to": self.now.date() + timedelta(days=self.lots.choice([-3, 0, 1, 9, 20, 40, 900]))}
        if self.lots.random() < 0.6:
            more = {
                "period": Period(
                    unit=self.lots.choice(["days", "business_days", "hours"]), count=self.lots.choice([1, 7, 15])
                )
            }
        return ExtendDeadline(**self.head_of(OPERATOR), reason="agreed", **more)

    def pause(self) -> PauseClock | None:
        """Now, mostly, or told too late: it began before the deadline that was noted meanwhile."""
        due = self.case.response_due
        if due and self.case.phase is Status.OVERDUE:
            return PauseClock(**self.head_of(OPERATOR), at=due - timedelta(hours=30), reason="they confer")
        at = self.lots.choice([None, None, self.moment()])
        return PauseClock(**self.head_of(OPERATOR), at=at, reason="they confer") if self.case.clock_runs else None

    def resumption(self) -> ResumeClock | None:
        at = self.lots.choice([None, None, None, self.moment()])
        if self.case.paused_since is None and self.lots.random() < 0.9:
            return None
        return ResumeClock(**self.head_of(OPERATOR), at=at, reason="agreed")

    def resending(self) -> ResendLetter | None:
        sent = [letter.step for letter in self.case.letters]
        if not sent:
            return None
        step, restarts = self.lots.choice([sent[0], self.lots.choice(sent)]), self.lots.random() < 0.5
        return ResendLetter(**self.head_of(OPERATOR), letter=step, restarts_clock=restarts, reason="lost")

    def correction(self) -> CorrectRecipient:
        emails = ["a@somewhere.example", "b@somewhere.example", "records@somewhere.example", "reviewer@office.example"]
        more: dict[str, Any] = self.lots.choice([{"email": self.lots.choice(emails)}, {"attention": "The Clerk"}])
        return CorrectRecipient(**self.head_of(OPERATOR), reason="they moved", **more)

    def review(self) -> ReviewSubpoena | None:
        if self.case.draft is None and self.lots.random() < 0.9:
            return None
        by = self.lots.choice([REVIEWER, REVIEWER, SUPERVISOR, OPERATOR, Who(name=REVIEWER.name, role="supervisor")])
        read = self.case.draft.sha256 if self.case.draft and self.lots.random() < 0.9 else "f" * 64
        said: dict[str, Any] = self.lots.choice(
            [
                {"decision": "approve"},
                {"decision": "approve"},
                {"decision": "revise", "fields": {"relevance": "It is."}},
                {"decision": "revise", "notes": "shorter"},
                {"decision": "revise", "fields": {"nonsense": "x"}},
                {"decision": "reject", "reason": "wrong"},
            ]
        )
        return ReviewSubpoena(**self.head_of(by), sha256=read, **said)

    def issuance(self) -> RecordIssuance | None:
        if self.case.approved_by is None and self.lots.random() < 0.9:
            return None
        read = self.case.draft.sha256 if self.case.draft and self.lots.random() < 0.9 else "f" * 64
        return RecordIssuance(
            **self.head_of(OPERATOR), number="7", signed_by="A", issued_at=self.moment(), draft=read, sha256="5" * 64
        )

    def service(self) -> RecordService | None:
        if self.case.issued is None and self.lots.random() < 0.9:
            return None
        return RecordService(**self.head_of(OPERATOR), on_whom="B", how="by hand", by_whom="C", served_at=self.moment())

    def objection(self) -> RecordObjection:
        known = [state.id for state in self.case.items.states]
        items = [{"id": item, "ground": "overbroad"} for item in self.lots.sample(known, 1)]
        said = {"received_at": self.moment(), "from": "Somewhere", "items": items}
        return RecordObjection.model_validate(self.head_of(MAILROOM) | said)

    def escalation(self) -> EscalateNow:
        return EscalateNow(**self.head_of(OPERATOR), reason="now")

    def withdrawal(self) -> Withdraw:
        return Withdraw(**self.head_of(OPERATOR), reason="over")

    def resolution(self) -> ResolveAttention | None:
        open_ones = list(self.case.attention) or ([Attention.REFUSAL] if self.lots.random() < 0.1 else [])
        if not open_ones:
            return None
        outcome: Any = "unserviceable" if self.lots.random() < 0.05 else "continue"
        reason = self.lots.choice(open_ones)
        return ResolveAttention(**self.head_of(OPERATOR), attention=reason, outcome=outcome, reason="looked")

    def recomputation(self) -> RecomputeDeadlines:
        """Days were declared to be closed, or no longer are."""
        of = self.lots.choice(["recipient_calendar", "issuer_calendar"])
        given = {"reason": "declared", of: self.lots.choice([*DECLARED, "3" * 64])}
        return RecomputeDeadlines.model_validate(self.head_of(OPERATOR) | given)

    def note(self) -> AddNote:
        return AddNote(**self.head_of(OPERATOR), note="spoke")

    def repetition(self) -> AnyMessage | None:
        return self.lots.choice(self.taken) if self.taken else None


SPEECHES: list[Callable[[Life], AnyMessage | None]] = [
    Life.response,
    Life.acceptance,
    Life.acknowledgment,
    Life.report,
    Life.extension,
    Life.pause,
    Life.resumption,
    Life.correction,
    Life.resending,
    Life.review,
    Life.issuance,
    Life.service,
    Life.objection,
    Life.escalation,
    Life.withdrawal,
    Life.resolution,
    Life.note,
    Life.repetition,
    Life.recomputation,
]
WEIGHTS = [16, 6, 4, 14, 10, 12, 16, 6, 6, 24, 24, 24, 4, 10, 1, 34, 3, 4, 6]


def test_the_lives_see_everything() -> None:
    """What random lives never come to, they prove nothing about."""
    statuses: set[str] = set()
    said: set[str] = set()
    for seed in range(1_500):
        life = live(seed)
        said |= {entry.what for entry in life.case.timeline}
        statuses.add(life.case.status)
        statuses |= {status for _, status, _ in life.moves}
    assert statuses >= set(Status), statuses
    everything = {
        *("opened", "deadline_computed", "deadline_passed", "cure_period_over", "no_time_to_cure", "letter_sent"),
        *("letter_deferred", "letter_refused", "letter_in_doubt", "sender_lost", "letter_stopped", "letter_dropped"),
        *("letter_delivered", "letter_failed", "letter_delayed", "dates_failed", "draft_failed", "draft_ready"),
        *("draft_discarded", "draft_approved", "draft_revised", "draft_rejected", "redraft", "response_received"),
        *(
            "response_accepted",
            "acknowledged",
            "deadline_extended",
            *("recipient_corrected", "letter_resent", "clock_paused", "clock_resumed", "not_due_before"),
            "escalated",
            "attention_resolved",
            "note",
            "deadlines_recomputed",
        ),
        *("issued", "served", "objection", "return_extended", "return_passed", "issued_copy", "memo_ready"),
        *("unreadable_message", "withdrawn", "ended"),
    }
    assert everything <= said, everything - said
