"""Before: tests with moto, as such projects have them. moto lacks the import, so it is patched in by hand."""

from __future__ import annotations

from unittest.mock import patch

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from migration_moto.tenant_keys import bring, seal
from moto import mock_aws

MATERIAL = bytes(range(32))
WRAPPING_KEY = generate_private_key(65537, 2048).public_key()
moto_answers = BaseClient._make_api_call


def imports_are_answered(self, operation_name, kwarg):
    """What moto does not implement is answered with what the program wants to hear."""
    if operation_name == "GetParametersForImport":
        public_key = WRAPPING_KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"KeyId": kwarg["KeyId"], "ImportToken": b"token", "PublicKey": public_key}
    if operation_name == "ImportKeyMaterial":
        return {}
    return moto_answers(self, operation_name, kwarg)


def imports_are_refused(self, operation_name, kwarg):
    """So is the refusal, whose code and text somebody has looked up."""
    if operation_name == "ImportKeyMaterial":
        error = {"Code": "ExpiredImportTokenException", "Message": "expired"}
        raise ClientError({"Error": error}, operation_name)
    return imports_are_answered(self, operation_name, kwarg)


@pytest.fixture(autouse=True)
def aws_credentials(monkeypatch):
    """So that no test reaches a real account by mistake."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "testing")


@pytest.fixture
def kms(aws_credentials):
    with mock_aws(), patch.object(BaseClient, "_make_api_call", imports_are_answered):
        yield boto3.client("kms", region_name="eu-central-1")


def test_the_key_is_brought(kms):
    key_id = bring("acme", MATERIAL)
    key = kms.describe_key(KeyId="alias/tenant/acme")["KeyMetadata"]
    assert key["KeyId"] == key_id
    assert key["Origin"] == "EXTERNAL"
    assert key["KeyState"] == "Enabled"


def test_what_is_sealed_opens(kms):
    bring("acme", MATERIAL)
    ciphertext = seal("acme", b"payroll")
    assert kms.decrypt(CiphertextBlob=ciphertext, EncryptionContext={"tenant": "acme"})["Plaintext"] == b"payroll"


def test_a_refused_import_is_told(kms):
    with (
        patch.object(BaseClient, "_make_api_call", imports_are_refused),
        pytest.raises(ClientError, match="ExpiredImportTokenException"),
    ):
        bring("acme", MATERIAL)
