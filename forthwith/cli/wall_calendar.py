"""A count of days on a wall calendar: month after month, with every day that was counted numbered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from rich.box import SQUARE
from rich.console import Group
from rich.table import Table
from rich.text import Text

from forthwith.deadlines.calendar import SATURDAY, Direction
from forthwith.deadlines.clock import Clock
from forthwith.deadlines.computation import PAUSED, Computation

WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905

MAX_MONTHS = 6
"""Of a longer count the first months and the last are shown."""

WIDTH = 10
"""Of a square in characters: seven fit into eighty columns."""

_ONE_DAY = timedelta(days=1)


@dataclass
class _Square:
    """What is written in one square of the calendar."""

    number: str = ""
    """Such as ``day 3``: the third of those that count."""
    notes: list[str] = field(default_factory=list[str])
    style: str = ""


def wall_calendar(clock: Clock, counts: Sequence[Computation]) -> Group:
    """The months that ``counts`` run through, each beginning on a Sunday. Every count continues the one before.

    ``event`` stands at the start, ``DUE`` at the last day; closed days carry their name, and paused ones are marked.
    """
    squares: dict[date, _Square] = {}
    for number, count in enumerate(counts):
        _mark(squares, count, is_first=number == 0, is_last=number == len(counts) - 1)
    why_closed = _why_closed(clock, "backward" if counts[0].due < counts[0].trigger else "forward")
    first, last = min(squares), max(squares)
    months = [month for month, _ in groupby(_days(first, last), key=lambda day: day.replace(day=1))]
    shown = months if len(months) <= MAX_MONTHS else [*months[: MAX_MONTHS // 2], *months[-MAX_MONTHS // 2 :]]
    parts: list[Table | Text] = []
    for before, month in zip([None, *shown], shown, strict=False):
        if before and (before + 31 * _ONE_DAY).replace(day=1) != month:
            parts.append(Text(f"… {len(months) - len(shown)} months between, all counted in the same way …\n"))
        parts.append(_month(month, squares, why_closed))
    return Group(*parts)


def _mark(squares: dict[date, _Square], count: Computation, *, is_first: bool, is_last: bool) -> None:
    def square(day: date) -> _Square:
        return squares.setdefault(day, _Square())

    if is_first and count.rule != "date_certain":
        square(count.trigger).notes.append("event")
        square(count.trigger).style = "bold cyan"
        if count.received:
            square(count.received).notes.append("received")
    for number, day in enumerate(counted_days(count), start=1):
        square(day).number = f"day {number}"
    for number, day in enumerate(_days_for_mail(count), start=1):
        square(day).number = f"mail {number}"
    for skipped in count.skipped:
        if skipped.reason == PAUSED:
            square(skipped.day).notes.append("paused")
    for other in count.alternatives:
        square(other.due).notes.append("stricter reading" if other.due < count.due else "later reading")
    square(count.due).notes.append("DUE" if is_last else "due")
    square(count.due).style = "bold reverse" if is_last else "bold"


def counted_days(count: Computation) -> Iterator[date]:
    """The days that count, in the order in which they were counted: the last is ``last_counted``."""
    if count.rule in ("date_certain", "elapsed"):
        return
    left_out = {skipped.day for skipped in count.skipped if skipped.passing == "count"}
    step = _ONE_DAY if count.last_counted >= count.trigger else -_ONE_DAY
    event = count.received or count.trigger
    day = count.day_one or (event if count.starts == "event_day" else event + step)
    while (day <= count.last_counted) if step > timedelta() else (day >= count.last_counted):
        if day not in left_out:
            yield day
        day += step


def _days_for_mail(count: Computation) -> Iterator[date]:
    if count.before_mail:
        left_out = {skipped.day for skipped in count.skipped if skipped.passing == "mail"}
        last = count.before_mail + (count.mail_days + len(left_out)) * _ONE_DAY
        yield from (day for day in _days(count.before_mail + _ONE_DAY, last) if day not in left_out)


def _month(month: date, squares: Mapping[date, _Square], why_closed: Callable[[date], str]) -> Table:
    table = Table(box=SQUARE, padding=0, show_lines=True, title=f"{MONTHS[month.month - 1]} {month.year}")
    for weekday in WEEKDAYS:
        table.add_column(weekday, width=WIDTH, overflow="fold")
    days = list(_days(month, (month + 31 * _ONE_DAY).replace(day=1) - _ONE_DAY))
    cells = [Text()] * ((month.weekday() + 1) % 7)
    cells += [_cell(day, squares.get(day, _Square()), why_closed(day)) for day in days]
    for week in range(0, len(cells), 7):
        table.add_row(*cells[week : week + 7])
    return table


def _cell(day: date, square: _Square, why_closed: str) -> Text:
    is_weekend = day.weekday() >= SATURDAY
    lines = [f"{day.day:>2}{square.number:>{WIDTH - 2}}", *square.notes]
    text = Text("\n".join(lines), style=square.style or ("dim" if is_weekend or not square.number else ""))
    return text.append(f"\n{why_closed}", style="red") if why_closed else text


def _why_closed(clock: Clock, direction: Direction) -> Callable[[date], str]:
    """What closes a day besides its being a Saturday or Sunday; empty where nothing does."""
    inaccessible = {closed.day: closed.reason for closed in clock.inaccessible}

    def why(day: date) -> str:
        if day.weekday() >= SATURDAY or not clock.calendar.first_year <= day.year <= clock.calendar.last_year:
            return inaccessible.get(day, "")
        return inaccessible.get(day, "") or clock.calendar.why_closed(day, direction).partition(" (")[0]

    return why


def _days(first: date, last: date) -> Iterator[date]:
    return (first + number * _ONE_DAY for number in range((last - first).days + 1))
