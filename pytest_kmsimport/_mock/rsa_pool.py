"""RSA key pairs that outlive mocks: making one takes tens to hundreds of milliseconds, and every test wants some."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from .._transports import forks

_MOST_KEPT = 64
_PUBLIC_EXPONENT = 65537

_kept: dict[int, list[RSAPrivateKey]] = defaultdict(list)
_lock = Lock()
forks.share(sys.modules[__name__])


class RsaKeys:
    """The RSA keys of one mock: it never gets the same one twice, while the next mock gets the same ones again."""

    def __init__(self) -> None:
        self._given: Counter[int] = Counter()

    def __call__(self, bits: int) -> RSAPrivateKey:
        """A key with a modulus of ``bits``, from the process's pool where it has one left for this mock."""
        with _lock:
            number = self._given[bits]
            self._given[bits] += 1
            kept = _kept[bits]
            if number < len(kept):
                return kept[number]
        key = generate_private_key(_PUBLIC_EXPONENT, bits)
        with _lock:
            if number == len(kept) < _MOST_KEPT:
                kept.append(key)
        return key
