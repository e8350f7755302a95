"""`today`: the morning page. What needs a person now, each line with its command; a daily timer sends it as a digest.

One Visibility query finds all of it. What a command has to name (a draft's hash, who decides) and the zone in which a
day ends come from the dossier; no request is queried.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pydantic import AwareDatetime, ValidationError
from rich.markup import escape
from temporalio.client import Client

from forthwith.base import Model
from forthwith.campaign.models import RequestPlan
from forthwith.casefile.store import Dossier, DossierError
from forthwith.cli.counts import rolled_up
from forthwith.cli.output import Json, err, out, print_json
from forthwith.deadlines.calendar import day_in_words
from forthwith.failure import Failure
from forthwith.mail.client import MailClient, MailDeferred, RecipientRefused, SendUnconfirmed, SmtpSettings
from forthwith.mail.message import Mail, UnsafeHeader, message_id
from forthwith.request.events import DraftReady
from forthwith.request.phases import PHASES
from forthwith.request.vocabulary import Status
from forthwith.settings import Settings
from forthwith.views.listing import Counts, Listed
from forthwith.views.tasks import WORTH_SAYING, Draft, Section, Task, response_tasks, tasks_of
from forthwith.visibility import TASK_FAILS, connected, counted, failure_of, listed, plural, query, web_ui_link
from forthwith.visible import visible

SHOWN = 20
"""Lines of one section for people; `--json` has all of them."""

NOTHING = "Nothing needs you today."
MAX_DAY = timedelta(hours=38)
"""More than from the first instant of a day in the east of the country to its last instant in the west."""


class Today(Model):
    """The morning page of one campaign, or of all."""

    day: date
    campaign: str | None
    counts: Counts
    tasks: tuple[Task, ...]
    """In the order of the sections."""
    web_ui: str
    mailed: tuple[str, ...] = ()
    """To whom the digest was sent now."""


class SentDigest(Model):
    """That the digest of a day went out. Kept in the dossier, so that a timer that runs again sends nothing."""

    message_id: str
    to: str
    accepted_at: AwareDatetime
    response: str


def today(
    campaign: Annotated[str | None, typer.Option(help="Only this campaign.")] = None,
    mail: Annotated[
        bool, typer.Option("--mail", help="Send it to the operator, once a day; nothing if empty.")
    ] = False,
    to: Annotated[str, typer.Option(help="With --mail: to this address instead.", show_default=False)] = "",
    json: Json = False,
) -> None:
    """Show what needs a person today, each with the command that deals with it. Fit for a daily timer with --mail.

    Example: forthwith today --campaign 1373-2018
    """
    if to and not mail:
        raise Failure("--to is for --mail", hint="`forthwith today --mail --to somebody@office.example`")

    async def run() -> Today:
        async with connected() as client:
            daily = DailyTasks(client, Dossier(Settings().dossier), datetime.now(UTC))
            page = await daily.page(campaign)
            if mail:
                page = page.model_copy(update={"mailed": await daily.send(page, to)})
            return page

    page = asyncio.run(run())
    if json:
        print_json(page)
    elif not mail:
        _print(page)


class DailyTasks:
    """All that needs a person at one moment."""

    def __init__(self, client: Client, dossier: Dossier, now: datetime) -> None:
        self._client = client
        self._dossier = dossier
        self._now = now

    async def page(self, campaign: str | None) -> Today:
        """The morning page as of now."""
        everything = query(campaign, None, None, None)
        found = await listed(self._client, f"{everything} AND {self._of_interest()}")
        stopped = await self._still_stopped(await listed(self._client, f"{everything} AND {_STOPPED}"))
        causes = {one.request: await failure_of(self._client, one.request) for one in found if one.is_failing}
        needed = [task for one in (*stopped, *found) for task in self._tasks(one, causes.get(one.request, ""))]
        order = list(Section)
        return Today(
            day=self._now.astimezone(self._zone(needed)).date(),
            campaign=campaign,
            counts=await counted(self._client, everything),
            tasks=tuple(sorted(needed, key=lambda task: (task.request not in causes, order.index(task.section)))),
            web_ui=web_ui_link(
                Settings().web_ui, self._client.namespace, query(campaign, None, "any", "ExecutionStatus = 'Running'")
            ),
        )

    async def send(self, page: Today, to: str) -> tuple[str, ...]:
        """Sends the page as one digest to each campaign's operator, or all of it to ``to``. Returns who got one."""
        if not page.tasks:
            err.print(f"{NOTHING} Nothing was sent.", highlight=False)
            return ()
        settings = Settings()
        try:
            smtp = SmtpSettings.model_validate(settings.smtp)
        except ValidationError as error:
            raise Failure("; ".join(found["msg"] for found in error.errors()), hint="see FORTHWITH_SMTP_…") from error
        sent: list[str] = []
        async with MailClient(smtp) as client:
            by_campaign = [("", page.tasks)] if to else _by_campaign(page.tasks)
            for campaign, needed in by_campaign:
                plan = self._any_plan(task.request for task in needed)
                if plan is None:
                    raise Failure(
                        f"the dossier has no plan of {needed[0].request}, so its operator is not known",
                        hint="set FORTHWITH_DOSSIER to the folder that the workers use",
                    )
                part = page.model_copy(update={"tasks": needed, "campaign": campaign or page.campaign})
                if await self._send_one(client, part, plan, to or plan.campaign.issuer.colleague("operator").email):
                    sent.append(to or plan.campaign.issuer.colleague("operator").email)
        return tuple(sent)

    async def _send_one(self, client: MailClient, page: Today, plan: RequestPlan, to: str) -> bool:
        issuer, name = plan.campaign.issuer, page.campaign or "all"
        identifier = message_id(f"today/{name}", page.day.isoformat(), to, issuer.sender.rpartition("@")[2])
        kept = self._dossier.root / "digests" / f"{name}-{page.day}-{identifier[1:13]}.json"
        if kept.exists():
            err.print(f"The digest of {page.day} was sent to {to} before; not again.", highlight=False, soft_wrap=True)
            return False
        letter = Mail(
            sender=issuer.sender,
            reply_to=issuer.reply_to,
            recipient=to,
            subject=f"{_need_somebody(page)}, {day_in_words(page.day)}",
            message_id=identifier,
            date=self._now,
            text=_text(page),
        )
        try:
            acceptance = await client.send(letter)
        except (MailDeferred, RecipientRefused, SendUnconfirmed, UnsafeHeader) as error:
            raise Failure(f"the digest to {to} was not sent: {error}", hint="`forthwith doctor` shows more") from error
        receipt = SentDigest(message_id=identifier, to=to, accepted_at=self._now, response=acceptance.response)
        self._dossier.create(kept, receipt.model_dump_json().encode())
        err.print(escape(f"Sent to {to}."), highlight=False, soft_wrap=True)
        return True

    def _of_interest(self) -> str:
        """A Visibility condition: everything open that may have a line on the page."""
        statuses = ", ".join(f"'{status}'" for status in (*OURS, Status.ON_HOLD, Status.OVERDUE))
        late, soon = self._now - WORTH_SAYING, self._now + MAX_DAY
        conditions = (
            "Attention IS NOT NULL",
            TASK_FAILS,
            f"RequestStatus IN ({statuses})",
            f"NextActionAt < '{late:{_INSTANT}}'",
            f"(RequestStatus = '{Status.AWAITING_RESPONSE}' AND ResponseDue < '{soon:{_INSTANT}}')",
        )
        return f"ExecutionStatus = 'Running' AND ({' OR '.join(conditions)})"

    async def _still_stopped(self, found: Sequence[Listed]) -> list[Listed]:
        """The runs that were not replaced by a reset or a recovery: Temporal lists both."""
        latest = await asyncio.gather(*(self._client.get_workflow_handle(one.request).describe() for one in found))
        return [one for one, now in zip(found, latest, strict=True) if now.status and now.status.name == one.execution]

    def _tasks(self, one: Listed, cause: str) -> Iterable[Task]:
        draft: Draft | None = None
        try:
            self._plan(one.request)
            draft = self._draft(one)
        except DossierError:
            yield Task(
                section=Section.STOPPED,
                request=one.request,
                task="its case file cannot be read",
                command=f"forthwith verify {one.request}",
            )
        yield from tasks_of(one, self._now, draft=draft, cause=cause)
        yield from response_tasks(one, self._now, is_today=self._is_due_today(one))

    def _is_due_today(self, one: Listed) -> bool:
        """Whether the last day of the response time is today, where the recipient is."""
        if one.response_due is None:
            return False
        plan = self._any_plan([one.request])
        zone = ZoneInfo(plan.jurisdiction.timezone) if plan else UTC
        last_day = (one.response_due - timedelta(microseconds=1)).astimezone(zone).date()
        return last_day == self._now.astimezone(zone).date()

    def _draft(self, one: Listed) -> Draft | None:
        """The draft that waits for a decision or for its issuance, as the dossier has it. Raises ``DossierError``."""
        if one.status not in (Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE):
            return None
        plan, record = self._plan(one.request), self._dossier.timeline(one.request)
        drafts = [entry.event.draft for entry in record if isinstance(entry.event, DraftReady)]
        if plan is None or not drafts:
            return None
        issuer = plan.campaign.issuer
        return Draft(sha256=drafts[-1].sha256, reviewer=issuer.reviewer.name, supervisor=issuer.supervisor.name)

    def _plan(self, request: str) -> RequestPlan | None:
        """What a request was started with; None where the dossier does not know it. Raises ``DossierError``."""
        record = self._dossier.start_record(request)
        return self._dossier.plan(record.plan) if record else None

    def _any_plan(self, requests: Iterable[str]) -> RequestPlan | None:
        """The plan of the first of some requests whose case file can be read."""
        for request in requests:
            with suppress(DossierError):
                if plan := self._plan(request):
                    return plan
        return None

    def _zone(self, needed: Sequence[Task]) -> ZoneInfo:
        """The office's own, where a plan names it; UTC otherwise."""
        plan = self._any_plan(task.request for task in needed)
        return ZoneInfo(plan.campaign.time_zone if plan else "UTC")


