"""What is packed and unpacked of a case file: nothing outside it, no link, no bomb, and nothing for others to read."""

import os
import re
import stat
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from forthwith.casefile import export
from forthwith.casefile.export import at_path, in_dossier, packed
from forthwith.casefile.folder import Folder
from forthwith.casefile.store import Dossier, DossierError
from forthwith.casefile.verify import wrongs
from forthwith.failure import Failure
from tests.units.cases import pinned_plan, plan
from tests.units.test_verify import Office

SECRET = b"a secret of this machine"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(Dossier(tmp_path / "dossier"), plan())
    office.go(days=1)
    office.file()
    (tmp_path / "secret").write_bytes(SECRET)
    return office


def everything(office: Office) -> bytes:
    return b"".join(office.case.objects.values()) + packed(office.case)


# Names.


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    "name",
    ["../../secret", "/etc/hostname", "../secret", "a" * 63, "A" * 64, f"{'a' * 64}/../../../secret", f"{'a' * 63}\n"],
)
def test_a_forged_name_of_what_was_pinned_reaches_nothing(office: Office, name: str) -> None:
    forged = {
        "start.json": '"plan":"' + office.plan.content_hash,
        "timeline/0001.json": '"plan":"' + office.plan.content_hash,
        f"../../pinned/{office.plan.content_hash}": '"recipient_calendar":"' + office.plan.recipient_calendar,
    }
    for file, text in forged.items():
        path = office.folder / file
        whole = path.read_text("utf-8")
        assert text in whole
        path.write_text(whole.replace(text, text.rpartition('"')[0] + '"' + name), "utf-8")
        assert SECRET not in everything(office)
        assert office.wrong
        path.write_text(whole, "utf-8")


@pytest.mark.parametrize("uri", ["../secret", "test/../../secret", "/etc/hostname", "", "."])
def test_the_store_reads_and_writes_nothing_outside(office: Office, uri: str) -> None:
    with pytest.raises(DossierError, match=r"outside|cannot be read"):
        office.dossier.read(office.dossier.root / uri)
    with pytest.raises(DossierError, match=r"outside|cannot be written"):
        office.dossier.create(office.dossier.root / uri, b"forged")
    assert (office.dossier.root.parent / "secret").read_bytes() == SECRET


# Links.


@pytest.mark.fault(47)
def test_no_link_is_followed_wherever_it_stands(office: Office, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_bytes(SECRET)
    (office.folder / "letters/demand/extra.eml").symlink_to(tmp_path / "secret")
    (office.folder / "evidence").symlink_to(outside)
    (office.dossier.root / "pinned" / office.plan.templates).symlink_to(tmp_path / "secret")
    case = office.case
    assert SECRET not in everything(office)
    assert {f"{office.id}/letters/demand/extra.eml", f"{office.id}/evidence"} <= {*case.links}
    assert f"pinned/{office.plan.templates}" in case.links
    found = [str(wrong) for wrong in wrongs(case)]
    assert f"{office.id}/evidence: expected a file; found a symbolic link or a device" in found
    with pytest.raises(DossierError, match="is a symbolic link, which is not followed"):
        office.dossier.read(office.folder / "evidence/secret.json")
    with pytest.raises(DossierError, match="is a symbolic link, which is not followed"):
        office.dossier.create(office.folder / "evidence/new.json", b"{}")
    assert [path.name for path in outside.iterdir()] == ["secret.json"]


def test_what_is_no_file_holds_nobody_up(office: Office) -> None:
    os.mkfifo(office.folder / "timeline/0099.json")
    assert any(wrong.found == "a symbolic link or a device" for wrong in wrongs(office.case))
    with pytest.raises(DossierError, match="no plain file"):
        office.dossier.read(office.folder / "timeline/0099.json")


# Rights.


def test_only_its_owner_reads_a_case_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        office = Office(Dossier(tmp_path / "new" / "dossier"), plan())
        office.go(days=1)
        office.file()
    finally:
        os.umask(before)
    paths = [office.dossier.root, *office.dossier.root.rglob("*")]
    assert len(paths) > 10
    for path in paths:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    with zipfile.ZipFile(zipped(office, tmp_path)) as archive:
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o600}


