"""The smallest policies that would have allowed calls: for each KMS key a key policy, and for IAM what it decides."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..engine.authorization.decision import BY_GRANT_ALONE

if TYPE_CHECKING:
    from .call_record import CallRecord

#: Action -> the members whose values are condition keys of its permission: those of the import.
_CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "GetParametersForImport": ("WrappingAlgorithm", "WrappingKeySpec"),
    "ImportKeyMaterial": ("ExpirationModel",),
}
_ACCOUNT = 4  # where an ARN has it
#: The values that one call has for the condition keys of its permission; None for one that is absent.
_Row = tuple[str | None, ...]


class _Need(NamedTuple):
    """A permission: who needs it (ARN), or on what (ARN, or ``*``), by which of the two a policy tells them apart."""

    subject: str
    action: str
    row: _Row


@dataclass(frozen=True, slots=True)
class LeastPrivilege:
    """The smallest policies that would have allowed calls, and the grants that have allowed the rest.

    ``key_policies`` are by key ARN; put them with a statement for whoever administers the KMS key, which AWS's lockout
    safety check asks for. ``identity_policies`` are by the ARN of who calls, of a session its role: what key policies
    have no say in, or another account's KMS key. ``grants`` are members of CreateGrant, by key ARN. As a text, it is
    all of that in JSON.
    """

    key_policies: Mapping[str, Mapping[str, Any]]
    identity_policies: Mapping[str, Mapping[str, Any]]
    grants: Mapping[str, tuple[Mapping[str, Any], ...]]

    def __str__(self) -> str:
        return json.dumps(
            {"key_policies": self.key_policies, "identity_policies": self.identity_policies, "grants": self.grants},
            indent=2,
        )


def least_privilege_for(records: Iterable[CallRecord], principal: str | None) -> LeastPrivilege:
    """What would have allowed calls, as if ``principal`` (ARN) had made them, or for those who did."""
    on_keys: dict[str, set[_Need]] = {}
    by_iam: dict[str, set[_Need]] = {}
    by_grant: dict[tuple[str, str], set[str]] = {}
    for record in records:
        call = record._call  # noqa: SLF001  what users do not see
        caller = call.caller.principal
        who = principal or (call.caller_arn if caller is None else caller.policy_arn)
        decided = {(one.action, one.resource): one for one in record.decisions}
        for action, resource, _ in record._asked:  # noqa: SLF001
            row = tuple(call.members.get(member) for member in _CONDITIONS.get(action, ()))
            decision = None if principal else decided.get((f"kms:{action}", resource))
            is_on_key = ":key/" in resource and action not in BY_GRANT_ALONE
            if decision is not None and decision.allowed and decision.grant:
                needs_iam = bool(decision.by_iam)
                if is_on_key:
                    by_grant.setdefault((resource, who), set()).add(action)
            else:
                needs_iam = not is_on_key or _is_foreign(who, resource)
                if is_on_key:
                    on_keys.setdefault(resource, set()).add(_Need(who, action, row))
            if needs_iam and _is_limited(who):
                by_iam.setdefault(who, set()).add(_Need(resource, action, row))
    grants: dict[str, tuple[Mapping[str, Any], ...]] = {}
    for (resource, who), actions in by_grant.items():
        grants[resource] = (*grants.get(resource, ()), {"GranteePrincipal": who, "Operations": sorted(actions)})
    return LeastPrivilege(
        {arn: _policy(_key_statements(needs)) for arn, needs in on_keys.items()},
        {who: _policy(_identity_statements(needs)) for who, needs in by_iam.items()},
        grants,
    )


def _is_limited(who: str) -> bool:
    """Whether IAM has a say in what somebody does: not in root users and AWS services."""
    return who.startswith("arn:") and not who.endswith(":root")


def _is_foreign(who: str, resource: str) -> bool:
    return _is_limited(who) and who.split(":")[_ACCOUNT] != resource.split(":")[_ACCOUNT]


def _policy(statements: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _key_statements(needs: set[_Need]) -> Iterator[Mapping[str, Any]]:
    for subjects, rest in _statements(needs):
        kinds = {
            "AWS": [who for who in subjects if who.startswith("arn:")],
            "Service": [who for who in subjects if not who.startswith("arn:")],
        }
        named = {kind: _plain(names) for kind, names in kinds.items() if names}
        yield {"Effect": "Allow", "Principal": named, "Action": rest["Action"], "Resource": "*", **rest["Condition"]}


def _identity_statements(needs: set[_Need]) -> Iterator[Mapping[str, Any]]:
    for subjects, rest in _statements(needs):
        yield {"Effect": "Allow", "Action": rest["Action"], "Resource": _plain(subjects), **rest["Condition"]}


def _statements(needs: set[_Need]) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """What is allowed, with all that it is allowed to, or on: as few statements as there are different ones."""
    subjects_of: dict[str, list[str]] = {}
    for subject in sorted({need.subject for need in needs}):
        for rest in _of_one({need for need in needs if need.subject == subject}):
            subjects_of.setdefault(json.dumps(rest), []).append(subject)
    for written, subjects in subjects_of.items():
        yield subjects, json.loads(written)


def _of_one(needs: set[_Need]) -> Iterator[dict[str, Any]]:
    """Actions without conditions together, and the others with exactly the values that there were."""
    rows_of: dict[str, set[_Row]] = {}
    for need in needs:
        rows_of.setdefault(need.action, set()).add(need.row)
    plain = sorted(f"kms:{action}" for action, rows in rows_of.items() if rows == {()})
    if plain:
        yield {"Action": _plain(plain), "Condition": {}}
    for action, rows in sorted(rows_of.items()):
        for values in _products(rows) if action in _CONDITIONS else ():
            yield {"Action": f"kms:{action}", "Condition": {"Condition": _condition(action, values)}}


def _products(rows: set[_Row]) -> Iterator[tuple[list[str | None], ...]]:
    """Rows as products of values that have these rows and no others."""
    if rows == {()}:
        yield ()
        return
    firsts_of: dict[_Row, set[str | None]] = {}
    for first, *rest in rows:
        firsts_of.setdefault(tuple(rest), set()).add(first)
    rests_of: dict[frozenset[str | None], set[_Row]] = {}
    for others, firsts in firsts_of.items():
        rests_of.setdefault(frozenset(firsts), set()).add(others)
    for same, rests in sorted(rests_of.items(), key=lambda pair: sorted(map(str, pair[0]))):
        for values in _products(rests):
            yield (sorted(same, key=str), *values)


def _condition(action: str, values: tuple[list[str | None], ...]) -> dict[str, dict[str, Any]]:
    """A condition that holds for these values of the action's condition keys, and for no others."""
    condition: dict[str, dict[str, Any]] = {}
    for member, found in zip(_CONDITIONS[action], values, strict=True):
        there = [value for value in found if value is not None]
        if not there:
            condition.setdefault("Null", {})[f"kms:{member}"] = "true"
        else:
            operator = "StringEquals" if there == found else "StringEqualsIfExists"
            condition.setdefault(operator, {})[f"kms:{member}"] = _plain(there)
    return condition


def _plain(values: list[str]) -> str | list[str]:
    """One value by itself, as people write it."""
    return values[0] if len(values) == 1 else values
