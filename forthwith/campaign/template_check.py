"""Renders every custom template with sample data, so that a mistake is found before anything is sent."""

from collections.abc import Iterator

from forthwith.campaign.problems import Problem
from forthwith.campaign.rendering import renderer
from forthwith.documents.wording import TookTooLong, WordingError, paragraphs
from forthwith.fields import plain_text
from forthwith.rendering import LimitExceeded

_BLOCKS = ("opening", "due_heading", "closing")
_DAY = "Friday, February 23, 2018, by the end of the day, Chicago time (CST)"
_SHA256 = "0" * 64

# Exactly what forthwith/documents/templates/README.md lists: a variable of another letter is a mistake.
_ALL: dict[str, object] = {
    "reference": "1373-2018/chicago-il",
    "campaign": {"title": "Document request"},
    "issuer": {"office": "Office of Justice Programs"},
    "recipient": {"name": "City of Chicago, Illinois", "attention": "Office of the Mayor"},
    "demand": {
        "subject": "Document request",
        "consequence": "A subpoena may follow.",
        "relevant_period": "from October 1, 2015 to the date of response",
    },
    "authority": ["2 CFR § 200.336", "8 U.S.C. § 1373"],
    "due": _DAY,
}
_SENT = _ALL | {"demand_sent_on": "January 24, 2018"}
_DRAFTED = _SENT | {
    "draft": {"version": 1, "sha256": _SHA256},
    "commands": ["forthwith status", "forthwith review-subpoena"],
}
_REVIEW = _DRAFTED | {"review": {"due": _DAY}}
_ISSUED = {"number": "OJP-2018-17", "by": "A. Officer, Director", "on": "March 12, 2018", "sha256": _SHA256}
_VARIABLES: dict[str, dict[str, object]] = {
    "demand.j2": _ALL | {"acknowledge_by": _DAY},
    "acknowledgment.j2": _SENT | {"acknowledge_by": _DAY},
    "reminder.j2": _SENT | {"ordinal": "second", "days_left": 3},
    "final_notice.j2": _SENT | {"cure_due": _DAY},
    "copy.j2": _SENT | {"copy": {"letter": "demand", "sent_on": "January 24, 2018", "reason": "it was asked for"}},
    "review_request.j2": _REVIEW | {"attention": ["objection"]},
    "review_chase.j2": _REVIEW,
    "review_escalation.j2": _REVIEW,
    "hold_chase.j2": _SENT | {"attention": ["objection", "undeliverable"], "commands": ["forthwith explain"]},
    "issuance_chase.j2": _DRAFTED,
    "deficiency.j2": _SENT | {"cure_due": _DAY, "received": ["Request A-2: produced, received on February 20, 2018"]},
    "service_chase.j2": _SENT | {"issued": _ISSUED, "commands": ["forthwith record-service"]},
    "referral.j2": _SENT
    | {
        "issued": _ISSUED,
        "served": {"on_whom": "City Clerk", "how": "by hand", "by": "A. Server", "on": "March 20, 2018"},
        "memo": {"file": "1373-2018/chicago-il/referral/memo.pdf", "sha256": _SHA256},
        "commands": ["forthwith status"],
    },
}
_VARIANTS: tuple[dict[str, object], ...] = (
    {"outstanding": ["A-1"], "outstanding_is_all": True},
    {"outstanding": ["A-1", "A-2", "A-3"], "outstanding_is_all": False},
    {"outstanding": ["A-1"], "outstanding_is_all": False, "acknowledge_by": "", "days_left": None, "attention": []},
    {"outstanding": ["A-1"], "outstanding_is_all": True, "days_left": 0, "received": []},
    {"outstanding": ["A-1"], "outstanding_is_all": True, "memo": None},
    {"outstanding": ["A-1"], "outstanding_is_all": True, "days_left": 1},
)
"""Values that take the other branch of an ``if``. A letter gets only the variables that it has."""


def wording_problems(file: str, source: str) -> Iterator[Problem]:
    """The problems of the template ``source`` in ``file``, whose name is that of a letter."""
    for number, line in enumerate(source.split("\n"), start=1):
        try:
            plain_text(line)
        except ValueError as error:
            yield Problem(file=file, line=number, field="", message=str(error))
    try:
        found = renderer().submit({file: source}, _errors, file, source).result()
    except LimitExceeded as error:
        found = {str(error)}
    yield from (_problem(file, message) for message in sorted(found))


def _errors(file: str, source: str) -> set[str]:
    """What goes wrong when every variant is rendered. One that takes too long is the last to be tried."""
    variables = _VARIABLES[file.rpartition("/")[2]]
    known = {*variables, *_VARIANTS[0]}
    found: set[str] = set()
    for variant in _VARIANTS:
        words = variables | {name: value for name, value in variant.items() if name in known}
        for block in _BLOCKS:
            try:
                paragraphs(source, block, words, name=file)
            except WordingError as error:
                found.add(str(error))
                if isinstance(error.__cause__, TookTooLong):
                    return found
    return found


def _problem(file: str, error: str) -> Problem:
    """The problem in the text of a ``WordingError``, which begins with the file and perhaps a line."""
    rest = error.removeprefix(f"{file}:").replace("'dict object' has no attribute", "there is no")
    line, _, message = rest.partition(": ")
    if not (line.isdigit() or line == "?"):
        line, message = "", rest.strip()
    return Problem(file=file, line=int(line) if line.isdigit() else None, field="", message=message)
