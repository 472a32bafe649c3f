"""Rotation on demand and by itself, and the lists and states that tell of it."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta

import pytest

from ..support.refusal import refused

NEW = {"ImportType": "NEW_KEY_MATERIAL"}
ALL = {"IncludeKeyMaterial": "ALL_KEY_MATERIAL"}
slow = pytest.mark.kms_import(background_seconds=90)


@pytest.fixture
def clock(kms_import_mock):
    """The mock's clock, standing at a whole second."""
    kms_import_mock.clock.freeze(kms_import_mock.clock.now().replace(microsecond=0))
    return kms_import_mock.clock


@pytest.fixture
def imported(kms, kms_import_mock, import_material):
    """An imported key with new key material that waits for a rotation; also the identifiers of both."""
    key = kms_import_mock.import_key(bytes(32), KeyMaterialDescription="first")
    pending = import_material(key.id, b"\1" * 32, KeyMaterialDescription="second", **NEW)["KeyMaterialId"]
    return key, key.current_material.id, pending


def current(kms, key_id: str) -> str:
    """CurrentKeyMaterialId."""
    material_id: str = kms.describe_key(KeyId=key_id)["KeyMetadata"]["CurrentKeyMaterialId"]
    return material_id


def rotations(kms, key_id: str, **members: object) -> list[dict[str, object]]:
    """ListKeyRotations."""
    listed: list[dict[str, object]] = kms.list_key_rotations(KeyId=key_id, **members)["Rotations"]
    return listed


# On demand, imported key material


def test_rotating_imported_material(kms, imported):
    """The pending one becomes current; the answer has the key ARN."""
    key, first, second = imported
    assert current(kms, key.id) == first
    assert kms.rotate_key_on_demand(KeyId=key.id)["KeyId"] == key.arn
    assert current(kms, key.id) == second


def test_old_ciphertexts_open_with_their_material(kms, imported):
    """Decrypt picks it by the ciphertext and names it; Encrypt takes the current one."""
    key, first, second = imported
    before = kms.encrypt(KeyId=key.id, Plaintext=b"before")["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=key.id)
    after = kms.encrypt(KeyId=key.id, Plaintext=b"after")["CiphertextBlob"]
    answers = [kms.decrypt(CiphertextBlob=blob) for blob in (before, after)]
    assert [(a["Plaintext"], a["KeyMaterialId"]) for a in answers] == [(b"before", first), (b"after", second)]


def test_a_missing_old_material_stops_the_whole_key(kms, kms_import_mock, imported, import_material):
    """Nothing works until it is imported again, not even what is under the current one."""
    key, first, second = imported
    kms.rotate_key_on_demand(KeyId=key.id)
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=first)
    assert current(kms, key.id) == second
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        kms.decrypt(CiphertextBlob=blob)
    kms.delete_imported_key_material(KeyId=key.id)
    import_material(key.id, b"\1" * 32)
    assert kms_import_mock.key(key.id).state == "PendingImport"
    import_material(key.id, bytes(32), KeyMaterialId=first)
    assert kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == second


def test_the_earliest_expiry_is_the_keys(kms, clock, imported, import_material):
    """ValidTo is the minimum over the permanent key materials, and pending ones do not count."""
    key, _, _ = imported
    soon, later = clock.now() + timedelta(days=1), clock.now() + timedelta(days=9)
    import_material(key.id, b"\1" * 32, ValidTo=soon)
    assert "ValidTo" not in kms.describe_key(KeyId=key.id)["KeyMetadata"]
    kms.rotate_key_on_demand(KeyId=key.id)
    import_material(key.id, bytes(32), ValidTo=later)
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["ValidTo"] == soon
    clock.advance(days=1)
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingImport"


def test_nothing_to_rotate_to(kms, kms_import_mock):
    """AWS's text names the key ARN."""
    key = kms_import_mock.import_key()
    with refused("KMSInvalidStateException", f"No available key material pending rotation for the key: {key.arn}."):
        kms.rotate_key_on_demand(KeyId=key.id)


