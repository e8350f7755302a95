"""Keeps the record of a request in its case file, and hands it to the workflow that recovers the request."""

from datetime import datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

from forthwith.base import Model
from forthwith.casefile.attempts import keep_missing_receipt
from forthwith.casefile.store import Dossier, DossierError, Opening
from forthwith.request.entries import Entry, first_of
from forthwith.request.events import LetterAccepted
from forthwith.request.limits import MAX_BATCH_BYTES
from forthwith.request.record import Recovery


class Recovered(Model):
    """What a workflow continues from that is not the first of its request."""

    recovery: Recovery
    started_at: datetime
    """When the request was started. UTC."""
    entries: int
    """How many the record has: `read_entries` hands them over."""


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
    async def open_case(self, opening: Opening) -> Recovered | None:
        """Opens the request, once; a workflow that is authorized to recover it learns what it continues from.

        Fails for good when another workflow had it: it must not send a second demand.
        """
        if self._dossier.open(opening):
            return None
        started = self._dossier.start_record(opening.workflow_id)
        if started and (recovery := self._dossier.claim_recovery(opening)):
            entries = len(self._dossier.timeline(opening.workflow_id))
            return Recovered(recovery=recovery, started_at=started.started_at, entries=entries)
        raise ApplicationError(
            f"{opening.workflow_id} was not started with this plan, or another workflow opened it before;"
            " nothing was sent",
            type="AlreadyOpened",
            non_retryable=True,
        )

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
