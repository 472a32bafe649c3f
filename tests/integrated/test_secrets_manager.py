"""Secrets Manager: what a secret under a KMS key of the mock needs of it, and the service's own refusals."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_kmsimport import faults

from ..support.iam_policies import HOME, allow
from ..support.refusal import refused, refused_like
from .conftest import OWN, REGION, UNUSABLE, credentials_of, in_full

NAME = "database/password"
ELSEWHERE = "11111111-2222-4333-8444-555555555555"
NOT_ALLOWED = "Access to KMS is not allowed"
FAILED = "The operation failed because of an invalid KMS key: "


@pytest.fixture
def secrets(client):
    """A client of moto's Secrets Manager."""
    return client("secretsmanager")


@pytest.fixture
def arn(secrets, key):
    """A secret under the KMS key."""
    return secrets.create_secret(Name=NAME, SecretString="first", KmsKeyId=key.arn)["ARN"]


def value(secrets, **members):
    """What a secret is."""
    return secrets.get_secret_value(SecretId=NAME, **members)["SecretString"]


def test_a_value_cannot_be_read(secrets, arn, end, state):
    """DecryptionFailure with AWS KMS's text, each time, for each way to ask."""
    text = end(state)
    pattern = "Secrets Manager can't decrypt the secret value: " + in_full(text, state.code)
    for _ in range(2):
        with refused_like("DecryptionFailure", pattern):
            value(secrets)
    with refused_like("DecryptionFailure", pattern):
        secrets.batch_get_secret_value(SecretIdList=[NAME])
    with refused_like("DecryptionFailure", pattern):
        secrets.batch_get_secret_value(Filters=[{"Key": "name", "Values": [NAME]}])


def test_a_value_cannot_be_written(secrets, arn, kms, key, end, state):
    """EncryptionFailure, and the value stays what it was."""
    text = end(state)
    pattern = "Secrets Manager can't encrypt the secret value: " + in_full(text, state.code)
    for write in (secrets.put_secret_value, secrets.update_secret):
        with refused_like("EncryptionFailure", pattern):
            write(SecretId=NAME, SecretString="second")
    if state is UNUSABLE["disabled"]:
        kms.enable_key(KeyId=key.id)
        assert value(secrets) == "first"


def test_a_disabled_key_cannot_be_chosen(secrets, key, end):
    """With a text that names no key; no secret is made."""
    end(UNUSABLE["disabled"])
    text = "The operation failed because the specified KMS key is disabled."
    secrets.create_secret(Name="other", SecretString="x")
    with refused("InvalidParameterException", text):
        secrets.create_secret(Name=NAME, KmsKeyId=key.id)
    with refused("InvalidParameterException", text):
        secrets.update_secret(SecretId="other", KmsKeyId=key.id)
    (only,) = secrets.list_secrets()["SecretList"]
    assert "KmsKeyId" not in only


@pytest.mark.parametrize("state", ["pending deletion", "pending import"], indirect=True)
def test_another_unusable_key_cannot_be_chosen(secrets, key, end, state):
    """With AWS KMS's text."""
    with refused_like("InvalidParameterException", FAILED + in_full(end(state), state.code)):
        secrets.create_secret(Name=NAME, KmsKeyId=key.id)


@pytest.mark.parametrize(
    ("key_id", "text"),
    [
        (
            f"arn:aws:kms:{REGION}:{OWN}:key/{ELSEWHERE}",
            f"Key 'arn:aws:kms:{REGION}:{OWN}:key/{ELSEWHERE}' does not exist",
        ),
        ("alias/nowhere", f"Alias arn:aws:kms:{REGION}:{OWN}:alias/nowhere is not found."),
        ("not-a-key", "Invalid keyId 'not-a-key'"),
    ],
)
def test_a_key_that_is_not_there(secrets, key_id, text):
    """As AWS was recorded to answer."""
    with refused_like("InvalidParameterException", FAILED + in_full(text, "NotFoundException")):
        secrets.create_secret(Name=NAME, KmsKeyId=key_id)
    assert secrets.list_secrets()["SecretList"] == []


def test_the_calls_for_a_new_secret(secrets, key, made):
    """The KMS key is tried with a pair of calls, and then the value is encrypted for its version."""
    version = secrets.create_secret(Name=NAME, SecretString="first", KmsKeyId=key.arn)["VersionId"]
    calls = made()
    assert [call[:2] for call in calls] == [
        ("GenerateDataKey", "secretsmanager"),
        ("Decrypt", "secretsmanager"),
        ("GenerateDataKey", "secretsmanager"),
    ]
    arns = {context["SecretARN"] for _, _, context in calls}
    assert len(arns) == 1
    assert arns.pop()[:-7] == f"arn:aws:secretsmanager:{REGION}:{OWN}:secret:{NAME}"
    assert [context["SecretVersionId"] for _, _, context in calls] == [
        "RequestToValidateKeyAccess",
        "RequestToValidateKeyAccess",
        version,
    ]
    secrets.create_secret(Name="without value", KmsKeyId=key.arn)
    assert len(made()) == 2


