"""Measuring two things side by side, so that their ratio says something on a busy machine."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from statistics import median
from time import thread_time
from typing import NamedTuple


class Contender(NamedTuple):
    """Something to measure, and what has to be around it that is not measured."""

    call: Callable[[], object]
    around: Callable[[], AbstractContextManager[object]] = nullcontext


class Line(NamedTuple):
    """One line of the table: ``ours`` and ``theirs`` in the unit, ``limit`` is what their ratio should not exceed."""

    what: str
    against: str
    ours: float
    theirs: float
    ratio: float
    limit: float | None = None
    unit: str = "µs"

    @property
    def missed(self) -> bool:
        """Whether there is a target and it was not reached."""
        return self.limit is not None and self.ratio > self.limit


def compare(
    ours: Contender, theirs: Contender, *, rounds: int, calls: int, clock: Callable[[], float] = thread_time
) -> tuple[float, float, float]:
    """Microseconds per call of each, and the median of the rounds' ratios.

    They are of this thread's own processor time by default, in which nothing is that others are given meanwhile. Both
    take part in every round, one directly after the other and taking turns to be first: what else slows the machine
    slows both down, and a ratio within a round stays what it is.
    """
    rounds_of_ours, rounds_of_theirs = [], []
    for contender in (ours, theirs):
        _time(contender, calls, clock)
    with _no_collection():
        for number in range(rounds):
            if number % 2:
                rounds_of_theirs.append(_time(theirs, calls, clock))
            rounds_of_ours.append(_time(ours, calls, clock))
            if not number % 2:
                rounds_of_theirs.append(_time(theirs, calls, clock))
    ratios = [mine / other for mine, other in zip(rounds_of_ours, rounds_of_theirs, strict=True)]
    return median(rounds_of_ours), median(rounds_of_theirs), median(ratios)


def _time(contender: Contender, calls: int, clock: Callable[[], float]) -> float:
    call = contender.call
    with contender.around():
        start = clock()
        for _ in range(calls):
            call()
        return (clock() - start) / calls * 1e6


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from striking in the middle of one contender's round."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
