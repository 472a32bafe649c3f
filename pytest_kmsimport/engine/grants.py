"""Grants on KMS keys, and the grant tokens that name them.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from .arns import kms_arn
from .errors import InvalidGrantIdException, InvalidGrantTokenException

_GRANT_ID = re.compile(r"[0-9a-f]{64}")
_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Permission:
    """What a grant permits to whom, in the members of CreateGrant; two that are equal are the same grant."""

    operations: tuple[str, ...]
    grantee: str | None = None
    grantee_service: str | None = None
    retiring: str | None = None
    retiring_service: str | None = None
    constraints: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class GrantName:
    """Which grant, on which KMS key of which account in which Region: what a grant token says."""

    region: str
    account: str
    key_id: str
    grant_id: str

    @property
    def key_arn(self) -> str:
        """The key ARN of the KMS key that it is on."""
        return kms_arn(self.region, self.account, f"key/{self.key_id}")

    def token(self, salt: bytes) -> str:
        """A grant token, another one for every salt."""
        text = _SEPARATOR.join([self.region, self.account, self.key_id, self.grant_id, salt.hex()])
        return urlsafe_b64encode(f"{text}{_SEPARATOR}{_digest(text)}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant on a KMS key; ``issuer`` is the account that made it."""

    name: GrantName
    serial: int
    permission: Permission
    issuer: str
    created: datetime

    @property
    def id(self) -> str:
        """The grant ID, 64 hexadecimal digits."""
        return self.name.grant_id

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups it is listed in: its KMS key, that and its grantee, that and its name, and who may retire it."""
        key_id, permission = self.name.key_id, self.permission
        under_key = [key_id, group(key_id, grantee=permission.grantee), group(key_id, name=permission.name)]
        return (*dict.fromkeys(under_key), *([permission.retiring] if permission.retiring is not None else []))


def group(key_id: str, *, grantee: str | None = None, name: str | None = None) -> str:
    """What the grants on a KMS key are listed under: all of them, or those for a grantee, or those with a name."""
    if grantee is not None:
        return f"{key_id} for {grantee}"
    return key_id if name is None else f"{key_id} named {name}"


def read_token(token: str) -> GrantName:
    """What a grant token says; raises InvalidGrantTokenException for one that nobody has issued."""
    try:
        text, _, digest = urlsafe_b64decode(token).decode().rpartition(_SEPARATOR)
        region, account, key_id, grant_id, _ = text.split(_SEPARATOR)
    except ValueError as error:
        raise InvalidGrantTokenException from error
    if digest != _digest(text):
        raise InvalidGrantTokenException
    return GrantName(region, account, key_id, grant_id)


def check_grant_id(grant_id: str) -> None:
    """Refuse what cannot be the ID of a grant."""
    if not _GRANT_ID.fullmatch(grant_id):
        raise InvalidGrantIdException


def _digest(text: str) -> str:
    return sha256(b"grant token\0" + text.encode()).hexdigest()[:32]
