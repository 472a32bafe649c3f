"""HMACs: GenerateMac and VerifyMac."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA224, SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

from ..call import Response
from ..errors import KMSInvalidMacException
from ..keys import Key
from ..region import Region
from .registry import operation

_HASHES: Mapping[str, type[HashAlgorithm]] = {
    "HMAC_SHA_224": SHA224,
    "HMAC_SHA_256": SHA256,
    "HMAC_SHA_384": SHA384,
    "HMAC_SHA_512": SHA512,
}


_USAGE = "GENERATE_VERIFY_MAC"


@operation(aliases=True, across_accounts=True, usage=_USAGE, grants={"GenerateMac"})
def generate_mac(region: Region, key: Key, *, message: bytes, mac_algorithm: str) -> Response:
    """Make the HMAC (RFC 2104) of a message of up to 4 KiB."""
    mac = _hmac(region, key, mac_algorithm, message).finalize()
    return {"Mac": mac, "MacAlgorithm": mac_algorithm, "KeyId": key.arn}


@operation(aliases=True, across_accounts=True, usage=_USAGE, grants={"VerifyMac"})
def verify_mac(region: Region, key: Key, *, message: bytes, mac_algorithm: str, mac: bytes) -> Response:
    """Tell that an HMAC is good; one that is not is an error."""
    try:
        _hmac(region, key, mac_algorithm, message).verify(mac)
    except InvalidSignature as error:
        raise KMSInvalidMacException from error
    return {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": mac_algorithm}


def _hmac(region: Region, key: Key, algorithm: str, message: bytes) -> HMAC:
    hmac = HMAC(key.usable_material(region.world).plaintext or b"", _HASHES[algorithm]())
    hmac.update(message)
    return hmac
