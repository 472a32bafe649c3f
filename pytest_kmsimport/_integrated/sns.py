"""Amazon SNS: topics whose messages are encrypted under a KMS key.

https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from botocore.client import BaseClient

from .._wire.aws_json import WireResponse
from .requests import Integration, Kept, Need, Refusal, Refused, Request

_REUSE_SECONDS = 300
_XML = """\
<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>{fault}</Type><Code>{code}</Code>\
<Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"""


def _publish(request: Request) -> Iterator[Need]:
    """Messages to a topic; those to a telephone or an endpoint are not encrypted."""
    arn = request.fields.get("TopicArn") or request.fields.get("TargetArn", "")
    if not arn:
        return
    key_id = _key_of(request.client, arn)
    for operation in ("GenerateDataKey", "Decrypt"):
        yield Need(operation, key_id, {"aws:sns:topicArn": arn}, arn, request.region, _REUSE_SECONDS)


def _key_of(client: BaseClient, arn: str) -> str:
    """The KMS key of a topic, as SNS tells it."""
    key_id: str = client.get_topic_attributes(TopicArn=arn)["Attributes"].get("KmsMasterKeyId", "")
    return key_id


#: Code of AWS KMS -> SNS's for it.
_CODES = {
    "AccessDeniedException": "KMSAccessDenied",
    "DisabledException": "KMSDisabled",
    "KMSInvalidStateException": "KMSInvalidState",
    "NotFoundException": "KMSNotFound",
    "ThrottlingException": "KMSThrottling",
}


def _refuse(_: Request, refused: Refused) -> Refusal:
    if refused.is_fault or refused.code not in _CODES:
        return Refusal("InternalError", refused.in_full, 500)
    return Refusal(_CODES[refused.code], refused.in_full)


def _write(refusal: Refusal, request_id: str) -> WireResponse:
    """A refusal by the Query protocol."""
    fault = "Sender" if refusal.status < 500 else "Receiver"  # noqa: PLR2004  HTTP's
    body = _XML.format(fault=fault, code=refusal.code, message=escape(refusal.message), request_id=request_id)
    headers = {"x-amzn-RequestId": request_id, "Content-Type": "text/xml"}
    return WireResponse(refusal.status, headers, body.encode())


def _kept(client: BaseClient, region: str, _: str) -> Iterator[Kept]:
    for page in client.get_paginator("list_topics").paginate():
        for topic in page["Topics"]:
            arn = topic["TopicArn"]
            yield Kept("topic", arn, _key_of(client, arn), "Publish", region, arn)


SNS = Integration("sns", {"Publish": _publish, "PublishBatch": _publish}, _refuse, _write, _kept)
