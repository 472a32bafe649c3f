"""AWS KMS as it was in 2022: RSAES_PKCS1_V1_5, one key material for life, symmetric keys only."""

from __future__ import annotations

import os

import pytest

from pytest_kmsimport import mock_kms_import, wrap_key_material

from ..support.refusal import refused

PKCS1 = "RSAES_PKCS1_V1_5"
WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}


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
    """It is never taken for key material.

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
    """It opens, and is no symmetric key, which is not told from a blob that does not open."""
    blob = ceremony.wrapped(bytes(length))
    with refused("InvalidCiphertextException"):
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
        with refused("InvalidCiphertextException"):
            ceremony.hand_in(ceremony.wrapped(bytes(32)))
        ceremony.hand_in(ceremony.wrapped(bytes(16)))
        assert ceremony.state() == "Enabled"


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
    """Other bytes were refused, also after deletion, and the refusal named no identifier."""
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
    with refused("ValidationException", f"KeySpec {spec} is not supported for Origin EXTERNAL"):
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
