"""``mock.principal(...)`` and ``mock.can(...)``: who calls, and what they may do."""

from __future__ import annotations

import json
import pickle
from datetime import datetime, timezone

import boto3
import pytest
from botocore.exceptions import ClientError

from pytest_kmsimport import NotOffered, faults

from ..support.key_policies import document, root, statement

HOME, OTHER = "123456789012", "111122223333"
USER = f"arn:aws:iam::{HOME}:user/Alice"
ROLE = f"arn:aws:iam::{HOME}:role/service/Importer"
IMPORTING = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Ceremony",
            "Effect": "Allow",
            "Action": ["kms:GetParametersForImport", "kms:ImportKeyMaterial"],
            "Resource": "*",
            "Condition": {"StringEqualsIfExists": {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256"}},
        }
    ],
}
OAEP = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
SHA_1 = {**OAEP, "WrappingAlgorithm": "RSAES_OAEP_SHA_1"}
DENIED = "is not authorized to perform"


@pytest.fixture
def waiting(kms_import_mock):
    """The key ID of a KMS key that waits for its key material."""
    return kms_import_mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]


def test_a_role_imports_as_its_policy_says(kms_import_mock, waiting):
    """Its session is who calls; what the policy does not allow is refused, and the call's record says why."""
    importer = kms_import_mock.principal(ROLE, policies=[IMPORTING], session="ceremony")
    assert importer.arn == f"arn:aws:sts::{HOME}:assumed-role/Importer/ceremony"
    kms = importer.client()
    assert kms.get_parameters_for_import(KeyId=waiting, **OAEP)["KeyId"].endswith(waiting)
    with pytest.raises(kms.exceptions.ClientError, match=f"User: {importer.arn} {DENIED}: kms:GetParametersForImport"):
        kms.get_parameters_for_import(KeyId=waiting, **SHA_1)
    told = kms_import_mock.calls[-1].diagnosis
    assert "Sid 'Ceremony' of the identity-based policy needs kms:WrappingAlgorithm StringEqualsIfExists" in told
    assert "the call had RSAES_OAEP_SHA_1" in told


def test_calls_tell_what_was_decided(kms_import_mock, waiting):
    """Allowed or not, permission by permission; nothing is decided for the root user under the default key policy."""
    alice = kms_import_mock.principal(USER, policies=IMPORTING)
    alice.client().get_parameters_for_import(KeyId=waiting, **OAEP)
    with pytest.raises(ClientError):
        alice.client().create_alias(AliasName="alias/x", TargetKeyId=waiting)
    kms_import_mock.client().describe_key(KeyId=waiting)
    *_, allowed, refused, nothing = pickle.loads(pickle.dumps(list(kms_import_mock.calls)))  # noqa: S301  of our own
    (decision,) = allowed.decisions
    assert (decision.allowed, decision.action, decision.source) == (
        True,
        "kms:GetParametersForImport",
        "resource-based policy",
    )
    (decision,) = refused.decisions
    assert (decision.allowed, decision.resource) == (False, f"arn:aws:kms:us-east-1:{HOME}:alias/x")
    assert nothing.decisions == ()


@pytest.mark.parametrize("form", ["dict", "JSON", "file"])
def test_forms_of_policies(kms_import_mock, waiting, tmp_path, form):
    """A dict, JSON, or the path of a file with it; one alone needs no list."""
    (tmp_path / "policy.json").write_text(json.dumps(IMPORTING))
    policy = {"dict": IMPORTING, "JSON": json.dumps(IMPORTING), "file": tmp_path / "policy.json"}[form]
    for policies in (policy, [policy]):
        kms_import_mock.principal(USER, policies=policies).client().get_parameters_for_import(KeyId=waiting, **OAEP)
    limited = kms_import_mock.principal(ROLE, policies=policy, session_policy=policy, boundary=policy)
    assert kms_import_mock.can(limited, "GetParametersForImport", waiting, **OAEP)
    assert not kms_import_mock.can(limited, "DescribeKey", waiting)


def test_credentials_are_for_any_client(kms_import_mock, kms_import_server, waiting, monkeypatch):
    """By the environment, by keywords, and over a socket."""
    importer = kms_import_mock.principal(ROLE, policies=[IMPORTING])
    for name, value in importer.environ.items():
        monkeypatch.setenv(name, value)
    credentials = {
        "aws_access_key_id": importer.access_key_id,
        "aws_secret_access_key": importer.secret_access_key,
        "aws_session_token": importer.session_token,
    }
    session = boto3.session.Session()  # one that has read no environment before
    for client in (
        session.client("kms", kms_import_mock.region),
        boto3.client("kms", kms_import_mock.region, **credentials),
        boto3.client("kms", kms_import_mock.region, endpoint_url=kms_import_server.url, **credentials),
    ):
        client.get_parameters_for_import(KeyId=waiting, **OAEP)
        with pytest.raises(client.exceptions.ClientError, match=f"assumed-role/Importer/pytest {DENIED}"):
            client.describe_key(KeyId=waiting)


