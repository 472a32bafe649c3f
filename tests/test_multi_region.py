"""Multi-Region keys: replication, the primary Region, shared key material of keys that KMS made, deletion."""

from __future__ import annotations

import pytest

from pytest_kmsimport import mock_kms_import

from .installed import OPERATION_NAMES
from .refusal import refused

HOME, AWAY, FAR = "us-east-1", "eu-west-1", "ap-southeast-2"


class Atlas:
    """One multi-Region key, and a client in each of its Regions."""

    def __init__(self, mock, **members: object) -> None:
        self.mock = mock
        self.clients = {region: mock.client(region) for region in (HOME, AWAY, FAR)}
        members = {"MultiRegion": True, **members}
        if members.pop("Origin", "EXTERNAL") == "AWS_KMS":
            self.key_id = self.clients[HOME].create_key(**members)["KeyMetadata"]["KeyId"]
        else:
            self.key_id = mock.import_key(**members).id

    def call(self, operation: str, region: str = HOME, **members: object):
        """Call an operation about the key in a Region."""
        return getattr(self.clients[region], operation)(KeyId=self.key_id, **members)

    def replicate(self, *regions: str) -> None:
        """Make replica keys."""
        for region in regions:
            self.call("replicate_key", ReplicaRegion=region)

    def metadata(self, region: str = HOME) -> dict[str, object]:
        """What DescribeKey says there."""
        described: dict[str, object] = self.call("describe_key", region)["KeyMetadata"]
        return described

    def state(self, region: str = HOME) -> object:
        """The key state there."""
        return self.metadata(region)["KeyState"]

    def arn(self, region: str) -> str:
        """The key ARN there."""
        return f"arn:aws:kms:{region}:123456789012:key/{self.key_id}"


@pytest.fixture
def made(kms_import_mock):
    """A multi-Region key that KMS made the material for."""
    return Atlas(kms_import_mock, Origin="AWS_KMS")


# Replication


def test_both_sides_describe_the_family(made):
    """Each with its own type, and the same primary key and replicas."""
    made.replicate(AWAY, FAR)
    places = {region: {"Arn": made.arn(region), "Region": region} for region in (HOME, AWAY, FAR)}
    for region in (HOME, AWAY, FAR):
        assert made.metadata(region)["MultiRegionConfiguration"] == {
            "MultiRegionKeyType": "PRIMARY" if region == HOME else "REPLICA",
            "PrimaryKey": places[HOME],
            "ReplicaKeys": [places[AWAY], places[FAR]],
        }


def test_what_a_replica_has_of_its_own(made):
    """Description, tags and policy are the request's; key ID, spec, usage and origin the primary key's."""
    policy = made.call("get_key_policy")["Policy"].replace("key-default-1", "mine")
    tags = [{"TagKey": "a", "TagValue": "b"}]
    answer = made.call("replicate_key", ReplicaRegion=AWAY, Description="away", Tags=tags, Policy=policy)
    replica, primary = made.metadata(AWAY), made.metadata()
    assert (answer["ReplicaPolicy"], answer["ReplicaTags"]) == (policy, tags)
    assert (replica["Description"], primary["Description"]) == ("away", "")
    assert made.call("list_resource_tags", AWAY)["Tags"] == tags
    assert made.call("get_key_policy", AWAY)["Policy"] == policy
    assert made.call("list_resource_tags")["Tags"] == []
    for shared in ("KeyId", "KeySpec", "KeyUsage", "Origin", "CurrentKeyMaterialId"):
        assert replica[shared] == primary[shared]


@pytest.mark.parametrize("region", [HOME, AWAY])
def test_one_key_of_a_family_in_a_region(made, region):
    """Neither beside the primary key nor beside another replica."""
    made.replicate(AWAY)
    with refused("AlreadyExistsException", f"KMS key {made.arn(region)} already exists."):
        made.replicate(region)


def test_replicas_stay_in_the_partition(made):
    """China is another one."""
    text = f"Region cn-north-1 is not in the partition of {made.arn(HOME)}."
    with refused("UnsupportedOperationException", text):
        made.replicate("cn-north-1")


