"""The reference of the command line, as typer writes it. `python -m tests.units.commands` writes docs/commands.md."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "commands.md"


def page() -> str:
    """Every command with its arguments and options, in Markdown."""
    command = (sys.executable, "-m", "typer", "forthwith.cli.app", "utils", "docs", "--name", "forthwith")
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
