"""AWS Systems Manager Parameter Store: parameters of the type SecureString.

https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from ..engine import messages
from .requests import Integration, Kept, Need, Refusal, Refused, Request, arn_of, write_json

_SECURE = "SecureString"


def _need(request: Request, operation: str, key_id: str, name: str) -> Need:
    arn = _arn(request.region, request.account, name)
    return Need(operation, key_id, {"PARAMETER_ARN": arn}, arn, request.region, stored=(arn,))


def _arn(region: str, account: str, name: str) -> str:
    return arn_of("ssm", region, account, f"parameter/{name.removeprefix('/')}")


def _parts_of(identifier: str) -> tuple[str, str]:
    """The name of a parameter that is asked for by name or ARN, and the version or label behind it, if any."""
    if not identifier.startswith("arn:"):
        name, _, chosen = identifier.partition(":")
        return name, chosen
    name, _, chosen = identifier.partition(":parameter")[2].partition(":")
    return name if name.count("/") > 1 else name.removeprefix("/"), chosen


def _described(request: Request, key: str, values: Iterable[str], **more: str) -> Iterator[Mapping[str, Any]]:
    """What Parameter Store tells of parameters that it has."""
    filters = [{"Key": key, "Values": list(values), **more}]
    for page in request.client.get_paginator("describe_parameters").paginate(ParameterFilters=filters):
        yield from page["Parameters"]


def _versions(request: Request, name: str, chosen: str = "") -> Iterator[Mapping[str, Any]]:
    """The versions of a parameter that is there, each with its own KMS key; or the one of a number or a label."""
    try:
        for page in request.client.get_paginator("get_parameter_history").paginate(Name=name):
            for version in page["Parameters"]:
                if chosen in {"", str(version["Version"]), *version.get("Labels", ())}:
                    yield version
    except ClientError:  # it is not there
        return


def _decrypted(request: Request, parameters: Iterable[Mapping[str, Any]]) -> Iterator[Need]:
    """SecureStrings are decrypted where that is asked for."""
    for parameter in parameters:
        if parameter["Type"] == _SECURE:
            yield _need(request, "Decrypt", parameter.get("KeyId", ""), parameter["Name"])


def _get(request: Request) -> Iterator[Need]:
    members = request.members
    if not members.get("WithDecryption"):
        return
    asked = [_parts_of(identifier) for identifier in members.get("Names") or [members["Name"]]]
    if current := [name for name, chosen in asked if not chosen]:
        yield from _decrypted(request, _described(request, "Name", current))
    for name, chosen in asked:
        if chosen:
            yield from _decrypted(request, _versions(request, name, chosen))


def _get_history(request: Request) -> Iterator[Need]:
    if request.members.get("WithDecryption"):
        yield from _decrypted(request, _versions(request, _parts_of(request.members["Name"])[0]))


def _get_by_path(request: Request) -> Iterator[Need]:
    members = request.members
    if members.get("WithDecryption"):
        option = "Recursive" if members.get("Recursive") else "OneLevel"
        yield from _decrypted(request, _described(request, "Path", [members["Path"]], Option=option))


def _put(request: Request) -> Iterator[Need]:
    """The type of a parameter that is there need not be said again; the KMS key has to be."""
    members = request.members
    kind = members.get("Type") or next(_described(request, "Name", [_parts_of(members["Name"])[0]]), {}).get("Type")
    if kind == _SECURE:
        operation = "GenerateDataKey" if members.get("Tier") == "Advanced" else "Encrypt"
        yield _need(request, operation, members.get("KeyId", ""), members["Name"])


def _refuse(request: Request, refused: Refused) -> Refusal:
    if refused.is_denied:
        if request.operation != "PutParameter":
            refused = refused._replace(message=messages.UNKNOWN_CIPHERTEXT_KEY)
        return Refusal("AccessDeniedException", refused.in_full)
    if refused.is_throttled:
        return Refusal("ThrottlingException", refused.in_full)
    if refused.is_fault:
        return Refusal("InternalServerError", refused.in_full, 500)
    return Refusal("InvalidKeyId", refused.in_full)


def _kept(client: BaseClient, region: str, account: str) -> Iterator[Kept]:
    for page in client.get_paginator("describe_parameters").paginate():
        for parameter in page["Parameters"]:
            if parameter["Type"] == _SECURE:
                arn = _arn(region, account, parameter["Name"])
                yield Kept("parameter", arn, parameter.get("KeyId", ""), "GetParameter", region, stored=arn)


SSM = Integration(
    "ssm",
    {
        "GetParameter": _get,
        "GetParameterHistory": _get_history,
        "GetParameters": _get,
        "GetParametersByPath": _get_by_path,
        "PutParameter": _put,
    },
    _refuse,
    write_json,
    _kept,
)
