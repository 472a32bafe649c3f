"""Bring a tenant's own key into AWS KMS, and seal what belongs to the tenant with it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import boto3
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

REGION = "eu-central-1"


def bring(tenant: str, material: bytes, *, days: int = 90) -> str:
    """Import a tenant's key material, 32 bytes, into a new KMS key for so many days, and give the key ID.

    Raises ClientError where AWS KMS refuses.
    """
    kms = boto3.client("kms", region_name=REGION)
    key_id: str = kms.create_key(Origin="EXTERNAL", Description=f"Key of {tenant}")["KeyMetadata"]["KeyId"]
    parameters = kms.get_parameters_for_import(
        KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_4096"
    )
    wrapping_key = load_der_public_key(parameters["PublicKey"])
    kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrapping_key.encrypt(material, OAEP(MGF1(SHA256()), SHA256(), None)),
        ValidTo=datetime.now(timezone.utc) + timedelta(days=days),
    )
    kms.create_alias(AliasName=f"alias/tenant/{tenant}", TargetKeyId=key_id)
    return key_id


def seal(tenant: str, data: bytes) -> bytes:
    """Encrypt data for a tenant, under the tenant's key. Raises ClientError where AWS KMS refuses."""
    kms = boto3.client("kms", region_name=REGION)
    answer = kms.encrypt(KeyId=f"alias/tenant/{tenant}", Plaintext=data, EncryptionContext={"tenant": tenant})
    ciphertext: bytes = answer["CiphertextBlob"]
    return ciphertext
