"""Why a KMS key was not found: it is in another Region or account, or an alias was not taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import arns
from ..errors import KmsError
from ..keys import Key
from ..store import Region

_IDENTIFIERS = ("KeyId", "TargetKeyId", "DestinationKeyId", "SourceKeyId")


def explain_missing(region: Region, members: Mapping[str, Any], error: KmsError) -> str:  # noqa: ARG001  as all
    """Say where a KMS key or an alias is that is not here."""
    for identifier in named(members):
        name = arns.parse(identifier)
        if name.is_alias:
            return _where_alias(region, name.resource)
        for key in region.everywhere(name.key_id):
            return f"{_place(region, key)} Call there, or with the account that owns it."
    return ""


def _place(region: Region, key: Key) -> str:
    where = f"in {key.region}" if key.account == region.account else f"in account {key.account}, {key.region}"
    return f"The KMS key {key.id} is {where}; the call came from account {region.account} to {region.name}."


def _where_alias(region: Region, name: str) -> str:
    for other in region.others():
        alias = other.aliases.get(name)
        if alias is not None:
            return f"{name} exists in account {other.account}, {other.name}; aliases belong to one account and Region."
    return f"No account has {name} in any Region: create it with CreateAlias, or check how it is spelt."


def explain_alias(region: Region, members: Mapping[str, Any], error: KmsError) -> str:  # noqa: ARG001  as all
    """Say what an alias stands for, where none is taken."""
    for identifier in named(members):
        name = arns.parse(identifier)
        if name.is_alias:
            alias = region.aliases.get(name.resource)
            target = f" It stands for {alias.key_id}." if alias else ""
            return f"This operation takes a key ID or key ARN, and {name.resource} is an alias.{target}"
    return ""


def explain_access(region: Region, members: Mapping[str, Any], error: KmsError) -> str:  # noqa: ARG001  as all
    """Say what AWS hides about a KMS key of another account."""
    for identifier in named(members):
        name = arns.parse(identifier)
        if name.account not in {None, region.account}:
            there = region.in_account(name.account or "").keys.get(name.key_id)
            if there is None:
                return f"Account {name.account} has no such KMS key in {region.name}; AWS does not tell others."
            return "The KMS key exists, but AWS does not allow this operation across accounts: call as its owner."
    return ""


def named(members: Mapping[str, Any]) -> list[str]:
    """The names of KMS keys that a request has."""
    return [members[member] for member in _IDENTIFIERS if isinstance(members.get(member), str)]
