"""A campaign file is read whole: what is wrong is named by file, line and field, all of it at once."""

import re
import shutil
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forthwith.campaign.campaign_file import CampaignFile, InvalidCampaign, default_templates, read_campaign
from forthwith.fields import one_line

EXAMPLE = Path(__file__).parents[2] / "examples/1373-2018"
YAML, CSV = "campaign.yaml", "jurisdictions.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "campaign"))


def spoil(folder: Path, file: str, pattern: str, replacement: str) -> int:
    """Replaces the first match and returns its line."""
    text = (folder / file).read_text()
    match = re.search(pattern, text, re.MULTILINE)
    assert match, pattern
    (folder / file).write_text(text[: match.start()] + replacement + text[match.end() :])
    return text.count("\n", 0, match.start()) + 1


def problems(folder: Path) -> list[str]:
    with pytest.raises(InvalidCampaign) as caught:
        read_campaign(folder / YAML)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    for line in str(caught.value).splitlines():  # what no operator should have to read
        assert not re.search(
            r"pydantic|https?://|Input should|Value error|[a-z](Error|Event)\b|\bdict\b|tuple|None", line
        )
        assert line.isprintable()
    return str(caught.value).splitlines()


def test_the_first_campaign_is_read():
    file = read_campaign(EXAMPLE / YAML)
    assert isinstance(file, CampaignFile)
    assert file.campaign.campaign == "1373-2018"
    assert len(file.jurisdictions) == 23
    assert file.jurisdictions[14].timezone == "America/Kentucky/Louisville"
    assert file.calendars == ("us-federal", "state")
    assert file.templates == default_templates()


