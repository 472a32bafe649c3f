"""Envelope encryption: data under a data key of its own, the data key under a KMS key.

An envelope is four bytes with the length of the encrypted data key, the encrypted data key, a nonce of 12 bytes, and
the data under AES-256-GCM. The context is bound to both: it has to be the same to open the envelope.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_LENGTH = struct.Struct(">I")
_NONCE = 12


class EnvelopeError(Exception):
    """The envelope is damaged, or was closed with another context."""


@dataclass(frozen=True)
class Envelopes:
    """Closes and opens envelopes under one KMS key."""

    kms: Any  # a KMS client of boto3
    key_id: str

    def close(self, data: bytes, context: Mapping[str, str]) -> bytes:
        """Encrypt data; raises ClientError where AWS KMS refuses."""
        answer = self.kms.generate_data_key(KeyId=self.key_id, KeySpec="AES_256", EncryptionContext=dict(context))
        nonce, wrapped = os.urandom(_NONCE), answer["CiphertextBlob"]
        sealed = AESGCM(answer["Plaintext"]).encrypt(nonce, data, _bound(context))
        return _LENGTH.pack(len(wrapped)) + wrapped + nonce + sealed

    def open(self, envelope: bytes, context: Mapping[str, str]) -> bytes:
        """Decrypt data; raises EnvelopeError for a damaged envelope, ClientError where AWS KMS refuses."""
        wrapped, rest = self._split(envelope)
        try:
            answer = self.kms.decrypt(KeyId=self.key_id, CiphertextBlob=wrapped, EncryptionContext=dict(context))
            return AESGCM(answer["Plaintext"]).decrypt(rest[:_NONCE], rest[_NONCE:], _bound(context))
        except (self.kms.exceptions.InvalidCiphertextException, InvalidTag) as error:
            raise EnvelopeError("it is damaged, or was closed with another context") from error

    def renew(self, envelope: bytes, context: Mapping[str, str]) -> bytes:
        """The same envelope with its data key under the KMS key's present key material; the data stay as they are."""
        wrapped, rest = self._split(envelope)
        answer = self.kms.re_encrypt(
            CiphertextBlob=wrapped,
            SourceKeyId=self.key_id,
            SourceEncryptionContext=dict(context),
            DestinationKeyId=self.key_id,
            DestinationEncryptionContext=dict(context),
        )
        renewed = answer["CiphertextBlob"]
        return _LENGTH.pack(len(renewed)) + bytes(renewed) + rest

    @staticmethod
    def _split(envelope: bytes) -> tuple[bytes, bytes]:
        if len(envelope) < _LENGTH.size:
            raise EnvelopeError("it is too short")
        end = _LENGTH.size + _LENGTH.unpack_from(envelope)[0]
        if len(envelope) < end + _NONCE:
            raise EnvelopeError("it is too short")
        return envelope[_LENGTH.size : end], envelope[end:]


def _bound(context: Mapping[str, str]) -> bytes:
    return json.dumps(context, sort_keys=True).encode()
