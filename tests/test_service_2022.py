"""RSAES_PKCS1_V1_5, which AWS KMS took until October 2023, and its refusals; other rules of 2022: test_regions.py."""

from __future__ import annotations

import os

import pytest

from pytest_kmsimport import mock_kms_import, wrap_key_material

from .refusal import refused

PKCS1 = "RSAES_PKCS1_V1_5"


class Ceremony:
    """A KMS key of 2022 and its wrapping key for PKCS#1 v1.5."""

    def __init__(self, kms) -> None:
        self.kms = kms
        self.key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        self.parameters = kms.get_parameters_for_import(
            KeyId=self.key_id, WrappingAlgorithm=PKCS1, WrappingKeySpec="RSA_2048"
        )

    def wrapped(self, material: bytes, algorithm: str = PKCS1) -> bytes:
        """Key material under the wrapping public key."""
        return wrap_key_material(self.parameters["PublicKey"], material, algorithm)

    def hand_in(self, blob: bytes):
        """Import."""
        return self.kms.import_key_material(
            KeyId=self.key_id,
            ImportToken=self.parameters["ImportToken"],
            EncryptedKeyMaterial=blob,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )

    def state(self) -> str:
        """The key state."""
        state: str = self.kms.describe_key(KeyId=self.key_id)["KeyMetadata"]["KeyState"]
        return state


@pytest.fixture(params=["us-east-1", "us-gov-west-1"])
def ceremony(request):
    """A ceremony as it was held in 2022."""
    with mock_kms_import(service="2022", region=request.param) as mock:
        yield Ceremony(mock.client())


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"\0" + os.urandom(255),
        lambda blob: bytes([blob[0] // 2]) + bytes([blob[1] ^ 1]) + blob[2:],
        lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]),
    ],
    ids=["garbage", "head", "tail"],
)
def test_a_damaged_pkcs1_blob_does_not_open(ceremony, damage):
    """It is told from key material of the wrong length, and never taken for key material.

    OpenSSL 3.2 and newer answer damaged PKCS#1 v1.5 with random bytes of random length ("implicit rejection"), which
    would be imported whenever the length is right.
    """
    blob = damage(ceremony.wrapped(bytes(32)))
    with refused("InvalidCiphertextException"):
        ceremony.hand_in(blob)
    assert ceremony.state() == "PendingImport"


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
def test_oaep_does_not_open_as_pkcs1(ceremony, algorithm):
    """The padding must be the one that was asked for."""
    blob = ceremony.wrapped(bytes(32), algorithm)
    with refused("InvalidCiphertextException"):
        ceremony.hand_in(blob)


@pytest.mark.parametrize("length", [1, 31, 33, 245])
def test_material_of_another_length(ceremony, length):
    """It opens, and is no symmetric key."""
    blob = ceremony.wrapped(bytes(length))
    with refused("IncorrectKeyMaterialException"):
        ceremony.hand_in(blob)
    assert ceremony.hand_in(ceremony.wrapped(bytes(32)))


@pytest.mark.parametrize("length", [255, 257])
def test_blobs_have_the_length_of_the_modulus(ceremony, length):
    """Any other length is refused before it is opened."""
    with refused("ValidationException", "Invalid encrypted key size."):
        ceremony.hand_in(bytes(length))


def test_china_had_sm4_keys_then_too():
    """16 bytes, as today."""
    with mock_kms_import(service="2022", region="cn-north-1") as mock:
        ceremony = Ceremony(mock.client())
        with refused("IncorrectKeyMaterialException"):
            ceremony.hand_in(ceremony.wrapped(bytes(32)))
        ceremony.hand_in(ceremony.wrapped(bytes(16)))
        assert ceremony.state() == "Enabled"
