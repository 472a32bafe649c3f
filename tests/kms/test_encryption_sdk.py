"""The AWS Encryption SDK, somebody else's program, works on imported keys through its AWS KMS keyring."""

from __future__ import annotations

import gc
import logging
import os
from datetime import timedelta

import boto3
import pytest

pytest.importorskip("aws_cryptographic_material_providers", reason="the SDK's keyrings need Python 3.11")

from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import (
    CreateAwsKmsKeyringInput,
    CreateAwsKmsMrkKeyringInput,
)
from aws_encryption_sdk import EncryptionSDKClient

#: The SDK's streams complain when they are thrown away half read, as after a refusal.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

TEXT = b"attack at dawn"
CONTEXT = {"purpose": "test"}


@pytest.fixture(autouse=True)
def thrown_away(monkeypatch):
    """Have them complain within their own test; what is logged would keep them longer."""
    monkeypatch.setattr(logging.getLogger("aws_encryption_sdk.streaming_client"), "disabled", True)
    yield
    gc.collect()


class Vault:
    """Encrypts and decrypts by the SDK under one KMS key."""

    def __init__(self, key_arn: str, *, multi_region: bool = False, region: str = "us-east-1") -> None:
        providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
        kms = boto3.client("kms", region_name=region)
        if multi_region:
            inputs = CreateAwsKmsMrkKeyringInput(kms_key_id=key_arn, kms_client=kms)
            self._keyring = providers.create_aws_kms_mrk_keyring(input=inputs)
        else:
            inputs = CreateAwsKmsKeyringInput(kms_key_id=key_arn, kms_client=kms)
            self._keyring = providers.create_aws_kms_keyring(input=inputs)
        self._sdk = EncryptionSDKClient()

    def close(self) -> bytes:
        """A message that holds the text."""
        message: bytes = self._sdk.encrypt(source=TEXT, keyring=self._keyring, encryption_context=CONTEXT)[0]
        return message

    def open(self, message: bytes) -> bytes:
        """The text that a message holds."""
        text: bytes = self._sdk.decrypt(source=message, keyring=self._keyring)[0]
        return text


def test_a_message_under_an_imported_key(kms_import_mock):
    """What is closed opens, by one GenerateDataKey and one Decrypt with the context that was given."""
    vault = Vault(kms_import_mock.import_key().arn)
    assert vault.open(vault.close()) == TEXT
    assert [call.operation for call in kms_import_mock.calls] == ["GenerateDataKey", "Decrypt"]
    assert all(call.request["EncryptionContext"].items() >= CONTEXT.items() for call in kms_import_mock.calls)


def test_messages_outlive_a_rotation(kms, kms_import_mock, import_material):
    """Old ones open under the key material of their time, new ones under the new."""
    key = kms_import_mock.import_key()
    vault = Vault(key.arn)
    old = vault.close()
    import_material(key.id, os.urandom(32), ImportType="NEW_KEY_MATERIAL")
    kms.rotate_key_on_demand(KeyId=key.id)
    new = vault.close()
    assert (vault.open(old), vault.open(new)) == (TEXT, TEXT)
    used = [call.response["KeyMaterialId"] for call in kms_import_mock.calls.to("Decrypt")]
    assert used == [material.id for material in kms_import_mock.key(key.id).materials]


def test_messages_outlive_a_deletion(kms, kms_import_mock, import_material):
    """Without the key material they do not open; with the same bytes again they do."""
    material = os.urandom(32)
    key = kms_import_mock.import_key(material)
    vault = Vault(key.arn)
    message = vault.close()
    kms.delete_imported_key_material(KeyId=key.id)
    with pytest.raises(Exception, match="able to decrypt the Data Key"):
        vault.open(message)
    import_material(key.id, material)
    assert vault.open(message) == TEXT


def test_key_material_that_expired(kms_import_mock):
    """The SDK passes AWS's refusal on."""
    vault = Vault(kms_import_mock.import_key(ValidTo=kms_import_mock.clock.now() + timedelta(hours=1)).arn)
    kms_import_mock.clock.advance(hours=2)
    with pytest.raises(Exception, match="is pending import"):
        vault.close()


def test_messages_travel_between_regions(kms, kms_import_mock):
    """A multi-Region key's message opens in the other Region, once the same bytes were imported there."""
    material = os.urandom(32)
    primary = kms_import_mock.import_key(material, MultiRegion=True)
    message = Vault(primary.arn, multi_region=True).close()
    kms.replicate_key(KeyId=primary.id, ReplicaRegion="eu-west-1")
    replica = kms_import_mock.key(primary.id, region_name="eu-west-1")
    there = Vault(replica.arn, multi_region=True, region="eu-west-1")
    with pytest.raises(Exception, match="able to decrypt the Data Key"):
        there.open(message)
    kms_import_mock.import_key(material, key_id=replica.arn)
    assert there.open(message) == TEXT
