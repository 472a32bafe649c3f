"""Clients of aiobotocore are kept from real AWS like others, though the mock does not answer them yet.

They come by the same function of botocore's as all clients, and answer it with a coroutine. aiobotocore is tied to a
few versions of botocore, mostly not the installed one; so the tests have a client of that kind of their own, and use
the real one where it is installed.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from importlib.util import find_spec
from inspect import isawaitable

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import RefreshableCredentials
from botocore.endpoint import Endpoint
from botocore.hooks import EventAliaser, HierarchicalEmitter, first_non_none_response
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from pytest_kmsimport import NotOffered, RealAwsRefused, mock_kms_import
from pytest_kmsimport._transports.interception import Guard

HOSTS = {"kms": "https://kms.us-east-1.amazonaws.com/", "sqs": "https://sqs.us-east-1.amazonaws.com/"}
FAR, LONG_AGO = (datetime(year, 1, 1, tzinfo=timezone.utc) for year in (2999, 1999))
OPERATIONS = {"kms": "ListKeys", "sqs": "ListQueues"}


def refuse_to_refresh():
    """Stand in for a request to an identity provider."""
    pytest.fail("credentials were refreshed")


class AsyncEmitter(HierarchicalEmitter):
    """An emitter that awaits its handlers, as aiobotocore's does."""

    async def _emit(self, event_name, kwargs, stop_on_response=False):  # noqa: FBT002  botocore's own
        responses = []
        for handler in self._handlers.prefix_search(event_name):
            response = handler(event_name=event_name, **kwargs)
            responses.append((handler, await response if isawaitable(response) else response))
        return responses


class AsyncCredentials(RefreshableCredentials):
    """Credentials that can be had by awaiting them alone."""

    @property
    def access_key(self):
        raise NotImplementedError


class MadeUp:
    """As much of an asynchronous client as comes by the mock: it signs, makes ready, and sends unless answered."""

    def __init__(self, service, sent):
        self.service, self.sent = service, sent
        self.url = HOSTS[service]
        self.events = EventAliaser(AsyncEmitter())
        self.credentials = AsyncCredentials("anybody", "secret", "token", FAR, refuse_to_refresh, "test")

    def answer(self, handler):
        """Have a handler of the client's answer."""
        self.events.register(f"before-send.{self.service}", handler)

    def expire(self):
        """Let the client's credentials have expired."""
        self.credentials._expiry_time = LONG_AGO

    async def call(self):
        """Ask for a listing."""
        name = f"{self.service}.{OPERATIONS[self.service]}"
        request = AWSRequest("POST", self.url, data=b"{}")
        signer = RequestSigner(ServiceId(self.service), "us-east-1", self.service, "v4", self.credentials, self.events)
        await self.events.emit(f"before-sign.{name}", request=request, region_name="us-east-1", request_signer=signer)
        prepared = Endpoint(self.url, self.service, self.events).prepare_request(request)
        if first_non_none_response(await self.events.emit(f"before-send.{name}", request=prepared)) is None:
            self.sent.append(self.url)


class Real:
    """A client of aiobotocore, without the network."""

    def __init__(self, service, sent):
        from aiobotocore.credentials import AioRefreshableCredentials

        self.service, self.sent = service, sent
        self.url = HOSTS[service]
        self.handler = None
        self.credentials = AioRefreshableCredentials("anybody", "secret", "token", FAR, refuse_to_refresh, "test")

    def answer(self, handler):
        """Have a handler of the client's answer."""
        self.handler = handler

    def expire(self):
        """Let the client's credentials have expired."""
        self.credentials._expiry_time = LONG_AGO

    async def call(self):
        """Ask for a listing."""
        from aiobotocore.session import get_session

        session = get_session()
        session._credentials = self.credentials
        async with session.create_client(self.service, "us-east-1", endpoint_url=self.url) as client:
            client._endpoint.http_session.send = self.send
            if self.handler is not None:
                client.meta.events.register(f"before-send.{self.service}", self.handler)
            return await client._make_api_call(OPERATIONS[self.service], {})

    async def send(self, request):
        """Send a request, in a manner of speaking."""
        self.sent.append(request.url)
        return answered()


