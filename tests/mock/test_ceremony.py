"""The key ceremony from end to end, as a client holds it."""

from __future__ import annotations

import os

from ..support.refusal import refused


def test_a_key_works_deletes_and_comes_back(kms, make_key, import_material):
    """What was encrypted before the key material was deleted opens again after the same bytes were re-imported."""
    key_id, material = make_key(), os.urandom(32)
    import_material(key_id, material)
    ciphertext = kms.encrypt(KeyId=key_id, Plaintext=b"secret")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key_id)
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    with refused("KMSInvalidStateException", f"{arn} is pending import."):
        kms.decrypt(CiphertextBlob=ciphertext)
    import_material(key_id, material)
    assert kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"secret"
