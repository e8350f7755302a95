"""The stage on which stories are told: a real server, a real mailbox, a worker, and a clock for each request.

    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.advance(days=16)
    demand.expect(reminder(1))

The ladder of these stories counts in hours, so that they are the same on every day and hour of the year. Days,
holidays and office hours have their own stories, which take what they expect from the forecast.
"""

import asyncio
import copy
import csv
import logging
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from ruamel.yaml import YAML
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.workflow import SandboxImportNotificationPolicy

import worker
from forthwith import temporal
from forthwith.campaign.models import Campaign, Jurisdiction, RequestPlan, Role
from forthwith.casefile.audit import Audited
from forthwith.casefile.store import Dossier, StartRecord
from forthwith.casefile.verify import CaseFile
from forthwith.deadlines.calendar_builder import build_calendar
from forthwith.deadlines.clock import Clock
from forthwith.devstack.mailbox import Faults, Mailbox, StoredMail
from forthwith.devstack.server import LocalServer, local_server
from forthwith.devstack.virtual_clock import VirtualClock, virtual_seconds
from forthwith.mail.client import MailClient, SmtpSettings
from forthwith.mail.message import message_id
from forthwith.request.attention import AddNote, EscalateNow, ResolveAttention, Withdraw
from forthwith.request.clock_changes import ExtendDeadline, PauseClock, RecomputeDeadlines, ResumeClock
from forthwith.request.deliveries import CorrectRecipient, RecordDelivery, ResendLetter
from forthwith.request.entries import Entry
from forthwith.request.messages import Answer
from forthwith.request.record import ItemReport, Outcome
from forthwith.request.responses import AcceptResponse, Acknowledge, RecordObjection, RecordResponse
from forthwith.request.subpoena_process import RecordIssuance, RecordService, ReviewSubpoena
from forthwith.request.vocabulary import Attention, Message, ResponseKind, Status, Who
from forthwith.settings import Settings
from forthwith.views.forecast import Foreseen, forecast
from forthwith.views.status import RequestStatus
from workflows.jurisdiction_request import JurisdictionRequest

EXAMPLE = Path("examples/1373-2018")
TEMPLATES = Path("forthwith/documents/templates")
SETTLES_WITHIN = timedelta(seconds=30)

A_MINUTE_MORE = timedelta(minutes=1)
"""What follows from a letter follows from the moment it was accepted, which is a little after it was due."""

OPERATOR = Who(name="Olivia Operator", role="operator")
MAILROOM = Who(name="Mailroom", role="system")
REVIEWER = Who(name="Reviewing attorney", role="reviewer")
SUPERVISOR = Who(name="Supervising attorney", role="supervisor")

UPDATES: dict[type[Message], Any] = {
    RecordResponse: JurisdictionRequest.record_response,
    AcceptResponse: JurisdictionRequest.accept_response,
    Acknowledge: JurisdictionRequest.acknowledge,
    RecordDelivery: JurisdictionRequest.record_delivery,
    ExtendDeadline: JurisdictionRequest.extend_deadline,
    PauseClock: JurisdictionRequest.pause_clock,
    ResumeClock: JurisdictionRequest.resume_clock,
    CorrectRecipient: JurisdictionRequest.correct_recipient,
    RecomputeDeadlines: JurisdictionRequest.recompute_deadlines,
    ResendLetter: JurisdictionRequest.resend_letter,
    ReviewSubpoena: JurisdictionRequest.review_subpoena,
    RecordIssuance: JurisdictionRequest.record_issuance,
    RecordService: JurisdictionRequest.record_service,
    RecordObjection: JurisdictionRequest.record_objection,
    EscalateNow: JurisdictionRequest.escalate_now,
    Withdraw: JurisdictionRequest.withdraw,
    ResolveAttention: JurisdictionRequest.resolve_attention,
    AddNote: JurisdictionRequest.add_note,
}


# What is expected.


