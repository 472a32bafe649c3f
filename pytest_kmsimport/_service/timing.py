"""At which attempts a planned fault strikes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Timing:
    """At which of the attempts that a plan is about it strikes.

    Raises ValueError where that could be none, or is said in two ways.
    """

    nth: int | Collection[int] | None = None
    times: int | None = None
    after: int = 0
    every: int = 1
    probability: float | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        _check_count("times", self.times, 1)
        _check_count("after", self.after, 0)
        _check_count("every", self.every, 1)
        for nth in self.numbers or ():
            _check_count("nth", nth, 1)
        if self.numbers == ():
            raise ValueError("nth is empty; write the numbers of the attempts to strike, counted from 1.")
        if self.nth is not None and (self.times, self.after, self.every) != (None, 0, 1):
            raise ValueError("nth says at which attempts the fault strikes; leave out times, after and every.")
        if self.probability is not None and not (_is_number(self.probability) and 0 < self.probability <= 1):
            raise ValueError(f"probability is {self.probability!r}; write more than 0, at most 1.")
        if self.seed is not None and self.probability is None:
            raise ValueError("seed is for a fault with a probability; write probability= too.")
        if self.seed is not None and type(self.seed) is not int:
            raise ValueError(f"seed is {self.seed!r}; write a whole number.")

    @property
    def numbers(self) -> tuple[int, ...] | None:
        """The attempts that ``nth`` names, counted from 1."""
        if self.nth is None:
            return None
        return tuple(self.nth) if isinstance(self.nth, Collection) else (self.nth,)

    def is_due(self, number: int, strikes: int, randomness: Random) -> bool:
        """Whether the fault strikes at an attempt, counted from 1, after so many strikes."""
        if self.times is not None and strikes >= self.times:
            return False
        if self.numbers is not None and number not in self.numbers:
            return False
        number -= self.after
        if number < 1 or number % self.every:
            return False
        return self.probability is None or randomness.random() < self.probability

    @property
    def said(self) -> dict[str, object]:
        """What of it was said, in the keywords of ``inject``."""
        given = {name: getattr(self, name) for name in ("nth", "times", "after", "every", "probability", "seed")}
        return {name: value for name, value in given.items() if value not in (None, _SILENT.get(name))}

    def __str__(self) -> str:
        return "".join(f", {name}={value}" for name, value in self.said.items())


_SILENT = {"after": 0, "every": 1}


def _is_number(value: object) -> bool:
    return type(value) in {int, float}


def _check_count(name: str, value: int | None, least: int) -> None:
    if value is not None and (type(value) is not int or value < least):
        raise ValueError(f"{name} is {value!r}; write a number, {least} or more.")
