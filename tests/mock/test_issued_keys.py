"""Access keys that moto's STS and IAM have issued: they act as whom they were issued for, as IAM lets them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from pytest_kmsimport import NotOffered, RealAwsRefused, mock_kms_import

from ..support.iam_policies import DENIED, HOME, OTHER, allow
from ..support.key_policies import document, root, statement

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
    }
)
DESCRIBE = allow("kms:DescribeKey")
ENCRYPT = allow("kms:Encrypt")


@pytest.fixture
def moto(kms_import_mock):
    """IAM and STS of moto, within the mock."""
    with mock_aws():
        yield


@pytest.fixture
def iam(moto):
    """A client of moto's IAM."""
    return boto3.client("iam")


@pytest.fixture
def sts(moto):
    """A client of moto's STS."""
    return boto3.client("sts", "us-east-1")


@pytest.fixture
def key(kms_import_mock):
    """A KMS key with the default key policy."""
    return kms_import_mock.import_key()


def kms_of(credentials, region="us-east-1", **options):
    """A KMS client with credentials as STS and IAM give them."""
    return boto3.client(
        "kms",
        region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
        **options,
    )


def role(iam, *policies, **members):
    """The ARN of a new role with inline policies."""
    arn = iam.create_role(RoleName="Importer", AssumeRolePolicyDocument=TRUST, **members)["Role"]["Arn"]
    for number, policy in enumerate(policies):
        iam.put_role_policy(RoleName="Importer", PolicyName=f"policy-{number}", PolicyDocument=json.dumps(policy))
    return arn


def assume(sts, arn, **members):
    """A KMS client with the credentials of a session of a role."""
    return kms_of(sts.assume_role(RoleArn=arn, RoleSessionName="ceremony", **members)["Credentials"])


def managed(iam, policy, name="managed"):
    """The ARN of a managed policy."""
    return iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(policy))["Policy"]["Arn"]


def may(kms, key, *, encrypt=False, describe=False):
    """Assert what somebody may do with a KMS key, of two things."""
    for allowed, call in [
        (encrypt, lambda: kms.encrypt(KeyId=key.arn, Plaintext=b"x")),
        (describe, lambda: kms.describe_key(KeyId=key.arn)),
    ]:
        if allowed:
            call()
        else:
            with pytest.raises(ClientError, match=DENIED):
                call()


def test_an_importer_that_assumes_a_role(iam, sts, key):
    """Acts as the role's session, whatever path the role has."""
    kms = assume(sts, role(iam, DESCRIBE, Path="/keys/"))
    may(kms, key, describe=True)
    with pytest.raises(ClientError, match=f"User: arn:aws:sts::{HOME}:assumed-role/Importer/ceremony {DENIED}"):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_whoever_has_assumed_a_role_can_be_asked_about(iam, sts, key, kms_import_mock):
    """And denied something in one line, by the access key ID that STS has issued."""
    arn = role(iam, DESCRIBE)
    credentials = sts.assume_role(RoleArn=arn, RoleSessionName="ceremony")["Credentials"]
    issued = credentials["AccessKeyId"]
    assert kms_import_mock.can(issued, "DescribeKey", key.id)
    answer = kms_import_mock.can(issued, "Encrypt", key.id)
    assert not answer
    assert answer.decisions[0].principal == f"arn:aws:sts::{HOME}:assumed-role/Importer/ceremony"
    with kms_import_mock.deny("kms:DescribeKey", principal=issued):
        may(kms_of(credentials), key)
        assert kms_import_mock.can(None, "DescribeKey", key.id), "somebody else"
    may(kms_of(credentials), key, describe=True)
    for ask in (
        lambda: kms_import_mock.can(arn, "Encrypt", key.id),
        lambda: kms_import_mock.deny("kms:*", principal=arn),
    ):
        with pytest.raises(
            ValueError, match=r"is no access key ID: register who it is, principal=mock\.principal\('arn:"
        ):
            ask()


def test_a_key_policy_names_the_role(iam, sts, kms_import_mock):
    """By its ARN, path and all."""
    arn = role(iam, Path="/keys/")
    key = kms_import_mock.import_key(Policy=document(statement(root(HOME)), statement(arn, "kms:Encrypt")))
    may(assume(sts, arn), key, encrypt=True)


def test_managed_policies_count_in_their_default_version(iam, sts, key):
    """And not in an earlier one."""
    arn, policy = role(iam), managed(iam, DESCRIBE)
    iam.attach_role_policy(RoleName="Importer", PolicyArn=policy)
    kms = assume(sts, arn)
    may(kms, key, describe=True)
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(ENCRYPT), SetAsDefault=True)
    may(kms, key, encrypt=True)


