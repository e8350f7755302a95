"""Commands that change the course of a request, or say something about it; most of them to many requests as well."""

from typing import Annotated

import typer

from forthwith.cli.bulk import Act, Many, OneOrMany, tell_one_or_many
from forthwith.cli.commands.queries import Request
from forthwith.cli.options import Instant, Reason, Teller
from forthwith.cli.send import tell
from forthwith.failure import Failure
from forthwith.request.messages import Attention
from forthwith.visibility import one_of, plural


def extend(
    request: OneOrMany = None,
    *,
    reason: Reason,
    to: Annotated[str, typer.Option(help="To this date, YYYY-MM-DD. A date certain, never moved.")] = "",
    days: Annotated[int | None, typer.Option(help="By calendar days from the base date.")] = None,
    business_days: Annotated[int | None, typer.Option(help="By business days from the base date.")] = None,
    many: Many,
    teller: Teller,
) -> None:
    """Extend the deadline, to a date or by a period counted from the date before any extension.

    Example: forthwith extend 1373-2018/chicago-il --days 14 --reason "asked for by the Dept. of Law"
    """
    periods = {"days": days, "business_days": business_days}
    given = {unit: count for unit, count in periods.items() if count is not None}
    if len(given) + bool(to) != 1:
        raise Failure("give exactly one of --to, --days and --business-days")
    by = "".join(f"by {plural(count, unit.replace('_', ' ').removesuffix('s'))}" for unit, count in given.items())
    act = Act(
        "extend_deadline",
        {"to": to or None, "period": given or None, "reason": reason},
        what=f"extend the deadline {by or f'to {to}'}",
    )
    tell_one_or_many(request, many, act, teller)


def pause(
    request: OneOrMany = None,
    *,
    reason: Reason,
    at: Instant = "",
    many: Many,
    teller: Teller,
) -> None:
    """Stop the recipient's clock: no date and no letter until `resume`. Time that is over is not given back.

    Example: forthwith pause 1373-2018/chicago-il --reason "the parties confer about the scope"
    """
    act = Act("pause_clock", {"at": at or None, "reason": reason}, what="stop the recipient's clock")
    tell_one_or_many(request, many, act, teller)


def resume(
    request: OneOrMany = None,
    *,
    reason: Reason,
    at: Instant = "",
    many: Many,
    teller: Teller,
) -> None:
    """Let the recipient's clock run again. Every day that ended in the pause is added to the time to respond.

    Of many requests it is for those whose clock is paused.

    Example: forthwith resume 1373-2018/chicago-il --reason "agreed on the scope"
    """
    act = Act(
        "resume_clock",
        {"at": at or None, "reason": reason},
        what="let the recipient's clock run again",
        to=Attention.CLOCK_PAUSED,
    )
    tell_one_or_many(request, many, act, teller)


def correct_recipient(
    request: Request,
    *,
    reason: Reason,
    email: Annotated[str, typer.Option(help="The address that letters go to from now on.")] = "",
    attention: Annotated[str, typer.Option(help="To whose attention.")] = "",
    name: Annotated[str, typer.Option(help="The name of the recipient.")] = "",
    teller: Teller,
) -> None:
    """Correct whom the letters go to. A demand that could not be delivered goes to the new address at once.

    Example: forthwith correct-recipient 1373-2018/chicago-il --email records@chicago.example --reason "they moved"
    """
    message = {"email": email or None, "attention": attention or None, "name": name or None, "reason": reason}
    tell(request, "correct_recipient", message, teller)


def resend(
    request: Request,
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
    teller: Teller,
) -> None:
    """Send a letter again, and say whether the clock starts anew with it: one of both, there is no default.

    Example: forthwith resend 1373-2018/chicago-il demand --keep-clock --reason "they cannot find it"
    """
    if restarts is None:
        raise Failure("give either --restart-clock or --keep-clock")
    tell(request, "resend_letter", {"letter": letter, "restarts_clock": restarts, "reason": reason}, teller)


def escalate(request: OneOrMany = None, *, reason: Reason, many: Many, teller: Teller) -> None:
    """Take the next rung of escalation now, without waiting for its date.

    Example: forthwith escalate 1373-2018/chicago-il --reason "refused on the telephone"
    """
    act = Act("escalate_now", {"reason": reason}, what="take the next rung of escalation now")
    tell_one_or_many(request, many, act, teller)


def withdraw(request: OneOrMany = None, *, reason: Reason, many: Many, teller: Teller) -> None:
    """Withdraw the demand. The request ends.

    Example: forthwith withdraw 1373-2018/chicago-il --reason "sent to the wrong office"
    """
    act = Act("withdraw", {"reason": reason}, what="withdraw the demand, which ends the request", cannot_be_undone=True)
    tell_one_or_many(request, many, act, teller)


def resolve(
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
    teller: Teller,
) -> None:
    """Say that one reason for attention was dealt with, so that the request goes on.

    Of many requests it is for those that have it: forthwith resolve --campaign 1373-2018 mail_delayed --reason "…"

    Example: forthwith resolve 1373-2018/chicago-il undeliverable --reason "mailbox repaired"
    """
    request, attention = _id_and_word(request, dealt_with, many, "the reason for attention, such as undeliverable")
    act = Act(
        "resolve_attention",
        {"attention": attention, "outcome": "unserviceable" if unserviceable else "continue", "reason": reason},
        what=f"resolve {attention}, and {'end as unserviceable' if unserviceable else 'go on'}",
        to=Attention(one_of(Attention, attention)) if request is None else None,
        cannot_be_undone=unserviceable,
    )
    tell_one_or_many(request, many, act, teller)


def note(
    request: OneOrMany = None,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="What the record should hold.", show_default=False)
    ] = None,
    *,
    many: Many,
    teller: Teller,
) -> None:
    """Add a note to the record of a request.

    To many requests: forthwith note --campaign 1373-2018 "The court extended all dates."

    Example: forthwith note 1373-2018/chicago-il "The mayor's office called."
    """
    request, text = _id_and_word(request, text, many, "the text of the note")
    act = Act("add_note", {"note": text}, what=f"note {text!r}")
    tell_one_or_many(request, many, act, teller)


def _id_and_word(first: str | None, second: str | None, many: Many, what: str) -> tuple[str | None, str]:
    """The ID and what follows it. Where conditions take the place of the ID, the only word is what follows."""
    if many.is_given and second is None:
        first, second = None, first
    if second is None:
        raise Failure(f"give {what}")
    return first, second
