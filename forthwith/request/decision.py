"""A decision while it is made."""

from datetime import datetime

from forthwith.campaign.models import Role
from forthwith.request import events
from forthwith.request.events import AnyEvent
from forthwith.request.events.subpoena import SupersededBecause
from forthwith.request.evolve import evolve
from forthwith.request.phases import NOT_YET_ISSUED
from forthwith.request.state import State
from forthwith.request.timetable import Timetable
from forthwith.request.vocabulary import Attention, Status


class Decision:
    """The events that were decided so far, and the state that they leave: later ones are decided on earlier ones."""

    def __init__(self, state: State, dates: Timetable | None, now: datetime) -> None:
        self.state = state
        self.dates = dates
        """The dates in use; None before they were first computed."""
        self.now = now
        self.events: list[AnyEvent] = []

    def emit(self, event: AnyEvent) -> None:
        """This happens."""
        self.events.append(event)
        self.state = evolve(self.state, event, self.now)

    # Consequences that several decisions have.

    def raise_attention(
        self, attention: Attention, reason: str, *, holds: bool = False, role: Role | None = None
    ) -> None:
        """A person should look at the request, while it is open."""
        open_ones = self.state.attention
        is_known = open_ones.reasons.get(attention) == reason and role in (None, open_ones.undelivered_to)
        if self.state.is_open and not (is_known and (attention in open_ones.holds or not holds)):
            self.emit(events.AttentionRaised(attention=attention, reason=reason, holds=holds, role=role))

    def clear(self, *reasons: Attention) -> None:
        """These reasons for attention are gone, where they are open."""
        for attention in reasons:
            if attention in self.state.attention.reasons:
                self.emit(events.AttentionCleared(attention=attention))

    def withdraw_draft(self) -> None:
        """What was drafted or rejected is no longer wanted."""
        if draft := self.state.process.draft:
            self.emit(events.DraftWithdrawn(version=draft.version))
        self.clear(Attention.DRAFT_REJECTED)

    def supersede_draft(self, because: SupersededBecause) -> None:
        """The draft that waits for one of our own people, or is being drawn up, states what is no longer so.

        Where there is none, nothing happens.
        """
        process, phase = self.state.process, self.state.phase
        if phase is not Status.DRAFTING and not (process.draft and phase in NOT_YET_ISSUED):
            return
        version = process.draft.version if process.draft else process.versions + 1
        self.emit(events.DraftSuperseded(version=version, because=because))

    def close(self, status: Status, text: str, *, on_time: bool | None = None) -> None:
        """The request has ended, and no action is needed any more."""
        self.emit(events.RequestClosed(status=status, text=text, on_time=on_time))
