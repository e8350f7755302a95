"""The table of every message at every rung is whole, and says what the code does."""

import pytest

from forthwith.request.messages import UPDATES
from forthwith.request.vocabulary import ENDED, Status
from tests.units.rungs import PAGE, REFUSED, RUNGS, SAID, come_to, outcome, page


def test_every_status_is_a_rung_and_every_update_is_a_row() -> None:
    assert set(RUNGS) - {"ended"} == set(Status) - ENDED
    assert {update for update, _ in SAID.values()} == set(UPDATES)


@pytest.mark.parametrize("rung", RUNGS)
def test_a_request_comes_to_the_rung(rung: str) -> None:
    status = come_to(rung).state.status
    assert status in ENDED if rung == "ended" else status == rung


def test_the_page_says_what_the_code_does() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.units.rungs"


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("rung", RUNGS)
def test_a_refusal_says_why(rung: str, said: str) -> None:
    found = outcome(rung, said)
    if found.startswith(REFUSED):
        assert len(found.split()) > 4, "a refusal is a sentence"
    else:
        assert found in set(Status)


@pytest.mark.parametrize("rung", [rung for rung in RUNGS if rung != "ended"])
@pytest.mark.parametrize("said", ["withdraw", "add_note", "record_response: everything"])
def test_what_is_always_taken(rung: str, said: str) -> None:
    assert not outcome(rung, said).startswith(REFUSED)


@pytest.mark.parametrize("said", SAID)
def test_nothing_is_taken_after_the_end(said: str) -> None:
    assert outcome("ended", said) == f"{REFUSED} the request has ended as Withdrawn"
