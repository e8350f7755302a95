"""The copy for a word processor: the same draft, field by field, and never the record."""

import io
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import docx
import pytest
from docx.document import Document

from forthwith.campaign.subpoena_fields import editable_fields
from forthwith.documents.content import NumberedRequest, SubpoenaDraft
from forthwith.documents.working_copy import render_docx
from tests.units.matter import draft, planned, under_rule_45
from tests.units.samples import DRAFT, recital

SHA256 = "9f" * 32
AT = datetime(2018, 3, 6, 15, 0, 0, 123, tzinfo=UTC)
PLANS = {"administrative": planned().plan, "court_rule45": under_rule_45()}


def written(of: SubpoenaDraft) -> Document:
    return docx.Document(io.BytesIO(render_docx(of, record_sha256=SHA256, created=AT)))


def words(document: Document) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@pytest.mark.parametrize("form", PLANS)
def test_it_has_every_field_that_a_reviewer_may_set_by_its_name(form: str) -> None:
    document = written(draft(PLANS[form]))
    named = {line.removeprefix("field: ") for line in words(document).splitlines() if line.startswith("field: ")}
    assert named | {"docket_number"} == set(editable_fields(PLANS[form].campaign))


@pytest.mark.parametrize("form", PLANS)
def test_it_says_on_every_page_that_the_record_is_the_pdf(form: str) -> None:
    document = written(draft(PLANS[form]))
    notice = f"DRAFT – NOT ISSUED – working copy, the record is the PDF sha256 {SHA256}"
    assert document.sections[0].header.paragraphs[0].text == notice
    assert notice in words(document)
    assert "Missing: this draft cannot be approved" in words(document)


def test_it_says_what_the_pdf_says_under_the_same_numbers() -> None:
    text = words(written(DRAFT))
    for value in (DRAFT.command, DRAFT.objection_rule, DRAFT.objection_date, DRAFT.enforcement, DRAFT.return_place):
        assert value in text
    for said in (*DRAFT.recitals, *DRAFT.deadlines, *DRAFT.findings, *DRAFT.authority):
        for value in said.model_dump(exclude={"sentences", "found", "skipped", "alternatives"}).values():
            assert value in text
    assert "6. Computation of deadlines" in text
    assert "4. Documents to be produced" in text
    requests = tuple(NumberedRequest(number=f"B-{n}", text="All documents.") for n in (7, 3, 12))
    text = words(written(DRAFT.model_copy(update={"requests": requests})))
    assert text.index("B-7\tAll") < text.index("B-3\tAll") < text.index("B-12\tAll")


def test_the_same_draft_gives_the_same_bytes() -> None:
    content = render_docx(DRAFT, record_sha256=SHA256, created=AT)
    elsewhere = AT.astimezone(timezone(timedelta(hours=-6)))
    assert render_docx(DRAFT, record_sha256=SHA256, created=elsewhere) == content
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = docx.Document(io.BytesIO(content)).core_properties
    assert properties.created == properties.modified == AT.replace(microsecond=0)
    assert properties.author == DRAFT.issuer_office


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        render_docx(DRAFT, record_sha256=SHA256, created=AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    "value", ["<w:p>&amp;</w:p>", "\x07 \x0b \u202e \ufffe", "שלום", "中文 \U0001f600", "W" * 20_000]
)
def test_any_words_are_only_words(value: str) -> None:
    changed: dict[str, Any] = {name: value for name, old in DRAFT if isinstance(old, str)}
    changed |= {"requests": (NumberedRequest(number="A-1", text=value, note=value),), "definitions": (value,)}
    changed |= {"recitals": (recital("a day", value, "demand", value),), "revision_notes": (value,)}
    text = words(written(DRAFT.model_copy(update=changed)))
    assert value in text or "[U+0007] [U+000B] [U+202E] [U+FFFE]" in text
