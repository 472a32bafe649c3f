"""Names of KMS keys and aliases: key IDs, key ARNs, alias names, alias ARNs.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

#: Region prefixes of the partitions other than ``aws``.
PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}

_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")
_ARN = re.compile(r"arn:(?P<partition>[^:]+):kms:(?P<region>[^:]+):(?P<account>\d{12}):(?P<resource>.+)")


@lru_cache(maxsize=256)
def partition_of(region: str) -> str:
    """The partition that a Region belongs to: ``aws-cn`` for ``cn-north-1``."""
    return next((name for prefix, name in PARTITIONS.items() if region.startswith(prefix)), "aws")


@lru_cache(maxsize=4096)
def kms_arn(region: str, account: str, resource: str) -> str:
    """The ARN of a KMS resource such as ``key/<key ID>`` or ``alias/<name>``."""
    return f"arn:{partition_of(region)}:kms:{region}:{account}:{resource}"


def is_key_id(text: str) -> bool:
    """Whether this has the form of a key ID."""
    return _KEY_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class KeyName:
    """What a request's ``KeyId`` says, taken apart; nothing is known yet about whether it exists.

    ``region``, ``account`` and ``partition`` are None where the name leaves them to the caller.
    """

    resource: str
    partition: str | None = None
    region: str | None = None
    account: str | None = None

    @property
    def is_alias(self) -> bool:
        """Whether this names an alias rather than a KMS key."""
        return self.resource.startswith("alias/")

    @property
    def key_id(self) -> str:
        """The key ID, or an empty string where there is no well-formed one."""
        kind, _, key_id = self.resource.partition("/")
        return key_id if kind == "key" and is_key_id(key_id) else ""


@lru_cache(maxsize=4096)
def parse(identifier: str) -> KeyName:
    """Take a request's ``KeyId`` apart; a text that is no ARN is a key ID or an alias name."""
    if match := _ARN.fullmatch(identifier):
        return KeyName(**match.groupdict())
    if identifier.startswith("alias/"):
        return KeyName(identifier)
    return KeyName(f"key/{identifier}")
