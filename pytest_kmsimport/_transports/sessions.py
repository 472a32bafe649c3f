"""A botocore session for each client of a mock's own, at what it costs to ask a session that is there already.

What makes a session expensive is to register botocore's handlers with it, most of which are for other services. Those
that a KMS client can meet are registered once for the process; a session copies them for each client that it builds.
Everything else of a session is its own: environment and configuration files are read anew for each client, and nothing
that one of them is told reaches another.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from botocore import handlers
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.session import Session

from .._wire.model import LOADER

#: Other services have had other names, for which a client looks in the name of each event that is new to it.
_NO_ALIASES: dict[str, str] = {}
_EVERY_SERVICE = "*"
_KMS = "kms"


def new_session() -> Session:
    """Make a session for one client."""
    emitter = _emitter_for_kms()
    session = Session(event_hooks=emitter, include_builtin_handlers=False)
    session.register_component("event_emitter", EventAliaser(emitter, _NO_ALIASES))
    session.register_component("data_loader", LOADER)
    return session


class _Prepared(NamedTuple):
    specs: list[Any]
    emitter: HierarchicalEmitter


_prepared: _Prepared | None = None


def _emitter_for_kms() -> HierarchicalEmitter:
    """What has botocore's handlers, and those that others, such as moto, have added to them meanwhile.

    It is never changed, so threads need not wait for each other: at worst each makes one.
    """
    global _prepared  # noqa: PLW0603  once for the process
    prepared = _prepared
    if prepared is None or prepared.specs != handlers.BUILTIN_HANDLERS:
        specs = list(handlers.BUILTIN_HANDLERS)
        emitter = HierarchicalEmitter()
        Session(event_hooks=_OnlyForKms(emitter))  # which registers them
        _prepared = prepared = _Prepared(specs, emitter)
    return prepared.emitter


class _OnlyForKms:
    """Hands on to an emitter what a session registers, but for what no event of a KMS client ever reaches."""

    def __init__(self, emitter: HierarchicalEmitter) -> None:
        self._emitter = emitter

    def register(self, event_name: str, *handler: Any) -> None:  # noqa: ANN401  botocore's own
        """Register a handler among others."""
        if concerns_kms(event_name):
            self._emitter.register(event_name, *handler)

    def register_first(self, event_name: str, *handler: Any) -> None:  # noqa: ANN401
        """Register a handler before others."""
        if concerns_kms(event_name):
            self._emitter.register_first(event_name, *handler)

    def register_last(self, event_name: str, *handler: Any) -> None:  # noqa: ANN401
        """Register a handler after others."""
        if concerns_kms(event_name):
            self._emitter.register_last(event_name, *handler)


def concerns_kms(event_name: str) -> bool:
    """Whether events of a KMS client reach what is registered for an event, or for all those that begin like it."""
    first, *rest = event_name.split(".")
    service = rest[1:2] if first == "docs" else rest[:1]  # docs.title.kms, but before-send.kms.Encrypt
    return not service or service[0] in {_EVERY_SERVICE, _KMS}
