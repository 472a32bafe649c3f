"""The one place where botocore is patched.

``EventAliaser.emit`` is the seam that every client comes through, whenever and however it was built, in every thread:

* ``before-sign.kms.*``: where Region and account are read off, and credentials that would need the network replaced.
* ``before-send.kms.*``: answered by the innermost mock, before any handler of another mock is asked.
* ``before-send.*`` of other services: what nobody answers and would go to real AWS is refused.
* ``needs-retry.kms.*``: the wait before the next attempt is noted and left out.

The patch goes on with the first mock (or guard) and comes off with the last.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache, wraps
from inspect import iscoroutinefunction
from ipaddress import ip_address
from threading import RLock
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.hooks import EventAliaser, first_non_none_response
from botocore.loaders import Loader

from ._complaints import Complaints
from ._environment import PLACEHOLDER_KEY
from ._leak_check import LeakCheck
from ._service import Service
from ._sockets import deliver
from ._wire import new_request_id
from .engine.errors import NotOffered

Emit = Callable[..., Any]

_PLACEHOLDER = Credentials(PLACEHOLDER_KEY, PLACEHOLDER_KEY)
_INVOCATION = "amz-sdk-invocation-id"
_ACCOUNT_DIGITS = 12


class RealAwsRefused(AssertionError):  # noqa: N818  a failure of the test, named for what happened
    """A call was about to leave for real AWS while a mock or the guard was active."""


class Mock(Protocol):
    """What the interception needs of a mock."""

    account: str
    allow_real_aws: bool
    complaints: Complaints
    service: Service
    leak_check: LeakCheck

    def complain(self, complaint: AssertionError) -> AssertionError:
        """Remember a complaint, so that it fails the test even if the code under test swallows it."""


#: The Region and access key that the request on its way was signed for, and the client's configuration.
_caller: ContextVar[tuple[str, str, Config]] = ContextVar("pytest_kmsimport_caller")
_lock = RLock()
_mocks: list[Mock] = []
_ended: deque[Mock] = deque(maxlen=4)  # what a failed test may be told about
_patched: tuple[Emit, Emit] | None = None  # what was there before, and what is there now


def active() -> Mock | None:
    """The innermost active mock."""
    return _mocks[-1] if _mocks else None


def activate(mock: Mock) -> None:
    """Let a mock answer KMS, in front of those that are active already."""
    with _lock:
        _mocks.append(mock)
        _patch()


def deactivate(mock: Mock) -> None:
    """Take a mock out, wherever it stands; mocks need not end in the order in which they began."""
    with _lock:
        _mocks[:] = [other for other in _mocks if other is not mock]
        _ended.append(mock)
        _unpatch()


def of_this_test() -> list[Mock]:
    """The mocks that a test has had so far, the last ones that have ended and those that are active."""
    return [*_ended, *_mocks]


def next_test() -> None:
    """Forget the mocks that have ended, and that the test before has failed."""
    _ended.clear()
    for mock in _mocks:
        mock.complaints.told = False


def told(failure: BaseException | None) -> None:
    """Take note that a test was seen to fail with this, so that nobody complains about the same thing again."""
    for complaints in [*(mock.complaints for mock in _mocks), *(guard.complaints for guard in _guards)]:
        complaints.forget(failure)


class Guard:
    """Refuses KMS calls outside any mock, from its making until it is stopped."""

    def __init__(self) -> None:
        self.complaints = Complaints()
        with _lock:
            _guards.append(self)
            _patch()

    def stop(self) -> None:
        """Let KMS calls go where botocore sends them."""
        with _lock:
            _guards.remove(self)
            _unpatch()


_guards: list[Guard] = []


def _patch() -> None:
    global _patched  # noqa: PLW0603  one patch for the process
    if _patched is not None:
        return
    emit = EventAliaser.emit

    @wraps(emit)
    def emit_within(aliaser: EventAliaser, event_name: str, **kwargs: Any) -> Any:  # noqa: ANN401  as botocore has it
        handle = _STAGES.get(event_name[:_STAGE])
        if handle is None:
            return emit(aliaser, event_name, **kwargs)
        return handle(_Event(emit, aliaser, event_name, kwargs))

    EventAliaser.emit = emit_within
    _patched = (emit, emit_within)


def _unpatch() -> None:
    global _patched  # noqa: PLW0603  one patch for the process
    if _mocks or _guards or _patched is None:
        return
    before, ours = _patched
    if EventAliaser.emit is ours:  # somebody who has patched on top keeps it, and without mocks it lets all through
        EventAliaser.emit = before
        _patched = None


class _Event(NamedTuple):
    """An event of one of the stages below, on its way to a client's handlers."""

    emit: Emit
    aliaser: EventAliaser
    name: str
    arguments: dict[str, Any]

    def proceed(self) -> Any:  # noqa: ANN401  what the handlers answered, or a coroutine that gives it
        """Let the client's own handlers have the event."""
        return self.emit(self.aliaser, self.name, **self.arguments)

    @property
    def mock(self) -> Mock | None:
        """The mock that this event concerns: the innermost one, for events of KMS."""
        return _mocks[-1] if _mocks and self.name.startswith(".kms.", _STAGE) else None

    @property
    def is_async(self) -> bool:
        """Whether it comes from a client of aiobotocore."""
        return _is_async(type(self.aliaser._emitter))  # type: ignore[arg-type]  # noqa: SLF001  the one sign of it