def test_policies_that_change_meanwhile(iam, sts, key):
    """Hold from the next call on, without a new session."""
    kms = assume(sts, role(iam, DESCRIBE))
    may(kms, key, describe=True)
    iam.put_role_policy(RoleName="Importer", PolicyName="more", PolicyDocument=json.dumps(ENCRYPT))
    may(kms, key, describe=True, encrypt=True)
    iam.delete_role_policy(RoleName="Importer", PolicyName="policy-0")
    may(kms, key, encrypt=True)


def test_many_policies(iam, sts, key):
    """More than IAM lists in one page."""
    arn = role(iam)
    for number in range(101):
        policy = managed(iam, ENCRYPT if number == 100 else DESCRIBE, f"managed-{number:03}")
        iam.attach_role_policy(RoleName="Importer", PolicyArn=policy)
    may(assume(sts, arn), key, encrypt=True, describe=True)


def test_a_permissions_boundary_limits(iam, sts, key):
    """A role; moto has none for users."""
    boundary = managed(iam, DESCRIBE)
    may(assume(sts, role(iam, allow("kms:*"), PermissionsBoundary=boundary)), key, describe=True)


def test_session_policies_limit(iam, sts, key):
    """Inline ones and managed ones, as they were given to AssumeRole."""
    arn = role(iam, allow("kms:*"))
    may(assume(sts, arn, Policy=json.dumps(DESCRIBE)), key, describe=True)
    may(assume(sts, arn, PolicyArns=[{"arn": managed(iam, ENCRYPT)}]), key, encrypt=True)
    may(assume(sts, arn), key, encrypt=True, describe=True)


def test_tags_of_the_role_and_of_the_session(iam, sts, key):
    """aws:PrincipalTag has both, and the session's where both have one."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": "keys", "aws:PrincipalTag/shift": "night"}}
    tags = [{"Key": "team", "Value": "keys"}, {"Key": "shift", "Value": "day"}]
    arn = role(iam, allow("kms:Encrypt", Condition=condition), Tags=tags)
    may(assume(sts, arn), key)
    may(assume(sts, arn, Tags=[{"Key": "shift", "Value": "night"}]), key, encrypt=True)


def test_a_user(iam, key):
    """With inline and attached policies of their own and of their groups, and their tags."""
    iam.create_user(UserName="Alice", Path="/staff/", Tags=[{"Key": "team", "Value": "keys"}])
    kms = kms_of(iam.create_access_key(UserName="Alice")["AccessKey"])
    with pytest.raises(ClientError, match=f"User: arn:aws:iam::{HOME}:user/staff/Alice {DENIED}"):
        kms.describe_key(KeyId=key.id)
    condition = {"StringEquals": {"aws:PrincipalTag/team": "keys"}}
    iam.put_user_policy(
        UserName="Alice", PolicyName="own", PolicyDocument=json.dumps(allow("kms:DescribeKey", Condition=condition))
    )
    may(kms, key, describe=True)
    iam.create_group(GroupName="Importers")
    iam.add_user_to_group(UserName="Alice", GroupName="Importers")
    iam.attach_group_policy(GroupName="Importers", PolicyArn=managed(iam, ENCRYPT))
    may(kms, key, describe=True, encrypt=True)
    iam.put_group_policy(
        GroupName="Importers", PolicyName="not", PolicyDocument=json.dumps(allow("kms:Encrypt", effect="Deny"))
    )
    may(kms, key, describe=True)
    iam.attach_user_policy(UserName="Alice", PolicyArn=managed(iam, allow("kms:ListKeys"), "attached"))
    kms.list_keys()


@pytest.fixture
def alice(iam):
    """A user's access key, with everything of AWS KMS allowed."""
    iam.create_user(UserName="Alice")
    iam.put_user_policy(UserName="Alice", PolicyName="all", PolicyDocument=json.dumps(allow("kms:*")))
    access_key = iam.create_access_key(UserName="Alice")["AccessKey"]
    return {
        "aws_access_key_id": access_key["AccessKeyId"],
        "aws_secret_access_key": access_key["SecretAccessKey"],
    }


