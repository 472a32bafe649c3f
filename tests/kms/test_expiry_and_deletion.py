"""Key material that expires or is deleted, and KMS keys that are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ..support.refusal import refused

NEW = {"ImportType": "NEW_KEY_MATERIAL"}
ALL = {"IncludeKeyMaterial": "ALL_KEY_MATERIAL"}
CURRENT = ("CURRENT", "IMPORTED")
PENDING = ("PENDING_ROTATION", "IMPORTED")


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


def listed(kms, key):
    """State and import state of all key materials, as ListKeyRotations tells them."""
    entries = kms.list_key_rotations(KeyId=key.id, **ALL)["Rotations"]
    return [(entry["KeyMaterialState"], entry["ImportState"]) for entry in entries]


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


@pytest.fixture
def expired(kms, key, clock, import_material):
    """The identifier of key material that waits for a rotation of the key, and has expired meanwhile."""
    valid_to = clock.now() + timedelta(days=1)
    material_id = import_material(key.id, b"\1" * 32, ValidTo=valid_to, **NEW)["KeyMaterialId"]
    clock.advance(days=1)
    return material_id


def test_pending_material_expires_alone(kms, clock, key, import_material):
    """The key says nothing of its date, and works on beyond it."""
    import_material(key.id, b"\1" * 32, ValidTo=clock.now() + timedelta(days=1), **NEW)
    before = metadata(kms, key)
    assert "ValidTo" not in before
    clock.advance(days=1)
    assert metadata(kms, key) == before
    assert kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_expired_pending_material_stays_in_the_list(kms, clock, key, expired):
    """As IMPORTED, with a ValidTo that has passed; for months too."""
    valid_to = clock.now()
    for _ in range(2):
        assert listed(kms, key) == [CURRENT, PENDING]
        entry = kms.list_key_rotations(KeyId=key.id, **ALL)["Rotations"][1]
        told = (entry["KeyMaterialId"], entry["ExpirationModel"], entry["ValidTo"])
        assert told == (expired, "KEY_MATERIAL_EXPIRES", valid_to)
        clock.advance(days=90)


def test_expired_pending_material_is_not_new_again(kms, key, expired, import_material):
    """The key has it; as existing material it may come again, for longer."""
    text = (
        f"Key material (id: {expired}) being imported as NEW_KEY_MATERIAL is already associated with KMS key {key.arn}."
    )
    with refused("IncorrectKeyMaterialException", text):
        import_material(key.id, b"\1" * 32, **NEW)
    assert import_material(key.id, b"\1" * 32)["KeyMaterialId"] == expired
    kms.rotate_key_on_demand(KeyId=key.id)
    assert metadata(kms, key)["KeyState"] == "Enabled"


def test_expired_pending_material_keeps_its_place(kms, kms_import_mock, key, expired, import_material):
    """Other bytes may take it only after a deletion, which leaves nothing of it."""
    with pytest.raises(kms.exceptions.KMSInvalidStateException, match=rf"\(id: {expired}\) is pending rotation"):
        import_material(key.id, b"\2" * 32, **NEW)
    assert kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=expired)["KeyMaterialId"] == expired
    assert len(kms_import_mock.key(key.id).materials) == 1
    assert import_material(key.id, b"\2" * 32, **NEW)


def test_rotating_to_material_that_has_expired(kms, key, expired, import_material):
    """It succeeds, and then the whole key waits for that material, also for what an older one has closed."""
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert kms.rotate_key_on_demand(KeyId=key.id)["KeyId"] == key.arn
    described = metadata(kms, key)
    assert (described["KeyState"], described["CurrentKeyMaterialId"]) == ("PendingImport", expired)
    assert "ExpirationModel" not in described
    for call, members in ((kms.encrypt, {"KeyId": key.id, "Plaintext": b"x"}), (kms.decrypt, {"CiphertextBlob": blob})):
        with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
            call(**members)
    assert import_material(key.id, b"\1" * 32)["KeyMaterialId"] == expired
    assert metadata(kms, key)["KeyState"] == "Enabled"
    assert kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == key.current_material.id


def test_the_list_knows_of_an_expiry_at_once(kms, kms_import_mock, clock, import_material):
    """By default; the entry loses its ExpirationModel and ValidTo with its import state, and the rest stays."""
    key = kms_import_mock.import_key(ValidTo=clock.now() + timedelta(days=1), KeyMaterialDescription="mine")
    before = kms.list_key_rotations(KeyId=key.id, **ALL)["Rotations"][0]
    clock.advance(days=1)
    after = kms.list_key_rotations(KeyId=key.id, **ALL)["Rotations"][0]
    assert (before["ImportState"], after["ImportState"]) == ("IMPORTED", "PENDING_IMPORT")
    assert set(before) - set(after) == {"ExpirationModel", "ValidTo"}
    assert after["KeyMaterialDescription"] == "mine"


@pytest.mark.kms_import(background_seconds=30)
def test_the_list_learns_of_an_expiry_later(kms, kms_import_mock, clock):
    """With an option: the key is PendingImport at ValidTo, and the list tells IMPORTED a while longer."""
    valid_to = clock.now() + timedelta(days=1)
    key = kms_import_mock.import_key(ValidTo=valid_to)
    clock.advance(days=1, seconds=30, milliseconds=-1)
    assert metadata(kms, key)["KeyState"] == "PendingImport"
    entry = kms.list_key_rotations(KeyId=key.id, **ALL)["Rotations"][0]
    assert (entry["ImportState"], entry["ValidTo"]) == ("IMPORTED", valid_to)
    clock.advance(milliseconds=1)
    assert listed(kms, key) == [("CURRENT", "PENDING_IMPORT")]


@pytest.mark.kms_import(background_seconds=30)
def test_the_list_knows_of_a_deletion_at_once(kms, kms_import_mock, clock, key):
    """With the same option, and also of what has expired a moment ago."""
    expiring = kms_import_mock.import_key(ValidTo=clock.now() + timedelta(days=1))
    clock.advance(days=1)
    for one in (key, expiring):
        assert listed(kms, one) == [CURRENT]
        kms.delete_imported_key_material(KeyId=one.id)
        assert listed(kms, one) == [("CURRENT", "PENDING_IMPORT")]


@pytest.mark.kms_import(background_seconds=30)
def test_the_list_after_a_rotation_to_material_that_has_expired(kms, clock, key, expired):
    """It learns of the expiry a while after the rotation, and not before."""
    kms.rotate_key_on_demand(KeyId=key.id)
    clock.advance(seconds=30)
    assert metadata(kms, key)["KeyState"] == "PendingImport"
    assert listed(kms, key) == [("NON_CURRENT", "IMPORTED"), CURRENT]
    clock.advance(seconds=30)
    assert listed(kms, key) == [("NON_CURRENT", "IMPORTED"), ("CURRENT", "PENDING_IMPORT")]


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


def test_deleting_what_is_gone_names_it(kms, kms_import_mock, clock, key):
    """Deleted long ago, or expired: the answer is that of the deletion."""
    expired = kms_import_mock.import_key(ValidTo=clock.now() + timedelta(days=1))
    kms.delete_imported_key_material(KeyId=key.id)
    clock.advance(days=1)
    for one in (key, expired):
        for members in ({}, {"KeyMaterialId": one.current_material.id}):
            answer = kms.delete_imported_key_material(KeyId=one.id, **members)
            assert (answer["KeyId"], answer["KeyMaterialId"]) == (one.arn, one.current_material.id)


def test_deleting_before_the_first_import(kms, make_key):
    """It succeeds, and there is no identifier to name."""
    answer = kms.delete_imported_key_material(KeyId=make_key())
    assert set(answer) - {"ResponseMetadata"} == {"KeyId"}


def test_deleting_changes_the_list_once(kms, clock, key):
    """A deletion of what is gone leaves all as it was."""
    kms.delete_imported_key_material(KeyId=key.id)
    before = kms.list_key_rotations(KeyId=key.id, **ALL)["Rotations"]
    clock.advance(days=1)
    kms.delete_imported_key_material(KeyId=key.id)
    assert kms.list_key_rotations(KeyId=key.id, **ALL)["Rotations"] == before


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
    """It has never been one of this key's, and the key keeps what it has."""
    text = f"Key material (id: {'0' * 64}) has never been imported into KMS key {key.arn}."
    with refused("ValidationException", text):
        kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId="0" * 64)
    assert metadata(kms, key)["KeyState"] == "Enabled"


