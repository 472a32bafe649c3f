"""Custom key stores: whether they are connected, and what answers behind them, which is the test's to say.

https://docs.aws.amazon.com/kms/latest/developerguide/key-store-overview.html
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from . import key_store_messages as messages
from .errors import (
    CustomKeyStoreInvalidStateException,
    KMSInvalidStateException,
    XksKeyInvalidConfigurationException,
    XksKeyNotFoundException,
)

CLOUDHSM, EXTERNAL_STORE = "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"
VPC_ENDPOINT_SERVICE = "VPC_ENDPOINT_SERVICE"
ENCRYPT, DECRYPT = "ENCRYPT", "DECRYPT"
_ENABLED, _AES_256 = "ENABLED", "AES_256"

#: ConnectionErrorCode -> what AWS says of it where that is not a connection's, for each type of custom key store.
FAILURES: dict[str, dict[str, str]] = {
    CLOUDHSM: {
        **dict.fromkeys(
            (
                *("CLUSTER_NOT_FOUND", "INSUFFICIENT_CLOUDHSM_HSMS", "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET"),
                *("INTERNAL_ERROR", "INVALID_CREDENTIALS", "NETWORK_ERRORS", "SUBNET_NOT_FOUND", "USER_LOGGED_IN"),
                "USER_NOT_FOUND",
            ),
            messages.CLUSTER_UNREACHABLE,
        ),
        "USER_LOCKED_OUT": messages.CLUSTER_LOCKED_OUT,
    },
    EXTERNAL_STORE: {
        "INTERNAL_ERROR": messages.PROXY_UNHEALTHY,
        "INVALID_CREDENTIALS": messages.PROXY_CREDENTIALS,
        "NETWORK_ERRORS": messages.PROXY_NETWORK,
        "XKS_PROXY_ACCESS_DENIED": messages.PROXY_DENIED,
        "XKS_PROXY_INVALID_CONFIGURATION": messages.PROXY_PATH,
        "XKS_PROXY_INVALID_RESPONSE": messages.PROXY_RESPONSE,
        "XKS_PROXY_INVALID_TLS_CONFIGURATION": messages.PROXY_TLS,
        "XKS_PROXY_NOT_REACHABLE": messages.PROXY_UNREACHABLE,
        "XKS_PROXY_TIMED_OUT": messages.PROXY_TIMED_OUT,
        "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION": messages.PROXY_UNREACHABLE,
        "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND": messages.PROXY_UNREACHABLE,
    },
}


class ConnectionState(str, Enum):
    """The states of the connection to what is behind a custom key store, in AWS's words."""

    CONNECTED = "CONNECTED"
    CONNECTING = "CONNECTING"
    FAILED = "FAILED"
    DISCONNECTED = "DISCONNECTED"
    DISCONNECTING = "DISCONNECTING"


class Passing(NamedTuple):
    """A connection state that passes by itself, and when."""

    state: ConnectionState
    until: datetime


@dataclass(frozen=True, slots=True)
class Proxy:
    """How AWS KMS reaches an external key store proxy; the secret of the credential is kept by nobody here."""

    connectivity: str
    access_key_id: str = field(repr=False)
    uri_endpoint: str
    uri_path: str
    vpc_service: str | None = None
    vpc_owner: str | None = None


class ExternalKey(NamedTuple):
    """A key of an external key manager, in the words of the proxy's API."""

    exists: bool = True
    status: str = _ENABLED
    key_spec: str = _AES_256
    key_usage: tuple[str, ...] = (ENCRYPT, DECRYPT)


