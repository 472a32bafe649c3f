"""What a network does to an answer, as data: transports play it, on a socket or through a client's HTTP session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from .aws_json import WireResponse

_OK = 200


class Opening(Enum):
    """What becomes of a connection that a client opens."""

    OPEN = auto()
    TIMED_OUT = auto()
    REFUSED = auto()
    UNTRUSTED = auto()  # by TLS, for its certificate
    REFUSED_BY_PROXY = auto()


class Sent(Enum):
    """What of an answer goes over the wire."""

    NOTHING = auto()
    HALF_OF_BODY = auto()
    HALF_IN_CHUNKS = auto()
    NO_BODY = auto()  # and a Content-Length that says so


class Ending(Enum):
    """What comes after that."""

    CLOSED = auto()
    RESET = auto()
    SILENCE = auto()


@dataclass(frozen=True, slots=True)
class NetworkEvent:
    """One thing that the network does to a call."""

    opening: Opening = Opening.OPEN
    sent: Sent = Sent.NOTHING
    ending: Ending = Ending.CLOSED

    @property
    def name(self) -> str:
        """What a journal calls it where it is not known what a client makes of it; empty where the answer is whole."""
        return _NAMES.get((self.sent, self.ending), "")

    def bytes_of(self, response: WireResponse) -> bytes:
        """What goes over the wire of an answer, as HTTP/1.1 has it."""
        return _SENT[self.sent](response)


def as_http(response: WireResponse) -> bytes:
    """An answer as HTTP/1.1 has it."""
    head = [f"HTTP/1.1 {response.status} {'OK' if response.status == _OK else ''}"]
    head += [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join([*head, "", ""]).encode() + response.body


def _half(response: WireResponse) -> bytes:
    sent = as_http(response)
    return sent[: len(sent) - (len(response.body) + 1) // 2]


def _half_in_chunks(response: WireResponse) -> bytes:
    headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
    headers["Transfer-Encoding"] = "chunked"
    half = response.body[: len(response.body) // 2]
    chunk = b"%x\r\n%b\r\n" % (len(half), half) if half else b""
    return as_http(response._replace(headers=headers, body=chunk))


def _without_body(response: WireResponse) -> bytes:
    return as_http(WireResponse(_OK, {**response.headers, "Content-Length": "0"}, b""))


_SENT: Mapping[Sent, Callable[[WireResponse], bytes]] = {
    Sent.NOTHING: lambda _: b"",
    Sent.HALF_OF_BODY: _half,
    Sent.HALF_IN_CHUNKS: _half_in_chunks,
    Sent.NO_BODY: _without_body,
}


_NAMES: Mapping[tuple[Sent, Ending], str] = {
    (Sent.NOTHING, Ending.CLOSED): "ConnectionClosed",
    (Sent.NOTHING, Ending.RESET): "ConnectionReset",
    (Sent.NOTHING, Ending.SILENCE): "ReadTimeout",
    (Sent.HALF_OF_BODY, Ending.CLOSED): "TruncatedBody",
    (Sent.HALF_OF_BODY, Ending.SILENCE): "StalledBody",
    (Sent.HALF_IN_CHUNKS, Ending.CLOSED): "TruncatedChunks",
}


#: What a client sees of an answer that is late for it.
READ_TIMEOUT = NetworkEvent(ending=Ending.SILENCE)


class Delay(NamedTuple):
    """How late an answer comes, in seconds, and whether that really takes them or only moves the mock's clock."""

    seconds: float
    really: bool