@dataclass(frozen=True)
class Expected:
    """One letter of one step."""

    step: str
    to: Role = "recipient"
    possible_copy: bool = False

    def of_series(self, number: int) -> "Expected":
        """The letter of the same rung after the response date was set anew."""
        return replace(self, step=f"{self.step}-series-{number}")

    @property
    def marked(self) -> "Expected":
        """The same letter, saying that it may be a second copy."""
        return replace(self, possible_copy=True)


def letter(step: str, to: Role = "recipient") -> Expected:
    return Expected(step, to)


def acknowledgment_chase() -> Expected:
    return Expected("acknowledgment")


def reminder(number: int) -> Expected:
    return Expected(f"reminder-{number}")


def final_notice() -> Expected:
    return Expected("final-notice")


def review_request(version: int = 1) -> Expected:
    return Expected(f"review-{version}", "reviewer")


def review_chase(number: int, *, to: Role, version: int = 1) -> Expected:
    return Expected(f"review-{version}-chase-{number}", to)


def issuance_chase(number: int, *, version: int = 1) -> Expected:
    return Expected(f"issuance-{version}-chase-{number}", "supervisor")


def service_chase(number: int, *, version: int = 2) -> Expected:
    return Expected(f"service-{version}-chase-{number}", "reviewer")


def referral(number: int = 1) -> Expected:
    return Expected(f"referral-{number}", "supervisor")


def hold_chase(number: int, *, hold: int = 1) -> Expected:
    return Expected(f"hold-{hold}-chase-{number}", "operator")


UNTIL_OVERDUE = (letter("demand"), acknowledgment_chase(), reminder(1), reminder(2), reminder(3))
UNTIL_REVIEW = (*UNTIL_OVERDUE, final_notice(), review_request())


# The campaign.


def example() -> dict[str, Any]:
    """The campaign of 2018 as its file has it."""
    return YAML(typ="safe").load(EXAMPLE / "campaign.yaml")


def story_campaign(name: str, **changes: Any) -> Campaign:
    """The campaign of 2018 with three items and a ladder that counts in hours: the same story on every day.

    After the demand: acknowledgment chased on day 5; reminders on days 16, 27 and 29; due on day 30; final notice on
    day 31; five days to cure; the reviewer has three days, the issuing officer five, whoever serves ten; the return
    date is 21 days after service, and the matter is referred a day later.
    """
    raw = example()
    raw["campaign"] = name
    raw["clock"] |= {"response": {"within": {"hours": 30 * 24}}, "rule": "calendar"}
    raw["demand"]["items"] = [{"id": f"A-{n}", "text": f"Documents of kind {n}."} for n in (1, 2, 3)]
    raw["ladder"] = ladder(timedelta(days=1))
    issuer = raw["issuer"]
    for colleague in ("reviewer", "supervisor"):
        issuer[colleague]["email"] = f"{colleague}@{name}.example"
    issuer["operator"] = {"name": "Operations desk", "email": f"operator@{name}.example"}
    for path, value in changes.items():
        place = raw
        *parents, last = path.split("__")
        for parent in parents:
            place = place[parent]
        place[last] = copy.deepcopy(value)
    return Campaign.model_validate(raw)


def ladder(day: timedelta) -> list[dict[str, Any]]:
    """The ladder of 2018 in elapsed time, with days as long as ``day``."""

    def days(count: float) -> dict[str, int]:
        return {"seconds": round(count * day.total_seconds())}

    return [
        {"acknowledgment": {"within": days(5)}},
        {"remind": {"before_due": days(14)}},
        {"remind": {"before_due": days(3)}},
        {"remind": {"before_due": days(1), "copy": ["supervisor"]}},
        {"final_notice": {"after_due": days(1), "cure": days(5)}},
        {"subpoena": {"form": "administrative", "return_within": days(21)}},
        {"review": {"within": days(3), "then_chase": "supervisor"}},
        {"issuance": {"within": days(5), "then_chase": "supervisor"}},
        {"service": {"within": days(10), "then_chase": "reviewer"}},
        {"referral": {"after_return": days(1), "to": "supervisor"}},
    ]


