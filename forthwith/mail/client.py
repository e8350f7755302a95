"""The one mail client of a worker: a letter goes out once, or it is known exactly how far it came.

Everything that can go wrong is sorted here, where it happens, into four answers: nothing was sent and later may
help (`MailDeferred`), nothing was sent and it is our own credentials (`SendingPaused`), nothing was sent and this
address or content will never be taken (`RecipientRefused`), and accepted or not is unknown (`SendUnconfirmed`).
"""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
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
from pydantic import Field, SecretStr, model_validator

from forthwith.base import Model
from forthwith.mail.message import Mail

log = logging.getLogger(__name__)

Result = TypeVar("Result")

FIRST_PAUSE, MAX_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
"""After a temporary refusal: what a greylisting server expects of a sender, and what an operator still bears."""

FIRST_CREDENTIALS_PAUSE = timedelta(seconds=60)
"""Longer than the others, because repeated wrong logins lock accounts."""

TRUSTED_IDLE = timedelta(seconds=30)
"""How long a connection may lie idle and still be used; well under the five minutes of RFC 5321 4.5.3.2.7."""

SLOW_DOWN = {421, 450, 451, 452}
CREDENTIALS_REFUSED = {530, 534, 535, 538}
"""RFC 4954 section 6: these speak about us, whichever command they answer."""


class SmtpSettings(Model):
    """How to reach the mail server.

    ``tls``: ``required`` speaks TLS from the first byte, ``starttls`` upgrades or refuses to go on, ``none`` is
    for a server on this machine, or for the one ``plaintext_host`` that may get letters in the clear, and never a
    password. ``ca_file`` replaces the system's certificate authorities.
    ``timeout_before_data`` is for each step before the content; ``timeout_after_data`` follows
    RFC 5321 4.5.3.2.6: a server may think for ten minutes, and giving up earlier makes second copies.
    """

    host: str
    port: int = Field(ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    tls: Literal["required", "starttls", "none"] = "starttls"
    plaintext_host: str = ""
    ca_file: Path | None = None
    timeout_before_data: timedelta = timedelta(seconds=30)
    timeout_after_data: timedelta = timedelta(seconds=600)
    pool_size: int = Field(default=10, ge=1)

    @model_validator(mode="after")
    def _nothing_in_the_clear(self) -> Self:
        if self.tls != "none" or _is_this_machine(self.host):
            return self
        if self.username:
            raise ValueError("a user name needs tls 'required' or 'starttls', except on this machine")
        if self.host != self.plaintext_host:
            raise ValueError(
                f"tls 'none' would send letters to {self.host} in the clear; give 'required' or 'starttls', or allow it"
                f" for this host alone by its name: FORTHWITH_SMTP_PLAINTEXT_HOST={self.host}"
            )
        return self


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name
        return False


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

    async def send(self, mail: Mail, *, before_data: Callable[[], Awaitable[None]] | None = None) -> Acceptance:
        """Send one letter.

        ``before_data`` is awaited once, after the server agreed to the recipient and before the content; what it raises
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
                if before_data:
                    await before_data()
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
            local_hostname=self._own_name,
            timeout=settings.timeout_before_data.total_seconds(),
            use_tls=settings.tls == "required",
            start_tls=settings.tls == "starttls",
            tls_context=self._tls,
        )
        try:
            await smtp.connect()
        except (SMTPException, OSError) as error:  # OSError: a certificate that does not hold, at STARTTLS
            raise self._server_unreachable(str(error)) from error
        if settings.username:
            await self._log_in(smtp)
        self._own_name = smtp.local_hostname  # found by a look-up that may be slow: once is enough
        self._unreachable.end()
        self._credentials_proven = True
        return smtp

    async def _log_in(self, smtp: SMTP) -> None:
        """Raises `SendingPaused` or `MailDeferred`.

        A server may echo what it was given. So of its answer only the code goes on, and the error has no cause, which
        workflow history would keep.
        """
        try:
            await smtp.login(self._settings.username, self._settings.password.get_secret_value())
        except SMTPAuthenticationError as error:
            smtp.close()
            if error.code >= 500:
                raise self._credentials_refused(error.code) from None
            raise self._server_unreachable(f"the log-in was put off ({error.code})") from None
        except SMTPResponseException as error:
            smtp.close()
            raise self._server_unreachable(f"the log-in got an answer without meaning ({error.code})") from None
        except SMTPException as error:
            smtp.close()
            why = f"the server offers no log-in that we know, or broke it off ({type(error).__name__})"
            raise self._server_unreachable(why) from None
        except BaseException:
            smtp.close()  # cancelled
            raise

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
        wait = MAX_PAUSE if error.code >= 500 else FIRST_PAUSE
        return MailDeferred(f"the sender was refused: {error.code} {error.message}", wait)

    def _server_unreachable(self, why: str) -> MailDeferred:
        self._unreachable.begin()
        where = f"{self._settings.host}:{self._settings.port}"
        return MailDeferred(f"no safe connection to {where}: {why}", self._unreachable.left())

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
    """A wait that doubles each time it proves too short, up to `MAX_PAUSE`."""

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
        self._next = min(self._next * 2, MAX_PAUSE.total_seconds())

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
