"""How long one deadline takes once its calendar is there: thirty days and five business days, with their explanation.

python -m bench.deadline [--count 20000]
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from forthwith.deadlines.calendar_builder import build_calendar
from forthwith.deadlines.clock import Clock
from forthwith.deadlines.computation import Computation
from forthwith.deadlines.period import Period

STATES = ("IL", "NY", "CA", "TX", "MA", "DC")
MORNING = datetime(2018, 1, 24, 15, tzinfo=UTC)


def timed(what: str, count: int, work: Callable[[int], object]) -> None:
    start = time.perf_counter()
    for number in range(count):
        work(number)
    print(f"{what:<34}{(time.perf_counter() - start) / count * 1e6:9.1f} µs")  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    count = parser.parse_args().count

    def build(number: int) -> None:
        # A year that was not asked for before, or the calendar would come from memory.
        build_calendar(["us-federal", "state"], state=STATES[number], first_year=2017 - number, last_year=2028)

    timed("a calendar of a dozen years", len(STATES), build)
    calendar = build_calendar(["us-federal", "state"], state="IL", first_year=2017, last_year=2030)
    clock = Clock(calendar=calendar, zone="America/Chicago")
    thirty, five = Period(unit="days", count=30), Period(unit="business_days", count=5)

    def thirty_days(number: int) -> Computation:
        return clock.within(MORNING + timedelta(days=number % 3000), thirty, "frcp6")

    timed("30 days, frcp6", count, thirty_days)
    timed("5 business days", count, lambda n: clock.within(MORNING + timedelta(days=n % 3000), five, "frcp6"))
    timed("30 days, with its explanation", count, lambda n: thirty_days(n).explain())

    # The least that any way of doing it costs: one day, one zone, no calendar.
    zone = ZoneInfo("America/Chicago")
    timed(
        "bare: date, zone, midnight",
        count,
        lambda n: datetime.combine(date(2018, 1, 24) + timedelta(days=n % 3000), datetime.min.time(), zone).astimezone(
            UTC
        ),
    )


if __name__ == "__main__":
    main()
