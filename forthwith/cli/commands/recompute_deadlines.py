"""`recompute-deadlines`: the dates of running requests by today's calendars.

A request keeps the calendars that it began with, so a holiday that was declared since moves nothing by itself. This
command shows which dates it would move, request by request, and moves them once that is confirmed.
"""

import asyncio
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import AwareDatetime
from rich.console import Console
from rich.markup import escape
from temporalio.client import Client
from temporalio.service import RPCError

from forthwith.base import Model
from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.models import RequestPlan
from forthwith.campaign.planning import layers
from forthwith.casefile.clocks import clocks
from forthwith.casefile.store import Dossier, DossierError
from forthwith.cli.bulk import Result, confirm, open_requests, send_one
from forthwith.cli.options import Actor, By, Reason, Role
from forthwith.cli.output import Json, closing, err, local, out, plain_table, print_json
from forthwith.deadlines.calendar import Calendar
from forthwith.deadlines.calendar_builder import UnknownCalendar, build_calendar, is_file
from forthwith.failure import Failure
from forthwith.fields import Sha256
from forthwith.request.clock_changes import RecomputeDeadlines
from forthwith.request.timetable import CURE_ENDS, OBJECTION_DUE, RESPONSE_DUE, RETURN_DATE, Facts, Timetable, timetable
from forthwith.request.vocabulary import Who
from forthwith.settings import Settings
from forthwith.side_by_side import side_by_side
from forthwith.views.status import RequestStatus
from forthwith.visibility import (
    answer,
    connected,
    failed_call,
    plural,
    query,
)
from workflows.jurisdiction_request import JurisdictionRequest


class MovedDate(Model):
    """One date that today's calendars move. The closing instant of a deadline, the moment of a letter."""

    date: str
    """``response_due``, ``time_to_cure_ends`` …, or the step of a letter."""
    zone: str
    """Whose time it is; an IANA name."""
    old: AwareDatetime
    new: AwareDatetime


class Recomputed(Model):
    """The dates of one request by today's calendars."""

    request: str
    dates: tuple[MovedDate, ...]
    """Those that move. Without any, the request is left as it is."""
    recipient_calendar: Sha256
    issuer_calendar: Sha256
    """Today's, by the hash under which the dossier keeps them once the dates were moved."""
    moved: bool = False
    problem: str = ""
    """Why its dates could not be moved."""


def recompute_deadlines(
    reason: Reason,
    request: Annotated[str | None, typer.Argument(metavar="ID", help="One request, <campaign>/<jurisdiction>.")] = None,
    campaign: Annotated[str | None, typer.Option(help="All open requests of this campaign.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All open requests of all campaigns.")] = False,
    file: Annotated[
        Path | None, typer.Option(help="The campaign file, where its calendars include overlay files beside it.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Move the dates without asking.")] = False,
    by: By = "",
    role: Role = "operator",
    json: Json = False,
) -> None:
    """Compute the dates of running requests with today's calendars: show old and new, ask, then move them.

    Example: forthwith recompute-deadlines --campaign 1373-2018 --reason "the governor declared a holiday"
    """
    if sum((request is not None, campaign is not None, everything)) != 1:
        raise Failure("give exactly one of a request, --campaign and --all")
    settings = Settings()
    layers = _layers(file)

    async def run() -> list[Recomputed]:
        async with connected() as client:
            office = _Office(client, Dossier(settings.dossier), layers, datetime.now(UTC))
            if request:
                names = [request]
            else:
                open_ones = await open_requests(client, query(campaign, None, None, None))
                names = [one.request for one in open_ones]
            found = await office.compare(names)
            moving = [one for one in found if one.recomputed.dates]
            _show([one.recomputed for one in moving], len(found), err if json else out)
            if moving and not yes:
                confirm(f"Move the dates of {plural(len(moving), 'request')}?", count=len(moving))
            moved = {one.request: one for one in await office.move(moving, Actor(by, role).who, reason)}
            return [moved.get(one.recomputed.request, one.recomputed) for one in found]

    done = asyncio.run(run())
    if json:
        print_json(done)
    for one in done:
        if one.problem:
            err.print(f"{one.request}: {one.problem}", markup=False, highlight=False)
    left = [one for one in done if one.problem or (one.dates and not one.moved)]
    if left:
        raise Failure(f"the dates of {plural(len(left), 'request')} were not moved")
    if not json and (moved := sum(one.moved for one in done)):
        out.print(f"Moved: {plural(moved, 'request')}.", highlight=False)


def moved_dates(before: Timetable, after: Timetable, now: datetime, sent: Iterable[str]) -> Iterator[MovedDate]:
    """The dates that differ between two timetables of the same facts, without what is over or sent already."""
    facts = before.facts
    deadlines = [
        (RESPONSE_DUE, before.deadline, after.deadline),
        (RETURN_DATE, before.return_due, after.return_due),
    ]
    if before.objection_due != before.return_due or after.objection_due != after.return_due:
        deadlines.append((OBJECTION_DUE, before.objection_due, after.objection_due))
    if facts.final_notice_at:
        deadlines.insert(1, (CURE_ENDS, before.cure, after.cure))
    if facts.chase:
        deadlines.append((f"{facts.chase.topic} due", before.chase_due, after.chase_due))
    for name, was, now_is in deadlines:
        if was and now_is and was.closes_at != now_is.closes_at:
            yield MovedDate(date=name.replace(" ", "_"), zone=was.zone, old=was.closes_at, new=now_is.closes_at)
    steps, gone = {step.id: step for step in after.steps}, set(sent)
    for step in before.steps:
        other = steps.get(step.id)
        if other and step.id not in gone and step.at != other.at and max(step.at, other.at) > now:
            yield MovedDate(date=step.id, zone=before.deadline.zone, old=step.at, new=other.at)


