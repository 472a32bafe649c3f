"""Which mocks answer in this process, which have ended, and whether there is a guard.

Threads look while others change it, so what is looked at is never changed but exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from threading import RLock
from typing import Protocol

from ._complaints import Complaints
from ._leak_check import LeakCheck
from ._service import Service

_MOST_ENDED = 4  # what a failed test may be told about


class Guarded(Protocol):
    """What the interception needs of a guard."""

    complaints: Complaints

    def complain(self, complaint: AssertionError) -> AssertionError:
        """Remember a complaint, so that it fails the test even if the code under test swallows it."""


class Mock(Guarded, Protocol):
    """And what of a mock."""

    account: str
    region: str
    allow_real_aws: bool
    service: Service
    leak_check: LeakCheck

    @property
    def lock_owners(self) -> Sequence[object]:
        """What has a lock, or may have, for the sake of processes that are forked off; first the engine."""


_lock = RLock()  # for those who change it
_mocks: tuple[Mock, ...] = ()
_ended: tuple[Mock, ...] = ()
_guards: tuple[Guarded, ...] = ()


def active() -> Mock | None:
    """The innermost active mock."""
    mocks = _mocks
    return mocks[-1] if mocks else None


def guard() -> Guarded | None:
    """The guard that went up last."""
    guards = _guards
    return guards[-1] if guards else None


def changing() -> AbstractContextManager[object]:
    """Let nobody else change it meanwhile."""
    return _lock


def add_mock(mock: Mock) -> None:
    """Let a mock answer, in front of those that are active already."""
    global _mocks  # noqa: PLW0603  what this module is about
    _mocks = (*_mocks, mock)


def remove_mock(mock: Mock) -> None:
    """Take a mock out, wherever it stands; mocks need not end in the order in which they began."""
    global _mocks, _ended  # noqa: PLW0603
    _mocks = tuple(other for other in _mocks if other is not mock)
    _ended = (*(other for other in _ended if other is not mock), mock)[-_MOST_ENDED:]


def add_guard(guarded: Guarded) -> None:
    """Put a guard up."""
    global _guards  # noqa: PLW0603
    _guards = (*_guards, guarded)


def remove_guard(guarded: Guarded) -> None:
    """Take a guard down."""
    global _guards  # noqa: PLW0603
    _guards = tuple(other for other in _guards if other is not guarded)


def of_this_test() -> list[Mock]:
    """The mocks that a test has had so far, the last ones that have ended and those that are active."""
    return [*_ended, *_mocks]


def next_test() -> None:
    """Forget the mocks that have ended, and that the test before has failed."""
    global _ended  # noqa: PLW0603
    _ended = ()
    for mock in _mocks:
        mock.complaints.told = False


def told(failure: BaseException | None) -> None:
    """Take note that a test was seen to fail with this, so that nobody complains about the same thing again."""
    for somebody in (*_mocks, *_guards):
        somebody.complaints.forget(failure)
