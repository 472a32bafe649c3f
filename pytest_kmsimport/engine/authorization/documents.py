"""Policy documents, read once: what each statement is about, and whether a request fits it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from ..policy_grammar import IDENTITY_BASED, Form, flaws, texts
from .operators import NULL, OPERATORS, Operator
from .patterns import Context, Matcher, Values, resource, wildcard

_IF_EXISTS = "ifexists"
_FOR_ALL, _FOR_ANY = "forallvalues", "foranyvalue"
_WITH_VARIABLES = "2012-10-17"
_EVERYBODY = "*"
_WHO_CALL = ("AWS", "Service")  # nobody signs a request to KMS as any other kind of principal


class Reach(IntEnum):
    """How far a permission that is given to somebody else than IAM goes, the farthest first.

    To a user, a session or everybody: past everything that boundaries and session policies do not mention. To a role:
    these have to allow it too. To an account: it lets the account's own policies decide.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
    """

    DIRECT = 0
    ROLE = 1
    ACCOUNT = 2


class Named(Protocol):
    """Somebody who goes by several names: ARNs, and IDs of accounts."""

    @property
    def names(self) -> Mapping[str, Reach]:
        """These names, and how far it goes what is given to each."""

    @property
    def is_bounded(self) -> bool:
        """Whether they have a permissions boundary."""


class Ask(NamedTuple):
    """What somebody asks to do: the action in lower case, the ARN of what it is done to (``*`` for nothing)."""

    action: str
    resource: str
    context: Context


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition key of a statement, and what its values must be."""

    operator: Operator
    quantifier: str
    if_exists: bool
    key: str
    wanted: Values
    matchers: tuple[Matcher, ...]

    def holds(self, context: Context) -> bool:
        """Whether a request is as it asks."""
        found = context.get(self.key)
        if self.operator is NULL:
            return self._matches(str(not found).lower(), context)
        if not found:
            if self.quantifier:
                return self.if_exists or self.quantifier == _FOR_ALL
            return self.if_exists or self.operator.negated
        if self.quantifier == _FOR_ALL:
            return all(self._matches(value, context) != self.operator.negated for value in found)
        if self.quantifier == _FOR_ANY:
            return any(self._matches(value, context) != self.operator.negated for value in found)
        return any(self._matches(value, context) for value in found) != self.operator.negated

    def _matches(self, value: str, context: Context) -> bool:
        return any(matcher(value, context) for matcher in self.matchers)


class Principals(NamedTuple):
    """Whom a statement names; with ``others``, it is about all but these."""

    named: frozenset[str]
    others: bool

    def reach(self, principal: Named) -> Reach | None:
        """How far it goes what a statement gives to somebody; None where it does not mean them."""
        if self.others:
            return None if self._excepts(principal) else Reach.DIRECT
        if _EVERYBODY in self.named:
            return Reach.DIRECT
        return min((reach for name, reach in principal.names.items() if name in self.named), default=None)

    def _excepts(self, principal: Named) -> bool:
        """Whether somebody is excepted by NotPrincipal: with all ARNs, that of the account as well."""
        arns = [name for name in principal.names if name.startswith("arn:")] or list(principal.names)
        return _EVERYBODY in self.named or all(not self.named.isdisjoint({name, _account_of(name)}) for name in arns)


