"""How answers reach clients of botocore, with network events played through their own HTTP session.

There is no network: the client's real stack makes of an event what it makes of the same one on a real socket, in every
version of botocore and urllib3.
"""

from __future__ import annotations

import errno
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader, BytesIO, RawIOBase
from typing import Any

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPSConnection, AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from .._active import Mock
from .._tracebacks import sealed
from .._wire.aws_json import WireResponse
from .._wire.network import Ending, NetworkEvent, Opening
from .._wire.signature import settings_of
from .receiving import receive

_TIMED_OUT, _REFUSED, _UNTRUSTED = (
    "Connection to {connection.host} timed out. (connect timeout={connection.timeout})",
    "Failed to establish a new connection: [Errno 111] Connection refused",
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate",
)


def _refuse(connection: Any) -> Exception:  # noqa: ANN401  a connection of urllib3
    return NewConnectionError(connection, _REFUSED)


def untrusted() -> ssl.SSLError:
    """What TLS says of a certificate that nobody trusts."""
    return ssl.SSLCertVerificationError(1, _UNTRUSTED)


#: What urllib3 meets when it opens a connection, and what a read meets after all that was sent, if not its end.
_AT_OPENING: Mapping[Opening, Callable[[Any], Exception]] = {
    Opening.TIMED_OUT: lambda connection: ConnectTimeoutError(connection, _TIMED_OUT.format(connection=connection)),
    Opening.REFUSED: _refuse,
    Opening.REFUSED_BY_PROXY: _refuse,
    Opening.UNTRUSTED: lambda _: untrusted(),
}
_AT_ENDING: Mapping[Ending, Callable[[], OSError]] = {
    Ending.RESET: lambda: ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)),
    Ending.SILENCE: lambda: TimeoutError("timed out"),
}


@sealed
def answer(mock: Mock, operation: str, request: AWSPreparedRequest) -> AWSResponse:
    """What a client gets: its answer, or what becomes of that.

    Raises the exception of ``botocore.exceptions`` that botocore's HTTP session raises.
    """
    exchange, config = receive(mock, operation, request), settings_of(request)
    response, event = exchange.response, exchange.event
    try:
        if exchange.delays:
            event, asleep = mock.service.pass_delays(exchange, config.read_timeout)
            time.sleep(asleep)
        if event is None:
            got = AWSResponse(request.url, response.status, response.headers, _Body(response.body))
        else:
            got = play(event, request, response, config)
    except BaseException as error:
        exchange.close(error)
        raise
    exchange.close()
    return got


def as_answer(request: AWSPreparedRequest, response: WireResponse) -> AWSResponse:
    """An answer as a handler of ``before-send`` gives it."""
    return AWSResponse(request.url, response.status, response.headers, _Body(response.body))


def send_to(url: str, request: AWSPreparedRequest, config: Config) -> AWSResponse:
    """Send a request to a server of a mock's, whatever it was meant for, with the client's timeouts and past its proxy.

    Raises the exception of ``botocore.exceptions`` that botocore's HTTP session raises.
    """
    sent = AWSPreparedRequest(request.method, url, request.headers, request.body, request.stream_output)
    return URLLib3Session(verify=False, timeout=(config.connect_timeout, config.read_timeout)).send(sent)


class _Body(BytesIO):
    """The body of a response as botocore reads it from urllib3."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def play(event: NetworkEvent, request: AWSPreparedRequest, response: WireResponse, config: Config) -> AWSResponse:
    """What the client's HTTP session makes of an answer to which an event happens.

    ``config`` is the client's: its timeouts and its proxy. Raises the exception of ``botocore.exceptions`` that the
    session raises for it.
    """
    timeouts = (config.connect_timeout, config.read_timeout)
    session = _Session(event, response, verify=False, proxies=proxies_in(event, config), timeout=timeouts)
    return session.send(copy_of(request))


def proxies_in(event: NetworkEvent, config: Config) -> Mapping[str, str] | None:
    """The client's proxies where they are what an event is about, or made-up ones where it has none."""
    return (config.proxies or _SOME_PROXY) if event.opening is Opening.REFUSED_BY_PROXY else None


_SOME_PROXY = {"http": "http://proxy.invalid:3128", "https": "http://proxy.invalid:3128"}


def copy_of(request: AWSPreparedRequest) -> AWSPreparedRequest:
    """A request for an HTTP session to change as it likes, without what its client has noted beside it."""
    headers = HeadersDict(request.headers.items())
    return AWSPreparedRequest(request.method, request.url, headers, request.body, request.stream_output)


class _Session(URLLib3Session):  # type: ignore[misc]  # botocore ships no types
    """botocore's HTTP session with an event in the place of the network."""

    def __init__(self, event: NetworkEvent, response: WireResponse, **options: Any) -> None:  # noqa: ANN401  botocore's own
        super().__init__(**options)
        self._event = event
        self._sent = event.bytes_of(response)

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
                if event.opening in _AT_OPENING:
                    raise _AT_OPENING[event.opening](self)
                self.sock = _Socket(sent, event.ending)

        pool.ConnectionCls = Connection
        return pool


class _Socket:
    """A socket on which an answer comes in, whatever is sent."""

    def __init__(self, sent: bytes, ending: Ending) -> None:
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

    def __init__(self, sent: bytes, ending: Ending) -> None:
        self._left = sent
        self._ending = ending

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  a buffer of any kind
        if not self._left and self._ending in _AT_ENDING:
            raise _AT_ENDING[self._ending]()  # noqa: RSE102  a function that makes it
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count
