"""CloudTrail's userIdentity: who has called.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from typing import Any

from ..engine.arns import partition_of
from ..engine.authorization.principals import Kind, Principal
from ..engine.call import Call

_TYPES = {
    Kind.ROOT: "Root",
    Kind.USER: "IAMUser",
    Kind.SESSION: "AssumedRole",
    Kind.FEDERATED: "FederatedUser",
    Kind.SERVICE: "AWSService",
}
_BEGAN = "aws:TokenIssueTime"


def service_between(call: Call) -> str:
    """The DNS name of the AWS service that calls, for itself or on a principal's behalf; empty where none does."""
    principal = call.caller.principal
    if principal is None:
        return ""
    if principal.kind is Kind.SERVICE:
        return principal.arn
    suffix = "amazonaws.com.cn" if partition_of(call.region) == "aws-cn" else "amazonaws.com"
    return f"{principal.via}.{suffix}" if principal.via else ""


def user_identity(call: Call, time: str) -> dict[str, Any]:
    """Who has called, as the account of the caller is told; ``time`` is that of the call."""
    principal = call.caller.principal or Principal(call.caller_arn)
    service = service_between(call)
    if principal.kind is Kind.SERVICE:
        return {"type": "AWSService", "invokedBy": service}
    identity = {
        "type": _TYPES[principal.kind],
        "principalId": principal.user_id,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": call.caller.access_key,
    }
    if principal.kind is Kind.USER:
        identity["userName"] = _name(principal.arn)
    session = _session_context(principal, time)
    return {
        **identity,
        **(session if principal.kind is not Kind.ROOT else {}),
        **({"invokedBy": service} if service else {}),
    }


def identity_abroad(call: Call) -> dict[str, Any]:
    """Who has called, as the account of the KMS key is told where that is another one."""
    principal = call.caller.principal or Principal(call.caller_arn)
    return {"type": "AWSAccount", "principalId": principal.user_id, "accountId": principal.account}


def _session_context(principal: Principal, time: str) -> dict[str, Any]:
    """The session of temporary credentials, or of the service that calls on the principal's behalf."""
    if principal.kind is Kind.USER and not principal.via:
        return {}
    began = principal.context.get(_BEGAN) or time
    context: dict[str, Any] = {"attributes": {"creationDate": began, "mfaAuthenticated": "false"}}
    if principal.kind is Kind.SESSION:
        issuer = {
            "type": "Role",
            "principalId": principal.role_id,
            "arn": principal.role,
            "accountId": principal.account,
            "userName": _name(principal.role),
        }
        context = {"sessionIssuer": issuer, **context}
    return {"sessionContext": context}


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