def test_somebody_of_another_account(kms_import_mock):
    """Their KMS keys are there, and others need both accounts' leave."""
    stranger = kms_import_mock.principal(f"arn:aws:iam::{OTHER}:user/Eve", policies=[json.loads(document(
        {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    ))])  # fmt: skip
    kms = stranger.client("eu-west-3")
    assert kms.create_key()["KeyMetadata"]["Arn"].startswith(f"arn:aws:kms:eu-west-3:{OTHER}:key/")
    assert kms_import_mock.calls[-1].account == OTHER
    policy = document(statement(root(HOME)), statement(root(OTHER), "kms:DescribeKey"))
    key = kms_import_mock.import_key(Policy=policy)
    stranger.client().describe_key(KeyId=key.arn)
    with pytest.raises(kms.exceptions.ClientError, match=DENIED):
        stranger.client().encrypt(KeyId=key.arn, Plaintext=b"x")


def test_a_service_on_somebodys_behalf(kms_import_mock):
    """kms:ViaService is there with via_service alone."""
    condition = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    policy = document(statement(root(HOME)), statement(USER, "kms:Encrypt", Condition=condition))
    key = kms_import_mock.import_key(Policy=policy)
    for service in ("s3", "s3.amazonaws.com"):
        kms_import_mock.principal(USER, via_service=service).client().encrypt(KeyId=key.id, Plaintext=b"x")
    assert not kms_import_mock.can(kms_import_mock.principal(USER), "Encrypt", key.id)


def test_a_service_by_itself(kms_import_mock):
    """It acts for the mock's account, or the one that is said."""
    policy = document(statement(root(HOME)), statement({"Service": "events.amazonaws.com"}, "kms:Decrypt"))
    key = kms_import_mock.import_key(Policy=policy)
    events = kms_import_mock.principal("events.amazonaws.com")
    assert kms_import_mock.can(events, "Decrypt", key.id)
    assert kms_import_mock.can(kms_import_mock.principal("events.amazonaws.com", account=OTHER), "Decrypt", key.arn)
    assert not kms_import_mock.can(events, "Encrypt", key.id)


def test_asking_is_no_call(kms_import_mock, waiting):
    """It says who may do what and why, without answering, in whatever state the KMS key is."""
    alice = kms_import_mock.principal(USER)
    before = len(kms_import_mock.calls)
    answer = kms_import_mock.can(alice, "Encrypt", waiting)
    assert not answer
    assert str(answer) == (
        f"{USER} may not kms:Encrypt on arn:aws:kms:us-east-1:{HOME}:key/{waiting}: no identity-based policy allows it."
    )
    assert kms_import_mock.can(None, "Encrypt", waiting)
    assert kms_import_mock.can(None, "CreateKey", Tags=[{"TagKey": "a", "TagValue": "b"}])
    assert len(kms_import_mock.calls) == before


def test_asking_with_what_conditions_ask_for(kms_import_mock, waiting):
    """Members of the request are keywords."""
    condition = {"NumericLessThan": {"kms:ValidTo": "1900000000"}}
    statements = [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": condition}]
    alice = kms_import_mock.principal(USER, policies={"Version": "2012-10-17", "Statement": statements})
    soon, late = (datetime(year, 1, 1, tzinfo=timezone.utc) for year in (2027, 2037))
    assert kms_import_mock.can(alice, "ImportKeyMaterial", waiting, ValidTo=soon)
    assert "the call had 2114380800.0" in str(kms_import_mock.can(alice, "ImportKeyMaterial", waiting, ValidTo=late))


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        (("Encrypt", "alias/x"), ValueError, "There is nothing to decide: NotFoundException Alias"),
        (("ListKeys", "{key}"), ValueError, "ListKeys is about no KMS key: leave key_id out"),
        (("Encrypts", "{key}"), ValueError, "'Encrypts' is no operation of AWS KMS. Did you mean Encrypt?"),
        (("kms:Encrypt", "{key}"), ValueError, "Did you mean Encrypt?"),
    ],
)
def test_questions_that_have_no_answer(kms_import_mock, waiting, asked, error, told):
    """They say what is wrong with them."""
    operation, key_id = asked
    with pytest.raises(error, match=told):
        kms_import_mock.can(None, operation, key_id.format(key=waiting))


def test_nobody_is_asked_about(kms_import_mock, waiting):
    """A client is no principal."""
    with pytest.raises(TypeError, match=r"is nobody: write what mock\.principal\(\) has given, or an access key ID"):
        kms_import_mock.can(kms_import_mock.client(), "Encrypt", waiting)


