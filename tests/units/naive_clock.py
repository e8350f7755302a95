"""Counting days the slow way, one at a time, as a second opinion on forthwith/domain/clock.py.

It shares nothing with the real clock but `date`: the closed days come as plain sets.
"""

from datetime import date


def naive_due(trigger: date, days: int, rule: str, closed: frozenset[date]) -> date:
    """The last day, walking a wall calendar from ``trigger``; ``closed`` are the holidays of that direction."""
    one = 1 if days > 0 else -1
    day = trigger
    counted = 0
    while counted != days:
        day = date.fromordinal(day.toordinal() + one)
        if rule != "business_days" or naive_is_open(day, closed):
            counted += one
    while rule == "frcp6" and not naive_is_open(day, closed):
        day = date.fromordinal(day.toordinal() + one)
    return day


def naive_is_open(day: date, closed: frozenset[date]) -> bool:
    return day.isoweekday() not in (6, 7) and day not in closed
