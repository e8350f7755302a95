"""The subpoena in both forms, before and after a person issued it."""

import io
import re
from typing import Any

import pytest
from pydantic import ValidationError
from pypdf import PdfReader

from forthwith.campaign.ladder import Rung
from forthwith.campaign.subpoena_fields import REQUIRED_IN_COURT, editable_fields
from forthwith.documents.content import SubpoenaDraft
from forthwith.documents.rule45 import PROVISIONS
from forthwith.documents.typesetting import render_pdf
from tests.units.matter import (
    APPROVED,
    COURT,
    DRAFTED,
    ISSUED,
    REVIEWED_AT,
    RULE_45,
    SUBPOENA_TEMPLATE,
    draft,
    planned,
    under_rule_45,
)
from tests.units.test_documents import in_order

ATTORNEY = {
    "attorney.party": "the United States",
    "attorney.name": "Reviewing attorney",
    "attorney.telephone": "202-555-0100",
    "within_100_miles": "City Hall is one mile away.",
}


def page_text(document: SubpoenaDraft) -> str:
    reader = PdfReader(io.BytesIO(render_pdf(SUBPOENA_TEMPLATE, document, created=REVIEWED_AT)))
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def test_a_subpoena_under_rule_45_has_all_that_the_rule_demands() -> None:
    assert in_order(
        page_text(draft(under_rule_45())),
        "DRAFT – NOT ISSUED",
        "UNITED STATES DISTRICT COURT for the Northern District of Illinois",
        COURT.title,
        "Civil Action No. 1:18-cv-00000",
        "Subpoena to Produce Documents, Information, or Objects in a Civil Action",
        "Missing: this draft cannot be approved",
        "attorney.party",
        "within_100_miles",
        "To City of Chicago, Illinois",
        "YOU ARE COMMANDED to produce at the time, date, and place",
        f"Place {COURT.place_of_compliance}",
        "(21 days after service; entered before service)",
        "before the earlier of the time specified for compliance or 14 days after the subpoena is served",
        "Rule 45(d), relating to your protection",
        "Signature of Clerk or Deputy Clerk Attorney’s signature",
        "attorney representing to be completed before approval",
        "must be served on each party in this case before it is served on the person to whom it is directed",
        "Proof of Service",
        "should not be filed with the court unless required",
        "I served the subpoena by delivering a copy to the named person",
        "Federal Rule of Civil Procedure 45(c), (d), (e), and (g), effective December 1, 2013",
        "(c) Place of Compliance.",
        "(d) Protecting a Person Subject to a Subpoena; Enforcement.",
        "(e) Duties in Responding to a Subpoena.",
        "(g) Contempt.",
        "Schedule A",
        "A-1 All documents reflecting",
        "Certification of Records",
        "For the Reviewing Attorney From here on, nothing is part of the subpoena.",
        "45(c)(2)(A) to be completed before approval",
        "not entered",
        "Recitals from the record",
        "Computation of deadlines",
    )


def test_the_rule_is_quoted_whole_and_on_one_sheet() -> None:
    reader = PdfReader(io.BytesIO(render_pdf(SUBPOENA_TEMPLATE, draft(under_rule_45()), created=REVIEWED_AT)))
    sheets = [" ".join(page.extract_text().split()) for page in reader.pages]
    (sheet,) = [text for text in sheets if "(g) Contempt." in text]
    for paragraph in PROVISIONS:
        assert paragraph.text.replace(" ", "") in sheet.replace(" ", ""), paragraph.label


def test_the_outline_of_the_rule_has_no_gap() -> None:
    """(c), (d), (e) and (g) are quoted; within each, labels run on without one left out."""
    labels = {0: ["(c)", "(d)", "(e)", "(g)"], 1: [f"({n})" for n in range(1, 9)], 2: [f"({c})" for c in "ABCDE"]}
    labels[3] = ["(i)", "(ii)", "(iii)", "(iv)"]
    at = [-1, -1, -1, -1]
    for paragraph in PROVISIONS:
        at[paragraph.depth] += 1
        at[paragraph.depth + 1 :] = [-1] * (3 - paragraph.depth)
        assert paragraph.label == labels[paragraph.depth][at[paragraph.depth]], paragraph
    assert at[0] == 3


def test_what_a_draft_under_rule_45_needs_is_filled_by_its_own_fields() -> None:
    plan = under_rule_45()
    assert set(REQUIRED_IN_COURT) <= set(editable_fields(plan.campaign))
    assert draft(plan).missing == ("attorney.party", "attorney.name", "attorney.telephone", "within_100_miles")
    filled = draft(plan, fields=ATTORNEY)
    assert filled.missing == ()
    text = page_text(filled)
    assert "to be completed" not in text
    assert (
        "attorney representing the United States, who issues or requests this subpoena, are: Reviewing attorney" in text
    )
    assert not set(REQUIRED_IN_COURT) & set(editable_fields(planned().plan.campaign)), (
        "an administrative subpoena has none of them"
    )


@pytest.mark.parametrize(
    ("subpoena", "place", "says"),
    [
        ({name: value for name, value in RULE_45.items() if name != "court"}, ("court",), "needs its name, district"),
        (RULE_45 | {"form": "administrative"}, ("court",), "only for form: court_rule45"),
        (RULE_45 | {"court": COURT.model_dump(exclude={"docket"})}, ("court", "docket"), "Field required"),
        (RULE_45 | {"court": COURT.model_dump() | {"docket": " "}}, ("court", "docket"), "is empty"),
    ],
)
def test_a_court_is_asked_for_by_field(subpoena: dict[str, Any], place: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Rung.model_validate({"subpoena": subpoena})
    (error,) = refused.value.errors()
    assert error["loc"] == ("subpoena", *place)
    assert says in error["msg"]


@pytest.mark.parametrize("plan", [planned().plan, under_rule_45()], ids=["administrative", "court_rule45"])
def test_once_issued_it_says_who_signed_according_to_the_record_and_is_no_draft(plan: Any) -> None:
    fields = ATTORNEY if plan.campaign.ladder.subpoena.court else {}
    document = draft(plan, fields=fields, issued=ISSUED, decisions=(APPROVED,))
    text = page_text(document)
    assert "DRAFT" not in text
    assert "Signed by To be named, Director, on the original, according to the record." in text
    assert re.search(r"Number\W+OJP-2018-0017, issued March 12, 2018, 11:30 EDT", text)
    assert ISSUED.sha256_signed in text.replace(" ", "")
    assert "bears no signature" in text
    assert "21 days after service" in text, "the return date stays blank until service"
    assert "cannot be approved" not in text
    assert in_order(text, "Decisions", "Reviewing attorney reviewer approve, version 1")
    assert DRAFTED.sha256 in text.replace(" ", "")
    assert "Attorney’s signature" not in text


def test_the_administrative_form_takes_its_number_at_issuance() -> None:
    assert "Docket number assigned upon issuance" in page_text(draft())
    assert "Docket number OJP-2018-0017" in page_text(draft(issued=ISSUED))
