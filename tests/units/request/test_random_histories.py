"""Random histories of a request: whatever is reported, breaks or comes late, what was promised holds after every move.

A history follows from its seed alone. One that fails prints its seed and its moves; ``live(seed)`` repeats it.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from forthwith.campaign.models import RequestPlan
from forthwith.deadlines.period import Period
from forthwith.fields import WHEN_TAKEN
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
from forthwith.request.attention import AddNote, EscalateNow, ResolveAttention, Withdraw
from forthwith.request.backoff import COPY, DATES, DRAFT, MEMO
from forthwith.request.clock_changes import ExtendDeadline, PauseClock, RecomputeDeadlines, ResumeClock
from forthwith.request.deliveries import CorrectRecipient, RecordDelivery, ResendLetter
from forthwith.request.entries import GENESIS, Entry
from forthwith.request.events import AnyEvent, Reported
from forthwith.request.evolve import states
from forthwith.request.record import Filed, SentLetter
from forthwith.request.request import Request
from forthwith.request.responses import AcceptResponse, Acknowledge, RecordObjection, RecordResponse
from forthwith.request.state import State
from forthwith.request.subpoena_process import RecordIssuance, RecordService, ReviewSubpoena
from forthwith.request.timetable import StepKind
from forthwith.request.vocabulary import ENDED, Attention, Message, Status, Who
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

HISTORIES = 1_000
PARTS = 4
KINDS_OF_PLAN = 96
MOVES = 28
FIRST_DAY = datetime(2018, 1, 22, tzinfo=UTC)
A_YEAR = timedelta(days=366)
DRAFTED = (Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE, Status.AWAITING_SERVICE, Status.AWAITING_RETURN)
EVERY_EVENT = {kind.model_fields["kind"].default for kind in get_args(get_args(AnyEvent)[0])}
NEVER_SEEN = {
    *("request_recovered", "workflow_cancelled", "letter_superseded"),
    *("case_file_opened", "response_kept_after_closing"),
}
"""Nobody recovers a request or cancels its workflow here; an address is hardly ever corrected in the right second; and
there is no case file."""
A_FILE = Filed(uri="x", sha256="7" * 64, size=1)


@pytest.fixture
def of_all_parts(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that the processes of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_thousand_histories(part: int, of_all_parts: Path) -> None:
    seen: set[str] = set()
    for seed in range(part, HISTORIES, PARTS):
        seen |= live(seed).seen
    check_everything_was_seen(of_all_parts, part, seen)


def check_everything_was_seen(folder: Path, part: int, seen: set[str]) -> None:
    """What random histories never come to, they prove nothing about. The last part to end knows what all have seen."""
    (folder / f"part-{part}").write_text(" ".join(seen))
    (folder / f"part-{part}").rename(folder / f"seen-{part}")
    parts = [*folder.glob("seen-*")]
    if len(parts) == PARTS:
        unseen = {*EVERY_EVENT, *Status} - {name for path in parts for name in path.read_text().split()}
        assert unseen <= NEVER_SEEN


@pytest.mark.prove
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("part", range(100))
def test_a_million_histories_ten_thousand_a_part(part: int) -> None:
    for seed in range(part * 10_000, (part + 1) * 10_000):
        live(seed)


def live(seed: int, kind: type["RandomHistory"] | None = None) -> "RandomHistory":
    history = (kind or RandomHistory)(seed)
    try:
        history.live()
    except Exception as error:
        error.add_note(f"RandomHistory({seed}) of plan {history.number}:\n" + "\n".join(history.described()))
        raise
    return history


@lru_cache(maxsize=256)
def random_plan(number: int) -> RequestPlan:
    """One of the plans of random histories: any rungs, any units, any policies."""
    random = Random(number)  # noqa: S311 - dice, not secrets
    seconds = random.random() < 0.15  # a rehearsal in real time

    def period(days: int, business_days: int) -> dict[str, int]:
        if seconds:
            return {"seconds": random.randint(2, 60 * days)}
        return random.choice([{"days": days}, {"business_days": business_days}, {"hours": 24 * days - 5}])

    ladder: list[dict[str, Any]] = []
    if random.random() < 0.6:
        ladder.append({"acknowledgment": {"within": period(random.randint(2, 20), 5)}})
    for before in sorted(random.sample(range(1, 24), random.randint(0, 3)), reverse=True):
        ladder.append({"remind": {"before_due": period(before, (before + 1) // 2), "copy": ["supervisor"]}})
    if random.random() < 0.5:
        ladder.append({"deficiency": {"cure": period(random.randint(1, 12), 3)}})
    if random.random() < 0.75:
        ladder.append({"final_notice": {"after_due": period(1, 1), "cure": period(random.randint(1, 8), 5)}})
    ladder.append({"subpoena": {"form": "administrative", "return_within": period(random.choice([7, 21]), 10)}})
    then = random.choice(["supervisor", "supervisor", "reviewer"])
    ladder.append({"review": {"within": period(4, 3), "then_chase": then}})
    if random.random() < 0.7:
        ladder.append({"issuance": {"within": period(6, 5), "then_chase": then}})
    if random.random() < 0.6:
        ladder.append({"service": {"within": period(9, 10), "then_chase": then}})
    if random.random() < 0.6:
        ladder.append({"referral": {"after_return": period(2, 1), "to": then}})
    response: dict[str, Any] = {"within": period(random.choice([3, 10, 30]), random.choice([2, 10]))}
    if random.random() < 0.25:
        response = {"by": str(date(2018, 2, random.randint(1, 28)))}
    chosen = campaign(
        ladder=tuple(ladder),
        items=random.randint(1, 3),
        clock={
            "response": response,
            "rule": random.choice(["frcp6", "calendar", "business_days"]),
            "closes": random.choice(["end_of_day", "17:00"]),
            "starts": random.choice(["accepted", "accepted", "accepted", "delivered"]),
        },
        mail={
            "minimum_gap": {"seconds": 1} if seconds else {"hours": random.choice([1, 20, 30])},
            "when_unknown": random.choice(["resend", "hold"]),
            "catch_up": random.choice(["latest", "all", "none"]),
        },
        demand={} if random.random() < 0.8 else {"send_on": str(date(2018, 1, random.randint(24, 31)))},
        completeness=random.choice(["reported", "reported", "reviewed"]),
    )
    state, zone = random.choice(
        [
            ("IL", "America/Chicago"),
            ("NY", "America/New_York"),
            ("CA", "America/Los_Angeles"),
            ("KY", "America/Kentucky/Louisville"),
        ]
    )
    return plan(chosen, state=state, zone=zone)


class RandomHistory:
    """One request whose mail, people and clock do as the dice say."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311
        # In the long proof nearly every history has a plan of its own.
        self.number = self.random.randrange(KINDS_OF_PLAN if seed < HISTORIES else seed)
        self.plan = random_plan(self.number)
        self.now = FIRST_DAY + timedelta(minutes=self.random.randrange(5 * 24 * 60))
        self.request = Request.opened(self.plan, self.now)
        self.moves: list[tuple[datetime, Status, str | Message]] = []
        self.events = 0
        self.taken: list[Message] = []
        self.head = GENESIS
        self.filed: list[bytes] = []
        self.last_letter: datetime | None = None
        self.address = self.plan.jurisdiction.email
        # What the request should know by now, kept apart from it.
        self.escalated = False
        self.referred_early = False
        self.notice_at: datetime | None = None
        self.date_set_at: datetime | None = None
        self.unconfirmed: set[tuple[str, str]] = set()
        self.settles = False
        """What is reported now is what became of an unconfirmed letter."""
        self.not_before: dict[str, datetime] = {}

    def live(self) -> None:
        if self.random.random() < 0.35:
            self.go_to(self.random.choice(DRAFTED))
        for _ in range(MOVES):
            if not self.state.is_open:
                break
            if self.random.random() < 0.4:
                self.report_something()
            self.act(self.look())
            self.check()
        before = len(self.request.timeline), self.state
        if self.state.is_open:
            self.fall_silent()
        else:
            self.after_the_end()
        self.check_replay(before)

    def go_to(self, to: Status) -> None:
        """An untroubled history until ``to``, so that its late rungs are seen as often as its early ones."""
        self.move(f"goes to {to}")
        for _ in range(80):
            if self.state.phase is to:
                return
            match self.look():
                case SendLetter() as letter:
                    self.take(letter)
                case DraftSubpoena(version):
                    self.request.draft_finished(draft(version), self.now)
                case CopyIssued():
                    self.request.record_copy_finished(A_FILE, self.now)
                case Wait(until):
                    self.now = until if (message := self.expected()) is None else self.now
                    if message:
                        assert not self.request.refusal(message, self.now)
                        self.request.take(message, self.now)
                case _:
                    return

    def expected(self) -> Message | None:
        """The message of a person who does what is waited for."""
        draft = self.state.process.draft
        if draft is None or self.state.attention.holds:
            return None
        head = {"event_id": f"go-{self.state.phase}-{draft.version}", "by": REVIEWER}
        match self.state.phase:
            case Status.AWAITING_REVIEW:
                return ReviewSubpoena(**head, decision="approve", sha256=draft.sha256)
            case Status.AWAITING_ISSUANCE:
                signed = {"number": "7", "signed_by": "A", "draft": draft.sha256, "sha256": "5" * 64}
                return RecordIssuance.model_validate(head | signed | {"issued_at": self.now})
            case Status.AWAITING_SERVICE:
                return RecordService(**head, on_whom="B", how="by hand", by_whom="C", served_at=self.now)
            case _:
                return None

    @property
    def state(self) -> State:
        return self.request.state

    @property
    def seen(self) -> set[str]:
        """The kinds of events and the statuses that it came to."""
        events = {entry.event.kind for entry in self.request.timeline}
        return events | {self.state.status} | {status for _, status, _ in self.moves}

    # Moves.

    def look(self) -> Action:
        """What comes next, once the dates are computed or the computing has failed for a while."""
        for _ in range(20):
            action = self.proceed()
            if not isinstance(action, ComputeDates):
                return action
            if self.random.random() < 0.01:
                self.move("dates fail")
                self.request.work_failed(DATES, Attention.DATES_FAILED, "no calendar", self.now)
            else:
                self.request.dates_computed(dates(self.plan, action.facts), self.now)
        raise AssertionError("dates are computed over and over")

    def proceed(self) -> Action:
        held, phase, before = bool(self.state.attention.holds), self.state.phase, self.fingerprint()
        action = self.request.proceed(self.now)
        if held:
            assert self.state.phase is phase, "time alone moved a request on hold"
        match action:
            case Wait(until):
                assert self.now < until <= self.now + A_YEAR, f"waits from {self.now} until {until}"
            case SendLetter():
                self.check_letter(action)
            case DraftSubpoena():
                self.check_draft()
            case CopyIssued():
                assert self.state.process.issued
                assert self.state.process.record_copy is None
            case DraftReferral():
                self.check_referral()
            case Close():
                assert not self.state.is_open
                assert before == self.fingerprint()
            case ComputeDates(facts):
                assert self.request.dates is None or self.request.dates.facts != facts
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
        dice = self.random.random()
        if dice < 0.7:
            self.now = until
        elif dice < 0.85:
            self.now += (until - self.now) * self.random.random()
        else:
            self.now = until + timedelta(hours=self.random.choice([0.5, 5, 14, 60, 400, 1200]) * self.random.random())
        self.move(f"until {self.now:%a %d %b %H:%M:%S}")

    def file(self) -> None:
        """Whoever waits files the record first; the dossier may be full."""
        while entries := self.request.to_file(self.now):
            if self.random.random() < 0.1:
                self.move("the dossier is full")
                self.request.not_filed("no space left", self.now)
            else:
                self.request.filed(len(entries), self.now)

    def send(self, letter: SendLetter) -> None:
        step, dice, date_set_at = letter.step, self.random.random(), self.date_set_at
        if self.random.random() < 0.1:
            self.report_something()
        self.now += timedelta(seconds=self.random.choice([0, 0.2, 30]))
        if letter.known and self.request.still_wants(letter):
            self.move(f"{step.id} known to have arrived")
            self.take(letter)
        elif not self.request.still_wants(letter) and self.random.random() < 0.7:
            self.move(f"{step.id} stopped")
            self.request.letter_called_back(step, self.now)
        elif dice >= 0.72 and self.request.is_superseded(letter):
            self.move(f"{step.id} superseded")
            self.request.letter_superseded(step, "421 later", self.now)
        elif dice < 0.72:
            self.move(f"{step.id} accepted")
            self.take(letter, overtaken=self.date_set_at != date_set_at)
        elif dice < 0.80:
            self.move(f"{step.id} deferred")
            pause = timedelta(seconds=self.random.choice([5, 300, 20_000]))
            self.request.letter_deferred(step, "421 later", retry_after=pause, now=self.now)
            self.not_before[step.id] = self.now + pause
        elif dice < 0.87:
            self.move(f"{step.id} refused")
            self.request.letter_refused(step, "550 unknown", self.now)
        elif dice < 0.93:
            self.move(f"{step.id} unconfirmed")
            self.request.letter_unconfirmed(step, "time-out after DATA", self.now)
            self.unconfirmed.add((step.id, letter.address))
        elif dice < 0.97:
            self.move(f"{step.id} unanswered")
            self.request.sender_lost(step, self.now)
        else:
            self.move(f"{step.id} unprintable")
            self.request.work_failed(step.id, Attention.LETTER_FAILED, "no font", self.now)

    def take(self, letter: SendLetter, *, overtaken: bool = False) -> None:
        """The letter is accepted; one that was overtaken by a new date counts for nothing."""
        step, phase = letter.step, self.state.phase
        at = letter.known.at if letter.known else self.now
        taken, superseded = receipt(at, letter.address), self.request.is_superseded(letter)
        if superseded:
            self.unconfirmed.add((step.id, letter.address))
        self.request.letter_accepted(step, taken, possible_copy=letter.possible_copy, now=self.now)
        unmarked = [
            sent
            for sent in self.state.deliveries.letters
            if (sent.step, sent.receipt.recipient) == (step.id, letter.address) and not sent.possible_copy
        ]
        assert len(unmarked) <= 1, f"{step.id} was sent twice to one address, unmarked"
        if step.to == "recipient" and not superseded:
            self.last_letter = max(self.last_letter or at, at)
        if step.kind is StepKind.FINAL_NOTICE and phase is Status.OVERDUE and not overtaken and not superseded:
            self.notice_at = at
        if step.kind is StepKind.DEMAND and self.state.clock.runs:
            self.date_set_at = at

    def draw_up(self, action: DraftSubpoena) -> None:
        items = self.state.items.states
        if self.random.random() < 0.2:
            self.report_something()
        self.now += timedelta(seconds=self.random.choice([0, 1, 200]))
        wanted = self.request.still_wants(action)
        if self.random.random() < 0.2:
            self.move(f"draft {action.version} fails")
            if wanted:
                self.request.work_failed(DRAFT, Attention.DRAFT_FAILED, "template", self.now)
            return
        missing = ("relevance",) if self.random.random() < 0.4 else ()
        self.move(f"draft {action.version} ready{'' if wanted else ', too late'}")
        self.request.draft_finished(draft(action.version, *missing), self.now)
        taken = self.state.process.draft is not None and self.state.process.draft.version == action.version
        assert wanted == taken
        assert not (taken and items != self.state.items.states), "a draft states what is no longer so"

    def copy(self) -> None:
        if self.random.random() < 0.3:
            self.move("the record copy fails")
            self.request.work_failed(COPY, Attention.DRAFT_FAILED, "template", self.now)
        else:
            self.move("the record copy is filed")
            self.request.record_copy_finished(A_FILE, self.now)

    def refer(self, action: DraftReferral) -> None:
        if self.random.random() < 0.3:
            self.report_something()
        self.now += timedelta(seconds=self.random.choice([0, 2]))
        wanted = self.request.still_wants(action)
        if self.random.random() < 0.3:
            self.move("the memo fails")
            if wanted:
                self.request.work_failed(MEMO, Attention.DRAFT_FAILED, "template", self.now)
            return
        self.move(f"the memo is ready{'' if wanted else ', too late'}")
        self.request.memo_finished(A_FILE, self.now)

    def report_something(self) -> None:
        if self.random.random() < 0.04:
            self.move("an unreadable signal")
            self.request.unreadable("respons", "{}", "no such signal", self.now)
            self.check()
            return
        message = self.random.choices(MESSAGES, WEIGHTS)[0](self)
        if message is None:
            return
        before = self.fingerprint()
        refused = self.request.refusal(message, self.now)
        assert self.fingerprint() == before, "asking whether a message can be taken changed the request"
        if refused:
            self.move(f"{type(message).__name__} refused: {refused[:70]}")
            return
        repeated = message.event_id in self.state.record.answers
        self.check_before(message)
        before_it = (
            self.state.phase,
            self.state.clock.runs,
            self.state.deliveries.letters,
        )
        items = self.state.items.states
        answer = self.request.take(message, self.now)
        self.move(message)
        assert answer == self.request.take(message, self.now), "the same event was answered otherwise"
        if repeated:
            assert self.fingerprint() == before, "a repeated event changed the request"
            return
        assert self.reported(answer.recorded) == message.event_id
        self.taken.append(message)
        self.check_after(message, *before_it)
        stays = self.state.outcome or self.state.process.draft is None or self.state.process.issued
        assert items == self.state.items.states or stays, "a draft out of date"
        assert items == self.state.items.states or self.state.outcome or self.state.process.memo is None, (
            "a memo out of date"
        )
        self.check()

    def fall_silent(self) -> None:
        """Nobody reports anything more and all works again: the request still comes to a person, again and again."""
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
                    self.request.draft_finished(draft(version), self.now)
                case CopyIssued():
                    self.request.record_copy_finished(A_FILE, self.now)
                case DraftReferral():
                    self.request.memo_finished(A_FILE, self.now)
                case _:
                    assert self.state.status is Status.REFERRED_FOR_ENFORCEMENT, "an open request closed by itself"
                    return
            if asked == 2:
                return
        raise AssertionError(f"{self.state.status} and nobody was asked")

    def after_the_end(self) -> None:
        """Nothing changes a request that has ended, but a signal is still kept."""
        request = self.request
        assert self.state.status in ENDED
        assert isinstance(request.proceed(self.now), Close)
        before, entries = self.fingerprint(), len(request.timeline)
        for message_of in MESSAGES:
            if (message := message_of(self)) and message.event_id not in self.state.record.answers:
                assert request.refusal(message, self.now)
        for message in self.taken[:3]:
            assert not request.refusal(message, self.now)
            request.take(message, self.now)
        assert self.fingerprint() == before
        request.unreadable("late", "{}", "no such signal", self.now)
        assert len(request.timeline) == entries + 1
        assert not self.state.attention.reasons
        assert not self.state.attention.holds
        assert request.ending.head == request.head

    # What must hold.

    def check(self) -> None:
        assert self.state.status in Status
        self.check_chain()
        assert set(self.state.attention.holds) <= set(self.state.attention.reasons), "a hold that nobody can resolve"
        if Attention.DRAFT_REJECTED in self.state.attention.holds:
            assert self.state.phase in (Status.AWAITING_REVIEW, Status.DRAFTING)
        if self.state.outcome:
            assert not self.state.attention.reasons
            if self.state.status is Status.COMPLIED:
                assert not self.state.items.outstanding
            return
        assert self.state.items.outstanding, "nothing is outstanding and the request goes on"
        if self.state.process.approved_by:
            assert self.state.process.draft is not None
            assert not self.state.process.draft.missing
        assert (self.state.process.draft is not None) == (self.state.phase in DRAFTED)
        assert (self.state.phase in DRAFTED[1:]) == (self.state.process.approved_by is not None)
        assert (self.state.phase in DRAFTED[2:]) == (self.state.process.issued is not None)
        assert (self.state.phase is Status.AWAITING_RETURN) == (self.state.process.service is not None)
        assert self.state.phase is Status.AWAITING_RETURN or not self.state.process.refers
        assert self.state.process.refers or self.state.process.memo is None

    def check_letter(self, letter: SendLetter) -> None:
        request, step = self.request, letter.step
        if letter.known:
            assert self.state.is_unconfirmed(step.id)
            return  # it was checked when it was sent
        assert letter.possible_copy == ((step.id, letter.address) in self.unconfirmed), (
            "a second copy must say so, and only a second copy"
        )
        assert self.now >= self.not_before.get(step.id, self.now), "the mail server asked for patience"
        if step.to != "recipient":
            return
        assert self.state.is_open
        assert not self.state.attention.holds, "a letter to the recipient while on hold"
        assert self.state.items.outstanding
        assert request.dates
        if self.last_letter:
            gap = self.plan.campaign.mail.minimum_gap.elapsed
            assert self.now >= self.last_letter + gap, "two letters too close together"
        if step.until is not None:
            (clock, _), hours = clocks(self.plan, request.dates.facts), self.plan.campaign.mail.send_between
            local = self.now.astimezone(ZoneInfo(clock.zone))
            assert clock.calendar.is_open(local.date()), f"{step.id} on a closed day"
            assert hours.opens <= local.time() < hours.closes, f"{step.id} at {local:%H:%M}"
        if step.kind is StepKind.REMINDER:
            assert self.now < request.dates.deadline.closes_at, "a reminder after its deadline"
            assert self.date_set_at
            assert step.planned_at > self.date_set_at, "a reminder that was over before its date was set"
        if step.kind is StepKind.DEMAND:
            assert self.now < request.dates.deadline.closes_at, "a demand that is overdue when it goes out"
        if step.kind is StepKind.FINAL_NOTICE:
            assert self.escalated or self.now >= request.dates.deadline.closes_at
        assert request.dates.facts.recipient_calendar == self.state.clock.facts.recipient_calendar, (
            "a letter with a date that was moved"
        )

    def check_draft(self) -> None:
        request = self.request
        assert self.state.items.outstanding, "a draft with nothing outstanding"
        assert self.state.clock.runs
        assert not self.state.attention.holds
        assert request.dates
        assert self.escalated or self.now >= request.dates.deadline.closes_at, "a draft before the deadline"
        if (rung := self.plan.campaign.ladder.final_notice) and not self.escalated:
            assert self.notice_at, "a draft without a final notice"
            (clock, _), rule = clocks(self.plan, request.dates.facts), self.plan.campaign.clock.rule
            is_elapsed = rung.cure.is_elapsed
            cure = (
                clock.elapsed(self.notice_at, rung.cure)
                if is_elapsed
                else clock.within(self.notice_at, rung.cure, rule)
            )
            assert self.now >= cure.closes_at, "a draft within the time to cure"

    def check_referral(self) -> None:
        request = self.request
        assert self.state.items.outstanding, "a referral with nothing outstanding"
        assert not self.state.attention.holds
        assert self.state.process.service
        assert request.dates
        assert request.dates.return_due
        assert self.referred_early or self.now >= request.dates.return_due.closes_at, "a referral before the return"

    def check_before(self, message: Message) -> None:
        self.settles = isinstance(message, RecordDelivery) and self.state.is_unconfirmed(message.letter)
        if isinstance(message, ReviewSubpoena) and message.event_id not in self.state.record.answers:
            assert message.by in (REVIEWER, SUPERVISOR)
            assert self.state.process.draft
            assert message.sha256 == self.state.process.draft.sha256
            if message.decision == "approve":
                assert not self.state.process.draft.missing
                assert not self.state.attention.holds
        if isinstance(message, RecordIssuance) and message.event_id not in self.state.record.answers:
            assert self.state.process.approved_by
            assert self.state.process.draft
            assert message.draft == self.state.process.draft.sha256
            assert not self.state.attention.holds

    def check_after(self, message: Message, phase: Status, clock_ran: bool, letters: tuple[SentLetter, ...]) -> None:
        match message:
            case EscalateNow():
                self.escalated = True
                self.referred_early = phase is Status.AWAITING_RETURN
            case Withdraw():
                assert self.state.status is Status.WITHDRAWN
            case ExtendDeadline() if phase is Status.AWAITING_RETURN:
                assert self.state.phase is phase
                assert not self.state.process.refers
                self.referred_early = False
            case RecordDelivery() if self.state.process.issued or self.settles:
                assert self.state.phase is phase, "a letter that came back undid an issuance"
            case RecordIssuance():
                assert self.state.phase is Status.AWAITING_SERVICE
            case RecordService():
                assert self.state.phase is Status.AWAITING_RETURN
            case ExtendDeadline() if clock_ran:
                assert self.state.phase is Status.AWAITING_RESPONSE
                assert self.state.process.draft is None
                self.escalated, self.notice_at, self.date_set_at = False, None, self.now
            case RecordDelivery():
                reported = next(letter for letter in reversed(letters) if letter.step == message.letter)
                unnoticed = phase is Status.OVERDUE and self.notice_at is None
                latest = [letter for letter in letters if letter.kind is reported.kind][-1]
                if reported.step != latest.step:
                    assert self.state.phase is phase, "a letter that was replaced changed the course"
                elif reported.kind is StepKind.DEMAND and message.outcome == "failed":
                    assert not self.state.clock.runs
                    self.escalated, self.notice_at = False, None
                elif reported.kind is StepKind.DEMAND and self.state.clock.runs and not clock_ran:
                    self.date_set_at = max(message.at, reported.receipt.accepted_at)
                elif reported.kind is StepKind.FINAL_NOTICE and message.outcome == "failed":
                    self.notice_at = None
                elif reported.kind is StepKind.FINAL_NOTICE and message.outcome == "delivered" and unnoticed:
                    self.notice_at = max(message.at, reported.receipt.accepted_at)
            case ResendLetter(restarts_clock=True):
                assert not self.state.clock.runs
                self.escalated, self.notice_at = False, None
            case CorrectRecipient():
                if message.email and self.state.recipient.email != self.address:
                    self.address, self.last_letter = message.email, None
                    self.not_before.clear()
            case ResolveAttention():
                self.not_before.clear()
            case RecomputeDeadlines():
                assert (self.state.phase, self.state.deliveries.letters) == (phase, letters), (
                    "other calendars alone changed the course"
                )
                assert message.recipient_calendar in (None, self.state.clock.facts.recipient_calendar)
                assert message.issuer_calendar in (None, self.state.clock.facts.issuer_calendar)
            case _:
                pass

    def fingerprint(self) -> State:
        return self.state

    def reported(self, number: int) -> str:
        event = self.request.timeline[number - 1].event
        assert isinstance(event, Reported)
        return event.event_id

    def check_chain(self) -> None:
        """What was recorded since the last look follows what was recorded before."""
        timeline = self.request.timeline
        for entry in timeline[len(self.filed) :]:
            assert entry.at >= timeline[max(len(self.filed) - 1, 0)].at, "the record goes back in time"
            self.filed.append(entry.filed())
            assert (entry.number, entry.previous) == (len(self.filed), self.head)
            self.head = sha256(self.filed[-1]).hexdigest()

    def check_replay(self, *known: tuple[int, State]) -> None:
        """The state is nothing but the fold of the events, as they are filed: now, and after so many of them before."""
        self.check_chain()
        filed = [Entry.model_validate_json(entry) for entry in self.filed]
        assert filed == self.request.timeline
        after = {entry.number: state for _, entry, state in states(self.plan, filed)}
        for number, state in (*known, (len(filed), self.state)):
            assert after[number] == state

    def move(self, what: str | Message) -> None:
        self.moves.append((self.now, self.state.status, what))

    def described(self) -> list[str]:
        """Every move in a line. Only of a history that failed: writing them all would take a tenth of the time."""
        return [
            f"{at:%a %d %b %H:%M:%S}  {status}: {what if isinstance(what, str) else repr(what)}"
            for at, status, what in self.moves
        ]

    # Messages, sensible and not.

    def head_of(self, by: Who) -> dict[str, Any]:
        self.events += 1
        known = [message.event_id for message in self.taken]
        again = known and self.random.random() < 0.03
        return {"event_id": self.random.choice(known) if again else f"e-{self.events}", "by": by}

    def moment(self) -> datetime:
        """Now, mostly; earlier, at the very deadline, or impossible."""
        dice = self.random.random()
        if dice < 0.6:
            return self.now
        due = self.request.response_due
        if dice < 0.8 and due and due <= self.now:
            return due - timedelta(microseconds=self.random.choice([0, 1]))
        if dice < 0.97:
            return self.state.opened_at + (self.now - self.state.opened_at) * self.random.random()
        return self.random.choice([self.now + timedelta(seconds=1), self.state.opened_at - timedelta(seconds=1)])

    def response(self) -> RecordResponse:
        kind = self.random.choices(
            ["production", "refusal", "no_records", "extension_request", "other"], [12, 2, 1, 2, 2]
        )[0]
        known = [state.id for state in self.state.items.states]
        items: Any = ()
        if kind == "production" and self.random.random() < 0.25:
            items = "all"
        elif kind == "production" or self.random.random() < 0.05:
            ids = self.random.sample(known, self.random.randint(1, len(known)))
            if self.random.random() < 0.05:
                ids.append(self.random.choice(["A-9", ids[0]]))
            words = ["produced", "produced", "objected", "none_found", "withdrawn"]
            items = tuple({"id": item, "disposition": self.random.choice(words)} for item in ids)
        fields = {"received_at": self.moment(), "from": "Somewhere", "kind": kind, "items": items}
        return RecordResponse.model_validate(self.head_of(MAILROOM) | fields)

    def acceptance(self) -> AcceptResponse:
        claimed = self.state.items.claimed
        some = tuple(self.random.sample(claimed, self.random.randint(1, len(claimed)))) if claimed else ("A-1",)
        return AcceptResponse(**self.head_of(REVIEWER), items=self.random.choice(["all", some]))

    def acknowledgment(self) -> Acknowledge:
        return Acknowledge(**self.head_of(MAILROOM), received_at=self.moment())

    def report(self) -> RecordDelivery | None:
        letters = [letter.step for letter in self.state.deliveries.letters] + [
            step for step, _ in sorted(self.unconfirmed)
        ]
        if not letters:
            return None
        step = self.random.choice([letters[-1], letters[0], self.random.choice(letters), "demand", "nonsense"])
        outcome: Any = self.random.choice(["delivered", "failed", "failed", "delayed"])
        return RecordDelivery(**self.head_of(MAILROOM), letter=step, outcome=outcome, at=self.moment())

    def extension(self) -> ExtendDeadline:
        more: dict[str, Any] = {"to": self.now.date() + timedelta(days=self.random.choice([-3, 0, 1, 9, 20, 40, 900]))}
        if self.random.random() < 0.6:
            more = {
                "period": Period(
                    unit=self.random.choice(["days", "business_days", "hours"]), count=self.random.choice([1, 7, 15])
                )
            }
        return ExtendDeadline(**self.head_of(OPERATOR), reason="agreed", **more)

    def pause(self) -> PauseClock | None:
        """Now, mostly, or recorded too late: it began before the deadline that was noted meanwhile."""
        due = self.request.response_due
        if due and self.state.phase is Status.OVERDUE:
            return PauseClock(**self.head_of(OPERATOR), at=due - timedelta(hours=30), reason="they confer")
        at = self.random.choice([WHEN_TAKEN, WHEN_TAKEN, self.moment()])
        return PauseClock(**self.head_of(OPERATOR), at=at, reason="they confer") if self.state.clock.runs else None

    def resumption(self) -> ResumeClock | None:
        at = self.random.choice([WHEN_TAKEN, WHEN_TAKEN, WHEN_TAKEN, self.moment()])
        if self.state.clock.paused_since is None and self.random.random() < 0.9:
            return None
        return ResumeClock(**self.head_of(OPERATOR), at=at, reason="agreed")

    def resending(self) -> ResendLetter | None:
        sent = [letter.step for letter in self.state.deliveries.letters]
        if not sent:
            return None
        step, restarts = self.random.choice([sent[0], self.random.choice(sent)]), self.random.random() < 0.5
        return ResendLetter(**self.head_of(OPERATOR), letter=step, restarts_clock=restarts, reason="lost")

    def correction(self) -> CorrectRecipient:
        emails = ["a@somewhere.example", "b@somewhere.example", "records@somewhere.example", "reviewer@office.example"]
        more: dict[str, Any] = self.random.choice([{"email": self.random.choice(emails)}, {"attention": "The Clerk"}])
        return CorrectRecipient(**self.head_of(OPERATOR), reason="they moved", **more)

    def review(self) -> ReviewSubpoena | None:
        if self.state.process.draft is None and self.random.random() < 0.9:
            return None
        by = self.random.choice([REVIEWER, REVIEWER, SUPERVISOR, OPERATOR, Who(name=REVIEWER.name, role="supervisor")])
        read = self.state.process.draft.sha256 if self.state.process.draft and self.random.random() < 0.9 else "f" * 64
        fields: dict[str, Any] = self.random.choice(
            [
                {"decision": "approve"},
                {"decision": "approve"},
                {"decision": "revise", "fields": {"relevance": "It is."}},
                {"decision": "revise", "notes": "shorter"},
                {"decision": "revise", "fields": {"nonsense": "x"}},
                {"decision": "reject", "reason": "wrong"},
            ]
        )
        return ReviewSubpoena(**self.head_of(by), sha256=read, **fields)

    def issuance(self) -> RecordIssuance | None:
        if self.state.process.approved_by is None and self.random.random() < 0.9:
            return None
        read = self.state.process.draft.sha256 if self.state.process.draft and self.random.random() < 0.9 else "f" * 64
        return RecordIssuance(
            **self.head_of(OPERATOR), number="7", signed_by="A", issued_at=self.moment(), draft=read, sha256="5" * 64
        )

    def service(self) -> RecordService | None:
        if self.state.process.issued is None and self.random.random() < 0.9:
            return None
        return RecordService(**self.head_of(OPERATOR), on_whom="B", how="by hand", by_whom="C", served_at=self.moment())

    def objection(self) -> RecordObjection:
        known = [state.id for state in self.state.items.states]
        items = [{"id": item, "ground": "overbroad"} for item in self.random.sample(known, 1)]
        fields = {"received_at": self.moment(), "from": "Somewhere", "items": items}
        return RecordObjection.model_validate(self.head_of(MAILROOM) | fields)

    def escalation(self) -> EscalateNow:
        return EscalateNow(**self.head_of(OPERATOR), reason="now")

    def withdrawal(self) -> Withdraw:
        return Withdraw(**self.head_of(OPERATOR), reason="over")

    def resolution(self) -> ResolveAttention | None:
        open_ones = list(self.state.attention.reasons) or ([Attention.REFUSAL] if self.random.random() < 0.1 else [])
        if not open_ones:
            return None
        outcome: Any = "unserviceable" if self.random.random() < 0.05 else "continue"
        reason = self.random.choice(open_ones)
        return ResolveAttention(**self.head_of(OPERATOR), attention=reason, outcome=outcome, reason="looked")

    def recomputation(self) -> RecomputeDeadlines:
        """Days were declared to be closed, or no longer are."""
        of = self.random.choice(["recipient_calendar", "issuer_calendar"])
        given = {"reason": "declared", of: self.random.choice([*DECLARED, "3" * 64])}
        return RecomputeDeadlines.model_validate(self.head_of(OPERATOR) | given)

    def note(self) -> AddNote:
        return AddNote(**self.head_of(OPERATOR), note="spoke")

    def repetition(self) -> Message | None:
        return self.random.choice(self.taken) if self.taken else None


MESSAGES: list[Callable[[RandomHistory], Message | None]] = [
    RandomHistory.response,
    RandomHistory.acceptance,
    RandomHistory.acknowledgment,
    RandomHistory.report,
    RandomHistory.extension,
    RandomHistory.pause,
    RandomHistory.resumption,
    RandomHistory.correction,
    RandomHistory.resending,
    RandomHistory.review,
    RandomHistory.issuance,
    RandomHistory.service,
    RandomHistory.objection,
    RandomHistory.escalation,
    RandomHistory.withdrawal,
    RandomHistory.resolution,
    RandomHistory.note,
    RandomHistory.repetition,
    RandomHistory.recomputation,
]
WEIGHTS = [16, 6, 4, 14, 10, 12, 16, 6, 6, 24, 24, 24, 4, 10, 1, 34, 3, 4, 6]