def test_a_session_token_is_its_users(iam, key, alice):
    """GetSessionToken changes nothing about who somebody is."""
    kms = kms_of(boto3.client("sts", "us-east-1", **alice).get_session_token()["Credentials"])
    may(kms, key, encrypt=True, describe=True)
    iam.put_user_policy(UserName="Alice", PolicyName="all", PolicyDocument=json.dumps(DESCRIBE))
    with pytest.raises(ClientError, match=f"User: arn:aws:iam::{HOME}:user/Alice {DENIED}"):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_a_federated_user(key, alice):
    """May do what the user who asked for it and the session policy allow, and without a session policy nothing."""
    sts = boto3.client("sts", "us-east-1", **alice)
    kms = kms_of(sts.get_federation_token(Name="Bob", Policy=json.dumps(DESCRIBE))["Credentials"])
    may(kms, key, describe=True)
    with pytest.raises(ClientError, match=f"User: arn:aws:sts::{HOME}:federated-user/Bob {DENIED}"):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    may(kms_of(sts.get_federation_token(Name="Bob")["Credentials"]), key)


def test_a_registered_principal_asks_for_sessions(kms_import_mock, moto, key):
    """Of moto, which knows nothing of them."""
    alice = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Alice", policies=DESCRIBE)
    keys = {"aws_access_key_id": alice.access_key_id, "aws_secret_access_key": alice.secret_access_key}
    kms = kms_of(boto3.client("sts", "us-east-1", **keys).get_session_token()["Credentials"])
    with pytest.raises(ClientError, match=f"User: {alice.arn} {DENIED}"):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_sessions_of_a_principal_that_a_snapshot_does_not_know(kms_import_mock, moto, key):
    """Are that principal's still when the mock has gone back to it: nobody becomes the root user by that."""
    before = kms_import_mock.snapshot()
    alice = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Alice", policies=DESCRIBE)
    keys = {"aws_access_key_id": alice.access_key_id, "aws_secret_access_key": alice.secret_access_key}
    kms = kms_of(boto3.client("sts", "us-east-1", **keys).get_session_token()["Credentials"])
    may(kms, key, describe=True)
    kms_import_mock.restore(before)
    may(kms, key, describe=True)


def test_a_role_of_another_account(sts, kms_import_mock):
    """Is asked about there, and acts there."""
    there = sts.assume_role(RoleArn=f"arn:aws:iam::{OTHER}:role/Admin", RoleSessionName="setup")["Credentials"]
    other = {
        "aws_access_key_id": there["AccessKeyId"],
        "aws_secret_access_key": there["SecretAccessKey"],
        "aws_session_token": there["SessionToken"],
    }
    kms = assume(sts, role(boto3.client("iam", **other), allow("kms:CreateKey")))
    assert kms.create_key()["KeyMetadata"]["AWSAccountId"] == OTHER
    assert kms_import_mock.calls[-1].account == OTHER


def test_a_role_that_nobody_has_made(sts, key):
    """Which moto lets be assumed, may do nothing."""
    may(assume(sts, f"arn:aws:iam::{HOME}:role/Ghost"), key)


def test_by_a_server(iam, sts, key, kms_import_server):
    """Whoever has the credentials."""
    session = sts.assume_role(RoleArn=role(iam, DESCRIBE), RoleSessionName="ceremony")["Credentials"]
    may(kms_of(session, endpoint_url=kms_import_server.url), key, describe=True)


def test_many_threads_at_once(iam, sts, key):
    """Each is who it is, while others change who may do what."""
    kms = assume(sts, role(iam, DESCRIBE))
    with ThreadPoolExecutor(8) as pool:
        changes = [
            pool.submit(
                iam.put_role_policy, RoleName="Importer", PolicyName="x", PolicyDocument=json.dumps(allow("s3:*"))
            )
            for _ in range(10)
        ]
        calls = [pool.submit(may, kms, key, describe=True) for _ in range(40)]
        for future in (*changes, *calls):
            future.result()


# What is asked, and when


@pytest.fixture
def asked(monkeypatch):
    """The operations of other services that are asked for, in order, whoever asks."""
    noted, answer = [], BotocoreStubber.__call__

    def noting(self, event_name, request, **kwargs):
        noted.append(event_name.removeprefix("before-send."))
        return answer(self, event_name, request, **kwargs)

    monkeypatch.setattr(BotocoreStubber, "__call__", noting)
    return noted


@pytest.mark.parametrize("access_key", ["testing", "111122223333", "FOOBARKEY"])
def test_nobody_is_asked_about_made_up_keys(moto, kms_import_mock, asked, access_key):
    """They are the root user's."""
    kms = boto3.client("kms", "us-east-1", aws_access_key_id=access_key, aws_secret_access_key="x")
    kms.create_key()
    assert asked == []


