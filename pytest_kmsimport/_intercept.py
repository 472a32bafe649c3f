"""How every client's calls reach the mock, and what is kept from real AWS.

What happens at which of botocore's events:

* ``before-sign.kms.*``: credentials that are missing or would need the network are replaced.
* ``before-send.kms.*``: answered by the innermost mock, before any handler of another mock is asked.
* ``before-send.*`` of other services: what nobody answers and would go to real AWS is refused.
* ``needs-retry.kms.*``: the wait before the next attempt is noted and left out.

The patches go on with the first mock (or guard) and come off with the last.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.hooks import first_non_none_response

from . import _active, _forks, _real_aws, _signature
from ._active import Mock, active
from ._complaints import Complaints
from ._environment import Environment
from ._patch import STAGE_LENGTH, EmitPatch, EnvironmentPatch, Event, PreparePatch
from ._sockets import deliver
from ._wire import new_request_id
from .engine.errors import NotOffered

_INVOCATION = "amz-sdk-invocation-id"
_ACCOUNT_DIGITS = 12


def activate(mock: Mock) -> None:
    """Let a mock answer KMS, in front of those that are active already."""
    with _active.changing():
        outer = active()
        if outer is not None and not _seam.is_on:
            outer.complain(_real_aws.was_switched_off())
        _forks.watch(mock)
        _active.add_mock(mock)
        _patch()


def deactivate(mock: Mock) -> None:
    """Take a mock out, wherever it stands."""
    with _active.changing():
        _active.remove_mock(mock)
        _unpatch()


def after_test() -> None:
    """Put right what others have put back after the last mock had ended, which they had found while it was there."""
    Environment.after_test()
    with _active.changing():
        _unpatch()


class Guard:
    """Refuses KMS calls outside any mock, from its making until it is stopped."""

    def __init__(self) -> None:
        self.complaints = Complaints()
        with _active.changing():
            _active.add_guard(self)
            _patch()

    def complain(self, complaint: AssertionError) -> AssertionError:
        """Remember a complaint, so that it fails the test even if the code under test swallows it."""
        self.complaints.append(complaint)
        return complaint

    def stop(self) -> None:
        """Let KMS calls go where botocore sends them."""
        with _active.changing():
            _active.remove_guard(self)
            _unpatch()


def _patch() -> None:
    for patch in _PATCHES:
        patch.put_on()


def _unpatch() -> None:
    if active() is None and _active.guard() is None:
        for patch in _PATCHES:
            patch.take_off()


def _mock_for(event: Event) -> Mock | None:
    """The mock that an event concerns: the innermost one, for events of KMS."""
    return active() if event.name.startswith(".kms.", STAGE_LENGTH) else None


def _before_sign(event: Event) -> Any:  # noqa: ANN401
    """Write down who asks, and spare credentials that are missing or would have to be fetched."""
    mock = _mock_for(event)
    if mock is not None:
        context, signer = event.arguments["request"].context, event.arguments["request_signer"]
        if not event.is_async:
            _signature.note_access_key(context, signer)
        elif _signature.must_fetch_credentials(signer):
            raise mock.complain(NotOffered(_ASYNC))
    return event.proceed()


def _before_send(event: Event) -> Any:  # noqa: ANN401
    """Answer KMS; keep everything else from real AWS unless somebody else answers it."""
    mock = _mock_for(event)
    if mock is not None:
        if event.is_async:
            raise mock.complain(NotOffered(_ASYNC))
        return [(_answer, _answer(mock, event.name[_KMS_OPERATION:], event.arguments["request"]))]
    _overhear(event)
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


def _overhear(event: Event) -> None:
    """Let a mock that looks for leaks see what another service is sent."""
    innermost = active()
    if innermost is not None and innermost.leak_check.watches:
        _, service, operation = event.name.split(".", 2)
        innermost.leak_check.overhear(service, operation, event.arguments["request"].body)


def _refuse_real_aws(event: Event, responses: Any) -> None:  # noqa: ANN401  of botocore's handlers
    """Refuse what nobody has answered and may not leave."""
    if first_non_none_response(responses) is not None:
        return
    _, service, operation = event.name.split(".", 2)
    host = _real_aws.host_of(event.arguments["request"].url)
    innermost, guard = active(), _active.guard()
    if innermost is not None:
        if not innermost.allow_real_aws and _real_aws.is_real_aws(host):
            raise innermost.complain(_real_aws.refused_under_mock(service, operation, host))
    elif guard is not None and service == "kms" and not _real_aws.is_loopback(host):
        raise guard.complain(_real_aws.refused_by_guard(operation, host))


def _needs_retry(event: Event) -> Any:  # noqa: ANN401
    """Leave the decision about another attempt to botocore, and the wait before it to the mock."""
    responses = event.proceed()
    mock = _mock_for(event)
    if mock is None or event.is_async:
        return responses
    wait = first_non_none_response(responses)
    if wait is None or isinstance(wait, bool):
        return responses
    invocation = event.arguments["request_dict"]["context"].get("retries", {}).get("invocation-id", "")
    return [(_needs_retry, mock.service.delay(invocation, wait))]


_KMS_OPERATION = len("before-send.kms.")
_ASYNC = "Clients of aiobotocore are not offered yet; use botocore or boto3."


def _answer(mock: Mock, operation: str, request: AWSPreparedRequest) -> AWSResponse:
    region, access_key = _signature.caller_of(request)
    names_account = len(access_key) == _ACCOUNT_DIGITS and access_key.isdigit()
    account = access_key if names_account else mock.account
    invocation = _text(request.headers.get(_INVOCATION, "")) or new_request_id()
    try:
        delivery = mock.service.receive(operation, region or mock.region, account, invocation, _bytes(request.body))
        response = deliver(delivery, request, _signature.settings_of(request), mock.service.wait)
        mock.service.note_delivered(invocation)
    except NotOffered as complaint:
        raise mock.complain(complaint) from None
    except BaseException as error:
        mock.service.note_undelivered(invocation, error)
        raise
    return response


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _check_seam(service: str, url: str) -> None:
    """Refuse a request that would leave because somebody has taken the patch off."""
    mock, guard = active(), _active.guard()
    if (mock is None and guard is None) or _seam.is_on:
        return
    host = _real_aws.host_of(url)
    others_may_leave = mock is None or mock.allow_real_aws or not _real_aws.is_real_aws(host)
    if service == "kms" or not others_may_leave:
        somebody = mock or guard
        assert somebody is not None
        raise somebody.complain(_real_aws.refused_past_patch(host))


_seam = EmitPatch({"before-sign": _before_sign, "before-send": _before_send, "needs-retry": _needs_retry})
_PATCHES = (_seam, PreparePatch(_check_seam), EnvironmentPatch(Environment.as_it_was))
