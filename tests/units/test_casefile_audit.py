"""What an audit finds within one case file: every fault by its name, and nothing in one that is well."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import get_args

import pytest

from forthwith.casefile.attempts import Claim, NothingSent
from forthwith.casefile.audit import Audited, Heading, replay
from forthwith.casefile.case_file import CaseFile, sha256_of
from forthwith.casefile.store import Opening, StartRecord
from forthwith.documents.letters import POSSIBLE_COPY
from forthwith.request.actions import SendLetter, Wait
from forthwith.request.backoff import DRAFT
from forthwith.request.entries import Entry
from forthwith.request.events import LetterAccepted, ResponseKeptAfterClosing
from forthwith.request.record import Filed, Receipt
from forthwith.request.vocabulary import SYSTEM, Attention
from tests.units.cases import OPERATOR, Desk, clocks, plan
from tests.units.request.test_random_histories import RandomHistory as Life
from tests.units.request.test_random_histories import random_plan

LATER = datetime(2027, 6, 1, 15, tzinfo=UTC)
REQUEST = plan().workflow_id
LETTERS, CHANGED, RESET, BACKUP, MISSED = (
    "letters-and-receipts-do-not-agree",
    "the-record-was-changed",
    "reset",
    "a-backup-was-restored",
    "a-step-was-missed",
)


class Office:
    """One request whose case file is kept as the activities keep it."""

    def __init__(self, desk: Desk | None = None) -> None:
        self.desk = desk or Desk()
        self.desk.on_letter = self.send
        self.objects: dict[str, bytes] = {}
        start = StartRecord(
            workflow_id=REQUEST,
            plan=self.desk.plan.content_hash,
            matter=self.desk.plan.matter,
            started_by="Olga Operator",
            started_at=self.desk.now,
        )
        opening = Opening(workflow_id=REQUEST, first_run="run-1", plan=self.desk.plan.content_hash)
        self.put("start.json", start.model_dump_json().encode())
        self.put("opened.json", opening.model_dump_json().encode())

    def put(self, place: str, content: bytes) -> Filed:
        self.objects[f"{REQUEST}/{place}"] = content
        return Filed(uri=f"{REQUEST}/{place}", sha256=sha256_of(content), size=len(content))

    def send(self, letter: SendLetter) -> bool:
        receipt = self.kept(letter.step.id, letter.attempt, to=letter.address, copy=letter.possible_copy)
        self.desk.request.letter_accepted(
            letter.step, receipt, possible_copy=letter.possible_copy, now=receipt.accepted_at
        )
        return True

    def kept(self, step: str, attempt: int, *, to: str = "", copy: bool = False) -> Receipt:
        """A claim, a message and a receipt in the dossier."""
        message = EmailMessage()
        message["Subject"] = f"{step}, attempt {attempt}"
        message.set_content(f"Dear Sir or Madam. {POSSIBLE_COPY if copy else ''}")
        eml = self.put(f"letters/{step}/attempt-{attempt}.{'0' * 12}.eml", message.as_bytes())
        claim = Claim(step=step, attempt=attempt, message_id="<1@x>", claimed_at=self.desk.now, eml=eml)
        self.put(f"letters/{step}/attempt-{attempt}.claim.json", claim.model_dump_json().encode())
        receipt = Receipt(
            message_id="<1@x>", recipient=to, accepted_at=self.desk.now, response="250 ok", eml=eml, pdf=eml
        )
        self.put(f"letters/{step}/attempt-{attempt}.receipt.json", receipt.model_dump_json().encode())
        return receipt

    def file(self) -> None:
        for entry in self.desk.request.timeline:
            self.put(f"timeline/{entry.number:04}.json", entry.filed())

    def audited(self) -> Audited:
        return Audited(CaseFile(REQUEST, self.objects))

    def found(self, now: datetime = LATER) -> list[tuple[str, str]]:
        """What is wrong, each with the heading of the runbook."""
        return [(one.wrong, one.page.partition("#")[2]) for one in self.audited().findings(now)]

    def missed(self, now: datetime, *, promised: datetime = LATER) -> str:
        recipient, issuer = clocks(self.desk.plan)
        found = self.audited().missed(self.desk.plan, recipient, issuer, promised=promised, now=now)
        assert found is None or found.page.endswith(f"#{MISSED}")
        return found.wrong if found else ""


@pytest.fixture
def office() -> Office:
    """A request that waits for its reviewer, after every letter to the recipient."""
    office = Office()
    office.desk.to_review()
    office.file()
    return office


def test_a_healthy_case_file_has_no_finding_at_any_rung() -> None:
    office, recorded = Office(), set[str]()
    while office.desk.settle() and office.desk.now < datetime(2018, 3, 20, tzinfo=UTC):
        office.file()
        assert office.found() == []
        assert office.missed(office.desk.now) == ""
        recorded |= {entry.event.kind for entry in office.desk.request.timeline}
        office.desk.go(days=1)
    assert recorded > {"deadline_passed", "cure_period_ended", "draft_ready"}


def lose(name: str) -> Callable[[Office], None]:
    def lost(office: Office) -> None:
        del office.objects[f"{REQUEST}/{name}"]

    return lost


def garble(name: str) -> Callable[[Office], None]:
    def garbled(office: Office) -> None:
        office.put(name, b"{}")

    return garbled


def edit(number: int) -> Callable[[Office], None]:
    def edited(office: Office) -> None:
        place = f"timeline/{number:04}.json"
        office.put(place, office.objects[f"{REQUEST}/{place}"].replace(b"accepted", b"refused!"))

    return edited


def second_letter(*, copy: bool) -> Callable[[Office], None]:
    def sent(office: Office) -> None:
        desk = office.desk
        receipt = office.kept("demand", 10, to=desk.state.deliveries.letters[0].receipt.recipient, copy=copy)
        last = desk.request.timeline[-1]
        again = desk.state.deliveries.letters[0].model_copy(update={"receipt": receipt})
        entry = Entry(
            number=last.number + 1,
            at=desk.now,
            by=SYSTEM,
            event=LetterAccepted(letter=again),
            text="Again.",
            previous=last.head,
        )
        office.put(f"timeline/{entry.number:04}.json", entry.filed())

    return sent


@pytest.mark.parametrize(
    ("fault", "wrong", "heading"),
    [
        (lose("start.json"), "has no start record", BACKUP),
        (lose("letters/demand/attempt-1.receipt.json"), "demand is on record as accepted, and has no receipt", LETTERS),
        (lambda office: office.kept("reminder-9", 1) and None, "reminder-9, attempt 1: has a receipt, and", LETTERS),
        (second_letter(copy=False), "demand went out twice, and attempt 10 does not say", LETTERS),
        (garble("letters/demand/attempt-1.claim.json"), "attempt-1.claim.json cannot be read", CHANGED),
        (lose("timeline/0003.json"), "its record is not whole: ", CHANGED),
        (edit(2), "its record is not whole: ", CHANGED),
        (garble("timeline/0002.json"), "its record is not whole: ", CHANGED),
    ],
)
def test_one_fault_is_one_finding(office: Office, fault: Callable[[Office], None], wrong: str, heading: str) -> None:
    fault(office)
    ((text, found),) = office.found()
    assert (found, wrong in text) == (heading, True), text


def test_a_claim_alone_is_unconfirmed_once_it_cannot_be_under_way_any_more(office: Office) -> None:
    receipt = office.kept("review-9", 1)
    lose("letters/review-9/attempt-1.receipt.json")(office)
    assert office.found(receipt.accepted_at + timedelta(minutes=15)) == []
    assert office.found() == [("review-9, attempt 1: claimed, and nobody knows whether it went out", LETTERS)]
    refused = NothingSent(type="RecipientRefused", reason="550 unknown")
    office.put("letters/review-9/attempt-1.nothing-sent.json", refused.model_dump_json().encode())
    assert office.found() == [], "it was refused: certainly nothing was sent"


def test_a_second_letter_that_says_so_is_none_too_many_also_after_ten_attempts(office: Office) -> None:
    second_letter(copy=True)(office)
    assert office.found() == []
    office.kept("demand", 2, to=office.desk.state.deliveries.letters[0].receipt.recipient)
    lose("letters/demand/attempt-2.receipt.json")(office)
    assert office.found() == [], "attempt 2 is unconfirmed, and attempt 10 says that it may be a second copy"


# A reset.


def reset(office: Office, *, at: datetime) -> Office:
    """The workflow is reset to its first task, and records anew."""
    again = Office(Desk(office.desk.plan, at=at))
    again.objects = office.objects
    again.desk.settle()
    for entry in again.desk.request.timeline:
        again.put(f"timeline/{entry.number:04}-{entry.head[:12]}.json", entry.filed())
    return again


def test_after_a_reset_only_the_messages_that_the_new_record_lacks_are_wrong() -> None:
    office = Office()
    acknowledgment = office.desk.acknowledgment()
    office.desk.go(days=3).say(acknowledgment)
    office.desk.settle()
    office.file()
    assert not office.audited().was_reset
    again = reset(office, at=office.desk.now + timedelta(days=1))
    assert again.audited().was_reset
    ((wrong, heading),) = again.found()
    expected = f"was reset, and no longer knows of {acknowledgment.event_id} (acknowledged)"
    assert (heading, wrong.startswith(expected)) == (RESET, True), wrong
    again.desk.say(acknowledgment.model_copy(update={"received_at": again.desk.now}))
    entry = again.desk.request.timeline[-1]
    again.put(f"timeline/{entry.number:04}-{entry.head[:12]}.json", entry.filed())
    assert again.found() == []


def test_what_is_kept_after_the_end_is_not_forgotten() -> None:
    office = Office()
    response = office.desk.response(a1="produced")
    office.desk.go(days=3).say(response)
    office.desk.settle()
    office.file()
    again = reset(office, at=office.desk.now + timedelta(days=1))
    assert len(again.found()) == 1
    kept = again.put(f"after-closing/{response.event_id}.json", response.model_dump_json(indent=1).encode())
    ((wrong, heading),) = again.found()
    assert (heading, wrong.endswith("expected an entry that names it; found none")) == (CHANGED, True)
    event, last = ResponseKeptAfterClosing(event_id=response.event_id, response=kept), again.audited().chain[-1]
    entry = Entry(number=last.number + 1, at=last.at, by=OPERATOR, event=event, text="", previous=last.head)
    again.put(f"timeline/{entry.number:04}-{entry.head[:12]}.json", entry.filed())
    assert again.found() == []


# A step that was missed.


def test_a_record_that_lost_its_end_has_missed_a_step(office: Office) -> None:
    record = office.desk.request.timeline
    sent = [entry.number for entry in record if '"reminder-2"' in entry.model_dump_json()]
    for number in range(sent[0], len(record) + 1):
        lose(f"timeline/{number:04}.json")(office)
    due = office.desk.state.deliveries.letters[3].receipt.accepted_at
    assert office.missed(due + timedelta(minutes=14)) == ""
    assert "did not happen: reminder-2 to the recipient" in office.missed(due + timedelta(minutes=16))
    back = datetime(2018, 2, 21, 13, tzinfo=UTC)
    assert office.missed(back, promised=back + timedelta(hours=1)) == "", (
        "after an outage it goes when the office opens"
    )


def test_a_step_that_a_message_brought_about_is_missed_as_well(office: Office) -> None:
    office.desk.say(office.desk.review("revise", notes="shorter"))
    office.file()
    assert "did not happen: draft 2" in office.missed(LATER)


def test_a_failure_leaves_it_open_when_something_is_due(office: Office) -> None:
    office.desk.say(office.desk.review("revise", notes="shorter"))
    office.desk.request.work_failed(DRAFT, Attention.DRAFT_FAILED, "template", office.desk.now)
    office.file()
    assert office.missed(LATER) == ""


@pytest.mark.parametrize("number", range(30))
def test_the_record_of_a_silent_request_says_what_it_waits_for_at_every_moment(number: int) -> None:
    office = Office(Desk(random_plan(number)))
    desk, certain = office.desk, 0
    recipient, issuer = clocks(desk.plan)
    for _ in range(12):
        rest = desk.settle()
        assert isinstance(rest, Wait)
        replayed = replay(desk.plan, recipient, issuer, desk.request.timeline)
        assert replayed is None or replayed.next == rest
        certain += replayed is not None
        desk.go(rest.until)
    assert certain


@pytest.mark.parametrize("part", range(10))
def test_nothing_was_missed_by_the_record_of_any_simulated_history(part: int) -> None:
    """Whatever was reported, broke or came late."""
    for seed in range(part, 300, 10):
        _Audited(seed).live()


class _Audited(Life):
    def pass_time(self, until: datetime) -> None:
        replayed = replay(self.plan, *clocks(self.plan), self.request.timeline)
        assert replayed is None or replayed.missed(promised=until, now=until) is None
        super().pass_time(until)


@pytest.mark.parametrize("heading", get_args(Heading))
def test_the_page_of_every_finding_is_there(heading: str) -> None:
    lines = Path("docs/runbook.md").read_text("utf-8").splitlines()
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert heading in [there.lower().replace(",", "").replace(" ", "-") for there in headings]
