"""moto beside the mock, and imported keys in the states in which nothing can be done with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import boto3
import pytest
from moto import mock_aws

from pytest_kmsimport import KeyView

REGION = "us-east-1"
OWN = "123456789012"


class Unusable(NamedTuple):
    """How a KMS key becomes unusable, and what AWS KMS says then; ``code`` is its own."""

    how: Callable[..., object]
    code: str
    text: str

    def of(self, key: KeyView) -> str:
        """AWS KMS's text about a KMS key."""
        return self.text.format(arn=key.arn)


UNUSABLE = {
    "disabled": Unusable(lambda kms, key: kms.disable_key(KeyId=key), "DisabledException", "{arn} is disabled."),
    "pending deletion": Unusable(
        lambda kms, key: kms.schedule_key_deletion(KeyId=key), "KMSInvalidStateException", "{arn} is pending deletion."
    ),
    "pending import": Unusable(
        lambda kms, key: kms.delete_imported_key_material(KeyId=key),
        "KMSInvalidStateException",
        "{arn} is pending import.",
    ),
}


@pytest.fixture(params=UNUSABLE)
def state(request) -> Unusable:
    """Each of these states."""
    return UNUSABLE[request.param]


@pytest.fixture
def moto(kms_import_mock) -> Iterator[None]:
    """All of moto, within the mock."""
    with mock_aws():
        yield


@pytest.fixture
def client(moto):
    """Make a client of a service."""
    return lambda service, region=REGION, **options: boto3.client(service, region, **options)


@pytest.fixture
def key(kms_import_mock) -> KeyView:
    """A KMS key with imported key material."""
    return kms_import_mock.import_key()


@pytest.fixture
def made(kms_import_mock):
    """The calls that services have made, as operation, service and encryption context, since the last look."""
    seen = len(kms_import_mock.calls)

    def look() -> list[tuple[str, str, object]]:
        nonlocal seen
        calls, since = kms_import_mock.calls, seen
        seen = len(calls)
        return [
            (call.operation, call.via_service, call.request["EncryptionContext"])
            for call in list(calls)[since:]
            if call.via_service
        ]

    return look


@pytest.fixture
def end(kms_import_mock, kms, key):
    """Bring the KMS key into a state."""

    def bring(state: Unusable) -> str:
        state.how(kms, key.id)
        return state.of(key)

    return bring


def in_full(text: str, code: str) -> str:
    """A pattern for the text of AWS KMS as services pass it on, whatever the request ID."""
    tail = re.escape(f" (Service: AWSKMS; Status Code: 400; Error Code: {code}; Request ID: ")
    return f"{re.escape(text)}{tail}[0-9a-f-]{{36}}; Proxy: null\\)"


def credentials_of(principal) -> dict[str, str | None]:
    """A principal's credentials, as keywords of a client."""
    return {
        "aws_access_key_id": principal.access_key_id,
        "aws_secret_access_key": principal.secret_access_key,
        "aws_session_token": principal.session_token,
    }
