"""A copy of a draft for a word processor, for an attorney to mark up. The record is the PDF, and this copy says so.

It is written from the same composed draft as the PDF, never read back: what the attorney changes returns as
``forthwith review-subpoena … --revise --set field=value``, and so the name of a field stands above what it holds.
"""

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import docx
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import Inches, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from forthwith.documents.content import CourtProcess, SubpoenaDraft
from forthwith.documents.typesetting import printable

_ALARM = RGBColor(0x8A, 0x14, 0x14)
_QUIET = RGBColor(0x55, 0x55, 0x55)
_TITLES = {
    "administrative": "Administrative Subpoena",
    "court_rule45": "Subpoena to Produce Documents, Information, or Objects in a Civil Action",
}
_BLACK = RGBColor(0, 0, 0)
_FONT = "Times New Roman"
_STYLES = {"Normal": 11, "Title": 18, "Heading 1": 14, "Heading 2": 12}
"""The styles that are used, and their sizes in points."""

_TO_BE_COMPLETED = "[to be completed before approval]"
_EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)
_FOUND = {"none": "none", "partial": "in part", "complete": "complete"}


def render_docx(draft: SubpoenaDraft, *, record_sha256: str, created: datetime) -> bytes:
    """The working copy of `draft`, whose record is the PDF with `record_sha256`.

    `created` enters the file's properties and nothing else does: equal arguments give equal bytes. Raises ValueError
    for a naive `created`.
    """
    if created.tzinfo is None:
        raise ValueError("created must carry its time zone")
    seen = SubpoenaDraft.model_validate(printable(draft))
    copy = _WorkingCopy(seen, f"{seen.banner} – working copy, the record is the PDF sha256 {record_sha256}")
    copy.write()
    copy.stamp(created)
    return copy.content()


