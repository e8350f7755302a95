"""What was asked for, and what became of it: the items of one demand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from forthwith.base import Model
from forthwith.campaign.models import Item
from forthwith.request.record import ItemReport, Response
from forthwith.request.vocabulary import Disposition

SETTLING: frozenset[Disposition] = frozenset({"produced", "none_found", "withdrawn"})


class ItemState(Model):
    """The latest that was reported of one item, and whether a person accepted it."""

    id: str
    disposition: Disposition | None = None
    note: str = ""
    accepted: bool = False
    received_at: datetime | None = None
    """When the office received the response that said so."""


@dataclass(frozen=True, slots=True)
class Items:
    """All items of a demand in its own order."""

    states: tuple[ItemState, ...]
    reviewed: bool
    """Whether a person accepts what is claimed (``completeness: reviewed``)."""

    @classmethod
    def of(cls, items: Iterable[Item], completeness: Literal["reported", "reviewed"]) -> Self:
        """The items of a demand, of which nothing is reported yet."""
        return cls(tuple(ItemState(id=item.id) for item in items), completeness == "reviewed")

    @property
    def outstanding(self) -> tuple[str, ...]:
        """The items that are not settled."""
        return tuple(state.id for state in self.states if not self._settled(state))

    @property
    def outstanding_in_words(self) -> str:
        """``outstanding: A-1, A-2``, or that nothing is."""
        return outstanding_in_words(self.outstanding)

    @property
    def claimed(self) -> tuple[str, ...]:
        """The items reported as settled that nobody has accepted yet. Empty unless completeness is reviewed."""
        return tuple(s.id for s in self.states if s.disposition in SETTLING and not self._settled(s))

    @property
    def wait_for_acceptance(self) -> bool:
        """Whether everything outstanding is claimed: the request waits for us, not for the recipient."""
        return bool(self.claimed) and set(self.outstanding) == set(self.claimed)

    def unknown(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Those of ``ids`` that the demand does not have."""
        known = {state.id for state in self.states}
        return tuple(item for item in ids if item not in known)

    def reports(self, response: Response) -> tuple[ItemReport, ...]:
        """What a response says of each item.

        What was claimed before stays as it was claimed, also while nobody has accepted it yet.
        """
        unclaimed = [state.id for state in self.states if state.disposition not in SETTLING]
        if response.kind == "no_records":
            return tuple(ItemReport(id=item, disposition="none_found") for item in unclaimed)
        if response.kind != "production":
            return ()
        if response.items == "all":
            return tuple(ItemReport(id=item, disposition="produced") for item in unclaimed)
        return response.items

    def changes(self, reports: Iterable[ItemReport]) -> tuple[ItemReport, ...]:
        """Those of ``reports`` that say something new; a repetition does not."""
        known = {state.id: (state.disposition, state.note) for state in self.states}
        return tuple(report for report in reports if known[report.id] != (report.disposition, report.note))

    def changed(self, reports: Iterable[ItemReport], received_at: datetime) -> "Items":
        """The items after these reports."""
        said = {report.id: report for report in reports}
        return Items(
            tuple(
                ItemState(
                    id=state.id,
                    disposition=said[state.id].disposition,
                    note=said[state.id].note,
                    received_at=received_at,
                )
                if state.id in said
                else state
                for state in self.states
            ),
            self.reviewed,
        )

    def accepted(self, ids: Iterable[str]) -> "Items":
        """The items after a person found these complete."""
        found = set(ids)
        return Items(
            tuple(s.model_copy(update={"accepted": True}) if s.id in found else s for s in self.states), self.reviewed
        )

    def settled_late(self, due: datetime | None) -> bool:
        """Whether the response that settled an item came at or after ``due``. What the issuer withdrew is not late."""
        return due is not None and any(
            state.received_at is not None and state.received_at >= due
            for state in self.states
            if state.disposition in ("produced", "none_found")
        )

    def _settled(self, state: ItemState) -> bool:
        if state.disposition == "withdrawn":
            return True
        return state.disposition in SETTLING and (state.accepted or not self.reviewed)


def outstanding_in_words(outstanding: Sequence[str]) -> str:
    """What is outstanding, in words."""
    return f"outstanding: {', '.join(outstanding)}" if outstanding else "nothing is outstanding"
