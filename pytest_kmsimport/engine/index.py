"""Where a Region keeps its KMS keys, aliases and grants: by name, by age, and in groups."""

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


class Index(Generic[Item]):
    """Items of one kind.

    ``name`` gives the name by which an item is found, ``groups`` the groups in which it is listed beside the list of
    all. Nothing here walks all items but ``copy``, however many there are.
    """

    def __init__(self, name: Callable[[Item], str], groups: Callable[[Item], Iterable[str]] = lambda _: ()) -> None:
        self._name = name
        self._groups = groups
        self._by_name: dict[str, Item] = {}
        self._by_age: dict[str, list[Item]] = {}

    def get(self, name: str) -> Item | None:
        """The item with this name, None where there is none."""
        return self._by_name.get(name)

    def by_age(self, group: str = _ALL) -> Sequence[Item]:
        """All items, or those of one group, oldest first."""
        return self._by_age.get(group, ())

    def add(self, item: Item) -> None:
        """Take an item in, at its place by age."""
        self._by_name[self._name(item)] = item
        for group in (_ALL, *self._groups(item)):
            bucket = self._by_age.setdefault(group, [])
            bucket.insert(bisect_left(bucket, item.serial, key=_serial), item)

    def remove(self, name: str) -> None:
        """Take an item out."""
        item = self._by_name.pop(name)
        for group in (_ALL, *self._groups(item)):
            bucket = self._by_age[group]
            del bucket[bisect_left(bucket, item.serial, key=_serial)]
            if not bucket:
                del self._by_age[group]

    def exchange(self, item: Item) -> None:
        """Put an item in the place of the one that has its name."""
        self.remove(self._name(item))
        self.add(item)

    def copy(self, copy_item: Callable[[Item], Item] = lambda item: item) -> Index[Item]:
        """An index of its own with copies of the same items; what never changes need not be copied."""
        other = Index(self._name, self._groups)
        for item in self.by_age():
            other.add(copy_item(item))
        return other
