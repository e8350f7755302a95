"""The documents of record: what stands on the page, what the file promises, and the words of the letters."""

import concurrent.futures
import hashlib
import io
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from forthwith.documents.content import NumberedRequest
from forthwith.documents.typesetting import RENDERER, Document, TemplateError, render_pdf
from forthwith.documents.typesetting import TEMPLATES as TEMPLATE_OF
from forthwith.documents.wording import WordingError, paragraphs, plain_text
from tests.units.matter import draft, memo, under_rule_45
from tests.units.samples import DEMAND, DEMAND_TEXT, DRAFT, DUE_WORDS, LETTER, SHA256, VARIABLES, recital

TEMPLATES = Path(__file__).parents[2] / "forthwith" / "documents" / "templates"
LETTER_TYP = (TEMPLATES / "letter.typ").read_text(encoding="utf-8")
WORDINGS = sorted(TEMPLATES.glob("*.j2"))
CREATED = datetime(2018, 1, 24, 14, 0, tzinfo=UTC)
MEMO, RULE_45 = memo(), draft(under_rule_45())
FORTY = tuple(NumberedRequest(number=f"B-{n}", text=DEMAND_TEXT) for n in range(1, 41))


def template_for(document: Document) -> str:
    return (TEMPLATES / TEMPLATE_OF[type(document)]).read_text(encoding="utf-8")


def pages(document: Document) -> list[str]:
    reader = PdfReader(io.BytesIO(render_pdf(template_for(document), document, created=CREATED)))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def in_order(text: str, *wanted: str) -> bool:
    place = 0
    for words in wanted:
        place = text.find(words, place)
        if place < 0:
            pytest.fail(f"{words!r} is not where it belongs in: {text}")
        place += len(words)
    return True


def test_a_letter_says_everything_in_the_order_of_a_letter() -> None:
    (text,) = pages(LETTER)
    assert in_order(
        text,
        LETTER.office,
        LETTER.date,
        LETTER.via,
        "Office of the Mayor",
        LETTER.subject,
        LETTER.reference,
        LETTER.salutation,
        "A-1 All documents reflecting any orders",
        "Response due",
        DUE_WORDS,
        "fail to respond completely",
        "Sincerely, To be named Director",
        "cc: Supervising attorney",
        "Page 1 of 1",
    )


def test_a_possible_copy_says_so_first() -> None:
    notice = "This may be a second copy of a letter already received."
    text = " ".join(pages(LETTER.model_copy(update={"possible_copy": notice})))
    assert text.startswith(notice)


def test_forty_requests_keep_their_numbers_and_order() -> None:
    expected = [f"B-{n}" for n in range(1, 41)]
    for document in (LETTER, DRAFT):
        text = " ".join(pages(document.model_copy(update={"requests": FORTY})))
        assert re.findall(r"(B-\d+) All documents", text) == expected


def test_a_draft_carries_its_banner_on_every_page_until_it_is_issued() -> None:
    draft_pages = pages(DRAFT.model_copy(update={"recitals": tuple(recital("a day", "R", str(n)) for n in range(40))}))
    assert len(draft_pages) > 7
    # Header and watermark; the first page also says it in the text itself.
    assert [text.count(DRAFT.banner) >= 2 for text in draft_pages] == [True] * len(draft_pages)
    assert sum("Delivered" in text for text in draft_pages) > 1, "the header of a table is repeated on each page"

    issued = pages(DRAFT.model_copy(update={"banner": ""}))
    assert not any("DRAFT" in text for text in issued)


def test_a_draft_says_everything_in_order_and_marks_what_is_empty() -> None:
    text = " ".join(pages(DRAFT))
    assert in_order(
        text,
        "Administrative Subpoena",
        "Docket number assigned upon issuance",
        "Missing: this draft cannot be approved until these fields are completed",
        "docket_number",
        "1. To City of Chicago, Illinois",
        "2. Command",
        "3. Return",
        "4. Authority",
        "2 CFR § 200.336",
        "to be completed before approval",
        "5. Recitals from the record",
        "6. Computation of deadlines",
        "Friday, February 23, 2018",
        "7. Findings of deficiency",
        "8. Relevance to be completed before approval",
        "9. Documents not in the possession of the issuer to be completed before approval",
        "10. Right to object",
        "11. Enforcement",
        "subject to a subpoena. To be named Director Office of Justice Programs (example) Date",
        "Schedule A",
        "4. Documents to be produced",
        "A-1 All documents reflecting",
        "Certificate of Service",
        "Certification of Records",
        "Federal Rule of Evidence 902(11)",
        "Record of this Document",
        RENDERER,
    )
    content = hashlib.sha256(DRAFT.model_dump_json().encode()).hexdigest()
    assert content in text.replace(" ", "")
    assert SHA256 in text.replace(" ", "")


