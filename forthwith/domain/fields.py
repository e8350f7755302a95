"""The kinds of text a campaign file, a CSV row or a message may contain, each refusing what would do harm later.

Whatever may reach a mail header is one line without control characters, also none hidden in an RFC 2047
encoded word: ``Subject: Hi =?UTF-8?Q?=0A?=Bcc: x@y`` would otherwise become a real Bcc (CVE-2024-6923).
"""

import re
import unicodedata
import zoneinfo
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

LONGEST_LINE = 300
LONGEST_TEXT = 20_000

STATES = frozenset(
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR"  # noqa: SIM905 - readable
    " PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI".split()
)
"""USPS codes of the states, the District of Columbia and the territories."""

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


def _harmful_characters(text: str, *, allowed: str = "") -> str:
    """Names the first control, bidirectional-override or unassigned separator character, or returns ``""``."""
    for character in text:
        if character not in allowed and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            return f"U+{ord(character):04X}"
    return ""


def one_line(text: str) -> str:
    """A single line that is safe in a mail header. Raises ``ValueError`` naming the character that is not."""
    try:
        decoded = str(make_header(decode_header(text))) if "=?" in text else text
    except (HeaderParseError, LookupError, UnicodeError) as error:
        raise ValueError("contains an encoded word that cannot be read; write the text itself") from error
    for form in (text, decoded):
        if harmful := _harmful_characters(form):
            raise ValueError(f"contains the control character {harmful}; give one line of plain text")
    return text.strip()


def plain_text(text: str) -> str:
    """Text of several lines without control characters. Raises ``ValueError`` naming the character."""
    if harmful := _harmful_characters(text, allowed="\n\t"):
        raise ValueError(f"contains the control character {harmful}; give plain text")
    return text.strip()


def one_address(text: str) -> str:
    """Exactly one plain e-mail address (RFC 5321 local part and domain). Raises ``ValueError`` otherwise."""
    one_line(text)
    if not _ADDRESS.fullmatch(text):
        raise ValueError("is not exactly one e-mail address; give one such as records@example.org")
    return text


def known_zone(name: str) -> str:
    """An IANA time zone of the pinned ``tzdata``. Raises ``ValueError`` for any other name."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone; give one such as America/Chicago") from error
    return name


def known_state(code: str) -> str:
    """A USPS state code, or empty for an office outside the United States. Raises ``ValueError`` otherwise."""
    if code and code not in STATES:
        raise ValueError(f"{code!r} is not a USPS state code; give one such as IL, or leave it empty")
    return code


SafeId = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"),
]  # fmt: skip
"""Lower-case letters, digits and inner hyphens: safe in a workflow id, a path and a URL."""

EventId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$")]
"""The caller's own id of one event, and the update id under which the server folds repetitions."""

Line = Annotated[str, StringConstraints(max_length=LONGEST_LINE), AfterValidator(one_line)]
FilledLine = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_LINE), AfterValidator(one_line)]
Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT), AfterValidator(plain_text)]
FilledText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT), AfterValidator(plain_text)]
Address = Annotated[str, StringConstraints(max_length=254), AfterValidator(one_address)]
Zone = Annotated[str, AfterValidator(known_zone)]
State = Annotated[str, AfterValidator(known_state)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