def test_the_calls_for_values(secrets, arn, made, kms_import_mock):
    """Each read decrypts the version that is asked for; the same token again is compared."""
    first = secrets.list_secret_version_ids(SecretId=NAME)["Versions"][0]["VersionId"]
    token = str(uuid4())
    made()
    secrets.put_secret_value(SecretId=NAME, SecretString="second", ClientRequestToken=token)
    value(secrets)
    value(secrets, VersionId=first)
    value(secrets, VersionStage="AWSPREVIOUS")
    secrets.put_secret_value(SecretId=NAME, SecretString="second", ClientRequestToken=token)
    assert made() == [
        ("GenerateDataKey", "secretsmanager", {"SecretARN": arn, "SecretVersionId": token}),
        ("Decrypt", "secretsmanager", {"SecretARN": arn, "SecretVersionId": token}),
        ("Decrypt", "secretsmanager", {"SecretARN": arn, "SecretVersionId": first}),
        ("Decrypt", "secretsmanager", {"SecretARN": arn, "SecretVersionId": first}),
        ("Decrypt", "secretsmanager", {"SecretARN": arn, "SecretVersionId": token}),
    ]
    assert kms_import_mock.trail[-1]["userIdentity"]["invokedBy"] == "secretsmanager.amazonaws.com"


def test_the_calls_for_another_key(secrets, arn, made, kms_import_mock):
    """UpdateSecret tries the new KMS key, and encrypts a value that comes along under it."""
    other = kms_import_mock.import_key()
    made()
    secrets.update_secret(SecretId=NAME, KmsKeyId=other.id)
    assert len(made()) == 2
    secrets.update_secret(SecretId=NAME, KmsKeyId=other.id, SecretString="second")
    assert len(made()) == 3
    assert kms_import_mock.calls[-1].key_arns == (other.arn,)


@pytest.mark.parametrize(
    ("may", "read", "write", "choose"),
    [
        (["kms:Decrypt"], True, False, False),
        (["kms:GenerateDataKey"], False, True, False),
        (["kms:Decrypt", "kms:GenerateDataKey"], True, True, True),
        (["kms:Encrypt"], False, False, False),
    ],
)
def test_permissions(client, secrets, arn, key, kms_import_mock, may, read, write, choose):
    """What somebody may not do with the KMS key is one text, whichever permission is missing."""
    alice = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Alice", policies=allow(*may))
    theirs = client("secretsmanager", **credentials_of(alice))
    requests = [
        (lambda: value(theirs), read),
        (lambda: theirs.put_secret_value(SecretId=NAME, SecretString="second"), write),
        (lambda: theirs.create_secret(Name="other", KmsKeyId=key.arn), choose),
    ]
    for request, allowed in requests:
        if allowed:
            request()
        else:
            with refused("AccessDeniedException", NOT_ALLOWED):
                request()


def test_aws_kms_fails(client, arn, kms_import_mock):
    """The service fails too, so that the client tries again."""
    kms_import_mock.inject(faults.Refusal("KMSInternalException"), on="Decrypt", times=1)
    assert value(client("secretsmanager")) == "first"
    kms_import_mock.inject(faults.Refusal("DependencyTimeoutException"), on="Decrypt", times=1)
    once = client("secretsmanager", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError) as caught:
        value(once)
    assert caught.value.response["Error"]["Code"] == "InternalServiceError"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


@pytest.mark.parametrize("members", [{}, {"KmsKeyId": "alias/aws/secretsmanager"}])
def test_the_default_key(secrets, made, members):
    """Is none of the mock's."""
    secrets.create_secret(Name=NAME, SecretString="first", **members)
    assert value(secrets) == "first"
    secrets.put_secret_value(SecretId=NAME, SecretString="second")
    assert made() == []


def test_what_is_not_there(secrets, made):
    """Is the service's business."""
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        value(secrets)
    assert made() == []


def test_a_secret_that_is_to_be_deleted(secrets, arn, kms, key, made):
    """It is not decrypted, and that is what its reader hears, whatever the KMS key is like."""
    secrets.delete_secret(SecretId=arn)
    kms.disable_key(KeyId=key.id)
    made()
    with pytest.raises(secrets.exceptions.InvalidRequestException):
        secrets.get_secret_value(SecretId=arn)
    assert made() == []


def test_no_value_is_in_a_call(secrets, arn, kms_import_mock):
    """What a secret is comes to AWS KMS in no form."""
    secrets.put_secret_value(SecretId=NAME, SecretString="correct horse battery staple")
    kms_import_mock.assert_never_sent(b"correct horse battery staple")
    assert "correct horse" not in json.dumps(list(kms_import_mock.trail))
