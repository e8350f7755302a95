"""Commands by which a person steps in: attention resolved, escalation at once, a demand withdrawn, a note.

Each for one request or for many.
"""

from typing import Annotated

import typer

from forthwith.cli.bulk import Act, Many, OneOrMany, send_to_one_or_many
from forthwith.cli.options import Actor, Reason
from forthwith.failure import Failure
from forthwith.request.vocabulary import Attention
from forthwith.visibility import one_of


def resolve_attention(
    request: OneOrMany = None,
    dealt_with: Annotated[
        str | None, typer.Argument(metavar="ATTENTION", help=f"One of {', '.join(Attention)}.", show_default=False)
    ] = None,
    *,
    reason: Reason,
    unserviceable: Annotated[
        bool, typer.Option("--unserviceable", help="The demand cannot be delivered; end the request.")
    ] = False,
    many: Many,
    actor: Actor,
) -> None:
    """Record that one reason for attention was dealt with, so that the request continues.

    With conditions, only requests that have the reason get it:
    forthwith resolve-attention --campaign 1373-2018 mail_delayed --reason "…"

    Example: forthwith resolve-attention 1373-2018/chicago-il undeliverable --reason "mailbox repaired"
    """
    request, attention = _id_and_argument(request, dealt_with, many, "the reason for attention, such as undeliverable")
    act = Act(
        "resolve_attention",
        {"attention": attention, "outcome": "unserviceable" if unserviceable else "continue", "reason": reason},
        summary=f"resolve {attention}, and {'end as unserviceable' if unserviceable else 'continue'}",
        only_with=Attention(one_of(Attention, attention)) if request is None else None,
        cannot_be_undone=unserviceable,
    )
    send_to_one_or_many(request, many, act, actor)


def escalate_now(request: OneOrMany = None, *, reason: Reason, many: Many, actor: Actor) -> None:
    """Take the next rung of escalation now, without waiting for its date.

    Example: forthwith escalate-now 1373-2018/chicago-il --reason "refused on the telephone"
    """
    act = Act("escalate_now", {"reason": reason}, summary="take the next rung of escalation now")
    send_to_one_or_many(request, many, act, actor)


def withdraw(request: OneOrMany = None, *, reason: Reason, many: Many, actor: Actor) -> None:
    """Withdraw the demand. The request ends.

    Example: forthwith withdraw 1373-2018/chicago-il --reason "sent to the wrong office"
    """
    act = Act(
        "withdraw", {"reason": reason}, summary="withdraw the demand, which ends the request", cannot_be_undone=True
    )
    send_to_one_or_many(request, many, act, actor)


def add_note(
    request: OneOrMany = None,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="What the record should hold.", show_default=False)
    ] = None,
    *,
    many: Many,
    actor: Actor,
) -> None:
    """Add a note to the record of a request.

    To many requests: forthwith add-note --campaign 1373-2018 "The court extended all dates."

    Example: forthwith add-note 1373-2018/chicago-il "The mayor's office called."
    """
    request, text = _id_and_argument(request, text, many, "the text of the note")
    act = Act("add_note", {"note": text}, summary=f"note {text!r}")
    send_to_one_or_many(request, many, act, actor)


def _id_and_argument(first: str | None, second: str | None, many: Many, name: str) -> tuple[str | None, str]:
    """The ID and the argument after it. With conditions instead of an ID, the first argument is the one after it."""
    if many.is_given and second is None:
        first, second = None, first
    if second is None:
        raise Failure(f"give {name}")
    return first, second
