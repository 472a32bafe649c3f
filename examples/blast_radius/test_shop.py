"""The tests of the shop: its key material expires overnight, and is imported again in the morning.

moto plays S3, Secrets Manager and SQS, and the KMS key is this plugin's.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from blast_radius.shop import open_shop
from botocore.exceptions import ClientError
from moto import mock_aws

MATERIAL = b"from the vault, thirty-two bytes"


@pytest.fixture
def key(kms_import_mock):
    """An imported key whose key material expires in the night."""
    return kms_import_mock.import_key(MATERIAL, ValidTo=kms_import_mock.clock.now() + timedelta(hours=8))


@pytest.fixture
def shop(key, monkeypatch):
    """The shop under this key, with an order."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", key.region)
    with mock_aws():
        shop = open_shop(key.arn, "token")
        shop.order(1, "one bicycle")
        yield shop


def test_a_day_in_the_shop(shop):
    """Everything works."""
    assert shop.invoice(1).startswith("one bicycle")
    assert shop.to_ship() == [1]
    assert shop.check(1) == {}


def test_what_stands_on_the_key(kms_import_mock, shop, key):
    """Whoever lets the key material expire can know before what will fail."""
    radius = kms_import_mock.blast_radius(key.id)
    assert sorted(one.kind for one in radius.would_fail) == ["S3 bucket", "S3 object", "queue", "secret"]
    assert radius.expires - kms_import_mock.clock.now() < timedelta(hours=8)


def test_the_morning_after(kms_import_mock, shop, key):
    """Nothing works that needs the key, until its key material is imported again; nothing is lost."""
    kms_import_mock.clock.advance(hours=9)
    broken = {
        "bank": "DecryptionFailure",
        "invoices": "KMS.KMSInvalidStateException",
        "orders": "KMS.InvalidStateException",
    }
    assert shop.check(1) == broken
    assert {one.code for one in kms_import_mock.blast_radius(key.id).failing} == set(broken.values())
    with pytest.raises(ClientError, match="DecryptionFailure"):
        shop.order(2, "two bells")

    kms_import_mock.import_key(MATERIAL, key_id=key.id)
    assert shop.check(1) == {}
    assert shop.invoice(1).startswith("one bicycle")
    with pytest.raises(ClientError, match="NoSuchKey"):
        shop.invoice(2)
    assert set(shop.to_ship()) == {1}


def test_the_queue_goes_on_for_a_while(kms_import_mock, shop, key):
    """SQS uses a data key for five minutes, so that the queue is the last to stop."""
    kms_import_mock.clock.advance(hours=8, minutes=-1)
    shop.order(2, "two bells")
    kms_import_mock.clock.advance(minutes=2)
    assert shop.check(1).keys() == {"bank", "invoices"}
    assert shop.to_ship() == [1, 2, 1]
    kms_import_mock.clock.advance(minutes=5)
    assert shop.check(1).keys() == {"bank", "invoices", "orders"}


def test_somebody_else_brings_other_key_material(kms_import_mock, shop, key):
    """Which AWS KMS refuses, so that the shop stays closed rather than unreadable."""
    kms_import_mock.clock.advance(hours=9)
    with pytest.raises(ValueError, match="refused"):
        kms_import_mock.import_key(bytes(32), key_id=key.id)
    assert shop.check(1).keys() == {"bank", "invoices", "orders"}