@dataclass(frozen=True, slots=True)
class Elements:
    """Action or NotAction, Resource or NotResource: what stands there, and whether it is about all but that."""

    written: Values
    matchers: tuple[Matcher, ...]
    others: bool

    def cover(self, value: str, context: Context) -> bool:
        """Whether a statement with these is about something."""
        return any(matcher(value, context) for matcher in self.matchers) != self.others


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; ``name`` is what it is called in reasons: its Sid, or its number."""

    name: str
    number: int
    allows: bool
    principals: Principals | None
    actions: Elements
    resources: Elements
    conditions: tuple[Condition, ...]

    def is_about(self, principal: Named) -> bool:
        """Whether it means somebody; one that names nobody is about whoever its policy is attached to.

        A Deny with NotPrincipal leaves out nobody who has a permissions boundary.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        if self.principals is None:
            return True
        if self.principals.others and principal.is_bounded and not self.allows:
            return True
        return self.principals.reach(principal) is not None

    def fits(self, ask: Ask) -> bool:
        """Whether it is about what somebody asks to do, whoever that is."""
        context = ask.context
        return (
            self.actions.cover(ask.action, context)
            and self.resources.cover(ask.resource, context)
            and all(condition.holds(context) for condition in self.conditions)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document.

    ``open_to`` are accounts that it lets do everything, unconditionally and without a Deny, and the number of the
    statement that does.
    """

    statements: tuple[Statement, ...]
    open_to: Mapping[str, int]

    def denial(self, ask: Ask, principal: Named) -> Statement | None:
        """The first statement that denies what is asked; one that names principals, only if it means this one."""
        for statement in self.statements:
            if not statement.allows and statement.is_about(principal) and statement.fits(ask):
                return statement
        return None

    def permission(self, ask: Ask) -> Statement | None:
        """The first statement that allows what is asked, of a policy that names no principals."""
        return next((statement for statement in self.statements if statement.allows and statement.fits(ask)), None)


def check_policy(policy: str, form: Form = IDENTITY_BASED) -> None:
    """Raise ValueError, in words, for what is no policy."""
    for flaw in flaws(policy, form):
        raise ValueError(flaw.reason)


@lru_cache(maxsize=4096)
def compiled(policy: str) -> Policy:
    """A policy document without flaws, read once."""
    document = json.loads(policy)
    variables = document.get("Version") == _WITH_VARIABLES
    listed = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    statements = tuple(_statement(number, each, variables=variables) for number, each in enumerate(listed, 1))
    return Policy(statements, _open_to(statements))


def _open_to(statements: tuple[Statement, ...]) -> Mapping[str, int]:
    if not all(statement.allows for statement in statements):
        return {}
    unconditional = (
        (statement.principals.named, statement.number)
        for statement in reversed(statements)  # so that the first one counts
        if statement.principals is not None
        and not (statement.conditions or statement.principals.others or statement.actions.others)
        and not {"*", "kms:*"}.isdisjoint(statement.actions.written)
    )
    return {account: number for named, number in unconditional for account in map(_account_of, named) if account}


def _account_of(name: str) -> str:
    """The account that a principal's name stands for as a whole, empty for any other."""
    parts = name.split(":")
    return parts[4] if name.endswith(":root") else name if name.isdigit() else ""


def _statement(number: int, statement: Mapping[str, Any], *, variables: bool) -> Statement:
    return Statement(
        name=f"Sid {statement['Sid']!r}" if statement.get("Sid") else f"statement {number}",
        number=number,
        allows=statement["Effect"] == "Allow",
        principals=_principals(statement),
        actions=_elements(statement, "Action", _action),
        resources=_elements(statement, "Resource", lambda text: resource(text, variables=variables)),
        conditions=tuple(_conditions(statement.get("Condition", {}), variables=variables)),
    )


def _principals(statement: Mapping[str, Any]) -> Principals | None:
    for element in ("Principal", "NotPrincipal"):
        if element in statement:
            named = statement[element]
            values = [named.get(kind) for kind in _WHO_CALL] if isinstance(named, dict) else [named]
            return Principals(frozenset(name for value in values for name in texts(value)), element == "NotPrincipal")
    return None


def _elements(statement: Mapping[str, Any], element: str, matcher_of: Callable[[str], Matcher]) -> Elements:
    others = f"Not{element}" in statement
    written = tuple(texts(statement[f"Not{element}" if others else element]))
    return Elements(written, tuple(map(matcher_of, written)), others)


def _action(text: str) -> Matcher:
    matches = wildcard(text.lower())
    return lambda action, _: matches(action)


def _conditions(conditions: Mapping[str, Mapping[str, Any]], *, variables: bool) -> Iterator[Condition]:
    for written, keys in conditions.items():
        quantifier, _, name = written.lower().rpartition(":")
        operator = OPERATORS[name.removesuffix(_IF_EXISTS)]
        for key, value in keys.items():
            wanted = tuple(_values(value))
            matchers = tuple(operator.matcher_of(text, variables=variables) for text in wanted)
            yield Condition(operator, quantifier, name.endswith(_IF_EXISTS), key, wanted, matchers)


def _values(value: object) -> Iterator[str]:
    """The values of a condition as texts; JSON's own numbers and booleans are taken too."""
    for item in value if isinstance(value, list) else [value]:
        yield str(item).lower() if isinstance(item, bool) else str(item)