def test_a_refused_replication_makes_nothing(made):
    """Neither there nor in what the primary key says."""
    with refused("TagException", "Duplicate tag keys"):
        made.call("replicate_key", ReplicaRegion=AWAY, Tags=[{"TagKey": "a", "TagValue": ""}] * 2)
    assert made.metadata()["MultiRegionConfiguration"]["ReplicaKeys"] == []
    assert made.clients[AWAY].list_keys()["Keys"] == []


def test_a_replica_is_creating_until_the_clock_moves():
    """With an option; used too early it is refused as AWS does it, and it can be described and deleted."""
    with mock_kms_import(background_seconds=30, region=HOME) as mock:
        key = Atlas(mock, Origin="AWS_KMS")
        key.replicate(AWAY)
        assert (key.state(AWAY), key.state()) == ("Creating", "Enabled")
        with refused("KMSInvalidStateException", f"{key.arn(AWAY)} is creating."):
            key.call("encrypt", AWAY, Plaintext=b"x")
        mock.clock.advance(seconds=30)
        assert key.state(AWAY) == "Enabled"


def test_ciphertexts_open_in_every_region(made):
    """In both directions, also data keys; without KeyId too."""
    made.replicate(AWAY)
    for here, there in ((HOME, AWAY), (AWAY, HOME)):
        blob = made.call("encrypt", here, Plaintext=b"x")["CiphertextBlob"]
        opened = made.clients[there].decrypt(CiphertextBlob=blob)
        assert (opened["Plaintext"], opened["KeyId"]) == (b"x", made.arn(there))


@pytest.mark.parametrize(
    ("spec", "usage", "sign", "verify", "members"),
    [
        ("HMAC_256", "GENERATE_VERIFY_MAC", "generate_mac", "verify_mac", {"MacAlgorithm": "HMAC_SHA_256"}),
        ("ECC_NIST_P256", "SIGN_VERIFY", "sign", "verify", {"SigningAlgorithm": "ECDSA_SHA_256"}),
    ],
)
def test_other_kinds_of_keys_are_the_same_key_everywhere(kms_import_mock, spec, usage, sign, verify, members):
    """What one authenticates or signs, the other verifies, though nothing was used before the replication."""
    key = Atlas(kms_import_mock, Origin="AWS_KMS", KeySpec=spec, KeyUsage=usage)
    key.replicate(AWAY)
    made = key.call(sign, AWAY, Message=b"x", **members)
    proof = {"Mac": made["Mac"]} if "Mac" in made else {"Signature": made["Signature"]}
    assert key.call(verify, HOME, Message=b"x", **members, **proof)


def test_accounts_have_families_of_their_own(made):
    """Another account knows nothing of the key, in no Region."""
    made.replicate(AWAY)
    stranger = made.mock.client(AWAY, "111122223333")
    with refused("NotFoundException", f"Key 'arn:aws:kms:{AWAY}:111122223333:key/{made.key_id}' does not exist"):
        stranger.describe_key(KeyId=made.key_id)


# Rotation of keys that KMS made


def test_a_rotation_reaches_every_region(made):
    """Old and new ciphertexts open everywhere, and the key material has the same name everywhere."""
    made.replicate(AWAY)
    old = made.call("encrypt", AWAY, Plaintext=b"old")["CiphertextBlob"]
    made.call("rotate_key_on_demand")
    new = made.call("encrypt", AWAY, Plaintext=b"new")["CiphertextBlob"]
    assert [made.call("decrypt", CiphertextBlob=blob)["Plaintext"] for blob in (old, new)] == [b"old", b"new"]
    assert made.metadata()["CurrentKeyMaterialId"] == made.metadata(AWAY)["CurrentKeyMaterialId"]
    assert made.call("list_key_rotations")["Rotations"] == made.call("list_key_rotations", AWAY)["Rotations"]


