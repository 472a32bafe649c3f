"""Shared secrets by elliptic-curve Diffie-Hellman: DeriveSharedSecret.

https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html
"""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDH, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ..call import Response
from ..errors import ValidationException
from ..keys import Key
from ..region import Region
from .registry import operation


@operation(
    aliases=True,
    across_accounts=True,
    usage="KEY_AGREEMENT",
    secrets={"SharedSecret": "the shared secret"},
    grants={"DeriveSharedSecret"},
    since=2024,
    recipient="SharedSecret",
)
def derive_shared_secret(region: Region, key: Key, *, key_agreement_algorithm: str, public_key: bytes) -> Response:
    """Agree on a shared secret, the x-coordinate of ECDH (NIST SP 800-56A), with the owner of a public key (DER)."""
    private_key = key.private_key(region.world)
    assert isinstance(private_key, EllipticCurvePrivateKey)  # its spec has ECDH
    try:
        peer = load_der_public_key(public_key)
        if not isinstance(peer, EllipticCurvePublicKey):
            raise ValidationException
        shared_secret = private_key.exchange(ECDH(), peer)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValidationException from error
    return {
        "KeyId": key.arn,
        "SharedSecret": shared_secret,
        "KeyAgreementAlgorithm": key_agreement_algorithm,
        "KeyOrigin": key.origin,
    }
