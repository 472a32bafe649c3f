"""The operations of AWS KMS: functions in a table, each named as its operation is."""

from __future__ import annotations

from . import (
    aliases,
    authenticating,
    data_keys,
    encapsulating,
    encrypting,
    grants,
    importing,
    labelling,
    last_use,
    lifecycle,
    policies,
    replication,
    rotation,
    signing,
)
from .registry import OPERATIONS

__all__ = [
    "OPERATIONS",
    "aliases",
    "authenticating",
    "data_keys",
    "encapsulating",
    "encrypting",
    "grants",
    "importing",
    "labelling",
    "last_use",
    "lifecycle",
    "policies",
    "replication",
    "rotation",
    "signing",
]