def answered():
    """An answer as an asynchronous client reads it."""

    async def read():
        return b"{}"

    class Answer(AWSResponse):
        content = property(lambda _: read())

    return Answer("", 200, {}, None)


@pytest.fixture
def sent():
    """The URLs to which something was sent."""
    return []


@pytest.fixture(params=[MadeUp, Real], ids=["made up", "aiobotocore"])
def client(request, sent):
    """Make an asynchronous client of a service."""
    if request.param is Real and find_spec("aiobotocore") is None:
        pytest.skip("aiobotocore is not installed: it has no release for this botocore")
    return lambda service: request.param(service, sent)


@pytest.fixture
def guarded():
    """kms_import_guard, as the ini option puts it up."""
    guard = Guard()
    yield guard
    guard.stop()


@pytest.mark.parametrize("expired", [False, True], ids=["", "with expired credentials"])
def test_kms_is_not_offered(kms_import_mock, client, sent, expired):
    """An asynchronous KMS call fails the test by name; it is not sent, nor are credentials fetched for it."""
    kms = client("kms")
    if expired:
        kms.expire()
    with pytest.raises(NotOffered, match="aiobotocore"):
        asyncio.run(kms.call())
    assert len(kms_import_mock.complaints) == 1
    kms_import_mock.complaints.clear()
    assert not sent


def test_other_services_are_refused(kms_import_mock, client, sent):
    """An asynchronous call that would have gone to real AWS fails the test, names itself, and is not sent."""
    with pytest.raises(RealAwsRefused, match=r"sqs\.ListQueues was about to be sent to real AWS \(sqs\.us-east-1\."):
        asyncio.run(client("sqs").call())
    assert len(kms_import_mock.complaints) == 1
    kms_import_mock.complaints.clear()
    assert not sent


def test_other_services_may_be_answered_by_others(kms_import_mock, client, sent):
    """What another mock answers goes on as ever, however long that takes it."""

    async def handler(**_):
        await asyncio.sleep(0)
        return answered()

    sqs = client("sqs")
    sqs.answer(handler)
    asyncio.run(sqs.call())
    assert (kms_import_mock.complaints, sent) == ([], [])


def test_real_aws_can_be_allowed(client, sent):
    """With ``allow_real_aws`` other services are sent on."""
    with mock_kms_import(allow_real_aws=True):
        asyncio.run(client("sqs").call())
    assert sent == [HOSTS["sqs"]]


def test_endpoints_that_are_not_aws_are_let_through(kms_import_mock, client, sent):
    """A service that the test runs on this computer gets its calls."""
    sqs = client("sqs")
    sqs.url = "http://127.0.0.1:4566/"
    asyncio.run(sqs.call())
    assert sent == ["http://127.0.0.1:4566/"]


def test_secrets_in_other_services_requests_are_found(client):
    """With ``check_leaks`` what an asynchronous client sends is looked through, too."""
    with mock_kms_import(check_leaks=True, allow_real_aws=True) as mock:
        noted = []
        mock.leak_check.note_other_request = lambda *seen: noted.append(seen)
        asyncio.run(client("sqs").call())
    assert [seen[:2] for seen in noted] == [("sqs", "ListQueues")]


def test_the_guard_refuses_kms(guarded, client, sent):
    """With the guard up, an asynchronous KMS call outside any mock fails the test by name, and is not sent."""
    with pytest.raises(RealAwsRefused, match=r"kms\.ListKeys was about to be sent .* outside any mock"):
        asyncio.run(client("kms").call())
    assert (len(guarded.complaints), sent) == (1, [])


def test_the_guard_leaves_other_services_alone(guarded, client, sent):
    """The guard is about KMS."""
    asyncio.run(client("sqs").call())
    assert sent == [HOSTS["sqs"]]


def test_a_mock_that_is_switched_off_is_noticed(client, sent):
    """Where something has taken the patch off, an asynchronous call fails by name, and is not sent."""
    original = EventAliaser.emit
    with mock_kms_import() as mock:
        EventAliaser.emit = original
        with pytest.raises(RealAwsRefused, match="EventAliaser"):
            asyncio.run(client("kms").call())
        mock.complaints.clear()
    assert not sent
