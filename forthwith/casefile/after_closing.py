"""What comes in after the end, when no workflow can take it: kept, and entered into the record by whoever keeps it."""

from datetime import UTC, datetime
from pathlib import Path

from forthwith.casefile.store import Dossier
from forthwith.request.entries import Entry
from forthwith.request.event_text import text_of
from forthwith.request.events import ResponseKeptAfterClosing
from forthwith.request.responses import RecordResponse


def record_after_closing(dossier: Dossier, request: str, response: RecordResponse, path: Path) -> None:
    """Adds the entry that names a response at ``path`` by its hash, where there is none. Raises ``DossierError``.

    The entry continues the chain: the head that the workflow ended with stands before it.
    """
    event = ResponseKeptAfterClosing(event_id=response.event_id, response=dossier.filed(path, dossier.read(path)))
    while event not in [entry.event for entry in dossier.timeline(request)]:
        last = dossier.timeline(request)[-1]
        entry = Entry(
            number=last.number + 1,
            at=max(datetime.now(UTC), last.at),
            by=response.by,
            event=event,
            text=text_of(event),
            previous=last.head,
        )
        dossier.file(request, [entry])  # again, where somebody else kept another response at the same moment
