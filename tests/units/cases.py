"""Small requests for tests: a campaign, its clocks, messages, and a desk that drives a request by hand."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from typing import Any, TypeVar

from forthwith.campaign.models import Campaign, Jurisdiction, RequestPlan
from forthwith.casefile.store import Dossier
from forthwith.deadlines.calendar import ClosedDay
from forthwith.deadlines.calendar_builder import build_calendar
from forthwith.deadlines.clock import Clock
from forthwith.deadlines.computation import Computation
from forthwith.deadlines.office_hours import OfficeHours
from forthwith.deadlines.pause import Pause
from forthwith.deadlines.period import Period
from forthwith.deadlines.rule import Rule
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
from forthwith.request.clock_changes import ExtendDeadline, PauseClock, RecomputeDeadlines, ResumeClock
from forthwith.request.deliveries import CorrectRecipient, RecordDelivery, ResendLetter
from forthwith.request.messages import Answer
from forthwith.request.record import Draft, Filed, Receipt, SentLetter
from forthwith.request.request import Request
from forthwith.request.responses import AcceptResponse, Acknowledge, RecordObjection, RecordResponse
from forthwith.request.state import State
from forthwith.request.subpoena_process import RecordIssuance, RecordService, ReviewSubpoena
from forthwith.request.timetable import Facts, Step, Timetable, timetable
from forthwith.request.vocabulary import Attention, Message, Status, Who
from tests import messages
from tests.messages import MAILROOM as MAILROOM  # also for who imports it from here
from tests.messages import OPERATOR as OPERATOR
from tests.messages import REVIEWER, SUPERVISOR
from tests.messages import event_id as event_id

OPENED = datetime(2018, 1, 24, 15, tzinfo=UTC)
"""Wednesday, 9:00 in Chicago."""

DUE = datetime(2018, 2, 24, 6, tzinfo=UTC)
"""The end of February 23 in Chicago, thirty days after."""

LADDER: tuple[dict[str, Any], ...] = (
    {"acknowledgment": {"within": {"business_days": 5}}},
    {"remind": {"before_due": {"days": 14}}},
    {"remind": {"before_due": {"business_days": 3}}},
    {"final_notice": {"after_due": {"business_days": 1}, "cure": {"business_days": 5}}},
    {"subpoena": {"form": "administrative", "return_within": {"days": 21}}},
    {"review": {"within": {"business_days": 3}}},
    {"issuance": {"within": {"business_days": 5}}},
    {"service": {"within": {"business_days": 10}}},
    {"referral": {"after_return": {"business_days": 1}}},
)

RULE_45: tuple[dict[str, Any], ...] = tuple(
    {
        "subpoena": {
            "form": "court_rule45",
            "return_within": {"days": 21},
            "court": {
                "name": "United States District Court",
                "district": "Northern District of Illinois",
                "title": "United States v. Example",
                "docket": "1:18-cv-00001",
                "place_of_compliance": "219 South Dearborn Street, Chicago",
            },
        }
    }
    if "subpoena" in rung
    else rung
    for rung in LADDER
)
"""The same ladder with a subpoena in a pending action."""

_EMPTY = Filed(uri="x", sha256="0" * 64, size=1)


_Kind = TypeVar("_Kind", bound=Action)


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of 2018."""
    return datetime(2018, month, day, hour, minute, tzinfo=UTC)


def days(count: int) -> Period:
    """So many calendar days."""
    return Period(unit="days", count=count)


