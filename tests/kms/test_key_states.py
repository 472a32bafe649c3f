"""The key-state table, seen by a client: every operation about a KMS key in every state that a key can be in."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from pytest_kmsimport.engine.operations import OPERATIONS

from ..support.installed import CAN_ENCAPSULATE, OPERATION_NAMES
from ..support.prepared import Prepared

STATES = ["Enabled", "Disabled", "PendingDeletion", "PendingImport"]
OK = "ok"
DISABLED = ("DisabledException", "{arn} is disabled.")
PENDING_IMPORT = ("KMSInvalidStateException", "{arn} is pending import.")
PENDING_DELETION = ("KMSInvalidStateException", "{arn} is pending deletion.")
PENDING_REPLICA_DELETION = ("KMSInvalidStateException", "{arn} is pending replica deletion.")
NOT_PENDING_DELETION = ("KMSInvalidStateException", "{arn} is not pending deletion.")
WRONG_ORIGIN = ("UnsupportedOperationException", "{arn} origin is AWS_KMS which is not valid for this operation.")
IMPORTED_ORIGIN = ("UnsupportedOperationException", "{arn} origin is EXTERNAL which is not valid for this operation.")

CRYPTOGRAPHIC = [OK, DISABLED, PENDING_DELETION, PENDING_IMPORT]
ALWAYS = [OK, OK, OK, OK]
#: Operation -> what an imported key answers in the states above; the wire's texts for the footnotes of AWS's page.
IMPORTED = {
    "CancelKeyDeletion": [NOT_PENDING_DELETION, NOT_PENDING_DELETION, OK, NOT_PENDING_DELETION],
    "CreateAlias": [OK, OK, PENDING_DELETION, OK],
    "CreateGrant": CRYPTOGRAPHIC,
    "Decrypt": CRYPTOGRAPHIC,
    "DeleteImportedKeyMaterial": ALWAYS,
    "DeriveSharedSecret": CRYPTOGRAPHIC,
    "DescribeKey": ALWAYS,
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
    "GetKeyLastUsage": ALWAYS,
    "GetKeyPolicy": ALWAYS,
    "GetKeyRotationStatus": ALWAYS,
    "GetParametersForImport": [OK, OK, PENDING_DELETION, OK],
    "GetPublicKey": [OK, OK, PENDING_DELETION, PENDING_IMPORT],
    "ImportKeyMaterial": [OK, OK, PENDING_DELETION, OK],
    "ListAliases": ALWAYS,
    "ListGrants": ALWAYS,
    "ListKeyPolicies": ALWAYS,
    "ListKeyRotations": ALWAYS,
    "ListResourceTags": ALWAYS,
    "PutKeyPolicy": ALWAYS,
    "ReEncrypt": CRYPTOGRAPHIC,
    "ReplicateKey": CRYPTOGRAPHIC,
    "RetireGrant": ALWAYS,
    "RevokeGrant": ALWAYS,
    "RotateKeyOnDemand": CRYPTOGRAPHIC,
    "ScheduleKeyDeletion": [OK, OK, PENDING_DELETION, OK],
    "Sign": CRYPTOGRAPHIC,
    "TagResource": [OK, OK, PENDING_DELETION, OK],
    "UntagResource": [OK, OK, PENDING_DELETION, OK],
    "UpdateAlias": [OK, OK, PENDING_DELETION, OK],
    "UpdateKeyDescription": [OK, OK, PENDING_DELETION, OK],
    "UpdatePrimaryRegion": [OK, DISABLED, PENDING_REPLICA_DELETION, PENDING_IMPORT],
    "Verify": CRYPTOGRAPHIC,
    "VerifyMac": CRYPTOGRAPHIC,
}
#: Operations of ML-KEM keys, which AWS makes and does not import.
ENCAPSULATING = dict.fromkeys(["Decapsulate", "Encapsulate"], CRYPTOGRAPHIC)
IMPORTING = {"DeleteImportedKeyMaterial", "GetParametersForImport", "ImportKeyMaterial"}
SCHEDULING = {"DisableKeyRotation", "EnableKeyRotation"}


def of_aws_kms(operation: str, answers: list[object]) -> list[object]:
    """AWS_KMS keys answer alike, but importing is not for them, rotating by themselves is; never PendingImport."""
    if operation in IMPORTING:
        return [WRONG_ORIGIN] * 3
    return [OK, *answers[1:3]] if operation in SCHEDULING else answers[:3]


MADE_BY_KMS = {
    operation: of_aws_kms(operation, answers) for operation, answers in {**IMPORTED, **ENCAPSULATING}.items()
}
CASES = [
    (origin, operation, state, answer)
    for origin, table in {"EXTERNAL": IMPORTED, "AWS_KMS": MADE_BY_KMS}.items()
    for operation, answers in table.items()
    if operation in OPERATION_NAMES and (operation not in ENCAPSULATING or CAN_ENCAPSULATE)
    for state, answer in zip(STATES, answers, strict=False)
]


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
    assert key.state in {state, state.replace("Pending", "PendingReplica")}


def test_no_operation_about_a_key_is_left_out():
    """Every operation that takes a key is in the tables above."""
    about_a_key = {name for name, operation in OPERATIONS.items() if named(operation)}
    missing = sorted(about_a_key - {*IMPORTED, *ENCAPSULATING})
    assert not missing, f"IMPORTED has no row for {missing}: what an imported key answers in each of {STATES}"
    assert {*IMPORTED, *ENCAPSULATING} <= about_a_key


def named(operation) -> bool:
    """Whether an operation is about a KMS key."""
    return bool({"KeyId", "DestinationKeyId", "TargetKeyId"} & set(operation.parameters))
