"""Sets the documents of record in type: PDF/A-2a and PDF/UA-1, the same input always to the same bytes."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version

import typst
from pydantic import JsonValue

from forthwith.documents.content import Letter, Memo, SubpoenaDraft

Document = Letter | SubpoenaDraft | Memo
"""What can be set in type."""

TEMPLATES: dict[type[Document], str] = {Letter: "letter.typ", SubpoenaDraft: "subpoena.typ", Memo: "referral.typ"}
"""Which layout each takes."""

RENDERER = f"typst {version('typst')}"
"""What set a document, as its audit trail names it."""

# Read once per process. Only the fonts inside the package, so that every machine sets the same page.
_FONTS = typst.Fonts(include_system_fonts=False)

# A template is pinned by the hash of its own text, so it may depend on nothing else: no file and no package is below
# this root. A package that is named outright is refused before typst looks for it.
_NO_FILES = "/dev/null"
_PACKAGE = re.compile(r'"@[\w-]+/[^"]*"')

# Characters that would be invisible on paper or reorder what stands around them. The reader of a document of record
# must see that they were there.
_INVISIBLE = {
    code: f"[U+{code:04X}]"
    for code in (
        *(code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"),
        *(0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0xFFFE, 0xFFFF),
    )
}
_NO_GLYPH = re.compile(r'(?:the text|codepoint) `"(.+?)"`')
_PLACE = re.compile(r"\.typ:(\d+):(\d+)")


class TemplateError(ValueError):
    """A template that cannot be set; says typst's message, the file and the line."""


def render_pdf(template: str, document: Document, *, created: datetime) -> bytes:
    """Lay `document` out with `template`, the text of one of `TEMPLATES`. Safe to call from any thread.

    `created` enters the file's metadata and nothing else does: equal arguments give equal bytes, in any process. A
    character without a glyph in the embedded fonts is printed as its code point, ``[U+4E2D]``, never left out.

    Raises ValueError for a naive `created`, TemplateError for a template that typst refuses.
    """
    if created.tzinfo is None:
        raise ValueError("created must carry its time zone")
    file = TEMPLATES[type(document)]
    if package := _PACKAGE.search(template):
        line = template.count("\n", 0, package.start()) + 1
        raise TemplateError(f"{file}:{line}: packages are not fetched: {package[0]}")
    sha256 = hashlib.sha256(document.model_dump_json().encode()).hexdigest()
    content = printable(document)
    try:
        return _compile(template, content, sha256, created)
    except typst.TypstError as error:
        no_glyph = {_unescape(text) for text in _NO_GLYPH.findall(error.diagnostic)}
        if not no_glyph:
            raise TemplateError(_explain(file, error)) from error
    # Only now, since typst alone knows which glyphs its fonts have; it names all that are missing at once.
    pattern = re.compile("|".join(map(re.escape, sorted(no_glyph))))
    content = _reworded(content, lambda text: pattern.sub(lambda found: _code_points(found[0]), text))
    try:
        return _compile(template, content, sha256, created)
    except typst.TypstError as error:
        raise TemplateError(_explain(file, error)) from error


def printable(document: Document) -> JsonValue:
    """The data of `document`, in which whatever a reader could not see is printed as its code point."""
    return _reworded(document.model_dump(mode="json"), lambda text: text.translate(_INVISIBLE))


def _compile(template: str, content: JsonValue, sha256: str, created: datetime) -> bytes:
    # A compiler object cannot be shared by threads; the fonts and typst's own cache can, and they are what is slow.
    return typst.compile(
        template.encode(),
        root=_NO_FILES,  # pyright: ignore[reportArgumentType] - the stub ties its type to the input's
        font_paths=_FONTS,
        ignore_system_fonts=True,
        package_path=_NO_FILES,
        package_cache_path=_NO_FILES,
        format="pdf",
        sys_inputs={"document": json.dumps(content, ensure_ascii=False), "sha256": sha256},
        pdf_standards=["a-2a", "ua-1"],
        timestamp=created.astimezone(UTC).replace(microsecond=0),
    )


def _reworded(value: JsonValue, reword: Callable[[str], str]) -> JsonValue:
    """`value` with every string in it passed through `reword`."""
    if isinstance(value, str):
        return reword(value)
    if isinstance(value, list):
        return [_reworded(part, reword) for part in value]
    if isinstance(value, dict):
        return {key: _reworded(part, reword) for key, part in value.items()}
    return value


def _code_points(text: str) -> str:
    return "".join(f"[U+{ord(character):04X}]" for character in text)


def _unescape(text: str) -> str:
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda escape: chr(int(escape[1], 16)), text)


def _explain(file: str, error: typst.TypstError) -> str:
    place = _PLACE.search(error.diagnostic)
    hints = "".join(f" ({hint})" for hint in error.hints)
    return f"{file}:{place[1] if place else '?'}: {error.message}{hints}"