def jurisdiction(name: str, campaign: str) -> Jurisdiction:
    """One row of the campaign of 2018, with an address of this story's own."""
    with (EXAMPLE / "jurisdictions.csv").open(encoding="utf-8") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    return Jurisdiction.model_validate(rows[name] | {"email": f"records@{name}.{campaign}.example"})


@dataclass(frozen=True)
class Planned:
    """A plan with the clocks it pins."""

    plan: RequestPlan
    recipient: Clock
    issuer: Clock

    def forecast(self, opened_at: datetime) -> tuple[Foreseen, ...]:
        return forecast(self.plan, self.recipient, self.issuer, opened_at=opened_at)


def plan_request(dossier: Dossier, campaign: Campaign, jurisdiction: Jurisdiction) -> Planned:
    """Pins a plan and all it names."""
    year = datetime.now(UTC).year

    def clock(state: str | None, zone: str) -> Clock:
        names = [name for name in campaign.clock.calendar if state or name != "state"]
        calendar = build_calendar(names, state=state, first_year=year - 1, last_year=year + 11)
        return Clock(calendar=calendar, zone=zone, closes=campaign.clock.closes)

    recipient = clock(jurisdiction.state, jurisdiction.timezone)
    issuer = clock(None, campaign.time_zone).model_copy(update={"closes": None})
    templates = {path.name: path.read_text("utf-8") for path in TEMPLATES.iterdir() if path.suffix in (".j2", ".typ")}
    plan = RequestPlan(
        campaign=campaign,
        jurisdiction=jurisdiction,
        templates=dossier.pin_templates(templates),
        recipient_calendar=dossier.pin(recipient.calendar.canonical),
        issuer_calendar=dossier.pin(issuer.calendar.canonical),
    )
    dossier.pin(plan.canonical)
    return Planned(plan, recipient, issuer)


# The stage.


@dataclass(frozen=True)
class Stage:
    """What all stories of one process share."""

    server: LocalServer
    mailbox: Mailbox
    client: Client
    clock: VirtualClock


@asynccontextmanager
async def open_stage(folder: Path) -> AsyncGenerator[Stage]:
    """A server without Web UI and a mailbox, until the body ends."""
    async with local_server(log=folder / "server.log") as server, Mailbox(folder / "mail") as mailbox:
        strict = temporal.plugin(SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH)
        client = await Client.connect(server.address, plugins=[strict])
        yield Stage(server, mailbox, client, VirtualClock(client))


