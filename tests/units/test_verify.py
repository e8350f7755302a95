"""What `verify` finds in a case file that was changed, and that damage is a finding of every command, never a crash."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from forthwith.campaign.models import RequestPlan
from forthwith.casefile.attempts import Attempt
from forthwith.casefile.audit import Audited
from forthwith.casefile.case_file import CaseFile, sha256_of
from forthwith.casefile.export import in_dossier
from forthwith.casefile.recovery import rebuilt
from forthwith.casefile.store import Dossier, DossierError, Opening, StartRecord
from forthwith.casefile.verify import wrongs
from forthwith.cli.commands.report import Reading
from forthwith.documents.template_files import default_templates
from forthwith.failure import Failure
from forthwith.request.actions import Action, CopyIssued, DraftReferral, DraftSubpoena, SendLetter
from forthwith.request.record import Draft, Filed, Receipt, Recovery
from tests.units.cases import OPERATOR, Desk, pinned_plan
from tests.units.test_casefile_audit import LATER

ACCEPTED = "timeline/0003.json"
"""The entry of the demand's acceptance, which holds its receipt."""


class Office(Desk):
    """A desk whose case file is kept as the activities keep it."""

    def __init__(self, dossier: Dossier, of: RequestPlan) -> None:
        super().__init__(of)
        self.dossier, self.id = dossier, of.workflow_id
        self.folder = dossier.of(self.id)
        self.on_letter = self.send
        dossier.pin(of.canonical)
        started = StartRecord(
            workflow_id=self.id, plan=of.content_hash, matter=of.matter, started_by="somebody", started_at=self.now
        )
        dossier.record_start(started)
        dossier.open(Opening(workflow_id=self.id, first_run="run-1", plan=of.content_hash))
        self.request.case_opened(dossier.beginnings(self.id), self.now)

    def next(self) -> Action:
        """What comes next, once the documents are drawn up."""
        while True:
            match action := super().next():
                case DraftSubpoena(version):
                    content = f"%PDF draft {version}".encode()
                    copy = self.keep(f"drafts/v{version}-{sha256_of(content)[:12]}.docx", b"a copy to mark up")
                    document = self.document(f"drafts/v{version}-{sha256_of(content)[:12]}", content)
                    drawn_up = Draft(version=version, document=document, working_copy=copy)
                    self.request.draft_finished(drawn_up, self.now)
                case CopyIssued():
                    self.request.record_copy_finished(self.keep("drafts/issued.pdf", b"%PDF issued"), self.now)
                case DraftReferral():
                    content = b"%PDF memo"
                    memo = self.document(f"referral/memo-{sha256_of(content)[:12]}", content)
                    self.request.memo_finished(memo, self.now)
                case _:
                    return action

    def keep(self, place: str, content: bytes) -> Filed:
        return self.dossier.keep(self.folder / place, content)

    def document(self, place: str, content: bytes) -> Filed:
        """A PDF and the data that it was set from."""
        data = self.keep(f"{place}.json", b'{"some": "data"}')
        return self.keep(f"{place}.pdf", content).model_copy(update={"data": data})

    def put_off_once(self) -> None:
        """The next letter is put off once."""

        def put_off(letter: SendLetter) -> bool:
            attempt, reason = Attempt(self.dossier, self.id, letter.step.id, letter.attempt), "450 later"
            attempt.refused("MailDeferred", reason, timedelta(minutes=5))
            evidence = attempt.kept("nothing-sent")
            self.request.letter_deferred(
                letter.step, reason, retry_after=timedelta(minutes=5), now=self.now, evidence=evidence
            )
            self.on_letter = self.send
            return True

        self.on_letter = put_off

    def send(self, letter: SendLetter) -> bool:
        attempt = Attempt(self.dossier, self.id, letter.step.id, letter.attempt)
        message_id = f"<{letter.step.id}@office.example>"
        eml = attempt.keep_eml(f"Message-ID: {message_id}\n\nDear Sir or Madam\n".encode())
        pdf = self.keep(f"letters/{letter.step.id}/letter-{'0' * 12}.pdf", b"%PDF letter")
        claim = attempt.claim(message_id, eml, pdf)
        receipt = Receipt(
            message_id=message_id,
            recipient=letter.address,
            accepted_at=self.now,
            response="250 ok",
            eml=eml,
            pdf=pdf,
            claim=claim,
        )
        attempt.keep_receipt(receipt)
        self.request.letter_accepted(letter.step, receipt, possible_copy=letter.possible_copy, now=self.now)
        return True

    def file(self) -> None:
        self.dossier.file(self.id, self.request.timeline)

    def recover(self) -> None:
        recovery = Recovery(
            workflow_id=self.id, number=2, after_run="run-1", by=OPERATOR, reason="terminated", at=self.now
        )
        self.dossier.authorize_recovery(recovery)
        assert self.dossier.claim_recovery(Opening(workflow_id=self.id, first_run="run-2", plan=self.plan.content_hash))
        self.request.recovered(recovery, self.now, objects=self.dossier.beginnings(self.id))

    @property
    def case(self) -> CaseFile:
        return in_dossier(self.dossier.root, self.id)

    @property
    def wrong(self) -> list[str]:
        """The files in which something is wrong, by their place in the request's folder."""
        return [wrong.file.removeprefix(f"{self.id}/") for wrong in wrongs(self.case)]

    def one(self, pattern: str) -> Path:
        return sorted(self.folder.glob(pattern))[0]

    def be_served_and_recovered(self) -> None:
        """The draft is revised, approved, issued and served, and the request is recovered."""
        self.to_review().say(self.review("revise", notes="shorter"))
        self.settle()
        self.say(self.review("approve"))
        self.settle()
        self.say(self.issuance())
        self.settle()
        self.say(self.service())
        self.recover()

    def edit(self, pattern: str, old: str, new: str) -> None:
        path = self.one(pattern)
        assert old in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A request whose draft was revised, issued and served, and that was recovered before it was referred."""
    dossier = Dossier(tmp_path)
    office = Office(dossier, pinned_plan(dossier, default_templates()))
    office.be_served_and_recovered()
    office.go(days=10)
    office.file()
    return office


def test_in_a_case_file_that_is_well_nothing_is_wrong(office: Office) -> None:
    assert office.wrong == []
    assert [*Audited(office.case).findings(LATER)] == []
    office.go(days=20)
    assert office.state.outcome
    office.file()
    assert office.wrong == []
    assert office.one("referral/*.pdf")


def edit_the_acceptance(office: Office) -> str:
    office.edit("letters/demand/*.receipt.json", '"accepted_at":"2018-01-24', '"accepted_at":"2018-01-23')
    return ACCEPTED


def edit_a_pdf_with_its_hash(office: Office) -> str:
    pdf = office.one("letters/demand/*.pdf")
    before = sha256_of(pdf.read_bytes())
    pdf.write_bytes(pdf.read_bytes().replace(b"letter", b"LETTER"))
    office.edit("letters/demand/*.receipt.json", before, sha256_of(pdf.read_bytes()))
    return "letter-000000000000.pdf"


def edit_an_eml_with_its_hashes(office: Office) -> str:
    eml = office.one("letters/demand/*.eml")
    before = sha256_of(eml.read_bytes())
    eml.write_bytes(eml.read_bytes().replace(b"Sir or", b"SIR OR"))
    for what in ("receipt", "claim"):
        office.edit(f"letters/demand/*.{what}.json", before, sha256_of(eml.read_bytes()))
    return ACCEPTED


def swap_the_drafts(office: Office) -> str:
    first, second = office.one("drafts/v1-*.pdf"), office.one("drafts/v2-*.pdf")
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    return "drafts/v1-"


def edit_a_working_copy(office: Office) -> str:
    office.edit("drafts/v1-*.docx", "mark up", "sign")
    return "drafts/v1-"


def remove(pattern: str) -> Callable[[Office], str]:
    def removed(office: Office) -> str:
        path = office.one(pattern)
        path.unlink()
        return path.relative_to(office.folder).as_posix()

    return removed


def remove_the_memo(office: Office) -> str:
    office.go(days=20)
    office.file()
    return remove("referral/memo-*.pdf")(office)


def remove_a_receipt(office: Office) -> str:
    remove("letters/demand/*.receipt.json")(office)
    return ACCEPTED


def edit_the_recovery(office: Office) -> str:
    office.edit("recovery-2.json", "run-1", "run-0")
    return "recovery-2.json"


@pytest.mark.parametrize(
    "change",
    [
        edit_the_acceptance,
        edit_a_pdf_with_its_hash,
        edit_an_eml_with_its_hashes,
        swap_the_drafts,
        edit_a_working_copy,
        remove_the_memo,
        edit_the_recovery,
        remove("recovery-2.json"),
        remove_a_receipt,
        remove("letters/demand/*.claim.json"),
        remove("drafts/issued.pdf"),
        remove("opened.json"),
    ],
)
def test_a_change_is_found_in_its_file(office: Office, change: Callable[[Office], str]) -> None:
    named = change(office)
    assert any(named in file for file in office.wrong), office.wrong


# Damage.

DAMAGE = {"nothing": b"", "half of it": b'{"workflow_id": "test/some', "no text": b"\xff\xfe\x00", "another": b"[]"}

DAMAGED = (
    "start.json",
    "opened.json",
    "recovery-2.json",
    "opened-2.json",
    "letters/demand/attempt-1.claim.json",
    "letters/demand/attempt-1.receipt.json",
    "letters/demand/attempt-2.nothing-sent.json",
    "timeline/0001.json",
    "timeline/0003.json",
)


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("file", DAMAGED)
def test_damage_is_a_finding_of_verify_and_of_audit(office: Office, file: str, content: bytes) -> None:
    (office.folder / file).write_bytes(content)
    assert file in office.wrong
    found = [one.wrong for one in Audited(office.case).findings(LATER)]
    assert any(file.partition("/")[2] in wrong for wrong in found), found


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("file", ["start.json", "opened.json", "timeline/0001.json", "timeline/0003.json"])
def test_what_is_damaged_is_not_rebuilt_and_the_error_names_it(office: Office, file: str, content: bytes) -> None:
    (office.folder / file).write_bytes(content)
    with pytest.raises(Failure, match="is damaged; restore it from a backup") as refused:
        rebuilt(office.dossier, office.id)
    assert file in str(refused.value)
    assert "\n" not in str(refused.value)
    assert f"`forthwith verify {office.id}`" in refused.value.hint


@pytest.mark.parametrize("read", [Dossier.openings, lambda dossier, request: dossier.recovery(request, 2)])
def test_damage_of_an_earlier_recovery_is_named(office: Office, read: Callable[[Dossier, str], object]) -> None:
    for what in ("recovery", "opened"):
        (office.folder / f"{what}-2.json").write_bytes(b"{")
    with pytest.raises(DossierError, match=r"-2\.json is damaged; restore it from a backup"):
        read(office.dossier, office.id)


@pytest.mark.parametrize("file", ["start.json", "timeline/0001.json", "timeline/0003.json"])
def test_a_report_goes_on_with_a_row_that_names_the_damage(office: Office, file: str) -> None:
    (office.folder / file).write_bytes(b"{")
    row = Reading(office.dossier, LATER, lambda _: "").row(office.id, None)
    assert row.problem.endswith(f"cannot be read: forthwith verify {office.id}")


def test_an_audit_of_a_damaged_start_says_so_and_not_that_there_is_none(office: Office) -> None:
    (office.folder / "start.json").write_bytes(b"{")
    (found,) = [one.wrong for one in Audited(office.case).findings(LATER)]
    assert found == f"{office.id}/start.json cannot be read"
    (office.folder / "start.json").unlink()
    (found,) = [one.wrong for one in Audited(office.case).findings(LATER)]
    assert found == "has no start record"


def test_a_receipt_is_compared_as_a_whole_also_in_what_no_hash_covers(office: Office) -> None:
    """Whatever of it is edited is found, since the record has all of it."""
    path = office.one("letters/demand/*.receipt.json")
    receipt = json.loads(path.read_text("utf-8"))
    for field, value in {"response": "250 other", "recipient": "other@x.example", "refused_copies": ["a@b.c"]}.items():
        path.write_text(json.dumps(receipt | {field: value}), "utf-8")
        assert ACCEPTED in office.wrong, field
    path.write_text(json.dumps(receipt), "utf-8")
    assert office.wrong == []
