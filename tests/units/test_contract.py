"""CONTRACT.md names what there is, and nothing else."""

import re
from pathlib import Path

import pytest

from forthwith import temporal
from forthwith.domain.messages import MOST_MESSAGES, SIGNALS, UPDATES, Attention, Status

CONTRACT = Path("CONTRACT.md").read_text(encoding="utf-8")


def section(title: str) -> set[str]:
    """The names in code type of one section."""
    text = CONTRACT.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`([A-Za-z_]+)`", text))


def test_every_update_is_in_the_table_with_the_fields_of_its_model():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", CONTRACT, re.MULTILINE))
    assert rows.keys() == UPDATES.keys()
    for name, model in UPDATES.items():
        fields = {field.alias or key for key, field in model.model_fields.items()} - {"event_id", "by"}
        assert fields <= set(re.findall(r"`(\w+)`", rows[name])), name


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Statuses", set(Status)),
        ("Attention", set(Attention)),
        ("Search attributes", {key.name for key in temporal.SEARCH_ATTRIBUTES}),
        ("Queries", {"status", "timeline", "explain"}),
    ],
)
def test_a_section_names_all_and_only_what_exists(title: str, names: set[str]):
    assert section(title) == names


def test_signals_and_the_cap_are_said():
    assert set(SIGNALS) <= section("Messages")
    assert f"{MOST_MESSAGES:,} messages" in CONTRACT