def campaign(
    *,
    ladder: tuple[dict[str, Any], ...] = LADDER,
    items: int = 2,
    clock: dict[str, Any] | None = None,
    mail: dict[str, Any] | None = None,
    **changes: Any,
) -> Campaign:
    """A campaign of two items and thirty days, with whatever the test wants to be different."""
    demand = {
        "subject": "Documents",
        "authority": [{"citation": "2 CFR § 200.336", "as_of": "2018-01-24"}],
        "consequence": "A subpoena.",
        "relevant_period": {"from": "2015-10-01", "to": "date of response"},
        "items": [{"id": f"A-{n}", "text": "All documents."} for n in range(1, items + 1)],
    }
    return Campaign.model_validate(
        {
            "campaign": "test",
            "title": "Test",
            "time_zone": "America/New_York",
            "issuer": {
                "office": "Office",
                "address": ["1 Street"],
                "signatory": {"name": "To be named", "title": "Director"},
                "from": "demands@office.example",
                "reply_to": "responses@office.example",
                "reviewer": {"name": REVIEWER.name, "email": "reviewer@office.example"},
                "supervisor": {"name": SUPERVISOR.name, "email": "supervisor@office.example"},
            },
            "demand": demand | changes.pop("demand", {}),
            "clock": {"response": {"within": {"days": 30}}, "calendar": ["us-federal", "state"]} | (clock or {}),
            "ladder": ladder,
            "mail": {"send_between": ["08:00", "18:00"], "minimum_gap": {"hours": 20}} | (mail or {}),
            "jurisdictions": "jurisdictions.csv",
        }
        | changes
    )


def without(*kinds: str) -> tuple[dict[str, Any], ...]:
    """The ladder without some rungs."""
    return tuple(rung for rung in LADDER if not rung.keys() & set(kinds))


def plan(of: Campaign | None = None, *, state: str = "IL", zone: str = "America/Chicago") -> RequestPlan:
    """A plan for one jurisdiction. Hashes of templates and calendars are of no interest here."""
    return RequestPlan(
        campaign=of or campaign(),
        jurisdiction=Jurisdiction(
            id="somewhere",
            name="Somewhere",
            kind="city",
            state=state,
            timezone=zone,
            attention="Office of the Mayor",
            email="records@somewhere.example",
        ),
        templates="0" * 64,
        recipient_calendar="1" * 64,
        issuer_calendar="2" * 64,
    )


DECLARED = {
    "4" * 64: (date(2018, 2, 23),),
    "5" * 64: tuple(date(2018, 1, 1) + timedelta(days=7 * week) for week in range(104)),
    "6" * 64: tuple(date(2018, 1, 5) + timedelta(days=7 * week + n) for week in range(104) for n in (-2, -1, 0)),
}
"""Days that were closed after the start, by the hash of the calendar that has them: that Friday, every Monday, the last
three days of every week."""


def pinned_plan(dossier: Dossier, templates: Mapping[str, str]) -> RequestPlan:
    """The same plan with its ``templates`` and calendars kept in a dossier."""
    recipient, issuer = clocks(plan())
    pinned = {
        "templates": dossier.pin_templates(templates),
        "recipient_calendar": dossier.pin(recipient.calendar.canonical),
        "issuer_calendar": dossier.pin(issuer.calendar.canonical),
    }
    return plan().model_copy(update=pinned)


def clocks(of: RequestPlan, facts: Facts | None = None) -> tuple[Clock, Clock]:
    """The recipient's and the issuer's clock, with the real calendars of a few years and what was declared since."""
    state, zone = of.jurisdiction.state, of.jurisdiction.timezone
    for_recipient, for_issuer = (facts.recipient_calendar, facts.issuer_calendar) if facts else (None, None)
    return (
        _clock(state, zone, of.campaign.clock.closes, for_recipient),
        _clock("", of.campaign.time_zone, None, for_issuer),
    )


@cache
def _clock(state: str, zone: str, closes: time | None, sha256: str | None) -> Clock:
    names = ("us-federal", "state") if state else ("us-federal",)
    calendar = build_calendar(names, state=state or None, first_year=2017, last_year=2027)
    declared = [ClosedDay(day=day, name="Day of Mourning", source="declared") for day in DECLARED.get(sha256 or "", ())]
    closed = sorted((*calendar.closed, *declared), key=lambda closed: closed.day)
    calendar = calendar.model_copy(update={"closed": tuple(closed)})
    return _Remembering(calendar=calendar, zone=zone, closes=closes)


