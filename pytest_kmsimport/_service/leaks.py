"""Leaks: secrets that a mock knows of, and texts in which they must not be.

What is said about a leak does not repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from threading import Lock
from typing import NamedTuple

from botocore.model import StructureShape
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from .._wire.model import kms_model
from ..engine.failures import Failure
from .call_record import members_of
from .calls import Calls
from .finder import Finder
from .readings import SHORTEST, readings, usual_forms, written_forms

__tracebackhide__ = True

_MOST = 100_000  # secrets of each kind that one mock remembers
_DER_SEQUENCE = b"\x30"
_REDACTED = "<redacted>"
_ALL_REDACTED = "<redacted: there was a secret in this text>"


class SecretLeaked(Failure):
    """A secret was found where it must not be."""


class Leak(NamedTuple):
    """One secret in one place, in words that do not repeat it."""

    secret: str
    form: str
    where: str

    def __str__(self) -> str:
        return f"{self.secret} is in {self.where}, as {self.form}"


class Secrets:
    """The secrets that a mock knows of: key material, and what answers bring the caller.

    The last hundred thousand of each kind are remembered; ``forgotten`` says how many are not.
    """

    def __init__(self) -> None:
        self._materials: dict[bytes, str] = {}
        self._answered: dict[bytes, str] = {}
        self._lock = Lock()
        self.forgotten = 0

    def __repr__(self) -> str:
        return f"<{len(self._materials) + len(self._answered)} secrets>"

    def __reduce__(self) -> str:
        raise TypeError("The secrets of a mock stay in its process.")

    def note_key_material(self, plaintext: bytes | None, name: str) -> None:
        """Remember key material, under words that tell it from others."""
        if plaintext is not None and plaintext not in self._materials:
            for secret in (plaintext, *_private_numbers(plaintext)):
                self._note(self._materials, secret, name)

    def note_answer(self, operation: str, response: Mapping[str, object], secret_members: Mapping[str, str]) -> None:
        """Remember what an answer brings the caller that is secret, in these members, and what that is."""
        for member, what in secret_members.items():
            secret = response.get(member)
            if isinstance(secret, bytes):
                for part in (secret, *_private_numbers(secret)):
                    self._note(self._answered, part, f"{what} from {operation}")

    def _note(self, known: dict[bytes, str], secret: bytes, name: str) -> None:
        if len(secret) < SHORTEST:
            return
        with self._lock:
            known.setdefault(secret, name)
            if len(known) > _MOST:
                del known[next(iter(known))]
                self.forgotten += 1

    @property
    def named(self) -> dict[bytes, str]:
        """All of them, with their names."""
        with self._lock:
            return {**self._answered, **self._materials}

    def materials_since(self, number: int) -> dict[bytes, str]:
        """The key materials but for the first so many."""
        with self._lock:
            return dict(list(self._materials.items())[number:])

    @property
    def number_of_materials(self) -> int:
        """How many key materials are known."""
        return len(self._materials)

    def redaction_of(self, text: str) -> Redaction:
        """What takes those secrets that are in a text out of it, and out of parts of it."""
        return Redaction({secret for _, secret in search(text, self.named)})


def _private_numbers(secret: bytes) -> Iterator[bytes]:
    """What is secret in a private key whatever format it is written in; nothing for other secrets."""
    if not secret.startswith(_DER_SEQUENCE):
        return
    try:
        key = load_der_private_key(secret, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return
    if isinstance(key, RSAPrivateKey):
        for prime in (key.private_numbers().p, key.private_numbers().q):
            yield prime.to_bytes(-(-prime.bit_length() // 8), "big")
    elif isinstance(key, EllipticCurvePrivateKey):
        yield key.private_numbers().private_value.to_bytes(-(-key.key_size // 8), "big")
    elif hasattr(key, "private_bytes_raw"):
        yield key.private_bytes_raw()


# Looking for secrets


def search(text: str, named: Mapping[bytes, str]) -> Iterator[tuple[str, bytes]]:
    """The secrets that are in a text, and the form in which they are found first.

    The time that it takes grows with the text and with the secrets, and not with both at once.
    """
    return Index(named).search(text)


class Index:
    """Secrets, to be looked for all at once, in whatever form."""

    def __init__(self, secrets: Collection[bytes]) -> None:
        self._finder = Finder(secrets)

    def search(self, text: str) -> Iterator[tuple[str, bytes]]:
        """Those that are in a text, and the form in which each is found first."""
        seen: set[bytes] = set()
        for form, reading in readings(text) if self._finder else ():
            for secret, _ in self._finder.found_in(reading):
                if secret not in seen:
                    seen.add(secret)
                    yield form, secret


class Redaction:
    """Takes secrets out of texts; it is false where there are none to be taken out.

    The usual forms are found all at once; the others are looked for where a text still has the secret in it.
    """

    def __init__(self, secrets: Collection[bytes]) -> None:
        self._index = Index(secrets)
        self._usual = Finder({form for secret in secrets for form in usual_forms(secret)})
        self._others: dict[bytes, re.Pattern[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._usual)

    def __call__(self, text: str) -> str:
        """A text without the secrets: where they cannot be taken out of it, nothing of it is left."""
        text = self._without_usual(text)
        left = {secret for _, secret in self._index.search(text)}
        if not left:
            return text
        for secret in sorted(left, key=len, reverse=True):
            text = self._forms(secret).sub(_REDACTED, text)
        return _ALL_REDACTED if any(self._index.search(text)) else text

    def _without_usual(self, text: str) -> str:
        kept, end = [], 0
        for start, stop in _joined((at, at + len(form)) for form, at in self._usual.found_in(text)):
            kept.append(text[end:start])
            end = stop
        return _REDACTED.join([*kept, text[end:]])

    def _forms(self, secret: bytes) -> re.Pattern[str]:
        if secret not in self._others:
            self._others[secret] = written_forms(secret)
        return self._others[secret]


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans of a text in their order, those that overlap as one."""
    start = stop = 0
    for begin, end in sorted(spans):
        if begin < stop:
            stop = max(stop, end)
            continue
        if stop:
            yield start, stop
        start, stop = begin, end
    if stop:
        yield start, stop


