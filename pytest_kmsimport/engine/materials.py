"""Key material: what a KMS key holds, and the formats that AWS takes it in.

https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-conceptual.html#importing-keys-material-requirements
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, Protocol
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurve,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from . import ber
from .errors import InvalidCiphertextException
from .world import World


class KeyMaterialState(str, Enum):
    """Where a key material stands in the life of its KMS key, in AWS's words."""

    CURRENT = "CURRENT"
    NON_CURRENT = "NON_CURRENT"
    PENDING_ROTATION = "PENDING_ROTATION"
    PENDING_MULTI_REGION = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"


PERMANENT = (KeyMaterialState.CURRENT, KeyMaterialState.NON_CURRENT)


class LossCause(Enum):
    """What takes the bytes of a key material away."""

    DELETED = "DeleteImportedKeyMaterial"
    EXPIRED = "ValidTo"


class Loss(NamedTuple):
    """How and when the bytes of a key material went."""

    cause: LossCause
    time: datetime


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """One key material of a KMS key.

    ``id`` is AWS's key material ID, 64 hexadecimal digits. ``plaintext`` holds the raw bytes of a symmetric or
    HMAC key, or a private key as PKCS#8 DER; it is None once the material was deleted or has expired, and ``loss`` says
    how and when that was. ``valid_to`` is None for material that does not expire or was deleted, and stays after an
    expiry. ``rotation_date`` and ``rotation_type`` (AUTOMATIC, ON_DEMAND) tell how it became current, and are None for
    the first key material and for one that is pending.
    """

    id: str
    state: KeyMaterialState
    plaintext: bytes | None = field(repr=False)
    valid_to: datetime | None = None
    description: str | None = None
    rotation_date: datetime | None = None
    rotation_type: str | None = None
    loss: Loss | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it waits for a rotation, not yet permanently associated with its KMS key."""
        return self.state not in PERMANENT

    @property
    def is_present(self) -> bool:
        """Whether the bytes are there."""
        return self.plaintext is not None

    @property
    def is_imported(self) -> bool:
        """AWS's ImportState: IMPORTED rather than PENDING_IMPORT; what is pending stays so after it has expired."""
        return self.is_present or (self.is_pending and self.valid_to is not None)

    def is_listed_as_imported(self, now: datetime, delay: timedelta) -> bool:
        """Whether ListKeyRotations still tells IMPORTED, where it learns of an expiry with a ``delay``."""
        if self.is_imported or self.valid_to is None:
            return self.is_imported
        return now < max(self.valid_to, self.rotation_date or self.valid_to) + delay

    def without_plaintext(self) -> KeyMaterial:
        """What stays of it after a deletion, and what a replica key knows of it before its own import."""
        return replace(self, plaintext=None, valid_to=None)

    def has_expired(self, now: datetime) -> bool:
        """Whether ``ValidTo`` has come; from that moment on the material is gone."""
        return self.is_present and self.valid_to is not None and now >= self.valid_to


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """What an import says about the key material beside its bytes; None is what the request leaves out."""

    import_type: str | None = None
    valid_to: datetime | None = None
    description: str | None = None
    material_id: str | None = None


_HALF = 16  # bytes of a key material ID


def key_material_id(key_id: str, plaintext: bytes) -> str:
    """The key material ID: it follows from the key ID and the bytes, so that the same re-import gives the same ID.

    Multi-Region keys share their key ID, and so the IDs of their materials. The first half is a hash, the second the
    key ID enciphered under the first: a ciphertext names its key material alone, and KMS finds the KMS key by that.
    """
    digest = sha256(b"key material\0" + key_id.encode() + b"\0" + plaintext).digest()[:_HALF]
    uuid = bytes.fromhex(key_id.removeprefix("mrk-").replace("-", ""))
    return (digest + _cipher(digest).encryptor().update(uuid)).hex()


def key_ids_of(material_id: bytes) -> tuple[str, str]:
    """The key IDs that a key material ID can be of: a single-Region key's, and a multi-Region key's."""
    uuid = UUID(bytes=_cipher(material_id[:_HALF]).decryptor().update(material_id[_HALF:]))
    return str(uuid), f"mrk-{uuid.hex}"


def _cipher(key: bytes) -> Cipher[ECB]:
    """AES on one block, which is no secret here: it gives key material IDs no pattern."""
    return Cipher(AES(key), ECB())  # noqa: S305  one block


class MaterialFormat(Protocol):
    """What the key material of a key spec must look like."""

    def canonical(self, plaintext: bytes) -> bytes:
        """Give the material in the form that is kept, equal for equal keys.

        Raises InvalidCiphertextException where the format, length, curve or modulus is not the key spec's.
        """

    def generate(self, world: World) -> bytes:
        """Make key material, as AWS KMS does for keys with an origin of AWS_KMS."""


