"""Grants as a source of permission: which of them let somebody do something with a KMS key, and how far.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from ..errors import InvalidGrantTokenException
from ..grants import Grant, read_token
from .condition_keys import encryption_context
from .context import Situation
from .denial import Denial, NearMiss
from .documents import Reach
from .principals import Kind

_EQUALS, _SUBSET, _SOURCE = "EncryptionContextEquals", "EncryptionContextSubset", "SourceArn"
_WITHOUT_CONTEXT = "DescribeKey"  # has none to constrain, on whatever KMS key
_RETIRE = "RetireGrant"


class Permit(NamedTuple):
    """Something on the KMS key's side that lets somebody do it: how far that goes, and which account says so.

    That is the KMS key's for its key policy, and for a grant the one that has issued it; ``grant`` names the latter.
    """

    reach: Reach
    account: str
    grant: str = ""


def permits(asked: Situation) -> Iterator[Permit]:
    """The grants that let the principal do what is asked."""
    if asked.action == _RETIRE:
        yield from _to_retire(asked)
        return
    assert asked.key is not None  # grants are on KMS keys
    grants = asked.region.of_key(asked.key).grants.by_age(asked.key.id)
    if not grants:
        return
    tokens = set(_named(asked.members.get("GrantTokens", ())))
    for grant in grants:
        reach = _reach(asked, grant.permission.grantee, grant.permission.grantee_service)
        if reach is not None and _is_known(asked, grant, tokens) and _allows(asked, grant):
            yield Permit(reach, grant.issuer, _name(grant))


def near_misses(asked: Situation) -> Iterator[NearMiss]:
    """Why the principal's own grants do not let it do what is asked."""
    if asked.key is None or asked.action == _RETIRE:
        return
    tokens = set(_named(asked.members.get("GrantTokens", ())))
    for grant in asked.region.of_key(asked.key).grants.by_age(asked.key.id):
        permission = grant.permission
        if _reach(asked, permission.grantee, permission.grantee_service) is None:
            continue
        if asked.action not in permission.operations:
            yield NearMiss(f"{_name(grant)} is for {', '.join(permission.operations)}")
        elif not _is_known(asked, grant, tokens):
            yield NearMiss(f"{_name(grant)} has not spread yet: bring its grant token, or wait", Denial.NOT_SPREAD)
        elif not _allows(asked, grant):
            written = _written(permission.constraints)
            yield NearMiss(f"{_name(grant)} has constraints that the call does not keep: {written}")


def _name(grant: Grant) -> str:
    return f"the grant {grant.permission.name or grant.id[:8]}"


def _written(constraints: Mapping[str, Any]) -> str:
    return ", ".join(f"{kind} {value}" for kind, value in constraints.items())


def _reach(asked: Situation, principal: str | None, service: str | None) -> Reach | None:
    """How a grant means somebody; None where it does not."""
    names = asked.principal.names
    found = [names[name] for name in (principal, service) if name is not None and name in names]
    return min(found, default=None)


def _named(tokens: tuple[str, ...]) -> Iterator[str]:
    for token in tokens:
        with suppress(InvalidGrantTokenException):
            yield read_token(token).grant_id


def _is_known(asked: Situation, grant: Grant, tokens: set[str]) -> bool:
    """Whether a grant is in force for a call: it has spread, or the call brings its token."""
    return grant.id in tokens or asked.region.now >= grant.created + asked.region.world.grants_spread


def _allows(asked: Situation, grant: Grant) -> bool:
    permission = grant.permission
    if asked.action not in permission.operations:
        return False
    if asked.action == "CreateGrant":
        return _is_stricter(asked.members, permission.operations, permission.constraints)
    return _keeps(asked, permission.constraints)


def _keeps(asked: Situation, constraints: Mapping[str, Any]) -> bool:
    """Whether a call keeps to the constraints of a grant; the SourceArn is for calls that AWS services make."""
    source = constraints.get(_SOURCE)
    if source is not None and asked.principal.kind is Kind.SERVICE and (asked.get("aws:SourceArn") or ()) != (source,):
        return False
    if asked.action == _WITHOUT_CONTEXT:
        return True
    given = _folded(encryption_context(asked))
    if _EQUALS in constraints:
        return given == _folded(constraints[_EQUALS])
    return _folded(constraints.get(_SUBSET, {})).items() <= given.items()


def _folded(pairs: Mapping[str, str]) -> dict[str, str]:
    """An encryption context as constraints see it: the case of its keys does not matter, that of values does."""
    return {key.lower(): value for key, value in pairs.items()}


def _is_stricter(members: Mapping[str, Any], operations: tuple[str, ...], constraints: Mapping[str, Any]) -> bool:
    """Whether a grant that is asked for allows no more than the one by which it is asked for."""
    wanted = members.get("Constraints") or {}
    if not set(members.get("Operations", ())) <= set(operations):
        return False
    if constraints.get(_SOURCE) not in {None, wanted.get(_SOURCE)}:
        return False
    if _EQUALS in constraints:
        return _folded(wanted.get(_EQUALS) or {}) == _folded(constraints[_EQUALS])
    pairs = _folded(wanted.get(_EQUALS) or wanted.get(_SUBSET) or {})
    return _folded(constraints.get(_SUBSET, {})).items() <= pairs.items()


def _to_retire(asked: Situation) -> Iterator[Permit]:
    """Who may retire a grant: its retiring principal, its grantee if it says so, and the account that issued it."""
    grant = asked.grant
    assert grant is not None  # RetireGrant is about one
    permission = grant.permission
    reaches = [_reach(asked, permission.retiring, permission.retiring_service)]
    if _RETIRE in permission.operations:
        reaches.append(_reach(asked, permission.grantee, permission.grantee_service))
    if asked.principal.account == grant.issuer and asked.principal.kind is not Kind.SERVICE:
        reaches.append(Reach.ACCOUNT)
    yield from (Permit(reach, grant.issuer, _name(grant)) for reach in reaches if reach is not None)