class _Logged(logging.Handler):
    """Keeps every warning and error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {logging.Formatter().format(record)}")


class Office:
    """One story's own dossier, mail client and worker. Leaving it fails on stray mail, logged errors, or a finding."""

    def __init__(self, stage: Stage, name: str, folder: Path) -> None:
        self.stage = stage
        self.name = name
        self.dossier = Dossier(folder / "dossier")
        self.settings = Settings(
            dossier=self.dossier.root,
            smtp_host="127.0.0.1",
            smtp_port=stage.mailbox.port,
            smtp_tls="none",
            drain=timedelta(seconds=5),
        )
        self.demands: list[Demand] = []
        self._running: AsyncExitStack | None = None
        self._logged = _Logged()
        self._allowed: list[str] = []

    @property
    def faults(self) -> Faults:
        """How the mail server misbehaves."""
        return self.stage.mailbox.faults

    async def __aenter__(self) -> Self:
        self.stage.mailbox.faults = Faults()
        logging.getLogger().addHandler(self._logged)
        await self.start_worker()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for demand in self.demands:
                await demand.expect_a_clean_audit()
        for demand in self.demands:
            await demand.end()
        await self.stop_worker()
        logging.getLogger().removeHandler(self._logged)
        if kind is None:
            for demand in self.demands:
                demand.expect_nothing()
            stray = [line for line in self._logged.lines if not any(re.search(ok, line) for ok in self._allowed)]
            assert not stray, "logged: " + "\n".join(stray)

    async def start_worker(self) -> None:
        running = AsyncExitStack()
        mail = MailClient(SmtpSettings.model_validate(self.settings.smtp), clock=virtual_seconds)
        await running.enter_async_context(mail)
        await running.enter_async_context(worker.build_worker(self.stage.client, self.settings, mail))
        self._running = running

    async def stop_worker(self) -> None:
        if self._running:
            await self._running.aclose()
        self._running = None

    async def restart_worker(self, **settings: Any) -> None:
        """A new process, as far as memory goes, with other settings."""
        await self.stop_worker()
        self.settings = self.settings.model_copy(update=settings)
        await self.start_worker()

    def expect_log(self, pattern: str) -> None:
        """A warning or error that belongs to this story."""
        self._allowed.append(pattern)

    async def demand(
        self, to: str = "chicago-il", *, campaign: Campaign | None = None, real_clock: bool = False, **changes: Any
    ) -> "Demand":
        """Starts one request and waits until it rests. ``changes`` are places in the campaign: ``mail__catch_up``."""
        campaign = campaign or story_campaign(self.name, **changes)
        planned = plan_request(self.dossier, campaign, jurisdiction(to, campaign.campaign))
        plan = planned.plan
        self.dossier.record_start(
            StartRecord(
                workflow_id=plan.workflow_id,
                plan=plan.content_hash,
                matter=plan.matter,
                started_by="test",
                started_at=datetime.now(UTC),
            )
        )
        client = self.stage.client if real_clock else self.stage.clock.client
        handle = await client.start_workflow(
            JurisdictionRequest.run,
            plan,
            id=plan.workflow_id,
            task_queue=temporal.TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(temporal.CAMPAIGN, plan.campaign.campaign),
                    SearchAttributePair(temporal.JURISDICTION, plan.jurisdiction.id),
                ]
            ),
        )
        demand = Demand(self, planned, handle)
        self.demands.append(demand)
        if self._running:
            await demand.settle()
        return demand


