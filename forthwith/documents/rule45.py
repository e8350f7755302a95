"""A subpoena to produce documents in a pending civil action: what Rule 45 of the Federal Rules of Civil Procedure adds.

The words of the rule are those in force since December 1, 2013, as the courts' own form AO 88B (Rev. 02/14) sets them
out: 45(c), (d), (e) and (g). Rule 45(a)(1)(A)(iv) requires the text of (d) and (e) in every subpoena.
"""

from collections.abc import Mapping

from forthwith.campaign.ladder import Court
from forthwith.documents.content import CourtProcess, RuleParagraph

EFFECTIVE = "Federal Rule of Civil Procedure 45(c), (d), (e), and (g), effective December 1, 2013"
ATTACHED = (
    "The following provisions of Fed. R. Civ. P. 45 are attached: Rule 45(c), relating to the place of compliance;"
    " Rule 45(d), relating to your protection as a person subject to a subpoena; and Rule 45(e) and (g), relating to"
    " your duty to respond to this subpoena and the potential consequences of not doing so."
)
NOTICE_TO_PARTIES = (
    "If this subpoena commands the production of documents, electronically stored information, or tangible things or"
    " the inspection of premises before trial, a notice and a copy of the subpoena must be served on each party in this"
    " case before it is served on the person to whom it is directed. Fed. R. Civ. P. 45(a)(4)."
)


def court_process(court: Court, filled: Mapping[str, str]) -> CourtProcess:
    """What a subpoena under Rule 45 has and an administrative one has not."""
    return CourtProcess(
        district=court.district,
        civil_action_number=court.docket,
        attached=ATTACHED,
        party=filled["attorney.party"],
        attorney_name=filled["attorney.name"],
        attorney_address=filled["attorney.address"],
        attorney_email=filled["attorney.email"],
        attorney_telephone=filled["attorney.telephone"],
        notice_to_parties=NOTICE_TO_PARTIES,
        within_100_miles=filled["within_100_miles"],
        provisions_title=EFFECTIVE,
        provisions=PROVISIONS,
    )


def _p(depth: int, label: str, heading: str, text: str = "") -> RuleParagraph:
    return RuleParagraph(depth=depth, label=label, heading=heading, text=text)


