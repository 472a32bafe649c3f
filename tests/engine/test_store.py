"""What a mock that lives long keeps: what is there, and nothing of what was only asked for or called off."""

from __future__ import annotations

from contextlib import suppress

import pytest

from pytest_kmsimport.engine.errors import KmsError
from pytest_kmsimport.engine.grants import GrantName

HOME, OTHER = "123456789012", "999988887777"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:us-east-1:{OTHER}:key/{KEY_ID}"
TOKEN = GrantName("us-east-1", OTHER, KEY_ID, "0" * 64).token(b"salt")


def regions(ask) -> set[tuple[str, str]]:
    """The accounts and Regions that the next call finds."""
    ask.engine._store.begin_visit()
    return {(region.account, region.name) for region in ask.engine._store.regions()}


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("DescribeKey", {"KeyId": ARN}),
        ("DescribeKey", {"KeyId": ARN.replace(f"key/{KEY_ID}", "alias/x")}),
        ("EnableKey", {"KeyId": ARN}),
        ("ListGrants", {"KeyId": ARN}),
        ("RetireGrant", {"GrantToken": TOKEN}),
        ("ReplicateKey", {"KeyId": "{key}", "ReplicaRegion": "eu-north-1", "Policy": "no policy"}),
        ("ListKeys", {"region": "eu-central-1", "account": OTHER}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_what_is_only_asked_for_is_not_kept(ask, operation, members):
    """An account and a Region are there as long as there is something in them."""
    key_id = ask("CreateKey", MultiRegion=True)["KeyMetadata"]["KeyId"]
    with suppress(KmsError):
        ask(operation, **{name: value.format(key=key_id) for name, value in members.items()})
    assert regions(ask) == {(HOME, "us-east-1")}


def test_looking_at_keys_of_other_accounts_makes_nothing(ask):
    """As the mock's journal does for every call."""
    ask("CreateKey")
    for number in range(5):
        assert ask.engine.look_up(ARN.replace(OTHER, f"{number:012}"), "us-east-1", HOME, str) is None
    assert regions(ask) == {(HOME, "us-east-1")}


def test_a_region_stays_while_anything_is_in_it(ask, universe):
    """And goes with the last KMS key."""
    keys = [ask("CreateKey", region="eu-west-1")["KeyMetadata"]["KeyId"] for _ in range(3)]
    assert regions(ask) == {(HOME, "eu-west-1")}
    for key_id in keys:
        ask("ScheduleKeyDeletion", region="eu-west-1", KeyId=key_id, PendingWindowInDays=7)
    universe.pass_time(days=8)
    assert regions(ask) == set()


def test_a_snapshot_has_only_what_is_there(ask):
    """And coming back to it gives the keys that were made in the Regions of then."""
    ask("ListKeys")
    snapshot = ask.engine.snapshot()
    key_id = ask("CreateKey", region="eu-west-1")["KeyMetadata"]["KeyId"]
    later = ask.engine.snapshot()
    ask.engine.restore(snapshot)
    assert regions(ask) == set()
    ask.engine.restore(later)
    assert ask("DescribeKey", region="eu-west-1", KeyId=key_id)["KeyMetadata"]["KeyId"] == key_id


def test_deletions_that_are_called_off_do_not_pile_up(ask, universe):
    """A KMS key is to be deleted at one date at most, however often that was said and called off."""
    key_id = ask("CreateKey")["KeyMetadata"]["KeyId"]
    for days in (*range(7, 31), 7, 7, 7):
        ask("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=days)
        ask("CancelKeyDeletion", KeyId=key_id)
    assert len(ask.engine._store._deletions) == 1
    ask.engine.restore(ask.engine.snapshot())
    ask("ScheduleKeyDeletion", KeyId=key_id)
    ask.engine.restore(ask.engine.snapshot())
    ask("CancelKeyDeletion", KeyId=key_id)
    ask("ScheduleKeyDeletion", KeyId=key_id)
    assert len(ask.engine._store._deletions) == 1
    ask("CancelKeyDeletion", KeyId=key_id)
    universe.pass_time(days=31)
    assert ask("DescribeKey", KeyId=key_id)["KeyMetadata"]["KeyState"] == "Disabled"
    assert not ask.engine._store._deletion_of


def test_many_deletions_come_in_the_order_of_their_dates(ask, universe):
    """Also when they were scheduled in another one, and when one of them was put elsewhere."""
    keys = [ask("CreateKey")["KeyMetadata"]["KeyId"] for _ in range(4)]
    for key_id, days in zip(keys, (9, 7, 10, 8), strict=True):
        ask("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=days)
    ask("CancelKeyDeletion", KeyId=keys[1])
    ask("ScheduleKeyDeletion", KeyId=keys[1], PendingWindowInDays=11)
    left = []
    for _ in range(12):
        universe.pass_time(days=1)
        left.append({keys.index(key["KeyId"]) for key in ask("ListKeys")["Keys"]})
    assert left[6:] == [{0, 1, 2, 3}, {0, 1, 2}, {1, 2}, {1}, set(), set()]
