"""What writes down every call.

The journal stands around everything that answers a call, and what it makes of that has the same shape.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import Lock
from typing import NamedTuple

from ..engine.engine import Answer, Call, Response
from ..engine.errors import KmsError, NotOffered
from ..engine.operations import OPERATIONS
from ..engine.states import KeyState
from .calls import CallRecord, Calls, Outcome
from .fault import Fault, Undelivered
from .named_keys import NamedKeys, arns_in

#: The outcome of a call that is under way, or was given up where nobody could say so.
_UNFINISHED = "Unfinished"

#: What else wants to know of every attempt, when it has been answered; for a whole test run.
watchers: list[Callable[[CallRecord], None]] = []


class Kept(NamedTuple):
    """What a journal holds: the last calls, by invocation, and of those before how many came out how."""

    records: OrderedDict[str, CallRecord]
    earlier: Counter[Outcome]

    def copy(self) -> Kept:
        """The same, to stay as it is."""
        return Kept(self.records.copy(), self.earlier.copy())


class Journal:
    """Keeps the last calls that came through it.

    ``limit`` is how many; attempts at one call share a record. ``keys`` finds the KMS keys that a call is about.
    ``let_go`` is told of every call that is not kept any more.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        limit: int,
        keys: NamedKeys,
        let_go: Callable[[CallRecord], None],
    ) -> None:
        self._now = now
        self._limit = limit
        self._keys = keys
        self._let_go = let_go
        self._kept = Kept(OrderedDict(), Counter())
        self._lock = Lock()

    def around(self, answer: Answer) -> Answer:
        """Pass calls on to ``answer`` and write down what comes of them."""
        return partial(self._pass_on, answer)

    def _pass_on(self, answer: Answer, call: Call) -> Response:
        record = self._enter(call)
        if record.attempts == 1:
            record.key_arns = self._keys.arns_of(call)
            record.key_state_before = self._state_of(record, call)
        try:
            response = _noted(record, answer, call)
        finally:
            may_differ = (
                record.faults or call.operation not in OPERATIONS or OPERATIONS[call.operation].traits.changes
            )  # somebody else may have acted
            record.key_state_after = self._state_of(record, call) if may_differ else record.key_state_before
            for watch in watchers:
                watch(record)
        record._response = response  # noqa: SLF001  shown redacted only
        record.key_arns = tuple(dict.fromkeys((*record.key_arns, *arns_in(response))))
        if record.key_state_after is None:
            state = response.get("KeyMetadata", {}).get("KeyState")
            record.key_state_after = state and KeyState(state).value
        return response

    def _state_of(self, record: CallRecord, call: Call) -> str | None:
        """The state of the KMS key that comes first in a call."""
        return self._keys.state_of(record.key_arns[0], call) if record.key_arns else None

    def record_of(self, call: Call) -> CallRecord:
        """A record of a call as it comes, which is not in the journal."""
        return CallRecord(self._now(), call)

    def note_refusal(self, call: Call, error: KmsError) -> None:
        """Write down a call that was refused before it could be read."""
        self._enter(call).note(error.code, error.message, error.diagnosis)

    def note_outcome(self, invocation: str, error: str | None, message: str = "", diagnosis: str = "") -> None:
        """Write down what the client got for an attempt, where a fault has seen to that."""
        if (record := self._find(invocation)) is not None:
            record.note(error, message, diagnosis)

    def note_delivered(self, invocation: str) -> None:
        """Write down that the client got the answer to an attempt, unless it is known what it got."""
        if (record := self._find(invocation)) is not None and record.error == _UNFINISHED:
            record.note(None)

    def note_fault(self, call: Call, fault: Fault) -> None:
        """Write down that a fault has struck an attempt."""
        if (record := self._find(call.invocation)) is not None:
            record.faults += (fault,)

    def effects_of(self, call: Call) -> int:
        """How many attempts at a call AWS KMS has carried out so far."""
        record = self._find(call.invocation)
        return 0 if record is None else record.effects

    def note_effect(self, call: Call) -> None:
        """Write down that AWS KMS has carried an attempt out, which the client may never learn."""
        if (record := self._find(call.invocation)) is not None:
            record.effects += 1

    def note_delay(self, invocation: str, seconds: float) -> None:
        """Write down how long a client wanted to wait before it tries again."""
        if (record := self._find(invocation)) is not None:
            record.delays += (seconds,)

    @property
    def calls(self) -> Calls:
        """The calls so far, as they are now."""
        with self._lock:
            return Calls(list(self._kept.records.values()), self._kept.earlier.copy())

    def snapshot(self) -> Kept:
        """The calls so far, for ``restore``."""
        with self._lock:
            return self._kept.copy()

    def restore(self, snapshot: Kept) -> None:
        """Forget the calls since a snapshot."""
        with self._lock:
            before, self._kept = self._kept, snapshot.copy()
        for invocation, record in before.records.items():
            if invocation not in snapshot.records:
                self._let_go(record)

    def clear(self) -> None:
        """Forget all calls."""
        self.restore(Kept(OrderedDict(), Counter()))

    def _find(self, invocation: str) -> CallRecord | None:
        return self._kept.records.get(invocation)

    def _enter(self, call: Call) -> CallRecord:
        gone = None
        with self._lock:
            records, earlier = self._kept
            record = records.get(call.invocation)
            if record is not None:
                record.attempts += 1
                record.note(_UNFINISHED)
                return record
            record = records[call.invocation] = CallRecord(self._now(), call)
            record.note(_UNFINISHED)
            if len(records) > self._limit:
                _, gone = records.popitem(last=False)
                earlier[gone.operation, gone.error] += 1
        if gone is not None:
            self._let_go(gone)
        return record


def _noted(record: CallRecord, answer: Answer, call: Call) -> Response:
    """The answer to an attempt, written down; of what ends it otherwise, the name alone, for nobody knows the text."""
    try:
        response = answer(call)
    except KmsError as error:
        record.note(error.code, error.message, error.diagnosis)
        raise
    except Undelivered:  # what the client gets is written down when that is known
        raise
    except BaseException as error:
        record.note(type(error).__name__, str(error) if isinstance(error, NotOffered) else "")
        raise
    record.note(None)
    return response