@pytest.mark.parametrize("operation", ["rotate_key_on_demand", "enable_key_rotation", "disable_key_rotation"])
def test_replicas_rotate_with_their_primary_key(made, operation):
    """They cannot be told to rotate."""
    made.replicate(AWAY)
    with refused("UnsupportedOperationException", f"{made.arn(AWAY)} is not a multi-region primary key."):
        made.call(operation, AWAY)


def test_automatic_rotation_is_the_familys(made):
    """A replica tells the primary key's schedule, and follows it when the clock passes the date."""
    made.replicate(AWAY)
    made.call("enable_key_rotation", RotationPeriodInDays=100)
    statuses = [made.call("get_key_rotation_status", region) for region in (HOME, AWAY)]
    first = made.metadata(AWAY)["CurrentKeyMaterialId"]
    assert statuses[0]["NextRotationDate"] == statuses[1]["NextRotationDate"]
    made.mock.clock.advance(days=101)
    assert made.metadata(AWAY)["CurrentKeyMaterialId"] != first
    assert made.metadata(AWAY)["CurrentKeyMaterialId"] == made.metadata()["CurrentKeyMaterialId"]


def test_a_replica_that_was_disabled_rotates_nothing(made):
    """Only the primary key catches up with a date that has passed."""
    made.call("enable_key_rotation", RotationPeriodInDays=100)
    made.replicate(AWAY)
    made.call("disable_key", AWAY)
    made.mock.clock.advance(days=101)
    made.call("enable_key", AWAY)
    assert len(made.call("list_key_rotations")["Rotations"]) == 1


@pytest.mark.skipif("GetKeyLastUsage" not in OPERATION_NAMES, reason="newer than this botocore")
def test_the_last_use_is_each_keys_own(made):
    """AWS tracks it by Region."""
    made.call("encrypt", Plaintext=b"x")
    made.replicate(AWAY)
    assert made.call("get_key_last_usage")["KeyLastUsage"]["Operation"] == "Encrypt"
    assert made.call("get_key_last_usage", AWAY)["KeyLastUsage"] == {}


# The primary Region


def test_the_primary_region_moves(made):
    """The two change places; what was the primary key can no longer be replicated or rotated, the other can."""
    made.replicate(AWAY)
    made.call("enable_key_rotation")
    made.call("update_primary_region", PrimaryRegion=AWAY)
    for region in (HOME, AWAY):
        configuration = made.metadata(region)["MultiRegionConfiguration"]
        assert configuration["PrimaryKey"]["Region"] == AWAY
        assert [key["Region"] for key in configuration["ReplicaKeys"]] == [HOME]
        assert made.call("get_key_rotation_status", region)["KeyRotationEnabled"]
    with refused("UnsupportedOperationException", f"{made.arn(HOME)} is not a multi-region primary key."):
        made.replicate(FAR)
    made.call("replicate_key", AWAY, ReplicaRegion=FAR)
    made.call("rotate_key_on_demand", AWAY)
    assert made.metadata(FAR)["CurrentKeyMaterialId"] == made.metadata()["CurrentKeyMaterialId"]


def test_keys_are_updating_until_the_clock_moves():
    """They work meanwhile, and cannot be managed."""
    with mock_kms_import(background_seconds=30, region=HOME) as mock:
        key = Atlas(mock, Origin="AWS_KMS")
        key.replicate(AWAY)
        mock.clock.advance(seconds=30)
        key.call("update_primary_region", PrimaryRegion=AWAY)
        for region in (HOME, AWAY):
            assert (key.state(region), key.metadata(region)["Enabled"]) == ("Updating", False)
            assert key.call("encrypt", region, Plaintext=b"x")
            with refused("KMSInvalidStateException", f"{key.arn(region)} is updating."):
                key.call("disable_key", region)
        mock.clock.advance(seconds=30)
        assert (key.state(), key.state(AWAY)) == ("Enabled", "Enabled")


def test_there_must_be_a_replica_to_become_primary(made):
    """A Region without one is refused by the ARN that it would have; so is the Region that is primary already."""
    with refused("NotFoundException", f"Key '{made.arn(AWAY)}' does not exist"):
        made.call("update_primary_region", PrimaryRegion=AWAY)
    with refused("ValidationException", f"{made.arn(HOME)} is the multi-region primary key already."):
        made.call("update_primary_region", PrimaryRegion=HOME)


