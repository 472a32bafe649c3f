"""Before: tests with botocore's Stubber, as such projects have them. Every answer is written by hand, in order."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import boto3
import pytest
from botocore.stub import ANY, Stubber
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from migration_stubber.renewal import renew

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:us-east-1:123456789012:key/{KEY_ID}"
MATERIAL = bytes(range(32))
NOW = datetime(2026, 11, 28, 9, tzinfo=timezone.utc)
PUBLIC_KEY = (
    generate_private_key(65537, 3072).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)


@pytest.fixture
def kms():
    return boto3.client("kms", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture
def stubber(kms):
    with Stubber(kms) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def the_key_is(stubber, state, **members):
    metadata = {"KeyId": KEY_ID, "Arn": ARN, "KeyState": state, "Origin": "EXTERNAL", **members}
    stubber.add_response("describe_key", {"KeyMetadata": metadata}, {"KeyId": KEY_ID})


def parameters_are_given(stubber):
    answer = {"KeyId": ARN, "ImportToken": b"token", "PublicKey": PUBLIC_KEY, "ParametersValidTo": NOW}
    request = {"KeyId": KEY_ID, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_3072"}
    stubber.add_response("get_parameters_for_import", answer, request)


def the_import_succeeds(stubber):
    request = {
        "KeyId": KEY_ID,
        "ImportToken": b"token",
        "EncryptedKeyMaterial": ANY,
        "ValidTo": NOW + timedelta(days=90),
    }
    stubber.add_response("import_key_material", {}, request)


def test_a_key_with_time_left_is_kept(kms, stubber):
    the_key_is(stubber, "Enabled", ValidTo=NOW + timedelta(days=60))
    assert renew(kms, KEY_ID, MATERIAL, lambda: NOW) == "kept"


def test_a_key_is_renewed_two_weeks_ahead(kms, stubber):
    the_key_is(stubber, "Enabled", ValidTo=NOW + timedelta(days=13))
    parameters_are_given(stubber)
    the_import_succeeds(stubber)
    assert renew(kms, KEY_ID, MATERIAL, lambda: NOW) == "renewed"


def test_a_key_that_has_expired_is_brought_back(kms, stubber):
    the_key_is(stubber, "PendingImport")
    parameters_are_given(stubber)
    the_import_succeeds(stubber)
    assert renew(kms, KEY_ID, MATERIAL, lambda: NOW) == "renewed"


def test_an_expired_token_is_asked_for_anew(kms, stubber):
    the_key_is(stubber, "PendingImport")
    parameters_are_given(stubber)
    stubber.add_client_error("import_key_material", "ExpiredImportTokenException")
    parameters_are_given(stubber)
    the_import_succeeds(stubber)
    assert renew(kms, KEY_ID, MATERIAL, lambda: NOW) == "renewed"
