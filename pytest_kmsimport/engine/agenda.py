"""What AWS KMS will do to which KMS key by itself next, so that a look at it costs what is due and not all there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush

#: A KMS key: its account, its Region and its key ID.
Where = tuple[str, str, str]


class Agenda:
    """The next date of each KMS key that has one.

    ``changed`` are those whose date may have become another one since it was put down.
    """

    def __init__(self, changed: set[Where]) -> None:
        self.changed = changed
        self._dates: dict[Where, datetime] = {}
        self._heap: list[tuple[datetime, Where]] = []  # with dates that hold no more among them

    def put(self, where: Where, date: datetime | None) -> None:
        """Put down when something is due next; None for nothing that is to come."""
        if date == self._dates.get(where):
            return
        if date is None:
            del self._dates[where]
        else:
            self._dates[where] = date
            heappush(self._heap, (date, where))

    def take(self, now: datetime) -> Iterator[Where]:
        """Take off all that is due."""
        while (first := self.first) is not None and first <= now:
            _, where = heappop(self._heap)
            del self._dates[where]
            yield where

    @property
    def first(self) -> datetime | None:
        """The first date; None without one."""
        heap, dates = self._heap, self._dates
        while heap and dates.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None
