"""No file of the product is too long to be held in the head."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_LINES = 500
MAX_LINES_OF = {"workflows/jurisdiction_request.py": 630}
"""The workflow has a handler and a validator for each of its updates."""

SOURCES = [
    str(path.relative_to(ROOT))
    for top in ("forthwith", "workflows", "activities")
    for path in sorted((ROOT / top).rglob("*.py"))
]


@pytest.mark.parametrize("name", SOURCES)
def test_a_file_is_short_enough(name: str):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) < MAX_LINES_OF.get(name, MAX_LINES)