@dataclass(frozen=True)
class _Found:
    recomputed: Recomputed
    calendars: tuple[Calendar, Calendar]
    facts: Facts


@dataclass(frozen=True)
class _Office:
    """Compares and moves the dates of requests, through one client and one dossier."""

    client: Client
    dossier: Dossier
    layers: dict[str, Sequence[str]]
    now: datetime

    async def compare(self, names: Sequence[str]) -> list[_Found]:
        """The dates of each request by today's calendars; requests without dates are left out."""
        return [found for found in await side_by_side(names, self._compare_one, doing="Comparing") if found]

    async def move(self, found: Sequence[_Found], who: Who, reason: str) -> list[Recomputed]:
        """Pins the calendars and sends each request the update. One that refuses does not stop the others."""
        return await side_by_side(found, lambda one: self._move(one, who, reason), doing="Moving")

    async def _compare_one(self, name: str) -> _Found | None:
        try:
            view = await answer(self.client, name, JurisdictionRequest.status)
        except RPCError as error:
            raise failed_call(error, name) from error
        if view.facts is None or view.outcome:
            return None
        try:
            return self._compared(name, view, view.facts)
        except DossierError as error:
            raise Failure(
                f"{name}: {error}", hint="set FORTHWITH_DOSSIER to the folder that the workers use"
            ) from error

    def _compared(self, name: str, view: RequestStatus, facts: Facts) -> _Found:
        plan = self.dossier.plan(view.plan)
        recipient, issuer = clocks(self.dossier, plan, facts)
        for_recipient = self._today(plan, plan.jurisdiction.state, recipient.calendar)
        for_issuer = self._today(plan, None, issuer.calendar)
        before = timetable(plan, recipient, issuer, facts)
        after = timetable(
            plan,
            recipient.model_copy(update={"calendar": for_recipient}),
            issuer.model_copy(update={"calendar": for_issuer}),
            facts,
        )
        recomputed = Recomputed(
            request=name,
            dates=tuple(moved_dates(before, after, self.now, (letter.step for letter in view.letters))),
            recipient_calendar=for_recipient.sha256,
            issuer_calendar=for_issuer.sha256,
        )
        return _Found(recomputed, (for_recipient, for_issuer), facts)

    def _today(self, plan: RequestPlan, state: str | None, pinned: Calendar) -> Calendar:
        """Today's calendar for the same state and years."""
        campaign = plan.campaign
        names = self.layers.get(campaign.campaign, campaign.clock.calendar)
        beside = [name for name in campaign.clock.calendar if is_file(name)]
        if beside and campaign.campaign not in self.layers:
            raise Failure(
                f"the calendars of {campaign.campaign} include {', '.join(beside)}, beside its campaign file",
                hint="give the campaign file: --file CAMPAIGN.yaml",
            )
        years = (pinned.first_year, pinned.last_year)
        try:
            return build_calendar(layers(names, state), state=state, first_year=years[0], last_year=years[1])
        except UnknownCalendar as error:
            raise Failure(f"{plan.workflow_id}: {error}") from error

    async def _move(self, found: _Found, who: Who, reason: str) -> Recomputed:
        recomputed = found.recomputed
        for calendar in found.calendars:
            self.dossier.pin(calendar.canonical)
        message = RecomputeDeadlines(
            event_id=f"cli-{uuid.uuid4()}",
            by=who,
            recipient_calendar=recomputed.recipient_calendar,
            issuer_calendar=recomputed.issuer_calendar,
            reason=reason,
        )
        answer = await send_one(self.client, recomputed.request, "recompute_deadlines", message)
        moved = answer.result is Result.DONE
        return recomputed.model_copy(update={"moved": moved, "problem": "" if moved else answer.text})


def _layers(file: Path | None) -> dict[str, Sequence[str]]:
    if file is None:
        return {}
    read = read_campaign(file)
    return {read.campaign.campaign: read.calendars}


def _show(moving: Sequence[Recomputed], compared: int, where: Console) -> None:
    same = compared - len(moving)
    if moving:
        table = plain_table()
        for name in ("Request", "Date", "Now", "By today's calendars"):
            table.add_column(name, min_width=12, overflow="fold")
        for one in moving:
            for number, date in enumerate(one.dates):
                shown = closing if date.date.endswith(("_due", "_ends", "_date")) else local
                row = (date.date.replace("_", " "), shown(date.old, date.zone), shown(date.new, date.zone))
                table.add_row("" if number else escape(one.request), *map(escape, row))
        where.print(table)
    where.print(f"{plural(same, 'request')} {'keeps its' if same == 1 else 'keep their'} dates.", highlight=False)
