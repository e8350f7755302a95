"""The reference of the events says what their docstrings say."""

import re

from tests.units.event_reference import EVENTS, PAGE, kind_of, page


def test_the_reference_is_that_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: make reference"


def test_every_event_has_a_kind_of_its_own_and_is_named_for_it() -> None:
    named = [(kind_of(event), event.model_fields["v"].default) for event in EVENTS]
    assert sorted(set(named)) == sorted(named)
    for event in EVENTS:
        assert re.sub(r"V\d+$", "", event.__name__) == "".join(map(str.title, kind_of(event).split("_")))
