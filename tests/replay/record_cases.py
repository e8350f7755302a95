"""Records one case-file record per outcome, and per event that a request can go through: `make histories`.

    records/<name>/plan.json      what the request was started with, as it is pinned
                   record.jsonl   its entries, each line the bytes of one file of `timeline/`
                   state.json     where they leave the request

A record is never written over: it stands for the release that filed it, and whatever comes later has to read it. The
states are written anew each time. Read their diff: it is what a change of this release makes of requests that are
under way. To record one anew, remove its folder.
"""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from forthwith.campaign.models import RequestPlan
from forthwith.deadlines.period import Period
from forthwith.request.actions import SendLetter
from forthwith.request.backoff import DRAFT
from forthwith.request.entries import Entry
from forthwith.request.evolve import replay
from forthwith.request.messages import Answer
from forthwith.request.record import Filed, Recovery
from forthwith.request.request import Request
from forthwith.request.state import State
from forthwith.request.vocabulary import Attention, Message
from tests.units.cases import LADDER, OPERATOR, Desk, campaign, draft

RECORDS = Path(__file__).parent / "records"

_STATES = TypeAdapter(State)


class Recorded(Desk):
    """A desk whose messages are numbered, so that the same acts give the same record."""

    _messages = 0

    def say(self, message: Message) -> Answer:
        self._messages += 1
        return super().say(message.model_copy(update={"event_id": f"message-{self._messages}"}))


Acts = Callable[[], Recorded]
ACTS: dict[str, Acts] = {}


def recorded(acts: Acts) -> Acts:
    """A request to be recorded under the name of its function."""
    ACTS[acts.__name__] = acts
    return acts


# One for each outcome.


@recorded
def complied() -> Recorded:
    desk = Recorded()
    desk.go(days=2).say(desk.acknowledgment())
    desk.go(days=10).say(desk.response(a1="produced", a2="objected"))
    desk.say(desk.resolution(Attention.OBJECTION))
    desk.go(days=3).say(desk.response(a2="none_found"))
    return desk


@recorded
def complied_late() -> Recorded:
    desk = Recorded()
    desk.to_overdue().say(desk.response())
    return desk


@recorded
def withdrawn() -> Recorded:
    desk = Recorded()
    desk.go(days=6).say(desk.note())
    desk.say(desk.withdrawal())
    return desk


@recorded
def cancelled() -> Recorded:
    desk = Recorded()
    desk.go(days=6).request.cancelled("in the Web UI", desk.now)
    return desk


@recorded
def referred() -> Recorded:
    """Approved, issued, served, objected to, returned empty and referred."""
    desk = Recorded()
    desk.to_return().say(desk.objection("A-1"))
    desk.say(desk.resolution(Attention.OBJECTION))
    desk.go(days=25)
    return desk


@recorded
def unserviceable() -> Recorded:
    desk = Recorded()
    desk.on_letter = lambda letter: refused(desk, letter)
    desk.settle()
    desk.on_letter = lambda _: False
    desk.go(days=3).say(desk.resolution(Attention.UNDELIVERABLE, "unserviceable"))
    return desk


# Open ones.


@recorded
def on_hold() -> Recorded:
    """A signal that nobody can read, and our own people were chased about it."""
    desk = Recorded()
    desk.go(days=2).garble()
    desk.go(days=8)
    return desk


@recorded
def paused() -> Recorded:
    """For the second time, after an extension."""
    desk = Recorded()
    desk.go(days=5).say(desk.pause())
    desk.go(days=3).say(desk.resumption())
    desk.go(days=3).say(desk.response(kind="extension_request"))
    desk.say(desk.extension(period=Period(unit="days", count=14)))
    desk.go(days=3).say(desk.pause())
    desk.settle()
    return desk


@recorded
def in_review_after_a_revision() -> Recorded:
    desk = Recorded()
    desk.missing = ("relevance",)
    desk.to_review().say(desk.review("revise", fields={"relevance": "It shows the costs."}, notes="shorter"))
    desk.missing = ()
    desk.settle()
    desk.go(days=1).say(desk.review("reject"))
    desk.go(days=1).say(desk.resolution(Attention.DRAFT_REJECTED))
    desk.go(days=6)
    return desk


@recorded
def recovered() -> Recorded:
    """Its workflow was terminated during an outage, and another one continues."""
    desk = Recorded()
    desk.go(days=20).sleep(days=3)
    desk.request = Request.from_record(desk.plan, desk.request.timeline)
    desk.next()
    recovery = Recovery(
        workflow_id=desk.plan.workflow_id,
        number=2,
        after_run="8d1f0c3e-0000-4000-8000-000000000001",
        by=OPERATOR,
        reason="terminated by mistake",
        at=desk.now,
    )
    desk.request.recovered(recovery, desk.now)
    desk.go(days=2)
    return desk