def _before_sign(event: _Event) -> Any:  # noqa: ANN401
    """Read off who calls which Region, and spare credentials that are missing or would have to be fetched."""
    if event.mock is not None:
        context = event.arguments["request"].context
        signing = context.setdefault("signing", {})
        credentials = event.arguments["request_signer"]._credentials  # noqa: SLF001  there is no public way to it
        if credentials is None or getattr(credentials, "refresh_needed", bool)():
            signing["request_credentials"] = credentials = _PLACEHOLDER
        region = signing.get("region") or event.arguments["region_name"]
        _caller.set((region, credentials.access_key or "", context["client_config"]))
    return event.proceed()


def _before_send(event: _Event) -> Any:  # noqa: ANN401
    """Answer KMS; keep everything else from real AWS unless somebody else answers it."""
    mock = event.mock
    if mock is not None:
        if event.is_async:
            raise mock.complain(NotOffered("Clients of aiobotocore are not offered yet; use botocore or boto3."))
        return [(_answer, _answer(mock, event.name[_KMS_OPERATION:], event.arguments["request"]))]
    innermost = active()
    if innermost is not None and innermost.leak_check.watches:
        _, service, operation = event.name.split(".", 2)
        innermost.leak_check.overhear(service, operation, event.arguments["request"].body)
    responses = event.proceed()
    if event.is_async or first_non_none_response(responses) is not None:
        return responses
    _, service, operation = event.name.split(".", 2)
    host = urlsplit(event.arguments["request"].url).hostname or ""
    if innermost is not None and not innermost.allow_real_aws and _is_real_aws(host):
        text = _REFUSED.format(service=service, operation=operation, host=host)
        raise innermost.complain(RealAwsRefused(text))
    if innermost is None and service == "kms" and _guards and not _is_loopback(host):
        complaint = RealAwsRefused(_GUARDED.format(operation=operation, host=host))
        _guards[-1].complaints.append(complaint)
        raise complaint
    return responses


def _needs_retry(event: _Event) -> Any:  # noqa: ANN401
    """Leave the decision about another attempt to botocore, and the wait before it to the mock."""
    responses = event.proceed()
    mock = event.mock
    if mock is None or event.is_async:
        return responses
    wait = first_non_none_response(responses)
    if wait is None or isinstance(wait, bool):
        return responses
    invocation = event.arguments["request_dict"]["context"].get("retries", {}).get("invocation-id", "")
    return [(_needs_retry, mock.service.delay(invocation, wait))]


_STAGES = {"before-sign": _before_sign, "before-send": _before_send, "needs-retry": _needs_retry}
_STAGE = len("before-send")  # as long as the others
_KMS_OPERATION = len("before-send.kms.")

_REFUSED = (
    "{service}.{operation} was about to be sent to real AWS ({host}) while mock_kms_import is active."
    " Mock {service} too (moto's mock_aws works beside this one, botocore's Stubber as well), or let such calls"
    " through with mock_kms_import(allow_real_aws=True)."
)
_GUARDED = (
    "kms.{operation} was about to be sent to {host} outside any mock, and kms_import_guard is on."
    " Use the fixture kms_import_mock or the decorator @mock_kms_import in this test."
)


def _answer(mock: Mock, operation: str, request: AWSPreparedRequest) -> AWSResponse:
    region, named, config = _caller.get()
    account = named if len(named) == _ACCOUNT_DIGITS and named.isdigit() else mock.account
    invocation = _text(request.headers.get(_INVOCATION, "")) or new_request_id()
    try:
        delivery = mock.service.receive(operation, region, account, invocation, _bytes(request.body))
        return deliver(delivery, request, config, mock.service.wait)
    except NotOffered as complaint:
        raise mock.complain(complaint) from None
    except BotoCoreError as error:
        mock.service.note_undelivered(invocation, error)
        raise


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


@cache
def _is_async(emitter: type) -> bool:
    """Whether this is the type of an aiobotocore client's emitter, which has to be awaited."""
    return iscoroutinefunction(getattr(emitter, "_emit", None))


def _is_real_aws(host: str) -> bool:
    return any(host.endswith(suffix) for suffix in _aws_suffixes())


@cache
def _aws_suffixes() -> tuple[str, ...]:
    """The domains of AWS in all partitions, from botocore's own data."""
    partitions = Loader().load_data("partitions")["partitions"]
    names = {partition["outputs"][name] for partition in partitions for name in ("dnsSuffix", "dualStackDnsSuffix")}
    return tuple(f".{name}" for name in names)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
