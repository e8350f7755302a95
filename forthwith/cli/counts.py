"""How many requests stand where, in one line."""

from forthwith.cli.output import styled
from forthwith.views.listing import Counts
from forthwith.visibility import plural


def rolled_up(counts: Counts) -> str:
    """``23 requests: 5 Complied, 18 Overdue. Need a person: 3.``"""
    if not counts.requests:
        return "No requests."
    parts = ", ".join(f"{count} {styled(status)}" for status, count in counts.statuses.items())
    attention = f"[bold red]{counts.attention}[/]" if counts.attention else "none"
    return f"{plural(counts.requests, 'request')}: {parts}. Need a person: {attention}."
