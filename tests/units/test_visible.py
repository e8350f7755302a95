"""Text from outside in every medium: it is shown, and acts on nothing that shows it.

The commands as processes are in tests/console/test_hostile_text.py, the page in a real browser in tests/ui.
"""

import csv
import io
import json
import logging
import re
import unicodedata
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
import structlog
from icalendar import Calendar
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from forthwith.campaign.models import Contact
from forthwith.cli.commands import setup_server
from forthwith.cli.output import Screen, print_json
from forthwith.cli.report.files import Made, table
from forthwith.cli.report.page import page
from forthwith.logs import configure_logs
from forthwith.server_setup import Check
from forthwith.settings import Settings
from forthwith.views.agenda import Appointment
from forthwith.views.ics import calendar_of
from forthwith.views.page import current_details
from forthwith.views.status import NextAction
from forthwith.views.tasks import Section, Task
from forthwith.visible import ACTING, visible, visible_json
from tests.units.cases import Desk
from tests.units.test_history import drawn
from tests.units.test_report import report, row

HOSTILE = {
    "a colour": "\x1b[31mred",
    "a window's title": "\x1b]0;owned\x07",
    "what clears the screen": "\x1b[2J\x1b[H",
    "a key that is answered": "\x1b[6n",
    "CSI as one character": "\x9b31mred",
    "a carriage return": "paid\rnot",
    "a backspace": "no\x08\x08yes",
    "NUL and DEL": "a\x00b\x7fc",
    "a line of its own": "one\n2018-01-01 [error] two",
    "the order turned round": "\u202egnorw\u202c",
    "an isolate": "\u2066a\u2069",
    "what nobody sees": "a\u200bb\ufeffc",
    "a tag": "a\U000e0041b",
    "a separator of lines": "a\u2028b\u2029c",
    "markup of the terminal": "[red]x[/red][link=http://x.example]y[/link]",
    "an emoji by name": ":bomb:",
    "HTML": "<script>alert(1)</script><img src=x onerror=y>\"'&",
    "Markdown": "# A\n> b\n![c](http://x.example/c.png) [d](http://x.example) <http://x.example> `e` | f",
    "a bare address": "see http://x.example/a, www.x.example and clerk@x.example",
    "another bare address": "HTTP://X.EXAMPLE WWW.X.EXAMPLE mailto:a@b.example ftp://x javascript:alert(1)",
    "a formula": '=HYPERLINK("http://x.example","y")',
    "a formula after a space": "  +1+1",
    "a formula after what nobody sees": "\u200b=1+1",
    "a formula in wide letters": "\uff1d1+1",
    "a minus": "-1+1",
    "an at": "@SUM(1)",
    "a tab": "\t=1",
    "a line of a calendar": "x\r\nBEGIN:VALARM\r\nATTACH:http://x.example",
    "quotes of a calendar": 'x";CN="y',
}

hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


def acting(shown: str, *, but: str = "\n") -> str:
    """What of a text would act on what shows it."""
    return "".join(c for c in shown if c not in but and unicodedata.category(c) in ACTING)


@hostile
def test_it_says_what_it_was(text: str) -> None:
    shown = visible(text)
    assert acting(shown, but="") == ""
    assert shown.encode().decode("unicode_escape") == text or "\\" in text or not text.isascii()
    assert acting(visible(text, keep="\n")) == ""
    assert json.loads(visible_json({"a": text}, indent=1)) == {"a": text}
    assert acting(visible_json({"a": text}, indent=1)) == ""


# The terminal.

OURS = re.compile(r"\x1b\[[0-9;]*m")
"""The colours of our own."""


@hostile
def test_on_a_terminal_it_acts_on_nothing(text: str) -> None:
    screen = Screen(file=io.StringIO(), force_terminal=True, width=60, emoji=False, color_system="standard")
    frame = Table(title=escape(text))
    frame.add_column(escape(text))
    frame.add_row(escape(text))
    frame.add_row(Text(text))
    screen.print(frame, Panel(Text(text), title=escape(text)), f"[bold]{escape(text)}[/]", Text(text))
    screen.print(text, markup=False, soft_wrap=True)
    screen.print_json(data={"a": text})
    assert isinstance(screen.file, io.StringIO)
    shown = screen.file.getvalue()
    assert acting(OURS.sub("", shown)) == ""
    assert "\x1b]" not in shown, "no link"
    assert text != ":bomb:" or text in shown


