"""Held for every test: no socket outside loopback, the same random examples on every run, no thread held up."""

import ipaddress
import socket
import sys
from typing import Any

import pytest
from hypothesis import settings
from slipcover import Slipcover

pytest.register_assert_rewrite("tests.story.harness")  # before anybody imports it, so that what it asserts is shown


def _leave_measuring_in(self: Slipcover) -> None:
    """Called by what measures, instead of taking itself out of every function of the process while it runs.

    That stops all threads, for seconds; and Temporal takes a workflow whose thread stands still for deadlocked.
    """


Slipcover.deinstrument_seen = _leave_measuring_in

settings.load_profile("ci")  # Hypothesis' own: derandomized, no deadline, no database


class OutsideLoopback(RuntimeError):
    """Not an OSError, or the code under test would take it for a network failure and retry."""


def _is_loopback(host: Any) -> bool:
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_outside_loopback(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        if args[0].family not in (socket.AF_INET, socket.AF_INET6) or args[1] is None:
            return
        host = args[1][0]
    else:
        return
    if not _is_loopback(host):
        raise OutsideLoopback(f"a test must not reach {host} ({event})")


# An audit hook sees every socket of the process, however it was made. The Temporal client's, made in Rust, it does
# not see; those go to the server that a test started.
sys.addaudithook(_refuse_outside_loopback)
