"""SSM's Parameter Store: what a SecureString under a KMS key of the mock needs of it, and the service's refusals."""

from __future__ import annotations

import re

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_kmsimport import faults

from ..support.iam_policies import HOME, allow
from ..support.refusal import refused_like
from .conftest import OWN, REGION, UNUSABLE, credentials_of, in_full

NAME = "/service/token"
ARN = f"arn:aws:ssm:{REGION}:{OWN}:parameter/service/token"
ELSEWHERE = "11111111-2222-4333-8444-555555555555"
CIPHERTEXT = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not"
    " allowed to access."
)


@pytest.fixture
def ssm(client):
    """A client of moto's SSM."""
    return client("ssm")


def put(ssm, key_id, name=NAME, content="first", **members):
    """Put a SecureString under a KMS key."""
    ssm.put_parameter(**{"Name": name, "Value": content, "Type": "SecureString", "KeyId": key_id, **members})


def get(ssm, name=NAME):
    """A parameter, decrypted."""
    return ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]


READING = {
    "GetParameter": get,
    "GetParameter, by ARN": lambda ssm: get(ssm, ARN),
    "GetParameter, a version": lambda ssm: get(ssm, f"{NAME}:1"),
    "GetParameters": lambda ssm: ssm.get_parameters(Names=["nothing", NAME], WithDecryption=True),
    "GetParametersByPath": lambda ssm: ssm.get_parameters_by_path(Path="/service", WithDecryption=True),
    "GetParametersByPath, recursive": lambda ssm: ssm.get_parameters_by_path(
        Path="/", Recursive=True, WithDecryption=True
    ),
    "GetParameterHistory": lambda ssm: ssm.get_parameter_history(Name=NAME, WithDecryption=True),
}


@pytest.mark.parametrize("request_", READING)
def test_a_parameter_cannot_be_read(ssm, key, end, state, request_):
    """InvalidKeyId with AWS KMS's text; what is not decrypted needs no KMS key."""
    put(ssm, key.id)
    ssm.put_parameter(Name="/service/plain", Value="in the clear", Type="String")
    text = end(state)
    with refused_like("InvalidKeyId", in_full(text, state.code)):
        READING[request_](ssm)
    assert ssm.get_parameter(Name=NAME)["Parameter"]["Type"] == "SecureString"
    assert get(ssm, "/service/plain") == "in the clear"


def test_a_parameter_cannot_be_written(ssm, key, kms, end, state):
    """And stays what it was."""
    put(ssm, key.id)
    text = end(state)
    for more in ({}, {"Tier": "Advanced"}):
        with refused_like("InvalidKeyId", in_full(text, state.code)):
            put(ssm, key.arn, content="second", Overwrite=True, **more)
    assert ssm.get_parameter(Name=NAME)["Parameter"]["Version"] == 1


@pytest.mark.parametrize("region", [REGION, "eu-west-1"])
def test_a_key_that_is_not_there(ssm, region):
    """By its ARN, as AWS was seen to answer."""
    arn = f"arn:aws:kms:{region}:{OWN}:key/{ELSEWHERE}"
    text = f"Key '{arn}' does not exist" if region == REGION else f"Invalid arn {region}"
    with refused_like("InvalidKeyId", in_full(text, "NotFoundException")):
        put(ssm, arn)
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name=NAME)


def test_the_calls(ssm, key, made):
    """Encrypt or, for an advanced parameter, GenerateDataKey, and Decrypt, for the parameter's ARN."""
    put(ssm, key.id)
    put(ssm, key.id, "top", Tier="Advanced")
    get(ssm)
    get(ssm, "top")
    ssm.get_parameter(Name=NAME)
    context, top = {"PARAMETER_ARN": ARN}, {"PARAMETER_ARN": f"arn:aws:ssm:{REGION}:{OWN}:parameter/top"}
    assert made() == [
        ("Encrypt", "ssm", context),
        ("GenerateDataKey", "ssm", top),
        ("Decrypt", "ssm", context),
        ("Decrypt", "ssm", top),
    ]


