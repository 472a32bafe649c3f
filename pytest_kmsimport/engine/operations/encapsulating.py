"""Shared secrets by ML-KEM (FIPS 203): Encapsulate and Decapsulate.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Encapsulate.html
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InvalidCiphertextException
from ..keys import Key
from ..post_quantum import kem_key
from ..store import Region
from .registry import Response, operation
from .use import check_grant_tokens, check_use, conclude

_USAGE = "ENCAPSULATE_DECAPSULATE"


@operation(aliases=True, across_accounts=True)
def encapsulate(
    region: Region,
    key: Key,
    *,
    encapsulation_algorithm: str,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> Response:
    """Make a shared secret (32 bytes), and its encapsulated form for the owner of the private key."""
    check_grant_tokens(region, grant_tokens)
    check_use(key, "Encapsulate", _USAGE, encapsulation_algorithm)
    shared_secret, encapsulated = kem_key(key.private_key(region.world)).public_key().encapsulate()
    conclude(region, key, "Encapsulate", dry_run=dry_run)
    return {
        "KeyId": key.arn,
        "SharedSecret": shared_secret,
        "SharedSecretCiphertextBlob": encapsulated,
        "EncapsulationAlgorithm": encapsulation_algorithm,
    }


@operation(aliases=True, across_accounts=True)
def decapsulate(
    region: Region,
    key: Key,
    *,
    shared_secret_ciphertext_blob: bytes,
    encapsulation_algorithm: str,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> Response:
    """Recover a shared secret; only a wrong length is refused, anything else gives a secret that nobody has."""
    check_grant_tokens(region, grant_tokens)
    check_use(key, "Decapsulate", _USAGE, encapsulation_algorithm)
    try:
        shared_secret = kem_key(key.private_key(region.world)).decapsulate(shared_secret_ciphertext_blob)
    except ValueError as error:
        raise InvalidCiphertextException from error
    conclude(region, key, "Decapsulate", dry_run=dry_run)
    return {"KeyId": key.arn, "SharedSecret": shared_secret, "EncapsulationAlgorithm": encapsulation_algorithm}
