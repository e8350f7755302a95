"""A case that is told again from its record stands where the first one stood."""

import asyncio
from datetime import datetime
from random import Random
from typing import Any

import pytest

from forthwith.campaign.models import RequestPlan
from forthwith.request.case import Case
from forthwith.request.messages import Who
from forthwith.request.record import Entry, Recovery
from forthwith.request.retelling import CannotBeTold, retell
from forthwith.request.timetable import Facts, Timetable
from tests.units.cases import OPERATOR, Desk, dates
from tests.units.test_case_lives import FIRST_DAY, Life, live

LIVES = 200


class Listener(Case):
    """Hears every entry that is made while it is told again."""

    def __init__(self, plan: RequestPlan, *, opened_at: datetime) -> None:
        super().__init__(plan, opened_at=opened_at)
        self.heard: list[tuple[datetime, str, str, Who | None, dict[str, str]]] = []

    def enter(self, now: datetime, what: str, text: str, *, by: Who | None = None, **details: str) -> None:
        super().enter(now, what, text, by=by, **details)
        made = self.timeline[-1]
        self.heard.append((made.at, made.what, made.text, made.by, made.details))


def told_again(life: Life, entries: list[Entry]) -> Listener:
    async def compute(facts: Facts) -> Timetable:
        return dates(life.plan, facts)

    case = Listener(life.plan, opened_at=FIRST_DAY)
    asyncio.run(retell(case, entries, compute))
    return case


def as_read(entries: list[Entry]) -> list[Entry]:
    """Written into the dossier and read again."""
    return [Entry.model_validate_json(entry.filed()) for entry in entries]


def standing(case: Case) -> dict[str, Any]:
    """All that decides what happens next, besides what failed and is tried again."""
    failing = {"mail_delayed", "letter_failed", "draft_failed", "dates_failed", "dossier_unwritable"}
    return {
        "phase": case.phase,
        "status": case.status,
        "items": case.items.states,
        "attention": {reason: why for reason, why in case.attention.items() if reason not in failing},
        "holds": case.holds,
        "letters": case.letters,
        "responses": case.responses,
        "answered": {event: (message, answer.text) for event, (message, answer) in case.answers.items()},
        "draft": case.draft,
        "fields": case.draft_fields,
        "approved": case.approved_by,
        "decisions": case.decisions,
        "issued": (case.issued, case.issued_copy, case.service, case.objections, case.memo, case.refers),
        "facts": case._facts().model_copy(update={"gap_until": None, "not_before": None}),
        "due": case.response_due,
        "recipient": case.recipient,
        "outcome": case.outcome,
        "head": case.head,
        "done": case._done,
        "versions": case._versions,
    }


@pytest.mark.parametrize("part", range(4))
def test_every_life_can_be_told_again(part: int) -> None:
    for seed in range(part, LIVES, 4):
        life = live(seed)
        entries = as_read(life.case.timeline)
        assert entries == life.case.timeline
        try:
            again = told_again(life, entries)
            assert standing(again) == standing(life.case)
            assert again.heard == [(entry.at, entry.what, entry.text, entry.by, entry.details) for entry in entries]
        except Exception as error:
            error.add_note(f"Life({seed}):\n" + "\n".join(life.told()))
            raise


class Interrupted(Life):
    """A life whose workflow stops now and then, after any move, and is taken up again from the record."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.stops = Random(seed)  # noqa: S311 - dice, not secrets

    def check(self) -> None:
        super().check()
        if self.stops.random() < 0.1:
            self.move("stops, and is taken up")
            self.case = told_again(self, as_read(self.case.timeline))
            self.not_before.clear()  # what failed may be tried at once
            if self.case.is_open:
                again = Recovery(
                    workflow_id=self.plan.workflow_id,
                    number=2,
                    after_run="run",
                    by=OPERATOR,
                    reason="terminated",
                    at=self.now,
                )
                self.case.taken_up(again, self.now)
                super().check()


@pytest.mark.parametrize("part", range(2))
def test_a_life_goes_on_wherever_it_was_interrupted(part: int) -> None:
    for seed in range(part, LIVES, 2):
        live(seed, Interrupted)


def test_a_record_of_before_nothing_was_kept_is_refused() -> None:
    life = live(1)
    untold = [entry.model_copy(update={"told": None}) for entry in life.case.timeline]
    with pytest.raises(CannotBeTold, match="did not keep what it was told"):
        told_again(life, untold)
    with pytest.raises(CannotBeTold, match="no entries"):
        told_again(life, [])


def test_a_call_that_nobody_knows_is_refused_by_its_entry() -> None:
    life = live(1)
    first, *rest = life.case.timeline
    assert first.told
    for unknown in ({"call": "enter"}, {"call": "letter_refused", "arguments": {"step": "demand"}}):
        entry = first.model_copy(update={"told": first.told.model_copy(update=unknown)})
        with pytest.raises(CannotBeTold, match=r"entry 1 \(opened\) tells of"):
            told_again(life, [entry, *rest])


def test_a_call_that_this_release_would_tell_otherwise_is_refused() -> None:
    life = live(1)
    entries = life.case.timeline
    place = next(n for n, entry in enumerate(entries) if entry.told and n)
    other = [*entries[:place], entries[place].model_copy(update={"what": "something_else"}), *entries[place + 1 :]]
    with pytest.raises(CannotBeTold, match=rf"entry {place + 1} \(something_else\) would be told otherwise"):
        told_again(life, other)


def test_what_a_call_said_and_was_not_filed_is_still_to_be_filed() -> None:
    desk = Desk()
    desk.settle()
    desk.say(desk.response(a1="produced", a2="produced"))
    *filed, last = desk.case.timeline
    assert (last.what, last.told) == ("ended", None)

    async def compute(facts: Facts) -> Timetable:
        return dates(desk.plan, facts)

    case = Case(desk.plan, opened_at=desk.now)
    asyncio.run(retell(case, filed, compute))
    assert case.to_file(desk.now) == (last,)
    assert case.outcome == desk.case.outcome


def test_the_chain_goes_on_from_what_was_filed_however_this_release_words_it() -> None:
    desk = Desk()
    desk.settle()
    filed = desk.case.to_file(desk.now)
    as_filed_before = "a" * 64
    desk.say(desk.acknowledgment())
    desk.case.filed(len(filed), as_filed_before)
    assert desk.case.to_file(desk.now)[0].previous == as_filed_before
    desk.say(desk.note())
    first, second = desk.case.to_file(desk.now)
    assert (first.previous, second.previous, desk.case.head) == (as_filed_before, first.head, second.head)
    desk.case.filed(2)
    assert desk.case.head == second.head
