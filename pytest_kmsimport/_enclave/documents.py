"""Attestation documents: maps in CBOR (RFC 8949) signed by COSE_Sign1 (RFC 9052), as a Nitro Secure Module writes them.

This is the one module that needs the extra ``enclave``.

https://github.com/aws/aws-nitro-enclaves-nsm-api/blob/main/docs/attestation_process.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import Certificate

from ..engine.recipients import NotAttestedError, Recipient
from .chain import check_chain

_ES384 = {1: -35}
_COSE_SIGN1 = 18  # the tag; enclaves write none
_PARTS = 4
_HALF = 48  # bytes of a signature: r, and s
_RSA_BITS = 2048
_REGISTERS = range(32)
_DIGESTS = (32, 48, 64)  # bytes
_LONGEST = 1024  # bytes
_PCRS, _NITROTPM_PCRS = "pcrs", "nitrotpm_pcrs"


def _is_blob(value: object) -> bool:
    return isinstance(value, bytes) and 0 < len(value) <= _LONGEST


def _is_short(value: object) -> bool:
    return value is None or (isinstance(value, bytes) and len(value) <= _LONGEST)


def _are_pcrs(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and 0 < len(value) <= len(_REGISTERS)
        and all(type(number) is int and number in _REGISTERS for number in value)
        and all(isinstance(pcr, bytes) and len(pcr) in _DIGESTS for pcr in value.values())
    )


#: Member -> whether it is as it has to be.
_RULES: Mapping[str, Callable[[Any], bool]] = {
    "module_id": lambda value: isinstance(value, str) and bool(value),
    "digest": lambda value: value == "SHA384",
    "timestamp": lambda value: type(value) is int and value > 0,
    "certificate": _is_blob,
    "cabundle": lambda value: isinstance(value, Sequence) and bool(value) and all(map(_is_blob, value)),
    "public_key": _is_short,  # enclaves write an empty one where they have none
    "user_data": _is_short,
    "nonce": _is_short,
}


def write(payload: Mapping[str, Any], key: EllipticCurvePrivateKey) -> bytes:
    """A document with these members, signed with a key on P-384."""
    protected, body = cbor2.dumps(_ES384), cbor2.dumps(payload)
    numbers = decode_dss_signature(key.sign(_signed(protected, body), ECDSA(SHA384())))
    signature = b"".join(number.to_bytes(_HALF, "big") for number in numbers)
    return cbor2.dumps([protected, {}, body, signature])


def read(document: bytes, now: datetime, root: Certificate) -> Recipient:
    """Whom a document vouches for at a time; raises NotAttestedError for what is none, or not made under the root."""
    parts = _decoded(document, "the document")
    if isinstance(parts, cbor2.CBORTag) and parts.tag == _COSE_SIGN1:
        parts = parts.value
    if not isinstance(parts, Sequence) or len(parts) != _PARTS:
        raise NotAttestedError("It is no COSE_Sign1, an array of four.")
    protected, _, body, signature = parts
    if not all(isinstance(part, bytes) for part in (protected, body, signature)):
        raise NotAttestedError("Its protected header, payload and signature have to be byte strings.")
    if _decoded(protected, "the protected header") != _ES384:
        raise NotAttestedError("It is not signed by ES384, as its protected header has to say.")
    payload = _decoded(body, "the payload")
    _check_members(payload)
    _check_signature(check_chain(payload["certificate"], payload["cabundle"], root, now), protected, body, signature)
    is_nitrotpm = _NITROTPM_PCRS in payload
    pcrs = payload[_NITROTPM_PCRS if is_nitrotpm else _PCRS]
    return Recipient(payload["module_id"], dict(pcrs), _public_key(payload.get("public_key")), is_nitrotpm)


def _decoded(encoded: bytes, what: str) -> Any:  # noqa: ANN401  any value of CBOR
    try:
        return cbor2.loads(encoded)
    except Exception as error:  # hostile bytes have a decoder raise more than what is its own
        raise NotAttestedError(f"It is damaged: {what} is no CBOR.") from error


def _signed(protected: bytes, body: bytes) -> bytes:
    """What the signature is of (RFC 9052, 4.4)."""
    return cbor2.dumps(["Signature1", protected, b"", body])


def _check_members(payload: Any) -> None:  # noqa: ANN401  any value of CBOR
    if not isinstance(payload, Mapping):
        raise NotAttestedError("Its payload is no map.")
    for member, is_right in _RULES.items():
        if not is_right(payload.get(member)):
            raise NotAttestedError(f"Its {member} is missing, or not what an attestation document has there.")
    if not _are_pcrs(payload.get(_NITROTPM_PCRS, payload.get(_PCRS))):
        raise NotAttestedError(f"Its {_PCRS} are missing, or not 1 to 32 measurements of 32, 48 or 64 bytes.")


def _check_signature(key: EllipticCurvePublicKey, protected: bytes, body: bytes, signature: bytes) -> None:
    if len(signature) != 2 * _HALF:
        raise NotAttestedError(f"Its signature has {len(signature)} bytes, and one by ES384 has {2 * _HALF}.")
    numbers = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
    try:
        key.verify(encode_dss_signature(*numbers), _signed(protected, body), ECDSA(SHA384()))
    except InvalidSignature as error:
        raise NotAttestedError(
            "Its signature is not that of its certificate: it was changed after it was signed."
        ) from error


def _public_key(encoded: bytes | None) -> RSAPublicKey:
    if not encoded:
        raise NotAttestedError("It has no public_key to encrypt the answer under: ask the NSM for a document with one.")
    try:
        key = load_der_public_key(encoded)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotAttestedError("Its public_key is no SubjectPublicKeyInfo in DER.") from error
    if not isinstance(key, RSAPublicKey) or key.key_size != _RSA_BITS:
        raise NotAttestedError(f"Its public_key is no RSA key of {_RSA_BITS} bits, and AWS KMS takes no other.")
    return key
