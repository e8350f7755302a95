"""What to do about each reason for attention: written once, for the Web UI page and for `today`."""

from dataclasses import dataclass
from typing import assert_never

from forthwith.request.vocabulary import Attention


@dataclass(frozen=True)
class Remedy:
    """What a person can do about one reason for attention."""

    command: str
    """The command to begin with, without ``forthwith``. Empty where it is that of the status: a late decision."""
    advice: str
    """All that can be done, as a sentence with each command in backticks."""


def remedy(
    reason: Attention, request: str, *, is_sending: bool = False, is_held: bool = False, has_claims: bool = False
) -> Remedy:
    """The remedy for ``reason``, with commands about ``request``.

    ``is_sending``: the demand was not accepted yet. ``is_held``: the request is on hold for this reason.
    ``has_claims``: items are reported as complete that nobody has accepted.
    """
    why = '--reason "…"'
    resolve = f"resolve-attention {request} {reason} {why}"
    correct = f"correct-recipient {request} --email … {why}"
    withdraw, resolves = f"withdraw {request} {why}", _code(resolve)
    match reason:
        case Attention.UNDELIVERABLE if is_sending or is_held:
            advice = (
                f"{_code(correct)} sends it to the right address; once the cause is gone, {resolves} sends it again"
            )
            ends = "; with `--unserviceable` it ends the request" if is_sending else ""
            return Remedy(resolve, advice + ends)
        case Attention.UNKNOWN_SEND:
            arrived = _code(f"record-delivery {request} LETTER")
            advice = f"ask the recipient; {arrived} if it arrived, else {resolves} sends it again, as a possible copy"
            return Remedy(resolve, advice)
        case Attention.UNREADABLE_MESSAGE:
            timeline, record = f"timeline {request}", _code(f"record-response {request} …")
            advice = f"read it with {_code(timeline)}, record what it reports with {record}, then {resolves}"
            return Remedy(timeline, advice)
        case Attention.MAIL_DELAYED | Attention.DOSSIER_UNWRITABLE:
            return Remedy(
                "doctor", f"it is tried again by itself; {_code('doctor')} shows the cause; {_retry(resolve)}"
            )
        case Attention.DATES_FAILED | Attention.LETTER_FAILED | Attention.DRAFT_FAILED:
            status = f"status {request}"
            advice = f"{_code(status)} shows the cause, and whether it is tried again by itself; {_retry(resolve)}"
            return Remedy(status, advice)
        case Attention.CASE_FILE_DAMAGED:
            verify = f"verify {request}"
            advice = (
                f"{_code(verify)} names the file; restore it from a backup, and it is tried again; {_retry(resolve)}"
            )
            return Remedy(verify, advice)
        case Attention.DRAFT_REJECTED:
            return Remedy(resolve, f"{resolves} has it drawn up anew; {_code(withdraw)} ends the request")
        case Attention.OBJECTION | Attention.REFUSAL:
            escalate = f"escalate-now {request} {why}"
            advice = f"nothing stops for it; {_code(escalate)} skips to the next rung, {resolves} puts it aside"
            return Remedy(resolve if reason is Attention.OBJECTION else escalate, advice)
        case Attention.EXTENSION_REQUESTED:
            extend = f"extend-deadline {request} --days N {why}"
            return Remedy(extend, f"{_code(extend)} grants it; {resolves} declines it")
        case Attention.CLOCK_PAUSED:
            resume = f"resume-clock {request} {why}"
            return Remedy(resume, f"{_code(resume)} has the clock run again, from now or from `--at`")
        case Attention.ON_HOLD:
            explain = f"explain {request}"
            if has_claims:
                accept = _code(f"accept-response {request}")
                return Remedy(explain, f"{accept} takes it as complete; {resolves} continues as if it were not")
            if is_sending and not is_held:
                return Remedy(explain, f"{_code(f'record-delivery {request} demand')} starts its clock")
            return Remedy(explain, f"{resolves} once it is dealt with")
        case Attention.REVIEW_LATE | Attention.ISSUANCE_LATE | Attention.SERVICE_LATE:
            return Remedy("", f"decide, or hand it on; {resolves} puts this aside")
        case Attention.UNDELIVERABLE:
            return Remedy(resolve, f"{resolves} once it is dealt with")
        case _:
            assert_never(reason)


def _retry(resolve: str) -> str:
    return f"once it is gone, {_code(resolve)} tries at once"


def _code(command: str) -> str:
    """In Markdown's code type."""
    return f"`forthwith {command}`"
