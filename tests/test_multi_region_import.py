"""Multi-Region keys with imported key material: every replica key needs an import of the same bytes."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pytest_kmsimport import wrap_key_material

from .refusal import refused
from .test_multi_region import AWAY, FAR, HOME, Atlas

NEW = {"ImportType": "NEW_KEY_MATERIAL"}
WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
WAITING = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"


class Ceremonies(Atlas):
    """A multi-Region key, with the ceremonies held about it."""

    def __init__(self, mock, material: bytes, **members: object) -> None:
        self.material = material
        super().__init__(mock, material=material, **members)

    def bring(self, material: bytes, region: str = HOME, *, token_of: str = "", **members: object):
        """Import in a Region, with a token of that Region or of another."""
        parameters = self.call("get_parameters_for_import", token_of or region, **WRAPPING)
        if "ValidTo" not in members:
            members["ExpirationModel"] = "KEY_MATERIAL_DOES_NOT_EXPIRE"
        return self.call(
            "import_key_material",
            region,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrap_key_material(parameters["PublicKey"], material, "RSAES_OAEP_SHA_256"),
            **members,
        )

    def materials(self, region: str = HOME) -> list[tuple[str, str]]:
        """State and import state of all key materials, as ListKeyRotations tells them."""
        answer = self.call("list_key_rotations", region, IncludeKeyMaterial="ALL_KEY_MATERIAL")
        return [(entry["KeyMaterialState"], entry["ImportState"]) for entry in answer["Rotations"]]


@pytest.fixture
def key(kms_import_mock):
    """A primary key with imported key material and one replica key, which still waits for it."""
    family = Ceremonies(kms_import_mock, os.urandom(32))
    family.replicate(AWAY)
    return family


@pytest.fixture
def ready(key):
    """The same, with the key material imported on both sides."""
    key.bring(key.material, AWAY)
    return key


def test_a_replica_waits_for_the_same_bytes(key):
    """PendingImport, and its token is its own Region's; then it opens what the primary key closed."""
    blob = key.call("encrypt", Plaintext=b"x")["CiphertextBlob"]
    assert key.state(AWAY) == "PendingImport"
    with refused("KMSInvalidStateException", f"{key.arn(AWAY)} is pending import."):
        key.call("decrypt", AWAY, CiphertextBlob=blob)
    with refused("InvalidImportTokenException"):
        key.bring(key.material, AWAY, token_of=HOME)
    key.bring(key.material, AWAY)
    assert key.call("decrypt", AWAY, CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_replica_takes_no_other_bytes(key):
    """Other key material is not that of the primary key."""
    with refused("IncorrectKeyMaterialException"):
        key.bring(os.urandom(32), AWAY)
    assert key.state(AWAY) == "PendingImport"


def test_the_key_material_has_one_name(ready):
    """The same identifier and the same description on both sides, before and after the replica's own import."""
    assert ready.metadata(AWAY)["CurrentKeyMaterialId"] == ready.metadata()["CurrentKeyMaterialId"]
    ready.bring(ready.material, KeyMaterialDescription="from the vault")
    entry = ready.call("list_key_rotations", AWAY, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"][0]
    assert entry["KeyMaterialDescription"] == "from the vault"


@pytest.mark.parametrize("members", [NEW, {"KeyMaterialDescription": "mine"}])
def test_new_material_and_descriptions_come_through_the_primary_key(ready, members):
    """A replica refuses both."""
    with refused("UnsupportedOperationException", f"{ready.arn(AWAY)} is not a multi-region primary key."):
        ready.bring(ready.material, AWAY, **members)


def test_a_replica_cannot_be_made_before_the_import(kms_import_mock):
    """The primary key has to be Enabled."""
    kms = kms_import_mock.client(HOME)
    arn = kms.create_key(Origin="EXTERNAL", MultiRegion=True)["KeyMetadata"]["Arn"]
    with refused("KMSInvalidStateException", f"{arn} is pending import."):
        kms.replicate_key(KeyId=arn, ReplicaRegion=AWAY)


# New key material


def test_new_material_waits_for_every_replica(ready):
    """It can be rotated to when the last replica has it, and not before."""
    ready.replicate(FAR)
    ready.bring(ready.material, FAR)
    new = os.urandom(32)
    ready.bring(new, **NEW)
    nothing = f"No available key material pending rotation for the key: {ready.arn(HOME)}."
    for region in (AWAY, FAR):
        assert ready.materials() == [("CURRENT", "IMPORTED"), (WAITING, "IMPORTED")]
        assert ready.materials(region) == [("CURRENT", "IMPORTED"), (WAITING, "PENDING_IMPORT")]
        with refused("KMSInvalidStateException", nothing):
            ready.call("rotate_key_on_demand")
        ready.bring(new, region)
    for region in (HOME, AWAY, FAR):
        assert ready.materials(region)[1] == ("PENDING_ROTATION", "IMPORTED")
    ready.call("rotate_key_on_demand")
    for region in (HOME, AWAY, FAR):
        assert ready.materials(region) == [("NON_CURRENT", "IMPORTED"), ("CURRENT", "IMPORTED")]


def test_the_whole_family_rotates(ready):
    """Old and new ciphertexts of either side open on the other."""
    old = ready.call("encrypt", AWAY, Plaintext=b"old")["CiphertextBlob"]
    new_material = os.urandom(32)
    ready.bring(new_material, **NEW)
    ready.bring(new_material, AWAY)
    ready.call("rotate_key_on_demand")
    new = ready.call("encrypt", AWAY, Plaintext=b"new")["CiphertextBlob"]
    assert [ready.call("decrypt", CiphertextBlob=blob)["Plaintext"] for blob in (old, new)] == [b"old", b"new"]


def test_a_primary_key_without_replicas_does_not_wait(kms_import_mock):
    """New key material is pending rotation at once, until a replica is added."""
    family = Ceremonies(kms_import_mock, os.urandom(32))
    family.bring(os.urandom(32), **NEW)
    assert family.materials()[1] == ("PENDING_ROTATION", "IMPORTED")
    family.replicate(AWAY)
    assert family.materials()[1] == (WAITING, "IMPORTED")
    assert family.materials(AWAY) == [("CURRENT", "PENDING_IMPORT"), (WAITING, "PENDING_IMPORT")]


def test_a_replica_of_a_rotated_key_needs_all_its_materials(kms_import_mock):
    """Each of the permanently associated ones, in any order."""
    first, second = os.urandom(32), os.urandom(32)
    family = Ceremonies(kms_import_mock, first)
    family.bring(second, **NEW)
    family.call("rotate_key_on_demand")
    family.replicate(AWAY)
    family.bring(second, AWAY)
    assert family.state(AWAY) == "PendingImport"
    family.bring(first, AWAY)
    assert family.state(AWAY) == "Enabled"


def test_a_replica_that_is_gone_is_not_waited_for(ready):
    """The last one that lacked the new key material was deleted."""
    ready.bring(os.urandom(32), **NEW)
    ready.call("schedule_key_deletion", AWAY, PendingWindowInDays=7)
    assert ready.materials()[1] == (WAITING, "IMPORTED")
    ready.mock.clock.advance(days=8)
    assert ready.materials()[1] == ("PENDING_ROTATION", "IMPORTED")


# Deletion and expiry


def test_pending_material_deleted_on_the_primary_key_is_deleted_everywhere(ready):
    """Other new key material can take its place, on both sides."""
    new = os.urandom(32)
    pending = ready.bring(new, **NEW)["KeyMaterialId"]
    ready.bring(new, AWAY)
    ready.call("delete_imported_key_material", KeyMaterialId=pending)
    assert ready.materials() == ready.materials(AWAY) == [("CURRENT", "IMPORTED")]
    ready.bring(os.urandom(32), **NEW)
    assert ready.materials(AWAY)[1] == (WAITING, "PENDING_IMPORT")


def test_pending_material_deleted_on_a_replica_is_deleted_there_alone(ready):
    """The family waits again."""
    new = os.urandom(32)
    pending = ready.bring(new, **NEW)["KeyMaterialId"]
    ready.bring(new, AWAY)
    ready.call("delete_imported_key_material", AWAY, KeyMaterialId=pending)
    assert ready.materials()[1] == (WAITING, "IMPORTED")
    assert ready.materials(AWAY)[1] == (WAITING, "PENDING_IMPORT")
    assert ready.state(AWAY) == "Enabled"


@pytest.mark.parametrize(("here", "there"), [(HOME, AWAY), (AWAY, HOME)])
def test_current_material_is_deleted_on_one_side(ready, here, there):
    """The other key works on."""
    ready.call("delete_imported_key_material", here)
    assert (ready.state(here), ready.state(there)) == ("PendingImport", "Enabled")
    ready.bring(ready.material, here)
    assert ready.state(here) == "Enabled"


def test_key_material_expires_on_each_side_by_itself(ready):
    """The date belongs to the import."""
    tomorrow = ready.mock.clock.now() + timedelta(days=1)
    ready.bring(ready.material, AWAY, ValidTo=tomorrow)
    assert "ValidTo" not in ready.metadata()
    ready.mock.clock.advance(days=1)
    assert (ready.state(), ready.state(AWAY)) == ("Enabled", "PendingImport")


def test_new_material_that_expired_on_the_primary_key_is_gone_everywhere(ready):
    """As if it had been deleted there."""
    new = os.urandom(32)
    ready.bring(new, ValidTo=ready.mock.clock.now() + timedelta(days=1), **NEW)
    ready.bring(new, AWAY)
    ready.mock.clock.advance(days=2)
    assert ready.materials(AWAY) == [("CURRENT", "IMPORTED")]


# Other kinds


def test_signing_keys_import_the_same_private_key(kms_import_mock):
    """Nothing of it is known in the other Region before, its public key neither; another one is refused."""
    keys = [
        ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        for _ in range(2)
    ]
    family = Ceremonies(kms_import_mock, keys[0], key_spec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    family.call("delete_imported_key_material")
    family.bring(keys[0])
    family.replicate(AWAY)
    with refused("KMSInvalidStateException", f"{family.arn(AWAY)} is pending import."):
        family.call("get_public_key", AWAY)
    with refused("IncorrectKeyMaterialException"):
        family.bring(keys[1], AWAY)
    family.bring(keys[0], AWAY)
    assert family.call("get_public_key", AWAY)["PublicKey"] == family.call("get_public_key")["PublicKey"]


def test_a_snapshot_holds_each_sides_material(ready):
    """What is deleted on one side after the snapshot is there again."""
    snapshot = ready.mock.snapshot()
    ready.call("delete_imported_key_material", AWAY)
    ready.bring(os.urandom(32), **NEW)
    ready.mock.restore(snapshot)
    assert ready.materials() == ready.materials(AWAY) == [("CURRENT", "IMPORTED")]
    ready.bring(os.urandom(32), **NEW)
    assert ready.materials(AWAY)[1] == (WAITING, "PENDING_IMPORT")
