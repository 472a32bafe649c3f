"""After: the same tests with AWS KMS in memory, and two that could not be written before."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from migration_moto.tenant_keys import REGION, bring, seal
from moto import mock_aws

from pytest_kmsimport import faults

MATERIAL = bytes(range(32))
pytestmark = pytest.mark.kms_import(region=REGION)


def test_the_key_is_brought(kms_import_mock):
    key_id = bring("acme", MATERIAL)
    assert kms_import_mock.key("alias/tenant/acme").id == key_id
    kms_import_mock.assert_imported(key_id, MATERIAL)


def test_what_is_sealed_opens(kms_import_client):
    bring("acme", MATERIAL)
    answer = kms_import_client.decrypt(CiphertextBlob=seal("acme", b"payroll"), EncryptionContext={"tenant": "acme"})
    assert answer["Plaintext"] == b"payroll"


def test_a_refused_import_is_told(kms_import_mock):
    kms_import_mock.inject(faults.meanwhile(faults.expire_token), on="ImportKeyMaterial")
    with pytest.raises(ClientError, match="ExpiredImportTokenException"):
        bring("acme", MATERIAL)


def test_nothing_is_sealed_when_the_time_is_over(kms_import_mock):
    bring("acme", MATERIAL, days=90)
    kms_import_mock.clock.advance(days=91)
    with pytest.raises(ClientError, match="is pending import"):
        seal("acme", b"payroll")


def test_moto_keeps_the_other_services():
    """mock_aws may stay around the tests that need S3 and its like: KMS is answered here all the same."""
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="payroll")
        bring("acme", MATERIAL)
        assert boto3.client("s3").list_buckets()["Buckets"][0]["Name"] == "payroll"
