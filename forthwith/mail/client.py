"""The one mail client of a worker: a letter goes out once, or it is known exactly how far it came.

Everything that can go wrong is sorted here, where it happens, into four answers: nothing was sent and later may
help (`MailDeferred`), nothing was sent and it is our own credentials (`SendingPaused`), nothing was sent and this
address or content will never be taken (`RecipientRefused`), and nobody can know (`SendUnconfirmed`).
"""

import asyncio
import hashlib
import logging
import re
import ssl
import time
import unicodedata
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP as SMTP_POLICY
from email.policy import Policy
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponse,
    SMTPResponseException,
    SMTPSenderRefused,
)
from pydantic import AwareDatetime, Field, SecretStr, field_validator, model_validator

from forthwith.base import Model

log = logging.getLogger(__name__)

Result = TypeVar("Result")

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
"""After a temporary refusal: what a greylisting server expects of a sender, and what an operator still bears."""

FIRST_CREDENTIALS_PAUSE = timedelta(seconds=60)
"""Longer than the others, because repeated wrong logins lock accounts."""

TRUSTED_IDLE = timedelta(seconds=30)
"""How long a connection may lie idle and still be used; well under the five minutes of RFC 5321 4.5.3.2.7."""

SLOW_DOWN = {421, 450, 451, 452}
CREDENTIALS_REFUSED = {530, 534, 535, 538}
"""RFC 4954 section 6: these speak about us, whichever command they answer."""

LONGEST_MESSAGE_ID = 250
LONGEST_PLAIN_WORD = 70
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
        plain = self.isascii() and all(len(word) < LONGEST_PLAIN_WORD for word in self.split())
        words = Header(str(self), "us-ascii" if plain else "utf-8", header_name=self.name)
        return f"{self.name}: {words.encode(linesep=policy.linesep)}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", _Subject)
_HEADERS.map_to_type("in-reply-to", _Identifiers)
_HEADERS.map_to_type("references", _Identifiers)

WIRE = SMTP_POLICY.clone(cte_type="7bit", header_factory=_HEADERS)
"""How a letter is written: CRLF, and ASCII only, so that the bytes do not depend on what a server supports."""


