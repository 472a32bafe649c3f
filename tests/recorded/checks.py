"""What can be checked of an answer without asking the mock: MACs, signatures, shared secrets, layouts, lengths."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDH, ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from .making import bytes_of, oaep_padding, private_key, public_key_of
from .notation import Value

if TYPE_CHECKING:
    from .player import Played, Player

Check = Callable[[Any, "tuple[Value, ...]", "Player", "Played", str], None]


class DisagreementError(Exception):
    """The mock answers otherwise than AWS was recorded to."""


def _must(holds: object, what: str) -> None:
    if not holds:
        raise DisagreementError(what)


def _rsa(actual: bytes, arguments: tuple[Value, ...], player: Player, played: Played, path: str) -> None:
    """``rsa(2048)``: a SubjectPublicKeyInfo of an RSA key of that size."""
    (bits,) = arguments
    key: Any = load_der_public_key(actual)
    _must(key.key_size == int(str(bits)), f"{path} is a key of {key.key_size} bits")


def _hmac(actual: bytes, arguments: tuple[Value, ...], player: Player, played: Played, path: str) -> None:
    """``hmac(A)``: the MAC of the request's message with key material A."""
    (material,) = arguments
    digest = played.request["MacAlgorithm"].replace("HMAC_SHA_", "sha")
    mac = hmac.digest(bytes_of(material, player, played), played.request["Message"], digest)
    _must(actual == mac, f"{path} is another MAC than that of {material}")


def _sealed(actual: bytes, arguments: tuple[Value, ...], player: Player, played: Played, path: str) -> None:
    """``sealed(2; A)``: a ciphertext in AWS's layout, version 2 or 3, with key material A, of the request's plaintext.

    The layout of the four recorded ones: five bytes, the KeyMaterialId, 01, sixteen bytes, the length of the rest, and
    the rest: CMS encrypted-data with AES-256-GCM (RFC 5652, section 8, and RFC 5084).
    """
    version, material = arguments
    key = player.key(played.key)
    length = len(played.request["Plaintext"]) + 27
    identifier = bytes.fromhex(key.material_ids[str(material)])
    head = bytes([1, 2, int(str(version)), 0, 0x78]) + identifier + b"\x01"
    cms = _cms_around(actual, length)
    expected = head + actual[len(head) : len(head) + 16] + len(cms).to_bytes(4, "big") + cms
    _must(actual == expected, f"{path} does not have AWS's layout: {actual.hex()}")


def _cms_around(blob: bytes, length: int) -> bytes:
    """The CMS structure with the nonce and the ciphertext that a blob has."""

    def der(tag: int, *contents: bytes) -> bytes:
        content = b"".join(contents)
        size = len(content)
        header = bytes([size]) if size < 0x80 else bytes([0x80 | (size.bit_length() + 7) // 8])
        if size >= 0x80:
            header += size.to_bytes((size.bit_length() + 7) // 8, "big")
        return bytes([tag]) + header + content

    ciphertext = der(0x80, blob[-length:])
    nonce = blob[-len(ciphertext) - 3 - 12 :][:12]  # before the ICV length and the ciphertext
    gcm = der(0x30, bytes.fromhex("060960864801650304012e"), der(0x30, der(4, nonce), der(2, b"\x10")))
    content = der(0x30, bytes.fromhex("06092a864886f70d010701"), gcm, ciphertext)
    return der(0x30, bytes.fromhex("06092a864886f70d010706"), der(0xA0, der(0x30, der(2, b"\x00"), content)))


def _public(actual: bytes, arguments: tuple[Value, ...], player: Player, played: Played, path: str) -> None:
    """``public(A)``: the public key of the private key A."""
    _must(actual == public_key_of(arguments[0], player, played), f"{path} is not the public key of {arguments[0]}")


def _signed(actual: bytes, arguments: tuple[Value, ...], player: Player, played: Played, path: str) -> None:
    """``signed(A)``: a signature of the request's message that the public key of A verifies."""
    public_key: Any = load_der_public_key(public_key_of(arguments[0], player, played))
    algorithm, message = played.request["SigningAlgorithm"], played.request["Message"]
    is_digest = played.request.get("MessageType") == "DIGEST"
    try:
        public_key.verify(actual, message, *_how_to_verify(algorithm, is_digest=is_digest))
    except InvalidSignature:
        raise DisagreementError(f"{path} is no {algorithm} of the message") from None


def _how_to_verify(algorithm: str, *, is_digest: bool) -> tuple[Any, ...]:
    """The arguments of ``verify`` in `cryptography` beyond signature and message."""
    if algorithm == "ED25519_SHA_512":
        return ()
    digest: Any = getattr(hashes, algorithm[-7:].replace("_", ""))()
    hashing = Prehashed(digest) if is_digest else digest
    if algorithm.startswith("ECDSA"):
        return (ECDSA(hashing),)
    if "PSS" in algorithm:
        return padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH), hashing
    return padding.PKCS1v15(), hashing


def _ecdh(actual: bytes, arguments: tuple[Value, ...], player: Player, played: Played, path: str) -> None:
    """``ecdh(A; P)``: the secret that OpenSSL finds for the holder of P, with the public key of A."""
    theirs, ours = arguments
    public_key: Any = load_der_public_key(public_key_of(theirs, player, played))
    private = private_key(player.key(played.key).spec, str(ours))
    _must(actual == private.exchange(ECDH(), public_key), f"{path} is another secret than OpenSSL's")


def _opens(actual: bytes, arguments: tuple[Value, ...], player: Player, played: Played, path: str) -> None:
    """``opens(A)``: a ciphertext of the request's plaintext that the RSA private key A opens."""
    private = private_key(player.key(played.key).spec, str(arguments[0]))
    try:
        plaintext = private.decrypt(actual, oaep_padding(played.request["EncryptionAlgorithm"]))
    except ValueError:
        raise DisagreementError(f"{path} does not open with {arguments[0]}") from None
    _must(plaintext == played.request["Plaintext"], f"{path} opens to something else")


def _default_policy(actual: str, arguments: tuple[Value, ...], player: Player, played: Played, path: str) -> None:
    """``default_policy()``: AWS's default key policy, printed as AWS does."""
    _must(actual == _DEFAULT_POLICY.replace("ACCOUNT", player.account), f"{path} is {actual!r}")


_DEFAULT_POLICY = """{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::ACCOUNT:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"""


CHECKS: dict[str, Check] = {
    "rsa": _rsa,
    "hmac": _hmac,
    "sealed": _sealed,
    "public": _public,
    "signed": _signed,
    "ecdh": _ecdh,
    "opens": _opens,
    "default_policy": _default_policy,
}
