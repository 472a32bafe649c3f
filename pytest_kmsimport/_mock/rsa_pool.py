"""RSA key pairs that outlive mocks: making one takes tens to hundreds of milliseconds, and every test wants some."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import NamedTuple
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from .._transports import forks

_MOST_KEPT = 64
_PUBLIC_EXPONENT = 65537

_kept: dict[int, list[RSAPrivateKey]] = defaultdict(list)
_lock = Lock()
forks.share(sys.modules[__name__])
#: Tells the pools of processes apart.
_POOL = uuid4().hex


class Given(NamedTuple):
    """How many keys of each size (bits) one mock was given, and of which pool."""

    pool: str
    numbers: dict[str, int]


def _make(bits: int) -> None:
    key = generate_private_key(_PUBLIC_EXPONENT, bits)
    with _lock:
        if len(_kept[bits]) < _MOST_KEPT:
            _kept[bits].append(key)


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

    def missing(self, bits: int) -> Callable[[], None] | None:
        """What makes the next key ahead of time, into the pool; None where it is there, or the pool is full."""
        return partial(_make, bits) if len(_kept[bits]) <= self._given[bits] < _MOST_KEPT else None

    @property
    def given(self) -> Given:
        """What this mock was given, for another one that goes on with its keys."""
        return Given(_POOL, {str(bits): number for bits, number in self._given.items()})

    def go_on_from(self, given: Given) -> None:
        """Give none of the keys that another mock was given, where they are of this pool."""
        if given.pool == _POOL:
            self._given |= Counter({int(bits): number for bits, number in given.numbers.items()})
