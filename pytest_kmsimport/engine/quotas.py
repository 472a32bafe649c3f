"""AWS's limits on resources, as far as a test can meet them.

https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """How many there may be; what goes beyond gets LimitExceededException.

    ``keys`` and ``custom_key_stores`` count those of an account in one Region. ``on_demand_rotations_per_key`` holds
    for the life of a KMS key, and ``key_policy_bytes`` for one key policy.
    """

    keys: int = 100_000
    custom_key_stores: int = 10
    aliases_per_key: int = 50
    grants_per_key: int = 50_000
    on_demand_rotations_per_key: int = 25
    key_policy_bytes: int = 32_768
