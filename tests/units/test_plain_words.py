"""What is wrong with a message is never left out, whatever the stranger who wrote it called his fields."""

import pytest
from pydantic import ValidationError

from forthwith.domain.messages import AddNote
from forthwith.domain.plain_words import problems

GOOD = {"event_id": "note-1", "by": {"name": "Mailroom", "role": "system"}, "note": "Once."}


@pytest.mark.parametrize("key", ["x", "x[y]", "[", "a.b[0]"])
def test_an_unknown_key_is_named_also_when_it_looks_like_one_of_pydantic_s_own(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        AddNote.model_validate({**GOOD, key: 1})
    (problem,) = problems(caught.value, AddNote)
    assert key in problem
