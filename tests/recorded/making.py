"""What the rows of a play send: key material, messages, and what others than AWS have encrypted, signed or mangled."""

from __future__ import annotations

import hashlib
import json
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

Arguments = tuple[Value, ...]
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
    if isinstance(value, Text):
        return player.text(value, played).encode()
    if isinstance(value, Phrase):  # 16 bytes, 32 x, 27 A
        count, what = (str(part) for part in value.parts)
        return bytes(int(count)) if what == "bytes" else what.encode() * int(count)
    if isinstance(value, Function):
        return _MADE[value.name](value.arguments, player, played)
    assert isinstance(value, str)
    if len(value) == 1:
        return key_material(player.key(played.key).spec, value)
    blob: bytes = player.reference(value)
    return blob


def _ber(arguments: Arguments, player: Player, played: Played) -> bytes:
    """``ber(A)``: the private key A in BER."""
    return with_indefinite_length(bytes_of(arguments[0], player, played))


def _public(arguments: Arguments, player: Player, played: Played) -> bytes:
    """``public(A)``: the public key of private key A, as a SubjectPublicKeyInfo."""
    return _spki(private_key(player.key(played.key).spec, str(arguments[0])).public_key())


def _other_curve(arguments: Arguments, player: Player, played: Played) -> bytes:
    """``other_curve(P)``: the same, of another curve than the key's."""
    other = "ECC_NIST_P384" if player.key(played.key).spec == "ECC_NIST_P256" else "ECC_NIST_P256"
    return _spki(private_key(other, str(arguments[0])).public_key())


def _spki(public_key: Any) -> bytes:
    spki: bytes = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return spki


def _oaep(arguments: Arguments, player: Player, played: Played) -> bytes:
    """``oaep(A)``: "secret", encrypted with the public key of A by the algorithm of the request."""
    public_key: Any = load_der_public_key(public_key_of(arguments[0], player, played))
    ciphertext: bytes = public_key.encrypt(b"secret", oaep_padding(played.request["EncryptionAlgorithm"]))
    return ciphertext


def _flipped(arguments: Arguments, player: Player, played: Played) -> bytes:
    """``flipped(case.Member)``: the same bytes, but for one bit."""
    first, *rest = bytes_of(arguments[0], player, played)
    return bytes([first ^ 1, *rest])


def _digest(arguments: Arguments, player: Player, played: Played) -> bytes:
    """``digest("text")``: the digest that the SigningAlgorithm before it takes."""
    bits = played.request["SigningAlgorithm"][-3:]
    return hashlib.new(f"sha{bits}", bytes_of(arguments[0], player, played)).digest()


def _mu(arguments: Arguments, player: Player, played: Played) -> bytes:
    """``mu("text"; public key)``: the message representative of ML-DSA (FIPS 204, algorithm 7, without context)."""
    message, public_key = (bytes_of(argument, player, played) for argument in arguments)
    raw = load_der_public_key(public_key).public_bytes_raw()  # type: ignore[union-attr]
    return hashlib.shake_256(hashlib.shake_256(raw).digest(64) + b"\0\0" + message).digest(64)


def deny_enabling_rotation(operator: str, operand: str) -> str:
    """A key policy that denies EnableKeyRotation on a condition of its period."""
    condition = {operator: {"kms:RotationPeriodInDays": operand}}
    denied = {"Effect": "Deny", "Action": "kms:EnableKeyRotation", "Condition": condition}
    return _policy({"Effect": "Allow", "Action": "kms:*"}, denied)


def for_member(account: str, action: str) -> str:
    """A key policy that allows everything to everybody who may by IAM, and an action to another account."""
    member = {"Effect": "Allow", "Action": action, "Principal": {"AWS": f"arn:aws:iam::{account}:root"}}
    return _policy({"Effect": "Allow", "Action": "kms:*"}, member)


def _policy(*statements: dict[str, Any]) -> str:
    every = {"Principal": {"AWS": "*"}, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**every, **statement} for statement in statements]})


def public_key_of(value: Value, player: Player, played: Played) -> bytes:
    """The public key of a letter, or the one that another row was answered with."""
    return _public((value,), player, played) if len(str(value)) == 1 else bytes_of(value, player, played)


def oaep_padding(algorithm: str) -> padding.OAEP:
    """The padding of RSAES_OAEP_SHA_1 and RSAES_OAEP_SHA_256."""
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()  # noqa: S303  as AWS has it
    return padding.OAEP(padding.MGF1(digest), digest, None)


_MADE = {
    "ber": _ber,
    "public": _public,
    "other_curve": _other_curve,
    "oaep": _oaep,
    "flipped": _flipped,
    "digest": _digest,
    "mu": _mu,
}
TEXTS = {"deny_enabling_rotation": deny_enabling_rotation, "for_member": for_member}


def shown(value: Any) -> str:
    """An answer as a person reads it, without its blobs."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} {shown(content)}" for name, content in value.items()) + "}"
    if isinstance(value, list):
        return "[" + "; ".join(map(shown, value)) + "]"
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return value.isoformat() if isinstance(value, datetime) else repr(value)
