"""What comes in after the end, when no workflow can take it: kept, and entered into the record by whoever keeps it."""

from datetime import UTC, datetime
from pathlib import Path

from forthwith.campaign.models import RequestPlan
from forthwith.casefile.named import filed_in
from forthwith.casefile.store import Dossier
from forthwith.request.request import Request
from forthwith.request.responses import RecordResponse


def record_after_closing(dossier: Dossier, plan: RequestPlan, response: RecordResponse, path: Path) -> None:
    """Adds the entry that names a response at ``path`` by its hash, where there is none. Raises ``DossierError``.

    The entry continues the chain: the head that the workflow ended with stands before it.
    """
    kept = dossier.filed(path, dossier.read(path))
    while True:
        request = Request.from_record(plan, dossier.timeline(plan.workflow_id))
        if any(kept in filed_in(entry.event) for entry in request.timeline):
            return
        request.response_kept(response.event_id, kept, by=response.by, now=datetime.now(UTC))
        dossier.file(plan.workflow_id, request.timeline[-1:])  # again, where somebody else kept another one meanwhile
