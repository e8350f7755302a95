"""`report`: one campaign as a page to read and print, with its table, its data and its calendar beside it.

Visibility counts and lists the requests, and the dossier has their histories: no request is queried. So a request that
Temporal has forgotten is in the report too, as its record has it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from temporalio.client import Client

from forthwith.campaign.models import RequestPlan
from forthwith.casefile.clocks import clocks
from forthwith.casefile.store import Dossier, DossierError
from forthwith.cli.commands.today import DailyTasks
from forthwith.cli.output import Json, closing, local, out, print_json
from forthwith.cli.report.files import DATA, DATES, TABLE, Made, write_report
from forthwith.cli.report.page import Report, ReportRow
from forthwith.failure import Failure
from forthwith.fields import safe_id
from forthwith.request.entries import GENESIS
from forthwith.request.phases import PHASES
from forthwith.request.request import Request
from forthwith.request.timetable import Facts, Timetable, timetable
from forthwith.request.vocabulary import ENDED, Status
from forthwith.settings import Settings
from forthwith.views.agenda import Appointment, next_action
from forthwith.views.history import History, dates_of, history_of, next_in_words, rungs
from forthwith.views.listing import Listed
from forthwith.views.status import deadlines
from forthwith.visibility import connected, listed, query, web_ui_link, web_ui_page

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far a record may be ahead, by a worker's clock or by reading it late. One further ahead is a rehearsal's."""


