"""Whose an access key is and what IAM lets them do, asked of whoever answers IAM and STS in this process.

Clients of botocore ask, so moto answers them as any others, and so does an endpoint that is configured for them. Real
AWS is never asked.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from .._service.questions import NobodyAnswers, new_client, questions
from .._wire.sts import Issue
from ..engine.authorization.principals import Principal
from ..engine.errors import NotOffered

_NOT_THERE = "NoSuchEntity"


class _Facts(NamedTuple):
    """What IAM tells about a user or a role."""

    arn: str
    policies: tuple[str, ...] = ()
    boundary: str | None = None
    tags: dict[str, str] = {}  # noqa: RUF012  never changed


def ask(region: str, access_key: str, issue: Issue | None) -> Principal | None:
    """Who signs with an access key, with the policies that IAM tells about; None for nobody whom STS knows.

    Raises NotOffered where IAM does not tell, and for a policy that is none.
    """
    try:
        with questions():
            return _principal(_Iam(access_key, region), issue)
    except (NobodyAnswers, BotoCoreError, ResponseParserError):  # or none of AWS's listens where it is configured
        return None
    except (ClientError, ValueError) as error:
        text = f"The mock cannot tell what whoever signs with {access_key} may do, by what IAM says: {error}"
        raise NotOffered(text) from error


def _principal(iam: _Iam, issue: Issue | None) -> Principal | None:
    arn = issue.arn if issue is not None else iam.whose
    kind, _, name = arn.rpartition(":")[2].partition("/")
    facts = _Facts("")
    if kind == "user" and ":iam:" in arn:
        facts = iam.user(name.rpartition("/")[2], arn)
    elif kind == "assumed-role":
        facts = iam.role(name.partition("/")[0])
    elif kind not in {"root", "federated-user"}:
        return None  # such as moto's arn:aws:sts::123456789012:user/moto
    return Principal(
        arn,
        role=facts.arn if kind == "assumed-role" else "",
        policies=facts.policies,
        boundary=facts.boundary,
        session_policies=() if issue is None else (*issue.policies, *map(iam.managed, issue.policy_arns)),
        tags={**facts.tags, **({} if issue is None else issue.tags)},
    )


class _Iam:
    """IAM and STS as somebody with an access key asks them, who has to be of the right account."""

    def __init__(self, access_key: str, region: str) -> None:
        self._region = region
        self._access_key = access_key
        self._iam = self._client("iam")

    def _client(self, service: str) -> BaseClient:
        return new_client(service, self._region, self._access_key)

    @property
    def whose(self) -> str:
        """The ARN of whoever signs with the access key; empty for nobody."""
        try:
            arn: str = self._client("sts").get_caller_identity()["Arn"]
        except ClientError:
            return ""
        return arn

    def user(self, name: str, arn: str) -> _Facts:
        """What is known of a user."""
        try:
            user = self._iam.get_user(UserName=name)["User"]
            policies = list(self._policies("user", UserName=name))
            for group in self._pages("list_groups_for_user", "Groups", UserName=name):
                policies += self._policies("group", GroupName=group["GroupName"])
            tags = self._pages("list_user_tags", "Tags", UserName=name)
            return _Facts(arn, tuple(policies), self._boundary(user), {tag["Key"]: tag["Value"] for tag in tags})
        except ClientError as error:
            return _nothing(error)

    def role(self, name: str) -> _Facts:
        """What is known of a role; of one that is not there, which moto lets be assumed, nothing."""
        try:
            role = self._iam.get_role(RoleName=name)["Role"]
            tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}
            return _Facts(role["Arn"], tuple(self._policies("role", RoleName=name)), self._boundary(role), tags)
        except ClientError as error:
            return _nothing(error)

    def managed(self, arn: str) -> str:
        """A managed policy, in its default version."""
        version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = self._iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        return _as_json(found["Document"])

    def _boundary(self, somebody: dict[str, Any]) -> str | None:
        boundary = somebody.get("PermissionsBoundary")
        return None if boundary is None else self.managed(boundary["PermissionsBoundaryArn"])

    def _policies(self, kind: str, **whose: str) -> Iterator[str]:
        """The policies of a user, group or role: inline ones, then those that are attached."""
        for name in self._pages(f"list_{kind}_policies", "PolicyNames", **whose):
            yield _as_json(getattr(self._iam, f"get_{kind}_policy")(**whose, PolicyName=name)["PolicyDocument"])
        for policy in self._pages(f"list_attached_{kind}_policies", "AttachedPolicies", **whose):
            yield self.managed(policy["PolicyArn"])

    def _pages(self, operation: str, member: str, **whose: str) -> Iterator[Any]:
        for page in self._iam.get_paginator(operation).paginate(**whose):
            yield from page[member]


def _nothing(error: ClientError) -> _Facts:
    """Nothing is known of whoever is not there; any other refusal is raised."""
    if error.response["Error"]["Code"] != _NOT_THERE:
        raise error
    return _Facts("")


def _as_json(document: object) -> str:
    """A policy as JSON; botocore has read it in most cases."""
    return document if isinstance(document, str) else json.dumps(document)
