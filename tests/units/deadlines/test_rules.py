"""The rules of counting that come as files, those that a campaign brings along, and what a campaign makes of them."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML as YAMLReader

from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.models import RequestPlan
from forthwith.campaign.planning import Planned, plan_requests
from forthwith.deadlines.period import Period
from forthwith.deadlines.rule import BUILT_IN, Rule
from forthwith.deadlines.rule_files import RULES, UnknownRule, known_rules, read_rule
from forthwith.request.timetable import Facts, Timetable, timetable
from tests.messages import REVIEWER, SUPERVISOR
from tests.units.cases import Desk, campaign, plan
from tests.units.deadlines.test_worked_dates import read_worked
from tests.units.test_campaign_file import YAML, folder, problems, spoil

__all__ = ["folder"]

SHIPPED = sorted(set(known_rules()) - set(BUILT_IN))
JUNE_17 = datetime(2026, 6, 17, 16, tzinfo=UTC)

OWN = """\
name: mississippi
title: the Mississippi Public Records Act
citation: Miss. Code Ann. § 25-61-5
editions:
  - effective: 2013-07-01
    counts: open_days
    stages:
      - name: production
        within: {business_days: 7}
        extension: {period: {business_days: 10}}
        cap: {business_days: 14}
"""


# Those that come with the package.


def test_the_four_laws_are_known_besides_the_three_that_are_built_in() -> None:
    laws = ("california-pra", "foia-federal", "illinois-foia", "oregon-public-records")
    assert known_rules() == ("frcp6", "calendar", "business_days", *laws)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_law_cites_the_provision_of_every_time_that_it_sets(name: str) -> None:
    rule = read_rule(name)
    assert rule.name == name
    assert rule.has_stages
    assert rule.citation
    for edition in rule.editions:
        for stage in edition.stages:
            assert "§" in stage.citation or stage.citation.startswith(("ILCS", "ORS", "5 ILCS")), stage
            assert stage.extension is None or stage.extension.citation, stage


@pytest.mark.parametrize("name", SHIPPED)
def test_a_law_has_dates_worked_by_hand(name: str) -> None:
    worked = [row["besides"] for row in read_worked() if row["rule"] == name]
    assert len(worked) >= 2, "work out two dates at least, from the statute and a wall calendar"
    has_extension = any(stage.extension for edition in read_rule(name).editions for stage in edition.stages)
    assert any("extended" in besides for besides in worked) == has_extension


def test_no_law_is_read_whose_name_leads_out_of_the_folder() -> None:
    for name in ("../rules/illinois-foia", "illinois-foia.yaml", "", "Illinois-FOIA"):
        with pytest.raises(UnknownRule, match="no rule is called"):
            read_rule(name)


def test_an_event_before_a_law_was_checked_is_refused() -> None:
    assert read_rule("illinois-foia").edition_on(date(2010, 1, 1)).stages
    with pytest.raises(ValueError, match="illinois-foia is known from 2010-01-01 on; the event is of 2009-12-31"):
        read_rule("illinois-foia").edition_on(date(2009, 12, 31))


# A campaign that names one, and so need not say how long the time is.


def started(folder: Path, jurisdiction: str) -> tuple[Planned, Timetable]:
    (planned,) = plan_requests(read_campaign(folder / YAML), opened_at=JUNE_17, only=[jurisdiction])
    facts = Facts(opened_at=JUNE_17, clock_from=JUNE_17)
    return planned, timetable(planned.plan, planned.recipient, planned.issuer, facts)


def names_rule(folder: Path, rule: str) -> None:
    spoil(folder, YAML, r"^  response: .*\n", "")
    spoil(folder, YAML, r"rule: frcp6", f"rule: {rule}")


@pytest.mark.parametrize(
    ("rule", "jurisdiction", "due"),
    [
        ("illinois-foia", "chicago-il", date(2026, 6, 25)),
        ("california-pra", "los-angeles-ca", date(2026, 6, 29)),
        ("foia-federal", "new-york-city-ny", date(2026, 7, 17)),
        ("oregon-public-records", "oregon-state", date(2026, 7, 10)),
    ],
)
def test_a_campaign_names_a_law_and_leaves_out_the_response_time(
    folder: Path, rule: str, jurisdiction: str, due: date
) -> None:
    names_rule(folder, rule)
    if rule == "oregon-public-records":
        row = "oregon-state,State of Oregon,state,OR,America/Los_Angeles,Clerk,clerk@oregon.example,,\n"
        header = "id,name,kind,state,timezone,attention,email,fips,note\n"
        (folder / "jurisdictions.csv").write_text(header + row)
    planned, dates = started(folder, jurisdiction)
    assert planned.plan.rule == read_rule(rule)
    assert dates.deadline.due == due
    assert dates.deadline.rule == rule
    assert f"The rule is {read_rule(rule).title}, as in force since" in dates.deadline.explain()[0]


def test_a_campaign_without_a_response_time_needs_a_rule_that_says_it(folder: Path) -> None:
    spoil(folder, YAML, r"^  response: .*\n", "")
    (problem,) = problems(folder)
    assert "clock.response: is missing; the rule frcp6 does not say how long the time is" in problem


# A rule file of the campaign's own.


def test_a_rule_file_beside_the_campaign_file_counts(folder: Path) -> None:
    (folder / "mississippi.yaml").write_text(OWN)
    names_rule(folder, "mississippi.yaml")
    planned, dates = started(folder, "chicago-il")
    assert planned.plan.rule
    assert planned.plan.rule.name == "mississippi"
    assert dates.deadline.due == date(2026, 6, 29)  # seven open days after Wednesday, over Juneteenth
    assert "Miss. Code Ann. § 25-61-5" in " ".join(dates.deadline.explain())


def test_another_rule_file_makes_another_matter_but_a_new_release_of_a_law_does_not(folder: Path) -> None:
    (folder / "mississippi.yaml").write_text(OWN)
    names_rule(folder, "mississippi.yaml")
    before, _ = started(folder, "chicago-il")
    (folder / "mississippi.yaml").write_text(OWN.replace("business_days: 7", "business_days: 8"))
    after, _ = started(folder, "chicago-il")
    assert before.plan.matter != after.plan.matter

    law = plan(campaign(clock={"response": None, "rule": "illinois-foia"}))
    as_released = law.model_copy(update={"rule": read_rule("illinois-foia")})
    again = law.model_copy(update={"rule": read_rule("california-pra").model_copy(update={"name": "illinois-foia"})})
    assert as_released.matter == again.matter
    assert as_released.content_hash != again.content_hash


def test_an_extension_beyond_the_cap_is_cut_and_then_refused_unless_a_date_is_agreed() -> None:
    own = Rule.model_validate(YAMLReader(typ="safe", pure=True).load(OWN))
    of = plan(campaign(clock={"response": None, "rule": "mississippi.yaml"})).model_copy(update={"rule": own})
    desk = Desk(of).go(days=2)

    def due() -> date | None:
        desk.settle()
        return desk.request.dates.deadline.due if desk.request.dates else None

    assert due() == date(2018, 2, 2)
    desk.say(desk.extension(period=Period(unit="days", count=30)))
    assert due() == date(2018, 2, 14)  # the fourteenth open day, over Lincoln's birthday
    refused = desk.refuses(desk.extension(period=Period(unit="days", count=1)))
    assert refused == "period: the rule allows no more than 14 business days, until 2018-02-14; give a date (to)"
    desk.say(desk.extension(to=date(2018, 3, 1)))
    assert due() == date(2018, 3, 1)


SPOILED = [
    # what is replaced, by what, and the field and the words that name it
    ("name: mississippi", "name: Mississippi", "name", ""),
    ("name: mississippi", "name: illinois-foia", "", "calls itself illinois-foia, which is a rule of ours"),
    ("effective: 2013-07-01", "effective: 2013-02-30", "editions.1.effective", "2013-02-30 does not exist"),
    ("counts: open_days", "counts: weekdays", "editions.1.counts", "'weekdays' is not one of every_day or open_days"),
    ("counts: open_days", "count: open_days", "editions.1.count", "unknown key 'count', did you mean 'counts'?"),
    ("counts: open_days", "roll: forwards", "editions.1.roll", "'forwards' is not one of none, forward or backward"),
    ("counts: open_days", "cut_off: 25:00", "editions.1.cut_off", "25:00 does not exist on the clock"),
    ("counts: open_days", "mail_days: 99", "editions.1.mail_days", "30"),
    (
        "within: {business_days: 7}",
        "within: {hours: 7}",
        "editions.1.stages.1.within",
        "in days or business_days",
    ),
    ("within: {business_days: 7}", "within: {business_days: 0}", "editions.1.stages.1.within", "0"),
    ("within: {business_days: 7}", "within: {days: 7}\n        from: receipt", "editions.1", "counts from 'receipt'"),
]


@pytest.mark.parametrize(("written", "replacement", "field", "words"), SPOILED)
def test_what_is_wrong_in_a_rule_file_is_named_by_file_line_and_field(
    folder: Path, written: str, replacement: str, field: str, words: str
) -> None:
    (folder / "mississippi.yaml").write_text(OWN)
    line = spoil(folder, "mississippi.yaml", written, replacement)
    names_rule(folder, "mississippi.yaml")
    found = problems(folder)
    place = f"mississippi.yaml:{line}: {field}" if field not in ("", "editions.1") else ""
    assert [problem for problem in found if problem.startswith(place) and words in problem and field in problem], found


def test_a_rule_file_that_is_not_there_or_lies_elsewhere_is_named(folder: Path) -> None:
    names_rule(folder, "no-such.yaml")
    assert "no-such.yaml" in problems(folder)[0]
    spoil(folder, YAML, r"no-such.yaml", "../mississippi.yaml")
    (folder.parent / "mississippi.yaml").write_text(OWN)
    assert "clock.rule" in problems(folder)[0]


# What is not used changes no hash: a plan keeps the one under which it was started.


def test_a_plan_leaves_out_settings_that_were_not_given() -> None:
    written = plan().canonical.decode()
    for key in ('"rule":null', '"reading"', '"cut_off"', '"bases"'):
        assert key not in written
    asked = plan(campaign(clock={"reading": "strict", "cut_off": "17:00"})).canonical.decode()
    assert '"reading":"strict"' in asked
    assert '"cut_off":"17:00:00"' in asked


def test_the_hash_of_a_plan_is_what_it_was() -> None:
    """Whoever adds a key leaves it out of the JSON where it was not given, or no running request is found again."""
    written = plan().model_dump_json(exclude_defaults=True)
    as_then = written.replace(REVIEWER.name, "Rita Reviewer").replace(SUPERVISOR.name, "Saul Supervisor")
    assert (
        RequestPlan.model_validate_json(as_then).content_hash
        == "d5817cebe402aefa327e203b20b6ea91e1dec976ce0279ea6158088f939c4310"
    )


def test_rules_that_come_with_the_package_are_read_from_it() -> None:
    assert sorted(file.name for file in RULES.iterdir() if file.name.endswith(".yaml")) == [
        f"{name}.yaml" for name in SHIPPED
    ]
    assert all(isinstance(read_rule(name), Rule) for name in known_rules())
