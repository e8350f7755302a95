"""What a template may take while it is rendered, and what becomes of one that takes more."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from forthwith.documents.template_files import default_templates
from forthwith.documents.typesetting import TemplateError, render_pdf
from forthwith.documents.wording import WordingError, paragraphs
from forthwith.rendering import LimitExceeded, Limits, Renderer, RenderingStopped
from tests.units.samples import LETTER

LIMITS = Limits(seconds=1, megabytes=100, processes=1)
CREATED = datetime(2018, 1, 24, 14, 0, tzinfo=UTC)
LETTER_TYP = default_templates()["letter.typ"]
LOOP = "{% for a in range(99999) %}\n{% for b in range(99999) %}{% endfor %}\n{% endfor %}"
ENDLESS = "#for a in range(9999) { for b in range(9999) { for c in range(9999) {} } }"


@pytest.fixture(scope="module")
def renderer() -> Generator[Renderer]:
    with Renderer(LIMITS) as renderer:
        yield renderer


def wording(renderer: Renderer, opening: str) -> tuple[str, ...]:
    source = f"{{% block opening %}}{opening}{{% endblock %}}{{% block closing %}}Done.{{% endblock %}}"
    return renderer.submit({"demand.j2": source}, paragraphs, source, "opening", {}, name="demand.j2").result(30)


def pdf(renderer: Renderer, template: str) -> bytes:
    return renderer.pdf("letter.typ", template, LETTER, created=CREATED).result(30)


@pytest.mark.parametrize(
    ("opening", "error", "because"),
    [
        (LOOP, WordingError, r"demand.j2:[12]: took longer than 1 s to render, the limit \(FORTHWITH_RENDER_SECONDS\)"),
        ("{{ 'x' * 3000000000 }}", LimitExceeded, "demand.j2: took more than 100 MB of memory to render, the limit"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", WordingError, "demand.j2:1: maximum recursion depth"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", WordingError, "demand.j2: is nested too deeply to be read"),
    ],
    ids=["loop", "memory", "recursion", "nesting"],
)
def test_wording_that_never_ends_is_stopped_and_named(
    renderer: Renderer, opening: str, error: type[Exception], because: str
):
    began = time.monotonic()
    with pytest.raises(error, match=because):
        wording(renderer, opening)
    assert time.monotonic() - began < 10
    assert wording(renderer, "Good.") == ("Good.",)


@pytest.mark.parametrize(
    ("template", "error", "because"),
    [
        (ENDLESS, LimitExceeded, "letter.typ: took longer than 1 s to render"),
        ('#let a = "x" * 3000000000\n#a', LimitExceeded, "letter.typ: took more than 100 MB of memory to render"),
        ("#let f(n) = f(n + 1)\n#f(1)", TemplateError, "letter.typ:1: maximum function call depth"),
        ('#import "@" + "local/x:1.0.0"', TemplateError, "letter.typ:1: package not found"),
        ('#import "/etc/" + "x.typ"', TemplateError, "letter.typ:1: failed to load file"),
    ],
    ids=["loop", "memory", "recursion", "package", "file"],
)
def test_a_layout_that_never_ends_or_looks_elsewhere_is_stopped_and_named(
    renderer: Renderer, template: str, error: type[Exception], because: str
):
    with pytest.raises(error, match=because):
        pdf(renderer, template)
    assert pdf(renderer, LETTER_TYP) == render_pdf(LETTER_TYP, LETTER, created=CREATED)


def test_no_package_is_fetched_by_whatever_name():
    template = '#import "@" + "preview/cetz:0.3.1"'
    with socket.create_server(("127.0.0.1", 0)) as proxy, Renderer(LIMITS) as renderer:
        reached: list[object] = []
        Thread(target=lambda: reached.append(proxy.accept()[0].close()), daemon=True).start()
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        renderer.submit({"letter.typ": template}, os.putenv, "HTTPS_PROXY", address).result(30)
        with pytest.raises(TemplateError, match=r"letter\.typ:1: failed to download package"):
            pdf(renderer, template)
        assert not reached
        with pytest.raises(TemplateError, match=r"letter\.typ:1: failed to download package"):
            renderer.submit({"letter.typ": template}, render_pdf, template, LETTER, created=CREATED).result(30)
        assert reached, "typst would have fetched it"


def test_templates_that_do_not_end_hold_up_none_that_is_known(renderer: Renderer):
    endless = [renderer.pdf("letter.typ", f"{ENDLESS} {n}", LETTER, created=CREATED) for n in range(2)]
    began = time.monotonic()
    assert pdf(renderer, LETTER_TYP)
    assert time.monotonic() - began < 1
    for rendering in endless:
        with pytest.raises(LimitExceeded):
            rendering.result(30)


def test_what_is_closed_leaves_no_process_whatever_it_was_doing():
    others = processes()
    with Renderer(Limits(seconds=60, processes=1)) as renderer:
        endless = renderer.pdf("letter.typ", ENDLESS, LETTER, created=CREATED)
        assert pdf(renderer, LETTER_TYP)
        mine = processes() - others
        assert len(mine) >= 2
        began = time.monotonic()
    assert time.monotonic() - began < 5
    with pytest.raises(RenderingStopped):
        endless.result(0)
    assert not {process for process in mine & processes() if parent(process) != os.getpid()}


def test_a_process_whose_owner_was_killed_ends_by_itself():
    """Also in the middle of what does not end."""
    program = (
        "import time; from tests.units.test_rendering import *\n"
        "renderer = Renderer(LIMITS); pdf(renderer, LETTER_TYP)\n"
        "renderer.pdf('letter.typ', ENDLESS, LETTER, created=CREATED); time.sleep(0.3)\n"
        "print('rendering', flush=True); time.sleep(60)"
    )
    command = (sys.executable, "-c", program)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as owner:
        assert owner.stdout
        assert owner.stdout.readline() == "rendering\n"
        started = {process for process in processes() if os.getsid(process) == owner.pid} - {owner.pid}
        assert len(started) >= 3, "the server, and a process for each of two templates"
        owner.kill()
    until = time.monotonic() + 15
    while left := started & processes():
        assert time.monotonic() < until, f"still there: {left}"
        time.sleep(0.1)


def processes() -> set[int]:
    """The server of every renderer on this machine, and what it forked."""
    found: set[int] = set()
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"multiprocessing.forkserver" in command.read_bytes():
                found.add(int(command.parent.name))
        except OSError:
            pass  # it has just ended
    return found


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