# What is replaced, by what, the field that is named (at the line of the change), and the words that say what is right.
SPOILED_YAML = [
    # keys
    (r"- remind:", "- remnd:", "ladder.2.remnd", "unknown key 'remnd', did you mean 'remind'?"),
    (r"time_zone", "timezone", "timezone", "unknown key 'timezone', did you mean 'time_zone'?"),
    (r"then_chase: supervisor", "then_chas: supervisor", "ladder.7.review.then_chas", "did you mean 'then_chase'?"),
    (r"  from: demands", "  sender: demands", "issuer.sender", "unknown key 'sender'"),
    (r"^title:.*", "note: x", "note", "unknown key 'note'"),
    (r"^completeness:.*", "title: twice", "title", "stands in line 3 already"),
    (r"^completeness:.*", "<<: {a: b}", "<<", "unknown key '<<'"),
    (r"^completeness:.*", "? [a]\n: b", "", "a key that is not a word"),
    (r"^completeness:.*", '"a\\e[31m": b', "a\\x1b[31m", "unknown key 'a\\x1b[31m'"),
    # YAML itself
    (r"^title:.*", "title: a: b", "", "a colon stands where none can"),
    (r"^title:.*", "title:\tText", "", "a tab stands where spaces belong"),
    (r"^title:.*", 'title: "Te" xt', "", "check quotes and indentation"),
    (r"^title:.*", 'title: "\\U00110000"', "", "look for a backslash too many"),
    (r"^title:.*", "title: Te\x00xt", "", "control character U+0000"),
    (r"^title:.*", "title: &all Text", "title", "the anchor &all"),
    (r"^title:.*", "title: *all", "title", "write the value out"),
    (r"^title:.*", "title: !!python/name:os.system x", "title", "a YAML tag"),
    (r"^title:.*", "title: " + "[" * 40, "", "nested more than 20 levels"),
    (r"^completeness:.*", "---", "", "a second document begins here"),
    # text that reaches a header
    (r"subject: .*", 'subject: "Hi =?UTF-8?Q?=0A?=Bcc: x@y.example"', "demand.subject", "U+000A, hidden in an encoded"),
    (
        r"subject: .*",
        'subject: "=?utf-8?q?=3D=3FUTF-8=3FQ=3F=0A=3F=3D?="',
        "demand.subject",
        "U+000A, hidden in an encoded",
    ),
    (r"subject: .*", 'subject: "Hi =?UTF-8?B?CkJjYzogeA==?="', "demand.subject", "hidden in an encoded"),
    (r"subject: .*", 'subject: "Hi\\r\\nBcc: x@y.example"', "demand.subject", "control character U+000D"),
    (r"subject: .*", 'subject: "Hi\\0"', "demand.subject", "control character U+0000"),
    (r"subject: .*", "subject: Hi \u202etxt.exe", "demand.subject", "control character U+202E"),
    (r"subject: .*", "subject: Hi \u200b", "demand.subject", "control character U+200B"),
    (r"subject: .*", 'subject: "\\ud800"', "demand.subject", "half a character"),
    (r"subject: .*", "subject: " + "x" * 10_240, "demand.subject", "10,240 characters; give at most 300"),
    (r"subject: .*", 'subject: "  "', "demand.subject", "is empty"),
    (r"subject: .*", "subject:", "demand.subject", "is empty; give text"),
    (r"subject: .*", "subject: 2018", "demand.subject", "2018 is not text; if it is meant as text, put it in quotes"),
    (r"subject: .*", "subject: [a, b]", "demand.subject", "a list is not text"),
    (r"subject: .*", "subject: e" + "\u0301" * 20, "demand.subject", "more than 10 combining marks on one character"),
    (r"office: .*", 'office: "A\\u2028B"', "issuer.office", "control character U+2028"),
    # addresses and ids
    (r"from: demands\S+", "from: a@b.example, c@d.example", "issuer.from", "not exactly one e-mail address"),
    (r"reply_to: \S+", "reply_to: Office <a@b.example>", "issuer.reply_to", "not exactly one e-mail address"),
    (r"email: reviewer\S+(?=})", "email: a..b@b.example", "issuer.reviewer.email", "not exactly one e-mail address"),
    (r"email: reviewer\S+(?=})", "email: nobody", "issuer.reviewer.email", "not exactly one e-mail address"),
    (r"^campaign: \S+", "campaign: ../x", "campaign", "'../x' is not a safe id; give at most 64 lower-case"),
    (r"^campaign: \S+", "campaign: Upper", "campaign", "not a safe id"),
    (r"^campaign: \S+", "campaign: con", "campaign", "cannot name a folder on every system"),
    (r"^campaign: \S+", "campaign: 1373", "campaign", "1373 is not text"),
    (r"id: A-1", "id: A 1", "demand.items.1.id", "'A 1' is not the number of an item"),
    (r"^time_zone: \S+", "time_zone: America/Chicgo", "time_zone", "give one such as America/Chicago"),
    (r"^time_zone: \S+", "time_zone: ../../etc/passwd", "time_zone", "is not an IANA time zone"),
    # dates
    (r"as_of: 2018-01-24", "as_of: 2018-02-30", "demand.authority.1.as_of", "2018-02-30 does not exist"),
    (r"as_of: 2018-01-24", "as_of: 30 February", "demand.authority.1.as_of", "'30 February' is not a date"),
    (r"as_of: 2018-01-24", "as_of: 0001-01-01", "demand.authority.1.as_of", "outside the years 1800 to 2199"),
    (r"as_of: 2018-01-24", "as_of: 2018-01-24T10:00:00Z", "demand.authority.1.as_of", "is not a date"),
    (r"within: {days: 30}", "by: 20180223", "clock.response.by", "20180223 is not a date; write it as 2018-02-23"),
    (r"within: {days: 30}", "by: 1519344000", "clock.response.by", "is not a date"),
    (r"within: {days: 30}", "by: 9999-12-31", "clock.response.by", "outside the years"),
    (r"within: {days: 30}", "by: 2018-02-23, within: {days: 30}", "clock.response", "give either by"),
    (r"to: date of response", "to: 2018-02-30", "demand.relevant_period.to", "does not exist"),
    (r"to: date of response", "to: 2015-09-30", "demand.relevant_period", "before it begins"),
    # periods
    (r"days: 30", "days: 0", "clock.response.within.days", "0 is too small; give a number greater than 0"),
    (r"days: 30", "days: -1", "clock.response.within.days", "-1 is too small"),
    (r"days: 30", "days: 1.5", "clock.response.within.days", "1.5 is not a whole number"),
    (r"days: 30", "days: .nan", "clock.response.within.days", "nan is not a whole number"),
    (r"days: 30", "days: 1e9", "clock.response.within.days", "is not a whole number"),
    (r"days: 30", "days: true", "clock.response.within.days", "true is not a whole number"),
    (r"days: 30", 'days: "30"', "clock.response.within.days", "'30' is not a whole number; write one such as 14"),
    (r"days: 30", "days: 1000000000", "clock.response.within", "longer than ten years"),
    (r"days: 30", "days: " + "9" * 5000, "clock.response.within.days", "is not a whole number"),
    (r"{days: 30}", "30", "clock.response.within", "a period is written with its unit, such as {days: 14}"),
    (r"days: 30", "days: 1, hours: 2", "clock.response.within", "exactly one unit"),
    (r"days: 30", "dayz: 30", "clock.response.within.dayz", "'dayz' is not one of days, business_days, hours"),
    (r"before_due: {days: 14}", "before_due: {days: -14}", "ladder.2.remind.before_due.days", "-14 is too small"),
    (r"minimum_gap: {hours: 20}", "minimum_gap: {business_days: 1}", "mail.minimum_gap", "give the gap"),
    # times of day
    (r"closes: end_of_day", "closes: 1020", "clock.closes", '1020 is not a time of day; write it as "08:00"'),
    (r"closes: end_of_day", "closes: 25:00", "clock.closes", "25:00 does not exist on the clock"),
    (r"closes: end_of_day", 'closes: "00:00"', "clock.closes", "write end_of_day for midnight"),
    (r'\["08:00", "18:00"\]', "[480, 1080]", "mail.send_between", "480 is not a time of day"),
    (r'\["08:00", "18:00"\]', '["18:00", "08:00"]', "mail.send_between", "cannot close at 08:00"),
    (r'\["08:00", "18:00"\]', '["08:00"]', "mail.send_between", "when it opens and when it closes"),
    # closed vocabularies and lists
    (
        r"rule: frcp6",
        "rule: frcp7",
        "clock.rule",
        "unknown rule 'frcp7', did you mean 'frcp6'? Known here: frcp6, calendar, business_days, california-pra",
    ),
    (r"calendar: \[us-federal, state\]", "calendar: us-federal", "clock.calendar", "'us-federal' is not a list"),
    (r"calendar: \[us-federal, state\]", "calendar: []", "clock.calendar", "is empty; give at least 1"),
    (
        r"calendar: \[us-federal, state\]",
        "calendar: [us-fedral]",
        "clock.calendar.1",
        "no calendar is called 'us-fedral'",
    ),
    (r"calendar: \[us-federal, state\]", "calendar: [a.yaml]", "clock.calendar.1", "the file a.yaml cannot be read"),
    (r"calendar: \[us-federal, state\]", "calendar: [../a.yaml]", "clock.calendar.1", "leads out of the folder"),
    (
        r"{name: To be named, title: Director}",
        "Director",
        "issuer.signatory",
        "has no keys of its own; give name, title",
    ),
    # the ladder
    (r"  - review: .*\n", "", "ladder", "the rung review is missing"),
    (r"  - remind: {before_due: {days: 14}}", "  - {}", "ladder.2", "exactly one key"),
    (r"  - remind: {before_due: {days: 14}}", "  - remind:", "ladder.2", "the rung remind is empty"),
    (r"  - acknowledgment.*", "  - referral: {after_return: {days: 1}}", "ladder", "the rung referral stands 2 times"),
    # files
    (
        r"^jurisdictions: \S+",
        "jurisdictions: none.csv",
        "jurisdictions",
        "the file none.csv cannot be read: there is no such file",
    ),
    (r"^jurisdictions: \S+", "jurisdictions: ../jurisdictions.csv", "jurisdictions", "leads out of the folder"),
    (r"^jurisdictions: \S+", "jurisdictions: /etc/passwd", "jurisdictions", "leads out of the folder"),
    (r"^jurisdictions: \S+", "jurisdictions: 'C:\\x.csv'", "jurisdictions", "leads out of the folder"),
    (r"^jurisdictions: \S+", "jurisdictions: .", "jurisdictions", "cannot be read"),
    (
        r"^completeness:.*",
        "templates: none",
        "templates",
        "cannot be read as a folder beside the campaign file: No such",
    ),
]
AT_THE_KEY = {"ladder": r"^ladder:", "clock.response": r"^  response:"}


