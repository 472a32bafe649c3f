"""Network events, played through httpx (or httpx2) and aiobotocore's own HTTP session without a network.

The network backend of httpcore is what its authors have for tests: https://www.encode.io/httpcore/network-backends/
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from .._wire.aws_json import WireResponse
from .._wire.network import Ending, NetworkEvent, Opening
from ..engine.errors import NotOffered
from .async_sessions import Asked, new_session, of_aiobotocore
from .urllib3 import copy_of, untrusted

_NO_TLS = "TlsError() cannot happen to a client on httpx whose endpoint is without TLS: plan another fault."


async def play(
    session_class: type[Any], event: NetworkEvent, request: AWSPreparedRequest, response: WireResponse, config: Config
) -> AWSResponse:
    """What an HTTP session makes of an answer to which an event happens.

    ``config`` is the client's: its timeouts and its proxy. Raises the exception of ``botocore.exceptions`` that the
    session raises for it; NotOffered where the event cannot happen to it.
    """
    with of_aiobotocore(session_class):
        own_session = new_session(session_class, event, config)
    if event.opening is Opening.UNTRUSTED and not request.url.startswith("https:"):
        raise NotOffered(_NO_TLS)
    async with own_session as session:
        asked = Asked()
        with of_aiobotocore(session_class):
            for transport in await _transports_of(session, request.url):
                pool = transport._pool  # noqa: SLF001  httpx has no other way in
                httpcore = sys.modules[type(pool).__module__.partition(".")[0]]
                pool._network_backend = _Backend(httpcore, event, event.bytes_of(response), asked)  # noqa: SLF001
        with asked:
            return await session.send(copy_of(request))


async def _transports_of(session: Any, url: str) -> list[Any]:  # noqa: ANN401  an HTTP session of aiobotocore
    """What an HTTP session sends with, past a proxy or by it."""
    client = session._session or await session._get_session(url)  # noqa: SLF001  made late from aiobotocore 3.10 on
    return [transport for transport in (client._transport, *client._mounts.values()) if transport]  # noqa: SLF001


class _Backend:
    """A network to whose connections the event happens."""

    def __init__(self, httpcore: ModuleType, event: NetworkEvent, sent: bytes, asked: Asked) -> None:
        self._httpcore = httpcore
        self._event = event
        self._sent = sent
        self._asked = asked

    async def connect_tcp(self, *_: object, **__: object) -> _Stream:
        """Open a connection, or not."""
        self._asked.note()
        if self._event.opening is Opening.TIMED_OUT:
            raise self._httpcore.ConnectTimeout
        if self._event.opening in {Opening.REFUSED, Opening.REFUSED_BY_PROXY}:
            raise self._httpcore.ConnectError("All connection attempts failed")
        return _Stream(self._httpcore, self._event, self._sent)


class _Stream:
    """A connection on which an answer comes in, whatever is sent."""

    def __init__(self, httpcore: ModuleType, event: NetworkEvent, sent: bytes) -> None:
        self._httpcore = httpcore
        self._event = event
        self._left = sent

    async def start_tls(self, *_: object, **__: object) -> _Stream:
        """Be content with the certificate, or not."""
        if self._event.opening is Opening.UNTRUSTED:
            try:
                raise untrusted()
            except OSError as error:
                raise self._httpcore.ConnectError(str(error)) from error
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  httpcore's own
        """The next bytes of the answer, and how they end."""
        if not self._left and self._event.ending is Ending.SILENCE:
            raise self._httpcore.ReadTimeout
        if not self._left and self._event.ending is Ending.RESET:
            raise self._httpcore.ReadError("")  # which says no more of it
        read, self._left = self._left[:max_bytes], self._left[max_bytes:]
        return read

    async def write(self, *_: object, **__: object) -> None:
        """Take a part of the request."""

    aclose = write

    def get_extra_info(self, _: str) -> None:
        """Tell nothing of a socket that is none."""