@recorded
def answered_after_the_end() -> Recorded:
    """Its entries name what its case file begins with, and a response that came in after the end."""
    desk = Recorded()
    folder = desk.plan.workflow_id
    begins = (
        Filed(uri=f"{folder}/start.json", sha256="a1" * 32, size=300),
        Filed(uri=f"{folder}/opened.json", sha256="b2" * 32, size=200),
    )
    desk.request.case_opened(begins, desk.now)
    desk.go(days=6).say(desk.withdrawal())
    late = Filed(uri=f"{folder}/after-closing/mailroom-7.json", sha256="c3" * 32, size=400)
    desk.request.response_kept("mailroom-7", late, by=OPERATOR, now=desk.now + timedelta(days=1))
    return desk


# What went wrong with the mail and on our own side, and what was moved.


@recorded
def mail_trouble() -> Recorded:
    """Put off, unconfirmed, lost, called back, returned, refused; then another address."""
    desk = Recorded()
    answers = iter([deferred, unconfirmed, sender_lost, called_back])
    desk.on_letter = lambda letter: next(answers, accepted)(desk, letter)
    desk.go(hours=8)
    desk.say(desk.report("demand"))
    desk.go(days=1).say(desk.correction(email="clerk@somewhere.example", attention="The Clerk"))
    desk.settle()
    desk.go(days=1).say(desk.resending("demand", restarts_clock=False))
    desk.go(days=1).say(desk.report("demand", "delayed"))
    desk.say(desk.resending("demand-series-2", restarts_clock=True))
    desk.go(days=10)
    return desk


@recorded
def unconfirmed_letters_settled() -> Recorded:
    """Of one it is reported that it arrived, of another that nobody got it; a third went to the old address."""
    desk = Recorded(campaign(mail={"when_unknown": "hold"}))
    desk.on_letter = lambda letter: unconfirmed(desk, letter)
    desk.settle()
    desk.on_letter = lambda _: False
    desk.go(hours=1).say(desk.report("demand", "delivered"))
    desk.go(days=15)
    desk.on_letter = lambda letter: superseded(desk, letter)
    desk.go(days=8)
    desk.on_letter = lambda letter: letter.step.to == "recipient" and unconfirmed(desk, letter)
    desk.go(days=5)
    desk.on_letter = lambda _: False
    unknown = next(iter(desk.state.deliveries.unconfirmed))
    desk.say(desk.report(unknown, "failed"))
    desk.go(days=1)
    return desk


@recorded
def clock_from_delivery() -> Recorded:
    desk = Recorded(campaign(clock={"starts": "delivered"}))
    desk.go(days=4).say(desk.report("demand", "delivered", at=desk.now - timedelta(days=1)))
    desk.go(days=3)
    return desk


@recorded
def deficient_and_reviewed() -> Recorded:
    """What is missing was asked for by a letter, and what is claimed was accepted by a person."""
    rungs = (*LADDER[:3], {"deficiency": {"cure": {"days": 10}}}, *LADDER[3:])
    desk = Recorded(campaign(ladder=rungs, completeness="reviewed"))
    desk.go(days=6).say(desk.response(a1="produced"))
    desk.go(days=3).say(desk.acceptance("A-1"))
    desk.go(days=3).say(desk.response(kind="refusal"))
    desk.go(days=2)
    return desk


@recorded
def escalated() -> Recorded:
    """Every period was closed early, and the matter is being referred before the return date."""
    desk = Recorded()
    desk.go(days=2).say(desk.escalation())
    desk.go(days=1).say(desk.escalation())
    desk.settle()
    desk.say(desk.escalation())
    desk.settle()
    desk.say(desk.review("approve"))
    desk.settle()
    desk.say(desk.issuance())
    desk.settle()
    desk.say(desk.service())
    desk.settle()
    desk.say(desk.escalation())
    desk.next()
    desk.say(desk.response(a1="produced"))
    return desk


@recorded
def calendars_moved() -> Recorded:
    """A day was declared to be closed after the deadline, and the time to cure, were taken to be over."""
    desk = Recorded()
    desk.go(datetime(2018, 2, 24, 12, tzinfo=UTC)).say(desk.recomputation("4" * 64))
    desk.go(datetime(2018, 3, 8, 15, tzinfo=UTC)).say(desk.recomputation("6" * 64))
    desk.settle()
    return desk


