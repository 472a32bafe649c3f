"""The environment variables that decide where boto looks for credentials and a Region."""

from __future__ import annotations

import os

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
    """Lets clients be built without credentials, Region or configuration, and puts everything back."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}

    def enter(self, region: str, *, keep_credentials: bool) -> None:
        """Set a Region, and credentials that belong to nobody unless those of the environment are to be kept."""
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
        while self._before:
            name, value = self._before.popitem()
            _put(name, value)

    def _set(self, name: str, value: str | None) -> None:
        self._before[name] = os.environ.get(name)
        _put(name, value)


def _put(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
