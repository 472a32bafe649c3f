"""Whether the caller of the call that is being answered may do what it asks for: asked here, and refused here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from .. import messages
from ..arns import partition_of
from ..call import Call, Caller
from ..errors import AccessDeniedException, KmsError
from ..grants import Grant
from ..keys import Key
from ..region import Region
from .context import Situation
from .decision import BY_GRANT_ALONE, Source, Verdict, judge
from .documents import Ask, Policy, compiled
from .principals import Kind, Principal
from .reasons import reason_of

_NOTHING = "*"


class Subject(NamedTuple):
    """What a permission is about: a KMS key, as the request calls it, an alias by its ARN, or nothing (``*``).

    ``original`` is the KMS key of which a replica key is to be made, ``grant`` the grant that is to be retired,
    ``region`` the Region where it happens if that is another one than the call's.
    """

    key: Key | None = None
    identifier: str = ""
    resource: str = _NOTHING
    original: Key | None = None
    grant: Grant | None = None
    region: Region | None = None


class Permission(NamedTuple):
    """A permission that a call needs: its action, what it is about, and the KMS keys of all that the call needs."""

    action: str
    subject: Subject
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether somebody may do something: who (ARN), what (``kms:Decrypt``), on what (ARN, or ``*``), and why.

    ``source`` is the type of policy that decided, in AWS's words; empty where a grant did, or where nothing limits the
    caller. ``statement`` is the one that decided, such as ``Sid 'Ceremony'``, and ``number`` counts it from 1, those
    of the key policy AWS_RAM behind those of the default one; empty and 0 where none did, which is how most refusals
    come about. ``explicit`` tells a Deny. ``reason`` has it in words.
    ``grant`` is the grant that allows it, ``by_iam`` the statement of the caller's own policies that had to allow it
    too. ``denial`` is what a refusal comes to: ``explicit-deny``, ``no-statement``, ``condition-unmet`` or
    ``grant-not-spread``, as the faults of that name have it; empty where it is allowed.
    """

    allowed: bool
    principal: str
    action: str
    resource: str
    source: str
    statement: str
    number: int
    explicit: bool
    reason: str
    grant: str = ""
    by_iam: str = ""
    denial: str = ""

    def __str__(self) -> str:
        verb = "may" if self.allowed else "may not"
        return f"{self.principal} {verb} {self.action} on {self.resource}: {self.reason}"


def authorize(region: Region, action: str, key: Key, identifier: str) -> None:
    """Refuse what the caller may not do with a KMS key; raises AccessDeniedException."""
    visit = region.visit
    caller = visit.call.caller
    if caller.arranges:
        return
    visit.asked.append((action, key.arn, key.policy))
    if not is_open(caller, key):
        check(region, visit.call, Permission(action, Subject(key, identifier)))


def is_open(caller: Caller, key: Key | None) -> bool:
    """Whether there is nothing to decide: an account's root user asks for what its own policies do not limit."""
    if caller.principal is not None:
        return False
    if key is None:
        return True
    return key.share is None and key.account == caller.account and key.account in compiled(key.policy).open_to


def check(region: Region, call: Call, permission: Permission) -> None:
    """Refuse what the caller may not do, and note what was decided; raises AccessDeniedException."""
    decision, refusal = decide(region, call, permission)
    region.visit.decisions.append(decision)
    if refusal is not None:
        raise refusal


def decide(
    region: Region, call: Call, permission: Permission, policy: str | None = None
) -> tuple[Decision, KmsError | None]:
    """What is decided, and the refusal where there is one.

    With ``policy``, as if that were the KMS key's key policy.
    """
    asked, ask = _as_asked(region, call, permission)
    key, action = asked.key, asked.action
    key_policy = None if key is None or action in BY_GRANT_ALONE else _key_policy(key, policy)
    verdict = judge(asked, ask, key_policy)
    statement = verdict.statement
    reason, denial = reason_of(asked, ask, key_policy, verdict)
    decision = Decision(
        verdict.allowed,
        asked.principal.arn,
        f"kms:{action}",
        ask.resource,
        "" if verdict.source is None else verdict.source.value,
        "" if statement is None else statement.name,
        0 if statement is None else statement.number,
        verdict.explicit,
        reason,
        verdict.grant.removeprefix("the grant "),
        "" if verdict.by_iam is None else verdict.by_iam.name,
        "" if denial is None else denial.value,
    )
    return decision, None if verdict.allowed else _refusal(asked, ask, verdict, decision)


