"""What a fault is: one thing that goes wrong with a call, as a value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

from botocore.client import BaseClient

from ..engine.authorization.decision import Source
from ..engine.call import Call
from ..engine.errors import KmsError
from ..engine.keys import Key
from .reply import Reply

#: Something that somebody else does: takes the mock, and the record of the call that it comes in between.
Action = Callable[[Any, Any], object]


class MockAccess(Protocol):
    """What a fault may lay hands on beside the call."""

    def run_action(self, action: Action, call: Call) -> None:
        """Let somebody else act: what happens there is neither in the journal nor struck by faults."""

    def reply_as_of(self, call: Call, key: Key) -> Reply:
        """Answer a call as if the KMS key were still what it was."""

    def refusal(self, call: Call, source: Source, *, explicit: bool) -> KmsError:
        """AWS's refusal of a call where a type of policy denies it (``explicit``) or does not allow it."""

    def before_last_change(self, call: Call) -> Key | None:
        """What the KMS key of a call was before the last call that changed it; None where that is not known."""


class Attempt(NamedTuple):
    """Where a fault strikes: at which call, and what would answer it."""

    call: Call
    answer: Callable[[Call], Reply]
    access: MockAccess

    def reply(self) -> Reply:
        """What would become of it."""
        return self.answer(self.call)


class ClientOutcome(NamedTuple):
    """What a client gets at one attempt: an exception and an error code, or success, maybe with an ``empty`` dict.

    ``raised`` is the exception that botocore's HTTP session raised, where there was no answer.
    """

    exception: type[Exception] | None = None
    code: str | None = None
    status: int | None = None
    empty: bool = False
    raised: Exception | None = None


@dataclass(frozen=True)
class Fault(ABC):
    """One thing that can go wrong with a call of an operation; see ``pytest_kmsimport.faults`` for those there are."""

    #: One of ``faults.KINDS``.
    kind: ClassVar[str]
    #: At how many attempts it strikes where that is not said; None for all.
    default_times: ClassVar[int | None] = None
    #: Whether it needs what KMS keys were before they last changed, which is remembered for it alone.
    looks_back: ClassVar[bool] = False

    @property
    @abstractmethod
    def id(self) -> str:
        """A short name for test ids and reports."""

    @property
    @abstractmethod
    def takes_effect(self) -> bool:
        """Whether AWS KMS carries the call out, whatever the client is told."""

    @abstractmethod
    def why_impossible_for(self, operation: str) -> str:
        """Why this cannot happen to an operation of AWS KMS; empty where it can."""

    def strikes(self, attempt: Attempt) -> bool:  # noqa: ARG002
        """Whether it has anything to strike at here; nearly every fault has, everywhere where it can happen."""
        return True

    @abstractmethod
    def strike(self, attempt: Attempt) -> Reply:
        """Answer a call in this way."""

    @abstractmethod
    def client_outcome(self, client: BaseClient, operation: str) -> ClientOutcome:
        """What a client gets at an attempt that this strikes."""
