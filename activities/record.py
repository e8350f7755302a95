"""Keeps the record of a request in its case file, and hands it to the workflow that recovers the request."""

from datetime import datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

from forthwith.base import Model
from forthwith.casefile.attempts import keep_missing_receipt
from forthwith.casefile.store import Dossier, DossierError, Opening
from forthwith.request.entries import Entry, first_of
from forthwith.request.events import LetterAccepted, WorkflowCancelled
from forthwith.request.limits import MAX_BATCH_BYTES
from forthwith.request.record import Filed, Recovery


class Opened(Model):
    """What a case file begins with, by which its first entries can name it."""

    objects: tuple[Filed, ...]
    cancelled: str | None = None
    """Why the workflow was cancelled before it was reset: a reset repeats messages, and no cancel."""


class Recovered(Model):
    """What a workflow continues from that is not the first of its request."""

    recovery: Recovery
    started_at: datetime
    """When the request was started. UTC."""
    entries: int
    """How many the record has: `read_entries` hands them over."""
    objects: tuple[Filed, ...] = ()
    """What entitles it: the start record, every authority, and which workflows drove the request."""


class Reading(Model):
    """The part of a record that is to be handed over next."""

    workflow_id: str
    after: int
    """Number of the last entry that was handed over; 0 for none."""


class Page(Model):
    """Entries of a record, in order."""

    entries: tuple[Entry, ...]


class Filing(Model):
    """Entries to be kept, and the chain's head after the last of them."""

    workflow_id: str
    entries: tuple[Entry, ...]
    head: str


class CaseFiles:
    """The activities that keep the record of a request."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier

    @activity.defn
    async def open_case(self, opening: Opening) -> Opened | Recovered:
        """Opens the request, once; a workflow that is authorized to recover it learns what it continues from.

        Fails for good when another workflow had it: it must not send a second demand.
        """
        if self._dossier.open(opening):
            return Opened(
                objects=self._dossier.beginnings(opening.workflow_id), cancelled=self._cancelled(opening.workflow_id)
            )
        started = self._dossier.start_record(opening.workflow_id)
        if started and (recovery := self._dossier.claim_recovery(opening)):
            entries = len(self._dossier.timeline(opening.workflow_id))
            return Recovered(
                recovery=recovery,
                started_at=started.started_at,
                entries=entries,
                objects=self._dossier.beginnings(opening.workflow_id),
            )
        raise ApplicationError(
            f"{opening.workflow_id} was not started with this plan, or another workflow opened it before;"
            " nothing was sent",
            type="AlreadyOpened",
            non_retryable=True,
        )

    def _cancelled(self, workflow_id: str) -> str | None:
        events = [entry.event for entry in self._dossier.timeline(workflow_id)]
        return next((event.reason for event in events if isinstance(event, WorkflowCancelled)), None)

    @activity.defn
    async def read_entries(self, reading: Reading) -> Page:
        """The next entries of a record: one at least, and as many as fit into one page.

        Fails where there is none, so that it is tried again until the record is restored.
        """
        page = first_of(self._dossier.timeline(reading.workflow_id)[reading.after :], MAX_BATCH_BYTES)
        if not page:
            raise DossierError(f"the record of {reading.workflow_id} has no entry after {reading.after}")
        return Page(entries=page)

    @activity.defn
    async def file_entries(self, filing: Filing) -> str | None:
        """Keeps timeline entries and returns the head. Filing the same entries again changes nothing.

        The receipt of a letter that could not be kept when the letter was accepted is kept now.
        """
        for entry in filing.entries:
            if isinstance(entry.event, LetterAccepted):
                keep_missing_receipt(self._dossier, filing.workflow_id, entry.event.letter)
        self._dossier.file(filing.workflow_id, filing.entries)
        return filing.head
