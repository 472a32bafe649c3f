"""The environment variables that decide where boto looks for credentials and a Region."""

from __future__ import annotations

import os
from typing import ClassVar

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

#: The access key of clients that bring none; it names no account, so they act in the mock's own.
PLACEHOLDER_KEY = "testing"


class Environment:
    """Lets clients be built without credentials, Region or configuration, and puts everything back.

    Environments lie upon each other like the mocks that they belong to, and need not leave in the order in which they
    came: one that leaves from beneath another hands on what it would have put back.
    """

    _entered: ClassVar[list[Environment]] = []

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}

    def enter(self, region: str, *, keep_credentials: bool) -> None:
        """Set a Region, and credentials that belong to nobody unless those of the environment are to be kept."""
        self._entered.append(self)
        self._set("AWS_DEFAULT_REGION", region)
        if "AWS_REGION" in os.environ:
            self._set("AWS_REGION", region)
        if keep_credentials:
            return
        self._set("AWS_ACCESS_KEY_ID", PLACEHOLDER_KEY)
        self._set("AWS_SECRET_ACCESS_KEY", PLACEHOLDER_KEY)
        self._set("AWS_EC2_METADATA_DISABLED", "true")
        for name in _AWS_HANDS_OFF:
            self._set(name, None)

    def leave(self) -> None:
        """Put every variable back: an empty one stays empty, an absent one absent."""
        above = self._entered[self._entered.index(self) + 1 :]
        self._entered.remove(self)
        before, self._before = self._before, {}
        for name, value in before.items():
            upon = next((environment for environment in above if name in environment._before), None)
            if upon is None:
                _put(name, value)
            else:
                upon._before[name] = value

    def _set(self, name: str, value: str | None) -> None:
        self._before[name] = os.environ.get(name)
        _put(name, value)


def _put(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
