"""`deadline`: one date by hand. The worked examples through the real command, and what it says where it cannot."""

import csv
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from forthwith.cli.app import app
from forthwith.cli.wall_calendar import counted_days
from forthwith.deadlines.computation import Computation
from forthwith.deadlines.zones import PLACES
from forthwith.fields import STATES, known_zone

EXAMPLES = Path(__file__).parents[1] / "data" / "deadline_examples.csv"


def run(*words: str, columns: int = 100) -> tuple[int, str, str]:
    """`forthwith deadline WORDS`, in this process."""
    said = CliRunner().invoke(app, ["deadline", *words], env={"COLUMNS": str(columns)})
    return said.exit_code, said.stdout, said.stderr


def answer(*words: str) -> dict[str, Any]:
    code, out, err = run(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def refusal(*words: str) -> str:
    """What is said about a command line that cannot be answered, without the frame around it."""
    code, out, err = run(*words, columns=200)
    assert (code, out) == (2, "")
    return " ".join(line.strip("│╭╮╰╯─ ") for line in err.splitlines())


def read_examples() -> list[dict[str, str]]:
    with EXAMPLES.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


# Worked examples.


@pytest.mark.parametrize("example", read_examples(), ids=lambda e: f"{e['n']} {e['description']}")
def test_worked_example(example: dict[str, str]):
    told = answer("--from", example["event_date"], "--days", example["days"], "--state", example["district_state"])
    assert told["due"] == example["expected"]
    assert f"{date.fromisoformat(told['due']):%a}" == example["weekday"]
    disputed = [{"due": example["alternative"], "reason": example["ambiguity"]}] if example["ambiguity"] else []
    assert told["alternatives"] == disputed


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("--rule foia-federal", "2026-07-17"),
        ("--rule foia-federal --extended", "2026-07-31"),
        ("--rule california-pra --state CA", "2026-06-29"),
        ("--rule california-pra --state CA --extended", "2026-07-13"),
        ("--rule illinois-foia --state IL", "2026-06-25"),
        ("--rule illinois-foia --state IL --extended", "2026-07-02"),
        ("--rule oregon-public-records --state OR", "2026-07-10"),
        ("--business-days 10 --state TX", "2026-07-02"),
        ("--business-days 5 --state WA", "2026-06-25"),
    ],
)
def test_public_records_laws_for_a_request_received_on_june_17_2026(words: str, due: str):
    assert answer("--from", "2026-06-17", *words.split())["due"] == due


@pytest.mark.parametrize(
    ("words", "closes_at"),
    [
        ("--from 2018-01-24 --days 30 --zone America/New_York", "2018-02-24T00:00:00-05:00"),
        ("--from 2018-01-24 --days 30 --state IL", "2018-02-24T00:00:00-06:00"),
        ("--from 2018-01-24 --days 30 --state CO", "2018-02-24T00:00:00-07:00"),
        ("--from 2018-01-24 --days 30 --state CA", "2018-02-24T00:00:00-08:00"),
        ("--from 2018-01-24 --days 30 --state IL --closes 17:00", "2018-02-23T17:00:00-06:00"),
        ("--from 2007-11-02T10:23 --hours 72 --state NY", "2007-11-05T09:23:00-05:00"),
        ("--from 2007-11-02T14:23Z --hours 72 --state NY", "2007-11-05T09:23:00-05:00"),
        ("--from 2018-02-15T10:00 --hours 48 --state IL", "2018-02-20T10:00:00-06:00"),
        ("--from 2018-02-15T10:00 --hours 48 --state IL --rule calendar", "2018-02-17T10:00:00-06:00"),
        ("--from 2018-02-20T10:00 --hours -48 --state IL", "2018-02-16T10:00:00-06:00"),
        ("--from 2007-11-05T09:23 --hours -72 --state NY", "2007-11-02T10:23:00-04:00"),
        ("--from 2018-02-15T10:00 --hours 48 --state IL --extend 3", "2018-02-21T00:00:00-06:00"),
        ("--from 2018-02-15T10:00 --hours 48 --state IL --extend 3 --closes 17:00", "2018-02-20T17:00:00-06:00"),
        ("--by 2018-02-25 --state IL", "2018-02-26T00:00:00-06:00"),
        ("--by 2018-02-20 --state IL --extend 3 --closed 2018-02-23=Blizzard", "2018-02-27T00:00:00-06:00"),
        ("--from 2025-06-20 --days 14 --mail", "2025-07-11T00:00:00-04:00"),
        ("--from 2018-01-24 --days 30 --state IL --extend 14", "2018-03-10T00:00:00-06:00"),
        ("--from 2018-01-24 --days 30 --state IL --pause 2018-02-01..2018-02-10", "2018-03-07T00:00:00-06:00"),
        ("--from 2018-01-24 --days 30 --state IL --closed 2018-02-23=Blizzard", "2018-02-27T00:00:00-06:00"),
        ("--from 2018-01-24T17:00 --days 30 --state IL --cut-off 17:00", "2018-02-27T00:00:00-06:00"),
        ("--from 2018-01-24T16:59 --days 30 --state IL --cut-off 17:00", "2018-02-24T00:00:00-06:00"),
        ("--from 2026-06-03 --days 30 --state IL --reading strict", "2026-07-04T00:00:00-05:00"),
        ("--from 2018-03-01 --days 29 --calendar GB-ENG --rule frcp6", "2018-04-04T00:00:00+01:00"),
        ("--from 2018-01-24 --days 31 --rule calendar", "2018-02-25T00:00:00-05:00"),
    ],
)
def test_every_option_does_what_it_says(words: str, closes_at: str):
    assert answer(*words.split())["closes_at"] == closes_at


