"""Requests and responses without what may be secret in them."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

__tracebackhide__ = True

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
