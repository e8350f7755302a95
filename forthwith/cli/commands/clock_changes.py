"""Commands that change the recipient's clock: more time, a pause and its end. Each for one request or for many."""

from typing import Annotated

import typer

from forthwith.cli.bulk import Act, Many, OneOrMany, send_to_one_or_many
from forthwith.cli.options import Actor, Instant, Reason
from forthwith.failure import Failure
from forthwith.request.vocabulary import Attention
from forthwith.visibility import plural


def extend_deadline(
    request: OneOrMany = None,
    *,
    reason: Reason,
    to: Annotated[str, typer.Option(help="To this date, YYYY-MM-DD. A date certain, never moved.")] = "",
    days: Annotated[int | None, typer.Option(help="By calendar days from the base date.")] = None,
    business_days: Annotated[int | None, typer.Option(help="By business days from the base date.")] = None,
    many: Many,
    actor: Actor,
) -> None:
    """Extend the deadline, to a date or by a period counted from the date before any extension.

    Example: forthwith extend-deadline 1373-2018/chicago-il --days 14 --reason "asked for by the Dept. of Law"
    """
    periods = {"days": days, "business_days": business_days}
    given = {unit: count for unit, count in periods.items() if count is not None}
    if len(given) + bool(to) != 1:
        raise Failure("give exactly one of --to, --days and --business-days")
    by = "".join(f"by {plural(count, unit.replace('_', ' ').removesuffix('s'))}" for unit, count in given.items())
    act = Act(
        "extend_deadline",
        {"to": to or None, "period": given or None, "reason": reason},
        summary=f"extend the deadline {by or f'to {to}'}",
    )
    send_to_one_or_many(request, many, act, actor)


def pause_clock(
    request: OneOrMany = None,
    *,
    reason: Reason,
    at: Instant = "now",
    many: Many,
    actor: Actor,
) -> None:
    """Stop the recipient's clock: no date and no letter until `resume-clock`. Time that is over is not given back.

    Example: forthwith pause-clock 1373-2018/chicago-il --reason "the parties confer about the scope"
    """
    act = Act("pause_clock", {"at": at, "reason": reason}, summary="stop the recipient's clock")
    send_to_one_or_many(request, many, act, actor)


def resume_clock(
    request: OneOrMany = None,
    *,
    reason: Reason,
    at: Instant = "now",
    many: Many,
    actor: Actor,
) -> None:
    """Let the recipient's clock run again. Every day that ended in the pause is added to the time to respond.

    With conditions, only requests whose clock is paused get it.

    Example: forthwith resume-clock 1373-2018/chicago-il --reason "agreed on the scope"
    """
    act = Act(
        "resume_clock",
        {"at": at, "reason": reason},
        summary="let the recipient's clock run again",
        only_with=Attention.CLOCK_PAUSED,
    )
    send_to_one_or_many(request, many, act, actor)
