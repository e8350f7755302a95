"""`audit`: whether Temporal, the case files and the mail receipts in them agree. Changes nothing.

Every record of the case files is read. From the server come two lists, and then the few suspicious requests one by
one, since Visibility may lag a little behind.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import AwareDatetime
from rich.markup import escape
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from forthwith import temporal
from forthwith.base import Model
from forthwith.casefile.audit import PAGE, Audited, Finding, Heading, finding
from forthwith.casefile.case_file import CaseFile
from forthwith.casefile.clocks import clocks
from forthwith.casefile.export import in_dossier
from forthwith.casefile.store import Dossier, DossierError
from forthwith.casefile.verify import wrongs
from forthwith.cli.output import Json, err, out, print_json
from forthwith.failure import Failure
from forthwith.history import differences
from forthwith.request.timetable import Facts
from forthwith.request.vocabulary import Attention
from forthwith.settings import Settings
from forthwith.views.listing import Listed
from forthwith.views.tasks import RECOVER, WORTH_SAYING, failing
from forthwith.visibility import connected, failure_of, listed, plural, query, server_says
from forthwith.visible import visible

MAX_EXAMINED = 200
"""No more suspicious requests than this are examined one by one; the others are reported as they were listed."""


class Audit(Model):
    """What was compared, and what does not agree."""

    at: AwareDatetime
    campaign: str | None
    case_files: int
    workflows: int
    reset: tuple[str, ...]
    """Requests whose case file has two histories, since their workflow was reset. That alone is no finding."""
    findings: tuple[Finding, ...]


def audit(
    campaign: Annotated[str | None, typer.Argument(help="Only this campaign.")] = None,
    histories: Annotated[
        bool, typer.Option("--histories", help="Read every history and document as well: slow for thousands.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare Temporal, the case files and the mail receipts. Exit code 0: clean, 1: findings, 2: not possible.

    Example: forthwith audit 1373-2018 --json
    """
    try:
        found = asyncio.run(_audited(campaign, histories))
    except (Failure, OSError, RPCError) as error:
        why = server_says(error) if isinstance(error, RPCError) else str(error)
        err.print(f"[red]The audit was not possible: {escape(why)}[/]", highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    if json:
        print_json(found)
    else:
        for one in found.findings:
            wrong = escape(visible(one.wrong))
            out.print(f"[bold red]{escape(one.request)}[/]: {wrong}", highlight=False, soft_wrap=True)
            out.print(f"  [cyan]{escape(one.command)}[/]  [dim]{one.page}[/]", highlight=False, soft_wrap=True)
        if found.reset:
            line = f"Reset, so that the case file has two histories: {', '.join(found.reset)}"
            out.print(f"{escape(line)}  [dim]{PAGE}#reset[/]", highlight=False, soft_wrap=True)
        compared = f"{plural(found.case_files, 'case file')}, {plural(found.workflows, 'workflow')}"
        out.print(f"{compared}: {plural(len(found.findings), 'finding')}.", highlight=False)
    if found.findings:
        raise typer.Exit(1)


async def _audited(campaign: str | None, histories: bool) -> Audit:
    root, now = Settings().dossier, datetime.now(UTC)
    if not root.is_dir():
        raise Failure(f"there is no dossier at {root}")
    async with connected() as client:
        everything = query(campaign, None, None, None)
        # Temporal first: a request that is started meanwhile has its case file before its workflow.
        workflows = {one.request: one for one in await listed(client, everything)}
        stuck = [one.request for one in workflows.values() if one.is_failing and one.execution == "RUNNING"]
        dossier = Dossier(root)
        read = await asyncio.to_thread(lambda: [*_audited_files(dossier, campaign)])
        files = {file.request: file for file in read if isinstance(file, Audited)}
        findings = [file for file in read if isinstance(file, Finding)]
        unreadable = {one.request for one in findings}
        known = files.keys() | workflows.keys() | unreadable
        findings += await asyncio.to_thread(lambda: [*_never_started(dossier, campaign, known)])
        if campaign and not read and not workflows and not findings:
            raise Failure(f"there is no campaign {campaign}")
        driven = [await _stuck(client, name) for name in stuck]
        readable = {name: one for name, one in workflows.items() if name not in unreadable}
        driven += await _workflows_compared(client, files, readable, now)
        records = [one for file in files.values() for one in file.findings(now)]
        if histories:
            well = files.keys() - {one.request for one in records}
            driven_well = workflows.keys() - {one.request for one in driven}
            findings += await _read_whole(client, dossier, sorted(well), driven_well)
    findings += driven + records
    # A request without a running workflow has missed whatever came since: that is one finding, not two.
    others = workflows.keys() & files.keys() - {one.request for one in driven}
    missed = [await _missed(dossier, files[name], workflows[name], now) for name in others]
    findings += [one for one in missed if one]
    return Audit(
        at=now,
        campaign=campaign,
        case_files=len(read),
        workflows=len(workflows),
        reset=tuple(name for name, file in sorted(files.items()) if file.was_reset),
        findings=tuple(sorted(findings, key=lambda finding: finding.request)),
    )


async def _stuck(client: Client, request: str) -> Finding:
    return finding(request, failing(await failure_of(client, request)), "timeline {id}", "stuck")


def _audited_files(dossier: Dossier, campaign: str | None) -> Iterator[Audited | Finding]:
    """Every case file, or the finding that it cannot be read."""
    folders = {
        path.parent
        for name in ("start.json", "opened.json", "timeline", "letters")
        for path in dossier.root.glob(f"*/*/{name}")
    }
    for folder in sorted(folders):
        if campaign in (None, folder.parent.name):
            request = folder.relative_to(dossier.root).as_posix()
            try:
                yield Audited(CaseFile(request, _records(dossier, folder)))
            except DossierError as error:
                yield finding(request, f"cannot be read: {error}", "doctor", "the-record-was-changed")


def _records(dossier: Dossier, folder: Path) -> dict[str, bytes]:
    """What an audit reads of a case file. The message of a letter's first attempt is a copy of nothing."""
    paths = [path for path in folder.rglob("*.json") if path.parent.name not in ("drafts", "referral")]
    paths += [path for path in folder.glob("letters/*/*.eml") if not path.name.startswith("attempt-1.")]
    whole = (path for path in paths if not path.name.startswith("."))
    return {path.relative_to(dossier.root).as_posix(): dossier.read(path) for path in whole}


def _never_started(dossier: Dossier, campaign: str | None, known: Set[str]) -> Iterator[Finding]:
    for name in [campaign] if campaign else dossier.campaigns():
        try:
            planned = dossier.campaign_start(name)
        except DossierError as error:
            yield finding(name, f"cannot be read: {error}", "doctor", "the-record-was-changed")
            continue
        for jurisdiction in planned.jurisdictions if planned else ():
            if (request := f"{name}/{jurisdiction}") not in known:
                yield finding(
                    request, "belongs to a campaign that was started, and was not", "start FILE", "never-started"
                )


async def _missed(dossier: Dossier, file: Audited, workflow: Listed, now: datetime) -> Finding | None:
    promised = workflow.next_action_at
    if file.started is None or promised is None or promised <= now or workflow.execution != "RUNNING":
        return None
    if Attention.DOSSIER_UNWRITABLE in workflow.attention:
        return None  # the record is known to lag behind
    try:
        plan = dossier.plan(file.started.plan)
        recipient, issuer = clocks(dossier, plan, Facts(opened_at=file.started.started_at))
    except DossierError:
        return finding(file.request, "what it was started with cannot be read", "verify {id}", "the-record-was-changed")
    return file.missed(plan, recipient, issuer, promised=promised, now=now)


async def _workflows_compared(
    client: Client, files: Mapping[str, Audited], workflows: Mapping[str, Listed], now: datetime
) -> list[Finding]:
    findings = list[Finding]()
    for name, one in workflows.items():
        if name not in files:
            wrong = f"is {one.execution.lower()} in Temporal, and the dossier does not know it"
            findings.append(finding(name, wrong, "doctor", "a-backup-was-restored"))
    suspicious = [
        name for name in sorted(files.keys() | workflows.keys()) if _is_suspicious(name, files, workflows, now)
    ]
    limit = asyncio.Semaphore(16)

    async def examine(name: str) -> Finding | None:
        async with limit:
            return await _examined(client, name, files.get(name), now)

    found = await asyncio.gather(*map(examine, suspicious[:MAX_EXAMINED]))
    findings += [finding for finding in found if finding]
    findings += [
        finding(name, "seems to have no running workflow", "status {id}", "what-audit-finds")
        for name in suspicious[MAX_EXAMINED:]
    ]
    return findings


async def _read_whole(
    client: Client, dossier: Dossier, requests: Sequence[str], driven_well: Set[str]
) -> list[Finding]:
    """What every document, and the histories of those that are driven well, find beyond the records."""
    limit = asyncio.Semaphore(16)

    async def compared(request: str) -> Finding | None:
        text = ""
        async with limit:
            for _ in range(2):  # it may have filed something between one reading and the other
                try:
                    case = await asyncio.to_thread(in_dossier, dossier.root, request)
                except (OSError, ValueError) as error:
                    return finding(request, f"cannot be read: {error}", "doctor", "the-record-was-changed")
                text = next((f"its case file was changed: {wrong}" for wrong in wrongs(case)), "")
                if not text and request in driven_well:
                    differing = await differences(client, case)
                    text = next((f"its record differs from its history: {wrong}" for wrong in differing), "")
                if not text:
                    return None
        return finding(request, text, "verify {id}", "the-record-was-changed")

    return [found for found in await asyncio.gather(*map(compared, requests)) if found]


def _is_suspicious(name: str, files: Mapping[str, Audited], workflows: Mapping[str, Listed], now: datetime) -> bool:
    one = workflows.get(name)
    if one is None:
        file = files[name]
        return file.started is not None and not file.has_ended and now - file.started.started_at > WORTH_SAYING
    if one.execution == "RUNNING":
        return one.next_action_at is None or now - one.next_action_at > WORTH_SAYING
    return one.is_stopped or (name in files and not files[name].has_ended)


async def _examined(client: Client, name: str, file: Audited | None, now: datetime) -> Finding | None:
    """What is wrong with a request as the server has it now, or None when it is well after all."""
    try:
        found = await client.get_workflow_handle(name).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        if file and file.was_opened:
            return finding(name, "was opened, and Temporal has forgotten it", RECOVER, "temporal-forgot-a-request")
        return finding(name, "has a start record, and no workflow was started", "start FILE", "never-started")
    status = found.status.name if found.status else "UNKNOWN"
    if status == "RUNNING":
        due = found.typed_search_attributes.get(temporal.NEXT_ACTION_AT)
        if due and now - due > WORTH_SAYING:
            return finding(name, f"its next action was due {due:%Y-%m-%d %H:%M %Z}", "doctor", "stuck")
        raw = found.raw_description
        if due is None and not raw.pending_activities and not raw.HasField("pending_workflow_task"):
            return finding(name, "runs with no next action and nothing under way", "timeline {id}", "stuck")
        return None
    if status == "COMPLETED":
        if file is None or file.has_ended:
            return None
        wrong = "has ended in Temporal, and its record has no end"
        return finding(name, wrong, "verify {id}", "a-backup-was-restored")
    pages: dict[str, Heading] = {"FAILED": "failed", "TIMED_OUT": "failed"}
    wrong = f"its workflow is {status.replace('_', ' ').lower()}"
    return finding(name, wrong, RECOVER, pages.get(status, "terminated"))
