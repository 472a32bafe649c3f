"""How answers reach clients of aiobotocore, with network events played through their own HTTP session.

As for clients of botocore: the client's real stack, aiohttp or httpx, makes of an event what it makes of the same one
on a real socket. This module is imported when the first of these clients comes by.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import cache, partial
from typing import Any, NamedTuple

from aiobotocore.awsrequest import AioAWSResponse
from aiobotocore.client import AioBaseClient
from aiobotocore.credentials import AioCredentials
from aiobotocore.httpxsession import HttpxSession
from aiobotocore.signers import AioRequestSigner
from botocore.auth import BaseSigner
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from .. import _active
from .._active import Mock
from .._tracebacks import sealed_coroutine
from .._wire import signature
from .._wire.aws_json import WireResponse
from .._wire.network import NetworkEvent
from .._wire.signature import PLACEHOLDER_KEY, settings_of
from ..engine.errors import NotOffered
from . import urllib3
from .async_sessions import run_apart
from .patch import NO_AUTH, AuthPatch, late
from .real_aws import NoWayOut
from .receiving import receive

#: Operation -> where its request says which RSA key the engine has to make for it; imported key material is not made.
_RSA_SPECS = {
    "GetParametersForImport": rb'"WrappingKeySpec": ?"RSA_(2048|3072|4096)"',
    "GenerateDataKeyPair": rb'"KeyPairSpec": ?"RSA_(2048|3072|4096)"',
    "GenerateDataKeyPairWithoutPlaintext": rb'"KeyPairSpec": ?"RSA_(2048|3072|4096)"',
    "CreateKey": rb'(?s)\A(?!.*"Origin": ?"EXTERNAL").*"(?:KeySpec|CustomerMasterKeySpec)": ?"RSA_(2048|3072|4096)"',
}


class _Stack(NamedTuple):
    """What a client stands on: how it plays a network event, sleeps, and has something done in a thread."""

    play: Callable[[type, NetworkEvent, AWSPreparedRequest, WireResponse, Config], Coroutine[Any, Any, AWSResponse]]
    sleep: Callable[[float], Awaitable[None]]
    run_in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]


@cache
def _stack_of(session_class: type) -> _Stack:
    """What a client with HTTP sessions of a class stands on; that on httpx may be run by trio."""
    if issubclass(session_class, HttpxSession):
        import anyio  # noqa: PLC0415  which httpx brings along
        import anyio.to_thread  # noqa: PLC0415

        from .httpx import play  # noqa: PLC0415

        return _Stack(play, anyio.sleep, partial(anyio.to_thread.run_sync, abandon_on_cancel=True))
    from .aiohttp import play  # noqa: PLC0415

    return _Stack(play, asyncio.sleep, asyncio.to_thread)


def _session_class_of(endpoint: Any) -> type:  # noqa: ANN401  an endpoint of aiobotocore
    """The class of a client's HTTP sessions; its configuration says another one before aiobotocore 3.9."""
    session = endpoint.http_session
    return type(session.behind if isinstance(session, NoWayOut) else session)


_PLACEHOLDER = AioCredentials(PLACEHOLDER_KEY, PLACEHOLDER_KEY)
#: Writes down who asks, as for other clients.
note_access_key = partial(signature.note_access_key, placeholder=_PLACEHOLDER)


class _NoAuth:
    """What signs nothing, to be awaited any number of times."""

    def __await__(self) -> Generator[None, None, BaseSigner]:
        return NO_AUTH
        yield


async def nobodys() -> list[Any]:
    """What handlers answer where there are none."""
    return []


async def send_to(url: str, request: AWSPreparedRequest) -> list[Any]:
    """Send a request to a server of a mock's, whatever it was meant for, in a thread and as other clients do.

    Raises the exception of ``botocore.exceptions`` that botocore's HTTP session raises.
    """
    sent = partial(urllib3.send_to, url, request, settings_of(request))
    got = await _stack_of(_session_class_of(request.endpoint)).run_in_thread(sent)
    return [(send_to, AioAWSResponse(got.url, got.status_code, got.headers, _Body(got.content)))]


