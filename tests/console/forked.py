"""Commands as processes of their own, forked from one that has the program loaded: loading it takes a second each time.

What a process start alone can break (the entry point, the exit code, imports) is tested by those that start
`python starter.py` themselves.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_LOADED = multiprocessing.get_context("forkserver")
_LOADED.set_forkserver_preload(["starter", "forthwith.cli.main"])

OUT, ERR = "out", "err"


async def run(words: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
    """`python starter.py WORDS` to its end: its exit code, stdout and stderr."""
    with TemporaryDirectory() as folder:
        process = _LOADED.Process(target=_command, args=(tuple(words), dict(environment), folder))
        process.start()
        try:
            await asyncio.to_thread(process.join)
        finally:
            process.kill()
        said = [(Path(folder) / stream).read_text(encoding="utf-8") for stream in (OUT, ERR)]
    return process.exitcode or 0, said[0], said[1]


def _command(words: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    out, err = (os.open(Path(folder) / stream, os.O_WRONLY | os.O_CREAT) for stream in (OUT, ERR))
    for ours, theirs in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(ours, theirs)
        os.close(ours)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - multiprocessing gave it one of its own
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["starter.py", *words]

    from starter import main

    main()
