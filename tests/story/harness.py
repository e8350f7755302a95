"""The harness of the stories: a real server, a real mailbox, a worker, and a clock for each request.

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
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

import pytest
from ruamel.yaml import YAML
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowHistory,
    WorkflowUpdateFailedError,
)
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer
from temporalio.workflow import SandboxImportNotificationPolicy

import worker
from forthwith import temporal, visibility
from forthwith.campaign.models import Campaign, Jurisdiction, RequestPlan, Role
from forthwith.casefile.audit import Audited
from forthwith.casefile.case_file import CaseFile
from forthwith.casefile.export import in_dossier
from forthwith.casefile.store import Dossier, StartRecord
from forthwith.casefile.verify import wrongs
from forthwith.deadlines.calendar_builder import build_calendar
from forthwith.deadlines.clock import Clock
from forthwith.devstack.mailbox import Faults, Mailbox, StoredMail
from forthwith.devstack.server import LocalServer, local_server
from forthwith.devstack.virtual_clock import VirtualClock, virtual_seconds
from forthwith.mail.client import MailClient, SmtpSettings
from forthwith.mail.message import message_id
from forthwith.rendering import Limits, Renderer
from forthwith.request.deliveries import RecordDelivery
from forthwith.request.entries import Entry
from forthwith.request.events import Event
from forthwith.request.messages import UPDATE_OF, Answer
from forthwith.request.record import Outcome
from forthwith.request.responses import RecordResponse
from forthwith.request.subpoena_process import RecordIssuance, ReviewSubpoena
from forthwith.request.vocabulary import Attention, Message, Status
from forthwith.settings import Settings
from forthwith.views.forecast import Foreseen, forecast
from forthwith.views.status import RequestStatus
from tests import messages
from workflows.jurisdiction_request import JurisdictionRequest

EventOf = TypeVar("EventOf", bound=Event)

EXAMPLE = Path("examples/1373-2018")
TEMPLATES = Path("forthwith/documents/templates")
SETTLES_WITHIN = timedelta(seconds=30)

A_MINUTE_MORE = timedelta(minutes=1)
"""What follows from a letter follows from the moment it was accepted, which is a little after it was due."""

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
    return Jurisdiction.model_validate(_rows()[name] | {"email": f"records@{name}.{campaign}.example"})


def places() -> list[str]:
    """Every jurisdiction of the campaign of 2018."""
    return list(_rows())


def _rows() -> dict[str, dict[str, str]]:
    with (EXAMPLE / "jurisdictions.csv").open(encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@dataclass(frozen=True)
class Planned:
    """A plan with the clocks it pins."""

    plan: RequestPlan
    recipient: Clock
    issuer: Clock

    def forecast(self, opened_at: datetime) -> tuple[Foreseen, ...]:
        return forecast(self.plan, self.recipient, self.issuer, opened_at=opened_at)


def plan_request(
    dossier: Dossier, campaign: Campaign, jurisdiction: Jurisdiction, own_templates: Mapping[str, str] | None = None
) -> Planned:
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
        templates=dossier.pin_templates({**templates, **(own_templates or {})}),
        recipient_calendar=dossier.pin(recipient.calendar.canonical),
        issuer_calendar=dossier.pin(issuer.calendar.canonical),
    )
    dossier.pin(plan.canonical)
    return Planned(plan, recipient, issuer)


# The harness.


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
    def has_worker(self) -> bool:
        """Whether a worker of this office runs now."""
        return self._running is not None

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
                await demand.expect_everything_filed()
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
        renderer = running.enter_context(Renderer(Limits.model_validate(self.settings.rendering)))
        await running.enter_async_context(worker.build_worker(self.stage.client, self.settings, mail, renderer))
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
        self,
        to: str = "chicago-il",
        *,
        campaign: Campaign | None = None,
        templates: Mapping[str, str] | None = None,
        real_clock: bool = False,
        **changes: Any,
    ) -> "Demand":
        """Starts one request and waits until it rests. ``changes`` are places in the campaign: ``mail__catch_up``.

        ``templates``, file name to text, replace those that come with the package.
        """
        campaign = campaign or story_campaign(self.name, **changes)
        planned = plan_request(self.dossier, campaign, jurisdiction(to, campaign.campaign), templates)
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
        if self.has_worker:
            await demand.settle()
        return demand


async def replayed(handle: WorkflowHandle[Any, Any]) -> WorkflowHistory:
    """The history of a request, which replays: fails where it does not."""
    history = await handle.fetch_history()
    await Replayer(workflows=[JurisdictionRequest], plugins=[temporal.plugin()]).replay_workflow(history)
    return history


@dataclass
class Demand:
    """One request, and all that a story does to it."""

    office: Office
    planned: Planned
    handle: WorkflowHandle[JurisdictionRequest, Outcome]
    seen: int = 0
    """How much of its mail was looked at."""
    corrected: list[str] = field(default_factory=list)
    """Addresses that the recipient was corrected to, in order."""

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
            while not await self._rests():  # noqa: ASYNC110 - the server is asked
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

    # Messages.

    async def send(self, message: Message) -> Answer:
        """Sends an update, as the CLI does, and waits until the request rests."""
        answer = await self.deliver(message)
        await self.settle()
        return answer

    async def deliver(self, message: Message) -> Answer:
        """Sends an update, and waits for its answer only."""
        name = UPDATE_OF[type(message)]
        return await self.handle.execute_update(name, message, id=message.event_id, result_type=Answer)

    async def refuses(self, message: Message | tuple[str, Any]) -> str:
        """Sends an update that is refused. Returns why, once history was seen to hold nothing of it."""
        before = (await self.handle.describe()).history_length
        name, payload = message if isinstance(message, tuple) else (UPDATE_OF[type(message)], message)
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

    async def response(
        self, items: Mapping[str, str] | str = "all", *, received_at: datetime | None = None, **named: Any
    ) -> RecordResponse:
        """A production of everything, or of ``items`` with their dispositions, received now unless named otherwise."""
        return messages.response(received_at or await self.now(), items, **named)

    async def respond(
        self, items: Mapping[str, str] | str = "all", *, received_at: datetime | None = None, **named: Any
    ) -> Answer:
        """The mailroom records a response."""
        return await self.send(await self.response(items, received_at=received_at, **named))

    async def withdraw(self, reason: str = "settled otherwise") -> Answer:
        return await self.send(messages.withdrawal(reason=reason))

    async def extend(self, **named: Any) -> Answer:
        """More time, by ``period`` or ``to`` a day."""
        return await self.send(messages.extension(**named))

    async def pause(self, at: datetime | None = None) -> Answer:
        return await self.send(messages.pause(at))

    async def resume(self, at: datetime | None = None) -> Answer:
        return await self.send(messages.resumption(at))

    async def resend(self, letter: str, *, restarts_clock: bool) -> Answer:
        return await self.send(messages.resending(letter, restarts_clock=restarts_clock))

    async def correct(self, **corrected: str) -> Answer:
        """The recipient is another one from now on, in whatever is named."""
        if email := corrected.get("email"):
            self.corrected.append(email)
        return await self.send(messages.correction(**corrected))

    async def escalate(self) -> Answer:
        return await self.send(messages.escalation())

    async def resolve(self, attention: Attention, outcome: str = "continue") -> Answer:
        return await self.send(messages.resolution(attention, outcome))

    async def note(self, text: str = "spoke with the clerk") -> Answer:
        return await self.send(messages.note(text))

    async def delivery(self, outcome: str, of: str = "demand", **named: Any) -> RecordDelivery:
        """What became of a letter, as the mail system reports it now."""
        return messages.delivery(of, outcome, await self.now(), **named)

    async def review(self, decision: str, **named: Any) -> ReviewSubpoena:
        """The attorney's decision on the draft that is there now."""
        return messages.review(decision, named.pop("sha256", await self._draft()), **named)

    async def _draft(self) -> str:
        """The hash of the draft that is there now; of none where there is none."""
        draft = (await self.view()).draft
        return draft.sha256 if draft else "0" * 64

    async def fill_in_everything(self) -> Answer:
        """The attorney revises: every field that is still empty is filled in."""
        draft = (await self.view()).draft
        assert draft
        return await self.send(await self.review("revise", fields={name: f"Text of {name}." for name in draft.missing}))

    # Queries and expectations.

    async def view(self) -> RequestStatus:
        return await self.handle.query(JurisdictionRequest.status)

    async def timeline(self) -> list[Entry]:
        return await visibility.timeline(self.office.stage.client, self.id)

    async def kinds(self) -> list[str]:
        """The kinds of the events on record, in order."""
        return [entry.event.kind for entry in await self.timeline()]

    async def events(self, of: type[EventOf]) -> list[EventOf]:
        """The events of one kind on record, in order."""
        return [entry.event for entry in await self.timeline() if isinstance(entry.event, of)]

    async def expect_status(self, status: Status, *attention: Attention) -> RequestStatus:
        view = await self.view()
        assert (view.status, set(view.attention)) == (status, set(attention))
        return view

    async def wait_for(self, *statuses: Status) -> RequestStatus:
        """On the real clock: until the request stands at one of ``statuses``."""
        async with asyncio.timeout(SETTLES_WITHIN.total_seconds()):
            while (view := await self.view()).status not in statuses:  # noqa: ASYNC110 - the server is asked
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
        await self.send(await self.review("approve"))
        await self.expect_status(Status.AWAITING_ISSUANCE)

    async def issuance(self) -> RecordIssuance:
        return messages.issuance(await self._draft(), await self.now())

    async def issue(self) -> Answer:
        """An officer signs and issues what was approved."""
        return await self.send(await self.issuance())

    async def serve(self, **named: Any) -> Answer:
        """A process server serves what was issued."""
        return await self.send(messages.service(await self.now(), **named))

    async def object(self, *items: str, ground: str = "overbroad") -> Answer:
        return await self.send(messages.objection(await self.now(), *items, ground=ground))

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

    async def expect_everything_filed(self) -> None:
        """Once the request rests, the case file holds every entry that the workflow has, and no other."""
        if self.office.has_worker:
            await self.settle()
        first = self.handle.first_execution_run_id  # not one that was started later under the same id, and failed
        own = self.office.stage.client.get_workflow_handle_for(JurisdictionRequest.run, self.id, run_id=first)
        kept, filed = list[Entry](), self.office.dossier.timeline(self.id)
        while page := await own.query(JurisdictionRequest.timeline, len(kept)):
            kept += page
        unfiled = [entry.event.kind for entry in kept if entry not in filed]
        assert filed == kept, f"{self.id} rests, and these are not in its case file: {unfiled}"

    async def expect_a_clean_audit(self) -> None:
        """What the case file holds agrees, and by its record nothing was missed."""
        objects = {path.relative_to(self.office.dossier.root).as_posix(): path for path in self.folder.rglob("*")}
        kept = {name: path.read_bytes() for name, path in objects.items() if path.suffix in (".json", ".eml")}
        audited, now = Audited(CaseFile(self.id, kept)), await self.now()
        found = list(audited.findings(now + timedelta(days=1)))
        if await self.is_running() and (promised := (await self.view()).next_action) and promised.at:
            plan, recipient, issuer = self.planned.plan, self.planned.recipient, self.planned.issuer
            assert audited.missed(plan, recipient, issuer, promised=promised.at, now=now) is None
        assert not found
        assert [*wrongs(in_dossier(self.office.dossier.root, self.id))] == []

    async def end(self) -> None:
        if await self.is_running():
            await self.handle.terminate("the story is over")


ROLES: Sequence[Role] = ("recipient", "reviewer", "supervisor", "operator")