def test_deleting_the_material_of_another_key(kms, kms_import_mock, key):
    """The same bytes have another identifier in another key."""
    other = kms_import_mock.import_key(bytes(32)).current_material.id
    text = f"Key material (id: {other}) has never been imported into KMS key {key.arn}."
    with refused("ValidationException", text):
        kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=other)


def test_pending_material_that_was_deleted_was_never_imported(kms, key, import_material):
    """Nothing remembers it: a second deletion by its identifier is refused."""
    pending = import_material(key.id, b"\1" * 32, **NEW)["KeyMaterialId"]
    kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=pending)
    text = f"Key material (id: {pending}) has never been imported into KMS key {key.arn}."
    with refused("ValidationException", text):
        kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=pending)


@pytest.mark.parametrize(("spec", "usage"), [("HMAC_256", "GENERATE_VERIFY_MAC"), ("ECC_NIST_P256", "SIGN_VERIFY")])
def test_naming_material_of_other_keys(kms, kms_import_mock, spec, usage):
    """Only symmetric encryption keys have identifiers to name, and the material is kept."""
    key = kms_import_mock.import_key(key_spec=spec, KeyUsage=usage)
    text = f"Input parameter keyMaterialId cannot be used with {spec} imported keys."
    with refused("ValidationException", text):
        kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=key.current_material.id)
    assert metadata(kms, key)["KeyState"] == "Enabled"


