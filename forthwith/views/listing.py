"""One request as the list of requests shows it, from its search attributes alone; and how many stand where."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from forthwith.base import Model
from forthwith.request.vocabulary import ENDED, Attention, Status

NEVER = datetime.max.replace(tzinfo=UTC)


class Listed(Model):
    """One request as Visibility has it."""

    request: str
    campaign: str
    jurisdiction: str
    status: Status
    attention: tuple[Attention, ...]
    outstanding: int
    response_due: datetime | None
    next_action_at: datetime | None
    execution: str
    """Temporal's own status: anything but RUNNING and COMPLETED means a bug, or that it was terminated."""
    is_failing: bool = False
    """Its workflow task fails again and again: nothing goes on, and no message is taken, until that is mended."""

    @property
    def is_open(self) -> bool:
        """Whether anything can still happen to it."""
        return self.execution == "RUNNING" and self.status not in ENDED

    @property
    def is_stopped(self) -> bool:
        """Whether its workflow is gone although it has not ended."""
        return self.execution not in ("RUNNING", "COMPLETED", "CONTINUED_AS_NEW")

    @property
    def needs_a_person(self) -> bool:
        """Whether it does not continue well by itself."""
        return self.is_stopped or (self.is_open and (bool(self.attention) or self.is_failing))


class Counts(Model):
    """How many requests stand where. Statuses in which none stands are left out."""

    requests: int
    attention: int
    """Requests that do not continue well by themselves: open with a reason for attention, or stopped."""
    statuses: dict[Status, int]


def in_order(found: Iterable[Listed]) -> list[Listed]:
    """The order in which an operator works."""
    return sorted(
        found,
        key=lambda one: (
            not (one.is_open and one.is_failing),
            not one.needs_a_person,
            not one.is_open,
            one.next_action_at or NEVER,
            one.request,
        ),
    )


def counts_of(found: Sequence[Listed]) -> Counts:
    """How many of these requests stand where."""
    statuses = {status: sum(one.status == status for one in found) for status in Status}
    return Counts(
        requests=len(found),
        attention=sum(one.needs_a_person for one in found),
        statuses={status: count for status, count in statuses.items() if count},
    )