@pytest.mark.fault(23, 25)
@pytest.mark.parametrize(("pattern", "replacement", "field", "words"), SPOILED_YAML)
def test_what_is_wrong_in_the_campaign_is_named(
    folder: Path, pattern: str, replacement: str, field: str, words: str
) -> None:
    line = spoil(folder, YAML, pattern, replacement)
    if field in AT_THE_KEY:
        text = (folder / YAML).read_text()
        line = next(n for n, words in enumerate(text.splitlines(), 1) if re.match(AT_THE_KEY[field], words))
    place = f"{YAML}:{line}: {field}: " if field else f"{YAML}:{line}: "
    found = [problem for problem in problems(folder) if problem.startswith(place)]
    assert [problem for problem in found if words in problem], problems(folder)
    # A key that is misspelt is also missing; nothing else follows from one slip.
    others = [problem for problem in problems(folder) if problem not in found]
    assert all(problem.endswith(": is missing") for problem in others), others


SPOILED_CSV = [
    (r"^id,", "", "id", "is missing; every jurisdiction needs it"),
    (r"email", "mail", "mail", "unknown column 'mail', did you mean 'email'?"),
    (r"note$", "id", "id", "stands 2 times"),
    (r"(?s)\A.*", "", "", "is empty; begin with a line of the columns id,name"),
    (r"(?s)\A.*", "id;name;kind\n", "", "columns separated by ';'; save it with commas"),
    (r"(?s)(?<=note\n).*", "\n,,,,,,,,\n", "", "names no jurisdiction"),
    (r"^chicago-il,", "../x,", "id", "'../x' is not a safe id"),
    (r"^chicago-il,", "Chicago,", "id", "not a safe id"),
    (r"^chicago-il,", ",", "id", "not a safe id"),
    (r"^cook-county-il,", "chicago-il,", "id", "'chicago-il' stands in line 2 already"),
    (r"City of Chicago, Illinois", "=?utf-8?q?=0ABcc:x?=", "name", "hidden in an encoded word"),
    (r"City of Chicago, Illinois", "City\nof Chicago", "name", "control character U+000A"),
    (r"City of Chicago, Illinois", " ", "name", "is empty"),
    (r",IL,", ",il,", "state", "'il' is not a USPS state code; give one such as IL"),
    (r",IL,", ",,", "state", "clock.calendar asks for the calendar of the state"),
    (r"America/Chicago", "Chicago", "timezone", "'Chicago' is not an IANA time zone"),
    (r"Office of the Mayor", "Mayor\u202e", "attention", "control character U+202E"),
    (r"records@chicago-il.example", '"a@b.example, c@d.example"', "email", "not exactly one e-mail address"),
    (r"records@chicago-il.example", "a@b.example;c@d.example", "email", "not exactly one e-mail address"),
    (r"records@chicago-il.example", "Responses@OJP.example", "email", "is the issuer's own (issuer.reply_to)"),
    (r"records@chicago-il.example", "reviewer@ojp.example", "email", "is the issuer's own (issuer.reviewer.email)"),
    (r"1714000,$", "1714000", "", "has 8 cells for 9 columns; put a cell that holds a comma in quotes"),
    (r'"City of Chicago, Illinois"', "City of Chicago, Illinois", "", "has 10 cells for 9 columns"),
    (r'"City of Chicago, Illinois"', '"City of Chicago" x', "", "is not CSV"),
    (r"(?s)1714000.*", '"1714000', "", "is not CSV: unexpected end of data"),
]


