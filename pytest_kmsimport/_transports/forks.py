"""Processes that are forked off while a mock is active: they have a copy of it, whole and with locks of its own.

A fork copies locks as they are, and not the threads that would let them go. Such a process is answered from its copy;
what it asks and changes is not seen in the parent. Where the mock serves child processes, it asks its parent instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from threading import Lock, RLock, local
from types import ModuleType
from typing import Any, Protocol
from weakref import WeakSet

from .. import _active
from .._active import Mock

_LOCK = "_lock"
_REENTRANT = type(RLock())
_shared: list[ModuleType | type] = [_active]

_watched: WeakSet[Mock] = WeakSet()
_held = local()
_registered = False


def share(owner: ModuleType | type) -> None:
    """Have forks mind the lock of a module or class, which all mocks share."""
    _shared.append(owner)


class OfParent(Protocol):
    """What stays with the process that has made it."""

    def forget(self) -> None:
        """Let go of what a process that was forked off has of it."""


_of_parent: WeakSet[OfParent] = WeakSet()


def leave_to_parent(owner: OfParent) -> None:
    """Have a process that is forked off let go of what is its parent's alone."""
    with _active.changing():
        _of_parent.add(owner)


def watch(mock: Mock) -> None:
    """Have forks mind the locks of a mock, as long as it is there; the first one registers that for the process."""
    global _registered  # noqa: PLW0603  the interpreter has no way to take it back
    with _active.changing():  # which forks wait for
        _watched.add(mock)
        if not _registered and hasattr(os, "register_at_fork"):
            _registered = True
            os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)


def _before() -> None:
    """Wait until no call is being answered, so that what is copied is whole."""
    _held.locks = []
    for lock in _waited_for():
        lock.acquire()
        _held.locks.append(lock)


def _waited_for() -> Iterator[Any]:
    yield getattr(_active, _LOCK)
    for mock in _watched:
        yield getattr(mock.lock_owners[0], _LOCK)


def _in_parent() -> None:
    for lock in reversed(_held.locks):
        lock.release()


def _in_child() -> None:
    owners = [owner for mock in _watched for owner in mock.lock_owners]
    for owner in (*_shared, *owners):
        lock = getattr(owner, _LOCK, None)
        if lock is not None:
            setattr(owner, _LOCK, RLock() if isinstance(lock, _REENTRANT) else Lock())
    for resource in list(_of_parent):
        resource.forget()
