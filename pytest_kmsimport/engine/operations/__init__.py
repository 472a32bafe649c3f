"""The operations of AWS KMS: functions in a table, each named as its operation is."""

from __future__ import annotations

from . import authenticating, data_keys, encrypting, importing, lifecycle, rotation, signing
from .registry import OPERATIONS

__all__ = ["OPERATIONS", "authenticating", "data_keys", "encrypting", "importing", "lifecycle", "rotation", "signing"]
