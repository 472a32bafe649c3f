"""What a fault is: one thing that goes wrong with a call, as a value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

from botocore.client import BaseClient

from .._wire.aws_json import WireResponse
from .._wire.network import Delay, NetworkEvent
from ..engine.engine import Answer, Call, Response
from ..engine.errors import KmsError
from ..engine.keys import Key

#: Something that somebody else does: takes the mock, and the record of the call that it comes in between.
Action = Callable[[Any, Any], object]


class Undelivered(Exception):  # noqa: N818  not an error of anybody's: it carries an answer past the journal
    """The answer to a call does not reach the client as AWS KMS gives it.

    ``outcome`` is what AWS KMS has answered, None where it was never asked. ``instead`` is what is answered in its
    place, ``event`` what the network does to it on the way, and ``delays`` are what makes it come late.
    """

    def __init__(
        self,
        outcome: Response | KmsError | None = None,
        *,
        event: NetworkEvent | None = None,
        instead: WireResponse | None = None,
        delays: tuple[Delay, ...] = (),
    ) -> None:
        super().__init__()
        self.outcome = outcome
        self.event = event
        self.instead = instead
        self.delays = delays


class Stage(Protocol):
    """What a fault may lay hands on beside the call."""

    def act_offstage(self, action: Action, call: Call) -> None:
        """Let somebody else act: what happens there is neither in the journal nor struck by faults."""

    def answer_as_of(self, call: Call, key: Key) -> Response:
        """Answer a call as if the KMS key were still what it was."""

    def before_last_change(self, call: Call) -> Key | None:
        """What the KMS key of a call was before the last call that changed it; None where that is not known."""


class Scene(NamedTuple):
    """Where a fault strikes: at which call, and what would answer it."""

    call: Call
    answer: Answer
    stage: Stage

    def outcome(self) -> Response | KmsError:
        """What AWS KMS answers, taken down and not raised."""
        try:
            return self.answer(self.call)
        except KmsError as refusal:
            return refusal


class Sight(NamedTuple):
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
    usual_times: ClassVar[int | None] = None
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
    def cannot_happen_to(self, operation: str) -> str:
        """Why this cannot happen to an operation of AWS KMS; empty where it can."""

    def strikes(self, scene: Scene) -> bool:  # noqa: ARG002
        """Whether it has anything to strike at here; nearly every fault has, everywhere where it can happen."""
        return True

    @abstractmethod
    def strike(self, scene: Scene) -> Response:
        """Answer a call in this way; raises KmsError or Undelivered."""

    @abstractmethod
    def sight(self, client: BaseClient, operation: str) -> Sight:
        """What a client gets at an attempt that this strikes."""
