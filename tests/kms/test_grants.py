"""Grants and grant tokens."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import datetime, timezone

import pytest

from pytest_kmsimport.engine.grants import _digest

from ..support.installed import has_member
from ..support.key_policies import shared
from ..support.refusal import refused

ALICE, BOB = "arn:aws:iam::123456789012:role/alice", "arn:aws:iam::123456789012:role/bob"
OTHER_ACCOUNT = "111122223333"
SERVICE = "logs.us-east-1.amazonaws.com"
GRANT = {"GranteePrincipal": ALICE, "Operations": ["Encrypt", "Decrypt"]}
SOURCE = {"Constraints": {"SourceArn": "arn:aws:logs:us-east-1:123456789012:log-group:x"}}
DRY = "The request would have succeeded, but the DryRun option is set."

services = pytest.mark.skipif(
    not has_member("CreateGrant", "GranteeServicePrincipal"), reason="newer than this botocore"
)


@pytest.fixture
def key(kms_import_mock):
    """A symmetric key with imported key material."""
    return kms_import_mock.import_key()


@pytest.fixture
def grant(kms, key):
    """Make a grant on the key and give what CreateGrant answers."""
    return lambda **members: kms.create_grant(KeyId=key.id, **{**GRANT, **members})


def listed(kms, key, **members):
    """The IDs of a key's grants."""
    return [entry["GrantId"] for entry in kms.list_grants(KeyId=key.id, **members)["Grants"]]


# CreateGrant and what is listed


def test_a_grant_is_listed_as_it_was_made(kms, key, grant, kms_import_mock):
    """With the ARN of its key and of the account that issued it, and its date in whole seconds."""
    kms_import_mock.clock.freeze(datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc))
    constraints = {"EncryptionContextSubset": {"a": "b"}}
    made = grant(RetiringPrincipal=BOB, Constraints=constraints, Name="backup")
    assert kms.list_grants(KeyId=key.id)["Grants"] == [
        {
            "KeyId": key.arn,
            "GrantId": made["GrantId"],
            "Name": "backup",
            "CreationDate": datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
            "GranteePrincipal": ALICE,
            "RetiringPrincipal": BOB,
            "IssuingAccount": "arn:aws:iam::123456789012:root",
            "Operations": ["Encrypt", "Decrypt"],
            "Constraints": constraints,
        }
    ]


def test_what_a_grant_does_not_say_is_absent(kms, key, grant):
    """Neither name, nor retiring principal, nor constraints."""
    grant()
    assert set(kms.list_grants(KeyId=key.id)["Grants"][0]) == {
        "KeyId", "GrantId", "CreationDate", "GranteePrincipal", "IssuingAccount", "Operations",
    }  # fmt: skip


def test_grants_without_name_are_made_again(kms, key, grant):
    """Though everything else is equal."""
    assert len({grant()["GrantId"], grant()["GrantId"]}) == len(listed(kms, key)) == 2


def test_a_repeated_request_with_a_name_gives_the_same_grant(kms, key, grant):
    """With a grant token of its own; both tokens name the grant."""
    first, second = grant(Name="x"), grant(Name="x")
    assert first["GrantId"] == second["GrantId"]
    assert first["GrantToken"] != second["GrantToken"]
    kms.retire_grant(GrantToken=second["GrantToken"])
    with refused("InvalidGrantTokenException"):
        kms.retire_grant(GrantToken=first["GrantToken"])