def test_the_answer_says_what_it_rests_on():
    told = answer("--from", "2026-06-03", "--days", "30", "--state", "Illinois")
    assert told["rule"] == "frcp6"
    assert told["calendar"] == "us-federal + state IL"
    assert told["calendar_version"].startswith("holidays ")
    assert [(one["day"], one["reason"]) for one in told["skipped"]] == [
        ("2026-07-03", "Independence Day (observed) (us-federal)"),
        ("2026-07-04", "Saturday"),
        ("2026-07-05", "Sunday"),
    ]
    assert told["alternatives"] == [{"due": "2026-07-03", "reason": "saturday_holiday_friday_observed"}]
    assert told["explanation"][0] == "The day of the event, Wednesday, June 3, 2026, is not counted (FRCP 6(a)(1))."
    assert told["assumed"] == ["No zone was given: it is America/Chicago, that of Illinois."]


def test_an_overlay_file_closes_days(tmp_path: Path):
    overlay = tmp_path / "office.yaml"
    overlay.write_text('add:\n  - {name: Office move, citation: "Order 7", day: 2018-02-23}\n')
    told = answer("--from", "2018-01-24", "--days", "30", "--state", "IL", "--calendar", str(overlay))
    assert told["due"] == "2018-02-26"
    assert told["skipped"][0] == {"day": "2018-02-23", "reason": "Office move (office)", "passing": "roll"}


def test_a_real_process_needs_no_server_and_prints_one_document():
    words = ["deadline", "--from", "2018-01-24", "--days", "30", "--state", "IL", "--json"]
    said = subprocess.run([sys.executable, "starter.py", *words], capture_output=True, text=True, check=True)
    told = json.loads(said.stdout)
    assert (told["due"], told["closes_at"]) == ("2018-02-23", "2018-02-24T00:00:00-06:00")
    assert said.stderr == ""


# The wall calendar.


def test_the_days_are_counted_out_on_a_wall_calendar():
    code, out, err = run("--from", "2026-06-03", "--days", "30", "--state", "IL", "--explain", columns=80)
    assert code == 0, err
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "│28  day 25│29  day 26│30  day 27│" in out
    assert "│          │          │          │ 1  day 28│ 2  day 29│ 3  day 30│ 4        │" in lines
    assert "│          │          │          │          │          │stricter  │          │" in lines
    assert "│          │          │          │          │          │Independe…│          │" not in lines
    assert "│          │DUE       │          │          │          │          │          │" in lines
    assert "June 2026" in out
    assert "July 2026" in out


