"""Time that passes by the hour, the minute or the second, and stands still while the clock is paused."""

from datetime import UTC, datetime, timedelta

from forthwith.deadlines.pause import Pause, merged


def standing_still(trigger: datetime, length: timedelta, pauses: tuple[Pause, ...]) -> tuple[Pause, ...]:
    """The stretches, in order, in which pauses keep ``length`` from running out from ``trigger``, in UTC."""
    begin = trigger.astimezone(UTC)
    end = begin + length
    stretches: list[Pause] = []
    for since, until in merged(pauses):
        since = max(since, begin)
        if since < min(end, until):
            stretches.append(Pause(since=since, until=until))
            end += until - since
    return tuple(stretches)


def running_out(trigger: datetime, length: timedelta, stood_still: tuple[Pause, ...]) -> datetime:
    """When ``length`` has run from ``trigger``, in UTC, without the stretches that ``stood_still``."""
    paused = sum((pause.until - pause.since for pause in stood_still), timedelta())
    return trigger.astimezone(UTC) + length + paused
