"""Mail over real SMTP conversations: where each fault leaves a letter, and what is written on the wire."""

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr, ValidationError

from forthwith.devstack.mailbox import Faults, Mailbox, read_mailbox
from forthwith.mail.client import (
    MailClient,
    MailDeferred,
    RecipientRefused,
    SendingPaused,
    SendUnconfirmed,
    SmtpSettings,
)
from forthwith.mail.message import Attachment, Mail, UnsafeHeader, message_id

CLERK = "records@chicago-il.example"
DEMAND_ID = message_id("1373-2018/chicago-il", "demand", CLERK, "office.example")
ENVELOPE_INJECTION = "Hi =?UTF-8?Q?=0A?=Bcc: everyone@chicago-il.example"


def letter(**changes: Any) -> Mail:
    values: dict[str, Any] = {
        "sender": "Document Demands <demands@office.example>",
        "reply_to": "responses@office.example",
        "recipient": CLERK,
        "subject": "Document request 1373-2018",
        "message_id": DEMAND_ID,
        "date": datetime(2018, 1, 24, 15, 0, tzinfo=UTC),
        "text": "Please produce the following documents.\n.\nA line with only a dot above.\n",
    }
    return Mail(**(values | changes))


class Claim:
    """Stands for the durable claim: counts, and runs what a test wants to happen at that moment."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.count = 0
        self._then = then

    async def __call__(self) -> None:
        self.count += 1
        self._then()


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, **length: float) -> None:
        self.now += timedelta(**length).total_seconds()


@pytest.fixture
async def mailbox(tmp_path: Path) -> AsyncIterator[Mailbox]:
    async with Mailbox(tmp_path / "mailbox") as mailbox:
        yield mailbox


@pytest.fixture
def clock() -> Clock:
    return Clock()


def settings(mailbox: Mailbox, **changes: Any) -> SmtpSettings:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": mailbox.port, "tls": "none"}
    return SmtpSettings(**(values | changes))


@pytest.fixture
async def client(mailbox: Mailbox, clock: Clock) -> AsyncIterator[MailClient]:
    async with MailClient(settings(mailbox), clock=clock) as client:
        yield client


# A letter that is taken


async def test_a_letter_arrives_with_all_that_was_meant(mailbox: Mailbox, client: MailClient) -> None:
    mail = letter(
        copies=("counsel@chicago-il.example",),
        in_reply_to="<earlier@office.example>",
        references=("<first@office.example>", "<earlier@office.example>"),
        attachments=(Attachment(filename="demand.pdf", content=b"%PDF-1.7 \x00\xff"),),
        possible_copy=True,
    )
    acceptance = await client.send(mail, before_data=(claim := Claim()))

    assert acceptance.response.startswith("250 ")
    assert acceptance.refused_copies == ()
    assert claim.count == 1
    (stored,) = mailbox.messages()
    assert stored.path.read_bytes() == mail.serialise()
    assert (stored.to, stored.cc) == ((CLERK,), ("counsel@chicago-il.example",))
    assert (stored.sender, stored.subject, stored.date) == ("demands@office.example", mail.subject, mail.date)
    assert (stored.message_id, stored.in_reply_to) == (DEMAND_ID, "<earlier@office.example>")
    assert stored.message()["References"] == "<first@office.example> <earlier@office.example>"
    assert stored.possible_copy
    assert stored.attachments == ("demand.pdf",)
    assert stored.text() == mail.text


async def test_one_connection_carries_many_letters(mailbox: Mailbox, client: MailClient) -> None:
    for _ in range(5):
        await client.send(letter(), before_data=Claim())
    assert mailbox.connections == 1


async def test_the_pool_never_grows_beyond_its_size(mailbox: Mailbox) -> None:
    async with MailClient(settings(mailbox, pool_size=3)) as client:
        await asyncio.gather(*(client.send(letter(), before_data=Claim()) for _ in range(20)))
    assert mailbox.connections <= 3
    assert len(mailbox.messages()) == 20


async def test_a_connection_that_lay_idle_is_not_trusted(mailbox: Mailbox, client: MailClient, clock: Clock) -> None:
    await client.send(letter(), before_data=Claim())
    clock.advance(seconds=31)
    await client.send(letter(), before_data=Claim())
    assert mailbox.connections == 2


async def test_a_restarted_server_costs_no_letter(mailbox: Mailbox, client: MailClient) -> None:
    await client.send(letter(), before_data=Claim())
    await mailbox.stop()
    await mailbox.start()
    await client.send(letter(), before_data=Claim())
    assert [stored.number for stored in mailbox.messages()] == [1, 2]


async def test_refused_copies_are_noted_and_the_letter_goes(mailbox: Mailbox, client: MailClient) -> None:
    mailbox.faults.refuse.add("gone@chicago-il.example")
    mailbox.faults.defer["busy@chicago-il.example"] = 1
    copies = ("gone@chicago-il.example", "counsel@chicago-il.example", "busy@chicago-il.example")
    acceptance = await client.send(letter(copies=copies), before_data=Claim())
    assert acceptance.refused_copies == ("gone@chicago-il.example", "busy@chicago-il.example")
    assert len(mailbox.messages()) == 1


async def test_check_names_the_server_and_sends_nothing(mailbox: Mailbox, client: MailClient) -> None:
    assert await client.check() == "mailbox.localhost"
    assert mailbox.messages() == []


# A letter that is certainly not sent


async def test_an_unknown_address_is_refused_for_good(mailbox: Mailbox, client: MailClient) -> None:
    mailbox.faults.refuse.add(CLERK)
    with pytest.raises(RecipientRefused, match="No such mailbox") as refused:
        await client.send(letter(), before_data=(claim := Claim()))
    assert refused.value.code == 550
    assert claim.count == 0

    await client.send(letter(recipient="mayor@chicago-il.example"), before_data=Claim())
    assert mailbox.connections == 1  # the conversation was reset, not thrown away


async def test_refused_content_is_refused_for_good(mailbox: Mailbox, client: MailClient) -> None:
    mailbox.faults.refuse_content = True
    with pytest.raises(RecipientRefused) as refused:
        await client.send(letter(), before_data=Claim())
    assert refused.value.code == 554
    assert mailbox.messages() == []


@pytest.mark.fault(27)
@pytest.mark.parametrize("code", [421, 450, 451, 452])
async def test_a_domain_that_asks_for_it_is_left_alone_for_a_while(
    mailbox: Mailbox, client: MailClient, clock: Clock, code: int
) -> None:
    mailbox.faults.defer_code = code
    mailbox.faults.defer["chicago-il.example"] = 2
    with pytest.raises(MailDeferred) as deferred:
        await client.send(letter(), before_data=(claim := Claim()))
    assert deferred.value.retry_after == timedelta(seconds=30)

    clock.advance(seconds=10)
    with pytest.raises(MailDeferred) as deferred:
        await client.send(letter(recipient="mayor@Chicago-IL.example"), before_data=claim)
    assert deferred.value.retry_after == timedelta(seconds=20)
    assert mailbox.faults.defer["chicago-il.example"] == 1  # the server was not asked
    await client.send(letter(recipient="clerk@cookcounty-il.example"), before_data=Claim())

    clock.advance(seconds=20)
    with pytest.raises(MailDeferred) as deferred:
        await client.send(letter(), before_data=claim)
    assert deferred.value.retry_after == timedelta(seconds=60)
    assert claim.count == 0

    clock.advance(seconds=60)
    await client.send(letter(), before_data=Claim())
    mailbox.faults.defer["chicago-il.example"] = 1
    with pytest.raises(MailDeferred) as deferred:
        await client.send(letter(), before_data=claim)
    assert deferred.value.retry_after == timedelta(seconds=30)  # a success had reset it


async def test_a_slow_down_never_exceeds_a_quarter_of_an_hour(
    mailbox: Mailbox, client: MailClient, clock: Clock
) -> None:
    mailbox.faults.defer[CLERK] = 8
    waits: list[float] = []
    for _ in range(8):
        with pytest.raises(MailDeferred) as deferred:
            await client.send(letter(), before_data=Claim())
        waits.append(deferred.value.retry_after.total_seconds())
        clock.advance(hours=1)
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


@pytest.mark.fault(2)
async def test_an_unreachable_server_defers_and_is_not_hammered(
    mailbox: Mailbox, client: MailClient, clock: Clock
) -> None:
    await mailbox.stop()
    for wait in (30, 60):
        with pytest.raises(MailDeferred, match="no safe connection") as deferred:
            await client.send(letter(), before_data=Claim())
        assert deferred.value.retry_after == timedelta(seconds=wait)
        with pytest.raises(MailDeferred, match="could not be reached"):
            await client.send(letter(recipient="clerk@elsewhere.example"), before_data=Claim())
        clock.advance(seconds=wait)
    await mailbox.start()
    await client.send(letter(), before_data=Claim())
    assert len(mailbox.messages()) == 1


@asynccontextmanager
async def server_answering(**answers: str) -> AsyncGenerator[SmtpSettings]:
    """A server that gives these answers and 250 otherwise; an empty one breaks the connection, `silence` says nothing.

    ``content`` is the answer to the content, after a 354 to DATA.
    """

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        step = "greeting"
        while answer := answers.get(step, {"greeting": "220 hello", "DATA": "354 go on"}.get(step, "250 yes")):
            if answer != "silence":
                writer.write(answer.encode() + b"\r\n")
            if answer.startswith("354"):
                await reader.readuntil(b"\r\n.\r\n")
                step = "content"
            elif line := await reader.readline():
                step = line[:4].decode()
            else:
                break
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    patience = timedelta(milliseconds=100)
    async with server:
        yield SmtpSettings(
            host="127.0.0.1", port=port, tls="none", timeout_before_data=patience, timeout_after_data=patience
        )


@pytest.mark.parametrize(
    ("answers", "outcome", "claims"),
    [
        ({"greeting": "silence"}, MailDeferred, 0),
        ({"greeting": "421 full"}, MailDeferred, 0),
        ({"greeting": "554 not you"}, MailDeferred, 0),
        ({"MAIL": "451 later"}, MailDeferred, 0),
        ({"MAIL": "550 not from you"}, MailDeferred, 0),  # ours to put right: the recipient is not to blame
        ({"MAIL": "552 too big"}, RecipientRefused, 0),
        ({"MAIL": ""}, MailDeferred, 0),
        ({"RCPT": "silence"}, MailDeferred, 0),
        ({"RCPT": "what?"}, MailDeferred, 0),
        ({"RCPT": "530 log in first"}, SendingPaused, 0),
        ({"DATA": "451 later"}, MailDeferred, 1),
        ({"DATA": "554 never"}, RecipientRefused, 1),
        ({"DATA": "silence"}, MailDeferred, 1),
        ({"DATA": ""}, MailDeferred, 1),
        ({"DATA": "250 what?"}, MailDeferred, 1),
        ({"content": "452 disk full"}, MailDeferred, 1),
        ({"content": "421 going down"}, MailDeferred, 1),
        ({"content": "554 never"}, RecipientRefused, 1),
        ({"content": "what?"}, SendUnconfirmed, 1),
        ({"content": "354 again"}, SendUnconfirmed, 1),
        ({"content": "silence"}, SendUnconfirmed, 1),
        ({"content": ""}, SendUnconfirmed, 1),
    ],
    ids=str,
)
async def test_every_answer_has_one_meaning(answers: dict[str, str], outcome: type[Exception], claims: int) -> None:
    async with server_answering(**answers) as settings, MailClient(settings) as client:
        with pytest.raises(outcome) as raised:
            await client.send(letter(), before_data=(claim := Claim()))
        assert raised.type is outcome  # and no kind of it
        assert claim.count == claims


async def test_a_claim_that_cannot_be_made_sends_nothing(mailbox: Mailbox, client: MailClient) -> None:
    async def already_claimed() -> None:
        raise FileExistsError("claimed before")

    with pytest.raises(FileExistsError):
        await client.send(letter(), before_data=already_claimed)
    assert mailbox.messages() == []
    await client.send(letter(), before_data=Claim())
    assert mailbox.connections == 1
    assert len(mailbox.messages()) == 1


async def test_a_closed_client_takes_no_letter(mailbox: Mailbox) -> None:
    async with MailClient(settings(mailbox)) as client:
        pass
    with pytest.raises(MailDeferred, match="stopping"):
        await client.send(letter(), before_data=Claim())


# Our own credentials


@pytest.mark.parametrize("fault", ["refuse_login", "require_login"])
async def test_refused_credentials_pause_everything_and_say_so_once(
    mailbox: Mailbox, clock: Clock, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level(logging.INFO, "forthwith.mail.client")
    setattr(mailbox.faults, fault, True)
    login = {"username": "office", "password": SecretStr("hush")} if fault == "refuse_login" else {}
    async with MailClient(settings(mailbox, **login), clock=clock) as client:
        letters = (client.send(letter(), before_data=Claim()) for _ in range(5))
        outcomes = await asyncio.gather(*letters, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [SendingPaused] * 5
        if login:
            assert mailbox.connections == 1  # five wrong logins in a row would lock the account

        clock.advance(seconds=59)
        with pytest.raises(SendingPaused) as paused:
            await client.send(letter(recipient="clerk@elsewhere.example"), before_data=Claim())
        assert paused.value.retry_after == timedelta(seconds=1)
        clock.advance(seconds=1)
        with pytest.raises(SendingPaused) as paused:
            await client.send(letter(), before_data=Claim())
        assert paused.value.retry_after == timedelta(seconds=120)

        setattr(mailbox.faults, fault, False)
        clock.advance(seconds=120)
        await client.send(letter(), before_data=Claim())
    about_credentials = [record.levelname for record in caplog.records if "credentials" in record.message]
    assert about_credentials == ["ERROR", "INFO"]
    assert "hush" not in caplog.text
    assert CLERK not in caplog.text


async def test_a_password_does_not_leave_this_machine_in_the_clear() -> None:
    with pytest.raises(ValidationError, match="tls"):
        SmtpSettings(host="mail.office.example", port=25, username="office", tls="none")


# A letter in doubt


@pytest.mark.parametrize("kept", [True, False])
async def test_a_connection_lost_after_the_content_leaves_doubt(
    mailbox: Mailbox, client: MailClient, kept: bool
) -> None:
    mailbox.faults.drop_after_content, mailbox.faults.keep_dropped = 1, kept
    with pytest.raises(SendUnconfirmed):
        await client.send(letter(), before_data=(claim := Claim()))
    assert claim.count == 1
    assert len(mailbox.messages()) == int(kept)

    await client.send(letter(possible_copy=True), before_data=Claim())
    assert mailbox.messages()[-1].possible_copy


@pytest.mark.fault(17)
async def test_an_answer_that_comes_too_late_leaves_doubt(mailbox: Mailbox) -> None:
    mailbox.faults.delay = timedelta(seconds=60)
    async with MailClient(settings(mailbox, timeout_after_data=timedelta(milliseconds=300))) as client:
        with pytest.raises(SendUnconfirmed, match="Timed out"):
            await client.send(letter(), before_data=Claim())
    assert len(mailbox.messages()) == 1


# Cancelled


async def test_a_cancel_before_the_claim_sends_nothing(mailbox: Mailbox, client: MailClient) -> None:
    await client.send(letter(), before_data=Claim())
    sending = asyncio.create_task(client.send(letter(), before_data=(claim := Claim())))
    for _ in range(3):  # the letter is at MAIL, and the answer is not here yet
        await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert claim.count == 0

    await client.send(letter(), before_data=Claim())
    assert mailbox.connections == 2  # an answer still under way must not be taken for the next one
    assert len(mailbox.messages()) == 2


async def test_a_cancel_after_the_claim_does_not_lose_the_acceptance(mailbox: Mailbox, client: MailClient) -> None:
    mailbox.faults.delay = timedelta(milliseconds=100)
    claimed = asyncio.Event()
    sending = asyncio.create_task(client.send(letter(), before_data=Claim(claimed.set)))
    await claimed.wait()
    for _ in range(2):
        sending.cancel()
        await asyncio.sleep(0.01)
    assert (await sending).response.startswith("250 ")
    assert sending.cancelling() == 0
    assert len(mailbox.messages()) == 1
    await client.send(letter(), before_data=Claim())
    assert mailbox.connections == 1


async def test_closing_waits_for_letters_under_way(mailbox: Mailbox) -> None:
    mailbox.faults.delay = timedelta(milliseconds=100)
    claimed = asyncio.Event()
    async with MailClient(settings(mailbox)) as client:
        sending = asyncio.create_task(client.send(letter(), before_data=Claim(claimed.set)))
        await claimed.wait()
    assert sending.done()
    assert (await sending).response.startswith("250 ")


# TLS


class Certificates:
    """A certificate authority of our own, and a server certificate from it."""

    def __init__(self, folder: Path, *, host: str) -> None:
        authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        authority = _certificate("Test authority", authority_key, "Test authority", authority_key, authority=True)
        server = _certificate(host, server_key, "Test authority", authority_key, authority=False)
        self.ca_file = folder / "authority.pem"
        self.ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
        chain = folder / "server.pem"
        key = server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain.write_bytes(key + server.public_bytes(serialization.Encoding.PEM))
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(chain)


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    def name(common_name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])

    now = datetime.now(UTC)
    names = [x509.DNSName(subject)] if not authority else [x509.IPAddress(ip_address("192.0.2.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, authority, authority, False, False), critical=True
        )
        .sign(issuer_key, hashes.SHA256())
    )


@pytest.mark.parametrize("mode", ["starttls", "required"])
async def test_tls_with_login(tmp_path: Path, mode: str) -> None:
    certificates = Certificates(tmp_path, host="localhost")
    context: Any = {"starttls" if mode == "starttls" else "tls": certificates.server}
    faults = Faults(require_login=True)
    async with Mailbox(tmp_path / "mailbox", faults=faults, **context) as mailbox:
        login = {"username": "office", "password": SecretStr("hush")}
        secure = settings(mailbox, host="localhost", tls=mode, ca_file=certificates.ca_file, **login)
        async with MailClient(secure) as client:
            await client.check()
            await client.send(letter(), before_data=Claim())
        assert len(mailbox.messages()) == 1


@pytest.mark.parametrize("mode", ["starttls", "required"])
async def test_a_certificate_for_another_name_is_refused(tmp_path: Path, mode: str) -> None:
    certificates = Certificates(tmp_path, host="elsewhere.example")
    context: Any = {"starttls" if mode == "starttls" else "tls": certificates.server}
    async with Mailbox(tmp_path / "mailbox", **context) as mailbox:
        secure = settings(mailbox, host="localhost", tls=mode, ca_file=certificates.ca_file)
        async with MailClient(secure) as client:
            with pytest.raises(MailDeferred, match="certificate verify failed"):
                await client.send(letter(), before_data=(claim := Claim()))
    assert claim.count == 0


async def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, host="localhost")
    async with (
        Mailbox(tmp_path / "mailbox", tls=certificates.server) as mailbox,
        MailClient(settings(mailbox, host="localhost", tls="required")) as client,
    ):
        with pytest.raises(MailDeferred, match="certificate verify failed"):
            await client.check()


async def test_without_starttls_nothing_is_said_in_the_clear(mailbox: Mailbox) -> None:
    login = {"username": "office", "password": SecretStr("hush")}
    async with MailClient(settings(mailbox, tls="starttls", **login)) as client:
        with pytest.raises(MailDeferred, match="STARTTLS extension not supported"):
            await client.send(letter(), before_data=(claim := Claim()))
    assert claim.count == 0


# What is written


@pytest.mark.parametrize(
    ("field", "value", "header"),
    [
        ("subject", ENVELOPE_INJECTION, "Subject"),
        ("subject", "Hello\r\nBcc: everyone@chicago-il.example", "Subject"),
        ("subject", "Hello\nBcc: everyone@chicago-il.example", "Subject"),
        ("subject", "Hello\0", "Subject"),
        ("subject", "Hello \N{RIGHT-TO-LEFT OVERRIDE}fdp", "Subject"),
        ("recipient", "a@chicago-il.example, b@chicago-il.example", "To"),
        ("recipient", "a@chicago-il.example\r\nBcc: b@chicago-il.example", "To"),
        ("recipient", "=?UTF-8?Q?=0A?=Bcc <a@chicago-il.example>", "To"),
        ("recipient", "", "To"),
        ("copies", ("a@chicago-il.example", "b@x.example c@x.example"), "Cc"),
        ("sender", "mallory@x.example <demands@office.example>", "From"),
        ("reply_to", "not an address", "Reply-To"),
        ("message_id", "<a b@office.example>", "Message-ID"),
        ("in_reply_to", "<a@office.example>\r\nBcc: b@x.example", "In-Reply-To"),
        ("references", ("<a@office.example> <b@office.example>",), "References"),
        ("attachments", (Attachment(filename='a"\r\nBcc: b@x.example', content=b""),), "Content-Disposition"),
        ("attachments", (Attachment(filename="../../etc/passwd", content=b""),), "Content-Disposition"),
    ],
)
def test_a_header_that_would_say_something_else_is_refused_by_name(field: str, value: object, header: str) -> None:
    with pytest.raises(UnsafeHeader, match=header) as unsafe:
        letter(**{field: value}).serialise()
    assert unsafe.value.header == header


@pytest.mark.fault(23)
async def test_an_unsafe_letter_never_reaches_the_server(mailbox: Mailbox, client: MailClient) -> None:
    with pytest.raises(UnsafeHeader):
        await client.send(letter(subject=ENVELOPE_INJECTION), before_data=(claim := Claim()))
    assert (claim.count, mailbox.connections) == (0, 0)


def test_control_characters_in_the_text_are_refused() -> None:
    with pytest.raises(ValidationError, match="control characters"):
        letter(text="Hello\0")


LONG_NAME = "Service — affaires juridiques et — conformité de la Ville de Montréal (Québec)"
HARMLESS = {
    "plain": {},
    "accents": {"subject": "Demande no 12 — « été » 2018 : " * 5, "text": "Señor\n" * 50},
    "long": {"subject": "word " * 2000, "text": "x" * 5000 + "\r\n.\r\n\rmore\n" + "y" * 997},
    "names": {
        "sender": '"Office of Justice, Demands" <demands@office.example>',
        "copies": (f"{LONG_NAME} <u@x.example>",),
    },
    "files": {"attachments": (Attachment(filename="Übersicht § 1373.pdf", content=bytes(range(256)) * 9),)},
}


@pytest.mark.parametrize("changes", HARMLESS.values(), ids=HARMLESS.keys())
def test_the_same_letter_gives_the_same_bytes_and_reads_back(changes: dict[str, Any]) -> None:
    mail = letter(**changes)
    content = mail.serialise()
    assert letter(**changes).serialise() == content
    assert content.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)  # a bare one smuggles a second letter past some servers
    assert max(map(len, content.split(b"\r\n"))) <= 998
    reread = message_from_bytes(content, policy=policy.SMTP)
    assert str(reread["Subject"]).split() == mail.subject.split()
    body = reread.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == mail.text.splitlines()
    assert [part.get_content() for part in reread.iter_attachments()] == [each.content for each in mail.attachments]
    assert [part.get_filename() for part in reread.iter_attachments()] == [each.filename for each in mail.attachments]


def test_a_calendar_goes_with_the_method_it_names() -> None:
    dates = Attachment(
        filename="deadline.ics", content=b"BEGIN:VCALENDAR\r\n", media_type="text/calendar", method="PUBLISH"
    )
    [part] = message_from_bytes(letter(attachments=(dates,)).serialise(), policy=policy.SMTP).iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params == {"method": "PUBLISH", "charset": "utf-8"}
    assert part.get_payload(decode=True) == dates.content


@pytest.mark.fault(15)
def test_a_letter_says_that_it_comes_from_a_machine_and_belongs_to_a_thread() -> None:
    long_id = message_id("1373-2018/chicago-il", "demand", CLERK, "a-long-name.of-an-office.department.example")
    content = letter(in_reply_to=long_id, references=(DEMAND_ID, long_id)).serialise()
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in content
    assert b"\r\nIn-Reply-To: " + long_id.encode() + b"\r\n" in content
    assert b"\r\nReferences: " + DEMAND_ID.encode() + b"\r\n " + long_id.encode() + b"\r\n" in content
    assert b"Forthwith-Possible-Copy" not in content
    assert b"\r\nForthwith-Possible-Copy: yes\r\n" in letter(possible_copy=True).serialise()


def test_the_message_id_depends_on_request_step_and_recipient_only() -> None:
    ids = {
        message_id(*parts, "office.example")
        for parts in [
            ("a/b", "demand", "c@x"),
            ("a", "b/demand", "c@x"),
            ("a/b", "reminder", "c@x"),
            ("a/b", "demand", "d@x"),
        ]
    }
    assert len(ids) == 4
    assert message_id("a/b", "demand", "c@x", "office.example") in ids
    with pytest.raises(UnsafeHeader):
        message_id("a/b", "demand", "c@x", "office.example>\r\nBcc: x")


# The mailbox


async def test_the_mailbox_goes_on_counting_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "mailbox"
    for _ in range(2):
        async with Mailbox(folder) as mailbox, MailClient(settings(mailbox)) as client:
            await client.send(letter(subject="Reminder: a/../b ü"), before_data=Claim())
            await client.send(letter(subject="x" * 500), before_data=Claim())
    (folder / "note.eml").write_text("somebody else's")
    stored = read_mailbox(folder)
    assert [each.number for each in stored] == [1, 2, 3, 4]
    assert stored[0].path.name == "000001_chicago-il.example_Reminder-a-..-b-u.eml"
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,120}", each.path.name) for each in stored)
    assert sorted(path.suffix for path in folder.iterdir()) == [".eml"] * 5


def test_no_mailbox_is_an_empty_mailbox(tmp_path: Path) -> None:
    assert read_mailbox(tmp_path / "nowhere") == []
