"""The only reader of our environment: everything `FORTHWITH_*`. Temporal's own is read by the SDK (temporal.py)."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, FilePath, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from forthwith.plain_errors import in_plain_words, unknown

PREFIX = "FORTHWITH_"


class WrongSettings(ValueError):
    """Variables that cannot be used, each by its name, with what would be right."""


def _content(file: str | None) -> str | None:
    """The secret in a file, without the line's end. Raises ``ValueError`` where there is none to be had."""
    if file is None:
        return None
    try:
        secret = Path(file).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ValueError(f"{file} cannot be read: {why}; name a file that this user may read") from error
    if not secret:
        raise ValueError(f"{file} is empty; it should hold the password alone")
    return secret


class Settings(BaseSettings):
    """Configuration of the worker and of the operator's commands.

    Each setting may also be a systemd credential, which is a file of the setting's name in ``$CREDENTIALS_DIRECTORY``.
    A variable of the environment goes before it.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    smtp_host: str = "localhost"
    smtp_port: int = Field(default=587, gt=0, lt=65536)
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_password_file: Annotated[SecretStr | None, BeforeValidator(_content)] = None
    """What the named file holds: the password, where it should not stand in the environment."""
    smtp_tls: Literal["required", "starttls", "none"] = "starttls"
    smtp_plaintext_host: str = ""
    """The one host beyond this machine to which letters may go in the clear; it must be that of the mail server."""
    smtp_ca_file: FilePath | None = None
    """Certificates to trust instead of the system's."""
    smtp_connections: int = Field(default=10, gt=0, le=100)
    """How many letters go out at once."""

    dossier: Path = Path(".forthwith/dossier")
    """Where case files are kept. Every worker and every operator must see the same folder."""

    operator: str = ""
    """Who acts on the command line; the name of the login where it is empty."""
    web_ui: str = "http://localhost:8233"
    """Address of the Temporal Web UI, for links."""

    render_seconds: float = Field(default=20, gt=0, le=300)
    """How long one letter, draft or template may take to render; what takes longer is stopped."""
    render_megabytes: int = Field(default=512, ge=64)
    """How much memory it may take."""
    render_processes: int = Field(default=2, gt=0, le=64)
    """How many are rendered at once by one worker or command."""

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    cached_workflows: int = Field(default=5_000, gt=0)
    """Requests kept in memory by one worker, about 0.15 MB each. Fewer than move at once cost a replay each step."""
    drain: timedelta = timedelta(seconds=620)
    """How long a stopping worker waits for letters whose content was handed over: the mail server may take 600 s."""

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if self.smtp_password.get_secret_value() and self.smtp_password_file:
            raise ValueError(f"give {PREFIX}SMTP_PASSWORD or {PREFIX}SMTP_PASSWORD_FILE, not both")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given in code, then the environment, then the credentials that systemd hands over, if it does."""
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        credentials = (SecretsSettingsSource(settings_cls, secrets_dir=folder),) if folder else ()
        return (init_settings, env_settings, *credentials)

    @classmethod
    def read(cls) -> "Settings":
        """The settings of this process. Raises ``WrongSettings``, also for a name that is mistyped: what was meant by
        it would silently not hold."""
        names = {f"{PREFIX}{name.upper()}" for name in cls.model_fields}
        mistyped = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in names)
        problems = [unknown("setting", name, sorted(names)) for name in mistyped]
        try:
            settings = cls()
        except ValidationError as error:
            for details in error.errors(include_url=False):
                name = PREFIX + "_".join(map(str, details["loc"])).upper() + ": " if details["loc"] else ""
                problems.append(f"{name}{in_plain_words(details, cls)}")
        except (OSError, SettingsError, UnicodeDecodeError) as error:
            problems.append(f"a credential in {os.environ.get('CREDENTIALS_DIRECTORY')} cannot be read: {error}")
        else:
            if not problems:
                return settings
        raise WrongSettings("\n".join(problems))

    @staticmethod
    def environment(**changes: str) -> dict[str, str]:
        """The environment for a program that we start: our own with ``changes``."""
        return {**os.environ, **changes}

    @property
    def rendering(self) -> dict[str, object]:
        """The part that concerns rendering, as its own limits take it."""
        return {
            "seconds": self.render_seconds,
            "megabytes": self.render_megabytes,
            "processes": self.render_processes,
        }

    @property
    def smtp(self) -> dict[str, object]:
        """The part that concerns mail, as the mail client's own settings take it."""
        return {
            "host": self.smtp_host,
            "port": self.smtp_port,
            "username": self.smtp_username,
            "password": self.smtp_password_file or self.smtp_password,
            "tls": self.smtp_tls,
            "plaintext_host": self.smtp_plaintext_host,
            "ca_file": self.smtp_ca_file,
            "pool_size": self.smtp_connections,
        }
