"""Renders in processes that can be stopped: a template may loop, recurse or take all memory, whoever wrote it.

Each process works on one document at a time. It may take so long and so much memory, opens no file and no connection
while typst runs, and is killed where it does not stop by itself; a new one then takes its place, and no other document
is harmed. Processes are forked from a server that has one thread and has everything loaded, so a new one costs little.

A template that has not rendered before, or did not the last time, goes to other processes than those that did: twenty
that loop hold up no letter whose wording is known to be good.
"""

import hashlib
import math
import multiprocessing
import os
import pickle
import resource
import signal
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, ParamSpec, Self, TypeVar
from weakref import finalize

from pydantic import Field

from forthwith.base import Model
from forthwith.documents.template_files import default_templates
from forthwith.documents.typesetting import Document, TemplateError, render_pdf
from forthwith.documents.wording import TookTooLong, WordingError

_FORKSERVER = multiprocessing.get_context("forkserver")  # a fork of a process with threads may never get on
_preloaded = [__name__]
_FORKSERVER.set_forkserver_preload(_preloaded)

_READY_WITHIN = 60.0
"""Seconds for the first process to load everything, on a machine that has much else to do."""

_KILLED_AFTER = 0.5
"""Seconds beyond the limit after which a process is killed that does not stop by itself: typst does not."""

_OURS = "a document without a template"
"""What errors call work that renders nobody's template."""

_KEPT = 256 << 20
"""Bytes that a process may keep of what it rendered before another takes its place: typst remembers all of it, some
0.35 MB a letter."""

_OUT_OF_MEMORY = (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS)
"""How a process ends that gets no more memory or stack, where that is no exception."""

P = ParamSpec("P")
Result = TypeVar("Result")


def preload(*modules: str) -> None:
    """Has the server load these too, if it does not run yet: what the main module of a program imports, since every
    process runs that, or what else is forked from the server, of which a program has one."""
    _preloaded.extend(modules)
    _FORKSERVER.set_forkserver_preload(_preloaded)


class Limits(Model):
    """What one document may take, and how many are rendered at once."""

    seconds: float = Field(default=20, gt=0)
    megabytes: int = Field(default=512, gt=0)
    """Of memory, beyond what a process has that is at rest. Held on Linux alone."""
    processes: int = Field(default=2, gt=0)


class LimitExceeded(ValueError):
    """A document that took too long or too much memory. Names its template, what it took, and the limit."""


class RenderingStopped(RuntimeError):
    """The process that rendered is gone, by no fault of the document. It may be rendered again."""


NOT_RENDERABLE = (WordingError, TemplateError, LimitExceeded)
"""What is wrong with a template, or with what is put into it. Each begins with the template's name."""


class Renderer:
    """The processes, started when they are first needed. Safe to use from any thread; to be closed.

    What is rendered is a function of ours with its arguments: all must be picklable, as must be what it returns or
    raises.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._known_good = {_sha256(text) for text in default_templates().values()}
        self._running = set[_Process]()
        self._mine = threading.local()
        self._closed = threading.Event()
        # One thread for each process: it sends the work, waits for the answer, and kills.
        self._good, self._unknown = (
            ThreadPoolExecutor(self._limits.processes, thread_name_prefix="render") for _ in range(2)
        )
        self._kill_all = finalize(self, _kill, self._running)  # also at the interpreter's end

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Has the processes for known templates ready before they are needed. Waits for nothing."""
        for _ in range(self._limits.processes):
            self._good.submit(self._process)

    def submit(
        self, templates: Mapping[str, str], work: Callable[P, Result], *args: P.args, **kwargs: P.kwargs
    ) -> Future[Result]:
        """What ``work`` returns or raises, with ``templates`` (file name to text) being what it renders.

        The future raises ``LimitExceeded`` and ``RenderingStopped`` as well.
        """
        hashes = {_sha256(text) for text in templates.values()}
        lane = self._good if hashes <= self._known_good else self._unknown
        return lane.submit(self._render, ", ".join(templates) or _OURS, hashes, _Work(work, args, kwargs))

    def pdf(self, name: str, template: str, document: Document, *, created: datetime) -> Future[bytes]:
        """``document`` as PDF, as `render_pdf` makes it, with nothing to be opened meanwhile."""
        return self.submit({name: template}, _render_pdf_alone, template, document, created=created)

    def close(self) -> None:
        """Ends every process at once, whatever it is doing."""
        self._closed.set()
        for lane in (self._good, self._unknown):
            lane.shutdown(wait=False, cancel_futures=True)
        self._kill_all()
        for lane in (self._good, self._unknown):
            lane.shutdown()

    def _render(self, names: str, hashes: set[str], work: "_Work") -> Any:
        process = self._process()
        try:
            result = process.perform(work, names)
        except Exception:
            self._known_good -= hashes
            raise
        else:
            self._known_good |= hashes
            return result
        finally:
            if process.is_spent:
                self._replace(process)

    def _process(self) -> "_Process":
        process: _Process | None = getattr(self._mine, "process", None)
        if process is None:
            process = _Process(self._limits)
            self._running.add(process)
            self._mine.process = process
            if self._closed.is_set():
                process.kill()
        return process

    def _replace(self, process: "_Process") -> None:
        process.kill()
        self._running.discard(process)
        self._mine.process = None


