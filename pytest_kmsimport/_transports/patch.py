"""What is put into botocore while a mock or the guard is active, and taken out after the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any
from weakref import WeakSet

from botocore.auth import BaseSigner
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.configprovider import EnvironmentProvider
from botocore.endpoint import Endpoint
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.signers import RequestSigner

from .. import _active
from .._wire.signature import LeftOut, is_left_out
from .events import NAME_LENGTH, Event, Function, Handler


class Patch:
    """A method of a class of botocore's, which does what ``wrap`` makes of it from ``put_on`` to ``take_off``.

    Others patch the same method and put back what they found, in any order, so what is there is looked at each time.
    Remembered are the functions that are ours, and the latest with what it wraps, which is put on again over that.
    """

    def __init__(self, owner: type, name: str, wrap: Callable[[Function], Function]) -> None:
        self._owner = owner
        self._name = name
        self._wrap = wrap
        self._ours: WeakSet[Function] = WeakSet()
        self._latest: Function | None = None
        self._beneath: Function | None = None  # what the latest one wraps

    @property
    def _present(self) -> Function:
        function: Function = getattr(self._owner, self._name)
        return function

    @property
    def is_on(self) -> bool:
        """Whether calls come by here."""
        present = getattr(self._owner, self._name)
        return present is self._latest or present in self._ours

    def put_on(self) -> None:
        """Patch the class, unless calls come by here already."""
        if not self.is_on:
            before = self._present
            if self._latest is None or before is not self._beneath:
                self._beneath, self._latest = before, wraps(before)(self._wrap(before))
                self._ours.add(self._latest)
            setattr(self._owner, self._name, self._latest)

    def take_off(self) -> None:
        """Leave the class as it was; somebody who has patched on top keeps that."""
        while (present := self._present) in self._ours:
            setattr(self._owner, self._name, present.__wrapped__)  # type: ignore[attr-defined]  # by functools.wraps


_PROBE = "kms-import.probe"


def _note_arrival(event: Event) -> None:
    event.arguments["arrived"].append(event)


class EmitPatch(Patch):
    """``EventAliaser.emit``, the seam that every client comes through, whenever and however it was built.

    ``handlers`` are the beginnings of events' names and what handles them. Somebody who has patched on top may let
    events through to here or not, so one is sent to see.
    """

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers: dict[str, Handler] = {
            **handlers,
            _PROBE[:NAME_LENGTH]: _note_arrival,
        }
        super().__init__(EventAliaser, "emit", self._through_handlers)

    def _through_handlers(self, emit: Function) -> Function:
        handlers = self._handlers

        def emit_within(aliaser: EventAliaser, event_name: str, **kwargs: Any) -> Any:  # noqa: ANN401  botocore's own
            handle = handlers.get(event_name[:NAME_LENGTH])
            if handle is None:
                return emit(aliaser, event_name, **kwargs)
            return handle(Event(emit, aliaser, event_name, kwargs))

        return emit_within

    @property
    def is_on(self) -> bool:
        """Whether events come by here, whoever has patched on top."""
        return EventAliaser.emit is self._latest or super().is_on or self._is_reached()

    def _is_reached(self) -> bool:
        arrived: list[Event] = []
        with suppress(Exception):  # of whoever has patched on top
            EventAliaser(HierarchicalEmitter(), {}).emit(_PROBE, arrived=arrived)
        return bool(arrived)


class PreparePatch(Patch):
    """``Endpoint.prepare_request``, where every request is made ready for sending, of asynchronous clients as well.

    ``check`` may refuse it. The request takes its context along, as newer botocore has it do by itself. One that nobody
    is to see, and that goes nowhere, is not made ready for the wire.
    """

    def __init__(self, check: Callable[[str, str], None]) -> None:
        self._check = check
        super().__init__(Endpoint, "prepare_request", self._with_context)

    def _with_context(self, prepare_request: Function) -> Function:
        check = self._check

        def prepare(endpoint: Endpoint, request: AWSRequest) -> AWSPreparedRequest:
            check(endpoint._endpoint_prefix, request.url)  # noqa: SLF001  there is no public way to the service
            context = request.context
            if is_left_out(context) and not request.params and _active.innermost is not None:
                prepared = AWSPreparedRequest(request.method, request.url, request.headers, request.data, False)  # noqa: FBT003
            else:
                prepared = prepare_request(endpoint, request)
            prepared.context = context
            if type(endpoint) is not Endpoint:  # an asynchronous one, whose HTTP session says how events are played
                prepared.endpoint = endpoint
            return prepared

        return prepare


_USUAL = "v4"


class _NoAuth(BaseSigner):  # type: ignore[misc]  # botocore ships no types
    """Signs nothing."""

    def add_auth(self, request: AWSRequest) -> None:
        """Leave a request as it is."""


NO_AUTH = _NoAuth()


class AuthPatch(Patch):
    """``get_auth_instance`` of a signer's class, which makes what signs a request.

    A request whose credentials are ``LeftOut`` is not signed with the usual algorithm, as long as there is a mock that
    will answer it; every other one is, and whatever is signed by hand. ``no_auth`` is what signs nothing.
    """

    def __init__(self, owner: type[RequestSigner], no_auth: object) -> None:
        self._no_auth = no_auth
        super().__init__(owner, "get_auth_instance", self._leaving_out)

    def _leaving_out(self, get_auth_instance: Function) -> Function:
        no_auth = self._no_auth

        def auth_instance(signer: RequestSigner, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  botocore's own
            credentials = kwargs.get("request_credentials")
            if type(credentials) is LeftOut:
                if kwargs.get("signature_version") == _USUAL and _active.innermost is not None:
                    return no_auth
                kwargs["request_credentials"] = credentials.credentials
            return get_auth_instance(signer, *args, **kwargs)

        return auth_instance


#: Patches of what is imported when somebody needs it, which go on and come off with the others from then on.
late: list[Patch] = []


class EnvironmentPatch(Patch):
    """``EnvironmentProvider.provide``, by which clients read the environment when they are built.

    ``see`` says what they shall see of a variable and its value.
    """

    def __init__(self, see: Callable[[str, str], str | None]) -> None:
        self._see = see
        super().__init__(EnvironmentProvider, "provide", self._seen)

    def _seen(self, provide: Function) -> Function:
        see = self._see

        def provide_seen(provider: EnvironmentProvider) -> Any:  # noqa: ANN401  None, or a text in most cases
            value = provide(provider)
            return value if value is None else see(provider._name, value)  # noqa: SLF001  there is no public way to it

        return provide_seen
