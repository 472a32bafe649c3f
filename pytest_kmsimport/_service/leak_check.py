"""What the option ``check_leaks`` watches: the log, and what is sent."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from threading import Lock

from .call_record import CallRecord
from .calls import Calls
from .leaks import Leak, Secrets, leaks_in, list_of, requests_of

__tracebackhide__ = True

_MOST_KEPT = 16_000_000  # characters
_ANSWERS = "botocore.parsers"  # logs what AWS KMS answers, which nobody has sent


class Watched:
    """Texts in which no secret may be, the last sixteen million characters of them.

    Those before were looked through when they were let go. Only key material can have been in them before it was
    known; answers bring what was nowhere.
    """

    def __init__(self, secrets: Secrets, what: str) -> None:
        self._secrets = secrets
        self._what = what
        self._new: deque[tuple[str, str]] = deque()
        self._old: deque[tuple[str, str]] = deque()  # looked through for all secrets but the latest key materials
        self._size = 0
        self._known = 0  # how many key materials were looked for in the old ones
        self._known_at_last: int | None = None  # how many were looked for in the last text that was let go
        self._found: dict[Leak, None] = {}
        self._lock = Lock()

    def add(self, text: str, where: str) -> None:
        """Keep a text until there are too many."""
        with self._lock:
            self._new.append((text, where))
            self._size += len(text)
            if self._size > _MOST_KEPT:
                self._look_through()
                while self._size > _MOST_KEPT // 2:
                    self._size -= len(self._old.popleft()[0])
                self._known_at_last = self._known

    def leaks(self) -> list[object]:
        """The leaks so far, and which key materials nobody can tell of."""
        with self._lock:
            self._look_through()
            unsure = [] if self._known_at_last is None else self._secrets.materials_since(self._known_at_last).values()
        text = "{} was imported when too much had been {} to look for it in all of that"
        return [*self._found, *dict.fromkeys(text.format(name, self._what) for name in unsure)]

    def _look_through(self) -> None:
        latest = self._secrets.materials_since(self._known)
        self._known += len(latest)
        if latest:
            self._found.update(dict.fromkeys(leaks_in(self._old, latest)))
        self._found.update(dict.fromkeys(leaks_in(self._new, self._secrets.named)))
        self._old += self._new
        self._new.clear()


class LogWatch(logging.Handler):
    """Hands on everything that is logged, of all levels that the loggers let through.

    botocore's account of what AWS KMS has answered is left out; that of what was sent is not.
    """

    def __init__(self, note: Callable[[str, str], None]) -> None:
        super().__init__(logging.NOTSET)
        self._note = note
        self._formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Take what is logged."""
        if record.name == _ANSWERS:
            return
        try:
            line = self._formatter.format(record)
        except Exception:  # noqa: BLE001  as every handler of logging does
            self.handleError(record)
        else:
            self._note(line, f"the log of {record.name}")


class LeakCheck:
    """Looks for the secrets of one mock; with ``watches``, what the option asks for, in the log and all requests too.

    It lives as long as its mock, whatever that forgets or goes back to.
    """

    def __init__(self, *, watches: bool) -> None:
        self.secrets = Secrets()
        self.watches = watches
        self._logged = Watched(self.secrets, "logged")
        self._sent = Watched(self.secrets, "sent")
        self._gone = Watched(self.secrets, "sent")  # requests to AWS KMS that the journal does not have any more
        self._log = LogWatch(self._logged.add) if watches else None
        self._reported: set[object] = set()

    @property
    def lock_owners(self) -> tuple[object, ...]:
        """What has a lock, for the sake of processes that are forked off."""
        return (self.secrets, self._logged, self._sent, self._gone)

    def start(self) -> None:
        """Watch the log from now on."""
        if self._log is not None:
            logging.getLogger().addHandler(self._log)

    def stop(self) -> None:
        """Watch no longer; what was seen is kept."""
        if self._log is not None:
            logging.getLogger().removeHandler(self._log)

    def note_other_request(self, service: str, operation: str, body: object) -> None:
        """Take down what is sent to another service, for a mock that watches."""
        sent = _read(body) if self.watches else b""
        if sent:
            self._sent.add(sent.decode("latin-1"), f"the request {service}.{operation}")

    def note_forgotten(self, record: CallRecord) -> None:
        """Take down the request of a call that leaves the journal, for a mock that watches."""
        if self.watches:
            for text, where in requests_of(Calls([record])):
                self._gone.add(text, where)

    def leaks(self, calls: Calls, texts: Iterable[tuple[str, str]]) -> Iterator[object]:
        """The leaks in requests, in the log, and in texts of which it is said where they come from."""
        yield from leaks_in((*requests_of(calls), *texts), self.secrets.named)
        yield from (*self._logged.leaks(), *self._sent.leaks())
        if self.secrets.forgotten:
            yield f"{self.secrets.forgotten} secrets are no longer known, so that nobody can tell where they are"

    def new_leaks(self, calls: Calls, texts: Iterable[tuple[str, str]]) -> str:
        """What a test is told that asks for the check, each leak once."""
        leaks = [leak for leak in (*self.leaks(calls, texts), *self._gone.leaks()) if leak not in self._reported]
        self._reported.update(leaks)
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
    start = body.tell() if hasattr(body, "tell") else 0  # botocore's own streams cannot tell
    sent = read()
    seek(start)
    return sent.encode() if isinstance(sent, str) else bytes(sent)
