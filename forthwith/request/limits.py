"""How much a request takes, in bytes: of one text, of one message, of all messages; and how much is handed on at once.

Bytes are those of UTF-8 JSON, since that is what is sent, kept in workflow history, and filed: a control character
takes six of them, and one of another script up to four. What is larger is refused by name, or cut where nobody can be
refused: the server fails every task whose payload it will not take (2 MB), and a request would stand still for good.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from pydantic_core import to_json

from forthwith.request.vocabulary import MAX_MESSAGES, Message

MAX_TEXT_BYTES = 20_000
"""Of a note, a reason or any other text in a message."""

MAX_MESSAGE_BYTES = 100_000
"""Of one message, as sent and as read. Its entry in the record holds some of it twice."""

MAX_RECORD_BYTES = 1_500_000
"""Of all events of a request, from which on it takes only what ends it. What a draft or a memo is made from, and the
record itself, are no larger, and the server takes each of them in one payload."""

MAX_BATCH_BYTES = 256_000
"""Of the entries that are filed, read or handed over at once. A single entry may be larger."""

MAX_ANSWER_BYTES = 500_000
"""Of the entries in one answer to a query: the server takes 2 MB, and clients warn above half a megabyte."""

MAX_REASON_BYTES = 2_000
"""Of what others say about a failure, or about a signal that cannot be read: the rest is cut off."""

MAX_NAME_BYTES = 200
"""Of the name of a signal that nobody knows."""


def json_size(text: str) -> int:
    """Bytes of ``text`` within JSON, without its quotes."""
    return len(to_json(text)) - 2


def cut(text: str, most: int) -> str:
    """``text``, or its beginning where it takes more than ``most`` bytes within JSON; the ellipsis comes on top."""
    if json_size(text) <= most:
        return text
    length = bisect_right(range(1, min(len(text), most) + 1), most, key=lambda length: json_size(text[:length]))
    return f"{text[:length]}…"


def too_large(message: Message) -> str:
    """Which field of ``message`` is too large, or that all of it is, with size and limit; empty when it is not."""
    wrong = [
        f"{path}: has {size:,} bytes; give at most {MAX_TEXT_BYTES:,}"
        for path, text in _texts(message.model_dump(mode="json"))
        if (size := json_size(text)) > MAX_TEXT_BYTES
    ]
    return "; ".join(wrong) or too_many_bytes(len(message.model_dump_json()))


def too_many_bytes(size: int) -> str:
    """Why a message of ``size`` bytes is not taken; empty when it is."""
    if size <= MAX_MESSAGE_BYTES:
        return ""
    return f"the message has {size:,} bytes; give at most {MAX_MESSAGE_BYTES:,}, and references to what is larger"


def full(messages: int, size: int) -> str:
    """Why a request that took so many messages, with so many bytes on record, takes no more; empty while it does."""
    if messages >= MAX_MESSAGES:
        return f"the request already took {MAX_MESSAGES} messages, the most that one request takes"
    if size > MAX_RECORD_BYTES:
        return (
            f"the record of the request would have {size:,} bytes; a request takes messages up to {MAX_RECORD_BYTES:,}"
        )
    return ""


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text within a message, with the path of its field."""
    match value:
        case str():
            yield path, value
        case list():
            for number, one in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
                yield from _texts(one, f"{path}.{number}")
        case dict():
            for key, one in value.items():  # pyright: ignore[reportUnknownVariableType]
                yield from _texts(one, f"{path}.{key}".removeprefix("."))
        case _:
            pass
