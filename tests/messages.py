"""Messages as people and other systems send them, for unit tests and stories alike.

A test names what it is about; everything else is filled in, the ``event_id`` with one that no other message has.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any, TypeVar

from forthwith.request.attention import AddNote, EscalateNow, ResolveAttention, Withdraw
from forthwith.request.clock_changes import ExtendDeadline, PauseClock, RecomputeDeadlines, ResumeClock
from forthwith.request.deliveries import CorrectRecipient, RecordDelivery, ResendLetter
from forthwith.request.responses import AcceptResponse, Acknowledge, RecordObjection, RecordResponse
from forthwith.request.subpoena_process import RecordIssuance, RecordService, ReviewSubpoena
from forthwith.request.vocabulary import Attention, Message, Who

OPERATOR = Who(name="Olga Operator", role="operator")
MAILROOM = Who(name="Mailroom", role="system")
REVIEWER = Who(name="Reviewing attorney", role="reviewer")
SUPERVISOR = Who(name="Supervising attorney", role="supervisor")

SENDER = "Dept. of Law"
"""Who writes for the recipient."""

_numbers = count(1)

Kind = TypeVar("Kind", bound=Message)


def event_id() -> str:
    """One that no other message has."""
    return f"e-{next(_numbers)}"


def _message(kind: type[Kind], filled_in: Mapping[str, Any], named: Mapping[str, Any]) -> Kind:
    return kind.model_validate({"event_id": event_id(), "by": OPERATOR} | {**filled_in, **named})


# What the mailroom reports.


def response(received_at: datetime, items: Mapping[str, str] | str = "all", /, **named: Any) -> RecordResponse:
    """A production of everything, or of ``items`` with their dispositions; ``kind="refusal"`` names none."""
    reported: Any = (
        items if isinstance(items, str) else [{"id": item, "disposition": what} for item, what in items.items()]
    )
    whole = {"items": reported} if named.get("kind", "production") == "production" else {}
    filled_in = {"by": MAILROOM, "received_at": received_at, "from": SENDER, "kind": "production"}
    return _message(RecordResponse, filled_in | whole, named)


def acknowledgment(received_at: datetime, /, **named: Any) -> Acknowledge:
    return _message(Acknowledge, {"by": MAILROOM, "received_at": received_at}, named)


def objection(received_at: datetime, *items: str, ground: str = "overbroad", **named: Any) -> RecordObjection:
    grounds = [{"id": item, "ground": ground} for item in items or ("A-1",)]
    filled_in = {"by": MAILROOM, "received_at": received_at, "from": SENDER, "items": grounds}
    return _message(RecordObjection, filled_in, named)


def delivery(letter: str, outcome: str, at: datetime, /, **named: Any) -> RecordDelivery:
    return _message(RecordDelivery, {"by": MAILROOM, "letter": letter, "outcome": outcome, "at": at}, named)


# What an operator does.


def extension(**named: Any) -> ExtendDeadline:
    """More time, by ``period`` or ``to`` a day."""
    return _message(ExtendDeadline, {"reason": "agreed by telephone"}, named)


def pause(at: datetime | None = None, /, **named: Any) -> PauseClock:
    return _message(PauseClock, {"at": at or "now", "reason": "the parties confer"}, named)


def resumption(at: datetime | None = None, /, **named: Any) -> ResumeClock:
    return _message(ResumeClock, {"at": at or "now", "reason": "they agreed"}, named)


def recomputation(recipient_calendar: str, /, **named: Any) -> RecomputeDeadlines:
    filled_in = {"recipient_calendar": recipient_calendar, "reason": "a holiday was declared"}
    return _message(RecomputeDeadlines, filled_in, named)


def resending(letter: str, /, *, restarts_clock: bool, **named: Any) -> ResendLetter:
    filled_in = {"letter": letter, "restarts_clock": restarts_clock, "reason": "they lost it"}
    return _message(ResendLetter, filled_in, named)


def correction(**named: Any) -> CorrectRecipient:
    """The recipient is another one in whatever is named."""
    return _message(CorrectRecipient, {"reason": "they moved"}, named)


def escalation(**named: Any) -> EscalateNow:
    return _message(EscalateNow, {"reason": "no time to lose"}, named)


def resolution(attention: Attention, outcome: str = "continue", /, **named: Any) -> ResolveAttention:
    filled_in = {"attention": attention, "outcome": outcome, "reason": "looked into it"}
    return _message(ResolveAttention, filled_in, named)


def withdrawal(**named: Any) -> Withdraw:
    return _message(Withdraw, {"reason": "settled otherwise"}, named)


def note(text: str = "spoke with the clerk", /, **named: Any) -> AddNote:
    return _message(AddNote, {"note": text}, named)


# What becomes of a draft.


def acceptance(*items: str, **named: Any) -> AcceptResponse:
    return _message(AcceptResponse, {"by": REVIEWER, "items": items or "all"}, named)


def review(decision: str, sha256: str, /, **named: Any) -> ReviewSubpoena:
    """The attorney's decision on the draft with this hash."""
    reason = "wrong authority" if decision == "reject" else ""
    return _message(ReviewSubpoena, {"by": REVIEWER, "decision": decision, "sha256": sha256, "reason": reason}, named)


def issuance(draft: str, issued_at: datetime, /, **named: Any) -> RecordIssuance:
    """An officer signs and issues the draft with this hash."""
    filled_in = {"number": "OJP-17", "signed_by": "A. Officer", "draft": draft, "sha256": "5" * 64}
    return _message(RecordIssuance, filled_in | {"issued_at": issued_at}, named)


def service(served_at: datetime, /, **named: Any) -> RecordService:
    """A process server serves what was issued."""
    filled_in = {"on_whom": "City Clerk", "how": "by hand", "by_whom": "A. Server", "served_at": served_at}
    return _message(RecordService, filled_in, named)
