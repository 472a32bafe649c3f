"""Accounts, Regions and partitions, and what is different in China."""

from __future__ import annotations

import pytest

from pytest_kmsimport import wrap_key_material

from ..support.refusal import refused

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
        with refused("InvalidCiphertextException"):
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
