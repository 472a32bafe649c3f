"""CiphertextBlob: what Encrypt returns and Decrypt accepts.

A symmetric ciphertext is opaque to the client, and names the key material that made it. It is laid out as AWS's are:

    01 02 0V 00 78   V is 2 for what Encrypt and ReEncrypt make, 3 for data keys
    32 bytes         the key material ID
    01
    16 bytes         another value each time: here a digest of all the rest
    4 bytes          the length of the rest
    ContentInfo      encryptedData of CMS (RFC 5652) with AES-256-GCM (RFC 5084), 27 bytes longer than the plaintext

What the 11 bytes beside GCM's tag are in AWS's is not known; here they are zeros in front of the plaintext. Asymmetric
ciphertexts are the bare output of the algorithm, so that they interoperate.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#encrypt_context
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import ber
from .errors import InvalidCiphertextException

EncryptionContext = Mapping[str, str]

NONCE = 12  # bytes
OF_ENCRYPT, OF_DATA_KEY = b"\x02", b"\x03"

_HEADER = struct.Struct(">2s c 2s 32s c")  # a version, the kind, another version, the key material ID, a version
_VERSIONS = b"\x01\x02", b"\x00\x78", b"\x01"
_DIGEST = 16
_LENGTH = struct.Struct(">I")
_BEFORE_PLAINTEXT = bytes(11)
_ENCRYPTED_DATA = bytes.fromhex("06092a864886f70d010706")
_DATA = bytes.fromhex("06092a864886f70d010701")
_AES_256_GCM = bytes.fromhex("060960864801650304012e")
_VERSION_0, _TAG_OF_16_BYTES = b"\x02\x01\x00", b"\x02\x01\x10"
_EXPLICIT_0, _IMPLICIT_0 = 0xA0, 0x80


@dataclass(frozen=True, slots=True)
class Binding:
    """What a ciphertext opens with beside its key material: the scope of the KMS key, and the encryption context."""

    scope: str
    context: EncryptionContext

    def __bytes__(self) -> bytes:
        """As authenticated data: sorted, and every text behind its length, so that no two give the same."""
        encoded = [self.scope.encode()]
        for pair in sorted(self.context.items()):
            encoded += [text.encode("utf-8", "surrogatepass") for text in pair]
        return b"".join([_LENGTH.pack(len(text)) + text for text in encoded])


@dataclass(frozen=True, slots=True)
class SymmetricCiphertext:
    """A symmetric ciphertext, taken apart: which key material it names (64 hexadecimal digits), what that sealed."""

    material_id: str
    header: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    sealed: bytes = field(repr=False)

    def open(self, key_material: bytes, binding: Binding) -> bytes:
        """Decrypt; raises InvalidCiphertextException for another key material or another binding."""
        try:
            opened = AESGCM(key_material).decrypt(self.nonce, self.sealed, self.header + bytes(binding))
        except InvalidTag as error:
            raise InvalidCiphertextException from error
        return opened[len(_BEFORE_PLAINTEXT) :]


def seal(  # noqa: PLR0913, PLR0917  what a ciphertext is made of
    plaintext: bytes, kind: bytes, material_id: bytes, key_material: bytes, binding: Binding, nonce: bytes
) -> bytes:
    """Encrypt with AES-GCM under symmetric key material; ``nonce`` is ``NONCE`` random bytes."""
    first, second, third = _VERSIONS
    header = _HEADER.pack(first, kind, second, material_id, third)
    sealed = AESGCM(key_material).encrypt(nonce, _BEFORE_PLAINTEXT + plaintext, header + bytes(binding))
    content = _content_info(nonce, sealed)
    rest = _LENGTH.pack(len(content)) + content
    return header + _digest(header, rest) + rest


def parse(blob: bytes) -> SymmetricCiphertext:
    """Take a symmetric ciphertext apart.

    Raises InvalidCiphertextException for anything that is not one, whole and unchanged. Its digest tells a damaged blob
    from one that another account or another mock has made, which AWS answers differently.
    """
    header, digest, rest = blob[: _HEADER.size], blob[_HEADER.size :][:_DIGEST], blob[_HEADER.size + _DIGEST :]
    if len(header) < _HEADER.size or digest != _digest(header, rest):
        raise InvalidCiphertextException
    first, kind, second, material_id, third = _HEADER.unpack(header)
    try:
        nonce, sealed = _read_content_info(rest[_LENGTH.size :])
    except ValueError as error:
        raise InvalidCiphertextException from error
    content = _content_info(nonce, sealed)
    if (first, second, third) != _VERSIONS or kind not in {OF_ENCRYPT, OF_DATA_KEY}:
        raise InvalidCiphertextException
    if len(nonce) != NONCE or rest != _LENGTH.pack(len(content)) + content:
        raise InvalidCiphertextException
    return SymmetricCiphertext(material_id.hex(), header, nonce, sealed)


def _content_info(nonce: bytes, sealed: bytes) -> bytes:
    """A ContentInfo of CMS that holds EncryptedData (RFC 5652, 3 and 8)."""
    before, between = _frame(len(sealed))
    return b"".join((before, nonce, between, sealed))


@lru_cache(maxsize=256)
def _frame(length: int) -> tuple[bytes, bytes]:
    """What stands before the nonce, and between it and so many sealed bytes, which are the end."""
    nonce = bytes(range(NONCE))
    whole = _encoded(nonce, bytes(length))
    before, _, after = whole.partition(nonce)
    return before, after[: len(after) - length]


def _encoded(nonce: bytes, sealed: bytes) -> bytes:
    parameters = ber.encode(ber.SEQUENCE, ber.encode(ber.OCTET_STRING, nonce), _TAG_OF_16_BYTES)
    algorithm = ber.encode(ber.SEQUENCE, _AES_256_GCM, parameters)
    content = ber.encode(ber.SEQUENCE, _DATA, algorithm, ber.encode(_IMPLICIT_0, sealed))
    encrypted_data = ber.encode(ber.SEQUENCE, _VERSION_0, content)
    return ber.encode(ber.SEQUENCE, _ENCRYPTED_DATA, ber.encode(_EXPLICIT_0, encrypted_data))


def _read_content_info(der: bytes) -> tuple[bytes, bytes]:
    """The nonce and the sealed bytes of a ContentInfo; raises ValueError where it has no place for them."""
    _type, explicit = ber.elements_of(der)
    (encrypted_data,) = ber.elements_of(explicit)
    _version, content = ber.elements_of(encrypted_data)
    _data, algorithm, sealed = ber.elements_of(content)
    _identifier, parameters = ber.elements_of(algorithm)
    nonce, _tag_length = ber.elements_of(parameters)
    return ber.content_of(nonce), ber.content_of(sealed)


def _digest(header: bytes, rest: bytes) -> bytes:
    return sha256(header + rest).digest()[:_DIGEST]
