"""What a letter and a subpoena draft contain, before anybody sets them in type.

Every string is final wording: dates already in words, in the recipient's zone. The Typst templates in
forthwith/documents/templates/ only lay out; they decide nothing.
"""

from typing import Literal

from forthwith.base import Model


class NumberedRequest(Model):
    """One item of Schedule A, under the number it has in the demand."""

    number: str
    text: str
    note: str = ""
    """What the record says of it, such as ``produced in part on February 20, 2018``."""


class DueBox(Model):
    """The one thing a reader must not miss: what is due when."""

    heading: str
    words: str
    """Such as ``Friday, February 23, 2018, by the end of the day, Chicago time (CST)``."""
    computation: str = ""
    """One or two sentences that let a person check the date on a wall calendar."""


class Letter(Model):
    """A letter from the issuing office to one reader."""

    office: str
    office_address: tuple[str, ...]
    date: str
    via: str
    addressee: tuple[str, ...]
    subject: str
    """The RE line. Also the stable Subject of the mail, so that the matter threads."""
    reference: str
    """The workflow id, ``<campaign>/<jurisdiction>``."""
    salutation: str
    opening: tuple[str, ...]
    requests: tuple[NumberedRequest, ...] = ()
    due: DueBox | None = None
    closing: tuple[str, ...] = ()
    valediction: str = "Sincerely,"
    signatory: str
    signatory_title: str
    copies: tuple[str, ...] = ()
    footer: str = ""
    possible_copy: str = ""
    """Set when an earlier sending is unconfirmed: says that this may be a second copy."""


class QuotedAuthority(Model):
    """A provision relied on. Empty text or verifier blocks approval."""

    citation: str
    as_of: str
    text: str
    verified_by: str
    verified_on: str


class Recital(Model):
    """One earlier step of the matter, from the request's own record."""

    when: str
    kind: str
    channel: str
    message_id: str
    sha256: str
    delivered: Literal["yes", "no", "unknown"]
    note: str = ""


class DeadlineStatement(Model):
    """How one date of the matter was computed, so that a court can follow it."""

    title: str = ""
    """Which date this is, such as ``Response to the demand``."""
    rule: str
    trigger: str
    period: str
    last_day: str
    closing: str
    calendar: str
    skipped: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    """The same, for a finger on a wall calendar."""


class Finding(Model):
    """What the record says about one requested item."""

    number: str
    found: Literal["none", "partial", "complete"]
    note: str


class Approval(Model):
    """One decision of a person on one version of the draft."""

    who: str
    role: str
    decision: str
    when: str
    sha256: str
    """Of the file that the person read."""


class RuleParagraph(Model):
    """One paragraph of a quoted rule, with its place in the outline."""

    depth: int
    """0 for ``(d)``, 1 for ``(d)(2)``, 2 for ``(d)(2)(B)``, 3 for ``(d)(2)(B)(i)``."""
    label: str
    heading: str
    text: str


class CourtProcess(Model):
    """What a subpoena under Rule 45 has and an administrative one has not. Its court and action stand in the draft."""

    district: str
    civil_action_number: str
    attached: str
    """Says which provisions of the rule are attached."""
    party: str
    """Whom the attorney represents."""
    attorney_name: str
    attorney_address: str
    attorney_email: str
    attorney_telephone: str
    notice_to_parties: str
    within_100_miles: str
    """Why the place of compliance is near enough, in the words of the person who checked."""
    provisions_title: str
    provisions: tuple[RuleParagraph, ...]


class Issuance(Model):
    """Who issued the subpoena and when, according to the record. The software signed nothing."""

    number: str
    issued_on: str
    signed_by: str
    signed_title: str
    sha256_signed: str
    """Of the signed original."""


class SubpoenaDraft(Model):
    """A subpoena as drafted by software, or the record copy of one that a person has issued."""

    banner: str
    """``DRAFT – NOT ISSUED`` until an issuance is recorded; empty after."""
    form: str
    """``administrative``, ``court_rule45`` or ``cid``; any other wording is printed as it stands."""
    docket_number: str
    reference: str
    version: int
    template_sha256: str
    issuer_office: str
    issuer_name: str
    issuer_address: tuple[str, ...]
    authority: tuple[QuotedAuthority, ...]
    to_name: str
    to_kind: str
    to_attention: str
    to_address: tuple[str, ...]
    command: str
    return_when: str
    return_place: str
    electronic_delivery: str
    relevance: str
    not_in_possession: str
    recitals: tuple[Recital, ...]
    deadlines: tuple[DeadlineStatement, ...]
    findings: tuple[Finding, ...]
    definitions: tuple[str, ...]
    instructions: tuple[str, ...]
    relevant_period: str
    requests: tuple[NumberedRequest, ...]
    objection_rule: str
    objection_date: str
    enforcement: str
    signatory: str
    signatory_title: str
    missing: tuple[str, ...]
    """Names of the required fields that are still empty, as `review --set` takes them."""
    court: str = ""
    """Only under Rule 45, with `action` and `process`."""
    action: str = ""
    """Title of the pending action."""
    process: CourtProcess | None = None
    issued: Issuance | None = None
    """Set once an issuance is recorded."""
    revision_notes: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    audit_renderer: str
    """Renderer and its version."""


class RecordLine(Model):
    """One event of the matter, in a memo's chronology."""

    when: str
    what: str
    facts: tuple[str, ...] = ()
    message_id: str = ""
    exhibit: str = ""
    """Number of the exhibit that proves it; empty for what only the timeline holds."""
    file: str = ""
    sha256: str = ""


class ExhibitFile(Model):
    """One file of an exhibit, by its place in the case file or wherever it was recorded to be."""

    file: str
    sha256: str
    note: str = ""


class Exhibit(Model):
    """What a memo rests on, so that a stranger can find and check it."""

    number: str
    what: str
    files: tuple[ExhibitFile, ...]


class TimelineLine(Model):
    """One entry of the timeline, with the hash that seals it and all before it."""

    number: int
    when: str
    what: str
    text: str
    by: str
    head: str


class Memo(Model):
    """A memo that refers a matter for enforcement, as software wrote it from the record. Nobody has signed it."""

    office: str
    office_address: tuple[str, ...]
    to: tuple[str, ...]
    sender: tuple[str, ...]
    date: str
    subject: str
    reference: str
    notice: str
    """Says who wrote it and that nobody has signed it."""
    summary: tuple[str, ...]
    asked: tuple[str, ...]
    outstanding: tuple[NumberedRequest, ...]
    findings: tuple[Finding, ...]
    deadlines: tuple[DeadlineStatement, ...]
    times: str
    """In whose time the instants are given."""
    record: tuple[RecordLine, ...]
    gaps: tuple[str, ...]
    """What the record does not show, so that nobody relies on it."""
    exhibits: tuple[Exhibit, ...]
    timeline: tuple[TimelineLine, ...]
    chain: str
    """Whether the timeline's chain holds, and its head."""
    template_sha256: str
    audit_renderer: str