@recorded
def demand_overtaken() -> Recorded:
    """The mail server was down until the date by which the response was due."""
    desk = Recorded(campaign(clock={"response": {"by": "2018-02-12"}}))
    desk.on_letter = lambda letter: letter.step.to == "recipient" and deferred(desk, letter)
    desk.settle()
    desk.sleep(days=20).go(days=2)
    return desk


@recorded
def return_extended() -> Recorded:
    """More time to return, while the matter was being referred; then another response while the memo was drawn up."""
    desk = Recorded()
    desk.to_return().say(desk.escalation())
    desk.next()
    desk.say(desk.extension(period=Period(unit="days", count=7)))
    desk.settle()
    desk.say(desk.escalation())
    desk.next()
    desk.say(desk.extension(period=Period(unit="days", count=7)))
    desk.request.memo_finished(Filed(uri="referral/memo.pdf", sha256="8" * 64, size=1), desk.now)
    desk.settle()
    return desk


@recorded
def our_own_trouble() -> Recorded:
    """The dossier was full, drafts failed or came too late, a mailbox of ours is gone, and the notice came back."""
    desk = Recorded()
    desk.go(days=3)
    desk.request.not_filed("no space left", desk.now)
    desk.go(hours=1).request.filed(len(desk.request.timeline), desk.now)
    desk.to_overdue().go(days=7)
    desk.request.work_failed(DRAFT, Attention.DRAFT_FAILED, "no font", desk.now)
    desk.on_letter = lambda letter: letter.step.to == "reviewer" and refused(desk, letter)
    desk.to_review()
    desk.on_letter = lambda _: False
    desk.say(desk.report("final-notice"))
    desk.request.draft_finished(draft(2), desk.now)
    desk.settle()
    return desk


def accepted(desk: Desk, letter: SendLetter) -> bool:
    desk.accept(letter)
    return True


def deferred(desk: Desk, letter: SendLetter) -> bool:
    desk.request.letter_deferred(letter.step, "421 later", retry_after=timedelta(minutes=5), now=desk.now)
    return True


def unconfirmed(desk: Desk, letter: SendLetter) -> bool:
    desk.request.letter_unconfirmed(letter.step, "time-out after DATA", desk.now)
    return True


def sender_lost(desk: Desk, letter: SendLetter) -> bool:
    desk.request.sender_lost(letter.step, desk.now)
    return True


def called_back(desk: Desk, letter: SendLetter) -> bool:
    desk.request.letter_called_back(letter.step, desk.now)
    return True


def superseded(desk: Desk, letter: SendLetter) -> bool:
    """The address is corrected while a letter to it is under way."""
    if letter.address != desk.plan.jurisdiction.email:
        return False
    desk.say(desk.correction(email="clerk@somewhere.example"))
    desk.request.letter_superseded(letter.step, "550 unknown", desk.now)
    return True


def refused(desk: Desk, letter: SendLetter) -> bool:
    desk.request.letter_refused(letter.step, "550 unknown", desk.now)
    return True


# Files.


def projection(state: State) -> Mapping[str, Any]:
    """A state to be read and compared: what is not at its default, without the plan."""
    shown = _STATES.dump_python(state, mode="json", exclude={"plan"}, exclude_defaults=True)
    if done := shown.get("deliveries", {}).get("done"):
        done.sort()  # a set
    return {"status": state.status, **shown}


def read_record(name: str) -> tuple[RequestPlan, list[Entry]]:
    """What a request was started with, and the entries of its record."""
    plan = RequestPlan.model_validate_json((RECORDS / name / "plan.json").read_bytes())
    lines = (RECORDS / name / "record.jsonl").read_bytes().splitlines()
    return plan, [Entry.model_validate_json(line) for line in lines]


def record(name: str) -> None:
    """Writes what is missing of one record, and its state anew."""
    folder = RECORDS / name
    if not folder.exists():
        desk = ACTS[name]()
        folder.mkdir(parents=True)
        (folder / "plan.json").write_bytes(desk.plan.canonical + b"\n")
        (folder / "record.jsonl").write_bytes(b"".join(entry.filed() for entry in desk.request.timeline))
    state = json.dumps(projection(replay(*read_record(name))), indent=1, ensure_ascii=False)
    (folder / "state.json").write_text(state + "\n", encoding="utf-8")


if __name__ == "__main__":
    for each in sys.argv[1:] or sorted({*ACTS, *(path.name for path in RECORDS.glob("*"))}):
        record(each)