@dataclass
class Demand:
    """One request, told in days."""

    office: Office
    planned: Planned
    handle: WorkflowHandle[JurisdictionRequest, Outcome]
    seen: int = 0
    """How much of its mail was looked at."""
    corrected: list[str] = field(default_factory=list)
    """Addresses that the recipient was corrected to, in order."""
    _events: int = field(default=0)

    @property
    def id(self) -> str:
        return self.planned.plan.workflow_id

    @property
    def address(self) -> str:
        """Where letters to the recipient go now."""
        return self.addresses[-1]

    @property
    def addresses(self) -> list[str]:
        """Every address that letters to the recipient went to, or may have."""
        return [self.planned.plan.jurisdiction.email, *self.corrected]

    @property
    def folder(self) -> Path:
        return self.office.dossier.of(self.id)

    # Time.

    async def now(self) -> datetime:
        return await self.office.stage.clock.now(self.handle)

    async def advance(self, **period: float) -> None:
        """Lets time pass, as ``timedelta`` takes it and a minute more, and waits until the request rests again."""
        await self.advance_to(await self.now() + timedelta(**period) + A_MINUTE_MORE)

    async def advance_to(self, instant: datetime) -> None:
        await self.office.stage.clock.move_to(self.handle, instant)
        await self.settle()

    async def advance_past_next_action(self) -> datetime:
        """To just after the moment of the next action, which is returned."""
        view = await self.view()
        assert view.next_action, f"nothing happens next: {view}"
        assert view.next_action.at
        await self.advance_to(view.next_action.at + timedelta(seconds=1))
        return view.next_action.at

    async def settle(self) -> None:
        """Waits until nothing is under way and nothing is due, in real time. Needs a worker."""
        async with asyncio.timeout(SETTLES_WITHIN.total_seconds()):
            while not await self._rests():  # noqa: ASYNC110 - the server tells nobody, it is asked
                await asyncio.sleep(0.01)

    async def _rests(self) -> bool:
        found = await self.handle.describe()
        if found.status is not WorkflowExecutionStatus.RUNNING:
            return True
        raw = found.raw_description
        if raw.pending_activities or raw.HasField("pending_workflow_task"):
            return False
        planned = (await self.view()).next_action
        return planned is None or (planned.at is not None and planned.at > await self.now())

    async def is_running(self) -> bool:
        return (await self.handle.describe()).status is WorkflowExecutionStatus.RUNNING

    # Mail.

    def mail(self) -> list[StoredMail]:
        """Every letter of this request, in order of arrival."""
        ids = {name for step in self._claims() for role in ROLES for name in self._message_ids(step.parent.name, role)}
        return [mail for mail in self.office.stage.mailbox.messages() if mail.message_id in ids]

    def expect(self, *letters: Expected) -> list[StoredMail]:
        """Exactly these came since the last look, in this order. Returns them."""
        new = self.expect_any()
        assert [self.named(mail) for mail in new] == list(letters)
        return new

    def expect_any(self) -> list[StoredMail]:
        """Whatever came since the last look."""
        new = self.mail()[self.seen :]
        self.seen += len(new)
        return new

    def expect_nothing(self) -> None:
        """No letter came since the last look."""
        self.expect()

    def _claims(self) -> list[Path]:
        return sorted(self.folder.glob("letters/*/*.claim.json"))

    def _message_ids(self, step: str, role: Role) -> set[str]:
        """What the letter of a step is called, at each address that it may have gone to."""
        issuer = self.planned.plan.campaign.issuer
        addresses = self.addresses if role == "recipient" else [issuer.colleague(role).email]
        return {message_id(self.id, step, to, issuer.sender.rpartition("@")[2]) for to in addresses}

    def named(self, mail: StoredMail) -> Expected:
        for path in self._claims():
            for role in ROLES:
                if mail.message_id in self._message_ids(path.parent.name, role):
                    return Expected(path.parent.name, role, mail.possible_copy)
        pytest.fail(f"no claim in the dossier for {mail}")

    # What is said.

    async def tell(self, message: Message) -> Answer:
        """Sends an update, as the CLI does, and waits until the request rests."""
        answer = await self.handle.execute_update(UPDATES[type(message)], message, id=message.event_id)
        await self.settle()
        return answer

    async def refuses(self, message: Message | tuple[str, Any]) -> str:
        """Sends an update that is refused. Returns why, once history was seen to hold nothing of it."""
        before = (await self.handle.describe()).history_length
        name, payload = message if isinstance(message, tuple) else (UPDATES[type(message)], message)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await self.handle.execute_update(name, payload)
        await self.settle()
        assert (await self.handle.describe()).history_length == before, "a refused update left events"
        assert isinstance(refused.value.cause, ApplicationError)
        return refused.value.cause.message

    async def signal(self, name: str, *payloads: Any) -> None:
        """Sends a signal, readable or not."""
        await self.handle.signal(name, args=list(payloads))
        await self.settle()

    async def respond(
        self,
        items: dict[str, Any] | str = "all",
        *,
        kind: ResponseKind = "production",
        received_at: datetime | None = None,
        event_id: str = "mailroom-1",
    ) -> Answer:
        """The mailroom records a response: which items, with which disposition."""
        return await self.tell(
            await self.response(items, kind=kind, received_at=received_at, event_id=event_id),
        )

    async def response(
        self,
        items: dict[str, Any] | str = "all",
        *,
        kind: ResponseKind = "production",
        received_at: datetime | None = None,
        event_id: str = "mailroom-1",
    ) -> RecordResponse:
        reported: Any = (
            tuple(ItemReport(id=item, disposition=what) for item, what in items.items())
            if isinstance(items, dict)
            else items
        )
        return RecordResponse.model_validate(
            {
                "event_id": event_id,
                "by": MAILROOM,
                "received_at": received_at or await self.now(),
                "from": "City of Chicago, Dept. of Law",
                "kind": kind,
                "items": reported if kind == "production" else (),
            }
        )

    async def withdraw(self, reason: str = "settled otherwise") -> Answer:
        return await self.tell(Withdraw(event_id="withdraw-1", by=OPERATOR, reason=reason))

    async def pause(self, at: datetime | None = None, event_id: str = "pause-1") -> Answer:
        return await self.tell(PauseClock(event_id=event_id, by=OPERATOR, at=at, reason="the parties confer"))

    async def resume(self, at: datetime | None = None, event_id: str = "resume-1") -> Answer:
        return await self.tell(ResumeClock(event_id=event_id, by=OPERATOR, at=at, reason="they agreed"))

    async def resend(self, letter: str, *, restarts_clock: bool, event_id: str = "resend-1") -> Answer:
        return await self.tell(
            ResendLetter(
                event_id=event_id, by=OPERATOR, letter=letter, restarts_clock=restarts_clock, reason="they lost it"
            )
        )

    async def correct(self, event_id: str = "correct-1", **corrected: str) -> Answer:
        """The recipient is another one from now on, in whatever is given."""
        if email := corrected.get("email"):
            self.corrected.append(email)
        return await self.tell(CorrectRecipient(event_id=event_id, by=OPERATOR, reason="they wrote to us", **corrected))

    async def escalate(self, event_id: str = "escalate-1") -> Answer:
        return await self.tell(EscalateNow(event_id=event_id, by=OPERATOR, reason="no time to lose"))

    async def resolve(self, attention: Attention, outcome: Any = "continue", event_id: str = "resolve-1") -> Answer:
        return await self.tell(
            ResolveAttention(event_id=event_id, by=OPERATOR, attention=attention, outcome=outcome, reason="looked at")
        )

    async def review(self, decision: Any, *, by: Who = REVIEWER, event_id: str = "", **more: Any) -> ReviewSubpoena:
        """The attorney's decision on the draft that is there now."""
        draft = (await self.view()).draft
        more = {"sha256": draft.sha256 if draft else "0" * 64} | more
        event_id = event_id or f"{decision}-{draft.version if draft else 0}"
        return ReviewSubpoena(event_id=event_id, by=by, decision=decision, **more)

    async def fill_in_everything(self) -> Answer:
        """The attorney revises: every field that is still empty is filled in."""
        draft = (await self.view()).draft
        assert draft
        return await self.tell(await self.review("revise", fields={name: f"Text of {name}." for name in draft.missing}))

    # What is seen.

    async def view(self) -> RequestStatus:
        return await self.handle.query(JurisdictionRequest.status)

    async def timeline(self) -> list[Entry]:
        return await self.handle.query(JurisdictionRequest.timeline)

    async def said(self) -> list[str]:
        """What happened, by the names the timeline gives it."""
        return [entry.what for entry in await self.timeline()]

    async def expect_status(self, status: Status, *attention: Attention) -> RequestStatus:
        view = await self.view()
        assert (view.status, set(view.attention)) == (status, set(attention))
        return view

    async def wait_for(self, *statuses: Status) -> RequestStatus:
        """On the real clock: until the request stands at one of ``statuses``."""
        async with asyncio.timeout(SETTLES_WITHIN.total_seconds()):
            while (view := await self.view()).status not in statuses:  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.05)
        await self.settle()
        return view

    async def to_review(self) -> RequestStatus:
        """Silence until the draft waits for its reviewer."""
        await self.advance(days=36)
        self.expect(*UNTIL_REVIEW)
        return await self.expect_status(Status.AWAITING_REVIEW)

    async def to_issuance(self) -> None:
        """Silence, then an attorney who fills in everything and approves."""
        await self.to_review()
        await self.fill_in_everything()
        self.expect(review_request(2))
        await self.tell(await self.review("approve"))
        await self.expect_status(Status.AWAITING_ISSUANCE)

    async def issue(self) -> Answer:
        """An officer signs and issues what was approved."""
        return await self.tell(await self.issuance())

    async def issuance(self) -> RecordIssuance:
        draft = (await self.view()).draft
        signed = {"draft": draft.sha256 if draft else "0" * 64, "sha256": "5" * 64, "issued_at": await self.now()}
        named = {"number": "OJP-17", "signed_by": "A. Officer", "signed_title": "Director"}
        head = {"event_id": "issuance-1", "by": OPERATOR}
        return RecordIssuance.model_validate(head | named | signed)

    async def serve(self, **more: Any) -> Answer:
        """A process server serves what was issued."""
        told = {"on_whom": "City Clerk", "how": "by hand", "by_whom": "A. Server", "served_at": await self.now()}
        return await self.tell(RecordService.model_validate({"event_id": "service-1", "by": OPERATOR} | told | more))

    async def object(self, *items: str, ground: str = "overbroad") -> Answer:
        objection = {"received_at": await self.now(), "from": "City of Chicago, Dept. of Law"}
        said = {"items": [{"id": item, "ground": ground} for item in items]}
        return await self.tell(
            RecordObjection.model_validate({"event_id": "objection-1", "by": MAILROOM} | objection | said)
        )

    async def to_service(self) -> None:
        """Silence, then a subpoena that is approved and issued."""
        await self.to_issuance()
        await self.issue()

    async def to_return(self) -> None:
        """Silence, then a subpoena that is approved, issued and served."""
        await self.to_service()
        await self.serve()
        await self.expect_status(Status.AWAITING_RETURN)

    async def outcome(self) -> Outcome:
        return await asyncio.wait_for(self.handle.result(), SETTLES_WITHIN.total_seconds())

    async def expect_end(self, status: Status) -> Outcome:
        """The workflow completed, which says that nothing went wrong, with this outcome."""
        outcome = await self.outcome()
        assert outcome.status == status
        assert (await self.handle.describe()).status is WorkflowExecutionStatus.COMPLETED
        return outcome

    async def reset_to_the_first_task(self) -> None:
        """What an operator can do in the Web UI; the workflow starts over with an empty memory."""
        client = self.office.stage.client
        run = (await self.handle.describe()).run_id
        await client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=self.id, run_id=run),
                reason="a test",
                workflow_task_finish_event_id=3,
                request_id=f"{self.id}-{run}",
            )
        )
        self.handle = client.get_workflow_handle_for(JurisdictionRequest.run, self.id)
        await self.settle()

    async def expect_a_clean_audit(self) -> None:
        """What the case file tells agrees, and by its record nothing was missed."""
        objects = {path.relative_to(self.office.dossier.root).as_posix(): path for path in self.folder.rglob("*")}
        kept = {name: path.read_bytes() for name, path in objects.items() if path.suffix in (".json", ".eml")}
        audited, now = Audited(CaseFile(self.id, kept)), await self.now()
        found = list(audited.findings(now + timedelta(days=1)))
        if await self.is_running() and (promised := (await self.view()).next_action) and promised.at:
            plan, recipient, issuer = self.planned.plan, self.planned.recipient, self.planned.issuer
            assert await audited.missed(plan, recipient, issuer, promised=promised.at, now=now) is None
        assert not found

    async def end(self) -> None:
        if await self.is_running():
            await self.handle.terminate("the story is over")


ROLES: Sequence[Role] = ("recipient", "reviewer", "supervisor", "operator")
