"""One letter as a message of RFC 5322: its headers say on the wire what was meant, and nothing else.

Message ids are derived, so that mail systems fold second copies into one.
"""

import hashlib
import re
import unicodedata
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP as SMTP_POLICY
from email.policy import Policy
from email.utils import format_datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field, field_validator

from forthwith.base import Model

MAX_MESSAGE_ID = 250
MAX_PLAIN_WORD = 70
"""A longer one does not fit on a line of 78 and has to be broken up as encoded words."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_NAMED_ADDRESS = re.compile(r'"?(?P<name>[^"<>\\@]*?)"?\s*<(?P<address>[^<>]+)>')
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+>")
_OVERRIDES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


class _Identifiers(UnstructuredHeader, BaseHeader):  # pyright: ignore[reportIncompatibleVariableOverride]: theirs
    """In-Reply-To and References, one id a line.

    The library writes an id that does not fit into 78 characters as an encoded word, and then no mail system
    finds the thread.
    """

    def fold(self, *, policy: "Policy[Any]") -> str:
        return f"{self.name}: " + f"{policy.linesep} ".join(self.split()) + policy.linesep


class _Subject(UnstructuredHeader, BaseHeader):  # pyright: ignore[reportIncompatibleVariableOverride]: theirs
    """Written by the library's older code: the newer one drops spaces between two encoded words."""

    def fold(self, *, policy: "Policy[Any]") -> str:
        plain = self.isascii() and all(len(word) < MAX_PLAIN_WORD for word in self.split())
        words = Header(str(self), "us-ascii" if plain else "utf-8", header_name=self.name)
        return f"{self.name}: {words.encode(linesep=policy.linesep)}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", _Subject)
_HEADERS.map_to_type("in-reply-to", _Identifiers)
_HEADERS.map_to_type("references", _Identifiers)

WIRE = SMTP_POLICY.clone(cte_type="7bit", header_factory=_HEADERS)
"""How a letter is written: CRLF, and ASCII only, so that the bytes do not depend on what a server supports."""


class UnsafeHeader(ValueError):
    """A header would not say on the wire what was meant. ``header`` is its name."""

    def __init__(self, header: str, why: str) -> None:
        super().__init__(f"{header}: {why}")
        self.header = header


class Attachment(Model):
    """One file that goes with a letter."""

    filename: str
    content: bytes
    media_type: str = Field(default="application/pdf", pattern=r"^(application|image|text)/[A-Za-z0-9.+-]+$")
    method: Literal["", "PUBLISH"] = ""
    """Of a ``text/calendar``, in UTF-8: the method it names, which RFC 6047 2.4 repeats here."""


