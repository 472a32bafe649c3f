"""Key material that expires or is deleted, and KMS keys that are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .refusal import refused

NEW = {"ImportType": "NEW_KEY_MATERIAL"}


@pytest.fixture
def clock(kms_import_mock):
    """The mock's clock, standing at a whole second, as ValidTo is."""
    kms_import_mock.clock.freeze(kms_import_mock.clock.now().replace(microsecond=0))
    return kms_import_mock.clock


@pytest.fixture
def key(kms_import_mock):
    """A KMS key whose key material does not expire."""
    return kms_import_mock.import_key(bytes(32))


def metadata(kms, key):
    """KeyMetadata of a KMS key."""
    return kms.describe_key(KeyId=key.id)["KeyMetadata"]


# Expiry


def test_key_material_is_there_until_its_time(kms, kms_import_mock, clock):
    """A millisecond before ValidTo the key works; at ValidTo it is PendingImport."""
    key = kms_import_mock.import_key(ValidTo=clock.now() + timedelta(hours=12))
    clock.advance(hours=12, milliseconds=-1)
    ciphertext = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    clock.advance(milliseconds=1)
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        kms.decrypt(CiphertextBlob=ciphertext)


def test_an_expired_key_describes_itself_like_a_deleted_one(kms, kms_import_mock, clock):
    """ExpirationModel and ValidTo go, CurrentKeyMaterialId stays."""
    key = kms_import_mock.import_key(ValidTo=clock.now() + timedelta(days=1))
    before = metadata(kms, key)
    clock.advance(days=1)
    gone = {"ExpirationModel", "ValidTo"}
    assert set(before) - set(metadata(kms, key)) == gone
    expected = {**before, "KeyState": "PendingImport", "Enabled": False}
    assert metadata(kms, key) == {name: value for name, value in expected.items() if name not in gone}


def test_expired_material_comes_back_by_the_same_bytes(kms, kms_import_mock, clock, import_material):
    """Old ciphertexts open again."""
    key = kms_import_mock.import_key(bytes(32), ValidTo=clock.now() + timedelta(days=1))
    ciphertext = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    clock.advance(days=2)
    import_material(key.id, bytes(32))
    assert kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"x"


def test_pending_material_expires_alone(kms, kms_import_mock, clock, key, import_material):
    """It vanishes, the key stays Enabled, and other bytes may take its place."""
    import_material(key.id, b"\1" * 32, ValidTo=clock.now() + timedelta(days=1), **NEW)
    assert "ValidTo" not in metadata(kms, key)
    clock.advance(days=1)
    assert metadata(kms, key)["KeyState"] == "Enabled"
    assert len(kms_import_mock.key(key.id).materials) == 1
    assert import_material(key.id, b"\2" * 32, **NEW)


def test_expiry_of_a_disabled_key(kms, kms_import_mock, clock, import_material):
    """It becomes PendingImport, and Enabled when the key material comes back."""
    key = kms_import_mock.import_key(bytes(32), ValidTo=clock.now() + timedelta(days=1))
    kms.disable_key(KeyId=key.id)
    clock.advance(days=1)
    assert metadata(kms, key)["KeyState"] == "PendingImport"
    import_material(key.id, bytes(32))
    assert metadata(kms, key)["KeyState"] == "Enabled"


# DeleteImportedKeyMaterial


def test_deleting_names_what_was_deleted(kms, key):
    """The answer has the key ARN and the current key material's identifier."""
    answer = kms.delete_imported_key_material(KeyId=key.id)
    assert (answer["KeyId"], answer["KeyMaterialId"]) == (key.arn, key.current_material.id)


def test_deleting_nothing_succeeds(kms, key, make_key):
    """A second time, or on a key that never had any: no identifier, no error."""
    kms.delete_imported_key_material(KeyId=key.id)
    for key_id in (key.id, make_key()):
        answer = kms.delete_imported_key_material(KeyId=key_id)
        assert set(answer) - {"ResponseMetadata"} == {"KeyId"}


def test_a_key_without_material_keeps_its_identifier(kms, key):
    """CurrentKeyMaterialId stays, ExpirationModel goes."""
    kms.delete_imported_key_material(KeyId=key.id)
    described = metadata(kms, key)
    assert described["KeyState"] == "PendingImport"
    assert described["CurrentKeyMaterialId"] == key.current_material.id
    assert "ExpirationModel" not in described


def test_an_hmac_key_without_material_is_as_before_the_import(kms, kms_import_mock, make_key, import_material):
    """Exactly the metadata of a key that never had any."""
    key_id = make_key(KeySpec="HMAC_224", KeyUsage="GENERATE_VERIFY_MAC")
    before = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    import_material(key_id, bytes(28))
    assert set(kms.delete_imported_key_material(KeyId=key_id)) - {"ResponseMetadata"} == {"KeyId"}
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"] == before


def test_deleting_pending_material_changes_nothing_else(kms, kms_import_mock, key, import_material):
    """The key goes on working."""
    pending = import_material(key.id, b"\1" * 32, **NEW)["KeyMaterialId"]
    before = metadata(kms, key)
    assert kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=pending)["KeyMaterialId"] == pending
    assert metadata(kms, key) == before
    assert [material.id for material in kms_import_mock.key(key.id).materials] == [key.current_material.id]


