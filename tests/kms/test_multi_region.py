"""Multi-Region keys: replication, the primary Region, shared key material of keys that KMS made, deletion."""

from __future__ import annotations

import botocore.session
import pytest

from pytest_kmsimport import mock_kms_import

from ..support.installed import OPERATION_NAMES
from ..support.refusal import refused

HOME, AWAY, FAR = "us-east-1", "eu-west-1", "ap-southeast-2"
ONE_REPLICA = "You can create only one replica of each primary key in each AWS Region."
PARTITION = "The replica key Region must be in the same AWS partition as the primary key Region."
NO_REGION = "Region {region} is not a valid Region or multi-Region keys are not supported in Region {region}."
WRONG_KEY = "The key ID in the request does not identify a CMK that can perform this operation."


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

    def status(self, region: str = HOME) -> dict[str, object]:
        """What GetKeyRotationStatus says there."""
        answer = self.call("get_key_rotation_status", region)
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def arn(self, region: str) -> str:
        """The key ARN there."""
        return f"arn:aws:kms:{region}:123456789012:key/{self.key_id}"


@pytest.fixture
def made(kms_import_mock):
    """A multi-Region key that KMS made the material for."""
    return Atlas(kms_import_mock, Origin="AWS_KMS")


# Replication


def test_both_sides_describe_the_family(made):
    """Each with its own type, and the same primary key and replicas, these in the order of their Regions' names."""
    made.replicate(AWAY, FAR)
    places = {region: {"Arn": made.arn(region), "Region": region} for region in (HOME, AWAY, FAR)}
    for region in (HOME, AWAY, FAR):
        assert made.metadata(region)["MultiRegionConfiguration"] == {
            "MultiRegionKeyType": "PRIMARY" if region == HOME else "REPLICA",
            "PrimaryKey": places[HOME],
            "ReplicaKeys": [places[FAR], places[AWAY]],
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


def test_one_replica_in_a_region(made):
    """A second one is refused; that the primary key is Disabled is told before it."""
    made.replicate(AWAY)
    with refused("AlreadyExistsException", ONE_REPLICA):
        made.replicate(AWAY)
    made.call("disable_key")
    with refused("DisabledException", f"{made.arn(HOME)} is disabled."):
        made.replicate(AWAY)


@pytest.mark.parametrize(
    ("region", "text"),
    [
        (HOME, f"{HOME} cannot have a replica because it contains the primary."),
        ("cn-north-1", PARTITION),
        ("us-gov-west-1", PARTITION),
        ("us-invalid-1", NO_REGION.format(region="us-invalid-1")),
        ("us-east-11", NO_REGION.format(region="us-east-11")),
    ],
)
def test_regions_that_take_no_replica(made, region, text):
    """That of the primary key, those of other partitions, and those that there are not; nothing is made."""
    with refused("ValidationException", text):
        made.replicate(region)
    assert made.metadata()["MultiRegionConfiguration"]["ReplicaKeys"] == []


def test_every_region_of_the_partition_takes_a_replica(made):
    """Those where botocore knows an AWS KMS."""
    regions = set(botocore.session.Session().get_available_regions("kms", "aws")) - {HOME}
    made.replicate(*regions)
    replicas = made.metadata()["MultiRegionConfiguration"]["ReplicaKeys"]
    assert [replica["Region"] for replica in replicas] == sorted(regions)


def test_a_refused_replication_makes_nothing(made):
    """Neither there nor in what the primary key says."""
    with refused("TagException", "Duplicate tag keys"):
        made.call("replicate_key", ReplicaRegion=AWAY, Tags=[{"TagKey": "a", "TagValue": ""}] * 2)
    assert made.metadata()["MultiRegionConfiguration"]["ReplicaKeys"] == []
    assert made.clients[AWAY].list_keys()["Keys"] == []


def test_a_replica_is_creating_until_the_clock_moves():
    """With an option; it names no key material yet, tells the primary key's rotation, and cannot be used."""
    with mock_kms_import(background_seconds=30, region=HOME) as mock:
        key = Atlas(mock, Origin="AWS_KMS")
        key.call("enable_key_rotation", RotationPeriodInDays=90)
        key.replicate(AWAY)
        assert (key.state(AWAY), key.state()) == ("Creating", "Enabled")
        assert "CurrentKeyMaterialId" not in key.metadata(AWAY)
        assert key.status(AWAY) == {**key.status(), "KeyId": key.arn(AWAY)}
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


def test_keys_are_named_by_the_arn_of_their_own_region(made):
    """The key ID is the same in both and may be named; the ARN of the related key elsewhere does not decrypt."""
    made.replicate(AWAY)
    blob = made.call("encrypt", Plaintext=b"x")["CiphertextBlob"]
    kms = made.clients[AWAY]
    for key_id in (made.key_id, made.arn(AWAY)):
        assert kms.decrypt(CiphertextBlob=blob, KeyId=key_id)["KeyId"] == made.arn(AWAY)
    with refused("IncorrectKeyException", WRONG_KEY):
        kms.decrypt(CiphertextBlob=blob, KeyId=made.arn(HOME))
    with refused("IncorrectKeyException", WRONG_KEY):
        kms.re_encrypt(CiphertextBlob=blob, SourceKeyId=made.arn(HOME), DestinationKeyId=made.key_id)


def test_arns_of_regions_without_a_related_key(made):
    """Where the caller's Region has none of the family, or the key is no multi-Region key, the ARN is invalid."""
    blob = made.call("encrypt", Plaintext=b"x")["CiphertextBlob"]
    single = made.clients[HOME].create_key()["KeyMetadata"]["Arn"]
    for arn in (made.arn(HOME), single):
        with refused("NotFoundException", f"Invalid arn {HOME}"):
            made.clients[AWAY].decrypt(CiphertextBlob=blob, KeyId=arn)


def test_other_operations_take_no_arn_of_another_region(made):
    """Only Decrypt and ReEncrypt know of the related key."""
    made.replicate(AWAY)
    with refused("NotFoundException", f"Invalid arn {HOME}"):
        made.clients[AWAY].encrypt(KeyId=made.arn(HOME), Plaintext=b"x")


def test_re_encrypting_in_another_region(made):
    """From the replica to itself: both sides are named by its ARN, and by the shared key material."""
    made.replicate(AWAY)
    blob = made.call("encrypt", Plaintext=b"x")["CiphertextBlob"]
    answer = made.clients[AWAY].re_encrypt(CiphertextBlob=blob, DestinationKeyId=made.key_id)
    material_id = made.metadata()["CurrentKeyMaterialId"]
    assert answer["SourceKeyId"] == answer["KeyId"] == made.arn(AWAY)
    assert answer["SourceKeyMaterialId"] == answer["DestinationKeyMaterialId"] == material_id


def test_each_key_has_a_state_of_its_own(made):
    """What one Region disables works on in the other."""
    made.replicate(AWAY)
    blob = made.call("encrypt", Plaintext=b"x")["CiphertextBlob"]
    made.call("disable_key")
    assert made.call("decrypt", AWAY, CiphertextBlob=blob)["Plaintext"] == b"x"


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
    """Old and new ciphertexts open everywhere; the lists agree in all but the ARN, which is that of the Region."""
    made.replicate(AWAY)
    old = made.call("encrypt", AWAY, Plaintext=b"old")["CiphertextBlob"]
    made.call("rotate_key_on_demand")
    new = made.call("encrypt", AWAY, Plaintext=b"new")["CiphertextBlob"]
    assert [made.call("decrypt", CiphertextBlob=blob)["Plaintext"] for blob in (old, new)] == [b"old", b"new"]
    assert made.metadata()["CurrentKeyMaterialId"] == made.metadata(AWAY)["CurrentKeyMaterialId"]
    here, there = (
        made.call("list_key_rotations", region, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
        for region in (HOME, AWAY)
    )
    assert [entry.pop("KeyId") for entry in here] == [made.arn(HOME)] * 2
    assert [entry.pop("KeyId") for entry in there] == [made.arn(AWAY)] * 2
    assert here == there


@pytest.mark.parametrize("operation", ["RotateKeyOnDemand", "EnableKeyRotation", "DisableKeyRotation"])
def test_replicas_rotate_with_their_primary_key(made, operation):
    """They cannot be told to rotate, or not to; the text names what was asked."""
    made.replicate(AWAY)
    before = made.status(AWAY)
    text = f"{made.arn(AWAY)} is a multi-region replica key which is not valid for {operation}."
    with refused("UnsupportedOperationException", text):
        made.clients[AWAY]._make_api_call(operation, {"KeyId": made.key_id})
    assert made.status(AWAY) == before


def test_automatic_rotation_is_the_familys(made):
    """A replica tells the primary key's schedule, and follows it when the clock passes the date."""
    made.replicate(AWAY)
    made.call("enable_key_rotation", RotationPeriodInDays=100)
    first = made.metadata(AWAY)["CurrentKeyMaterialId"]
    assert made.status()["RotationPeriodInDays"] == 100
    assert made.status(AWAY) == {**made.status(), "KeyId": made.arn(AWAY)}
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


def test_a_replica_cannot_give_the_primary_region_away(made):
    """Nor take it, nor be replicated; AWS writes Region in two ways."""
    made.replicate(AWAY)
    for region in (HOME, AWAY, FAR):
        with refused("KMSInvalidStateException", f"{made.arn(AWAY)} is not a multi-Region primary key."):
            made.call("update_primary_region", AWAY, PrimaryRegion=region)
    with refused("UnsupportedOperationException", f"{made.arn(AWAY)} is not a multi-region primary key."):
        made.call("replicate_key", AWAY, ReplicaRegion=FAR)


def test_the_primary_region_again(made):
    """Naming the one that it is in succeeds and changes nothing."""
    made.replicate(AWAY)
    before = made.metadata()
    assert set(made.call("update_primary_region", PrimaryRegion=HOME)) == {"ResponseMetadata"}
    assert made.metadata() == before


def test_the_replica_must_be_enabled_to_become_primary(made):
    """The refusal names the replica key, but that of the primary key's own state comes first; nothing moves."""
    made.replicate(AWAY)
    before = made.metadata()
    made.call("disable_key", AWAY)
    with refused("DisabledException", f"{made.arn(AWAY)} is disabled."):
        made.call("update_primary_region", PrimaryRegion=AWAY)
    made.call("schedule_key_deletion", AWAY)
    with refused("KMSInvalidStateException", f"{made.arn(AWAY)} is pending deletion."):
        made.call("update_primary_region", PrimaryRegion=AWAY)
    assert made.metadata() == before
    made.call("disable_key")
    for region in (AWAY, HOME):
        with refused("DisabledException", f"{made.arn(HOME)} is disabled."):
            made.call("update_primary_region", PrimaryRegion=region)


def test_a_replica_that_is_creating_cannot_become_primary():
    """It is told as for any other use of it."""
    with mock_kms_import(background_seconds=30, region=HOME) as mock:
        key = Atlas(mock, Origin="AWS_KMS")
        key.replicate(AWAY)
        with refused("KMSInvalidStateException", f"{key.arn(AWAY)} is creating."):
            key.call("update_primary_region", PrimaryRegion=AWAY)
        mock.clock.advance(seconds=30)
        key.call("update_primary_region", PrimaryRegion=AWAY)


def test_keys_are_updating_until_the_clock_moves():
    """They work meanwhile, and cannot be managed; roles are exchanged at once, and the key material is named."""
    with mock_kms_import(background_seconds=30, region=HOME) as mock:
        key = Atlas(mock, Origin="AWS_KMS")
        key.replicate(AWAY)
        mock.clock.advance(seconds=30)
        key.call("update_primary_region", PrimaryRegion=AWAY)
        for region in (HOME, AWAY):
            assert (key.state(region), key.metadata(region)["Enabled"]) == ("Updating", False)
            assert key.metadata(region)["MultiRegionConfiguration"]["PrimaryKey"]["Region"] == AWAY
            assert "CurrentKeyMaterialId" in key.metadata(region)
            assert key.call("encrypt", region, Plaintext=b"x")
            with refused("KMSInvalidStateException", f"{key.arn(region)} is updating."):
                key.call("disable_key", region)
        mock.clock.advance(seconds=30)
        assert (key.state(), key.state(AWAY)) == ("Enabled", "Enabled")


@pytest.mark.parametrize("region", [AWAY, "us-invalid-1"])
def test_there_must_be_a_replica_to_become_primary(made, region):
    """A Region without one is refused by the key ID."""
    made.replicate(FAR)
    with refused("ValidationException", f"{made.key_id} does not have a replica key in the specified Region."):
        made.call("update_primary_region", PrimaryRegion=region)


def test_single_region_keys_have_no_family(kms, kms_import_mock):
    """They can neither be replicated nor moved."""
    arn = kms_import_mock.import_key().arn
    with refused("UnsupportedOperationException", f"{arn} is not a multi-region primary key."):
        kms.replicate_key(KeyId=arn, ReplicaRegion=AWAY)
    for region in (HOME, AWAY):
        with refused("KMSInvalidStateException", f"{arn} is not a multi-Region primary key."):
            kms.update_primary_region(KeyId=arn, PrimaryRegion=region)


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


def test_rotation_of_keys_that_are_to_be_deleted(made):
    """A primary key that waits for its replicas still tells its schedule; a replica pending deletion tells none."""
    made.replicate(AWAY)
    made.call("enable_key_rotation", RotationPeriodInDays=90)
    before = made.status()
    made.call("schedule_key_deletion")
    made.call("schedule_key_deletion", AWAY)
    assert made.status() == before
    assert made.status(AWAY) == {"KeyId": made.arn(AWAY), "KeyRotationEnabled": False}


def test_a_replica_pending_deletion_is_listed(made):
    """As long as it is there, in what the primary key says of the family."""
    made.replicate(AWAY)
    made.call("schedule_key_deletion", AWAY)
    assert made.metadata()["MultiRegionConfiguration"]["ReplicaKeys"] == [{"Arn": made.arn(AWAY), "Region": AWAY}]


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
    with refused("AlreadyExistsException", ONE_REPLICA):
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
