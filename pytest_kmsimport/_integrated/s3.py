"""Amazon S3: objects with server-side encryption by AWS KMS (SSE-KMS), by a header or by their bucket's default.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from .._wire.aws_json import WireResponse
from ..engine.arns import partition_of
from .requests import Integration, Kept, Need, Refusal, Refused, Request

_ALGORITHM, _KEY_ID, _BUCKET_KEY = (
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
)
_BY_KMS = ("aws:kms", "aws:kms:dsse")
_BUCKET_IN_HOST = re.compile(r"(?P<bucket>.+?)\.s3[.-]")
#: The version of an object that has none.
_NO_VERSION = "null"
#: How long a Bucket Key is used; AWS says "for a time-limited period" and no more.
_BUCKET_KEY_SECONDS = 300


class _Place(NamedTuple):
    """Where an object is, or is to be."""

    bucket: str
    key: str
    version: str | None = None


class _Encryption(NamedTuple):
    """What an object is encrypted with: a KMS key, as S3 names it, maybe by way of a Bucket Key."""

    key_id: str
    by_bucket_key: bool


def endpoint_of(url: str) -> str:
    """Where S3 answers requests for any bucket, by the URL of one for some bucket."""
    parts = urlsplit(url)
    found = _BUCKET_IN_HOST.match(parts.netloc)
    host = parts.netloc.removeprefix(f"{found['bucket']}.") if found else parts.netloc
    return f"{parts.scheme}://{host}"


def _place_of(request: Request) -> _Place:
    parts = urlsplit(request.http.url)
    version = parse_qs(parts.query).get("versionId", [None])[0]
    found, path = _BUCKET_IN_HOST.match(parts.netloc), unquote(parts.path[1:])
    bucket, _, key = (found["bucket"], "", path) if found else path.partition("/")
    return _Place(bucket, key, version)


def _source_of(request: Request) -> _Place:
    path, _, query = request.header("x-amz-copy-source").partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    return _Place(bucket, key, query or None)


def _need(request: Request, operation: str, place: _Place, encryption: _Encryption) -> Need:
    """What S3 asks AWS KMS for an object, in the Region of its bucket."""
    region = request.client.head_bucket(Bucket=place.bucket).get("BucketRegion") or request.region
    bucket = f"arn:{partition_of(region)}:s3:::{place.bucket}"
    resource = f"{bucket}/{place.key}"
    context = {"aws:s3:arn": bucket if encryption.by_bucket_key else resource}
    reuse = _BUCKET_KEY_SECONDS if encryption.by_bucket_key else 0
    return Need(operation, encryption.key_id, context, resource, region, reuse, (resource,))


def _read(request: Request, place: _Place) -> Iterator[Need]:
    """An object that is there is decrypted."""
    head = _head_of(request.client, place)
    if head.get("SSEKMSKeyId"):
        encryption = _Encryption(head["SSEKMSKeyId"], bool(head.get("BucketKeyEnabled")))
        yield _need(request, "Decrypt", place, encryption)


def _head_of(client: BaseClient, place: _Place) -> Mapping[str, Any]:
    """What S3 tells of an object that is there."""
    version = {} if place.version in {None, _NO_VERSION} else {"VersionId": place.version}
    head: Mapping[str, Any] = client.head_object(Bucket=place.bucket, Key=place.key, **version)
    return head


def _written(request: Request) -> Iterator[Need]:
    """A new object is encrypted as its headers say, or else as is usual in its bucket."""
    place = _place_of(request)
    if request.header(_ALGORITHM):
        is_by_kms, by_bucket_key = request.header(_ALGORITHM) in _BY_KMS, request.header(_BUCKET_KEY) == "true"
        encryption = _Encryption(request.header(_KEY_ID) if is_by_kms else "", by_bucket_key)
    else:
        encryption = _default(request.client, place.bucket)
    if encryption.key_id:
        yield _need(request, "GenerateDataKey", place, encryption)


def _default(client: BaseClient, bucket: str) -> _Encryption:
    """The default encryption of a bucket."""
    try:
        answer = client.get_bucket_encryption(Bucket=bucket)
    except ClientError:  # it has none
        return _Encryption("", by_bucket_key=False)
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    return _Encryption(default.get("KMSMasterKeyID", ""), bool(rule.get("BucketKeyEnabled")))


def _get(request: Request) -> Iterator[Need]:
    return _read(request, _place_of(request))


def _head(request: Request) -> Iterator[Need]:
    """What S3 tells of an object is not encrypted, but for its checksum."""
    return _get(request) if request.header("x-amz-checksum-mode") else iter(())


def _copy_part(request: Request) -> Iterator[Need]:
    """Of the upload itself nobody tells which KMS key it is for."""
    return _read(request, _source_of(request))


def _copy(request: Request) -> Iterator[Need]:
    yield from _read(request, _source_of(request))
    yield from _written(request)


def _refuse(_: Request, refused: Refused) -> Refusal:
    if refused.is_denied:
        return Refusal("AccessDenied", refused.message, 403)
    return Refusal(f"KMS.{refused.code}", refused.message, 500 if refused.is_fault else 400)


def _write(refusal: Refusal, request_id: str) -> WireResponse:
    """A refusal in S3's XML."""
    parts = {"Code": refusal.code, "Message": refusal.message, "RequestId": request_id, "HostId": request_id}
    error = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parts.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{error}</Error>'.encode()
    headers = {"x-amz-request-id": request_id, "x-amz-id-2": request_id, "Content-Type": "application/xml"}
    return WireResponse(refusal.status, headers, body)


def _kept(client: BaseClient, region: str, _: str) -> Iterator[Kept]:
    """Buckets with a default encryption, and every version of every object."""
    for bucket in client.list_buckets()["Buckets"]:
        name = bucket["Name"]
        where = client.head_bucket(Bucket=name).get("BucketRegion") or region
        arn = f"arn:{partition_of(where)}:s3:::{name}"
        default = _default(client, name)
        yield Kept("S3 bucket", arn, default.key_id, "PutObject", where, arn if default.by_bucket_key else "")
        for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
            for version in page.get("Versions", []):
                place = _Place(name, version["Key"], version["VersionId"])
                head = _head_of(client, place)
                shared = arn if head.get("BucketKeyEnabled") else ""
                version_id = "" if version["IsLatest"] else f"?versionId={place.version}"
                resource = f"{arn}/{place.key}{version_id}"
                key_id, stored = head.get("SSEKMSKeyId", ""), f"{arn}/{place.key}"
                yield Kept("S3 object", resource, key_id, "GetObject", where, shared, stored)


S3 = Integration(
    "s3",
    {
        "CopyObject": _copy,
        "CreateMultipartUpload": _written,
        "GetObject": _get,
        "HeadObject": _head,
        "PutObject": _written,
        "SelectObjectContent": _get,
        "UploadPartCopy": _copy_part,
    },
    _refuse,
    _write,
    _kept,
)
