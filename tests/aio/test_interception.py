"""Asynchronous clients are kept from real AWS like others; other services are left to whoever plays them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from textwrap import dedent

import pytest
from botocore.hooks import EventAliaser
from moto import mock_aws

from pytest_kmsimport import RealAwsRefused, mock_kms_import
from pytest_kmsimport._transports.interception import Guard

from ..support.async_clients import client_on

from aiobotocore.awsrequest import AioAWSResponse  # isort: skip  where it is installed, which that has asked

URLS = {"kms": "https://kms.us-east-1.amazonaws.com/", "sqs": "https://sqs.us-east-1.amazonaws.com/"}


@pytest.fixture
def ask(http):
    """Ask a service for a listing; gives the URLs to which something was sent."""

    async def asked(service, url, handler):
        sent = []

        async def send(request):
            sent.append(request.url)
            return answered()

        credentials = {"aws_access_key_id": "anybody", "aws_secret_access_key": "secret"}
        async with client_on(http, service, endpoint_url=url or URLS[service], **credentials) as client:
            client._endpoint.http_session.send = send
            if handler is not None:
                client.meta.events.register(f"before-send.{service}", handler)
            await client._make_api_call({"kms": "ListKeys", "sqs": "ListQueues"}[service], {})
        return sent

    return lambda service, url=None, handler=None: asyncio.run(asked(service, url, handler))


def answered():
    """An empty answer."""
    response = AioAWSResponse("", 200, {}, None)
    response._content = b"{}"
    return response


@pytest.fixture
def guarded():
    """kms_import_guard, as the ini option puts it up."""
    guard = Guard()
    yield guard
    guard.stop()


def test_other_services_are_refused(kms_import_mock, ask):
    """An asynchronous call that would have gone to real AWS fails the test, names itself, and is not sent."""
    with pytest.raises(RealAwsRefused, match=r"sqs\.ListQueues was about to be sent to real AWS \(sqs\.us-east-1\."):
        ask("sqs")
    assert len(kms_import_mock.complaints) == 1
    kms_import_mock.complaints.clear()


def test_other_services_may_be_answered_by_others(kms_import_mock, ask):
    """What another mock answers goes on as ever, however long that takes it."""

    async def handler(**_):
        await asyncio.sleep(0.01)
        return answered()

    assert ask("sqs", handler=handler) == []
    assert kms_import_mock.complaints == []


def test_real_aws_can_be_allowed(ask):
    """With ``allow_real_aws`` other services are sent on."""
    with mock_kms_import(allow_real_aws=True):
        assert ask("sqs") == [URLS["sqs"]]


def test_endpoints_that_are_not_aws_are_let_through(kms_import_mock, ask):
    """A service that the test runs on this computer gets its calls."""
    assert ask("sqs", "http://127.0.0.1:4566/") == ["http://127.0.0.1:4566/"]


def test_secrets_in_other_services_requests_are_found(ask):
    """With ``check_leaks`` what an asynchronous client sends is looked through, too."""
    with mock_kms_import(check_leaks=True, allow_real_aws=True) as mock:
        noted = []
        mock.leak_check.note_other_request = lambda *seen: noted.append(seen)
        ask("sqs")
    assert [seen[:2] for seen in noted] == [("sqs", "ListQueues")]


def test_the_guard_refuses_kms(guarded, ask):
    """With the guard up, an asynchronous KMS call outside any mock fails the test by name, and is not sent."""
    with pytest.raises(RealAwsRefused, match=r"kms\.ListKeys was about to be sent .* outside any mock"):
        ask("kms")
    assert len(guarded.complaints) == 1


def test_the_guard_leaves_other_services_alone(guarded, ask):
    """The guard is about KMS."""
    assert ask("sqs") == [URLS["sqs"]]


def test_a_mock_that_is_switched_off_is_noticed(ask):
    """Where something has taken the patch off, an asynchronous call fails by name, and is not sent."""
    original = EventAliaser.emit
    with mock_kms_import() as mock:
        EventAliaser.emit = original
        with pytest.raises(RealAwsRefused, match="EventAliaser"):
            ask("kms")
        mock.complaints.clear()


def test_kms_is_answered_under_moto(kms_import_mock, http):
    """moto's patches are beside ours, and KMS is not among what it answers."""

    async def make_key():
        async with client_on(http) as kms:
            return (await kms.create_key(Origin="EXTERNAL"))["KeyMetadata"]["KeyState"]

    with mock_aws():
        assert asyncio.run(make_key()) == "PendingImport"
    assert [record.operation for record in kms_import_mock.calls] == ["CreateKey"]


def test_nothing_asynchronous_is_imported_without_an_asynchronous_client():
    """Where it is installed, a mock and its sync clients leave it alone."""
    program = """
        import sys, pytest_kmsimport.plugin
        from pytest_kmsimport import mock_kms_import
        with mock_kms_import() as mock:
            mock.client().create_key()
        print(*{name.partition(".")[0] for name in sys.modules})
    """
    run = subprocess.run([sys.executable, "-c", dedent(program)], capture_output=True, text=True, check=True)
    assert not {"aiobotocore", "aiohttp", "httpx", "httpx2", "anyio"} & set(run.stdout.split())
