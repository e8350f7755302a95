"""No release of `holidays`, and no edit of an overlay, moves a closed day before somebody has read which."""

from importlib.metadata import version

from tests.units.calendar_snapshot import FILE, as_text, changes, kept, now


def test_the_calendars_are_those_that_were_accepted() -> None:
    found = changes(kept(), now())
    assert not found, "\n".join(
        [
            f"With holidays {version('holidays')} and these overlays, {len(found)} days of the calendars change:",
            *found,
            "Read them against the law of the place (docs/calendars.md). What is wrong is put right in an overlay; "
            "the rest is accepted with: python -m tests.units.calendar_snapshot --write",
        ]
    )


def test_the_file_is_written_as_it_is_read() -> None:
    assert as_text(kept()) == FILE.read_text(encoding="utf-8")


def test_a_change_names_its_calendar_and_its_day() -> None:
    pulaski, jacinto = ("US-IL", "2027-03-01", "Casimir Pulaski Day"), ("US-TX", "2027-04-21", "San Jacinto Day", "")
    before = frozenset({(*pulaski, ""), jacinto})
    after = frozenset({(*pulaski, "unverified"), ("US-NE", "2027-04-30", "Arbor Day", "")})
    assert changes(before, after) == [
        "US-IL 2027-03-01 Casimir Pulaski Day is now Casimir Pulaski Day (disputed: unverified)",
        "US-NE 2027-04-30 closed now: Arbor Day",
        "US-TX 2027-04-21 open now: was San Jacinto Day",
    ]