@dataclass(frozen=True)
class _Work:
    """A function with its arguments, on its way to a process."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


class _Process:
    """One process, seen from outside."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.is_spent = False
        """It cannot be given another document."""
        self._ours, theirs = _FORKSERVER.Pipe()
        self._process = _FORKSERVER.Process(target=_serve, args=(theirs, limits), name="render", daemon=True)
        self._process.start()
        theirs.close()
        try:
            ready = self._ours.poll(_READY_WITHIN) and self._ours.recv()
        except EOFError:
            ready = False
        self.is_spent = not ready

    def perform(self, work: _Work, names: str) -> Any:
        """What came of ``work``. Raises what it raises, ``LimitExceeded`` and ``RenderingStopped``."""
        try:
            if self.is_spent:
                raise EOFError
            self._ours.send(work)
            if not self._ours.poll(self._limits.seconds + _KILLED_AFTER):
                self.is_spent = True
                raise LimitExceeded(f"{names}: {_too_long(self._limits)}")
            result, error, self.is_spent = self._ours.recv()
        except (EOFError, ConnectionError) as gone:
            self.is_spent = True
            self._process.join(1)
            if self._process.exitcode in _OUT_OF_MEMORY:
                raise LimitExceeded(f"{names}: {_too_much(self._limits)}") from gone
            raise RenderingStopped(f"{names}: the process that rendered it ended ({self._process.exitcode})") from gone
        if isinstance(error, MemoryError):
            self.is_spent = True  # what is left of it may be little
            raise LimitExceeded(f"{names}: {_too_much(self._limits)}") from error
        if isinstance(error, TookTooLong):
            raise LimitExceeded(f"{names}: {error}") from error
        if error is not None:
            raise error
        return result

    def kill(self) -> None:
        self.is_spent = True
        self._process.kill()
        self._process.join()


def _kill(processes: "set[_Process]") -> None:
    for process in tuple(processes):
        process.kill()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _too_long(limits: Limits) -> str:
    return f"took longer than {limits.seconds:g} s to render, the limit (FORTHWITH_RENDER_SECONDS)"


def _too_much(limits: Limits) -> str:
    return f"took more than {limits.megabytes} MB of memory to render, the limit (FORTHWITH_RENDER_MEGABYTES)"


# Inside a process.


def _serve(theirs: Connection, limits: Limits) -> None:
    """Works until the other end is closed. Whoever started this process decides when it stops: no signal does, since
    one that is meant for a worker reaches all its processes."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise TookTooLong(_too_long(limits))

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, stop)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.putenv("RAYON_NUM_THREADS", "1")  # or typst takes as many as there are cores, in each process
    os.putenv("RUST_BACKTRACE", "0")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what typst says when memory is out is no line of a log
    theirs.send(True)
    at_rest = _memory()
    while True:
        try:
            work: _Work = theirs.recv()
        except EOFError:
            return
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (_memory() + (limits.megabytes << 20), most))
        theirs.send((*_outcome(work, limits), _memory() - at_rest > _KEPT))


def _memory() -> int:
    """Bytes of private memory that this process has now; 0 where the system does not say."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[5]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


def _outcome(work: _Work, limits: Limits) -> tuple[Any, Exception | None]:
    try:
        with _alarm(limits.seconds):
            return work.function(*work.args, **work.kwargs), None
    except Exception as error:  # noqa: BLE001 - of whatever kind: it is raised where the result is awaited
        return None, _portable(error)


@contextmanager
def _alarm(seconds: float) -> Generator[None]:
    """Raises ``TookTooLong`` in Python code after that time. Whatever does not heed it is killed from outside; and by
    the kernel, once it has used twice that time, should there be nobody outside any more."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_PROF, 2 * math.ceil(seconds) + 1)  # of all threads: typst has two
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _portable(error: Exception) -> Exception:
    """An exception that arrives as what it is, or what it says."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever its reduction does
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _render_pdf_alone(template: str, document: Document, *, created: datetime) -> bytes:
    """Without a file or connection that could be opened meanwhile, whatever a template imports."""
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, most))
    try:
        return render_pdf(template, document, created=created)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (usual, most))
