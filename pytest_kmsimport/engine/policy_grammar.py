"""What AWS takes for a policy: IAM's grammar of policy documents, and what KMS asks of key policies beyond it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from . import messages
from .authorization.operators import OPERATORS
from .principals import is_principal

_DOCUMENT = ("Version", "Id", "Statement")
_VERSIONS = ("2012-10-17", "2008-10-17")
_STATEMENT = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)
_PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")
_ACCOUNT = re.compile(r"[0-9]{12}")
_SERVICE = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_IF_EXISTS = "ifexists"
_FOR_ALL, _FOR_ANY = "forallvalues", "foranyvalue"
#: Condition keys that say something about the KMS key itself, which are for IAM policies alone.
_OF_THE_KEY = ("aws:resourcetag", "kms:resourcetag", "kms:resourcealiases")
#: Condition keys with one value each, for which ForAllValues is true also where there is none.
_SINGLE_VALUED = {"kms:encryptioncontext:": messages.POLICY_CONTEXT, "aws:requesttag/": messages.POLICY_TAG}


class Flaw(NamedTuple):
    """What is wrong with a policy: AWS's text, empty where it sends none, and in words what it is and where."""

    message: str
    reason: str


class Form(NamedTuple):
    """A type of policy: its name, whether its statements name principals, and whether it is that of a KMS key."""

    name: str
    names_principals: bool
    of_key: bool = False


KEY_POLICY = Form("key policy", names_principals=True, of_key=True)
IDENTITY_BASED = Form("policy", names_principals=False)
RESOURCE_CONTROL = Form("resource control policy", names_principals=True)


def flaws(policy: str, form: Form = KEY_POLICY) -> Iterator[Flaw]:
    """Everything for which AWS refuses a policy, whoever it is for, as far as it can be read."""
    try:
        document = json.loads(policy, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        yield Flaw("", f"The {form.name} is no JSON: {error}.")
        return
    if not isinstance(document, dict):
        yield Flaw("", f"The {form.name} is no JSON object with Version and Statement.")
        return
    yield from _unknown(document, _DOCUMENT, f"The {form.name}")
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        yield Flaw("", f"The {form.name}'s Version is not {_VERSIONS[0]}.")
    statements = document.get("Statement")
    statements = statements if isinstance(statements, list) else [statements]
    if not statements or not all(isinstance(statement, dict) for statement in statements):
        yield Flaw("", f"The {form.name}'s Statement is no object and no list of objects.")
        return
    for number, statement in enumerate(statements, 1):
        yield from _of_statement(statement, f"Statement {number}", form)
    for sid, times in Counter(str(statement["Sid"]) for statement in statements if "Sid" in statement).items():
        if times > 1:
            yield Flaw("", f"{times} statements have the Sid {sid!r}.")


def texts(value: object) -> Iterator[str]:
    """The texts of an element that may be one text or a list of them."""
    yield from (text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a ValueError where a name stands in it twice."""
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise ValueError(f"{name!r} stands {times} times in one object")
    return dict(pairs)


def _unknown(element: Mapping[str, Any], known: Collection[str], where: str) -> Iterator[Flaw]:
    for name in element:
        if name not in known:
            yield Flaw("", f"{where} has {name!r}; there are {', '.join(known)}.")


def _of_statement(statement: Mapping[str, Any], where: str, form: Form) -> Iterator[Flaw]:
    yield from _unknown(statement, _STATEMENT, where)
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield Flaw("", f"{where}: its Effect is not Allow or Deny.")
    if not isinstance(statement.get("Sid", ""), str):
        yield Flaw("", f"{where}: its Sid is no text.")
    if form.names_principals:
        yield from _of_principals(statement, where)
    elif "Principal" in statement or "NotPrincipal" in statement:
        yield Flaw("", f"{where} names a Principal; that of an IAM policy is whoever it is attached to.")
    for name, message in (("Action", messages.POLICY_NO_ACTION), ("Resource", messages.POLICY_NO_RESOURCE)):
        named = [statement[element] for element in (name, f"Not{name}") if element in statement]
        if len(named) > 1:
            yield Flaw("", f"{where} has both {name} and Not{name}.")
        elif not named or not all(_is_texts(value) for value in named):
            yield Flaw(message, f"{where} has no {name}, or one that is no text and no list of texts.")
    if form.of_key and set(texts(statement.get("Resource"))) != {"*"}:
        yield Flaw(
            "", f'{where}: its Resource is not "*"; in a key policy that is the KMS key which it is attached to.'
        )
    yield from _of_condition(statement.get("Condition", {}), where, form)


def _is_texts(value: object) -> bool:
    """Whether this is a text or a list of texts, and not empty."""
    return bool(value) and len(list(texts(value))) == (len(value) if isinstance(value, list) else 1)


def _of_principals(statement: Mapping[str, Any], where: str) -> Iterator[Flaw]:
    named = [statement[name] for name in ("Principal", "NotPrincipal") if name in statement]
    if len(named) > 1:
        yield Flaw("", f"{where} has both Principal and NotPrincipal.")
    for principal in named or [None]:
        if not principal or (isinstance(principal, dict) and not any(principal.values())):
            yield Flaw(messages.POLICY_NO_PRINCIPAL, f"{where} names no Principal; only an IAM policy can do without.")
        elif principal != "*":
            kinds = principal.items() if isinstance(principal, dict) else [("Principal", principal)]
            for kind, value in kinds:
                for name in value if isinstance(value, list) else [value]:
                    if not _is_named(kind, name):
                        reason = f"{where}: {name!r} is no principal for {kind}."
                        yield Flaw(messages.POLICY_BAD_PRINCIPAL, reason)


def _is_named(kind: str, name: object) -> bool:
    """Whether a principal can be named like this."""
    if not isinstance(name, str) or not name or kind not in _PRINCIPALS:
        return False
    if kind == "AWS":
        return name == "*" or _ACCOUNT.fullmatch(name) is not None or is_principal(name)
    return kind != "Service" or _SERVICE.fullmatch(name) is not None


def _of_condition(condition: object, where: str, form: Form) -> Iterator[Flaw]:
    if not isinstance(condition, dict):
        yield Flaw("", f"{where}: its Condition is no object.")
        return
    for operator, tests in condition.items():
        quantifier, _, name = operator.lower().rpartition(":")
        known = name.removesuffix(_IF_EXISTS) in OPERATORS and (name != f"null{_IF_EXISTS}")
        if quantifier not in {"", _FOR_ALL, _FOR_ANY} or not known:
            yield Flaw("", f"{where}: {operator!r} is no condition operator.")
        if not isinstance(tests, dict):
            yield Flaw("", f"{where}: under {operator!r} stands no object of condition keys.")
            continue
        for key, value in tests.items():
            if not all(isinstance(each, (str, int, float)) for each in (value if isinstance(value, list) else [value])):
                yield Flaw("", f"{where}: the value of {key!r} is no text and no list of texts.")
            if form.of_key:
                yield from _of_condition_key(key, quantifier, where)


def _of_condition_key(key: str, quantifier: str, where: str) -> Iterator[Flaw]:
    if key.lower().partition("/")[0] in _OF_THE_KEY:
        yield Flaw(messages.POLICY_CONDITION_KEYS, f"{where}: {key!r} is for IAM policies.")
    for prefix, message in _SINGLE_VALUED.items():
        if quantifier == _FOR_ALL and key.lower().startswith(prefix):
            yield Flaw(message, f"{where}: {key!r} has one value, and ForAllValues is true also where it has none.")
