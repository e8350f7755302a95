"""The files of a report: page, table, data and dates, each written whole, and never over anything else."""

import csv
import io
import json
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forthwith.base import Model
from forthwith.cli.report.page import Report, ReportRow, page
from forthwith.failure import Failure
from forthwith.views.agenda import Appointment
from forthwith.views.ics import calendar_of
from forthwith.visible import visible, visible_json

PAGE, TABLE, DATA, DATES = "report.html", "report.csv", "report.json", "report.ics"


class Written(Model):
    """Where a report was left."""

    campaign: str
    page: str
    table: str
    data: str
    dates: str


@dataclass(frozen=True)
class Made:
    """A report, and the dates of its requests for a calendar."""

    report: Report
    appointments: tuple[Appointment, ...]

    def files(self) -> Mapping[str, bytes]:
        """The content of each file by its name."""
        return {
            PAGE: page(self.report).encode(),
            TABLE: table(self.report.requests).encode("utf-8-sig"),
            DATA: visible_json(self.report).encode() + b"\n",
            DATES: calendar_of(self.report.campaign, self.appointments),
        }


def write_report(made: Made, folder: Path) -> Written:
    """Writes the four files, each whole. Raises ``Failure`` where something lies there that is no such report."""
    campaign = made.report.campaign
    there = [name for name in (PAGE, TABLE, DATA, DATES) if (folder / name).exists()]
    if there and _campaign_in(folder / DATA) != campaign:
        raise Failure(
            f"{folder} has a {there[0]} that is not of a report of {campaign}",
            hint=f"name another folder: forthwith report {campaign} --to FOLDER",
        )
    drafts: dict[Path, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.files().items():
            draft = folder / f".{name}.{secrets.token_hex(4)}"
            drafts[draft] = folder / name
            draft.write_bytes(content)
        for draft, path in drafts.items():
            draft.replace(path)
    except OSError as error:
        raise Failure(f"{folder} cannot be written: {error.strerror}") from error
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return Written(
        campaign=campaign,
        page=str(folder / PAGE),
        table=str(folder / TABLE),
        data=str(folder / DATA),
        dates=str(folder / DATES),
    )


def _campaign_in(path: Path) -> str | None:
    """Whose report a file has the data of; None where it is none."""
    try:
        content: Any = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    match content:
        case {"document": "forthwith report", "campaign": str(campaign)}:
            return campaign
        case _:
            return None


def table(rows: Iterable[ReportRow]) -> str:
    """One row a request, for a spreadsheet, in which no cell is a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(
        (
            *("request", "name", "status", "attention", "rung", "rung_number", "rungs", "waits_for", "next"),
            *("next_at_utc", "next_at_local", "response_due_utc", "response_due_local", "zone"),
            *("outstanding", "items", "outstanding_items", "entries", "problem", "link"),
        )
    )
    for row in rows:
        cells = (
            *(row.request, row.name, row.status or "", " ".join(row.attention), row.rung, row.rung_number, row.rungs),
            *(row.waits_for, row.next, _utc(row.next_at), row.next_local),
            *(_utc(row.response_due), row.response_due_local, row.zone),
            *(
                "" if row.outstanding is None else row.outstanding,
                row.items or "",
                " ".join(row.outstanding_items or ()),
            ),
            *(row.history.entries if row.history else 0, row.problem, row.link),
        )
        writer.writerow(_inert(cell) if isinstance(cell, str) else cell for cell in cells)
    return file.getvalue()


def _inert(cell: str) -> str:
    """Text that a spreadsheet does not run, though it begins like a formula, also in the wide letters of East Asia."""
    seen = visible(cell)
    first = unicodedata.normalize("NFKC", seen.lstrip())[:1]
    return f"'{seen}" if first in ("=", "+", "-", "@") or cell[:1] in ("\t", "\r", "\n") else seen


def _utc(instant: datetime | None) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if instant else ""