class _WorkingCopy:
    """One document as it is being written, from its head to its last table."""

    def __init__(self, draft: SubpoenaDraft, notice: str) -> None:
        self._draft = draft
        self._notice = notice
        self._word: WordDocument = docx.Document()
        self._number = 0

    def write(self) -> None:
        self._page()
        self._head()
        if self._draft.process:
            self._under_rule_45(self._draft.process)
        else:
            self._administrative()
        self._schedule_a()
        self._record()

    def stamp(self, created: datetime) -> None:
        properties, at = self._word.core_properties, created.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        properties.title = _property(f"{self._draft.banner}: {self._title}, {self._draft.to_name}")
        properties.subject = _property(self._notice)
        properties.author = properties.last_modified_by = _property(self._draft.issuer_office)
        properties.keywords = _property(f"{self._draft.reference}, version {self._draft.version}")
        properties.comments, properties.language, properties.revision = "", "en-US", 1
        properties.created = properties.modified = at

    def content(self) -> bytes:
        """The file, with nothing in its container that says when or where it was made."""
        made, content = io.BytesIO(), io.BytesIO()
        self._word.save(made)
        with zipfile.ZipFile(made) as source, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                part = zipfile.ZipInfo(name, _EPOCH_OF_ZIP)
                part.compress_type, part.create_system = zipfile.ZIP_DEFLATED, 0
                target.writestr(part, source.read(name))
        return content.getvalue()

    # The document from top to bottom.

    def _page(self) -> None:
        (section,) = self._word.sections
        section.page_width, section.page_height = Inches(8.5), Inches(11)
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Inches(1)
        for name, size in _STYLES.items():
            style = cast("ParagraphStyle", self._word.styles[name])
            style.font.name, style.font.size, style.font.color.rgb = _FONT, Pt(size), _BLACK
            fonts = cast("dict[str, str]", cast("Any", style.element).rPr.rFonts.attrib)
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # which would outrank the font
                fonts.pop(qn(f"w:{theme}"), None)
        header = section.header.paragraphs[0].add_run(self._notice)
        header.font.size, header.font.bold, header.font.color.rgb = Pt(8), True, _ALARM
        section.footer.paragraphs[0].text = f"{self._draft.reference}, version {self._draft.version}"

    def _head(self) -> None:
        draft = self._draft
        self._word.add_heading(self._title, level=0)
        self._alarm(self._notice)
        self._word.add_paragraph(
            "Mark up this copy as you like; nothing reads it back. To change the draft, send each field back with"
            f" “forthwith review-subpoena {draft.reference} --revise --set field=value”. The name of a field stands"
            " above what it holds. A new version is then drafted, and its PDF is what you approve."
        )
        if draft.missing:
            self._alarm("Missing: this draft cannot be approved until these fields are completed")
            for name in draft.missing:
                self._word.add_paragraph(name, style="List Bullet")

    def _administrative(self) -> None:
        draft = self._draft
        self._facts(("Issuer", ", ".join((draft.issuer_office, *draft.issuer_address))))
        self._text(draft.docket_number or "Assigned upon issuance.", "docket_number")
        self._section("To")
        self._facts(
            ("Name", draft.to_name), ("Attention", draft.to_attention), ("Address", ", ".join(draft.to_address))
        )
        self._section("Command")
        self._text(draft.command, "command")
        self._section("Return")
        self._facts(("When", draft.return_when))
        self._text(draft.return_place, "return_place")
        self._text(draft.electronic_delivery, "electronic_delivery")
        self._authority()
        self._recitals()
        self._deadlines()
        self._findings()
        self._section("Relevance")
        self._text(draft.relevance, "relevance")
        self._section("Documents not in the possession of the issuer")
        self._text(draft.not_in_possession, "not_in_possession")
        self._section("Right to object")
        self._text(draft.objection_rule, "objection")
        self._text(draft.objection_date, "objection_date")
        self._section("Enforcement")
        self._text(draft.enforcement, "enforcement")
        self._text(draft.signatory, "signatory.name")
        self._text(draft.signatory_title, "signatory.title")
        self._signature()

    def _under_rule_45(self, process: CourtProcess) -> None:
        draft = self._draft
        self._facts(
            ("Court", f"{draft.court} for the {process.district}"),
            ("Action", draft.action),
            ("Civil Action No.", process.civil_action_number),
            ("To", ", ".join((draft.to_name, draft.to_attention, *draft.to_address))),
            ("Date and time", f"{draft.return_when}; entered before service"),
        )
        self._section("Production")
        self._text(draft.command, "command")
        self._text(draft.return_place, "return_place")
        self._text(draft.electronic_delivery, "electronic_delivery")
        self._section("Objection")
        self._text(draft.objection_rule, "objection")
        self._text(draft.objection_date, "objection_date")
        self._word.add_paragraph(f"{process.attached} Their text stands in the PDF and is not to be changed.")
        self._section("Attorney who issues or requests this subpoena")
        self._text(process.party, "attorney.party")
        self._text(process.attorney_name, "attorney.name")
        self._text(process.attorney_address, "attorney.address")
        self._text(process.attorney_email, "attorney.email")
        self._text(process.attorney_telephone, "attorney.telephone")
        self._signature()
        self._section("To be established before issuance")
        self._text(process.within_100_miles, "within_100_miles")
        self._word.add_paragraph(process.notice_to_parties)
        self._authority()
        self._recitals()
        self._deadlines()
        self._findings()

    def _schedule_a(self) -> None:
        draft = self._draft
        self._word.add_page_break()
        self._word.add_heading("Schedule A", level=1)
        self._number = 0
        self._section("Definitions")
        self._lettered(draft.definitions)
        self._section("Instructions")
        self._lettered(draft.instructions)
        self._section("Relevant period")
        self._word.add_paragraph(draft.relevant_period)
        self._section("Documents to be produced")
        self._word.add_paragraph("The numbers are those of the demand.")
        for request in draft.requests:  # the number is text: a list would count anew
            paragraph = self._word.add_paragraph()
            paragraph.paragraph_format.left_indent = Inches(0.6)
            paragraph.paragraph_format.first_line_indent = Inches(-0.6)
            paragraph.add_run(request.number).bold = True
            note = f" ({request.note.strip()})" if request.note else ""
            paragraph.add_run(f"\t{request.text.strip()}{note}")

    def _record(self) -> None:
        draft = self._draft
        self._word.add_heading("Record of this Document", level=1)
        self._word.add_paragraph(
            "The proof of service and the certification of records are blank forms in the PDF and not repeated here."
        )
        self._facts(
            ("Request", draft.reference), ("Version", str(draft.version)), ("The PDF was set by", draft.audit_renderer)
        )
        if draft.approvals:
            self._table(
                ("When", "Who", "Decision", "SHA-256 of the file that was read"),
                (1.2, 1.4, 1.0, 2.9),
                ((a.when, f"{a.who}, {a.role}", a.decision, a.sha256) for a in draft.approvals),
            )
        if draft.revision_notes:
            self._word.add_paragraph("Revisions:")
            self._lettered(draft.revision_notes)

    def _authority(self) -> None:
        self._section("Authority")
        for number, provision in enumerate(self._draft.authority, start=1):
            self._word.add_paragraph().add_run(f"{provision.citation}, as of {provision.as_of}").bold = True
            self._text(provision.text, f"authority.{number}.text")
            self._text(provision.verified_by, f"authority.{number}.verified_by")
            self._text(provision.verified_on, f"authority.{number}.verified_on", needed=False)

    def _recitals(self) -> None:
        self._section("Recitals from the record")
        self._table(
            ("When", "Step", "Channel, Message-ID, and SHA-256 of the letter", "Delivered"),
            (1.2, 1.1, 3.4, 0.8),
            (
                (
                    r.when,
                    "\n".join(filter(None, (r.kind, r.note))),
                    f"{r.channel}\n{r.message_id}\n{r.sha256}",
                    r.delivered,
                )
                for r in self._draft.recitals
            ),
        )

    def _deadlines(self) -> None:
        self._section("Computation of deadlines")
        for deadline in self._draft.deadlines:
            self._word.add_paragraph().add_run(deadline.title).bold = True
            self._facts(
                ("Trigger", deadline.trigger),
                ("Period", deadline.period),
                ("Rule", deadline.rule),
                ("Calendar", deadline.calendar),
                ("Days skipped", "; ".join(deadline.skipped) or "none"),
                ("Last day", deadline.last_day),
                ("Closes", deadline.closing),
                ("Other readings", "; ".join(deadline.alternatives)),
            )

    def _findings(self) -> None:
        self._section("Findings of deficiency")
        self._table(
            ("Request", "Received", "What the record says"),
            (0.9, 1.0, 4.6),
            ((f.number, _FOUND[f.found], f.note) for f in self._draft.findings),
        )

    def _signature(self) -> None:
        paragraph = self._word.add_paragraph("\n______________________________    ____________________")
        paragraph.add_run("\nSignature, left blank by software    Date").font.size = Pt(9)

    # What it is made of.

    @property
    def _title(self) -> str:
        return _TITLES.get(self._draft.form, self._draft.form)

    def _section(self, title: str) -> None:
        """A heading with the number that it has in the PDF's own sections, as text."""
        self._number += 1
        self._word.add_heading(f"{self._number}. {title}", level=2)

    def _alarm(self, words: str) -> None:
        run = self._word.add_paragraph().add_run(words)
        run.font.bold, run.font.color.rgb = True, _ALARM

    def _text(self, words: str, field: str, *, needed: bool = True) -> None:
        """A field's name, as `review --set` takes it, and what the field holds."""
        self._field(field)
        if words.strip():
            for part in words.strip().split("\n\n"):
                self._word.add_paragraph(part)
        elif needed and field in self._draft.missing:
            self._alarm(_TO_BE_COMPLETED)
        else:
            self._word.add_paragraph("–")

    def _field(self, name: str) -> None:
        paragraph = self._word.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.keep_with_next = True
        run = paragraph.add_run(f"field: {name}")
        run.font.size, run.font.color.rgb = Pt(8), _QUIET

    def _facts(self, *facts: tuple[str, str]) -> None:
        for label, value in facts:
            if value:
                paragraph = self._word.add_paragraph()
                paragraph.paragraph_format.space_after = Pt(2)
                paragraph.add_run(f"{label}: ").bold = True
                paragraph.add_run(value)

    def _lettered(self, entries: Sequence[str]) -> None:
        for place, entry in enumerate(entries):
            self._word.add_paragraph(f"({_letters(place)}) {entry}")
        if not entries:
            self._word.add_paragraph("None.")

    def _table(self, header: tuple[str, ...], widths: tuple[float, ...], rows: Iterable[tuple[str, ...]]) -> None:
        """A table whose columns have `widths`, in inches."""
        table = self._word.add_table(rows=0, cols=len(header), style="Table Grid")
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Inches(width)
        for is_header, row in ((True, header), *((False, row) for row in rows)):
            for cell, words, width in zip(table.add_row().cells, row, widths, strict=True):
                cell.width = Inches(width)
                run = cell.paragraphs[0].add_run(words)
                run.font.size, run.font.bold = Pt(9), is_header
        self._word.add_paragraph()


def _letters(place: int) -> str:
    """``a``, …, ``z``, ``aa``, as the PDF counts."""
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(ord("a") + place % 26)


def _property(words: str) -> str:
    """As much of it as a property of a file may hold."""
    return words[:255]
