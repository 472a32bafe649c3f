"""Aliases, and the operations that take them."""

from __future__ import annotations

import pytest

from .refusal import refused
from .test_identifiers import ABOUT_A_KEY, OTHER_MEMBERS, TAKE_ALIASES

ARN = "arn:aws:kms:us-east-1:123456789012:"
OTHER_ACCOUNT = "111122223333"


@pytest.fixture
def key(kms_import_mock):
    """A symmetric key with imported key material."""
    return kms_import_mock.import_key()


@pytest.fixture
def name(kms):
    """Give a KMS key a name."""
    return lambda alias, key: kms.create_alias(AliasName=alias, TargetKeyId=key.id)


def listed(kms, **members):
    """Names and key IDs of the aliases."""
    return [(entry["AliasName"], entry["TargetKeyId"]) for entry in kms.list_aliases(**members)["Aliases"]]


def test_an_alias_is_listed(kms, key, name, kms_import_mock):
    """With its ARN, and the dates of its making and its last move."""
    kms_import_mock.clock.freeze()
    name("alias/x", key)
    entry = kms.list_aliases()["Aliases"][0]
    made = kms_import_mock.clock.now()
    assert entry == {
        "AliasName": "alias/x",
        "AliasArn": f"{ARN}alias/x",
        "TargetKeyId": key.id,
        "CreationDate": made,
        "LastUpdatedDate": made,
    }


@pytest.mark.parametrize("operation", [name for name in ABOUT_A_KEY if name in TAKE_ALIASES])
@pytest.mark.parametrize("form", ["alias/x", f"{ARN}alias/x"])
def test_operations_that_take_aliases(kms, key, name, operation, form):
    """They find the key by name and by alias ARN: whatever they answer is not about a missing alias."""
    name("alias/x", key)
    try:
        answer = kms._make_api_call(operation, {"KeyId": form, **OTHER_MEMBERS.get(operation, {})})
        assert key.arn in {answer.get("KeyId"), answer.get("KeyMetadata", {}).get("Arn")}
    except kms.exceptions.ClientError as error:  # found, and of another usage than this operation is for
        code = error.response["Error"]["Code"]
        assert code in {
            "InvalidKeyUsageException", "InvalidCiphertextException", "UnsupportedOperationException",
        }  # fmt: skip


def test_ciphertexts_by_alias(kms, key, name):
    """Source and destination of ReEncrypt may be aliases too."""
    name("alias/x", key)
    blob = kms.encrypt(KeyId="alias/x", Plaintext=b"x")["CiphertextBlob"]
    again = kms.re_encrypt(CiphertextBlob=blob, SourceKeyId="alias/x", DestinationKeyId=f"{ARN}alias/x")
    assert kms.decrypt(KeyId="alias/x", CiphertextBlob=again["CiphertextBlob"])["Plaintext"] == b"x"
    assert again["KeyId"] == again["SourceKeyId"] == key.arn


def test_aliases_of_another_account(kms, kms_import_mock):
    """By their ARN; a bare name is one of the caller's own."""
    theirs = kms_import_mock.import_key(account=OTHER_ACCOUNT)
    kms_import_mock.client(account=OTHER_ACCOUNT).create_alias(AliasName="alias/x", TargetKeyId=theirs.id)
    arn = f"arn:aws:kms:us-east-1:{OTHER_ACCOUNT}:alias/x"
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["Arn"] == theirs.arn
    with refused("NotFoundException", f"Alias {ARN}alias/x is not found."):
        kms.describe_key(KeyId="alias/x")


def test_an_alias_moves(kms, key, name, kms_import_mock):
    """Its name and its making stay, its key and its last update change."""
    name("alias/x", key)
    other = kms_import_mock.import_key()
    kms_import_mock.clock.advance(hours=1)
    kms.update_alias(AliasName="alias/x", TargetKeyId=other.arn)
    entry = kms.list_aliases()["Aliases"][0]
    assert kms.describe_key(KeyId="alias/x")["KeyMetadata"]["KeyId"] == entry["TargetKeyId"] == other.id
    assert (entry["LastUpdatedDate"] - entry["CreationDate"]).total_seconds() == pytest.approx(3600, abs=60)
    assert (listed(kms, KeyId=key.id), listed(kms, KeyId=other.id)) == ([], [("alias/x", other.id)])


