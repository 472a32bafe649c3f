"""How a KMS key describes itself: AWS's KeyMetadata.

https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .key_stores import KeyStore
from .keys import Family, Key
from .specs import ALGORITHM_MEMBERS
from .states import KeyState


def metadata(key: Key) -> dict[str, Any]:
    """Everything about a KMS key but its key material; members that do not apply are absent."""
    state = key.state
    members = {
        "AWSAccountId": key.account,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": key.created,
        "Enabled": state is KeyState.ENABLED,
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": state,
        "Origin": key.origin,
        "KeyManager": "CUSTOMER" if key.service is None else "AWS",
        "CustomerMasterKeySpec": key.spec.name,
        "KeySpec": key.spec.name,
        ALGORITHM_MEMBERS[key.usage]: key.algorithms,
        "MultiRegion": key.is_multi_region,
    }
    if key.store is not None:
        members |= _place_in_store(key, key.store)
    if key.deletion_date is not None:
        members["DeletionDate"] = key.deletion_date
    if key.waiting_period is not None:
        members["PendingDeletionWindowInDays"] = key.waiting_period
    if key.family is not None:
        members["MultiRegionConfiguration"] = _configuration(key, key.family)
    can_rotate = key.spec.is_symmetric and key.store is None
    if can_rotate and key.rules.names_materials and state is not KeyState.CREATING and key.current:
        members["CurrentKeyMaterialId"] = key.current.id
    holder = key.primary if state is KeyState.CREATING else key  # a replica key begins with what its primary key says
    if key.is_external and holder.has_material:
        members.update(_expiration(holder))
    return members


def _place_in_store(key: Key, store: KeyStore) -> dict[str, Any]:
    """Where the key material is: in a CloudHSM cluster, or also with an external key manager."""
    where: dict[str, Any] = {"CustomKeyStoreId": store.id}
    if store.is_external:
        return where | {"XksKeyConfiguration": {"Id": key.xks_key_id}}
    return where | {"CloudHsmClusterId": store.cluster_id}


def _configuration(key: Key, family: Family) -> dict[str, Any]:
    """Where the primary key and the replicas are, these by Region; this key is among them."""
    return {
        "MultiRegionKeyType": "REPLICA" if key.is_replica else "PRIMARY",
        "PrimaryKey": _place(family.primary),
        "ReplicaKeys": [_place(replica) for _, replica in sorted(family.replicas.items())],
    }


def _place(key: Key) -> dict[str, str]:
    return {"Arn": key.arn, "Region": key.region}


def _expiration(key: Key) -> Mapping[str, Any]:
    """The members for the earliest expiry among the permanently associated key materials."""
    expiries = [material.valid_to for material in key.permanent if material.valid_to is not None]
    if not expiries:
        return {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    return {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": min(expiries)}
