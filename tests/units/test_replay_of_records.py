"""A record replays to the state it left, whatever the release that reads it would decide by now."""

import ast
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from forthwith.casefile.recovery import continued, rebuilt
from forthwith.casefile.store import Dossier, DossierError, Opening, StartRecord
from forthwith.failure import Failure
from forthwith.request import clock_changes, deliveries, responses, subpoena_process
from forthwith.request.decision import Decision
from forthwith.request.entries import Entry
from forthwith.request.evolve import replay, states
from forthwith.request.record import Filed, Recovery
from forthwith.request.request import Request
from forthwith.request.vocabulary import Attention, Status
from tests.replay.record_cases import unconfirmed
from tests.units.cases import OPERATOR, Desk
from tests.units.request.test_random_histories import RandomHistory as Life
from tests.units.request.test_random_histories import live

DECIDING = {
    f"forthwith.request.{name}"
    for name in (
        *("responses", "deliveries", "clock_changes", "subpoena_process", "attention", "messages", "decision"),
        *("request", "next_action", "time_passing", "backoff", "signals"),
    )
}


def as_read(entries: list[Entry]) -> list[Entry]:
    """Written into the dossier and read again."""
    return [Entry.model_validate_json(entry.filed()) for entry in entries]


# A change of what is decided changes nothing that was recorded.


def decide_nothing(*_: Any, **__: Any) -> None:
    """What a later release may decide by then."""


def close_at_once(decision: Decision, *_: Any, **__: Any) -> None:
    decision.close(Status.WITHDRAWN, "A later release ends it here.")


def responded() -> Desk:
    desk = Desk()
    desk.go(days=4).say(desk.response(a1="produced", a2="objected"))
    desk.say(desk.response())
    return desk


def in_review() -> Desk:
    desk = Desk()
    desk.to_review().say(desk.response(a1="produced"))
    desk.settle()
    return desk


def unconfirmed_until_held() -> Desk:
    desk = Desk()
    desk.on_letter = lambda letter: letter.step.to == "recipient" and unconfirmed(desk, letter)
    desk.go(days=1)
    assert Attention.UNKNOWN_SEND in desk.state.attention.holds
    return desk


CHANGES: list[tuple[Callable[[], Desk], object, str, object]] = [
    (responded, responses, "follow_findings", decide_nothing),
    (in_review, responses, "follow_findings", close_at_once),
    (in_review, deliveries, "letter_accepted", decide_nothing),
    (in_review, deliveries, "start_clock", close_at_once),
    (in_review, subpoena_process, "draft_finished", decide_nothing),
    (in_review, clock_changes, "dates_computed", close_at_once),
    (unconfirmed_until_held, deliveries, "DOUBTS_BEFORE_HOLD", 1),
    (unconfirmed_until_held, deliveries, "DOUBTS_BEFORE_HOLD", 99),
]


