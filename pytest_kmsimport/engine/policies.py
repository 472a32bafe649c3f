"""Key policies: the default one, and what AWS checks before it takes another.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from . import messages
from .arns import partition_of
from .errors import LimitExceededException, MalformedPolicyDocumentException
from .quotas import Quotas

_PUT_KEY_POLICY = "kms:putkeypolicy"
_PRINCIPALS = ("Principal", "NotPrincipal")

_DEFAULT = """{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{partition}:iam::{account}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"""


def default_policy(account: str, region: str) -> str:
    """The key policy that AWS attaches where the request brings none, laid out as AWS prints it."""
    return _DEFAULT.format(partition=partition_of(region), account=account)


def check_policy(policy: str, account: str, quotas: Quotas, *, bypass_lockout_check: bool) -> str:
    """Give a key policy back if AWS would take it.

    Raises LimitExceededException above the quota, and MalformedPolicyDocumentException for what is not a policy, has a
    statement without principal, or (unless bypassed) does not let the caller's account change the policy again.
    """
    if len(policy.encode()) > quotas.key_policy_bytes:
        raise LimitExceededException(messages.POLICY_TOO_LONG.format(limit=quotas.key_policy_bytes))
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError) as error:
        raise MalformedPolicyDocumentException from error
    statements = document.get("Statement") if isinstance(document, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not all(map(_is_statement, statements)) or not statements:
        raise MalformedPolicyDocumentException
    if not all(any(_names_somebody(statement.get(name)) for name in _PRINCIPALS) for statement in statements):
        raise MalformedPolicyDocumentException(messages.POLICY_NO_PRINCIPAL)
    if not bypass_lockout_check and not any(_lets_change_policy(s, account) for s in statements):
        raise MalformedPolicyDocumentException(messages.POLICY_LOCKOUT)
    return policy


def _is_statement(statement: object) -> bool:
    return isinstance(statement, dict) and statement.get("Effect") in ("Allow", "Deny")


def _names_somebody(principal: object) -> bool:
    """Whether a Principal element is there and not empty."""
    return any(principal.values()) if isinstance(principal, dict) else bool(principal)


def _lets_change_policy(statement: Mapping[str, Any], account: str) -> bool:
    """Whether a statement allows kms:PutKeyPolicy to the account or to somebody in it."""
    if statement["Effect"] != "Allow" or "Resource" not in statement:
        return False
    element = "NotAction" if "NotAction" in statement else "Action"
    named = any(fnmatchcase(_PUT_KEY_POLICY, _pattern(action)) for action in _texts(statement.get(element)))
    if named == (element == "NotAction"):
        return False
    principal = statement.get("Principal")
    allowed = principal.get("AWS") if isinstance(principal, dict) else principal
    return any(who in {"*", account} or f"::{account}:" in who for who in _texts(allowed))


def _pattern(action: str) -> str:
    """An action as a pattern of ``fnmatch``; IAM knows ``*`` and ``?`` alone."""
    return action.lower().replace("[", "[[]")


def _texts(value: object) -> Iterator[str]:
    """The texts of an element that may be one text or a list of them."""
    yield from (text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str))
