"""Whether AWS KMS lets an AWS service do what it is asked for: the service's calls of the mock, and its refusal.

Nothing of a request that is refused comes to whoever plays the service.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from urllib.parse import urlsplit

from botocore import handlers
from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient

from .._active import Mock
from .._service.questions import UNANSWERED, new_client, questions
from .._wire import signature
from .._wire.aws_json import WireResponse, new_request_id
from .._wire.regions import is_region
from ..engine.call import Caller
from ..engine.errors import NotOffered
from .kms import refusal_of
from .monitoring import TOLD
from .requests import Integration, Need, Request, is_customers
from .s3 import S3, endpoint_of
from .secrets_manager import SECRETS_MANAGER
from .sns import SNS
from .sqs import SQS
from .ssm import SSM

#: The services by their names in botocore's events.
INTEGRATIONS: Mapping[str, Integration] = {
    "s3": S3,
    "secrets-manager": SECRETS_MANAGER,
    "sns": SNS,
    "sqs": SQS,
    "ssm": SSM,
}


def standing_on_kms(
    mock: Mock, service: str, operation: str, request: AWSPreparedRequest, *, by_socket: bool
) -> Callable[[], WireResponse | None] | None:
    """What is to be done before a service answers, and gives its refusal; None where it has nothing to do with AWS KMS.

    That is to find out, by asking others, whether it refuses for want of a KMS key, and to tell it of those there are.
    ``by_socket`` says that whoever answers is at a port of this computer, and may know of other KMS keys.
    """
    if service in TOLD:
        return partial(_tell, mock, service, request)
    integration = INTEGRATIONS.get(service)
    if integration is None or operation not in integration.needs:
        return None
    return _Attempt(mock, integration, operation, request, by_socket).refusal


@dataclass(frozen=True)
class _Attempt:
    """An attempt at a request to an integrated service."""

    mock: Mock
    integration: Integration
    operation: str
    http: AWSPreparedRequest
    by_socket: bool

    def refusal(self) -> WireResponse | None:
        """The service's refusal, None where it is free to answer; raises NotOffered as AWS KMS's own calls do."""
        mock = self.mock
        region, caller = signature.region_and_caller(self.http, mock.region, mock.account)
        name = self.integration.name
        try:
            caller = mock.service.on_behalf_of(caller, region, name)
            request = Request(self.operation, self.http, region, caller.account, self._client(region, caller))
            for need in self._needs(request, caller):
                refused = refusal_of(mock.service, name, caller, need)
                if refused is not None:
                    refusal = self.integration.refuse(request, refused)
                    mock.service.integrated.note_refusal(name, self.operation, need.resource, need.key_id, refusal.code)
                    response = self.integration.write(refusal, new_request_id())
                    return response._replace(body=b"") if self.http.method == "HEAD" else response
        except NotOffered as complaint:
            raise mock.complain(complaint) from None
        return None

    def _client(self, region: str, caller: Caller) -> BaseClient:
        url = self.http.url
        endpoint = endpoint_of(url) if self.integration is S3 else _endpoint_of(url)
        return client_for(self.integration.name, region, caller.access_key, endpoint)

    def _needs(self, request: Request, caller: Caller) -> list[Need]:
        """What the service needs of the mock's KMS keys; nothing where whoever plays it does not tell."""
        service = self.mock.service
        try:
            with questions():
                needs = [need for need in self.integration.needs[self.operation](request) if is_customers(need.key_id)]
        except UNANSWERED:
            return []
        if self.by_socket:
            return [need for need in needs if service.key_arn_of(need.key_id, need.region, caller.account)]
        return needs


def _tell(mock: Mock, service: str, http: AWSPreparedRequest) -> None:
    """Tell a service of the mock's KMS keys, as somebody of the account that is asking it."""
    name, tell = TOLD[service]
    region, caller = signature.region_and_caller(http, mock.region, mock.account)
    if is_region(region):  # moto can be told to play others
        tell(mock, client_for(name, region, caller.access_key, _endpoint_of(http.url)), region, caller.account)


def _endpoint_of(url: str) -> str:
    """Where a service answers."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def client_for(service: str, region: str, access_key: str, endpoint: str | None) -> BaseClient:
    """A client that asks as somebody; it is kept, for it takes time to make one."""
    return _client(service, region, access_key, endpoint, len(handlers.BUILTIN_HANDLERS))


@lru_cache(maxsize=64)
def _client(service: str, region: str, access_key: str, endpoint: str | None, _: Hashable) -> BaseClient:
    """As many handlers as there were are part of what tells clients apart: moto adds its own to those of later ones."""
    return new_client(service, region, access_key, endpoint)