@dataclass(slots=True, eq=False)
class KeyStore:
    """A custom key store of an account in one Region.

    ``kind`` is its CustomKeyStoreType: a CloudHSM key store has a cluster and its certificate, an external one a proxy.
    Its connection state follows from what was asked for last (``wanted``), the state that is passing, and the error
    with which the last attempt to connect has ended. The rest is what the test says of its other side: the
    ConnectionErrorCode that it fails with, how long connecting takes, and the external keys that are not as AWS KMS
    wants them, by their IDs.
    """

    id: str
    serial: int
    name: str
    kind: str
    created: datetime
    cluster_id: str | None = None
    trust_anchor: str | None = None
    proxy: Proxy | None = None
    wanted: bool = False
    passing: Passing | None = None
    error: str | None = None
    failure: str | None = None
    connecting_takes: timedelta | None = None
    external_keys: dict[str, ExternalKey] = field(default_factory=dict)

    def copy(self) -> KeyStore:
        """A custom key store of its own with the same content."""
        other = copy(self)
        other.external_keys = dict(self.external_keys)
        return other

    @property
    def state(self) -> ConnectionState:
        """Its ConnectionState, as of the last time that it was settled."""
        if self.passing is not None:
            return self.passing.state
        if self.error is not None:
            return ConnectionState.FAILED
        return ConnectionState.CONNECTED if self.wanted else ConnectionState.DISCONNECTED

    @property
    def is_external(self) -> bool:
        """Whether it is an external key store."""
        return self.kind == EXTERNAL_STORE

    @property
    def is_connected(self) -> bool:
        """Whether its KMS keys can be made and used."""
        return self.state is ConnectionState.CONNECTED

    def settle(self, now: datetime) -> None:
        """Let time take effect on its connection."""
        if self.passing is not None and now >= self.passing.until:
            self.passing = None
            self.error = self.failure if self.wanted else None

    def connect(self, now: datetime, background: timedelta) -> None:
        """Begin to connect; ``background`` is how long AWS takes unless the test says otherwise."""
        takes = background if self.connecting_takes is None else self.connecting_takes
        self._begin(ConnectionState.CONNECTING, now, takes)

    def disconnect(self, now: datetime, background: timedelta) -> None:
        """Begin to disconnect, also after a failure."""
        self._begin(ConnectionState.DISCONNECTING, now, background)

    def _begin(self, state: ConnectionState, now: datetime, takes: timedelta) -> None:
        self.wanted, self.passing = state is ConnectionState.CONNECTING, Passing(state, now + takes)
        self.settle(now)

    # Its other side

    def check_answers(self) -> None:
        """Refuse what is not about a KMS key where the other side fails."""
        if self.failure is not None:
            raise CustomKeyStoreInvalidStateException(FAILURES[self.kind][self.failure])

    def check_new_key(self, xks_key_id: str) -> None:
        """Refuse a KMS key for an external key that is not there or is not as AWS KMS wants it."""
        key = self.external_keys.get(xks_key_id, _AS_IT_SHOULD_BE)
        if not key.exists:
            raise XksKeyNotFoundException(messages.EXTERNAL_KEY_NOT_FOUND)
        if key.key_spec != _AES_256:
            raise XksKeyInvalidConfigurationException(messages.EXTERNAL_KEY_SPEC.format(key_spec=key.key_spec))
        if key.status != _ENABLED:
            raise XksKeyInvalidConfigurationException(messages.EXTERNAL_KEY_STATUS.format(status=key.status))
        if not {ENCRYPT, DECRYPT} <= set(key.key_usage):
            usage = ", ".join(key.key_usage)
            raise XksKeyInvalidConfigurationException(messages.EXTERNAL_KEY_USAGE.format(key_usage=usage))

    def check_use(self, xks_key_id: str | None, use: str) -> None:
        """Refuse to encrypt or to decrypt with a KMS key where the other side does not."""
        if self.failure is not None:
            raise KMSInvalidStateException(FAILURES[self.kind][self.failure])
        key = self.external_keys.get(xks_key_id or "", _AS_IT_SHOULD_BE)
        if not key.exists:
            raise KMSInvalidStateException(messages.EXTERNAL_KEY_NOT_FOUND)
        if key.status != _ENABLED:
            raise KMSInvalidStateException(messages.EXTERNAL_KEY_NOT_ENABLED)
        if key.key_spec != _AES_256 or use not in key.key_usage:
            raise KMSInvalidStateException(messages.EXTERNAL_KEY_USE)


_AS_IT_SHOULD_BE = ExternalKey()