def test_a_long_count_shows_how_it_begins_and_how_it_ends():
    _, out, _ = run("--from", "2018-01-24", "--days", "1000", "--explain")
    assert "January 2018" in out
    assert "October 2020" in out
    assert "… 28 months between, all counted in the same way …" in out
    assert len(out.splitlines()) < 150


@pytest.mark.parametrize(
    "words",
    [
        "--from 2018-01-24 --business-days 20 --state IL --pause 2018-02-01..2018-02-10",
        "--from 2018-01-24 --days 30 --extend 14",
        "--from 2018-01-24 --days -30",
        "--by 2018-02-25 --pause 2018-02-01..2018-02-10",
        "--from 2007-11-02T10:23 --hours 72",
        "--from 2007-11-05T09:23 --hours -72",
        "--from 2025-06-20 --days 14 --mail",
        "--from 2026-06-17 --rule oregon-public-records --state OR",
        "--from 2026-06-20T18:00 --rule illinois-foia --state IL --cut-off 17:00 --extended",
    ],
)
def test_every_kind_of_count_can_be_shown(words: str):
    code, out, err = run(*words.split(), "--explain", columns=80)
    assert code == 0, err
    assert out.count("DUE") == 1
    assert max(map(len, out.splitlines())) <= 80


@settings(max_examples=60, deadline=None)
@given(
    start=st.dates(date(2015, 1, 1), date(2030, 12, 31)),
    days=st.integers(-120, 120).filter(bool),
    unit=st.sampled_from(["--days", "--business-days"]),
    pause=st.one_of(st.none(), st.tuples(st.integers(0, 60), st.integers(1, 30))),
)
def test_as_many_days_are_numbered_as_were_asked_for(start: date, days: int, unit: str, pause: tuple[int, int] | None):
    words = ["--from", start.isoformat(), unit, str(days), "--state", "NY"]
    if pause and days > 0:
        since = start + timedelta(days=pause[0])
        words += ["--pause", f"{since}..{since + timedelta(days=pause[1])}"]
    told = answer(*words)
    count = Computation.model_validate({k: v for k, v in told.items() if k not in ("explanation", "assumed")})
    numbered = [*counted_days(count)]
    assert len(numbered) == abs(days)
    assert numbered[-1] == count.last_counted


