"""Reads what systems that can only signal have to say. Pure, and never raising: a signal cannot be refused."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from forthwith.plain_errors import problems
from forthwith.request.deliveries import RecordDelivery
from forthwith.request.messages import SIGNALS
from forthwith.request.responses import RecordResponse

KEPT = 4_000
"""Characters of an unreadable message that enter the record; its hash and length tell the rest."""


@dataclass(frozen=True)
class Unreadable:
    """What arrived, as far as it can be shown, and why nobody can act on it."""

    content: str
    problem: str


def read_signal(name: str, payloads: Sequence[bytes]) -> RecordResponse | RecordDelivery | Unreadable:
    """The message behind a signal, or what is wrong with it by name."""
    content = _shown(payloads)
    model = SIGNALS.get(name)
    if model is None:
        return Unreadable(content, f"no signal is called {name!r}; signals are {', '.join(SIGNALS)}")
    if len(payloads) != 1:
        return Unreadable(content, f"it has {len(payloads)} payloads; it should have one")
    try:
        return model.model_validate_json(payloads[0])
    except ValidationError as error:
        return Unreadable(content, "; ".join(problems(error, model)))


def _shown(payloads: Sequence[bytes]) -> str:
    shown: list[str] = []
    for payload in payloads:
        text = payload.decode("utf-8", errors="backslashreplace")
        if len(text) > KEPT:
            text = f"{text[:KEPT]}… ({len(payload)} bytes, sha256 {hashlib.sha256(payload).hexdigest()})"
        shown.append(text)
    return "\n".join(shown)