@pytest.mark.fault(13, 23)
@pytest.mark.parametrize(("pattern", "replacement", "field", "words"), SPOILED_CSV)
def test_what_is_wrong_in_the_table_is_named(
    folder: Path, pattern: str, replacement: str, field: str, words: str
) -> None:
    line = spoil(folder, CSV, pattern, replacement)
    line = 1 if "names no" in words else line
    place = f"{CSV}:{line}: {field}: " if field else f"{CSV}:{line}: "
    found = problems(folder)
    assert [problem for problem in found if problem.startswith(place) and words in problem], found


def test_all_problems_are_reported_at_once(folder: Path):
    spoil(folder, YAML, r"^campaign: \S+", "campaign: ../x")
    spoil(folder, YAML, r"^completeness:", "completenes:")
    spoil(folder, YAML, r"days: 14", "days: -14")
    spoil(folder, YAML, r"minimum_gap: {hours: 20}", "minimum_gap: {days: 1}")
    spoil(folder, YAML, r"us-federal", "us-fedral")
    spoil(folder, YAML, r"as_of: 2018-01-24", "as_of: 2018-02-30")
    spoil(folder, CSV, r"America/Los_Angeles", "America/LA")
    spoil(folder, CSV, r"records@albany-ny.example", "demands@ojp.example")
    spoil(folder, CSV, r"^watsonville-ca", "Watsonville")
    found = problems(folder)
    assert [problem.partition(" ")[0] for problem in found] == [
        *(f"{YAML}:{line}:" for line in (2, 19, 34, 38, 42, 54)),
        *(f"{CSV}:{line}:" for line in (5, 6, 21)),
    ]


