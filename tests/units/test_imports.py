"""Imports point one way: entry points → console, stage → workflows → activities → domain."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What each room may import of ours besides itself. `settings` is the only reader of the environment: who is handed
# a client needs no settings, so below the entry points, the console and the stage nobody may ask.
MAY_IMPORT = {
    "starter": {"worker", "console", "stage", "settings", "logs", "temporal", "workflows", "activities", "domain"},
    "worker": {"settings", "logs", "temporal", "workflows", "activities", "domain"},
    "console": {"stage", "settings", "logs", "temporal", "workflows", "activities", "domain"},
    "stage": {"settings", "temporal", "workflows", "activities", "domain"},
    "logs": {"settings"},
    "workflows": {"temporal", "activities", "domain"},
    "activities": {"temporal", "domain"},
    "temporal": {"settings", "domain"},
    "settings": {"domain"},
    "domain": set[str](),
}
LIBRARIES_OF_THE_DOMAIN = {"pydantic", "pydantic_core", "jinja2"}
OUT_OF_THE_DOMAIN = {  # of the standard library: whatever reads or writes, waits, asks the clock or draws lots
    *("asyncio", "io", "os", "pathlib", "random", "secrets", "shutil", "smtplib", "socket", "subprocess", "sys"),
    *("tempfile", "threading", "time", "urllib", "uuid", "logging", "locale"),
}
SOURCES = sorted(
    path
    for top in ("starter.py", "worker.py", "forthwith", "workflows", "activities")
    for path in ([ROOT / top] if top.endswith(".py") else (ROOT / top).rglob("*.py"))
    if path.exists()
)
DOMAIN = [path for path in SOURCES if "domain" in path.parts]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _room(module: str) -> str | None:
    """`forthwith.console.list` → `console`, `workflows.x` → `workflows`; None for what is not ours."""
    first, *rest = module.split(".")
    if first == "forthwith":
        return rest[0] if rest else None
    return first if first in MAY_IMPORT else None


def _imports(path: Path) -> Iterator[str]:
    module = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = [*module[: -node.level]] if node.level else []
            origin += node.module.split(".") if node.module else []
            if origin == ["forthwith"]:
                yield from (f"forthwith.{alias.name}" for alias in node.names)
            else:
                yield ".".join(origin)


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_imports_point_one_way(path: Path):
    room = _room(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if room == "__init__":
        allowed = set[str]()
    else:
        assert room in MAY_IMPORT, f"{path.relative_to(ROOT)} is in none of the rooms of the design"
        allowed = MAY_IMPORT[room] | {room}
    wrong = [module for module in _imports(path) if (to := _room(module)) and to not in allowed]
    assert not wrong, f"{path.relative_to(ROOT)} imports upward: {', '.join(wrong)}"


@pytest.mark.parametrize("path", DOMAIN, ids=_name)
def test_the_domain_is_pure(path: Path):
    libraries = {module.split(".")[0] for module in _imports(path)}
    assert not libraries & OUT_OF_THE_DOMAIN
    foreign = (
        {name for name in libraries if name not in sys.stdlib_module_names} - {"forthwith"} - LIBRARIES_OF_THE_DOMAIN
    )
    assert not foreign
    assert "jinja2" not in libraries or path.name == "wording.py"


@pytest.mark.parametrize("path", DOMAIN, ids=_name)
def test_the_domain_asks_no_clock(path: Path):
    asked = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("date", "datetime")
    ]
    assert not asked


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_only_the_settings_read_the_environment(path: Path):
    reads = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"))
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and {"environ", "getenv"} & _names(node))
    ]
    assert not reads or path in (ROOT / "forthwith/settings.py", ROOT / "forthwith/temporal.py")


def _names(node: ast.ImportFrom) -> set[str]:
    return {alias.name for alias in node.names}