def test_an_alias_moves_between_keys_of_one_type(kms, name, kms_import_mock):
    """From a symmetric to an RSA key it does not, though both encrypt."""
    name("alias/x", kms_import_mock.import_key())
    rsa = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    text = (
        "Alias alias/x cannot be changed from a KMS key with key spec SYMMETRIC_DEFAULT to a KMS key with key spec"
        " RSA_2048. The current KMS key and the new KMS key must be of the same type."
    )
    with refused("ValidationException", text):
        kms.update_alias(AliasName="alias/x", TargetKeyId=rsa)


def test_an_alias_is_taken_away(kms, key, name):
    """And can be given again; the key stays."""
    name("alias/x", key)
    kms.delete_alias(AliasName="alias/x")
    assert listed(kms) == []
    with refused("NotFoundException", f"Alias {ARN}alias/x is not found."):
        kms.encrypt(KeyId="alias/x", Plaintext=b"x")
    name("alias/x", key)


def test_an_alias_is_given_once(kms, key, name, kms_import_mock):
    """Whichever key it is for; in another Region it is another."""
    name("alias/x", key)
    with refused("AlreadyExistsException", f"An alias with the name {ARN}alias/x already exists"):
        name("alias/x", kms_import_mock.import_key())
    far = kms_import_mock.import_key(region_name="eu-west-1")
    kms_import_mock.client("eu-west-1").create_alias(AliasName="alias/x", TargetKeyId=far.id)
    assert listed(kms) == [("alias/x", key.id)]


@pytest.mark.parametrize("operation", ["update_alias", "delete_alias"])
def test_an_alias_that_is_not_there(kms, key, operation):
    """It can be neither moved nor taken away."""
    target = {"TargetKeyId": key.id} if operation == "update_alias" else {}
    with refused("NotFoundException", f"Alias {ARN}alias/x is not found."):
        getattr(kms, operation)(AliasName="alias/x", **target)


@pytest.mark.parametrize("alias", ["alias/aws/s3", "alias/aws/", "alias/"])
def test_names_that_nobody_can_give(key, name, alias):
    """AWS keeps some for itself, and an empty one is none."""
    with refused("InvalidAliasNameException"):
        name(alias, key)


@pytest.mark.parametrize("operation", ["create_alias", "update_alias"])
@pytest.mark.parametrize("target", ["alias/y", f"{ARN}alias/y"])
def test_aliases_of_aliases(kms, key, name, operation, target):
    """There are none."""
    name("alias/y", key)
    if operation == "update_alias":
        name("alias/x", key)
    with refused("ValidationException", "Aliases must refer to keys. Not aliases"):
        getattr(kms, operation)(AliasName="alias/x", TargetKeyId=target)


def test_aliases_go_with_their_key(kms, key, name, kms_import_mock):
    """The name is free again when the key is deleted."""
    name("alias/x", key)
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    assert kms.describe_key(KeyId="alias/x")["KeyMetadata"]["KeyState"] == "PendingDeletion"
    kms_import_mock.clock.advance(days=8)
    with refused("NotFoundException", f"Alias {ARN}alias/x is not found."):
        kms.describe_key(KeyId="alias/x")
    name("alias/x", kms_import_mock.import_key())


def test_an_alias_leaves_a_key_that_is_to_be_deleted(kms, key, name, kms_import_mock):
    """Away from it, yes; to one, no."""
    name("alias/x", key)
    other = kms_import_mock.import_key()
    kms.schedule_key_deletion(KeyId=key.id)
    kms.update_alias(AliasName="alias/x", TargetKeyId=other.id)
    with refused("KMSInvalidStateException", f"{key.arn} is pending deletion."):
        kms.update_alias(AliasName="alias/x", TargetKeyId=key.id)


def test_aliases_of_one_key(kms, key, name, kms_import_mock):
    """KeyId filters them; a key that does not exist is an error."""
    name("alias/x", key)
    name("alias/y", kms_import_mock.import_key())
    name("alias/z", key)
    assert [alias for alias, _ in listed(kms, KeyId=key.id)] == ["alias/x", "alias/z"]
    assert len(listed(kms)) == 3


def test_a_snapshot_holds_the_aliases(kms, key, name, kms_import_mock):
    """What is moved, given or taken away after it is undone."""
    name("alias/x", key)
    snapshot = kms_import_mock.snapshot()
    kms.delete_alias(AliasName="alias/x")
    name("alias/y", key)
    kms_import_mock.restore(snapshot)
    assert listed(kms) == [("alias/x", key.id)]
