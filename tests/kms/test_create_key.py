"""CreateKey and the KeyMetadata that it answers with."""

from __future__ import annotations

import json
import re

import pytest

from pytest_kmsimport._mock import rsa_pool as _rsa_pool
from pytest_kmsimport._wire.model import kms_model

from ..support.installed import known
from ..support.refusal import refused

RSA_SIGNING = [
    *(f"RSASSA_PKCS1_V1_5_SHA_{bits}" for bits in (256, 384, 512)),
    *(f"RSASSA_PSS_SHA_{bits}" for bits in (256, 384, 512)),
]
RSA_ENCRYPTION = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]

#: KeySpec -> KeyUsage -> the algorithms in KeyMetadata; AWS's table of CreateKey.
SPECS = {
    "SYMMETRIC_DEFAULT": {"ENCRYPT_DECRYPT": ["SYMMETRIC_DEFAULT"]},
    **{f"HMAC_{bits}": {"GENERATE_VERIFY_MAC": [f"HMAC_SHA_{bits}"]} for bits in (224, 256, 384, 512)},
    **{f"RSA_{b}": {"ENCRYPT_DECRYPT": RSA_ENCRYPTION, "SIGN_VERIFY": RSA_SIGNING} for b in (2048, 3072, 4096)},
    "ECC_NIST_P256": {"SIGN_VERIFY": ["ECDSA_SHA_256"], "KEY_AGREEMENT": ["ECDH"]},
    "ECC_NIST_P384": {"SIGN_VERIFY": ["ECDSA_SHA_384"], "KEY_AGREEMENT": ["ECDH"]},
    "ECC_NIST_P521": {"SIGN_VERIFY": ["ECDSA_SHA_512"], "KEY_AGREEMENT": ["ECDH"]},
    "ECC_SECG_P256K1": {"SIGN_VERIFY": ["ECDSA_SHA_256"]},
    "ECC_NIST_EDWARDS25519": {"SIGN_VERIFY": ["ED25519_PH_SHA_512", "ED25519_SHA_512"]},
    **{f"ML_DSA_{size}": {"SIGN_VERIFY": ["ML_DSA_SHAKE_256"]} for size in (44, 65, 87)},
    **{f"ML_KEM_{size}": {"ENCAPSULATE_DECAPSULATE": ["ML_KEM"]} for size in (512, 768, 1024)},
}
MEMBERS = {
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms",
    "SIGN_VERIFY": "SigningAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms",
    "KEY_AGREEMENT": "KeyAgreementAlgorithms",
    "ENCAPSULATE_DECAPSULATE": "EncapsulationAlgorithms",
}
USAGES = [usage for usage in MEMBERS if usage in kms_model().shape_for("KeyUsageType").enum]
IMPORTABLE = [spec for spec in SPECS if not spec.startswith("ML_")]
PAIRS = [(spec, usage) for spec in known(SPECS) for usage in SPECS[spec]]
WRONG_PAIRS = [(spec, usage) for spec in known(SPECS) for usage in USAGES if usage not in SPECS[spec]]

ALWAYS = {
    "AWSAccountId", "KeyId", "Arn", "CreationDate", "Enabled", "Description", "KeyUsage", "KeyState", "Origin",
    "KeyManager", "CustomerMasterKeySpec", "KeySpec", "MultiRegion",
}  # fmt: skip


