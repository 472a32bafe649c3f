"""What bytes look like that should be something else: text forms, private keys in other encodings."""

from __future__ import annotations

import binascii
from base64 import b64decode

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

_ENCRYPTED_PKCS8 = bytes.fromhex("2a864886f70d01050d")  # PBES2, the object identifier that such a key begins with
_CURVES = {
    "secp256r1": "ECC_NIST_P256",
    "secp384r1": "ECC_NIST_P384",
    "secp521r1": "ECC_NIST_P521",
    "secp256k1": "ECC_SECG_P256K1",
}


def decoded_text(content: bytes) -> tuple[str, bytes] | None:
    """The name of the text form that bytes are in, and what they say: hexadecimal or base64; None for neither."""
    text = b"".join(content.split())
    if not text.isascii() or not text:
        return None
    try:
        return "hexadecimal", binascii.unhexlify(text)
    except binascii.Error:
        pass
    try:
        return "base64", b64decode(text, validate=True)
    except binascii.Error:
        return None


def is_pem(content: bytes) -> bool:
    """Whether this is PEM text."""
    return content.lstrip().startswith(b"-----BEGIN")


def is_encrypted_pkcs8(content: bytes) -> bool:
    """Whether this is a private key under a password."""
    return content[:1] == b"\x30" and _ENCRYPTED_PKCS8 in content[:40]


def private_key_encoding(content: bytes) -> str:
    """The encoding that DER has a private key in, by what it begins with (RFC 8017 A.1.2, RFC 5915, RFC 5958)."""
    lengths = content[1] & 0x7F if content[1] & 0x80 else 0  # bytes of a long length
    begin = content[2 + lengths :][:4]
    if begin == b"\x02\x01\x00\x02":  # version 0, and the modulus
        return "PKCS#1"
    if begin == b"\x02\x01\x01\x04":  # version 1, and the private key's bytes
        return "SEC1"
    return "PKCS#8 with its curve's parameters written out"


def is_public_key(content: bytes) -> bool:
    """Whether this is a public key in DER."""
    try:
        load_der_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def private_key_in(content: bytes) -> PrivateKeyTypes | None:
    """The private key that DER holds in whatever encoding, None where it holds none that is open."""
    try:
        return load_der_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def spec_of(key: PrivateKeyTypes) -> str:
    """The key spec that AWS has for a private key."""
    if isinstance(key, RSAPrivateKey):
        return f"RSA_{key.key_size}"
    if isinstance(key, EllipticCurvePrivateKey):
        return _CURVES.get(key.curve.name, key.curve.name)
    return "ECC_NIST_EDWARDS25519" if isinstance(key, Ed25519PrivateKey) else type(key).__name__