@pytest.mark.parametrize(
    "change",
    [{"GranteePrincipal": BOB}, {"Operations": ["Encrypt"]}, {"RetiringPrincipal": BOB}, {"Name": "y"},
     {"Constraints": {"EncryptionContextEquals": {"a": "b"}}}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_another_request_with_the_same_name_is_another_grant(kms, key, grant, change):
    """The name alone does not make it the same."""
    grant(Name="x")
    grant(**{"Name": "x", **change})
    assert len(listed(kms, key)) == 2


def test_the_same_name_on_two_keys(kms, kms_import_mock):
    """Names are a key's own."""
    ids = {kms.create_grant(KeyId=kms_import_mock.import_key().id, Name="x", **GRANT)["GrantId"] for _ in range(2)}
    assert len(ids) == 2


HOME, SESSION = "123456789012", "arn:aws:sts::123456789012:assumed-role/R/target"
ROLE_SESSION = "AROAEXAMPLEEXAMPLE123:target"
PRINCIPALS = [
    f"arn:aws:iam::{HOME}:root",
    f"arn:aws:iam::{HOME}:user/division/team/alice",
    f"arn:aws:iam::{HOME}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
    f"arn:aws-cn:iam::{OTHER_ACCOUNT}:role/R",
    SESSION,
    f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/R/alice@example.com",
    f"arn:aws:sts::{HOME}:federated-user/unissued",
    ROLE_SESSION,
]
NO_PRINCIPALS = [  # what is well-formed, and not somebody
    "arn:aws:s3:::bucket",
    f"arn:aws:iam::{HOME}:group/admins",
    f"arn:aws:iam::{HOME}:instance-profile/x",
    f"arn:aws:kms:us-east-1:{HOME}:alias/x",
]
MALFORMED = [
    f"arn:aws:sts::{HOME}:assumed-role/probe/R/target",
    f"arn:aws:sts::{HOME}:assumed-role/R",
    f"arn:aws:iam::{HOME}:role",
    f"arn:aws:iam::{HOME}:user/",
    "arn:aws:iam::1:role/x",
    "arn:aws:iam:::role/x",
    f"arn:aws:iam:us-east-1:{HOME}:role/x",
    "arn:aws:iam",
    "arn:",
]
NOBODY = ["alice", HOME, "AROA:session", "s3.amazonaws.com", "ARN:aws:iam::123456789012:root"]


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_every_well_formed_principal_is_there(kms, key, grant, principal):
    """The mock knows no IAM: accounts, users, roles, sessions, federated users, and sessions by their role's ID."""
    made = grant(GranteePrincipal=principal, RetiringPrincipal=principal)["GrantId"]
    (entry,) = kms.list_grants(KeyId=key.id, GranteePrincipal=principal)["Grants"]
    assert (entry["GrantId"], entry["GranteePrincipal"], entry["RetiringPrincipal"]) == (made, principal, principal)
    if OTHER_ACCOUNT not in principal:
        assert kms.list_retirable_grants(RetiringPrincipal=principal)["Grants"] == [entry]


@pytest.mark.parametrize(
    ("principal", "text"),
    [
        *((arn, f"ARN does not refer to a valid principal: {arn}") for arn in NO_PRINCIPALS),
        *((arn, f"ARN is not valid: {arn}") for arn in MALFORMED),
    ],
)
def test_arns_that_are_no_principals(kms, key, grant, principal, text):
    """Whether they are to get the grant, to retire it, or are asked for."""
    for call in (
        lambda: grant(GranteePrincipal=principal),
        lambda: grant(RetiringPrincipal=principal),
        lambda: kms.list_grants(KeyId=key.id, GranteePrincipal=principal),
        lambda: kms.list_retirable_grants(RetiringPrincipal=principal),
    ):
        with refused("InvalidArnException", text):
            call()
    assert listed(kms, key) == []


@pytest.mark.parametrize("principal", NOBODY)
def test_what_is_no_arn_either(kms, key, grant, principal):
    """AWS has words of its own for each member."""
    with refused("InvalidArnException", "GranteePrincipal does not refer to a valid principal."):
        grant(GranteePrincipal=principal)
    with refused("InvalidArnException", "RetiringPrincipal does not refer to a valid principal."):
        grant(RetiringPrincipal=principal)
    with refused("InvalidArnException", "Input does not refer to a valid principal"):
        kms.list_grants(KeyId=key.id, GranteePrincipal=principal)
    with refused("NotFoundException", f"Retiring principal {principal} could not be found"):
        kms.list_retirable_grants(RetiringPrincipal=principal)


@pytest.mark.parametrize(
    ("spec", "usage", "operation", "fits"),
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "GenerateDataKeyPair", True),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "ReEncryptFrom", True),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "Sign", False),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "GetPublicKey", False),
        ("RSA_2048", "ENCRYPT_DECRYPT", "Decrypt", True),
        ("RSA_2048", "ENCRYPT_DECRYPT", "GetPublicKey", True),
        ("RSA_2048", "ENCRYPT_DECRYPT", "GenerateDataKey", False),
        ("ECC_NIST_P256", "SIGN_VERIFY", "Verify", True),
        ("ECC_NIST_P256", "SIGN_VERIFY", "DeriveSharedSecret", False),
        ("ECC_NIST_P256", "KEY_AGREEMENT", "DeriveSharedSecret", True),
        ("HMAC_256", "GENERATE_VERIFY_MAC", "VerifyMac", True),
        ("HMAC_256", "GENERATE_VERIFY_MAC", "Encrypt", False),
        ("HMAC_256", "GENERATE_VERIFY_MAC", "CreateGrant", True),
    ],
)
def test_operations_have_to_fit_the_key(kms, spec, usage, operation, fits):
    """AWS's own examples are among these: no Sign for encryption keys, no GenerateDataKey for asymmetric ones."""
    key_id = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    request = {"KeyId": key_id, "GranteePrincipal": ALICE, "Operations": ["DescribeKey", operation]}
    if fits:
        assert kms.create_grant(**request)["GrantId"]
        return
    with pytest.raises(kms.exceptions.ClientError) as caught:
        kms.create_grant(**request)
    error = caught.value.response["Error"]
    kind = "an asymmetric" if spec.startswith(("RSA", "ECC")) else "a symmetric"
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith(
        f"Operations [{operation}] are not supported when creating a grant for {kind} KMS key with key usage {usage}."
        " Valid operations are ["
    )


