"""Principals of IAM and STS, told by how their names are written.

The engine knows no principals: whatever is written as one exists.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re

_NAME = r"[^/:*?\s]+"
#: Service -> the resources of it that are principals: users and roles may have a path, sessions have none.
_PRINCIPALS = {
    "iam": re.compile(rf"root|(user|role)(/{_NAME})+"),
    "sts": re.compile(rf"assumed-role/{_NAME}/{_NAME}|federated-user/{_NAME}"),
}
_KINDS = ("root", "user", "role", "assumed-role", "federated-user")
_ARN = re.compile(
    r"arn:aws[a-z-]*:(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>([0-9]{12})?):(?P<resource>.+)"
)
#: How KMS itself names the session of a role, by the role's unique ID.
_ROLE_SESSION = re.compile(r"AROA[A-Z0-9]{12,}:[\w+=,.@-]{2,64}", re.ASCII)


def is_principal(name: str) -> bool:
    """Whether this is the ARN of an account, user, role, session or federated user."""
    arn = _ARN.fullmatch(name)
    if arn is None or arn["region"] or not arn["account"] or arn["service"] not in _PRINCIPALS:
        return False
    return _PRINCIPALS[arn["service"]].fullmatch(arn["resource"]) is not None


def is_role_session(name: str) -> bool:
    """Whether this is ``<role ID>:<session name>``."""
    return _ROLE_SESSION.fullmatch(name) is not None


def is_arn(name: str) -> bool:
    """Whether this is a well-formed ARN of anything; one that begins like a principal's has to be a principal's."""
    arn = _ARN.fullmatch(name)
    if arn is None:
        return False
    is_kind = arn["service"] in _PRINCIPALS and arn["resource"].partition("/")[0] in _KINDS
    return not is_kind or is_principal(name)