def test_deleting_the_current_material_stops_the_key_beside_a_pending_one(kms, key, import_material):
    """Material that waits for a rotation does not stand in."""
    import_material(key.id, b"\1" * 32, **NEW)
    kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=key.current_material.id)
    assert metadata(kms, key)["KeyState"] == "PendingImport"
    assert import_material(key.id, bytes(32))["KeyMaterialId"] == key.current_material.id


def test_deleting_an_unknown_material(kms, key):
    """NotFoundException, and the key keeps what it has."""
    text = f"Key material '{'0' * 64}' does not exist in KMS key {key.arn}"
    with refused("NotFoundException", text):
        kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId="0" * 64)
    assert metadata(kms, key)["KeyState"] == "Enabled"


def test_naming_material_of_an_hmac_key(kms, kms_import_mock):
    """Only symmetric encryption keys have identifiers to name."""
    key = kms_import_mock.import_key(key_spec="HMAC_256")
    with refused("UnsupportedOperationException", "KeyMaterialId can only be used with symmetric encryption keys."):
        kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId="0" * 64)


def test_a_disabled_key_forgets_that_it_was(kms, key, import_material):
    """Deleting its material makes it PendingImport, re-importing makes it Enabled."""
    kms.disable_key(KeyId=key.id)
    kms.delete_imported_key_material(KeyId=key.id)
    assert metadata(kms, key)["KeyState"] == "PendingImport"
    import_material(key.id, bytes(32))
    assert metadata(kms, key)["KeyState"] == "Enabled"


def test_re_importing_into_a_disabled_key_leaves_it_disabled(kms, key, import_material):
    """It had its material all the time."""
    kms.disable_key(KeyId=key.id)
    import_material(key.id, bytes(32))
    assert metadata(kms, key)["KeyState"] == "Disabled"


# ScheduleKeyDeletion


@pytest.mark.parametrize(
    ("members", "days"), [({}, 30), ({"PendingWindowInDays": 7}, 7), ({"PendingWindowInDays": 30}, 30)]
)
def test_the_waiting_period(kms, clock, key, members, days):
    """Thirty days by default, and the answer says when it ends."""
    answer = kms.schedule_key_deletion(KeyId=key.id, **members)
    date = clock.now() + timedelta(days=days)
    expected = {"KeyId": key.arn, "DeletionDate": date, "KeyState": "PendingDeletion", "PendingWindowInDays": days}
    assert {name: answer[name] for name in expected} == expected
    described = metadata(kms, key)
    assert (described["DeletionDate"], described["Enabled"]) == (date, False)


@pytest.mark.parametrize("days", [1, 6, 31, 365])
def test_waiting_periods_that_aws_refuses(kms, key, days):
    """Seven to thirty days, whatever the model's own limits are."""
    with refused("ValidationException", "PendingWindowInDays must be between 7 and 30"):
        kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=days)
    assert metadata(kms, key)["KeyState"] == "Enabled"


def test_a_deletion_that_is_called_off(kms, key):
    """The key is Disabled, its key material is there, and DeletionDate is gone."""
    kms.schedule_key_deletion(KeyId=key.id)
    assert kms.cancel_key_deletion(KeyId=key.id)["KeyId"] == key.arn
    described = metadata(kms, key)
    assert (described["KeyState"], "DeletionDate" in described) == ("Disabled", False)
    kms.enable_key(KeyId=key.id)
    assert kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_a_deletion_called_off_without_material(kms, key, import_material):
    """Material deleted meanwhile changes no state; afterwards the key is PendingImport, and Enabled by a re-import."""
    kms.schedule_key_deletion(KeyId=key.id)
    kms.delete_imported_key_material(KeyId=key.id)
    assert metadata(kms, key)["KeyState"] == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=key.id)
    assert metadata(kms, key)["KeyState"] == "PendingImport"
    import_material(key.id, bytes(32))
    assert metadata(kms, key)["KeyState"] == "Enabled"


def test_a_deleted_key_is_gone(kms, clock, key):
    """When the date has come no call knows it any more, and its ciphertexts are lost."""
    ciphertext = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    clock.advance(days=7, milliseconds=-1)
    assert metadata(kms, key)["KeyState"] == "PendingDeletion"
    clock.advance(milliseconds=1)
    with refused("NotFoundException", f"Key '{key.arn}' does not exist"):
        kms.describe_key(KeyId=key.id)
    assert kms.list_keys()["Keys"] == []
    with pytest.raises(kms.exceptions.ClientError, match="AccessDeniedException"):
        kms.decrypt(CiphertextBlob=ciphertext)


def test_the_same_bytes_in_a_new_key_do_not_open_old_ciphertexts(kms, kms_import_mock, key):
    """A ciphertext is bound to its KMS key."""
    ciphertext = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    other = kms_import_mock.import_key(bytes(32))
    with refused(
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    ):
        kms.decrypt(CiphertextBlob=ciphertext, KeyId=other.id)
