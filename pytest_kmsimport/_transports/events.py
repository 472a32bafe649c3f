"""A botocore event on its way to a client's handlers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import iscoroutinefunction
from typing import Any, NamedTuple

from botocore.hooks import EventAliaser, HierarchicalEmitter

Function = Callable[..., Any]


class Event(NamedTuple):
    """An event on its way to a client's handlers."""

    emit: Function
    aliaser: EventAliaser
    name: str
    arguments: dict[str, Any]

    def proceed(self) -> Any:  # noqa: ANN401  what the handlers answered, or a coroutine that gives it
        """Let the client's own handlers have the event."""
        return self.emit(self.aliaser, self.name, **self.arguments)

    @property
    def is_handled(self) -> bool:
        """Whether somebody may answer it."""
        return bool(self.aliaser._emitter._handlers.prefix_search(self.name))  # noqa: SLF001  botocore has no other way

    @property
    def is_async(self) -> bool:
        """Whether it comes from a client of aiobotocore."""
        emitter = type(self.aliaser._emitter)  # noqa: SLF001  the one sign of it
        return emitter is not HierarchicalEmitter and is_async(emitter)  # type: ignore[arg-type]  # of lru_cache


@cache
def is_async(emitter: type) -> bool:
    """Whether this is the type of an aiobotocore client's emitter, which has to be awaited."""
    return iscoroutinefunction(getattr(emitter, "_emit", None))


Handler = Callable[[Event], Any]
NAME_LENGTH = len("before-send")  # as long as the names of the other events that are handled
