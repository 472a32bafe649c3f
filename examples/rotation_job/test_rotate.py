"""The tests of the rotation job, on an AWS KMS in memory."""

from __future__ import annotations

import os
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from rotation_job.rotate import Rotation, RotationFailedError, main

slow = pytest.mark.kms_import(background_seconds=60)  # AWS completes rotations after it has answered


@pytest.fixture
def key(kms_import_mock):
    return kms_import_mock.import_key(KeyMaterialDescription="first.bin")


@pytest.fixture
def rotation(kms_import_mock, key):
    """A job that waits by the mock's clock."""

    def sleep(seconds):
        kms_import_mock.clock.advance(seconds=seconds)

    return Rotation(boto3.client("kms"), key.arn, sleep, kms_import_mock.clock.now)


@slow
def test_the_new_key_material_is_current(kms_import_mock, key, rotation):
    material = os.urandom(32)
    material_id = rotation.run(material, "second.bin")
    current = kms_import_mock.key(key.id).current_material
    assert (current.id, current.description, current.matches(material)) == (material_id, "second.bin", True)


@slow
def test_a_job_that_was_interrupted_goes_on(kms_import_mock, key, rotation):
    """The key material of the first run is rotated to, that of the second is not imported beside it."""
    first = os.urandom(32)
    kms_import_mock.import_key(first, key_id=key.id, ImportType="NEW_KEY_MATERIAL")
    rotation.run(first, "second.bin")
    assert kms_import_mock.calls.to("ImportKeyMaterial") == []
    assert kms_import_mock.key(key.id).current_material.matches(first)


@slow
def test_a_rotation_that_is_under_way_is_waited_for(kms_import_mock, key, rotation):
    """Somebody else was faster: AWS answers a second request with the rotation that it has begun."""
    material = os.urandom(32)
    kms_import_mock.import_key(material, key_id=key.id, ImportType="NEW_KEY_MATERIAL")
    rotation.kms.rotate_key_on_demand(KeyId=key.id)
    rotation.run(material, "second.bin")
    assert kms_import_mock.key(key.id).current_material.matches(material)


def test_key_material_that_expired_before_the_rotation(kms_import_mock, key, rotation):
    """The job rotates to nothing that would stop the KMS key; imported again, it does."""
    material, tomorrow = os.urandom(32), kms_import_mock.clock.now() + timedelta(days=1)
    kms_import_mock.import_key(material, key_id=key.id, ImportType="NEW_KEY_MATERIAL", ValidTo=tomorrow)
    kms_import_mock.clock.advance(days=2)
    with pytest.raises(RotationFailedError, match="has expired: import it again, or delete it"):
        rotation.run(material, "second.bin")
    assert kms_import_mock.key(key.id).state == "Enabled"
    kms_import_mock.import_key(material, key_id=key.id)
    rotation.run(material, "second.bin")
    assert kms_import_mock.key(key.id).current_material.matches(material)


@slow
def test_a_rotation_that_does_not_end(rotation):
    """The job gives up, and says so."""
    with pytest.raises(RotationFailedError, match="is not current after 3 looks"):
        rotation.run(os.urandom(32), "second.bin", looks=3)


def test_the_same_key_material_again(key, rotation):
    """Is refused: it would be no rotation."""
    material = os.urandom(32)
    rotation.run(material, "second.bin")
    with pytest.raises(ClientError, match="IncorrectKeyMaterialException"):
        rotation.run(material, "second.bin")


@pytest.mark.kms_import(quotas={"on_demand_rotations_per_key": 1})
def test_a_key_that_was_rotated_too_often(rotation):
    """AWS allows 25; here one."""
    rotation.run(os.urandom(32), "second.bin")
    with pytest.raises(ClientError, match="on-demand rotations limit"):
        rotation.run(os.urandom(32), "third.bin")


def test_the_command_line(kms_import_mock, key, tmp_path, capsys):
    (tmp_path / "second.bin").write_bytes(os.urandom(32))
    assert main([key.arn, str(tmp_path / "second.bin")]) == 0
    assert kms_import_mock.key(key.id).current_material.id in capsys.readouterr().out
    boto3.client("kms").disable_key(KeyId=key.id)
    assert main([key.arn, str(tmp_path / "second.bin")]) == 1
    assert "DisabledException" in capsys.readouterr().err