@pytest.mark.parametrize("valid_to", ["2037-01-01T00:00:00Z", 2114380800, 2114380800.0, datetime(2037, 1, 1)])  # noqa: DTZ001
def test_times_are_what_clients_take_for_them(kms_import_mock, waiting, valid_to):
    """Texts, seconds and local times too."""
    condition = {"NumericGreaterThan": {"kms:ValidTo": "2114294400"}}
    statements = [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": condition}]
    alice = kms_import_mock.principal(USER, policies={"Version": "2012-10-17", "Statement": statements})
    assert kms_import_mock.can(alice, "ImportKeyMaterial", waiting, ValidTo=valid_to)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("ImportKeyMaterial", {"ValidTo": "soon"}),
        ("TagResource", {"Tags": {"team": "payments"}}),
        ("TagResource", {"Tags": [{"Key": "team"}]}),
        ("Encrypt", {"EncryptionContext": {"tenant": 5}}),
    ],
)
def test_values_that_are_none(kms_import_mock, waiting, operation, members):
    """No client could send them, and no condition would see what was meant."""
    (member,) = members
    with pytest.raises(TypeError, match=f"can\\(\\) takes no such value for {operation}'s {member}, which is of AWS's"):
        kms_import_mock.can(None, operation, waiting, **members)


def test_members_that_are_none(kms_import_mock, waiting):
    """A condition would never see them."""
    with pytest.raises(TypeError, match="can\\(\\) takes no PlainText: Encrypt has DryRun, Encryption"):
        kms_import_mock.can(None, "Encrypt", waiting, PlainText=b"x")


@pytest.mark.parametrize(
    ("arn", "more", "error", "told"),
    [
        ("Importer", {}, ValueError, "'Importer' is nobody who calls"),
        (USER, {"session": "ceremony"}, ValueError, "has no sessions that can be named"),
        (USER, {"policies": ["no JSON"]}, ValueError, "The policy is no JSON"),
        (USER, {"policies": [5]}, TypeError, "A policy is a dict, JSON or the path of a file, not 5"),
        (USER, {"boundary": {"Statement": []}}, ValueError, "Statement is no object"),
        (ROLE.replace("role/", "role/*"), {}, ValueError, "is no ARN of a role"),
    ],
)
def test_principals_that_are_none(kms_import_mock, arn, more, error, told):
    """What is wrong is said where they are registered."""
    with pytest.raises(error, match=told):
        kms_import_mock.principal(arn, **more)


def test_credentials_are_not_shown(kms_import_mock):
    """A principal's repr has the access key alone, which is no secret."""
    importer = kms_import_mock.principal(ROLE)
    assert importer.access_key_id in repr(importer)
    assert importer.access_key_id.startswith("ASIA")
    assert importer.secret_access_key not in repr(importer)
    assert importer.session_token not in repr(importer)
    alice = kms_import_mock.principal(USER)
    assert (alice.access_key_id[:4], alice.session_token) == ("AKIA", None)
    assert "AWS_SESSION_TOKEN" not in alice.environ
    assert kms_import_mock.principal(USER).access_key_id != alice.access_key_id


def test_a_condition_key_that_nobody_knows_fails_the_test(kms_import_mock, waiting):
    """Also where the code under test swallows it."""
    condition = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    statements = [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": condition}]
    policy = {"Version": "2012-10-17", "Statement": statements}
    with pytest.raises(NotOffered, match="aws:SourceIp"):
        kms_import_mock.principal(USER, policies=policy).client().describe_key(KeyId=waiting)
    assert len(kms_import_mock.complaints) == 1
    kms_import_mock.complaints.clear()
    known = kms_import_mock.principal(USER, policies=policy, context={"aws:SourceIp": "203.0.113.7"})
    known.client().describe_key(KeyId=waiting)


def test_a_planned_refusal_names_who_calls(kms_import_mock, waiting):
    """As one that is decided."""
    alice = kms_import_mock.principal(USER, policies=IMPORTING)
    with (
        kms_import_mock.inject(faults.Refusal("AccessDeniedException")),
        pytest.raises(ClientError, match=f"User: {USER}"),
    ):
        alice.client().get_parameters_for_import(KeyId=waiting, **OAEP)


def test_the_mock_arranges_what_it_likes(kms_import_mock):
    """import_key() is no call of anybody's, so that a key policy that leaves its account out does not keep it out."""
    key = kms_import_mock.import_key(Policy=document(statement(USER)))
    kms_import_mock.import_key(bytes(32), key_id=kms_import_mock.import_key(bytes(32)).id)
    kms_import_mock.principal(USER).client().encrypt(KeyId=key.id, Plaintext=b"x")
    root_user = kms_import_mock.client()
    with pytest.raises(
        root_user.exceptions.ClientError, match="no resource-based policy allows the kms:Encrypt action"
    ):
        root_user.encrypt(KeyId=key.id, Plaintext=b"x")
