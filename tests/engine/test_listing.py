"""ListKeys in pages."""

from __future__ import annotations

from itertools import chain

import pytest

from ..support.refusal import engine_refuses


def walk(ask, limit: int, **where: str) -> list[list[str]]:
    """All pages of ListKeys, each as the key IDs in it."""
    pages, marker = [], {}
    while True:
        page = ask("ListKeys", Limit=limit, **marker, **where)
        pages.append([key["KeyId"] for key in page["Keys"]])
        if not page["Truncated"]:
            assert "NextMarker" not in page
            return pages
        marker = {"Marker": page["NextMarker"]}


@pytest.fixture
def keys(ask):
    """Seven KMS keys, oldest first."""
    return [ask("CreateKey")["KeyMetadata"]["KeyId"] for _ in range(7)]


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (6, [6, 1]), (7, [7]), (1000, [7])])
def test_pages_together_are_the_whole_list(ask, keys, limit, sizes):
    """Each key is on one page, and the last page is not truncated."""
    pages = walk(ask, limit)
    assert [len(page) for page in pages] == sizes
    assert list(chain(*pages)) == keys


def test_a_list_of_nothing_is_one_empty_page(ask):
    """An account without keys gets an empty list."""
    assert walk(ask, 10) == [[]]


def test_a_hundred_is_the_default_limit(ask):
    """AWS's default for Limit."""
    for _ in range(101):
        ask("CreateKey")
    assert len(ask("ListKeys")["Keys"]) == 100


def test_keys_deleted_between_pages_are_gone(ask, keys, universe):
    """The next page goes on behind the last key, also where keys were deleted in between."""
    first = ask("ListKeys", Limit=3)
    for key_id in (keys[0], keys[2], keys[4]):
        ask("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7)
    universe.pass_time(days=7)
    rest = ask("ListKeys", Marker=first["NextMarker"])
    assert [key["KeyId"] for key in rest["Keys"]] == [keys[3], keys[5], keys[6]]


def test_keys_pending_deletion_are_listed_until_their_date(ask, keys, universe):
    """They are gone when the date has come, and one whose deletion was called off stays."""
    for key_id in keys[:2]:
        ask("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7)
    universe.pass_time(days=7, seconds=-1)
    ask("CancelKeyDeletion", KeyId=keys[0])
    assert list(chain(*walk(ask, 10))) == keys
    universe.pass_time(seconds=1)
    assert list(chain(*walk(ask, 10))) == [keys[0], *keys[2:]]


@pytest.mark.parametrize("marker", ["x", "1", "AAAA", "é", "MTpmb3JnZWQ="])
def test_made_up_markers_are_refused(ask, keys, marker):
    """A marker is what an answer gave, and nothing else."""
    with engine_refuses("InvalidMarkerException"):
        ask("ListKeys", Marker=marker)


@pytest.mark.parametrize(
    "where",
    [{"region": "eu-west-1"}, {"account": "111122223333"}, {"ResourceOwners": ["SELF", "OTHER_ACCOUNTS_VIA_RAM"]}],
)
def test_markers_of_another_list_are_refused(ask, keys, where):
    """A marker is good for the account, Region and ResourceOwners that it was given for."""
    marker = ask("ListKeys", Limit=1)["NextMarker"]
    with engine_refuses("InvalidMarkerException"):
        ask("ListKeys", Marker=marker, **where)


def test_accounts_and_regions_list_their_own(ask, keys):
    """Nothing is shared between them."""
    assert walk(ask, 10, region="eu-west-1") == [[]]
    assert walk(ask, 10, account="111122223333") == [[]]


def test_no_account_shares_keys(ask, keys):
    """What others share through RAM is nothing."""
    assert ask("ListKeys", ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM"])["Keys"] == []
    assert len(ask("ListKeys", ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM", "SELF"])["Keys"]) == 7
