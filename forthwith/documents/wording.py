"""The words of a letter: paragraphs from its Jinja template, and the letter as the plain text of a mail.

A template has the blocks ``opening`` and ``closing`` and may have ``due_heading``; a blank line ends a paragraph.
forthwith/documents/templates/README.md lists the variables.
"""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import TracebackType

from jinja2 import StrictUndefined, Template, TemplateSyntaxError
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from forthwith.documents.content import Letter

_REQUIRED = {"opening", "closing"}
_OPTIONAL = {"due_heading"}
_WIDTH = 72


class WordingError(ValueError):
    """A template that cannot be worded; names the template, the line and what is wrong, such as an unknown variable."""


class TookTooLong(Exception):
    """Raised by whoever lets wording take so long and no longer, in the middle of it. Says what the limit is."""


def paragraphs(source: str, block: str, variables: Mapping[str, object], *, name: str = "template") -> tuple[str, ...]:
    """Render one block of the template `source` and split it at blank lines.

    Lines of a paragraph are joined, except when it begins with four spaces: then it is to be copied as it stands.
    `name` is what errors call the template. A block that is optional and absent gives no paragraphs.

    Raises WordingError for a syntax error, a missing or unknown block, any variable that is not given, and for what
    calls itself without end or is interrupted by TookTooLong.
    """
    try:
        template = _compiled(source)
    except TemplateSyntaxError as error:
        raise WordingError(f"{name}:{error.lineno}: {error.message}") from error
    except RecursionError as error:
        raise WordingError(f"{name}: is nested too deeply to be read") from error
    if missing := sorted(_REQUIRED - set(template.blocks)):
        raise WordingError(f"{name}: no block {', '.join(missing)}")
    if unknown := sorted(set(template.blocks) - _REQUIRED - _OPTIONAL):
        raise WordingError(f"{name}: unknown block {', '.join(unknown)}")
    if block not in template.blocks:
        return ()
    try:
        text = "".join(template.blocks[block](template.new_context(dict(variables))))
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError, TookTooLong) as error:
        raise WordingError(f"{name}:{_line(template, error.__traceback__)}: {error}") from error
    return tuple(_tidy(part) for part in re.split(r"\n[ \t]*\n", text) if part.strip())


def plain_text(letter: Letter) -> str:
    """The mail body of `letter`: the same words in 72 columns, so that it can be read without opening the PDF.

    A command or an address longer than a line is not broken: it must survive copying.
    """
    parts = [
        _wrap(letter.possible_copy),
        letter.date,
        _wrap(letter.subject, first="RE: ", rest="    ") + "\n" + _wrap(f"Reference: {letter.reference}"),
        letter.salutation,
        *map(_wrap, letter.opening),
        *(_request(request.number, request.text, request.note) for request in letter.requests),
    ]
    if letter.due is not None:
        parts.append(
            "\n".join(
                (
                    "-" * _WIDTH,
                    *(
                        _wrap(words, first="  ", rest="  ")
                        for words in (letter.due.heading.upper(), letter.due.words, letter.due.computation)
                        if words
                    ),
                    "-" * _WIDTH,
                )
            )
        )
    parts += [
        *map(_wrap, letter.closing),
        letter.valediction,
        "\n".join((letter.signatory, letter.signatory_title, letter.office, *letter.office_address)),
        "\n".join(f"cc: {copy}" for copy in letter.copies),
        _wrap("The formal letter is attached as a PDF file."),
        _wrap(letter.footer),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def series(values: Iterable[object]) -> str:
    """``A-1``, ``A-1 and A-2``, ``A-1, A-2, and A-3``."""
    words = [str(value) for value in values]
    if len(words) < 3:
        return " and ".join(words)
    return ", ".join(words[:-1]) + ", and " + words[-1]


def requests(numbers: Sequence[object]) -> str:
    """``Request A-1``, ``Requests A-1 and A-2``."""
    return f"{'Request' if len(numbers) == 1 else 'Requests'} {series(numbers)}"


def _one_line(value: object) -> object:
    """A value never begins a paragraph of its own, whatever it contains."""
    return re.sub(r"\s*[\r\n]+\s*", " ", value) if isinstance(value, str) else value


# Sandboxed because an office writes its own templates. No autoescape: the result is plain text, set in type or mailed
# as text/plain, and ``&amp;`` in a letter would be an error.
_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=_one_line,
)
_ENVIRONMENT.filters |= {"series": series, "requests": requests}  # pyright: ignore[reportUnknownMemberType]


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    """Compiled once a process: three blocks of nine letters to thousands of recipients share a few templates."""
    return _ENVIRONMENT.from_string(source)


def _line(template: Template, traceback: TracebackType | None) -> int | str:
    line: int | str = "?"
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__jinja_template__") is template:
            line = template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return line


def _tidy(part: str) -> str:
    lines = part.strip("\n").rstrip()
    return lines if lines.startswith("    ") else " ".join(lines.split())


def _wrap(words: str, first: str = "", rest: str = "") -> str:
    if words.startswith("    "):
        return words
    return textwrap.fill(
        words,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _request(number: str, text: str, note: str) -> str:
    first = f"  {number}  "
    return _wrap(f"{text.strip()} ({note.strip()})" if note else text.strip(), first, " " * len(first))
