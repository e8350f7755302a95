"""Commands about letters: what became of one, whom they go to from now on, and sending one again."""

from typing import Annotated

import typer

from forthwith.cli.commands.queries import RequestId
from forthwith.cli.options import Actor, Instant, Reason
from forthwith.cli.send import send
from forthwith.failure import Failure


def record_delivery(
    request: RequestId,
    letter: Annotated[str, typer.Argument(help="The letter, such as demand or reminder-1.")],
    *,
    outcome: Annotated[str, typer.Option(help="delivered, failed or delayed.")] = "delivered",
    at: Instant = "now",
    how: Annotated[str, typer.Option(help="The evidence, such as a certified mail number.")] = "",
    diagnostic: Annotated[str, typer.Option(help="The answer of the mail system.")] = "",
    actor: Actor,
) -> None:
    """Record what became of a letter after the mail server took it. A failed demand stops its clock.

    Example: forthwith record-delivery 1373-2018/chicago-il demand --how "certified mail 7018 0001"
    """
    message = {
        "letter": letter,
        "outcome": outcome,
        "at": at,
        "how": how,
        "diagnostic": diagnostic,
    }
    send(request, "record_delivery", message, actor)


def correct_recipient(
    request: RequestId,
    *,
    reason: Reason,
    email: Annotated[str, typer.Option(help="The address that letters go to from now on.")] = "",
    attention: Annotated[str, typer.Option(help="To whose attention.")] = "",
    name: Annotated[str, typer.Option(help="The name of the recipient.")] = "",
    actor: Actor,
) -> None:
    """Correct whom the letters go to. A demand that could not be delivered goes to the new address at once.

    Example: forthwith correct-recipient 1373-2018/chicago-il --email records@chicago.example --reason "they moved"
    """
    message = {"email": email or None, "attention": attention or None, "name": name or None, "reason": reason}
    send(request, "correct_recipient", message, actor)


def resend_letter(
    request: RequestId,
    letter: Annotated[str, typer.Argument(help="The letter, such as demand or reminder-1.")],
    *,
    reason: Reason,
    restarts: Annotated[
        bool | None,
        typer.Option(
            "--restart-clock/--keep-clock",
            help="A new demand with a new time to respond, or a copy that changes no date.",
            show_default=False,
        ),
    ] = None,
    actor: Actor,
) -> None:
    """Send a letter again. Say whether the clock starts anew with it: there is no default.

    Example: forthwith resend-letter 1373-2018/chicago-il demand --keep-clock --reason "they cannot find it"
    """
    if restarts is None:
        raise Failure("give either --restart-clock or --keep-clock")
    send(request, "resend_letter", {"letter": letter, "restarts_clock": restarts, "reason": reason}, actor)
