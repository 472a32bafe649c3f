"""What a client of botocore meets under a mock: signing, sending and trying again, one handler for each event.

* ``before-sign.kms.*``: credentials that are missing or would need the network are replaced.
* ``before-send.kms.*``: answered by the innermost mock, before any handler of another mock is asked.
* ``before-send.*`` of other services: what nobody answers and would go to real AWS is refused.
* ``needs-retry.kms.*``: the wait before the next attempt is noted and left out.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.history import get_global_history_recorder
from botocore.hooks import first_non_none_response
from botocore.signers import RequestSigner

from .. import _active
from .._active import Mock, active
from .._tracebacks import sealed
from .._wire import signature
from .._wire.aws_json import new_request_id
from ..engine.errors import NotOffered
from . import real_aws
from .events import NAME_LENGTH, Event
from .urllib3 import deliver, send_to

#: Where botocore tells of requests as they are sent, signature and all.
_LOG, _SIGNING_LOG = logging.getLogger("botocore.endpoint"), logging.getLogger("botocore.auth")
_HISTORY = get_global_history_recorder()
_KMS_OPERATION = len("before-send.kms.")
_NOBODYS: list[Any] = []  # no handler has answered
_ASYNC = "Clients of aiobotocore are not offered yet; use botocore or boto3."


def _mock_for(event: Event) -> Mock | None:
    """The mock that an event concerns: the innermost one, for events of KMS."""
    return _active.innermost if event.name.startswith(".kms.", NAME_LENGTH) else None


def before_sign(event: Event) -> Any:  # noqa: ANN401
    """Write down who asks, spare credentials that are missing or would have to be fetched, and leave out to sign."""
    mock = _mock_for(event)
    if mock is not None:
        context, signer = event.arguments["request"].context, event.arguments["request_signer"]
        if not event.is_async:
            leaves = _active.server_ports and _leaves(event, mock)
            sign = mock.sign_requests or leaves or _signature_is_seen(event, signer)
            signature.note_access_key(context, signer, sign=sign)
        elif signature.must_fetch_credentials(signer):
            raise mock.complain(NotOffered(_ASYNC))
    return event.proceed()


def _leaves(event: Event, mock: Mock) -> bool:
    """Whether a request is for a server of a mock's, and has to go there for what happens on a real socket."""
    return mock.parent_url is not None or real_aws.is_own_server(event.arguments["request"].url)


def _signature_is_seen(event: Event, signer: RequestSigner) -> bool:
    """Whether a request is signed for anybody but AWS: by hand, for a URL, or under the eyes of handlers or a log."""
    if _LOG.isEnabledFor(logging.DEBUG) or _SIGNING_LOG.isEnabledFor(logging.DEBUG) or _HISTORY._enabled:  # noqa: SLF001
        return True
    if not event.arguments["request"].context.get("client_config") or event.arguments["signature_version"] != "v4":
        return True
    # Who gets the request after its signer is told nowhere else than in the emitter's own notes.
    noted = getattr(event.aliaser._emitter, "_lookup_cache", {})  # noqa: SLF001
    handlers = iter(noted.get(f"request-created{event.name[NAME_LENGTH:]}", ()))
    if signer.handler not in handlers:
        return True
    for handler in handlers:  # noqa: SIM110  those after it; every call comes by here, and a generator costs more
        if not getattr(handler, "__module__", "").startswith("botocore."):
            return True
    return False


def before_send(event: Event) -> Any:  # noqa: ANN401
    """Answer KMS; keep everything else from real AWS unless somebody else answers it."""
    mock = _mock_for(event)
    if mock is not None:
        if event.is_async:
            raise mock.complain(NotOffered(_ASYNC))
        if _active.server_ports and _leaves(event, mock):
            request = event.arguments["request"]
            if mock.parent_url is None or real_aws.is_own_server(request.url):
                return _NOBODYS
            return [(send_to, send_to(mock.parent_url, request, signature.settings_of(request)))]
        return [(_answer, _answer(mock, event.name[_KMS_OPERATION:], event.arguments["request"]))]
    _note_other_request(event)
    responses = event.proceed()
    if event.is_async:
        return _refuse_real_aws_later(event, responses)
    _refuse_real_aws(event, responses)
    return responses


async def _refuse_real_aws_later(event: Event, responses: Awaitable[Any]) -> Any:  # noqa: ANN401
    """What an asynchronous client's handlers answer, when they have; real AWS is refused as for other clients."""
    answered = await responses
    _refuse_real_aws(event, answered)
    return answered


def _note_other_request(event: Event) -> None:
    """Let a mock that looks for leaks see what another service is sent."""
    innermost = active()
    if innermost is not None and innermost.leak_check.watches:
        _, service, operation = event.name.split(".", 2)
        innermost.leak_check.note_other_request(service, operation, event.arguments["request"].body)


def _refuse_real_aws(event: Event, responses: Any) -> None:  # noqa: ANN401  of botocore's handlers
    """Refuse what nobody has answered and may not leave."""
    if first_non_none_response(responses) is not None:
        return
    _, service, operation = event.name.split(".", 2)
    host = real_aws.host_of(event.arguments["request"].url)
    innermost, guard = active(), _active.guard()
    if innermost is not None:
        if not innermost.allow_real_aws and real_aws.is_real_aws(host):
            raise innermost.complain(real_aws.refused_under_mock(service, operation, host))
    elif guard is not None and service == "kms" and not real_aws.is_loopback(host):
        raise guard.complain(real_aws.refused_by_guard(operation, host))


def needs_retry(event: Event) -> Any:  # noqa: ANN401
    """Leave the decision about another attempt to botocore, and the wait before it to the mock."""
    responses = event.proceed()
    mock = _mock_for(event)
    if mock is None or event.is_async:
        return responses
    wait = first_non_none_response(responses)
    if wait is None or isinstance(wait, bool):
        return responses
    invocation = event.arguments["request_dict"]["context"].get("retries", {}).get("invocation-id", "")
    return [(needs_retry, mock.service.delay(invocation, wait))]


@sealed
def _answer(mock: Mock, operation: str, request: AWSPreparedRequest) -> AWSResponse:
    region, caller = signature.region_and_caller(request, mock.region, mock.account)
    invocation, body = signature.invocation_of(request) or new_request_id(), request.body
    try:
        exchange = mock.service.receive(
            operation, region, caller, invocation, body.encode() if isinstance(body, str) else body
        )
    except NotOffered as complaint:
        raise mock.complain(complaint) from None
    try:
        response = deliver(exchange, request, signature.settings_of(request), mock.service.wait)
    except BaseException as error:
        exchange.close(error)
        raise
    exchange.close()
    return response
