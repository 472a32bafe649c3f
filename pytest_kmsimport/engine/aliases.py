"""Aliases: names for KMS keys that can be moved from one to another.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from . import messages
from .errors import NotAuthorizedException, ValidationException

PREFIX = "alias/"
#: What the aliases of the keys that AWS manages begin with.
RESERVED = "alias/aws/"


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias; ``name`` begins with ``alias/``, ``key_id`` is that of the KMS key it stands for."""

    name: str
    key_id: str
    serial: int
    created: datetime
    updated: datetime


def check_alias_name(name: str) -> None:
    """Refuse a name without the prefix, those that AWS keeps for its own keys, and a colon, which the model allows."""
    if not name.startswith(PREFIX):
        raise ValidationException(messages.ALIAS_PREFIX)
    if name.startswith(RESERVED):
        raise NotAuthorizedException
    if ":" in name:
        raise ValidationException(messages.ALIAS_CHARACTERS.format(alias=name))
