"""Principals: who a caller is, and what its own account lets it do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from hashlib import sha256
from typing import NamedTuple

from ..policy_grammar import RESOURCE_CONTROL
from ..principals import is_principal
from .documents import Reach, check_policy

_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/(?:[^:*?]+/)?(?P<name>[^/:*?]+)")


class Kind(Enum):
    """What a principal is, by AWS's words for aws:PrincipalType."""

    ROOT = "Account"
    USER = "User"
    SESSION = "AssumedRole"
    FEDERATED = "FederatedUser"
    SERVICE = "AWSService"


_KINDS = {"root": Kind.ROOT, "user": Kind.USER, "assumed-role": Kind.SESSION, "federated-user": Kind.FEDERATED}


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who calls, with the policies that are theirs.

    ``arn`` is that of an account (``:root``), a user, a role's session, a federated user, or the name of an AWS service
    (``events.amazonaws.com``), which acts for ``account`` (12 digits) then; otherwise the ARN says whose it is.
    ``role`` is the ARN of a session's role, with its path. ``policies`` (identity-based), ``boundary`` and
    ``session_policies`` are JSON. ``via`` is the service that calls on this principal's behalf, such as ``s3``.
    ``context`` has values for condition keys that nobody but the test knows, such as aws:SourceIp; None where a request
    has not that key. ``names`` are all by which a policy or a grant can mean this principal.

    Raises ValueError for what is none of these, and for a policy that is none.
    """

    arn: str
    account: str = ""
    role: str = ""
    policies: tuple[str, ...] = ()
    boundary: str | None = None
    session_policies: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    via: str = ""
    context: Mapping[str, str | tuple[str, ...] | None] = field(default_factory=dict)
    kind: Kind = field(init=False)
    names: Mapping[str, Reach] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kind = _kind_of(self.arn)
        object.__setattr__(self, "kind", kind)
        if kind is not Kind.SERVICE:
            object.__setattr__(self, "account", self.arn.split(":")[4])
        elif not self.account:
            raise ValueError(f"{self.arn} acts for an account: name it.")
        if kind is Kind.SESSION:
            object.__setattr__(self, "role", self.role or _role_of(self.arn))
            _check_role(self.arn, self.role)
        elif self.role:
            raise ValueError(f"{self.arn} is no session of a role, so it has none.")
        object.__setattr__(self, "names", self._names())
        for policy in (*self.policies, *self.session_policies, *((self.boundary,) if self.boundary else ())):
            check_policy(policy)

    def _names(self) -> Mapping[str, Reach]:
        """The ARNs by which a policy or a grant can mean this principal, its account's as well."""
        if self.kind is Kind.SERVICE:
            return {self.arn: Reach.DIRECT}
        partition = self.arn.split(":")[1]
        account = f"arn:{partition}:iam::{self.account}:root"
        names = {account: Reach.ACCOUNT, self.account: Reach.ACCOUNT}
        if self.role:
            names |= {self.role: Reach.ROLE, f"{self.role_id}:{self.arn.rpartition('/')[2]}": Reach.DIRECT}
        return names if self.kind is Kind.ROOT else {**names, self.arn: Reach.DIRECT}

    @property
    def is_bounded(self) -> bool:
        """Whether there is a permissions boundary."""
        return self.boundary is not None

    @property
    def policy_arn(self) -> str:
        """What aws:PrincipalArn says: the role for its sessions."""
        return self.role or self.arn

    @property
    def role_id(self) -> str:
        """The unique ID of a session's role, made up of its ARN."""
        return "AROA" + sha256(self.role.encode()).hexdigest()[:17].upper()

    @property
    def user_id(self) -> str:
        """What aws:userid says."""
        name = self.arn.rpartition("/")[2]
        if self.kind is Kind.SESSION:
            return f"{self.role_id}:{name}"
        if self.kind is Kind.FEDERATED:
            return f"{self.account}:{name}"
        return self.account if self.kind is Kind.ROOT else "AIDA" + sha256(self.arn.encode()).hexdigest()[:17].upper()


