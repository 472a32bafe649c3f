"""Waiting for what AWS KMS does by itself: nothing is missed, and it costs what is due and not all KMS keys."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest
from botocore.exceptions import ClientError

from pytest_kmsimport import mock_kms_import

HOME, AWAY = "us-east-1", "eu-west-1"
BY_ITSELF = {"detail": {"eventType": ["AwsServiceEvent"]}}
ALL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


class Lives:
    """KMS keys to which everything happens that makes something due, sooner, later or never."""

    def __init__(self, mock, random):
        self._mock = mock
        self._random = random
        self._clients = {region: mock.client(region) for region in (HOME, AWAY)}
        self._keys = []

    def step(self):
        """Let one thing happen, or be refused, or let time pass."""
        deeds = [self._make, self._import, self._act, self._act, self._act, self._pass]
        with suppress(ClientError):
            self._random.choice(deeds)()

    def _valid_to(self):
        if self._random.random() < 0.3:
            return {}
        return {"ValidTo": self._mock.clock.now() + timedelta(hours=self._random.randint(1, 24 * 20))}

    def _make(self):
        kind = self._random.randint(0, 2)
        if kind:
            key = self._mock.import_key(**self._valid_to(), **({"MultiRegion": True} if kind == 1 else {}))
            self._keys.append(key.id)
        else:
            self._keys.append(self._clients[HOME].create_key(MultiRegion=True)["KeyMetadata"]["KeyId"])

    def _import(self):
        region, key_id = self._random.choice([HOME, AWAY]), self._random.choice(self._keys or ["none"])
        kms = self._clients[region]
        lost = kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingImport"
        given = {} if lost else {"ImportType": "NEW_KEY_MATERIAL"}
        with suppress(ValueError):  # refused
            self._mock.import_key(key_id=key_id, region_name=region, **given, **self._valid_to())

    def _act(self):
        kms, key_id = self._clients[self._random.choice([HOME, AWAY])], self._random.choice(self._keys or ["none"])
        self._random.choice(
            [
                lambda: kms.replicate_key(KeyId=key_id, ReplicaRegion=AWAY),
                lambda: kms.update_primary_region(KeyId=key_id, PrimaryRegion=AWAY),
                lambda: kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7),
                lambda: kms.cancel_key_deletion(KeyId=key_id),
                lambda: kms.enable_key(KeyId=key_id),
                lambda: kms.disable_key(KeyId=key_id),
                lambda: kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90),
                lambda: kms.rotate_key_on_demand(KeyId=key_id),
                lambda: kms.delete_imported_key_material(KeyId=key_id),
            ]
        )()

    def _pass(self):
        self._mock.clock.advance(hours=self._random.randint(1, 24 * 30))


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_missed_and_nothing_told_twice(seed):
    """What rules hear while time passes is what a look at all KMS keys finds at the end."""
    random = Random(seed)  # noqa: S311  no secret
    with mock_kms_import(background_seconds=random.choice([0, 3600]), journal_size=5000) as mock:
        rules = [mock.events.rule(BY_ITSELF, lambda *_: None, state=ALL, region_name=name) for name in (HOME, AWAY)]
        lives = Lives(mock, random)
        for _ in range(120):
            lives.step()
        mock.clock.advance(days=400)
        told = [event["detail"]["eventID"] for rule in rules for event in rule.events]
        there = [event["detail"]["eventID"] for event in mock.events.to("AWS Service Event via CloudTrail")]
        assert sorted(told) == sorted(there)
        assert len(told) > 5, "or nothing was tested"


def functions_called(kms, key_id):
    """How many functions a call of DescribeKey goes through."""
    called = 0

    def count(_, event, __):
        nonlocal called
        called += event == "call"

    kms.describe_key(KeyId=key_id)
    sys.setprofile(count)
    try:
        kms.describe_key(KeyId=key_id)
    finally:
        sys.setprofile(None)
    return called


def test_a_call_costs_the_same_among_many_keys(kms_import_mock, kms_import_client):
    """Somebody who waits for events pays for what is due, and not for every KMS key there is."""
    kms_import_mock.events.rule({"source": ["aws.kms"]}, lambda *_: None)
    later = kms_import_mock.clock.now() + timedelta(days=9)
    key_id = kms_import_mock.import_key(ValidTo=later).id
    alone = functions_called(kms_import_client, key_id)
    for _ in range(100):
        kms_import_mock.import_key(ValidTo=later)
    assert functions_called(kms_import_client, key_id) <= alone + 5


def test_what_no_rule_is_for_costs_no_record(kms_import_mock, kms_import_client):
    """A call that only reads is nothing to a rule in the state ENABLED, and none is to one that has ended."""
    key_id = kms_import_mock.import_key().id
    without = functions_called(kms_import_client, key_id)
    with kms_import_mock.events.rule({"source": ["aws.kms"]}, lambda *_: None):
        assert functions_called(kms_import_client, key_id) < without + 60
    assert functions_called(kms_import_client, key_id) < without + 60
    kms_import_mock.events.rule({"source": ["aws.kms"]}, lambda *_: None, state=ALL)
    assert functions_called(kms_import_client, key_id) > without + 60
