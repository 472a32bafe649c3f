"""What a client would make of a network event, outside any call of its own."""

from __future__ import annotations

from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient

from .._wire.aws_json import WireResponse
from .._wire.network import NetworkEvent
from . import urllib3
from .events import is_async


def play(client: BaseClient, event: NetworkEvent, request: AWSPreparedRequest, response: WireResponse) -> None:
    """Have an event happen to a request of a client, sync or asynchronous.

    Raises the exception of ``botocore.exceptions`` that the client's HTTP session raises; NotOffered for what cannot
    happen to it.
    """
    if is_async(type(client.meta.events._emitter)):  # type: ignore[arg-type]  # noqa: SLF001  of lru_cache; the one sign
        from . import aiobotocore  # noqa: PLC0415  which need not be there

        aiobotocore.play(client, event, request, response)
    else:
        urllib3.play(event, request, response, client.meta.config)
