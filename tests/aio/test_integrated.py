"""AWS services that need the mock's KMS keys, asked by asynchronous clients: of moto at a port, or in this process."""

from __future__ import annotations

import threading

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.models import botocore_stubber

from pytest_kmsimport import faults

from ..support.async_clients import client_on
from ..support.moto_port import moto_port

pytestmark = pytest.mark.anyio
CREDENTIALS = {"region_name": "us-east-1", "aws_access_key_id": "testing", "aws_secret_access_key": "x"}


@pytest.fixture
def key(kms_import_mock):
    """A KMS key with imported key material."""
    return kms_import_mock.import_key()


@pytest.fixture
def kept(key):
    """An object, a secret and a queue with a message under the KMS key; gives moto's URL and the queue's."""
    with moto_port() as url:
        s3, secrets, sqs = (boto3.client(name, **CREDENTIALS) for name in ("s3", "secretsmanager", "sqs"))
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="a", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key.id)
        secrets.create_secret(Name="password", SecretString="x", KmsKeyId=key.id)
        queue = sqs.create_queue(QueueName="orders", Attributes={"KmsMasterKeyId": key.id, "VisibilityTimeout": "0"})[
            "QueueUrl"
        ]
        sqs.send_message(QueueUrl=queue, MessageBody="x")
        yield url, queue


def client_at(http, service, url):
    """A client that asks moto at its port, and is not answered by it before."""
    client = client_on(http, service, endpoint_url=url, **CREDENTIALS)

    async def entered():
        made = await client.__aenter__()
        made.meta.events.unregister("before-send", botocore_stubber)
        return made

    class Entering:
        __aenter__ = staticmethod(entered)
        __aexit__ = client.__aexit__

    return Entering()


async def get(s3, _=None):
    """The content of the object."""
    return await (await s3.get_object(Bucket="bucket", Key="a"))["Body"].read()


REQUESTS = {
    "s3": (get, "KMS.DisabledException"),
    "secretsmanager": (lambda secrets, _: secrets.get_secret_value(SecretId="password"), "DecryptionFailure"),
    "sqs": (lambda sqs, queue: sqs.receive_message(QueueUrl=queue), "KMS.DisabledException"),
}


@pytest.mark.parametrize("service", REQUESTS)
async def test_a_key_that_cannot_be_used(kms_import_mock, kept, key, http, service):
    """Is missed as by other clients, and the request works with it."""
    url, queue = kept
    request, code = REQUESTS[service]
    kms_import_mock.clock.advance(minutes=10)
    async with client_at(http, service, url) as client:
        before = len(kms_import_mock.calls)
        await request(client, queue)
        assert [call.via_service for call in list(kms_import_mock.calls)[before:]] == [service]
        kms_import_mock.client().disable_key(KeyId=key.id)
        kms_import_mock.clock.advance(minutes=10)
        with pytest.raises(ClientError) as caught:
            await request(client, queue)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_under_trio(kms_import_mock, kept, key):
    """On httpx, which trio can run."""
    kms_import_mock.client().disable_key(KeyId=key.id)
    async with client_at("httpx", "secretsmanager", kept[0]) as secrets:
        with pytest.raises(ClientError, match="DecryptionFailure"):
            await secrets.get_secret_value(SecretId="password")


async def test_the_loop_is_free_meanwhile(kms_import_mock, kept, http, monkeypatch):
    """Services and AWS KMS are asked in a thread."""
    threads, receive = [], kms_import_mock.service.receive

    def noted(*request):
        threads.append(threading.current_thread())
        return receive(*request)

    monkeypatch.setattr(kms_import_mock.service, "receive", noted)
    async with client_at(http, "s3", kept[0]) as s3:
        assert await get(s3) == b"x"
    (thread,) = threads
    assert thread is not threading.current_thread()


async def test_moto_in_this_process(kms_import_mock, key, http):
    """A refusal comes without moto, whose own answers asynchronous clients cannot read."""
    with mock_aws():
        boto3.client("s3", **CREDENTIALS).create_bucket(Bucket="bucket")
        kms_import_mock.inject(faults.Refusal("DisabledException", message="not today"), on="GenerateDataKey")
        async with client_on(http, "s3", **CREDENTIALS) as s3:
            with pytest.raises(ClientError, match=r"KMS\.DisabledException.*not today"):
                await s3.put_object(
                    Bucket="bucket", Key="a", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key.id
                )