def _key_policy(key: Key, policy: str | None) -> Policy:
    """The key policies of a KMS key as one: the default one beside that of AWS RAM; or another one in their place."""
    if policy is not None or key.share is None:
        return compiled(policy or key.policy)
    default, shared = compiled(key.policy), compiled(key.share.policy)
    behind = [
        replace(one, name=f"{one.name} (AWS_RAM)", number=len(default.statements) + one.number)
        for one in shared.statements
    ]
    return Policy((*default.statements, *behind), default.open_to)


def _as_asked(region: Region, call: Call, permission: Permission) -> tuple[Situation, Ask]:
    """A permission that a call needs, as policies see it."""
    action, subject, others = permission
    key = subject.key
    principal = call.caller.principal or root_of(call.account, partition_of(call.region))
    asked = Situation(
        principal,
        region.settings_of(principal.account),
        subject.region or region,
        action,
        call.members,
        key,
        subject.identifier,
        others,
        subject.original,
        subject.grant,
    )
    return asked, Ask(f"kms:{action.lower()}", key.arn if key is not None else subject.resource, asked)


def refusal_by(source: Source, region: Region, call: Call, permission: Permission, *, explicit: bool) -> KmsError:
    """AWS's refusal where a type of policy denies something (``explicit``) or does not allow it.

    Where key policies have no say, it is of an identity-based policy.
    """
    asked, ask = _as_asked(region, call, permission)
    if source is Source.KEY and (asked.key is None or asked.action in BY_GRANT_ALONE):
        source = Source.IDENTITY
    return AccessDeniedException(_text(asked, ask, Verdict(allowed=False, source=source, explicit=explicit)))


@lru_cache(maxsize=1024)
def root_of(account: str, partition: str) -> Principal:
    """The root user of an account."""
    return Principal(f"arn:{partition}:iam::{account}:root")


def _refusal(asked: Situation, ask: Ask, verdict: Verdict, decision: Decision) -> KmsError:
    error = AccessDeniedException(_text(asked, ask, verdict))
    error.decision = decision
    return error


def _text(asked: Situation, ask: Ask, verdict: Verdict) -> str:
    """AWS's text; what it says about another account's KMS key tells nothing about that."""
    principal, action = asked.principal, asked.action
    if principal.kind is Kind.SERVICE:
        return messages.SERVICE_DENIED.format(service=principal.arn, action=action, resource=ask.resource)
    is_foreign = asked.key is not None and asked.key.account != principal.account
    if is_foreign and verdict.source is Source.KEY:
        if not asked.identifier:
            return messages.UNKNOWN_CIPHERTEXT_KEY
        return messages.ACCESS_DENIED.format(caller=principal.arn, operation=action)
    assert verdict.source is not None
    name = verdict.source.value
    where = messages.ON_THIS if is_foreign else messages.ON_RESOURCE.format(resource=ask.resource)
    if action == "TagResource" and asked.key is None:
        where = ""
    if verdict.explicit:
        article = "an" if name.startswith("i") else "a"
        named = f"{article} {name}" + (f": {verdict.arn}" if verdict.arn else "")
        reason = messages.DENIED.format(policy=named)
    else:
        reason = messages.NOT_ALLOWED.format(policy=name, action=action)
    return messages.NOT_AUTHORIZED_BECAUSE.format(caller=principal.arn, action=action, where=where, reason=reason)


def can_change_policy(region: Region, key: Key, policy: str) -> bool:
    """Whether a new key policy would let the caller put another one in its place: AWS's lockout safety check."""
    call = region.visit.call
    if call.caller.arranges:
        return True
    members: Mapping[str, Any] = {"PolicyName": "default"}
    later = call._replace(operation="PutKeyPolicy", members=members)
    return decide(region, later, Permission("PutKeyPolicy", Subject(key, key.id)), policy)[0].allowed