def role_session(role: str, session: str) -> str:
    """The ARN of a session of a role, which has the role's name without its path.

    Raises ValueError for what is no ARN of a role.
    """
    found = _ROLE.fullmatch(role)
    if found is None:
        raise ValueError(f"{role!r} is no ARN of a role, such as arn:aws:iam::111122223333:role/Importer.")
    _, partition, _, _, account, _ = role.split(":", 5)
    return f"arn:{partition}:sts::{account}:assumed-role/{found['name']}/{session}"


def _kind_of(arn: str) -> Kind:
    if _SERVICE.fullmatch(arn):
        return Kind.SERVICE
    kind = _KINDS.get(arn.rpartition(":")[2].partition("/")[0]) if is_principal(arn) else None
    if kind is None:
        raise ValueError(
            f"{arn!r} is nobody who calls; a caller is an account (arn:aws:iam::111122223333:root), a user"
            " (arn:aws:iam::111122223333:user/Alice), a session of a role"
            " (arn:aws:sts::111122223333:assumed-role/Importer/ceremony), a federated user"
            " (arn:aws:sts::111122223333:federated-user/Bob) or an AWS service (events.amazonaws.com)."
        )
    return kind


def _role_of(session: str) -> str:
    """The ARN of a session's role, if that has no path."""
    _, partition, _, _, account, resource = session.split(":", 5)
    return f"arn:{partition}:iam::{account}:role/{resource.split('/')[1]}"


def _check_role(session: str, role: str) -> None:
    name = session.rpartition("/")[2]
    if role_session(role, name) != session:
        raise ValueError(f"{session} is no session of {role}; that would be {role_session(role, name)}.")


class Attachment(NamedTuple):
    """An identity-based policy (JSON) of one statement that a test attaches to whoever calls.

    ``access_key`` is of whom, empty for everybody; ``allows`` tells an Allow from a Deny.
    """

    access_key: str
    allows: bool
    policy: str


#: In the place of an account's root user, to whom nothing can be attached.
_STAND_IN = "user/pytest"
_EVERYTHING = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}'


def with_attached(principal: Principal, attached: Sequence[Attachment]) -> Principal:
    """Somebody with the statements that a test has attached: an Allow is in the place of the policies that are there.

    In the place of a root user is an IAM user who may do everything; AWS services have no identity-based policies.
    """
    if not attached or principal.kind is Kind.SERVICE:
        return principal
    arn, policies = principal.arn, principal.policies
    if principal.kind is Kind.ROOT:
        arn, policies = arn.replace(":root", f":{_STAND_IN}"), (_EVERYTHING,)
    allowing = tuple(one.policy for one in attached if one.allows)
    denying = tuple(one.policy for one in attached if not one.allows)
    return replace(principal, arn=arn, policies=(*(allowing or policies), *denying))


class ControlPolicy(NamedTuple):
    """A service or resource control policy of AWS Organizations: its ARN, which refusals name, and its JSON."""

    arn: str
    policy: str


@dataclass(frozen=True, slots=True)
class Account:
    """What holds for everybody of an account.

    ``service_control`` and ``resource_control`` are the policies of its organization that apply to it; of the first one
    has to allow, as AWS's FullAWSAccess does. ``organization`` and ``paths`` are what aws:PrincipalOrgID and
    aws:PrincipalOrgPaths say. ``context`` has values for condition keys, as that of a principal.

    Raises ValueError for a policy that is none.
    """

    service_control: tuple[ControlPolicy, ...] = ()
    resource_control: tuple[ControlPolicy, ...] = ()
    organization: str | None = None
    paths: tuple[str, ...] = ()
    context: Mapping[str, str | tuple[str, ...] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for control in self.service_control:
            check_policy(control.policy)
        for control in self.resource_control:
            check_policy(control.policy, RESOURCE_CONTROL)