@pytest.mark.parametrize("origin", ["EXTERNAL", "AWS_KMS"])
@pytest.mark.parametrize(("spec", "usage"), PAIRS)
def test_every_key_spec_with_every_usage(kms, spec, usage, origin):
    """KeyMetadata has the algorithms of the usage alone, and exactly the members that AWS sends."""
    if origin == "EXTERNAL" and spec not in IMPORTABLE:
        with refused("ValidationException", f"KeySpec {spec} is not supported for Origin EXTERNAL"):
            kms.create_key(KeySpec=spec, KeyUsage=usage, Origin=origin)
        return
    metadata = kms.create_key(KeySpec=spec, KeyUsage=usage, Origin=origin)["KeyMetadata"]
    identified = {"CurrentKeyMaterialId"} if (spec, origin) == ("SYMMETRIC_DEFAULT", "AWS_KMS") else set()
    assert set(metadata) == ALWAYS | {MEMBERS[usage]} | identified
    assert metadata[MEMBERS[usage]] == SPECS[spec][usage]
    assert (metadata["KeySpec"], metadata["CustomerMasterKeySpec"], metadata["KeyUsage"]) == (spec, spec, usage)
    state = ("PendingImport", False) if origin == "EXTERNAL" else ("Enabled", True)
    assert (metadata["KeyState"], metadata["Enabled"]) == state


@pytest.mark.parametrize(("spec", "usage"), WRONG_PAIRS)
def test_usages_that_a_key_spec_does_not_have(kms, spec, usage):
    """AWS's text names both."""
    with refused("ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec}"):
        kms.create_key(KeySpec=spec, KeyUsage=usage)
    assert kms.list_keys()["Keys"] == []


@pytest.mark.parametrize("spec", [spec for spec in known(SPECS) if spec != "SYMMETRIC_DEFAULT"])
def test_only_symmetric_keys_have_a_default_usage(kms, spec):
    """All others must say what they are for."""
    text = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
    with refused("ValidationException", text):
        kms.create_key(KeySpec=spec)


def test_a_key_without_any_member(kms):
    """The defaults are those of the API reference."""
    metadata = kms.create_key()["KeyMetadata"]
    expected = {
        "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER",
        "Description": "", "MultiRegion": False, "AWSAccountId": "123456789012",
    }  # fmt: skip
    assert expected.items() <= metadata.items()
    assert re.fullmatch(r"[0-9a-f]{64}", metadata["CurrentKeyMaterialId"])
    assert metadata["Arn"] == f"arn:aws:kms:us-east-1:123456789012:key/{metadata['KeyId']}"
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", metadata["KeyId"])


def test_describe_key_says_the_same(kms, make_key):
    """CreateKey and DescribeKey answer with the same KeyMetadata."""
    created = kms.create_key(Origin="EXTERNAL", Description="for payments")["KeyMetadata"]
    assert kms.describe_key(KeyId=created["KeyId"])["KeyMetadata"] == created
    assert created["Description"] == "for payments"


def test_creation_date_is_the_mocks_time(kms, kms_import_mock):
    """To the millisecond."""
    now = kms_import_mock.clock.freeze()
    assert kms.create_key()["KeyMetadata"]["CreationDate"] == now


def test_multi_region_keys(kms):
    """Their key IDs say so, and they describe themselves as primary without replicas."""
    metadata = kms.create_key(MultiRegion=True, Origin="EXTERNAL")["KeyMetadata"]
    assert re.fullmatch(r"mrk-[0-9a-f]{32}", metadata["KeyId"])
    assert metadata["MultiRegion"] is True
    assert metadata["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "PRIMARY",
        "PrimaryKey": {"Arn": metadata["Arn"], "Region": "us-east-1"},
        "ReplicaKeys": [],
    }


def test_the_deprecated_twin_of_key_spec(kms):
    """CustomerMasterKeySpec does what KeySpec does, and not both can be given."""
    metadata = kms.create_key(CustomerMasterKeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
    assert metadata["KeySpec"] == "HMAC_256"
    text = (
        "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated."
    )
    with refused("ValidationException", text):
        kms.create_key(CustomerMasterKeySpec="HMAC_256", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")


def test_sm2_exists_in_china_only(kms):
    """Elsewhere AWS does not support it."""
    with refused("UnsupportedOperationException", "KeySpec SM2 is not supported in this Region."):
        kms.create_key(KeySpec="SM2", KeyUsage="SIGN_VERIFY")


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (
            {"CustomKeyStoreId": "cks-1"},
            "CustomKeyStoreId cannot be specified for KMS keys with an Origin of EXTERNAL.",
        ),
        ({"XksKeyId": "x"}, "XksKeyId can be specified only for KMS keys with an Origin of EXTERNAL_KEY_STORE."),
    ],
)
def test_imported_keys_are_in_no_key_store(kms, members, text):
    """EXTERNAL is another thing than an external key store."""
    with refused("ValidationException", text):
        kms.create_key(Origin="EXTERNAL", **members)


