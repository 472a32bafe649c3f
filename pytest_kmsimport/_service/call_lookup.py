"""Looking at a call from outside: which KMS keys it is about, and in which state they are.

An operation that is carried out tells itself which KMS keys it is about. This is for calls that are refused, or never
reach AWS KMS, and for plans, which look at calls before they are answered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from ..engine.call import Call, KeysSeen
from ..engine.engine import Engine
from ..engine.keys import Key
from ..engine.states import KeyState
from .call_record import CallRecord
from .named_keys import identifiers_in, named_within


class CallLookup:
    """Finds the KMS keys of calls in an engine, as it is now."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def record_of(self, call: Call) -> CallRecord:
        """A record of a call as it comes, which is not in the journal."""
        return CallRecord(self._now(), call)

    def seen_by(self, call: Call) -> KeysSeen:
        """Those that are there, and the state of the first as it is."""
        arns = self.arns_of(call)
        state = self.state_of(arns[0], call) if arns else None
        return KeysSeen(arns, state, state)

    def arns_of(self, call: Call) -> tuple[str, ...]:
        """The key ARNs of those that are there."""
        named = (*identifiers_in(call), *named_within(call))
        found = (self._engine.look_up(name, call.region, call.account, _arn) for name in named)
        return tuple(dict.fromkeys(arn for arn in found if arn is not None))

    def state_of(self, arn: str, call: Call) -> KeyState | None:
        """The state of a KMS key that a call is about; None where it is gone."""
        return self._engine.look_up(arn, call.region, call.account, _state)

    def names_of(self, call: Call) -> Collection[str]:
        """What the KMS keys of a call are called: as the call names them, by key ID and by key ARN."""
        names = (*identifiers_in(call), *self.arns_of(call))
        return {*names, *(name.rpartition("/")[2] for name in names if ":key/" in name)}


def _arn(key: Key) -> str:
    return key.arn


def _state(key: Key) -> KeyState:
    return key.state