def test_a_draft_without_any_entries_is_still_a_page_a_reviewer_can_read() -> None:
    empty = {name: () for name, value in DRAFT if isinstance(value, tuple)}
    assert "No earlier step is on record." in " ".join(pages(DRAFT.model_copy(update=empty)))


@pytest.mark.parametrize("document", [LETTER, DRAFT, RULE_45, MEMO], ids=["letter", "subpoena", "rule45", "memo"])
def test_the_file_is_archival_accessible_and_named(document: Document) -> None:
    reader = PdfReader(io.BytesIO(render_pdf(template_for(document), document, created=CREATED)))
    catalog: Any = reader.root_object
    assert catalog["/Lang"] == "en-US"
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "/StructTreeRoot" in catalog
    assert reader.metadata is not None
    assert reader.metadata.title
    assert reader.metadata.creation_date == CREATED
    metadata = catalog["/Metadata"].get_object().get_data().decode()
    for claim in ("<pdfaid:part>2<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<"):
        assert claim in metadata


@pytest.mark.parametrize("document", [LETTER, DRAFT, RULE_45, MEMO], ids=["letter", "subpoena", "rule45", "memo"])
def test_the_same_input_gives_the_same_bytes_in_any_process_and_thread(document: Document) -> None:
    here = render_pdf(template_for(document), document, created=CREATED)
    script = (
        "import hashlib, sys; from datetime import datetime; from forthwith.documents.typesetting import render_pdf;"
        "from forthwith.documents.content import *; document = getattr(sys.modules['forthwith.documents.content'],"
        " sys.argv[1]).model_validate_json(sys.argv[3]);"
        "print(hashlib.sha256(render_pdf(sys.argv[2], document,"
        " created=datetime.fromisoformat(sys.argv[4]))).hexdigest())"
    )
    elsewhere = CREATED.astimezone(timezone(timedelta(hours=-6))).isoformat()
    command = [sys.executable, "-c", script, type(document).__name__, template_for(document)]
    there = subprocess.run(
        [*command, document.model_dump_json(), elsewhere],
        capture_output=True,
        text=True,
        check=True,
        cwd=TEMPLATES.parents[1],
    )
    assert there.stdout.strip() == hashlib.sha256(here).hexdigest()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(render_pdf, template_for(document), document, created=CREATED) for _ in range(16)]
        assert {job.result() for job in jobs} == {here}


HOSTILE = (
    r"""#panic("x") *bold* _it_ $x$ @ref <label> `raw` // not a comment \ "quoted" 'single' ~ -- --- ... = heading""",
    "= heading",
    "- item",
    "https://records.example/" + "long" * 60,
    "Ελληνικά Русский Việt",
)


@pytest.mark.parametrize("words", HOSTILE)
def test_markup_in_a_value_is_only_text(words: str) -> None:
    letter = LETTER.model_copy(update={"opening": (words,), "subject": words, "addressee": (words,)})
    text = "".join(pages(letter)).replace(" ", "")
    assert text.count(words.replace(" ", "")) >= 3
    draft = DRAFT.model_copy(
        update={"command": words, "to_name": words, "requests": (DEMAND.model_copy(update={"text": words}),)}
    )
    assert "".join(pages(draft)).replace(" ", "").count(words.replace(" ", "")) >= 3


def test_a_token_longer_than_a_line_stays_on_the_page() -> None:
    token = "W" * 300
    draft = DRAFT.model_copy(
        update={
            "to_name": token,
            "docket_number": token,
            "command": token,
            "recitals": (recital("a day", token, token, token),),
            "authority": (DRAFT.authority[0].model_copy(update={"citation": token, "text": token}),),
        }
    )
    for document in (draft, LETTER.model_copy(update={"subject": token, "opening": (token, "    " + token)})):
        reader = PdfReader(io.BytesIO(render_pdf(template_for(document), document, created=CREATED)))
        lines = "\n".join(page.extract_text() for page in reader.pages).splitlines()
        assert max(line.count("W") for line in lines) < 110


def test_right_to_left_text_is_on_the_page() -> None:
    text = " ".join(pages(LETTER.model_copy(update={"opening": ("שלום", "سلام")})))
    assert set("שלום") <= set(text)


def test_what_has_no_glyph_or_no_ink_is_printed_as_its_code_point() -> None:
    (text,) = pages(LETTER.model_copy(update={"opening": ("中文, \U0001f600, \u202edesrever, \x07 and \ue000.",)}))
    assert "[U+4E2D][U+6587], [U+1F600], [U+202E]desrever, [U+0007] and [U+E000]." in text


