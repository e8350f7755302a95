"""Records that were filed before mean what they meant: one for each outcome, replayed to the state beside it.

They are recorded by tests/replay/record_cases.py, and never written over.
"""

import json
from typing import get_args

import pytest

from forthwith.request.entries import GENESIS
from forthwith.request.events import AnyEvent
from forthwith.request.evolve import replay
from tests.replay.record_cases import ACTS, RECORDS, projection, read_record

NAMES = sorted(path.name for path in RECORDS.iterdir())


@pytest.mark.fault(12)
@pytest.mark.parametrize("name", NAMES)
def test_a_record_leaves_the_state_that_it_left(name: str) -> None:
    expected = json.loads((RECORDS / name / "state.json").read_text("utf-8"))
    assert projection(replay(*read_record(name))) == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_read_as_the_bytes_that_were_filed(name: str) -> None:
    """Otherwise no hash in it would hold, nor any chain that continues it."""
    plan, entries = read_record(name)
    assert b"".join(entry.filed() for entry in entries) == (RECORDS / name / "record.jsonl").read_bytes()
    assert [entry.previous for entry in entries] == [GENESIS, *(entry.head for entry in entries[:-1])]
    assert plan.canonical + b"\n" == (RECORDS / name / "plan.json").read_bytes()


def test_there_is_a_record_of_every_act() -> None:
    assert set(NAMES) >= ACTS.keys(), "record it: make histories"


def test_every_kind_of_event_is_in_some_record() -> None:
    everything = {kind.model_fields["kind"].default for kind in get_args(get_args(AnyEvent)[0])}
    assert {entry.event.kind for name in NAMES for entry in read_record(name)[1]} >= everything
