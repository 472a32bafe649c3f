"""``mock.blast_radius(...)``: what stands on a KMS key, what of it works, and what would fail with its key material."""

from __future__ import annotations

from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from pytest_kmsimport import mock_kms_import

from .conftest import OWN, REGION, UNUSABLE

PUT = {"Bucket": "bucket", "Body": b"x"}
BY_KMS = {"ServerSideEncryption": "aws:kms"}


@pytest.fixture
def everything(client, key, kms_import_mock):
    """One of each thing on the KMS key, named in each way, and one of each that is not on it; gives the ARNs."""
    s3, sns, sqs = client("s3"), client("sns"), client("sqs")
    other = kms_import_mock.import_key()
    kms_import_mock.client().create_alias(AliasName="alias/payroll", TargetKeyId=key.id)
    s3.create_bucket(Bucket="bucket")
    s3.put_object(**PUT, Key="a", **BY_KMS, SSEKMSKeyId=key.id)
    s3.put_object(**PUT, Key="plain")
    s3.put_object(**PUT, Key="usual", **BY_KMS)
    s3.put_object(**PUT, Key="other", **BY_KMS, SSEKMSKeyId=other.id)
    s3.create_bucket(Bucket="vault")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key.arn}}
    s3.put_bucket_encryption(Bucket="vault", ServerSideEncryptionConfiguration={"Rules": [rule]})
    secrets, ssm = client("secretsmanager"), client("ssm")
    secret = secrets.create_secret(Name="password", SecretString="x", KmsKeyId="alias/payroll")["ARN"]
    secrets.create_secret(Name="usual", SecretString="x")
    ssm.put_parameter(Name="/a/token", Value="x", Type="SecureString", KeyId="alias/payroll")
    ssm.put_parameter(Name="/a/usual", Value="x", Type="SecureString")
    ssm.put_parameter(Name="/a/plain", Value="x", Type="String")
    for name, attributes in (("orders", {"KmsMasterKeyId": key.id}), ("plain", {})):
        sqs.create_queue(QueueName=name, Attributes=attributes)
        sns.create_topic(Name=name, Attributes=attributes)
    return {
        ("S3 bucket", "arn:aws:s3:::vault"),
        ("S3 object", "arn:aws:s3:::bucket/a"),
        ("secret", secret),
        ("parameter", f"arn:aws:ssm:{REGION}:{OWN}:parameter/a/token"),
        ("queue", f"arn:aws:sqs:{REGION}:{OWN}:orders"),
        ("topic", f"arn:aws:sns:{REGION}:{OWN}:orders"),
    }


@pytest.mark.parametrize("name", ["id", "arn", "alias"])
def test_what_stands_on_a_key(everything, key, kms_import_mock, name):
    """Everything that services tell of, by whichever name they and we call the KMS key; nothing else."""
    called = {"id": key.id, "arn": key.arn, "alias": "alias/payroll"}[name]
    calls = len(kms_import_mock.calls)
    radius = kms_import_mock.blast_radius(called)
    assert {(one.kind, one.arn) for one in radius.dependents} == everything
    assert radius.key_arn == key.arn
    assert radius.aliases == ("alias/payroll",)
    assert radius.working == radius.would_fail == radius.dependents
    assert radius.failing == ()
    assert len(kms_import_mock.calls) == calls


def test_what_fails(everything, key, end, state, kms_import_mock):
    """By the code that the client gets of each service."""
    end(state)
    radius = kms_import_mock.blast_radius(key.id)
    assert radius.working == radius.would_fail == ()
    codes = {one.kind: one.code for one in radius.failing}
    is_disabled = state is UNUSABLE["disabled"]
    assert codes == {
        "S3 bucket": f"KMS.{state.code}",
        "S3 object": f"KMS.{state.code}",
        "secret": "DecryptionFailure",
        "parameter": "InvalidKeyId",
        "queue": "KMS.DisabledException" if is_disabled else "KMS.InvalidStateException",
        "topic": "KMSDisabled" if is_disabled else "KMSInvalidState",
    }


def test_it_is_as_it_says(everything, client, key, end, kms_import_mock):
    """A code that is told is that which a client gets."""
    end(UNUSABLE["pending import"])
    told = {one.kind: one.code for one in kms_import_mock.blast_radius(key.id).failing}
    requests = {
        "S3 bucket": lambda: client("s3").put_object(Bucket="vault", Key="a", Body=b"x"),
        "S3 object": lambda: client("s3").get_object(Bucket="bucket", Key="a"),
        "secret": lambda: client("secretsmanager").get_secret_value(SecretId="password"),
        "parameter": lambda: client("ssm").get_parameter(Name="/a/token", WithDecryption=True),
        "queue": lambda: client("sqs").send_message(
            QueueUrl=client("sqs").get_queue_url(QueueName="orders")["QueueUrl"], MessageBody="x"
        ),
        "topic": lambda: client("sns").publish(TopicArn=f"arn:aws:sns:{REGION}:{OWN}:orders", Message="x"),
    }
    for kind, request in requests.items():
        with pytest.raises(ClientError) as caught:
            request()
        assert caught.value.response["Error"]["Code"] == told[kind]


def test_a_data_key_that_is_still_used(client, key, end, kms_import_mock):
    """What works for a while goes on working, and it is told until when."""
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName="orders", Attributes={"KmsMasterKeyId": key.id})["QueueUrl"]
    kms_import_mock.clock.freeze()
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    end(UNUSABLE["disabled"])
    (one,) = kms_import_mock.blast_radius(key.id).working
    assert one.until == kms_import_mock.clock.now() + timedelta(seconds=300)
    assert f"works until {one.until:%H:%M:%S} by a data key, then fails with KMS.DisabledException" in str(one)
    kms_import_mock.clock.advance(seconds=300)
    (one,) = kms_import_mock.blast_radius(key.id).failing
    assert one.until is None


