"""Network events, played through aiohttp and aiobotocore's own HTTP session without a network."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from .._wire.aws_json import WireResponse
from .._wire.network import Ending, NetworkEvent, Opening
from .async_sessions import Asked, new_session, of_aiobotocore
from .urllib3 import copy_of, untrusted


def _refused(key: Any) -> OSError:  # noqa: ANN401  what aiohttp connects by
    return OSError(errno.ECONNREFUSED, f"Connect call failed {(key.host, key.port)}")


#: What aiohttp meets when it opens a connection, by the key that it asks for it with.
_AT_OPENING: Mapping[Opening, Callable[[Any], Exception]] = {
    Opening.TIMED_OUT: lambda _: asyncio.TimeoutError(),
    Opening.REFUSED: lambda key: aiohttp.ClientConnectorError(key, _refused(key)),
    Opening.REFUSED_BY_PROXY: lambda key: aiohttp.ClientProxyConnectionError(key, _refused(key)),
    Opening.UNTRUSTED: lambda key: aiohttp.ClientConnectorCertificateError(key, untrusted()),
}


async def play(
    session_class: type[Any], event: NetworkEvent, request: AWSPreparedRequest, response: WireResponse, config: Config
) -> AWSResponse:
    """What an HTTP session makes of an answer to which an event happens.

    ``config`` is the client's: its timeouts and its proxy. Raises the exception of ``botocore.exceptions`` that the
    session raises for it; NotOffered where the event cannot happen to it.
    """
    with of_aiobotocore(session_class):
        session = new_session(session_class, event, config)
        asked = Asked()
        client = aiohttp.ClientSession(
            connector=_Connector(event, event.bytes_of(response), asked),
            timeout=session._timeout,  # noqa: SLF001  aiobotocore has no other way in
            skip_auto_headers={"CONTENT-TYPE"},
            auto_decompress=False,
        )
        proxy = session._proxy_config.proxy_url_for(request.url)  # noqa: SLF001
    async with session, client:
        session._sessions[proxy] = client  # noqa: SLF001
        with asked:
            return await session.send(copy_of(request))


class _Connector(aiohttp.BaseConnector):  # type: ignore[misc]  # aiohttp need not be installed
    """A connector whose connections the event happens to."""

    def __init__(self, event: NetworkEvent, sent: bytes, asked: Asked) -> None:
        super().__init__()
        self._event = event
        self._sent = sent
        self._asked = asked

    async def _create_connection(self, request: Any, *_: object) -> Any:  # noqa: ANN401  of aiohttp's own
        self._asked.note()
        if self._event.opening in _AT_OPENING:
            raise _AT_OPENING[self._event.opening](request.connection_key)
        protocol = self._factory()
        protocol.connection_made(_Transport(protocol, self._sent, self._event.ending))
        return protocol


class _Transport(asyncio.Transport):
    """A transport on which an answer comes in when the whole request has gone out."""

    def __init__(self, protocol: Any, sent: bytes, ending: Ending) -> None:  # noqa: ANN401  aiohttp's own
        super().__init__()
        self._protocol = protocol
        self._sent = sent
        self._ending = ending
        self._received = b""
        self._is_closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take a part of the request."""
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if end and len(body) == _length_of_body(head):
            asyncio.get_running_loop().call_soon(self._answer)

    def _answer(self) -> None:
        if self._sent:
            self._protocol.data_received(self._sent)
        if self._ending is Ending.CLOSED:
            self._protocol.eof_received()
            self._end(None)
        elif self._ending is Ending.SILENCE:  # at once, by whatever clock
            self._protocol._on_read_timeout()  # noqa: SLF001  aiohttp has no other way to say so
        else:
            self._end(ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)))

    def _end(self, error: Exception | None) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._protocol.connection_lost(error)

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self._is_closing

    def close(self) -> None:
        """Close it, as the client does."""
        if not self._is_closing:
            asyncio.get_running_loop().call_soon(self._end, None)

    abort = close

    def pause_reading(self) -> None:
        """Take no notice: all that comes has come."""

    resume_reading = pause_reading


def _length_of_body(head: bytes) -> int:
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return int(lengths[0]) if lengths else 0