def test_rotating_leaves_room_for_the_next(kms, imported, import_material):
    """After a rotation other new key material can be imported."""
    key, _, _ = imported
    kms.rotate_key_on_demand(KeyId=key.id)
    third = import_material(key.id, b"\2" * 32, **NEW)["KeyMaterialId"]
    kms.rotate_key_on_demand(KeyId=key.id)
    assert current(kms, key.id) == third


OTHER_SPECS = [("HMAC_256", "GENERATE_VERIFY_MAC"), ("RSA_2048", "SIGN_VERIFY"), ("ECC_NIST_P256", "KEY_AGREEMENT")]


@pytest.fixture(params=["EXTERNAL", "AWS_KMS"])
def lifelong(kms_import_mock, make_key, request):
    """Make a KMS key that has one key material for life, and give it."""

    def make(spec: str, usage: str):
        if request.param == "EXTERNAL":
            return kms_import_mock.import_key(key_spec=spec, KeyUsage=usage)
        return kms_import_mock.key(make_key(Origin="AWS_KMS", KeySpec=spec, KeyUsage=usage))

    return make


@pytest.mark.parametrize(("spec", "usage"), OTHER_SPECS)
def test_other_keys_do_not_rotate(kms, lifelong, spec, usage):
    """UnsupportedOperationException without a message, for what would rotate them."""
    key = lifelong(spec, usage)
    for call in (kms.rotate_key_on_demand, kms.enable_key_rotation):
        with refused("UnsupportedOperationException"):
            call(KeyId=key.id)


@pytest.mark.parametrize(("spec", "usage"), OTHER_SPECS)
def test_what_other_keys_tell_of_rotation(kms, lifelong, spec, usage):
    """That it is off, also after it was switched off, and that there was none; their key materials are not listed."""
    key = lifelong(spec, usage)
    for _ in range(2):
        assert status(kms, key.id) == {"KeyId": key.arn, "KeyRotationEnabled": False}
        kms.disable_key_rotation(KeyId=key.id)
    answer = kms.list_key_rotations(KeyId=key.id)
    assert (answer["Rotations"], answer["Truncated"], "NextMarker" in answer) == ([], False, False)
    with refused("ValidationException", "Input parameter includeKeyMaterial can only be used with symmetric keys."):
        kms.list_key_rotations(KeyId=key.id, **ALL)


# On demand, AWS_KMS


