"""The key-state table, seen by a client: every operation about a KMS key in every state that a key can be in."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from pytest_kmsimport import wrap_key_material
from pytest_kmsimport.engine.operations import OPERATIONS

STATES = ["Enabled", "Disabled", "PendingDeletion", "PendingImport"]
OK = "ok"
DISABLED = ("DisabledException", "{arn} is disabled.")
PENDING_IMPORT = ("KMSInvalidStateException", "{arn} is pending import.")
PENDING_DELETION = ("KMSInvalidStateException", "{arn} is pending deletion.")
NOT_PENDING_DELETION = ("KMSInvalidStateException", "{arn} is not pending deletion.")
WRONG_ORIGIN = ("UnsupportedOperationException", "{arn} origin is AWS_KMS which is not valid for this operation.")
IMPORTED_ORIGIN = ("UnsupportedOperationException", "{arn} origin is EXTERNAL which is not valid for this operation.")

CRYPTOGRAPHIC = [OK, DISABLED, PENDING_DELETION, PENDING_IMPORT]
#: Operation -> what an imported key answers in the states above; the wire's texts for the footnotes of AWS's page.
IMPORTED = {
    "CancelKeyDeletion": [NOT_PENDING_DELETION, NOT_PENDING_DELETION, OK, NOT_PENDING_DELETION],
    "Decrypt": CRYPTOGRAPHIC,
    "DeleteImportedKeyMaterial": [OK, OK, OK, OK],
    "DeriveSharedSecret": CRYPTOGRAPHIC,
    "DescribeKey": [OK, OK, OK, OK],
    "DisableKey": [OK, OK, PENDING_DELETION, PENDING_IMPORT],
    "DisableKeyRotation": [IMPORTED_ORIGIN, DISABLED, PENDING_DELETION, IMPORTED_ORIGIN],
    "EnableKey": [OK, OK, PENDING_DELETION, PENDING_IMPORT],
    "EnableKeyRotation": [IMPORTED_ORIGIN, DISABLED, PENDING_DELETION, IMPORTED_ORIGIN],
    "Encrypt": CRYPTOGRAPHIC,
    "GenerateDataKey": CRYPTOGRAPHIC,
    "GenerateDataKeyPair": CRYPTOGRAPHIC,
    "GenerateDataKeyPairWithoutPlaintext": CRYPTOGRAPHIC,
    "GenerateDataKeyWithoutPlaintext": CRYPTOGRAPHIC,
    "GenerateMac": CRYPTOGRAPHIC,
    "GetKeyRotationStatus": [OK, OK, OK, IMPORTED_ORIGIN],
    "GetParametersForImport": [OK, OK, PENDING_DELETION, OK],
    "GetPublicKey": [OK, OK, PENDING_DELETION, OK],
    "ImportKeyMaterial": [OK, OK, PENDING_DELETION, OK],
    "ListKeyRotations": [OK, OK, OK, OK],
    "ReEncrypt": CRYPTOGRAPHIC,
    "RotateKeyOnDemand": CRYPTOGRAPHIC,
    "ScheduleKeyDeletion": [OK, OK, PENDING_DELETION, OK],
    "Sign": CRYPTOGRAPHIC,
    "Verify": CRYPTOGRAPHIC,
    "VerifyMac": CRYPTOGRAPHIC,
}
IMPORTING = {"DeleteImportedKeyMaterial", "GetParametersForImport", "ImportKeyMaterial"}
SCHEDULING = {"DisableKeyRotation", "EnableKeyRotation"}


def of_aws_kms(operation: str, answers: list[object]) -> list[object]:
    """AWS_KMS keys answer alike, but importing is not for them, rotating by themselves is; never PendingImport."""
    if operation in IMPORTING:
        return [WRONG_ORIGIN] * 3
    return [OK, *answers[1:3]] if operation in SCHEDULING else answers[:3]


MADE_BY_KMS = {operation: of_aws_kms(operation, answers) for operation, answers in IMPORTED.items()}
CASES = [
    (origin, operation, state, answer)
    for origin, table in {"EXTERNAL": IMPORTED, "AWS_KMS": MADE_BY_KMS}.items()
    for operation, answers in table.items()
    for state, answer in zip(STATES, answers, strict=False)
]
#: Operation -> the KeySpec and KeyUsage that it is for; symmetric encryption keys for all others.
KINDS = {
    "DeriveSharedSecret": ("ECC_NIST_P256", "KEY_AGREEMENT"),
    "GenerateMac": ("HMAC_256", "GENERATE_VERIFY_MAC"),
    "GetPublicKey": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "Sign": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "Verify": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "VerifyMac": ("HMAC_256", "GENERATE_VERIFY_MAC"),
}
SIGNING = {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
MAC = {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}


class Prepared:
    """A KMS key in a state, and a request of an operation that only this state can spoil."""

    def __init__(self, kms, mock, origin: str, operation: str) -> None:
        self.kms = kms
        spec, usage = KINDS.get(operation, ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"))
        if origin == "EXTERNAL":
            self.key_id = mock.import_key(bytes(32) if spec == "HMAC_256" else None, spec, KeyUsage=usage).id
        else:
            self.key_id = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
        self.arn = mock.key(self.key_id).arn
        if (operation, origin) == ("RotateKeyOnDemand", "EXTERNAL"):
            kms.import_key_material(KeyId=self.key_id, **self.members("ImportKeyMaterial"))
        self.request = {"KeyId": self.key_id, **self.members(operation)}
        if operation == "ReEncrypt":
            self.request["DestinationKeyId"] = self.request.pop("KeyId")

    def members(self, operation: str) -> dict[str, object]:
        """What an operation's request has beside KeyId, made while the key is still Enabled."""
        wrapping = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
        ready = {
            "Encrypt": {"Plaintext": b"x"},
            "GenerateDataKey": {"KeySpec": "AES_256"},
            "GenerateDataKeyWithoutPlaintext": {"KeySpec": "AES_256"},
            "GenerateDataKeyPair": {"KeyPairSpec": "ECC_NIST_P256"},
            "GenerateDataKeyPairWithoutPlaintext": {"KeyPairSpec": "ECC_NIST_P256"},
            "GenerateMac": MAC,
            "GetParametersForImport": wrapping,
            "Sign": SIGNING,
        }
        if operation in {"Decrypt", "ReEncrypt"}:
            return {"CiphertextBlob": self.kms.encrypt(KeyId=self.key_id, Plaintext=b"x")["CiphertextBlob"]}
        if operation == "Verify":
            return {**SIGNING, "Signature": self.kms.sign(KeyId=self.key_id, **SIGNING)["Signature"]}
        if operation == "VerifyMac":
            return {**MAC, "Mac": self.kms.generate_mac(KeyId=self.key_id, **MAC)["Mac"]}
        if operation == "DeriveSharedSecret":
            public_key = self.kms.get_public_key(KeyId=self.key_id)["PublicKey"]
            return {"KeyAgreementAlgorithm": "ECDH", "PublicKey": public_key}
        if operation == "ImportKeyMaterial":
            return self.import_members(wrapping)
        return ready.get(operation, {})

    def import_members(self, wrapping: dict[str, str]) -> dict[str, object]:
        """A re-import of other bytes as new material, which waits for a rotation."""
        if self.kms.describe_key(KeyId=self.key_id)["KeyMetadata"]["Origin"] != "EXTERNAL":
            return {"ImportToken": b"x", "EncryptedKeyMaterial": b"x"}
        parameters = self.kms.get_parameters_for_import(KeyId=self.key_id, **wrapping)
        blob = wrap_key_material(parameters["PublicKey"], bytes(32), "RSAES_OAEP_SHA_256")
        return {
            "ImportToken": parameters["ImportToken"],
            "EncryptedKeyMaterial": blob,
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
            "ImportType": "NEW_KEY_MATERIAL",
        }

    def bring_to(self, state: str) -> None:
        """Put the key into a state by the operations that do so."""
        steps = {
            "Disabled": self.kms.disable_key,
            "PendingDeletion": self.kms.schedule_key_deletion,
            "PendingImport": self.kms.delete_imported_key_material,
        }
        if state in steps:
            steps[state](KeyId=self.key_id)
        assert self.state == state

    @property
    def state(self) -> str:
        """The key's state, as DescribeKey tells it."""
        state: str = self.kms.describe_key(KeyId=self.key_id)["KeyMetadata"]["KeyState"]
        return state


@pytest.mark.parametrize(("origin", "operation", "state", "answer"), CASES)
def test_an_operation_in_a_state(kms, kms_import_mock, origin, operation, state, answer):
    """The call succeeds or is refused as AWS's table says, and a refused call leaves the state as it was."""
    key = Prepared(kms, kms_import_mock, origin, operation)
    key.bring_to(state)
    if answer == OK:
        assert kms._make_api_call(operation, key.request)
        return
    with pytest.raises(ClientError) as caught:
        kms._make_api_call(operation, key.request)
    error = caught.value.response["Error"]
    code, text = answer
    assert (error["Code"], error["Message"]) == (code, text.format(arn=key.arn))
    assert key.state == state


def test_no_operation_about_a_key_is_left_out():
    """Every operation that takes a key is in the tables above."""
    assert set(IMPORTED) == {name for name, operation in OPERATIONS.items() if named(operation)}


def named(operation) -> bool:
    """Whether an operation is about a KMS key."""
    return bool({"KeyId", "DestinationKeyId"} & set(operation.parameters))
