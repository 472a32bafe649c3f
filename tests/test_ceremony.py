"""The key ceremony from end to end, as a client holds it."""

from __future__ import annotations

import os

import pytest

from pytest_kmsimport import wrap_key_material

from .refusal import refused


@pytest.fixture
def import_material(kms):
    """Hold a ceremony for an existing KMS key and give ImportKeyMaterial's response."""

    def hold(key_id: str, material: bytes, **members: object):
        parameters = kms.get_parameters_for_import(
            KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
        blob = wrap_key_material(parameters["PublicKey"], material, "RSAES_OAEP_SHA_256")
        if "ValidTo" not in members:
            members.setdefault("ExpirationModel", "KEY_MATERIAL_DOES_NOT_EXPIRE")
        return kms.import_key_material(
            KeyId=key_id, ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=blob, **members
        )

    return hold


def test_a_key_works_deletes_and_comes_back(kms, make_key, import_material):
    """What was encrypted before the key material was deleted opens again after the same bytes were re-imported."""
    key_id, material = make_key(), os.urandom(32)
    import_material(key_id, material)
    ciphertext = kms.encrypt(KeyId=key_id, Plaintext=b"secret")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key_id)
    with refused(
        "KMSInvalidStateException", f"{kms.describe_key(KeyId=key_id)['KeyMetadata']['Arn']} is pending import."
    ):
        kms.decrypt(CiphertextBlob=ciphertext)
    import_material(key_id, material)
    assert kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"secret"