FITTING = {
    ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"): "Decrypt, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext,"
    " ReEncryptFrom, ReEncryptTo, CreateGrant, RetireGrant, DescribeKey, GenerateDataKeyPair,"
    " GenerateDataKeyPairWithoutPlaintext",
    ("RSA_2048", "ENCRYPT_DECRYPT"): "Decrypt, Encrypt, ReEncryptFrom, ReEncryptTo, GetPublicKey, CreateGrant,"
    " RetireGrant, DescribeKey",
    ("RSA_2048", "SIGN_VERIFY"): "Sign, Verify, GetPublicKey, CreateGrant, RetireGrant, DescribeKey",
    ("HMAC_256", "GENERATE_VERIFY_MAC"): "CreateGrant, RetireGrant, DescribeKey, GenerateMac, VerifyMac",
    ("ECC_NIST_P256", "KEY_AGREEMENT"): "GetPublicKey, CreateGrant, RetireGrant, DescribeKey, DeriveSharedSecret",
}


@pytest.mark.parametrize(("kind", "fitting"), FITTING.items(), ids=lambda value: "-".join(value)[:40])
def test_what_would_fit_is_told(kms, kind, fitting):
    """In AWS's order; and all that does not fit, in the request's."""
    key_id = kms.create_key(KeySpec=kind[0], KeyUsage=kind[1])["KeyMetadata"]["KeyId"]
    everything = kms.meta.service_model.shape_for("GrantOperation").enum
    unfit = [name for name in reversed(everything) if name not in fitting.split(", ")]
    article = "an asymmetric" if "GetPublicKey" in fitting else "a symmetric"
    text = (
        f"Operations [{', '.join(unfit)}] are not supported when creating a grant for {article} KMS key with key usage"
        f" {kind[1]}. Valid operations are [{fitting}]"
    )
    with refused("ValidationException", text):
        kms.create_grant(KeyId=key_id, GranteePrincipal=ALICE, Operations=[*reversed(everything)])
    assert kms.create_grant(KeyId=key_id, GranteePrincipal=ALICE, Operations=fitting.split(", "))["GrantId"]


def test_grants_permit_more_than_grants(kms, key, grant):
    """CreateGrant alone would permit nothing that could be handed on."""
    with refused("ValidationException", "Grants must not contain only the CreateGrant operation."):
        grant(Operations=["CreateGrant"])
    with refused("ValidationException", "Grants must not contain only the CreateGrant operation."):
        grant(Operations=["CreateGrant", "CreateGrant"])
    grant(Operations=["CreateGrant", "Decrypt"])
    assert len(listed(kms, key)) == 1


