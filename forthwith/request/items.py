"""What was asked for, and what became of it: the outstanding items of one demand."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from forthwith.base import Model
from forthwith.campaign.models import Item
from forthwith.request.messages import Disposition, ItemReport, RecordResponse

SETTLING: frozenset[Disposition] = frozenset({"produced", "none_found", "withdrawn"})


class ItemState(Model):
    """The latest that was reported of one item, and whether a person accepted it."""

    id: str
    disposition: Disposition | None = None
    note: str = ""
    accepted: bool = False
    received_at: datetime | None = None
    """When the office received the response that said so."""


class Items:
    """All items of a demand in its own order."""

    def __init__(self, items: Iterable[Item], completeness: Literal["reported", "reviewed"]) -> None:
        self._reviewed = completeness == "reviewed"
        self._states = {item.id: ItemState(id=item.id) for item in items}

    @property
    def states(self) -> tuple[ItemState, ...]:
        """Every item with what is known of it."""
        return tuple(self._states.values())

    @property
    def outstanding(self) -> tuple[str, ...]:
        """The items that are not settled."""
        return tuple(state.id for state in self.states if not self._settled(state))

    @property
    def claimed(self) -> tuple[str, ...]:
        """The items reported as settled that nobody has accepted yet. Empty unless completeness is reviewed."""
        return tuple(s.id for s in self.states if s.disposition in SETTLING and not self._settled(s))

    def unknown(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Those of ``ids`` that the demand does not have."""
        return tuple(item for item in ids if item not in self._states)

    def apply(self, response: RecordResponse) -> tuple[ItemReport, ...]:
        """Takes in what a response says of each item and returns what changed; a repetition changes nothing."""
        return self.take(self._reports(response), response.received_at)

    def take(self, reports: Iterable[ItemReport], received_at: datetime) -> tuple[ItemReport, ...]:
        """Takes in what is said of items by itself and returns what changed; a repetition changes nothing."""
        changed = tuple(report for report in reports if self._differs(report))
        for report in changed:
            self._states[report.id] = ItemState(
                id=report.id, disposition=report.disposition, note=report.note, received_at=received_at
            )
        return changed

    def accept(self, ids: Iterable[str]) -> None:
        """A person finds the claimed items complete."""
        for item in ids:
            self._states[item] = self._states[item].model_copy(update={"accepted": True})

    def settled_late(self, due: datetime | None) -> bool:
        """Whether the response that settled an item came at or after ``due``. What the issuer withdrew is not late."""
        return due is not None and any(
            state.received_at is not None and state.received_at >= due
            for state in self.states
            if state.disposition in ("produced", "none_found")
        )

    def _reports(self, response: RecordResponse) -> tuple[ItemReport, ...]:
        # What was claimed before stays as it was claimed, also while nobody has accepted it yet.
        unclaimed = [state.id for state in self.states if state.disposition not in SETTLING]
        if response.kind == "no_records":
            return tuple(ItemReport(id=item, disposition="none_found") for item in unclaimed)
        if response.kind != "production":
            return ()
        if response.items == "all":
            return tuple(ItemReport(id=item, disposition="produced") for item in unclaimed)
        return response.items

    def _differs(self, report: ItemReport) -> bool:
        state = self._states[report.id]
        return (state.disposition, state.note) != (report.disposition, report.note)

    def _settled(self, state: ItemState) -> bool:
        if state.disposition == "withdrawn":
            return True
        return state.disposition in SETTLING and (state.accepted or not self._reviewed)
