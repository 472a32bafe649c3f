"""What the engine takes from outside: the clock and randomness. It reads neither by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .errors import NotOffered
from .recipients import Recipient


def _read_by_nobody(document: bytes, now: datetime) -> Recipient:  # noqa: ARG001  as who does
    raise NotOffered("Recipient is not offered: nobody here reads attestation documents.")


@dataclass(frozen=True, slots=True)
class World:
    """The engine's sources of time and chance.

    ``now`` gives the time in UTC, with a timezone and whole milliseconds, as AWS's answers have it.
    ``random_bytes`` gives as many bytes as it is asked for.
    ``rsa_private_key`` gives a key of the size asked for (bits), and never the same one twice.
    ``is_region`` tells whether there is a Region of this name.
    ``attested`` gives whom an attestation document vouches for at a time, and raises NotAttestedError for any other.
    ``background`` is how long AWS takes for what it does after it has answered, such as a rotation;
    ``grants_spread`` is how long a grant takes to be known to all of AWS KMS, other than by its grant token.
    ``key_id_bytes`` gives the random bytes of key IDs, where those have a source of their own.
    """

    now: Callable[[], datetime]
    random_bytes: Callable[[int], bytes]
    rsa_private_key: Callable[[int], RSAPrivateKey]
    is_region: Callable[[str], bool]
    background: timedelta = timedelta(0)
    grants_spread: timedelta = timedelta(0)
    key_id_bytes: Callable[[int], bytes] | None = None
    attested: Callable[[bytes, datetime], Recipient] = _read_by_nobody

    def new_key_id(self, *, multi_region: bool) -> str:
        """A fresh key ID: a UUID, or for multi-Region keys ``mrk-`` and its 32 hexadecimal digits."""
        uuid = UUID(bytes=(self.key_id_bytes or self.random_bytes)(16), version=4)
        return f"mrk-{uuid.hex}" if multi_region else str(uuid)
