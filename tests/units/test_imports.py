"""Imports point down, from room to room and from module to module, and what decides is pure."""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BASE = {"base", "fields", "plain_errors", "failure", "visible"}
POLICY = {*BASE, "deadlines", "campaign.models"}
PROJECTIONS = {*POLICY, "request", "documents", "views"}

MAY_IMPORT: dict[str, set[str]] = {
    # What each room may import of ours besides itself, from the entry points down. `settings` is the only reader of
    # the environment: who is handed a client needs no settings, so workflows and all below may not ask.
    "starter": {"cli"},
    "worker": {
        "heartbeat",
        "rendering",
        "settings",
        "logs",
        "plain_errors",
        "visible",
        "temporal",
        "workflows",
        "activities",
        "casefile",
        "mail",
    },
    "cli": {
        *PROJECTIONS,
        *("campaign", "casefile", "mail", "workflows", "activities", "devstack"),
        *("rendering", "settings", "logs", "temporal", "visibility", "history", "server_setup", "side_by_side"),
    },
    "devstack": {*PROJECTIONS, "campaign", "server_setup", "settings", "temporal", "workflows"},
    "campaign": {
        *PROJECTIONS,
        *("casefile", "rendering", "settings", "side_by_side", "temporal", "visibility", "workflows"),
    },
    "server_setup": {*BASE, "temporal"},
    "visibility": {*PROJECTIONS, "casefile", "settings", "temporal", "workflows"},
    "history": {*PROJECTIONS, "casefile", "activities"},
    "workflows": {*PROJECTIONS, "casefile", "activities", "temporal"},
    "activities": {*PROJECTIONS, "casefile", "mail", "heartbeat", "rendering"},
    "rendering": {"base", "documents"},
    "casefile": PROJECTIONS,
    "views": {*POLICY, "request", "documents"},
    "documents": {*POLICY, "request"},
    "mail": BASE,
    "temporal": {"plain_errors", "request"},
    "request": POLICY,
    "campaign.models": {*BASE, "deadlines"},
    "deadlines": BASE,
    "logs": {"settings", "visible"},
    "settings": {"plain_errors"},
    "plain_errors": {"fields"},
    "side_by_side": set(),
    "heartbeat": set(),
    "failure": set(),
    "fields": {"visible"},
    "visible": set(),
    "base": set(),
}
CAMPAIGN_MODELS = {"campaign.models", "campaign.ladder", "campaign.subpoena_fields"}
"""What the office wrote, as models: a room of its own below the request. The other modules of `campaign` read files,
plan and start, and so stand above whatever they check, draw up and start."""

PURE = (
    *("base", "fields", "plain_errors", "failure", "visible", *CAMPAIGN_MODELS),
    *("deadlines", "request", "documents", "views", "mail.message"),
)
NOT_PURE = {
    # These read files, or ask a library whose answers differ between its releases.
    *("deadlines.calendar_builder", "deadlines.overlays", "deadlines.rule_files", "deadlines.zones"),
    *("documents.template_files", "documents.typesetting", "documents.working_copy", "views.ics"),
}
LIBRARIES_OF_PURE_MODULES = {"pydantic", "pydantic_core"}
NOT_FOR_PURE_MODULES = {  # of the standard library: whatever reads or writes, waits, asks the clock or draws lots
    *("asyncio", "io", "os", "pathlib", "random", "secrets", "shutil", "smtplib", "socket", "subprocess", "sys"),
    *("tempfile", "threading", "time", "urllib", "uuid", "logging", "locale", "zipfile", "importlib"),
}


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


SOURCES = {
    _module(path): path
    for top in ("starter.py", "worker.py", "forthwith", "workflows", "activities")
    for path in sorted([ROOT / top] if top.endswith(".py") else (ROOT / top).rglob("*.py"))
}


def _short(module: str) -> str:
    return module.removeprefix("forthwith.")


