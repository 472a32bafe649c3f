"""``mock.metrics``: seconds until key material expires, and when alarms on them go off."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from pytest_kmsimport import TargetFailed

from ..support.controlling import control

NOON = datetime(2026, 9, 24, 12, tzinfo=timezone.utc)
NAME = "SecondsUntilKeyMaterialExpiration"
#: The members, in order, with which an alarm on AWS has called a function, as people have kept them (2024).
OBSERVED = ["source", "alarmArn", "accountId", "time", "region", "alarmData"]
OBSERVED_DATA = ["alarmName", "state", "previousState", "configuration"]
OBSERVED_STATE = ["value", "reason", "reasonData", "timestamp"]


@pytest.fixture
def mock(kms_import_mock):
    """A mock at noon."""
    kms_import_mock.clock.freeze(NOON)
    return kms_import_mock


def values(mock, **where):
    """What the metric has of each KMS key."""
    return {datum["Dimensions"][0]["Value"]: datum["Value"] for datum in mock.metrics.data(**where)}


def test_a_data_point_has_cloudwatchs_members(mock):
    """One a minute, by key ID alone."""
    key = mock.import_key(ValidTo=NOON + timedelta(hours=1))
    mock.clock.advance(seconds=90)
    assert mock.metrics.data() == [
        {
            "MetricName": NAME,
            "Dimensions": [{"Name": "KeyId", "Value": key.id}],
            "Timestamp": NOON + timedelta(minutes=1),
            "Value": 3540.0,
            "Unit": "Seconds",
        }
    ]


def test_only_keys_that_expire_have_it(mock):
    """Until they do: then the list is empty, as where key material was deleted, or imported without an expiry."""
    mock.import_key()
    mock.client().create_key()
    material = bytes(32)
    keys = [mock.import_key(material, ValidTo=NOON + timedelta(hours=2)) for _ in range(3)]
    assert values(mock) == dict.fromkeys((key.id for key in keys), 7200.0)
    mock.client().delete_imported_key_material(KeyId=keys[0].id)
    mock.import_key(material, key_id=keys[1].arn)
    assert values(mock) == {keys[2].id: 7200.0}
    mock.clock.advance(hours=2, milliseconds=-1)
    assert values(mock) == {keys[2].id: 60.0}
    mock.clock.advance(milliseconds=1)
    assert values(mock) == {}


def test_the_earliest_key_material_counts(mock):
    """Of those that are permanently associated: what is pending does not yet."""
    key = mock.import_key(ValidTo=NOON + timedelta(hours=3))
    mock.import_key(key_id=key.arn, ImportType="NEW_KEY_MATERIAL", ValidTo=NOON + timedelta(hours=1))
    assert values(mock) == {key.id: 3 * 3600.0}
    mock.client().rotate_key_on_demand(KeyId=key.id)
    assert values(mock) == {key.id: 3600.0}


def test_metrics_are_of_a_region_and_an_account(mock):
    """Each related key has its own."""
    material = bytes(32)
    key = mock.import_key(material, MultiRegion=True, ValidTo=NOON + timedelta(hours=1))
    replica = mock.client().replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]["Arn"]
    mock.import_key(material, key_id=replica, ValidTo=NOON + timedelta(hours=2))
    foreign = mock.import_key(account="111122223333", ValidTo=NOON + timedelta(hours=3))
    assert values(mock) == {key.id: 3600.0}
    assert values(mock, region_name="eu-west-1") == {key.id: 7200.0}
    assert values(mock, account="111122223333") == {foreign.id: 10800.0}


def test_keys_that_are_disabled_or_to_be_deleted_have_it(mock):
    """As long as there is key material that expires."""
    key = mock.import_key(ValidTo=NOON + timedelta(hours=1))
    mock.client().disable_key(KeyId=key.id)
    mock.client().schedule_key_deletion(KeyId=key.id)
    assert values(mock) == {key.id: 3600.0}


def test_an_alarm_goes_off_at_its_time(mock):
    """Once, at the first data point that is beyond the threshold; the clock is there then."""
    seen = []
    key = mock.import_key(ValidTo=NOON + timedelta(days=90, seconds=30))
    alarm = mock.metrics.alarm(key.id, timedelta(days=14), lambda event, _: seen.append((event, mock.clock.now())))
    assert alarm.state == "OK"
    mock.clock.advance(days=75)
    assert seen == []
    mock.clock.advance(days=30)
    ((event, time),) = seen
    crossing = NOON + timedelta(days=76, minutes=1)  # half a minute before, the value is still more
    assert time == crossing
    expired = NOON + timedelta(days=90, seconds=30)
    assert alarm.states == [(NOON, "OK"), (crossing, "ALARM"), (expired, "INSUFFICIENT_DATA")]
    assert alarm.events == [event]


def test_what_an_alarms_target_is_told(mock):
    """The members of a Lambda action's event, in their order, with the text of the reason."""
    key = mock.import_key(ValidTo=NOON + timedelta(hours=2))
    alarm = mock.metrics.alarm(key.arn, 3600, lambda *_: None, name="renew")
    mock.clock.advance(hours=1)
    (event,) = alarm.events
    data = event["alarmData"]
    assert (list(event), list(data), list(data["state"])) == (OBSERVED, OBSERVED_DATA, OBSERVED_STATE)
    assert event["alarmArn"] == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:renew"
    assert event["time"] == data["state"]["timestamp"] == "2026-09-24T13:00:00.000+0000"
    assert data["state"]["reason"] == (
        "Threshold Crossed: 1 out of the last 1 datapoints [3600.0 (24/09/26 13:00:00)] was less than or equal to the"
        " threshold (3600.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert "was not less than or equal to" in data["previousState"]["reason"]
    assert (data["previousState"]["value"], data["state"]["value"]) == ("OK", "ALARM")
    assert json.loads(data["state"]["reasonData"])["recentDatapoints"] == [3600.0]
    stat = data["configuration"]["metrics"][0]["metricStat"]
    metric = {"namespace": "AWS/KMS", "name": NAME, "dimensions": {"KeyId": key.id}}
    assert stat == {"metric": metric, "period": 60, "stat": "Minimum", "unit": "Seconds"}


def test_a_target_that_imports_again_ends_the_alarm(mock):
    """It is OK with the next expiry, and goes off before that again."""
    material = bytes(32)

    def import_again(*_):
        mock.import_key(material, key_id=key.arn, ValidTo=mock.clock.now() + timedelta(days=30))

    key = mock.import_key(material, ValidTo=NOON + timedelta(days=30))
    alarm = mock.metrics.alarm(key.id, timedelta(days=10), import_again)
    mock.clock.advance(days=45)
    days = [(time - NOON) / timedelta(days=1) for time, state in alarm.states if state == "ALARM"]
    assert days == [20, 40]
    assert alarm.state == "OK"


@pytest.mark.parametrize(("comparison", "minutes"), [("LessThanOrEqualToThreshold", 60), ("LessThanThreshold", 61)])
def test_comparisons(mock, comparison, minutes):
    """Whether the threshold itself is beyond it."""
    key = mock.import_key(ValidTo=NOON + timedelta(hours=2))
    alarm = mock.metrics.alarm(key.id, timedelta(hours=1), lambda *_: None, comparison=comparison)
    mock.clock.advance(hours=1, minutes=30)
    assert alarm.states[-1] == (NOON + timedelta(minutes=minutes), "ALARM")


@pytest.mark.parametrize(
    ("treated", "state"),
    [("missing", "INSUFFICIENT_DATA"), ("breaching", "ALARM"), ("notBreaching", "OK"), ("ignore", "ALARM")],
)
def test_missing_data(mock, treated, state):
    """After the expiry there is none."""
    key = mock.import_key(ValidTo=NOON + timedelta(hours=2))
    alarm = mock.metrics.alarm(key.id, timedelta(hours=1), lambda *_: None, treat_missing_data=treated)
    mock.clock.advance(hours=3)
    assert alarm.state == state


def test_an_alarm_ends_with_its_block(mock):
    """It looks at nothing any more."""
    key = mock.import_key(ValidTo=NOON + timedelta(hours=2))
    with mock.metrics.alarm(key.id, 3600, lambda *_: None) as alarm:
        pass
    mock.clock.advance(hours=2)
    assert (alarm.state, alarm.events) == ("OK", [])


def test_many_targets_that_call(mock):
    """One after the other, each for a reason of its own."""
    kms, keys = mock.client(), [mock.import_key(ValidTo=NOON + timedelta(hours=hour)) for hour in range(30, 50)]
    rule = mock.events.rule({"detail": {"eventName": ["CreateKey"]}}, lambda *_: None)
    for key in keys:
        mock.metrics.alarm(key.id, timedelta(hours=29), lambda *_: kms.create_key())
    mock.clock.advance(days=1)
    assert len(rule.events) == 20
    assert list(mock.complaints) == []


def test_a_target_that_fails_fails_the_test(mock):
    """As that of a rule."""
    key = mock.import_key(ValidTo=NOON + timedelta(minutes=2))

    def ticket(event, _):
        raise OSError(event["source"])

    mock.metrics.alarm(key.id, 3600, ticket)
    (complaint,) = mock.complaints
    assert (type(complaint), complaint.args) == (TargetFailed, ("ticket failed: OSError: aws.cloudwatch",))
    mock.complaints.clear()


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({"comparison": "LessThan"}, ValueError, "Did you mean LessThanThreshold"),
        ({"period": 90}, ValueError, "write a multiple of 60 seconds"),
        ({"period": "60"}, ValueError, "write a multiple of 60 seconds"),
        ({"period": 60.0}, ValueError, "write a multiple of 60 seconds"),
        ({"threshold": "2 weeks"}, TypeError, "write a timedelta, or seconds"),
        ({"threshold": float("nan")}, ValueError, "takes a finite number"),
        ({"treat_missing_data": "nothing"}, ValueError, "Write one of missing, breaching"),
        ({"target": 1}, TypeError, "write a function that takes an event and a context"),
        ({"key_id": "alias/none"}, LookupError, "There is no KMS key 'alias/none' in us-east-1"),
    ],
)
def test_misuse_of_alarms(mock, given, error, text):
    """It is told what to write instead."""
    key = mock.import_key(ValidTo=NOON + timedelta(hours=2))
    with pytest.raises(error, match=text):
        mock.metrics.alarm(**{"key_id": key.id, "threshold": 60, "target": print, **given})


@pytest.mark.parametrize("where", [{"region_name": "moon-east-1"}, {"account": "123"}])
def test_data_of_nowhere(mock, where):
    """There would never be any."""
    with pytest.raises(ValueError, match="write the"):
        mock.metrics.data(**where)


def test_metrics_over_http(mock, kms_import_server):
    """The data points of this minute."""
    key = mock.import_key(ValidTo=NOON + timedelta(hours=1))
    url = kms_import_server.url
    document = control(url, "GET", "metrics").json
    assert document["Namespace"] == "AWS/KMS"
    (datum,) = document["MetricData"]
    assert (datum["Value"], datum["Dimensions"][0]["Value"]) == (3600.0, key.id)
    assert control(url, "GET", "metrics?region_name=eu-west-1").json["MetricData"] == []
