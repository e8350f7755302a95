"""The report's page, drawing and table: whatever a life has is drawn, and nobody writes into it from outside."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from forthwith.casefile.store import Dossier, StartRecord
from forthwith.cli.commands.report import Reading
from forthwith.cli.report.drawing import ENDS, HEIGHT, SHAPES, Axis, bar, legend, sprite, strip
from forthwith.cli.report.files import DATA, PAGE, Made, table, write_report
from forthwith.cli.report.page import Report, ReportRow, page
from forthwith.failure import Failure
from forthwith.request.vocabulary import ENDED, Status
from forthwith.views.life import Life, Mark, MarkKind
from tests.ui.scene import ATTACK
from tests.units.cases import Desk
from tests.units.test_life import LIVES, told

NOW = datetime(2018, 3, 1, tzinfo=UTC)


def row(life: Life | None = None, **changes: object) -> ReportRow:
    return ReportRow(
        request="test/somewhere", jurisdiction="somewhere", name="Somewhere", zone="America/Chicago",
        status=Status.AWAITING_RESPONSE, is_in_temporal=True, items=2, outstanding=2, history=life,
    ).model_copy(update=changes)  # fmt: skip


def report(*rows: ReportRow, campaign: str = "test", title: str = "Test") -> Report:
    return Report(
        campaign=campaign,
        title=title,
        made_at=NOW,
        zone="America/New_York",
        made_local="now",
        statuses={Status.AWAITING_RESPONSE: len(rows)},
        forgotten=0,
        tasks=(),
        is_ahead=False,
        web_ui="",
        links={},
        requests=rows,
    )


def drawn(life: Life) -> ElementTree.Element:
    axis = Axis.over([life.begins, life.ends], "UTC")
    said = {mark: f"{mark.text} & more" for mark in life.marks}
    svg = strip(life, axis, number=1, title="A & B <i>", now=None, words=said)
    return ElementTree.fromstring(svg)  # noqa: S314 - our own


def test_later_is_further_right_and_everything_is_on_the_axis():
    moments = [NOW + timedelta(days=n**2) for n in range(30)]
    axis = Axis.over(moments, "America/Chicago")
    places = [axis.at(moment) for moment in moments]
    assert places == sorted(places)
    assert len(set(places)) == len(places)
    assert 0 < places[0] < places[-1] < 100


@pytest.mark.parametrize("seconds", [1, 90, 4000, 90_000, 700_000, 5_000_000, 40_000_000, 900_000_000])
def test_an_axis_of_any_length_has_a_few_ticks(seconds: int):
    axis = Axis.over([NOW, NOW + timedelta(seconds=seconds)], "America/Chicago")
    ticks = list(axis.ticks())
    assert 1 <= len(ticks) <= 8
    assert [at for at, _ in ticks] == sorted(at for at, _ in ticks)
    assert all(before != after for (_, before), (_, after) in pairwise(ticks))


@pytest.mark.parametrize("kind", MarkKind)
def test_a_mark_is_drawn_by_its_shape_with_its_words(kind: MarkKind):
    life = told(LIVES[kind](Desk()))
    shapes = {SHAPES[kind].id} | ({end.id for end in ENDS.values()} if kind is MarkKind.END else set())
    found = [use for use in drawn(life).iter("use") if use.attrib["href"].removeprefix("#") in shapes]
    assert found
    assert all((use.findtext("title") or "").endswith("& more") for use in found)


def test_every_shape_is_defined_once_and_explained():
    defined = re.findall(r'<g id="([mq]\w)"', sprite(Axis.over([NOW], "UTC"), NOW))
    assert len(set(defined)) == len(defined) == len(SHAPES) + len(ENDS)
    explained = "".join(key for key, _ in legend())
    assert all(f'href="#{name}"' in explained for name in defined if name != SHAPES[MarkKind.END].id)
    assert set(ENDS) == ENDED
    words = [words for _, words in legend()]
    assert len(set(words)) == len(words)


def test_what_is_ahead_is_hollow_and_what_was_is_not():
    svg = drawn(told(Desk().go(days=1)))
    classes = {use.attrib["href"]: use.attrib.get("class", "").split() for use in svg.iter("use")}
    assert "h" in classes[f"#{SHAPES[MarkKind.DEADLINE].id}"]
    assert "h" not in classes[f"#{SHAPES[MarkKind.DEMAND].id}"]
    assert any("ahead" in rect.attrib["class"] for rect in svg.iter("rect"))


def test_marks_that_fall_together_stand_side_by_side_and_lead_to_their_moment():
    svg = drawn(told(Desk().to_issuance().go(days=30)))
    (lane,) = (group for group in svg.iter("g") if group.attrib["class"] == "ours")
    places = [float(use.attrib["x"].rstrip("%")) for use in lane.iter("use")]
    assert min(after - before for before, after in pairwise(places)) > 1
    assert [line for line in svg.iter("line") if line.attrib["class"] == "lead"]
    assert svg.attrib["height"] == str(HEIGHT)


def test_no_mark_leaves_the_axis_however_many_there_are():
    desk = Desk().go(days=20)
    desk.say(desk.response(a1="produced"))
    for _ in range(60):
        desk.say(desk.response(kind="other"))
    places = [float(use.attrib["x"].rstrip("%")) for use in drawn(told(desk)).iter("use") if "x" in use.attrib]
    assert len(places) > 60
    assert 0 <= min(places) <= max(places) <= 100


def test_a_bar_says_each_number():
    svg = ElementTree.fromstring(bar([("a", "Overdue", 1), ("b", "Complied", 99)], title="100 requests"))  # noqa: S314
    widths = [float(rect.attrib["width"].rstrip("%")) for rect in svg.iter("rect") if "class" in rect.attrib]
    assert widths == [1, 99]
    assert svg.attrib["aria-label"] == "100 requests: 1 Overdue, 99 Complied"


def filed(desk: Desk, root: Path) -> Path:
    """The timeline of a case in a dossier of its own."""
    dossier, name = Dossier(root), desk.plan.workflow_id
    pinned = dossier.pin(desk.plan.model_dump_json().encode())
    dossier.record_start(StartRecord(workflow_id=name, plan=pinned, matter=pinned, started_by="test", started_at=NOW))
    entries = tuple(desk.case.timeline)
    dossier.file(name, entries)
    return root / name / "timeline"


def read(desk: Desk, root: Path) -> ReportRow:
    return Reading(Dossier(root), NOW, lambda _: "").row(desk.plan.workflow_id, None)


def test_of_a_record_that_was_changed_no_part_is_drawn(tmp_path: Path):
    desk = Desk().go(days=20)
    entry = sorted(filed(desk, tmp_path).iterdir())[2]
    assert read(desk, tmp_path).history
    entry.write_bytes(entry.read_bytes().replace(b'"text":"', b'"text":"Not ', 1))
    changed = read(desk, tmp_path)
    assert changed.history is None
    assert changed.problem == f"its record was changed: forthwith verify {desk.plan.workflow_id}"
    assert changed.name == desk.plan.jurisdiction.name


@pytest.mark.parametrize("edited", [b"no entry", b'{"number": 1}'])
def test_what_is_no_entry_is_the_problem_of_that_row(edited: bytes, tmp_path: Path):
    desk = Desk().go(days=20)
    sorted(filed(desk, tmp_path).iterdir())[-1].write_bytes(edited)
    assert "cannot be read" in read(desk, tmp_path).problem


@pytest.mark.parametrize(
    "change",
    [
        {"what": "served", "details": {"served_at": "some day"}},
        {"what": "response_received", "details": {"items": "A-1=lost"}},
        {"what": "served", "details": {"served_at": "2018-02-01"}},
    ],
)
def test_what_cannot_be_told_of_a_life_is_the_problem_of_that_row(change: dict[str, object], tmp_path: Path):
    desk = Desk().go(days=20)
    last = sorted(filed(desk, tmp_path).iterdir())[-1]
    last.write_bytes(desk.case.timeline[-1].model_copy(update=change).filed())
    assert "was changed" in read(desk, tmp_path).problem


def test_the_parts_of_the_bar_are_all_requests():
    both = report(row(), row(status=None, is_in_temporal=False))
    said = page(both.model_copy(update={"forgotten": 1, "statuses": {Status.AWAITING_RESPONSE: 1}}))
    assert 'aria-label="2 requests: 1 Awaiting response, 1 Not in Temporal"' in said
    assert "Temporal no longer knows 1 of them. The case file of none has an end." in said
    assert "Not in Temporal" not in page(report(row()))


def test_how_a_request_ended_is_said_within_a_line():
    desk = Desk().go(days=1)
    desk.say(desk.response())
    assert next(mark.text for mark in told(desk).marks if mark.kind is MarkKind.END) == "every item is settled"


class _Elements(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_a_stranger_cannot_write_the_page():
    desk = Desk().go(days=1)
    desk.case.unreadable(ATTACK, "{}", ATTACK, desk.now)
    desk.say(desk.withdrawal().model_copy(update={"reason": ATTACK}))
    written = page(report(row(told(desk), name=ATTACK, problem=ATTACK, next=ATTACK), title=ATTACK))
    elements = _Elements()
    elements.feed(written)
    tags = [tag for tag, _ in elements.found]
    assert not {"script", "img", "iframe", "object"} & set(tags)
    assert tags.count("h1") == 1
    assert ATTACK.split("\n")[0].replace("<", "&lt;")[:20] not in tags
    for tag, attributes in elements.found:
        assert not any(name.startswith("on") for name in attributes), tag
        address = attributes.get("href") or attributes.get("src") or "#"
        assert address.startswith(("#", "data:,")), address
    assert "url(http" not in written
    assert "@import" not in written


def test_a_request_without_a_record_is_in_the_page_with_what_is_known():
    written = page(report(row(problem="it has no case file"), row(told(Desk()), request="test/other")))
    assert "it has no case file" in written
    assert "test/other" in written
    assert page(report(row()))


def words_of(*marks: Mark) -> str:
    """What the page says under a life of these marks alone."""
    life = told(Desk()).model_copy(update={"marks": marks, "spans": (), "told_until": marks[-1].at})
    line = re.search(r'<p class="words"[^>]*>(.*?)</p>', page(report(row(life))))
    assert line
    return re.sub(r"<[^>]+>", "", line[1])


def test_one_time_of_day_on_two_days_is_two_moments():
    noon = datetime(2018, 3, 1, 18, tzinfo=UTC)
    demand, note = (Mark(kind=MarkKind.REMINDER, at=noon + timedelta(days=n), text=f"letter {n}") for n in (0, 1))
    later = note.model_copy(update={"at": note.at + timedelta(hours=1), "text": "letter 2"})
    assert words_of(demand, note, later) == "1 Mar 12:00 letter 0 · 2 Mar 12:00 letter 1 · 13:00 letter 2"


def test_one_day_of_two_years_is_two_days():
    first, again = (
        Mark(kind=MarkKind.REMINDER, at=datetime(year, 3, 1, 18, tzinfo=UTC), text="letter") for year in (2018, 2019)
    )
    later = again.model_copy(update={"at": again.at + timedelta(days=1)})
    assert words_of(first, again, later) == "1 Mar letter · 1 Mar 2019 letter · 2 Mar letter"


def test_no_cell_of_the_table_is_a_formula():
    nasty = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", 'quoted "name", Illinois', "Plain"]
    cells = [one["name"] for one in csv.DictReader(io.StringIO(table([row(name=name) for name in nasty])))]
    assert cells == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "' =1", 'quoted "name", Illinois', "Plain"]


def test_a_report_is_written_again_only_over_itself(tmp_path: Path):
    folder = tmp_path / "report"
    write_report(Made(report(row()), ()), folder)
    assert json.loads((folder / DATA).read_text())["campaign"] == "test"
    (folder / "notes.txt").write_text("mine")
    write_report(Made(report(row(), row()), ()), folder)
    assert len(json.loads((folder / DATA).read_text())["requests"]) == 2
    assert {path.name for path in folder.iterdir()} == {
        *("report.html", "report.csv", "report.json", "report.ics", "notes.txt")
    }
    before = (folder / PAGE).read_bytes()
    with pytest.raises(Failure, match="not of a report of other"):
        write_report(Made(report(row(), campaign="other"), ()), folder)
    assert (folder / PAGE).read_bytes() == before
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / PAGE).write_text("a page of somebody else")
    with pytest.raises(Failure, match="not of a report of test"):
        write_report(Made(report(row()), ()), tmp_path / "theirs")
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match="cannot be written"):
        write_report(Made(report(row()), ()), tmp_path / "file")
