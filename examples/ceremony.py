"""What the programs beside this share: one import of symmetric key material into a KMS key."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_4096"}


def import_material(kms: Any, key_arn: str, material: bytes, **members: Any) -> str:
    """Import key material (32 bytes) into a KMS key, and give AWS's identifier for it.

    ``members`` go into the request; without ValidTo the key material does not expire. Raises ClientError where AWS
    KMS refuses.
    """
    parameters = kms.get_parameters_for_import(KeyId=key_arn, **WRAPPING)
    wrapping_key = load_der_public_key(parameters["PublicKey"])
    if not isinstance(wrapping_key, RSAPublicKey):
        raise TypeError("AWS KMS gives RSA wrapping keys only.")
    if "ValidTo" not in members:
        members["ExpirationModel"] = "KEY_MATERIAL_DOES_NOT_EXPIRE"
    answer = kms.import_key_material(
        KeyId=key_arn,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrapping_key.encrypt(material, OAEP(MGF1(SHA256()), SHA256(), None)),
        **members,
    )
    return str(answer["KeyMaterialId"])
