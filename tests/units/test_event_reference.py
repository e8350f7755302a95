"""The reference of the events says what their docstrings say."""

from tests.units.event_reference import EVENTS, PAGE, kind_of, page


def test_the_reference_is_that_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: make reference"


def test_every_event_has_a_kind_of_its_own_and_is_named_for_it() -> None:
    kinds = [kind_of(event) for event in EVENTS]
    assert sorted(set(kinds)) == sorted(kinds)
    assert ["".join(map(str.title, kind.split("_"))) for kind in kinds] == [event.__name__ for event in EVENTS]