class _Remembering(Clock):
    """A clock that looks up what it counted before: a history asks for the same dates over and over."""

    @cached_property
    def _counted(self) -> Callable[..., Computation]:
        return lru_cache(maxsize=4096)(super().within)

    @cached_property
    def _windows(self) -> Callable[..., tuple[datetime, datetime]]:
        return lru_cache(maxsize=4096)(super().office_window)

    def within(
        self, trigger: datetime, period: Period, rule: Rule | str, *, pauses: tuple[Pause, ...] = ()
    ) -> Computation:
        return self._counted(trigger, period, rule, pauses=pauses)

    def office_window(self, at: datetime, hours: OfficeHours) -> tuple[datetime, datetime]:
        return self._windows(at, hours)


def dates(of: RequestPlan, facts: Facts) -> Timetable:
    """The timetable that the activity would compute."""
    recipient, issuer = clocks(of, facts)
    return timetable(of, recipient, issuer, facts)


def receipt(at: datetime, to: str = "") -> Receipt:
    eml = Filed(uri="x", sha256=sha256(f"{at} {to}".encode()).hexdigest(), size=1)
    return Receipt(
        message_id="<x@office.example>", recipient=to, accepted_at=at, response="250 ok", eml=eml, pdf=_EMPTY
    )


def draft(version: int, *missing: str) -> Draft:
    return Draft(version=version, document=Filed(uri=f"v{version}", sha256=f"{version:064x}", size=1), missing=missing)


