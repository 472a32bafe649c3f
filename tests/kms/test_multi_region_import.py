"""Multi-Region keys with imported key material: every replica key needs an import of the same bytes."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pytest_kmsimport import wrap_key_material

from ..support.refusal import refused
from .test_multi_region import AWAY, FAR, HOME, Atlas

NEW = {"ImportType": "NEW_KEY_MATERIAL"}
WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
WAITING = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
NOT_EVERYWHERE = (
    "Cannot perform key material rotation: Key material has not been imported for replicas of the Multi-Region key."
)
NO_NEW = "Input parameter ImportType NEW_KEY_MATERIAL cannot be used on replica Multi-Region keys"
NO_DESCRIPTION = "Key material description can only be specified on primary Multi-Region keys"


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

    def entries(self, region: str = HOME) -> list[dict[str, object]]:
        """All key materials, as ListKeyRotations tells them."""
        answer = self.call("list_key_rotations", region, IncludeKeyMaterial="ALL_KEY_MATERIAL")
        entries: list[dict[str, object]] = answer["Rotations"]
        return entries

    def materials(self, region: str = HOME) -> list[tuple[object, object]]:
        """State and import state of all key materials."""
        return [(entry["KeyMaterialState"], entry["ImportState"]) for entry in self.entries(region)]


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
    """Other key material is not that of the primary key, whose identifier the refusal tells."""
    material_id = key.metadata()["CurrentKeyMaterialId"]
    text = f"Imported key material does not have the expected identifier ({material_id})."
    with refused("IncorrectKeyMaterialException", text):
        key.bring(os.urandom(32), AWAY)
    assert key.state(AWAY) == "PendingImport"


def test_what_a_replica_says_before_its_import(kms_import_mock):
    """It names the key material that it waits for, lists it with its description, and has no expiry of its own."""
    family = Ceremonies(kms_import_mock, os.urandom(32), KeyMaterialDescription="from the vault")
    family.replicate(AWAY)
    described = family.metadata(AWAY)
    assert (described["KeyState"], "ExpirationModel" in described) == ("PendingImport", False)
    assert described["CurrentKeyMaterialId"] == family.metadata()["CurrentKeyMaterialId"]
    assert family.entries(AWAY) == [
        {
            "KeyId": family.arn(AWAY),
            "KeyMaterialId": described["CurrentKeyMaterialId"],
            "KeyMaterialState": "CURRENT",
            "ImportState": "PENDING_IMPORT",
            "KeyMaterialDescription": "from the vault",
        }
    ]


@pytest.mark.parametrize("expiring", [False, True])
def test_the_answer_to_replication_has_the_primary_keys_expiry(kms_import_mock, expiring):
    """Creating, with the primary key's ExpirationModel and ValidTo, and without the identifier of its key material."""
    date = kms_import_mock.clock.freeze(kms_import_mock.clock.now().replace(microsecond=0)) + timedelta(days=1)
    family = Ceremonies(kms_import_mock, os.urandom(32), **({"ValidTo": date} if expiring else {}))
    made = family.call("replicate_key", ReplicaRegion=AWAY)["ReplicaKeyMetadata"]
    model = "KEY_MATERIAL_EXPIRES" if expiring else "KEY_MATERIAL_DOES_NOT_EXPIRE"
    assert (made["KeyState"], made["ExpirationModel"], made.get("ValidTo")) == (
        "Creating", model, date if expiring else None,
    )  # fmt: skip
    assert "CurrentKeyMaterialId" not in made


def test_the_key_material_has_one_name(ready):
    """The same identifier and the same description on both sides, before and after the replica's own import."""
    assert ready.metadata(AWAY)["CurrentKeyMaterialId"] == ready.metadata()["CurrentKeyMaterialId"]
    ready.bring(ready.material, KeyMaterialDescription="from the vault")
    assert ready.entries(AWAY)[0]["KeyMaterialDescription"] == "from the vault"


@pytest.mark.parametrize(
    ("members", "text"), [(NEW, NO_NEW), ({"KeyMaterialDescription": "mine"}, NO_DESCRIPTION)], ids=["new", "described"]
)
def test_new_material_and_descriptions_come_through_the_primary_key(key, members, text):
    """A replica refuses both, with texts of their own, and takes nothing."""
    with refused("ValidationException", text):
        key.bring(key.material, AWAY, **members)
    assert key.materials(AWAY) == [("CURRENT", "PENDING_IMPORT")]


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
    for region in (AWAY, FAR):
        assert ready.materials() == [("CURRENT", "IMPORTED"), (WAITING, "IMPORTED")]
        assert ready.materials(region) == [("CURRENT", "IMPORTED"), (WAITING, "PENDING_IMPORT")]
        with refused("KMSInvalidStateException", NOT_EVERYWHERE):
            ready.call("rotate_key_on_demand")
        ready.bring(new, region)
    for region in (HOME, AWAY, FAR):
        assert ready.materials(region)[1] == ("PENDING_ROTATION", "IMPORTED")
    ready.call("rotate_key_on_demand")
    for region in (HOME, AWAY, FAR):
        assert ready.materials(region) == [("NON_CURRENT", "IMPORTED"), ("CURRENT", "IMPORTED")]


