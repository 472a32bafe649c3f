"""``mock.events``: what EventBridge gets, when, and what becomes of rules and their targets."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest
from freezegun import freeze_time

from pytest_kmsimport import TargetFailed, faults, mock_kms_import

from ..support.controlling import control

SAMPLES = json.loads(Path(__file__).with_name("eventbridge_samples.json").read_text())
NOON = datetime(2026, 9, 24, 12, tzinfo=timezone.utc)
EXPIRATION, ROTATION, DELETION = (
    "KMS Imported Key Material Expiration",
    "KMS CMK Rotation",
    "KMS CMK Deletion",
)
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
FIRST = "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"
SECOND = "96083e4fb6dbc41d77578a213a6b6669c044dd4c143e96755396d2bf11fd6068"
OF_KMS = {"source": ["aws.kms"]}


@pytest.fixture
def mock(kms_import_mock):
    """A mock at noon."""
    kms_import_mock.clock.freeze(NOON)
    return kms_import_mock


def expire(mock, time):
    """Let key material expire."""
    mock.clock.freeze(time - timedelta(days=1))
    key = mock.import_key(ValidTo=time)
    mock.clock.move_to(time)
    return key.id, key.materials


def rotate(mock, time):
    """Rotate a KMS key with key material of AWS's making on demand."""
    mock.clock.freeze(time)
    kms = mock.client()
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key_id, Plaintext=b"x")
    kms.rotate_key_on_demand(KeyId=key_id)
    return key_id, mock.key(key_id).materials


def delete(mock, time):
    """Delete a KMS key."""
    mock.clock.freeze(time - timedelta(days=7))
    key = mock.import_key()
    mock.client().schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    mock.clock.move_to(time)
    return key.id, key.materials


