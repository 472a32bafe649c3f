"""Why a KMS key is in a state that does not allow the operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.errors import KmsError
from ..engine.keys import Key
from ..engine.materials import KeyMaterial, LossCause
from ..engine.region import Region
from ..engine.states import KeyState
from . import key_stores


def explain(region: Region, members: Mapping[str, Any], error: KmsError) -> str:  # noqa: ARG001  as all
    """Say of the KMS key that AWS names since when, why, and what ends it."""
    key = region.look_up(error.message.partition(" ")[0])
    if key is None:
        return _of_other_side(region)
    reason = _REASONS.get(key.state)
    return "" if reason is None else reason(key)


def _of_other_side(region: Region) -> str:
    """Where AWS speaks of what is behind a custom key store: what the test has said of that."""
    for key, _ in region.visit.touched:
        if key.store is not None:
            return key_stores.of_use(key.store, key.xks_key_id)
    return ""


def _unavailable(key: Key) -> str:
    assert key.store is not None  # that is what makes this state
    return key_stores.of_store(key.store)


def _pending_import(key: Key) -> str:
    if not key.materials:
        return "PendingImport: no key material was ever imported. Import it with ImportKeyMaterial."
    missing = [material for material in key.permanent if not material.is_imported]
    losses = [f"key material {material.id[:8]}... {_told(material)}" for material in missing]
    return f"PendingImport: {'; '.join(losses)}. Import the same bytes again."


def _told(material: KeyMaterial) -> str:
    if material.loss is None:
        return "was not imported into this key yet"
    how = {LossCause.DELETED: "was deleted", LossCause.EXPIRED: "expired"}[material.loss.cause]
    return f"{how} at {material.loss.time:%Y-%m-%d %H:%M:%S UTC}"


def _disabled(_: Key) -> str:
    return "The KMS key is Disabled, by DisableKey or after a cancelled deletion. Call EnableKey first."


def _pending_deletion(key: Key) -> str:
    return f"The KMS key will be deleted at {key.deletion_date:%Y-%m-%d %H:%M UTC}. Call it off with CancelKeyDeletion."


def _pending_replicas(_: Key) -> str:
    return "The primary key will be deleted after its replica keys. Call it off with CancelKeyDeletion."


def _passing(key: Key) -> str:
    assert key.transition is not None  # that is what makes these states
    until = f"{key.transition.until:%H:%M:%S}"
    return f"{key.transition.state.value} passes at {until} of the mock's clock: move it with mock.clock.advance()."


_REASONS = {
    KeyState.PENDING_IMPORT: _pending_import,
    KeyState.DISABLED: _disabled,
    KeyState.PENDING_DELETION: _pending_deletion,
    KeyState.PENDING_REPLICA_DELETION: _pending_replicas,
    KeyState.UNAVAILABLE: _unavailable,
    KeyState.CREATING: _passing,
    KeyState.UPDATING: _passing,
}
