"""The kinds of text and dates a campaign file, a CSV row or a message may contain, each refusing what would do harm.

Whatever may reach a mail header is one line without control characters, also none hidden in an RFC 2047
encoded word: ``Subject: Hi =?UTF-8?Q?=0A?=Bcc: x@y`` would otherwise become a real Bcc (CVE-2024-6923).
"""

import re
import unicodedata
import zoneinfo
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, PlainSerializer, StringConstraints, WithJsonSchema

from forthwith.visible import ACTING

MAX_LINE = 300
MAX_TEXT = 20_000
MAX_MARKS = 10
"""Combining marks on one character. No language writes more than a few, and twenty thousand cannot be set in type."""
FIRST_YEAR, LAST_YEAR = 1800, 2199
"""A date outside these years is a slip of the keyboard, not a date of a matter."""

EVENT_ID = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$"
SHA256 = r"^[0-9a-f]{64}$"

STATES = frozenset(
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR"  # noqa: SIM905 - readable
    " PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI".split()
)
"""USPS codes of the states, the District of Columbia and the territories."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(
    rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?\.)+[A-Za-z]{{2,63}}"
)
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_NO_FILE_NAME = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?\.?\d[\d.]*\s*")
_WALL_TIME = re.compile(r"\d\d:\d\d(?::\d\d)?", re.ASCII)


def _harmful_characters(text: str, *, allowed: str = "") -> str:
    """Names the first control, bidirectional-override or line-separator character, or returns ``""``."""
    if text.isprintable():
        return ""
    for character in text:
        if character not in allowed and unicodedata.category(character) in ACTING:
            return f"U+{ord(character):04X}"
    return ""


def _composed(text: str) -> str:
    """``text`` in Unicode's form NFC. Raises ``ValueError`` for more than ``MAX_MARKS`` combining marks in a row."""
    if text.isascii():
        return text
    composed, marks = unicodedata.normalize("NFC", text), 0
    for place, character in enumerate(composed):
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        if marks > MAX_MARKS:
            before = composed[: place - MAX_MARKS][-20:]
            raise ValueError(
                f"has more than {MAX_MARKS} combining marks on one character, after {before!r}; they cannot be set in"
                " type, so give plain text"
            )
    return composed


def one_line(text: str) -> str:
    """A single line that is safe in a mail header, in form NFC. Raises ``ValueError`` naming what is not."""
    text = _composed(text)
    for form in _decodings(text):
        if harmful := _harmful_characters(form):
            hidden = "" if form == text else ", hidden in an encoded word"
            raise ValueError(f"contains the control character {harmful}{hidden}; give one line of plain text")
    return text.strip()


def _decodings(text: str) -> list[str]:
    """``text``, and what it reads as once its encoded words are decoded, as often as that finds more of them."""
    forms = [text]
    try:
        while "=?" in forms[-1] and (decoded := str(make_header(decode_header(forms[-1])))) not in forms:
            forms.append(decoded)
    except (HeaderParseError, LookupError, ValueError) as error:
        raise ValueError("contains an encoded word that cannot be read; write the text itself") from error
    return forms


def plain_text(text: str) -> str:
    """Text of several lines without control characters, in form NFC. Raises ``ValueError`` naming the character."""
    text = _composed(text)
    if harmful := _harmful_characters(text, allowed="\n\t"):
        raise ValueError(f"contains the control character {harmful}; give plain text")
    return text.strip()


def one_address(text: str) -> str:
    """Exactly one plain e-mail address (RFC 5321 local part and domain). Raises ``ValueError`` otherwise."""
    address = one_line(text)
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} is not exactly one e-mail address; give one such as records@example.org")
    return address


def filled(text: str) -> str:
    """Text that is not empty. Raises ``ValueError`` for spaces alone."""
    if not text:
        raise ValueError("is empty")
    return text


def safe_id(text: str) -> str:
    """An id safe in a workflow id, a path and a URL on every system. Raises ``ValueError`` otherwise."""
    if not _ID.fullmatch(text):
        raise ValueError(f"{text!r} is not a safe id; give at most 64 lower-case letters, digits and inner hyphens")
    if _NO_FILE_NAME.fullmatch(text):
        raise ValueError(f"{text!r} cannot name a folder on every system; give another id")
    return text


