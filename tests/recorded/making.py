"""What the rows of a play send: key material, messages, and what others than AWS have encrypted, signed or mangled."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from .notation import Function, Phrase, Text, Value

if TYPE_CHECKING:
    from .player import Played, Player

CURVES = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
    "ECC_SECG_P256K1": ec.SECP256K1(),
}
#: The least bytes that an HMAC key takes; symmetric keys take 32.
LENGTHS = {"SYMMETRIC_DEFAULT": 32, "HMAC_224": 28, "HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64}


@cache
def private_key(spec: str, letter: str) -> Any:
    """A private key of a spec, always the same one for a letter."""
    if spec.startswith("RSA"):
        return rsa.generate_private_key(65537, int(spec.removeprefix("RSA_")))
    if spec == "ECC_NIST_EDWARDS25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(CURVES[spec])


def key_material(spec: str, letter: str) -> bytes:
    """The key material of a letter: the letter over and over, or a private key in PKCS#8."""
    if spec in LENGTHS:
        return letter.encode() * LENGTHS[spec]
    pkcs8: bytes = private_key(spec, letter).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return pkcs8


def with_indefinite_length(der: bytes) -> bytes:
    """The same structure in BER: the length of the outer SEQUENCE is left open, and two zeros end it."""
    header = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    return der[:1] + b"\x80" + der[header:] + b"\x00\x00"


def bytes_of(value: Value | None, player: Player, played: Played) -> bytes:
    """The bytes that a value of a row stands for."""
    spec = player.keys[played.key].spec if played.key in player.keys else ""
    if isinstance(value, Text):
        return player.text(value, played).encode()
    if isinstance(value, Phrase):  # 16 bytes, 32 x, 27 A
        count, what = (str(part) for part in value.parts)
        return bytes(int(count)) if what == "bytes" else what.encode() * int(count)
    if isinstance(value, Function):
        (argument,) = value.arguments
        return _MADE[value.name](argument, player, played)
    assert isinstance(value, str)
    if len(value) == 1:
        return key_material(spec, value)
    blob: bytes = player.reference(value)
    return blob


def _ber(argument: Value, player: Player, played: Played) -> bytes:
    """``ber(A)``: the private key A in BER."""
    return with_indefinite_length(bytes_of(argument, player, played))


def _public(argument: Value, player: Player, played: Played) -> bytes:
    """``public(A)``: the public key of private key A, as a SubjectPublicKeyInfo."""
    pair = private_key(player.key(played.key).spec, str(argument))
    spki: bytes = pair.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return spki


def _oaep(argument: Value, player: Player, played: Played) -> bytes:
    """``oaep(A)``: "secret", encrypted with the public key of A by the algorithm of the request."""
    public_key: Any = load_der_public_key(public_key_of(argument, player, played))
    ciphertext: bytes = public_key.encrypt(b"secret", oaep_padding(played.request["EncryptionAlgorithm"]))
    return ciphertext


def public_key_of(value: Value, player: Player, played: Played) -> bytes:
    """The public key of a letter, or the one that another row was answered with."""
    return _public(value, player, played) if len(str(value)) == 1 else bytes_of(value, player, played)


def oaep_padding(algorithm: str) -> padding.OAEP:
    """The padding of RSAES_OAEP_SHA_1 and RSAES_OAEP_SHA_256."""
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()  # noqa: S303  as AWS has it
    return padding.OAEP(padding.MGF1(digest), digest, None)


_MADE = {"ber": _ber, "public": _public, "oaep": _oaep}


def shown(value: Any) -> str:
    """An answer as a person reads it, without its blobs."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} {shown(content)}" for name, content in value.items()) + "}"
    if isinstance(value, list):
        return "[" + "; ".join(map(shown, value)) + "]"
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return value.isoformat() if isinstance(value, datetime) else repr(value)
