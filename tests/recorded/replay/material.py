"""Key material of the plays: letters over and over, and private keys that `cryptography` makes once in a session."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

_CURVES = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
    "ECC_SECG_P256K1": ec.SECP256K1(),
}
#: The bytes of symmetric keys, and the least that HMAC keys take.
_LENGTHS = {"SYMMETRIC_DEFAULT": 32, "HMAC_224": 28, "HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64}


@cache
def private_key(spec: str, letter: str) -> Any:
    """A private key of a spec, always the same one for a letter."""
    if spec.startswith("RSA"):
        return rsa.generate_private_key(65537, int(spec.removeprefix("RSA_")))
    if spec == "ECC_NIST_EDWARDS25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(_CURVES[spec])


def key_material(spec: str, letter: str) -> bytes:
    """The key material of a letter: the letter over and over, or a private key in PKCS#8."""
    if spec in _LENGTHS:
        return letter.encode() * _LENGTHS[spec]
    pkcs8: bytes = private_key(spec, letter).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return pkcs8


def spki(public_key: Any) -> bytes:
    """A public key as AWS answers it: a SubjectPublicKeyInfo in DER."""
    der: bytes = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der


def with_indefinite_length(der: bytes) -> bytes:
    """The same structure in BER: the length of the outer SEQUENCE is left open, and two zeros end it."""
    header = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    return der[:1] + b"\x80" + der[header:] + b"\x00\x00"