@pytest.mark.parametrize("kind", ["EncryptionContextEquals", "EncryptionContextSubset"])
@pytest.mark.parametrize(
    ("spec", "usage", "operation"),
    [
        ("ECC_NIST_P256", "SIGN_VERIFY", "Sign"),
        ("RSA_2048", "ENCRYPT_DECRYPT", "Encrypt"),
        ("HMAC_256", "GENERATE_VERIFY_MAC", "GenerateMac"),
        ("ECC_NIST_P256", "KEY_AGREEMENT", "DeriveSharedSecret"),
    ],
)
def test_context_constraints_are_for_symmetric_encryption_keys(kms, spec, usage, operation, kind):
    """Other keys know no encryption context."""
    key_id = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    text = "EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key."
    with refused("ValidationException", text):
        kms.create_grant(KeyId=key_id, GranteePrincipal=ALICE, Operations=[operation], Constraints={kind: {"a": "b"}})


@pytest.mark.parametrize("kind", ["EncryptionContextEquals", "EncryptionContextSubset"])
def test_how_much_a_context_constraint_may_say(kms, key, grant, kind):
    """Eight pairs, and 384 characters in a value."""
    pairs = {str(number): "x" * 384 for number in range(8)}
    grant(Constraints={kind: pairs})
    with refused("ValidationException", "A grant constraint can include up to 8 encryption context pairs."):
        grant(Constraints={kind: {**pairs, "8": ""}})
    text = "The encryption context value in a grant constraint cannot exceed 384 characters."
    with refused("ValidationException", text):
        grant(Constraints={kind: {"a": "x" * 385}})
    assert len(listed(kms, key)) == 1


@pytest.mark.parametrize("equals", [{}, {"a": "b"}])
def test_one_context_constraint_is_enough(kms, key, grant, equals):
    """AWS counts also one that is empty, as an old SDK sent it."""
    with refused("ValidationException", "More than one constraint supplied"):
        grant(Constraints={"EncryptionContextSubset": {"a": "b"}, "EncryptionContextEquals": equals})
    assert listed(kms, key) == []


@services
@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, "You must specify either GranteePrincipal or GranteeServicePrincipal, but not both."),
        (
            {"GranteePrincipal": ALICE, "GranteeServicePrincipal": SERVICE},
            "You must specify either GranteePrincipal or GranteeServicePrincipal, but not both.",
        ),
        (
            {"GranteePrincipal": ALICE, "RetiringPrincipal": BOB, "RetiringServicePrincipal": SERVICE},
            "You can specify either RetiringPrincipal or RetiringServicePrincipal, but not both.",
        ),
        (
            {"GranteeServicePrincipal": SERVICE, "RetiringPrincipal": BOB},
            "You must specify a SourceArn grant constraint with GranteeServicePrincipal.",
        ),
        (
            {"GranteeServicePrincipal": SERVICE, **SOURCE},
            "You must specify either RetiringPrincipal or RetiringServicePrincipal with GranteeServicePrincipal.",
        ),
    ],
)
def test_who_may_be_named(kms, key, members, text):
    """One grantee, one who may retire; a service needs more."""
    with refused("ValidationException", text):
        kms.create_grant(KeyId=key.id, Operations=["Encrypt"], **members)
    assert listed(kms, key) == []


@services
def test_a_grant_for_a_service(kms, key):
    """It says whom it is for, and who may retire it."""
    members = {"GranteeServicePrincipal": SERVICE, "RetiringServicePrincipal": SERVICE, **SOURCE}
    made = kms.create_grant(KeyId=key.id, Operations=["Encrypt"], **members)
    (entry,) = kms.list_grants(KeyId=key.id)["Grants"]
    assert {name: entry[name] for name in members} == members
    kms.retire_grant(GrantToken=made["GrantToken"])
    assert listed(kms, key) == []


@services
def test_filters_for_services(kms, key):
    """They are for AWS's own services, and no caller is one."""
    text = "{} can be used only by the service principal of an AWS service."
    with refused("AccessDeniedException", text.format("GranteeServicePrincipal")):
        kms.list_grants(KeyId=key.id, GranteeServicePrincipal=SERVICE)
    with refused("AccessDeniedException", text.format("RetiringServicePrincipal")):
        kms.list_retirable_grants(RetiringServicePrincipal=SERVICE)


