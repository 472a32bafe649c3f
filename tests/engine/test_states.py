"""The key-state table, held against a second transcription of AWS's page."""

from __future__ import annotations

import pytest

from pytest_kmsimport.engine import states
from pytest_kmsimport.engine.operations import OPERATIONS
from pytest_kmsimport.engine.states import TABLE, KeyState

# From https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html, by column: what each footnote refuses.
# "2 or 3" of the page is 3 on the wire. For keys pending import AWS was recorded to answer otherwise than the page:
# GetPublicKey is refused, GetKeyRotationStatus is not.
CRYPTOGRAPHIC = [
    "Decrypt",
    "DeriveSharedSecret",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
    "Encapsulate",
    "Decapsulate",
]
NEVER_REFUSED = [
    "DescribeKey",
    "DeleteAlias",
    "GetKeyPolicy",
    "ListAliases",
    "ListGrants",
    "ListKeyPolicies",
    "ListResourceTags",
    "PutKeyPolicy",
    "RetireGrant",
    "RevokeGrant",
    "GetKeyLastUsage",
]

DISABLED = {
    *CRYPTOGRAPHIC, "CreateGrant", "DisableKeyRotation", "EnableKeyRotation", "ReplicateKey", "RotateKeyOnDemand",
    "UpdatePrimaryRegion",
}  # fmt: skip
PENDING_DELETION = {
    *CRYPTOGRAPHIC, "CreateAlias", "CreateGrant", "DisableKey", "EnableKey", "DisableKeyRotation", "EnableKeyRotation",
    "GetPublicKey", "ReplicateKey", "RotateKeyOnDemand", "ScheduleKeyDeletion", "TagResource", "UntagResource",
    "UpdateKeyDescription", "UpdatePrimaryRegion",
}  # fmt: skip
PENDING_IMPORT = {
    *CRYPTOGRAPHIC, "CreateGrant", "DisableKey", "EnableKey", "ReplicateKey", "RotateKeyOnDemand",
    "UpdatePrimaryRegion", "GetPublicKey",
}  # fmt: skip
ROTATION_SETTINGS = {"DisableKeyRotation", "EnableKeyRotation"}
IMPORTED_ONLY = {"DeleteImportedKeyMaterial", "GetParametersForImport", "ImportKeyMaterial"}
NOT_IN_STORES = {
    "DisableKeyRotation", "EnableKeyRotation", "GetKeyRotationStatus", "ListKeyRotations", "RotateKeyOnDemand",
}  # fmt: skip
DATA_KEY_PAIRS = {"GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"}
UNAVAILABLE = {"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncrypt"}
SETTLED = set(KeyState) - {KeyState.UNAVAILABLE, KeyState.CREATING, KeyState.UPDATING}


@pytest.mark.parametrize("operation", TABLE)
def test_disabled_keys_are_refused_by_footnote_1_alone(operation):
    """DisabledException for the operations that AWS's page marks with 1, and for no other but CancelKeyDeletion."""
    expected = 1 if operation in DISABLED else 4 if operation == "CancelKeyDeletion" else None
    assert TABLE[operation][KeyState.DISABLED].footnote == expected


@pytest.mark.parametrize("state", [KeyState.PENDING_DELETION, KeyState.PENDING_REPLICA_DELETION])
@pytest.mark.parametrize("operation", TABLE)
def test_keys_pending_deletion(operation, state):
    """KMSInvalidStateException for what AWS's page marks with 3, 8 or 10."""
    special = {"GetParametersForImport": 8, "ImportKeyMaterial": 8, "UpdateAlias": 10}
    expected = 3 if operation in PENDING_DELETION else special.get(operation)
    assert TABLE[operation][state].footnote == expected


@pytest.mark.parametrize("operation", TABLE)
def test_keys_pending_import(operation):
    """Footnote 5 where key material is needed, 6 for settings of automatic rotation."""
    expected = 5 if operation in PENDING_IMPORT else 6 if operation in ROTATION_SETTINGS else None
    expected = 4 if operation == "CancelKeyDeletion" else expected
    assert TABLE[operation][KeyState.PENDING_IMPORT].footnote == expected


@pytest.mark.parametrize("operation", TABLE)
def test_enabled_keys_are_refused_nothing_by_their_state(operation):
    """Only CancelKeyDeletion has nothing to do."""
    assert TABLE[operation][KeyState.ENABLED].footnote == (4 if operation == "CancelKeyDeletion" else None)


@pytest.mark.parametrize("state", sorted(SETTLED - {KeyState.PENDING_IMPORT}))
@pytest.mark.parametrize("operation", TABLE)
def test_import_operations_are_for_imported_keys(operation, state):
    """Footnote 9 stands in the rows of the import operations and in no other."""
    assert ("AWS_KMS" in TABLE[operation][state].barred) == (operation in IMPORTED_ONLY)


@pytest.mark.parametrize("operation", NEVER_REFUSED)
def test_some_operations_take_every_state(operation):
    """Looking at a key, and letting go of names and grants, is never refused for its state."""
    assert {cell.footnote for cell in TABLE[operation].values()} == {None}


@pytest.mark.parametrize("state", [KeyState.ENABLED, KeyState.DISABLED, KeyState.UNAVAILABLE])
@pytest.mark.parametrize("operation", TABLE)
def test_what_is_not_for_custom_key_stores(operation, state):
    """Footnote 7 stands in the rows of rotation, and for data key pairs where the key store is not connected."""
    barred = operation in {*IMPORTED_ONLY, *NOT_IN_STORES, *(DATA_KEY_PAIRS if state is KeyState.UNAVAILABLE else ())}
    if operation == "DeleteImportedKeyMaterial" and state is KeyState.UNAVAILABLE:  # cannot be, by AWS's page
        barred = False
    assert ("EXTERNAL_KEY_STORE" in TABLE[operation][state].barred) == barred
    assert ("AWS_CLOUDHSM" in TABLE[operation][state].barred) == barred


@pytest.mark.parametrize("operation", TABLE)
def test_unavailable_keys(operation):
    """Footnote 11 for what needs the other side of the custom key store, and 4 for a deletion that there is not."""
    expected = 11 if operation in UNAVAILABLE else 4 if operation == "CancelKeyDeletion" else None
    assert TABLE[operation][KeyState.UNAVAILABLE].footnote == expected


def test_every_footnote_that_refuses_has_its_text():
    """No cell names a footnote that is not in the list of texts."""
    numbers = {cell.footnote for row in TABLE.values() for cell in row.values()} - {None}
    assert numbers == set(states.FOOTNOTES)


def test_the_table_has_every_operation_about_a_key():
    """A KMS key that is found for an operation has a state that may refuse it."""
    about_a_key = {name for name, operation in OPERATIONS.items() if operation.takes == "key"}
    missing = sorted(about_a_key - set(TABLE))
    assert not missing, f"engine/states.py has no row for {missing}: AWS's, or one below the line if AWS has none"
    assert sorted(set(TABLE) - set(OPERATIONS)) == []
