"""Why a KMS key was not found, or a name was not taken: it is in another Region or account, or means something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import arns, messages
from ..engine.aliases import RESERVED
from ..engine.errors import AccessDeniedException, KmsError
from ..engine.keys import Key
from ..engine.managed import service_behind
from ..engine.principals import is_principal
from ..engine.region import Region
from . import denials

_IDENTIFIERS = ("KeyId", "TargetKeyId", "DestinationKeyId", "SourceKeyId")


def explain_missing(region: Region, members: Mapping[str, Any], error: KmsError) -> str:
    """Say where a KMS key or an alias is that is not here, or what was written instead of its name."""
    alias = members.get("AliasName")
    if alias is not None and region.aliases.get(alias) is None:
        return _where_alias(region, alias)
    for identifier in named(members):
        if (here := region.look_up(identifier)) is None or here.region != region.name:
            return _where(region, identifier)
        if error.message == messages.INVALID_ARN.format(part=identifier):
            return f"This operation takes the key ARN: {here.arn}."
    return ""


def _where(region: Region, identifier: str) -> str:
    if identifier != identifier.strip() and (meant := region.look_up(identifier.strip())) is not None:
        return f"There is white space around the name of {meant.arn}: strip it."
    name = arns.parse(identifier)
    if name.is_alias:
        return _where_alias(region, name.resource)
    if not name.key_id:
        if region.aliases.get(f"alias/{identifier}") is not None:
            return f"There is an alias with this name: write alias/{identifier}."
        return "A key ID is a UUID, or mrk- and 32 hexadecimal digits; an alias begins with alias/."
    for key in region.related_keys(name.key_id):
        return f"{_place(region, key)} Call there, or with the account that owns it."
    return (
        f"No account has a KMS key {name.key_id} in any Region here: it was deleted, or made elsewhere. This mock does"
        " not know KMS keys of moto, another mock or AWS: make them with CreateKey while it is active."
    )


def _place(region: Region, key: Key) -> str:
    where = f"in {key.region}" if key.account == region.account else f"in account {key.account}, {key.region}"
    return f"The KMS key {key.id} is {where}; the call came from account {region.account} to {region.name}."


def _where_alias(region: Region, name: str) -> str:
    for other in () if name.startswith(RESERVED) else region.others():
        alias = other.aliases.get(name)
        if alias is not None:
            return f"{name} exists in account {other.account}, {other.name}; aliases belong to one account and Region."
    if service_behind(name) is not None:
        return f"AWS makes the KMS key of {name} when it is first needed: ask DescribeKey for it, as AWS services do."
    return f"No account has {name} in any Region: create it with CreateAlias, or check how it is spelt."


def explain_arn(region: Region, members: Mapping[str, Any], error: KmsError) -> str:  # noqa: ARG001  as all
    """Say what an alias stands for, where none is taken, and what a principal looks like."""
    for identifier in named(members):
        name = arns.parse(identifier)
        if name.is_alias:
            alias = region.aliases.get(name.resource)
            target = f" It stands for {alias.key_id}." if alias else ""
            return f"This operation takes a key ID or key ARN, and {name.resource} is an alias.{target}"
    for member in ("GranteePrincipal", "RetiringPrincipal"):
        principal = members.get(member)
        if principal is not None and not is_principal(principal):
            return _what_principal(member, principal)
    return ""


def _what_principal(member: str, principal: str) -> str:
    if ":group/" in principal:
        return f"{member} is an IAM group, and groups are no principals: name users or a role."
    if ":assumed-role/" in principal:
        return f"{member} is a session: arn:aws:sts::<account>:assumed-role/<role name>/<session name>, without a path."
    return (
        f"{member} is an ARN such as arn:aws:iam::<account>:role/<name>, of a user, role, session or account (:root)."
    )


def explain_alias_name(region: Region, members: Mapping[str, Any], error: KmsError) -> str:  # noqa: ARG001  as all
    """Say which names an alias can have."""
    if members.get("AliasName", "").startswith(RESERVED):
        return f"{RESERVED} is for the keys that AWS manages: choose another name."
    return "An alias has a name behind alias/."


def explain_access(region: Region, members: Mapping[str, Any], error: KmsError) -> str:
    """Say what the decision rests on, or what AWS hides about a KMS key of another account."""
    if isinstance(error, AccessDeniedException) and error.decision is not None:
        key = region.look_up(error.decision.resource)
        return denials.explain(error.decision, None if key is None else key.service)
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
