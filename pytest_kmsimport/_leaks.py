"""Secrets where they must not be: in logs, in what a test prints, in requests.

A secret is looked for as raw bytes (also as Python prints them), as hex and as base64, wherever it starts in what was
encoded. What is said about a leak does not repeat it.
"""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from ._calls import Calls, members_of

#: Shorter ones are found anywhere by chance.
SHORTEST = 8  # bytes
_MOST = 1000  # secrets that one mock remembers
_SEPARATORS = re.compile(r"\\[nr]|[\s:]")  # within hex and base64, also where a line break is shown as two characters
_ANSWERS = "botocore.parsers"  # logs what AWS KMS answers, which nobody has sent

#: Members of answers that are secret, and what they are.
SECRET_MEMBERS = {
    "Plaintext": "the plaintext data key",
    "PrivateKeyPlaintext": "the private key of the data key pair",
    "SharedSecret": "the shared secret",
}
#: Operations that answer with a secret that is made for the caller.
MAKING_SECRETS = {
    "Decapsulate",
    "DeriveSharedSecret",
    "Encapsulate",
    "GenerateDataKey",
    "GenerateDataKeyPair",
}


class SecretLeaked(AssertionError):  # noqa: N818  a failure of the test, named for what happened
    """A secret was found where it must not be."""

    __module__ = "pytest_kmsimport"  # where users find it


class Leak(NamedTuple):
    """One secret in one place, in words that do not repeat it."""

    secret: str
    form: str
    where: str

    def __str__(self) -> str:
        return f"{self.secret} is in {self.where}, as {self.form}"


class Secrets:
    """The secrets that a mock knows of, the last ones."""

    def __init__(self) -> None:
        self._named: OrderedDict[bytes, str] = OrderedDict()

    def __repr__(self) -> str:
        return f"<{len(self._named)} secrets>"

    def note(self, secret: bytes | None, name: str) -> None:
        """Remember a secret, under words that tell it from others."""
        if secret is not None and len(secret) >= SHORTEST:
            self._named.setdefault(secret, name)
            if len(self._named) > _MOST:
                self._named.popitem(last=False)

    def note_answer(self, operation: str, response: Mapping[str, object]) -> None:
        """Remember what an answer brings the caller that is secret."""
        for member, what in SECRET_MEMBERS.items():
            secret = response.get(member)
            if isinstance(secret, bytes):
                self.note(secret, f"{what} from {operation}")

    def in_calls(self, calls: Calls) -> Iterator[Leak]:
        """The leaks in the requests of calls."""
        for record in calls:
            for member, text in texts_in(members_of(record)):
                yield from self.in_text(text, f"the request {record.operation}, member {member}")

    def in_text(self, text: str, where: str) -> Iterator[Leak]:
        """The leaks in a text."""
        haystack = Haystack(text)
        for secret, name in self._named.items():
            if form := haystack.has(secret):
                yield Leak(name, form, where)

    def redact(self, text: str) -> str:
        """A text without the secrets, as far as they stand in it in one piece."""
        for secret in self._named:
            for form in (*_as_raw(secret), secret.hex(), secret.hex().upper(), b64encode(secret).decode()):
                text = text.replace(form, "<redacted>")
        return text