def test_an_access_key_is_asked_about_once(iam, sts, key, asked):
    """Until something was asked of IAM or STS, by which it might have become another's."""
    kms = assume(sts, role(iam, DESCRIBE))
    asked.clear()
    may(kms, key, describe=True)
    first = list(asked)
    assert first.count("iam.GetRole") == 1
    may(kms, key, describe=True)
    assert asked == first
    iam.list_users()
    asked.clear()
    may(kms, key, describe=True)
    assert asked == first


def test_asking_is_nothing_that_the_test_sees(iam, sts, key, kms_import_mock):
    """The journal has the code's calls alone."""
    kms = assume(sts, role(iam, DESCRIBE))
    before = len(kms_import_mock.calls)
    kms.describe_key(KeyId=key.id)
    assert len(kms_import_mock.calls) == before + 1
    assert not kms_import_mock.complaints


ISSUED = {"AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x", "SessionToken": "x"}


def test_a_key_that_nobody_knows_is_the_root_users(kms_import_mock, key):
    """Where nobody answers STS, nothing leaves, nothing is complained of; moto may come later."""
    kms = kms_of(ISSUED)
    may(kms, key, encrypt=True, describe=True)
    assert not kms_import_mock.complaints
    with mock_aws():
        may(kms, key, encrypt=True, describe=True)
        session = assume(boto3.client("sts", "us-east-1"), role(boto3.client("iam"), DESCRIBE))
        may(session, key, describe=True)


@pytest.mark.kms_import(allow_real_aws=True)
def test_nothing_is_asked_of_real_aws(kms_import_mock, key, monkeypatch):
    """Whatever else may go there."""
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", lambda *_: pytest.fail("it was sent"))
    may(kms_of(ISSUED), key, encrypt=True, describe=True)


def test_an_endpoint_at_which_nobody_listens(kms_import_mock, key, monkeypatch):
    """As where nobody answers."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    may(kms_of(ISSUED), key, encrypt=True, describe=True)


def test_an_endpoint_that_is_the_mocks_own(kms_import_mock, kms_import_server, key, monkeypatch):
    """Knows no more than the mock, and does not ask itself."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", kms_import_server.url)
    may(kms_of(ISSUED, endpoint_url=kms_import_server.url), key, encrypt=True, describe=True)


def test_moto_that_refuses_to_tell(iam, sts, key, kms_import_mock, monkeypatch):
    """Fails the test, rather than let anybody do anything."""
    kms = assume(sts, role(iam, DESCRIBE))
    denied = {"Error": {"Code": "AccessDenied", "Message": "no"}}

    def refuse(*_, **__):
        raise ClientError(denied, "GetRole")

    monkeypatch.setattr("pytest_kmsimport._transports.iam._Iam._policies", refuse)
    with pytest.raises(NotOffered, match=r"cannot tell what whoever signs with ASIA.* may do, .*AccessDenied"):
        kms.describe_key(KeyId=key.id)
    assert kms_import_mock.complaints
    kms_import_mock.complaints.clear()


def test_the_root_user_asks_moto(moto, key):
    """moto's own placeholder is nobody."""
    may(boto3.client("kms", "us-east-1"), key, encrypt=True, describe=True)
    may(kms_of(ISSUED), key, encrypt=True, describe=True)


def test_mocks_within_each_other_know_sessions(iam, sts, key):
    """Whichever answers, and whichever did when a policy changed."""
    kms = assume(sts, role(iam, DESCRIBE))
    may(kms, key, describe=True)
    with mock_kms_import(region="us-east-1") as inner:
        inner_key = inner.import_key()
        may(kms, inner_key, describe=True)
        iam.put_role_policy(RoleName="Importer", PolicyName="more", PolicyDocument=json.dumps(ENCRYPT))
        may(kms, inner_key, encrypt=True, describe=True)
    may(kms, key, encrypt=True, describe=True)


def test_other_operations_of_sts_are_still_refused(kms_import_mock):
    """Without moto, no roles are assumed."""
    sts = boto3.client("sts", "us-east-1", aws_access_key_id=HOME, aws_secret_access_key="x")
    with pytest.raises(RealAwsRefused, match=r"sts\.AssumeRole"):
        sts.assume_role(RoleArn=f"arn:aws:iam::{HOME}:role/Importer", RoleSessionName="ceremony")
    kms_import_mock.complaints.clear()
