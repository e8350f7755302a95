"""The local mailbox: a real SMTP server on this machine that keeps every letter as a file and sends none on.

It also misbehaves on request (`Faults`), so that tests and rehearsals meet the mail servers of real life.
"""

import asyncio
import base64
import logging
import os
import re
import ssl
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from forthwith.base import Model

# aiosmtpd logs every address at INFO, and warns of logins in the clear, which on this machine are meant.
logging.getLogger("mail.log").setLevel(logging.ERROR)

_NUMBERED = re.compile(r"(?P<number>\d{6})_.*\.eml")
_MAX_NAME = 120


class StoredMail(Model):
    """One letter of the mailbox. ``number`` counts in order of arrival; addresses are bare, without names."""

    path: Path
    number: int
    message_id: str
    in_reply_to: str | None
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    date: datetime | None
    possible_copy: bool
    attachments: tuple[str, ...]

    def message(self) -> EmailMessage:
        """The whole letter, read again from its file."""
        return _parse(self.path)

    def text(self) -> str:
        """What the recipient reads, without the attachments."""
        body = self.message().get_body(("plain",))
        return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""


def read_mailbox(folder: Path) -> list[StoredMail]:
    """Every letter in ``folder`` in order of arrival; none when there is no such folder. Needs no server."""
    return [_read(path) for path in _letters(folder)]


@dataclass
class Faults:
    """How the server misbehaves; may be changed while it runs.

    Counts say how many more times. Addresses and domains are written in lower case.
    """

    refuse: set[str] = field(default_factory=set[str])
    """Addresses answered with 550."""
    defer: dict[str, int] = field(default_factory=dict[str, int])
    """Addresses or domains answered with `defer_code`, and how often."""
    defer_code: int = 450
    recipient_delay: timedelta = timedelta()
    """Before the answer to a recipient."""
    require_login: bool = False
    """Without a login MAIL is answered with 530."""
    refuse_login: bool = False
    """Every login is answered with 535."""
    echo_login: bool = False
    """Every login is answered with 454 and what was given, as it was given and as it was sent."""
    refuse_content: bool = False
    """DATA is answered with 554 once the content is there."""
    drop_after_content: int = 0
    """The connection breaks instead of the answer to the content, and how often."""
    keep_dropped: bool = True
    """Whether the letter was accepted all the same when the connection broke."""
    delay: timedelta = timedelta()
    """Between the content being safe and the answer to it."""


