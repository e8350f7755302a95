"""What is wrong with a message is never left out, whatever the stranger who wrote it called his fields."""

import pytest
from pydantic import ValidationError

from forthwith.plain_errors import problems
from forthwith.request.attention import AddNote
from forthwith.request.responses import Acknowledge

WHO = {"event_id": "note-1", "by": {"name": "Mailroom", "role": "system"}}
GOOD = {**WHO, "note": "Once."}


@pytest.mark.parametrize("key", ["x", "x[y]", "[", "a.b[0]"])
def test_an_unknown_key_is_named_also_when_it_looks_like_one_of_pydantic_s_own(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        AddNote.model_validate({**GOOD, key: 1})
    (problem,) = problems(caught.value, AddNote)
    assert key in problem


@pytest.mark.parametrize("written", ["2018", "20180220", "1519142400.5", "-1", " 2018 ", 2018, 1519142400.5, True])
def test_a_number_is_no_moment(written: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Acknowledge.model_validate({**WHO, "received_at": written})
    (problem,) = problems(caught.value, Acknowledge)
    assert problem.startswith(f"received_at: {written!r} is not a moment; write it in ISO 8601 with offset")


def test_a_moment_is_read_back_as_it_was_filed() -> None:
    said = Acknowledge.model_validate({**WHO, "received_at": "2018-02-20T10:00:00-06:00"})
    assert Acknowledge.model_validate(said.model_dump(mode="json")) == said
    assert Acknowledge.model_validate_json(said.model_dump_json()) == said