OURS = tuple(status for status, phase in PHASES.items() if phase.is_ours)
"""The statuses in which our own people have to act."""

_STOPPED = "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut', 'Canceled')"
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


def _by_campaign(needed: Iterable[Task]) -> list[tuple[str, tuple[Task, ...]]]:
    def campaign(task: Task) -> str:
        return task.request.partition("/")[0]

    # Sorting keeps the order of the sections within each campaign.
    return [(name, tuple(part)) for name, part in groupby(sorted(needed, key=campaign), key=campaign)]


def _need_somebody(page: Today) -> str:
    requests = len({task.request for task in page.tasks})
    of = f" of {page.campaign}" if page.campaign else ""
    return f"{plural(requests, 'request')}{of} {'needs' if requests == 1 else 'need'} a person"


def _sections(page: Today) -> Iterable[tuple[Section, list[Task]]]:
    for section, found in groupby(page.tasks, key=lambda task: task.section):
        yield section, list(found)


def _text(page: Today) -> str:
    """The digest. Plain text, so that commands can be copied from it."""
    lines = [f"{_need_somebody(page)} on {day_in_words(page.day)}."]
    for section, found in _sections(page):
        lines += ["", f"{section.heading.upper()} ({len(found)})"]
        for task in found[:SHOWN]:
            lines += ["", visible(f"{task.request}: {task.task}"), visible(f"    {task.command}")]
        lines += _and_more(found)
    lines += ["", f"In the Web UI: {page.web_ui}", "", "Written by Forthwith. Replies to this message are not read."]
    return "\n".join((*lines, ""))


def _print(page: Today) -> None:
    out.print(f"{day_in_words(page.day)}. {rolled_up(page.counts)}", highlight=False)
    if not page.tasks:
        out.print(NOTHING, style="bold green", highlight=False)
        return
    for section, found in _sections(page):
        out.print(f"\n[bold]{section.heading}[/] ({len(found)})", highlight=False)
        for task in found[:SHOWN]:
            out.print(f"  {escape(task.request)}: {escape(visible(task.task))}", highlight=False, soft_wrap=True)
            out.print(f"    [cyan]{escape(task.command)}[/]", highlight=False, soft_wrap=True)
        for line in _and_more(found):
            out.print(f"  {line}", highlight=False)
    out.print(f"\n[dim]{page.web_ui}[/]", highlight=False, soft_wrap=True)


def _and_more(found: Sequence[Task]) -> list[str]:
    return [f"and {len(found) - SHOWN} more: forthwith today --json"] if len(found) > SHOWN else []