class SmtpSettings(Model):
    """How to reach the mail server.

    ``tls``: ``required`` speaks TLS from the first byte, ``starttls`` upgrades or refuses to go on, ``none`` is
    for a server on this machine. ``ca_file`` replaces the system's certificate authorities.
    ``timeout_before_data`` is for each step before the content; ``timeout_after_data`` follows
    RFC 5321 4.5.3.2.6: a server may think for ten minutes, and giving up earlier makes second copies.
    """

    host: str
    port: int = Field(ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    tls: Literal["required", "starttls", "none"] = "starttls"
    ca_file: Path | None = None
    timeout_before_data: timedelta = timedelta(seconds=30)
    timeout_after_data: timedelta = timedelta(seconds=600)
    pool_size: int = Field(default=10, ge=1)

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Self:
        if self.username and self.tls == "none" and self.host not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError("a user name needs tls 'required' or 'starttls', except on this machine")
        return self


class UnsafeHeader(ValueError):
    """A header would not say on the wire what was meant. ``header`` is its name."""

    def __init__(self, header: str, why: str) -> None:
        super().__init__(f"{header}: {why}")
        self.header = header


class MailDeferred(Exception):
    """Certainly nothing was sent; worth another try after ``retry_after``.

    ``reason`` is for the case file; it may quote the server, and with it an address, so it is not for logs.
    """

    def __init__(self, reason: str, retry_after: timedelta) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class SendingPaused(MailDeferred):
    """The server refuses *our* credentials: all sending rests, and no recipient is to blame."""


class RecipientRefused(Exception):
    """Certainly nothing was sent, and the same letter to the same address will not be taken later either."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class SendUnconfirmed(Exception):
    """The content was on its way when the answer was lost: the letter may have been accepted, or not."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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


class Acceptance(Model):
    """The server took the letter. ``response`` is what it said; ``refused_copies`` are addresses it left out."""

    response: str
    refused_copies: tuple[str, ...] = ()


class MailClient:
    """Sends letters through one server; shared by all requests of a worker and used from one event loop.

    It owns what crosses requests: a bounded pool of connections, the slow-down of single domains, the pause while
    the server cannot be reached, and the breaker for our own credentials. ``clock`` gives seconds that never go back.
    """

    def __init__(self, settings: SmtpSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._tls = None if settings.tls == "none" else ssl.create_default_context(cafile=settings.ca_file)
        self._places = asyncio.Semaphore(settings.pool_size)
        self._idle: list[tuple[SMTP, float]] = []
        self._slow_domains: dict[str, _Pause] = {}
        self._unreachable = _Pause(clock, FIRST_PAUSE)
        self._credentials = _Pause(clock, FIRST_CREDENTIALS_PAUSE)
        self._credentials_proven = False
        self._trial = asyncio.Lock()
        self._own_name: str | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def send(self, mail: Mail, *, before_data: Callable[[], None]) -> Acceptance:
        """Send one letter.

        ``before_data`` is called once, after the server agreed to the recipient and before the content; what it raises
        is passed on and nothing is sent. A cancel before that moment sends nothing either. A cancel after it
        is absorbed and the outcome returned, because an acceptance that nobody records becomes a second letter.

        Raises `UnsafeHeader`, `MailDeferred`, `SendingPaused`, `RecipientRefused` or `SendUnconfirmed`.
        """
        domain = _domain(mail)
        self._refuse_while_paused(domain)
        async with self._places:
            self._refuse_while_paused(domain)  # again: much may have happened while this letter queued
            content = mail.serialise()
            async with self._connection() as smtp:
                refused_copies = await self._offer(smtp, mail, len(content))
                before_data()
                response = await _to_the_end(self._transfer(smtp, mail, content))
        return Acceptance(response=response, refused_copies=refused_copies)

    async def check(self) -> str:
        """Connect, prove TLS and credentials, and leave: nothing is sent. Returns the name the server gives itself.

        Raises `MailDeferred` or `SendingPaused`.
        """
        smtp = await self._connect()
        try:
            await smtp.noop()
            hello = smtp.last_ehlo_response or smtp.last_helo_response
            await smtp.quit()
        except SMTPException as error:
            raise MailDeferred(f"the mail server fell silent: {error}", FIRST_PAUSE) from error
        finally:
            smtp.close()
        return hello.message.partition("\n")[0] if hello else ""

    async def aclose(self) -> None:
        """Take no more letters, wait for those under way, and say goodbye to the server."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._settings.pool_size):
            await self._places.acquire()
        for smtp, _ in self._idle:
            try:
                await smtp.quit()
            except SMTPException:
                smtp.close()
        self._idle.clear()

    def _refuse_while_paused(self, domain: str | None = None) -> None:
        if self._closed:
            raise MailDeferred("this worker is stopping", FIRST_PAUSE)
        if left := self._credentials.left():
            raise SendingPaused("the mail server refuses our credentials", left)
        if left := self._unreachable.left():
            raise MailDeferred("the mail server could not be reached", left)
        slow = self._slow_domains.get(domain) if domain else None
        if slow and (left := slow.left()):
            raise MailDeferred(f"{domain} asked us to slow down", left)

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[SMTP]:
        """A connection of the pool; given back when its state is known to be clean, else closed."""
        smtp = self._from_pool() or await self._open()
        try:
            yield smtp
        except Exception:
            await _to_the_end(_reset(smtp))
            raise
        except BaseException:
            smtp.close()  # cancelled within a command, whose answer would be taken for that of the next
            raise
        finally:
            if smtp.is_connected:
                self._idle.append((smtp, self._clock()))

    def _from_pool(self) -> SMTP | None:
        while self._idle:
            smtp, since = self._idle.pop()
            if smtp.is_connected and self._clock() - since < TRUSTED_IDLE.total_seconds():
                return smtp
            smtp.close()
        return None

    async def _open(self) -> SMTP:
        if self._credentials_proven:
            return await self._connect()
        async with self._trial:  # one at a time: a pool full of wrong logins locks the account
            self._refuse_while_paused()
            return await self._connect()

    async def _connect(self) -> SMTP:
        settings = self._settings
        smtp = SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username or None,
            password=settings.password.get_secret_value() if settings.username else None,
            local_hostname=self._own_name,
            timeout=settings.timeout_before_data.total_seconds(),
            use_tls=settings.tls == "required",
            start_tls=settings.tls == "starttls",
            tls_context=self._tls,
        )
        try:
            await smtp.connect()
        except SMTPAuthenticationError as error:
            if error.code >= 500:
                raise self._credentials_refused(error.code) from error
            raise self._server_unreachable(error) from error
        except (SMTPException, OSError) as error:  # OSError: a certificate that does not hold, at STARTTLS
            raise self._server_unreachable(error) from error
        self._own_name = smtp.local_hostname  # found by a look-up that may be slow: once is enough
        self._unreachable.end()
        self._credentials_proven = True
        return smtp

    async def _offer(self, smtp: SMTP, mail: Mail, size: int) -> tuple[str, ...]:
        """Everything before the content. Returns the copies that were refused."""
        recipient, *copies = mail.envelope_recipients
        refused_copies: list[str] = []
        try:
            await smtp.mail(mail.envelope_sender, options=await self._mail_options(smtp, size))
            self._credentials_accepted()
            await smtp.rcpt(recipient)
            for copy in copies:
                try:
                    await smtp.rcpt(copy)
                except SMTPRecipientRefused as error:
                    if error.code == 421 or error.code in CREDENTIALS_REFUSED:
                        raise  # about the connection or about us, not about this copy
                    refused_copies.append(copy)
        except SMTPSenderRefused as error:
            raise self._sender_refused(smtp, error, mail) from error
        except SMTPResponseException as error:
            raise self._refused(smtp, error, mail) from error
        except SMTPException as error:
            raise MailDeferred(f"the connection broke before the content: {error}", FIRST_PAUSE) from error
        return tuple(refused_copies)

    @staticmethod
    async def _mail_options(smtp: SMTP, size: int) -> list[str]:
        if smtp.is_ehlo_or_helo_needed:
            await smtp.ehlo()
        return [f"SIZE={size}"] if smtp.supports_extension("size") else []

    async def _transfer(self, smtp: SMTP, mail: Mail, content: bytes) -> str:
        """DATA, the content, and the server's answer to it.

        Not `SMTP.data`: that cannot tell a timeout before the content from one after it.
        """
        try:
            answer = await smtp.execute_command(b"DATA")
            if answer.code != 354:
                raise self._refused(smtp, answer, mail)
            if (protocol := smtp.protocol) is None:
                raise MailDeferred("the connection broke before the content", FIRST_PAUSE)
            protocol.write(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        except SMTPException as error:
            raise MailDeferred(f"the connection broke before the content: {error}", FIRST_PAUSE) from error
        try:
            answer = await protocol.read_response(timeout=self._settings.timeout_after_data.total_seconds())
            if not (200 <= answer.code < 300 or 400 <= answer.code < 600):
                raise SMTPException(f"an answer without meaning: {answer.code}")
        except SMTPException as error:
            smtp.close()
            raise SendUnconfirmed(f"no answer to the content: {error}") from error
        if answer.code >= 400:
            raise self._refused(smtp, answer, mail)
        self._slow_domains.pop(_domain(mail), None)
        log.info("letter %s accepted for %s", mail.message_id, _domain(mail))
        return f"{answer.code} {answer.message}"

    def _refused(self, smtp: SMTP, error: SMTPResponse | SMTPResponseException, mail: Mail) -> Exception:
        """What a refusal of the recipient or of the content means."""
        if error.code < 400:
            smtp.close()  # no refusal, and no answer to what was asked: out of step
        if error.code in CREDENTIALS_REFUSED:
            return self._credentials_refused(error.code)
        if 500 <= error.code < 600:
            return RecipientRefused(error.code, error.message)
        wait = FIRST_PAUSE
        if error.code in SLOW_DOWN:
            domain = _domain(mail)
            slow = self._slow_domains.setdefault(domain, _Pause(self._clock, FIRST_PAUSE))
            slow.begin()
            wait = slow.left()
            log.info("%s asked us to slow down (%d) at letter %s", domain, error.code, mail.message_id)
        return MailDeferred(f"{error.code} {error.message}", wait)

    def _sender_refused(self, smtp: SMTP, error: SMTPSenderRefused, mail: Mail) -> Exception:
        """What a refusal at MAIL means: the letter's size, or something of ours, but never its recipient."""
        if error.code == 552 or error.code in CREDENTIALS_REFUSED:
            return self._refused(smtp, error, mail)
        wait = LONGEST_PAUSE if error.code >= 500 else FIRST_PAUSE
        return MailDeferred(f"the sender was refused: {error.code} {error.message}", wait)

    def _server_unreachable(self, error: Exception) -> MailDeferred:
        self._unreachable.begin()
        where = f"{self._settings.host}:{self._settings.port}"
        return MailDeferred(f"no safe connection to {where}: {error}", self._unreachable.left())

    def _credentials_refused(self, code: int) -> SendingPaused:
        self._credentials_proven = False
        if not self._credentials.under_way:
            log.error("the mail server refuses our credentials (%d): sending is paused", code)
        self._credentials.begin()
        return SendingPaused(f"the mail server refuses our credentials ({code})", self._credentials.left())

    def _credentials_accepted(self) -> None:
        if self._credentials.under_way:
            log.info("the mail server accepts our credentials again: sending goes on")
            self._credentials.end()


class _Pause:
    """A wait that doubles each time it proves too short, up to `LONGEST_PAUSE`."""

    def __init__(self, clock: Callable[[], float], first: timedelta) -> None:
        self._clock = clock
        self._next = self._first = first.total_seconds()
        self._until: float | None = None

    @property
    def under_way(self) -> bool:
        """True from the first `begin` to `end`, also when the wait is over and the next try has not yet succeeded."""
        return self._until is not None

    def left(self) -> timedelta:
        return timedelta(seconds=max(0.0, self._until - self._clock())) if self._until is not None else timedelta()

    def begin(self) -> None:
        if self.left():
            return  # refusals of letters that were under way together count once
        self._until = self._clock() + self._next
        self._next = min(self._next * 2, LONGEST_PAUSE.total_seconds())

    def end(self) -> None:
        self._next, self._until = self._first, None


async def _reset(smtp: SMTP) -> None:
    try:
        await smtp.rset()
    except SMTPException:
        smtp.close()


async def _to_the_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Await ``work`` whatever happens: a cancel of the caller neither stops nor hides it."""
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            if caller := asyncio.current_task():
                caller.uncancel()
    return task.result()


def _domain(mail: Mail) -> str:
    return mail.envelope_recipients[0].rpartition("@")[2].lower()


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
    if not _MESSAGE_ID.fullmatch(value) or len(value) > LONGEST_MESSAGE_ID:
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
