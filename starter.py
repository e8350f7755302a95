"""The operator's entry point: `python starter.py COMMAND`, also installed as `forthwith`."""

import sys


def main() -> None:
    """Runs one command and exits with its exit code: 0 only when it did what was asked."""
    if sys.argv[1:2] == ["deadline"]:
        from forthwith.cli.commands.deadline import (
            alone,  # a calculator need not wait for the client of Temporal to load
        )

        alone()
    from forthwith.cli.main import run

    run()


if __name__ == "__main__":
    main()
