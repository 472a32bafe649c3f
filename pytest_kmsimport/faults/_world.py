"""Races and eventual consistency: the world moves before the answer comes, or the answer is older than the world."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.client import BaseClient

from .._service.fault import Action, Attempt, ClientOutcome, Fault
from .._service.reply import Reply
from .._wire.model import members_of, modelled_errors
from ..engine.operations import OPERATIONS
from ._actions import is_about_import, is_about_key, refused_with
from ._refusals import Refusal

_READING = sorted(name for name, operation in OPERATIONS.items() if operation.traits.reads)


def _names_key(operation: str) -> bool:
    return "KeyId" in members_of(operation)


@dataclass(frozen=True)
class Meanwhile(Fault):
    """Somebody else acts between a request and its answer; ``meanwhile`` makes it.

    It strikes one attempt unless the plan says otherwise.
    """

    action: Action
    after: bool = False

    kind = "race"
    default_times = 1

    def __post_init__(self) -> None:
        if not callable(self.action):
            raise TypeError(f"meanwhile() takes a callable, not {self.action!r}: write meanwhile(disable_key).")
        if type(self.after) is not bool:
            raise TypeError(f"meanwhile() has after={self.after!r}: write after=True for what happens after the call.")

    def __repr__(self) -> str:
        return f"meanwhile({self._name}{', after=True' if self.after else ''})"

    @property
    def _name(self) -> str:
        return getattr(self.action, "__name__", type(self.action).__name__)

    @property
    def id(self) -> str:
        """Such as ``meanwhile-disable_key``."""
        return f"meanwhile-{self._name}{'-after' if self.after else ''}"

    @property
    def takes_effect(self) -> bool:
        """It does unless what has happened makes AWS KMS refuse."""
        return True

    def why_impossible_for(self, operation: str) -> str:
        """The ready-made ones are about the KMS key that a call names."""
        if is_about_import(self.action):
            return "" if operation == "ImportKeyMaterial" else f"{self!r} is about ImportKeyMaterial"
        if is_about_key(self.action) and not _names_key(operation):
            return f"{operation} names no KMS key"
        return ""

    def strike(self, attempt: Attempt) -> Reply:
        """Let the other act, and AWS KMS answer."""
        if self.after:
            reply = attempt.reply()
            attempt.access.run_action(self.action, attempt.call)
            return reply
        attempt.access.run_action(self.action, attempt.call)
        return attempt.reply()

    def client_outcome(self, client: BaseClient, operation: str) -> ClientOutcome:
        """The refusal that a ready-made action leads to, for the KMS key that a call names."""
        code = None if self.after else refused_with(self.action, operation)
        return ClientOutcome() if code is None else Refusal(code).client_outcome(client, operation)


def meanwhile(action: Action, *, after: bool = False) -> Meanwhile:
    """Let somebody else act while a call is under way, before AWS KMS decides about it or (``after``) just after.

    ``action`` is called with the mock and the record of the call: one of the ready-made ones of this module, or yours,
    such as ``lambda mock, call: mock.client().disable_key(KeyId=call.key_id)``. What it asks of AWS KMS is not in
    ``mock.calls``, and no fault strikes it. An exception that it raises fails the test.
    """
    return Meanwhile(action, after)


@dataclass(frozen=True)
class StaleRead(Fault):
    """A reading operation answers with what the KMS key was before it last changed: eventual consistency.

    It strikes where the key has been changed since the fault was planned, by a call of another operation; a KMS key
    that is not visible at all is ``NotYetVisible``.

    https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
    """

    kind = "consistency"
    looks_back = True

    @property
    def id(self) -> str:
        """``stale-read``."""
        return "stale-read"

    @property
    def takes_effect(self) -> bool:
        """Nothing has an effect that only reads."""
        return True

    def why_impossible_for(self, operation: str) -> str:
        """It happens to operations that read a KMS key."""
        return "" if operation in _READING else f"{operation} does not read a KMS key; {', '.join(_READING)} do"

    def strikes(self, attempt: Attempt) -> bool:
        """Whether there is older news to tell."""
        return attempt.access.before_last_change(attempt.call) is not None

    def strike(self, attempt: Attempt) -> Reply:
        """Answer with old news."""
        key = attempt.access.before_last_change(attempt.call)
        assert key is not None
        return attempt.access.reply_as_of(attempt.call, key)

    def client_outcome(self, client: BaseClient, operation: str) -> ClientOutcome:  # noqa: ARG002
        """Success."""
        return ClientOutcome()


@dataclass(frozen=True)
class NotYetVisible(Fault):
    """The KMS key was made a moment ago and is not known yet: NotFoundException, from eventual consistency.

    https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
    """

    kind = "consistency"

    @property
    def id(self) -> str:
        """``not-yet-visible``."""
        return "not-yet-visible"

    @property
    def takes_effect(self) -> bool:
        """Never."""
        return False

    def why_impossible_for(self, operation: str) -> str:
        """It happens to operations about a KMS key."""
        can = _names_key(operation) and "NotFoundException" in modelled_errors(operation)
        return "" if can else f"{operation} is not about a KMS key"

    def strike(self, attempt: Attempt) -> Reply:
        """Know nothing of the KMS key."""
        return Refusal("NotFoundException").strike(attempt)

    def client_outcome(self, client: BaseClient, operation: str) -> ClientOutcome:
        """NotFoundException."""
        return Refusal("NotFoundException").client_outcome(client, operation)
