"""Why the caller may not do something, and what would let them."""

from __future__ import annotations

from ..engine.authorization.access import Decision
from ..engine.authorization.decision import Source
from ..engine.managed import SERVICES

_AGAINST_DENY = "No Allow outweighs a Deny: change that statement, or what the call asks for."
_MANAGED = (
    "This is the AWS managed key of {service}, and its key policy is AWS's: make a KMS key of your own with CreateKey,"
    " or call through the service, as mock.principal(..., via_service={endpoint!r}) does."
)
_BY_GRANT_ALONE = "kms:RetireGrant"  # of which key policies say nothing
_ACCOUNT = 4  # where an ARN has it


def explain(decision: Decision, service: str | None) -> str:
    """What decided, or what each policy was lacking; and the cure, which is another one for a service's managed key."""
    cure = _AGAINST_DENY if decision.explicit else _cure(decision)
    if service is not None and Source(decision.source) is Source.KEY:
        cure = _MANAGED.format(service=service, endpoint=SERVICES[service].endpoint)
    return f"{decision.reason[0].upper()}{decision.reason[1:]} {cure}"


def _cure(decision: Decision) -> str:
    """What would let them."""
    source, action = Source(decision.source), decision.action
    if source is Source.KEY:
        return f"Let a statement of the key policy allow {action} to the caller."
    if source is Source.IDENTITY:
        is_asked = ":key/" in decision.resource and action != _BY_GRANT_ALONE
        is_own = is_asked and _account_of(decision.resource) == _account_of(decision.principal)
        by_key = ", or name them in the key policy" if is_own else ""
        return f"Give the caller an identity-based policy that allows {action} on {decision.resource}{by_key}."
    return f"Let the {source.value} allow {action} too."


def _account_of(arn: str) -> str:
    return arn.split(":")[_ACCOUNT]
