"""What a client of botocore meets under a mock: signing, sending and trying again, one handler for each event.

* ``before-sign.kms.*``: credentials that are missing or would need the network are replaced.
* ``before-send.kms.*``: answered by the innermost mock, before any handler of another mock is asked.
* ``before-send.*`` of services that are integrated with AWS KMS: refused where the mock refuses what these need of it.
* ``before-send.*`` of other services: what nobody answers and would go to real AWS is refused, and what STS issues is
  noted.
* ``needs-retry.kms.*``: the wait before the next attempt is noted and left out.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from types import ModuleType
from typing import Any

from botocore.history import get_global_history_recorder
from botocore.hooks import first_non_none_response
from botocore.signers import RequestSigner

from .. import _active
from .._active import Mock, active
from .._service.questions import NobodyAnswers, asking
from .._wire import signature, sts
from .._wire.aws_json import WireResponse
from . import real_aws
from .events import NAME_LENGTH, Event
from .urllib3 import answer, as_answer, send_to

#: Where botocore tells of requests as they are sent, signature and all.
_LOG, _SIGNING_LOG = logging.getLogger("botocore.endpoint"), logging.getLogger("botocore.auth")
_HISTORY = get_global_history_recorder()
_KMS_OPERATION = len("before-send.kms.")
#: The services by which it may change who calls, or what they may do.
_ABOUT_CALLERS = {"iam", "sts", "cloudformation"}
#: What the handlers of an event answer, each with what it answers.
Responses = list[tuple[Any, Any]]
_NOBODYS: Responses = []


def _mock_for(event: Event) -> Mock | None:
    """The mock that an event concerns: the innermost one, for events of KMS."""
    return _active.innermost if event.name.startswith(".kms.", NAME_LENGTH) else None


def before_sign(event: Event) -> Any:  # noqa: ANN401
    """Write down who asks, spare credentials that are missing or would have to be fetched, and leave out to sign."""
    mock = _mock_for(event)
    if mock is not None:
        context, signer = event.arguments["request"].context, event.arguments["request_signer"]
        leaves = _active.server_ports and _leaves(event, mock)
        sign = mock.sign_requests or leaves or _signature_is_seen(event, signer)
        note_access_key = _aiobotocore().note_access_key if event.is_async else signature.note_access_key
        note_access_key(context, signer, sign=sign)
    return event.proceed()


def _aiobotocore() -> ModuleType:
    from . import aiobotocore  # noqa: PLC0415  not before a client of that kind comes by

    return aiobotocore


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
        if _active.server_ports and _leaves(event, mock):
            return _let_leave(event, mock)
        operation, request = event.name[_KMS_OPERATION:], event.arguments["request"]
        if event.is_async:
            return _aiobotocore().answer(mock, operation, request)
        return [(answer, answer(mock, operation, request))]
    if asking.get():
        return _answered(event, event.proceed())
    _note_other_request(event)
    find_refusal = _standing_on_kms(event)
    return _by_others(event) if find_refusal is None else _unless_refused(event, find_refusal)


def _by_others(event: Event) -> Any:  # noqa: ANN401
    """What whoever plays another service answers."""
    if event.is_async:
        return _later(partial(_allowed, event), event.proceed())
    return _allowed(event, event.proceed())


def _standing_on_kms(event: Event) -> Callable[[], WireResponse | None] | None:
    """What finds out whether a service that others play refuses a request for want of a KMS key of the mock's."""
    mock = _active.innermost
    if mock is None or not mock.integrated_services or mock.parent_url is not None:
        return None
    by_socket = real_aws.is_loopback(_host_of(event))
    if not by_socket and not event.is_handled:
        return None
    from .._integrated.services import standing_on_kms  # noqa: PLC0415  not before another service is asked

    _, service, operation = event.name.split(".", 2)
    return standing_on_kms(mock, service, operation, event.arguments["request"], by_socket=by_socket)


def _unless_refused(event: Event, find_refusal: Callable[[], WireResponse | None]) -> Any:  # noqa: ANN401
    """What handlers answer, unless the service refuses before they are asked."""
    request = event.arguments["request"]
    if event.is_async:
        return _aiobotocore().unless_refused(request, find_refusal, partial(_by_others, event))
    refusal = find_refusal()
    return _by_others(event) if refusal is None else [(as_answer, as_answer(request, refusal))]