def leaks_in(texts: Iterable[tuple[str, str]], named: Mapping[bytes, str]) -> Iterator[Leak]:
    """The leaks in texts, of which it is said where they come from."""
    index = Index(named)
    together: dict[str, list[str]] = {}
    for text, where in texts:
        together.setdefault(where, []).append(text)
    for where, parts in together.items():
        for form, secret in index.search("\n".join(parts)):
            yield Leak(named[secret], form, where)


def requests_of(calls: Calls) -> Iterator[tuple[str, str]]:
    """The texts and blobs in the requests of calls, and where they stand."""
    for record in calls:
        for member, text in texts_in(members_of(record)):
            yield text, f"the request {record.operation}, member {member}"


def texts_in(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """The texts and blobs of a request, with the members that they stand in; names that a caller chose are texts."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            is_member = name in _member_names()
            if not is_member:
                yield path, name
            yield from texts_in(item, (f"{path}.{name}" if path else name) if is_member else path)
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from texts_in(item, f"{path}[{number}]")
    elif isinstance(value, str):
        yield path, value
    elif isinstance(value, bytes):
        yield path, value.decode("latin-1")


@cache
def _member_names() -> frozenset[str]:
    """The names that AWS gives members of requests, rather than callers an item of their own."""
    model = kms_model()
    shapes = map(model.shape_for, model.shape_names)
    return frozenset(name for shape in shapes if isinstance(shape, StructureShape) for name in shape.members)


def secret_given(secret: object) -> dict[bytes, str]:
    """A secret that a test hands over, to be looked for.

    Raises TypeError for what is no bytes, ValueError for less than 8 bytes.
    """
    if not isinstance(secret, (bytes, bytearray, memoryview)):
        kind = type(secret).__name__
        raise TypeError(f"A secret is bytes, and this is a {kind}: pass the bytes, however they may have been written.")
    if len(secret) < SHORTEST:
        raise ValueError(f"A secret has {SHORTEST} bytes or more: shorter ones are anywhere by chance.")
    return {bytes(secret): "the secret"}


def list_of(leaks: Iterable[object]) -> str:
    """What a test is told of leaks, each once; empty where there are none."""
    lines = list(dict.fromkeys(map(str, leaks)))
    return "\n  ".join([f"{len(lines)} leak{'s' * (len(lines) > 1)} of secrets:", *lines]) if lines else ""


def refuse(leaks: str) -> None:
    """Raise SecretLeaked where there is something to tell."""
    if leaks:
        raise SecretLeaked(leaks)
