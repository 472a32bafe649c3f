"""Where a Region keeps its KMS keys, aliases and grants: by name, oldest first, and under headings."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Generic, Protocol, TypeVar


class Dated(Protocol):
    """Something whose serial says which of two is the older."""

    @property
    def serial(self) -> int:
        """A number that rises with everything made."""


Item = TypeVar("Item", bound=Dated)

_ALL = ""
_serial = attrgetter("serial")


class Cabinet(Generic[Item]):
    """Things of one kind.

    ``name`` gives the name by which a thing is found, ``headings`` the headings under which it is listed beside the
    list of all. Nothing here walks all things but ``copy``, however many there are.
    """

    def __init__(self, name: Callable[[Item], str], headings: Callable[[Item], Iterable[str]] = lambda _: ()) -> None:
        self._name = name
        self._headings = headings
        self._by_name: dict[str, Item] = {}
        self._by_age: dict[str, list[Item]] = {}

    def get(self, name: str) -> Item | None:
        """The thing with this name, None where there is none."""
        return self._by_name.get(name)

    def by_age(self, heading: str = _ALL) -> Sequence[Item]:
        """All things, or those under one heading, oldest first."""
        return self._by_age.get(heading, ())

    def add(self, item: Item) -> None:
        """Take a thing in, at its place by age."""
        self._by_name[self._name(item)] = item
        for heading in (_ALL, *self._headings(item)):
            drawer = self._by_age.setdefault(heading, [])
            drawer.insert(bisect_left(drawer, item.serial, key=_serial), item)

    def remove(self, name: str) -> None:
        """Take a thing out."""
        item = self._by_name.pop(name)
        for heading in (_ALL, *self._headings(item)):
            drawer = self._by_age[heading]
            del drawer[bisect_left(drawer, item.serial, key=_serial)]
            if not drawer:
                del self._by_age[heading]

    def exchange(self, item: Item) -> None:
        """Put a thing in the place of the one that has its name."""
        self.remove(self._name(item))
        self.add(item)

    def copy(self, copy_item: Callable[[Item], Item] = lambda item: item) -> Cabinet[Item]:
        """A cabinet of its own with copies of the same things; what never changes need not be copied."""
        twin = Cabinet(self._name, self._headings)
        for item in self.by_age():
            twin.add(copy_item(item))
        return twin
