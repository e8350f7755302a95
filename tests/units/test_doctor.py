"""What `doctor` makes of what it finds: each fault with advice that is true of it."""

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType

from forthwith import temporal
from forthwith.cli.commands import doctor
from forthwith.cli.commands.doctor import clock, have_attributes, retention_is_enough, worker
from forthwith.documents.template_files import default_templates
from forthwith.settings import Settings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINE, ANOTHER = "1" * 32, "2" * 32


def polled(dossier: str = MINE, **ago: float) -> dict[str, datetime]:
    suffix = f" dossier:{dossier}" if dossier else ""
    return {f"7@{host}{suffix}": NOW - timedelta(seconds=seconds) for host, seconds in ago.items()}


def test_a_worker_that_polls_with_the_same_dossier_is_well() -> None:
    found = worker(polled(a=3, b=70), MINE, NOW)
    assert (found.ok, found.found) == (True, "2 workers polling, same dossier")


@pytest.mark.parametrize(
    ("polls", "dossier", "found", "remedy"),
    [
        ({}, MINE, "none polls forthwith", "python worker.py"),
        (polled(a=130), MINE, "7@a dossier:111", "clock is ahead"),
        (polled(ANOTHER, a=3), MINE, "7@a keeps case files in dossier 22222222, and here it is 11111111", "the same"),
        (polled(a=3) | polled(ANOTHER, b=3), MINE, "7@b keeps case files in dossier 22222222", "the same"),
        (polled(a=3) | polled("", b=3), MINE, "without the name of its dossier: 7@b", "stop it"),
        (polled(a=3), "", "without a dossier it is unknown", "repair the dossier"),
    ],
)
def test_a_worker_that_is_not_well(polls: dict[str, datetime], dossier: str, found: str, remedy: str) -> None:
    check = worker(polls, dossier, NOW)
    assert not check.ok
    assert found in check.found
    assert remedy in check.remedy


def test_one_that_polled_with_another_dossier_and_is_gone_is_no_fault() -> None:
    assert worker(polled(a=3) | polled(ANOTHER, b=100), MINE, NOW).ok


@pytest.mark.fault(33)
def test_a_clock_that_is_behind_the_servers_shows_by_a_poll_that_is_yet_to_come() -> None:
    (behind,) = clock(polled(a=-40, b=30), NOW)
    assert (behind.ok, "40 s behind" in behind.found) == (False, True)
    (right,) = clock(polled(a=30), NOW)
    assert right.ok
    assert clock(polled(a=200), NOW) == [], "a worker that stopped or a clock that is ahead, as the worker's check says"
    assert clock({}, NOW) == []


def test_attributes_that_are_missing_can_be_added_and_those_of_another_type_cannot() -> None:
    there = {key.name: int(key.indexed_value_type) for key in temporal.SEARCH_ATTRIBUTES}
    assert have_attributes(there).ok
    missing = have_attributes({name: kind for name, kind in there.items() if name != "Campaign"})
    assert (missing.found, missing.remedy) == ("missing: Campaign", "run `forthwith setup-server`")
    wrong = have_attributes({**there, "Campaign": int(IndexedValueType.INDEXED_VALUE_TYPE_TEXT)})
    assert wrong.found == "of another type: Campaign"
    assert "namespace of its own" in wrong.remedy


def test_a_short_retention_is_set_by_setup_server() -> None:
    assert retention_is_enough(timedelta(days=30)).ok
    assert "setup-server" in retention_is_enough(timedelta(days=3)).remedy


@pytest.mark.parametrize(
    ("number", "remedy"), [(errno.ENOSPC, "make room"), (errno.EROFS, "writable"), (errno.ENOTDIR, "to a folder")]
)
def test_a_dossier_that_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, remedy: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    identity, check = doctor._dossier(Settings(dossier=tmp_path / "new"))
    assert (identity, check.ok) == ("", False)
    assert os.strerror(number) in check.found
    assert remedy in check.remedy


def test_a_new_dossier_asks_whether_it_is_the_right_one(tmp_path: Path) -> None:
    settings = Settings(dossier=tmp_path / "new")
    assert "is it the right folder?" in doctor._dossier(settings)[1].found
    assert "right folder" not in doctor._dossier(settings)[1].found


async def test_a_template_that_is_broken_is_named_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {**default_templates(), "letter.typ": "#let x = (\n"}
    monkeypatch.setattr(doctor, "default_templates", lambda: broken)
    check = await doctor._templates()
    assert not check.ok
    assert check.found.startswith("letter.typ:1: unclosed delimiter")
    assert "install it again" in check.remedy
