"""The tests of what runs around imported keys: the clock runs, and events, alarms and records come by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from key_alerts.handlers import EXPIRED, WARN_AHEAD, detections, on_alarm, on_expiry

ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}
DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}}
DAY = timedelta(days=1)


@pytest.fixture
def tickets():
    """The tickets that have been opened."""
    return []


@pytest.fixture
def open_ticket(tickets):
    """What opens one."""
    return lambda title, key: tickets.append((title, key))


def test_every_key_material_that_expires_is_a_ticket(kms_import_mock, tickets, open_ticket):
    """Also where a KMS key has two of them."""
    now = kms_import_mock.clock.now()
    key = kms_import_mock.import_key(ValidTo=now + 30 * DAY)
    kms_import_mock.import_key(key_id=key.arn, ImportType="NEW_KEY_MATERIAL", ValidTo=now + 60 * DAY)
    kms_import_mock.events.rule(EXPIRED, on_expiry(open_ticket))
    kms_import_mock.clock.advance(days=29)
    assert tickets == []
    kms_import_mock.clock.advance(days=300)
    assert [arn for _, arn in tickets] == [key.arn, key.arn]
    assert len({title for title, _ in tickets}) == 2


def test_there_are_two_weeks_left_when_the_alarm_goes_off(kms_import_mock, tickets, open_ticket):
    """And the new expiry has a ticket of its own."""
    material, now = bytes(32), kms_import_mock.clock.now()
    key = kms_import_mock.import_key(material, ValidTo=now + 90 * DAY)
    kms_import_mock.metrics.alarm(key.id, WARN_AHEAD, on_alarm(open_ticket))
    kms_import_mock.clock.advance(days=75)
    assert tickets == []
    kms_import_mock.clock.advance(days=2)
    assert tickets == [("key material expires within two weeks", key.id)]
    kms_import_mock.import_key(material, key_id=key.arn, ValidTo=now + 180 * DAY)
    kms_import_mock.clock.advance(days=90)
    assert len(tickets) == 2


def test_whoever_takes_key_material_away_is_detected(kms_import_mock, tmp_path):
    """A custodian may; others are told of, whether or not they could."""
    role = "arn:aws:iam::123456789012:role/KeyCustodian"
    custodian = kms_import_mock.principal(role, session="monday", policies=[ALLOW])
    mallory = kms_import_mock.principal("arn:aws:iam::123456789012:user/Mallory", policies=[ALLOW])
    intern = kms_import_mock.principal("arn:aws:iam::123456789012:user/Intern", policies=[DENY])
    keys = [kms_import_mock.import_key() for _ in range(3)]
    custodian.client().delete_imported_key_material(KeyId=keys[0].id)
    mallory.client().delete_imported_key_material(KeyId=keys[1].id)
    with pytest.raises(ClientError):
        intern.client().delete_imported_key_material(KeyId=keys[2].id)
    kms_import_mock.trail.deliver(tmp_path)
    told = [line.partition(" ")[2] for line in detections(tmp_path)]
    assert told == [f"{mallory.arn}: done", f"{intern.arn}: AccessDenied"]
