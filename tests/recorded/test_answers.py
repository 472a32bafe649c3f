"""Answers that AWS was recorded to give: the members that are there, and those that are not."""

from __future__ import annotations

import os
import re

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ..support.refusal import refused

HEX_64 = re.compile(r"[0-9a-f]{64}")
DAY = 24 * 3600
BASE = {
    "AWSAccountId", "Arn", "CreationDate", "CustomerMasterKeySpec", "Description", "Enabled", "KeyId", "KeyManager",
    "KeySpec", "KeyState", "KeyUsage", "MultiRegion", "Origin",
}  # fmt: skip


def members(answer: dict[str, object]) -> set[str]:
    """The members of an answer, without what botocore adds."""
    return set(answer) - {"ResponseMetadata"}


def described(account, name: str) -> dict[str, object]:
    """The metadata of a KMS key."""
    metadata: dict[str, object] = account.kms.describe_key(KeyId=account.arn(name))["KeyMetadata"]
    return metadata


# KeyMetadata


@pytest.mark.parametrize(
    ("spec", "usage", "algorithms", "values"),
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "EncryptionAlgorithms", ["SYMMETRIC_DEFAULT"]),
        ("ECC_NIST_P256", "SIGN_VERIFY", "SigningAlgorithms", ["ECDSA_SHA_256"]),
        ("RSA_4096", "ENCRYPT_DECRYPT", "EncryptionAlgorithms", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]),
        ("HMAC_224", "GENERATE_VERIFY_MAC", "MacAlgorithms", ["HMAC_SHA_224"]),
        ("HMAC_512", "GENERATE_VERIFY_MAC", "MacAlgorithms", ["HMAC_SHA_512"]),
    ],
)
def test_a_key_that_waits_for_its_material(account, spec, usage, algorithms, values):
    """PendingImport, and one list of algorithms; neither expiry nor key material is mentioned."""
    created = account.kms.create_key(Origin="EXTERNAL", KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
    assert set(created) == BASE | {algorithms}
    assert created[algorithms] == values
    assert (created["KeyState"], created["Enabled"], created["MultiRegion"]) == ("PendingImport", False, False)
    assert (created["Origin"], created["KeyManager"]) == ("EXTERNAL", "CUSTOMER")


@pytest.mark.parametrize(("name", "there"), [("symmetric", True), ("rsa", False), ("ecc", False), ("hmac", False)])
def test_keys_made_by_kms_name_their_material(account, name, there):
    """At once, and symmetric ones alone."""
    assert ("CurrentKeyMaterialId" in described(account, name)) == there


def test_a_multi_region_key_says_so_from_the_start(account):
    """It is the primary key of no replicas yet."""
    key = described(account, "multi_region")
    assert re.fullmatch(r"mrk-[0-9a-f]{32}", key["KeyId"])
    assert key["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "PRIMARY",
        "PrimaryKey": {"Arn": key["Arn"], "Region": "us-east-1"},
        "ReplicaKeys": [],
    }
    assert "MultiRegionConfiguration" not in described(account, "symmetric")


# Import


def test_parameters_for_import(account):
    """Four members; KeyId is the ARN, PublicKey is DER; further calls give further good tokens."""
    wrapping = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    for name in ("external", "imported"):
        key_id = account.arn(name).rpartition("/")[2]
        answer = account.kms.get_parameters_for_import(KeyId=key_id, **wrapping)
        assert members(answer) == {"KeyId", "ImportToken", "PublicKey", "ParametersValidTo"}
        assert answer["KeyId"] == account.arn(name)
        assert load_der_public_key(answer["PublicKey"]).key_size == 2048


def test_the_first_import(account):
    """The answer names the key material that DescribeKey then shows; it does not expire, so there is no ValidTo."""
    answer = account.kms.import_key_material(**account.import_request("external", os.urandom(32)))
    assert (members(answer), answer["KeyId"]) == ({"KeyId", "KeyMaterialId"}, account.arn("external"))
    assert HEX_64.fullmatch(answer["KeyMaterialId"])
    key = described(account, "external")
    assert set(key) == BASE | {"EncryptionAlgorithms", "ExpirationModel", "CurrentKeyMaterialId"}
    assert (key["KeyState"], key["ExpirationModel"]) == ("Enabled", "KEY_MATERIAL_DOES_NOT_EXPIRE")
    assert key["CurrentKeyMaterialId"] == answer["KeyMaterialId"]


@pytest.mark.parametrize("name", ["imported_ecc", "imported_hmac"])
def test_imported_keys_of_other_kinds_name_no_material(account, name):
    """Enabled, with an ExpirationModel."""
    key = described(account, name)
    assert (key["KeyState"], key["ExpirationModel"]) == ("Enabled", "KEY_MATERIAL_DOES_NOT_EXPIRE")
    assert "CurrentKeyMaterialId" not in key


@pytest.mark.parametrize("model", [{}, {"ExpirationModel": "KEY_MATERIAL_EXPIRES"}])
def test_an_import_that_forgot_its_date(account, model):
    """It is refused and changes nothing; the same token and blob are good right after."""
    good = account.import_request("external", os.urandom(32))
    bad = {name: value for name, value in good.items() if name != "ExpirationModel"} | model
    with refused("ValidationException", "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"):
        account.kms.import_key_material(**bad)
    assert described(account, "external")["KeyState"] == "PendingImport"
    account.kms.import_key_material(**good)
    assert described(account, "external")["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"


def test_new_material_waits_and_tolerates_no_second(account):
    """DescribeKey still names the first; a third material is refused with the identifiers of both."""
    new = {"ImportType": "NEW_KEY_MATERIAL"}
    before = described(account, "imported")
    pending = account.kms.import_key_material(**account.import_request("imported", os.urandom(32), **new))
    assert described(account, "imported") == before
    third = account.import_request("imported", os.urandom(32), **new)
    with pytest.raises(account.kms.exceptions.KMSInvalidStateException) as caught:
        account.kms.import_key_material(**third)
    text = (
        r"New key material \(id: [0-9a-f]{64}\) cannot be imported into KMS key "
        + re.escape(account.arn("imported"))
        + rf", because another key material \(id: {pending['KeyMaterialId']}\) is pending rotation\."
    )
    assert re.fullmatch(text, caught.value.response["Error"]["Message"])


def test_the_same_bytes_with_another_date(account):
    """A re-import changes the expiry; nothing has to be deleted first."""
    material = os.urandom(32)
    account.kms.import_key_material(**account.import_request("external", material))
    date = int(account.mock.clock.now().timestamp()) + DAY  # older botocores send whole seconds
    request = account.import_request("external", material, ExpirationModel="KEY_MATERIAL_EXPIRES", ValidTo=date)
    account.kms.import_key_material(**request)
    assert described(account, "external")["ValidTo"].timestamp() == date


@pytest.mark.parametrize(
    ("name", "gone"),
    [("imported", {"ExpirationModel"}), ("imported_ecc", {"ExpirationModel"}), ("imported_hmac", {"ExpirationModel"})],
)
def test_deleted_material(account, name, gone):
    """The key waits again; a symmetric one still names the material that it had."""
    before = described(account, name)
    account.kms.delete_imported_key_material(KeyId=account.arn(name))
    after = described(account, name)
    assert set(before) - set(after) == gone
    assert (after["KeyState"], after["Enabled"]) == ("PendingImport", False)
    assert after.get("CurrentKeyMaterialId") == before.get("CurrentKeyMaterialId")


# States


def test_deletion_and_its_cancelling(account):
    """PendingDeletion has a date; what is cancelled is Disabled, without one."""
    key_id = account.arn("symmetric")
    account.kms.schedule_key_deletion(KeyId=key_id)
    pending = described(account, "symmetric")
    account.kms.cancel_key_deletion(KeyId=key_id)
    cancelled = described(account, "symmetric")
    assert (pending["KeyState"], pending["Enabled"], "DeletionDate" in pending) == ("PendingDeletion", False, True)
    assert (cancelled["KeyState"], cancelled["Enabled"], "DeletionDate" in cancelled) == ("Disabled", False, False)


def test_a_disabled_key_has_its_public_key(account):
    """AWS's documents once said otherwise; AWS did not."""
    account.kms.disable_key(KeyId=account.arn("ecc"))
    assert account.kms.get_public_key(KeyId=account.arn("ecc"))["KeyId"] == account.arn("ecc")


# Use

DATA_KEY = {"CiphertextBlob", "KeyId", "KeyMaterialId"}
PAIR = {"KeyId", "KeyPairSpec", "PrivateKeyCiphertextBlob", "PublicKey", "KeyMaterialId"}
SIGNING = {"Message": b"x", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
MAC = {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}


@pytest.mark.parametrize(
    ("operation", "key", "request_members", "expected"),
    [
        ("Encrypt", "symmetric", {"Plaintext": b"x"}, {"CiphertextBlob", "KeyId", "EncryptionAlgorithm"}),
        ("GenerateDataKey", "symmetric", {"KeySpec": "AES_256"}, DATA_KEY | {"Plaintext"}),
        ("GenerateDataKeyWithoutPlaintext", "symmetric", {"KeySpec": "AES_256"}, DATA_KEY),
        ("GenerateDataKeyPair", "symmetric", {"KeyPairSpec": "ECC_NIST_P256"}, PAIR | {"PrivateKeyPlaintext"}),
        ("GenerateDataKeyPairWithoutPlaintext", "symmetric", {"KeyPairSpec": "ECC_NIST_P256"}, PAIR),
        ("Sign", "rsa", SIGNING, {"KeyId", "Signature", "SigningAlgorithm"}),
        ("GenerateMac", "hmac", MAC, {"KeyId", "Mac", "MacAlgorithm"}),
        ("RotateKeyOnDemand", "symmetric", {}, {"KeyId"}),
    ],
)
def test_the_answers_of_uses(account, operation, key, request_members, expected):
    """Exactly these members, and KeyId is the ARN also where a bare key ID was asked with."""
    key_id = account.arn(key).rpartition("/")[2]
    answer = account.kms._make_api_call(operation, {"KeyId": key_id, **request_members})
    assert (members(answer), answer["KeyId"]) == (expected, account.arn(key))


def test_the_answer_of_decrypt(account):
    """It names the key material, as Encrypt does not."""
    answer = account.kms.decrypt(CiphertextBlob=account.blob())
    assert members(answer) == {"KeyId", "Plaintext", "EncryptionAlgorithm", "KeyMaterialId"}
    assert answer["KeyMaterialId"] == described(account, "symmetric")["CurrentKeyMaterialId"]


def test_the_answers_of_verification(account):
    """SignatureValid and MacValid, beside key and algorithm."""
    signature = account.kms.sign(KeyId=account.arn("rsa"), **SIGNING)["Signature"]
    mac = account.kms.generate_mac(KeyId=account.arn("hmac"), **MAC)["Mac"]
    verified = account.kms.verify(KeyId=account.arn("rsa"), **SIGNING, Signature=signature)
    assert members(verified) == {"KeyId", "SignatureValid", "SigningAlgorithm"}
    assert members(account.kms.verify_mac(KeyId=account.arn("hmac"), **MAC, Mac=mac)) == {
        "KeyId", "MacAlgorithm", "MacValid",
    }  # fmt: skip


# Rotation and replication


def test_the_eleventh_rotation_of_then_is_the_twenty_sixth_of_today(account):
    """AWS's text for the limit; LimitExceededException is retried by botocore and is refused each time."""
    arn = account.arn("symmetric")
    for _ in range(25):
        account.kms.rotate_key_on_demand(KeyId=arn)
    text = (
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be"
        f" performed for this key: {arn}"
    )
    with refused("LimitExceededException", text):
        account.kms.rotate_key_on_demand(KeyId=arn)


def test_rotation_status(account):
    """Off: two members; on: the period and the next date, which a rotation on demand does not move."""
    arn = account.arn("symmetric")
    off = account.kms.get_key_rotation_status(KeyId=arn)
    account.kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=90)
    on = account.kms.get_key_rotation_status(KeyId=arn)
    account.kms.rotate_key_on_demand(KeyId=arn)
    after = account.kms.get_key_rotation_status(KeyId=arn)
    assert members(off) == {"KeyId", "KeyRotationEnabled"}
    assert members(on) == members(off) | {"NextRotationDate", "RotationPeriodInDays"}
    assert after["NextRotationDate"] == on["NextRotationDate"]


def test_rotations_listed(account):
    """None before the first; then CURRENT with date and type; all key material is listed oldest first."""
    arn = account.arn("symmetric")
    never = account.kms.list_key_rotations(KeyId=arn)
    everything = account.kms.list_key_rotations(KeyId=arn, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    account.kms.rotate_key_on_demand(KeyId=arn)
    once = account.kms.list_key_rotations(KeyId=arn)["Rotations"]
    both = account.kms.list_key_rotations(KeyId=arn, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    bare = {"KeyId", "KeyMaterialId", "KeyMaterialState"}
    assert (never["Rotations"], never["Truncated"]) == ([], False)
    assert [set(entry) for entry in everything] == [bare]
    assert [set(entry) for entry in once] == [bare | {"RotationDate", "RotationType"}]
    assert [entry["KeyMaterialState"] for entry in both] == ["NON_CURRENT", "CURRENT"]
    assert (set(both[0]), both[1]) == (bare, once[0])


def test_a_replica(account):
    """Creating, without description or key material; ReplicaPolicy is the default one; there is no ReplicaTags."""
    answer = account.kms.replicate_key(KeyId=account.arn("multi_region"), ReplicaRegion="eu-west-1")
    replica = answer["ReplicaKeyMetadata"]
    assert members(answer) == {"ReplicaKeyMetadata", "ReplicaPolicy"}
    assert '"Sid" : "Enable IAM User Permissions"' in answer["ReplicaPolicy"]
    assert (replica["KeyState"], replica["Enabled"], replica["Description"]) == ("Creating", False, "")
    assert "CurrentKeyMaterialId" not in replica
    configuration = described(account, "multi_region")["MultiRegionConfiguration"]
    assert configuration["ReplicaKeys"] == [{"Arn": replica["Arn"], "Region": "eu-west-1"}]
    assert replica["MultiRegionConfiguration"] == {**configuration, "MultiRegionKeyType": "REPLICA"}
    there = account.mock.client("eu-west-1")
    with refused("UnsupportedOperationException", f"{replica['Arn']} is not a multi-region primary key."):
        there.replicate_key(KeyId=replica["KeyId"], ReplicaRegion="eu-west-3")
    ready = there.describe_key(KeyId=replica["KeyId"])["KeyMetadata"]
    assert (ready["KeyState"], "CurrentKeyMaterialId" in ready) == ("Enabled", True)


# Tags, aliases, policies


def test_tags_keep_their_places(account):
    """They are listed as they came; a changed one stays where it was."""
    arn = account.arn("symmetric")
    for tags in ([("b", "1"), ("a", "2")], [("c", "3"), ("b", "4")]):
        account.kms.tag_resource(KeyId=arn, Tags=[{"TagKey": key, "TagValue": value} for key, value in tags])
    listed = account.kms.list_resource_tags(KeyId=arn)["Tags"]
    assert [(tag["TagKey"], tag["TagValue"]) for tag in listed] == [("b", "4"), ("a", "2"), ("c", "3")]
    account.kms.untag_resource(KeyId=arn, TagKeys=["a", "b", "c"])
    assert account.kms.list_resource_tags(KeyId=arn)["Tags"] == []


def test_the_name_of_the_key_policy(account):
    """There is one."""
    answer = account.kms.list_key_policies(KeyId=account.arn("symmetric"))
    assert (answer["PolicyNames"], answer["Truncated"]) == (["default"], False)


def test_an_alias_keeps_the_usage_of_its_key(account):
    """It cannot be moved from a signing to an encryption key."""
    account.kms.create_alias(AliasName="alias/x", TargetKeyId=account.arn("rsa"))
    text = (
        "Alias alias/x cannot be changed from a CMK with key usage SIGN_VERIFY to a CMK with key usage"
        " ENCRYPT_DECRYPT. The key usage of the current CMK and the new CMK must be the same."
    )
    with refused("ValidationException", text):
        account.kms.update_alias(AliasName="alias/x", TargetKeyId=account.arn("symmetric"))
