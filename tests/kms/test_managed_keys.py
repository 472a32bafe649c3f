"""AWS managed keys: how they come to be, what they are, and what nobody may do with them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from pytest_kmsimport import NotOffered, mock_kms_import
from pytest_kmsimport.engine.managed import SERVICES, policy_of

from ..support.refusal import refused

HOME, OTHER_ACCOUNT = "123456789012", "111122223333"
S3 = "alias/aws/s3"
ALIAS = f"arn:aws:kms:us-east-1:{HOME}:{S3}"
# What GetKeyPolicy was seen to give for the EBS key of a real account, by the Ansible module kms_key_info.
POLICY_OF_EBS = {
    "Version": "2012-10-17",
    "Id": "auto-ebs-2",
    "Statement": [
        {
            "Sid": "Allow access through EBS for all principals in the account that are authorized to use EBS",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:CreateGrant",
                "kms:DescribeKey",
            ],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:CallerAccount": HOME, "kms:ViaService": "ec2.us-east-1.amazonaws.com"}},
        },
        {
            "Sid": "Allow direct access to key metadata to the account",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
            "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
            "Resource": "*",
        },
    ],
}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
DENIED = "because no resource-based policy allows the kms:{operation} action"


@pytest.fixture
def s3(kms):
    """The metadata of the managed key of S3, made by DescribeKey."""
    return kms.describe_key(KeyId=S3)["KeyMetadata"]


def aliases(kms) -> dict[str, str]:
    """The aliases and the KMS keys that they stand for."""
    return {entry["AliasName"]: entry["TargetKeyId"] for entry in kms.list_aliases()["Aliases"]}


@pytest.mark.parametrize("identifier", [S3, ALIAS])
def test_describe_key_makes_one(kms, identifier):
    """Once: from then on its alias, its key ID and its key ARN name the same KMS key, in every listing."""
    assert aliases(kms) == {}
    made = kms.describe_key(KeyId=identifier)["KeyMetadata"]
    for name in (S3, ALIAS, made["KeyId"], made["Arn"]):
        assert kms.describe_key(KeyId=name)["KeyMetadata"] == made
    assert aliases(kms) == {S3: made["KeyId"]}
    assert [key["KeyId"] for key in kms.list_keys()["Keys"]] == [made["KeyId"]]


def test_what_it_is(s3):
    """A symmetric encryption key of AWS's own making, and AWS's to manage."""
    assert {name: s3[name] for name in ("KeyManager", "Origin", "KeySpec", "KeyUsage", "KeyState", "MultiRegion")} == {
        "KeyManager": "AWS",
        "Origin": "AWS_KMS",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "MultiRegion": False,
    }
    assert s3["Description"] == "Default key that protects my S3 objects when no other key is defined"


def test_each_account_and_region_has_its_own(kms_import_mock, s3):
    """The alias is the same everywhere, and the KMS key never."""
    clients = kms_import_mock.client("eu-west-1"), kms_import_mock.client(account=OTHER_ACCOUNT)
    arns = {kms.describe_key(KeyId=S3)["KeyMetadata"]["Arn"] for kms in clients} | {s3["Arn"]}
    assert len(arns) == 3


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_can_use_its_own(kms, kms_import_mock, service):
    """Through the service whoever may use that; directly nobody, not even the root user with permission for all."""
    key_id = kms.describe_key(KeyId=f"alias/aws/{service}")["KeyMetadata"]["KeyId"]
    role = f"arn:aws:iam::{HOME}:role/App"
    through = kms_import_mock.principal(role, policies=EVERYTHING, via_service=SERVICES[service].endpoint).client()
    blob = through.generate_data_key(KeyId=key_id, KeySpec="AES_256")["CiphertextBlob"]
    assert through.decrypt(CiphertextBlob=blob)["KeyId"].endswith(key_id)
    for client in (kms, kms_import_mock.principal(role, policies=EVERYTHING).client()):
        with pytest.raises(client.exceptions.ClientError, match=DENIED.format(operation="Decrypt")):
            client.decrypt(CiphertextBlob=blob)


def test_its_policy_is_for_its_service_its_region_and_its_account(kms, kms_import_mock, s3):
    """Another service, and somebody of another account through the same service, may not use it."""
    for arn, via in ((f"arn:aws:iam::{HOME}:role/App", "sqs"), (f"arn:aws:iam::{OTHER_ACCOUNT}:role/App", "s3")):
        client = kms_import_mock.principal(arn, policies=EVERYTHING, via_service=via).client()
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.generate_data_key(KeyId=s3["Arn"], KeySpec="AES_256")


def test_its_policy_is_printed_as_awss_own(kms):
    """What GetKeyPolicy gives, and in the lines that AWS breaks it into."""
    kms.describe_key(KeyId="alias/aws/ebs")
    policy = kms.get_key_policy(KeyId=aliases(kms)["alias/aws/ebs"])["Policy"]
    assert json.loads(policy) == POLICY_OF_EBS
    assert policy.startswith(
        '{\n  "Version" : "2012-10-17",\n  "Id" : "auto-ebs-2",\n  "Statement" : [ {\n    "Sid" : '
    )
    assert policy.endswith('"kms:RevokeGrant" ],\n    "Resource" : "*"\n  } ]\n}')


@pytest.mark.parametrize(
    ("service", "statements"),
    [
        ("dynamodb", [("StringEquals", "StringLike"), (), ()]),
        ("es", [("StringEquals",), (), ()]),
        ("secretsmanager", [("StringEquals",), ("StringEquals", "StringLike"), ()]),
        ("s3", [("StringEquals",), ()]),
    ],
)
def test_policies_have_the_statements_that_were_seen(service, statements):
    """Some services describe their key themselves, some have a statement for all Regions' endpoints."""
    policy = json.loads(policy_of(SERVICES[service], HOME, "us-east-1"))
    assert [tuple(statement.get("Condition", ())) for statement in policy["Statement"]] == statements
    direct = policy["Statement"][-1 if service in {"s3", "secretsmanager"} else -2]
    assert ("kms:RevokeGrant" in direct["Action"]) == (service != "s3")


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("CancelKeyDeletion", {}),
        ("CreateGrant", {"GranteePrincipal": f"arn:aws:iam::{HOME}:root", "Operations": ["Decrypt"]}),
        ("DisableKey", {}),
        ("DisableKeyRotation", {}),
        ("EnableKey", {}),
        ("EnableKeyRotation", {}),
        ("Encrypt", {"Plaintext": b"x"}),
        ("PutKeyPolicy", {"Policy": json.dumps(EVERYTHING)}),
        ("RotateKeyOnDemand", {}),
        ("ScheduleKeyDeletion", {}),
        ("TagResource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        ("UntagResource", {"TagKeys": ["a"]}),
        ("UpdateKeyDescription", {"Description": "mine"}),
    ],
)
def test_what_nobody_may_do_with_it(kms, kms_import_mock, s3, operation, members):
    """Its key policy allows none of that, so that it stays as it was."""
    where = f"User: arn:aws:iam::{HOME}:root is not authorized to perform: kms:{operation} on resource: {s3['Arn']}"
    with refused("AccessDeniedException", f"{where} {DENIED.format(operation=operation)}"):
        kms._make_api_call(operation, {"KeyId": s3["KeyId"], **members})
    assert "the AWS managed key of s3" in kms_import_mock.calls[-1].diagnosis
    assert kms.describe_key(KeyId=S3)["KeyMetadata"] == s3


