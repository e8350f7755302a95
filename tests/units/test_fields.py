"""Text from outside, as it is taken or refused at the door."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from forthwith.documents.template_files import default_templates
from forthwith.documents.typesetting import render_pdf
from forthwith.fields import MAX_MARKS, MAX_TEXT, one_line, plain_text
from forthwith.plain_errors import problems
from forthwith.request.attention import AddNote
from tests import messages
from tests.units.samples import LETTER

ACUTE = "\u0301"


@pytest.mark.fault(44)
def test_twenty_thousand_accents_on_one_letter_are_refused_by_field_with_the_reason():
    with pytest.raises(ValidationError) as refused:
        messages.note("The clerk" + ACUTE * (MAX_TEXT - 9))
    (problem,) = problems(refused.value, AddNote)
    assert problem == (
        "note: has more than 10 combining marks on one character, after 'The cler\u1e31'; they cannot be set in type,"
        " so give plain text"
    )


def test_what_is_written_in_two_ways_is_kept_in_one():
    assert one_line("Andre" + ACUTE) == plain_text("Andr\u00e9") == messages.note("Andre" + ACUTE).note
    assert plain_text("Vie\u0323\u0302t") == "Vi\u1ec7t"


def test_as_many_marks_as_are_taken_can_be_set():
    text = plain_text(("q" + ACUTE * MAX_MARKS) * (MAX_TEXT // (MAX_MARKS + 1)))
    letter = LETTER.model_copy(update={"opening": (text,)})
    assert render_pdf(default_templates()["letter.typ"], letter, created=datetime(2018, 1, 24, tzinfo=UTC))
