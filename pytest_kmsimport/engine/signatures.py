"""Signing algorithms: how each of AWS's signs and verifies.

https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha512
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from . import ed25519ph
from .post_quantum import dsa_key

RAW, DIGEST, EXTERNAL_MU = "RAW", "DIGEST", "EXTERNAL_MU"


class SigningAlgorithm(Protocol):
    """One of AWS's signing algorithms.

    Signatures are what AWS returns: RSA's own bytes, ECDSA as DER (ANSI X9.62), Ed25519's 64 bytes.
    """

    @property
    def lengths(self) -> Mapping[str, int | None]:
        """MessageType -> the length (bytes) that a message of that type must have; None for any."""

    def sign(self, key: PrivateKeyTypes, message: bytes, message_type: str) -> bytes:
        """Sign a message, or the message with this digest."""

    def verify(self, key: PrivateKeyTypes, signature: bytes, message: bytes, message_type: str) -> None:
        """Check a signature with the public half of ``key``; raises InvalidSignature of ``cryptography``."""


@dataclass(frozen=True, slots=True)
class Rsa:
    """RSA signatures (RFC 8017, 8.1 and 8.2); the salt of PSS is as long as the digest."""

    hash: HashAlgorithm
    padding: AsymmetricPadding

    @property
    def lengths(self) -> Mapping[str, int | None]:
        """Messages of any length, digests of the hash's."""
        return {RAW: None, DIGEST: self.hash.digest_size}

    def sign(self, key: PrivateKeyTypes, message: bytes, message_type: str) -> bytes:
        """Sign with an RSA key."""
        assert isinstance(key, RSAPrivateKey)
        return key.sign(message, self.padding, _hash(self.hash, message_type))

    def verify(self, key: PrivateKeyTypes, signature: bytes, message: bytes, message_type: str) -> None:
        """Verify with an RSA key."""
        assert isinstance(key, RSAPrivateKey)
        key.public_key().verify(signature, message, self.padding, _hash(self.hash, message_type))


@dataclass(frozen=True, slots=True)
class Ecdsa:
    """ECDSA (FIPS 186-5, 6)."""

    hash: HashAlgorithm

    @property
    def lengths(self) -> Mapping[str, int | None]:
        """Messages of any length, digests of the hash's."""
        return {RAW: None, DIGEST: self.hash.digest_size}

    def sign(self, key: PrivateKeyTypes, message: bytes, message_type: str) -> bytes:
        """Sign with an elliptic-curve key."""
        assert isinstance(key, EllipticCurvePrivateKey)
        return key.sign(message, ECDSA(_hash(self.hash, message_type)))

    def verify(self, key: PrivateKeyTypes, signature: bytes, message: bytes, message_type: str) -> None:
        """Verify with an elliptic-curve key."""
        assert isinstance(key, EllipticCurvePrivateKey)
        key.public_key().verify(signature, message, ECDSA(_hash(self.hash, message_type)))


@dataclass(frozen=True, slots=True)
class Ed25519:
    """Pure Ed25519 (RFC 8032, 5.1), which signs messages only."""

    @property
    def lengths(self) -> Mapping[str, int | None]:
        """Messages of any length, no digests."""
        return {RAW: None}

    def sign(self, key: PrivateKeyTypes, message: bytes, message_type: str) -> bytes:  # noqa: ARG002
        """Sign with an Ed25519 key."""
        assert isinstance(key, Ed25519PrivateKey)
        return key.sign(message)

    def verify(self, key: PrivateKeyTypes, signature: bytes, message: bytes, message_type: str) -> None:  # noqa: ARG002
        """Verify with an Ed25519 key."""
        assert isinstance(key, Ed25519PrivateKey)
        key.public_key().verify(signature, message)


@dataclass(frozen=True, slots=True)
class Ed25519Prehashed:
    """Ed25519ph (RFC 8032, 5.1) of a SHA-512 digest, which AWS hashes once more as if it were the message."""

    @property
    def lengths(self) -> Mapping[str, int | None]:
        """Digests of SHA-512, no messages."""
        return {DIGEST: SHA512.digest_size}

    def sign(self, key: PrivateKeyTypes, message: bytes, message_type: str) -> bytes:  # noqa: ARG002
        """Sign with an Ed25519 key."""
        assert isinstance(key, Ed25519PrivateKey)
        return ed25519ph.sign(key.private_bytes_raw(), key.public_key().public_bytes_raw(), sha512(message).digest())

    def verify(self, key: PrivateKeyTypes, signature: bytes, message: bytes, message_type: str) -> None:  # noqa: ARG002
        """Verify with an Ed25519 key."""
        assert isinstance(key, Ed25519PrivateKey)
        if not ed25519ph.verify(key.public_key().public_bytes_raw(), signature, sha512(message).digest()):
            raise InvalidSignature


@dataclass(frozen=True, slots=True)
class MlDsa:
    """Pure ML-DSA (FIPS 204, 5.2), which signs messages or their representatives."""

    @property
    def lengths(self) -> Mapping[str, int | None]:
        """Messages of any length, representatives of 64 bytes."""
        return {RAW: None, EXTERNAL_MU: 64}

    def sign(self, key: PrivateKeyTypes, message: bytes, message_type: str) -> bytes:
        """Sign with an ML-DSA key."""
        private_key = dsa_key(key)
        return private_key.sign_mu(message) if message_type == EXTERNAL_MU else private_key.sign(message)

    def verify(self, key: PrivateKeyTypes, signature: bytes, message: bytes, message_type: str) -> None:
        """Verify with an ML-DSA key."""
        public_key = dsa_key(key).public_key()
        (public_key.verify_mu if message_type == EXTERNAL_MU else public_key.verify)(signature, message)


def _hash(algorithm: HashAlgorithm, message_type: str) -> HashAlgorithm | Prehashed:
    return Prehashed(algorithm) if message_type == DIGEST else algorithm


_HASHES: Mapping[int, HashAlgorithm] = {256: SHA256(), 384: SHA384(), 512: SHA512()}

#: SigningAlgorithm, in AWS's spelling -> how it is done.
ALGORITHMS: Mapping[str, SigningAlgorithm] = {
    **{f"RSASSA_PKCS1_V1_5_SHA_{bits}": Rsa(hash_, PKCS1v15()) for bits, hash_ in _HASHES.items()},
    **{f"RSASSA_PSS_SHA_{bits}": Rsa(h, PSS(MGF1(h), h.digest_size)) for bits, h in _HASHES.items()},
    **{f"ECDSA_SHA_{bits}": Ecdsa(hash_) for bits, hash_ in _HASHES.items()},
    "ED25519_SHA_512": Ed25519(),
    "ED25519_PH_SHA_512": Ed25519Prehashed(),
    "ML_DSA_SHAKE_256": MlDsa(),
}
