"""Two readings of one count, where it is disputed which days are closed: which is enforced, and what the other says."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from forthwith.deadlines.calendar import Calendar
from forthwith.deadlines.computation import Alternative, Base, Computation, Longest
from forthwith.deadlines.counting import Counted
from forthwith.deadlines.rule import Reading


class Readings(NamedTuple):
    """The last days with disputed days closed and with them open, one a stage."""

    enforced: tuple[Counted, ...]
    as_closed: tuple[Counted, ...]
    as_open: tuple[Counted, ...]
    disputed: str = ""
    alternatives: tuple[Alternative, ...] = ()

    def described_in(self, computed: Computation, longest: Sequence[Longest | None]) -> Computation:
        """``computed`` with what is to be said of the other reading, and from where each goes on, and how far."""
        bases = tuple(
            Base(last_counted=reading[-1].last_counted, longest=end)
            for reading, end in zip((self.as_closed, self.as_open), longest, strict=True)
        )
        enforced = longest[self.enforced is self.as_open]
        found = {
            "alternatives": self.alternatives,
            "disputed": self.disputed,
            "bases": () if bases[0] == bases[1] and not any(longest) else bases,
            "longest": enforced,
            "cap": cap_in_force(computed, enforced),
        }
        return computed.model_copy(update=found)


def compared(
    read: Callable[[bool], tuple[Counted, ...]], calendar: Calendar, policy: Reading, disputed: str = ""
) -> Readings:
    """Both readings, one count a stage, which of them ``policy`` enforces, and why the other differs.

    ``read`` counts with disputed days open or closed. ``disputed`` is what the readings differed about before.
    """
    as_closed, as_open = read(False), read(True)
    closed_end, open_end = ((reading[-1].due, reading[-1].last_counted) for reading in (as_closed, as_open))
    closed_longest, open_longest = (reading[-1].longest for reading in (as_closed, as_open))
    is_same_longest = (closed_longest and closed_longest.due) == (open_longest and open_longest.due)
    if closed_end == open_end and is_same_longest:
        return Readings(as_closed, as_closed, as_open, disputed)
    is_closed = closed_end == open_end or (closed_end > open_end) == (policy == "later")
    enforced, other = (as_closed, as_open) if is_closed else (as_open, as_closed)
    reason = disputed or _disputed(calendar, (*as_closed, *as_open))
    if enforced[-1].due == other[-1].due:
        return Readings(enforced, as_closed, as_open, reason)
    strict = "; the stricter reading is enforced" if policy == "strict" else ""
    return Readings(enforced, as_closed, as_open, reason, (Alternative(due=other[-1].due, reason=reason + strict),))


def _disputed(calendar: Calendar, readings: tuple[Counted, ...]) -> str:
    """Why a reader may hold that days are open which these counts passed or met."""
    counts = [part for reading in readings for part in (reading, reading.extends, reading.longest) if part]
    passed = {skipped.day for count in counts for skipped in count.passed}
    ends = {day for part in counts for day in (part.due, part.last_counted, part.before_mail) if day}
    disputed = {shut.day: shut.disputed for shut in calendar.disputes(min(ends | passed), max(ends | passed))}
    # A roll back that ended at a pause and turned round has left the day that it turned on unnamed.
    reasons = {disputed[day] for day in passed & disputed.keys()} or {*disputed.values()}
    return ", ".join(sorted(reasons))


def cap_in_force(computed: Computation, longest: Longest | None) -> str:
    """The longest time that a rule allows, where it shortened what was computed."""
    return longest.period if longest and computed.before_cap else ""
