"""Amazon SQS: queues whose messages are encrypted under a KMS key (SSE-KMS).

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.client import BaseClient

from .._wire.aws_json import WireResponse
from .requests import Integration, Kept, Need, Refusal, Refused, Request

_WHAT = ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "QueueArn", "ApproximateNumberOfMessages"]
_USUAL_SECONDS = 300


def _attributes(client: BaseClient, url: str) -> dict[str, Any]:
    """What SQS tells of a queue."""
    answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=_WHAT)
    attributes: dict[str, Any] = answer.get("Attributes", {})
    return attributes


def _needs(request: Request, attributes: dict[str, Any], *operations: str) -> Iterator[Need]:
    arn, reuse = attributes["QueueArn"], int(attributes.get("KmsDataKeyReusePeriodSeconds") or _USUAL_SECONDS)
    for operation in operations:
        context = {"aws:sqs:arn": arn}
        yield Need(operation, attributes.get("KmsMasterKeyId", ""), context, arn, request.region, reuse)


def _send(request: Request) -> Iterator[Need]:
    return _needs(request, _attributes(request.client, request.members["QueueUrl"]), "GenerateDataKey", "Decrypt")


def _receive(request: Request) -> Iterator[Need]:
    """AWS KMS is asked for a message, and not where there is none."""
    attributes = _attributes(request.client, request.members["QueueUrl"])
    if int(attributes.get("ApproximateNumberOfMessages", 0)):
        yield from _needs(request, attributes, "Decrypt")


#: Code of AWS KMS -> SQS's shape and code for it.
_CODES = {
    "AccessDeniedException": ("KmsAccessDenied", "KMS.AccessDeniedException"),
    "DisabledException": ("KmsDisabled", "KMS.DisabledException"),
    "InvalidKeyUsageException": ("KmsInvalidKeyUsage", "KMS.InvalidKeyUsageException"),
    "KMSInvalidStateException": ("KmsInvalidState", "KMS.InvalidStateException"),
    "NotFoundException": ("KmsNotFound", "KMS.NotFoundException"),
    "ThrottlingException": ("KmsThrottled", "KMS.ThrottlingException"),
}
_SHAPES = {code: shape for shape, code in _CODES.values()}


def _refuse(_: Request, refused: Refused) -> Refusal:
    if refused.is_fault or refused.code not in _CODES:
        return Refusal("InternalError", refused.in_full, 500)
    return Refusal(_CODES[refused.code][1], refused.in_full)


def _write(refusal: Refusal, request_id: str) -> WireResponse:
    """A refusal in AWS JSON 1.0, with the code of the Query protocol that SQS had before."""
    fault = "Sender" if refusal.status < 500 else "Receiver"  # noqa: PLR2004  HTTP's
    shape = f"com.amazonaws.sqs#{_SHAPES.get(refusal.code, refusal.code)}"
    headers = {
        "x-amzn-RequestId": request_id,
        "x-amzn-query-error": f"{refusal.code};{fault}",
        "Content-Type": "application/x-amz-json-1.0",
    }
    return WireResponse(refusal.status, headers, json.dumps({"__type": shape, "message": refusal.message}).encode())


def _kept(client: BaseClient, region: str, _: str) -> Iterator[Kept]:
    for page in client.get_paginator("list_queues").paginate():
        for url in page.get("QueueUrls", []):
            attributes = _attributes(client, url)
            arn = attributes["QueueArn"]
            yield Kept("queue", arn, attributes.get("KmsMasterKeyId", ""), "SendMessage", region, arn)


SQS = Integration(
    "sqs", {"ReceiveMessage": _receive, "SendMessage": _send, "SendMessageBatch": _send}, _refuse, _write, _kept
)