def test_a_table_made_by_a_spreadsheet_is_read(folder: Path):
    text = (folder / CSV).read_text()
    (folder / CSV).write_bytes(b"\xef\xbb\xbf" + (text + "\n,,,,,,,,\n \n").replace("\n", "\r\n").encode())
    (folder / YAML).write_bytes(b"\xef\xbb\xbf" + (folder / YAML).read_text().replace("\n", "\r\n").encode())
    file = read_campaign(folder / YAML)
    assert file.jurisdictions == read_campaign(EXAMPLE / YAML).jurisdictions
    assert file.campaign == read_campaign(EXAMPLE / YAML).campaign


def test_lines_are_counted_through_cells_of_several_lines(folder: Path):
    text = (folder / CSV).read_text().replace("1714000,\n", '1714000,"one\ntwo\nthree"\n\n')
    (folder / CSV).write_text(text.replace("cook-county-il,", "Cook,", 1))
    assert [problem.split(": ")[:2] for problem in problems(folder)] == [[f"{CSV}:2", "note"], [f"{CSV}:6", "id"]]


def test_optional_columns_may_be_left_out_and_columns_stand_in_any_order(folder: Path):
    (folder / CSV).write_text(
        "email,attention,timezone,state,kind,name,id\na@b.example,Clerk,America/Chicago,IL,city,Town,town\n"
    )
    (jurisdiction,) = read_campaign(folder / YAML).jurisdictions
    assert (jurisdiction.id, jurisdiction.fips) == ("town", "")


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        (YAML, b"", f"{YAML}:1: is no campaign file; one begins with a name, such as campaign: 1373-2018"),
        (YAML, b"- a\n- b\n", f"{YAML}:1: is no campaign file"),
        (YAML, b"a: 1\nb: \xff\n", f"{YAML}:2: is not UTF-8 text"),
        (YAML, "a: ü\n".encode("utf-16"), f"{YAML}:1: is not UTF-8 text"),
        (YAML, b"#" * 1_000_001, f"{YAML}: is larger than 1,000,000 bytes"),
        (CSV, b"id\n\n\xff\n", f"{CSV}:3: is not UTF-8 text"),
        (CSV, b"x" * 20_000_001, f"{CSV}: is larger than 20,000,000 bytes"),
    ],
)
def test_a_file_of_another_kind_is_reported(folder: Path, file: str, content: bytes, expected: str) -> None:
    (folder / file).write_bytes(content)
    assert problems(folder)[0].startswith(expected)