def test_it_gets_no_alias_of_yours(kms, s3, make_key):
    """Neither a new one nor one that is moved; and its own is AWS's to move and to delete."""
    with pytest.raises(kms.exceptions.ClientError, match=DENIED.format(operation="CreateAlias")):
        kms.create_alias(AliasName="alias/mine", TargetKeyId=s3["KeyId"])
    key_id = make_key()
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key_id)
    with pytest.raises(kms.exceptions.ClientError, match=DENIED.format(operation="UpdateAlias")):
        kms.update_alias(AliasName="alias/mine", TargetKeyId=s3["KeyId"])
    with pytest.raises(kms.exceptions.ClientError, match=DENIED.format(operation="UpdateAlias")):
        kms.update_alias(AliasName=S3, TargetKeyId=key_id)
    with pytest.raises(kms.exceptions.ClientError, match=DENIED.format(operation="DeleteAlias")):
        kms.delete_alias(AliasName=S3)
    with refused("NotAuthorizedException"):
        kms.create_alias(AliasName="alias/aws/sqs", TargetKeyId=key_id)
    assert aliases(kms) == {"alias/mine": key_id, S3: s3["KeyId"]}


@pytest.mark.parametrize("operation", ["GetParametersForImport", "ImportKeyMaterial", "ReplicateKey"])
def test_it_is_neither_imported_nor_replicated(kms, s3, operation):
    """The key policy comes before the origin."""
    members = {
        "GetParametersForImport": {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"},
        "ImportKeyMaterial": {"ImportToken": b"x", "EncryptedKeyMaterial": b"x"},
        "ReplicateKey": {"ReplicaRegion": "eu-west-1"},
    }[operation]
    if operation == "GetParametersForImport":  # which begins with Get, so that the policy allows it
        text = f"{s3['Arn']} origin is AWS_KMS which is not valid for this operation."
        with refused("UnsupportedOperationException", text):
            kms.get_parameters_for_import(KeyId=s3["KeyId"], **members)
        return
    with pytest.raises(kms.exceptions.ClientError, match=DENIED.format(operation=operation)):
        kms._make_api_call(operation, {"KeyId": s3["KeyId"], **members})


def test_it_rotates_once_a_year(kms, kms_import_mock, s3):
    """Though GetKeyRotationStatus says that it does not, as AWS's own was recorded to say."""
    kms_import_mock.clock.advance(days=800)
    assert kms.get_key_rotation_status(KeyId=s3["KeyId"])["KeyRotationEnabled"] is False
    rotations = kms.list_key_rotations(KeyId=s3["KeyId"])["Rotations"]
    assert [rotation["RotationType"] for rotation in rotations] == ["AUTOMATIC"] * 2
    first, second = (rotation["RotationDate"] for rotation in rotations)
    assert (first - s3["CreationDate"], second - first) == (timedelta(days=365),) * 2


@pytest.mark.parametrize(
    ("operation", "members"),
    [("Encrypt", {"Plaintext": b"x"}), ("GenerateDataKey", {"KeySpec": "AES_256"}), ("GetPublicKey", {})],
)
def test_only_describe_key_makes_one(kms, kms_import_mock, operation, members):
    """For all else there is no such alias yet, and the diagnosis says how it comes to be."""
    with refused("NotFoundException", f"Alias {ALIAS} is not found."):
        kms._make_api_call(operation, {"KeyId": S3, **members})
    assert "ask DescribeKey for it" in kms_import_mock.calls[-1].diagnosis
    assert aliases(kms) == {}


def test_who_may_not_describe_it_makes_none(kms, kms_import_mock):
    """A refused call has changed nothing; nor has asking what somebody may do."""
    somebody = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Bob")
    assert not kms_import_mock.can(somebody, "DescribeKey", S3)
    with pytest.raises(kms.exceptions.ClientError, match="no identity-based policy allows the kms:DescribeKey action"):
        somebody.client().describe_key(KeyId=S3)
    with pytest.raises(LookupError):
        kms_import_mock.key(S3)
    assert aliases(kms) == {}


@pytest.mark.parametrize("name", ["alias/aws/no-such-service", "alias/aws/"])
@pytest.mark.parametrize(("operation", "members"), [("DescribeKey", {}), ("Encrypt", {"Plaintext": b"x"})])
def test_a_service_that_nobody_here_knows(kms, kms_import_mock, operation, members, name):
    """AWS may have a key there or not: the mock says aloud that it does not know."""
    with pytest.raises(NotOffered, match=rf"{operation} with {name} is not offered.*secretsmanager"):
        kms._make_api_call(operation, {"KeyId": name, **members})
    kms_import_mock.complaints.clear()


def test_aliases_that_are_not_taken(kms):
    """Operations without aliases, another Region and another account are refused as for any alias."""
    with refused("InvalidArnException", "Key Aliases are not supported for this operation."):
        kms.enable_key(KeyId=S3)
    with refused("NotFoundException", "Invalid arn eu-west-1"):
        kms.describe_key(KeyId=f"arn:aws:kms:eu-west-1:{HOME}:{S3}")
    with pytest.raises(kms.exceptions.ClientError, match="AccessDeniedException"):
        kms.describe_key(KeyId=f"arn:aws:kms:us-east-1:{OTHER_ACCOUNT}:{S3}")


def test_they_count_for_no_quota():
    """Neither the KMS keys nor the aliases."""
    with mock_kms_import(quotas={"keys": 1}) as mock:
        kms = mock.client()
        kms.describe_key(KeyId=S3)
        kms.create_key()
        with pytest.raises(kms.exceptions.LimitExceededException):
            kms.create_key()
        kms.describe_key(KeyId="alias/aws/sqs")


def test_they_are_saved(kms, kms_import_mock, s3, tmp_path):
    """With the date of their next rotation."""
    kms_import_mock.save(tmp_path / "state")
    with mock_kms_import() as other:
        other.load(tmp_path / "state")
        assert other.client().describe_key(KeyId=S3)["KeyMetadata"] == s3
        other.clock.move_to(datetime.now(timezone.utc) + timedelta(days=366))
        assert len(other.client().list_key_rotations(KeyId=s3["KeyId"])["Rotations"]) == 1


def test_a_snapshot_is_from_before(kms, kms_import_mock):
    """What was made since is gone, with its alias."""
    before = kms_import_mock.snapshot()
    first = kms.describe_key(KeyId=S3)["KeyMetadata"]["KeyId"]
    kms_import_mock.restore(before)
    assert aliases(kms) == {}
    assert kms.describe_key(KeyId=S3)["KeyMetadata"]["KeyId"] != first
