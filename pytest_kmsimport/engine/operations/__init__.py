"""The operations of AWS KMS: functions in a table, each named as its operation is."""

from __future__ import annotations

from . import (
    aliases,
    custom_key_stores,
    data_keys,
    encrypting,
    grants,
    importing,
    key_agreement,
    key_encapsulation,
    last_use,
    lifecycle,
    macs,
    policies,
    replication,
    rotation,
    signing,
    tags,
)
from .registry import OPERATIONS

__all__ = [
    "OPERATIONS",
    "aliases",
    "custom_key_stores",
    "data_keys",
    "encrypting",
    "grants",
    "importing",
    "key_agreement",
    "key_encapsulation",
    "last_use",
    "lifecycle",
    "macs",
    "policies",
    "replication",
    "rotation",
    "signing",
    "tags",
]
