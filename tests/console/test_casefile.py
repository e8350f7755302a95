"""A case file is packed, checked by a stranger's tools and by ours, and whatever was changed in it is named."""

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from forthwith.casefile.case_file import CaseFile, request_in, sha256_of
from forthwith.casefile.export import packed
from forthwith.casefile.verify import wrongs
from forthwith.request.vocabulary import Status
from tests.console.conftest import CampaignWriter, Terminal
from tests.console.test_review_subpoena import soon

Tamper = Callable[[dict[str, bytes]], str]
"""Changes a case file, and says which file should be named for it."""


def one(objects: dict[str, bytes], *ends: str) -> str:
    return next(name for name in sorted(objects) if all(end in name for end in ends))


def changed(old: bytes, new: bytes, *ends: str) -> Tamper:
    def change(objects: dict[str, bytes]) -> str:
        name = one(objects, *ends)
        assert old in objects[name]
        objects[name] = objects[name].replace(old, new, 1)
        return name

    return change


def removed(objects: dict[str, bytes]) -> str:
    name = one(objects, "timeline/0004.json")
    del objects[name]
    return name


def swapped(objects: dict[str, bytes]) -> str:
    first, second = one(objects, "timeline/0003.json"), one(objects, "timeline/0004.json")
    objects[first], objects[second] = objects[second], objects[first]
    return first


def truncated(objects: dict[str, bytes]) -> str:
    name = one(objects, "letters/demand/", ".eml")
    objects[name] = objects[name][:-10]
    return name


def other_plan(objects: dict[str, bytes]) -> str:
    name = next(name for name, content in objects.items() if name.startswith("pinned/") and b'"ladder"' in content)
    objects[name] = objects[name].replace(b'"ladder"', b'"Ladder"', 1)
    return name


def printed_otherwise(objects: dict[str, bytes]) -> str:
    """Another PDF, and its hash and size in the receipt."""
    name, receipt = one(objects, "letters/demand/letter-", ".pdf"), one(objects, "letters/demand/", ".receipt.json")
    before, objects[name] = objects[name], objects[name].replace(b"%PDF", b"%PDf", 1)
    old, new = sha256_of(before).encode(), sha256_of(objects[name]).encode()
    assert old in objects[receipt]
    objects[receipt] = objects[receipt].replace(old, new, 1)
    return name


TAMPERED: dict[str, tuple[Tamper, str]] = {
    "an entry": (changed(b"demand", b"Demand", "timeline/0003.json"), "timeline/0004.json"),
    "an entry removed": (removed, ""),
    "entries swapped": (swapped, ""),
    "a message": (truncated, ""),
    "when it was accepted": (changed(b'"accepted_at":"2', b'"accepted_at":"1', "demand/", ".receipt"), "/0003.json"),
    "a letter and its receipt": (printed_otherwise, ""),
    "the start record": (changed(b'"plan":"', b'"plan":"0', "start.json"), ""),
    "a draft": (changed(b"%PDF", b"%PDf", "drafts/", ".pdf"), ""),
    "the plan": (other_plan, ""),
}


@pytest.mark.fault(48)
async def test_what_was_exported_is_checked_and_whatever_was_changed_is_named(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path
):
    said = await terminal("start", str(campaign("chicago-il", change=soon)), "--json")
    request = said.json[0]["request"]
    await terminal.becomes(request, Status.AWAITING_REVIEW)
    ended = await terminal("withdraw", request, "--reason", "settled")
    assert ended.code == 0, ended.err
    await terminal.stack.server.client.get_workflow_handle(request).result()
    file = tmp_path / "case.zip"
    exported = await terminal("export", request, "--to", str(file), "--json", environment={"TEMPORAL_ADDRESS": "-"})
    assert exported.code == 0, exported.err
    first = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "out")
        objects = {name: archive.read(name) for name in archive.namelist()}
    sha256sum = shutil.which("sha256sum")
    assert sha256sum
    subprocess.run([sha256sum, "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path / "out", check=True)  # noqa: ASYNC221
    for what in (request, str(file), str(tmp_path / "out"), str(terminal.stack.dossier / request)):
        verified = await terminal("verify", what, "--json")
        assert (verified.code, verified.json["wrong"]) == (0, []), verified.out
        assert "compared with workflow history" in verified.json["temporal"]
        assert verified.json["head"] == exported.json["head"]
    own = {name: content for name, content in objects.items() if "/" in name}
    assert packed(CaseFile(request, own)) == first
    for title, (tamper, also) in TAMPERED.items():
        copy = dict(own)
        name = tamper(copy)
        found = [wrong.file for wrong in wrongs(CaseFile(request_in(copy), copy))]
        assert found, title
        assert any((also or name) in file for file in found), (title, name, found)

    # The last entry has none after it: with the list of hashes gone, workflow history still tells.
    last = tmp_path / "out" / max(name for name in own if "/timeline/" in name)
    last.write_bytes(last.read_bytes().replace(b'"at":"2', b'"at":"3'))
    (tmp_path / "out" / "SHA256SUMS").unlink()
    verified = await terminal("verify", str(tmp_path / "out"))
    assert (verified.code, last.name in verified.out) == (1, True), verified.out


def test_a_folder_without_a_case_file_is_none():
    with pytest.raises(ValueError, match="no case file"):
        request_in(["a.txt"])
