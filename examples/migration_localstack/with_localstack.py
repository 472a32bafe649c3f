"""Before: tests with LocalStack, as such projects have them.

Shown, and not run by anybody here, since it needs Docker, the image, and a token for it; in such a project the file is
called ``test_archive.py``. The job in CI that goes with it:

    services:
      localstack:
        image: localstack/localstack
        ports: ["4566:4566"]
        env: {SERVICES: "kms,s3", LOCALSTACK_AUTH_TOKEN: "${{ secrets.LOCALSTACK_AUTH_TOKEN }}"}
"""

from __future__ import annotations

import socket
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError
from migration_localstack.archive import get, put, set_up

ENDPOINT = "http://localhost:4566"
MATERIAL = bytes(range(32))


@pytest.fixture(scope="session", autouse=True)
def localstack():
    """Nothing can be tested without the container."""
    with socket.socket() as probe:
        if probe.connect_ex(("localhost", 4566)):
            pytest.skip("LocalStack does not answer")


@pytest.fixture(autouse=True)
def aws(monkeypatch):
    """Lead every client to the container."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", ENDPOINT)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def bucket(localstack, aws):
    """A bucket of a new name, and an alias that no test before has left behind."""
    kms = boto3.client("kms")
    for alias in kms.list_aliases()["Aliases"]:
        if alias["AliasName"] == "alias/archive":
            kms.delete_alias(AliasName=alias["AliasName"])
    name = f"archive-{uuid.uuid4()}"
    set_up(name, MATERIAL)
    return name


def test_what_is_put_is_got(bucket):
    put(bucket, "payroll", b"secret")
    assert get(bucket, "payroll") == b"secret"


def test_it_is_bound_to_its_name(bucket):
    put(bucket, "payroll", b"secret")
    s3 = boto3.client("s3")
    s3.copy_object(Bucket=bucket, Key="other", CopySource=f"{bucket}/payroll")
    with pytest.raises(ClientError, match="InvalidCiphertextException"):
        get(bucket, "other")
