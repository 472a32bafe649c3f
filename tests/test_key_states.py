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

#: Operation -> what an imported key answers in the states above; the wire's texts for the footnotes of AWS's page.
IMPORTED = {
    "CancelKeyDeletion": [NOT_PENDING_DELETION, NOT_PENDING_DELETION, OK, NOT_PENDING_DELETION],
    "Decrypt": [OK, DISABLED, PENDING_DELETION, PENDING_IMPORT],
    "DeleteImportedKeyMaterial": [OK, OK, OK, OK],
    "DescribeKey": [OK, OK, OK, OK],
    "DisableKey": [OK, OK, PENDING_DELETION, PENDING_IMPORT],
    "EnableKey": [OK, OK, PENDING_DELETION, PENDING_IMPORT],
    "Encrypt": [OK, DISABLED, PENDING_DELETION, PENDING_IMPORT],
    "GetParametersForImport": [OK, OK, PENDING_DELETION, OK],
    "ImportKeyMaterial": [OK, OK, PENDING_DELETION, OK],
    "ScheduleKeyDeletion": [OK, OK, PENDING_DELETION, OK],
}
IMPORTING = {"DeleteImportedKeyMaterial", "GetParametersForImport", "ImportKeyMaterial"}
#: AWS_KMS keys answer alike, but never to an operation of importing; and they are never PendingImport.
MADE_BY_KMS = {
    operation: [WRONG_ORIGIN] * 3 if operation in IMPORTING else answers[:3] for operation, answers in IMPORTED.items()
}
CASES = [
    (origin, operation, state, answer)
    for origin, table in {"EXTERNAL": IMPORTED, "AWS_KMS": MADE_BY_KMS}.items()
    for operation, answers in table.items()
    for state, answer in zip(STATES, answers, strict=False)
]


class Prepared:
    """A KMS key in a state, and for each operation a request that only its state can spoil."""

    def __init__(self, kms, origin: str) -> None:
        self.kms = kms
        metadata = kms.create_key(Origin=origin)["KeyMetadata"]
        self.key_id, self.arn = metadata["KeyId"], metadata["Arn"]
        self.material: dict[str, object] = {"ImportToken": b"x", "EncryptedKeyMaterial": b"x"}
        if origin == "EXTERNAL":
            parameters = kms.get_parameters_for_import(KeyId=self.key_id, **self.wrapping)
            blob = wrap_key_material(parameters["PublicKey"], bytes(32), "RSAES_OAEP_SHA_256")
            self.material = {"ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": blob}
            self.do("ImportKeyMaterial")
        self.ciphertext = kms.encrypt(KeyId=self.key_id, Plaintext=b"x")["CiphertextBlob"]

    wrapping = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}  # noqa: RUF012

    def bring_to(self, state: str) -> None:
        """Put the key into a state by the operations that do so."""
        steps = {
            "Disabled": "DisableKey",
            "PendingDeletion": "ScheduleKeyDeletion",
            "PendingImport": "DeleteImportedKeyMaterial",
        }
        if state in steps:
            self.do(steps[state])
        assert self.state == state

    @property
    def state(self) -> str:
        """The key's state, as DescribeKey tells it."""
        state: str = self.kms.describe_key(KeyId=self.key_id)["KeyMetadata"]["KeyState"]
        return state

    def do(self, operation: str) -> object:
        """Call an operation with a request that is good by itself."""
        members = {
            "Decrypt": {"CiphertextBlob": getattr(self, "ciphertext", None)},
            "Encrypt": {"Plaintext": b"x"},
            "GetParametersForImport": self.wrapping,
            "ImportKeyMaterial": {**self.material, "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"},
        }.get(operation, {})
        return self.kms._make_api_call(operation, {"KeyId": self.key_id, **members})


@pytest.mark.parametrize(("origin", "operation", "state", "answer"), CASES)
def test_an_operation_in_a_state(kms, origin, operation, state, answer):
    """The call succeeds or is refused as AWS's table says, and a refused call leaves the state as it was."""
    key = Prepared(kms, origin)
    key.bring_to(state)
    if answer == OK:
        assert key.do(operation)
        return
    with pytest.raises(ClientError) as caught:
        key.do(operation)
    error = caught.value.response["Error"]
    code, text = answer
    assert (error["Code"], error["Message"]) == (code, text.format(arn=key.arn))
    assert key.state == state


def test_no_operation_about_a_key_is_left_out():
    """Every operation that takes a key is in the tables above."""
    assert set(IMPORTED) == {name for name, operation in OPERATIONS.items() if "KeyId" in operation.parameters}