def test_nothing_new_is_told_from_what_is_not_everywhere(ready):
    """A rotation without new key material has its own text."""
    text = f"No available key material pending rotation for the key: {ready.arn(HOME)}."
    with refused("KMSInvalidStateException", text):
        ready.call("rotate_key_on_demand")


def test_only_what_is_pending_has_to_be_everywhere(key):
    """The replica lacks the current key material, and the family rotates; it still lacks it as an old one."""
    new = os.urandom(32)
    key.bring(new, **NEW)
    key.bring(new, AWAY)
    key.call("rotate_key_on_demand")
    assert key.materials(AWAY) == [("NON_CURRENT", "PENDING_IMPORT"), ("CURRENT", "IMPORTED")]
    assert (key.state(), key.state(AWAY)) == ("Enabled", "PendingImport")
    key.bring(key.material, AWAY)
    assert key.state(AWAY) == "Enabled"


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


@pytest.mark.kms_import(background_seconds=60)
def test_a_replica_loses_the_material_while_the_family_rotates(key):
    """That stops nothing: both rotate at the same date, and the replica waits for the key material again."""
    key.mock.clock.advance(seconds=60)  # the replica is there
    key.bring(key.material, AWAY)
    new = os.urandom(32)
    second = key.bring(new, **NEW)["KeyMaterialId"]
    key.bring(new, AWAY)
    key.call("rotate_key_on_demand")
    assert key.call("delete_imported_key_material", AWAY, KeyMaterialId=second)["KeyMaterialId"] == second
    key.mock.clock.advance(seconds=60)
    assert key.materials() == [("NON_CURRENT", "IMPORTED"), ("CURRENT", "IMPORTED")]
    assert key.materials(AWAY) == [("NON_CURRENT", "IMPORTED"), ("CURRENT", "PENDING_IMPORT")]
    assert (key.state(), key.state(AWAY)) == ("Enabled", "PendingImport")
    assert key.entries()[1]["RotationDate"] == key.entries(AWAY)[1]["RotationDate"]
    key.bring(new, AWAY)
    assert key.state(AWAY) == "Enabled"


# Deletion and expiry


def test_deleting_what_a_replica_never_imported(key):
    """The identifier is named all the same, of current and of pending key material, and nothing changes."""
    pending = key.bring(os.urandom(32), **NEW)["KeyMaterialId"]
    before = key.entries(), key.entries(AWAY)
    for material_id in (key.metadata()["CurrentKeyMaterialId"], pending):
        answer = key.call("delete_imported_key_material", AWAY, KeyMaterialId=material_id)
        assert (answer["KeyId"], answer["KeyMaterialId"]) == (key.arn(AWAY), material_id)
    assert (key.entries(), key.entries(AWAY)) == before


def test_a_replica_does_not_know_what_the_family_never_had(ready):
    """An unknown identifier is refused with the replica's own ARN."""
    text = f"Key material (id: {'0' * 64}) has never been imported into KMS key {ready.arn(AWAY)}."
    with refused("ValidationException", text):
        ready.call("delete_imported_key_material", AWAY, KeyMaterialId="0" * 64)


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


@pytest.mark.parametrize(("expiring", "lasting"), [(HOME, AWAY), (AWAY, HOME)])
def test_new_material_that_expired_on_one_side(ready, expiring, lasting):
    """It stays pending rotation, as IMPORTED; after the rotation the key on that side waits for it, the other works."""
    new = os.urandom(32)
    tomorrow = {"ValidTo": ready.mock.clock.now() + timedelta(days=1)}
    ready.bring(new, **NEW, **(tomorrow if expiring == HOME else {}))
    ready.bring(new, AWAY, **(tomorrow if expiring == AWAY else {}))
    ready.mock.clock.advance(days=2)
    for region in (HOME, AWAY):
        assert ready.materials(region) == [("CURRENT", "IMPORTED"), ("PENDING_ROTATION", "IMPORTED")]
    ready.call("rotate_key_on_demand")
    assert (ready.state(expiring), ready.state(lasting)) == ("PendingImport", "Enabled")
    ready.bring(new, expiring)
    assert ready.state(expiring) == "Enabled"


def test_a_replica_without_material_does_not_become_primary(key):
    """It waits for its import; the refusal names it."""
    with refused("KMSInvalidStateException", f"{key.arn(AWAY)} is pending import."):
        key.call("update_primary_region", PrimaryRegion=AWAY)
    key.bring(key.material, AWAY)
    key.call("update_primary_region", PrimaryRegion=AWAY)
    assert key.metadata()["MultiRegionConfiguration"]["PrimaryKey"]["Region"] == AWAY


def test_importing_enables_one_side_alone(ready):
    """A Disabled key, and not its replica."""
    for region in (HOME, AWAY):
        ready.call("disable_key", region)
    ready.bring(ready.material)
    assert (ready.state(), ready.state(AWAY)) == ("Enabled", "Disabled")


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
    with pytest.raises(ClientError, match=r"IncorrectKeyMaterialException.* the expected identifier \([0-9a-f]{64}\)"):
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
