"""HMACs and shared secrets: GenerateMac, VerifyMac and DeriveSharedSecret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDH, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA224, SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ..errors import KMSInvalidMacException, ValidationException
from ..keys import Key
from ..store import Region
from .registry import Response, operation
from .use import check_grant_tokens, check_use, conclude

_HASHES: Mapping[str, type[HashAlgorithm]] = {
    "HMAC_SHA_224": SHA224,
    "HMAC_SHA_256": SHA256,
    "HMAC_SHA_384": SHA384,
    "HMAC_SHA_512": SHA512,
}


@operation(aliases=True, across_accounts=True)
def generate_mac(
    region: Region,
    key: Key,
    *,
    message: bytes,
    mac_algorithm: str,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> Response:
    """Make the HMAC (RFC 2104) of a message of up to 4 KiB."""
    check_grant_tokens(region, grant_tokens)
    mac = _hmac(region, key, "GenerateMac", mac_algorithm, message).finalize()
    conclude(region, key, "GenerateMac", dry_run=dry_run)
    return {"Mac": mac, "MacAlgorithm": mac_algorithm, "KeyId": key.arn}


@operation(aliases=True, across_accounts=True)
def verify_mac(
    region: Region,
    key: Key,
    *,
    message: bytes,
    mac_algorithm: str,
    mac: bytes,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> Response:
    """Tell that an HMAC is good; one that is not is an error."""
    check_grant_tokens(region, grant_tokens)
    hmac = _hmac(region, key, "VerifyMac", mac_algorithm, message)
    try:
        hmac.verify(mac)
    except InvalidSignature as error:
        raise KMSInvalidMacException from error
    conclude(region, key, "VerifyMac", dry_run=dry_run)
    return {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": mac_algorithm}


def _hmac(region: Region, key: Key, operation_name: str, algorithm: str, message: bytes) -> HMAC:
    check_use(key, operation_name, "GENERATE_VERIFY_MAC", algorithm)
    hmac = HMAC(key.usable_material(region.world).plaintext or b"", _HASHES[algorithm]())
    hmac.update(message)
    return hmac


@operation(aliases=True, across_accounts=True, not_offered={"Recipient"})
def derive_shared_secret(
    region: Region,
    key: Key,
    *,
    key_agreement_algorithm: str,
    public_key: bytes,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> Response:
    """Agree on a shared secret, the x-coordinate of ECDH (NIST SP 800-56A), with the owner of a public key (DER)."""
    check_grant_tokens(region, grant_tokens)
    check_use(key, "DeriveSharedSecret", "KEY_AGREEMENT", key_agreement_algorithm)
    private_key = key.private_key(region.world)
    assert isinstance(private_key, EllipticCurvePrivateKey)  # its spec has ECDH
    try:
        peer = load_der_public_key(public_key)
        if not isinstance(peer, EllipticCurvePublicKey):
            raise ValidationException
        shared_secret = private_key.exchange(ECDH(), peer)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValidationException from error
    conclude(region, key, "DeriveSharedSecret", dry_run=dry_run)
    return {
        "KeyId": key.arn,
        "SharedSecret": shared_secret,
        "KeyAgreementAlgorithm": key_agreement_algorithm,
        "KeyOrigin": key.origin,
    }