@hostile
def test_doctor_shows_what_a_server_says_of_itself(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(file=io.StringIO(), emoji=False, width=400)
    monkeypatch.setattr(setup_server, "out", screen)
    checks = [Check(name="mail server", ok=True, found=text), Check(name="x", ok=False, found="y", remedy=text)]
    with pytest.raises(BaseException, match="1"):
        setup_server.print_checks(checks, False)
    assert isinstance(screen.file, io.StringIO)
    assert acting(screen.file.getvalue()) == ""
    shown = " ".join(screen.file.getvalue().split())
    assert shown.count(" ".join(visible(text, keep="\n\t").split())) >= 2


@hostile
def test_json_on_stdout_acts_on_nothing_and_says_the_same(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [text]})
    shown = capsys.readouterr().out
    assert acting(shown) == ""
    assert json.loads(shown) == {"a": [text]}


@pytest.mark.parametrize("form", ["console", "json"])
@hostile
def test_a_line_of_the_log_stays_one_line(text: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        configure_logs(Settings(log_format="json" if form == "json" else "console"))
        structlog.get_logger("ours").warning("before", name=text)
        logging.getLogger("theirs").warning("it said %s", text)
        try:
            raise ValueError(text)
        except ValueError:
            logging.getLogger("theirs").exception("failed")
    finally:
        root.handlers[:], level = before
        root.setLevel(level)
        structlog.reset_defaults()
    shown = capsys.readouterr().err
    assert "before" in shown
    assert acting(shown, but="\n\t") == "", "a traceback has lines of its own"
    plain, said, *_ = shown.splitlines()
    assert "before" in plain
    assert "it said" in said


# The Web UI.


@hostile
def test_the_page_of_a_request_has_no_link_and_no_picture(text: str) -> None:
    desk, quiet = Desk().go(days=1), Desk().go(days=1)
    desk.request.unreadable(text, text, text, desk.now)
    quiet.garble()
    shown = current_details(desk.request, NextAction(at=desk.now, what="something"))
    assert acting(shown) == ""
    assert shown.count("\n") == current_details(quiet.request, NextAction(at=quiet.now, what="something")).count("\n")
    outside_code = re.sub(r"`[^`]*`", "", shown)
    assert not re.search(r"(?<!\\)[<>\[\]|#]", outside_code.replace("\n> Needs", ""))
    assert not re.search(r"(?i)://|www\.|@|mailto:|javascript:", outside_code), "also where escapes are read first"


# The report.


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


@hostile
def test_the_page_of_a_report_has_nothing_of_others(text: str) -> None:
    desk = Desk().go(days=1)
    desk.request.unreadable(text, text, text, desk.now)
    task = Task(section=Section.UNREADABLE, request="test/somewhere", task=text, command=text)
    one = row(drawn(desk), name=text, problem=text, next=text, waits_for=text)
    written = page(report(one, title=text).model_copy(update={"tasks": (task,)}))
    assert acting(written) == ""
    elements = _Elements()
    elements.feed(written)
    assert not {"script", "img", "iframe", "object"} & set(elements.tags)
    assert not [name for name, _ in elements.attributes if name.startswith("on")]


@hostile
def test_the_table_and_the_data_of_a_report(text: str) -> None:
    one = row(name=text, problem=text, next=text)
    written = table([one])
    assert acting(written, but="\r\n") == ""
    (read,) = csv.DictReader(io.StringIO(written))
    for cell in (read["name"], read["problem"], read["next"]):
        assert unicodedata.normalize("NFKC", cell.lstrip())[:1] not in {"=", "+", "-", "@"}
        assert cell.removeprefix("'") == visible(text)
    data = Made(report(one), ()).files()["report.json"].decode()
    assert acting(data) == ""
    assert json.loads(data)["requests"][0]["name"] == text


@hostile
def test_a_calendar_has_only_its_own_lines(text: str) -> None:
    at = datetime(2018, 2, 23, tzinfo=UTC)
    appointment = Appointment(
        uid="a", title=text, at=at, is_deadline=True, zone="America/Chicago", why=(text, text), as_of=at
    )
    content = calendar_of(text, [appointment], published_by=Contact.model_construct(name=text, email="a@b.example"))
    assert acting(content.decode(), but="\r\n") == ""
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert str(event["summary"]).strip() == visible(text).strip()
    assert len(event.walk("VALARM")) == 2
    assert "attach" not in event


def test_what_is_plain_is_left_alone() -> None:
    for text in ("Łódź, 東京 – “quoted” 12\N{NO-BREAK SPACE}%", "emoji \N{SMILING FACE WITH SUNGLASSES}"):
        assert visible(text) == text
    assert visible("a\tb\nc", keep="\n\t") == "a\tb\nc"
