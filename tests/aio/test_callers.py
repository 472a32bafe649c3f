"""Who calls, of asynchronous clients: by access keys of the mock's and of moto's, and STS's answer to who that is."""

from __future__ import annotations

import json
import threading

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from pytest_kmsimport import NotOffered, RealAwsRefused

from ..support.async_clients import client_on
from ..support.iam_policies import DENIED, HOME, allow

pytestmark = pytest.mark.anyio
ROLE = f"arn:aws:iam::{HOME}:role/Importer"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}


def credentials_of(importer):
    """A registered principal's credentials, as keywords of a client."""
    return {
        "aws_access_key_id": importer.access_key_id,
        "aws_secret_access_key": importer.secret_access_key,
        "aws_session_token": importer.session_token,
    }


async def may_only_describe(kms, key_id, arn):
    """Assert that a client calls as somebody who may do that alone."""
    await kms.describe_key(KeyId=key_id)
    with pytest.raises(ClientError, match=f"User: {arn} {DENIED}: kms:Encrypt"):
        await kms.encrypt(KeyId=key_id, Plaintext=b"x")


async def test_a_registered_principal(kms_import_mock, kms_import_server, http):
    """In process and over a socket."""
    key_id = kms_import_mock.import_key().id
    importer = kms_import_mock.principal(ROLE, policies=allow("kms:DescribeKey"))
    for endpoint in ({}, {"endpoint_url": kms_import_server.url}):
        async with client_on(http, **credentials_of(importer), **endpoint) as kms:
            await may_only_describe(kms, key_id, importer.arn)


@pytest.fixture
def session():
    """Credentials of a session of a role of moto's, which may only describe KMS keys."""
    with mock_aws():
        iam, policy = boto3.client("iam"), json.dumps(allow("kms:DescribeKey"))
        iam.create_role(RoleName="Importer", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(RoleName="Importer", PolicyName="describe", PolicyDocument=policy)
        sts = boto3.client("sts", "us-east-1")
        issued = sts.assume_role(RoleArn=ROLE, RoleSessionName="ceremony")["Credentials"]
        yield {
            "aws_access_key_id": issued["AccessKeyId"],
            "aws_secret_access_key": issued["SecretAccessKey"],
            "aws_session_token": issued["SessionToken"],
        }


async def test_a_session_of_motos(kms_import_mock, session, http, monkeypatch):
    """moto is asked in a thread, so that the loop is free meanwhile; once."""
    threads, key_id = [], kms_import_mock.import_key().id
    callers = kms_import_mock.service.callers
    ask = callers._ask
    monkeypatch.setattr(callers, "_ask", lambda *key: threads.append(threading.current_thread()) or ask(*key))
    async with client_on(http, **session) as kms:
        await may_only_describe(kms, key_id, f"arn:aws:sts::{HOME}:assumed-role/Importer/ceremony")
    (thread,) = threads
    assert thread is not threading.current_thread()


async def test_policies_that_are_none(kms_import_mock, session, http, monkeypatch):
    """Fail the test in the client's call."""
    monkeypatch.setattr("pytest_kmsimport._transports.iam._as_json", lambda _: "{")
    async with client_on(http, **session) as kms:
        with pytest.raises(NotOffered, match="The policy is no JSON"):
            await kms.list_keys()
    assert len(kms_import_mock.complaints) == 1
    kms_import_mock.complaints.clear()


async def test_caller_identity(kms_import_mock, http):
    """Is told of whom the mock knows, and of nobody else."""
    importer = kms_import_mock.principal(ROLE)
    async with client_on(http, "sts", **credentials_of(importer)) as sts:
        assert (await sts.get_caller_identity())["Arn"] == importer.arn
    async with client_on(http, "sts", aws_access_key_id="testing", aws_secret_access_key="testing") as sts:
        with pytest.raises(RealAwsRefused):
            await sts.get_caller_identity()
    kms_import_mock.complaints.clear()
