"""Grants: CreateGrant, ListGrants, ListRetirableGrants, RetireGrant and RevokeGrant.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import messages
from ..arns import partition_of
from ..call import Response
from ..errors import (
    AccessDeniedException,
    InvalidArnException,
    KmsError,
    LimitExceededException,
    NotFoundException,
    ValidationException,
)
from ..grants import Grant, GrantName, Permission, check_grant_id, group
from ..index import Index
from ..keys import Key
from ..pages import page
from ..principals import is_arn, is_principal, is_role_session
from ..region import Region
from .admission import check_grant_tokens, stop_if_dry
from .permissions import in_account, on_grant
from .registry import OPERATIONS, Operation, Traits, operation

_CONTEXT_CONSTRAINTS = ("EncryptionContextSubset", "EncryptionContextEquals")
_MOST_PAIRS, _LONGEST_VALUE = 8, 384
_SOURCE_ARN = "SourceArn"
_DEFAULT_LIMIT, _LARGEST_PAGE = 50, 100
_SALT = 16  # bytes
_GRANT_ID = 32  # bytes

#: Everything that a grant can permit, in the order in which AWS lists it.
_OPERATIONS = (
    *("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"),
    *("Sign", "Verify", "GetPublicKey", "CreateGrant", "RetireGrant", "DescribeKey"),
    *("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "GenerateMac", "VerifyMac"),
    *("DeriveSharedSecret", "Encapsulate", "Decapsulate"),
)


@operation(across_accounts=True, grants={"CreateGrant"})
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
    _check_constraints(constraints or {})
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
    grants = region.in_account(key.account).grants
    grant = None
    if name is not None:
        named = grants.by_age(group(key.id, name=name))
        grant = next((grant for grant in named if grant.permission == permission), None)
    if grant is None and len(grants.by_age(group(key.id))) >= region.quotas.grants_per_key:
        raise LimitExceededException(messages.TOO_MANY_GRANTS.format(arn=key.arn))
    stop_if_dry(dry_run=dry_run)
    if grant is None:
        grant_id = region.world.random_bytes(_GRANT_ID).hex()
        name_of_grant = GrantName(key.region, key.account, key.id, grant_id)
        created = region.now.replace(microsecond=0)  # AWS tells whole seconds, of grants alone
        grant = Grant(name_of_grant, region.next_serial(), permission, region.account, created)
        grants.add(grant)
    return {"GrantToken": grant.name.token(region.world.random_bytes(_SALT)), "GrantId": grant.id}


def _check_constraints(constraints: Mapping[str, Any]) -> None:
    """Refuse constraints on a context beyond what AWS takes: one of them, and how many pairs it may have."""
    contexts = [constraints[kind] for kind in _CONTEXT_CONSTRAINTS if kind in constraints]
    if len(contexts) > 1:
        raise ValidationException(messages.GRANT_CONTEXTS)
    for pairs in contexts:
        if len(pairs) > _MOST_PAIRS:
            raise ValidationException(messages.GRANT_PAIRS.format(limit=_MOST_PAIRS))
        if any(len(value) > _LONGEST_VALUE for value in pairs.values()):
            raise ValidationException(messages.GRANT_VALUE.format(limit=_LONGEST_VALUE))


def _check_principals(permission: Permission) -> None:
    """Refuse principals that are missing, named twice, or no principals."""
    if (permission.grantee is None) == (permission.grantee_service is None):
        raise ValidationException(messages.ONE_GRANTEE)
    if permission.retiring is not None and permission.retiring_service is not None:
        raise ValidationException(messages.ONE_RETIRING)
    for member, principal in (
        ("GranteePrincipal", permission.grantee),
        ("RetiringPrincipal", permission.retiring),
    ):
        _check_principal(principal, InvalidArnException(messages.NO_GRANTEE.format(member=member)))
    if permission.grantee_service is not None:
        if _SOURCE_ARN not in permission.constraints:
            raise ValidationException(messages.SOURCE_ARN_REQUIRED)
        if permission.retiring is None and permission.retiring_service is None:
            raise ValidationException(messages.RETIRING_REQUIRED)


def _check_principal(principal: str | None, otherwise: KmsError) -> None:
    """Refuse what is no principal; ``otherwise`` is AWS's answer to what does not even look like an ARN."""
    if principal is None or is_principal(principal) or is_role_session(principal):
        return
    if not principal.startswith("arn:"):
        raise otherwise
    text = messages.NO_PRINCIPAL if is_arn(principal) else messages.MALFORMED_PRINCIPAL
    raise InvalidArnException(text.format(principal=principal))


