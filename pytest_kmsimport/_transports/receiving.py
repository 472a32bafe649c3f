"""A request of a botocore client, sync or asynchronous, handed to the service of the mock that answers it."""

from __future__ import annotations

from botocore.awsrequest import AWSPreparedRequest

from .._active import Mock
from .._service.service import Exchange
from .._wire import signature
from .._wire.aws_json import new_request_id
from ..engine.errors import NotOffered


def receive(mock: Mock, operation: str, request: AWSPreparedRequest) -> Exchange:
    """Have a request answered.

    Raises NotOffered, which fails the test in any case, where the mock falls short of AWS.
    """
    region, caller = signature.region_and_caller(request, mock.region, mock.account)
    invocation, body = signature.invocation_of(request) or new_request_id(), request.body
    try:
        return mock.service.receive(
            operation, region, caller, invocation, body.encode() if isinstance(body, str) else body
        )
    except NotOffered as complaint:
        raise mock.complain(complaint) from None
