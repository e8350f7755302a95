"""A stranger's manipulations of a case file, each found: by `verify` offline, or where that cannot know, by the head.

Whoever can write the whole folder can also make another chain that is right in itself. No check of the folder alone can
see that, nor that its end is missing; the head that Temporal has, or that somebody noted, does: `verify --head`, and
`audit --histories`, which reads the history that filed it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from forthwith.casefile.after_closing import record_after_closing
from forthwith.casefile.audit import Audited
from forthwith.casefile.case_file import IN_WORDS, SUMS, CaseFile, Wrong, request_in, sha256_of
from forthwith.casefile.export import at_path, packed
from forthwith.casefile.store import Dossier
from forthwith.casefile.verify import other_head, wrongs
from forthwith.request.entries import Entry
from forthwith.request.responses import RecordResponse
from tests.units.cases import pinned_plan
from tests.units.test_casefile_audit import LATER
from tests.units.test_verify import Office


@dataclass
class Ended:
    """The case file of a request that was put off once, was recovered, ended, and got an answer after that."""

    office: Office
    head: str
    """Of the whole record."""
    closed: str
    """With which the workflow ended."""

    @property
    def root(self) -> Path:
        return self.office.dossier.root

    @property
    def case(self) -> CaseFile:
        return self.office.case

    def one(self, pattern: str) -> Path:
        return self.office.one(pattern)

    def entry(self, kind: str) -> Path:
        """The file of the first entry of a kind."""
        return next(path for path in self.timeline() if json.loads(path.read_bytes())["event"]["kind"] == kind)

    def timeline(self) -> list[Path]:
        return sorted(self.office.folder.glob("timeline/*.json"))

    def change(self, path: Path, old: str, new: str) -> Path:
        content = path.read_text("utf-8", errors="surrogateescape")
        assert old in content, path
        path.write_text(content.replace(old, new, 1), "utf-8", errors="surrogateescape")
        return path

    def rechain(self) -> None:
        """Makes a chain of the entries as they are now, under names that follow each other."""
        previous, entries = "0" * 64, [Entry.model_validate_json(path.read_bytes()) for path in self.timeline()]
        for path in self.timeline():
            path.unlink()
        for number, entry in enumerate(entries, 1):
            entry = entry.model_copy(update={"number": number, "previous": previous})
            (self.office.folder / f"timeline/{number:04}.json").write_bytes(entry.filed())
            previous = entry.head

    def found(self, head: str = "") -> list[Wrong]:
        case = self.case
        return [*wrongs(case), *other_head(case, head)]


@pytest.fixture
def ended(tmp_path: Path) -> Ended:
    dossier = Dossier(tmp_path / "dossier")
    office = Office(dossier, pinned_plan(dossier, {"letter.typ": "= Letter"}))
    office.put_off_once()
    office.say(office.note())
    office.be_served_and_recovered()
    office.go(days=30)
    office.file()
    assert office.state.outcome
    closed = office.case.head
    response = RecordResponse.model_validate(office.response().model_dump() | {"event_id": "late-1"})
    path = office.folder / "after-closing/late-1.json"
    dossier.create(path, response.model_dump_json(indent=1).encode())
    record_after_closing(dossier, office.plan, response, path)
    case = office.case
    assert case.head != closed == case.closed_head
    assert [*wrongs(case)] == []
    assert [*Audited(case).findings(LATER)] == []
    return Ended(office, case.head, closed)


Manipulation = Callable[[Ended], Path | None]
"""Changes the case file; returns the file that is to be named, where one is."""


def edit(pattern: str, old: str, new: str) -> Manipulation:
    return lambda ended: ended.change(ended.one(pattern), old, new)


def edit_entry(kind: str, old: str, new: str) -> Manipulation:
    """What is named is the entry after it, which does not follow it."""

    def edited(ended: Ended) -> None:
        ended.change(ended.entry(kind), old, new)

    return edited


def delete(pattern: str) -> Manipulation:
    def deleted(ended: Ended) -> Path:
        path = ended.one(pattern)
        path.unlink()
        return path

    return deleted


def truncate(pattern: str) -> Manipulation:
    def truncated(ended: Ended) -> Path:
        path = ended.one(pattern)
        path.write_bytes(path.read_bytes()[:-7])
        return path

    return truncated


def add(place: str, like: str = "") -> Manipulation:
    """Adds a file, with the content of another one."""

    def added(ended: Ended) -> Path:
        path = ended.office.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ended.one(like).read_bytes() if like else b"{}")
        return path

    return added


def rename(pattern: str, to: str) -> Manipulation:
    return lambda ended: ended.one(pattern).rename(ended.one(pattern).with_name(to))


def swap(first: str, second: str) -> Manipulation:
    def swapped(ended: Ended) -> Path:
        one, other = ended.one(first), ended.one(second)
        content = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(content)
        return one

    return swapped


def swap_pdfs(ended: Ended) -> Path:
    paths = sorted(ended.office.folder.glob("drafts/v*.pdf"))
    first, second = paths[0].read_bytes(), paths[1].read_bytes()
    paths[0].write_bytes(second)
    paths[1].write_bytes(first)
    return paths[0]


def link(pattern: str, to: str) -> Manipulation:
    """Puts a symbolic link in the place of a file or folder, to something that is the same."""

    def linked(ended: Ended) -> Path:
        path = ended.one(pattern)
        moved = path.with_name(to) if to else ended.root.parent / f"outside-{path.name}"
        path.rename(moved)
        path.symlink_to(moved)
        return path

    return linked


def link_pinned(ended: Ended) -> Path:
    path = ended.root / "pinned" / ended.office.plan.templates
    outside = ended.root.parent / "outside"
    path.rename(outside)
    path.symlink_to(outside)
    return path


def pdf_with_its_hash(ended: Ended) -> Path:
    """The letter, and its hash and size in the claim and in the receipt, in the entry nothing."""
    pdf = ended.one("letters/demand/letter-*.pdf")
    before = sha256_of(pdf.read_bytes())
    pdf.write_bytes(pdf.read_bytes().replace(b"letter", b"LETTER"))
    for what in ("claim", "receipt"):
        ended.change(ended.one(f"letters/demand/attempt-2.{what}.json"), before, sha256_of(pdf.read_bytes()))
    return pdf


def last_entry(ended: Ended) -> None:
    ended.timeline()[-1].unlink()


def after_closing_with_its_entry(ended: Ended) -> None:
    ended.one("after-closing/*.json").unlink()
    last_entry(ended)


def whole_end(ended: Ended) -> None:
    for path in ended.timeline()[-4:]:
        path.unlink()
    ended.one("after-closing/*.json").unlink()


def rechain_edited(ended: Ended) -> None:
    ended.change(ended.entry("note_added"), "spoke", "never spoke")
    ended.rechain()


def rechain_without_one(ended: Ended) -> None:
    ended.entry("note_added").unlink()
    ended.rechain()


def rechain_without_a_letter(ended: Ended) -> Path:
    """The acceptance is taken out of the record; the receipt says otherwise."""
    ended.entry("letter_accepted").unlink()
    ended.rechain()
    return ended.one("letters/demand/attempt-2.receipt.json")


def rechain_reordered(ended: Ended) -> None:
    first, second = ended.timeline()[4:6]
    swapped = first.read_bytes(), second.read_bytes()
    second.write_bytes(swapped[0])
    first.write_bytes(swapped[1])
    ended.rechain()


def rechain_with_the_receipt(ended: Ended) -> None:
    """The time of acceptance is another in the receipt, in the entry and in all that follows."""
    for path in (ended.one("letters/demand/attempt-2.receipt.json"), ended.entry("letter_accepted")):
        ended.change(path, '"accepted_at":"2018-01', '"accepted_at":"2017-01')
    ended.rechain()


def branch(ended: Ended) -> None:
    """An entry that follows a true one, and is later than all: what a reset would leave."""
    entry = Entry.model_validate_json(ended.timeline()[5].read_bytes())
    forged = entry.model_copy(update={"at": LATER, "text": "something else"})
    (ended.office.folder / f"timeline/{forged.number:04}-{forged.head[:12]}.json").write_bytes(forged.filed())


# Every one of these is found in the folder alone, without a server.
OFFLINE: dict[str, Manipulation] = {
    "an entry edited": edit_entry("note_added", "spoke", "never spoke"),
    "an entry's time edited": edit_entry("note_added", '"at":"2018', '"at":"2017'),
    "the first entry deleted": delete("timeline/0001.json"),
    "an entry in the middle deleted": delete("timeline/0005.json"),
    "two entries swapped": swap("timeline/0004.json", "timeline/0005.json"),
    "an entry truncated": truncate("timeline/0005.json"),
    "an entry renamed": rename("timeline/0005.json", "1005.json"),
    "an entry added under another name": add("timeline/5.json", like="timeline/0005.json"),
    "a letter edited": edit("letters/demand/*.eml", "Dear Sir", "Dear Ma"),
    "a letter deleted": delete("letters/demand/*.eml"),
    "a letter truncated": truncate("letters/demand/*.eml"),
    "a letter added": add("letters/demand/attempt-3.0123456789ab.eml", like="letters/demand/*.eml"),
    "letters swapped": swap("letters/demand/*.eml", "letters/reminder-1/*.eml"),
    "a printed letter edited": edit("letters/demand/letter-*.pdf", "letter", "LETTER"),
    "a printed letter deleted": delete("letters/demand/letter-*.pdf"),
    "a printed letter with its hash edited": pdf_with_its_hash,
    "a receipt's time edited": edit("letters/demand/*.receipt.json", '"accepted_at":"2018', '"accepted_at":"2017'),
    "a receipt's recipient edited": edit("letters/demand/*.receipt.json", '"recipient":"', '"recipient":"x'),
    "a receipt's answer edited": edit("letters/demand/*.receipt.json", "250 ok", "250 ko"),
    "a receipt deleted": delete("letters/demand/*.receipt.json"),
    "a receipt truncated": truncate("letters/demand/*.receipt.json"),
    "a receipt added": add("letters/demand/attempt-3.receipt.json", like="letters/demand/*.receipt.json"),
    "a claim's time edited": edit("letters/demand/*.claim.json", '"claimed_at":"2', '"claimed_at":"1'),
    "a claim deleted": delete("letters/demand/*.claim.json"),
    "a claim truncated": truncate("letters/demand/*.claim.json"),
    "a claim added": add("letters/demand/attempt-3.claim.json", like="letters/demand/*.claim.json"),
    "a refusal edited": edit("letters/demand/*.nothing-sent.json", "450 later", "550 never"),
    "a refusal deleted": delete("letters/demand/*.nothing-sent.json"),
    "a refusal truncated": truncate("letters/demand/*.nothing-sent.json"),
    "a refusal added": add("letters/demand/attempt-7.nothing-sent.json", like="letters/demand/*.nothing-sent.json"),
    "a draft edited": edit("drafts/v1-*.pdf", "draft", "DRAFT"),
    "a draft deleted": delete("drafts/v1-*.pdf"),
    "a draft added": add("drafts/v9-0123456789ab.pdf", like="drafts/v1-*.pdf"),
    "drafts swapped": swap_pdfs,
    "the data of a draft edited": edit("drafts/v1-*.json", "data", "DATA"),
    "the data of a draft deleted": delete("drafts/v1-*.json"),
    "a working copy edited": edit("drafts/v1-*.docx", "mark up", "sign"),
    "the issued copy edited": edit("drafts/issued.pdf", "issued", "ISSUED"),
    "a memo edited": edit("referral/memo-*.pdf", "memo", "MEMO"),
    "a memo deleted": delete("referral/memo-*.pdf"),
    "the data of a memo edited": edit("referral/memo-*.json", "data", "DATA"),
    "who started it edited": edit("start.json", "somebody", "nobody"),
    "when it was started edited": edit("start.json", '"started_at":"2018', '"started_at":"2017'),
    "the start record deleted": delete("start.json"),
    "which workflow drives it edited": edit("opened.json", "run-1", "run-7"),
    "which workflow drives it truncated": truncate("opened.json"),
    "who authorized a recovery edited": edit("recovery-2.json", "Olga", "Olaf"),
    "why it was recovered edited": edit("recovery-2.json", "terminated", "as agreed"),
    "an authorized recovery deleted": delete("recovery-2.json"),
    "which workflow recovered it edited": edit("opened-2.json", "run-2", "run-7"),
    "which workflow recovered it deleted": delete("opened-2.json"),
    "another recovery added": add("recovery-3.json", like="recovery-2.json"),
    "what came after the end edited": edit("after-closing/*.json", "production", "refusal"),
    "what came after the end deleted": delete("after-closing/*.json"),
    "something added after the end": add("after-closing/late-2.json", like="after-closing/late-1.json"),
    "an extra file": add("letters/demand/note.txt"),
    "an extra file in a folder of its own": add("evidence/0001.json"),
    "a hidden file": add(".hidden"),
    "a letter behind a link": link("letters/demand/*.eml", "moved.eml"),
    "an entry behind a link": link("timeline/0005.json", "moved.json"),
    "a folder behind a link": link("letters/demand", ""),
    "what was pinned behind a link": link_pinned,
    "the acceptance taken out, all chained anew": rechain_without_a_letter,
}

# These are right in themselves; only a head from elsewhere tells.
BY_THE_HEAD: dict[str, Manipulation] = {
    "the last entry deleted, with what it names": after_closing_with_its_entry,
    "the end deleted": whole_end,
    "an entry edited, all chained anew": rechain_edited,
    "an entry deleted, all chained anew": rechain_without_one,
    "entries reordered, all chained anew": rechain_reordered,
    "a receipt and its entry edited, all chained anew": rechain_with_the_receipt,
    "another end added beside the true one": branch,
}


def test_the_table_is_long_enough() -> None:
    assert len(OFFLINE) + len(BY_THE_HEAD) > 40


@pytest.mark.fault(48)
@pytest.mark.parametrize("manipulation", OFFLINE.values(), ids=OFFLINE)
def test_verify_finds_it_offline_and_names_the_file(ended: Ended, manipulation: Manipulation) -> None:
    changed = manipulation(ended)
    found = ended.found()
    assert found
    if changed:
        named = changed.relative_to(ended.root).as_posix()
        assert any(named in str(wrong) for wrong in found), found


NO_RECORD = (
    *("a letter", "letters", "a printed", "a draft", "drafts", "the data", "a working", "the issued", "a memo"),
    *("what was pinned", "an extra", "a hidden"),
)
"""An audit reads every record and no document: `audit --histories` reads those as well."""
RECORDS = {name: one for name, one in OFFLINE.items() if not name.startswith(NO_RECORD)}


@pytest.mark.parametrize("manipulation", RECORDS.values(), ids=RECORDS)
def test_audit_finds_what_was_done_to_records(ended: Ended, manipulation: Manipulation) -> None:
    manipulation(ended)
    assert [*Audited(ended.case).findings(LATER)]


@pytest.mark.parametrize("manipulation", BY_THE_HEAD.values(), ids=BY_THE_HEAD)
def test_the_head_finds_what_is_right_in_itself(ended: Ended, manipulation: Manipulation) -> None:
    assert ended.found(ended.head) == ended.found(ended.closed) == []
    manipulation(ended)
    assert ended.found(ended.head)
    if manipulation is not after_closing_with_its_entry:
        assert ended.found(ended.closed), "the head with which the workflow ended tells as well"


# What was exported.


@pytest.fixture
def exported(ended: Ended) -> dict[str, bytes]:
    path = ended.root.parent / "case.zip"
    path.write_bytes(packed(ended.case))
    case = at_path(path)
    assert [*wrongs(case)] == []
    return dict(case.objects)


def checked(objects: dict[str, bytes]) -> list[str]:
    return [wrong.file for wrong in wrongs(CaseFile(request_in(objects), objects))]


def with_new_sums(objects: dict[str, bytes]) -> dict[str, bytes]:
    """Whoever changes an export can change the list of its hashes as well."""
    sums = "".join(f"{sha256_of(objects[name])}  {name}\n" for name in sorted(objects) if name != SUMS)
    return {**objects, SUMS: sums.encode()}


def test_an_export_whose_list_was_made_anew_is_checked_all_the_same(exported: dict[str, bytes]) -> None:
    assert checked(with_new_sums(exported)) == []
    edited = {**exported, IN_WORDS: exported[IN_WORDS].replace(b"spoke", b"never spoke")}
    assert checked(with_new_sums(edited)) == [IN_WORDS]
    assert checked(with_new_sums({**exported, "note.txt": b"trust me"})) == ["note.txt"]
    assert checked(with_new_sums({**exported, f"pinned/{'a' * 64}": b"{}"})) == [f"pinned/{'a' * 64}"]
    assert checked(with_new_sums({**exported, "../outside.txt": b""})) == ["../outside.txt"]
    listless = {name: content for name, content in edited.items() if name != SUMS}
    assert IN_WORDS in checked(listless)
