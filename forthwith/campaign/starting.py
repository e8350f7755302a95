"""Starts a campaign: one workflow for each jurisdiction, each of them once.

The start record in the dossier is created exclusively before the workflow is started, so whatever interrupts a start,
running it again completes the set and never sends a second demand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from forthwith import temporal
from forthwith.base import Model
from forthwith.campaign.models import RequestPlan
from forthwith.campaign.planning import Planned
from forthwith.casefile.store import CampaignStart, Dossier, StartRecord
from forthwith.request.record import Recovery
from forthwith.request.vocabulary import Status
from forthwith.side_by_side import side_by_side
from forthwith.views.page import static_details, static_summary
from forthwith.visibility import named
from workflows.jurisdiction_request import JurisdictionRequest

MAX_NAMED = 25
"""A refusal names no more requests than this: they all have the same reason."""


class Started(StrEnum):
    """What starting one request came to."""

    STARTED = "started"
    ALREADY = "already started"
    PLANNED = "would be started"


class StartOutcome(Model):
    """One request of a campaign that was started."""

    request: str
    plan: str
    outcome: Started


class DifferentPlan(Exception):
    """Requests of this campaign were started with another plan; nothing was started now."""

    def __init__(self, requests: Sequence[str], changed: Sequence[str]) -> None:
        which = named(requests, MAX_NAMED)
        super().__init__(f"already started with another plan: {which}. Changed since: {', '.join(changed)}")


@dataclass(frozen=True)
class Starter:
    """Starts requests on one server, recording them in one dossier."""

    client: Client
    dossier: Dossier
    started_by: str
    now: datetime

    async def start(
        self, requests: Iterable[Planned], *, dry_run: bool = False, whole: bool = True, doing: str = ""
    ) -> list[StartOutcome]:
        """Starts what was not started yet. On a terminal a bar shows what it is ``doing``.

        ``requests`` are all that the campaign has where it is ``whole``; the dossier keeps their list before the first.

        Raises ``DifferentPlan`` before anything is started when one of them was started with another file, row or
        wording.
        """
        requests = tuple(requests)
        self._refuse_other_plans(requests)
        if whole and not dry_run:
            self._record_campaign(requests)
        return await side_by_side(requests, lambda request: self._start_one(request, dry_run), doing=doing)

    def _record_campaign(self, requests: Iterable[Planned]) -> None:
        plans = [request.plan for request in requests]
        jurisdictions = tuple(plan.jurisdiction.id for plan in plans)
        start = CampaignStart(jurisdictions=jurisdictions, started_by=self.started_by, started_at=self.now)
        self.dossier.record_campaign(plans[0].campaign.campaign, start)

    def _refuse_other_plans(self, requests: Iterable[Planned]) -> None:
        others: list[str] = []
        changed: set[str] = set()
        for request in requests:
            record = self.dossier.start_record(request.plan.workflow_id)
            if record and record.matter != request.plan.matter:
                others.append(request.plan.workflow_id)
                changed.update(self._differences(self.dossier.plan(record.plan), request))
        if others:
            raise DifferentPlan(others, sorted(changed))

    def _differences(self, started: RequestPlan, now: Planned) -> Iterator[str]:
        """What was changed, by the keys of the campaign file, the columns of the table, and the names of templates."""
        written, row = started.campaign.model_dump(mode="json"), started.jurisdiction.model_dump(mode="json")
        for was, is_now, of in (
            (written, now.plan.campaign.model_dump(mode="json"), ""),
            (row, now.plan.jurisdiction.model_dump(mode="json"), f"{started.jurisdiction.id}: "),
            (self.dossier.templates(started.templates), now.templates, "template "),
        ):
            for name in sorted(was.keys() | is_now.keys()):
                if was.get(name) != is_now.get(name):
                    yield f"{of}{name}"

    async def _start_one(self, request: Planned, dry_run: bool) -> StartOutcome:
        plan = request.plan
        if opened := self.dossier.opened(plan.workflow_id):
            return StartOutcome(request=plan.workflow_id, plan=opened.plan, outcome=Started.ALREADY)
        if dry_run:
            return StartOutcome(request=plan.workflow_id, plan=plan.content_hash, outcome=Started.PLANNED)
        request.pin(self.dossier)
        record = self.dossier.record_start(
            StartRecord(
                workflow_id=plan.workflow_id,
                plan=plan.content_hash,
                matter=plan.matter,
                started_by=self.started_by,
                started_at=self.now,
            )
        )
        try:
            await start_workflow(
                self.client,
                self.dossier.plan(record.plan),
                self.now,
                reuse=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                memo={},
            )
        except WorkflowAlreadyStartedError:
            return StartOutcome(request=plan.workflow_id, plan=record.plan, outcome=Started.ALREADY)
        return StartOutcome(request=plan.workflow_id, plan=record.plan, outcome=Started.STARTED)


async def start_workflow(
    client: Client, plan: RequestPlan, now: datetime, *, reuse: WorkflowIDReusePolicy, memo: Mapping[str, Recovery]
) -> None:
    """Starts the workflow of one request. Raises ``WorkflowAlreadyStartedError``."""
    await client.start_workflow(
        JurisdictionRequest.run,
        plan,
        id=plan.workflow_id,
        task_queue=temporal.TASK_QUEUE,
        id_reuse_policy=reuse,
        memo=memo,
        static_summary=static_summary(plan),
        static_details=static_details(plan),
        search_attributes=TypedSearchAttributes(
            [
                SearchAttributePair(temporal.CAMPAIGN, plan.campaign.campaign),
                SearchAttributePair(temporal.JURISDICTION, plan.jurisdiction.id),
                SearchAttributePair(temporal.REQUEST_STATUS, Status.SENDING.value),
                SearchAttributePair(temporal.ITEMS_OUTSTANDING, len(plan.campaign.demand.items)),
                SearchAttributePair(temporal.NEXT_ACTION_AT, now),
            ]
        ),
    )
