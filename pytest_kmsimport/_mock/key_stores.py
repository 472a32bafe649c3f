"""``mock.custom_key_store(...)``: what is behind a custom key store, which no HSM and no proxy here is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

from .._wire.model import did_you_mean
from ..engine.engine import Engine, Seen
from ..engine.key_stores import FAILURES, ExternalKey, KeyStore
from .core import MockCore

__tracebackhide__ = True


class CustomKeyStore:
    """The other side of a custom key store, for a test to say what it answers; it does as it should until then.

    ``id`` is its CustomKeyStoreId. Nothing here is a call: a store that is to fail is connected, or used, by a client.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-store-overview.html
    """

    def __init__(self, engine: Engine, store_id: str, region: str, account: str) -> None:
        self.id = store_id
        self.region = region
        self.account = account
        self._engine = engine

    def __repr__(self) -> str:
        return f"<CustomKeyStore {self.id} in {self.region}>"

    @property
    def name(self) -> str:
        """Its CustomKeyStoreName."""
        return self._do(lambda store: store.name)

    @property
    def type(self) -> str:
        """Its CustomKeyStoreType: AWS_CLOUDHSM or EXTERNAL_KEY_STORE."""
        return self._do(lambda store: store.kind)

    @property
    def connection_state(self) -> str:
        """Its ConnectionState, by the mock's clock."""
        return self._do(lambda store: store.state.value)

    @property
    def connection_error_code(self) -> str | None:
        """The ConnectionErrorCode with which connecting has failed; None unless its ConnectionState is FAILED."""
        return self._do(lambda store: store.error)

    def fail(self, connection_error_code: str) -> None:
        """Fail from now on, as the ConnectionErrorCode says, such as ``XKS_PROXY_TIMED_OUT``.

        Connecting ends in FAILED, with that code. While the custom key store is connected it stays so, as at AWS:
        cryptographic operations get KMSInvalidStateException, and CreateKey CustomKeyStoreInvalidStateException, with
        AWS's text for what has happened.

        Raises ValueError for a code that custom key stores of this type do not fail with.
        """
        codes = FAILURES[self.type]
        if connection_error_code not in codes:
            meant = did_you_mean(connection_error_code, codes)
            known = f"Write one of {', '.join(sorted(codes))}."
            raise ValueError(f"A custom key store of type {self.type} has no {connection_error_code!r}.{meant} {known}")
        self._do(lambda store: setattr(store, "failure", connection_error_code))

    def recover(self) -> None:
        """Fail no more; a connection that is FAILED is still to be disconnected first, as at AWS."""
        self._do(lambda store: setattr(store, "failure", None))

    def connecting_takes(self, *, minutes: float = 0, seconds: float = 0) -> None:
        """Let connecting take so long by the mock's clock, instead of the option ``background_seconds``.

        A CloudHSM key store takes up to 20 minutes at AWS, an external one about five. Raises ValueError for less than
        no time.
        """
        takes = timedelta(minutes=minutes, seconds=seconds)
        if takes < timedelta(0):
            raise ValueError(f"Connecting takes no time or some, not {takes}.")
        self._do(lambda store: setattr(store, "connecting_takes", takes))

    def set_external_key(
        self,
        xks_key_id: str,
        *,
        status: str = "ENABLED",
        key_spec: str = "AES_256",
        key_usage: Collection[str] = ("ENCRYPT", "DECRYPT"),
    ) -> None:
        """Have the external key manager say this of an external key; unless told, every one is there and as it should.

        The words are those of AWS's external key store proxy API: ``status="DISABLED"``. CreateKey and cryptographic
        operations are refused as AWS refuses them.

        Raises ValueError for a CloudHSM key store, which has no external keys; TypeError for what is no list of uses.
        """
        if isinstance(key_usage, str):
            raise TypeError(f"key_usage is {key_usage!r}; write a list, such as [{key_usage!r}].")
        self._set(xks_key_id, ExternalKey(status=status, key_spec=key_spec, key_usage=tuple(key_usage)))

    def lose_external_key(self, xks_key_id: str) -> None:
        """Have no such external key (any more); ``set_external_key`` brings it back.

        Raises ValueError for a CloudHSM key store, which has no external keys.
        """
        self._set(xks_key_id, ExternalKey(exists=False))

    def _set(self, xks_key_id: str, key: ExternalKey) -> None:
        if not self._do(lambda store: store.is_external):
            raise ValueError(f"{self.id} is a CloudHSM key store: external keys are behind external key stores alone.")
        self._do(lambda store: store.external_keys.update({xks_key_id: key}))

    def _do(self, do: Callable[[KeyStore], Seen]) -> Seen:
        found = self._engine.at_key_store(self.id, self.region, self.account, lambda store: (do(store),))
        if found is None:
            raise LookupError(f"There is no custom key store {self.id} any more.")
        return found[0]


class HasKeyStores(MockCore):
    """The part of a mock that is about custom key stores."""

    def custom_key_store(
        self, name_or_id: str, *, region_name: str | None = None, account: str | None = None
    ) -> CustomKeyStore:
        """What is behind a custom key store that a client has made, by its name or CustomKeyStoreId.

        There a test says how connecting fails, how long it takes, and what the external key manager answers. The
        journal stays as it is.

        Raises LookupError where there is no such custom key store.
        """
        region_name, account = region_name or self.region, account or self.account
        store_id = self._engine.at_key_store(name_or_id, region_name, account, lambda store: store.id)
        if store_id is None:
            text = f"There is no custom key store {name_or_id!r} in {region_name} of account {account}"
            raise LookupError(f"{text}; make it with CreateCustomKeyStore, or name another region_name= or account=.")
        return CustomKeyStore(self._engine, store_id, region_name, account)
