"""GetCallerIdentity of STS, answered for whom the mock knows."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from pytest_kmsimport import RealAwsRefused

from ..support.iam_policies import HOME, OTHER

ROLE = f"arn:aws:iam::{HOME}:role/keys/Importer"


def sts_of(access_key, region="us-east-1", **options):
    """An STS client with an access key."""
    return boto3.client("sts", region, aws_access_key_id=access_key, aws_secret_access_key="x", **options)


def who(sts):
    """What STS says of somebody."""
    answer = sts.get_caller_identity()
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["RequestId"]
    return answer["Account"], answer["Arn"], answer["UserId"]


def test_registered_principals(kms_import_mock):
    """A session by the unique ID of its role, a user by one of their own, and in any Region."""
    session = kms_import_mock.principal(ROLE, session="a&b=c").access_key_id
    account, arn, user_id = who(sts_of(session, "eu-west-3"))
    assert (account, arn) == (HOME, f"arn:aws:sts::{HOME}:assumed-role/Importer/a&b=c")
    assert user_id.startswith("AROA")
    assert user_id.endswith(":a&b=c")
    user = kms_import_mock.principal(f"arn:aws:iam::{OTHER}:user/Eve")
    account, arn, user_id = who(sts_of(user.access_key_id))
    assert (account, arn, user_id[:4]) == (OTHER, user.arn, "AIDA")


def test_root_users(kms_import_mock):
    """By an access key of 12 digits."""
    assert who(sts_of(OTHER)) == (OTHER, f"arn:aws:iam::{OTHER}:root", OTHER)
    assert who(sts_of(OTHER, "cn-north-1"))[1] == f"arn:aws-cn:iam::{OTHER}:root"


@pytest.mark.kms_import(principal=ROLE)
def test_the_code_under_test(kms_import_mock):
    """Where the option ``principal`` says who that is."""
    assert who(sts_of("testing"))[1] == f"arn:aws:sts::{HOME}:assumed-role/Importer/pytest"


@pytest.mark.parametrize("governed", [False, True])
def test_nobody_else(kms_import_mock, governed):
    """Is refused as other services are."""
    if governed:
        kms_import_mock.govern(context={"aws:SourceIp": None})
    with pytest.raises(RealAwsRefused, match=r"sts\.GetCallerIdentity"):
        sts_of("testing").get_caller_identity()
    kms_import_mock.complaints.clear()


def test_a_service_has_no_identity(kms_import_mock):
    """It signs with no access key that STS would know."""
    access_key = kms_import_mock.principal("events.amazonaws.com").access_key_id
    with pytest.raises(RealAwsRefused):
        sts_of(access_key).get_caller_identity()
    kms_import_mock.complaints.clear()


def test_moto_goes_first(kms_import_mock):
    """Its services are its own."""
    with mock_aws():
        assert who(sts_of(OTHER))[1].endswith(":user/moto")


def test_by_a_server(kms_import_mock, kms_import_server):
    """Of a client whose endpoint for STS it is."""
    importer = kms_import_mock.principal(ROLE)
    assert who(sts_of(importer.access_key_id, endpoint_url=kms_import_server.url))[1] == importer.arn
    unknown = sts_of("testing", endpoint_url=kms_import_server.url)
    for call in (
        unknown.get_caller_identity,
        sts_of(HOME, endpoint_url=kms_import_server.url).get_session_token,
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