def test_create_key_makes_no_key_pair(kms, monkeypatch):
    """AWS_KMS key pairs are made when they are first used: CreateKey costs no RSA key."""
    made = []
    monkeypatch.setattr(_rsa_pool, "generate_private_key", lambda *arguments: made.append(arguments))
    monkeypatch.setattr(_rsa_pool.RsaKeys, "__call__", lambda _, bits: made.append(bits))
    kms.create_key(KeySpec="RSA_4096", KeyUsage="SIGN_VERIFY")
    assert made == []


TAG = {"TagKey": "owner", "TagValue": "payments"}


def test_tags_are_kept(kms, kms_import_mock):
    """In the order in which they were given."""
    key_id = kms.create_key(Tags=[TAG, {"TagKey": "empty", "TagValue": ""}])["KeyMetadata"]["KeyId"]
    assert kms_import_mock.key(key_id).tags == {"owner": "payments", "empty": ""}


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ([TAG, TAG], "Duplicate tag keys"),
        ([{"TagKey": f"key{n}", "TagValue": ""} for n in range(51)], "Too many tags"),
        ([{"TagKey": "aws:key1", "TagValue": ""}], "Tags beginning with aws: are reserved"),
        ([{"TagKey": "AWS:key1", "TagValue": ""}], "Tags beginning with aws: are reserved"),
    ],
    ids=["duplicate", "51", "aws:", "AWS:"],
)
def test_tags_that_aws_refuses(kms, tags, text):
    """TagException, and no KMS key."""
    with refused("TagException", text):
        kms.create_key(Tags=tags)
    assert kms.list_keys()["Keys"] == []


def test_fifty_tags_are_not_too_many(kms):
    """The limit is fifty."""
    assert kms.create_key(Tags=[{"TagKey": f"key{n}", "TagValue": ""} for n in range(50)])


def test_the_policy_is_kept(kms, kms_import_mock):
    """As it was given; without one, AWS's default policy is attached."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Statement": [statement]})
    key_id = kms.create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    assert kms_import_mock.key(key_id).policy == policy
    default = json.loads(kms_import_mock.key(kms.create_key()["KeyMetadata"]["KeyId"]).policy)
    assert default["Id"] == "key-default-1"
    assert default["Statement"][0]["Sid"] == "Enable IAM User Permissions"


def test_a_policy_that_locks_everybody_out(kms):
    """It is refused, unless the request insists."""
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:Get*", "Resource": "*"}]})
    text = "The new key policy will not allow you to update the key policy in the future."
    with refused("MalformedPolicyDocumentException", text):
        kms.create_key(Policy=policy)
    assert kms.create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)


EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}


@pytest.mark.parametrize(
    "policy",
    [
        "no JSON",
        "[" * 20_000,
        json.dumps({"Statement": [{**EVERYTHING, "Effect": ["Allow"]}]}),
        json.dumps({"Statement": [{**EVERYTHING, "Effect": {"a": "b"}}]}),
    ],
    ids=["no JSON", "nested", "list of effects", "object as effect"],
)
def test_what_is_no_policy(kms, policy):
    """Whatever stands in it, AWS answers MalformedPolicyDocumentException, and there is no KMS key."""
    with refused("MalformedPolicyDocumentException"):
        kms.create_key(Policy=policy)
    assert kms.list_keys()["Keys"] == []


def test_a_policy_that_allows_all_but_something_locks_nobody_out(kms):
    """NotAction allows what it does not name, kms:PutKeyPolicy among it."""
    statement = {**EVERYTHING, "NotAction": "kms:ScheduleKeyDeletion"}
    del statement["Action"]
    assert kms.create_key(Policy=json.dumps({"Statement": [statement]}))