def test_a_campaign_that_does_not_exist_is_reported(tmp_path: Path):
    assert problems(tmp_path) == [f"{tmp_path / YAML}: cannot be read: there is no such file"]
    (tmp_path / YAML).mkdir()
    assert problems(tmp_path) == [f"{tmp_path / YAML}: cannot be read: it is a folder"]


TEMPLATE = "{{% block opening %}}\n{}\n{{% endblock %}}\n{{% block closing %}}\nYours.\n{{% endblock %}}\n"


@pytest.mark.fault(24)
@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("reminder.j2", TEMPLATE.format("{{ recipient.nmae }}"), "templates/reminder.j2:2: there is no 'nmae'"),
        ("reminder.j2", TEMPLATE.format("{% if %}"), "templates/reminder.j2:2: Expected"),
        ("reminder.j2", TEMPLATE.format("{{ draft.sha256 }}"), "templates/reminder.j2:2: 'draft' is undefined"),
        (
            "reminder.j2",
            TEMPLATE.format("{% if outstanding_is_all %}.{% else %}\n{{ oops }}{% endif %}"),
            "templates/reminder.j2:3: 'oops' is undefined",
        ),
        ("reminder.j2", "Hello", "templates/reminder.j2: no block closing, opening"),
        (
            "reminder.j2",
            TEMPLATE.format("a\n\x1b[31m"),
            "templates/reminder.j2:3: contains the control character U\\+001B",
        ),
        ("remindr.j2", TEMPLATE, "templates/remindr.j2: unknown template 'remindr.j2', did you mean 'reminder.j2'\\?"),
    ],
)
def test_a_template_of_the_offices_own_that_does_not_render_is_named(
    folder: Path, name: str, text: str, expected: str
) -> None:
    spoil(folder, YAML, r"\Z", "templates: templates\n")
    (folder / "templates").mkdir()
    (folder / "templates" / name).write_text(text)
    (found,) = problems(folder)
    assert re.match(expected, found), found


def test_a_template_of_the_offices_own_replaces_ours(folder: Path):
    spoil(folder, YAML, r"\Z", "templates: words\n")
    (folder / "words").mkdir()
    (folder / "words/reminder.j2").write_bytes(
        TEMPLATE.format("Hello {{ recipient.name }}.").replace("\n", "\r\n").encode()
    )
    templates = read_campaign(folder / YAML).templates
    assert templates["reminder.j2"] == TEMPLATE.format("Hello {{ recipient.name }}.")
    assert templates["demand.j2"] == default_templates()["demand.j2"]
    assert templates.keys() == default_templates().keys()


def test_an_overlay_is_read_with_the_campaign(folder: Path):
    spoil(folder, YAML, r"us-federal, state", "us-federal, state, local.yaml")
    (folder / "local.yaml").write_text("add:\n  - {name: Fair, citation: City Code 1, day: 2018-02-23}\n")
    assert read_campaign(folder / YAML).calendars == ("us-federal", "state", str(folder / "local.yaml"))
    (folder / "local.yaml").write_text("add:\n  - name: Fair\n    day: 2018-02-30\n    citatio: x\n")
    found = problems(folder)
    assert [problem.split(": ")[:2] for problem in found] == [
        ["local.yaml:2", "add.1.citation"],
        ["local.yaml:3", "add.1.day"],
        ["local.yaml:4", "add.1.citatio"],
    ]