@pytest.mark.parametrize(("acts", "module", "name", "changed"), CHANGES)
def test_a_record_filed_before_a_decision_changed_leaves_the_state_it_left(
    acts: Callable[[], Desk], module: object, name: str, changed: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = acts()
    monkeypatch.setattr(module, name, changed)
    again = Request.from_record(desk.plan, as_read(desk.request.timeline))
    assert again.state == desk.state
    assert again.head == desk.request.head


@pytest.mark.parametrize(("acts", "module", "name", "changed"), CHANGES)
def test_these_changes_would_have_decided_otherwise(
    acts: Callable[[], Desk], module: object, name: str, changed: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test before would prove nothing about a change that changes nothing."""
    kinds = [entry.event.kind for entry in acts().request.timeline]
    monkeypatch.setattr(module, name, changed)
    try:
        otherwise = [entry.event.kind for entry in acts().request.timeline]
    except AssertionError:  # the desk comes to no rest, or what is done next is refused
        otherwise = []
    assert otherwise != kinds


@pytest.mark.parametrize("module", ["evolve", "entries", "events", "state"])
def test_nothing_that_decides_is_needed_to_replay(module: str) -> None:
    """So no record depends on how a function is called that decides, nor on whether it is still there."""
    needed = set(_needed(f"forthwith.request.{module}"))
    assert "forthwith.base" in needed
    assert needed & DECIDING == set()


def _needed(module: str, known: set[str] | None = None) -> Iterator[str]:
    """A module of ours and all that it imports, wherever in it, read from the source."""
    known = set() if known is None else known
    spec = find_spec(module)
    if module in known or spec is None or spec.origin is None:
        return
    known.add(module)
    yield module
    for node in ast.walk(ast.parse(Path(spec.origin).read_text("utf-8"))):
        match node:
            case ast.Import(names=names):
                imported = [alias.name for alias in names]
            case ast.ImportFrom(module=str(origin), names=names, level=0):
                imported = [origin, *(f"{origin}.{alias.name}" for alias in names)]
            case ast.ImportFrom():
                raise AssertionError(f"{module} imports relatively")
            case _:
                continue
        for name in imported:
            if name.startswith("forthwith.") and _is_module(name):
                yield from _needed(name, known)


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a name within a module
        return False


def test_a_record_tells_the_state_after_each_of_its_entries() -> None:
    desk = in_review()
    steps = list(states(desk.plan, desk.request.timeline))
    assert [entry for _, entry, _ in steps] == desk.request.timeline
    assert [before for before, _, _ in steps[1:]] == [after for _, _, after in steps[:-1]]
    assert steps[-1][2] == desk.state


# What is no record.


def test_a_record_without_a_beginning_is_refused() -> None:
    desk = responded()
    with pytest.raises(ValueError, match="begins with letter_accepted, not with request_opened"):
        Request.from_record(desk.plan, desk.request.timeline[1:])
    with pytest.raises(ValueError, match="no entries"):
        Request.from_record(desk.plan, [])


@pytest.mark.parametrize(
    ("field", "content"),
    [(b'"kind":"letter_accepted"', b'"kind":"letter_posted"'), (b'"v":1', b'"v":2'), (b'"step":', b'"stage":')],
    ids=["a kind", "a version", "a field"],
)
def test_an_event_that_this_release_does_not_know_is_refused_by_its_file(
    field: bytes, content: bytes, tmp_path: Path
) -> None:
    """An event of a later release is never taken for another one, nor left out."""
    desk, dossier = responded(), Dossier(tmp_path)
    filed(desk, dossier)
    entry = dossier.of(desk.plan.workflow_id) / "timeline/0002.json"
    entry.write_bytes(entry.read_bytes().replace(field, content, 1))
    with pytest.raises(ValidationError):
        Entry.model_validate_json(entry.read_bytes())
    with pytest.raises(Failure, match=r"timeline/0002\.json is damaged"):
        rebuilt(dossier, desk.plan.workflow_id)


def test_entries_that_contradict_each_other_are_a_failure_and_no_traceback(tmp_path: Path) -> None:
    desk, dossier = Desk(), Dossier(tmp_path)
    desk.go(days=4).say(desk.report("demand", "delayed"))
    desk.settle()
    *entries, last = desk.request.timeline
    event = last.event.model_copy(update={"step": "reminder-9", "outcome": "failed"})
    desk.request.timeline[:] = [*entries, last.model_copy(update={"event": event})]
    filed(desk, dossier)
    with pytest.raises(Failure, match="cannot be rebuilt from its case file") as refused:
        rebuilt(dossier, desk.plan.workflow_id)
    assert "pinned" not in str(refused.value), "it is the record that is refused"


def filed(desk: Desk, dossier: Dossier) -> None:
    plan = desk.plan
    dossier.pin(plan.canonical)
    dossier.record_start(
        StartRecord(
            workflow_id=plan.workflow_id,
            plan=plan.content_hash,
            matter=plan.matter,
            started_by="somebody",
            started_at=desk.state.opened_at,
        )
    )
    dossier.open(Opening(workflow_id=plan.workflow_id, first_run="run-1", plan=plan.content_hash))
    dossier.file(plan.workflow_id, desk.request.timeline)


# What continues from a record.


class Interrupted(Life):
    """A simulated history whose workflow stops now and then, after any move, and is recovered from the record."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.stops = Random(seed)  # noqa: S311 - dice, not secrets

    def check(self) -> None:
        super().check()
        if self.stops.random() < 0.1:
            self.recover()
            super().check()

    def recover(self) -> None:
        self.move("its workflow stops, and it is recovered")
        before = self.state
        self.request = Request.from_record(self.plan, as_read(self.request.timeline))
        assert self.state == before
        self.not_before.clear()  # what failed may be tried at once
        if self.state.is_open:
            self.look()  # the dates are computed
            recovery = Recovery(
                workflow_id=self.plan.workflow_id,
                number=2,
                after_run="run",
                by=OPERATOR,
                reason="terminated",
                at=self.now,
            )
            self.request.recovered(recovery, self.now)


@pytest.mark.parametrize("part", range(2))
def test_a_history_continues_wherever_it_was_interrupted(part: int) -> None:
    for seed in range(part, 200, 2):
        live(seed, Interrupted)


def test_a_filing_that_was_left_half_done_is_completed_by_what_was_to_be_filed(tmp_path: Path) -> None:
    """Also where a reset left entries that continue something else, and where nothing was filed at all."""
    desk, dossier = responded(), Dossier(tmp_path)
    entries = [*desk.request.timeline]
    other = Desk(desk.plan, at=desk.state.opened_at + timedelta(hours=1))
    other.settle()
    given = [*reversed(entries), *other.request.timeline[1:]]
    desk.request.timeline[:] = entries[:-1]
    filed(desk, dossier)
    record = dossier.timeline(desk.plan.workflow_id)
    assert replay(desk.plan, record).is_open, "the last response, and not that it was the last"
    assert continued(record, given) == entries
    assert continued([], entries) == entries
    assert continued(entries, given) == entries


def test_what_was_recorded_and_not_filed_is_still_to_be_filed() -> None:
    desk = Desk()
    desk.settle()
    desk.request.filed(len(desk.request.timeline), desk.now)
    desk.say(desk.response())
    recorded, closed = desk.request.to_file(desk.now)
    assert (recorded.event.kind, closed.event.kind) == ("response_recorded", "request_closed")
    desk.request.not_filed("no space left", desk.now)
    assert desk.request.to_file(desk.now) == ()
    desk.now += timedelta(minutes=2)
    assert desk.request.to_file(desk.now)[:2] == (recorded, closed)


def test_the_chain_continues_from_what_was_filed_however_this_release_writes_it() -> None:
    desk = Desk()
    desk.settle()
    entries = desk.request.to_file(desk.now)
    as_filed_before = "a" * 64
    desk.say(desk.acknowledgment())
    desk.request.filed(len(entries), desk.now, head=as_filed_before)
    assert desk.request.to_file(desk.now)[0].previous == as_filed_before
    desk.say(desk.note())
    first, second = desk.request.to_file(desk.now)
    assert (first.previous, second.previous, desk.request.head) == (as_filed_before, first.head, second.head)
    desk.request.filed(2, desk.now)
    assert desk.request.head == second.head


def test_the_text_of_an_entry_is_never_read_back() -> None:
    desk = in_review()
    reworded = [entry.model_copy(update={"text": "Worded otherwise."}) for entry in desk.request.timeline]
    assert replay(desk.plan, reworded) == desk.state


# A filing that is cut short adds nothing.


@pytest.mark.parametrize("written", range(1, 3))
def test_a_filing_that_is_cut_short_leaves_the_record_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    desk, dossier = Desk(), Dossier(tmp_path)
    desk.go(days=4)
    opened, *rest = desk.request.timeline
    dossier.file(desk.plan.workflow_id, [opened])
    keep, left = Dossier.keep, iter(range(written))

    def keep_some(self: Dossier, path: Path, content: bytes) -> Filed:
        if next(left, None) is None:
            raise DossierError("no space left")
        return keep(self, path, content)

    monkeypatch.setattr(Dossier, "keep", keep_some)
    assert len(rest) > written
    with pytest.raises(DossierError):
        dossier.file(desk.plan.workflow_id, rest)
    assert dossier.timeline(desk.plan.workflow_id) == [opened]
    monkeypatch.undo()
    dossier.file(desk.plan.workflow_id, rest)
    assert dossier.timeline(desk.plan.workflow_id) == desk.request.timeline
