"""What an audit finds within one case file: every fault by its name, and nothing in one that is well."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import get_args

import pytest

from forthwith.casefile.attempts import Claim
from forthwith.casefile.audit import Audited, Heading, replay
from forthwith.casefile.store import Opening, StartRecord
from forthwith.casefile.verify import CaseFile, sha256_of
from forthwith.documents.letters import POSSIBLE_COPY
from forthwith.request.actions import SendLetter, Wait
from forthwith.request.backoff import DRAFT
from forthwith.request.entries import Entry
from forthwith.request.record import Filed, Receipt
from forthwith.request.vocabulary import Attention
from tests.units.cases import Desk, clocks, plan
from tests.units.test_case_lives import Life, random_plan

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
        self.desk.case.letter_accepted(
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
        for entry in self.desk.case.timeline:
            self.put(f"timeline/{entry.number:04}.json", entry.filed())

    def audited(self) -> Audited:
        return Audited(CaseFile(REQUEST, self.objects))

    def found(self, now: datetime = LATER) -> list[tuple[str, str]]:
        """What is wrong, each with the heading of the runbook."""
        return [(one.wrong, one.page.partition("#")[2]) for one in self.audited().findings(now)]

    def missed(self, now: datetime, *, promised: datetime = LATER) -> str:
        recipient, issuer = clocks(self.desk.plan)
        found = asyncio.run(self.audited().missed(self.desk.plan, recipient, issuer, promised=promised, now=now))
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
    office, lived = Office(), set[str]()
    while office.desk.settle() and office.desk.now < datetime(2018, 3, 20, tzinfo=UTC):
        office.file()
        assert office.found() == []
        assert office.missed(office.desk.now) == ""
        lived |= set(office.desk.said)
        office.desk.go(days=1)
    assert lived > {"deadline_passed", "cure_period_over", "draft_ready"}


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
        receipt = office.kept("demand", 10, to=desk.case.letters[0].receipt.recipient, copy=copy)
        last = desk.case.timeline[-1]
        told = {"step": "demand", "eml": receipt.eml.sha256}
        entry = Entry(
            number=last.number + 1, at=desk.now, what="letter_sent", text="Again.", details=told, previous=last.head
        )
        office.put(f"timeline/{entry.number:04}.json", entry.filed())

    return sent


@pytest.mark.parametrize(
    ("fault", "wrong", "heading"),
    [
        (lose("start.json"), "has no start record", BACKUP),
        (lose("letters/demand/attempt-1.receipt.json"), "demand is told as sent, and has no receipt", LETTERS),
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


def test_a_claim_alone_is_a_doubt_once_it_cannot_be_under_way_any_more(office: Office) -> None:
    receipt = office.kept("review-9", 1)
    lose("letters/review-9/attempt-1.receipt.json")(office)
    assert office.found(receipt.accepted_at + timedelta(minutes=15)) == []
    assert office.found() == [("review-9, attempt 1: claimed, and nobody knows whether it went out", LETTERS)]
    office.put("letters/review-9/attempt-1.nothing-sent.json", b"{}")
    assert office.found() == [], "it was refused: certainly nothing was sent"


def test_a_second_letter_that_says_so_is_none_too_many_also_after_ten_attempts(office: Office) -> None:
    second_letter(copy=True)(office)
    assert office.found() == []
    office.kept("demand", 2, to=office.desk.case.letters[0].receipt.recipient)
    lose("letters/demand/attempt-2.receipt.json")(office)
    assert office.found() == [], "the doubt about attempt 2 is settled by attempt 10, which is marked"


# A reset.


def live_again(office: Office, *, until: datetime) -> Office:
    """The workflow is reset to its first task, and tells its life anew."""
    again = Office(Desk(office.desk.plan, at=until))
    again.objects = office.objects
    again.desk.settle()
    for entry in again.desk.case.timeline:
        again.put(f"timeline/{entry.number:04}-{entry.head[:12]}.json", entry.filed())
    return again


def test_a_reset_is_told_and_wrong_is_only_what_people_said_and_the_new_life_does_not_know() -> None:
    office = Office()
    office.desk.go(days=3).say(office.desk.acknowledgment())
    office.desk.settle()
    office.file()
    assert not office.audited().was_reset
    again = live_again(office, until=office.desk.now + timedelta(days=1))
    assert again.audited().was_reset
    ((wrong, heading),) = again.found()
    event = office.desk.case.timeline[-1].details["event_id"]
    assert (heading, wrong.startswith(f"was reset, and no longer knows of {event} (acknowledged)")) == (RESET, True)
    again.desk.case.record(office.desk.acknowledgment().model_copy(update={"event_id": event}), again.desk.now)
    entry = again.desk.case.timeline[-1]
    again.put(f"timeline/{entry.number:04}-{entry.head[:12]}.json", entry.filed())
    assert again.found() == []


def test_what_is_told_after_the_end_counts_as_told() -> None:
    office = Office()
    office.desk.go(days=3).say(office.desk.response(a1="produced"))
    office.desk.settle()
    office.file()
    said = office.desk.case.responses[-1]
    again = live_again(office, until=office.desk.now + timedelta(days=1))
    assert len(again.found()) == 1
    again.put(f"after-closing/{said.event_id}.json", said.model_dump_json(indent=1).encode())
    assert again.found() == []


# A step that was missed.


def test_a_record_that_lost_its_end_has_missed_a_step(office: Office) -> None:
    told = [entry for entry in office.desk.case.timeline if entry.details.get("step") == "reminder-2"]
    for number in range(told[0].number, len(office.desk.case.timeline) + 1):
        lose(f"timeline/{number:04}.json")(office)
    due = office.desk.case.letters[3].receipt.accepted_at
    assert office.missed(due + timedelta(minutes=14)) == ""
    assert "did not happen: reminder-2 to the recipient" in office.missed(due + timedelta(minutes=16))
    back = datetime(2018, 2, 21, 13, tzinfo=UTC)
    assert office.missed(back, promised=back + timedelta(hours=1)) == "", (
        "after an outage it goes when the office opens"
    )


def test_what_somebody_said_is_lived_as_well(office: Office) -> None:
    office.desk.say(office.desk.review("revise", notes="shorter"))
    office.file()
    assert "did not happen: draft 2" in office.missed(LATER)


def test_a_failure_leaves_it_open_when_something_is_due(office: Office) -> None:
    office.desk.say(office.desk.review("revise", notes="shorter"))
    office.desk.case.failed(Attention.DRAFT_FAILED, "template", office.desk.now, of=DRAFT)
    office.file()
    assert office.missed(LATER) == ""


@pytest.mark.parametrize("number", range(30))
def test_the_record_of_a_silent_life_says_what_it_waits_for_at_every_moment(number: int) -> None:
    office = Office(Desk(random_plan(number)))
    desk, told = office.desk, 0
    recipient, issuer = clocks(desk.plan)
    for _ in range(12):
        rest = desk.settle()
        assert isinstance(rest, Wait)
        replayed = asyncio.run(replay(desk.plan, recipient, issuer, desk.case.timeline))
        assert replayed is None or replayed.next == rest
        told += replayed is not None
        desk.go(rest.until)
    assert told


@pytest.mark.parametrize("part", range(10))
def test_the_record_of_no_life_says_that_something_was_missed(part: int) -> None:
    """Whatever was said, broke or came late."""
    for seed in range(part, 300, 10):
        _Overheard(seed).live()


class _Overheard(Life):
    def pass_time(self, until: datetime) -> None:
        replayed = asyncio.run(replay(self.plan, *clocks(self.plan), self.case.timeline))
        assert replayed is None or replayed.missed(promised=until, now=until) is None
        super().pass_time(until)


@pytest.mark.parametrize("heading", get_args(Heading))
def test_the_page_of_every_finding_is_there(heading: str) -> None:
    lines = Path("docs/runbook.md").read_text("utf-8").splitlines()
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert heading in [there.lower().replace(",", "").replace(" ", "-") for there in headings]