def report(
    campaign: Annotated[str, typer.Argument(help="The campaign.")],
    to: Annotated[
        Path | None,
        typer.Option("--to", help="The folder to write. The folder report, if left out.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Write a campaign as a page to read and print, with its table (CSV), data (JSON) and dates (iCalendar).

    With --json the data is printed, and nothing is written without --to.

    Example: forthwith report 1373-2018 --to report
    """

    async def run() -> Made:
        async with connected() as client:
            dossier = Dossier(Settings().dossier)
            return await made_report(client, dossier, campaign, now=datetime.now(UTC), web_ui=Settings().web_ui)

    made = asyncio.run(run())
    written = write_report(made, to or Path("report")) if to or not json else None
    if json:
        print_json(made.report)
    elif written:
        others = f"{TABLE}, {DATA} and {DATES}"
        out.print(f"{escape(written.page)}, with {others} beside it", highlight=False, soft_wrap=True)


async def made_report(client: Client, dossier: Dossier, campaign: str, *, now: datetime, web_ui: str) -> Made:
    """The report of a campaign as of now. ``web_ui`` is empty where no Web UI will be running to follow a link.

    Raises ``Failure`` where there is no such campaign, or no dossier.
    """
    try:
        safe_id(campaign)
    except ValueError as error:
        raise Failure(f"there is no such campaign: {error}") from error
    found = {one.request: one for one in await listed(client, query(campaign, None, None, None))}
    known = dossier.root / campaign
    kept = sorted(path.name for path in known.iterdir() if path.is_dir()) if known.is_dir() else []
    if not found and not kept:
        raise Failure(f"there are no requests of a campaign {campaign}", hint="`forthwith list` shows all there are")
    if not kept:
        raise Failure(
            f"the dossier {dossier.root} has no case file of {campaign}",
            hint="set FORTHWITH_DOSSIER to the folder that the workers use",
        )
    today = await DailyTasks(client, dossier, now).page(campaign)
    reading = Reading(dossier, now, lambda request: web_ui and web_ui_page(web_ui, client.namespace, request))
    rows = [reading.row(one.request, one) for one in found.values()]
    gone = [reading.row(f"{campaign}/{name}", None) for name in kept if f"{campaign}/{name}" not in found]
    plan = reading.plan
    if plan is None:
        raise Failure(
            f"the dossier {dossier.root} has no case file of {campaign} that can be read",
            hint=f"`forthwith audit {campaign}` says why, unless FORTHWITH_DOSSIER is not the folder of the workers",
        )

    def link(condition: str) -> str:
        return web_ui and web_ui_link(web_ui, client.namespace, condition)

    zone = plan.campaign.time_zone
    needed = {task.request for task in today.tasks}
    statuses = Counter(today.counts.statuses) + Counter(row.status for row in gone if row.status)
    histories = [row.history for row in (*rows, *gone) if row.history]
    return Made(
        Report(
            campaign=campaign,
            title=plan.campaign.title,
            made_at=now,
            zone=zone,
            made_local=local(now, zone),
            statuses={status: statuses[status] for status in Status if statuses[status]},
            forgotten=len(gone),
            tasks=today.tasks,
            is_ahead=any(history.recorded_until > now + CLOCKS_DIFFER for history in histories),
            web_ui=link(query(campaign, None, "any", None)),
            links={status: link(query(campaign, status, None, None)) for status in Status if statuses[status]},
            requests=tuple(sorted((*rows, *gone), key=lambda row: _rank(row, needed))),
        ),
        tuple(reading.appointments),
    )


def _rank(row: ReportRow, needed: set[str]) -> tuple[bool, bool, bool, datetime, str]:
    """Requests that need a person first, then by what comes next; the ended ones last."""
    is_open = row.is_in_temporal and row.status not in ENDED
    later = row.next_at or datetime.max.replace(tzinfo=UTC)
    needs = row.request in needed or bool(row.attention) or bool(row.problem)
    return not needs, not is_open, not row.is_in_temporal, later, row.request


class Reading:
    """Reads all requests of a campaign in the dossier, at one moment."""

    def __init__(self, dossier: Dossier, now: datetime, link: Callable[[str], str]) -> None:
        self._dossier = dossier
        self._now = now
        self._link = link
        self.plan: RequestPlan | None = None
        """Of any of them: they are of one campaign."""
        self.appointments: list[Appointment] = []

    def row(self, request: str, one: Listed | None) -> ReportRow:
        """All that is known of one request. ``one`` is None where Temporal has forgotten it."""
        jurisdiction = request.partition("/")[2]
        bare = ReportRow(
            request=request,
            jurisdiction=jurisdiction,
            name=jurisdiction,
            zone="UTC",
            status=one.status if one else None,
            is_in_temporal=one is not None,
            attention=one.attention if one else (),
            outstanding=one.outstanding if one else None,
            link=self._link(request) if one else "",
        )
        try:
            record = self._dossier.start_record(request)
            if record is None:
                return bare.model_copy(update={"problem": "it has no case file"})
            plan = self._dossier.plan(record.plan)
        except DossierError:
            return bare.model_copy(update={"problem": f"its case file cannot be read: forthwith verify {request}"})
        self.plan = self.plan or plan
        try:
            entries = self._dossier.timeline(request)
            if entries and (entries[0].number, entries[0].previous) != (1, GENESIS):
                raise ValueError("the chain of its entries does not reach back to the first")
            found = Request.from_record(plan, entries) if entries else None
        except (DossierError, LookupError, ValueError) as error:  # part of a history would look like all of it
            problem = "its record cannot be read" if isinstance(error, DossierError) else "its record was changed"
            without_history = self._filled(bare, plan, None, one)
            return without_history.model_copy(update={"problem": f"{problem}: forthwith verify {request}"})
        return self._filled(bare, plan, found, one)

    def _filled(self, row: ReportRow, plan: RequestPlan, found: Request | None, one: Listed | None) -> ReportRow:
        zone, ladder = plan.jurisdiction.timezone, rungs(plan.campaign.ladder)
        history = self._history(found, one) if found else None
        due = one.response_due if one else history and history.due
        row = row.model_copy(
            update={
                "name": plan.jurisdiction.name,
                "zone": zone,
                "items": len(plan.campaign.demand.items),
                "rungs": len(ladder),
                "response_due": due and due.astimezone(UTC),
                "response_due_local": closing(due, zone) if due else "",
                "problem": _problem(one, history),
            }
        )
        if found is None or history is None:
            return row
        outstanding = one.outstanding if one else len(history.outstanding)
        row = row.model_copy(
            update={
                "status": one.status if one else history.ended_as,
                "rung": history.rung,
                "rung_number": ladder.index(history.rung) + 1 if history.rung in ladder else 1,
                "outstanding": outstanding,
                "outstanding_items": history.outstanding if len(history.outstanding) == outstanding else None,
                "history": history,
            }
        )
        if one is None or not one.is_open:
            return row
        next_text = next_in_words(history, one.status, one.next_action_at)
        self.appointments += deadlines(found)
        if one.next_action_at and next_text:
            as_of, version = history.recorded_until, history.entries
            self.appointments.append(next_action(plan, next_text, one.next_action_at, as_of=as_of, version=version))
        return row.model_copy(
            update={
                "waits_for": PHASES[one.status].waits_for,
                "next": next_text if one.next_action_at else "",
                "next_at": one.next_action_at,
                "next_local": local(one.next_action_at, zone) if one.next_action_at else "",
            }
        )

    def _history(self, found: Request, one: Listed | None) -> History:
        """What a record holds, and what lies ahead while the request is open. The dates of an end before service are
        in the record."""
        if found.state.is_open or found.state.process.service:
            with suppress(DossierError, ValueError):  # a calendar is missing or ends too early; the past is still known
                found.dates = dates_of(found, partial(self._computed, found.plan))
        return history_of(found, now=self._now, next_at=one.next_action_at if one and one.is_open else None)

    def _computed(self, plan: RequestPlan, facts: Facts) -> Timetable:
        return timetable(plan, *clocks(self._dossier, plan, facts), facts)


def _problem(one: Listed | None, history: History | None) -> str:
    if one and one.is_stopped:
        return f"its workflow is {one.execution.replace('_', ' ').lower()} and it has not ended"
    if one is None and (history is None or history.ended_as is None):
        return "Temporal does not know it, and its record has no end"
    return ""
