"""What is made of the calls in the journal, as a sequence in the order of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any, overload

from .._service.calls import Calls

Item = dict[str, Any]


class OfJournal(Sequence[Item]):
    """Dicts, each with its moment; whoever goes through them all gets CallsForgotten where ``calls`` has let some go.

    They are whoever takes them's to change.
    """

    def __init__(self, items: Iterable[tuple[datetime, Item]], calls: Calls) -> None:
        self._items = tuple(items)
        self._calls = calls

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        self._calls.check_all_kept()
        if isinstance(index, slice):
            return [deepcopy(item) for _, item in self._items[index]]
        return deepcopy(self._items[index][1])

    def __len__(self) -> int:
        self._calls.check_all_kept()
        return len(self._items)