def test_a_draft_that_a_killed_process_left_is_no_part_of_it(office: Office) -> None:
    before = office.wrong
    (office.folder / "timeline" / f".0009.json.{'0' * 16}").write_bytes(b"half")
    assert office.wrong == before
    (office.folder / ".note").write_bytes(b"mine")
    assert office.wrong == [*before, ".note"]


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "one")
    assert folder.write_once("a/b/c", b"first")
    assert not folder.write_once("a/b/c", b"second")
    assert folder.read("a/b/c") == b"first"
    assert [name for name, _ in folder.names()] == ["a/b/c"]
    assert [path.name for path in (tmp_path / "one/a/b").iterdir()] == ["c"], "no draft is left"


# ZIPs.


def zipped(office: Office, folder: Path) -> Path:
    path = folder / "case.zip"
    path.write_bytes(packed(in_dossier(office.dossier.root, office.id)))
    return path


def bomb(path: Path, *, packing: int = zipfile.ZIP_DEFLATED, size: int = 50_000_000) -> Path:
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("test/somewhere/start.json", b"\0" * size)
    return path


def refused(path: Path) -> str:
    with pytest.raises(Failure) as failure:
        at_path(path)
    assert "\n" not in str(failure.value)
    assert "give a ZIP of `forthwith export`" in failure.value.hint
    return str(failure.value)


def test_a_zip_that_says_it_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MAX_BYTES", 1_000_000)
    said = refused(bomb(tmp_path / "bomb.zip"))
    assert "holds 50,000,000 bytes unpacked; a case file has at most 1,000,000" in said


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MAX_FILES", 10)
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(11):
            archive.writestr(f"test/somewhere/timeline/{number}.json", b"{}")
    assert "holds 11 files; a case file has at most 10" in refused(tmp_path / "many.zip")


@pytest.mark.fault(47)
def test_a_zip_that_is_larger_than_it_says_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """The size is changed to 1,000 in both places where a ZIP has it."""
    path = bomb(tmp_path / "lies.zip")
    content = path.read_bytes().replace(struct.pack("<I", 50_000_000), struct.pack("<I", 1_000))
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        assert archive.infolist()[0].file_size == 1_000
    assert refused(path)


def test_a_packing_whose_size_nobody_can_bound_is_refused(tmp_path: Path) -> None:
    assert "store or deflate it" in refused(bomb(tmp_path / "odd.zip", packing=zipfile.ZIP_BZIP2))


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_damaged_zip_is_refused_in_one_line(office: Office, tmp_path: Path, place: str) -> None:
    path = zipped(office, tmp_path)
    content = bytearray(path.read_bytes())
    at = {"first": 32, "middle": len(content) // 2, "last": len(content) - 30}[place]
    content[at : at + 20] = b"\xff" * 20
    path.write_bytes(bytes(content))
    assert refused(path)


def test_an_encrypted_zip_is_refused(office: Office, tmp_path: Path) -> None:
    path = zipped(office, tmp_path)
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(bytes(content))
    assert "encrypted" in refused(path)


def test_a_link_in_a_zip_is_a_finding(office: Office, tmp_path: Path) -> None:
    path = zipped(office, tmp_path)
    info = zipfile.ZipInfo(f"{office.id}/letters/demand/extra.eml")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    case = at_path(path)
    assert case.links == (info.filename,)
    assert any(wrong.file == info.filename for wrong in wrongs(case))


# By hand.


def test_the_commands_of_the_readme_find_nothing_wrong_and_then_what_was_added(tmp_path: Path) -> None:
    dossier = Dossier(tmp_path / "dossier")
    office = Office(dossier, pinned_plan(dossier, {"letter.typ": "= Letter"}))
    office.put_off_once()
    office.to_review()
    office.file()
    assert office.wrong == []
    with zipfile.ZipFile(zipped(office, tmp_path)) as archive:
        archive.extractall(tmp_path / "out")
    readme = (tmp_path / "out" / "README.txt").read_text("utf-8")
    commands = re.findall(r"^  (?:sha256sum -c|previous=|find |\(cd )[^\0]*?(?=\n\n)", readme, re.MULTILINE)
    assert len(commands) == 4

    def said() -> list[str]:
        folder, shells = tmp_path / "out", [["bash", "-c", command] for command in commands]
        ran = [subprocess.run(shell, cwd=folder, capture_output=True, text=True, check=False) for shell in shells]
        assert [one.stderr for one in ran] == [""] * 4
        return [one.stdout for one in ran]

    sums, head, objects, names = said()
    assert "FAILED" not in sums
    assert (head, objects, names) == (f"head {office.case.head}\n", "", "")
    (tmp_path / "out" / office.id / "letters/demand/extra.eml").write_text("x")
    assert said()[2] == f"{office.id}/letters/demand/extra.eml is in no entry\n"