def test_an_overlay_goes_by_its_name_and_one_of_ours_as_well(folder: Path):
    spoil(folder, YAML, r"us-federal, state", "us-federal, state, fair, california-courts")
    (folder / "overlays").mkdir()
    (folder / "overlays/fair.yaml").write_text("add:\n  - {name: Fair, citation: City Code 1, day: 2018-02-23}\n")
    named = (str(folder / "overlays/fair.yaml"), "california-courts")
    assert read_campaign(folder / YAML).calendars == ("us-federal", "state", *named)
    (folder / "overlays/fair.yaml").write_text("add:\n  - {name: Fair, citation: City Code 1, every: mondays}\n")
    assert problems(folder) == [
        "overlays/fair.yaml:2: add.1.every: 'mondays' is no day; write 12-24, 4th friday of september, or easter - 2"
    ]
    (folder / "overlays/fair.yaml").rename(folder / "overlays/fare.yaml")
    assert [problem.partition(": ")[2] for problem in problems(folder)] == [
        "clock.calendar.3: no calendar and no overlay is called 'fair'; did you mean your file overlays/fare.yaml?"
    ]


@given(
    data=st.binary(max_size=200),
    start=st.integers(0, 3_600),
    length=st.integers(0, 40),
    file=st.sampled_from([YAML, CSV]),
)
def test_no_bytes_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: int, length: int, file: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    content = (EXAMPLE / file).read_bytes()
    (folder / file).write_bytes(content[:start] + data + content[start + length :])
    try:
        read_campaign(folder / YAML)
    except InvalidCampaign as error:
        assert str(error)  # noqa: PT017 - both outcomes are right


YAML_PARTS = (
    *"[]{}:-?&*!|>'\"%@`#,~\n\t \u202e\x85\0",
    *(": ", "- ", "\n  ", "---\n", "...\n", "%YAML 1.1\n", "!!int ", "<<: ", "*a ", "&a "),
    *("campaign", "ladder", "remind", "days", "14", "2018-02-30", "0001-01-01", "1e999", ".nan", "true", "\\ud800"),
)
YAML_TEXT = st.lists(st.sampled_from(YAML_PARTS), max_size=40).map("".join)


@given(
    text=YAML_TEXT, key=st.sampled_from(["ladder", "clock", "issuer", "templates", "jurisdictions", "mail", "title"])
)
def test_no_yaml_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, text: str, key: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    content = re.sub(rf"(?m)^{key}:.*\n(^[ ].*\n|^\n)*", "", (EXAMPLE / YAML).read_text())
    (folder / YAML).write_text(f"{content}\n{key}: {text}\n", encoding="utf-8")
    try:
        read_campaign(folder / YAML)
    except InvalidCampaign as error:
        assert all(line.isprintable() for line in str(error).splitlines())  # noqa: PT017 - both outcomes are right


ENCODED_PARTS = (
    *("=?", "?=", "?", "=0A", "=0D", "=3D", "=3F", "Cg==", "_", " ", "x", "Bcc:x"),
    *("utf-8", "UTF-8*en", "us-ascii", "q", "Q", "B"),
)
ENCODED = st.lists(st.sampled_from(ENCODED_PARTS), min_size=3, max_size=14).map("".join)


@given(text=ENCODED | st.tuples(ENCODED, ENCODED).map(lambda two: f"=?utf-8?q?{two[0]}?={two[1]}"))
def test_what_passes_for_a_line_is_one_line_to_a_mail_reader(text: str) -> None:
    try:
        line = one_line(text)
    except ValueError:
        return
    assert str(SMTP.header_factory("Subject", line)).isprintable()
