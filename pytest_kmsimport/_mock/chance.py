"""What a mock with a seed draws at random: the same from run to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import shake_256
from threading import Lock
from uuid import UUID

__tracebackhide__ = True


class Chance:
    """The chance of a mock that has a seed; without one, it is the operating system's.

    Each stream is a sequence of its own, so that the third KMS key has its key ID whatever else was drawn. A value
    follows from the seed, the stream and how many were drawn before (SHAKE256, FIPS 202): good enough to look random,
    and no secret for whoever knows the seed.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn: Counter[str] = Counter()
        self._lock = Lock()

    def stream(self, name: str) -> Callable[[int], bytes]:
        """What gives as many bytes as it is asked for."""
        return partial(self._draw, name)

    def _draw(self, name: str, length: int) -> bytes:
        with self._lock:
            number = self._drawn[name]
            self._drawn[name] += 1
        return shake_256(f"{self._seed} {name} {number}".encode()).digest(length)

    def request_id(self) -> str:
        """The ID of the next request."""
        return str(UUID(bytes=self._draw("request IDs", 16), version=4))

    def fault_seed(self) -> int:
        """The seed of the next fault with a probability."""
        return int.from_bytes(self._draw("faults", 4), "big")

    def snapshot(self) -> dict[str, int]:
        """How many were drawn of each stream, for ``restore``."""
        with self._lock:
            return dict(self._drawn)

    def restore(self, drawn: Mapping[str, int]) -> None:
        """Go on from there: what was drawn since is drawn again."""
        with self._lock:
            self._drawn = Counter(drawn)
