"""From the record of a request to the memo that refers it for enforcement. Software writes it; people decide on it."""

from datetime import datetime

from forthwith.domain.clock import Computation
from forthwith.domain.fields import Sha256
from forthwith.domain.items import ItemState
from forthwith.domain.messages import RecordResponse
from forthwith.domain.model import Model
from forthwith.domain.record import Decision, Draft, Entry, Issued, Objection, SentLetter, ServiceRecord


class MemoOrder(Model):
    """Everything a referral memo says that the plan does not. Instants are UTC."""

    workflow_id: str
    plan: Sha256
    drafted_at: datetime
    letters: tuple[SentLetter, ...]
    """Every letter of the matter, to the recipient and to our own people, in order."""
    responses: tuple[RecordResponse, ...]
    deadline: Computation
    cure: Computation | None = None
    items: tuple[ItemState, ...]
    outstanding: tuple[str, ...]
    drafts: tuple[Draft, ...] = ()
    """Every version, in order."""
    approvals: tuple[Decision, ...] = ()
    """Every decision on a draft, in order, also those that revised or rejected it."""
    issued: Issued | None = None
    service: ServiceRecord | None = None
    return_due: Computation | None = None
    objections: tuple[Objection, ...] = ()
    entries: tuple[Entry, ...]
    """The whole timeline, in order."""
    head: Sha256
    """Head of the chain, over the last of ``entries``."""