def _room(module: str) -> str:
    """`forthwith.views.page` → `views`, `forthwith.campaign.ladder` → `campaign.models`, `worker` → `worker`."""
    short = _short(module)
    return "campaign.models" if short in CAMPAIGN_MODELS else short.partition(".")[0]


def _is_pure(module: str) -> bool:
    short = _short(module)
    return short not in NOT_PURE and any(short == pure or short.startswith(f"{pure}.") for pure in PURE)


def _imported(module: str) -> Iterator[str]:
    """Every name that a module imports, wherever in it: also in a function, and only for types."""
    package = module if SOURCES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(SOURCES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*parts, *([node.module] if node.module else [])])
            for alias in node.names:
                submodule = f"{origin}.{alias.name}"
                yield submodule if submodule in SOURCES else origin


LIBRARIES: dict[str, set[str]] = {}
GRAPH: dict[str, set[str]] = {}
for source in SOURCES:
    names = set(_imported(source))
    GRAPH[source] = names & SOURCES.keys()
    LIBRARIES[source] = {name.partition(".")[0] for name in names - SOURCES.keys()}

PURE_MODULES = sorted(filter(_is_pure, SOURCES))
each_module = pytest.mark.parametrize("module", sorted(SOURCES))
each_pure_module = pytest.mark.parametrize("module", PURE_MODULES)


def circles(graph: Mapping[str, set[str]]) -> list[set[str]]:
    """The sets of nodes that lead to each other (Tarjan's strongly connected components of more than one)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = lowest[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], index[other])
        if lowest[node] == index[node]:
            at = stack.index(node)
            component = set(stack[at:])
            del stack[at:]
            if len(component) > 1 or node in graph[node]:
                found.append(component)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


CIRCLES = circles(GRAPH)


@each_module
def test_imports_point_down(module: str):
    if module == "forthwith":
        assert not GRAPH[module]
        return
    room = _room(module)
    assert room in MAY_IMPORT, f"{module} is in none of the rooms"
    wrong = {other for other in GRAPH[module] if _room(other) not in MAY_IMPORT[room] | {room}}
    assert not wrong, f"{module} imports upward: {', '.join(sorted(wrong))}"


def test_the_rooms_form_no_circle():
    assert circles(MAY_IMPORT) == []


@each_module
def test_a_module_is_in_no_circle(module: str):
    for circle in CIRCLES:
        assert module not in circle, f"import each other: {', '.join(sorted(circle))}"


def test_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d", "a"}}) == [{"b", "c"}, {"d"}]


@pytest.mark.parametrize("module", sorted(name for name, path in SOURCES.items() if path.name == "__init__.py"))
def test_a_room_says_at_its_front_what_it_is(module: str):
    assert ast.get_docstring(ast.parse(SOURCES[module].read_text(encoding="utf-8")))
    front_of_events = module == "forthwith.request.events"  # the one vocabulary, whatever file a word stands in
    assert front_of_events or not GRAPH[module], "a front imports nothing: whoever needs a part names it"


@each_pure_module
def test_a_pure_module_reaches_nothing_outside(module: str):
    assert not LIBRARIES[module] & NOT_FOR_PURE_MODULES
    foreign = {name for name in LIBRARIES[module] if name not in sys.stdlib_module_names} - LIBRARIES_OF_PURE_MODULES
    assert foreign <= ({"jinja2"} if module == "forthwith.documents.wording" else set())
    assert not {other for other in GRAPH[module] if not _is_pure(other)}


@each_pure_module
def test_a_pure_module_asks_no_clock(module: str):
    asked = [
        f"{module}:{node.lineno}"
        for node in ast.walk(ast.parse(SOURCES[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("date", "datetime")
    ]
    assert not asked


@each_module
def test_only_the_settings_read_the_environment(module: str):
    if module in ("forthwith.settings", "forthwith.temporal"):
        return
    tree = ast.parse(SOURCES[module].read_text(encoding="utf-8"))
    reads = [
        f"{module}:{node.lineno}"
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {"environ", "getenv"} & {alias.name for alias in node.names}
        )
    ]
    assert not reads
