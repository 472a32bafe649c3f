"""ML-DSA and ML-KEM keys (FIPS 204 and 203), as far as the installed ``cryptography`` has them.

AWS does not import them; it makes them, and gives private keys of ML-KEM as data key pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from .errors import InvalidCiphertextException, NotOffered
from .materials import load_pkcs8, to_pkcs8
from .world import World

_FAMILIES: Mapping[str, str] = {"ML_DSA": "mldsa", "ML_KEM": "mlkem"}
_SEED_BYTES: Mapping[str, int] = {"ML_DSA": 32, "ML_KEM": 64}


@dataclass(frozen=True, slots=True)
class PostQuantumKey:
    """A private key of ML-DSA or ML-KEM as unencrypted PKCS#8 DER (RFC 9881, RFC 9935); ``spec`` is its key spec."""

    spec: str

    def canonical(self, plaintext: bytes) -> bytes:
        """Refuse other keys; of AWS's none is imported, but a test can choose them."""
        with self._offered():
            kind = self._kind
        key = load_pkcs8(plaintext)
        if not isinstance(key, kind):
            raise InvalidCiphertextException
        return to_pkcs8(key)

    def generate(self, world: World) -> bytes:
        """Make a key pair; raises NotOffered where ``cryptography`` cannot."""
        with self._offered():
            return to_pkcs8(self._kind.from_seed_bytes(world.random_bytes(_SEED_BYTES[self._family])))

    @property
    def _family(self) -> str:
        return self.spec.rpartition("_")[0]

    @property
    def _kind(self) -> Any:  # noqa: ANN401  a type of new releases of ``cryptography``
        module = import_module(f"cryptography.hazmat.primitives.asymmetric.{_FAMILIES[self._family]}")
        return getattr(module, f"{self.spec.replace('_', '')}PrivateKey")

    @contextmanager
    def _offered(self) -> Iterator[None]:
        try:
            yield
        except (ImportError, AttributeError, UnsupportedAlgorithm) as error:
            raise NotOffered(f"{self.spec} is not offered: the installed cryptography does not have it.") from error


class DsaKey(Protocol):
    """What private keys of ML-DSA do; types of their own exist in new releases of ``cryptography`` only."""

    def sign(self, data: bytes) -> bytes:
        """Sign a message."""

    def sign_mu(self, mu: bytes) -> bytes:
        """Sign a message representative (FIPS 204, 6.2), 64 bytes."""

    def public_key(self) -> Any:  # noqa: ANN401  the same
        """What verifies."""


class KemKey(Protocol):
    """What private keys of ML-KEM do."""

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """Recover the shared secret, 32 bytes."""

    def public_key(self) -> Any:  # noqa: ANN401  a type of new releases of ``cryptography``
        """What encapsulates."""


def dsa_key(key: PrivateKeyTypes) -> DsaKey:
    """The private key of a KMS key whose spec is one of ML-DSA."""
    return cast("DsaKey", key)


def kem_key(key: PrivateKeyTypes) -> KemKey:
    """The private key of a KMS key whose spec is one of ML-KEM."""
    return cast("KemKey", key)
