"""Which mocks answer in this process, which have ended, whether there is a guard, and what they complain of.

The plugin looks here in every run of pytest, so this imports nothing that it costs time to import. Threads look while
others change it, so what is looked at is never changed but exchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from threading import RLock
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ._around.events import Events
    from ._around.metrics import Metrics
    from ._service.calls import Calls
    from ._service.leak_check import LeakCheck
    from ._service.plans import Plan
    from ._service.service import Service

_MOST_ENDED = 4  # what a failed test may be told about


class Complaints(list[AssertionError]):
    """Complaints that the code under test may have swallowed: what is left of them fails the test at its end.

    ``reported`` is whether the test was seen to fail, with these or anything else.
    """

    reported = False

    def forget(self, failure: BaseException | None) -> None:
        """Drop the complaints that a failure is, or came from: the test was seen to fail with them."""
        if failure is not None:
            self.reported = True
            seen = {id(error) for error in _shown_with(failure)}
            self[:] = [complaint for complaint in self if id(complaint) not in seen]

    def raise_first(self) -> None:
        """Raise the first complaint that nobody was told, and drop all."""
        if self:
            first = self[0]
            self.clear()
            raise first


def _shown_with(failure: BaseException) -> Iterable[BaseException]:
    """A failure and what its report shows with it: causes, contexts and what groups hold, each once."""
    shown: dict[int, BaseException] = {}
    waiting: list[BaseException | None] = [failure]
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in shown:  # exceptions may lead to each other in a circle
            continue
        shown[id(error)] = error
        has_cause = error.__cause__ is not None or error.__suppress_context__
        waiting.append(error.__cause__ if has_cause else error.__context__)
        held = getattr(error, "exceptions", ())
        if isinstance(held, tuple):  # of a group; Python 3.10 has no class to ask for
            waiting.extend(inner for inner in held if isinstance(inner, BaseException))
    return shown.values()


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
    sign_requests: bool
    #: Whether AWS services that others play need the mock's KMS keys for what stands on them.
    integrated_services: bool
    #: Where a process that was forked off finds the mock of its parent, with the option ``serve``.
    parent_url: str | None
    #: Whether it waits for the next test that it is for, so that what others do is none of its business.
    at_rest: bool
    service: Service
    leak_check: LeakCheck

    @property
    def calls(self) -> Calls:
        """The calls of the code under test."""

    @property
    def events(self) -> Events:
        """What EventBridge has got."""

    @property
    def metrics(self) -> Metrics:
        """What CloudWatch has."""

    @property
    def plans(self) -> Sequence[Plan]:
        """The faults that were planned."""

    @property
    def as_written(self) -> str:
        """What a user has written to have it, or would have."""

    def missing_rsa_key(self, bits: int) -> Callable[[], None] | None:
        """What makes, ahead of time, the RSA key with which the mock answers next; None where it has one."""

    def leaks_found(self, texts: Iterable[tuple[str, str]] = ()) -> str:
        """What the option ``check_leaks`` finds, in texts and where they come from too."""

    @property
    def lock_owners(self) -> Sequence[object]:
        """What has a lock, or may have, for the sake of processes that are forked off; first the engine."""


_lock = RLock()  # for those who change it
_mocks: tuple[Mock, ...] = ()
#: The mock that answers, and the guard that went up last.
innermost: Mock | None = None
last_guard: Guarded | None = None
#: The ports of this computer at which mocks of this process answer other processes too.
server_ports: tuple[int, ...] = ()
_ended: tuple[Mock, ...] = ()
_guards: tuple[Guarded, ...] = ()
_at_test_ends: list[Callable[[], None]] = []


def all_active() -> tuple[Mock, ...]:
    """Every active mock, the innermost one last."""
    return _mocks


def active() -> Mock | None:
    """The innermost active mock."""
    return innermost


def guard() -> Guarded | None:
    """The guard that went up last."""
    return last_guard


def changing() -> AbstractContextManager[object]:
    """Let nobody else change it meanwhile."""
    return _lock


def add_mock(mock: Mock) -> None:
    """Let a mock answer, in front of those that are active already."""
    global _mocks, innermost  # noqa: PLW0603  what this module is about
    _mocks = (*_mocks, mock)
    innermost = mock


def remove_mock(mock: Mock) -> None:
    """Take a mock out, wherever it stands; mocks need not end in the order in which they began."""
    global _mocks, _ended, innermost  # noqa: PLW0603
    _mocks = tuple(other for other in _mocks if other is not mock)
    innermost = _mocks[-1] if _mocks else None
    _ended = (*(other for other in _ended if other is not mock), mock)[-_MOST_ENDED:]


def add_server(port: int) -> None:
    """Let clients of this process that ask for a port go there."""
    global server_ports  # noqa: PLW0603
    with _lock:
        server_ports = (*server_ports, port)


def remove_server(port: int) -> None:
    """Take a server out; once more changes nothing."""
    global server_ports  # noqa: PLW0603
    with _lock:
        server_ports = tuple(other for other in server_ports if other != port)


def add_guard(guarded: Guarded) -> None:
    """Put a guard up."""
    global _guards, last_guard  # noqa: PLW0603
    _guards = (*_guards, guarded)
    last_guard = guarded


def remove_guard(guarded: Guarded) -> None:
    """Take a guard down."""
    global _guards, last_guard  # noqa: PLW0603
    _guards = tuple(other for other in _guards if other is not guarded)
    last_guard = _guards[-1] if _guards else None


def of_this_test() -> list[Mock]:
    """The mocks that a test has had so far, the last ones that have ended and those that are active for it."""
    return [*_ended, *(mock for mock in _mocks if not mock.at_rest)]


def next_test() -> None:
    """Forget the mocks that have ended, and that the test before has failed."""
    global _ended  # noqa: PLW0603
    _ended = ()
    for mock in _mocks:
        mock.complaints.reported = False


def note_test_failure(failure: BaseException | None) -> None:
    """Take note that a test was seen to fail with this, so that nobody complains about the same thing again."""
    for somebody in (*_mocks, *_guards):
        somebody.complaints.forget(failure)


def on_test_end(act: Callable[[], None]) -> None:
    """Have something done whenever a test, and all its fixtures, have ended."""
    _at_test_ends.append(act)


def end_test() -> None:
    """Do what is to be done when a test has ended, if anything is."""
    for act in _at_test_ends:
        act()
