"""`audit`: whether Temporal, the case files and the mail receipts in them tell the same. Changes nothing.

The case files are read whole. The server is asked for two lists, and a closer look at the few that are
suspicious: Visibility may lag a little behind.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Annotated

import typer
from pydantic import AwareDatetime, ValidationError
from rich.markup import escape
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.dossier import Dossier, DossierError
from activities.letters import Claim
from forthwith import temporal
from forthwith.console.desk import WORTH_SAYING
from forthwith.console.output import Failure, Json, err, out, print_json
from forthwith.console.requests import Listed, connected, listed, plural, query, server_says
from forthwith.domain.letters import POSSIBLE_COPY
from forthwith.domain.model import Model
from forthwith.domain.record import Entry, Receipt
from forthwith.settings import Settings

LOOKED_INTO = 200
"""The server is asked about no more suspicious requests than this one by one; the rest is told as it was listed."""

PAGE = "docs/runbook.md"
STUCK = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"


class Finding(Model):
    """One thing that does not agree, and what to do about it."""

    request: str
    wrong: str
    command: str
    page: str
    """Where the runbook deals with it."""


class Audit(Model):
    """What was compared, and what does not agree."""

    at: AwareDatetime
    campaign: str | None
    case_files: int
    workflows: int
    findings: tuple[Finding, ...]


def audit(
    campaign: Annotated[str | None, typer.Argument(help="Only this campaign.")] = None, json: Json = False
) -> None:
    """Compare Temporal, the case files and the mail receipts. Exit code 0 clean, 1 findings, 2 could not be done.

    Example: forthwith audit 1373-2018 --json
    """
    try:
        found = asyncio.run(_audited(campaign))
    except (Failure, OSError, RPCError) as error:
        said = server_says(error) if isinstance(error, RPCError) else str(error)
        err.print(f"[red]The audit could not be done: {escape(said)}[/]", highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    if json:
        print_json(found)
    else:
        for one in found.findings:
            out.print(f"[bold red]{escape(one.request)}[/]: {escape(one.wrong)}", highlight=False, soft_wrap=True)
            out.print(f"  [cyan]{escape(one.command)}[/]  [dim]{one.page}[/]", highlight=False, soft_wrap=True)
        compared = f"{plural(found.case_files, 'case file')}, {plural(found.workflows, 'workflow')}"
        out.print(f"{compared}: {plural(len(found.findings), 'finding')}.", highlight=False)
    if found.findings:
        raise typer.Exit(1)


async def _audited(campaign: str | None) -> Audit:
    root, now = Settings().dossier, datetime.now(UTC)
    if not root.is_dir():
        raise Failure(f"there is no dossier at {root}")
    async with connected() as client:
        everything = query(campaign, None, None, None)
        # Temporal first: a request that is started meanwhile has its case file before its workflow.
        workflows: dict[str, Listed] = {}
        for one in await listed(client, everything):
            if one.request not in workflows or one.execution == "RUNNING":
                workflows[one.request] = one
        stuck = [one.request for one in await listed(client, f"{everything} AND {STUCK}")]
        files = await asyncio.to_thread(lambda: [*_case_files(Dossier(root), campaign)])
        if campaign and not files and not workflows:
            raise Failure(f"there is no campaign {campaign}")
        findings = [finding for file in files for finding in file.findings(now)]
        findings += [
            _finding(name, "its workflow task fails again and again", "timeline {id}", "stuck") for name in stuck
        ]
        findings += await _workflows_compared(client, {file.request: file for file in files}, workflows, now)
    findings.sort(key=lambda finding: finding.request)
    return Audit(at=now, campaign=campaign, case_files=len(files), workflows=len(workflows), findings=tuple(findings))


@dataclass(frozen=True)
class _CaseFile:
    """One request as the dossier has it."""

    request: str
    started_at: datetime | None
    is_opened: bool
    entries: tuple[Entry, ...]
    """Of every life that it had: a reset tells the story anew beside the first."""
    claims: dict[tuple[str, str], Claim]
    receipts: dict[tuple[str, str], Receipt]
    """By step and attempt."""
    refused: frozenset[tuple[str, str]]
    copies: frozenset[tuple[str, str]]
    """Letters that say themselves that they may be a second copy."""
    unreadable: str = ""

    @property
    def has_ended(self) -> bool:
        return any(entry.what == "ended" for entry in self.entries)

    def findings(self, now: datetime) -> Iterator[Finding]:
        """What does not agree within the case file. What is younger than a quarter of an hour may be under way."""
        if self.unreadable:
            yield _finding(self.request, f"cannot be read: {self.unreadable}", "doctor", "a-backup-was-restored")
            return
        if self.started_at is None:
            yield _finding(self.request, "has no start record", "status {id}", "a-backup-was-restored")
        told = {entry.details.get("eml"): entry for entry in self.entries if entry.what == "letter_sent"}
        receipted = {receipt.eml.sha256 for receipt in self.receipts.values()}
        for (step, attempt), claim in self.claims.items():
            settled = (step, attempt) in self.receipts or (step, attempt) in self.refused
            marked = any(name == step and other > attempt for name, other in self.copies & self.receipts.keys())
            if not settled and not marked and now - claim.claimed_at > WORTH_SAYING:
                yield self._letter(f"{step}, {attempt}: claimed, and nobody knows whether it went out")
        seen: set[tuple[str, str]] = set()
        for (step, attempt), receipt in sorted(self.receipts.items()):
            if (step, receipt.recipient) in seen and (step, attempt) not in self.copies:
                yield self._letter(f"{step} went out twice, and {attempt} does not say that it may be a second copy")
            seen.add((step, receipt.recipient))
            if receipt.eml.sha256 not in told and now - receipt.accepted_at > WORTH_SAYING:
                yield self._letter(f"{step}, {attempt}: has a receipt, and the record does not tell of it")
        for sha256, entry in told.items():
            if sha256 not in receipted:
                yield self._letter(f"{entry.details.get('step')} is told as sent, and has no receipt")

    def _letter(self, wrong: str) -> Finding:
        return _finding(self.request, wrong, "status {id}", "letters-and-receipts-do-not-agree")


def _case_files(dossier: Dossier, campaign: str | None) -> Iterator[_CaseFile]:
    folders = {
        path.parent
        for name in ("start.json", "opened.json", "timeline", "letters")
        for path in dossier.root.glob(f"*/*/{name}")
    }
    for folder in sorted(folders):
        if campaign in (None, folder.parent.name):
            yield _case_file(dossier, folder)


def _case_file(dossier: Dossier, folder: Path) -> _CaseFile:
    request = folder.relative_to(dossier.root).as_posix()
    try:
        started = dossier.start_record(request)
        receipts = {
            _key(path): Receipt.model_validate_json(dossier.read(path))
            for path in folder.glob("letters/*/*.receipt.json")
        }
        return _CaseFile(
            request=request,
            started_at=started and started.started_at,
            is_opened=dossier.opened(request) is not None,
            entries=tuple(Entry.model_validate_json(dossier.read(path)) for path in folder.glob("timeline/*.json")),
            claims={
                _key(path): Claim.model_validate_json(dossier.read(path))
                for path in folder.glob("letters/*/*.claim.json")
            },
            receipts=receipts,
            refused=frozenset(_key(path) for path in folder.glob("letters/*/*.nothing-sent.json")),
            # The first attempt at a letter is a copy of nothing, so its message need not be read.
            copies=frozenset(
                key
                for key, receipt in receipts.items()
                if key[1] != "attempt-1" and _says_copy(dossier.read(dossier.root / receipt.eml.uri))
            ),
        )
    except (DossierError, ValidationError) as error:
        why = str(error).partition("\n")[0]
        return _CaseFile(request, None, False, (), {}, {}, frozenset(), frozenset(), unreadable=why)


def _key(path: Path) -> tuple[str, str]:
    return path.parent.name, path.name.partition(".")[0]


def _says_copy(eml: bytes) -> bool:
    body = message_from_bytes(eml, policy=policy.default).get_body(("plain",))
    return body is not None and POSSIBLE_COPY in " ".join(body.get_content().split())


async def _workflows_compared(
    client: Client, files: dict[str, _CaseFile], workflows: dict[str, Listed], now: datetime
) -> list[Finding]:
    findings = list[Finding]()
    for name, one in workflows.items():
        if one.execution == "RUNNING" and name not in files:
            wrong = "runs in Temporal, and the dossier does not know it"
            findings.append(_finding(name, wrong, "doctor", "a-backup-was-restored"))
    suspicious = [
        name for name in sorted(files.keys() | workflows.keys()) if _is_suspicious(name, files, workflows, now)
    ]
    limit = asyncio.Semaphore(16)

    async def looked_into(name: str) -> Finding | None:
        async with limit:
            return await _looked_into(client, name, files.get(name), now)

    looked = await asyncio.gather(*map(looked_into, suspicious[:LOOKED_INTO]))
    findings += [finding for finding in looked if finding]
    findings += [
        _finding(name, "looks as if nobody drives it", "status {id}", "what-audit-finds")
        for name in suspicious[LOOKED_INTO:]
    ]
    return findings


def _is_suspicious(name: str, files: dict[str, _CaseFile], workflows: dict[str, Listed], now: datetime) -> bool:
    one = workflows.get(name)
    if one is None:
        file = files[name]
        return file.started_at is not None and not file.has_ended and now - file.started_at > WORTH_SAYING
    if one.execution == "RUNNING":
        return one.next_action_at is None or now - one.next_action_at > WORTH_SAYING
    return one.is_stopped


async def _looked_into(client: Client, name: str, file: _CaseFile | None, now: datetime) -> Finding | None:
    """What is wrong with a request as the server has it now, or None when it is well after all."""
    try:
        found = await client.get_workflow_handle(name).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        if file and file.is_opened:
            return _finding(name, "was taken up, and Temporal forgot it", "doctor", "temporal-forgot-a-request")
        return _finding(name, "has a start record, and no workflow was started", "start FILE", "never-started")
    status = found.status.name if found.status else "UNKNOWN"
    if status == "RUNNING":
        due = found.typed_search_attributes.get(temporal.NEXT_ACTION_AT)
        if due and now - due > WORTH_SAYING:
            return _finding(name, f"its next action was due {due:%Y-%m-%d %H:%M %Z}", "doctor", "stuck")
        raw = found.raw_description
        if due is None and not raw.pending_activities and not raw.HasField("pending_workflow_task"):
            return _finding(name, "runs with no next action and nothing under way", "timeline {id}", "stuck")
        return None
    if status == "COMPLETED":
        return None
    pages = {"FAILED": "failed", "TIMED_OUT": "failed"}
    wrong = f"its workflow is {status.replace('_', ' ').lower()} and nobody drives it"
    return _finding(name, wrong, "timeline {id}", pages.get(status, "terminated"))


def _finding(request: str, wrong: str, command: str, heading: str) -> Finding:
    return Finding(
        request=request, wrong=wrong, command=f"forthwith {command.format(id=request)}", page=f"{PAGE}#{heading}"
    )