def test_rotating_a_key_that_kms_made(kms):
    """KMS makes new key material; old ciphertexts open."""
    created = kms.create_key()["KeyMetadata"]
    blob = kms.encrypt(KeyId=created["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=created["KeyId"])
    assert current(kms, created["KeyId"]) != created["CurrentKeyMaterialId"]
    assert kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == created["CurrentKeyMaterialId"]


def test_twenty_five_rotations_are_enough(kms, make_key):
    """The next one is LimitExceededException, which botocore tries again, in vain."""
    key_id = make_key(Origin="AWS_KMS")
    for _ in range(25):
        arn = kms.rotate_key_on_demand(KeyId=key_id)["KeyId"]
    before = current(kms, key_id)
    text = (
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be"
        f" performed for this key: {arn}"
    )
    with refused("LimitExceededException", text):
        kms.rotate_key_on_demand(KeyId=key_id)
    assert current(kms, key_id) == before


# Lists


def test_before_the_first_import_nothing_is_listed(kms, make_key):
    """Neither rotations nor key materials."""
    key_id = make_key()
    assert rotations(kms, key_id) == rotations(kms, key_id, **ALL) == []


def test_a_key_that_was_never_rotated(kms, kms_import_mock, make_key):
    """No rotations; with all key material one entry, without date or type."""
    made = kms_import_mock.key(make_key(Origin="AWS_KMS"))
    assert rotations(kms, made.id) == []
    expected = {"KeyId": made.arn, "KeyMaterialId": current(kms, made.id), "KeyMaterialState": "CURRENT"}
    assert rotations(kms, made.id, **ALL) == [expected]
    key = kms_import_mock.import_key()
    external = {"ImportState": "IMPORTED", "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    entry = {"KeyId": key.arn, "KeyMaterialId": key.current_material.id, "KeyMaterialState": "CURRENT"}
    assert rotations(kms, key.id, **ALL) == [{**entry, **external}]


def test_the_list_of_an_imported_key(kms, clock, imported, import_material):
    """Oldest first, the pending one last; dates and types of completed rotations, descriptions and expiry of each."""
    key, first, second = imported
    kms.rotate_key_on_demand(KeyId=key.id)
    valid_to = clock.now() + timedelta(days=5)
    third = import_material(key.id, b"\2" * 32, ValidTo=valid_to, **NEW)["KeyMaterialId"]
    kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=first)
    old = {"KeyMaterialDescription": "first", "ImportState": "PENDING_IMPORT", "KeyMaterialState": "NON_CURRENT"}
    new = {
        "KeyMaterialDescription": "second", "ImportState": "IMPORTED", "KeyMaterialState": "CURRENT",
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE", "RotationDate": clock.now(), "RotationType": "ON_DEMAND",
    }  # fmt: skip
    pending = {
        "ImportState": "IMPORTED", "KeyMaterialState": "PENDING_ROTATION", "ExpirationModel": "KEY_MATERIAL_EXPIRES",
        "ValidTo": valid_to,
    }  # fmt: skip
    expected = [
        {"KeyId": key.arn, "KeyMaterialId": material_id, **entry}
        for material_id, entry in ((first, old), (second, new), (third, pending))
    ]
    assert rotations(kms, key.id, **ALL) == expected
    assert rotations(kms, key.id) == rotations(kms, key.id, IncludeKeyMaterial="ROTATIONS_ONLY") == [expected[1]]


def test_lists_come_in_pages(kms, make_key):
    """botocore's paginator walks them; a marker is good for its own list only."""
    key_id = make_key(Origin="AWS_KMS")
    for _ in range(4):
        kms.rotate_key_on_demand(KeyId=key_id)
    pages = list(kms.get_paginator("list_key_rotations").paginate(KeyId=key_id, PaginationConfig={"PageSize": 3}))
    assert [len(page["Rotations"]) for page in pages] == [3, 1]
    assert [r for page in pages for r in page["Rotations"]] == rotations(kms, key_id)
    for marker, members in ((pages[0]["NextMarker"], ALL), ("invalid", {})):
        with refused("InvalidMarkerException"):
            kms.list_key_rotations(KeyId=key_id, Marker=marker, **members)


# Automatic rotation


def status(kms, key_id: str) -> dict[str, object]:
    """GetKeyRotationStatus."""
    answer = kms.get_key_rotation_status(KeyId=key_id)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.fixture
def made(kms_import_mock, make_key):
    """A symmetric key that KMS made the material for."""
    return kms_import_mock.key(make_key(Origin="AWS_KMS"))


def test_rotation_is_off_at_first(kms, kms_import_mock, made):
    """Two members, also for imported keys, which never rotate by themselves."""
    for key in (made, kms_import_mock.import_key()):
        assert status(kms, key.id) == {"KeyId": key.arn, "KeyRotationEnabled": False}


def test_a_key_that_waits_for_its_import_has_a_status(kms, kms_import_mock, make_key):
    """Rotation is off, though switching it is refused for the origin; there is nothing to rotate on demand."""
    key = kms_import_mock.key(make_key())
    assert status(kms, key.id) == {"KeyId": key.arn, "KeyRotationEnabled": False}
    for call in (kms.enable_key_rotation, kms.disable_key_rotation):
        text = f"{key.arn} origin is EXTERNAL which is not valid for this operation."
        with refused("UnsupportedOperationException", text):
            call(KeyId=key.id)
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        kms.rotate_key_on_demand(KeyId=key.id)


def on(key, days: int, next_date) -> dict[str, object]:
    """The status of a key that rotates by itself."""
    return {
        "KeyId": key.arn, "KeyRotationEnabled": True, "RotationPeriodInDays": days, "NextRotationDate": next_date,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("members", "days"), [({}, 365), ({"RotationPeriodInDays": 90}, 90), ({"RotationPeriodInDays": 2560}, 2560)]
)
def test_turning_rotation_on_and_off(kms, clock, made, members, days):
    """A year by default; the next date is a period away; switching off what is off succeeds."""
    kms.enable_key_rotation(KeyId=made.id, **members)
    assert status(kms, made.id) == on(made, days, clock.now() + timedelta(days=days))
    for _ in range(2):
        kms.disable_key_rotation(KeyId=made.id)
        assert status(kms, made.id) == {"KeyId": made.arn, "KeyRotationEnabled": False}


@pytest.mark.parametrize("members", [{}, {"RotationPeriodInDays": 100}], ids=["without", "the same"])
def test_turning_on_what_is_on(kms, clock, made, members):
    """Without a period, or with the same: period and date stay as they are."""
    kms.enable_key_rotation(KeyId=made.id, RotationPeriodInDays=100)
    before = status(kms, made.id)
    clock.advance(days=30)
    kms.enable_key_rotation(KeyId=made.id, **members)
    assert status(kms, made.id) == before


def test_another_period(kms, clock, made):
    """It is counted from the request for it, and not from the last rotation."""
    kms.enable_key_rotation(KeyId=made.id, RotationPeriodInDays=100)
    clock.advance(days=30)
    kms.enable_key_rotation(KeyId=made.id, RotationPeriodInDays=365)
    assert status(kms, made.id) == on(made, 365, clock.now() + timedelta(days=365))


def test_turning_off_forgets_the_period(kms, clock, made):
    """Switched on again without one, the key rotates once a year."""
    kms.enable_key_rotation(KeyId=made.id, RotationPeriodInDays=100)
    kms.disable_key_rotation(KeyId=made.id)
    clock.advance(days=1)
    kms.enable_key_rotation(KeyId=made.id)
    assert status(kms, made.id) == on(made, 365, clock.now() + timedelta(days=365))


def test_the_status_of_a_disabled_key(kms, made):
    """It is as before, and cannot be changed."""
    kms.enable_key_rotation(KeyId=made.id)
    before = status(kms, made.id)
    kms.disable_key(KeyId=made.id)
    assert status(kms, made.id) == before
    for call in (kms.enable_key_rotation, kms.disable_key_rotation, kms.rotate_key_on_demand):
        with refused("DisabledException", f"{made.arn} is disabled."):
            call(KeyId=made.id)


def test_the_status_of_a_key_pending_deletion(kms, clock, made):
    """Off, without period and date, and cannot be changed; calling the deletion off brings the same date back."""
    kms.enable_key_rotation(KeyId=made.id, RotationPeriodInDays=100)
    before = status(kms, made.id)
    kms.schedule_key_deletion(KeyId=made.id)
    assert status(kms, made.id) == {"KeyId": made.arn, "KeyRotationEnabled": False}
    for call in (kms.enable_key_rotation, kms.disable_key_rotation, kms.rotate_key_on_demand):
        with refused("KMSInvalidStateException", f"{made.arn} is pending deletion."):
            call(KeyId=made.id)
    clock.advance(days=1)
    kms.cancel_key_deletion(KeyId=made.id)
    assert status(kms, made.id) == before


# Before the next rotation by itself


@pytest.mark.parametrize(
    ("minutes", "milliseconds", "too_late"), [(21, 0, False), (20, 1, False), (20, 0, True), (1, 0, True)]
)
def test_on_demand_shortly_before_a_rotation_by_itself(kms, clock, made, minutes, milliseconds, too_late):
    """ConflictException without a message in the last 20 minutes; the rotation comes at its time all the same."""
    kms.enable_key_rotation(KeyId=made.id, RotationPeriodInDays=90)
    date = status(kms, made.id)["NextRotationDate"]
    clock.advance(days=90, minutes=-minutes, milliseconds=-milliseconds)
    with refused("ConflictException") if too_late else nullcontext():
        kms.rotate_key_on_demand(KeyId=made.id)
    clock.advance(minutes=minutes, milliseconds=milliseconds)
    types = [entry["RotationType"] for entry in rotations(kms, made.id)]
    assert types == (["AUTOMATIC"] if too_late else ["ON_DEMAND", "AUTOMATIC"])
    assert rotations(kms, made.id)[-1]["RotationDate"] == date


def test_right_after_a_rotation_by_itself(kms, clock, made):
    """The next one is far away: on demand the key rotates again."""
    kms.enable_key_rotation(KeyId=made.id, RotationPeriodInDays=90)
    clock.advance(days=90)
    kms.rotate_key_on_demand(KeyId=made.id)
    assert [entry["RotationType"] for entry in rotations(kms, made.id)] == ["AUTOMATIC", "ON_DEMAND"]


def test_rotations_happen_when_the_clock_passes_them(kms, clock, make_key):
    """Every period, at its date; a rotation on demand in between changes none of them."""
    key_id = make_key(Origin="AWS_KMS")
    start = clock.now()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=100)
    clock.advance(days=99)
    kms.rotate_key_on_demand(KeyId=key_id)
    clock.advance(days=150)
    listed = [(entry["RotationType"], entry["RotationDate"] - start) for entry in rotations(kms, key_id)]
    assert listed == [
        ("ON_DEMAND", timedelta(days=99)), ("AUTOMATIC", timedelta(days=100)), ("AUTOMATIC", timedelta(days=200)),
    ]  # fmt: skip
    assert status(kms, key_id)["NextRotationDate"] == start + timedelta(days=300)


def test_a_disabled_key_catches_up_once(kms, clock, make_key):
    """It does not rotate while it is off, and when it is switched on a missed rotation happens at once."""
    key_id = make_key(Origin="AWS_KMS")
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=100)
    kms.disable_key(KeyId=key_id)
    clock.advance(days=350)
    assert rotations(kms, key_id) == []
    kms.enable_key(KeyId=key_id)
    assert [entry["RotationDate"] for entry in rotations(kms, key_id)] == [clock.now()]
    assert status(kms, key_id)["NextRotationDate"] == clock.now() + timedelta(days=100)


