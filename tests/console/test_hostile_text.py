"""A signal whose name and content are hostile, in everything that an operator's commands print and write."""

import json
import unicodedata
from pathlib import Path

import pytest

from forthwith.request.vocabulary import Status
from forthwith.visible import ACTING
from tests.console.conftest import CampaignWriter, Terminal, until
from tests.console.test_today import handle, started

REQUEST = "chicago-il"
HOSTILE = (
    "fax\x1b[2J\x1b[31m\x1b]0;owned\x07\x9b6n\rpaid\x08 \u202egnorw \u200b\u2028 [red]x[/red] [link=http://x.example]y[/]"
    " :bomb: =1+1 </title><script>x</script> http://x.example\n# Approved"
)


def acting(shown: str, but: str = "\n") -> list[str]:
    return [f"U+{ord(c):04X}" for c in shown if c not in but and unicodedata.category(c) in ACTING]


@pytest.mark.fault(46)
async def test_nothing_of_a_hostile_signal_acts_on_whatever_shows_it(
    terminal: Terminal, campaign: CampaignWriter, tmp_path: Path
):
    names = await started(terminal, campaign(REQUEST), Status.AWAITING_RESPONSE)
    request, folder = names[0], tmp_path / "page"
    name = request.partition("/")[0]
    await handle(terminal, request).signal(HOSTILE, HOSTILE)
    await terminal.becomes(request, Status.ON_HOLD)

    async def is_listed() -> bool:
        found = (await terminal("today", "--campaign", name, "--json")).json
        return bool(found["tasks"])

    await until(is_listed)
    commands = (
        ("today", "--campaign", name),
        ("list", name),
        ("status", request),
        ("explain", request, "--ics", str(tmp_path / "dates.ics")),
        ("timeline", request),
        ("report", name, "--to", str(folder)),
        ("audit", name),
        ("verify", request),
        ("export", request, "--to", str(tmp_path / "case.zip")),
        ("doctor",),
        ("add-note", request, "--note", "[red]x[/red] :bomb:", "--by", "Olga [b]Operator"),
        ("verify", f"{request}\x1b[31m"),
        ("recover", request, "--reason", "\x1b[31m"),
    )
    for command in commands:
        for form in ((), ("--json",)):
            said = await terminal(*command, *form)
            assert acting(said.out + said.err) == [], command
            assert "Traceback" not in said.err
            assert said.out + said.err
            if form and said.code == 0:
                json.loads(said.out)
    shown = await terminal("timeline", request)
    assert "\\x1b[2J" in shown.out.replace("\n", "")
    (entry,) = [one for one in (await terminal("timeline", request, "--json")).json if "name" in one["event"]]
    assert entry["event"]["name"] == HOSTILE, "the record has it as it came"
    for file in (*folder.iterdir(), tmp_path / "dates.ics"):
        assert acting(file.read_text("utf-8-sig"), but="\r\n") == [], file
    assert "<script>x" not in (folder / "report.html").read_text("utf-8")
    wrong = terminal.stack.dossier / request / "all is right\n\x1b[31m.txt"
    wrong.write_text("")
    verified = await terminal("verify", request)
    assert (verified.code, acting(verified.out)) == (1, [])
    assert r"all is right\n\x1b[31m.txt: expected an entry that names it; found none" in verified.out
    wrong.unlink()
