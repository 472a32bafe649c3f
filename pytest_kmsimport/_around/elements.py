"""CloudTrail's requestParameters and responseElements: members in its spelling, without what is secret or a blob."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..engine.arns import kms_arn
from ..engine.call import Call, Response
from ..engine.operations.registry import traits_of

#: Members that are never recorded, beside all blobs.
_LEFT_OUT = frozenset({"GrantToken", "GrantTokens"})
_SYMMETRIC = "SYMMETRIC_DEFAULT"
#: What CloudTrail calls a member of requests about custom key stores, and what it does not have of them.
_OF_KEY_STORES, _CERTIFICATE = {"CloudHsmClusterId": "ClusterId"}, "TrustAnchorCertificate"
#: Operation -> what CloudTrail tells of members that the caller has not sent.
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "CreateKey": {
        "Description": "",
        "Origin": "AWS_KMS",
        "BypassPolicyLockoutSafetyCheck": False,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "Tags": [],
        "MultiRegion": False,
    },
    "Encrypt": {"EncryptionAlgorithm": _SYMMETRIC},
    "Decrypt": {"EncryptionAlgorithm": _SYMMETRIC},
    "ReEncrypt": {"SourceEncryptionAlgorithm": _SYMMETRIC, "DestinationEncryptionAlgorithm": _SYMMETRIC},
    "PutKeyPolicy": {"PolicyName": "default", "BypassPolicyLockoutSafetyCheck": False},
    "ReplicateKey": {"BypassPolicyLockoutSafetyCheck": False, "Description": ""},
}
#: Operations whose record names the KMS key in responseElements.keyId although they do not answer with it.
_AFFECTING = frozenset(
    {
        "CreateAlias",
        "CreateGrant",
        "DeleteAlias",
        "DisableKey",
        "EnableKey",
        "EnableKeyRotation",
        "ImportKeyMaterial",
        "TagResource",
        "UntagResource",
        "UpdateAlias",
        "UpdatePrimaryRegion",
    }
)


def request_parameters(call: Call) -> dict[str, Any] | None:
    """What a call has asked for; None where there is nothing to tell, as always of GenerateRandom."""
    if call.operation == "GenerateRandom":
        return None
    members = {**_DEFAULTS.get(call.operation, {}), **call.members}
    if call.operation == "CreateKey":
        spec = members.get("KeySpec") or members.get("CustomerMasterKeySpec") or _SYMMETRIC
        members |= {"KeySpec": spec, "CustomerMasterKeySpec": spec}
    if "CustomKeyStore" in call.operation:
        members = {_OF_KEY_STORES.get(name, name): value for name, value in members.items() if name != _CERTIFICATE}
    confided = traits_of(call.operation).confided
    return _recorded({name: value for name, value in members.items() if name not in confided}) or None


def response_elements(call: Call, response: Response, arns: tuple[str, ...]) -> dict[str, Any] | None:
    """What a call that changes something was answered with, and the KMS key that it has changed."""
    elements = _recorded(response)
    if call.operation in _AFFECTING and arns:
        elements["keyId"] = _target(call) or arns[0]
    return elements or None


def _target(call: Call) -> str:
    """The key ARN where the request tells it: of UpdateAlias, the KMS key that the alias is for from now on."""
    target = call.members.get("TargetKeyId", "")
    return target if not target or target.startswith("arn:") else kms_arn(call.region, call.account, f"key/{target}")


def _recorded(members: Mapping[str, Any]) -> dict[str, Any]:
    """Members by CloudTrail's names, those that are recorded; the keys of an encryption context stay as they are."""
    return {
        name[:1].lower() + name[1:]: dict(value) if "EncryptionContext" in name else _plain(value)
        for name, value in members.items()
        if name not in _LEFT_OUT and not _is_blob(value)
    }


def _is_blob(value: object) -> bool:
    """Whether a member is a blob, or a structure that is there for one (Recipient)."""
    if isinstance(value, Mapping):
        return any(isinstance(item, bytes) for item in value.values())
    return isinstance(value, bytes)


def _plain(value: Any) -> Any:  # noqa: ANN401  any value of a request or response
    if isinstance(value, Mapping):
        return _recorded(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return date_text(value) if isinstance(value, datetime) else value


def date_text(date: datetime) -> str:
    """A date within a record: ``May 21, 2025, 5:47:45 AM``, in UTC and in English wherever the test runs."""
    utc = date.astimezone(timezone.utc)
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[utc.month - 1]
    half = "AM" if utc.hour < 12 else "PM"  # noqa: PLR2004  noon
    return f"{month} {utc.day}, {utc.year}, {utc.hour % 12 or 12}:{utc:%M:%S} {half}"
