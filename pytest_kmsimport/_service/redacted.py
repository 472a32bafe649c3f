"""Requests and responses without what may be secret in them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from typing import Any

__tracebackhide__ = True

_FINGERPRINT_KEY = secrets.token_bytes(32)


class Redacted:
    """A blob, or a password, in the journal: its length, and nothing that its content could be told from.

    It compares equal to the bytes or the text that it stands for, so that a test can ask whether it was sent these.
    """

    __slots__ = ("_fingerprint", "_unit", "length")

    def __init__(self, secret: bytes | str) -> None:
        self.length = len(secret)
        self._unit = "characters" if isinstance(secret, str) else "bytes"
        self._fingerprint = _fingerprint(secret)

    def __repr__(self) -> str:
        return f"<{self.length} {self._unit}>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Redacted):
            return self._fingerprint == other._fingerprint
        if isinstance(other, (bytes, bytearray, str)):
            return self._fingerprint == _fingerprint(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._fingerprint)


def _fingerprint(secret: bytes | bytearray | str) -> bytes:
    """What tells it from others; a text is never equal to bytes."""
    kind, blob = (b"text", secret.encode("utf-8", "surrogatepass")) if isinstance(secret, str) else (b"", secret)
    return hashlib.blake2b(blob, key=_FINGERPRINT_KEY, digest_size=16, person=kind).digest()


def redact(value: Any, *, texts: bool = False) -> Any:  # noqa: ANN401  any value of a request or response
    """A request or response without the content of its blobs, which may be secret wherever they stand.

    With ``texts``, without that of any text in it either.
    """
    if isinstance(value, bytes):
        return Redacted(value)
    if texts and isinstance(value, str):
        return Redacted(value)
    if isinstance(value, dict):
        return {name: redact(item, texts=texts) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(item, texts=texts) for item in value]
    return value


def redact_request(members: Mapping[str, Any], confided: Collection[str]) -> dict[str, Any]:
    """The members of a request as they can be shown, without the texts of those that are ``confided`` to AWS."""
    return {name: redact(value, texts=name in confided) for name, value in members.items()}
