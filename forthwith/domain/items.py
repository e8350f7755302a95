"""What was asked for, and what became of it: the outstanding items of one demand."""

from collections.abc import Iterable
from typing import Literal

from forthwith.domain.campaign import Item
from forthwith.domain.messages import Disposition, ItemReport, RecordResponse
from forthwith.domain.model import Model

SETTLING: frozenset[Disposition] = frozenset({"produced", "none_found", "withdrawn"})


class ItemState(Model):
    """The latest that was reported of one item, and whether a person accepted it."""

    id: str
    disposition: Disposition | None = None
    note: str = ""
    accepted: bool = False


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
        """Takes in what a response says of each item and returns what changed."""
        changed = self._reports(response)
        for report in changed:
            self._states[report.id] = ItemState(id=report.id, disposition=report.disposition, note=report.note)
        return changed

    def accept(self, ids: Iterable[str]) -> None:
        """A person finds the claimed items complete."""
        for item in ids:
            self._states[item] = self._states[item].model_copy(update={"accepted": True})

    def _reports(self, response: RecordResponse) -> tuple[ItemReport, ...]:
        if response.kind == "no_records":
            return tuple(ItemReport(id=item, disposition="none_found") for item in self.outstanding)
        if response.kind != "production":
            return ()
        if response.items == "all":
            return tuple(ItemReport(id=item, disposition="produced") for item in self.outstanding)
        return response.items

    def _settled(self, state: ItemState) -> bool:
        if state.disposition == "withdrawn":
            return True
        return state.disposition in SETTLING and (state.accepted or not self._reviewed)
