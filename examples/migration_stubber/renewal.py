"""Keep imported key material alive: import the same bytes again before they expire, or when they are gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

AHEAD = timedelta(days=14)
LIFE = timedelta(days=90)


def utc_now() -> datetime:
    """The time by this computer's clock."""
    return datetime.now(timezone.utc)


def renew(kms: Any, key_id: str, material: bytes, now: Callable[[], datetime] = utc_now) -> str:
    """Import the key material again where it is time, and say what was done: ``kept`` or ``renewed``.

    A token that has expired on the way is asked for anew, once. Raises ClientError where AWS KMS refuses.
    """
    key = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    if key["KeyState"] == "Enabled" and key.get("ValidTo", now() + LIFE) > now() + AHEAD:
        return "kept"
    try:
        _import(kms, key_id, material, now() + LIFE)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExpiredImportTokenException":
            raise
        _import(kms, key_id, material, now() + LIFE)
    return "renewed"


def _import(kms: Any, key_id: str, material: bytes, valid_to: datetime) -> None:
    parameters = kms.get_parameters_for_import(
        KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_3072"
    )
    wrapping_key = load_der_public_key(parameters["PublicKey"])
    kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrapping_key.encrypt(material, OAEP(MGF1(SHA256()), SHA256(), None)),
        ValidTo=valid_to,
    )
