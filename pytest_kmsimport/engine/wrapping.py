"""Wrapping keys, import tokens, and unwrapping: the service's half of the key ceremony.

https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-get-public-key-and-token.html
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import messages
from .errors import (
    ExpiredImportTokenException,
    InvalidCiphertextException,
    InvalidImportTokenException,
    ValidationException,
)
from .specs import KEY_WRAP, PKCS1, RSA_WRAPPING_KEYS
from .world import World

LIFETIME = timedelta(hours=24)

_PADDINGS: Mapping[str, AsymmetricPadding] = {
    "RSAES_OAEP_SHA_1": OAEP(MGF1(SHA1()), SHA1(), None),  # noqa: S303  AWS offers it
    "RSAES_OAEP_SHA_256": OAEP(MGF1(SHA256()), SHA256(), None),
    "RSAES_PKCS1_V1_5": PKCS1v15(),
}
_OVERHEAD: Mapping[str, int] = {
    "RSAES_OAEP_SHA_1": 2 * SHA1.digest_size + 2,
    "RSAES_OAEP_SHA_256": 2 * SHA256.digest_size + 2,
    "RSAES_PKCS1_V1_5": 11,
}
_NONCE = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_TOKEN = struct.Struct(">Q")  # end of validity in milliseconds; the key ARN follows
_WRAPPED_AES_KEY = 32
_KWP_BLOCK, _SHORTEST_KWP = 8, 16
_SHORTEST_PADDING = 8


def padding_of(algorithm: str) -> AsymmetricPadding:
    """The RSA padding of an algorithm; RSA_AES_KEY_WRAP has the OAEP of the same hash for its AES key."""
    return _PADDINGS[algorithm.replace("RSA_AES_KEY_WRAP", "RSAES_OAEP")]


def longest_plaintext(bits: int, algorithm: str) -> int:
    """What one RSA block under a modulus of ``bits`` can carry, in bytes (RFC 8017, 7.1.1 and 7.2.1)."""
    return bits // 8 - _OVERHEAD[algorithm]


@dataclass(frozen=True, slots=True)
class WrappingParameters:
    """One answer of GetParametersForImport: a wrapping key pair, tied to a KMS key for 24 hours.

    ``token`` is opaque to the client; ``public_key`` is DER, SubjectPublicKeyInfo.
    """

    key_arn: str
    algorithm: str
    valid_to: datetime
    token: bytes = field(repr=False)
    private_key: RSAPrivateKey = field(repr=False)

    @property
    def public_key(self) -> bytes:
        """The wrapping public key, DER-encoded SubjectPublicKeyInfo."""
        return self.private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def issued(self) -> datetime:
        """When the answer was given."""
        return self.valid_to - LIFETIME

    def opened_as(self, algorithm: str) -> WrappingParameters:
        """The same wrapping key, for another algorithm."""
        return replace(self, algorithm=algorithm)

    def unwrap(self, encrypted: bytes) -> bytes:
        """Open encrypted key material.

        Raises ValidationException where its length cannot be right for the wrapping key, and
        InvalidCiphertextException where it does not open.
        """
        modulus = self.private_key.key_size // 8
        wrapped_key, rest = encrypted[:modulus], encrypted[modulus:]
        key_wrap = self.algorithm in KEY_WRAP
        rest_fits = len(rest) >= _SHORTEST_KWP and len(rest) % _KWP_BLOCK == 0 if key_wrap else not rest
        if len(wrapped_key) != modulus or not rest_fits:
            raise ValidationException(messages.ENCRYPTED_KEY_SIZE)
        try:
            if self.algorithm == PKCS1:
                return open_pkcs1(self.private_key, wrapped_key)
            opened = self.private_key.decrypt(wrapped_key, padding_of(self.algorithm))
            if not key_wrap:
                return opened
            if len(opened) != _WRAPPED_AES_KEY:
                raise InvalidCiphertextException
            return aes_key_unwrap_with_padding(opened, rest)
        except (ValueError, InvalidUnwrap) as error:
            raise InvalidCiphertextException from error


def open_raw(private_key: RSAPrivateKey, block: bytes) -> bytes:
    """Decrypt one RSA block without taking any padding off (RFC 8017, 5.1.2)."""
    numbers = private_key.private_numbers()
    opened = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n)
    return opened.to_bytes(len(block), "big")


def open_pkcs1(private_key: RSAPrivateKey, block: bytes) -> bytes:
    """Decrypt RSAES-PKCS1-v1_5 (RFC 8017, 7.2.2); raises ValueError where the padding is wrong.

    OpenSSL answers wrong padding with random bytes, lest an attacker learns of it. The service of 2022 told.
    """
    opened = open_raw(private_key, block)
    padding, separator, message = opened[2:].partition(b"\0")
    if opened[:2] != b"\0\2" or len(padding) < _SHORTEST_PADDING or not separator:
        raise ValueError
    return message


class TokenContent(NamedTuple):
    """What an import token says to KMS."""

    valid_to: datetime
    key_arn: str


class Issued(NamedTuple):
    """What an engine has issued: what its tokens are sealed with (32 bytes), those that are good, those spent."""

    seal: bytes
    valid: tuple[WrappingParameters, ...] = ()
    spent: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return f"<Issued {len(self.valid)} import tokens>"


class ImportTokens:
    """The import tokens that one engine has issued, each good for its KMS key for 24 hours.

    A token is sealed: it says by itself which KMS key it is for and until when, so that it can be told apart as
    foreign or expired long after its wrapping key was let go. ``issued`` are those of an engine that this one goes on
    for.
    """

    def __init__(self, world: World, *, strict: bool, issued: Issued | None = None) -> None:
        issued = issued or Issued(world.random_bytes(32))
        self.strict = strict
        self._world = world
        self._seal = issued.seal
        self._valid = {parameters.token: parameters for parameters in issued.valid}
        self._spent = set(issued.spent)

    @property
    def issued(self) -> Issued:
        """What was issued, for another engine to go on for this one."""
        return Issued(self._seal, tuple(self._valid.values()), tuple(self._spent))

    def issue(self, key_arn: str, algorithm: str, wrapping_key_spec: str, now: datetime) -> WrappingParameters:
        """Make a wrapping key pair and its token."""
        self._forget_expired(now)
        valid_to = now + LIFETIME
        content = _TOKEN.pack(round(valid_to.timestamp() * 1000)) + key_arn.encode()
        nonce = self._world.random_bytes(_NONCE)
        token = nonce + AESGCM(self._seal).encrypt(nonce, content, None)
        private_key = self._world.rsa_private_key(RSA_WRAPPING_KEYS[wrapping_key_spec])
        parameters = WrappingParameters(key_arn, algorithm, valid_to, token, private_key)
        self._valid[token] = parameters
        return parameters

    def redeem(self, token: bytes, key_arn: str, now: datetime) -> WrappingParameters:
        """Find what a token was issued with; the token stays good until it is spent or expires.

        Raises InvalidImportTokenException for a token that was not issued here, not for this KMS key, or (strict)
        was used before, and ExpiredImportTokenException after 24 hours.
        """
        content = self.read(token)
        if content is None or content.key_arn != key_arn or (self.strict and token in self._spent):
            raise InvalidImportTokenException
        if now >= content.valid_to or token not in self._valid:
            raise ExpiredImportTokenException
        return self._valid[token]

    def spend(self, token: bytes) -> None:
        """Note a successful import; with strict tokens there is no second one."""
        self._spent.add(token)

    def copy(self) -> ImportTokens:
        """The same tokens, to go back to."""
        return ImportTokens(self._world, strict=self.strict, issued=self.issued)

    def read(self, token: bytes) -> TokenContent | None:
        """What a token says, also when it has expired; None for what is no token of this engine."""
        try:
            content = AESGCM(self._seal).decrypt(token[:_NONCE], token[_NONCE:], None)
        except (InvalidTag, ValueError):
            return None
        (milliseconds,) = _TOKEN.unpack_from(content)
        valid_to = _EPOCH + timedelta(milliseconds=milliseconds)
        return TokenContent(valid_to, content[_TOKEN.size :].decode())

    @property
    def valid(self) -> Sequence[WrappingParameters]:
        """What was issued and has not expired, the oldest first."""
        return list(self._valid.values())

    def _forget_expired(self, now: datetime) -> None:
        """Forget expired wrapping keys: they stand first, because every token lives equally long."""
        while self._valid and self._valid[token := next(iter(self._valid))].valid_to <= now:
            del self._valid[token]
            self._spent.discard(token)
