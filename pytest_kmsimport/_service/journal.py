"""The journal: what is written down of every call, once for each attempt, when it is known what its client got."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from botocore.exceptions import BotoCoreError

from ..engine.call import Call
from ..engine.errors import KmsError, NotOffered
from ..engine.operations.registry import traits_of
from .call_record import UNFINISHED, Answered, CallRecord, Outcome
from .calls import Calls
from .reply import Reply

#: What else wants to know of every attempt, when it has been answered; for a whole test run.
watchers: list[Callable[[CallRecord], None]] = []

_REPEATED = (
    "An earlier attempt at this call was carried out, its answer did not arrive, and botocore asked once more. Look at"
    " what is there before you do it again."
)


#: An attempt that has begun: the record of its call, its number, what it asks, and when it came. Others may have begun
#: by the time it ends.
Opened = tuple[CallRecord, int, Call, datetime]


class Kept(NamedTuple):
    """What a journal holds: the last calls, by invocation, and of those before how many came out how."""

    records: OrderedDict[str, CallRecord]
    earlier: Counter[Outcome]

    def copy(self) -> Kept:
        """The same, to stay as it is."""
        return Kept(self.records.copy(), self.earlier.copy())


class Journal:
    """Keeps the last calls.

    ``limit`` is how many; attempts at one call share a record. ``note_forgotten`` is told of every call that is not
    kept any more.
    """

    def __init__(self, now: Callable[[], datetime], limit: int, note_forgotten: Callable[[CallRecord], None]) -> None:
        self._now = now
        self._limit = limit
        self._note_forgotten = note_forgotten
        self._kept = Kept(OrderedDict(), Counter())
        self._lock = Lock()
        #: Is told of every attempt that AWS KMS has answered, where somebody wants to know.
        self.tell: Callable[[Answered], None] | None = None

    def open(self, call: Call) -> Opened:
        """Begin an attempt: the record of its call is unfinished then."""
        gone, now = None, self._now()
        with self._lock:
            records, earlier = self._kept
            record = records.get(call.invocation)
            if record is not None:
                record.attempts += 1
                record.note(UNFINISHED)
                record._response = None  # noqa: SLF001  of an attempt that somebody was not content with
                return record, record.attempts, call, now
            record = records[call.invocation] = CallRecord(now, call)
            if len(records) > self._limit:
                _, gone = records.popitem(last=False)
                earlier[gone.operation, gone.error] += 1
        if gone is not None:
            self._note_forgotten(gone)
        return record, 1, call, now

    def close(  # noqa: C901  every function more is called at every call
        self, opened: Opened, reply: Reply, failure: BaseException | str | None = None
    ) -> None:
        """End an attempt: ``failure`` is what its client got in the place of the reply's answer, or the name of that.

        What came of it is not the outcome of the call if its client has tried again already.
        """
        record, attempt, call, time = opened
        repeated = record.effects and isinstance(reply.result, KmsError)
        record.faults += reply.faults
        record.effects += reply.carried_out
        record.note_keys(reply.keys)
        record.decisions = reply.decisions or record.decisions
        answered = None
        result = reply.result if reply.lost is None else reply.lost
        if result is not None:
            answer = (result.code, result.message) if isinstance(result, KmsError) else result
            answered = (time, call, reply.keys.arns, answer, reply.recipient)
            record._answers += (answered,)  # noqa: SLF001  for the trail
        record._asked = reply.asked or record._asked  # noqa: SLF001  for policies alone
        if attempt != record.attempts:
            pass
        elif isinstance(failure, str):
            record.note(failure)
        elif failure is not None:
            record.note(type(failure).__name__, _text_of(failure))
        elif reply.instead is not None:
            record.note(str(reply.instead.status), "not answered by AWS KMS")
        elif isinstance(reply.result, KmsError):
            refusal = reply.result
            because = _REPEATED if repeated and not traits_of(record.operation).reads else ""
            record.note(refusal.code, refusal.message, f"{because} {refusal.diagnosis}".strip())
        else:
            record.error = None
            if reply.event is None:
                record._response = reply.result  # noqa: SLF001  shown redacted only
        try:
            for watch in watchers:
                watch(record)
        except BaseException as error:  # which the client gets
            record.note(type(error).__name__)
            record._response = None  # noqa: SLF001
            raise
        if self.tell is not None and answered is not None:
            self.tell(answered)

    def find(self, invocation: str) -> CallRecord | None:
        """The record of a call, None where it is not kept."""
        return self._kept.records.get(invocation)

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
                self._note_forgotten(record)

    def clear(self) -> None:
        """Forget all calls."""
        self.restore(Kept(OrderedDict(), Counter()))


def _text_of(failure: BaseException) -> str:
    """What an exception says, where that is botocore's or the mock's own; other texts may hold anything."""
    if isinstance(failure, NotOffered):
        return failure.reason
    return str(failure) if isinstance(failure, BotoCoreError) else ""
