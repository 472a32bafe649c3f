"""Shared secrets by ML-KEM (FIPS 203): Encapsulate and Decapsulate.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Encapsulate.html
"""

from __future__ import annotations

from ..call import Response
from ..errors import InvalidCiphertextException
from ..keys import Key
from ..post_quantum import kem_key
from ..region import Region
from .registry import operation

_USAGE = "ENCAPSULATE_DECAPSULATE"
_SECRETS = {"SharedSecret": "the shared secret"}


@operation(aliases=True, across_accounts=True, usage=_USAGE, secrets=_SECRETS, grants={"Encapsulate"}, since=2026)
def encapsulate(region: Region, key: Key, *, encapsulation_algorithm: str) -> Response:
    """Make a shared secret (32 bytes), and its encapsulated form for the owner of the private key."""
    shared_secret, encapsulated = kem_key(key.private_key(region.world)).public_key().encapsulate()
    return {
        "KeyId": key.arn,
        "SharedSecret": shared_secret,
        "SharedSecretCiphertextBlob": encapsulated,
        "EncapsulationAlgorithm": encapsulation_algorithm,
    }


@operation(aliases=True, across_accounts=True, usage=_USAGE, secrets=_SECRETS, grants={"Decapsulate"}, since=2026)
def decapsulate(
    region: Region, key: Key, *, shared_secret_ciphertext_blob: bytes, encapsulation_algorithm: str
) -> Response:
    """Recover a shared secret; only a wrong length is refused, anything else gives a secret that nobody has."""
    try:
        shared_secret = kem_key(key.private_key(region.world)).decapsulate(shared_secret_ciphertext_blob)
    except ValueError as error:
        raise InvalidCiphertextException from error
    return {"KeyId": key.arn, "SharedSecret": shared_secret, "EncapsulationAlgorithm": encapsulation_algorithm}
