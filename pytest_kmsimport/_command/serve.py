"""``pytest-kmsimport serve``: the mock at a port, until it is told to end."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread

from .._mock.server import UNSET, Server
from .._service import journal
from .._service.call_record import CallRecord
from .._transports.loopback import HOST
from .serving import (
    COMPLAINTS,
    ENDING,
    PROGRAM,
    complaints_of,
    leaving_signals_to_this_thread,
    mock_of,
    server_of,
)

_LOG = logging.getLogger(PROGRAM)
_PIECE = 4096


def serve(given: Namespace) -> int:
    """Serve a mock until a signal or the parent ends that, and give the exit status.

    Raises ValueError for what a mock cannot be, and where nobody can listen.
    """
    ends: SimpleQueue[object] = SimpleQueue()  # which a handler of a signal may put into at any moment
    try:
        with _told_by_signals(ends), mock_of(given) as mock, _logged():
            with server_of(mock, tls=given.tls, host=given.host, port=given.port) as server:
                print(_ready_line(server), flush=True)  # noqa: T201  what whoever has started it waits for
                if given.with_parent:
                    with leaving_signals_to_this_thread():
                        Thread(target=_wait_for_parent, args=(ends,), daemon=True).start()
                ends.get()
            complaints = complaints_of(mock)
            if complaints:
                _LOG.error(complaints)
    except OSError as error:
        where = f"{given.host or HOST}:{given.port}" if error.filename is None else error.filename
        raise ValueError(f"{where}: {error.strerror or error}; write another --port, --host or --tls.") from None
    return COMPLAINTS if complaints else 0


def _ready_line(server: Server) -> str:
    """What whoever has started the server needs, as JSON."""
    secret = {} if server.token is None else {"token": server.token}
    return json.dumps({"url": server.url, "environ": server.settings, "unset": UNSET, **secret})


@contextmanager
def _told_by_signals(ends: SimpleQueue[object]) -> Iterator[None]:
    """Have a signal end the server, unless it is ignored, as in a shell's background."""
    ignored = signal.SIG_IGN
    before = {n: signal.signal(n, lambda *_: ends.put(None)) for n in ENDING if signal.getsignal(n) is not ignored}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for_parent(ends: SimpleQueue[object]) -> None:
    """End the server when its standard input is closed, as a parent's end does however that came about."""
    try:
        while os.read(0, _PIECE):  # the file itself: nobody could end while sys.stdin is being read
            pass
    except OSError:
        pass  # it was closed before
    ends.put(None)


@contextmanager
def _logged() -> Iterator[None]:
    """Log every attempt on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    _LOG.addHandler(handler)
    _LOG.setLevel(logging.INFO)
    _LOG.propagate = False
    journal.watchers.append(_log)
    try:
        yield
    finally:
        journal.watchers.remove(_log)
        _LOG.removeHandler(handler)


def _log(record: CallRecord) -> None:
    """Log an attempt: when by the mock's clock, what, with which outcome, struck by what, and why it was refused."""
    faults = f", struck by {', '.join(fault.id for fault in record.faults)}" if record.faults else ""
    why = f" - {record.diagnosis}" if record.diagnosis else ""
    about = f" {record.key_id}" if record.key_id else ""
    line = f"{record.time:%H:%M:%S} {record.operation} {record.region}{about}: {record.error or 'ok'}{faults}{why}"
    _LOG.info("%s", repr(line)[1:-1] if not line.isprintable() else line)
