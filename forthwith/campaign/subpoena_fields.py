"""The fields of a subpoena: what the campaign file says of each, which a reviewer may fill, and which must be."""

from collections.abc import Mapping

from forthwith.campaign.ladder import Court
from forthwith.campaign.models import Campaign

REQUIRED_IN_COURT = (
    "attorney.party",
    "attorney.name",
    "attorney.address",
    "attorney.email",
    "attorney.telephone",
    "within_100_miles",
)
"""Who issues or requests the subpoena for which party, and how it was found that compliance is not asked too far away.

Software measures no distance: a person says why the place of compliance is within 100 miles of where the recipient
resides, is employed, or regularly transacts business in person, Rule 45(c)(2)(A).
"""


def subpoena_fields(campaign: Campaign) -> dict[str, str]:
    """Every field a reviewer may change, with what the campaign file says of it. This is the one list of them."""
    issuer, court = campaign.issuer, campaign.ladder.subpoena.court
    fields: dict[str, str] = {}
    for number, authority in enumerate(campaign.demand.authority, start=1):
        fields[f"authority.{number}.text"] = authority.text
        fields[f"authority.{number}.verified_by"] = authority.verified_by
        fields[f"authority.{number}.verified_on"] = str(authority.verified_on or "")
    fields |= {
        "docket_number": "",
        "command": f"Produce to the {issuer.office}, at the time and place stated below, the documents described in"
        " Schedule A.",
        "return_place": ", ".join((issuer.office, *issuer.address)),
        "electronic_delivery": f"Production by electronic mail to {issuer.reply_to} is accepted.",
    }
    if court:
        return fields | _court_fields(campaign, court)
    return fields | {
        "relevance": campaign.demand.relevance,
        "not_in_possession": campaign.demand.not_in_possession,
        "objection": "An objection is stated in writing to the issuing office, by item number and with its ground.",
        "objection_date": "on or before the return date",
        "enforcement": "The demand stated the consequence of a failure to respond in these words:"
        f" “{campaign.demand.consequence.strip()}”",
        "signatory.name": issuer.signatory.name,
        "signatory.title": issuer.signatory.title,
    }


def editable_fields(campaign: Campaign) -> tuple[str, ...]:
    """Names of the fields that a revision may fill."""
    return tuple(subpoena_fields(campaign))


def missing_fields(campaign: Campaign, fields: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the required fields that are still empty once ``fields`` are filled in.

    An administrative subpoena needs its authority quoted and vouched for, its relevance, that the issuer does not
    have the documents already, and an authorised signer. One under Rule 45 rests on the rule and its court: it needs
    its attorney, and somebody who found the place of compliance near enough.
    """
    filled = subpoena_fields(campaign) | dict(fields)
    if campaign.ladder.subpoena.court:
        required = list(REQUIRED_IN_COURT)
    else:
        required = [name for name in filled if name.endswith((".text", ".verified_by"))]
        required += ["relevance", "not_in_possession", "signatory.name", "signatory.title"]
    return tuple(name for name in required if not filled[name].strip())


def _court_fields(campaign: Campaign, court: Court) -> dict[str, str]:
    """The fields that a reviewer may change in a subpoena under Rule 45, with what the campaign file says of them."""
    issuer = campaign.issuer
    return {
        "command": "YOU ARE COMMANDED to produce at the time, date, and place set forth below the documents,"
        " electronically stored information, or objects described in Schedule A, and to permit inspection, copying,"
        " testing, or sampling of the material.",
        "return_place": court.place_of_compliance,
        "objection": "A person commanded to produce documents may serve on the attorney named below a written objection"
        " to inspecting, copying, testing, or sampling any or all of the materials, or to producing electronically"
        " stored information in the form requested. Fed. R. Civ. P. 45(d)(2)(B).",
        "objection_date": "before the earlier of the time specified for compliance or 14 days after the subpoena is"
        " served",
        "attorney.party": "",
        "attorney.name": "",
        "attorney.address": ", ".join((issuer.office, *issuer.address)),
        "attorney.email": issuer.reply_to,
        "attorney.telephone": "",
        "within_100_miles": "",
    }
