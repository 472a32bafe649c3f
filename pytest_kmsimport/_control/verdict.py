"""The verdict: what a mock has to say against whoever has used it, where no test of pytest could be failed for it."""

from __future__ import annotations

from typing import NamedTuple

from .controlled import Controlled


class Verdict(NamedTuple):
    """The mock's own complaints, planned faults that had to strike and have not, and leaks, as texts."""

    complaints: tuple[str, ...]
    unstruck: tuple[str, ...]
    leaks: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """All that there is to say; nothing where all is well."""
        return (*self.complaints, *self.unstruck, *self.leaks)


def verdict_of(mock: Controlled) -> Verdict:
    """What a mock has to say so far. Nothing is forgotten by asking."""
    unstruck = [plan.complaint() for plan in mock.plans if not plan.ended and plan.is_unstruck]
    leaks = mock.leak_check.leaks(mock.calls.kept, ()) if mock.leak_check.watches else ()
    return Verdict(tuple(map(_text, mock.complaints)), tuple(map(_text, unstruck)), tuple(map(str, leaks)))


def _text(complaint: AssertionError) -> str:
    return f"{type(complaint).__name__}: {complaint}"
