"""EventBridge and CloudWatch of moto: told of the mock's KMS keys as AWS tells them."""

from __future__ import annotations

import json
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws
from moto.core.exceptions import JsonRESTError

EXPIRATION = "KMS Imported Key Material Expiration"
VIA_CLOUDTRAIL = "AWS API Call via CloudTrail"
METRIC = {"Namespace": "AWS/KMS", "MetricName": "SecondsUntilKeyMaterialExpiration"}


@pytest.fixture
def queue(client):
    """What a rule of moto's EventBridge for all of KMS's events has sent to its queue so far, oldest first."""
    sqs, events = client("sqs"), client("events")
    url = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="kms", EventPattern=json.dumps({"source": ["aws.kms"]}))
    events.put_targets(Rule="kms", Targets=[{"Id": "alerts", "Arn": arn}])

    def received():
        messages = []
        while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            messages += batch
        return [json.loads(message["Body"]) for message in messages]

    return received


def test_a_rule_gets_an_expiry_at_its_time(kms_import_mock, queue):
    """As the mock's own rules do, with AWS's fields, and once."""
    key = kms_import_mock.import_key(ValidTo=kms_import_mock.clock.now() + timedelta(days=2))
    kms_import_mock.clock.advance(days=1)
    assert queue() == []
    kms_import_mock.clock.advance(days=30)
    (event,) = [event for event in queue() if event["detail-type"] == EXPIRATION]
    (told,) = kms_import_mock.events.to(EXPIRATION)
    for member in ("source", "region", "resources", "detail"):  # moto puts no account there
        assert event[member] == told[member], member
    assert event["detail"]["key-id"] == key.id
    assert event["time"] == told["time"]
    assert queue() == []


def test_a_bus_hears_in_every_test_of_several(kms_import_mock, queue, client):
    """Once, whether its first request came before the block that is undone, or within."""
    kms_import_mock.reset()  # as if the queue's rule had been made before the mock
    for in_between in (0, 0, 1, 0):
        with kms_import_mock.restoring():
            client("events").list_rules()
            kms_import_mock.client().create_key()
            assert len(queue()) == 1
        for _ in range(in_between):
            client("events").list_rules()


def test_a_rule_gets_calls_that_change_something(kms_import_mock, kms_import_client, queue):
    """In the state ENABLED, which is the only one that there is in moto, those that only read are not for it."""
    key = kms_import_mock.import_key()
    kms_import_client.encrypt(KeyId=key.id, Plaintext=b"payroll")
    kms_import_client.delete_imported_key_material(KeyId=key.id)
    (event,) = queue()
    assert (event["detail-type"], event["detail"]["eventName"]) == (VIA_CLOUDTRAIL, "DeleteImportedKeyMaterial")


def test_each_bus_is_of_its_region(kms_import_mock, kms_import_client, client):
    """Another Region's bus hears nothing of it, however many requests it has had."""
    for _ in range(3):
        client("events", "eu-west-1").list_rules()
        client("events").list_rules()
    archive = client("events", "eu-west-1")
    archive.create_archive(ArchiveName="all", EventSourceArn="arn:aws:events:eu-west-1:123456789012:event-bus/default")
    client("events").create_archive(
        ArchiveName="all", EventSourceArn="arn:aws:events:us-east-1:123456789012:event-bus/default"
    )
    kms_import_client.create_key()
    assert archive.describe_archive(ArchiveName="all")["EventCount"] == 0
    assert client("events").describe_archive(ArchiveName="all")["EventCount"] == 1


def test_cloudwatch_has_the_metric_of_now(kms_import_mock, client):
    """For each key whose key material expires, when it is asked."""
    valid_to = kms_import_mock.clock.now() + timedelta(days=10)
    key = kms_import_mock.import_key(ValidTo=valid_to)
    kms_import_mock.import_key()
    cloudwatch = client("cloudwatch")
    (metric,) = cloudwatch.list_metrics(Namespace="AWS/KMS")["Metrics"]
    assert metric["Dimensions"] == [{"Name": "KeyId", "Value": key.id}]
    now = kms_import_mock.clock.now()
    data = cloudwatch.get_metric_statistics(
        **METRIC,
        Dimensions=metric["Dimensions"],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=["Minimum"],
    )["Datapoints"]
    assert 0 <= min(point["Minimum"] for point in data) - (valid_to - now).total_seconds() < 60


@pytest.mark.parametrize(("service", "operation"), [("events", "list_rules"), ("cloudwatch", "list_metrics")])
def test_a_region_that_there_is_not(client, monkeypatch, service, operation):
    """moto plays it where it is told to, and AWS KMS has nothing to tell there."""
    monkeypatch.setenv("MOTO_ALLOW_NONEXISTENT_REGION", "true")
    assert getattr(client(service, "mars-north-1"), operation)()


@pytest.mark.kms_import(integrated_services=False)
def test_the_option_turns_it_off(kms_import_mock, kms_import_client, queue, client):
    """Nothing is handed over."""
    kms_import_mock.import_key(ValidTo=kms_import_mock.clock.now() + timedelta(days=10))
    kms_import_client.create_key()
    assert queue() == []
    assert client("cloudwatch").list_metrics()["Metrics"] == []


def test_a_bus_that_is_gone(kms_import_mock, kms_import_client):
    """When moto ends the mock goes on by itself, and the next moto is told anew."""
    for _ in range(2):
        with mock_aws():
            events = boto3.client("events", "us-east-1")
            arn = "arn:aws:events:us-east-1:123456789012:event-bus/default"
            events.create_archive(ArchiveName="all", EventSourceArn=arn)
            kms_import_client.create_key()
            assert events.describe_archive(ArchiveName="all")["EventCount"] == 1
        kms_import_client.create_key()


def test_the_mock_s_own_requests_are_not_the_test_s(kms_import_mock, queue, kms_import_client):
    """They are in no journal, and a leak check has nothing to look for in them."""
    kms_import_client.create_key()
    assert [call.operation for call in kms_import_mock.calls] == ["CreateKey"]
    assert len(queue()) == 1


def test_a_bus_that_refuses_is_said_to(kms_import_client, queue, monkeypatch):
    """As moto's server does where it lacks something."""

    def refuse(*_: object, **__: object) -> None:
        raise JsonRESTError("InternalException", "It lacks something.")

    monkeypatch.setattr("moto.events.models.EventsBackend.put_events", refuse)
    with pytest.warns(RuntimeWarning, match="in us-east-1 hears no more of AWS KMS: .*PutEvents"):
        kms_import_client.create_key()


def test_a_bus_that_fails_is_said_to(kms_import_client, queue, monkeypatch):
    """Once, in a warning: a test that needs it sees what is missing, and another one goes on."""

    def fail(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'jsonpath_ng'")

    monkeypatch.setattr("moto.events.models.EventsBackend.put_events", fail)
    with pytest.warns(RuntimeWarning, match="in us-east-1 hears no more of AWS KMS: ModuleNotFoundError: No module"):
        kms_import_client.create_key()
    kms_import_client.create_key()
    assert queue() == []
