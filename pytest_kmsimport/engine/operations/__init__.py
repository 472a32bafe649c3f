"""The operations of AWS KMS: functions in a table, each named as its operation is."""

from __future__ import annotations

from . import importing, lifecycle, using
from .registry import OPERATIONS

__all__ = ["OPERATIONS", "importing", "lifecycle", "using"]
