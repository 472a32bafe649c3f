"""Tracebacks without secrets: what an exception leaves behind says where it came from, and not with what.

pytest prints the arguments of the last function in a traceback, and every local on demand; other tools do too. So the
functions that secrets are handed to empty the frames behind them. pytest does not show those of the modules that set
``__tracebackhide__``, unless it is asked for the full trace.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from traceback import walk_tb
from typing import Any, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

__tracebackhide__ = True

#: This package, and those that it hands secrets to; the frames of anybody else's code stay as they are.
_HOLDERS = frozenset({"botocore", "cryptography", "http", "json", "pytest_kmsimport", "urllib3"}) | {
    *("aiobotocore", "aiohttp", "httpcore", "httpcore2", "httpx", "httpx2")  # on behalf of asynchronous clients
}


def sealed(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let no exception that comes out of a function have arguments or locals in its frames, from there inwards."""

    @wraps(function)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        handled = sys.exc_info()[1]  # the caller's, which may become the context of ours
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            _empty_frames(error, handled)
            raise
        finally:
            del args, kwargs, handled

    return call


def sealed_coroutine(
    function: Callable[Parameters, Coroutine[Any, Any, Result]],
) -> Callable[Parameters, Coroutine[Any, Any, Result]]:
    """The same for a coroutine function."""

    @wraps(function)
    async def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        handled = sys.exc_info()[1]
        try:
            return await function(*args, **kwargs)
        except BaseException as error:
            _empty_frames(error, handled)
            raise
        finally:
            del args, kwargs, handled

    return call


def _empty_frames(error: BaseException, handled: BaseException | None) -> None:
    """Empty the frames of an exception, and of those that it came from; not of one that was there before."""
    waiting: list[BaseException | None] = [error]
    seen = {id(handled)}
    while waiting:
        other = waiting.pop()
        if other is None or id(other) in seen:
            continue
        seen.add(id(other))
        for frame, _ in walk_tb(other.__traceback__):
            if str(frame.f_globals.get("__name__")).partition(".")[0] in _HOLDERS:
                with suppress(RuntimeError):  # it is at work still
                    frame.clear()
        waiting += [other.__cause__, other.__context__, *getattr(other, "exceptions", ())]
