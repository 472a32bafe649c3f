"""``pytest-kmsimport run``: a program with an environment in which it finds the mock, and what became of both."""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from subprocess import Popen
from types import FrameType

from .serving import COMPLAINTS, ENDING, PROGRAM, complaints_of, mock_of, report_of, server_of

#: As of shells: for a program that cannot be run, for one that is not there, and before the number of a signal.
CANNOT_BE_RUN, NOT_FOUND, KILLED = 126, 127, 128


def run(given: Namespace) -> int:
    """Run a program with a mock of its own, and give the exit status; raises ValueError for what a mock cannot be."""
    with mock_of(given) as mock:
        with server_of(mock, tls=given.tls) as server:
            status = _run(given.command, server.environ)
        complaints = complaints_of(mock)
        if complaints and status == 0:
            status = COMPLAINTS
        if status != 0:
            _say(report_of(mock), complaints)
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
    before = {n: signal.signal(n, forward) for n in ENDING if signal.getsignal(n) is not signal.SIG_IGN}
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
    _say(f"{PROGRAM} run: {why}")
    return status


def _say(*texts: str) -> None:
    for text in filter(None, texts):
        print(text, file=sys.stderr)  # noqa: T201  the program's own output is on stdout
