"""Names of KMS keys and aliases."""

from __future__ import annotations

import botocore.session
import pytest

from pytest_kmsimport.engine.arns import kms_arn, parse, partition_of

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
SESSION = botocore.session.Session()


@pytest.mark.parametrize(
    ("partition", "region"),
    [
        (partition, region)
        for partition in SESSION.get_available_partitions()
        for region in SESSION.get_available_regions("kms", partition)
        if "fips" not in region.lower()
    ],
)
def test_every_region_is_in_its_partition(partition, region):
    """Partitions are those of botocore's own endpoint data."""
    assert partition_of(region) == partition


def test_an_arn_says_where_a_key_is():
    """Partition, Region, account and key ID come out of a key ARN."""
    name = parse(kms_arn("cn-north-1", "111122223333", f"key/{KEY_ID}"))
    assert (name.partition, name.region, name.account, name.key_id) == ("aws-cn", "cn-north-1", "111122223333", KEY_ID)


@pytest.mark.parametrize("key_id", [KEY_ID, "mrk-1234abcd12ab34cd56ef1234567890ab"])
def test_key_ids_are_uuids_or_multi_region(key_id):
    """Both forms of AWS are well-formed."""
    assert parse(key_id).key_id == key_id


@pytest.mark.parametrize(
    "text",
    ["", "fake-key-id", KEY_ID.replace("-", ""), "mrk-fake-key-id", KEY_ID.upper(), f"key/{KEY_ID}x", f"{KEY_ID}\n"],
)
def test_other_texts_are_no_key_ids(text):
    """What AWS answers with "Invalid keyId" has no key ID."""
    assert parse(text).key_id == ""


@pytest.mark.parametrize("text", ["alias/x", kms_arn("us-east-1", "111122223333", "alias/x")])
def test_aliases_are_told_from_keys(text):
    """By name and by ARN."""
    assert parse(text).is_alias
    assert not parse(KEY_ID).is_alias