def test_grants_are_filtered(kms, key, grant, kms_import_mock):
    """By ID, and by grantee."""
    alice, bob = grant()["GrantId"], grant(GranteePrincipal=BOB)["GrantId"]
    assert listed(kms, key, GrantId=bob) == [bob]
    assert listed(kms, key, GranteePrincipal=ALICE) == [alice]
    assert listed(kms, key, GranteePrincipal=ALICE, GrantId=bob) == []
    assert listed(kms, key, GranteePrincipal=BOB, GrantId=bob) == [bob]
    assert listed(kms, key, GrantId="0" * 64) == []
    assert listed(kms, kms_import_mock.import_key(), GrantId=bob) == []
    with refused("InvalidGrantIdException"):
        listed(kms, key, GrantId="x")


def test_retirable_grants_of_all_accounts(kms, key, grant, kms_import_mock):
    """Grants on the keys of others are among them; of other principals and Regions they are not."""
    mine = grant(RetiringPrincipal=BOB)["GrantId"]
    grant(RetiringPrincipal=ALICE)
    theirs = kms_import_mock.import_key(account=OTHER_ACCOUNT)
    there = kms_import_mock.client(account=OTHER_ACCOUNT)
    other = there.create_grant(KeyId=theirs.id, RetiringPrincipal=BOB, **GRANT)["GrantId"]
    far = kms_import_mock.import_key(region_name="eu-west-1")
    kms_import_mock.client("eu-west-1").create_grant(KeyId=far.id, RetiringPrincipal=BOB, **GRANT)
    entries = kms.list_retirable_grants(RetiringPrincipal=BOB)["Grants"]
    assert [entry["GrantId"] for entry in entries] == [mine, other]
    assert entries[1]["IssuingAccount"] == f"arn:aws:iam::{OTHER_ACCOUNT}:root"


def test_retirable_grants_are_of_a_principal_of_the_account(kms, key):
    """AWS wants one of the caller's own."""
    with refused("AccessDeniedException"):
        kms.list_retirable_grants(RetiringPrincipal=f"arn:aws:iam::{OTHER_ACCOUNT}:role/x")


# Ending grants


def test_grants_are_revoked_by_id(kms, key, grant):
    """And then not known any more."""
    grant_id = grant()["GrantId"]
    kms.revoke_grant(KeyId=key.id, GrantId=grant_id)
    assert listed(kms, key) == []
    with refused("NotFoundException", f"Grant ID {grant_id} not found"):
        kms.revoke_grant(KeyId=key.id, GrantId=grant_id)


def test_grants_are_retired_by_token_or_by_id(kms, key, grant):
    """Either is enough."""
    by_token, by_id = grant(), grant()
    kms.retire_grant(GrantToken=by_token["GrantToken"])
    kms.retire_grant(KeyId=key.arn, GrantId=by_id["GrantId"])
    assert listed(kms, key) == []


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, "You must specify either a grant token, or both a grant ID and a key ID."),
        ({"GrantId": "0" * 64}, "You must specify either a grant token, or both a grant ID and a key ID."),
        (
            {"GrantId": "0" * 64, "GrantToken": "x"},
            "You can specify either a grant token, or a grant ID and a key ID, but not both.",
        ),
    ],
)
def test_which_grant_to_retire_has_to_be_clear(kms, members, text):
    """One name, and a whole one."""
    with refused("ValidationException", text):
        kms.retire_grant(**members)


@pytest.mark.parametrize("operation", ["retire_grant", "revoke_grant"])
def test_a_grant_belongs_to_its_key(kms, grant, kms_import_mock, operation):
    """It cannot be ended under the name of another."""
    grant_id, other = grant()["GrantId"], kms_import_mock.import_key()
    with refused("NotFoundException", f"Grant ID {grant_id} not found"):
        getattr(kms, operation)(KeyId=other.arn, GrantId=grant_id)
    with refused("InvalidGrantIdException"):
        getattr(kms, operation)(KeyId=other.arn, GrantId="x")


