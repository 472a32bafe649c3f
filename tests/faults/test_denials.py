"""Denials as faults: AWS's texts for who calls, and where each can happen."""

from __future__ import annotations

import pytest

from pytest_kmsimport import faults
from pytest_kmsimport.engine.operations import OPERATIONS
from pytest_kmsimport.faults._catalogue import everything

from ..support.key_policies import document, root, shared, statement
from ..support.prepared import OFFERED
from ..support.refusal import refused

HOME, OTHER = "123456789012", "111122223333"
DENIED = "with an explicit deny in an identity-based policy"
NO_IDENTITY = "because no identity-based policy allows the kms:{action} action"
NO_RESOURCE = "because no resource-based policy allows the kms:{action} action"
#: Operations without condition keys of AWS KMS, by AWS's permissions reference.
WITHOUT_KEYS = {"ListAliases", "ListKeys", "ListRetirableGrants"}
#: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations, by which operation asks.
BY_GRANT = {
    *("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"),
    *("GenerateDataKeyWithoutPlaintext", "ReEncrypt", "CreateGrant", "DescribeKey", "GetPublicKey", "Sign", "Verify"),
    *("GenerateMac", "VerifyMac", "DeriveSharedSecret", "Encapsulate", "Decapsulate"),
}


@pytest.fixture
def key(kms_import_mock):
    """A symmetric key with imported key material."""
    return kms_import_mock.import_key()


def text(action: str, reason: str, resource: str = "", who: str = root(HOME)) -> str:
    """AWS's text."""
    where = f"on resource: {resource}" if resource else "on this resource"
    return f"User: {who} is not authorized to perform: kms:{action} {where} {reason.format(action=action)}"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faults.ExplicitDeny(), DENIED),
        (faults.NoStatement(), NO_IDENTITY),
        (faults.ConditionUnmet(), NO_RESOURCE),
        (faults.GrantNotSpread(), NO_IDENTITY),
    ],
    ids=lambda value: getattr(value, "id", ""),
)
def test_what_aws_says(kms_import_mock, kms_import_client, key, fault, reason):
    """By the key's ARN, however the call names it; who calls is who calls."""
    kms_import_client.create_alias(AliasName="alias/x", TargetKeyId=key.id)
    alice = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Alice")
    kms_import_mock.inject(fault, on="Encrypt")
    for client, who in ((kms_import_client, root(HOME)), (alice.client(), alice.arn)):
        with refused("AccessDeniedException", text("Encrypt", reason, key.arn, who)):
            client.encrypt(KeyId="alias/x", Plaintext=b"x")
    record = kms_import_mock.calls[-1]
    assert (record.effects, record.decisions) == (0, ())
    assert record.diagnosis.startswith("A planned fault, not a decision about this caller: as if ")


def test_the_permission_that_is_asked_for_first(kms_import_mock, kms_import_client, key):
    """An alias by its ARN, nothing as ``*``, ReEncrypt as ReEncryptFrom, and a grant by the ARN of its KMS key."""
    blob = kms_import_client.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    grant = kms_import_client.create_grant(KeyId=key.id, GranteePrincipal=root(OTHER), Operations=["Encrypt"])
    kms_import_mock.inject(faults.ConditionUnmet(), on=["CreateAlias", "RetireGrant", "ReEncrypt", "CreateKey"])
    kms_import_mock.inject(faults.NoStatement(), on="ListKeys")
    alias = f"arn:aws:kms:us-east-1:{HOME}:alias/y"
    with refused("AccessDeniedException", text("CreateAlias", NO_IDENTITY, alias)):
        kms_import_client.create_alias(AliasName="alias/y", TargetKeyId=key.id)
    with refused("AccessDeniedException", text("RetireGrant", NO_IDENTITY, key.arn)):
        kms_import_client.retire_grant(GrantToken=grant["GrantToken"])
    with refused("AccessDeniedException", text("ReEncryptFrom", NO_RESOURCE, key.arn)):
        kms_import_client.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key.id)
    with refused("AccessDeniedException", text("CreateKey", NO_IDENTITY, "*")):
        kms_import_client.create_key()
    with refused("AccessDeniedException", text("ListKeys", NO_IDENTITY, "*")):
        kms_import_client.list_keys()


def test_another_accounts_key(kms_import_mock, key):
    """AWS does not name it."""
    kms_import_mock.client().put_key_policy(KeyId=key.id, Policy=shared(HOME, OTHER))
    kms_import_mock.inject(faults.ExplicitDeny(), on="Encrypt")
    with refused("AccessDeniedException", text("Encrypt", DENIED, who=root(OTHER))):
        kms_import_mock.client(account=OTHER).encrypt(KeyId=key.arn, Plaintext=b"x")


def test_a_service_is_told_what_services_are(kms_import_mock, key):
    """In the text that AWS has for them."""
    policy = document(statement(root(HOME)), statement({"Service": "events.amazonaws.com"}))
    kms_import_mock.client().put_key_policy(KeyId=key.id, Policy=policy)
    kms_import_mock.inject(faults.NoStatement(), on="Encrypt")
    with pytest.raises(Exception, match=r"events.amazonaws.com is not authorized to perform: kms:Encrypt on arn:aws"):
        kms_import_mock.principal("events.amazonaws.com").client().encrypt(KeyId=key.id, Plaintext=b"x")


def test_a_key_that_is_not_there(kms_import_mock, kms_import_client):
    """Is not named."""
    kms_import_mock.inject(faults.ExplicitDeny(), on="DescribeKey")
    with refused("AccessDeniedException", text("DescribeKey", DENIED, "*")):
        kms_import_client.describe_key(KeyId="00000000-0000-0000-0000-000000000000")


def test_an_operation_that_is_not_offered(kms_import_mock, kms_import_client, monkeypatch):
    """Can be denied all the same."""
    monkeypatch.delitem(OPERATIONS, "ListKeys")
    kms_import_mock.inject(faults.ExplicitDeny())
    with refused("AccessDeniedException", text("ListKeys", DENIED, "*")):
        kms_import_client.list_keys()


def test_a_grant_token_is_all_it_takes(kms_import_mock, kms_import_client, key):
    """Who brings one is not struck."""
    grant = kms_import_client.create_grant(KeyId=key.id, GranteePrincipal=root(HOME), Operations=["Encrypt"])
    plan = kms_import_mock.inject(faults.GrantNotSpread(), on="Encrypt", must_strike=False)
    kms_import_client.encrypt(KeyId=key.id, Plaintext=b"x", GrantTokens=[grant["GrantToken"]])
    assert plan.strikes == 0


@pytest.mark.parametrize("operation", OFFERED)
def test_where_each_can_happen(operation):
    """By AWS's permissions reference, and its list of grant operations."""
    wanted = ["explicit-deny", "no-statement"]
    wanted += [] if operation in WITHOUT_KEYS else ["condition-unmet"]
    wanted += ["grant-not-spread"] if operation in BY_GRANT else []
    assert [fault.id for fault in everything(operation) if fault.kind == "denial"] == wanted


@pytest.mark.parametrize(
    ("fault", "operation", "why"),
    [
        (faults.ConditionUnmet(), "ListKeys", "ListKeys has no condition keys of AWS KMS"),
        (faults.GrantNotSpread(), "ImportKeyMaterial", "no grant permits ImportKeyMaterial"),
    ],
)
def test_where_it_cannot_happen(kms_import_mock, fault, operation, why):
    """It is refused where it is planned."""
    with pytest.raises(ValueError, match=why):
        kms_import_mock.inject(fault, on=operation)
