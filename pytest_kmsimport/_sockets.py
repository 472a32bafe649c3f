"""What the network does to an answer, played through urllib3 and botocore's own HTTP session without a network.

An event is data: how the connection fails to open, or the bytes that arrive on it and how they end. The client's real
stack makes of it what it makes of the same event on a real socket, in every version of botocore and urllib3.
"""

from __future__ import annotations

import errno
import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader, BytesIO, RawIOBase
from typing import Any, NamedTuple

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPSConnection, AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from ._tracebacks import sealed
from ._wire import WireResponse

#: What urllib3 meets when it opens a connection.
FailToOpen = Callable[[Any], Exception]
#: The bytes of an answer as they go over the wire, from the answer as it should be.
Send = Callable[[WireResponse], bytes]


def _timed_out(connection: Any) -> Exception:  # noqa: ANN401  a connection of urllib3
    text = f"Connection to {connection.host} timed out. (connect timeout={connection.timeout})"
    return ConnectTimeoutError(connection, text)


def _refused(connection: Any) -> Exception:  # noqa: ANN401
    return NewConnectionError(connection, "Failed to establish a new connection: [Errno 111] Connection refused")


def _untrusted(_: Any) -> Exception:  # noqa: ANN401
    text = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
    return ssl.SSLCertVerificationError(1, text)


def _nothing(_: WireResponse) -> bytes:
    return b""


def _whole(response: WireResponse) -> bytes:
    head = [f"HTTP/1.1 {response.status} {'OK' if response.status == _OK else ''}"]
    head += [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join([*head, "", ""]).encode() + response.body


def _cut(response: WireResponse) -> bytes:
    sent = _whole(response)
    return sent[: len(sent) - (len(response.body) + 1) // 2]


def _cut_chunked(response: WireResponse) -> bytes:
    headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
    headers["Transfer-Encoding"] = "chunked"
    half = response.body[: len(response.body) // 2]
    chunk = b"%x\r\n%b\r\n" % (len(half), half) if half else b""
    return _whole(response._replace(headers=headers, body=chunk))


def _emptied(response: WireResponse) -> bytes:
    headers = {**response.headers, "Content-Length": "0"}
    return _whole(WireResponse(_OK, headers, b""))


_OK = 200


def _silence() -> OSError:
    return TimeoutError("timed out")


def _reset() -> OSError:
    return ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that the network does: ``fail`` to open, or ``send`` bytes until ``ending``.

    ``ending`` is what a read meets after the bytes: None for a connection closed in order, else an exception.
    """

    fail: FailToOpen | None = None
    send: Send = _nothing
    ending: Callable[[], OSError] | None = None
    by_proxy: bool = False


CONNECT_TIMEOUT = Event(fail=_timed_out)
ENDPOINT_UNREACHABLE = Event(fail=_refused)
TLS_ERROR = Event(fail=_untrusted)
PROXY_ERROR = Event(fail=_refused, by_proxy=True)
READ_TIMEOUT = Event(ending=_silence)
CONNECTION_CLOSED = Event()
CONNECTION_RESET = Event(ending=_reset)
TRUNCATED_BODY = Event(send=_cut)
TRUNCATED_CHUNKS = Event(send=_cut_chunked)
STALLED_BODY = Event(send=_cut, ending=_silence)
EMPTY_BODY = Event(send=_emptied)


class Delay(NamedTuple):
    """How late an answer comes, in seconds, and whether that really takes them or only moves the mock's clock."""

    seconds: float
    really: bool


class Delivery(NamedTuple):
    """An answer on its way to the client: what the network does to it, and what makes it come late."""

    response: WireResponse
    event: Event | None = None
    delays: tuple[Delay, ...] = ()


@sealed
def deliver(
    delivery: Delivery, request: AWSPreparedRequest, config: Config, wait: Callable[[Delay, float | None], None]
) -> AWSResponse:
    """Give a client its answer, or what becomes of that; ``wait`` lets time pass, as long as the client does.

    Raises the exception of ``botocore.exceptions`` that botocore's HTTP session raises.
    """
    response, event, delays = delivery
    for delay in delays:
        wait(delay, config.read_timeout)
        if config.read_timeout is not None and delay.seconds >= config.read_timeout:
            event = READ_TIMEOUT
    if event is not None:
        return play(event, request, response, config)
    return AWSResponse(request.url, response.status, response.headers, _Body(response.body))


class _Body(BytesIO):
    """The body of a response as botocore reads it from urllib3."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def play(event: Event, request: AWSPreparedRequest, response: WireResponse, config: Config) -> AWSResponse:
    """What the client's HTTP session makes of an answer to which an event happens.

    ``config`` is the client's: its timeouts and its proxy. Raises the exception of ``botocore.exceptions`` that the
    session raises for it.
    """
    proxies = (config.proxies or _SOME_PROXY) if event.by_proxy else None
    timeouts = (config.connect_timeout, config.read_timeout)
    return _Session(event, response, verify=False, proxies=proxies, timeout=timeouts).send(request)


_SOME_PROXY = {"http": "http://proxy.invalid:3128", "https": "http://proxy.invalid:3128"}


class _Session(URLLib3Session):  # type: ignore[misc]  # botocore ships no types
    """botocore's HTTP session with an event in the place of the network."""

    def __init__(self, event: Event, response: WireResponse, **options: Any) -> None:  # noqa: ANN401  botocore's own
        super().__init__(**options)
        self._event = event
        self._sent = event.send(response)

    def _get_connection_manager(self, url: str, proxy_url: str | None = None) -> _Session:
        self._manager = super()._get_connection_manager(url, proxy_url)
        return self

    def connection_from_url(self, url: str) -> Any:  # noqa: ANN401  a connection pool of urllib3
        """A pool of urllib3 whose connections the event happens to."""
        pool = self._manager.connection_from_url(url)
        event, sent = self._event, self._sent
        of_botocore = AWSHTTPSConnection if isinstance(pool, HTTPSConnectionPool) else AWSHTTPConnection

        class Connection(of_botocore):  # type: ignore[misc, valid-type]  # and not what others put in its place
            is_verified = True

            def connect(self) -> None:
                if event.fail is not None:
                    raise event.fail(self)
                self.sock = _Socket(sent, event.ending)

        pool.ConnectionCls = Connection
        return pool


class _Socket:
    """A socket on which an answer comes in, whatever is sent."""

    def __init__(self, sent: bytes, ending: Callable[[], OSError] | None) -> None:
        self._sent = sent
        self._ending = ending

    def makefile(self, *_: object, **__: object) -> BufferedReader:
        """What http.client reads the answer from."""
        return BufferedReader(_Incoming(self._sent, self._ending))

    def sendall(self, *_: object) -> None:
        """Take the request, which has been answered already."""

    settimeout = close = sendall


class _Incoming(RawIOBase):
    """Bytes as they come in, and how they end."""

    def __init__(self, sent: bytes, ending: Callable[[], OSError] | None) -> None:
        self._left = sent
        self._ending = ending

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  a buffer of any kind
        if not self._left and self._ending is not None:
            raise self._ending()
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count
