"""What can be checked of an answer without asking the mock: MACs, signatures, shared secrets, layouts, lengths."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDH, ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from .history import DisagreementError, Played
from .making import Arguments, bytes_of, oaep_padding, public_key_of
from .material import private_key, spki

#: Takes what was answered, the arguments of the function, the row, and where in the answer it is.
Check = Callable[[Any, Arguments, Played, str], None]


def _must(holds: object, what: str) -> None:
    if not holds:
        raise DisagreementError(what)


def _rsa(actual: bytes, arguments: Arguments, played: Played, path: str) -> None:
    """``rsa(2048)``: a SubjectPublicKeyInfo of an RSA key of that size."""
    (bits,) = arguments
    key: Any = load_der_public_key(actual)
    _must(key.key_size == int(str(bits)), f"{path} is a key of {key.key_size} bits")


def _hmac(actual: bytes, arguments: Arguments, played: Played, path: str) -> None:
    """``hmac(A)``: the MAC of the request's message with key material A."""
    (material,) = arguments
    digest = played.request["MacAlgorithm"].replace("HMAC_SHA_", "sha")
    mac = hmac.digest(bytes_of(material, played), played.request["Message"], digest)
    _must(actual == mac, f"{path} is another MAC than that of {material}")


def _sealed(actual: bytes, arguments: Arguments, played: Played, path: str) -> None:
    """``sealed(2; A)``: a ciphertext in AWS's layout, version 2 or 3, with key material A, of what the row encrypts.

    The layout of the recorded ones: five bytes, the KeyMaterialId, 01, sixteen bytes, the length of the rest, and the
    rest: CMS encrypted-data with AES-256-GCM (RFC 5652, section 8, and RFC 5084). ``sealed(3; A; 32)`` says the length.
    """
    version, material, *said = arguments
    identifier = bytes.fromhex(played.named(f"id({material})"))
    head = bytes([1, 2, int(str(version)), 0, 0x78]) + identifier + b"\x01"
    rest = actual[len(head) + 16 :]
    _must(actual.startswith(head), f"{path} begins with {actual[:38].hex()}")
    _must(int.from_bytes(rest[:4], "big") == len(rest) - 4, f"{path} has another length inside")
    known = (played.request | played.answer).keys() & {"Plaintext", "PrivateKeyPlaintext"}
    lengths = [int(str(length)) for length in said] or [len((played.request | played.answer)[name]) for name in known]
    length = len(_ciphertext_of(rest[4:])) - 27
    _must(length in (lengths or [length]), f"{path} has a ciphertext for {length} bytes")


def _ciphertext_of(cms: bytes) -> bytes:
    """The ciphertext in a CMS structure that is as AWS's are."""
    (encrypted_data,) = _parts(cms)
    content_type, tagged = _parts(encrypted_data)
    ((version, content),) = (_parts(data) for data in _parts(tagged))
    inner_type, algorithm, ciphertext = _parts(content)
    gcm, parameters = _parts(algorithm)
    nonce, icv_length = _parts(parameters)
    fixed = [part.hex() for part in (content_type, version, inner_type, gcm, icv_length)]
    _must(fixed == _FIXED and len(nonce) == 12, f"the CMS structure is of other parts: {fixed}")
    return ciphertext


#: encryptedData (1.2.840.113549.1.7.6), version 0, data (1.2.840.113549.1.7.1), aes256-GCM, ICV length 16.
_FIXED = ["2a864886f70d010706", "00", "2a864886f70d010701", "60864801650304012e", "10"]


def _parts(der: bytes) -> list[bytes]:
    """The contents of the DER values that follow one another."""
    parts = []
    while der:
        start, length = 2, der[1]
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(der[2:start], "big")
        parts.append(der[start : start + length])
        der = der[start + length :]
    return parts


def _public(actual: bytes, arguments: Arguments, played: Played, path: str) -> None:
    """``public(A)``: the public key of the private key A."""
    _must(actual == public_key_of(arguments[0], played), f"{path} is not the public key of {arguments[0]}")


