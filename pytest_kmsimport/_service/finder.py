"""Finding any of many patterns in a text, in a time that grows with the text and the patterns and not with both."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import AnyStr, Generic

from .readings import SHORTEST

__tracebackhide__ = True

_LEAST = (32, 16, SHORTEST)  # secrets are indexed by how long they are at least
_MOST_PLACES = 400_000  # of secrets that are indexed, each of which takes about 200 bytes


class Finder(Generic[AnyStr]):
    """Patterns, to be looked for all at once, in texts or in bytes.

    A pattern of so many characters covers every place of a text that is a multiple of ``step`` away from others, with
    eight of its characters from there on. So these are looked up, and no others. They are of a pattern's end: that is
    where private keys differ. The more patterns there are, the smaller the steps, so that memory has its bounds.
    """

    def __init__(self, patterns: Collection[AnyStr]) -> None:
        self._by_step: dict[int, dict[AnyStr, list[tuple[AnyStr, int]]]] = {}
        longest_step = max(1, _MOST_PLACES // max(1, len(patterns)))
        for pattern in patterns:
            least = next(least for least in _LEAST if least <= len(pattern))
            step = min(least - SHORTEST + 1, longest_step)
            places = self._by_step.setdefault(step, {})
            for place in range(len(pattern) - SHORTEST - step + 1, len(pattern) - SHORTEST + 1):
                places.setdefault(pattern[place : place + SHORTEST], []).append((pattern, place))

    def __bool__(self) -> bool:
        return bool(self._by_step)

    def found_in(self, text: AnyStr) -> Iterator[tuple[AnyStr, int]]:
        """The patterns that are in a text, and where they begin, each as often as it is."""
        for step, places in self._by_step.items():
            hits = [at for at in range(0, len(text), step) if text[at : at + SHORTEST] in places]
            for at in hits:
                for pattern, place in places[text[at : at + SHORTEST]]:
                    if at >= place and text.startswith(pattern, at - place):
                        yield pattern, at - place