class Mailbox:
    """An SMTP server on the running event loop; every accepted letter becomes a file in ``folder``.

    ``port=0`` takes a free one. ``starttls`` offers an upgrade, ``tls`` speaks TLS from the first byte.
    A restart on the same folder continues its numbering.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Faults | None = None,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.folder = folder
        self.host = host
        self.port = port
        self.faults = faults if faults is not None else Faults()
        self.connections = 0
        """How many were made since the start."""
        self._starttls = starttls
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._conversations: set[_Conversation] = set()
        self._last_number = 0
        self._seen: dict[Path, StoredMail] = {}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen. Raises `OSError` when the port is taken or the folder cannot be made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._last_number = max(map(_number, _letters(self.folder)), default=0)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._converse, self.host, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and break every conversation that is still open."""
        if self._server is None:
            return
        self._server.close()
        await asyncio.gather(*(conversation.end() for conversation in self._conversations))
        self._conversations.clear()
        await self._server.wait_closed()
        self._server = None

    def messages(self) -> list[StoredMail]:
        """Every letter in the folder, in order of arrival."""
        for path in _letters(self.folder):
            if path not in self._seen:
                self._seen[path] = _read(path)
        return [self._seen[path] for path in sorted(self._seen)]

    async def handle_MAIL(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer MAIL."""
        if self.faults.require_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer RCPT."""
        await asyncio.sleep(self.faults.recipient_delay.total_seconds())
        known = address.lower()
        if known in self.faults.refuse:
            return "550 5.1.1 No such mailbox"
        for target in (known, known.rpartition("@")[2]):
            if self.faults.defer.get(target, 0) > 0:
                self.faults.defer[target] -= 1
                return f"{self.faults.defer_code} 4.7.1 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Answer the content, once it is on disk."""
        if self.faults.refuse_content:
            return "554 5.6.0 Content refused"
        drop = self.faults.drop_after_content > 0
        if drop:
            self.faults.drop_after_content -= 1
        if drop and not self.faults.keep_dropped:
            return await _break(server)
        self._last_number += 1
        content = cast("bytes", envelope.content)
        await asyncio.to_thread(_keep, self.folder, self._last_number, envelope.rcpt_tos[0], content)
        if drop:
            return await _break(server)
        await asyncio.sleep(self.faults.delay.total_seconds())
        return f"250 2.0.0 Kept as {self._last_number:06}"

    def _converse(self) -> "_Conversation":
        self.connections += 1
        conversation = _Conversation(
            self,
            hostname="mailbox.localhost",  # the default is a look-up for each connection
            tls_context=self._starttls,
            require_starttls=self._starttls is not None,
            auth_require_tls=self._starttls is not None,
            authenticator=self._log_in,
            loop=asyncio.get_running_loop(),
        )
        self._conversations.add(conversation)
        return conversation

    def _log_in(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        if self.faults.echo_login:
            login, password = given.login.decode(), given.password.decode()
            sent = base64.b64encode(b"\0".join((b"", given.login, given.password))).decode()
            return AuthResult(success=False, handled=False, message=f"454 4.7.0 no luck with {login} {password} {sent}")
        return AuthResult(success=not self.faults.refuse_login, handled=False)


class _Conversation(SMTP):
    """One connection, with an end that can be waited for."""

    async def end(self) -> None:
        # The transport and the task are aiosmtpd's own; it offers no way to close a connection from outside.
        if self.transport is not None:
            cast("asyncio.Transport", self.transport).abort()
        if (task := self._handler_coroutine) is not None:
            task.cancel()  # a failed TLS handshake leaves it waiting for ever
            await asyncio.wait({task})


async def _break(server: SMTP) -> str:
    """Break the connection and never answer."""
    cast("asyncio.Transport", server.transport).abort()
    return await asyncio.get_running_loop().create_future()  # cancelled when the connection is gone


def _keep(folder: Path, number: int, recipient: str, content: bytes) -> None:
    """Write one letter so that after the answer neither a crash nor a reader ever meets half of it."""
    subject = str(BytesParser(policy=SMTP_POLICY).parsebytes(content, headersonly=True)["Subject"] or "")
    plain = unicodedata.normalize("NFKD", subject).encode("ascii", "ignore").decode()
    title = f"{number:06}_{_safe(recipient.rpartition('@')[2])}_{_safe(plain)}"
    path = folder / f"{title[: _MAX_NAME - len('.eml.part')]}.eml"
    part = path.with_name(path.name + ".part")
    with part.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _safe(words: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", words).strip("-.")


def _letters(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.eml") if _NUMBERED.fullmatch(path.name))


def _number(path: Path) -> int:
    return int(path.name.partition("_")[0])


def _parse(path: Path) -> EmailMessage:
    return BytesParser(policy=SMTP_POLICY).parsebytes(path.read_bytes())


def _read(path: Path) -> StoredMail:
    message = _parse(path)
    return StoredMail(
        path=path,
        number=_number(path),
        message_id=str(message["Message-ID"] or ""),
        in_reply_to=message["In-Reply-To"] and str(message["In-Reply-To"]),
        sender=", ".join(_addresses(message, "From")),
        to=_addresses(message, "To"),
        cc=_addresses(message, "Cc"),
        subject=str(message["Subject"] or ""),
        date=message["Date"] and message["Date"].datetime,
        possible_copy=message["Forthwith-Possible-Copy"] == "yes",
        attachments=tuple(part.get_filename() or "" for part in message.iter_attachments()),
    )


def _addresses(message: EmailMessage, header: str) -> tuple[str, ...]:
    mailboxes = cast("tuple[Any, ...]", message[header].addresses if message[header] else ())
    return tuple(str(mailbox.addr_spec) for mailbox in mailboxes)
