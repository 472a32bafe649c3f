"""KMS keys that AWS Resource Access Manager shares with other accounts, as far as AWS's model of KMS tells of them.

https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html
"""

from __future__ import annotations

from typing import NamedTuple


class Share(NamedTuple):
    """What RAM has made of a KMS key: the accounts that it is shared with, and the key policy AWS_RAM (JSON)."""

    accounts: tuple[str, ...]
    policy: str
