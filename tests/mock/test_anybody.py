"""Who calls where nobody says so (options ``principal`` and ``policies``), and ``mock.govern`` for whole accounts."""

from __future__ import annotations

import json
import re

import boto3
import pytest
from botocore.exceptions import ClientError

from pytest_kmsimport import NotOffered, mock_kms_import

from ..support.iam_policies import DENIED, HOME, OTHER, allow
from ..support.key_policies import document, root, statement

ROLE = f"arn:aws:iam::{HOME}:role/Importer"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/Importer/pytest"


@pytest.mark.kms_import(principal=ROLE, policies=[allow("kms:DescribeKey")])
@pytest.mark.parametrize("access_key", ["testing", "AKIAIOSFODNN7EXAMPLE", None])
def test_the_code_under_test_is_somebody(kms_import_mock, access_key, monkeypatch):
    """With whatever credentials nobody is known by, or none; the mock's own arrangements are nobody's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, access_key) if access_key else monkeypatch.delenv(name, raising=False)
    key = kms_import_mock.import_key()
    kms = boto3.session.Session().client("kms", kms_import_mock.region)
    kms.describe_key(KeyId=key.id)
    with pytest.raises(ClientError, match=f"User: {SESSION} {DENIED}: kms:Encrypt"):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")


@pytest.mark.kms_import(principal=ROLE)
def test_others_stay_who_they_are(kms_import_mock):
    """The root user of an account, by its 12 digits, and registered principals."""
    kms = kms_import_mock.client(account=HOME)
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    alice = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Alice", policies=allow("kms:Encrypt"))
    alice.client().encrypt(KeyId=key_id, Plaintext=b"x")
    with pytest.raises(ClientError, match=SESSION):
        kms_import_mock.client().encrypt(KeyId=key_id, Plaintext=b"x")


@pytest.mark.kms_import(principal=ROLE)
def test_a_role_without_policies_may_do_nothing(kms_import_mock):
    """And still so when the mock has become as new."""
    for _ in range(2):
        with pytest.raises(ClientError, match="no identity-based policy allows the kms:ListKeys action"):
            kms_import_mock.client().list_keys()
        kms_import_mock.reset()


def test_policies_from_a_file(tmp_path):
    """As of ``mock.principal``."""
    (tmp_path / "policy.json").write_text(json.dumps(allow("kms:ListKeys")))
    with mock_kms_import(principal=ROLE, policies=tmp_path / "policy.json") as mock:
        mock.client().list_keys()


@pytest.mark.parametrize(
    ("options", "instead"),
    [
        ({"policies": [allow("kms:*")]}, "write principal, the ARN of a user or a role, as well"),
        ({"principal": "Importer"}, "'Importer' is nobody who calls; a caller is an account"),
        ({"principal": 1}, "principal is 1; write a str"),
        ({"principal": ROLE, "policies": ["{"]}, "The policy is no JSON"),
        ({"principal": ROLE, "policies": [1]}, "A policy is a dict, JSON or the path of a file, not 1"),
        ({"principal": ROLE, "policies": 1}, "A policy is a dict, JSON or the path of a file, not 1"),
    ],
)
def test_options_that_are_none(options, instead):
    """Say what to write."""
    with pytest.raises(ValueError, match=re.escape(instead)):
        mock_kms_import(**options)


def test_a_file_that_is_not_there(tmp_path):
    """Is told by its name."""
    with pytest.raises(ValueError, match=r"missing\.json"):
        mock_kms_import(principal=ROLE, policies=tmp_path / "missing.json")


# Whole accounts


def test_a_service_control_policy_binds_the_root_user(kms_import_mock):
    """Beside FullAWSAccess it takes away; the refusal names it."""
    denied = allow("kms:ScheduleKeyDeletion", effect="Deny")
    kms_import_mock.govern(service_control_policies=["FullAWSAccess", denied])
    kms = kms_import_mock.client()
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    named = rf"explicit deny in a service control policy: arn:aws:organizations::{HOME}:policy/o-\w+/service_control_"
    with pytest.raises(ClientError, match=named):
        kms.schedule_key_deletion(KeyId=key_id)
    kms_import_mock.client(account=OTHER).create_key()


def test_without_full_access_nothing_is_allowed(kms_import_mock):
    """Of service control policies one has to allow a call; another list takes the place of the one before."""
    kms = kms_import_mock.client()
    kms_import_mock.govern(service_control_policies=allow("kms:ListKeys"))
    kms.list_keys()
    with pytest.raises(ClientError, match="no service control policy allows the kms:CreateKey action"):
        kms.create_key()
    kms_import_mock.govern()
    kms.create_key()


def test_a_resource_control_policy_keeps_others_out(kms_import_mock):
    """It is that of the KMS key's account, whoever calls."""
    policy = document(statement([root(HOME), root(OTHER)]))
    key = kms_import_mock.import_key(Policy=policy)
    eve = kms_import_mock.principal(f"arn:aws:iam::{OTHER}:user/Eve", policies=allow("kms:*")).client()
    eve.encrypt(KeyId=key.arn, Plaintext=b"x")
    perimeter = statement("*", Effect="Deny", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})
    kms_import_mock.govern(resource_control_policies=document(perimeter), organization="o-a1b2c3d4e5")
    with pytest.raises(ClientError, match="explicit deny in a resource control policy"):
        eve.encrypt(KeyId=key.arn, Plaintext=b"x")
    kms_import_mock.client().encrypt(KeyId=key.arn, Plaintext=b"x")
    kms_import_mock.govern(OTHER, organization="o-a1b2c3d4e5")
    eve.encrypt(KeyId=key.arn, Plaintext=b"x")


def test_what_only_the_test_knows_of_an_account(kms_import_mock):
    """Condition keys of everybody, without registering them."""
    condition = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    key = kms_import_mock.import_key(Policy=document(statement(root(HOME), Condition=condition)))
    kms = kms_import_mock.client()
    with pytest.raises(NotOffered, match=r"by mock\.govern for its account"):
        kms.describe_key(KeyId=key.id)
    kms_import_mock.complaints.clear()
    kms_import_mock.govern(context={"aws:SourceIp": "203.0.113.7"})
    kms.describe_key(KeyId=key.id)
    kms_import_mock.govern(context={"aws:SourceIp": "198.51.100.7"})
    with pytest.raises(ClientError, match=DENIED):
        kms.describe_key(KeyId=key.id)


@pytest.mark.parametrize(
    ("arguments", "instead"),
    [
        ({"account": "home"}, "write the 12 digits of an AWS account"),
        ({"service_control_policies": ["FullAccess"]}, "The policy is no JSON"),
        ({"resource_control_policies": [allow("kms:*")]}, "Statement 1 names no Principal"),
    ],
)
def test_what_governs_nobody(kms_import_mock, arguments, instead):
    """Is refused, and changes nothing."""
    with pytest.raises(ValueError, match=re.escape(instead)):
        kms_import_mock.govern(**arguments)
    kms_import_mock.client().list_keys()
