"""The tests of the multi-Region importer, on an AWS KMS in memory."""

from __future__ import annotations

import os

import pytest
from botocore.exceptions import ClientError
from multi_region_importer.spread import Spread, main

REGIONS = ["eu-central-1", "eu-west-1", "us-east-1"]


@pytest.fixture
def spread(kms_import_mock):
    return Spread(REGIONS)


def test_the_key_is_everywhere(kms_import_mock, spread):
    """With the same key material, and ciphertexts of each Region open in all."""
    material = os.urandom(32)
    key_id = spread.create(material)
    keys = [kms_import_mock.key(key_id, region_name=region) for region in REGIONS]
    assert [key.state for key in keys] == ["Enabled"] * 3
    assert all(key.current_material.matches(material) for key in keys)
    assert spread.check(key_id) == []


def test_it_rotates_everywhere(kms_import_mock, spread):
    """Old ciphertexts open in every Region, as new ones do."""
    key_id = spread.create(os.urandom(32))
    old = spread.clients["eu-west-1"].encrypt(KeyId=key_id, Plaintext=b"old")["CiphertextBlob"]
    new_material = os.urandom(32)
    spread.rotate(key_id, new_material)
    assert spread.check(key_id) == []
    for region in REGIONS:
        assert spread.clients[region].decrypt(CiphertextBlob=old)["Plaintext"] == b"old"
        assert kms_import_mock.key(key_id, region_name=region).current_material.matches(new_material)


def test_a_region_that_was_forgotten_stops_the_rotation(spread):
    """AWS rotates when every replica key has the new key material, and not before."""
    key_id = spread.create(os.urandom(32))
    spread.replicas.remove("us-east-1")
    with pytest.raises(ClientError, match="has not been imported for replicas of the Multi-Region key"):
        spread.rotate(key_id, os.urandom(32))


def test_a_region_that_lost_its_key_material_is_found(spread):
    """Nothing opens there, and nothing is encrypted there."""
    key_id = spread.create(os.urandom(32))
    spread.clients["us-east-1"].delete_imported_key_material(KeyId=key_id)
    pairs = {(here, there) for here in REGIONS for there in REGIONS}
    assert set(spread.check(key_id)) == {pair for pair in pairs if "us-east-1" in pair}


def test_the_command_line(kms_import_mock, tmp_path, capsys):
    for name in ("first", "second"):
        (tmp_path / name).write_bytes(os.urandom(32))
    assert main([str(tmp_path / "first"), *REGIONS]) == 0
    key_id = capsys.readouterr().out.strip()
    assert main([str(tmp_path / "second"), *REGIONS, "--key-id", key_id]) == 0
    assert main([str(tmp_path / "second"), *REGIONS, "--key-id", key_id]) == 1
    assert "IncorrectKeyMaterialException" in capsys.readouterr().err
