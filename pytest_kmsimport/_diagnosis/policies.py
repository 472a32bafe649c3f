"""What is wrong with a key policy, which AWS mostly does not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import messages
from ..engine.errors import KmsError
from ..engine.policy_grammar import flaws
from ..engine.region import Region


def explain(region: Region, members: Mapping[str, Any], error: KmsError) -> str:
    """Say what AWS does not take and where it stands, or who has to be let change the policy."""
    policy = members.get("Policy")
    if not isinstance(policy, str):
        return ""
    if error.message == messages.POLICY_LOCKOUT:
        return (
            f"The policy does not let the caller, {region.visit.call.caller_arn}, call PutKeyPolicy: add a statement"
            " that allows kms:PutKeyPolicy, or send BypassPolicyLockoutSafetyCheck."
        )
    reason = next((flaw.reason for flaw in flaws(policy) if flaw.message == error.message), "")
    return reason + _instead(policy.strip())


def _instead(policy: str) -> str:
    """What was probably sent instead of a key policy."""
    if policy.startswith("{'"):
        return " It is the text of a Python dict: send json.dumps(policy)."
    if policy.startswith("file:") or policy.endswith(".json"):
        return " It is the name of a file: send what is in it."
    return ""