def test_versions_and_bucket_keys(client, key, end, kms_import_mock):
    """Each version of an object is listed; with a Bucket Key it works as long as that is used."""
    s3 = client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(**PUT, Key="a", **BY_KMS, SSEKMSKeyId=key.id)["VersionId"]
    s3.put_object(**PUT, Key="a", **BY_KMS, SSEKMSKeyId=key.id, BucketKeyEnabled=True)
    end(UNUSABLE["disabled"])
    radius = kms_import_mock.blast_radius(key.id)
    assert [one.arn for one in radius.working] == ["arn:aws:s3:::bucket/a"]
    assert [one.arn for one in radius.failing] == [f"arn:aws:s3:::bucket/a?versionId={first}"]


def test_what_the_key_itself_has(kms_import_mock, kms):
    """When its key material expires, all aliases and grants, and its family in other Regions."""
    expires = (kms_import_mock.clock.now() + timedelta(days=30)).replace(microsecond=0)
    key = kms_import_mock.import_key(b"k" * 32, MultiRegion=True, ValidTo=expires)
    kms.replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")
    names = [f"alias/a{number}" for number in range(50)]
    for name in names:
        kms.create_alias(AliasName=name, TargetKeyId=key.id)
    grants = [
        kms.create_grant(KeyId=key.id, GranteePrincipal=f"arn:aws:iam::{OWN}:user/{n}", Operations=["Decrypt"])[
            "GrantId"
        ]
        for n in range(60)
    ]
    radius = kms_import_mock.blast_radius(key.id)
    assert radius.expires == expires
    assert set(radius.aliases) == set(names)
    assert set(radius.grants) == set(grants)
    assert radius.related_keys == (f"arn:aws:kms:eu-west-1:{OWN}:key/{key.id}",)
    assert radius.dependents == ()


def test_a_key_whose_material_aws_has_made(client, kms_import_mock, kms):
    """Has none that could expire."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    client("sns").create_topic(Name="orders", Attributes={"KmsMasterKeyId": key_id})
    radius = kms_import_mock.blast_radius(key_id)
    assert len(radius.working) == 1
    assert radius.would_fail == ()


def test_moto_that_plays_some_alone(kms_import_mock, key):
    """Which raises for the others."""
    with mock_aws(config={"core": {"service_whitelist": ["sns"]}}):
        boto3.client("sns", REGION).create_topic(Name="orders", Attributes={"KmsMasterKeyId": key.id})
        (one,) = kms_import_mock.blast_radius(key.id).dependents
    assert one.kind == "topic"


def test_where_only_some_are_played(kms_import_mock, key):
    """The others are asked nothing: no request leaves."""
    assert kms_import_mock.blast_radius(key.id).dependents == ()
    assert "nothing stands on it" in str(kms_import_mock.blast_radius(key.id))


def test_as_text(everything, key, kms_import_mock):
    """A line for each."""
    text = str(kms_import_mock.blast_radius(key.id))
    assert text.splitlines()[0] == f"KMS key {key.arn} is Enabled"
    assert "  S3 object arn:aws:s3:::bucket/a: works; would fail" in text.splitlines()
    assert "  alias alias/payroll" in text.splitlines()
    short = f"<BlastRadius of {key.arn} (Enabled): 6 work, 0 fail, 6 would fail>"
    assert repr(kms_import_mock.blast_radius(key.id)) == short


def test_bad_questions(kms_import_mock, key):
    """Are told what is wrong."""
    with pytest.raises(LookupError, match="There is no KMS key 'nothing'"):
        kms_import_mock.blast_radius("nothing")
    with mock_kms_import(region=REGION) as over:
        key = over.import_key()
    with pytest.raises(RuntimeError, match="This mock has ended"):
        over.blast_radius(key.id)


def test_switched_off():
    """No service needs the KMS key then."""
    with mock_kms_import(integrated_services=False) as mock, mock_aws():
        key = mock.import_key()
        boto3.client("sns", REGION).create_topic(Name="orders", Attributes={"KmsMasterKeyId": key.id})
        assert mock.blast_radius(key.id).dependents == ()


def test_in_the_report(pytester):
    """The report of a failed test has what services refused and what it has looked at; that of others has nothing."""
    pytester.makepyfile(
        """
        import boto3, pytest
        from botocore.exceptions import ClientError
        from moto import mock_aws

        @pytest.mark.parametrize("looks", [True, False])
        def test_it(kms_import_mock, looks):
            key = kms_import_mock.import_key()
            with mock_aws():
                sns = boto3.client("sns", "us-east-1")
                arn = sns.create_topic(Name="orders", Attributes={"KmsMasterKeyId": key.id})["TopicArn"]
                if looks:
                    kms_import_mock.client().disable_key(KeyId=key.id)
                    with pytest.raises(ClientError):
                        sns.publish(TopicArn=arn, Message="x")
                    kms_import_mock.blast_radius(key.id)
            assert False
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:randomly")
    arn = f"arn:aws:sns:{REGION}:{OWN}:orders"
    lines = ["*sns Publish: KMSDisabled", f"*{arn} stands on *", "KMS key arn:* is Disabled", f"*topic {arn}: *fails*"]
    result.stdout.fnmatch_lines(["*- AWS services and KMS keys -*", *lines])
    assert result.stdout.str().count("AWS services and KMS keys") == 1