# A rotation under way


@slow
def test_a_rotation_that_takes_its_time(kms, clock, imported):
    """Until then the status tells when it began, and nothing else has changed; its date is that of the completion."""
    key, first, second = imported
    started = clock.now()
    kms.rotate_key_on_demand(KeyId=key.id)
    clock.advance(seconds=90, milliseconds=-1)
    assert status(kms, key.id) == {
        "KeyId": key.arn, "KeyRotationEnabled": False, "OnDemandRotationStartDate": started,
    }  # fmt: skip
    assert (current(kms, key.id), rotations(kms, key.id)) == (first, [])
    clock.advance(milliseconds=1)
    assert "OnDemandRotationStartDate" not in status(kms, key.id)
    assert current(kms, key.id) == second
    assert rotations(kms, key.id)[0]["RotationDate"] == started + timedelta(seconds=90)


@slow
def test_a_second_request_meanwhile(kms, clock, made):
    """It is answered like the first, and is the same rotation: one new key material, and the first one's date."""
    started = clock.now()
    first = kms.rotate_key_on_demand(KeyId=made.id)
    clock.advance(seconds=60)
    second = kms.rotate_key_on_demand(KeyId=made.id)
    assert first["KeyId"] == second["KeyId"] == made.arn
    assert status(kms, made.id)["OnDemandRotationStartDate"] == started
    clock.advance(seconds=30)
    assert [entry["RotationDate"] for entry in rotations(kms, made.id)] == [started + timedelta(seconds=90)]
    clock.advance(days=1)
    assert len(rotations(kms, made.id)) == 1


