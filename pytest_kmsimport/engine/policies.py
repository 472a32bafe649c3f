"""Key policies: the default one, and what AWS checks before it takes another.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from . import messages
from .arns import partition_of
from .errors import LimitExceededException, MalformedPolicyDocumentException
from .policy_grammar import flaws, texts
from .quotas import Quotas

_PUT_KEY_POLICY = "kms:putkeypolicy"

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
    for flaw in flaws(policy):
        raise MalformedPolicyDocumentException(flaw.message)
    if not bypass_lockout_check and not lets_change_policy(policy, account):
        raise MalformedPolicyDocumentException(messages.POLICY_LOCKOUT)
    return policy


def lets_change_policy(policy: str, account: str) -> bool:
    """Whether a key policy without flaws lets an account, or somebody in it, put another in its place."""
    statements = json.loads(policy)["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    return any(_lets_change_policy(statement, account) for statement in statements)


def _lets_change_policy(statement: Mapping[str, Any], account: str) -> bool:
    if statement["Effect"] != "Allow":
        return False
    element = "NotAction" if "NotAction" in statement else "Action"
    named = any(fnmatchcase(_PUT_KEY_POLICY, _pattern(action)) for action in texts(statement[element]))
    if named == (element == "NotAction"):
        return False
    principal = statement.get("Principal")
    allowed = principal.get("AWS") if isinstance(principal, dict) else principal
    return any(who in {"*", account} or f"::{account}:" in who for who in texts(allowed))


def _pattern(action: str) -> str:
    """An action as a pattern of ``fnmatch``; IAM knows ``*`` and ``?`` alone."""
    return action.lower().replace("[", "[[]")
