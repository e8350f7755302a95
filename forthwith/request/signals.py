"""Reads what systems that can only signal have to say. Pure, and never raising: a signal cannot be refused."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from forthwith.plain_errors import problems
from forthwith.request.deliveries import RecordDelivery
from forthwith.request.limits import cut, json_size, too_many_bytes
from forthwith.request.messages import SIGNALS
from forthwith.request.responses import RecordResponse

KEPT = 4_000
"""Bytes of an unreadable message that enter the record, of all its payloads together; hash and size tell the rest."""


@dataclass(frozen=True)
class Unreadable:
    """What arrived, as far as it can be shown, and why nobody can act on it."""

    content: str
    problem: str


def read_signal(name: str, payloads: Sequence[bytes]) -> RecordResponse | RecordDelivery | Unreadable:
    """The message behind a signal, or what is wrong with it by name."""
    content = kept(payloads)
    model = SIGNALS.get(name)
    if model is None:
        return Unreadable(content, f"no signal is called {name!r}; signals are {', '.join(SIGNALS)}")
    if len(payloads) != 1:
        return Unreadable(content, f"it has {len(payloads)} payloads; it should have one")
    if problem := too_many_bytes(len(payloads[0])):
        return Unreadable(content, problem)
    try:
        return model.model_validate_json(payloads[0])
    except ValidationError as error:
        return Unreadable(content, "; ".join(problems(error, model)))


def kept(payloads: Sequence[bytes]) -> str:
    """What enters the record of a message that cannot be read: all of it, or its beginning, its size and its hash.

    Each payload is on a line of its own, and they are hashed as they stand there.
    """
    text = "\n".join(payload.decode("utf-8", errors="backslashreplace") for payload in payloads)
    if json_size(text) <= KEPT:
        return text
    whole = b"\n".join(payloads)
    several = f"{len(payloads)} payloads, " if len(payloads) > 1 else ""
    return f"{cut(text, KEPT)} ({several}{len(whole)} bytes, sha256 {hashlib.sha256(whole).hexdigest()})"
