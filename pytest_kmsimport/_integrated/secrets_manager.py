"""AWS Secrets Manager: secrets with a KMS key of their own.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from botocore.client import BaseClient

from .requests import Integration, Kept, Need, Refusal, Refused, Request, arn_of, write_json

_VALIDATION = "RequestToValidateKeyAccess"
_CURRENT = "AWSCURRENT"


def _need(request: Request, operation: str, key_id: str, arn: str, version: str) -> Need:
    context, stored = {"SecretARN": arn, "SecretVersionId": version}, (_stored(arn, version),)
    return Need(operation, key_id, context, arn, request.region, stored=stored)


def _stored(arn: str, version: str) -> str:
    """A version of a secret, also one to come, whose ARN has six other characters at its end."""
    return f"{arn.rpartition('-')[0]}/{version}"


def _has_value(request: Request) -> bool:
    return bool({"SecretString", "SecretBinary"} & request.members.keys())


def _new_version(request: Request) -> str:
    version: str = request.members.get("ClientRequestToken", "")
    return version


def _validated(request: Request, key_id: str, arn: str, versions: Iterable[str] = ()) -> Iterator[Need]:
    """A KMS key that a request names is tried before anything is done with it; versions there are come under it."""
    stored = tuple(_stored(arn, version) for version in (*versions, _VALIDATION))
    yield _need(request, "GenerateDataKey", key_id, arn, _VALIDATION)._replace(stored=stored)
    yield _need(request, "Decrypt", key_id, arn, _VALIDATION)


def _describe(request: Request) -> Mapping[str, Any]:
    secret: Mapping[str, Any] = request.client.describe_secret(SecretId=request.members["SecretId"])
    return secret


def _create(request: Request) -> Iterator[Need]:
    """A secret's ARN ends with six characters that nobody knows before, so that here they are others."""
    key_id = request.members.get("KmsKeyId", "")
    name = request.members["Name"]
    arn = arn_of(
        "secretsmanager", request.region, request.account, f"secret:{name}-{sha256(name.encode()).hexdigest()[:6]}"
    )
    yield from _validated(request, key_id, arn)
    if _has_value(request):
        yield _need(request, "GenerateDataKey", key_id, arn, _new_version(request))


def _update(request: Request) -> Iterator[Need]:
    secret = _describe(request)
    key_id = request.members.get("KmsKeyId")
    if key_id:
        yield from _validated(request, key_id, secret["ARN"], secret.get("VersionIdsToStages", ()))
    if _has_value(request):
        key_id = key_id or secret.get("KmsKeyId", "")
        yield _need(request, "GenerateDataKey", key_id, secret["ARN"], _new_version(request))


def _put_value(request: Request) -> Iterator[Need]:
    """A version that is there already is compared, which takes decrypting it."""
    secret, version = _describe(request), _new_version(request)
    is_there = version in secret.get("VersionIdsToStages", {})
    operation = "Decrypt" if is_there else "GenerateDataKey"
    yield _need(request, operation, secret.get("KmsKeyId", ""), secret["ARN"], version)


def _get_value(request: Request) -> Iterator[Need]:
    stage = request.members.get("VersionStage", _CURRENT)
    yield from _decrypted(request, _describe(request), stage, request.members.get("VersionId"))


def _batch_get_value(request: Request) -> Iterator[Need]:
    client, names = request.client, request.members.get("SecretIdList")
    if names:
        secrets = [client.describe_secret(SecretId=name) for name in names]
    else:
        pages = client.get_paginator("list_secrets").paginate(Filters=request.members.get("Filters", []))
        secrets = [client.describe_secret(SecretId=one["ARN"]) for page in pages for one in page["SecretList"]]
    for secret in secrets:
        yield from _decrypted(request, secret, _CURRENT)


def _decrypted(request: Request, secret: Mapping[str, Any], stage: str, version: str | None = None) -> Iterator[Need]:
    """A version that is there is decrypted, unless its secret is to be deleted."""
    versions: Mapping[str, list[str]] = {} if "DeletedDate" in secret else secret.get("VersionIdsToStages", {})
    for name, stages in versions.items():
        if name == version or (version is None and stage in stages):
            yield _need(request, "Decrypt", secret.get("KmsKeyId", ""), secret["ARN"], name)


# Texts, each with what it rests on as those of AWS KMS (``engine/messages.py``).
_NOT_ALLOWED = "Access to KMS is not allowed"  # R
_DISABLED = "The operation failed because the specified KMS key is disabled."  # R
_INVALID_KEY = "The operation failed because of an invalid KMS key: "  # R
_CANNOT_DECRYPT = "Secrets Manager can't decrypt the secret value: "  # O
_CANNOT_ENCRYPT = "Secrets Manager can't encrypt the secret value: "  # A
_SERVICE_FAILS = "An error occurred on the server side."  # D


def _refuse(request: Request, refused: Refused) -> Refusal:
    if refused.is_denied:
        return Refusal("AccessDeniedException", _NOT_ALLOWED)
    if refused.is_fault or refused.is_throttled:
        return Refusal("InternalServiceError", _SERVICE_FAILS, 500)
    if "GetSecretValue" in request.operation:
        return Refusal("DecryptionFailure", _CANNOT_DECRYPT + refused.in_full)
    if "KmsKeyId" not in request.members:
        return Refusal("EncryptionFailure", _CANNOT_ENCRYPT + refused.in_full)
    is_disabled = refused.code == "DisabledException"
    return Refusal("InvalidParameterException", _DISABLED if is_disabled else _INVALID_KEY + refused.in_full)


def _kept(client: BaseClient, region: str, _: str) -> Iterator[Kept]:
    for page in client.get_paginator("list_secrets").paginate():
        for secret in page["SecretList"]:
            versions: Mapping[str, list[str]] = secret.get("SecretVersionsToStages", {})
            current = next((name for name, stages in versions.items() if _CURRENT in stages), "")
            stored = _stored(secret["ARN"], current)
            yield Kept("secret", secret["ARN"], secret.get("KmsKeyId", ""), "GetSecretValue", region, stored=stored)


SECRETS_MANAGER = Integration(
    "secretsmanager",
    {
        "BatchGetSecretValue": _batch_get_value,
        "CreateSecret": _create,
        "GetSecretValue": _get_value,
        "PutSecretValue": _put_value,
        "UpdateSecret": _update,
    },
    _refuse,
    write_json,
    _kept,
)