class Mail(Model):
    """One letter as it goes out. Addresses are ``name@host`` or ``Name <name@host>``, ASCII, one in each string."""

    sender: str
    reply_to: str
    recipient: str
    copies: tuple[str, ...] = ()
    subject: str
    message_id: str
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    date: AwareDatetime
    text: str
    attachments: tuple[Attachment, ...] = ()
    possible_copy: bool = False

    @field_validator("text")
    @classmethod
    def _only_printable_text(cls, text: str) -> str:
        if any(unicodedata.category(character) == "Cc" and character not in "\n\r\t" for character in text):
            raise ValueError("a letter's text holds no control characters")
        return text

    @property
    def envelope_sender(self) -> str:
        """The bare address for ``MAIL FROM``; bounces come back to it."""
        return _mailbox("From", self.sender).addr_spec

    @property
    def envelope_recipients(self) -> tuple[str, ...]:
        """The bare addresses for ``RCPT TO``: the recipient first, then the copies."""
        copies = (_mailbox("Cc", copy).addr_spec for copy in self.copies)
        return (_mailbox("To", self.recipient).addr_spec, *copies)

    def serialise(self) -> bytes:
        """The letter as RFC 5322 bytes; the same letter gives the same bytes.

        Raises `UnsafeHeader` when a header cannot be written so that it reads back as what was meant.
        """
        message = EmailMessage(policy=WIRE)
        addressed, written = self._address_headers(), self._text_headers()
        for name, mailboxes in addressed.items():
            message[name] = ", ".join(map(str, mailboxes))
        for name, text in written.items():
            message[name] = _printable(name, text)
        _refuse_difference(message, addressed, written)
        message.set_content(self.text)
        for attachment in self.attachments:
            kind, _, subtype = attachment.media_type.partition("/")
            filename = _plain_filename(attachment.filename)
            parameters = {"method": attachment.method, "charset": "utf-8"} if attachment.method else {}
            message.add_attachment(
                attachment.content, maintype=kind, subtype=subtype, filename=filename, params=parameters
            )
        if self.attachments:
            # From the text as well: nobody can write a text that holds its own boundary.
            seed = f"{self.message_id}\n{self.text}".encode()
            message.set_boundary("=_" + hashlib.sha256(seed).hexdigest()[:32])
        content = message.as_bytes()

        # Read the bytes as a stranger would: Python up to 3.11.9 writes an encoded newline as a real
        # one, so a subject could add a Bcc (CVE-2024-6923).
        head, _, _ = content.partition(b"\r\n\r\n")
        reread = BytesHeaderParser(policy=WIRE).parsebytes(head + b"\r\n\r\n")
        if strange := set(reread.keys()) ^ set(message.keys()):
            raise UnsafeHeader(min(strange), "does not survive being written")
        if len(reread) != len(message):
            raise UnsafeHeader("Subject", "adds a header")
        _refuse_difference(reread, addressed, written)
        return content

    def _address_headers(self) -> dict[str, tuple[Address, ...]]:
        headers: dict[str, tuple[Address, ...]] = {
            "From": (_mailbox("From", self.sender),),
            "Reply-To": (_mailbox("Reply-To", self.reply_to),),
            "To": (_mailbox("To", self.recipient),),
        }
        if self.copies:
            headers["Cc"] = tuple(_mailbox("Cc", copy) for copy in self.copies)
        return headers

    def _text_headers(self) -> dict[str, str]:
        headers = {
            "Subject": self.subject,
            "Message-ID": _identifier("Message-ID", self.message_id),
            "Date": format_datetime(self.date),
            # RFC 3834: robots do not answer this, so two of them cannot write to each other for ever.
            "Auto-Submitted": "auto-generated",
        }
        if self.in_reply_to is not None:
            headers["In-Reply-To"] = _identifier("In-Reply-To", self.in_reply_to)
        if self.references:
            headers["References"] = " ".join(_identifier("References", earlier) for earlier in self.references)
        if self.possible_copy:
            headers["Forthwith-Possible-Copy"] = "yes"
        return headers


def message_id(workflow_id: str, step: str, recipient: str, domain: str) -> str:
    """The Message-ID of the letter of one step to one recipient: always the same, so that copies fold into one."""
    digest = hashlib.sha256("\0".join((workflow_id, step, recipient)).encode()).hexdigest()
    return _identifier("Message-ID", f"<{digest[:32]}@{domain}>")


def _printable(header: str, value: str) -> str:
    for character in value:
        if unicodedata.category(character) in {"Cc", "Zl", "Zp"} or unicodedata.bidirectional(character) in _OVERRIDES:
            raise UnsafeHeader(header, f"holds the character U+{ord(character):04X}")
    return value


def _mailbox(header: str, value: str) -> Address:
    """One address with or without a name; `email.utils` would take ``a@b, c@d`` for one of them."""
    name, address = "", value
    if named := _NAMED_ADDRESS.fullmatch(_printable(header, value)):
        name, address = " ".join(named["name"].split()), named["address"]
    if not _ADDRESS.fullmatch(address) or "=?" in name:
        raise UnsafeHeader(header, "is not one mail address")
    return Address(display_name=name, addr_spec=address)


def _identifier(header: str, value: str) -> str:
    if not _MESSAGE_ID.fullmatch(value) or len(value) > MAX_MESSAGE_ID:
        raise UnsafeHeader(header, "is not a message id")
    return value


def _plain_filename(filename: str) -> str:
    _printable("Content-Disposition", filename)
    if not filename or "=?" in filename or "/" in filename or "\\" in filename:
        raise UnsafeHeader("Content-Disposition", "is not a plain file name")
    return filename


def _refuse_difference(
    message: EmailMessage, addressed: dict[str, tuple[Address, ...]], written: dict[str, str]
) -> None:
    """Raise `UnsafeHeader` where ``message`` says something else than what was meant (white space aside)."""
    for name, mailboxes in addressed.items():
        if [*map(_squeezed, message[name].addresses)] != [*map(_squeezed, mailboxes)]:
            raise UnsafeHeader(name, "reads back as other addresses")
    for name, text in written.items():
        if str(message[name]).split() != text.split():
            raise UnsafeHeader(name, "reads back as another text")


def _squeezed(mailbox: Address) -> tuple[str, str]:
    # The library reads a space into a name whose encoded words were split within a word.
    return "".join(mailbox.display_name.split()), mailbox.addr_spec