@dataclass(frozen=True, slots=True)
class RawBytes:
    """Binary material: symmetric keys have one length (bytes), HMAC keys a range of lengths."""

    shortest: int
    longest: int

    def canonical(self, plaintext: bytes) -> bytes:
        """Refuse other lengths."""
        if not self.shortest <= len(plaintext) <= self.longest:
            raise InvalidCiphertextException
        return plaintext

    def generate(self, world: World) -> bytes:
        """Make it at random, of the shortest length."""
        return world.random_bytes(self.shortest)


@dataclass(frozen=True, slots=True)
class RsaPrivateKey:
    """An RSA private key with two primes as unencrypted PKCS#8 (RFC 5208), DER or BER; ``bits`` is its modulus."""

    bits: int

    def canonical(self, plaintext: bytes) -> bytes:
        """Refuse other keys and other moduli."""
        key = load_pkcs8(_from_ber(plaintext))
        if not isinstance(key, RSAPrivateKey) or key.key_size != self.bits:
            raise InvalidCiphertextException
        return to_pkcs8(key)

    def generate(self, world: World) -> bytes:
        """Make a key pair."""
        return to_pkcs8(world.rsa_private_key(self.bits))


@dataclass(frozen=True, slots=True)
class EcPrivateKey:
    """An elliptic-curve private key on a named curve as unencrypted PKCS#8 (RFC 5915 inside), DER or BER."""

    curve: type[EllipticCurve]

    def canonical(self, plaintext: bytes) -> bytes:
        """Refuse other keys and other curves."""
        der = _from_ber(plaintext)
        key = load_pkcs8(der)
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, self.curve):
            raise InvalidCiphertextException
        try:
            canonical = to_pkcs8(key.private_numbers().private_key())  # some encoders keep a compressed public point
        except ValueError as error:  # the public point is not that of the private key
            raise InvalidCiphertextException from error
        if _algorithm(der) != _algorithm(canonical):  # the curve's parameters are written out instead of its name
            raise InvalidCiphertextException
        return canonical

    def generate(self, world: World) -> bytes:
        """Make a key pair; every curve's order is above the largest scalar that is thrown here."""
        curve = self.curve()
        scalar = int.from_bytes(world.random_bytes(curve.key_size // 8 + 1), "big") % (1 << curve.key_size - 1)
        return to_pkcs8(derive_private_key(scalar + 1, curve))


@dataclass(frozen=True, slots=True)
class Ed25519Key:
    """An Ed25519 private key as unencrypted PKCS#8 DER (RFC 8410); AWS does not take this one in BER."""

    def canonical(self, plaintext: bytes) -> bytes:
        """Refuse other keys."""
        key = load_pkcs8(plaintext)
        if not isinstance(key, Ed25519PrivateKey):
            raise InvalidCiphertextException
        return to_pkcs8(key)

    def generate(self, world: World) -> bytes:
        """Make a key pair."""
        return to_pkcs8(Ed25519PrivateKey.from_private_bytes(world.random_bytes(32)))


def to_pkcs8(key: PrivateKeyTypes) -> bytes:
    """A private key as unencrypted PKCS#8 DER, the form in which KMS keys hold theirs."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@lru_cache(maxsize=256)
def load_held_key(der: bytes) -> PrivateKeyTypes:
    """The private key of key material that a KMS key holds, which was checked on its way in."""
    return load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)


def public_key_of(der: bytes) -> bytes:
    """The public half of a held private key, as DER-encoded SubjectPublicKeyInfo."""
    return load_held_key(der).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def with_curve_inside(der: bytes) -> bytes:
    """A PKCS#8 private key as AWS gives it away: one on an elliptic curve names the curve in its inner key as well."""
    key = load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, EllipticCurvePrivateKey):
        return der
    version, algorithm, _private_key = ber.elements_of(der)
    inner = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return ber.encode(ber.SEQUENCE, version, algorithm, ber.encode(ber.OCTET_STRING, inner))


def _from_ber(encoded: bytes) -> bytes:
    """A PKCS#8 private key in DER, the key inside it as well, whatever lengths it was encoded with."""
    try:
        version, algorithm, private_key, *rest = ber.elements_of(ber.to_der(encoded))
        inner = ber.to_der(ber.content_of(private_key))
    except ValueError as error:
        raise InvalidCiphertextException from error
    return ber.encode(ber.SEQUENCE, version, algorithm, ber.encode(ber.OCTET_STRING, inner), *rest)


def load_pkcs8(der: bytes) -> PrivateKeyTypes:
    """Load a PKCS#8 private key, and nothing else that ``cryptography`` would load from DER."""
    try:
        _algorithm(der)
        return load_der_private_key(der, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it is encrypted
        raise InvalidCiphertextException from error


def _algorithm(der: bytes) -> bytes:
    """The algorithm identifier of a PKCS#8 private key; raises ValueError for a PKCS#1 or SEC1 one, or with a tail.

    All three are sequences that begin with the version; only PKCS#8 has a sequence behind it, the algorithm.
    """
    if ber.to_der(der) != der:
        raise ValueError("not in DER")
    _version, algorithm, *_rest = ber.elements_of(der)
    if algorithm[0] != ber.SEQUENCE:
        raise ValueError("not PKCS#8")
    return algorithm
