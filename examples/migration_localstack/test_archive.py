"""After: the same tests without a container. AWS KMS is in memory, and moto answers for S3."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from migration_localstack.archive import ALIAS, get, put, set_up
from moto import mock_aws

MATERIAL = bytes(range(32))


@pytest.fixture
def bucket(kms_import_mock):
    with mock_aws():
        set_up("archive", MATERIAL)
        yield "archive"


def test_what_is_put_is_got(bucket):
    put(bucket, "payroll", b"secret")
    assert get(bucket, "payroll") == b"secret"


def test_it_is_bound_to_its_name(bucket):
    put(bucket, "payroll", b"secret")
    s3 = boto3.client("s3")
    s3.copy_object(Bucket=bucket, Key="other", CopySource=f"{bucket}/payroll")
    with pytest.raises(ClientError, match="InvalidCiphertextException"):
        get(bucket, "other")


def test_it_opens_again_when_the_key_material_is_back(kms_import_mock, kms_import_client, bucket):
    """What a restore after a mistake looks like: nothing opens, until the same bytes are imported."""
    put(bucket, "payroll", b"secret")
    kms_import_client.delete_imported_key_material(KeyId=kms_import_mock.key(ALIAS).id)
    with pytest.raises(ClientError, match="is pending import"):
        get(bucket, "payroll")
    kms_import_mock.import_key(MATERIAL, key_id=kms_import_mock.key(ALIAS).id)
    assert get(bucket, "payroll") == b"secret"
