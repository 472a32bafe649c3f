"""Where the oracle sees it otherwise: each difference, why ours is kept, and how the oracle has to be asked for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from pytest_kmsimport.engine.authorization.principals import Kind

from ..support.key_policies import root
from .cases import EVERYTHING, Case, Json, Statements, context_of

Difference = Callable[[Case], Case]
NOWHERE = "arn:aws:s3:::nowhere"
_POLICIES = ("key_policy", "identity", "boundary", "session", "service_control", "resource_control")


def the_root_user(case: Case) -> Case:
    """The root user of an account has all permissions that the account has.

    The oracle gives it none; its own source has that for a plan. IAM's guide, "The account root user": it cannot be
    denied anything by policies of its own, for it can have none, and AWS's default key policy gives the account to it.
    """
    return replace(case, identity=(EVERYTHING,)) if case.principal.kind is Kind.ROOT else case


def encryption_contexts(case: Case) -> Case:
    """kms:EncryptionContext:<key> is a condition key of AWS KMS for every key of an encryption context.

    The oracle leaves it out of a request, as one that the operation does not have. It is told of a tag of the principal
    instead, which is one text by a key whose case does not matter, too.
    """

    def renamed(name: str) -> str:
        return re.sub("(?i)^kms:EncryptionContext:", "aws:PrincipalTag/context-", name)

    context = {renamed(name): value for name, value in case.asked.context.items()}
    case = replace(case, asked=case.asked._replace(context=context))
    return _with_conditions(case, lambda operator, key, wanted: (operator, renamed(key), wanted))


def exceptions_of_not_principal(case: Case) -> Case:
    """Whom NotPrincipal is to leave out, it has to name with all that they go by: account, role and session.

    The oracle is content with any of them, and has a note that this is to be looked into. IAM's guide, "NotPrincipal":
    the ARN of the account has to be there as well, and for a session that of the role.
    """
    who = case.principal
    names = {who.arn} if who.kind is Kind.SERVICE else {root(who.account), who.arn, who.role or who.arn}

    def told(statement: Json) -> Json:
        if "NotPrincipal" not in statement:
            return statement
        named = {name for value in statement["NotPrincipal"].values() for name in _listed(value)}
        account = {root(who.account), who.account}
        if all(name in named or (name in account and named & account) for name in names):
            return statement
        return {**{name: value for name, value in statement.items() if name != "NotPrincipal"}, "Principal": "*"}

    return replace(case, key_policy=tuple(map(told, case.key_policy)))


def variables_without_a_value(case: Case) -> Case:
    """A policy variable that a request has no value for is equal to nothing, so that "not equal" holds.

    To the oracle nothing holds then, and nothing is "not" such a resource. IAM's guide, "Policy variables with no
    value": inverted condition operators match where it is null, and a resource with such a variable matches none, in
    NotResource too. So such a value is left out of a condition, which without another one holds; in NotResource stands
    a resource instead that is nowhere.
    """
    known = {name.lower() for name in context_of(case)}

    def told(operator: str, key: str, wanted: Any) -> tuple[str, str, Any]:
        if "Not" in operator:
            wanted = [value for value in _listed(wanted) if not _lacks(value, known)]
        return operator, key, wanted

    def somewhere(statement: Json) -> Json:
        if "NotResource" not in statement:
            return statement
        named = [NOWHERE if _lacks(name, known) else name for name in statement["NotResource"]]
        return {**statement, "NotResource": named}

    return _with_statements(_with_conditions(case, told), somewhere)


def _lacks(text: str, known: set[str]) -> bool:
    return any(name.lower() not in known for name in re.findall(r"\$\{([^,*?$}]+)\}", text))


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _with_conditions(case: Case, told: Callable[[str, str, Any], tuple[str, str, Any]]) -> Case:
    """The case with every condition told otherwise; one that asks for nothing is left out."""

    def retold(statement: Json) -> Json:
        conditions: dict[str, dict[str, Any]] = {}
        for operator, keys in statement.get("Condition", {}).items():
            for key, wanted in keys.items():
                new_operator, new_key, new = told(operator, key, wanted)
                if new != []:
                    conditions.setdefault(new_operator, {})[new_key] = new
        return {**statement, "Condition": conditions}

    return _with_statements(case, retold)


def _with_statements(case: Case, retold: Callable[[Json], Json]) -> Case:
    policies: Mapping[str, Statements | None] = {name: getattr(case, name) for name in _POLICIES}
    changed = {name: tuple(map(retold, statements)) for name, statements in policies.items() if statements is not None}
    return replace(case, **changed)


def arns_in_parts(case: Case) -> Case:
    """In a condition, a policy variable may stand in any part of an ARN, and of the parts some may be left out.

    IAM's guide has a rule about parts for variables in the Resource element alone. What ``arn:aws:*`` is in a condition
    it does not say; ours is what it is in Resource, where the wildcard goes on. The oracle knows variables in the last
    part, and six parts: it is told of all parts, and what stands in them.
    """
    values = {name: value for name, value in context_of(case).items() if isinstance(value, str)}

    def told(operator: str, key: str, wanted: Any) -> tuple[str, str, Any]:
        if operator.startswith("Arn"):
            wanted = [
                re.sub(r"\$\{([^}]+)\}", lambda found: values.get(found[1], found[0]), w) for w in _listed(wanted)
            ]
            wanted = [text + ":*" * (5 - text.count(":")) for text in wanted]
        return operator, key, wanted

    return _with_conditions(case, told)


def dates_in_seconds(case: Case) -> Case:
    """A date may be written in seconds since 1970; IAM's guide, "Date condition operators".

    The oracle reads it as something else, and is told of the date as ISO 8601 has it.
    """

    def told(operator: str, key: str, wanted: Any) -> tuple[str, str, Any]:
        if operator.startswith("Date"):
            wanted = [_as_iso(value) for value in _listed(wanted)]
        return operator, key, wanted

    return _with_conditions(case, told)


def _as_iso(date: str) -> str:
    seconds = re.fullmatch(r"[0-9]+(\.[0-9]+)?", date)
    return f"{datetime.fromtimestamp(float(date), timezone.utc):%Y-%m-%dT%H:%M:%SZ}" if seconds else date


def any_value_if_it_exists(case: Case) -> Case:
    """With IfExists a condition holds where the key is absent, whatever else it asks for; IAM's guide, "IfExists".

    The oracle does not see IfExists beside ForAnyValue. The guide excepts nothing, and nobody has recorded it: A69.
    """
    known = {name.lower() for name in context_of(case)}

    def told(operator: str, key: str, wanted: Any) -> tuple[str, str, Any]:
        spared = operator.startswith("ForAnyValue:") and operator.endswith("IfExists") and key.lower() not in known
        return operator, key, [] if spared else wanted

    return _with_conditions(case, told)


def services_under_service_control(case: Case) -> Case:
    """Service control policies are for users and roles; Organizations' guide, "Service control policies".

    The oracle has them hold back AWS services too, and is not told of them.
    """
    return replace(case, service_control=None) if case.principal.kind is Kind.SERVICE else case


def permissions_past_limits(case: Case) -> Case:
    """What a key policy gives to a session, a federated user or everybody goes past what limits do not mention.

    The oracle lets a session policy hold back all but what it allows. IAM's guide, "Policy evaluation for requests
    within a single account": what is given to a session's own ARN is not limited by what a permissions boundary or a
    session policy does not mention; recorded of grants to sessions and federated users. Here only those statements are
    told, and limits that let everything pass which they do not deny; the case as it stands is asked besides.
    """
    direct = {"*", case.principal.arn}

    def goes_past(statement: Json) -> bool:
        named = statement.get("Principal", {})
        values = {named} if isinstance(named, str) else {name for value in named.values() for name in _listed(value)}
        return statement["Effect"] == "Deny" or bool(values & direct)

    nothing = {"Effect": "Allow", "Principal": "*", "Action": "s3:None", "Resource": "*"}
    return replace(
        case,
        key_policy=tuple(
            {**s, "Principal": "*"} if s["Effect"] == "Allow" else s for s in case.key_policy if goes_past(s)
        )
        or (nothing,),
        boundary=None if case.boundary is None else (*case.boundary, EVERYTHING),
        session=None if case.session is None else (*case.session, EVERYTHING),
    )


#: Differences that are told in the question itself.
IN_ONE_QUESTION: tuple[Difference, ...] = (
    the_root_user,
    encryption_contexts,
    exceptions_of_not_principal,
    variables_without_a_value,
    arns_in_parts,
    dates_in_seconds,
    any_value_if_it_exists,
    services_under_service_control,
)


def retold(case: Case) -> Iterator[Case]:
    """The case as the oracle has to be asked: it is allowed if one of these is."""
    for difference in IN_ONE_QUESTION:
        case = difference(case)
    yield case
    if case.is_at_home and (case.boundary is not None or case.session is not None):
        yield permissions_past_limits(case)