PROVISIONS = (
    _p(0, "(c)", "Place of Compliance."),
    _p(
        1,
        "(1)",
        "For a Trial, Hearing, or Deposition.",
        "A subpoena may command a person to attend a trial, hearing, or deposition only as follows:",
    ),
    _p(
        2,
        "(A)",
        "",
        "within 100 miles of where the person resides, is employed, or regularly transacts business in person; or",
    ),
    _p(
        2,
        "(B)",
        "",
        "within the state where the person resides, is employed, or regularly transacts business in person, if the"
        " person",
    ),
    _p(3, "(i)", "", "is a party or a party’s officer; or"),
    _p(3, "(ii)", "", "is commanded to attend a trial and would not incur substantial expense."),
    _p(1, "(2)", "For Other Discovery.", "A subpoena may command:"),
    _p(
        2,
        "(A)",
        "",
        "production of documents, electronically stored information, or tangible things at a place within 100 miles of"
        " where the person resides, is employed, or regularly transacts business in person; and",
    ),
    _p(2, "(B)", "", "inspection of premises at the premises to be inspected."),
    _p(0, "(d)", "Protecting a Person Subject to a Subpoena; Enforcement."),
    _p(
        1,
        "(1)",
        "Avoiding Undue Burden or Expense; Sanctions.",
        "A party or attorney responsible for issuing and serving a subpoena must take reasonable steps to avoid"
        " imposing undue burden or expense on a person subject to the subpoena. The court for the district where"
        " compliance is required must enforce this duty and impose an appropriate sanction—which may include lost"
        " earnings and reasonable attorney’s fees—on a party or attorney who fails to comply.",
    ),
    _p(1, "(2)", "Command to Produce Materials or Permit Inspection."),
    _p(
        2,
        "(A)",
        "Appearance Not Required.",
        "A person commanded to produce documents, electronically stored information, or tangible things, or to permit"
        " the inspection of premises, need not appear in person at the place of production or inspection unless also"
        " commanded to appear for a deposition, hearing, or trial.",
    ),
    _p(
        2,
        "(B)",
        "Objections.",
        "A person commanded to produce documents or tangible things or to permit inspection may serve on the party or"
        " attorney designated in the subpoena a written objection to inspecting, copying, testing, or sampling any or"
        " all of the materials or to inspecting the premises—or to producing electronically stored information in the"
        " form or forms requested. The objection must be served before the earlier of the time specified for"
        " compliance or 14 days after the subpoena is served. If an objection is made, the following rules apply:",
    ),
    _p(
        3,
        "(i)",
        "",
        "At any time, on notice to the commanded person, the serving party may move the court for the district where"
        " compliance is required for an order compelling production or inspection.",
    ),
    _p(
        3,
        "(ii)",
        "",
        "These acts may be required only as directed in the order, and the order must protect a person who is neither"
        " a party nor a party’s officer from significant expense resulting from compliance.",
    ),
    _p(1, "(3)", "Quashing or Modifying a Subpoena."),
    _p(
        2,
        "(A)",
        "When Required.",
        "On timely motion, the court for the district where compliance is required must quash or modify a subpoena"
        " that:",
    ),
    _p(3, "(i)", "", "fails to allow a reasonable time to comply;"),
    _p(3, "(ii)", "", "requires a person to comply beyond the geographical limits specified in Rule 45(c);"),
    _p(
        3,
        "(iii)",
        "",
        "requires disclosure of privileged or other protected matter, if no exception or waiver applies; or",
    ),
    _p(3, "(iv)", "", "subjects a person to undue burden."),
    _p(
        2,
        "(B)",
        "When Permitted.",
        "To protect a person subject to or affected by a subpoena, the court for the district where compliance is"
        " required may, on motion, quash or modify the subpoena if it requires:",
    ),
    _p(
        3,
        "(i)",
        "",
        "disclosing a trade secret or other confidential research, development, or commercial information; or",
    ),
    _p(
        3,
        "(ii)",
        "",
        "disclosing an unretained expert’s opinion or information that does not describe specific occurrences in"
        " dispute and results from the expert’s study that was not requested by a party.",
    ),
    _p(
        2,
        "(C)",
        "Specifying Conditions as an Alternative.",
        "In the circumstances described in Rule 45(d)(3)(B), the court may, instead of quashing or modifying a"
        " subpoena, order appearance or production under specified conditions if the serving party:",
    ),
    _p(
        3,
        "(i)",
        "",
        "shows a substantial need for the testimony or material that cannot be otherwise met without undue hardship;"
        " and",
    ),
    _p(3, "(ii)", "", "ensures that the subpoenaed person will be reasonably compensated."),
    _p(0, "(e)", "Duties in Responding to a Subpoena."),
    _p(
        1,
        "(1)",
        "Producing Documents or Electronically Stored Information.",
        "These procedures apply to producing documents or electronically stored information:",
    ),
    _p(
        2,
        "(A)",
        "Documents.",
        "A person responding to a subpoena to produce documents must produce them as they are kept in the ordinary"
        " course of business or must organize and label them to correspond to the categories in the demand.",
    ),
    _p(
        2,
        "(B)",
        "Form for Producing Electronically Stored Information Not Specified.",
        "If a subpoena does not specify a form for producing electronically stored information, the person responding"
        " must produce it in a form or forms in which it is ordinarily maintained or in a reasonably usable form or"
        " forms.",
    ),
    _p(
        2,
        "(C)",
        "Electronically Stored Information Produced in Only One Form.",
        "The person responding need not produce the same electronically stored information in more than one form.",
    ),
    _p(
        2,
        "(D)",
        "Inaccessible Electronically Stored Information.",
        "The person responding need not provide discovery of electronically stored information from sources that the"
        " person identifies as not reasonably accessible because of undue burden or cost. On motion to compel"
        " discovery or for a protective order, the person responding must show that the information is not reasonably"
        " accessible because of undue burden or cost. If that showing is made, the court may nonetheless order"
        " discovery from such sources if the requesting party shows good cause, considering the limitations of Rule"
        " 26(b)(2)(C). The court may specify conditions for the discovery.",
    ),
    _p(1, "(2)", "Claiming Privilege or Protection."),
    _p(
        2,
        "(A)",
        "Information Withheld.",
        "A person withholding subpoenaed information under a claim that it is privileged or subject to protection as"
        " trial-preparation material must:",
    ),
    _p(3, "(i)", "", "expressly make the claim; and"),
    _p(
        3,
        "(ii)",
        "",
        "describe the nature of the withheld documents, communications, or tangible things in a manner that, without"
        " revealing information itself privileged or protected, will enable the parties to assess the claim.",
    ),
    _p(
        2,
        "(B)",
        "Information Produced.",
        "If information produced in response to a subpoena is subject to a claim of privilege or of protection as"
        " trial-preparation material, the person making the claim may notify any party that received the information"
        " of the claim and the basis for it. After being notified, a party must promptly return, sequester, or destroy"
        " the specified information and any copies it has; must not use or disclose the information until the claim is"
        " resolved; must take reasonable steps to retrieve the information if the party disclosed it before being"
        " notified; and may promptly present the information under seal to the court for the district where compliance"
        " is required for a determination of the claim. The person who produced the information must preserve the"
        " information until the claim is resolved.",
    ),
    _p(
        0,
        "(g)",
        "Contempt.",
        "The court for the district where compliance is required—and also, after a motion is transferred, the issuing"
        " court—may hold in contempt a person who, having been served, fails without adequate excuse to obey the"
        " subpoena or an order related to it.",
    ),
)
