"""Aliases: CreateAlias, UpdateAlias, DeleteAlias and ListAliases.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .. import messages
from ..aliases import PREFIX, Alias, check_alias_name
from ..arns import kms_arn
from ..call import Response
from ..errors import (
    AlreadyExistsException,
    InvalidAliasNameException,
    LimitExceededException,
    NotFoundException,
    ValidationException,
)
from ..keys import Key
from ..pages import page
from ..region import Region
from .permissions import in_account, on_alias, on_key, on_target_of_alias
from .registry import Operation, operation


@operation(
    keys=("TargetKeyId",),
    needs=(on_alias("CreateAlias"), on_key("CreateAlias", "TargetKeyId")),
    repeated="AlreadyExistsException",
)
def create_alias(region: Region, this: Operation, *, alias_name: str, target_key_id: str) -> Response:
    """Give a KMS key a name."""
    check_alias_name(alias_name)
    if alias_name == PREFIX:
        raise InvalidAliasNameException
    key = _target(region, this, target_key_id)
    if region.aliases.get(alias_name) is not None:
        raise AlreadyExistsException(messages.ALIAS_EXISTS.format(arn=_arn(region, alias_name)))
    _check_quota(region, key)
    now = region.now
    region.aliases.add(Alias(alias_name, key.id, region.next_serial(), created=now, updated=now))
    return {}


@operation(
    keys=("TargetKeyId",),
    needs=(on_alias("UpdateAlias"), on_target_of_alias("UpdateAlias"), on_key("UpdateAlias", "TargetKeyId")),
)
def update_alias(region: Region, this: Operation, *, alias_name: str, target_key_id: str) -> Response:
    """Let a name stand for another KMS key of the same kind."""
    alias = _existing(region, alias_name)
    key = _target(region, this, target_key_id)
    _check_same_kind(region, alias, key)
    if key.id != alias.key_id:
        _check_quota(region, key)
    region.aliases.remove(alias.name)
    region.aliases.add(replace(alias, key_id=key.id, updated=region.now))
    return {}


@operation(keys=(), needs=(on_alias("DeleteAlias"), on_target_of_alias("DeleteAlias")), repeated="NotFoundException")
def delete_alias(region: Region, *, alias_name: str) -> Response:
    """Take a name away; the KMS key stays."""
    region.aliases.remove(_existing(region, alias_name).name)
    return {}


@operation(needs=(in_account("ListAliases"),))
def list_aliases(
    region: Region, this: Operation, *, key_id: str | None = None, limit: int = 50, marker: str | None = None
) -> Response:
    """List the names of one KMS key, or all; of AWS's own (``alias/aws/...``) those that have a KMS key."""
    key = None if key_id is None else this.resolve_key(region, key_id)
    return page(
        region.aliases.by_age() if key is None else region.aliases.by_age(key.id),
        listing=f"ListAliases:{region.account}:{region.name}:{key.id if key else ''}",
        position=lambda alias: alias.serial,
        limit=min(limit, 100),
        marker=marker,
        member="Aliases",
        entries=lambda shown: [_entry(region, alias) for alias in shown],
    )


def _entry(region: Region, alias: Alias) -> dict[str, Any]:
    return {
        "AliasName": alias.name,
        "AliasArn": _arn(region, alias.name),
        "TargetKeyId": alias.key_id,
        "CreationDate": alias.created,
        "LastUpdatedDate": alias.updated,
    }


def _existing(region: Region, name: str) -> Alias:
    check_alias_name(name)
    alias = region.aliases.get(name)
    if alias is None:
        raise NotFoundException(messages.ALIAS_NOT_FOUND.format(arn=_arn(region, name)))
    key = _key_of(region, alias)
    region.touch(key, key.state)
    return alias


def _key_of(region: Region, alias: Alias) -> Key:
    key = region.key(alias.key_id)
    assert key is not None  # a KMS key that goes takes its aliases with it
    return key


def _target(region: Region, this: Operation, identifier: str) -> Key:
    """The KMS key that an alias is to stand for; these operations model no InvalidArnException."""
    if identifier.startswith(PREFIX) or f":{PREFIX}" in identifier:
        raise ValidationException(messages.ALIAS_OF_ALIAS)
    return this.resolve_key(region, identifier)


def _check_quota(region: Region, key: Key) -> None:
    if len(region.aliases.by_age(key.id)) >= region.quotas.aliases_per_key:
        raise LimitExceededException(messages.TOO_MANY_ALIASES.format(arn=key.arn))


def _check_same_kind(region: Region, alias: Alias, key: Key) -> None:
    """Refuse to move an alias to a KMS key that code which uses the alias could not work with."""
    current = _key_of(region, alias)
    if current.usage != key.usage:
        text = messages.ALIAS_USAGE.format(alias=alias.name, current=current.usage, following=key.usage)
        raise ValidationException(text)
    if current.spec.is_asymmetric != key.spec.is_asymmetric:
        text = messages.ALIAS_KIND.format(alias=alias.name, current=current.spec.name, following=key.spec.name)
        raise ValidationException(text)


def _arn(region: Region, name: str) -> str:
    return kms_arn(region.name, region.account, name)
