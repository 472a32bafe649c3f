"""Grants: CreateGrant, ListGrants, ListRetirableGrants, RetireGrant and RevokeGrant.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .. import messages
from ..arns import partition_of
from ..errors import (
    AccessDeniedException,
    InvalidArnException,
    LimitExceededException,
    NotFoundException,
    ValidationException,
)
from ..grants import Grant, GrantName, Permission, check_grant_id
from ..keys import Key
from ..pages import page
from ..store import Region
from .registry import OPERATIONS, Response, operation
from .use import check_grant_tokens, stop_if_dry

_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:.+")
_CONTEXT_CONSTRAINTS = ("EncryptionContextSubset", "EncryptionContextEquals")
_SOURCE_ARN = "SourceArn"
_DEFAULT_LIMIT, _LARGEST_PAGE = 50, 100
_SALT = 16  # bytes
_GRANT_ID = 32  # bytes

#: What a grant can permit whatever the KMS key is for.
_FOR_ALL = {"CreateGrant", "RetireGrant", "DescribeKey"}
#: What it can permit besides, by KeyUsage; public keys are there for asymmetric KMS keys only.
_FOR_USAGE: Mapping[str, set[str]] = {
    "ENCRYPT_DECRYPT": {"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"},
    "SIGN_VERIFY": {"Sign", "Verify"},
    "GENERATE_VERIFY_MAC": {"GenerateMac", "VerifyMac"},
    "KEY_AGREEMENT": {"DeriveSharedSecret"},
    "ENCAPSULATE_DECAPSULATE": {"Encapsulate", "Decapsulate"},
}
_DATA_KEYS = {
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
}


@operation(across_accounts=True)
def create_grant(
    region: Region,
    key: Key,
    *,
    operations: Sequence[str],
    grantee_principal: str | None = None,
    retiring_principal: str | None = None,
    constraints: Mapping[str, Any] | None = None,
    grant_tokens: Sequence[str] = (),
    name: str | None = None,
    dry_run: bool = False,
    grantee_service_principal: str | None = None,
    retiring_service_principal: str | None = None,
) -> Response:
    """Permit a principal to use a KMS key; with a Name, a repeated request gives the same grant again."""
    check_grant_tokens(region, grant_tokens)
    permission = Permission(
        operations=tuple(operations),
        grantee=grantee_principal,
        grantee_service=grantee_service_principal,
        retiring=retiring_principal,
        retiring_service=retiring_service_principal,
        constraints={kind: value for kind, value in (constraints or {}).items() if value},
        name=name,
    )
    _check_principals(permission)
    _check_operations(key, permission)
    grants = region.in_account(key.account).grants.by_age(key.id)
    grant = next((g for g in grants if g.permission == permission), None) if name is not None else None
    if grant is None and len(grants) >= region.quotas.grants_per_key:
        raise LimitExceededException(messages.TOO_MANY_GRANTS.format(arn=key.arn))
    stop_if_dry(dry_run=dry_run)
    if grant is None:
        grant_id = region.world.random_bytes(_GRANT_ID).hex()
        now = region.world.now()
        name_of_grant = GrantName(key.region, key.account, key.id, grant_id)
        grant = Grant(name_of_grant, region.next_serial(), permission, region.account, now)
        region.in_account(key.account).grants.add(grant)
    return {"GrantToken": grant.name.token(region.world.random_bytes(_SALT)), "GrantId": grant.id}


def _check_principals(permission: Permission) -> None:
    """Refuse principals that are missing, named twice, or no principals."""
    if (permission.grantee is None) == (permission.grantee_service is None):
        raise ValidationException(messages.ONE_GRANTEE)
    if permission.retiring is not None and permission.retiring_service is not None:
        raise ValidationException(messages.ONE_RETIRING)
    for principal in (permission.grantee, permission.retiring):
        _check_principal(principal)
    if permission.grantee_service is not None:
        if _SOURCE_ARN not in permission.constraints:
            raise ValidationException(messages.SOURCE_ARN_REQUIRED)
        if permission.retiring is None and permission.retiring_service is None:
            raise ValidationException(messages.RETIRING_REQUIRED)


def _check_principal(principal: str | None) -> None:
    if principal is not None and not _PRINCIPAL.fullmatch(principal):
        raise InvalidArnException(messages.NO_PRINCIPAL.format(principal=principal))


def _check_operations(key: Key, permission: Permission) -> None:
    """Refuse operations that the KMS key does not support, and constraints on a context that it has none of."""
    fitting = _FOR_ALL | _FOR_USAGE[key.usage]
    if key.spec.is_symmetric:
        fitting |= _DATA_KEYS
    if key.spec.is_asymmetric:
        fitting |= {"GetPublicKey"}
    unfit = [name for name in permission.operations if name not in fitting]
    if unfit:
        raise ValidationException(messages.GRANT_OPERATION.format(operation=unfit[0], arn=key.arn))
    if not key.spec.is_symmetric and any(kind in permission.constraints for kind in _CONTEXT_CONSTRAINTS):
        raise ValidationException(messages.GRANT_CONTEXT)


@operation(across_accounts=True)
def list_grants(
    region: Region,
    key: Key,
    *,
    limit: int = _DEFAULT_LIMIT,
    marker: str | None = None,
    grant_id: str | None = None,
    grantee_principal: str | None = None,
    grantee_service_principal: str | None = None,
) -> Response:
    """List the grants on a KMS key, or those that go by an ID or to a grantee."""
    if grantee_principal is not None and grantee_service_principal is not None:
        raise ValidationException(messages.ONE_GRANTEE_FILTER)
    if grant_id is not None:
        check_grant_id(grant_id)
    wanted = (grant_id, grantee_principal, grantee_service_principal)
    grants = [
        grant
        for grant in region.in_account(key.account).grants.by_age(key.id)
        if all(
            value in {None, actual}
            for value, actual in zip(
                wanted, (grant.id, grant.permission.grantee, grant.permission.grantee_service), strict=True
            )
        )
    ]
    return _page(region, grants, f"ListGrants:{key.arn}:{wanted}", limit, marker)


@operation()
def list_retirable_grants(
    region: Region,
    *,
    retiring_principal: str | None = None,
    limit: int = _DEFAULT_LIMIT,
    marker: str | None = None,
    retiring_service_principal: str | None = None,
) -> Response:
    """List the grants of the Region that a principal may retire, also those on KMS keys of other accounts."""
    if (retiring_principal is None) == (retiring_service_principal is None):
        raise ValidationException(messages.ONE_RETIRING_FILTER)
    _check_principal(retiring_principal)
    if retiring_principal is not None and f"::{region.account}:" not in retiring_principal:
        raise AccessDeniedException
    principal = retiring_principal or retiring_service_principal or ""
    grants = region.retirable_grants(principal)
    return _page(region, grants, f"ListRetirableGrants:{region.name}:{principal}", limit, marker)


def _page(region: Region, grants: Sequence[Grant], listing: str, limit: int, marker: str | None) -> Response:
    return page(
        grants,
        listing=listing,
        position=lambda grant: grant.serial,
        limit=min(limit, _LARGEST_PAGE),
        marker=marker,
        member="Grants",
        entry=lambda grant: _entry(region, grant),
    )


def _entry(region: Region, grant: Grant) -> dict[str, Any]:
    """One entry of a list; members that do not apply are absent."""
    permission = grant.permission
    entry = {
        "KeyId": grant.name.key_arn,
        "GrantId": grant.id,
        "Name": permission.name,
        "CreationDate": grant.created,
        "GranteePrincipal": permission.grantee,
        "RetiringPrincipal": permission.retiring,
        "IssuingAccount": f"arn:{partition_of(region.name)}:iam::{grant.issuer}:root",
        "Operations": permission.operations,
        "Constraints": permission.constraints or None,
        "GranteeServicePrincipal": permission.grantee_service,
        "RetiringServicePrincipal": permission.retiring_service,
    }
    return {member: value for member, value in entry.items() if value is not None}


@operation(across_accounts=True)
def retire_grant(
    region: Region,
    *,
    grant_token: str | None = None,
    key_id: str | None = None,
    grant_id: str | None = None,
    dry_run: bool = False,
) -> Response:
    """End a grant that is named by a grant token, or by its ID and its KMS key."""
    if grant_token is not None:
        if key_id is not None or grant_id is not None:
            raise ValidationException(messages.GRANT_NAMED_TWICE)
        grant = region.grant_of(grant_token)
    elif key_id is not None and grant_id is not None:
        grant = _grant(region, OPERATIONS["RetireGrant"].admit(region, key_id), grant_id)
    else:
        raise ValidationException(messages.GRANT_NOT_NAMED)
    return _end(region, grant, dry_run=dry_run)


@operation(across_accounts=True)
def revoke_grant(region: Region, key: Key, *, grant_id: str, dry_run: bool = False) -> Response:
    """End a grant by its ID."""
    return _end(region, _grant(region, key, grant_id), dry_run=dry_run)


def _grant(region: Region, key: Key, grant_id: str) -> Grant:
    check_grant_id(grant_id)
    grant = region.in_account(key.account).grants.get(grant_id)
    if grant is None or grant.name.key_id != key.id:
        raise NotFoundException(messages.GRANT_NOT_FOUND.format(id=grant_id))
    return grant


def _end(region: Region, grant: Grant, *, dry_run: bool) -> Response:
    stop_if_dry(dry_run=dry_run)
    region.in_account(grant.name.account).grants.remove(grant.id)
    return {}
