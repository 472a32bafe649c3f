"""Functions that are called as AWS Lambda would call them.

https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from inspect import iscoroutine, iscoroutinefunction
from typing import Any

from ..engine.arns import partition_of
from ..engine.failures import Failure
from .records import event_id

#: A function that is called with an event, and whose failures are the mock's own complaints.
Target = Callable[[Any], None]


class TargetFailed(Failure):
    """The target of a rule or an alarm has raised an exception; that is its cause."""


class LambdaContext:
    """What a handler of Lambda's is told beside the event."""

    function_version = "$LATEST"
    memory_limit_in_mb = "128"
    identity = client_context = None

    def __init__(self, name: str, region: str, account: str, event: object) -> None:
        self.function_name = name
        self.invoked_function_arn = f"arn:{partition_of(region)}:lambda:{region}:{account}:function:{name}"
        self.aws_request_id = event_id("invocation", name, json.dumps(event, default=str))
        self.log_group_name = f"/aws/lambda/{name}"
        self.log_stream_name = f"[$LATEST]{event_id('log stream', name).replace('-', '')}"

    def get_remaining_time_in_millis(self) -> int:
        """As much as a function has by default: three seconds."""
        return 3000


def check_handler(handler: object) -> None:
    """Raise TypeError for what cannot be called as a handler of Lambda's is."""
    if iscoroutinefunction(handler) or not callable(handler):
        raise TypeError(f"target is {handler!r}; write a function that takes an event and a context, as Lambda does.")


def target_of(
    handler: Callable[[Any, Any], object], region: str, account: str, complain: Callable[[AssertionError], object]
) -> Target:
    """A handler as a target; what it raises is complained of, and goes no further, for whoever sends events is away."""
    name = getattr(handler, "__name__", type(handler).__name__)

    def call(event: Any) -> None:  # noqa: ANN401
        try:
            done = handler(event, LambdaContext(name, region, account, event))
            if iscoroutine(done):
                done.close()
                raise TypeError("it gave a coroutine, which Lambda would not await")  # noqa: TRY301
        except Exception as error:  # noqa: BLE001  a handler may raise anything
            failed = TargetFailed(f"{name} failed: {type(error).__name__}: {error}")
            failed.__cause__ = error
            complain(failed)

    return call