@pytest.mark.parametrize(("sample", "play"), [*zip(SAMPLES, (expire, rotate, delete), strict=True)])
def test_an_event_is_that_of_the_sample(sample, play):
    """Every field but the event's ID, in AWS's order."""
    with mock_kms_import(region="us-west-2", account="111122223333") as mock:
        time = datetime.strptime(sample["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        key_id, materials = play(mock, time)
        (event,) = mock.events.to(sample["detail-type"])
    text = json.dumps(event).replace(key_id, KEY)
    for material, name in zip(materials, (FIRST, SECOND), strict=False):
        text = text.replace(material.id, name)
    assert json.dumps({**json.loads(text), "id": sample["id"]}) == json.dumps(sample)


def test_a_handler_is_called_as_lambda_calls_it(mock):
    """With the event and a context, at the time of the event, once."""
    called = []

    def handler(event, context):
        called.append((event["detail"]["key-id"], mock.clock.now(), context.function_name))
        assert context.get_remaining_time_in_millis() > 0
        assert context.invoked_function_arn == "arn:aws:lambda:us-east-1:123456789012:function:handler"

    rule = mock.events.rule({**OF_KMS, "detail-type": [EXPIRATION]}, target=handler)
    key = mock.import_key(ValidTo=NOON + timedelta(days=3))
    assert mock.clock.advance(days=30) == NOON + timedelta(days=30)
    mock.clock.advance(days=30)
    assert called == [(key.id, NOON + timedelta(days=3), "handler")]
    assert [event["time"] for event in rule.events] == ["2026-09-27T12:00:00Z"]
    assert rule.events == list(mock.events.to(EXPIRATION))


def test_several_events_come_in_the_order_of_time(mock):
    """Of several KMS keys and key materials, in whatever order they were imported; the clock stops at each."""
    seen = []
    mock.events.rule({"detail-type": [EXPIRATION, DELETION]}, lambda event, _: seen.append((event, mock.clock.now())))
    late = mock.import_key(ValidTo=NOON + timedelta(hours=5))
    early = mock.import_key(ValidTo=NOON + timedelta(hours=2))
    mock.import_key(key_id=early.arn, ImportType="NEW_KEY_MATERIAL", ValidTo=NOON + timedelta(hours=3))
    mock.client().schedule_key_deletion(KeyId=late.id, PendingWindowInDays=7)
    mock.clock.advance(days=8)
    told = [(event["detail"]["key-id"], event["detail-type"], time - NOON) for event, time in seen]
    assert told == [
        (early.id, EXPIRATION, timedelta(hours=2)),
        (early.id, EXPIRATION, timedelta(hours=3)),
        (late.id, EXPIRATION, timedelta(hours=5)),
        (late.id, DELETION, timedelta(days=7)),
    ]
    assert len({event["detail"].get("key-material-id") for event, _ in seen[:3]}) == 3


def test_a_handler_that_imports_again(mock):
    """It keeps the KMS key alive: each import expires in its turn, and each is told."""
    material = bytes(32)

    def import_again(event, _):
        mock.import_key(material, key_id=event["resources"][0], ValidTo=mock.clock.now() + timedelta(days=1))

    rule = mock.events.rule({"detail-type": [EXPIRATION]}, import_again)
    key = mock.import_key(material, ValidTo=NOON + timedelta(days=1))
    mock.clock.advance(days=3, hours=1)
    assert len(rule.events) == 3
    assert mock.key(key.id).state == "Enabled"


def test_a_handler_that_moves_the_clock(mock):
    """Whoever has moved it up to the event does not put it back."""
    mock.events.rule({"detail-type": [EXPIRATION]}, lambda *_: mock.clock.advance(days=50))
    mock.import_key(ValidTo=NOON + timedelta(days=30))
    assert mock.clock.advance(days=40) == NOON + timedelta(days=80)
    assert mock.clock.move_to(NOON) == NOON


def test_calls_come_when_they_are_answered(mock):
    """Those that change something to a plain rule; what only reads to one that has it said."""
    changes = mock.events.rule(OF_KMS, lambda *_: None)
    everything = mock.events.rule(OF_KMS, lambda *_: None, state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    kms = mock.client()
    key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    kms.describe_key(KeyId=key_id)
    assert [event["detail"]["eventName"] for event in changes.events] == ["CreateKey"]
    assert [event["detail"]["eventName"] for event in everything.events] == ["CreateKey", "DescribeKey"]
    event, record = changes.events[0], mock.trail[0]
    assert list(event) == list(SAMPLES[0])
    assert (event["detail-type"], event["resources"], event["detail"]) == ("AWS API Call via CloudTrail", [], record)
    assert event["id"] != record["eventID"]


def test_an_expiry_comes_by_cloudtrail_too(mock):
    """As a service event, which changes something."""
    rule = mock.events.rule({"detail": {"eventName": ["DeleteExpiredKeyMaterial"]}}, lambda *_: None)
    mock.import_key(ValidTo=NOON + timedelta(hours=1))
    mock.clock.advance(hours=1)
    assert [event["detail-type"] for event in rule.events] == ["AWS Service Event via CloudTrail"]


def test_a_rule_is_of_one_account_and_region(mock):
    """Of the mock's own unless it says another; related keys report where they are."""
    here = mock.events.rule({"detail-type": [EXPIRATION]}, lambda *_: None)
    there = mock.events.rule({"detail-type": [EXPIRATION]}, lambda *_: None, region_name="eu-west-1")
    theirs = mock.events.rule({"detail-type": [EXPIRATION]}, lambda *_: None, account="111122223333")
    material = bytes(32)
    key = mock.import_key(material, MultiRegion=True, ValidTo=NOON + timedelta(hours=2))
    replica = mock.client().replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]["Arn"]
    mock.import_key(material, key_id=replica, ValidTo=NOON + timedelta(hours=1))
    foreign = mock.import_key(account="111122223333", ValidTo=NOON + timedelta(hours=1))
    mock.clock.advance(days=1)
    for rule, arn in ((here, key.arn), (there, replica), (theirs, foreign.arn)):
        assert [event["resources"] for event in rule.events] == [[arn]]


def test_a_rule_hears_nothing_of_the_past_nor_after_its_end(mock):
    """From its beginning to the end of its block."""
    mock.import_key(ValidTo=NOON + timedelta(hours=1))
    mock.clock.advance(hours=2)
    with mock.events.rule(OF_KMS, lambda *_: None) as rule:
        mock.client().create_key()
    mock.client().create_key()
    assert len(rule.events) == 1


def test_a_rule_after_a_restore(mock):
    """What happens again is told again; what has happened before is not."""
    mock.import_key(ValidTo=NOON + timedelta(hours=1))
    rule = mock.events.rule({"detail-type": [EXPIRATION]}, lambda *_: None)
    snapshot = mock.snapshot()
    for times in (1, 2):
        mock.clock.advance(hours=2)
        assert len(rule.events) == times
        mock.restore(snapshot)


def test_a_rule_ends_with_the_block_that_is_undone(mock):
    """What one test of several has made waits for nothing in those after it; what is made for all of them stays."""
    mock.import_key(ValidTo=NOON + timedelta(days=10))
    for_all = mock.events.rule(OF_KMS, lambda *_: None)
    for _ in range(2):
        with mock.restoring():
            key = mock.import_key(ValidTo=NOON + timedelta(hours=3))
            rule = mock.events.rule(OF_KMS, lambda *_: None)
            alarm = mock.metrics.alarm(key.id, timedelta(hours=2), lambda *_: None)
            mock.client().create_key()
            mock.clock.advance(hours=2)
        mock.client().create_key()
        assert (len(rule.events), len(alarm.events)) == (1, 1)
        assert rule.has_ended
        assert alarm.has_ended
    assert len(for_all.events) == 4


def test_the_first_rule_ends_with_the_block_that_is_undone(mock):
    """Also where nobody had waited for anything before."""
    with mock.restoring():
        rule = mock.events.rule(OF_KMS, lambda *_: None)
    assert rule.has_ended


def test_a_handler_that_fails_fails_the_test(mock):
    """Whoever moved the clock, or called KMS, has nothing to do with it."""
    mock.events.rule(OF_KMS, lambda event, _: event["detail"]["no such thing"])
    mock.client().create_key()
    (complaint,) = mock.complaints
    assert isinstance(complaint, TargetFailed)
    assert complaint.args == ("<lambda> failed: KeyError: 'no such thing'",)
    assert isinstance(complaint.__cause__, KeyError)
    mock.complaints.clear()


def test_a_handler_that_is_called_for_its_own_calls(mock):
    """For ever, so that the test would hang; as far as a chain of handlers goes it may call."""
    kms = mock.client()
    rule = mock.events.rule(OF_KMS, lambda *_: kms.create_key())
    kms.create_key()
    (complaint,) = mock.complaints
    assert "in a row, the last time for CreateKey" in complaint.args[0]
    assert len(rule.events) == 17
    mock.complaints.clear()
    kms.create_key()
    assert len(rule.events) == 34
    mock.complaints.clear()


def test_a_handler_that_turns_out_to_be_async_fails_the_test(mock):
    """Nobody awaits it, and it would never do anything."""

    class Later:
        """A handler that does not look like one that is awaited."""

        async def __call__(self, event, context):
            """Do nothing, for nobody awaits it."""

    mock.events.rule(OF_KMS, Later())
    mock.client().create_key()
    (complaint,) = mock.complaints
    assert "a coroutine, which Lambda would not await" in complaint.args[0]
    mock.complaints.clear()


def test_events_of_several_threads(mock):
    """None is lost, and none is told twice."""
    rule = mock.events.rule(OF_KMS, lambda *_: mock.client().list_keys())
    threads = [Thread(target=lambda: [mock.client().create_key() for _ in range(5)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({event["id"] for event in rule.events}) == len(rule.events) == 20


def test_a_lost_answer_is_told_too(mock):
    """For AWS KMS has carried the call out."""
    rule = mock.events.rule({"detail": {"eventName": ["CreateKey"]}}, lambda *_: None)
    mock.inject(faults.AnswerLost(), on="CreateKey", times=1)
    mock.client().create_key()
    assert len(rule.events) == 2


def test_misuse_of_rules(mock):
    """It is told what to write instead."""

    async def later(event, context):
        """Lambda awaits nothing."""

    with pytest.raises(TypeError, match="write a function that takes an event and a context"):
        mock.events.rule(OF_KMS, later)
    with pytest.raises(ValueError, match="Did you mean ENABLED"):
        mock.events.rule(OF_KMS, print, state="enabled")
    with pytest.raises(ValueError, match="write the name of an AWS Region"):
        mock.events.rule(OF_KMS, print, region_name="moon-east-1")
    with pytest.raises(ValueError, match="write the 12 digits"):
        mock.events.rule(OF_KMS, print, account="123")
    with pytest.raises(ValueError, match="KMS CMK Rotation"):
        mock.events.to("KMS CMK Rotations")


def test_a_mock_that_nobody_watches_has_no_watch(mock):
    """Looking at events makes none; reset ends it with its rules."""
    list(mock.events)
    assert mock._watch is mock.clock.stop_before is mock.service.journal.tell is None
    rule = mock.events.rule(OF_KMS, lambda *_: None)
    mock.reset()
    assert mock._watch is mock.clock.stop_before is mock.service.journal.tell is None
    mock.client().create_key()
    assert rule.events == []


def test_events_over_http(kms_import_mock, kms_import_server, kms):
    """All events, or those of a detail-type."""
    kms.create_key()
    url = kms_import_server.url
    assert control(url, "GET", "events").json["events"] == list(kms_import_mock.events)
    assert control(url, "GET", "events?detail_type=KMS%20CMK%20Deletion").json == {"events": []}


def test_what_kms_does_not_tell(mock):
    """Nothing at the deletion of key material, nor when a deletion is scheduled, but what CloudTrail records."""
    key = mock.import_key()
    mock.client().delete_imported_key_material(KeyId=key.id)
    mock.client().schedule_key_deletion(KeyId=key.id)
    assert {event["detail-type"] for event in mock.events} == {"AWS API Call via CloudTrail"}


def test_rotations_are_told_at_their_dates(mock):
    """Those by a schedule, each, and not while the KMS key is disabled."""
    seen = []
    mock.events.rule({"detail-type": [ROTATION]}, lambda event, _: seen.append((event["time"], mock.clock.now())))
    kms = mock.client()
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=100)
    mock.clock.advance(days=250)
    assert [now - NOON for _, now in seen] == [timedelta(days=100), timedelta(days=200)]
    kms.disable_key(KeyId=key_id)
    mock.clock.advance(days=250)
    assert len(seen) == 2


def test_a_rotation_on_demand_is_told_when_it_is_complete():
    """With background_seconds, as long after the call."""
    with mock_kms_import(background_seconds=300) as mock:
        mock.clock.freeze(NOON)
        seen = []
        mock.events.rule({"detail-type": [ROTATION]}, lambda *_: seen.append(mock.clock.now() - NOON))
        key = mock.import_key()
        mock.import_key(key_id=key.arn, ImportType="NEW_KEY_MATERIAL")
        mock.client().rotate_key_on_demand(KeyId=key.id)
        assert seen == []
        mock.clock.advance(hours=1)
        assert seen == [timedelta(minutes=5)]


def test_time_that_passes_by_itself_is_noticed_at_the_next_call(kms_import_mock, kms):
    """As by freezegun; the call's event comes after what was due."""
    rule = kms_import_mock.events.rule(OF_KMS, lambda *_: None)
    key = kms_import_mock.import_key(ValidTo=kms_import_mock.clock.now() + timedelta(hours=1))
    with freeze_time(NOON + timedelta(days=30_000)):
        assert rule.events == []
        kms.disable_key(KeyId=kms_import_mock.import_key().id)
    assert [event["detail-type"] for event in rule.events] == [
        EXPIRATION,
        "AWS Service Event via CloudTrail",
        "AWS API Call via CloudTrail",
    ]
    assert rule.events[0]["resources"] == [key.arn]
