"""Plays a campaign through its months on the virtual clock, by a scenario file: who answers what and when.

A scenario gives each jurisdiction a list of acts. An act may wait for a status (`when`), then lets some time pass
(`after`), then does one thing: it sends a message of CONTRACT.md under its own name, reports a bounce, or makes the
recipient's mailbox refuse or take mail. Jurisdictions that are not named stay silent. `drafts` is what happens to every
draft that no other act of the scenario deals with.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError, model_validator
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError

from forthwith.base import Model
from forthwith.campaign.models import RequestPlan
from forthwith.campaign.problems import InvalidCampaign
from forthwith.campaign.yaml_lines import YamlDocument
from forthwith.deadlines.period import Period
from forthwith.devstack.mailbox import Mailbox
from forthwith.devstack.virtual_clock import VirtualClock
from forthwith.failure import Failure
from forthwith.plain_errors import problems
from forthwith.request.messages import SIGNALS, UPDATES
from forthwith.request.record import Outcome
from forthwith.request.vocabulary import ENDED, Message, Status, Who
from forthwith.views.status import RequestStatus
from workflows.jurisdiction_request import JurisdictionRequest

MAX_STEPS = 1_000
"""A request that takes more steps than this to reach a status will never reach it."""

POLL_INTERVAL = timedelta(milliseconds=20)
MAX_POLLS = 3_000
"""A minute: a letter may be with a mail server, or its worker may have died."""

AFTER_REVIEW = (Status.AWAITING_ISSUANCE, Status.AWAITING_SERVICE, Status.AWAITING_RETURN)
"""An act that waits for one of these, and whatever follows it, comes after the decision on the draft."""

MAILROOM = Who(name="Mailroom", role="system")
OPERATOR = Who(name="Duty operator", role="operator")
FROM_THE_MAILROOM = ("record_response", "record_objection", "response_received", "delivery_failed")

Handle = WorkflowHandle[JurisdictionRequest, Outcome]


WAITS_FOR_US = (Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE, Status.AWAITING_SERVICE, Status.ON_HOLD)
"""Statuses that only an act of one of our own people ends."""

STALLED_AFTER = timedelta(days=30)
"""A request that waits for our own people longer than this is left there: only chases would follow."""


class DoesNotFit(RuntimeError):
    """A scenario expects what does not come, or does what a request refuses."""


class Act(Model):
    """One thing that happens to one request."""

    when: Status | None = None
    after: Period | None = None
    message: str = ""
    """Name of an update or signal."""
    payload: dict[str, Any] = Field(default_factory=dict)
    by: Who | None = None
    mail: str = ""
    """``refused`` or ``taken``: what the recipient's mail server does from now on."""

    @model_validator(mode="before")
    @classmethod
    def _read_message_name(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "message" in value:
            return value  # pyright: ignore[reportUnknownVariableType] - pydantic names what is wrong with it
        written: dict[str, Any] = dict(value)  # pyright: ignore[reportUnknownArgumentType]
        for name in (*UPDATES, *SIGNALS):
            if name in written:
                written |= {"message": name, "payload": written.pop(name)}
        return written

    @model_validator(mode="after")
    def _one_thing(self) -> "Act":
        if bool(self.message) == bool(self.mail):
            raise ValueError(f"an act does one thing: mail, or one of {', '.join((*UPDATES, *SIGNALS))}")
        if self.mail not in ("", "refused", "taken"):
            raise ValueError("mail is `refused` or `taken`")
        return self


class Revision(Model):
    """What an attorney puts into the empty fields of a draft."""

    notes: str = ""
    fields: dict[str, str] = Field(default_factory=dict)


class Scenario(Model):
    """Everything that happens in a rehearsal besides what Forthwith does itself."""

    jurisdictions: dict[str, tuple[Act, ...]] = Field(default_factory=dict)
    drafts: tuple[Act, ...] = ()
    revision: Revision = Revision()
    """The revision, where the act itself gives none."""


def read_scenario(path: Path) -> Scenario:
    """A scenario file. Raises ``Failure`` naming what is wrong with it."""
    try:
        written = YamlDocument(path.name, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{path} is not UTF-8 text; save it with that encoding") from error
    if written.problems:
        raise InvalidCampaign(written.problems)
    try:
        return Scenario.model_validate(written.value)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        raise Failure(f"{path}: {'; '.join(wrong)}") from error


class Rehearsed(Model):
    """Where one request stands at the end of a rehearsal."""

    plan: RequestPlan
    status: RequestStatus
    at: datetime
    """The request's own time."""


class Rehearsal:
    """One campaign on one local stack: its requests, each with its own clock."""

    def __init__(self, clock: VirtualClock, mailbox: Mailbox, scenario: Scenario) -> None:
        self._clock = clock
        self._mailbox = mailbox
        self._scenario = scenario

    def before_the_start(self, plans: Iterable[RequestPlan]) -> None:
        """Sets mailboxes to refuse where that is the first act: a demand may go out before any act is performed."""
        for plan in plans:
            first, *_ = (*self._scenario.jurisdictions.get(plan.jurisdiction.id, ()), None)
            if first and first.mail == "refused" and not (first.when or first.after):
                self._mailbox.faults.refuse.add(plan.jurisdiction.email)

    async def play(self, plans: Iterable[RequestPlan], *, seen: Callable[[str, Status], None]) -> tuple[Rehearsed, ...]:
        """Plays the started requests to their ends, side by side.

        A request is played until it has ended, until it waits for a person to issue or serve, or until the scenario has
        no more acts for it and a month of chases changed nothing. ``seen`` gets each status on the way. Raises
        ``DoesNotFit``, within a group.
        """
        async with asyncio.TaskGroup() as together:
            playing = [together.create_task(self._play_one(plan, seen)) for plan in plans]
        return tuple(played.result() for played in playing)

    async def _play_one(self, plan: RequestPlan, seen: Callable[[str, Status], None]) -> Rehearsed:
        handle = self._clock.client.get_workflow_handle_for(JurisdictionRequest.run, plan.workflow_id)
        actor = _Actor(self._clock, self._mailbox, handle, plan, self._scenario.revision, seen)
        acts = self._scenario.jurisdictions.get(plan.jurisdiction.id, ())
        reviewed = next((n for n, act in enumerate(acts) if act.when in AFTER_REVIEW), len(acts))
        for act in acts[:reviewed]:
            await actor.perform(act)
        if not any(act.when is Status.AWAITING_REVIEW for act in acts):
            await actor.review_whatever_is_drafted(self._scenario.drafts)
        for act in acts[reviewed:]:
            await actor.perform(act)
        status = await actor.until(Status.AWAITING_ISSUANCE, Status.AWAITING_SERVICE)
        return Rehearsed(plan=plan, status=status, at=await self._clock.now(handle))


class _Actor:
    """Carries out the acts that concern one request."""

    def __init__(
        self,
        clock: VirtualClock,
        mailbox: Mailbox,
        handle: Handle,
        plan: RequestPlan,
        revision: Revision,
        seen: Callable[[str, Status], None],
    ) -> None:
        self._clock = clock
        self._mailbox = mailbox
        self._handle = handle
        self._plan = plan
        self._revision = revision
        self._seen = seen
        self._acts = 0

    async def perform(self, act: Act) -> None:
        if act.when and (stands := await self.until(act.when)).status is not act.when:
            raise self._does_not_fit(
                f"does not become {act.when}; it is {stands.status}, waits for {stands.waiting_for}"
            )
        if act.after:
            await self._clock.move(self._handle, act.after.elapsed)
        match act.mail:
            case "refused":
                self._mailbox.faults.refuse.add(self._plan.jurisdiction.email)
            case "taken":
                self._mailbox.faults.refuse.discard(self._plan.jurisdiction.email)
            case _:
                await self._send(act)

    async def review_whatever_is_drafted(self, acts: tuple[Act, ...]) -> None:
        for act in acts:
            if (await self.until(Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE)).status is Status.AWAITING_REVIEW:
                await self.perform(act)

    async def until(self, *wanted: Status) -> RequestStatus:
        """Moves the request from moment to moment until it has one of these statuses, has ended, or is stalled."""
        come: datetime | None = None
        standing, since = None, datetime.max.replace(tzinfo=UTC)
        for _ in range(MAX_STEPS):
            status = await self._at_rest(come)
            if status.status in wanted or status.status in ENDED:
                return status
            if status.status is not standing:
                standing, since = status.status, await self._clock.now(self._handle)
            elif standing in WAITS_FOR_US and await self._clock.now(self._handle) - since > STALLED_AFTER:
                return status
            if status.next_action and status.next_action.at:
                come = status.next_action.at
                await self._clock.move_to(self._handle, come + timedelta(milliseconds=1))
        raise self._does_not_fit(f"does not become {' or '.join(wanted)}")

    async def _at_rest(self, come: datetime | None) -> RequestStatus:
        """The status once nothing is being done any more, including what was due at the moment that has come.

        A worker that died between a timer and its consequences leaves them to the next one, seconds later.
        """
        for _ in range(MAX_POLLS):
            status = await self._handle.query(JurisdictionRequest.status)
            self._seen(self._plan.workflow_id, status.status)
            if status.outcome or (status.next_action and status.next_action.at not in (None, come)):
                return status
            await asyncio.sleep(POLL_INTERVAL.total_seconds())
        raise self._does_not_fit("does not come to rest")

    async def _send(self, act: Act) -> None:
        self._acts += 1
        now = await self._clock.now(self._handle)
        payload = {"event_id": f"rehearsal-{self._acts}", "by": self._who(act), **act.payload}
        model = UPDATES.get(act.message) or SIGNALS[act.message]
        for field in ("received_at", "at", "issued_at", "served_at"):
            if field in model.model_fields:
                payload.setdefault(field, now)
        hashes = {"sha256", "draft"} & model.model_fields.keys()
        if hashes:  # nobody signs in a rehearsal: the draft stands for what was signed
            status = await self._handle.query(JurisdictionRequest.status)
            payload = dict.fromkeys(hashes, status.draft.sha256 if status.draft else "") | payload
        if payload.get("decision") == "revise":
            payload = {**self._revision.model_dump(), **payload}
        if act.message in SIGNALS:
            # Not validated: a system that signals is not kept from sending nonsense.
            await self._handle.signal(act.message, payload)
            return
        try:
            message = TypeAdapter[Message](model).validate_python(payload)
            await self._handle.execute_update(  # pyright: ignore[reportUnknownMemberType] - an overload of the SDK's
                act.message, message, id=message.event_id
            )
        except ValidationError as error:
            raise self._does_not_fit(f"cannot be sent {act.message}: {'; '.join(problems(error, model))}") from error
        except WorkflowUpdateFailedError as error:
            raise self._does_not_fit(f"refuses {act.message}: {error.cause}") from error

    def _does_not_fit(self, why: str) -> DoesNotFit:
        return DoesNotFit(f"{self._plan.workflow_id} {why}")

    def _who(self, act: Act) -> Who:
        if act.by:
            return act.by
        if act.message == "review_subpoena":
            return Who(name=self._plan.campaign.issuer.reviewer.name, role="reviewer")
        return MAILROOM if act.message in FROM_THE_MAILROOM else OPERATOR
