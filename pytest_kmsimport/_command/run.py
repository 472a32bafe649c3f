"""``pytest-kmsimport run``: a program with an environment in which it finds the mock, and what became of both."""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from subprocess import Popen
from types import FrameType

from .._control.verdict import verdict_of
from .._mock.server import Server
from .serving import PROGRAM, mock_of, report_of

#: Exit statuses beside the program's own. Those of shells are 126 and 127, and 128 and the number of a signal.
COMPLAINTS, CANNOT_BE_RUN, NOT_FOUND, KILLED = 1, 126, 127, 128

_FORWARDED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def run(given: Namespace) -> int:
    """Run a program with a mock of its own, and give the exit status; raises ValueError for what a mock cannot be."""
    with mock_of(given) as mock:
        server = Server(mock, tls=given.tls)
        try:
            status = _run(given.command, server.environ)
        finally:
            server.stop()
        if status == 0 and verdict_of(mock).texts:
            status = COMPLAINTS
        if status != 0 and (report := report_of(mock)):
            print(report, file=sys.stderr)  # noqa: T201  what the command says
    return status


def _run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a program to its end, hand on the signals that are to end it, and give its status as shells do."""
    child: Popen[bytes] | None = None
    early: list[int] = []

    def forward(number: int, _: FrameType | None) -> None:
        if child is None:
            early.append(number)
        elif number != signal.SIGINT or not _is_interrupted_by_terminal():
            child.send_signal(number)

    # What is ignored, as under nohup, stays so for both.
    before = {n: signal.signal(n, forward) for n in _FORWARDED if signal.getsignal(n) is not signal.SIG_IGN}
    try:
        child = Popen(command, env=environ)  # noqa: S603  it is what the user has asked for
        for number in early:
            child.send_signal(number)
        status = child.wait()
    except FileNotFoundError:
        return _cannot(f"there is no program {command[0]!r}.", NOT_FOUND)
    except OSError as error:
        return _cannot(f"{command[0]!r} cannot be run: {error.strerror}.", CANNOT_BE_RUN)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return KILLED - status if status < 0 else status


def _is_interrupted_by_terminal() -> bool:
    """Whether Ctrl-C interrupts the program too, which must not be told twice: some give up at the second."""
    if os.name != "posix":
        return True
    try:
        terminal = os.open(os.ctermid(), os.O_RDONLY | os.O_NOCTTY)
    except OSError:  # there is none
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _cannot(why: str, status: int) -> int:
    print(f"{PROGRAM} run: {why}", file=sys.stderr)  # noqa: T201
    return status