def test_a_disabled_key_forgets_that_it_was(kms, key, import_material):
    """Deleting its material makes it PendingImport, re-importing makes it Enabled."""
    kms.disable_key(KeyId=key.id)
    kms.delete_imported_key_material(KeyId=key.id)
    assert metadata(kms, key)["KeyState"] == "PendingImport"
    import_material(key.id, bytes(32))
    assert metadata(kms, key)["KeyState"] == "Enabled"


def test_re_importing_into_a_disabled_key_enables_it(kms, key, import_material):
    """Though it had its material all the time."""
    kms.disable_key(KeyId=key.id)
    import_material(key.id, bytes(32))
    assert metadata(kms, key)["KeyState"] == "Enabled"
    assert kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_new_material_enables_a_disabled_key_too(kms, key, import_material):
    """As every import does."""
    kms.disable_key(KeyId=key.id)
    import_material(key.id, b"\1" * 32, **NEW)
    assert metadata(kms, key)["KeyState"] == "Enabled"


def test_a_refused_import_leaves_a_disabled_key_disabled(kms, key, import_material):
    """It changes nothing."""
    kms.disable_key(KeyId=key.id)
    with pytest.raises(kms.exceptions.IncorrectKeyMaterialException):
        import_material(key.id, b"\1" * 32)
    assert metadata(kms, key)["KeyState"] == "Disabled"


def test_losing_pending_material_leaves_a_disabled_key_disabled(kms, clock, key, import_material):
    """It may expire or be deleted: the key does not need it."""
    valid_to = clock.now() + timedelta(days=1)
    pending = import_material(key.id, b"\1" * 32, ValidTo=valid_to, **NEW)["KeyMaterialId"]
    kms.disable_key(KeyId=key.id)
    clock.advance(days=1)
    assert metadata(kms, key)["KeyState"] == "Disabled"
    kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=pending)
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
