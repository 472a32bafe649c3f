"""What writes down every call.

The journal stands around everything that answers a call, and what it makes of that has the same shape.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import Lock

from ._calls import CallRecord, Calls
from ._fault import Fault, Undelivered
from .engine.engine import Answer, Call, Response
from .engine.errors import KmsError, NotOffered
from .engine.states import CHANGING, KeyState

#: The outcome of a call that is under way, or was given up where nobody could say so.
_UNFINISHED = "Unfinished"

#: What else wants to know of every attempt, when it has been answered; for a whole test run.
watchers: list[Callable[[CallRecord], None]] = []


class Journal:
    """Keeps the last calls that came through it.

    ``limit`` is how many; attempts at one call share a record. ``see_state`` gives the state of the KMS key that a call
    names.
    """

    def __init__(self, now: Callable[[], datetime], limit: int, see_state: Callable[[Call], str | None]) -> None:
        self._now = now
        self._limit = limit
        self._see_state = see_state
        self._records: OrderedDict[str, CallRecord] = OrderedDict()
        self._lock = Lock()

    def around(self, answer: Answer) -> Answer:
        """Pass calls on to ``answer`` and write down what comes of them."""
        return partial(self._pass_on, answer)

    def _pass_on(self, answer: Answer, call: Call) -> Response:
        record = self._enter(call)
        if record.attempts == 1:
            record.key_state_before = self._see_state(call)
        try:
            response = _noted(record, answer, call)
        finally:
            may_differ = call.operation in CHANGING or record.faults  # somebody else may have acted
            record.key_state_after = self._see_state(call) if may_differ else record.key_state_before
            for watch in watchers:
                watch(record)
        record._response = response  # noqa: SLF001  shown redacted only
        if record.key_state_after is None:
            state = response.get("KeyMetadata", {}).get("KeyState")
            record.key_state_after = state and KeyState(state).value
        return response

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
            return Calls(list(self._records.values()))

    def snapshot(self) -> OrderedDict[str, CallRecord]:
        """The calls so far, for ``restore``."""
        with self._lock:
            return self._records.copy()

    def restore(self, snapshot: OrderedDict[str, CallRecord]) -> None:
        """Forget the calls since a snapshot."""
        with self._lock:
            self._records = snapshot.copy()

    def _find(self, invocation: str) -> CallRecord | None:
        return self._records.get(invocation)

    def _enter(self, call: Call) -> CallRecord:
        with self._lock:
            record = self._records.get(call.invocation)
            if record is not None:
                record.attempts += 1
                record.note(_UNFINISHED)
                return record
            record = CallRecord(self._now(), call)
            record.note(_UNFINISHED)
            self._records[call.invocation] = record
            if len(self._records) > self._limit:
                self._records.popitem(last=False)
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
