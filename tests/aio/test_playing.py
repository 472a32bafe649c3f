"""Where a network event cannot happen to an asynchronous client, the test fails and says so."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import freezegun
import pytest

from pytest_kmsimport import NotOffered, faults, mock_kms_import

from ..support.async_clients import AIOHTTPSession, client_on, session_with

from aiobotocore.config import AioConfig  # isort: skip  where it is installed, which that has asked


def ask(http="aiohttp", **options):
    """Ask for a listing, whatever comes of it."""

    async def asked():
        async with client_on(http, **options) as kms:
            with suppress(Exception):
                await kms.list_keys()

    asyncio.run(asked())


def told(fault, **options):
    """What the mock complains of when a fault strikes a call; nothing else is told the client either."""
    with mock_kms_import() as mock:
        mock.inject(fault, on="ListKeys")
        ask(**options)
        (complaint,) = mock.complaints
        mock.complaints.clear()
        assert mock.calls[-1].error == "NotOffered"
    assert isinstance(complaint, NotOffered)
    return str(complaint)


@pytest.mark.parametrize("fault", [faults.ReadTimeout(), faults.TlsError(), faults.TruncatedBody()], ids=repr)
def test_another_mock_of_http_is_in_the_way(http, fault, monkeypatch):
    """One that answers in the place of the network, such as aioresponses, respx or vcrpy."""

    async def refuse(*_, **__):
        raise ConnectionError

    import aiohttp

    monkeypatch.setattr(aiohttp.ClientSession, "_request", refuse)
    httpx = pytest.importorskip("aiobotocore.httpxsession").httpx
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", refuse)
    assert "another mock of HTTP" in told(fault, http=http)


class Demanding(AIOHTTPSession):
    """A class of HTTP sessions that takes what aiobotocore gives it, and no less."""

    def __init__(
        self,
        verify,
        proxies,
        timeout,
        max_pool_connections,
        socket_options,
        client_cert,
        proxies_config,
        connector_args,
    ):
        self.given = max_pool_connections
        super().__init__(
            verify, proxies, timeout, max_pool_connections, socket_options, client_cert, proxies_config, connector_args
        )


class Foreign:
    """A class of HTTP sessions that has nothing of aiobotocore's."""

    def __init__(self, **_):
        pass

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass


def test_a_session_class_of_somebodys_own(kms_import_mock):
    """It plays network events, where it is one of aiobotocore's."""

    async def ask_by(session_class):
        config = AioConfig(http_session_cls=session_class)
        async with session_with().create_client("kms", "us-east-1", config=config) as kms:
            await kms.list_keys()

    kms_import_mock.inject(faults.ReadTimeout(), times=5)
    with pytest.raises(Exception, match="Read timeout on endpoint"):
        asyncio.run(ask_by(Demanding))
    kms_import_mock.inject(faults.ReadTimeout())
    with pytest.raises(NotOffered, match=r"HTTP sessions of Foreign: .* has no attribute"):
        asyncio.run(ask_by(Foreign))
    assert len(kms_import_mock.complaints) == 1
    kms_import_mock.complaints.clear()


def test_tls_where_there_is_none():
    """On httpx, which would notice only if it spoke TLS; aiohttp asks for a connection before."""
    url = "http://kms.us-east-1.amazonaws.com"
    assert "whose endpoint is without TLS" in told(faults.TlsError(), http="httpx", endpoint_url=url)


@pytest.mark.parametrize("fault", [faults.ReadTimeout(), faults.StalledBody()], ids=repr)
def test_time_that_stands_still(http, fault):
    """A timeout comes although no clock moves, whose hands freezegun holds."""
    with freezegun.freeze_time("2026-01-01"), mock_kms_import() as mock:
        mock.inject(fault)
        ask(http)
        assert mock.calls[-1].error == "ReadTimeoutError"