def test_retire_grant_takes_a_key_arn(kms, key, grant):
    """RevokeGrant takes a key ID too."""
    grant_id = grant()["GrantId"]
    for name in (key.id, "x", "arn"):
        with refused("NotFoundException", f"Invalid arn {name}"):
            kms.retire_grant(KeyId=name, GrantId=grant_id)
    assert listed(kms, key) == [grant_id]
    kms.revoke_grant(KeyId=key.id, GrantId=grant_id)
    assert listed(kms, key) == []


def test_dry_runs_change_nothing(kms, key, grant):
    """None is made, none ended."""
    with refused("DryRunOperationException", DRY):
        grant(DryRun=True)
    made = grant()
    with refused("DryRunOperationException", DRY):
        kms.retire_grant(GrantToken=made["GrantToken"], DryRun=True)
    with refused("DryRunOperationException", DRY):
        kms.revoke_grant(KeyId=key.id, GrantId=made["GrantId"], DryRun=True)
    assert listed(kms, key) == [made["GrantId"]]


def test_grants_go_with_their_key(kms, key, grant, kms_import_mock):
    """A token of one that is gone is not valid."""
    token = grant(RetiringPrincipal=BOB)["GrantToken"]
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    kms_import_mock.clock.advance(days=8)
    assert kms.list_keys()["Keys"] == []
    assert kms.list_retirable_grants(RetiringPrincipal=BOB)["Grants"] == []
    with refused("InvalidGrantTokenException"):
        kms.retire_grant(GrantToken=token)


# Grant tokens


def test_a_grant_token_is_taken_by_uses(kms, key, grant):
    """As long as its grant exists."""
    made = grant()
    tokens = {"GrantTokens": [made["GrantToken"]]}
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x", **tokens)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob, **tokens)["Plaintext"] == b"x"
    assert kms.describe_key(KeyId=key.id, **tokens)
    kms.revoke_grant(KeyId=key.id, GrantId=made["GrantId"])
    with refused("InvalidGrantTokenException"):
        kms.encrypt(KeyId=key.id, Plaintext=b"x", **tokens)


@pytest.mark.parametrize("damage", [lambda t: t[:-4], lambda t: t[:9] + t[8:], lambda _: "x", lambda t: "AAAA" + t[4:]])
def test_damaged_grant_tokens(kms, key, grant, damage):
    """Nobody has issued them."""
    token = damage(grant()["GrantToken"])
    with refused("InvalidGrantTokenException"):
        kms.encrypt(KeyId=key.id, Plaintext=b"x", GrantTokens=[token])


@pytest.mark.parametrize("text", ["", "us-east-1", "us-east-1|1|2|3|4|5", "\0||\U0001f600|||"])
def test_forged_grant_tokens(kms, key, text):
    """One that has a good digest, and not what a token has."""
    token = urlsafe_b64encode(f"{text}|{_digest(text)}".encode()).decode()
    with refused("InvalidGrantTokenException"):
        kms.encrypt(KeyId=key.id, Plaintext=b"x", GrantTokens=[token])
    with refused("InvalidGrantTokenException"):
        kms.retire_grant(GrantToken=token)


def test_grant_tokens_are_for_their_region(kms, kms_import_mock, grant):
    """In another one they name nothing."""
    far = kms_import_mock.import_key(region_name="eu-west-1")
    with refused("InvalidGrantTokenException"):
        kms_import_mock.client("eu-west-1").encrypt(KeyId=far.id, Plaintext=b"x", GrantTokens=[grant()["GrantToken"]])


def test_grants_on_keys_of_another_account(kms, kms_import_mock):
    """They are made, listed and ended by the key ARN, and stay with the key."""
    theirs = kms_import_mock.import_key(account=OTHER_ACCOUNT, Policy=shared(OTHER_ACCOUNT, "123456789012"))
    made = kms.create_grant(KeyId=theirs.arn, **GRANT)
    there = kms_import_mock.client(account=OTHER_ACCOUNT)
    assert there.list_grants(KeyId=theirs.id)["Grants"] == kms.list_grants(KeyId=theirs.arn)["Grants"]
    assert there.list_grants(KeyId=theirs.id)["Grants"][0]["IssuingAccount"] == "arn:aws:iam::123456789012:root"
    kms.retire_grant(GrantToken=made["GrantToken"])
    assert there.list_grants(KeyId=theirs.id)["Grants"] == []