def calendar_day(value: object) -> date:
    """A day from a date or from text such as ``2018-02-23``. Raises ``ValueError`` for anything else.

    Numbers are refused: they would be read as seconds since 1970.
    """
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            value = date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{value} does not exist in the calendar") from error
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"{_quoted(value)} is not a date; write it as 2018-02-23")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"{value} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def wall_time(value: object) -> time:
    """A time of day from text such as ``17:00``. Raises ``ValueError`` for anything else.

    Numbers are refused: older YAML reads 17:00 as 1020, which would be seventeen minutes past midnight.
    """
    if isinstance(value, str) and _WALL_TIME.fullmatch(value):
        try:
            value = time.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{value} does not exist on the clock; a day runs from 00:00 to 23:59") from error
    if not isinstance(value, time) or value.tzinfo:
        raise ValueError(f'{_quoted(value)} is not a time of day; write it as "08:00", without a zone')
    return value


def written_instant(value: object) -> object:
    """A moment as it was written, or as a ``datetime``. Raises ``ValueError`` for a number, also one in quotes.

    It would be read as seconds since 1970, and a year or a day without hyphens is no such thing.
    """
    if isinstance(value, datetime) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        return value
    raise ValueError(
        f"{_quoted(value)} is not a moment; write it in ISO 8601 with offset, such as 2018-02-20T10:00:00-06:00"
    )


WHEN_TAKEN = datetime.min.replace(tzinfo=UTC)
"""What ``now`` is read as, until the request takes the message."""


def instant_or_now(value: object) -> object:
    """As ``written_instant``, or the word ``now`` as ``WHEN_TAKEN``."""
    return WHEN_TAKEN if value == "now" else written_instant(value)


def _quoted(value: object) -> str:
    """A wrong value in an error, no longer than a line."""
    shown = repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"
    return shown if len(shown) <= 60 else f"{shown[:60]}…"


def known_zone(name: str) -> str:
    """An IANA time zone of the pinned ``tzdata``. Raises ``ValueError`` for any other name."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone; give one such as {_zone_like(name)}") from error
    return name


@lru_cache(maxsize=64)
def _zone_like(name: str) -> str:
    """Cached, since ten thousand rows repeat one mistake and a comparison with all zones takes milliseconds."""
    return next(iter(get_close_matches(name, zoneinfo.available_timezones(), n=1)), "America/Chicago")


def known_state(code: str) -> str:
    """A USPS state code, or empty for an office outside the United States. Raises ``ValueError`` otherwise."""
    if code and code not in STATES:
        example = code.strip().upper() if code.strip().upper() in STATES else "IL"
        raise ValueError(f"{code!r} is not a USPS state code; give one such as {example}, or leave it empty")
    return code


SafeId = Annotated[str, AfterValidator(safe_id)]
"""Lower-case letters, digits and inner hyphens: safe in a workflow id, a path and a URL."""

EventId = Annotated[str, StringConstraints(pattern=EVENT_ID)]
"""The caller's own id of one event, and the update id under which the server folds repetitions."""

Line = Annotated[str, StringConstraints(max_length=MAX_LINE), AfterValidator(one_line)]
FilledLine = Annotated[str, StringConstraints(max_length=MAX_LINE), AfterValidator(one_line), AfterValidator(filled)]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(plain_text)]
FilledText = Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(plain_text), AfterValidator(filled)]
Address = Annotated[str, StringConstraints(max_length=254), AfterValidator(one_address)]
Zone = Annotated[str, AfterValidator(known_zone)]
State = Annotated[str, AfterValidator(known_state)]
Day = Annotated[date, BeforeValidator(calendar_day)]
Instant = Annotated[AwareDatetime, BeforeValidator(written_instant)]
"""A moment with its offset from UTC."""
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(instant_or_now),
    PlainSerializer(lambda moment: "now" if moment == WHEN_TAKEN else moment, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"const": "now"}]}),
]
"""A moment of a message, or ``now``: when the request takes the message, by the server's clock."""
Sha256 = Annotated[str, StringConstraints(pattern=SHA256)]
