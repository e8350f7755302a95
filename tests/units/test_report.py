"""The report's page, drawing, table and dates: whatever a history has is drawn, and no stranger can write into it."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pydantic_core import to_json

from forthwith.campaign.models import Campaign
from forthwith.casefile.store import Dossier, StartRecord
from forthwith.cli.commands.report import Reading
from forthwith.cli.report.drawing import ENDS, HEIGHT, SHAPES, Axis, bar, legend, sprite, strip
from forthwith.cli.report.files import DATA, PAGE, Made, table, write_report
from forthwith.cli.report.page import Report, ReportRow, page
from forthwith.failure import Failure
from forthwith.request.entries import GENESIS
from forthwith.request.vocabulary import ENDED, Status
from forthwith.views.agenda import Appointment
from forthwith.views.history import History, Span, SpanKind
from forthwith.views.listing import Listed
from forthwith.views.marks import Mark, MarkKind
from tests.ui.scene import ATTACK
from tests.units.cases import LADDER, OPENED, Desk, campaign, clocks, plan
from tests.units.test_history import HISTORIES, IN_HOURS, ahead, drawn, next_at

CONTRACT = Path(__file__).parents[2] / "CONTRACT.md"
NOW = datetime(2018, 3, 1, tzinfo=UTC)


def row(history: History | None = None, **changes: object) -> ReportRow:
    return ReportRow(
        request="test/somewhere", jurisdiction="somewhere", name="Somewhere", zone="America/Chicago",
        status=Status.AWAITING_RESPONSE, is_in_temporal=True, items=2, outstanding=2, history=history,
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


def svg_of(history: History) -> ElementTree.Element:
    axis = Axis.over([history.begins, history.ends], "UTC")
    words = {mark: f"{mark.text} & more" for mark in history.marks}
    svg = strip(history, axis, number=1, title="A & B <i>", now=None, words=words)
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
    history = drawn(HISTORIES[kind](Desk()))
    shapes = {SHAPES[kind].id} | ({end.id for end in ENDS.values()} if kind is MarkKind.END else set())
    found = [use for use in svg_of(history).iter("use") if use.attrib["href"].removeprefix("#") in shapes]
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
    svg = svg_of(drawn(Desk().go(days=1)))
    classes = {use.attrib["href"]: use.attrib.get("class", "").split() for use in svg.iter("use")}
    assert "h" in classes[f"#{SHAPES[MarkKind.DEADLINE].id}"]
    assert "h" not in classes[f"#{SHAPES[MarkKind.DEMAND].id}"]
    assert any("ahead" in rect.attrib["class"] for rect in svg.iter("rect"))


def test_marks_that_fall_together_stand_side_by_side_and_lead_to_their_moment():
    svg = svg_of(drawn(Desk().to_issuance().go(days=30)))
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
    places = [float(use.attrib["x"].rstrip("%")) for use in svg_of(drawn(desk)).iter("use") if "x" in use.attrib]
    assert len(places) > 60
    assert 0 <= min(places) <= max(places) <= 100


def test_a_bar_says_each_number():
    svg = ElementTree.fromstring(bar([("a", "Overdue", 1), ("b", "Complied", 99)], title="100 requests"))  # noqa: S314
    widths = [float(rect.attrib["width"].rstrip("%")) for rect in svg.iter("rect") if "class" in rect.attrib]
    assert widths == [1, 99]
    assert svg.attrib["aria-label"] == "100 requests: 1 Overdue, 99 Complied"


def filed(desk: Desk, root: Path) -> Path:
    """The timeline of a request in a dossier of its own."""
    dossier, name = Dossier(root), desk.plan.workflow_id
    pinned = dossier.pin(desk.plan.model_dump_json().encode())
    dossier.record_start(StartRecord(workflow_id=name, plan=pinned, matter=pinned, started_by="test", started_at=NOW))
    dossier.file(name, desk.request.timeline)
    return root / name / "timeline"


def read(desk: Desk, root: Path) -> ReportRow:
    return Reading(Dossier(root), NOW, lambda _: "").row(desk.plan.workflow_id, None)


def with_calendars(root: Path, of: Campaign | None = None) -> Desk:
    """A request whose calendars are in the dossier."""
    bare, dossier = plan(of), Dossier(root)
    recipient, issuer = (dossier.pin(clock.calendar.model_dump_json().encode()) for clock in clocks(bare))
    return Desk(bare.model_copy(update={"recipient_calendar": recipient, "issuer_calendar": issuer}))


def reported(desk: Desk, root: Path) -> tuple[ReportRow, tuple[Appointment, ...]]:
    """What the report says of an open request that Visibility lists, and its entries of the calendar."""
    at, state = next_at(desk), desk.state
    filed(desk, root)
    listed = Listed(
        request=desk.plan.workflow_id,
        campaign="test",
        jurisdiction="somewhere",
        status=state.status,
        attention=tuple(state.attention.reasons),
        outstanding=len(state.items.outstanding),
        response_due=desk.request.response_due,
        next_action_at=at,
        execution="RUNNING",
    )
    reading = Reading(Dossier(root), desk.now, lambda _: "")
    return reading.row(desk.plan.workflow_id, listed), tuple(reading.appointments)


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


def _delivered(desk: Desk) -> Desk:
    desk.go(days=1).say(desk.report("demand", "delivered"))
    return desk


EDITS: dict[str, tuple[Callable[[Desk], Desk], str, str, str]] = {
    "no instant": (Desk.to_return, '"served_at":"2018-03-07T15:00:00Z"', '"served_at":"some day"', "cannot be read"),
    "no offset": (Desk.to_return, '"since":"2018-01-24T15:00:00Z"', '"since":"2018-01-24T15:00"', "cannot be read"),
    "no disposition": (
        HISTORIES[MarkKind.PARTIAL],
        '"disposition":"produced"',
        '"disposition":"lost"',
        "cannot be read",
    ),
    "a later release": (Desk.to_return, '"kind":"service_recorded"', '"kind":"service_framed"', "cannot be read"),
    "no such letter": (_delivered, '"step":"demand"', '"step":"demand-7"', "was changed"),
}
"""What somebody wrote into a record that cannot have happened, and what the row says."""


@pytest.mark.parametrize(("play", "was", "edited", "problem"), EDITS.values(), ids=EDITS)
def test_what_cannot_have_happened_is_the_problem_of_that_row(
    play: Callable[[Desk], Desk], was: str, edited: str, problem: str, tmp_path: Path
):
    desk = play(Desk())
    paths = sorted(filed(desk, tmp_path).iterdir())
    assert read(desk, tmp_path).history
    last = [path for path in paths if was in path.read_text()][-1]
    last.write_text(last.read_text().replace(was, edited, 1))
    found = read(desk, tmp_path)
    assert problem in found.problem
    assert found.history is None
    assert page(report(found))


@pytest.mark.parametrize("numbers", [range(2, 4), range(1, 3)], ids=["no beginning", "another beginning"])
def test_a_record_without_its_beginning_is_the_problem_of_that_row(numbers: range, tmp_path: Path):
    desk = Desk().go(days=20)
    for path in sorted(filed(desk, tmp_path).iterdir()):
        path.unlink()
    previous, kept = GENESIS, desk.request.timeline[2:4]
    for number, entry in zip(numbers, kept, strict=True):
        entry = entry.model_copy(update={"number": number, "previous": previous})
        Dossier(tmp_path).file(desk.plan.workflow_id, [entry])
        previous = entry.head
    assert "was changed" in read(desk, tmp_path).problem


def test_the_calendar_has_the_dates_of_an_open_request_and_what_comes_next(tmp_path: Path):
    def names(desk: Desk) -> dict[str, datetime]:
        _, found = reported(desk, tmp_path)
        return {one.uid.partition(".")[0]: one.at for one in found}

    desk = with_calendars(tmp_path).go(days=1)
    due = datetime(2018, 2, 24, 6, tzinfo=UTC)
    assert names(desk) == {"response-due": due, "next": next_at(desk)}
    desk.to_overdue()
    timetable = desk.request.dates
    assert timetable
    assert timetable.cure
    assert names(desk) == {
        "response-due": due,
        "time-to-cure-ends": timetable.cure.closes_at,
        "next": timetable.cure.closes_at,
    }


def test_the_calendar_has_the_dates_of_a_served_subpoena(tmp_path: Path):
    court = {"name": "Court", "district": "N.D.", "title": "A v. B", "docket": "1", "place_of_compliance": "Here"}
    subpoena = {"subpoena": {"form": "court_rule45", "return_within": {"days": 21}, "court": court}}
    desk = with_calendars(tmp_path, campaign(ladder=tuple(subpoena if "subpoena" in rung else rung for rung in LADDER)))
    desk.to_service().say(desk.service(notice_to_parties_at=desk.now - timedelta(hours=1)))
    _, found = reported(desk, tmp_path)
    timetable = desk.request.dates
    assert timetable
    assert timetable.return_due
    assert timetable.objection_due
    assert {one.uid.partition(".")[0]: one.at for one in found} == {
        "response-due": datetime(2018, 2, 24, 6, tzinfo=UTC),
        "return-date": timetable.return_due.closes_at,
        "objection-due": timetable.objection_due.closes_at,
        "next": timetable.refer_at,
    }


def _extended(desk: Desk) -> Desk:
    desk.to_return().say(desk.extension(to=date(2018, 6, 29)))
    return desk


def _late_for_the_gap(desk: Desk) -> Desk:
    """A copy in the afternoon keeps back the reminder of the next morning."""
    desk.go(datetime(2018, 2, 8, 20, tzinfo=UTC)).say(desk.resending("demand", restarts_clock=False))
    return desk


OPEN: dict[str, Callable[[Desk], Desk]] = {
    "to be sent": lambda desk: desk,
    "sent": lambda desk: desk.go(days=6),
    "reminded": lambda desk: desk.go(days=20),
    "late for the gap": _late_for_the_gap,
    "overdue": Desk.to_overdue,
    "in review": Desk.to_review,
    "in issuance": Desk.to_issuance,
    "in service": Desk.to_service,
    "to be returned": Desk.to_return,
    "return date extended": _extended,
}
"""Open requests that nothing holds."""


@pytest.mark.parametrize("play", OPEN.values(), ids=OPEN)
def test_what_lies_ahead_is_drawn_for_every_open_request_that_is_not_held(play: Callable[[Desk], Desk], tmp_path: Path):
    of = campaign(demand={"send_on": "2018-01-25"}) if play is OPEN["to be sent"] else None
    desk = play(with_calendars(tmp_path, of))
    found, _ = reported(desk, tmp_path)
    assert found.history
    assert found.history.due == found.response_due == desk.request.response_due
    planned = ahead(found.history)
    assert found.next_at
    assert found.next_at in planned or desk.state.status is Status.AWAITING_RETURN, "what is next is drawn"
    assert {step.at for step in desk.request.pending() if step.at > desk.now} <= planned.keys()
    assert found.next


def test_a_pause_with_seconds_in_it_is_reported_to_the_second(tmp_path: Path):
    desk = with_calendars(tmp_path, campaign(ladder=IN_HOURS, clock={"response": {"within": {"hours": 48}}}))
    desk.go(days=1, minutes=5).say(desk.pause(OPENED + timedelta(hours=23, minutes=59, seconds=43)))
    desk.go(hours=6).say(desk.resumption(OPENED + timedelta(hours=29, minutes=12, seconds=5)))
    found, _ = reported(desk, tmp_path)
    assert found.history
    due = OPENED + timedelta(hours=53, minutes=12, seconds=22)
    assert found.history.due == found.response_due == desk.request.response_due == due
    letters = {at for at, kind in ahead(found.history).items() if kind in (MarkKind.LETTER, MarkKind.NOTICE)}
    assert letters == {due - timedelta(hours=12), due + timedelta(hours=1)}
    assert found.next_at == min(letters)
    assert found.next == "reminder 1"


def test_the_data_of_a_history_are_kinds_in_one_word_and_moments_in_utc():
    history = json.loads(to_json(row(drawn(_extended(Desk())))))["history"]
    marks, spans = history["marks"], history["spans"]
    assert all(re.fullmatch("[a-z_]+", one["kind"]) for one in (*marks, *spans))
    assert all(one["at"].endswith("Z") for one in marks)
    assert [mark for mark in marks if mark["planned"]] == [
        {"kind": "return_date", "at": "2018-06-30T05:00:00Z", "text": "return date", "planned": True, "late": False}
    ]
    assert spans[-1] == {"kind": "return_time", "since": "2018-03-07T15:00:00Z", "until": "2018-06-30T05:00:00Z"}
    assert (history["rung"], history["outstanding"], history["ended_as"]) == ("return date", ["A-1", "A-2"], None)
    assert (history["due"], history["recorded_until"]) == ("2018-02-24T06:00:00Z", "2018-03-07T15:00:00Z")


def test_the_contract_names_each_kind_of_mark_and_span_and_each_field():
    (line,) = (line for line in CONTRACT.read_text(encoding="utf-8").splitlines() if line.startswith("| `report` |"))
    assert {kind for kind in (*MarkKind, *SpanKind) if f"`{kind}`" not in line} == set()
    fields = {field for model in (History, Mark, Span) for field in model.model_fields}
    assert {field for field in fields if f"`{field}`" not in line} == set()


def test_the_parts_of_the_bar_are_all_requests():
    both = report(row(), row(status=None, is_in_temporal=False))
    said = page(both.model_copy(update={"forgotten": 1, "statuses": {Status.AWAITING_RESPONSE: 1}}))
    assert 'aria-label="2 requests: 1 Awaiting response, 1 Not in Temporal"' in said
    assert "Temporal no longer knows 1 of them. The case file of none has an end." in said
    assert "Not in Temporal" not in page(report(row()))


def test_how_a_request_ended_is_said_within_a_line():
    desk = Desk().go(days=1)
    desk.say(desk.response())
    assert next(mark.text for mark in drawn(desk).marks if mark.kind is MarkKind.END) == "every item is settled"


class _Elements(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_a_stranger_cannot_write_the_page():
    desk = Desk().go(days=1)
    desk.request.unreadable(ATTACK, "{}", ATTACK, desk.now)
    desk.say(desk.withdrawal().model_copy(update={"reason": ATTACK}))
    written = page(report(row(drawn(desk), name=ATTACK, problem=ATTACK, next=ATTACK), title=ATTACK))
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
    written = page(report(row(problem="it has no case file"), row(drawn(Desk()), request="test/other")))
    assert "it has no case file" in written
    assert "test/other" in written
    assert page(report(row()))


def words_of(*marks: Mark) -> str:
    """What the page says under a history of these marks alone."""
    history = drawn(Desk()).model_copy(update={"marks": marks, "spans": (), "recorded_until": marks[-1].at})
    line = re.search(r'<p class="words"[^>]*>(.*?)</p>', page(report(row(history))))
    assert line
    return re.sub(r"<[^>]+>", "", line[1])


def test_one_time_of_day_on_two_days_is_two_moments():
    noon = datetime(2018, 3, 1, 18, tzinfo=UTC)
    demand, note = (Mark(kind=MarkKind.LETTER, at=noon + timedelta(days=n), text=f"letter {n}") for n in (0, 1))
    later = note.model_copy(update={"at": note.at + timedelta(hours=1), "text": "letter 2"})
    assert words_of(demand, note, later) == "1 Mar 12:00 letter 0 · 2 Mar 12:00 letter 1 · 13:00 letter 2"


def test_one_day_of_two_years_is_two_days():
    first, again = (
        Mark(kind=MarkKind.LETTER, at=datetime(year, 3, 1, 18, tzinfo=UTC), text="letter") for year in (2018, 2019)
    )
    later = again.model_copy(update={"at": again.at + timedelta(days=1)})
    assert words_of(first, again, later) == "1 Mar letter · 1 Mar 2019 letter · 2 Mar letter"


def test_no_cell_of_the_table_is_a_formula():
    nasty = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", 'quoted "name", Illinois', "Plain"]
    cells = [one["name"] for one in csv.DictReader(io.StringIO(table([row(name=name) for name in nasty])))]
    assert cells == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\\t=1", "' =1", 'quoted "name", Illinois', "Plain"]


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
