"""What the runs of `make test` covered together, room by room: `python -m tests.coverage FILE.json …`.

Measured by SlipCover in the processes of pytest; what a test starts as a process of its own is not seen.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from slipcover import merge_coverage  # pyright: ignore[reportUnknownVariableType]


def room(file: str) -> str:
    """``forthwith/views/page.py`` is of ``forthwith/views``; what stands beside the rooms is of ``forthwith``."""
    return "/".join(Path(file).parts[:-1][:2])


def summary(measured: list[dict[str, Any]]) -> str:
    """A line for each room, and the total."""
    whole, *others = measured
    for other in others:
        whole = merge_coverage(whole, other)
    covered: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for file, found in whole["files"].items():
        for name in (room(file), "all"):
            covered[name][0] += len(found["executed_lines"])
            covered[name][1] += len(found["executed_lines"]) + len(found["missing_lines"])
    total = covered.pop("all")
    rows = [*sorted(covered.items()), ("lines covered by make test", total)]
    return "\n".join(f"{name:26} {100 * hit / lines:5.1f} % of {lines:6,}" for name, (hit, lines) in rows)


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[1:]]
    found = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    print(summary(found))  # noqa: T201 - a command says what it found
