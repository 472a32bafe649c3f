"""When services need the mock's KMS keys, and when they are left alone."""

from __future__ import annotations

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from pytest_kmsimport import RealAwsRefused, mock_kms_import
from pytest_kmsimport._integrated import services

from ..support.moto_port import moto_port
from ..support.refusal import refused
from .conftest import REGION, UNUSABLE

BUCKET = "bucket"
CREDENTIALS = {"aws_access_key_id": "testing", "aws_secret_access_key": "x"}


def put(s3, key_id, name="a"):
    """Put an object under a KMS key."""
    s3.put_object(Bucket=BUCKET, Key=name, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key_id)


@pytest.fixture
def s3(client):
    """A client of moto's S3, with a bucket."""
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


def test_nobody_hears_of_what_is_refused(s3, key, end):
    """The handlers of the client, moto's among them, are not asked."""
    end(UNUSABLE["disabled"])
    heard = []
    s3.meta.events.register_first("before-send.s3", lambda request, **_: heard.append(request.method))
    with pytest.raises(ClientError, match=r"KMS\.DisabledException"):
        put(s3, key.id)
    assert heard == []
    s3.head_bucket(Bucket=BUCKET)
    assert heard == ["HEAD"]


def test_switched_off():
    """With the option, a service needs no KMS key, and makes no calls."""
    with mock_kms_import(integrated_services=False) as mock, mock_aws():
        key = mock.import_key()
        mock.client().disable_key(KeyId=key.id)
        s3 = boto3.client("s3", REGION)
        s3.create_bucket(Bucket=BUCKET)
        put(s3, key.id)
        assert [call.operation for call in mock.calls] == ["DisableKey"]


def test_where_nobody_plays_the_service(kms_import_mock, key):
    """Its request is refused as before, and nothing else is asked, whether moto is there or has gone."""
    for _ in range(2):
        with pytest.raises(RealAwsRefused, match=r"s3\.GetObject"):
            boto3.client("s3", REGION, **CREDENTIALS).get_object(Bucket=BUCKET, Key="a")
        kms_import_mock.complaints.clear()
        with mock_aws():
            boto3.client("s3", REGION).list_buckets()
    assert not kms_import_mock.calls


def test_where_nobody_could_answer(kms_import_mock, monkeypatch):
    """A client that nobody has registered with costs no question."""
    monkeypatch.setattr(services, "client_for", lambda *_: pytest.fail("was asked"))
    s3 = boto3.client("s3", REGION, **CREDENTIALS)
    s3.meta.events.unregister("before-send", botocore_stubber)
    with pytest.raises(RealAwsRefused, match=r"s3\.GetObject"):
        s3.get_object(Bucket=BUCKET, Key="a")
    kms_import_mock.complaints.clear()


def test_a_stubber(kms_import_mock):
    """Answers before anything is sent, so that there is nothing to refuse."""
    s3 = boto3.client("s3", REGION, **CREDENTIALS)
    with Stubber(s3) as stubber:
        stubber.add_response("put_object", {})
        put(s3, "fake-key-id")
    assert not kms_import_mock.calls


def test_whoever_does_not_tell(kms_import_mock, key, kms):
    """A handler of a client that answers nobody else is left alone: nothing is known of what it keeps."""
    kms.disable_key(KeyId=key.id)
    s3 = boto3.client("s3", REGION, **CREDENTIALS)
    s3.meta.events.register(
        "before-send.s3", lambda request, **_: AWSResponse(request.url, 200, {}, MockRawResponse(b""))
    )
    put(s3, key.id)
    assert [call.operation for call in kms_import_mock.calls] == ["DisableKey"]


def test_moto_at_a_port(kms_import_mock, key, kms):
    """Is asked there; KMS keys that the mock does not know may be those of somebody else behind such a port."""
    with moto_port() as url:
        s3 = boto3.client("s3", REGION, **CREDENTIALS, endpoint_url=url)
        s3.meta.events.unregister("before-send", botocore_stubber)  # which would answer before anything is sent
        s3.create_bucket(Bucket=BUCKET)
        put(s3, "of-somebody-else")
        put(s3, key.id)
        assert [call.via_service for call in kms_import_mock.calls] == ["s3"]
        kms.disable_key(KeyId=key.id)
        with refused("KMS.DisabledException", f"{key.arn} is disabled."):
            s3.get_object(Bucket=BUCKET, Key="a")