class Desk:
    """Drives one request by hand: letters are accepted and drafts are ready at once unless the test says otherwise."""

    def __init__(self, of: Campaign | RequestPlan | None = None, *, at: datetime = OPENED) -> None:
        self.plan = of if isinstance(of, RequestPlan) else plan(of)
        self.now = at
        self.request = Request.opened(self.plan, at)
        self.missing: tuple[str, ...] = ()
        self.on_letter: Callable[[SendLetter], bool] = lambda _: False
        """Called before a letter is accepted; True when it has reported another outcome itself."""

    @property
    def state(self) -> State:
        return self.request.state

    # Time.

    def next(self) -> Action:
        """What comes next, once the dates are computed."""
        while isinstance(action := self.request.proceed(self.now), ComputeDates):
            self.request.dates_computed(dates(self.plan, action.facts), self.now)
        return action

    def settle(self) -> Wait | Close:
        """Does whatever is to be done now."""
        for _ in range(50):
            match self.next():
                case (Wait() | Close()) as rest:
                    return rest
                case action:
                    self.do(action)
        raise AssertionError("the request does not come to rest")

    def do(self, action: Action) -> None:
        """Carries out one action, as the mail server and the case file of the test have it."""
        match action:
            case SendLetter() as letter:
                if not self.on_letter(letter):
                    self.accept(letter)
            case DraftSubpoena(version):
                self.request.draft_finished(draft(version, *self.missing), self.now)
            case CopyIssued():
                self.request.record_copy_finished(_EMPTY, self.now)
            case DraftReferral():
                self.request.memo_finished(_EMPTY, self.now)
            case Wait(until):
                self.now = until
            case ComputeDates() | Close():
                raise AssertionError(f"{action} is nothing to be done")

    def accept(self, letter: SendLetter) -> None:
        taken = receipt(letter.known.at if letter.known else self.now, letter.address)
        self.request.letter_accepted(letter.step, taken, possible_copy=letter.possible_copy, now=self.now)

    def go(self, to: datetime | None = None, /, **period: float) -> "Desk":
        """Goes on to a moment, or for a period, doing everything that falls due on the way."""
        end = to or self.now + timedelta(**period)
        while isinstance(rest := self.settle(), Wait) and rest.until <= end:
            self.now = rest.until
        self.now = max(self.now, end)
        return self

    def until(self, kind: type[_Kind], step: str = "") -> _Kind:
        """Goes on until an action of that kind is to be carried out, and leaves it to the test what becomes of it."""
        for _ in range(200):
            action = self.next()
            if isinstance(action, kind) and (not isinstance(action, SendLetter) or step in ("", action.step.id)):
                return action
            self.do(action)
        raise AssertionError(f"no {kind.__name__} {step} is ever due")

    def letter(self, step: str = "") -> SendLetter:
        """Goes on until the next letter, or the letter ``step``, is to be sent."""
        return self.until(SendLetter, step)

    def to(self, phase: Status) -> "Desk":
        """To the beginning of a phase."""
        return COME_TO[phase](self)

    def sleep(self, **period: float) -> "Desk":
        """An outage: time passes and nothing is done."""
        self.now += timedelta(**period)
        return self

    def to_overdue(self) -> "Desk":
        """Past the deadline and past the final notice, within the time to cure."""
        return self.go(datetime(2018, 2, 27, 15, tzinfo=UTC))

    def to_review(self) -> "Desk":
        """A draft waits for the reviewer, who was asked."""
        return self.go(datetime(2018, 3, 7, 15, tzinfo=UTC))

    def to_issuance(self) -> "Desk":
        self.to_review().say(self.review("approve"))
        self.settle()
        return self

    def to_service(self) -> "Desk":
        """The approved draft was issued."""
        self.to_issuance().say(self.issuance())
        self.settle()
        return self

    def to_return(self) -> "Desk":
        """The issued subpoena was served, in the afternoon of Wednesday, March 7."""
        self.to_service().say(self.service())
        self.settle()
        return self

    # Mail that fails.

    def mail_refuses(self, *steps: str) -> "Desk":
        """From now on the mail server refuses these letters for good."""

        def refuse(letter: SendLetter) -> bool:
            if letter.step.id in steps:
                self.request.letter_refused(letter.step, "550 no such user", self.now)
            return letter.step.id in steps

        self.on_letter = refuse
        return self

    def mail_works(self) -> None:
        """From now on the mail server takes every letter."""
        self.on_letter = lambda _: False

    def defer(self, letter: SendLetter, **retry_after: float) -> None:
        """The mail server puts a letter off."""
        self.request.letter_deferred(letter.step, "421", retry_after=timedelta(**retry_after), now=self.now)

    def lose_answer(self, letter: SendLetter) -> None:
        """The mail server's answer is lost: the letter is unconfirmed."""
        self.request.letter_unconfirmed(letter.step, "time-out", self.now)

    # What people say.

    def say(self, message: Message) -> Answer:
        """Says something that must be taken."""
        refused = self.request.refusal(message, self.now)
        assert not refused, refused
        return self.request.take(message, self.now)

    def say_and_settle(self, message: Message) -> "Desk":
        """Says something that must be taken, and does whatever follows at once."""
        self.say(message)
        self.settle()
        return self

    def refuses(self, message: Message) -> str:
        """Says something that must be refused, and gives the reason."""
        refused = self.request.refusal(message, self.now)
        assert refused
        return refused

    def response(self, *, at: datetime | None = None, **said: Any) -> RecordResponse:
        """A production of everything unless said otherwise; ``a1="produced"`` names one item."""
        items = {f"A-{name[1:]}": said.pop(name) for name in list(said) if name[0] == "a" and name[1:].isdigit()}
        return messages.response(at or self.now, items or "all", **said)

    def acceptance(self, *items: str) -> AcceptResponse:
        return messages.acceptance(*items)

    def acknowledgment(self) -> Acknowledge:
        return messages.acknowledgment(self.now)

    def report(self, letter: str, outcome: str = "failed", *, at: datetime | None = None) -> RecordDelivery:
        return messages.delivery(letter, outcome, at or self.now)

    def extension(self, **more: Any) -> ExtendDeadline:
        return messages.extension(**more)

    def pause(self, at: datetime | None = None) -> PauseClock:
        return messages.pause(at)

    def resumption(self, at: datetime | None = None) -> ResumeClock:
        return messages.resumption(at)

    def resending(self, letter: str, *, restarts_clock: bool) -> ResendLetter:
        return messages.resending(letter, restarts_clock=restarts_clock)

    def recomputation(self, recipient_calendar: str = "3" * 64) -> RecomputeDeadlines:
        return messages.recomputation(recipient_calendar)

    def correction(self, **corrected: str) -> CorrectRecipient:
        return messages.correction(**corrected)

    def review(self, decision: str, *, by: Who = REVIEWER, sha256: str = "", **said: Any) -> ReviewSubpoena:
        return messages.review(decision, sha256 or self._draft_sha256, by=by, **said)

    def issuance(self, *, at: datetime | None = None, **said: Any) -> RecordIssuance:
        return messages.issuance(self._draft_sha256, at or self.now, **said)

    def service(self, *, at: datetime | None = None, **said: Any) -> RecordService:
        return messages.service(at or self.now, **said)

    def objection(self, *items: str, at: datetime | None = None, ground: str = "overbroad") -> RecordObjection:
        return messages.objection(at or self.now, *items, ground=ground)

    def escalation(self) -> EscalateNow:
        return messages.escalation()

    def withdrawal(self) -> Withdraw:
        return messages.withdrawal()

    def resolution(self, attention: Attention, outcome: str = "continue") -> ResolveAttention:
        return messages.resolution(attention, outcome)

    def note(self) -> AddNote:
        return messages.note()

    @property
    def _draft_sha256(self) -> str:
        """Of the draft that is there now."""
        draft = self.state.process.draft
        return draft.sha256 if draft else "f" * 64

    def garble(self) -> None:
        """A signal that nobody can read."""
        self.request.unreadable("respons_received", "{}", "no signal has this name", self.now)

    # What became of it.

    @property
    def sent(self) -> list[str]:
        """The steps of the letters that were accepted, in order."""
        return [letter.step for letter in self.state.deliveries.letters]

    @property
    def said(self) -> list[str]:
        """What the timeline holds, in its own words."""
        return [entry.event.kind for entry in self.request.timeline]

    @property
    def letters(self) -> tuple[SentLetter, ...]:
        """The letters that were accepted, in order."""
        return self.state.deliveries.letters

    @property
    def status(self) -> Status:
        return self.state.status

    @property
    def reasons(self) -> set[Attention]:
        """Why the request needs a person now."""
        return set(self.state.attention.reasons)

    @property
    def holds(self) -> set[Attention]:
        """What keeps the ladder back now."""
        return set(self.state.attention.holds)

    @property
    def drafted(self) -> int | None:
        """The version of the draft that is there now."""
        return self.state.process.draft.version if self.state.process.draft else None

    @property
    def dates(self) -> Timetable:
        """The dates that count now."""
        self.next()
        assert self.request.dates
        return self.request.dates

    @property
    def return_due(self) -> Computation:
        """The return date that counts now."""
        assert self.dates.return_due
        return self.dates.return_due

    def step(self, name: str) -> Step:
        """One step of the timetable as it is now."""
        return next(step for step in self.dates.steps if step.id == name)


