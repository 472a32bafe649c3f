"""The tests of the expiry watcher, on an AWS KMS in memory."""

from __future__ import annotations

import os
from datetime import timedelta

import boto3
import pytest
from expiry_watcher.watcher import Watcher, main

DAY = timedelta(days=1)


@pytest.fixture
def kms(kms_import_mock):
    return boto3.client("kms")


@pytest.fixture
def keep(kms_import_mock, tmp_path):
    """Import key material that the vault keeps under a name, for so many days, and give the KMS key."""

    def imported(name, days, **members):
        material = os.urandom(32)
        (tmp_path / name).write_bytes(material)
        valid_to = kms_import_mock.clock.now() + days * DAY
        return kms_import_mock.import_key(material, ValidTo=valid_to, KeyMaterialDescription=name, **members)

    return imported


@pytest.fixture
def watch(kms, kms_import_mock, tmp_path):
    """Run the watcher by the mock's clock and give its failures."""
    return lambda: Watcher(kms, tmp_path, 14 * DAY, 90 * DAY, kms_import_mock.clock.now()).run()


def test_what_expires_soon_is_renewed(kms_import_mock, keep, watch):
    """What has time is left alone."""
    soon, later = keep("soon", 10), keep("later", 30)
    assert watch() == []
    renewed = kms_import_mock.key(soon.id).current_material.valid_to - kms_import_mock.clock.now()
    assert abs(renewed - 90 * DAY) < timedelta(minutes=1)
    assert kms_import_mock.key(later.id) == later


@pytest.mark.kms_import(journal_size=10_000)  # a year of calls
def test_a_year_without_an_outage(kms_import_mock, kms, keep, watch):
    """Run every night, the watcher keeps the KMS key usable, and imports no more often than it must."""
    key = keep("master", 90)
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    for _ in range(365):
        kms_import_mock.clock.advance(days=1)
        assert watch() == []
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert len(kms_import_mock.calls.to("ImportKeyMaterial")) == 4


def test_retired_key_material_is_looked_after_too(kms_import_mock, kms, keep, watch):
    """One that is missing would stop the whole KMS key, though a rotation has retired it."""
    key = keep("first", 10)
    keep("second", 200, key_id=key.id, ImportType="NEW_KEY_MATERIAL")
    kms.rotate_key_on_demand(KeyId=key.id)
    assert watch() == []
    kms_import_mock.clock.advance(days=20)
    assert kms_import_mock.key(key.id).state == "Enabled"


def test_key_material_that_waits_for_a_rotation_is_looked_after_too(kms_import_mock, kms, keep, watch):
    """Once it has expired, AWS still lists it as imported, and a rotation to it would stop the KMS key."""
    key = keep("first", 200)
    keep("second", 10, key_id=key.id, ImportType="NEW_KEY_MATERIAL")
    kms_import_mock.clock.advance(days=20)
    assert watch() == []
    kms.rotate_key_on_demand(KeyId=key.id)
    assert kms_import_mock.key(key.id).state == "Enabled"


def test_a_disabled_key_stays_disabled(kms_import_mock, kms, keep, watch):
    """AWS enables a KMS key that key material is imported into; the watcher leaves it as it was."""
    key = keep("master", 10)
    kms.disable_key(KeyId=key.id)
    assert watch() == []
    kms_import_mock.clock.advance(days=20)
    assert kms_import_mock.key(key.id).state == "Disabled"


def test_what_has_expired_comes_back(kms_import_mock, keep, watch):
    """The watcher was not run for a while."""
    key = keep("master", 10)
    kms_import_mock.clock.advance(days=11)
    assert kms_import_mock.key(key.id).state == "PendingImport"
    assert watch() == []
    assert kms_import_mock.key(key.id).state == "Enabled"


def test_a_mistaken_vault_entry_is_refused(kms_import_mock, keep, watch, tmp_path):
    """Other bytes under the same name do not become the key's: somebody has to look."""
    key = keep("master", 10)
    (tmp_path / "master").write_bytes(os.urandom(32))
    (failure,) = watch()
    assert key.arn in failure
    assert "IncorrectKeyMaterialException" in failure
    assert kms_import_mock.key(key.id) == key


def test_key_material_of_nobody(kms_import_mock, watch):
    """Without a description nobody knows where it is; the others are renewed all the same."""
    kms_import_mock.import_key(ValidTo=kms_import_mock.clock.now() + DAY)
    (failure,) = watch()
    assert "nobody has written down" in failure


def test_the_command_line(kms_import_mock, keep, tmp_path, capsys):
    """The exit status tells whether somebody has to look."""
    keep("master", 10)
    assert main([str(tmp_path)]) == 0
    (tmp_path / "master").unlink()
    kms_import_mock.clock.advance(days=80)
    assert main([str(tmp_path), "--within-days", "100"]) == 1
    assert "NOT RENEWED" in capsys.readouterr().err