def _check_operations(key: Key, permission: Permission) -> None:
    """Refuse operations that the KMS key does not support, and constraints on a context that it has none of."""
    fitting = {
        name for operation in OPERATIONS.values() if _fits(operation.traits, key) for name in operation.traits.grants
    }
    unfit = [name for name in permission.operations if name not in fitting]
    if unfit:
        text = messages.GRANT_OPERATIONS.format(
            unfit=", ".join(unfit),
            kind="an asymmetric" if key.spec.is_asymmetric else "a symmetric",
            usage=key.usage,
            fitting=", ".join(name for name in _OPERATIONS if name in fitting),
        )
        raise ValidationException(text)
    if set(permission.operations) == {"CreateGrant"}:
        raise ValidationException(messages.GRANT_OF_GRANTS)
    if not key.spec.is_symmetric and any(kind in permission.constraints for kind in _CONTEXT_CONSTRAINTS):
        raise ValidationException(messages.GRANT_CONTEXT)


def _fits(traits: Traits, key: Key) -> bool:
    """Whether an operation is for KMS keys of this kind."""
    if traits.usage not in {None, key.usage}:
        return False
    kinds = {"symmetric": key.spec.is_symmetric, "asymmetric": key.spec.is_asymmetric}
    return traits.of is None or kinds[traits.of]


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
    _check_service_filter("GranteeServicePrincipal", grantee_service_principal)
    _check_principal(grantee_principal, InvalidArnException(messages.NO_PRINCIPAL_FILTER))
    grants = _listed(region.in_account(key.account).grants, key, grant_id, grantee_principal)
    return _page(region, grants, f"ListGrants:{key.arn}:{grant_id}:{grantee_principal}", limit, marker)


def _listed(grants: Index[Grant], key: Key, grant_id: str | None, grantee: str | None) -> Sequence[Grant]:
    wanted = group(key.id, grantee=grantee)
    if grant_id is None:
        return grants.by_age(wanted)
    check_grant_id(grant_id)
    grant = grants.get(grant_id)
    return () if grant is None or wanted not in grant.groups else (grant,)


def _check_service_filter(member: str, service_principal: str | None) -> None:
    """Refuse filters that only AWS's own services may use: no caller here is one."""
    if service_principal is not None:
        raise AccessDeniedException(messages.SERVICE_FILTER.format(member=member))


@operation(keys=(), needs=(in_account("ListRetirableGrants"),))
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
    _check_service_filter("RetiringServicePrincipal", retiring_service_principal)
    principal = retiring_principal or ""
    _check_principal(principal, NotFoundException(messages.NO_RETIRING.format(principal=principal)))
    if is_principal(principal) and f"::{region.account}:" not in principal:
        raise AccessDeniedException
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
        entries=lambda shown: [_entry(region, grant) for grant in shown],
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


@operation(across_accounts=True, needs=(on_grant("RetireGrant"),), repeated="NotFoundException", grants={"RetireGrant"})
def retire_grant(
    region: Region,
    this: Operation,
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
        key = region.in_account(grant.name.account).key(grant.name.key_id)
        assert key is not None  # a KMS key that goes takes its grants with it
        region.touch(key, key.state)
    elif key_id is not None and grant_id is not None:
        if not key_id.startswith(("arn:", "alias/")):
            raise NotFoundException(messages.INVALID_ARN.format(part=key_id))
        grant = _grant(region, this.resolve_key(region, key_id), grant_id)
    else:
        raise ValidationException(messages.GRANT_NOT_NAMED)
    return _end(region, grant, dry_run=dry_run)


@operation(across_accounts=True, repeated="NotFoundException")
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