def _resting(desk: Desk) -> Desk:
    desk.next()
    return desk


def _drafting(desk: Desk) -> Desk:
    desk.until(DraftSubpoena)
    return desk


COME_TO: Mapping[Status, Callable[[Desk], Desk]] = {
    Status.SENDING: _resting,
    Status.AWAITING_RESPONSE: lambda desk: desk.go(days=1),
    Status.OVERDUE: Desk.to_overdue,
    Status.DRAFTING: _drafting,
    Status.AWAITING_REVIEW: Desk.to_review,
    Status.AWAITING_ISSUANCE: Desk.to_issuance,
    Status.AWAITING_SERVICE: Desk.to_service,
    Status.AWAITING_RETURN: Desk.to_return,
}
"""How an untroubled request comes to each phase. In `Sending` its demand is to be sent, in `Drafting` its draft
is to be drawn up."""

BEFORE_ISSUANCE = (Status.AWAITING_RESPONSE, Status.OVERDUE, Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE)
"""The clock has started, the request rests, and nothing was issued yet."""


Situation = Status | Callable[[], Desk]
"""A phase, or how a request comes to where it is."""

Refusal = tuple[Situation, Callable[[Desk], Message], str]
"""When a message is refused, which, and how the refusal begins."""


def check_refusal(when: Situation, message: Callable[[Desk], Message], because: str) -> None:
    """The message is refused by name, and leaves nothing."""
    desk = Desk().to(when) if isinstance(when, Status) else when()
    state, entries = desk.state, [*desk.request.timeline]
    refused = desk.refuses(message(desk))
    assert refused.startswith(because), refused
    assert desk.state is state
    assert desk.request.timeline == entries
