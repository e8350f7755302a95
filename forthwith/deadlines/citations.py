"""Which words of the law a count is under."""

from typing import Any

from forthwith.deadlines.counting import Count
from forthwith.deadlines.rule import BUILT_IN, FRCP6, Edition, Rule


def citation_of_count(rule: Rule, count: Count) -> str:
    """What a count of days rests on."""
    if rule.name == FRCP6.name:
        return rule.citation if count.direction == "forward" else f"{rule.citation}, 6(a)(5)"
    return count.edition.citation or rule.citation


def citation_of_hours(rule: Rule, edition: Edition, hours: int) -> str:
    """What a count of hours rests on."""
    if rule.name == FRCP6.name:
        return "FRCP 6(a)(2)" if hours > 0 else "FRCP 6(a)(2), 6(a)(5)"
    return edition.citation or rule.citation


def from_rule_file(rule: Rule, edition: Edition) -> dict[str, Any]:
    """What a computation says of a rule that is not built in."""
    return {} if rule.name in BUILT_IN else {"rule_title": rule.title, "edition": edition.effective}
