"""Aliases: names for KMS keys that can be moved from one to another.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from . import messages
from .errors import InvalidAliasNameException, ValidationException

PREFIX = "alias/"
_RESERVED = "alias/aws/"


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias; ``name`` begins with ``alias/``, ``key_id`` is that of the KMS key it stands for."""

    name: str
    key_id: str
    serial: int
    created: datetime
    updated: datetime


def check_alias_name(name: str) -> None:
    """Refuse a name without the prefix, and those that AWS keeps for its own keys."""
    if not name.startswith(PREFIX):
        raise ValidationException(messages.ALIAS_PREFIX)
    if name.startswith(_RESERVED) or name == PREFIX:
        raise InvalidAliasNameException