def test_each_parameter_is_decrypted(ssm, key, made):
    """As many calls as there are SecureStrings."""
    for name in ("/a/1", "/a/2", "/a/b/3"):
        put(ssm, key.id, name)
    made()
    ssm.get_parameters(Names=["/a/1", "/a/b/3"], WithDecryption=True)
    assert [context["PARAMETER_ARN"].rpartition("parameter")[2] for _, _, context in made()] == ["/a/1", "/a/b/3"]
    ssm.get_parameters_by_path(Path="/a", WithDecryption=True)
    assert len(made()) == 2
    ssm.get_parameters_by_path(Path="/a", Recursive=True, WithDecryption=True)
    assert len(made()) == 3


def test_each_version_is_under_its_own_key(ssm, key, kms, kms_import_mock, made):
    """A version that is asked for by number or label, and the history, need the KMS key that it was written under."""
    put(ssm, key.id)
    ssm.label_parameter_version(Name=NAME, ParameterVersion=1, Labels=["before"])
    put(ssm, kms_import_mock.import_key().id, content="second", Overwrite=True)
    made()
    ssm.get_parameter_history(Name=NAME, WithDecryption=True)
    assert len(made()) == 2
    kms.delete_imported_key_material(KeyId=key.id)
    assert get(ssm) == get(ssm, f"{NAME}:2") == "second"
    nothing = ["nothing", "nothing:1"]
    for names in ([f"{NAME}:1"], [f"{ARN}:1"], [f"{NAME}:before"], [*nothing, NAME, f"{NAME}:1"]):
        with pytest.raises(ssm.exceptions.InvalidKeyId):
            ssm.get_parameters(Names=names, WithDecryption=True)
    with pytest.raises(ssm.exceptions.InvalidKeyId):
        ssm.get_parameter_history(Name=NAME, WithDecryption=True)


def test_the_type_need_not_be_said_again(ssm, key, made):
    """Of a SecureString that is there; the KMS key has to be."""
    put(ssm, key.id)
    made()
    ssm.put_parameter(Name=NAME, Value="second", KeyId=key.id, Overwrite=True)
    assert len(made()) == 1


def test_whoever_may_not(client, ssm, key, kms_import_mock):
    """Is told for reading what AWS KMS says of a ciphertext, and for writing which permission is missing."""
    put(ssm, key.id)
    alice = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Alice", policies=allow("ssm:*"))
    theirs = client("ssm", **credentials_of(alice))
    with refused_like("AccessDeniedException", in_full(CIPHERTEXT, "AccessDeniedException")):
        get(theirs)
    denied = (
        f"User: {alice.arn} is not authorized to perform: kms:Encrypt on resource: {key.arn} because no identity-based"
        " policy allows the kms:Encrypt action"
    )
    with refused_like("AccessDeniedException", in_full(denied, "AccessDeniedException")):
        put(theirs, key.id, "other")


@pytest.mark.parametrize(
    ("code", "theirs", "status"),
    [("ThrottlingException", "ThrottlingException", 400), ("KMSInternalException", "InternalServerError", 500)],
)
def test_aws_kms_fails(client, ssm, key, kms_import_mock, code, theirs, status):
    """So does the service."""
    put(ssm, key.id)
    kms_import_mock.inject(faults.Refusal(code), on="Decrypt")
    once = client("ssm", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError) as caught:
        get(once)
    assert caught.value.response["Error"]["Code"] == theirs
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_what_stands_on_no_key_of_the_mocks(ssm, made):
    """Is left alone: plain parameters, and the default key."""
    ssm.put_parameter(Name="plain", Value="x", Type="String")
    ssm.put_parameter(Name="secure", Value="x", Type="SecureString")
    ssm.put_parameter(Name="named", Value="x", Type="SecureString", KeyId="alias/aws/ssm")
    assert [get(ssm, name) for name in ("plain", "secure", "named")] == ["x"] * 3
    assert made() == []


def test_it_works_again(ssm, kms, kms_import_mock):
    """With the same key material imported anew."""
    key = kms_import_mock.import_key(b"k" * 32)
    put(ssm, key.id)
    UNUSABLE["pending import"].how(kms, key.id)
    with pytest.raises(ClientError, match=re.escape("is pending import.")):
        get(ssm)
    kms_import_mock.import_key(b"k" * 32, key_id=key.id)
    assert get(ssm) == "first"