def test_the_innermost_mock(s3, key):
    """Its KMS keys are the ones that count, as for calls of AWS KMS."""
    put(s3, key.id)
    with mock_kms_import(region=REGION):
        with pytest.raises(ClientError, match=r"KMS\.NotFoundException"):
            put(s3, key.id)
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.get_object(Bucket=BUCKET, Key="a")
    s3.get_object(Bucket=BUCKET, Key="a")


@pytest.mark.parametrize("back", ["restore", "load", "reset"])
def test_data_keys_are_of_one_state(client, kms_import_mock, key, tmp_path, made, back):
    """Nobody goes on with a data key of a state that is another one now."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="orders", Attributes={"KmsMasterKeyId": key.arn})["QueueUrl"]
    snapshot = kms_import_mock.snapshot()
    kms_import_mock.save(tmp_path / "state")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert len(made()) == 2
    if back == "restore":
        kms_import_mock.restore(snapshot)
    elif back == "load":
        kms_import_mock.load(tmp_path / "state")
    else:
        kms_import_mock.reset()
        with pytest.raises(ClientError, match=r"KMS\.NotFoundException"):
            sqs.send_message(QueueUrl=url, MessageBody="x")
        return
    before = len(kms_import_mock.calls)
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert len(kms_import_mock.calls) == before + 2


def put_object(s3, key_id):
    """An object under a KMS key, and how it is read."""
    put(s3, key_id, "of an alias")
    return lambda: s3.get_object(Bucket=BUCKET, Key="of an alias")


def create_secret(secrets, key_id):
    """A secret under a KMS key, and how it is read."""
    secrets.create_secret(Name="of-an-alias", SecretString="...", KmsKeyId=key_id)
    return lambda: secrets.get_secret_value(SecretId="of-an-alias")


def put_parameter(ssm, key_id):
    """A parameter under a KMS key, and how it is read."""
    ssm.put_parameter(Name="of-an-alias", Value="...", Type="SecureString", KeyId=key_id, Overwrite=True)
    return lambda: ssm.get_parameter(Name="of-an-alias", WithDecryption=True)


@pytest.mark.parametrize(
    ("service", "put"), [("s3", put_object), ("secretsmanager", create_secret), ("ssm", put_parameter)]
)
def test_what_an_alias_was_for_counts(s3, client, kms, key, kms_import_mock, service, put):
    """What is kept stays under the KMS key that it was written under, wherever the alias goes."""
    kms.create_alias(AliasName="alias/now", TargetKeyId=key.id)
    read = put(client(service), "alias/now")
    following = kms_import_mock.import_key()
    kms.update_alias(AliasName="alias/now", TargetKeyId=following.id)
    assert [one.works for one in kms_import_mock.blast_radius(key.id).dependents] == [True]
    assert kms_import_mock.blast_radius(following.id).dependents == ()
    with kms_import_mock.restoring():
        kms.disable_key(KeyId=key.id)
        with pytest.raises(ClientError):
            read()
    kms.disable_key(KeyId=following.id)
    read()


def test_a_secret_comes_under_what_an_alias_is_for(client, kms, key, kms_import_mock):
    """Its versions, when UpdateSecret names a KMS key."""
    secrets = client("secretsmanager")
    kms.create_alias(AliasName="alias/now", TargetKeyId=key.id)
    read = create_secret(secrets, "alias/now")
    kms.update_alias(AliasName="alias/now", TargetKeyId=kms_import_mock.import_key().id)
    secrets.update_secret(SecretId="of-an-alias", KmsKeyId="alias/now")
    kms.disable_key(KeyId=key.id)
    read()


def test_questions_are_not_the_codes(kms_import_mock, s3, key):
    """What the mock asks S3 is seen by no log of requests that the code under test keeps, nor by the journal."""
    seen = []
    s3.meta.events.register("before-send.s3", lambda request, **_: seen.append(request.method))
    put(s3, key.id)
    s3.get_object(Bucket=BUCKET, Key="a")
    assert seen == ["PUT", "GET"]
    assert [call.operation for call in kms_import_mock.calls] == ["GenerateDataKey", "Decrypt"]


def test_what_the_report_says(pytester):
    """The table of calls tells a service's calls from the code's own."""
    pytester.makepyfile(
        """
        import boto3
        from moto import mock_aws

        def test_it(kms_import_mock):
            key = kms_import_mock.import_key()
            with mock_aws():
                s3 = boto3.client("s3", "us-east-1")
                s3.create_bucket(Bucket="bucket")
                s3.put_object(Bucket="bucket", Key="a", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=key.id)
            assert False
        """
    )
    result = pytester.runpytest_inprocess()
    result.stdout.re_match_lines([r"^[\d:]+ GenerateDataKey by s3 +[0-9a-f]{8} ok"])
