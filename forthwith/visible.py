"""Text from outside as it may be shown: whatever acts on what shows it is written out instead.

Those are the control characters of a terminal (ESC and the others of C0 and C1), what turns the order of reading round
(bidirectional controls), and what nobody sees. Each medium has further marks of its own; they are escaped where it is
written: `Screen` for a terminal, `views.page` for the Web UI, `cli.report` for HTML and CSV, `views.ics` for calendars.
"""

import json
import unicodedata
from typing import Any

from pydantic_core import to_json

ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, of what shows nothing itself, of surrogates and of separators of lines."""


def visible(text: str, *, keep: str = "") -> str:
    r"""``text`` with every character that acts written as ``\x1b`` or ``\u202e``, but for those to ``keep``."""
    if text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if character not in keep and unicodedata.category(character) in ACTING
        else character
        for character in text
    )


def visible_json(value: Any, *, indent: int | None = None) -> str:
    """JSON that says the same and is safe to be shown: in it such a character stands as JSON escapes it."""
    text = to_json(value, indent=indent).decode()
    if text.isprintable():
        return text
    return "".join(
        json.dumps(character)[1:-1] if character != "\n" and unicodedata.category(character) in ACTING else character
        for character in text
    )
