"""Everything that can happen to a request: the language of its record.

An event is what happened, in the past tense, with all that follows from it for the state: what was decided then is in
the event, so that a later release, whatever it decides by then, still replays the record to the same state
(forthwith/request/evolve.py). Consequences are events of their own. A field that is added later has a default; a change
of meaning is a new version ``v`` with an upcaster and a golden record of the old one (CONTRIBUTING.md).

Instants are whole and carry their offset; an event happens at the ``at`` of its entry (forthwith/request/entries.py).
"""

from typing import Annotated

from pydantic import Field

from forthwith.request.events.attention import (
    AttentionCleared,
    AttentionRaised,
    AttentionResolved,
    Escalated,
    FilingFailed,
    FilingRecovered,
    WorkFailed,
)
from forthwith.request.events.base import Event as Event
from forthwith.request.events.base import Reported as Reported
from forthwith.request.events.clock import (
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    CurePeriodEnded,
    CurePeriodResumed,
    CurePeriodStarted,
    DeadlineComputed,
    DeadlineExtended,
    DeadlinePassed,
    DeadlinesRecomputed,
    DeficiencyCureStarted,
    DeficiencyFound,
    FinalNoticeVoided,
    ResponsePeriodClosed,
    ResponsePeriodReopened,
)
from forthwith.request.events.letters import (
    ColleagueUnreachable,
    DeliveryAwaited,
    DeliveryRecorded,
    DemandOvertaken,
    LetterAccepted,
    LetterCalledBack,
    LetterDeferred,
    LetterDropped,
    LetterRefused,
    LetterResent,
    LetterSuperseded,
    LetterUnconfirmed,
    RecipientCorrected,
    SenderLost,
    UnconfirmedLetterSettled,
)
from forthwith.request.events.lifecycle import (
    CaseFileOpened,
    MessageUnreadable,
    NoteAdded,
    RequestClosed,
    RequestOpened,
    RequestRecovered,
    ResponseKeptAfterClosing,
    Withdrawn,
    WorkflowCancelled,
)
from forthwith.request.events.responses import Acknowledged, ObjectionRecorded, ResponseAccepted, ResponseRecorded
from forthwith.request.events.subpoena import (
    DraftDiscarded,
    DraftReady,
    DraftSuperseded,
    DraftWithdrawn,
    IssuanceRecorded,
    MemoDiscarded,
    MemoReady,
    MemoSuperseded,
    RecordCopyFiled,
    ReferralDropped,
    ReferralStarted,
    ReturnDatePassed,
    ServiceRecorded,
    SubpoenaReviewed,
)

AnyEvent = Annotated[
    RequestOpened
    | CaseFileOpened
    | RequestRecovered
    | ResponseKeptAfterClosing
    | RequestClosed
    | WorkflowCancelled
    | Withdrawn
    | NoteAdded
    | MessageUnreadable
    | LetterAccepted
    | LetterDeferred
    | LetterRefused
    | LetterUnconfirmed
    | LetterSuperseded
    | LetterCalledBack
    | SenderLost
    | LetterDropped
    | DemandOvertaken
    | DeliveryRecorded
    | UnconfirmedLetterSettled
    | DeliveryAwaited
    | RecipientCorrected
    | LetterResent
    | ColleagueUnreachable
    | ClockStarted
    | ClockStopped
    | ClockPaused
    | ClockResumed
    | DeadlineComputed
    | DeadlineExtended
    | DeadlinesRecomputed
    | DeadlinePassed
    | ResponsePeriodClosed
    | ResponsePeriodReopened
    | CurePeriodStarted
    | CurePeriodEnded
    | CurePeriodResumed
    | FinalNoticeVoided
    | DeficiencyFound
    | DeficiencyCureStarted
    | Acknowledged
    | ResponseRecorded
    | ResponseAccepted
    | ObjectionRecorded
    | DraftReady
    | DraftDiscarded
    | DraftSuperseded
    | DraftWithdrawn
    | SubpoenaReviewed
    | IssuanceRecorded
    | RecordCopyFiled
    | ServiceRecorded
    | ReturnDatePassed
    | ReferralStarted
    | ReferralDropped
    | MemoReady
    | MemoDiscarded
    | MemoSuperseded
    | AttentionRaised
    | AttentionCleared
    | AttentionResolved
    | Escalated
    | WorkFailed
    | FilingFailed
    | FilingRecovered,
    Field(discriminator="kind"),
]
