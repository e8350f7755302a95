"""Settings of the mail server: secrets from files, and nothing in the clear by accident."""

import asyncio
import warnings
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from forthwith.mail.client import MailClient, MailDeferred, SendingPaused, SmtpSettings
from forthwith.settings import Settings, WrongSettings

Environment = pytest.MonkeyPatch


def password(settings: Settings) -> str:
    secret = settings.smtp["password"]
    assert isinstance(secret, SecretStr)
    return secret.get_secret_value()


def test_a_password_may_come_from_a_file(tmp_path: Path, monkeypatch: Environment) -> None:
    file = tmp_path / "password"
    file.write_text("open sesame \n", "utf-8")
    monkeypatch.setenv("FORTHWITH_SMTP_PASSWORD_FILE", str(file))
    settings = Settings.read()
    assert password(settings) == "open sesame "
    assert "sesame" not in repr(settings)


def test_a_password_may_be_a_credential_of_systemd(tmp_path: Path, monkeypatch: Environment) -> None:
    (tmp_path / "FORTHWITH_SMTP_PASSWORD").write_text("open-sesame\n", "utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert password(Settings.read()) == "open-sesame"
    monkeypatch.setenv("FORTHWITH_SMTP_PASSWORD", "by hand")
    assert password(Settings.read()) == "by hand"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file or directory; name a file that this user may read"),
        (b"\xff\xfe", "cannot be read: it is not UTF-8 text; name a file that this user may read"),
        (b"\n", "is empty; it should hold the password alone"),
    ],
)
def test_a_password_file_that_gives_none_is_named(
    tmp_path: Path, monkeypatch: Environment, content: bytes | None, why: str
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("FORTHWITH_SMTP_PASSWORD_FILE", str(file))
    with pytest.raises(WrongSettings) as wrong:
        Settings.read()
    assert str(wrong.value) == f"FORTHWITH_SMTP_PASSWORD_FILE: {file} {why}"


def test_one_password_is_given_once(tmp_path: Path, monkeypatch: Environment) -> None:
    file = tmp_path / "password"
    file.write_text("open-sesame", "utf-8")
    monkeypatch.setenv("FORTHWITH_SMTP_PASSWORD_FILE", str(file))
    monkeypatch.setenv("FORTHWITH_SMTP_PASSWORD", "another")
    with pytest.raises(WrongSettings) as wrong:
        Settings.read()
    assert str(wrong.value) == "give FORTHWITH_SMTP_PASSWORD or FORTHWITH_SMTP_PASSWORD_FILE, not both"


def test_a_credential_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: Environment) -> None:
    (tmp_path / "FORTHWITH_SMTP_PASSWORD").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(WrongSettings, match=r"a credential in .* cannot be read: "):
        Settings.read()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_letters_may_go_in_the_clear_on_this_machine(host: str) -> None:
    assert SmtpSettings(host=host, port=25, tls="none", username="office").host == host


@pytest.mark.parametrize("host", ["mail.office.example", "10.0.0.1", "127.0.0.1.office.example", "localhost.example"])
def test_letters_leave_this_machine_in_the_clear_only_for_the_host_that_is_named(host: str) -> None:
    with pytest.raises(ValidationError, match=f"tls 'none' would send letters to {host} in the clear"):
        SmtpSettings(host=host, port=25, tls="none")
    with pytest.raises(ValidationError, match="in the clear"):
        SmtpSettings(host=host, port=25, tls="none", plaintext_host="another.example")
    assert SmtpSettings(host=host, port=25, tls="none", plaintext_host=host).tls == "none"
    with pytest.raises(ValidationError, match="a user name needs tls"):
        SmtpSettings(host=host, port=25, tls="none", plaintext_host=host, username="office")


@pytest.mark.parametrize(
    ("answer", "raised"),
    [("454 4.7.0", MailDeferred), ("535 5.7.8", SendingPaused), ("421", MailDeferred), ("what?", MailDeferred)],
)
async def test_what_a_server_echoes_at_log_in_goes_nowhere(answer: str, raised: type[Exception]) -> None:
    """Neither the reason nor any cause has it: Temporal keeps the causes of an error as well."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            echo = f"{answer} {line.decode().strip()} open-sesame\r\n".encode()
            writer.write(b"250-hello\r\n250 AUTH PLAIN\r\n" if line.startswith(b"EHLO") else echo)
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = SmtpSettings(
        host="127.0.0.1", port=port, tls="none", username="office", password=SecretStr("open-sesame")
    )
    async with server, MailClient(settings) as client:
        with pytest.raises(MailDeferred) as failed:
            await client.check()
    assert failed.type is raised
    error: BaseException | None = failed.value
    while error:
        assert "sesame" not in str(error)
        assert "AUTH" not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_a_folder_without_credentials_of_ours_changes_nothing(monkeypatch: Environment) -> None:
    """And warns of nothing."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(Path(__file__).parent))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert password(Settings.read()) == ""
