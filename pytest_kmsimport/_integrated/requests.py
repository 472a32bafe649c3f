"""A request to an AWS service as it goes over the wire, and what that service needs AWS KMS for to do it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient

from .._wire.aws_json import WireResponse
from ..engine.arns import partition_of


@dataclass(frozen=True)
class Request:
    """A request to an AWS service, with who has signed it and a client that asks the same service what it keeps."""

    operation: str
    http: AWSPreparedRequest
    region: str
    account: str
    client: BaseClient

    @cached_property
    def members(self) -> Mapping[str, Any]:
        """The members of a request in AWS JSON."""
        members: dict[str, Any] = json.loads(self._body or "{}")
        return members

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The fields of a request by the Query protocol."""
        return dict(parse_qsl(self._body))

    @property
    def _body(self) -> str:
        body = self.http.body or ""
        return body.decode() if isinstance(body, bytes) else str(body)

    def header(self, name: str) -> str:
        """A header, empty where there is none."""
        value = self.http.headers.get(name) or ""
        return value.decode() if isinstance(value, bytes) else value


def arn_of(service: str, region: str, account: str, resource: str) -> str:
    """The ARN of something that a service keeps."""
    return f"arn:{partition_of(region)}:{service}:{region}:{account}:{resource}"


class Need(NamedTuple):
    """A call of AWS KMS that a service makes: what about (the encryption context), and how it names the KMS key.

    With ``reuse`` the service goes on for so many seconds with what it was given. ``resource`` is the ARN of what
    stands on the KMS key, ``region`` where AWS KMS is asked. ``stored`` names what is kept under it from now on, or
    was: by an alias too it stays under the KMS key that the alias was for then.
    """

    operation: str
    key_id: str
    context: Mapping[str, str]
    resource: str
    region: str
    reuse: float = 0
    stored: tuple[str, ...] = ()


class Refused(NamedTuple):
    """AWS KMS's refusal of what a service needs."""

    code: str
    message: str
    status: int
    request_id: str

    @property
    def in_full(self) -> str:
        """The text as services pass it on: AWS KMS's own, with what AWS's SDK for Java adds."""
        return (
            f"{self.message or 'null'} (Service: AWSKMS; Status Code: {self.status}; Error Code: {self.code};"
            f" Request ID: {self.request_id}; Proxy: null)"
        )

    @property
    def is_denied(self) -> bool:
        """Whether it is about permissions."""
        return self.code == "AccessDeniedException"

    @property
    def is_fault(self) -> bool:
        """Whether AWS KMS itself has failed."""
        return self.status >= 500  # noqa: PLR2004  HTTP's

    @property
    def is_throttled(self) -> bool:
        """Whether AWS KMS was asked too often."""
        return self.code == "ThrottlingException"


class Refusal(NamedTuple):
    """A service's own refusal: its code, text and HTTP status."""

    code: str
    message: str
    status: int = 400


class Kept(NamedTuple):
    """Something that a service keeps and that stands on a KMS key, as the service names that.

    ``kind`` is what it is, ``operation`` what cannot be done with it without the KMS key. A data key that is used again
    is for ``shared``. ``region`` is where AWS KMS is asked, ``stored`` as in ``Need``.
    """

    kind: str
    arn: str
    key_id: str
    operation: str
    region: str
    shared: str = ""
    stored: str = ""


class Integration(NamedTuple):
    """An AWS service that is integrated with AWS KMS.

    ``name`` is as in kms:ViaService and for ``boto3.client``. ``needs`` says, by operation, what it needs AWS KMS for;
    ``refuse`` what it answers where it does not get that, and ``write`` puts that on the wire. ``kept`` is all that it
    keeps, as it tells a client of a Region and an account.
    """

    name: str
    needs: Mapping[str, Callable[[Request], Iterator[Need]]]
    refuse: Callable[[Request, Refused], Refusal]
    write: Callable[[Refusal, str], WireResponse]
    kept: Callable[[BaseClient, str, str], Iterator[Kept]]


_MANAGED = "alias/aws/"


def is_customers(key_id: str | None) -> bool:
    """Whether a service names a KMS key that is its customer's, and not one that AWS manages, or none."""
    return bool(key_id) and not str(key_id).rpartition(":")[2].startswith(_MANAGED)


def write_json(refusal: Refusal, request_id: str) -> WireResponse:
    """A refusal in AWS JSON 1.1."""
    body = json.dumps({"__type": refusal.code, "message": refusal.message, "Message": refusal.message}).encode()
    headers = {"x-amzn-RequestId": request_id, "Content-Type": "application/x-amz-json-1.1"}
    return WireResponse(refusal.status, {**headers, "Content-Length": str(len(body))}, body)