def _answered(event: Event, responses: Responses) -> Responses:
    """What somebody answers to a question of the mock's own, which never goes to real AWS."""
    if first_non_none_response(responses) is None and real_aws.is_real_aws(_host_of(event)):
        raise NobodyAnswers
    return responses


def _host_of(event: Event) -> str:
    return real_aws.host_of(event.arguments["request"].url)


def _let_leave(event: Event, mock: Mock) -> Any:  # noqa: ANN401
    """Let a request go to its server, or from a process that was forked off to that of its parent's mock."""
    request = event.arguments["request"]
    if mock.parent_url is None or real_aws.is_own_server(request.url):
        return _aiobotocore().nobodys() if event.is_async else _NOBODYS
    if event.is_async:
        return _aiobotocore().send_to(mock.parent_url, request)
    return [(send_to, send_to(mock.parent_url, request, signature.settings_of(request)))]


async def _later(look_at: Callable[[Responses], Responses], responses: Awaitable[Responses]) -> Responses:
    """What an asynchronous client's handlers answer, when they have, looked at as other clients' is."""
    return look_at(await responses)


def _note_other_request(event: Event) -> None:
    """Let a mock that looks for leaks see what another service is sent."""
    innermost = active()
    if innermost is not None and innermost.leak_check.watches:
        _, service, operation = event.name.split(".", 2)
        innermost.leak_check.note_other_request(service, operation, event.arguments["request"].body)


def _allowed(event: Event, responses: Responses) -> Responses:
    """What handlers answer, unless nobody has answered what may not leave; STS says who the mock's principals are."""
    _, service, operation = event.name.split(".", 2)
    answered = first_non_none_response(responses)
    if service in _ABOUT_CALLERS:
        _note_answer(event, service, operation, answered)
    if answered is not None:
        return responses
    host = _host_of(event)
    innermost, guard = active(), _active.guard()
    if innermost is not None:
        if (service, operation) == ("sts", sts.WHO_AM_I) and real_aws.is_real_aws(host):
            identity = _identity(event, innermost)
            if identity is not None:
                return [(_identity, identity)]
        if not innermost.allow_real_aws and real_aws.is_real_aws(host):
            raise innermost.complain(real_aws.refused_under_mock(service, operation, host))
    elif guard is not None and service == "kms" and not real_aws.is_loopback(host):
        raise guard.complain(real_aws.refused_by_guard(operation, host))
    return responses


def _note_answer(event: Event, service: str, operation: str, answered: Any) -> None:  # noqa: ANN401
    """Let every mock know that callers may be others from now on, and with what STS has issued an access key."""
    for mock in _active.all_active():
        mock.service.callers.forget()
        content = getattr(answered, "content", None) if service == "sts" else None
        if isinstance(content, bytes):
            request = event.arguments["request"]
            by = signature.region_and_caller(request, mock.region, mock.account)[1].access_key
            issue = sts.issue_of(operation, by, request.body or b"", content)
            if issue is not None:
                mock.service.callers.note(issue)


def _identity(event: Event, mock: Mock) -> Any:  # noqa: ANN401
    """STS's answer to whoever asks who it is, if a mock knows that."""
    request = event.arguments["request"]
    region, caller = signature.region_and_caller(request, mock.region, mock.account)
    principal = mock.service.identity_of(caller, region)
    if principal is None:
        return None
    return (_aiobotocore().as_answer if event.is_async else as_answer)(request, sts.identity(principal))


def needs_retry(event: Event) -> Any:  # noqa: ANN401
    """Leave the decision about another attempt to botocore, and the wait before it to the mock."""
    mock = _mock_for(event)
    if mock is None:
        return event.proceed()
    if event.is_async:
        return _later(partial(_without_wait, mock, event), event.proceed())
    return _without_wait(mock, event, event.proceed())


def _without_wait(mock: Mock, event: Event, responses: Responses) -> Responses:
    """What handlers decide, without the wait before another attempt, which is noted."""
    wait = first_non_none_response(responses)
    if wait is None or isinstance(wait, bool):
        return responses
    invocation = event.arguments["request_dict"]["context"].get("retries", {}).get("invocation-id", "")
    return [(needs_retry, mock.service.delay(invocation, wait))]
