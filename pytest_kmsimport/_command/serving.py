"""The mock that a command has, with its planned faults, and what is said of it when something has gone wrong."""

from __future__ import annotations

import signal
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._control.controlled import plan
from .._control.keys import create_key, keys_in
from .._control.verdict import verdict_of
from .._mock.mock import KmsImportMock
from .._mock.server import Server
from .options import options_of

PROGRAM = "pytest-kmsimport"
#: The exit status where all went well but for what the mock has to say.
COMPLAINTS = 1
#: The signals that end a program.
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def mock_of(given: Namespace) -> Iterator[KmsImportMock]:
    """The mock that was asked for, active while the block runs, with its state before and after it in a file.

    Raises ValueError for what it cannot be, OSError where the file cannot be read or written.
    """
    mock = KmsImportMock(options_of(given))
    goes_on = given.state is not None and given.state.exists()
    if goes_on:
        mock.load(given.state)
    if given.local_kms_seed is not None:
        _plant(mock, given.local_kms_seed)
    for path in given.keys:
        _put_in_place(mock, path, goes_on=goes_on)
    for text in given.faults:
        plan(mock, _members_of(text))
    mock.start()  # for what somebody does meanwhile, with a client of this process
    try:
        yield mock
    finally:
        mock.make_sure_it_stopped()
        if given.state is not None:
            mock.save(given.state)


def _plant(mock: KmsImportMock, path: Path) -> None:
    """Put the KMS keys of a seed file in place."""
    try:
        mock.load_local_kms_seed(path)
    except ImportError as error:
        raise ValueError(str(error)) from None


def _put_in_place(mock: KmsImportMock, path: Path, *, goes_on: bool) -> None:
    """Put the KMS keys of a file in place; a mock that goes on from a state keeps those that are there already."""
    try:
        for members in keys_in(path):
            if not (goes_on and _is_there(mock, members)):
                create_key(mock, members)
    except ValueError as error:
        why = str(error)
    else:
        return
    raise ValueError(f"--key {path}: {why}")


def _is_there(mock: KmsImportMock, members: Mapping[str, Any]) -> bool:
    """Whether there is the KMS key already."""
    where = {name: members.get(name) for name in ("region_name", "account")}
    try:
        return bool(mock.key(members["key_id"], **where).id == members["key_id"])
    except (LookupError, TypeError):
        return False


@contextmanager
def server_of(mock: KmsImportMock, *, tls: bool | Path, host: str | None = None, port: int = 0) -> Iterator[Server]:
    """The mock's server while the block runs; raises OSError where nobody can listen."""
    with leaving_signals_to_this_thread():
        server = Server(mock, tls=tls, host=host, port=port)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def leaving_signals_to_this_thread() -> Iterator[None]:
    """Have threads that begin in the block get no signal that ends a program.

    Any thread may get one, and Python acts on it in the main thread alone, which would not be woken up.
    """
    if not hasattr(signal, "pthread_sigmask"):  # where signals do not come to threads
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _members_of(text: str) -> dict[str, object]:
    from ..faults._text import parse_plan  # noqa: PLC0415  which takes time, and most begin without faults

    return parse_plan(text)


def complaints_of(mock: KmsImportMock) -> str:
    """What a mock has to say against whoever has called it; empty where that is nothing."""
    return _without_secrets(mock, "\n".join(f"{PROGRAM}: {said}" for said in verdict_of(mock).texts))


def report_of(mock: KmsImportMock) -> str:
    """A mock's calls, with their diagnoses; empty where there are none, nor planned faults."""
    from .._reporting import call_table  # noqa: PLC0415  not before something has gone wrong

    if not mock.calls and not mock.plans:
        return ""
    return _without_secrets(mock, f"{call_table.title_of()}\n{call_table.report_of(mock.calls, mock.plans)}")


def _without_secrets(mock: KmsImportMock, text: str) -> str:
    return mock.leak_check.secrets.redaction_of(text)(text)