# What cannot be answered.


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--from 2018-02-30 --days 3", "2018-02-30 does not exist in the calendar"),
        ("--from tomorrow --days 3", "'tomorrow' is not a date; write it as 2018-02-23"),
        ("--from 2018-01-24 --days 0", "--days is 0; give at least 1, or at most -1 to count backward"),
        ("--from 2018-01-24 --days 30 --by 2018-02-23", "--days and --by contradict each other; give one of them"),
        ("--from 2018-01-24 --days 3 --business-days 2", "--days and --business-days contradict each other"),
        ("--from 2018-01-24", "Give the time: --days, --business-days, --hours, --by, or a --rule"),
        ("--from 2018-01-24 --days 99999", "--days 99999 is longer than ten years"),
        ("--from 2018-01-24 --days 3 --state IK", "No state is called 'IK'; did you mean ID (Idaho), IL (Illinois)"),
        ("--from 2018-01-24 --days 3 --state Ilinois", "No state is called 'Ilinois'; did you mean Illinois?"),
        ("--from 2018-01-24 --days 3 --zone America/Chicgo", "give one such as America/Chicago"),
        ("--from 2018-01-24 --days 3 --calendar GB-ENGG", "did you mean GB-ENG?"),
        (
            "--from 2018-01-24 --days 3 --calendar us-federl",
            "'us-federl'; did you mean us-federal?",
        ),
        ("--from 2018-01-24 --days 3 --calendar README.md", "'README.md' is a file, no calendar; an overlay is a file"),
        ("--from 2018-01-24 --days 3 --calendar docs", "'docs' is a folder, no calendar; an overlay is a file"),
        ("--from 2018-01-24 --days 3 --calendar AU", "AU has 12 time zones; give --zone"),
        ("--from 2018-01-24 --days 3 --closes 25:00", "25:00 does not exist on the clock"),
        ("--from 2018-01-24 --days 3 --closes 00:00", "A day closes at a wall-clock time after 00:00"),
        ("--from 2018-01-24 --hours 3", "Hours count from an instant: give its time too"),
        ("--from 2018-01-24T10:00 --hours 0", "--hours is 0; give at least 1, or at most -1 to count backward"),
        ("--from 2018-01-24 --days 3 --cut-off 17:00", "A cut-off needs the time of the event"),
        ("--from 2018-01-24 --rule ilinois-foia", "No rule is called 'ilinois-foia'; known are frcp6"),
        ("--from 2018-01-24 --rule frcp6", "The rule frcp6 has no time of its own; give --days"),
        ("--from 2018-01-24 --rule illinois-foia --days 5", "has its own time; leave out the number"),
        ("--from 1990-01-24 --rule illinois-foia", "The rule illinois-foia is known from 2010-01-01 on"),
        ("--from 2018-01-24 --days 3 --pause 2018-01-25", "is written FROM..UNTIL"),
        ("--from 2018-01-24 --days 3 --pause 2018-01-25..2018-01-24", "ends before it begins"),
        ("--from 2018-01-24 --days 3 --closed 2018-02-30=Snow", "2018-02-30 does not exist in the calendar"),
        ("--from 2018-01-24 --days 3 --extend soon", "--extend 'soon' is not a time"),
        ("--from 2018-01-24 --days 3 --reading strikt", "--reading is later or strict, not 'strikt'"),
        ("--by 2018-02-23 --mail", "--by names the last day itself, so --mail would change nothing"),
        ("--from 2018-01-24T10:00 --hours 3 --mail", "Hours run on whatever the day, so --mail would change nothing"),
        ("--from 2018-01-24 --days -3 --mail", "The count runs backward, so --mail would change nothing"),
        ("--by 2018-02-23T17:00", "--by names a day, not '2018-02-23T17:00'; give its time with --closes"),
        ("--by 2018-02-23T23:00-10:00 --zone America/New_York", "--by names a day, not '2018-02-23T23:00-10:00'"),
        (
            "--by 2018-02-23 --closed 2018-02-23=Snow",
            "the last day itself, so --closed would change nothing",
        ),
        (
            "--by 2018-02-23 --reading strict",
            "the last day itself, so --reading strict would change nothing",
        ),
        ("--by 2018-02-23 --extended", "--extended is the more time that a rule allows; after --by give it"),
        ("--from 2018-01-24T10:00 --hours 3 --extended", "after --hours give it with --extend"),
        ("--from 2018-01-24T10:00 --hours 3 --closes 17:00", "Hours run on whatever the day, so --closes would"),
        (
            "--from 2018-01-24T10:00 --hours 3 --rule illinois-foia",
            "has its own time; leave out --hours",
        ),
        (
            "--from 2026-06-17 --rule oregon-public-records --extended",
            "allows no more time; give it",
        ),
        ("--from 2018-01-24 --days -10 --extend 5", "Only a count that runs forward from an event can be extended"),
        ("--from 2018-01-24 --days -10 --extended", "Only a count that runs forward from an event can be extended"),
        (
            "--from 2018-01-24T10:00 --hours -72 --extend 5",
            "Only a count that runs forward from an event can be extended",
        ),
        ("--from 2018-01-24 --days 3 --extend 0", "--extend is 0; give at least 1"),
        ("--from 2018-01-24 --days 3 --extend 99999", "--extend 99999 is longer than ten years"),
        ("--from 2018-01-24T10:00+99:99 --days 3", "No clock is +99:99 from UTC; write an offset such as -05:00"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(words: str, said: str):
    assert said in refusal(*words.split())


def test_every_state_has_a_name_and_a_zone_that_exists():
    assert set(PLACES) == STATES
    for place in PLACES.values():
        assert place.name
        assert all(map(known_zone, (place.zone, *place.other_zones)))


def test_it_does_not_wait_for_the_client_of_temporal_to_load():
    program = (
        "import sys, forthwith.cli.commands.deadline; print({'temporalio', 'typst', 'aiosmtplib'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"
