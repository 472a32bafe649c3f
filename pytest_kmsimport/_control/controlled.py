"""What control needs of a mock, and how it plans faults there."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .._active import Mock
from .._service.clock import Clock
from .._service.plans import Plan
from .._wire.model import did_you_mean


class Controlled(Mock, Protocol):
    """A mock that can be controlled."""

    clock: Clock

    @property
    def inject(self) -> Callable[..., Plan]:
        """Plan a fault."""

    def reset(self) -> None:
        """Become as new."""


def plan(mock: Controlled, members: Mapping[str, Any]) -> Plan:
    """Plan a fault, with what ``mock.inject`` takes; raises ValueError that says what to write instead."""
    known = inspect.signature(mock.inject).parameters
    for name in members:
        if name not in known:
            text = f"A fault has no {name!r}.{did_you_mean(name, known)} It takes {', '.join(known)}."
            raise ValueError(text)
    try:
        return mock.inject(**members)
    except TypeError as error:
        raise ValueError(str(error)) from None
