"""Processes that are forked off under a mock: they are answered from a copy, and hang in nobody's lock."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from threading import Event, Thread

import boto3
import pytest

import pytest_kmsimport
from pytest_kmsimport import _active, faults, mock_kms_import
from pytest_kmsimport._mock import rsa_pool as _rsa_pool
from pytest_kmsimport._transports import environment as _environment

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this computer forks no processes"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # of Python 3.12, about threads
]
PATIENCE = 20  # seconds


def in_a_fork(act: Callable[[], object]) -> bool:
    """Whether something is done, without an exception and in time, by a process that is forked off for it."""
    child = os.fork()
    if not child:
        try:
            act()
            os._exit(0)
        finally:
            os._exit(1)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if (ended := os.waitpid(child, os.WNOHANG)) != (0, 0):
            return ended[1] == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


@contextmanager
def busy(act, threads=4):
    """Something is done over and over again by threads meanwhile."""
    ended = Event()

    def keep_acting():
        while not ended.is_set():
            act()

    working = [Thread(target=keep_acting) for _ in range(threads)]
    for thread in working:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in working:
            thread.join()


def test_a_fork_is_answered_while_other_threads_call(kms_import_mock):
    """Whatever lock another thread holds at that moment, the child has one of its own."""
    kms = boto3.client("kms")
    kms_import_mock.inject(faults.Slow(1), "CreateKey", must_strike=False)
    with busy(kms.create_key):
        assert [in_a_fork(kms_import_mock.client().create_key) for _ in range(12)] == [True] * 12


LOCKS = {
    "the engine": lambda mock: mock._engine._lock,
    "the journal": lambda mock: mock.service.journal._lock,
    "chance": lambda mock: mock._chance._lock,
    "a plan": lambda mock: mock.plans[0]._lock,
    "what waits for events": lambda mock: mock._watching()._lock,
    "the pool of RSA keys": lambda _: _rsa_pool._lock,
    "the active mocks": lambda _: _active._lock,
    "the environment": lambda _: _environment.Environment._lock,
}


WAITED_FOR = {"the engine", "the active mocks"}


def do_everything(mock):
    """Have every lock of a mock's taken."""
    key_id = mock.import_key().id
    mock.client().describe_key(KeyId=key_id)
    with mock_kms_import(region="eu-west-1") as other:
        other.client().list_keys()


@pytest.mark.kms_import(seed=7)
@pytest.mark.parametrize("lock", [name for name in LOCKS if name not in WAITED_FOR])
def test_a_fork_does_not_wait_for_threads_that_it_does_not_have(kms_import_mock, lock):
    """A lock that another thread holds at that moment is free in the child."""
    kms_import_mock.inject(faults.Slow(1))
    taken, ended = Event(), Event()

    def hold():
        with LOCKS[lock](kms_import_mock):
            taken.set()
            ended.wait()

    thread = Thread(target=hold)
    thread.start()
    taken.wait()
    try:
        assert in_a_fork(lambda: do_everything(kms_import_mock))
    finally:
        ended.set()
        thread.join()
    kms_import_mock.client().list_keys()


@pytest.mark.parametrize("lock", sorted(WAITED_FOR))
def test_a_fork_waits_until_what_it_copies_is_whole(kms_import_mock, lock):
    """A process is not forked off half-way through a call of another thread, or while a mock begins or ends."""
    seen, taken = [], Event()

    def call():
        with LOCKS[lock](kms_import_mock):
            taken.set()
            time.sleep(0.2)
            seen.append("answered")

    thread = Thread(target=call)
    thread.start()
    taken.wait()

    def check():
        assert seen == ["answered"]
        do_everything(kms_import_mock)

    assert in_a_fork(check)
    thread.join()
    do_everything(kms_import_mock)


def test_a_fork_has_a_copy(kms_import_mock, kms, make_key):
    """What the child asks and changes is not seen here: not in the journal, and not in the KMS keys."""
    key_id = make_key()
    before = len(kms_import_mock.calls)

    def change():
        assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingImport"
        kms.schedule_key_deletion(KeyId=key_id)
        assert len(kms_import_mock.calls) == before + 2

    assert in_a_fork(change)
    assert (kms_import_mock.key(key_id).state, len(kms_import_mock.calls)) == ("PendingImport", before)


def test_a_mock_that_is_made_in_a_fork_is_forgotten_with_it():
    """A child that was forked off without a mock may have one of its own."""

    def use():
        with mock_kms_import() as mock:
            do_everything(mock)

    assert in_a_fork(use)


def test_every_lock_is_minded():
    """A lock that is new in the package belongs among those above, and what has it into the mock's lock_owners."""
    owners = set()
    for path in Path(pytest_kmsimport.__file__).parent.rglob("*.py"):
        lines = path.read_text().splitlines()
        owners |= {path.stem for line in lines if re.search(r"= (R?Lock|Condition|Semaphore)\(", line)}
    assert owners == {
        "_active",
        "chance",
        "environment",
        "journal",
        "leak_check",
        "leaks",
        "plans",
        "rsa_pool",
        "engine",
        "watch",
    }


def test_nothing_is_registered_before_the_first_mock():
    """Importing the package tells the interpreter nothing about forks; the first mock does, once."""
    code = """
        import os
        registered = []
        os.register_at_fork = lambda **hooks: registered.extend(
            hook for hook in hooks.values() if hook.__module__.startswith("pytest_kmsimport")
        )
        import pytest_kmsimport, pytest_kmsimport.plugin
        for name in pytest_kmsimport.__all__:
            getattr(pytest_kmsimport, name)
        mock = pytest_kmsimport.mock_kms_import(region="eu-west-1")
        assert not registered
        for _ in range(2):
            with mock:
                pass
        assert len(registered) == 3, registered
    """
    subprocess.run([sys.executable, "-c", dedent(code)], check=True)