@slow
def test_a_second_request_when_nothing_is_pending_any_more(kms, imported):
    """The key material that was to be rotated to is deleted, and the rotation is still under way."""
    key, _, second = imported
    kms.rotate_key_on_demand(KeyId=key.id)
    kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=second)
    assert kms.rotate_key_on_demand(KeyId=key.id)["KeyId"] == key.arn


@slow
@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion"])
def test_a_rotation_goes_on_whatever_the_state(kms, kms_import_mock, clock, made, state):
    """The status still tells when it began, and it completes in that state."""
    started = clock.now()
    kms.rotate_key_on_demand(KeyId=made.id)
    {"Disabled": kms.disable_key, "PendingDeletion": kms.schedule_key_deletion}[state](KeyId=made.id)
    assert status(kms, made.id)["OnDemandRotationStartDate"] == started
    clock.advance(seconds=90)
    assert kms_import_mock.key(made.id).state == state
    assert len(rotations(kms, made.id)) == 1
    assert "OnDemandRotationStartDate" not in status(kms, made.id)


@slow
def test_material_that_is_deleted_while_it_rotates(kms, clock, imported):
    """The status tells of the rotation until it comes to nothing, silently."""
    key, first, second = imported
    kms.rotate_key_on_demand(KeyId=key.id)
    assert kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=second)["KeyMaterialId"] == second
    assert "OnDemandRotationStartDate" in status(kms, key.id)
    clock.advance(seconds=90)
    assert status(kms, key.id) == {"KeyId": key.arn, "KeyRotationEnabled": False}
    assert (current(kms, key.id), rotations(kms, key.id)) == (first, [])


