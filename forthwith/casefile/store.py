"""The dossier: the case files, outside Temporal, one object per entry.

    pinned/<sha256>                              plans, templates and calendars, by content
    <campaign>/campaign-0001.json …              the requests that the campaign was started with
    <campaign>/<jurisdiction>/start.json         which plan this request was started with
                              opened.json        which workflow drives it
                              recovery-2.json    authorizes a second workflow to continue it
                              opened-2.json      which workflow continued it
                              timeline/0001.json …   chained by hash
                              letters/<step>/…       the letter, every attempt's claim and what became of it
                              drafts/v1.pdf …

Every object is written once: whole, synced, and never over another. What must exist only once (a start record, a claim)
is created exclusively, which is what keeps a demand from being sent twice. All is read and written through `Folder`.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from forthwith.base import Model
from forthwith.campaign.models import RequestPlan
from forthwith.casefile.folder import Folder
from forthwith.deadlines.calendar import Calendar
from forthwith.documents.template_files import default_templates
from forthwith.fields import Sha256
from forthwith.request.entries import Entry, chained
from forthwith.request.record import Filed, Recovery

_TEMPLATES = TypeAdapter(dict[str, str])

Read = TypeVar("Read", bound=Model)


class DossierError(OSError):
    """The dossier cannot be written or read. Says where and why."""


class DossierDamaged(DossierError):
    """An object is missing, or is not what was written. Only a backup helps."""


class Changed(ValueError):
    """Something that is written once is there already with other content."""


class StartRecord(Model):
    """Which plan a request was started with, and by whom. Written before the workflow is started."""

    workflow_id: str
    plan: Sha256
    matter: Sha256
    started_by: str
    started_at: datetime


class CampaignStart(Model):
    """Which requests a campaign was started with, so that an audit finds one that never came to a start record."""

    jurisdictions: tuple[str, ...]
    started_by: str
    started_at: datetime


class Opening(Model):
    """Which workflow drives a request. Written once; a second workflow of the same id finds it and stops."""

    workflow_id: str
    first_run: str
    plan: Sha256


def as_pinned(templates: Mapping[str, str]) -> bytes:
    """The bytes under whose hash a set of templates is pinned, and by which a plan names it."""
    return json.dumps(dict(templates), sort_keys=True, ensure_ascii=False).encode()


class Dossier:
    """A folder of case files. Safe for several processes on one file system."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = Folder(root)
        self.plan = lru_cache(maxsize=4096)(self._plan)
        self.templates = lru_cache(maxsize=64)(self._templates)
        self.calendar = lru_cache(maxsize=512)(self._calendar)

    def of(self, workflow_id: str) -> Path:
        """The folder of one request."""
        return self.root / workflow_id

    def identity(self) -> str:
        """A random name that the folder keeps, by which processes can tell that they see the same one."""
        path = self.root / "identity"
        self._write_once(path, secrets.token_hex(16).encode())
        return self.read(path).decode()

    # What was pinned.

    def pin(self, content: bytes) -> str:
        """Keeps ``content`` under its hash and returns that. Raises ``DossierError``."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.root / "pinned" / sha256
        if not path.exists():
            self._write_once(path, content)
        return sha256

    def pin_templates(self, templates: Mapping[str, str]) -> str:
        """Keeps a set of templates (file name to text) under its hash."""
        return self.pin(as_pinned(templates))

    def pinned(self, sha256: str) -> bytes:
        """What was pinned under a hash. Raises ``DossierDamaged`` when it is missing or was changed."""
        path = self.root / "pinned" / sha256
        if not path.exists():
            raise DossierDamaged(f"{path} is missing; restore it from a backup")
        content = self.read(path)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DossierDamaged(f"{path} no longer has the content it was pinned with; restore it from a backup")
        return content

    def _plan(self, sha256: str) -> RequestPlan:
        return self._as(RequestPlan, self.root / "pinned" / sha256, self.pinned(sha256))

    def _templates(self, sha256: str) -> Mapping[str, str]:
        # A document that our releases did not know yet when the request started is none that was pinned otherwise.
        return {**default_templates(), **_TEMPLATES.validate_json(self.pinned(sha256))}

    def _calendar(self, sha256: str) -> Calendar:
        return self._as(Calendar, self.root / "pinned" / sha256, self.pinned(sha256))

    # Records that exist once.

    def record_campaign(self, campaign: str, start: CampaignStart) -> None:
        """Keeps the list of a campaign's requests before the first of them starts; where it is the same, once."""
        latest = self.campaign_start(campaign)
        while latest is None or latest.jurisdictions != start.jurisdictions:
            number = len(self._campaign_starts(campaign)) + 1
            if self._write_once(self.root / campaign / f"campaign-{number:04}.json", start.model_dump_json().encode()):
                return
            latest = self.campaign_start(campaign)  # somebody else started it at the same moment

    def campaign_start(self, campaign: str) -> CampaignStart | None:
        """The requests that a campaign was last started with, or None when it never was as a whole."""
        paths = self._campaign_starts(campaign)
        return self.read_as(CampaignStart, paths[-1]) if paths else None

    def campaigns(self) -> list[str]:
        """The campaigns that were started as a whole."""
        return sorted({path.parent.name for path in self.root.glob("*/campaign-*.json")})

    def _campaign_starts(self, campaign: str) -> list[Path]:
        return sorted((self.root / campaign).glob("campaign-*.json"))

    def record_start(self, record: StartRecord) -> StartRecord:
        """Creates the start record, or returns the one that was there first."""
        path = self.of(record.workflow_id) / "start.json"
        if self._write_once(path, record.model_dump_json().encode()):
            return record
        return self.read_as(StartRecord, path)

    def start_record(self, workflow_id: str) -> StartRecord | None:
        """The start record of a request, or None when it was never started."""
        path = self.of(workflow_id) / "start.json"
        return self.read_as(StartRecord, path) if path.exists() else None

    def opened(self, workflow_id: str) -> Opening | None:
        """Which workflow drives a request, or None when none does yet."""
        path = self.of(workflow_id) / "opened.json"
        return self.read_as(Opening, path) if path.exists() else None

    def open(self, opening: Opening) -> bool:
        """Opens a request for one workflow. False when another one has it, or when it was started with another plan."""
        started = self.start_record(opening.workflow_id)
        if started is None or started.plan != opening.plan:
            return False
        path = self.of(opening.workflow_id) / "opened.json"
        return self._write_once(path, opening.model_dump_json().encode()) or self.opened(opening.workflow_id) == opening

    def openings(self, workflow_id: str) -> list[Opening]:
        """Every workflow that drove the request, in order."""
        first = self.opened(workflow_id)
        found = [first] if first else []
        while (path := self._numbered(workflow_id, "opened", len(found) + 1)).exists():
            found.append(self.read_as(Opening, path))
        return found

    def authorize_recovery(self, recovery: Recovery) -> Recovery:
        """Authorizes one more workflow to continue a request, or returns what authorized one before that never did."""
        path = self._numbered(recovery.workflow_id, "recovery", recovery.number)
        if self._write_once(path, recovery.model_dump_json().encode()):
            return recovery
        return self.read_as(Recovery, path)

    def recovery(self, workflow_id: str, number: int) -> Recovery | None:
        """What authorized one workflow of a request to continue it; None where nothing did."""
        path = self._numbered(workflow_id, "recovery", number)
        return self.read_as(Recovery, path) if path.exists() else None

    def claim_recovery(self, opening: Opening) -> Recovery | None:
        """Opens a request for a workflow that is not its first. None unless a recovery is authorized and unclaimed."""
        openings = self.openings(opening.workflow_id)
        number = openings.index(opening) + 1 if opening in openings else len(openings) + 1
        recovery = self.recovery(opening.workflow_id, number)
        if number == 1 or recovery is None or opening.plan != openings[0].plan:
            return None
        path = self._numbered(opening.workflow_id, "opened", number)
        if not self._write_once(path, opening.model_dump_json().encode()) and opening not in openings:
            return None
        return recovery

    def beginnings(self, workflow_id: str) -> tuple[Filed, ...]:
        """What a case file has besides its entries and documents: who started and who may drive the request."""
        paths = [self.of(workflow_id) / name for name in ("start.json", "opened.json")]
        for number in range(2, len(self.openings(workflow_id)) + 1):
            paths += (self._numbered(workflow_id, what, number) for what in ("recovery", "opened"))
        return tuple(self.filed(path, self.read(path)) for path in paths)

    def _numbered(self, workflow_id: str, what: str, number: int) -> Path:
        return self.of(workflow_id) / f"{what}-{number}.json"

    def create(self, path: Path, content: bytes) -> bool:
        """Creates an object exclusively. False when it exists already. Raises ``DossierError``."""
        return self._write_once(path, content)

    def keep(self, path: Path, content: bytes) -> Filed:
        """Keeps an object; again with the same content is the same. Raises ``Changed`` or ``DossierError``."""
        if not self._write_once(path, content) and self.read(path) != content:
            raise Changed(f"{path} exists with other content")
        return self.filed(path, content)

    def filed(self, path: Path, content: bytes) -> Filed:
        """How history names an object of the dossier."""
        uri = path.relative_to(self.root).as_posix()
        return Filed(uri=uri, sha256=hashlib.sha256(content).hexdigest(), size=len(content))

    def file(self, workflow_id: str, entries: Iterable[Entry]) -> None:
        """Keeps timeline entries; again with the same content is the same.

        A workflow that was reset records anew from the point of the reset. What was filed before stays, and the new
        entry is kept beside it under its own hash: the chain says which belong together.

        The last entry is written first. So a filing that is cut short has added nothing to the chain, and no record
        ends in the middle of a decision.
        """
        folder = self.of(workflow_id) / "timeline"
        for entry in reversed([*entries]):
            try:
                self.keep(folder / f"{entry.number:04}.json", entry.filed())
            except Changed:
                self.keep(folder / f"{entry.number:04}-{entry.head[:12]}.json", entry.filed())

    def timeline(self, workflow_id: str) -> list[Entry]:
        """The filed entries of a request in order: the chain that ends in the latest of them."""
        paths = (self.of(workflow_id) / "timeline").glob("*.json")
        entries = {entry.head: entry for entry in (self.read_as(Entry, path) for path in paths)}
        return [entries[sha256] for sha256 in chained(entries)]

    def read(self, path: Path) -> bytes:
        """An object's bytes. Raises ``DossierError``, also for what lies outside the dossier or behind a link."""
        name = self._name(path)
        try:
            return self.folder.read(name)
        except OSError as error:
            raise DossierError(f"{path} cannot be read: {error.strerror}") from error

    def read_as(self, model: type[Read], path: Path) -> Read:
        """An object as what was written there. Raises ``DossierDamaged`` where it is no such thing any more."""
        return self._as(model, path, self.read(path))

    def _as(self, model: type[Read], path: Path, content: bytes) -> Read:
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            raise DossierDamaged(f"{path} is damaged; restore it from a backup") from error

    def _write_once(self, path: Path, content: bytes) -> bool:
        name = self._name(path)
        try:
            return self.folder.write_once(name, content)
        except OSError as error:
            raise DossierError(f"{path} cannot be written: {error.strerror}") from error

    def _name(self, path: Path) -> str:
        """The place of an object. Raises ``DossierError`` for one outside the dossier."""
        if not path.is_relative_to(self.root):
            raise DossierError(f"{path} lies outside the dossier {self.root}")
        return path.relative_to(self.root).as_posix()