def test_a_template_that_cannot_be_set_names_file_and_line() -> None:
    with pytest.raises(TemplateError, match=r"letter\.typ:2: unknown variable: nothing"):
        render_pdf("text\n#nothing", LETTER, created=CREATED)
    with pytest.raises(TemplateError, match=r"subpoena\.typ:1: packages are not fetched"):
        render_pdf('#import "@preview/cetz:0.3.1"', DRAFT, created=CREATED)
    with pytest.raises(TemplateError, match=r"letter\.typ:1: "):
        render_pdf('#read("/etc/hostname")', LETTER, created=CREATED)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        render_pdf(LETTER_TYP, LETTER, created=CREATED.replace(tzinfo=None))


@pytest.mark.parametrize("path", WORDINGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("outstanding", [["A-1"], ["A-1", "A-2", "B-1"]], ids=["one", "three"])
@pytest.mark.parametrize("is_all", [True, False], ids=["all", "part"])
def test_every_wording_renders(path: Path, outstanding: list[str], is_all: bool) -> None:
    source = path.read_text(encoding="utf-8")
    variables = VARIABLES | {"outstanding": outstanding, "outstanding_is_all": is_all}
    opening = paragraphs(source, "opening", variables, name=path.name)
    closing = paragraphs(source, "closing", variables, name=path.name)
    headings = paragraphs(source, "due_heading", variables, name=path.name)
    assert len(headings) == (path.stem != "copy"), "the enclosed letter states its dates itself"
    due = LETTER.due and LETTER.due.model_copy(update={"heading": "".join(headings)})
    letter = LETTER.model_copy(
        update={
            "opening": opening,
            "closing": closing,
            "due": due if headings else None,
        }
    )
    everything = " ".join((*opening, *headings, *closing))
    assert "{" not in everything
    assert not re.search(r"\s[.,;:]", everything)
    page = "".join(pages(letter)).replace(" ", "")
    for paragraph in (*opening, *closing):
        assert paragraph.replace(" ", "") in page.replace("ﬁ", "fi")


def test_a_partial_response_is_named_as_such() -> None:
    source = (TEMPLATES / "reminder.j2").read_text(encoding="utf-8")
    part = VARIABLES | {"outstanding": ["A-2", "A-3"], "outstanding_is_all": False}
    assert "Requests A-2 and A-3 remain outstanding:" in paragraphs(source, "opening", part)[-1]
    assert paragraphs(source, "due_heading", part | {"days_left": 1}) == ("Response due in 1 day",)
    assert paragraphs(source, "due_heading", part | {"days_left": None}) == ("Response due",)


def wording(opening: str) -> str:
    return f"{{% block opening %}}\n{opening}\n{{% endblock %}}\n{{% block closing %}}{{% endblock %}}"


def test_commands_stay_as_they_are_and_values_begin_no_paragraph() -> None:
    source = wording("One\nparagraph {{ value }}.\n\n    {{ command }}")
    values = {"value": "a\n\n    rm -rf b", "command": "python starter.py  review --sha256 " + SHA256}
    assert paragraphs(source, "opening", values) == (
        "One paragraph a rm -rf b.",
        "    " + values["command"],
    )


@pytest.mark.fault(24)
@pytest.mark.parametrize(
    ("source", "message"),
    [
        (wording("fine\n{{ recipient.nmae }}"), r"reminder\.j2:3: .*has no attribute 'nmae'"),
        (wording("{{ nobody }}"), r"reminder\.j2:2: 'nobody' is undefined"),
        (wording("{% if %}"), r"reminder\.j2:2: "),
        (wording("{{ recipient.name.__class__.mro() }}"), r"reminder\.j2:2: .*__class__"),
        ("{% block opening %}{% endblock %}", r"reminder\.j2: no block closing"),
        (wording("") + "{% block openning %}{% endblock %}", r"reminder\.j2: unknown block openning"),
    ],
)
def test_a_wrong_wording_names_template_line_and_variable(source: str, message: str) -> None:
    with pytest.raises(WordingError, match=message):
        paragraphs(source, "opening", VARIABLES, name="reminder.j2")


def test_the_mail_body_says_the_same_in_72_columns() -> None:
    letter = LETTER.model_copy(update={"possible_copy": "This may be a second copy of a letter already received."})
    body = plain_text(letter)
    assert max(map(len, body.splitlines())) <= 72
    assert in_order(
        " ".join(body.split()),
        letter.possible_copy,
        letter.date,
        f"RE: {letter.subject}",
        letter.salutation,
        letter.opening[0],
        f"A-1 {DEMAND_TEXT}",
        "RESPONSE DUE",
        DUE_WORDS,
        letter.closing[0],
        "Sincerely, To be named Director",
        "attached as a PDF",
    )


def test_a_command_in_a_mail_body_is_never_wrapped() -> None:
    command = "    python starter.py review 1373-2018/chicago-il --approve --sha256 " + SHA256
    assert f"\n{command}\n" in plain_text(LETTER.model_copy(update={"closing": (command,)}))