@sealed_coroutine
async def answer(mock: Mock, operation: str, request: AWSPreparedRequest) -> list[Any]:
    """What a client gets, as a handler answers it: its answer, or what becomes of that.

    Raises the exception of ``botocore.exceptions`` that the client's HTTP session raises.
    """
    session_class = _session_class_of(request.endpoint)
    stack = _stack_of(session_class)
    await _make_rsa_key(mock, operation, request.body, stack)
    await _recognise(mock, request, stack)
    exchange, config = receive(mock, operation, request), settings_of(request)
    response, event, asleep = exchange.response, exchange.event, 0.0
    try:
        if exchange.delays:
            event, asleep = mock.service.pass_delays(exchange, config.read_timeout)
        await stack.sleep(asleep)  # others have their turn in any case, as with a socket
        if event is None:
            got = as_answer(request, response)
        else:
            got = await stack.play(session_class, event, request, response, config)
    except NotOffered as complaint:
        exchange.close(complaint)
        raise mock.complain(complaint) from None
    except BaseException as error:  # cancellation too
        exchange.close(error)
        raise
    exchange.close()
    return [(answer, got)]


def as_answer(request: AWSPreparedRequest, response: WireResponse) -> AioAWSResponse:
    """An answer as a handler of ``before-send`` gives it."""
    return AioAWSResponse(request.url, response.status, response.headers, _Body(response.body))


async def unless_refused(
    request: AWSPreparedRequest, find_refusal: Callable[[], WireResponse | None], proceed: Callable[[], Awaitable[Any]]
) -> Any:  # noqa: ANN401
    """What handlers answer, unless a service is found, in a thread, to refuse before they are asked."""
    refusal = await _stack_of(_session_class_of(request.endpoint)).run_in_thread(find_refusal)
    return await proceed() if refusal is None else [(as_answer, as_answer(request, refusal))]


async def _recognise(mock: Mock, request: AWSPreparedRequest, stack: _Stack) -> None:
    """Have it found out in a thread who the caller is, where others have to be asked; the service then knows it.

    Raises NotOffered, which fails the test in any case, where they do not tell what the caller may do.
    """
    callers, caller = mock.service.callers, signature.region_and_caller(request, mock.region, mock.account)[1]
    if callers.has_to_ask(caller.access_key):
        try:
            await stack.run_in_thread(partial(callers.recognise, caller))
        except NotOffered as complaint:
            raise mock.complain(complaint) from None


async def _make_rsa_key(mock: Mock, operation: str, body: bytes | str, stack: _Stack) -> None:
    """Have an RSA key that a request asks for made in a thread, where that takes time; the engine then has it."""
    if operation in _RSA_SPECS:
        asked = re.search(_RSA_SPECS[operation], body.encode() if isinstance(body, str) else body)
        make = mock.missing_rsa_key(int(asked[1])) if asked else None
        if make is not None:
            await stack.run_in_thread(make)


class _Body:
    """The body of a response as aiobotocore reads it, from either HTTP library."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def read(self) -> bytes:
        """All of it."""
        return self._body

    aread = read


def play(client: AioBaseClient, event: NetworkEvent, request: AWSPreparedRequest, response: WireResponse) -> None:
    """Have a client's HTTP session meet an event, whether or not a loop runs here.

    Raises the exception of ``botocore.exceptions`` that the session raises.
    """
    session_class = _session_class_of(client._endpoint)  # noqa: SLF001  there is no public way to it
    run_apart(_stack_of(session_class).play(session_class, event, request, response, client.meta.config))


with _active.changing():
    late.append(AuthPatch(AioRequestSigner, _NoAuth()))
    if _active.active() is not None:
        late[-1].put_on()
