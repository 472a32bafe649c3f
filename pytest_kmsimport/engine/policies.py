"""Key policies: the default one, and what AWS checks before it takes another.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

from __future__ import annotations

from . import messages
from .arns import partition_of
from .errors import LimitExceededException, MalformedPolicyDocumentException
from .policy_grammar import flaws
from .quotas import Quotas

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


def check_policy(policy: str, quotas: Quotas) -> str:
    """Give a key policy back if AWS would take it, whoever it is for.

    Raises LimitExceededException above the quota, and MalformedPolicyDocumentException for what is not a policy.
    """
    if len(policy.encode()) > quotas.key_policy_bytes:
        raise LimitExceededException(messages.POLICY_TOO_LONG.format(limit=quotas.key_policy_bytes))
    for flaw in flaws(policy):
        raise MalformedPolicyDocumentException(flaw.message)
    return policy
