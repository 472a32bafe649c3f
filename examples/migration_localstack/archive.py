"""An archive in S3 whose objects are sealed under a key of our own: envelope encryption under an imported KMS key."""

from __future__ import annotations

import os

import boto3
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

ALIAS = "alias/archive"
NONCE = 12


def set_up(bucket: str, material: bytes) -> str:
    """Make the bucket, and the KMS key with our key material (32 bytes); give the key ID."""
    boto3.client("s3").create_bucket(Bucket=bucket)
    kms = boto3.client("kms")
    key_id: str = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    parameters = kms.get_parameters_for_import(
        KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_4096"
    )
    wrapping_key = load_der_public_key(parameters["PublicKey"])
    kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrapping_key.encrypt(material, OAEP(MGF1(SHA256()), SHA256(), None)),
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key_id)
    return key_id


def put(bucket: str, name: str, data: bytes) -> None:
    """Seal data under a fresh data key, and put it into the archive with that key, encrypted, as its metadata."""
    data_key = boto3.client("kms").generate_data_key(
        KeyId=ALIAS, KeySpec="AES_256", EncryptionContext={"bucket": bucket, "name": name}
    )
    nonce = os.urandom(NONCE)
    sealed = nonce + AESGCM(data_key["Plaintext"]).encrypt(nonce, data, None)
    metadata = {"data-key": data_key["CiphertextBlob"].hex()}
    boto3.client("s3").put_object(Bucket=bucket, Key=name, Body=sealed, Metadata=metadata)


def get(bucket: str, name: str) -> bytes:
    """Take data out of the archive. Raises ClientError where AWS refuses."""
    found = boto3.client("s3").get_object(Bucket=bucket, Key=name)
    data_key = boto3.client("kms").decrypt(
        CiphertextBlob=bytes.fromhex(found["Metadata"]["data-key"]), EncryptionContext={"bucket": bucket, "name": name}
    )
    sealed = found["Body"].read()
    return AESGCM(data_key["Plaintext"]).decrypt(sealed[:NONCE], sealed[NONCE:], None)
