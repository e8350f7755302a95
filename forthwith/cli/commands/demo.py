"""`demo`: the 23 demands of 2018, rehearsed."""

from typing import Annotated

import typer

from forthwith.cli.commands.rehearse import EXAMPLE, play
from forthwith.cli.output import Json


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the Web UI up until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Play the 23 demands of 2018 from campaign file to reviewed drafts and referrals, on a virtual clock.

    Example: forthwith demo --keep
    """
    play(
        "demo",
        EXAMPLE / "campaign.yaml",
        EXAMPLE / "rehearsal.yaml",
        again="make demo ARGS=--keep",
        keep=keep,
        json=json,
    )
