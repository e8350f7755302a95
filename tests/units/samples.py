"""Documents of the first campaign, with the text of the real 2018 demand, for tests and for looking at."""

from forthwith.documents.content import (
    DeadlineStatement,
    DueBox,
    Finding,
    Letter,
    NumberedRequest,
    QuotedAuthority,
    Recital,
    SubpoenaDraft,
)

DEMAND_TEXT = (
    "All documents reflecting any orders, directives, instructions, or guidance to your law enforcement employees "
    "(including, but not limited to, police officers, correctional officers, and contract employees), whether formal "
    "or informal, that were distributed, produced, and/or in effect during the relevant timeframe, regarding whether "
    "and how these employees may, or may not, communicate with the Department of Justice, the Department of Homeland "
    "Security, and/or Immigration and Customs Enforcement, or their agents, whether directly or indirectly."
)
OFFICE = "Office of Justice Programs (example)"
OFFICE_ADDRESS = ("810 Example Street NW", "Washington, DC 20531")
REFERENCE = "1373-2018/chicago-il"
SUBJECT = "Document request regarding compliance with 8 U.S.C. § 1373"
CONSEQUENCE = (
    "Recipients that fail to respond, fail to respond completely, or fail to respond in a timely manner will be "
    "subject to a subpoena."
)
DUE_WORDS = "Friday, February 23, 2018, by the end of the day, Chicago time (CST)"
SHA256 = "3f2a9c41d0b7e8856a1f4c9932de07b1a4c85e60f7219b3d8e4410cc92ab67f5"

DEMAND = NumberedRequest(number="A-1", text=DEMAND_TEXT)

LETTER = Letter(
    office=OFFICE,
    office_address=OFFICE_ADDRESS,
    date="January 24, 2018",
    via="By electronic mail to records@chicago-il.example",
    addressee=("Office of the Mayor", "City of Chicago, Illinois", "121 Example Street", "Chicago, Illinois 60602"),
    subject=SUBJECT,
    reference=REFERENCE,
    salutation="Dear Office of the Mayor:",
    opening=(
        "This letter requests documents from the City of Chicago, Illinois. It is made under 2 CFR § 200.336 and "
        "8 U.S.C. § 1373.",
        "Please produce the documents described below, for the period from October 1, 2015, to the date of response.",
    ),
    requests=(DEMAND,),
    due=DueBox(
        heading="Response due",
        words=DUE_WORDS,
        computation="Thirty days from January 24, 2018, the day of sending not counted. The thirtieth day is a Friday "
        "and no legal holiday.",
    ),
    closing=(
        CONSEQUENCE,
        "Please identify your response by the request number used above and send it to responses@ojp.example.",
    ),
    signatory="To be named",
    signatory_title="Director",
    copies=("Supervising attorney",),
    footer="Please quote this reference in every communication.",
)


def recital(when: str, kind: str, step: str, note: str = "") -> Recital:
    return Recital(
        when=when,
        kind=kind,
        channel="E-mail to records@chicago-il.example",
        message_id=f"<1373-2018.chicago-il.{step}.7c1f0a52d3e94b60@ojp.example>",
        sha256=SHA256,
        delivered="unknown",
        note=note,
    )


