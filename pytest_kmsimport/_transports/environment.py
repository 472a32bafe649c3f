"""The environment variables that decide where boto looks for credentials, a Region and KMS.

What a mock sets, child processes inherit. Some of it is for them alone: it says where KMS is, at the mock's server if
it has one for them, and else at a port of this computer at which nobody listens, so that nothing can leave. Clients of
this process do not see that (``as_it_was``): their endpoint is what it is without the mock.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from threading import RLock
from typing import ClassVar

from .._wire.signature import PLACEHOLDER_KEY
from . import forks

_AWS_HANDS_OFF = (
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Variables that would send a client to a profile, or to the network, for credentials."""

#: What would lead past an endpoint URL; said, since where nothing is said the user's configuration file counts.
NOT_ELSEWHERE = dict.fromkeys(
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"), "false"
)
_FOR_CHILDREN = {
    **NOT_ELSEWHERE,
    # By TLS, so that a proxy is not even told what would be asked; the path is for who reads the error.
    "AWS_ENDPOINT_URL_KMS": "https://127.0.0.1:1/kms-is-mocked-in-the-parent-process-alone",
}


class Environment:
    """Lets clients be built without credentials, Region or configuration, and puts everything back.

    Environments lie upon each other like the mocks that they belong to, and need not leave in the order in which they
    came: one that leaves from beneath another hands on what it would have put back.
    """

    _lock: ClassVar[RLock] = RLock()
    _entered: ClassVar[list[Environment]] = []
    #: What mocks had set that have ended, and of that what somebody else had set anew before they did.
    _left: ClassVar[dict[frozenset[tuple[str, str | None]], set[str]]] = {}
    #: What has been put back then.
    _instead: ClassVar[dict[str, str | None]] = {}

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}
        self._ours: dict[str, str | None] = {}

    def enter(self, region: str, address: Mapping[str, str], *, keep_credentials: bool) -> None:
        """Set a Region, and credentials that belong to nobody unless those of the environment are to be kept.

        ``address`` are the variables by which child processes find a server, empty where there is none for them.
        """
        with self._lock:
            self._entered.append(self)
            for name, value in {**_settings(region, keep_credentials=keep_credentials), **address}.items():
                self._ours[name] = value
                before = self._before[name] = os.environ.get(name)
                if before != value:
                    _put(name, value)

    def leave(self) -> None:
        """Put every variable back: an empty one stays empty, an absent one absent. To leave again changes nothing."""
        with self._lock:
            if self not in self._entered:
                return
            above = self._entered[self._entered.index(self) + 1 :]
            overlaid = self._left.setdefault(frozenset(self._ours.items()), set())
            for name, before in list(self._before.items()):
                upon = next((env for env in above if name in env._before), None) if above else None
                if upon is not None:
                    upon._before[name] = before
                else:
                    present = os.environ.get(name)
                    if present != self._ours[name]:
                        overlaid.add(name)
                    self._instead[name] = before
                    if present != before:
                        _put(name, before)
                del self._before[name]
            self._entered.remove(self)

    @classmethod
    def after_test(cls) -> None:
        """Put right what has come back of mocks that have ended.

        Somebody who changes a variable within a mock restores what he has found, the mock's value, and he may do so
        when it has ended: a test's monkeypatch does that for what it has changed, if its mock was made later than it,
        and unittest.mock's patch.dict for all variables.
        """
        with cls._lock:
            came_back: set[str] = set()
            for ours, overlaid in cls._left.items():
                there = {name for name, value in ours if os.environ.get(name) == value}
                came_back |= there if len(there) == len(ours) else there & overlaid
            for name in came_back & cls._instead.keys():
                _put(name, cls._instead[name])
            cls._left.clear()
            cls._instead.clear()

    @classmethod
    def as_it_was(cls, name: str, value: str) -> str | None:
        """What clients of this process shall see of a variable: nothing that is for child processes alone."""
        if name not in _FOR_CHILDREN:
            return value
        entered = list(cls._entered)
        if value != _FOR_CHILDREN[name] and all(env._ours.get(name) != value for env in entered):
            return value
        found = next((env._before[name] for env in entered if name in env._before), None)
        return None if found == value else found  # this process may be such a child itself


forks.share(Environment)


def _settings(region: str, *, keep_credentials: bool) -> dict[str, str | None]:
    """What a mock sets; None for what must not be there."""
    settings: dict[str, str | None] = {"AWS_DEFAULT_REGION": region, **_FOR_CHILDREN}
    if "AWS_REGION" in os.environ:
        settings["AWS_REGION"] = region
    if keep_credentials:
        return settings
    of_nobody = {"AWS_ACCESS_KEY_ID": PLACEHOLDER_KEY, "AWS_SECRET_ACCESS_KEY": PLACEHOLDER_KEY}
    return {**settings, **of_nobody, "AWS_EC2_METADATA_DISABLED": "true", **dict.fromkeys(_AWS_HANDS_OFF)}


def _put(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
