"""Calls as a test looks at them: what was asked and what was answered; secrets redacted."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, overload

from ._fault import Fault
from .engine.engine import Call, Response

_FINGERPRINT_KEY = secrets.token_bytes(32)


class Redacted:
    """A blob in the journal: its length, and nothing that its content could be told from.

    It compares equal to the bytes that it stands for, so that a test can ask whether it was sent these.
    """

    __slots__ = ("_fingerprint", "length")

    def __init__(self, blob: bytes) -> None:
        self.length = len(blob)
        self._fingerprint = _fingerprint(blob)

    def __repr__(self) -> str:
        return f"<{self.length} bytes>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Redacted):
            return self._fingerprint == other._fingerprint
        if isinstance(other, (bytes, bytearray)):
            return self._fingerprint == _fingerprint(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._fingerprint)


def _fingerprint(blob: bytes | bytearray) -> bytes:
    return hashlib.blake2b(blob, key=_FINGERPRINT_KEY, digest_size=16).digest()


def redact(value: Any) -> Any:  # noqa: ANN401  any value of a request or response
    """A request or response without the content of its blobs, which may be secret wherever they stand."""
    if isinstance(value, bytes):
        return Redacted(value)
    if isinstance(value, dict):
        return {name: redact(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(item) for item in value]
    return value


class CallRecord:
    """One call of the code under test, with all the attempts that its client made.

    ``time`` is the mock's, when the first attempt came. ``error`` is AWS's code for a refusal, or the name of the
    mock's own complaint or of the exception that a fault of the network, or anything else, has ended the call with;
    ``Unfinished`` while it is under way; None for a call that succeeded. ``message`` is the text that came with it,
    empty where AWS sends none. ``diagnosis`` is the likely cause and the cure of a refusal, for you and never on the
    wire; empty where there is nothing to add.

    ``attempts`` counts what went over the wire, ``delays`` are the seconds that botocore wanted to wait before each
    further attempt. ``faults`` are the planned faults that struck, in order. ``effects`` counts the attempts that AWS
    KMS carried out, whether or not the client learned of it. ``key_state_before`` and ``key_state_after`` are the
    states of the KMS key that the call is about, before the first attempt and after the last; None without one.
    """

    __slots__ = (
        "_call",
        "_response",
        "attempts",
        "delays",
        "diagnosis",
        "effects",
        "error",
        "faults",
        "key_state_after",
        "key_state_before",
        "message",
        "time",
    )

    def __init__(self, time: datetime, call: Call) -> None:
        self.time = time
        self.error: str | None = None
        self.message = ""
        self.diagnosis = ""
        self.attempts = 1
        self.delays: tuple[float, ...] = ()
        self.faults: tuple[Fault, ...] = ()
        self.effects = 0
        self.key_state_before: str | None = None
        self.key_state_after: str | None = None
        self._call = call
        self._response: Response | None = None

    def note(self, error: str | None, message: str = "", diagnosis: str = "") -> None:
        """Write down the outcome of an attempt."""
        self.error, self.message, self.diagnosis = error, message, diagnosis

    @property
    def operation(self) -> str:
        """The operation, in AWS's spelling."""
        return self._call.operation

    @property
    def region(self) -> str:
        """The Region that was called."""
        return self._call.region

    @property
    def account(self) -> str:
        """The account that called."""
        return self._call.account

    @property
    def request(self) -> dict[str, Any]:
        """The members of the request; blobs are ``Redacted``."""
        redacted: dict[str, Any] = redact(self._call.members)
        return redacted

    @property
    def response(self) -> dict[str, Any] | None:
        """The members of the response, blobs ``Redacted``; None for a call that was refused."""
        redacted: dict[str, Any] | None = redact(self._response)
        return redacted

    @property
    def key_id(self) -> str | None:
        """The KMS key that the request names, as it names it; None where it names none."""
        key_id: str | None = self._call.members.get("KeyId")
        return key_id

    def __repr__(self) -> str:
        about = f" {self.key_id}" if self.key_id else ""
        attempts = f", {self.attempts} attempts" if self.attempts > 1 else ""
        faults = f", struck by {', '.join(fault.id for fault in self.faults)}" if self.faults else ""
        return f"<{self.operation} {self.region}{about}: {self.error or 'ok'}{attempts}{faults}>"


def members_of(record: CallRecord) -> Mapping[str, Any]:
    """A request as it came, for those who look for secrets in it."""
    return record._call.members  # noqa: SLF001  not for users


class Calls(Sequence[CallRecord]):
    """Calls in the order in which they came."""

    def __init__(self, records: Sequence[CallRecord]) -> None:
        self._records = tuple(records)

    @overload
    def __getitem__(self, index: int) -> CallRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Calls: ...
    def __getitem__(self, index: int | slice) -> CallRecord | Calls:
        if isinstance(index, slice):
            return Calls(self._records[index])
        return self._records[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[CallRecord]:
        return iter(self._records)

    def __eq__(self, other: object) -> bool:
        """Whether these are the same calls, so that ``mock.calls.to("Encrypt") == []`` says what it seems to say."""
        if not isinstance(other, (Calls, list, tuple)):
            return NotImplemented
        return self._records == tuple(other)

    def __hash__(self) -> int:
        return hash(self._records)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {record!r}" for record in self._records)
        return f"<{len(self)} calls{lines}>"

    def to(self, *operations: str) -> Calls:
        """The calls of these operations: ``calls.to("ImportKeyMaterial")``."""
        return Calls([record for record in self._records if record.operation in operations])

    def about(self, key_id: str) -> Calls:
        """The calls that name this KMS key, by key ID or key ARN."""
        bare = key_id.rpartition("/")[2]
        return Calls([record for record in self._records if (record.key_id or "").rpartition("/")[2] == bare])

    def refused(self, code: str | None = None) -> Calls:
        """The calls that were refused, with any error code or with this one."""
        return Calls([r for r in self._records if r.error is not None and code in {None, r.error}])
