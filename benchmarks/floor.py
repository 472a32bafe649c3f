"""botocore's own floor: the same client call, answered with the same bytes by a handler that does nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient

from pytest_kmsimport import KmsImportMock


@contextmanager
def running(mock: KmsImportMock) -> Iterator[None]:
    """Have a mock answer, with the KMS keys that it has."""
    mock.start()
    try:
        yield
    finally:
        mock.stop()


def floor_of(mock: KmsImportMock, operation: str, **members: Any) -> Callable[[], object]:  # noqa: ANN401  AWS's members
    """The call of an operation on a client of its own, to be made while no mock runs."""
    client = mock.client()
    answer = _recorded(mock, client, operation, members)
    client.meta.events.register(f"before-send.kms.{operation}", _canned(answer))
    method = _method(client, operation)
    return lambda: method(**members)


def call_of(mock: KmsImportMock, operation: str, **members: Any) -> Callable[[], object]:  # noqa: ANN401  AWS's members
    """The same call on another client of the same kind, to be made while the mock runs."""
    method = _method(mock.client(), operation)
    return lambda: method(**members)


def _method(client: BaseClient, operation: str) -> Callable[..., object]:
    names = {aws_name: python_name for python_name, aws_name in client.meta.method_to_api_mapping.items()}
    method: Callable[..., object] = getattr(client, names[operation])
    return method


def _recorded(mock: KmsImportMock, client: BaseClient, operation: str, members: dict[str, Any]) -> dict[str, Any]:
    """What the mock answers to the call, as botocore is about to parse it."""
    seen: list[dict[str, Any]] = []

    def record(response_dict: dict[str, Any], **_: object) -> None:
        seen.append(response_dict)

    client.meta.events.register(f"before-parse.kms.{operation}", record)
    with running(mock):
        _method(client, operation)(**members)
    client.meta.events.unregister(f"before-parse.kms.{operation}", record)
    return seen[0]


def _canned(answer: dict[str, Any]) -> Callable[..., AWSResponse]:
    status, headers, body = answer["status_code"], dict(answer["headers"]), answer["body"]

    def respond(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        return AWSResponse(request.url, status, headers, _Body(body))

    return respond


class _Body(BytesIO):
    """A body as botocore reads it from urllib3."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()
