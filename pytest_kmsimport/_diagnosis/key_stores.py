"""Why a custom key store does not do what is asked of it, and how the test can have it do so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..engine.errors import KmsError
from ..engine.key_stores import ConnectionState, KeyStore
from ..engine.region import Region


def explain_state(region: Region, members: Mapping[str, Any], error: KmsError) -> str:  # noqa: ARG001  as all
    """Say why it is in its connection state, and what leads to another one; or that the test has it fail."""
    store = region.key_stores.get(members.get("CustomKeyStoreId", ""))
    return "" if store is None else of_store(store)


def of_store(store: KeyStore) -> str:
    """Say why nothing can be made or used in a custom key store; empty where its other side does as it should."""
    if store.state is not ConnectionState.CONNECTED:
        return f"The custom key store {store.name} ({store.id}) is {store.state.value}. {_CURES[store.state](store)}"
    if store.failure is not None:
        return (
            f"The test has the custom key store {store.name} fail with {store.failure}:"
            f" mock.custom_key_store({store.name!r}).recover() ends that."
        )
    return ""


def of_use(store: KeyStore, xks_key_id: str | None) -> str:
    """Say why a KMS key in a custom key store cannot encrypt or decrypt; empty where that is not known."""
    if xks_key_id is None or store.failure is not None:
        return of_store(store)
    if xks_key_id in store.external_keys:
        return _of_external_key(xks_key_id)
    return "The ciphertext, or the encryption context, is not the one that it was encrypted with."


def _of_external_key(xks_key_id: str) -> str:
    return (
        f"The test has said so of the external key {xks_key_id}: set_external_key({xks_key_id!r}) of"
        " mock.custom_key_store(...) has it be as AWS KMS wants it."
    )


def explain_external_key(region: Region, members: Mapping[str, Any], error: KmsError) -> str:  # noqa: ARG001  as all
    """Say who has said what an external key is like."""
    return _of_external_key(members["XksKeyId"])


def explain_missing(region: Region, members: Mapping[str, Any], error: KmsError) -> str:  # noqa: ARG001  as all
    """Say where a custom key store is that is not here, or what was written instead of its ID."""
    store_id, name = members.get("CustomKeyStoreId", ""), members.get("CustomKeyStoreName", "")
    named = region.key_store_named(store_id)
    if named is not None:
        return f"That is the name of a custom key store: its CustomKeyStoreId is {named.id}."
    for other in region.others():
        if other.key_stores.get(store_id) is not None or other.key_store_named(name) is not None:
            return f"It is in account {other.account}, {other.name}; the call came to {region.account}, {region.name}."
    return "No account has it in any Region: it was deleted, or never made. Make it with CreateCustomKeyStore."


def _passing(store: KeyStore) -> str:
    assert store.passing is not None  # that is what makes these states
    return f"That passes at {store.passing.until:%H:%M:%S} of the mock's clock: move it with mock.clock.advance()."


def _failed(store: KeyStore) -> str:
    return (
        f"The test had it fail with {store.error}: mock.custom_key_store({store.name!r}).recover() ends that. Then"
        " disconnect it, and connect it again."
    )


_CURES: Mapping[ConnectionState, Callable[[KeyStore], str]] = {
    ConnectionState.DISCONNECTED: lambda _: "Connect it with ConnectCustomKeyStore.",
    ConnectionState.CONNECTING: _passing,
    ConnectionState.DISCONNECTING: _passing,
    ConnectionState.FAILED: _failed,
}
