"""The local stack: the real Temporal server with its Web UI, a mailbox that keeps every letter, and one worker."""

import asyncio
import fcntl
import shlex
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from forthwith.devstack.mailbox import Mailbox
from forthwith.devstack.process import stopped_at_the_end
from forthwith.devstack.server import LocalServer, local_server
from forthwith.failure import Failure
from forthwith.server_setup import prepare_server
from forthwith.settings import Settings


@dataclass(frozen=True)
class LocalStack:
    """A running local stack."""

    server: LocalServer
    mailbox: Mailbox
    worker: asyncio.subprocess.Process
    folder: Path
    environment: Mapping[str, str]
    """What the worker and every command need to find it."""

    @property
    def dossier(self) -> Path:
        return self.folder / "dossier"

    @property
    def mail(self) -> Path:
        return self.folder / "mail"


@asynccontextmanager
async def local_stack(
    folder: Path, *, port: int | None = None, ui_port: int | None = None, smtp_port: int = 0, database: bool = False
) -> AsyncGenerator[LocalStack]:
    """Runs the stack in ``folder`` until the body ends; stopped in reverse order. Ports not given are free ones.

    With ``database`` the server keeps its state on a file there, where the next run finds it.
    """
    file = folder / "temporal.db" if database else None
    async with (
        local_server(port=port, ui_port=ui_port, ui=True, database=file, log=folder / "server.log") as server,
        Mailbox(folder / "mail", port=smtp_port) as mailbox,
    ):
        await prepare_server(server.client)
        environment = _environment(server, mailbox, folder)
        worker = stopped_at_the_end(
            *(Path(sys.executable), "-m", "worker"),
            log=folder / "worker.log",
            environment=Settings.environment(**environment),
        )
        async with worker as process:
            yield LocalStack(server, mailbox, process, folder, environment)


def _environment(server: LocalServer, mailbox: Mailbox, folder: Path) -> dict[str, str]:
    return {
        "TEMPORAL_ADDRESS": server.address,
        "FORTHWITH_SMTP_HOST": mailbox.host,
        "FORTHWITH_SMTP_PORT": str(mailbox.port),
        "FORTHWITH_SMTP_TLS": "none",
        "FORTHWITH_DOSSIER": str(folder / "dossier"),
        "FORTHWITH_WEB_UI": server.web_ui,
    }


def write_environment(stack: LocalStack) -> Path:
    """Writes a file for the shell of another terminal, so that the commands there find this stack."""
    path = f"{Path(sys.executable).parent}:$PATH"
    lines = [f"export {name}={shlex.quote(value)}" for name, value in stack.environment.items()]
    file = stack.folder / "env"
    file.write_text("\n".join((*lines, f'export PATH="{path}"', "")), encoding="utf-8")
    return file


@contextmanager
def exclusive(folder: Path) -> Generator[None]:
    """Locks the folder. Raises ``Failure`` when another stack runs in it: two servers would write to one database."""
    try:
        file = (folder / "lock").open("w")
    except OSError as error:
        raise Failure(f"the folder {folder} cannot be written: {error.strerror}") from error
    with file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failure(
                f"another local stack runs in {folder}", hint="stop it with Ctrl-C, or give another one with --folder"
            ) from error
        yield


def made_folder(folder: Path) -> Path:
    """The folder, created where it does not exist, as an absolute path. Raises ``Failure``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"the folder {folder} cannot be made: {error.strerror}") from error
    return folder.resolve()
