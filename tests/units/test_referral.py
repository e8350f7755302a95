"""The memo that refers a matter: the whole record in order, what it rests on, and what it does not show."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from pypdf import PdfReader

from forthwith.campaign.campaign_file import InvalidCampaign, read_campaign
from forthwith.campaign.planning import check_requests
from forthwith.documents.content import Memo
from forthwith.documents.template_files import default_templates
from forthwith.documents.typesetting import render_pdf
from forthwith.request.record import Response
from tests.units.matter import (
    CAMPAIGN,
    DRAFTED,
    ENTRIES,
    ISSUED,
    SENT_AT,
    SERVICE,
    TEMPLATE,
    letter,
    memo,
    memo_order,
    planned,
    response,
)
from tests.units.test_documents import in_order


def page_text(document: Memo) -> str:
    reader = PdfReader(io.BytesIO(render_pdf(TEMPLATE, document, created=memo_order().drafted_at)))
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def test_it_reads_like_a_memo_and_keeps_the_order_of_the_record() -> None:
    assert in_order(
        page_text(memo()),
        "Memorandum To Supervising attorney",
        "From Reviewing attorney",
        "Date April 6, 2018",
        "Re Referral for enforcement: City of Chicago, Illinois",
        "Nobody has signed it",
        "1. Summary On January 24, 2018, 08:02 CST, the Office of Justice Programs (example) asked City of Chicago",
        "One reminder followed. A deficiency letter was sent on",
        "It was issued as number OJP-2018-0017 on March 12, 2018, 10:30 CDT, signed by To be named, Director.",
        "It was served on City Clerk of Chicago on March 14, 2018, 11:05 CDT",
        "The return date was Wednesday, April 4, 2018",
        "One objection is on record. Request A-1 is outstanding.",
        "2. What is asked",
        "(Exhibit 6)",
        "3. What is outstanding A-1 All documents reflecting",
        "4. How each date was computed",
        "Monday, March 5, 2018 is skipped: Casimir Pulaski Day",
        "5. The record in order",
        "Demand To City of Chicago, Illinois, by e-mail.",
        "“250 2.0.0 Ok: queued as 4F2A91C03D”",
        "<demand.7c1f0a52d3e94b60a2b4@ojp.example>",
        "Exhibit 1",
        "Other response From City of Chicago, Department of Law, recorded by Mailroom (system).",
        "Deficiency letter (deficiency-1)",
        "The time to respond ended",
        "Final notice To City",
        "Subpoena drafted, version 1",
        "Version 1 approved",
        "Subpoena issued, number OJP-2018-0017",
        "Subpoena served On City Clerk of Chicago, by hand, by Process server.",
        "Objection From City of Chicago, Department of Law, to Request A-1.",
        "The return date passed",
        "6. What the record does not show",
        "Exhibits",
        "Timeline",
        "Record of this document",
    )


def test_the_draft_is_the_exhibit_of_what_was_approved_also_where_it_was_signed_as_it_is() -> None:
    asked = " ".join(memo(issued=ISSUED.model_copy(update={"sha256_signed": DRAFTED.sha256})).asked)
    assert "in the draft that was approved (Exhibit 6)" in asked


def test_every_file_and_hash_of_the_record_is_an_exhibit() -> None:
    document, order = memo(), memo_order()
    kept = {file.sha256 for exhibit in document.exhibits for file in exhibit.files}
    for sent in order.letters:
        assert {sent.receipt.pdf.sha256, sent.receipt.eml.sha256} <= kept
    assert {DRAFTED.sha256, ISSUED.sha256_signed, response().documents[0].sha256} <= kept
    assert [exhibit.number for exhibit in document.exhibits] == [str(n) for n in range(1, 8)]
    text = page_text(document).replace(" ", "")
    assert all(sha256 in text for sha256 in kept)
    assert all(entry.head in text for entry in ENTRIES)


def test_it_says_whether_the_chain_holds() -> None:
    assert f"the chain holds and ends in {ENTRIES[-1].head}" in memo().chain
    assert "does NOT end in" in memo(head="0" * 64).chain
    edited = ENTRIES[1].model_copy(update={"text": "Nothing was sent."})
    assert "does NOT end in" in memo(entries=(ENTRIES[0], edited, *ENTRIES[2:])).chain
    assert "does NOT end in" in memo(entries=()).chain


def test_it_names_what_the_record_does_not_show() -> None:
    gaps = " ".join(memo().gaps)
    assert "Delivery of reminder-1, deficiency-1, and final-notice" in gaps
    assert "No service is on record." in memo(service=None).gaps
    assert "No issuance is on record." in memo(issued=None).gaps


def test_notice_to_the_parties_is_a_step_of_its_own() -> None:
    notice = SERVICE.model_copy(update={"notice_to_parties_at": SERVICE.served_at - timedelta(days=1)})
    steps = [line.what for line in memo(service=notice).record]
    assert in_order(" ".join(steps), "Subpoena issued", "Notice to the other parties", "Subpoena served")


def test_a_response_in_part_and_a_late_one_are_told_apart() -> None:
    late = Response.model_validate(
        response().model_dump()
        | {
            "kind": "production",
            "received_at": memo_order().deadline.closes_at,
            "items": [{"id": "A-1", "disposition": "objected", "note": "privilege"}],
            "documents": [],
        }
    )
    lines = {line.what: line for line in memo(responses=(response(), late)).record}
    assert "Received within the time to respond." in lines["Other response"].facts
    assert lines["Production"].facts[1:] == (
        "A-1 objected (privilege)",
        "A cover letter that announces documents.",
        "Received after the response date.",
    )


def test_letters_to_our_own_people_and_second_copies_are_named_as_such() -> None:
    chase = letter("review-1-chase-1", memo_order().letters[0].kind.REVIEW_CHASE, 44)
    chase = chase.model_copy(update={"to": "reviewer", "possible_copy": True})
    (line,) = [line for line in memo(letters=(chase,)).record if "chase" in line.what]
    assert line.what == "Review chase (review-1-chase-1)"
    assert line.facts[0] == "To Reviewing attorney, reviewer, by e-mail."
    assert "This may have been a second copy, and said so." in line.facts


@pytest.mark.parametrize("name", ["referral.typ", "subpoena.typ"])
def test_a_layout_that_only_later_acts_need_is_tried_before_anything_is_sent(name: str) -> None:
    broken = default_templates()[name] + "\n#if issued != none { nothing }"
    if name == "referral.typ":
        broken = "#nothing"
    request = replace(planned(), templates={**planned().templates, name: broken})
    with pytest.raises(InvalidCampaign, match=name):
        check_requests([request], read_campaign(CAMPAIGN), opened_at=SENT_AT)
