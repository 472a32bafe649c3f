"""What a call of an asynchronous client costs, against aiobotocore's own floor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from pytest_kmsimport import KmsImportMock, mock_kms_import

from .floor import running
from .side_by_side import Contender, Line, compare

_LIMIT = 1.15
_CALLS = 20  # in one turn of a loop, which costs too


def lines() -> Iterator[Line]:
    """DescribeKey on a client of aiobotocore, and on one of the mock's own; none where it is not installed."""
    if find_spec("aiobotocore") is None:
        return
    with mock_kms_import() as mock, asyncio.Runner() as runner, ExitStack() as stack:
        key_id = mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        ours, floor = (_client(runner, mock, stack) for _ in range(2))
        _answer_as_recorded(runner, floor, key_id)
        mock.stop()
        call = Contender(_in_loop(runner, partial(ours.describe_key, KeyId=key_id)), partial(running, mock))
        bare = Contender(_in_loop(runner, partial(floor.describe_key, KeyId=key_id)))
        measured = compare(call, bare, rounds=150, calls=1)
        yield Line(f"{_CALLS} x DescribeKey on aiobotocore", "aiobotocore's floor", *measured, _LIMIT)
        mock.start()


def _client(runner: asyncio.Runner, mock: KmsImportMock, stack: ExitStack) -> Any:  # noqa: ANN401  of aiobotocore
    context = mock.async_client()
    client = runner.run(context.__aenter__())
    stack.callback(lambda: runner.run(context.__aexit__(None, None, None)))
    return client


def _in_loop(runner: asyncio.Runner, call: Callable[[], Coroutine[Any, Any, object]]) -> Callable[[], None]:
    """Some calls, one after the other."""

    async def calls() -> None:
        for _ in range(_CALLS):
            await call()

    return lambda: runner.run(calls())


def _answer_as_recorded(runner: asyncio.Runner, client: Any, key_id: str) -> None:  # noqa: ANN401
    """Have a handler give a client the bytes that the mock answers now."""
    from aiobotocore.awsrequest import AioAWSResponse  # noqa: PLC0415  which need not be installed

    seen: list[dict[str, Any]] = []
    client.meta.events.register("before-parse.kms", lambda response_dict, **_: seen.append(response_dict))
    runner.run(client.describe_key(KeyId=key_id))
    (answer,) = seen

    class Body:
        async def read(self) -> bytes:
            return answer["body"]

    async def respond(request: AWSPreparedRequest, **_: object) -> AioAWSResponse:
        return AioAWSResponse(request.url, answer["status_code"], dict(answer["headers"]), Body())

    client.meta.events.register("before-send.kms", respond)