def texts_in(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """The texts and blobs of a request, with the members that they stand in."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from texts_in(item, f"{path}.{name}" if path else name)
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from texts_in(item, f"{path}[{number}]")
    elif isinstance(value, str):
        yield path, value
    elif isinstance(value, bytes):
        yield path, value.decode("latin-1")


class Haystack:
    """A text to look for secrets in."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._squeezed = _SEPARATORS.sub("", text)
        self._lower = self._squeezed.lower()
        self._standard = self._squeezed.replace("-", "+").replace("_", "/")  # base64 for URLs has these

    def has(self, secret: bytes) -> str:
        """The form in which the secret is there; empty where it is not."""
        if any(form in self._text for form in _as_raw(secret)):
            return "raw bytes"
        if secret.hex() in self._lower:
            return "hex"
        return "base64" if any(form in self._standard for form in _as_base64(secret)) else ""


@lru_cache(maxsize=64)
def _as_raw(secret: bytes) -> tuple[str, ...]:
    """The bytes themselves, decoded in the usual ways, and as Python shows them between either quotes."""
    shown = repr(secret)[2:-1]
    forms = [secret.decode("latin-1"), shown, shown.replace("'", r"\'"), shown.replace(r"\'", "'")]
    with suppress(UnicodeDecodeError):
        forms.append(secret.decode())
    return tuple(dict.fromkeys(forms))


@lru_cache(maxsize=64)
def _as_base64(secret: bytes) -> tuple[str, ...]:
    """What of the secret's base64 does not depend on its neighbours, for each place in a group of three bytes."""
    forms = []
    for before in range(3):
        encoded = b64encode(bytes(before) + secret).decode()
        first = -(-before * 4 // 3)  # characters that the bytes before have a part in
        last = (before + len(secret)) * 8 // 6  # characters that are of the secret alone
        forms.append(encoded[first:last])
    return tuple(forms)


def leaks_of(secret: bytes, calls: Calls) -> Iterator[Leak]:
    """The leaks of one secret in the requests of calls; raises ValueError for a short one."""
    if not isinstance(secret, (bytes, bytearray)) or len(secret) < SHORTEST:
        raise ValueError(f"A secret has {SHORTEST} bytes or more: shorter ones are anywhere by chance.")
    secrets = Secrets()
    secrets.note(bytes(secret), "the secret")
    return secrets.in_calls(calls)


class LogWatch(logging.Handler):
    """Looks for secrets in everything that is logged, of all levels that the loggers let through.

    botocore's account of what AWS KMS has answered is left out; that of what was sent is not.
    """

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self._lines: list[tuple[str, str]] = []
        self._formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is logged until it is looked through."""
        if record.name != _ANSWERS:
            self._lines.append((record.name, self._formatter.format(record)))

    def leaks(self, secrets: Secrets) -> Iterator[Leak]:
        """The leaks in what was logged so far."""
        for logger, line in self._lines:
            yield from secrets.in_text(line, f"the log of {logger}")


class LeakCheck:
    """Looks for the secrets of one mock; with ``watches``, what the option asks for, in the log too."""

    def __init__(self, secrets: Secrets, *, watches: bool) -> None:
        self.secrets = secrets
        self.watches = watches
        self._log = LogWatch()
        self._overheard: list[tuple[str, str]] = []
        self._told: set[Leak] = set()

    def start(self) -> None:
        """Watch the log from now on."""
        if self.watches:
            logging.getLogger().addHandler(self._log)

    def stop(self) -> None:
        """Watch no longer; what was seen is kept."""
        logging.getLogger().removeHandler(self._log)

    def overhear(self, service: str, operation: str, body: object) -> None:
        """Take down what is sent to another service, for a mock that watches."""
        sent = _read(body) if self.watches else b""
        if sent:
            self._overheard.append((sent.decode("latin-1"), f"the request {service}.{operation}"))

    def leaks(self, calls: Calls, texts: Iterable[tuple[str, str]]) -> Iterator[Leak]:
        """The leaks in requests, in the log, and in texts of which it is said where they come from."""
        yield from self.secrets.in_calls(calls)
        yield from self._log.leaks(self.secrets)
        for text, where in (*self._overheard, *texts):
            yield from self.secrets.in_text(text, where)

    def news(self, calls: Calls, texts: Iterable[tuple[str, str]]) -> str:
        """What a test is told that asks for the check, each leak once."""
        leaks = [leak for leak in self.leaks(calls, texts) if leak not in self._told] if self.watches else []
        self._told.update(leaks)
        return list_of(leaks)


def _read(body: object) -> bytes:
    """The bytes of a request's body, which may be a stream that can be rewound; others are left alone."""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    read, seek = getattr(body, "read", None), getattr(body, "seek", None)
    if read is None or seek is None:
        return b""
    sent: bytes = read()
    seek(0)
    return sent


def list_of(leaks: Iterable[Leak]) -> str:
    """What a test is told of leaks, each once; empty where there are none."""
    lines = list(dict.fromkeys(map(str, leaks)))
    return "\n  ".join([f"{len(lines)} leak{'s' * (len(lines) > 1)} of secrets:", *lines]) if lines else ""


def refuse(leaks: str) -> None:
    """Raise SecretLeaked where there is something to tell."""
    if leaks:
        raise SecretLeaked(leaks)