@slow
def test_material_that_takes_its_place_while_it_rotates(kms, clock, imported, import_material):
    """A rotation takes what is pending when it completes; what was pending when it began is nowhere."""
    key, first, second = imported
    kms.rotate_key_on_demand(KeyId=key.id)
    kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=second)
    third = import_material(key.id, b"\2" * 32, **NEW)["KeyMaterialId"]
    clock.advance(seconds=90)
    assert [entry["KeyMaterialId"] for entry in rotations(kms, key.id, **ALL)] == [first, third]
    assert current(kms, key.id) == third
    with refused("KMSInvalidStateException", f"No available key material pending rotation for the key: {key.arn}."):
        kms.rotate_key_on_demand(KeyId=key.id)


@slow
def test_material_that_expires_while_it_rotates(kms, kms_import_mock, clock, imported, import_material):
    """The key rotates to it, and waits for it."""
    key, _, second = imported
    import_material(key.id, b"\1" * 32, ValidTo=clock.now() + timedelta(seconds=60))
    kms.rotate_key_on_demand(KeyId=key.id)
    clock.advance(seconds=90)
    assert (current(kms, key.id), kms_import_mock.key(key.id).state) == (second, "PendingImport")


@pytest.mark.kms_import(service="2022")
def test_there_was_no_rotation_on_demand_in_2022(kms, kms_import_mock, make_key):
    """The test fails loudly; automatic rotation, once a year, existed."""
    key_id = make_key(Origin="AWS_KMS")
    with pytest.raises(AssertionError, match="RotateKeyOnDemand did not exist in AWS KMS of 2022"):
        kms.rotate_key_on_demand(KeyId=key_id)
    kms_import_mock.complaints.clear()
    kms.enable_key_rotation(KeyId=key_id)
    assert status(kms, key_id)["KeyRotationEnabled"]
