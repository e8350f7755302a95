"""How long `preview` takes for a campaign of ten thousand jurisdictions, without setting letters in type.

The rows are spread over every state that the calendars know, each in its usual time zone. The command runs as a process
of its own, as an operator starts it; its parts are then timed one by one in this process.

    python -m bench.preview [--jurisdictions 10000]
"""

import argparse
import csv
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.planning import plan_requests
from forthwith.cli.commands.preview import shared_dates

EXAMPLE = Path("examples/1373-2018")
OPENED_AT = datetime(2018, 1, 24, 13, tzinfo=UTC)
ZONES = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Phoenix": "AZ",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
}

Result = TypeVar("Result")


def write_campaign(folder: Path, count: int) -> Path:
    """The example's campaign with ``count`` towns."""
    zones = [(state, zone) for zone, states in ZONES.items() for state in states.split()]
    with (EXAMPLE / "jurisdictions.csv").open(newline="") as file:
        columns = next(csv.reader(file))
    with (folder / "jurisdictions.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, columns, restval="")
        table.writeheader()
        for number in range(count):
            state, zone = zones[number % len(zones)]
            table.writerow(
                {
                    "id": f"town-{number}",
                    "name": f"Town {number}",
                    "kind": "city",
                    "state": state,
                    "timezone": zone,
                    "attention": "Clerk",
                    "email": f"records@town-{number}.example",
                }
            )
    return Path(shutil.copy(EXAMPLE / "campaign.yaml", folder))


def timed(what: str, work: Callable[[], Result]) -> Result:
    start = time.perf_counter()
    result = work()
    print(f"{what:<42}{time.perf_counter() - start:8.2f} s")  # noqa: T201
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jurisdictions", type=int, default=10_000)
    count = parser.parse_args().jurisdictions
    with tempfile.TemporaryDirectory() as folder:
        path = write_campaign(Path(folder), count)
        command = [sys.executable, "starter.py", "preview", str(path), "--on", "2018-01-24", "--dates-only"]
        for more in ([], ["--json"]):
            words = " ".join(["preview --dates-only", *more])
            timed(words, lambda more=more: subprocess.run([*command, *more], check=True, stdout=subprocess.DEVNULL))  # noqa: S603
        file = timed("  reading and checking the file", lambda: read_campaign(path))
        planned = timed("  calendars and plans", lambda: plan_requests(file, opened_at=OPENED_AT))
        timetables = timed("  dates", lambda: tuple(shared_dates(planned, OPENED_AT)))
        print(f"{count:,} jurisdictions with {len(timetables)} timetables")  # noqa: T201


if __name__ == "__main__":
    main()
