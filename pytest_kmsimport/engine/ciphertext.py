"""What Encrypt returns and Decrypt accepts.

A symmetric ciphertext is opaque to the client and says by itself which KMS key and key material made it; its layout
is ours, AWS publishes none. Asymmetric ciphertexts are the bare output of the algorithm, so that they interoperate.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#encrypt_context
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import InvalidCiphertextException

EncryptionContext = Mapping[str, str]

# AWS's blobs begin with these bytes: "AQICAHg" in base64, which tools look for.
_MAGIC = b"\x01\x02\x02\x00\x78"
_HEADER = struct.Struct(f">{len(_MAGIC)}s12s?16s32s12s")  # magic, account, multi-Region?, key ID, material ID, nonce
_DIGEST = 32
_TAG = 16


@dataclass(frozen=True, slots=True)
class SymmetricCiphertext:
    """A symmetric ciphertext, taken apart: which KMS key and key material it names, and what they sealed."""

    account: str
    key_id: str
    material_id: str
    header: bytes = field(repr=False)
    sealed: bytes = field(repr=False)

    def open(self, key_material: bytes, context: EncryptionContext) -> bytes:
        """Decrypt; raises InvalidCiphertextException for another key material or another encryption context."""
        nonce = self.header[-12:]
        try:
            return AESGCM(key_material).decrypt(nonce, self.sealed, self.header + _canonical(context))
        except InvalidTag as error:
            raise InvalidCiphertextException from error


def seal(  # noqa: PLR0913  what a ciphertext is made of
    plaintext: bytes,
    *,
    account: str,
    key_id: str,
    material_id: str,
    key_material: bytes,
    context: EncryptionContext,
    nonce: bytes,
) -> bytes:
    """Encrypt with AES-GCM under symmetric key material; ``nonce`` is 12 random bytes."""
    uuid = UUID(hex=key_id.removeprefix("mrk-")).bytes
    header = _HEADER.pack(_MAGIC, account.encode(), key_id.startswith("mrk-"), uuid, bytes.fromhex(material_id), nonce)
    body = header + AESGCM(key_material).encrypt(nonce, plaintext, header + _canonical(context))
    return body + sha256(body).digest()


def parse(blob: bytes) -> SymmetricCiphertext:
    """Take a symmetric ciphertext apart.

    Raises InvalidCiphertextException for anything that is not one, whole and unchanged. The digest at its end tells
    a damaged blob from one that another account or another mock has made, which AWS answers differently.
    """
    body, digest = blob[:-_DIGEST], blob[-_DIGEST:]
    if len(body) < _HEADER.size + _TAG or sha256(body).digest() != digest:
        raise InvalidCiphertextException
    magic, account, multi_region, uuid, material_id, _nonce = _HEADER.unpack_from(body)
    if magic != _MAGIC:
        raise InvalidCiphertextException
    key_id = f"mrk-{UUID(bytes=uuid).hex}" if multi_region else str(UUID(bytes=uuid))
    return SymmetricCiphertext(account.decode(), key_id, material_id.hex(), body[: _HEADER.size], body[_HEADER.size :])


def _canonical(context: EncryptionContext) -> bytes:
    """An encryption context as bytes: sorted, and every text behind its length, so that no two give the same."""
    texts = (text.encode() for pair in sorted(context.items()) for text in pair)
    return b"".join(struct.pack(">I", len(text)) + text for text in texts)
