"""Claims: whoever comes second to an attempt at a letter sends nothing, in whatever order two processes meet."""

from datetime import timedelta
from pathlib import Path

import pytest

from forthwith.casefile.attempts import AlreadyClaimed, Attempt
from forthwith.casefile.store import Dossier
from forthwith.request.record import Filed

NOW = timedelta()
EML, PDF = Filed(uri="x", sha256="0" * 64, size=1), Filed(uri="y", sha256="1" * 64, size=1)


@pytest.fixture
def dossier(tmp_path: Path) -> Dossier:
    return Dossier(tmp_path)


def attempt(dossier: Dossier, number: int = 1) -> Attempt:
    """As one more process has it."""
    return Attempt(dossier, "c/chicago-il", "demand", number)


def test_an_attempt_is_claimed_once(dossier: Dossier):
    attempt(dossier).claim("<m@x>", EML, PDF)
    with pytest.raises(AlreadyClaimed):
        attempt(dossier).claim("<m@x>", EML, PDF)


def test_who_claims_what_another_process_found_refused_is_overtaken(dossier: Dossier):
    slow = attempt(dossier)
    attempt(dossier).refused("MailDeferred", "450 later", NOW)
    slow.claim("<m@x>", EML, PDF)
    assert slow.is_overtaken


def test_who_is_refused_when_another_process_has_claimed_cannot_say_that_nothing_was_sent(dossier: Dossier):
    attempt(dossier).claim("<m@x>", EML, PDF)
    with pytest.raises(AlreadyClaimed):
        attempt(dossier).refused("MailDeferred", "450 later", NOW)


def test_who_claimed_and_was_refused_says_so(dossier: Dossier):
    own = attempt(dossier)
    own.claim("<m@x>", EML, PDF)
    assert not own.is_overtaken
    assert own.refused("RecipientRefused", "554 content", NOW).reason == "554 content"


def test_who_claims_after_a_later_attempt_began_is_overtaken(dossier: Dossier):
    slow, later = attempt(dossier, 9), attempt(dossier, 10)
    later.keep_eml(b"the letter")
    slow.claim("<m@x>", EML, PDF)
    assert slow.is_overtaken
    later.claim("<m@x>", EML, PDF)
    assert not later.is_overtaken
