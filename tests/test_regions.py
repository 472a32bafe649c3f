"""Accounts, Regions and partitions, and what is different in China and was different in 2022."""

from __future__ import annotations

import pytest

from pytest_kmsimport import mock_kms_import, wrap_key_material

from .refusal import refused

WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("cn-northwest-1", "aws-cn")],
)
def test_arns_have_their_partition(kms_import_mock, region, partition):
    """Keys are named as their partition names them."""
    created = kms_import_mock.client(region).create_key()["KeyMetadata"]
    assert created["Arn"] == f"arn:{partition}:kms:{region}:123456789012:key/{created['KeyId']}"


def test_regions_and_accounts_are_apart(kms_import_mock):
    """A key exists in one Region of one account."""
    clients = [kms_import_mock.client(r, a) for r in ("us-east-1", "eu-west-1") for a in (None, "111122223333")]
    keys = [client.create_key()["KeyMetadata"]["KeyId"] for client in clients]
    for client, key_id in zip(clients, keys, strict=True):
        assert [key["KeyId"] for key in client.list_keys()["Keys"]] == [key_id]


# China


@pytest.fixture
def china(kms_import_mock):
    """A client in a China Region."""
    return kms_import_mock.client("cn-north-1")


@pytest.mark.parametrize("length", [16, 32])
def test_symmetric_keys_in_china_are_16_bytes(kms_import_mock, china, length):
    """SM4 keys, not AES-256 keys."""
    key_id = china.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    parameters = china.get_parameters_for_import(KeyId=key_id, **WRAPPING)
    request = {
        "KeyId": key_id,
        "ImportToken": parameters["ImportToken"],
        "EncryptedKeyMaterial": wrap_key_material(parameters["PublicKey"], bytes(length), "RSAES_OAEP_SHA_256"),
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }
    if length == 16:
        china.import_key_material(**request)
        blob = china.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
        assert china.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    else:
        with refused("IncorrectKeyMaterialException"):
            china.import_key_material(**request)


@pytest.mark.parametrize(("spec", "usage"), [("ECC_NIST_P256", "SIGN_VERIFY"), ("RSA_2048", "SIGN_VERIFY")])
def test_there_is_no_rsa_aes_key_wrap_in_china(china, spec, usage):
    """For no key spec."""
    key_id = china.create_key(Origin="EXTERNAL", KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    text = (
        "Wrapping algorithm RSA_AES_KEY_WRAP_SHA_256 and wrapping key spec RSA_2048 cannot be used to import a"
        f" {spec} key."
    )
    with refused("ValidationException", text):
        china.get_parameters_for_import(
            KeyId=key_id, WrappingAlgorithm="RSA_AES_KEY_WRAP_SHA_256", WrappingKeySpec="RSA_2048"
        )


def test_sm2_is_not_offered(kms_import_mock, china):
    """AWS has it in China; the mock says that it has not, and fails the test."""
    with pytest.raises(AssertionError, match="SM2 is not offered"):
        china.create_key(KeySpec="SM2", KeyUsage="SIGN_VERIFY")
    key_id = china.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    with pytest.raises(AssertionError, match="SM2PKE is not offered"):
        china.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm="SM2PKE", WrappingKeySpec="SM2")
    kms_import_mock.complaints.clear()


# 2022


@pytest.fixture
def old():
    """A client of the service as it was in 2022, and its mock."""
    with mock_kms_import(service="2022", region="us-east-1") as mock:
        yield mock.client(), mock
        mock.complaints.clear()


def imported(kms, key_id: str, material: bytes, algorithm: str = "RSAES_PKCS1_V1_5"):
    """Hold a ceremony as it was held in 2022."""
    parameters = kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048")
    return kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrap_key_material(parameters["PublicKey"], material, algorithm),
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )


@pytest.mark.parametrize("algorithm", ["RSAES_PKCS1_V1_5", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
def test_the_ceremony_of_2022(old, algorithm):
    """PKCS#1 v1.5 was good, and neither import nor deletion answered with anything."""
    kms, _ = old
    key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    assert set(imported(kms, key_id, bytes(32), algorithm)) == {"ResponseMetadata"}
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    assert "KeyMaterialId" not in kms.decrypt(CiphertextBlob=blob)
    assert "CurrentKeyMaterialId" not in kms.describe_key(KeyId=key_id)["KeyMetadata"]
    assert set(kms.delete_imported_key_material(KeyId=key_id)) == {"ResponseMetadata"}
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingImport"


def test_a_key_had_one_material_for_life(old):
    """Other bytes were refused, also after deletion."""
    kms, _ = old
    key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    imported(kms, key_id, bytes(32))
    kms.delete_imported_key_material(KeyId=key_id)
    with refused("IncorrectKeyMaterialException"):
        imported(kms, key_id, b"\1" * 32)
    assert imported(kms, key_id, bytes(32))


@pytest.mark.parametrize(
    ("member", "value", "values"),
    [
        ("WrappingAlgorithm", "RSA_AES_KEY_WRAP_SHA_256", "RSAES_PKCS1_V1_5, RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256"),
        ("WrappingKeySpec", "RSA_4096", "RSA_2048"),
    ],
)
def test_values_that_did_not_exist(old, member, value, values):
    """They were no values of the enum, which is told before the key is looked for."""
    kms, _ = old
    path = member[0].lower() + member[1:]
    text = (
        f"1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must satisfy"
        f" enum value set: [{values}]"
    )
    with refused("ValidationException", text):
        kms.get_parameters_for_import(KeyId="unknown", **{**WRAPPING, member: value})


@pytest.mark.parametrize("spec", ["HMAC_256", "RSA_2048", "ECC_NIST_P256"])
def test_only_symmetric_keys_could_import(old, spec):
    """Others could neither be made for it nor get its parameters."""
    kms, _ = old
    usage = "GENERATE_VERIFY_MAC" if spec == "HMAC_256" else "SIGN_VERIFY"
    text = f"KeySpec {spec} is not supported for KMS keys with an Origin of EXTERNAL."
    with refused("UnsupportedOperationException", text):
        kms.create_key(Origin="EXTERNAL", KeySpec=spec, KeyUsage=usage)
    arn = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"]
    text = f"{arn} origin is AWS_KMS which is not valid for this operation."
    with refused("UnsupportedOperationException", text):
        kms.get_parameters_for_import(KeyId=arn, **WRAPPING)


def test_members_that_did_not_exist(old):
    """A request with one of them could not have been made then: the test fails and says so."""
    kms, _ = old
    key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    with pytest.raises(AssertionError, match="KeyMaterialId did not exist in AWS KMS of 2022"):
        kms.delete_imported_key_material(KeyId=key_id, KeyMaterialId="0" * 64)
