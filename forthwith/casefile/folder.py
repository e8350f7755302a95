"""The files below one folder, reached from it step by step: never outside it, and never through a symbolic link.

What is created here only its owner may read: files have the mode 0600, folders 0700.
"""

import errno
import os
import re
import secrets
import stat
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

_DRAFT = re.compile(r"\..+\.[0-9a-f]{16}")
"""A file that is still being written, or that a killed process left so."""


class Folder:
    """A folder whose files are named by their place in it, such as ``trial/birch-co/start.json``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises ``OSError``, also for what lies outside or behind a symbolic link."""
        *parents, file = _parts(name)
        with self._opened(parents) as folder:
            opened = _open(file, os.O_RDONLY | os.O_NONBLOCK, folder)
            with os.fdopen(opened, "rb") as content:
                if not stat.S_ISREG(os.fstat(opened).st_mode):
                    raise OSError(errno.EINVAL, "it is no plain file", name)
                return content.read()

    def write_once(self, name: str, content: bytes) -> bool:
        """Writes a file whole or not at all, and never over another. False when there is one. Raises ``OSError``."""
        *parents, file = _parts(name)
        self.root.mkdir(0o700, parents=True, exist_ok=True)
        with self._opened(parents, create=True) as folder:
            draft = f".{file}.{secrets.token_hex(8)}"
            try:
                opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
                with os.fdopen(opened, "wb") as whole:
                    whole.write(content)
                    whole.flush()
                    os.fsync(opened)
                os.link(draft, file, src_dir_fd=folder, dst_dir_fd=folder)  # unlike a rename, fails for a taken name
            except FileExistsError:
                return False
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(draft, dir_fd=folder)
            os.fsync(folder)
        return True

    def names(self, below: str = "") -> Iterator[tuple[str, os.stat_result]]:
        """Everything below a place but folders and what is still being written, and what it is. Raises ``OSError``."""
        parents = _parts(below) if below else ()
        with self._opened(parents) as folder:
            for place, folders, files, opened in os.fwalk(".", dir_fd=folder, follow_symlinks=False):
                folders.sort()
                for name in sorted((*folders, *files)):
                    found = os.stat(name, dir_fd=opened, follow_symlinks=False)
                    if not stat.S_ISDIR(found.st_mode) and not _DRAFT.fullmatch(name):
                        yield PurePosixPath(*parents, place, name).as_posix(), found

    @contextmanager
    def _opened(self, parts: Sequence[str], *, create: bool = False) -> Generator[int]:
        """A folder by its descriptor: exchanging a part of the path meanwhile changes nothing."""
        folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in parts:
                if create:
                    with suppress(FileExistsError):
                        os.mkdir(part, 0o700, dir_fd=folder)
                inner = _open(part, os.O_RDONLY | os.O_DIRECTORY, folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)


def _parts(name: str) -> tuple[str, ...]:
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name:
        raise OSError(errno.EPERM, "it lies outside the folder", name)
    return path.parts


def _open(name: str, flags: int, folder: int) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(name, folder):
            raise OSError(errno.ELOOP, f"{name} is a symbolic link, which is not followed") from error
        raise


def _is_link(name: str, folder: int) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
