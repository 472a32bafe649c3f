"""What every call about a KMS key passes through: its state, its use, the grant tokens; and how a use ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import key_store_messages, messages
from ..authorization.access import can_change_policy
from ..errors import (
    CustomKeyStoreInvalidStateException,
    DryRunOperationException,
    InvalidKeyUsageException,
    MalformedPolicyDocumentException,
)
from ..key_stores import KeyStore
from ..keys import Key
from ..policies import check_policy
from ..region import Region
from ..states import KeyState, Refusal
from ..uses import LastUse


def check_state(key: Key, state: KeyState, refusals: Mapping[tuple[KeyState, str], Refusal]) -> None:
    """Refuse an operation where AWS's table does so for the state that the KMS key is in."""
    refusal = refusals.get((state, key.origin))
    if refusal is not None:
        raise refusal.error(refusal.message.format(arn=key.arn, origin=key.origin))


def check_connected(store: KeyStore, operation: str) -> None:
    """Refuse what a custom key store can do only while it is connected, and its other side answers."""
    if not store.is_connected:
        text = key_store_messages.STORE_STATE.format(id=store.id, state=store.state.value, operation=operation)
        raise CustomKeyStoreInvalidStateException(text)
    store.check_answers()


def check_grant_tokens(region: Region, tokens: Sequence[str]) -> None:
    """Refuse grant tokens of grants that do not exist (any more)."""
    for token in tokens:
        region.grant_of(token)


def check_use(key: Key, operation: str, usage: str, algorithm: str | None) -> None:
    """Refuse a KMS key that was made for another use, or whose spec does not have the algorithm."""
    if key.usage != usage:
        text = messages.WRONG_USAGE.format(arn=key.arn, usage=key.usage, operation=operation)
        raise InvalidKeyUsageException(text)
    if algorithm is not None and algorithm not in key.algorithms:
        raise InvalidKeyUsageException(messages.WRONG_ALGORITHM.format(algorithm=algorithm, spec=key.spec.name))


def check_new_policy(region: Region, key: Key, policy: str, *, bypass_lockout_check: bool) -> None:
    """Refuse a key policy that AWS would not take, or that would not let the caller put another one in its place."""
    check_policy(policy, region.quotas)
    if not bypass_lockout_check and not can_change_policy(region, key, policy):
        raise MalformedPolicyDocumentException(messages.POLICY_LOCKOUT)


def conclude(region: Region, key: Key, operation: str, *, dry_run: bool) -> None:
    """End a use of a KMS key: a dry run stops here, any other is remembered as the key's last."""
    stop_if_dry(dry_run=dry_run)
    key.last_use = LastUse(operation, region.now, region.request_id)


def stop_if_dry(*, dry_run: bool) -> None:
    """Answer a dry run that got this far: everything was checked, and nothing is given away."""
    if dry_run:
        raise DryRunOperationException(messages.DRY_RUN)