DRAFT = SubpoenaDraft(
    banner="DRAFT – NOT ISSUED",
    form="administrative",
    docket_number="",
    reference=REFERENCE,
    version=1,
    template_sha256=SHA256,
    issuer_office=OFFICE,
    issuer_name="To be named",
    issuer_address=OFFICE_ADDRESS,
    authority=(
        QuotedAuthority(citation="2 CFR § 200.336", as_of="January 24, 2018", text="", verified_by="", verified_on=""),
        QuotedAuthority(
            citation="8 U.S.C. § 1373",
            as_of="January 24, 2018",
            text="(Quoted text as the reviewing attorney entered it.)",
            verified_by="Reviewing attorney",
            verified_on="March 6, 2018",
        ),
    ),
    to_name="City of Chicago, Illinois",
    to_kind="city",
    to_attention="Office of the Mayor",
    to_address=("121 Example Street", "Chicago, Illinois 60602"),
    command="You are commanded to produce the documents described in Schedule A at the time and place set out below.",
    return_when="Twenty-one days after service, by the end of the day, Chicago time",
    return_place="Office of Justice Programs (example), 810 Example Street NW, Washington, DC 20531",
    electronic_delivery="Documents may be delivered electronically to responses@ojp.example.",
    relevance="",
    not_in_possession="",
    recitals=(
        recital("January 24, 2018, 9:00 a.m. CST", "Demand", "demand", "Accepted by the receiving mail server."),
        recital("February 9, 2018, 8:00 a.m. CST", "First reminder", "remind-1"),
        recital("February 20, 2018, 8:00 a.m. CST", "Second reminder", "remind-2"),
        recital("February 22, 2018, 8:00 a.m. CST", "Third reminder", "remind-3"),
        recital("February 26, 2018, 8:00 a.m. CST", "Final notice", "final-notice", "No response was on record."),
    ),
    deadlines=(
        DeadlineStatement(
            title="Response to the demand",
            rule="Fed. R. Civ. P. 6(a)(1), by the policy of this campaign",
            trigger="January 24, 2018: the demand was accepted for delivery",
            period="30 days",
            last_day="Friday, February 23, 2018",
            closing="February 24, 2018, 12:00 a.m. CST",
            calendar="Federal legal holidays; Illinois (version 0.109)",
        ),
        DeadlineStatement(
            title="Cure period of the final notice",
            rule="Business days",
            trigger="February 26, 2018: the final notice was accepted for delivery",
            period="5 business days",
            last_day="Monday, March 5, 2018",
            closing="March 6, 2018, 12:00 a.m. CST",
            calendar="Federal legal holidays; Illinois (version 0.109)",
            skipped=("Saturday, March 3, 2018", "Sunday, March 4, 2018"),
            alternatives=("Monday, March 5, 2018, at the close of the office, 5:00 p.m. CST",),
        ),
    ),
    findings=(Finding(number="A-1", found="none", note="No response is on record."),),
    definitions=("“Document” has the meaning it has in the demand of January 24, 2018.",),
    instructions=("Identify each document produced by the number of the request to which it responds.",),
    relevant_period="October 1, 2015, to the date of response",
    requests=(DEMAND,),
    objection_rule="A person served may object in writing, stating the ground and the number of the request.",
    objection_date="Fourteen days after service, or the return date if that is earlier",
    enforcement=CONSEQUENCE,
    signatory="To be named",
    signatory_title="Director",
    missing=("docket_number", "authority.2 CFR § 200.336.text", "relevance", "not_in_possession"),
    audit_renderer="typst 0.15.2",
)

VARIABLES: dict[str, object] = {
    "reference": REFERENCE,
    "campaign": {"title": "Document request under 8 U.S.C. § 1373"},
    "issuer": {"office": OFFICE},
    "recipient": {"name": "City of Chicago, Illinois", "attention": "Office of the Mayor"},
    "demand": {
        "subject": SUBJECT,
        "consequence": CONSEQUENCE,
        "relevant_period": "October 1, 2015, to the date of response",
    },
    "authority": ["2 CFR § 200.336", "8 U.S.C. § 1373"],
    "outstanding": ["A-1"],
    "outstanding_is_all": True,
    "demand_sent_on": "January 24, 2018",
    "due": DUE_WORDS,
    "acknowledge_by": "Wednesday, January 31, 2018",
    "ordinal": "second",
    "days_left": 3,
    "cure_due": "Monday, March 5, 2018, by the end of the day, Chicago time (CST)",
    "draft": {"version": 1, "sha256": SHA256},
    "review": {"due": "Friday, March 9, 2018"},
    "received": ["Request A-2: produced, received on February 20, 2018"],
    "issued": {"number": "OJP-2018-17", "by": "To be named, Director", "on": "March 12, 2018", "sha256": SHA256},
    "served": {"on_whom": "City Clerk", "how": "by hand", "by": "A. Server", "on": "March 14, 2018"},
    "copy": {"letter": "demand", "sent_on": "January 24, 2018", "reason": "it was asked for"},
    "memo": {"file": f"{REFERENCE}/referral/memo.pdf", "sha256": SHA256},
    "attention": ["the recipient objected to request A-2", "the mail was returned as undeliverable"],
    "commands": [
        f"python starter.py review {REFERENCE} --{decision} --sha256 {SHA256} --reason '…'"
        for decision in ("approve", "revise", "reject")
    ],
}
"""Every variable that a wording may use, as forthwith/documents/templates/README.md lists them."""