def _signed(actual: bytes, arguments: Arguments, played: Played, path: str) -> None:
    """``signed(A)``: a signature of the message that the public key of A verifies; ``signed(A; 64)``: 64 bytes."""
    public_key: Any = load_der_public_key(public_key_of(arguments[0], played))
    algorithm, message = played.request["SigningAlgorithm"], played.request["Message"]
    is_digest = played.request.get("MessageType") == "DIGEST"
    try:
        public_key.verify(actual, message, *_how_to_verify(algorithm, is_digest=is_digest))
    except InvalidSignature:
        raise DisagreementError(f"{path} is no {algorithm} of the message") from None
    _must(arguments[1:] in {(), (str(len(actual)),)}, f"{path} has {len(actual)} bytes")


def _signed_anew(actual: bytes, arguments: Arguments, played: Played, path: str) -> None:
    """``signed_anew(A; case.Signature)``: the same, and another one than that."""
    signer, before = arguments
    _signed(actual, (signer,), played, path)
    _must(actual != bytes_of(before, played), f"{path} is the same as before")


def _how_to_verify(algorithm: str, *, is_digest: bool) -> tuple[Any, ...]:
    """The arguments of ``verify`` in `cryptography` beyond signature and message."""
    if algorithm in {"ED25519_SHA_512", "ML_DSA_SHAKE_256"}:
        return ()
    digest: Any = getattr(hashes, algorithm[-7:].replace("_", ""))()
    hashing = Prehashed(digest) if is_digest else digest
    if algorithm.startswith("ECDSA"):
        return (ECDSA(hashing),)
    if "PSS" in algorithm:
        return padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH), hashing
    return padding.PKCS1v15(), hashing


def _ecdh(actual: bytes, arguments: Arguments, played: Played, path: str) -> None:
    """``ecdh(A; P)``: the secret that OpenSSL finds for the holder of P, with the public key of A."""
    theirs, ours = arguments
    public_key: Any = load_der_public_key(public_key_of(theirs, played))
    private = private_key(played.key.spec, str(ours))
    _must(actual == private.exchange(ECDH(), public_key), f"{path} is another secret than OpenSSL's")


def _opens(actual: bytes, arguments: Arguments, played: Played, path: str) -> None:
    """``opens(A)``: a ciphertext of the request's plaintext that the RSA private key A opens."""
    private = private_key(played.key.spec, str(arguments[0]))
    try:
        plaintext = private.decrypt(actual, oaep_padding(played.request["EncryptionAlgorithm"]))
    except ValueError:
        raise DisagreementError(f"{path} does not open with {arguments[0]}") from None
    _must(plaintext == played.request["Plaintext"], f"{path} opens to something else")


def _pkcs8(actual: bytes, arguments: Arguments, played: Played, path: str) -> None:
    """``pkcs8(150)``, ``pkcs8(1215; 1219)``: the private key (PKCS#8) of the answer's PublicKey, so many bytes long."""
    least, most = int(str(arguments[0])), int(str(arguments[-1]))
    _must(least <= len(actual) <= most, f"{path} has {len(actual)} bytes")
    public_key = spki(load_der_private_key(actual, None).public_key())
    _must(public_key == played.answer["PublicKey"], f"{path} is not that of the PublicKey")


def _second(actual: datetime, arguments: Arguments, played: Played, path: str) -> None:
    """``second(case)``: a date without its milliseconds."""
    date = played.date(str(arguments[0])).replace(microsecond=0)
    _must(actual == date, f"{path} is {actual.isoformat()}, recorded in whole seconds")


def _other_than(actual: object, arguments: Arguments, played: Played, path: str) -> None:
    """``other_than(case.Member)``: another value than that."""
    _must(actual != played.history.reference(str(arguments[0])), f"{path} is the same")


def _default_policy(actual: str, arguments: Arguments, played: Played, path: str) -> None:
    """``default_policy()``: AWS's default key policy, printed as AWS does."""
    _must(actual == _DEFAULT_POLICY.replace("ACCOUNT", played.history.account), f"{path} is {actual!r}")


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
    "signed_anew": _signed_anew,
    "pkcs8": _pkcs8,
    "second": _second,
    "other_than": _other_than,
    "ecdh": _ecdh,
    "opens": _opens,
    "default_policy": _default_policy,
}