def test_single_region_keys_have_no_family(kms, kms_import_mock):
    """They can neither be replicated nor moved."""
    arn = kms_import_mock.import_key().arn
    for operation, member in ((kms.replicate_key, "ReplicaRegion"), (kms.update_primary_region, "PrimaryRegion")):
        with refused("UnsupportedOperationException", f"{arn} is not a multi-region primary key."):
            operation(KeyId=arn, **{member: AWAY})


# Deletion


def test_a_primary_key_waits_for_its_replicas(made):
    """It has a waiting period and no date, which comes when the last replica is gone and not merely scheduled."""
    made.replicate(AWAY, FAR)
    answer = made.call("schedule_key_deletion", PendingWindowInDays=10)
    assert (answer["KeyState"], answer["PendingWindowInDays"]) == ("PendingReplicaDeletion", 10)
    assert "DeletionDate" not in answer
    assert made.metadata()["PendingDeletionWindowInDays"] == 10
    made.call("schedule_key_deletion", AWAY, PendingWindowInDays=7)
    last = made.call("schedule_key_deletion", FAR, PendingWindowInDays=8)["DeletionDate"]
    made.mock.clock.advance(days=7, hours=1)
    assert made.state() == "PendingReplicaDeletion"
    made.mock.clock.advance(days=1)
    metadata = made.metadata()
    assert (metadata["KeyState"], (metadata["DeletionDate"] - last).days) == ("PendingDeletion", 10)
    assert "PendingDeletionWindowInDays" not in metadata


def test_a_leap_of_the_clock_deletes_them_all(made):
    """The primary key's waiting period follows that of the last replica, and both have passed."""
    made.replicate(AWAY)
    made.call("schedule_key_deletion", PendingWindowInDays=7)
    made.call("schedule_key_deletion", AWAY, PendingWindowInDays=7)
    made.mock.clock.advance(days=15)
    assert [client.list_keys()["Keys"] for client in made.clients.values()] == [[], [], []]


def test_a_primary_key_that_waits_can_be_called_back(made):
    """Disabled, as after any cancelled deletion; the replicas go their way."""
    made.replicate(AWAY)
    made.call("schedule_key_deletion")
    made.call("cancel_key_deletion")
    made.call("schedule_key_deletion", AWAY, PendingWindowInDays=7)
    made.mock.clock.advance(days=60)
    assert made.state() == "Disabled"
    assert made.metadata()["MultiRegionConfiguration"]["ReplicaKeys"] == []


def test_a_replica_can_be_made_again(made):
    """When the former one is gone; it opens what the former one closed."""
    made.replicate(AWAY)
    blob = made.call("encrypt", AWAY, Plaintext=b"x")["CiphertextBlob"]
    made.call("schedule_key_deletion", AWAY, PendingWindowInDays=7)
    with refused("AlreadyExistsException", f"KMS key {made.arn(AWAY)} already exists."):
        made.replicate(AWAY)
    made.mock.clock.advance(days=8)
    made.replicate(AWAY)
    assert made.call("decrypt", AWAY, CiphertextBlob=blob)["Plaintext"] == b"x"


# Snapshots


def test_a_snapshot_holds_families_of_its_own(made):
    """What happens to a family after the snapshot is undone in every Region, and the snapshot stays as it was."""
    made.replicate(AWAY)
    before = made.metadata(AWAY)
    snapshot = made.mock.snapshot()
    for _ in range(2):
        made.call("rotate_key_on_demand")
        made.replicate(FAR)
        made.call("update_primary_region", PrimaryRegion=FAR)
        made.mock.restore(snapshot)
        assert made.metadata(AWAY) == before
        made.call("rotate_key_on_demand")
        assert made.metadata(AWAY)["CurrentKeyMaterialId"] == made.metadata()["CurrentKeyMaterialId"]
        made.mock.restore(snapshot)
