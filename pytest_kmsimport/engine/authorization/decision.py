"""How AWS decides whether somebody may do something, and what that rests on.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from .context import Situation
from .documents import Ask, Policy, Reach, Statement, compiled
from .grants import Permit, permits
from .principals import ControlPolicy, Kind

#: Actions that key policies have no say in, although they are about a KMS key: grants decide about them.
BY_GRANT_ALONE = ("RetireGrant",)


class Source(Enum):
    """The types of policies, by the words that AWS has for them in its refusals."""

    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    KEY = "resource-based policy"
    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


_LIMITS = (Source.BOUNDARY, Source.SESSION)
#: How far a permission goes -> the types of policies that have to allow it too.
_NEEDED: dict[Reach, Sequence[Source]] = {
    Reach.DIRECT: (),
    Reach.ROLE: _LIMITS,
    Reach.ACCOUNT: (Source.IDENTITY, *_LIMITS),
}


class Attached(NamedTuple):
    """A policy that has a say: its type, what it says, and its ARN where refusals name that."""

    source: Source
    policy: Policy
    arn: str = ""


class Verdict(NamedTuple):
    """What was decided, and what decided it.

    ``source`` is the type of policy that denies, does not allow, or allows; None for a grant that allows, and where
    nothing had to. ``statement`` is the one that decided, None where none did. ``explicit`` tells a Deny from what
    nobody has allowed, ``arn`` is that of the control policy, and ``grant`` names the grant. ``by_iam`` is the
    statement of the caller's own policies that had to allow it too.
    """

    allowed: bool
    source: Source | None
    statement: Statement | None = None
    explicit: bool = False
    arn: str = ""
    grant: str = ""
    by_iam: Statement | None = None


def judge(asked: Situation, ask: Ask, key_policy: Policy | None) -> Verdict:
    """Decide as AWS does: a Deny anywhere, then what has to allow; without a key policy IAM decides alone."""
    principal = asked.principal
    for attached in attached_policies(asked, key_policy):
        statement = attached.policy.denial(ask, principal)
        if statement is not None:
            return Verdict(allowed=False, source=attached.source, statement=statement, explicit=True, arn=attached.arn)
    if _service_control(asked) and not _allowing(asked, ask, Source.SERVICE_CONTROL):
        return Verdict(allowed=False, source=Source.SERVICE_CONTROL)
    if asked.key is not None:
        return _by_key(asked, ask, key_policy)
    missing = None if _is_unlimited(asked) else _missing(asked, ask, _NEEDED[Reach.ACCOUNT])
    if missing is not None:
        return Verdict(allowed=False, source=missing)
    return Verdict(allowed=True, source=Source.IDENTITY, statement=_allowing(asked, ask, Source.IDENTITY))


def attached_policies(asked: Situation, key_policy: Policy | None) -> Iterator[Attached]:
    """Every policy that has a say, in the order in which a Deny is looked for."""
    principal = asked.principal
    for control in _service_control(asked):
        yield Attached(Source.SERVICE_CONTROL, compiled(control.policy), control.arn)
    if asked.key is not None and asked.action not in BY_GRANT_ALONE:
        for control in asked.region.settings_of(asked.key.account).resource_control:
            yield Attached(Source.RESOURCE_CONTROL, compiled(control.policy), control.arn)
    if key_policy is not None:
        yield Attached(Source.KEY, key_policy)
    for policy in principal.policies:
        yield Attached(Source.IDENTITY, compiled(policy))
    if principal.boundary is not None:
        yield Attached(Source.BOUNDARY, compiled(principal.boundary))
    for policy in principal.session_policies:
        yield Attached(Source.SESSION, compiled(policy))


def _service_control(asked: Situation) -> Sequence[ControlPolicy]:
    """The service control policies that hold for the caller: they are for users and roles, and not for AWS services.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    """
    return () if asked.principal.kind is Kind.SERVICE else asked.account.service_control


def _by_key(asked: Situation, ask: Ask, key_policy: Policy | None) -> Verdict:
    """Decide about a KMS key: something on its side has to allow it, and to go far enough for the caller."""
    assert asked.key is not None
    owner = asked.key.account
    found = [*_by_policy(asked, ask, key_policy), *((permit, None) for permit in permits(asked))]
    refusals = []
    for permit, statement in sorted(found, key=lambda pair: pair[0].reach):
        needed = () if _is_unlimited(asked) else _needed(asked, permit, owner)
        missing = _missing(asked, ask, needed)
        if missing is None:
            source = Source.KEY if statement is not None else None
            by_iam = _allowing(asked, ask, Source.IDENTITY) if Source.IDENTITY in needed else None
            return Verdict(allowed=True, source=source, statement=statement, grant=permit.grant, by_iam=by_iam)
        refusals.append(Verdict(allowed=False, source=missing))
    source = Source.IDENTITY if asked.action in BY_GRANT_ALONE else Source.KEY
    return refusals[0] if refusals else Verdict(allowed=False, source=source)


def _by_policy(asked: Situation, ask: Ask, key_policy: Policy | None) -> Iterator[tuple[Permit, Statement | None]]:
    """The statements of the key policy that allow what is asked, and how far each goes."""
    assert asked.key is not None
    for statement in key_policy.statements if key_policy is not None else ():
        if statement.allows and statement.principals is not None:
            reach = statement.principals.reach(asked.principal)
            if reach is not None and statement.fits(ask):
                yield Permit(reach, asked.key.account), statement


def _is_unlimited(asked: Situation) -> bool:
    """Whether IAM has no say: in an account's own root user, and in an AWS service."""
    return asked.principal.kind in {Kind.ROOT, Kind.SERVICE}


def _needed(asked: Situation, permit: Permit, owner: str) -> Sequence[Source]:
    """The types of policies that have to allow it too.

    What another account permits, the caller's own has to let it do as well, however far the permission goes.
    """
    if asked.principal.account in {owner, permit.account}:
        return _NEEDED[permit.reach]
    return (*(_LIMITS if permit.reach is Reach.ROLE else ()), *_NEEDED[Reach.ACCOUNT])


def _missing(asked: Situation, ask: Ask, needed: Sequence[Source]) -> Source | None:
    """The first type of policy that has to allow something and does not."""
    return next((source for source in needed if not _passes(asked, ask, source)), None)


def _passes(asked: Situation, ask: Ask, source: Source) -> bool:
    """Whether policies of a type let something pass; where nobody has set any, boundaries and session policies do."""
    principal = asked.principal
    absent = {Source.BOUNDARY: principal.boundary is None, Source.SESSION: not principal.session_policies}
    return absent.get(source, False) or _allowing(asked, ask, source) is not None


def _allowing(asked: Situation, ask: Ask, source: Source) -> Statement | None:
    """A statement of a policy of this type that allows what is asked."""
    policies = (attached.policy for attached in attached_policies(asked, None) if attached.source is source)
    return next((found for policy in policies if (found := policy.permission(ask)) is not None), None)
